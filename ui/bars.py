"""Papers over time as the bars of a chart: by day, by month or by year, whatever can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

_MOST_DAYS = 31
_MOST_MONTHS = 120
_LABELS = 6  # so many fit below a chart on a phone
_FEW = 12  # bars up to which each has its number above it


@dataclass(frozen=True, slots=True)
class Bar:
    """`count` papers; `since` and `until` are the bounds of a filter that lets them through."""

    label: str
    count: int
    since: str
    until: str
    tick: str = ""  # what stands below it, most bars have nothing


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars without gaps in time, oldest first. `top` is a round number that none exceeds."""

    unit: str  # day, month or year
    bars: tuple[Bar, ...]
    top: int

    @property
    def is_numbered(self) -> bool:
        """Whether there is room for each bar's number."""
        return len(self.bars) <= _FEW


def chart_of(days: Mapping[str, int], months: Mapping[str, int]) -> Chart:
    """By day where the digests are of one month, by year where there are more than ten years of months.

    `days` are papers by first digest day, and stand for the library only if every paper has one.
    """
    if days and sum(days.values()) == sum(months.values()) and _length(days) <= _MOST_DAYS:
        return _chart("day", {day: days.get(day, 0) for day in _days(min(days), max(days))})
    every = {month: months.get(month, 0) for month in _months(min(months), max(months))} if months else {}
    if len(every) <= _MOST_MONTHS:
        return _chart("month", every)
    years: dict[str, int] = {}
    for month, count in every.items():
        years[month[:4]] = years.get(month[:4], 0) + count
    return _chart("year", years)


def _chart(unit: str, counts: Mapping[str, int]) -> Chart:
    ticks = _ticks(unit, list(counts))
    bars = tuple(Bar(label, count, *_bounds(unit, label), ticks.get(label, "")) for label, count in counts.items())
    return Chart(unit, bars, _round_up(max(counts.values(), default=0)))


def _bounds(unit: str, label: str) -> tuple[str, str]:
    return (f"{label}-01", f"{label}-12") if unit == "year" else (label, label)


def _ticks(unit: str, labels: list[str]) -> dict[str, str]:
    """A few labels below the bars: whole years below many months."""
    if unit == "month" and len(labels) > 2 * _FEW:
        years = [label for label in labels if label.endswith("-01")]
        return {label: label[:4] for label in _spread(years)}
    short = 5 if unit == "day" else 0
    return {label: label[short:] for label in _spread(labels)}


def _spread(labels: list[str]) -> list[str]:
    return labels[:: max(1, ceil(len(labels) / _LABELS))]


def _length(days: Mapping[str, int]) -> int:
    return (date.fromisoformat(max(days)) - date.fromisoformat(min(days))).days + 1


def _days(first: str, last: str) -> Iterator[str]:
    day = date.fromisoformat(first)
    while day.isoformat() <= last:
        yield day.isoformat()
        day += timedelta(days=1)


def _months(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while f"{year:04}-{month:02}" <= last:
        yield f"{year:04}-{month:02}"
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _round_up(most: int) -> int:
    """The next of 4, 6, 8, 10, 20, 40, 60, … whose half is whole."""
    step = 1
    while most > 10 * step:
        step *= 10
    return next(n * step for n in (2, 4, 6, 8, 10) if n * step >= most)
