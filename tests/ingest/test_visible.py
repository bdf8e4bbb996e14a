"""What nobody sees is taken out of a stranger's text, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.visible import visible


@pytest.mark.parametrize("text", ["naïve café 3.5% × β", "扩散模型，“引号”。", "𝛼 → 北京 👍", "tab\there\nand there"])
def test_what_is_seen_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_no_control_or_format_character_is_left(text: str) -> None:
    left = {c for c in visible(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - set("\n\t\r")
    assert not {c for c in left if c not in _SEEN}


# Format characters that have a shape: signs over Arabic, Syriac, Kaithi, hieroglyphs, and shorthand numbers.
_UNSEEN = {0xAD, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)}
_UNSEEN |= {*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)}
_SEEN = {chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) == "Cf" and n not in _UNSEEN}


@given(st.lists(st.text()))
def test_pieces_are_cleaned_as_the_whole_is(pieces: list[str]) -> None:
    assert "".join(map(visible, pieces)) == visible("".join(pieces))
