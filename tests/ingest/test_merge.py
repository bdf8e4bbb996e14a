"""Which digest's word on a paper is kept."""

from __future__ import annotations

import itertools
from datetime import date
from functools import reduce

import pytest

from ingest.merge import Kept, first_seen, merge
from ingest.paper import Appearance, Paper, Summary

FULL = Summary("a", "b", "c", "d", "e")


def _listed(day: int | None, tldr: str, title: str = "", abstract: str = "An abstract.", **more) -> Paper:
    name = f"2026-01-{day:02}.md" if day else f"{title or tldr}.md"
    summary = Summary(tldr, *("b", "c", "d", "e")) if tldr else more.pop("summary", Summary())
    seen = Appearance(name, date(2026, 1, day) if day else None, 1)
    return Paper("2601.00001", title or "A title", ("Bo Li",), "cs.CV", ("cs.CV",), abstract, summary, (seen,))


def _kept(papers) -> Kept:
    return reduce(merge, papers[1:], first_seen(papers[0]))


LISTINGS = [
    _listed(5, "Monday.", "Monday's title"),
    _listed(6, "Tuesday.", "Tuesday's title"),
    _listed(7, "", "Wednesday's title", summary=Summary(method="half a summary")),
    _listed(8, "", "Thursday's title", abstract=""),
    _listed(None, "Undated."),
]


@pytest.mark.parametrize("order", list(itertools.permutations(LISTINGS)))
def test_the_newest_whole_summary_and_the_newest_entry_with_an_abstract_are_kept(order: tuple[Paper, ...]):
    paper = _kept(order).paper
    assert paper.summary.tldr == "Tuesday."
    assert paper.title == "Wednesday's title"
    assert paper.abstract == "An abstract."
    assert [seen.day and seen.day.day for seen in paper.appearances] == [None, 5, 6, 7, 8]


@pytest.mark.parametrize("again", LISTINGS)
def test_a_listing_seen_before_brings_nothing(again: Paper):
    kept = _kept(LISTINGS)
    assert merge(kept, again) == kept


def test_a_digest_that_was_corrected_is_believed():
    kept = _kept([_listed(5, "Befor."), _listed(4, "Old."), _listed(5, "Before.")])
    assert kept.paper.summary.tldr == "Before."
    assert len(kept.paper.appearances) == 2


def test_categories_of_all_listings_are_kept_the_newest_first():
    one, two = _listed(5, "Monday."), _listed(6, "Tuesday.")
    one = Paper(*(getattr(one, name) for name in one.__slots__[:4]), ("cs.CV", "cs.LG"), "", FULL, one.appearances)
    assert _kept([one, two]).paper.categories == _kept([two, one]).paper.categories == ("cs.CV", "cs.LG")
