"""What reading digests does to a library, and what it reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up import SUMMARY, Entry, Text, digest, many

from ingest.library import Library, open_library
from ingest.paper import Filters
from ingest.report import Report
from ingest.run import Step, ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources

FAILED = dict.fromkeys(SUMMARY, "Summary generation failed")


def _contents(library: Library) -> dict[str, object]:
    """All that a reader can see."""
    ids = library.select(Filters())
    sentences = library.sentences(ids)
    nearest = library.search(np.ones(32, np.float32), 10_000)
    return {
        "papers": library.papers(ids),
        "sentences": sentences.sentences,
        "vectors": sentences.vectors.tobytes(),
        "passages": {(hit.passage_id, round(hit.score, 4)) for hit in nearest},
        "digests": [(read.name, read.day, read.papers) for read in library.digests()],
    }


def test_a_first_ingest_stores_everything_and_says_so(library: Library):
    report = ingest([digest("2026-01-05.md", *many(5)), digest("2026-01-06.md", *many(3, "2602"))], library)
    assert (report.new, report.updated, report.repeats, report.digests) == (8, 0, 0, 2)
    assert library.count() == 8
    assert library.index_lag() == 0
    assert str(report) == "+8 new"


def test_ingesting_a_digest_twice_changes_nothing(library: Library):
    sources = [digest("2026-01-05.md", *many(130)), digest("2026-01-06.md", *many(3, "2602"))]
    ingest(sources, library)
    version, contents = library.version(), _contents(library)
    report = ingest(sources, library)
    assert str(report) == "133 repeats, nothing changed"
    assert library.version() == version
    assert _contents(library) == contents


def test_ingesting_again_needs_no_embedder(on_disk: IngestSettings, embedder):
    source = digest("2026-01-05.md", *many(3))
    with open_library(on_disk, embedder) as library:
        ingest([source], library)
    broken = on_disk.model_copy(update={"embed_model": "/no/such/model"})
    with open_library(broken) as library:
        assert ingest([source], library).repeats == 3


def test_a_paper_listed_on_two_days_is_one_paper_with_two_appearances(library: Library):
    ingest([digest("2026-01-05.md", Entry("2601.00001v1"))], library)
    report = ingest([digest("2026-01-06.md", Entry("2601.00009"), Entry("2601.00001v2"))], library)
    assert (report.new, report.repeats) == (1, 1)
    paper = library.paper("2601.00001")
    assert paper
    assert [(seen.digest, seen.position) for seen in paper.appearances] == [("2026-01-05.md", 1), ("2026-01-06.md", 2)]


def _said(words: str) -> dict[str, str]:
    return {**SUMMARY, "TL;DR": words}


def test_the_newest_good_summary_wins_in_whatever_order_digests_are_read(library: Library):
    undated = digest("undated.md", Entry("2601.00001", summary=_said("Undated.")))
    monday = digest("2026-01-05.md", Entry("2601.00001", summary=_said("Monday.")))
    tuesday = digest("2026-01-06.md", Entry("2601.00001", summary=_said("Tuesday.")))
    wednesday = digest("2026-01-07.md", Entry("2601.00001", summary=FAILED))
    said = []
    for sources in ([undated], [monday, wednesday], [tuesday], [monday, undated]):
        ingest(sources, library)
        paper = library.paper("2601.00001")
        assert paper
        said.append((paper.summary.tldr, len(paper.appearances)))
    assert said == [("Undated.", 1), ("Monday.", 3), ("Tuesday.", 4), ("Tuesday.", 4)]


def test_a_failed_summary_never_replaces_a_good_one_but_a_good_one_replaces_it(library: Library):
    report = ingest([digest("2026-01-05.md", Entry("2601.00001", summary=FAILED))], library)
    assert str(report) == "+1 new, 1 failed summary kept by abstract only"
    report = ingest([digest("2026-01-04.md", Entry("2601.00001", summary=_said("Good.")))], library)
    assert str(report) == "+0 new, 1 summary updated"
    report = ingest([digest("2026-01-06.md", Entry("2601.00001", summary=FAILED))], library)
    assert (report.updated, report.repeats, report.placeholders) == (0, 1, 1)
    paper = library.paper("2601.00001")
    assert paper
    assert paper.summary.tldr == "Good."


def test_an_updated_summary_is_found_and_the_old_one_is_not(library: Library, embedder):
    long = {label: f"About zebra {label} " + "stripes " * 20 + "." for label in SUMMARY}
    ingest([digest("2026-01-05.md", Entry("2601.00001", summary=long), *many(20, "2602"))], library)
    zebra = embedder.embed(["stripes"])[0]
    assert library.search(zebra, 1)[0].score > 0.8
    before = {hit.passage_id for hit in library.search(zebra, 1000) if hit.arxiv_id == "2601.00001"}
    report = ingest([digest("2026-01-06.md", Entry("2601.00001", summary=_said("About a yak.")))], library)
    assert report.updated == 1
    assert library.search(zebra, 1)[0].score < 0.6
    assert library.search(embedder.embed(["On video editing yak a about yak"])[0], 1)[0].arxiv_id == "2601.00001"
    after = {hit.passage_id for hit in library.search(zebra, 1000) if hit.arxiv_id == "2601.00001"}
    assert after < before
    assert library.rebuild_index() == len(library.search(zebra, 1000))
    assert not any("stripes" in sentence.text for sentence in library.sentences(["2601.00001"]).sentences)


def test_passages_that_come_and_go_follow_their_text(library: Library, embedder):
    long = Entry("2601.00001", abstract=" ".join(f"Sentence {n} is about zebras and their stripes." for n in range(40)))
    short = replace(long, abstract="One sentence.")
    vector = embedder.embed(["zebras"])[0]
    numbers = []
    for day, entry in [(5, long), (6, short), (7, long), (8, short)]:
        ingest([digest(f"2026-01-0{day}.md", entry)], library)
        numbers.append(len(library.search(vector, 1000)))
        assert library.index_lag() == 0
    assert numbers[0] == numbers[2] > numbers[1] == numbers[3]


def test_only_texts_that_are_new_are_embedded(library: Library, embedder, monkeypatch):
    asked: list[str] = []
    embed = type(embedder).embed

    def listening(self, texts, progress=None):
        asked.extend(texts)
        return embed(self, texts, progress)

    ingest([digest("2026-01-05.md", *many(4))], library)
    monkeypatch.setattr(type(embedder), "embed", listening)
    changed = replace(many(4)[1], summary=_said("Something else."))
    ingest([digest("2026-01-06.md", many(4)[0], changed)], library)
    assert len(asked) == 6  # the passage that changed, and the five sentences in it
    assert "Something else." in asked
    assert all(text in asked[0] for text in asked)


def test_an_entry_or_source_that_cannot_be_read_costs_no_other(library: Library):
    broken = Text("2026-02-06.md", digest("", Entry("2602.00001")).text + "\n\n### a title\n\nAbstract: x\n")
    missing = find_sources(["/no/such/digest.md"])[0]
    report = ingest([missing, broken, digest("2026-02-07.md", Entry("2602.00002"))], library)
    assert report.new == 2
    assert len(report.unreadable) == 1
    assert report.unreadable[0].startswith("2026-02-06.md:")
    assert "expected" in report.unreadable[0]
    assert len(report.unread_sources) == 1
    assert "/no/such/digest.md" in report.unread_sources[0]
    assert [read.name for read in library.digests()] == ["2026-02-07.md", "2026-02-06.md"]


def test_real_files_are_read_with_their_dates(library: Library, tmp_path: Path):
    for day in ("2026-01-05", "2026-01-06"):
        (tmp_path / f"{day}.md").write_text(digest(day, *many(3)).text)
    report = ingest(find_sources([str(tmp_path)]), library)
    assert (report.new, report.repeats, library.span()) == (3, 3, ("2026-01-05", "2026-01-06"))


def test_progress_tells_what_is_committed(library: Library):
    steps: list[Step] = []
    ingest([digest("2026-01-05.md", *many(130))], library, progress=steps.append)
    assert steps[-1].stored == steps[-1].found == library.count() == 130
    assert [step.stored for step in steps] == sorted(step.stored for step in steps)
    assert steps[-1].texts > 130
    assert 0 < min(step.stored for step in steps if step.stored) < 130


def test_a_stored_step_is_on_disk(library: Library, settings: IngestSettings, embedder):
    with open_library(settings, embedder) as reader:

        def check(step: Step) -> None:
            assert reader.count() >= step.stored

        ingest([digest("2026-01-05.md", *many(130))], library, progress=check)


def test_a_digest_counts_as_read_only_after_all_its_papers(library: Library, settings: IngestSettings, embedder):
    with open_library(settings, embedder) as reader:

        def check(step: Step) -> None:
            for read in reader.digests():
                assert reader.count() >= read.papers

        ingest([digest("2026-01-05.md", *many(130))], library, progress=check)
        assert [read.papers for read in reader.digests()] == [130]


def test_an_ingest_that_fails_keeps_what_it_has_stored(library: Library):
    def stop(step: Step) -> None:
        if step.stored:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest([digest("2026-01-05.md", *many(130))], library, progress=stop)
    stored = library.count()
    assert 0 < stored < 130
    assert library.digests() == []
    assert library.index_lag() == 0
    report = ingest([digest("2026-01-05.md", *many(130))], library)
    assert (report.new, report.repeats) == (130 - stored, stored)


def test_the_report_is_one_line_with_what_a_person_asks_for():
    report = Report(41, 12, 96, 2, ("2026-02-06.md:118: expected a, got b",), 3, 1.5)
    assert str(report) == (
        "+41 new, 12 summaries updated, 96 repeats, 2 failed summaries kept by abstract only, "
        "1 entry unreadable (2026-02-06.md:118: expected a, got b)"
    )
    assert report.as_dict()["unreadable"] == ("2026-02-06.md:118: expected a, got b",)


def test_a_report_spells_out_a_few_messages_and_counts_the_others():
    report = Report(unreadable=tuple(f"d:{n}: expected a, got b" for n in range(5)))
    assert str(report).count("expected") == 3
    assert "5 entries unreadable" in str(report)
    assert str(report).endswith("; and 2 more)")
