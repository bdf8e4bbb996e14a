"""Numbers and their units, in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.quantity import Quantity, flat, held, quantities


def read(text: str) -> list[tuple[Decimal, str]]:
    return [(quantity.value, quantity.unit) for quantity in quantities(flat(text))]


def one(text: str) -> Quantity:
    [quantity] = quantities(flat(text))
    return quantity


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("489,000 papers", 489_000),
        ("489K papers", 489_000),
        ("48.9万篇", 489_000),
        ("$489{,}000$ papers", 489_000),
        ("1.5B parameters", 1_500_000_000),
        ("1.5 billion parameters", 1_500_000_000),
        ("15亿参数", 1_500_000_000),
        ("十五亿参数", 1_500_000_000),
        ("$3.2M$ tokens", 3_200_000),
        ("3.2-million", 3_200_000),
        ("320万", 3_200_000),
        ("三万", 30_000),
        ("一百二十万张", 1_200_000),
        ("两千零五个", 2005),
        ("二〇二五年", 2025),
        ("三点五倍", "3.5"),
        ("twenty-five tasks", 25),
        ("twelve", 12),
        ("one hundred thousand", 100_000),
        ("１２", 12),
        ("3.140", "3.14"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(number: str, value: int | str) -> None:
    assert one(number).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("94%", "%"),
        (r"94\%", "%"),
        ("94 percent", "%"),
        ("94 percentage points", "%"),
        ("94个百分点", "%"),
        ("百分之九十四", "%"),
        ("94x", "times"),
        (r"94$\times$", "times"),
        ("94-fold", "times"),
        ("94倍", "times"),
        ("94 ms", "ms"),
        ("94 毫秒", "ms"),
        ("94 s", "s"),
        ("94 seconds", "s"),
        ("94 秒", "s"),
        ("94-minute", "min"),
        ("94 分钟", "min"),
        ("94 hours", "h"),
        ("94 个小时", "h"),
        ("94 fps", "frames/s"),
        ("94 frames per second", "frames/s"),
        ("每秒 94 帧", "frames/s"),
        ("每小时约94帧", "frames/h"),
        ("94 GB", "GB"),
        ("94 bits", "bits"),
        ("94 dB", "dB"),
        ("94 objects", ""),
        ("94 small things", ""),
    ],
)
def test_a_unit_is_one_in_both_languages(text: str, unit: str) -> None:
    assert read(text) == [(Decimal(94), unit)]


@pytest.mark.parametrize(
    "text",
    ["ResNet-50", "GPT-4 is there", "the H100", "第三", "万一", "十分", "一些", "v2", "someone", "often", "at one"],
)
def test_what_only_looks_like_a_number_asks_for_none(text: str) -> None:
    assert [quantity for quantity in quantities(flat(text)) if not quantity.loose] == []


def test_one_and_two_answer_for_a_number_and_ask_for_none() -> None:
    assert one("two models").loose
    assert one("两倍").loose
    assert held(one("2 models"), [one("two models")])
    assert not held(one("2%"), [one("two models")])  # whatever its unit
    assert not one("2 models").loose
    assert not one("three models").loose


@pytest.mark.parametrize(
    ("wanted", "other", "is_held"),
    [
        ("50%", "50 percent", True),
        ("50%", "50 s", False),
        ("50 s", "50 ms", False),
        ("50 minutes", "50 hours", False),
        ("50 GB", "50 MB", False),
        ("50", "50%", True),  # one of them is bare: the unit may stand elsewhere
        ("50", "500", False),
        ("50", "5", False),
        ("0.5", "5", False),
        ("3万", "3000", False),
        ("3亿", "3万", False),
        ("5K", "5M", False),
    ],
)
def test_numbers_are_alike_only_with_their_units_and_scales(wanted: str, other: str, is_held: bool) -> None:
    assert held(one(wanted), [one(other)]) is is_held


def test_other_numbers_of_a_unit_rival_and_those_of_other_units_do_not() -> None:
    assert one("50%").rivals(one("40%"))
    assert not one("50%").rivals(one("50%"))
    assert not one("50%").rivals(one("40 s"))


def test_a_number_knows_its_place_in_the_flat_text() -> None:
    text = flat(r"It needs 3.5 s on 48.9万 clips, or $94\%$ less.")
    places = [text[quantity.start : quantity.end] for quantity in quantities(text)]
    assert places == ["3.5 s", "48.9万", "94%"]


@given(st.integers(3, 10**12))
def test_commas_in_thousands_change_no_number(number: int) -> None:
    assert read(f"{number:,} clips") == read(f"{number} clips") == [(Decimal(number).normalize(), "")]


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error_and_within_its_bounds(text: str) -> None:
    found = flat(text)
    assert all(0 <= quantity.start < quantity.end <= len(found) for quantity in quantities(found))
