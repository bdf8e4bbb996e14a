"""One way of writing: simplified characters, and plain letters and digits in place of full-width ones."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc import OpenCC

from ingest.sentence import CHINESE_CHARACTER as HAN

# The last range is written out: its first character turns into another one wherever text is normalised.
_HAN = re.compile(f"[{HAN}]")


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def has_han(text: str) -> bool:
    """Whether a Chinese character stands in the text."""
    return bool(_HAN.search(text))


def to_simplified(text: str) -> str:
    """The text with traditional characters made simplified; all else stays."""
    return str(_converter().convert(text)) if has_han(text) else text


def plain(text: str) -> str:
    """The text in simplified characters and Unicode's compatible form: `ＬｏＲＡ３` is `LoRA3`."""
    return text if text.isascii() else to_simplified(unicodedata.normalize("NFKC", text))
