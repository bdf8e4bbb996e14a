"""What a library keeps of a paper that several digests list.

The newest digest that says anything wins, for the summary and for the rest of the entry on their own. The outcome
does not depend on the order in which digests are read; of two alike, the one read later stays, as a digest that was
corrected is read again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date

from ingest.paper import Appearance, Paper


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Which digest something was taken from; a greater one is newer. A digest without a date is older than any."""

    day: date = date.min
    digest: str = ""

    @classmethod
    def of(cls, appearance: Appearance) -> Origin:
        return cls(appearance.day or date.min, appearance.digest)


@dataclass(frozen=True, slots=True)
class Kept:
    """A paper as the library keeps it, and where its entry and its summary come from."""

    paper: Paper
    entry: Origin
    summary: Origin


def first_seen(paper: Paper) -> Kept:
    """`paper`, with one appearance, as it would be kept if no other digest listed it."""
    origin = Origin.of(paper.appearances[0])
    return Kept(paper, origin, origin)


def merge(kept: Kept, paper: Paper) -> Kept:
    """`kept` after a digest lists `paper` once more; equal to `kept` if that brings nothing."""
    seen = first_seen(paper)
    older, newer = sorted((kept, seen), key=_entry_worth)
    summary = max((seen, kept), key=_summary_worth)
    return Kept(
        replace(
            newer.paper,
            authors=newer.paper.authors or older.paper.authors,
            categories=tuple(dict.fromkeys(newer.paper.categories + older.paper.categories)),
            abstract=newer.paper.abstract or older.paper.abstract,
            summary=summary.paper.summary,
            appearances=_listed(kept.paper.appearances, paper.appearances[0]),
        ),
        newer.entry,
        summary.summary,
    )


def _entry_worth(kept: Kept) -> tuple[bool, Origin]:
    return bool(kept.paper.abstract), kept.entry


def _summary_worth(kept: Kept) -> tuple[int, Origin]:
    """One that lost fields to placeholders never replaces one that did not."""
    summary = kept.paper.summary
    return sum(1 for field in fields(summary) if getattr(summary, field.name)), kept.summary


def _listed(listings: tuple[Appearance, ...], new: Appearance) -> tuple[Appearance, ...]:
    """By day and name; a digest lists a paper once, at the place where it did first."""
    if any(listing.digest == new.digest for listing in listings):
        return listings
    return tuple(sorted((*listings, new), key=Origin.of))
