"""Hostile entries through the reader: each is one paper, and none touches another."""

from __future__ import annotations

import pytest

from ingest.digest import read_digest
from ingest.library import Library
from ingest.paper import Paper, Section
from tests.ingest.made_up import Text
from tests.injection.hostile import FORGED, HOSTILE, page, records
from tests.injection.looking import unseen

FORMATS = [page(HOSTILE), records(HOSTILE)]


def everything(paper: Paper) -> str:
    return "\n".join([paper.title, *paper.authors, *paper.categories, *map(paper.text, Section)])


def test_half_of_the_entries_are_english_and_half_chinese() -> None:
    languages = [entry.language for entry in HOSTILE]
    assert len(HOSTILE) >= 160
    assert languages.count("en") == languages.count("zh")


@pytest.mark.parametrize("source", FORMATS, ids=["markdown", "json"])
def test_exactly_the_entries_written_are_read(source: Text) -> None:
    read = read_digest(source.text, source.name)
    assert read.unreadable == ()
    assert read.repeats == 0
    assert [paper.arxiv_id for paper in read.papers] == [entry.id for entry in HOSTILE]


@pytest.mark.parametrize("source", FORMATS, ids=["markdown", "json"])
def test_nothing_of_an_entry_is_spilled_into_another_or_lost(source: Text) -> None:
    for entry, paper in zip(HOSTILE, read_digest(source.text, source.name).papers, strict=True):
        names = {other.name for other in HOSTILE if other.name in everything(paper)}
        assert names == {entry.name}, entry.kind
        assert paper.abstract.startswith(entry.name) or entry.kind in ("split", "fake count"), entry.kind
        assert f"{entry.name} lowers" in paper.abstract or "上把误差降低" in paper.abstract, entry.kind


@pytest.mark.parametrize("source", FORMATS, ids=["markdown", "json"])
def test_no_field_is_replaced_by_what_an_abstract_says(source: Text) -> None:
    for entry, paper in zip(HOSTILE, read_digest(source.text, source.name).papers, strict=True):
        if entry.kind == "digest format":
            assert [paper.text(Section(name)) for name in entry.summary] == list(entry.summary.values())
            assert paper.primary_category == "cs.LG"


@pytest.mark.parametrize("source", FORMATS, ids=["markdown", "json"])
def test_no_character_that_shows_nothing_is_read(source: Text) -> None:
    for paper in read_digest(source.text, source.name).papers:
        assert not unseen(everything(paper)), paper.arxiv_id


def test_a_category_is_one_or_none() -> None:
    papers = read_digest(FORMATS[0].text, FORMATS[0].name).papers
    assert {paper.primary_category for paper in papers} == {"cs.LG", "cs.CR"}


def test_the_library_holds_each_entry_once(hostile_library: Library) -> None:
    assert hostile_library.count() == len(HOSTILE)
    assert not hostile_library.papers(FORGED)
