"""Known-item search: Chinese summaries among English abstracts, in a real library with a small bridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Wants
from assistant.chat import Assistant
from assistant.retrieve import Retriever
from evals.errors import EvalsError
from evals.pairs import (
    Abstracts,
    KnownItem,
    KnownItems,
    _Pace,
    chosen,
    fill,
    known_items,
    measure,
    of_month,
    query_of,
    time_questions,
)
from ingest.bridge.pairs import FIELDS, Pair
from ingest.digest import read_digest
from ingest.library import Library, open_library
from ingest.paper import Filters, Summary
from ingest.run import Step
from ingest.settings import IngestSettings
from tests.assistant.shelf_of_papers import EDITING
from tests.assistant.shelf_of_papers import fill as fill_digest
from tests.evals import bilingual
from tests.evals.conftest import question

MONTH = "2025-12"
SAID: list[str] = []


def opened(home: Path) -> Library:
    return open_library(IngestSettings(home=home, database_url=None, chroma_url=None), bilingual.bridged())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with opened(tmp_path_factory.mktemp("abstracts") / "home") as made:
        fill(made, bilingual.pairs(), SAID.append)
        yield made


def quiet(message: str) -> None:
    """Nobody reads it."""


def test_the_library_holds_titles_and_abstracts_and_nothing_chinese(library: Library) -> None:
    held = {paper.arxiv_id: paper for paper in library.iter_papers()}
    assert held.keys() == {pair.arxiv_id for pair in bilingual.pairs()}
    for pair in bilingual.pairs():
        paper = held[pair.arxiv_id]
        assert (paper.title, paper.abstract, paper.summary) == (pair.title, pair.abstract, Summary())


def test_a_source_is_read_as_any_digest_is() -> None:
    digest = read_digest(Abstracts("abstracts-000.jsonl", "", tuple(bilingual.pairs())).read(), "abstracts-000.jsonl")
    assert (len(digest.papers), digest.unreadable, digest.day) == (12, (), None)


def test_every_paper_is_found_by_its_summary_and_the_others_are_looked_at_too(library: Library) -> None:
    tldr, method = measure(Retriever(library), bilingual.pairs(), ("tldr", "method"), None, 0, quiet)
    assert [recall.depth for recall in tldr.recalls] == [1, 5, 20]
    assert [recall.value for recall in tldr.recalls] == [1.0, 1.0, 1.0]
    assert (tldr.text, method.text) == ("tldr", "method")
    assert tldr.latency.searches == method.latency.searches == 12
    assert 0 < tldr.latency.median <= tldr.latency.p95


def test_a_text_that_finds_other_papers_first_lowers_recall(library: Library) -> None:
    """Two papers say each other's words, one says the words of the paper beside."""
    held = bilingual.pairs()
    held[0], held[6] = replace(held[0], chinese=held[6].chinese), replace(held[6], chinese=held[0].chinese)
    [asked] = measure(Retriever(library), held, ("tldr",), None, 0, quiet)
    first, fifth, twentieth = asked.recalls
    assert first.value == pytest.approx(10 / 12)
    assert first.low < first.value < first.high
    assert first.value <= fifth.value <= twentieth.value


def test_a_question_is_searched_word_by_word_without_filters_or_names() -> None:
    [item] = known_items([bilingual.pair(1, ["视频"])], "tldr")
    query = query_of(replace(item, text="2025年12月作者李博的视频论文 2512.00003"))
    assert query.text == query.search_text == "2025年12月作者李博的视频论文 2512.00003"
    assert (query.filters, query.papers, query.wants) == (Filters(), (), Wants.SURVEY)


def test_only_chinese_texts_are_asked() -> None:
    held = bilingual.pairs(4)
    held[1] = replace(held[1], chinese=("video editing with robots", *held[1].chinese[1:]))
    held[2] = replace(held[2], chinese=("", *held[2].chinese[1:]))
    assert [item.arxiv_id for item in known_items(held, "tldr")] == ["2512.00001", "2512.00004"]
    assert len(known_items(held, "method")) == 4
    with pytest.raises(EvalsError, match="a Chinese `result` in some of 4 pairs, found none"):
        known_items(held, "result")


def test_a_sample_is_drawn_by_the_seed() -> None:
    held = bilingual.pairs()
    assert known_items(held, "tldr", 5, seed=1) == known_items(held, "tldr", 5, seed=1)
    assert known_items(held, "tldr", 5, seed=1) != known_items(held, "tldr", 5, seed=2)
    assert len(known_items(held, "tldr", 500)) == 12


def two_months() -> list[Pair]:
    return [*bilingual.pairs(20, "2025-11", first=101), *bilingual.pairs(5)]


def test_a_search_is_among_all_of_the_month_and_others_drawn_by_seed() -> None:
    held = two_months()
    assert len(chosen(held, MONTH)) == 25
    ten, twelve = chosen(held, MONTH, 10), chosen(held, MONTH, 12)
    assert [pair.month for pair in ten] == [MONTH] * 5 + ["2025-11"] * 5
    assert twelve[:10] == ten  # so that a library can grow
    assert chosen(held, MONTH, 10, seed=1) != ten
    assert chosen(held, MONTH, 5) == of_month(held, MONTH)


def test_what_cannot_be_chosen_is_told_with_what_to_give() -> None:
    with pytest.raises(EvalsError, match="the 5 papers of 2025-12 at least, got 3: give --among 5 or more"):
        chosen(two_months(), MONTH, 3)
    with pytest.raises(EvalsError, match="expected pairs of 2024-01, found those of 2025-11, 2025-12"):
        chosen(two_months(), "2024-01")


def test_a_library_that_is_there_is_searched_as_it_is(library: Library) -> None:
    version = library.version()
    told: list[str] = []
    fill(library, bilingual.pairs(), told.append)
    assert (library.version(), told) == (version, [])


def test_a_library_that_lacks_some_papers_gets_these(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.pairs._SOURCE_PAPERS", 4)
    told: list[str] = []
    with opened(tmp_path) as library:
        fill(library, bilingual.pairs(6), told.append)
        fill(library, bilingual.pairs(), told.append)
        assert library.count() == 12
        # The second four were half there; the first four were not even read.
        assert told[1].startswith("+6 new, 2 repeats")


def test_a_kill_costs_no_more_than_the_papers_in_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.pairs._SOURCE_PAPERS", 4)
    monkeypatch.setattr("ingest.run.CHUNK", 4)

    def killed(step: Step) -> None:
        if step.stored == 8:
            raise KeyboardInterrupt

    monkeypatch.setattr("evals.pairs._Pace", lambda whole, tell: killed)
    with opened(tmp_path) as library, pytest.raises(KeyboardInterrupt):
        fill(library, bilingual.pairs(), quiet)
    monkeypatch.undo()
    told: list[str] = []
    with opened(tmp_path) as library:
        assert library.count() == 8
        fill(library, bilingual.pairs(), told.append)
        assert library.count() == 12


def test_a_library_of_anything_else_is_refused_and_left_alone(tmp_path: Path, library: Library) -> None:
    with pytest.raises(EvalsError, match="found 2 other papers in .*: give another folder with --home"):
        fill(library, bilingual.pairs(10), quiet)
    with opened(tmp_path) as own:
        fill_digest(own, [EDITING])
        version = own.version()
        same = Pair(EDITING.arxiv_id, EDITING.title, EDITING.abstract, MONTH, ("",) * len(FIELDS))
        with pytest.raises(EvalsError, match=r"found the digest 2026-02-10\.md in "):
            fill(own, [same], quiet)
        assert own.version() == version


def test_the_first_turn_of_judged_questions_is_understood_and_timed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = Assistant(library)
    assistant.warm()
    understood: list[str] = []
    monkeypatch.setattr(
        assistant, "understand", lambda text, *_: understood.append(text) or query_of(KnownItem("", text))
    )
    searched = time_questions(assistant, [question(turns=("视频编辑", "它呢？")), question(id="2")], quiet)[0]
    assert understood[-4:] == ["视频编辑", "what?"] * 2  # searched, then answered
    assert (searched.latency.searches, searched.recalls) == (2, ())
    assert searched.latency.median > 0


def test_whole_answers_are_timed_beside_searches_and_take_longer(library: Library) -> None:
    asked = [question(turns=("which papers edit videos",)), question(id="2", turns=("联邦学习",))]
    searched, answered = time_questions(Assistant(library), asked * 5, quiet)
    assert answered.text == "judged questions, whole answers"
    assert answered.latency.searches == 10
    assert answered.latency.median > searched.latency.median


def test_the_table_has_a_line_a_kind_of_text(library: Library) -> None:
    asked = measure(Retriever(library), bilingual.pairs(), ("tldr",), 5, 0, quiet)
    report = KnownItems(MONTH, 12, (*asked, *time_questions(Assistant(library), [question()], quiet)))
    head, rule, tldr, judged, answered = str(report).splitlines()
    assert head.startswith("| 2025-12, among 12 papers | questions | R@1 | R@5 | R@20 |")
    assert tldr.startswith("| tldr | 5 | 1.000 (1.00–1.00) |")
    assert judged.startswith("| judged questions | 1 | – | – | – | ")
    assert len({line.count("|") for line in (head, rule, tldr, judged, answered)}) == 1
    assert report.as_dict()["asked"][0]["recalls"][0] == {"depth": 1, "value": 1.0, "low": 1.0, "high": 1.0}


def test_the_command_keeps_its_library_where_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = bilingual.written(tmp_path / "pairs.jsonl", two_months())
    typed = ("pairs", pairs, "--month", MONTH, "--among", 12, "--field", "tldr", "--home", tmp_path / "kept", "--json")
    first, second = (bilingual.typed(monkeypatch, tmp_path / "own", *typed) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, first.output
    assert ("+12 new" in first.stderr, "new" in second.stderr) == (True, False)
    found = json.loads(second.stdout)
    assert (found["papers"], [one["text"] for one in found["asked"]]) == (12, ["tldr"])
    assert found["asked"][0]["latency"]["searches"] == 5
    assert not (tmp_path / "own" / "library.sqlite").exists()


def test_the_command_times_judged_questions_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = bilingual.written(tmp_path / "pairs.jsonl", bilingual.pairs())
    asked = bilingual.questions_file(tmp_path / "q.jsonl", bilingual.judged())
    typed = ("pairs", pairs, "--month", MONTH, "--sample", 3, "--questions", asked)
    result = bilingual.typed(monkeypatch, tmp_path / "own", *typed)
    assert result.exit_code == 0, result.output
    kinds = [line.split("|")[1:3] for line in result.stdout.splitlines()[2:]]
    judged = [[" judged questions ", " 12 "], [" judged questions, whole answers ", " 12 "]]
    assert kinds == [[" tldr ", " 3 "], [" method ", " 3 "], *judged]


def test_progress_tells_papers_a_second_and_what_is_left() -> None:
    told: list[str] = []
    pace = _Pace(400, told.append, every=0.0)
    for stored in (0, 100, 400):
        pace(Step("abstracts-000.jsonl", 0, 1, stored, stored, 0))
    assert [line.split(",")[0] for line in told] == ["100 of 400 papers", "400 of 400 papers"]
    assert told[-1].endswith(" papers/s, 0 min left")
