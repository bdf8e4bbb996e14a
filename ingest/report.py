"""What an ingest did: the report it gives, and the one the library keeps until the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

_SHOWN = 3  # messages spelled out in a report's line
KEPT_MESSAGES = 200  # of each kind in the report that the library keeps
KEPT_CHARS = 500  # of each message there
_KEPT_SOURCES = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did. Each entry that could be read counts once, as new, updated or a repeat.

    `placeholders` counts papers whose summary had failed; `unreadable` holds `name:line: expected …, got …`,
    `unread_sources` why a source could not be read. `changed` is False if the library is what it was.
    """

    new: int = 0
    updated: int = 0
    repeats: int = 0
    placeholders: int = 0
    unreadable: tuple[str, ...] = ()
    digests: int = 0
    seconds: float = 0.0
    unread_sources: tuple[str, ...] = ()
    changed: bool = True

    def __str__(self) -> str:
        parts = [
            f"+{self.new} new" if self.changed else "",
            _number(self.updated, "summary updated", "summaries updated"),
            _number(self.repeats, "repeat", "repeats"),
            "" if self.changed else "nothing changed",
            _number(self.placeholders, "failed summary", "failed summaries", " kept by abstract only"),
            _number(len(self.unreadable), "entry unreadable", "entries unreadable", _shown(self.unreadable)),
            _number(len(self.unread_sources), "source not read", "sources not read", _shown(self.unread_sources)),
        ]
        return ", ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class KeptReport:
    """The report of an ingest that ended at `ended_at` (ISO 8601, UTC), and the names of the first sources it read.

    `report` holds at most `KEPT_MESSAGES` messages of each kind; `unreadable` and `unread_sources` say how many there
    were.
    """

    report: Report
    ended_at: str
    sources: tuple[str, ...] = ()
    unreadable: int = 0
    unread_sources: int = 0

    @property
    def left_out(self) -> int:
        """Messages that were not kept."""
        kept = len(self.report.unreadable) + len(self.report.unread_sources)
        return self.unreadable + self.unread_sources - kept

    def to_json(self) -> str:
        return _KEPT.dump_json(self).decode()


_KEPT = TypeAdapter(KeptReport)


def kept_report(report: Report, ended_at: str, sources: Sequence[str]) -> KeptReport:
    """The report as it is kept: bounded, however much went wrong."""
    short = replace(report, unreadable=_first(report.unreadable), unread_sources=_first(report.unread_sources))
    wrong = len(report.unreadable), len(report.unread_sources)
    return KeptReport(short, ended_at, tuple(sources[:_KEPT_SOURCES]), *wrong)


def read_kept(text: str | None) -> KeptReport | None:
    """The report that was kept as `text`; None if there is none, or another release has written it otherwise."""
    try:
        return _KEPT.validate_json(text) if text else None
    except ValidationError:
        return None


def _first(messages: Sequence[str]) -> tuple[str, ...]:
    return tuple(message[:KEPT_CHARS] for message in messages[:KEPT_MESSAGES])


def _number(number: int, one: str, many: str, after: str = "") -> str:
    return f"{number} {one if number == 1 else many}{after}" if number else ""


def _shown(messages: Sequence[str]) -> str:
    more = f"; and {len(messages) - _SHOWN} more" if len(messages) > _SHOWN else ""
    return f" ({'; '.join(messages[:_SHOWN])}{more})"
