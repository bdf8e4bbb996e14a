"""The words of the chat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

import pytest

from ingest.paper import Section
from ui.strings import CHINESE, ENGLISH, STRINGS, Strings


def said(words: Strings) -> dict[str, object]:
    return {field.name: getattr(words, field.name) for field in fields(words)}


def blanks(words: Strings) -> dict[str, object]:
    return {key: _blanks(value) for key, value in said(words).items()}


def _blanks(value: object) -> object:
    if isinstance(value, Mapping):
        return sorted(value)
    if isinstance(value, tuple):
        return len(value)
    return sorted(re.findall(r"{(\w+)}", str(value)))


def test_both_languages_say_the_same_things_with_the_same_blanks() -> None:
    assert blanks(ENGLISH) == blanks(CHINESE)


@pytest.mark.parametrize("words", STRINGS.values())
def test_nothing_is_left_unsaid(words: Strings) -> None:
    assert all(said(words).values())
    assert set(words.sections) == set(Section)


def test_the_chinese_page_speaks_chinese() -> None:
    same = {key for key, words in said(ENGLISH).items() if words == said(CHINESE)[key]}
    assert same == {"chip_month", "chip_paper", "span"}
