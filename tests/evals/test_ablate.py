"""Each leg alone and each left out, over a real library with a small bridge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.answer import Answer, Conversation, Found, Query, Wants
from assistant.chat import Assistant
from assistant.retrieve import Retriever, Weights
from evals.ablate import EVERYTHING, GROUPS, Ablation, Legs, ablate, choices
from evals.errors import EvalsError
from evals.report import RANKING, report_on
from evals.run import run_questions
from evals.searching import Asked, asked_so_far, current, found_for, sharing
from ingest.bridge.embedder import BridgedEmbedder
from ingest.library import Library
from ingest.paper import Language
from tests.assistant.shelf_of_papers import EDITING, FEDERATED, GRASPING, PROTEINS
from tests.conftest import WordEmbedder
from tests.evals import bilingual
from tests.evals.bilingual import judged
from tests.evals.conftest import question


def quiet(message: str) -> None:
    """Nobody reads it."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with bilingual.bilingual_shelf(tmp_path_factory.mktemp("shelf") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def ablation(library: Library) -> Ablation:
    return ablate(judged(), Assistant(library), quiet)


def legs(library: Library, name: str) -> Legs:
    return next(one for one in choices(current(library)) if one.name == name)


def ranked(library: Library, name: str, text: str) -> dict[str, float]:
    """What a choice of legs finds for a Chinese question, with scores, best first."""
    chosen = legs(library, name).setting
    with sharing(library) as share, np.errstate(over="ignore"):
        share(chosen.share)
        found = Retriever(library, chosen.weights).search(Query(text, text, Wants.SURVEY, Language.CHINESE))
    return {hit.paper.arxiv_id: hit.score for hit in found.hits}


def test_with_everything_it_ranks_as_the_assistant_answers(library: Library, ablation: Ablation) -> None:
    asked = [one for one in judged() if one.to_cite]
    report = report_on(asked, run_questions(asked, Assistant(library)), library, answers=False)
    row = ablation.rows[0]
    assert row.legs.name == EVERYTHING
    columns = [(score, group) for score in RANKING for group in GROUPS]
    assert [row.figure(*column) for column in columns] == [report.figure(*column) for column in columns]
    assert all(row.figure(*column) for column in columns)


def test_each_leg_has_a_row_alone_and_one_without_it(ablation: Ablation) -> None:
    assert [row.legs.name for row in ablation.rows] == [
        "everything",
        "passage alone",
        "sentence alone",
        "words alone",
        "glosses alone",
        "without passage",
        "without sentence",
        "without words",
        "without glosses",
        "without words and glosses",
        "vector by the bridge alone",
        "vector without the bridge",
    ]


@pytest.mark.parametrize(
    ("alone", "of_none"), [("passage", ("sentence", "lexical")), ("sentence", ("passage", "lexical"))]
)
def test_a_leg_alone_ranks_by_its_own_score(library: Library, alone: str, of_none: tuple[str, str]) -> None:
    setting = legs(library, f"{alone} alone").setting
    query = Query("video editing", "video editing", Wants.SURVEY, Language.ENGLISH)
    hits = Retriever(library, setting.weights).search(query).hits
    said = [getattr(hit.why, alone) for hit in hits if getattr(hit.why, alone) is not None]
    assert said == sorted(said, reverse=True)
    assert hits[0].score == pytest.approx(said[0])
    assert all(any(getattr(hit.why, other) for hit in hits) for other in of_none)


def test_words_and_glosses_are_told_apart(library: Library) -> None:
    """`联邦` stands in a Chinese summary and is known to the bridge; `抓取` only in English, by its gloss; of `客户端`
    the bridge knows nothing."""
    words, glosses = ranked(library, "words alone", "抓取和客户端"), ranked(library, "glosses alone", "抓取和客户端")
    assert words[FEDERATED.arxiv_id] > 0
    assert words[GRASPING.arxiv_id] == 0
    assert glosses[GRASPING.arxiv_id] > 0.1
    assert glosses[FEDERATED.arxiv_id] == pytest.approx(0, abs=1e-5)


def test_words_left_out_leave_what_the_glosses_give(library: Library) -> None:
    without, all_of_it = (ranked(library, name, "抓取和客户端") for name in ("without words", EVERYTHING))
    assert without[GRASPING.arxiv_id] == pytest.approx(all_of_it[GRASPING.arxiv_id], rel=1e-4)
    assert without[FEDERATED.arxiv_id] < all_of_it[FEDERATED.arxiv_id] - 0.1
    neither = ranked(library, "without words and glosses", "抓取和客户端")
    assert neither[GRASPING.arxiv_id] < without[GRASPING.arxiv_id] - 0.1
    assert neither[FEDERATED.arxiv_id] == pytest.approx(without[FEDERATED.arxiv_id], abs=1e-4)


def test_each_row_is_searched_by_its_own_weights_and_share(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[tuple[Weights, NDArray[np.float32]]] = []

    def told(asked: Sequence[Asked], assistant: Assistant) -> list[Found]:
        searched.append((assistant.retriever.weights, library.embedder.embed_query("视频编辑")))
        return found_for(asked, assistant)

    monkeypatch.setattr("evals.ablate.found_for", told)
    rows = ablate(judged(), Assistant(library), quiet).rows
    assert [weights for weights, _ in searched] == [row.legs.setting.weights for row in rows]
    vectors = np.stack([vector for _, vector in searched])
    assert len(np.unique(vectors[:-2].round(6), axis=0)) == 1
    assert len(np.unique(vectors.round(6), axis=0)) == 3


def test_the_halves_of_the_vector_differ_and_both_from_the_whole(library: Library) -> None:
    names = ("vector by the bridge alone", "vector without the bridge", EVERYTHING)
    scores = [ranked(library, name, "视频编辑")[EDITING.arxiv_id] for name in names]
    assert len({round(score, 6) for score in scores}) == 3


def test_what_says_nothing_to_english_questions_has_no_figure_for_them(ablation: Ablation) -> None:
    for row in ablation.rows:
        assert (row.figure("nDCG@10", "en") is None) == row.legs.chinese
        assert row.figure("nDCG@10", "zh") is not None
        assert row.figure("nDCG@10", "cross-lingual") is not None
    glosses = next(line for line in str(ablation).splitlines() if line.startswith("| glosses alone"))
    assert glosses.split("|")[2].strip() == "–"


def test_the_table_is_markdown_of_one_width(ablation: Ablation) -> None:
    lines = str(ablation).splitlines()
    assert lines[0].startswith("| legs | nDCG@10 en | nDCG@10 zh | nDCG@10 cross-lingual | R(rel=2)@20 en |")
    assert len(lines) == 2 + 12
    assert {line.count("|") for line in lines} == {8}
    row = ablation.as_dict()["rows"][0]
    assert (row["legs"]["name"], row["legs"]["setting"]["weights"]["passage"]) == ("everything", 1.0)


def test_the_assistant_is_afterwards_what_it_was(library: Library) -> None:
    assistant = Assistant(library)
    retriever, embedder = assistant.retriever, library.embedder
    ablate(judged()[:1], assistant, quiet)
    assert assistant.retriever is retriever
    assert library.embedder is embedder


def test_earlier_turns_are_answered_once_for_all_rows(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[str] = []
    whole = Assistant.answer

    async def told(self: Assistant, text: str, conversation: Conversation | None = None) -> Answer:
        answered.append(text)
        return await whole(self, text, conversation)

    monkeypatch.setattr(Assistant, "answer", told)
    ablate(judged(), Assistant(library), quiet)
    assert answered == ["which papers are on protein folding"]


def test_a_question_is_embedded_once_a_share(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[str] = []
    whole = BridgedEmbedder.embed_query

    def told(self: BridgedEmbedder, text: str) -> NDArray[np.float32]:
        embedded.append(text)
        return whole(self, text)

    monkeypatch.setattr(BridgedEmbedder, "embed_query", told)
    ablate(judged(), Assistant(library), quiet)
    assert embedded.count("weather forecasting from radar") == 1
    assert embedded.count("视频编辑") == 3


def test_a_follow_up_is_searched_as_one(library: Library) -> None:
    assistant = Assistant(library)
    *_, followup = asked_so_far(judged(), assistant)
    [found] = found_for([followup], assistant)
    assert [turn.question for turn in followup.conversation.turns] == ["which papers are on protein folding"]
    assert found.query.follows
    assert found.hits[0].paper.arxiv_id == PROTEINS.arxiv_id


def test_without_a_bridge_there_are_no_legs_of_it(tmp_path: Path) -> None:
    with bilingual.bilingual_shelf(tmp_path, WordEmbedder()) as library:
        rows = ablate(judged(), Assistant(library), quiet).rows
    assert len(rows) == 8
    assert not any(row.legs.chinese for row in rows)


def test_questions_without_a_paper_to_cite_are_told(library: Library) -> None:
    with pytest.raises(EvalsError, match="questions with a paper of grade 2, found none"):
        ablate([question()], Assistant(library), quiet)


def test_the_command_prints_the_table_and_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = bilingual.questions_file(tmp_path / "q.jsonl", judged())
    with bilingual.bilingual_shelf(tmp_path / "own"):
        pass
    result = bilingual.typed(monkeypatch, tmp_path / "own", "ablate", asked)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("| legs | nDCG@10 en |")
    assert "vector without the bridge: 5 questions in " in result.stderr
