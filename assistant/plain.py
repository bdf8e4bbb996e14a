"""Text as it is matched: full-width forms made plain, traditional characters made simplified."""

from __future__ import annotations

import re
import unicodedata

from ingest.bridge.script import to_simplified

# These are at home in Chinese, where what reads Chinese expects them.
_BETWEEN_MARKS = re.compile("[^，。、？！：；（）]+")


def plain_text(text: str) -> str:
    """`text` with ordinary letters and digits in place of full-width ones, and in simplified characters."""
    return to_simplified(_BETWEEN_MARKS.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text))
