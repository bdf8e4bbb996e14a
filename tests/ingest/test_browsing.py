"""What the library page asks of a library: pages of papers, days, parts of names, the last report, and who writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up import Entry, digest, many

from ingest.library import Library
from ingest.paper import Filters
from ingest.report import KEPT_CHARS, KEPT_MESSAGES, KeptReport, Report, kept_report, read_kept
from ingest.run import ingest


@pytest.mark.parametrize("by", ["date", "title", "category"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_hold_every_paper_once_and_in_order(library: Library, by: str, descending: bool):
    ingest([digest("2026-01-05.md", *many(30)), digest("2026-02-05.md", *many(25, "2602"))], library)
    found = []
    for skip in range(0, 60, 7):
        count, papers = library.browse(Filters(), by, descending, skip, 7)
        assert count == 55
        found += papers
    assert len({paper.arxiv_id for paper in found}) == len(found) == 55
    key = {"date": lambda p: (p.month, p.arxiv_id), "title": lambda p: p.title.lower(), "category": _category}[by]
    assert [key(paper) for paper in found] == sorted(map(key, found), reverse=descending)


def _category(paper):
    return paper.primary_category


def test_a_page_is_narrowed_by_the_same_filters_as_a_selection(library: Library):
    ingest([digest("2026-01-05.md", *many(30)), digest("2026-02-05.md", *many(25, "2602"))], library)
    filters = Filters(since="2026-02")
    count, papers = library.browse(filters, limit=100)
    assert count == 25
    assert [paper.arxiv_id for paper in papers] == library.select(filters)


def test_a_paper_counts_on_the_first_day_that_lists_it(library: Library):
    ingest([digest("2026-01-06.md", *many(3)), digest("2026-01-05.md", *many(1)), digest("none.md", *many(5))], library)
    assert library.days() == {"2026-01-06": 2, "2026-01-05": 1}


def test_names_are_found_by_the_start_of_each_of_their_parts(library: Library):
    people = ("Jürgen Schmidhuber", "Jurgen Habermas", "Ann_a Percent%", "Li Ju")
    entries = [replace(Entry(f"2601.{n:05}"), authors=(name,)) for n, name in enumerate(people, 1)]
    ingest([digest("2026-01-05.md", *entries, replace(Entry("2601.00009"), authors=(people[1],)))], library)
    assert library.authors_named("jurg", 9) == ["Jurgen Habermas", "Jürgen Schmidhuber"]
    assert library.authors_named("SCHMID jürgen", 9) == ["Jürgen Schmidhuber"]
    assert library.authors_named("midhuber", 9) == []
    assert [library.authors_named(part, 9) for part in ("%", "_", "ann_", "percent%")] == [
        [],
        [],
        *[["Ann_a Percent%"]] * 2,
    ]
    assert library.authors_named("ju", 1) == ["Jurgen Habermas"]


def test_the_last_report_is_kept_and_makes_no_new_version(library: Library):
    assert library.last_report() is None
    ingest([digest("2026-01-05.md", *many(5))], library)
    version = library.version()
    ingest([digest("2026-01-05.md", *many(5)), digest("2026-01-06.md", *many(2))], library)
    ingest([digest("2026-01-05.md", *many(5))], library)
    kept = library.last_report()
    assert kept
    assert (kept.report.repeats, kept.report.changed, kept.sources) == (5, False, ("2026-01-05.md",))
    assert kept.ended_at.endswith("+00:00")
    assert library.version() == version + 1


def test_a_kept_report_is_bounded_and_says_what_it_leaves_out():
    bad = Report(unreadable=("x" * 9000,) * 1000, unread_sources=("y",) * 3)
    kept = kept_report(bad, "2026-01-05T10:00:00+00:00", [f"{n}.md" for n in range(999)])
    assert read_kept(kept.to_json()) == kept
    assert {len(message) for message in kept.report.unreadable} == {KEPT_CHARS}
    assert kept.left_out == 1000 - KEPT_MESSAGES
    assert len(kept.to_json()) < 150_000


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"report": 1}', '{"ended_at": "now"}'])
def test_a_report_that_cannot_be_read_is_none(text: str | None):
    assert read_kept(text) is None


def test_a_report_of_a_later_release_with_more_fields_is_read():
    text = '{"report": {"new": 3, "colour": "blue"}, "ended_at": "2026-01-05", "mood": "good"}'
    assert read_kept(text) == KeptReport(Report(new=3), "2026-01-05")


HOLD = """
import sys
from pathlib import Path
from conftest import WordEmbedder
from ingest.library import open_library
from ingest.settings import IngestSettings
home, database, chroma = sys.argv[1:4]
settings = IngestSettings(home=Path(home), database_url=database or None, chroma_url=chroma or None)
with open_library(settings, WordEmbedder()) as library, library.writing():
    print("holding", flush=True)
    sys.stdin.read()
"""


def test_another_writer_is_seen_without_being_disturbed_and_oneself_is_none(library: Library, settings, python):
    assert library.other_writer() == ""
    with library.writing():
        assert library.other_writer() == ""
    url = settings.database_url
    child = python(HOLD, str(settings.home), url.get_secret_value() if url else "", settings.chroma_url or "")
    assert child.stdout.readline() == "holding\n"
    assert {library.other_writer() for _ in range(50)} == {f"process {child.pid}"}
    child.communicate("")
    assert library.other_writer() == ""


def test_a_writer_on_another_machine_is_seen_too(new_database, tmp_path, embedder, python):
    from ingest.library import open_library
    from ingest.settings import IngestSettings

    url = new_database()
    here = IngestSettings(home=tmp_path / "here", database_url=url, chroma_url=None)
    with open_library(here, embedder) as library:
        child = python(HOLD, str(tmp_path / "there"), url, "")
        assert child.stdout.readline() == "holding\n"
        assert library.other_writer().startswith(f"process {child.pid} on ")
        child.communicate("")
        assert library.other_writer() == ""
