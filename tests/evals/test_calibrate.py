"""Weights fitted on judged questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assistant import fit
from assistant.chat import Assistant
from assistant.evidence import COSINE
from assistant.lexical import LexicalIndex
from assistant.retrieve import Ranking
from evals.calibrate import _best_cut, _scores_of, calibrate
from evals.errors import EvalsError
from evals.folds import Rows
from evals.question import Kind, Question
from ingest.library import Library
from tests.assistant.shelf_of_papers import (
    EDITING,
    FEDERATED,
    GRAPHS,
    GRASPING,
    LONG_EDITING,
    POETRY,
    SPEECH,
    WEATHER,
    shelf_of,
)
from tests.evals.asking_for_facts import with_facts
from tests.evals.conftest import hits, question

ASKED = [
    ("which papers are on video editing", {EDITING.arxiv_id: 2, LONG_EDITING.arxiv_id: 2}),
    ("tactile grasping of objects", {GRASPING.arxiv_id: 2}),
    ("weather forecasting from radar", {WEATHER.arxiv_id: 2}),
    ("federated learning", {FEDERATED.arxiv_id: 2, GRAPHS.arxiv_id: 1}),
    ("poems of language models", {POETRY.arxiv_id: 2}),
    ("whispered speech", {SPEECH.arxiv_id: 2}),
    ("联邦学习", {FEDERATED.arxiv_id: 2}),
    ("客户端漂移", {FEDERATED.arxiv_id: 2}),
    ("诗歌的质量", {POETRY.arxiv_id: 2}),
    ("诗人评判语言模型", {POETRY.arxiv_id: 2}),
    ("雷达预报降雨", {WEATHER.arxiv_id: 2}),
    ("语音识别", {SPEECH.arxiv_id: 2}),
    ("合成耳语和语言模型", {SPEECH.arxiv_id: 2}),
    ("中世纪雷达诗歌", {}),
    ("zeppelins and their video crews", {}),
]


Calibrated = tuple[dict[str, Any], dict[str, Any]]


def topics() -> list[Question]:
    return [question(id=str(n), turns=(text,), relevant=relevant) for n, (text, relevant) in enumerate(ASKED)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with shelf_of(tmp_path_factory.mktemp("shelf") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def calibrated(library: Library) -> Calibrated:
    return calibrate(topics(), Assistant(library))


def test_weights_have_the_shape_that_ships_and_put_relevant_papers_first(
    library: Library, calibrated: Calibrated
) -> None:
    weights, figures = calibrated
    assert weights.keys() == {fit.VECTORS, fit.WORDS}
    assert figures.keys() == {fit.VECTORS, fit.WORDS, "fact accuracy"}
    for kind, size in ((fit.VECTORS, 4), (fit.WORDS, 4)):
        assert weights[kind].keys() == {"paper", "answerable", "sentence"}
        assert [len(weights[kind][model]["weights"]) for model in ("paper", "answerable", "sentence")] == [size, 3, 7]
        assert all(0 < weights[kind][model]["least"] < 1 for model in ("paper", "answerable"))
    paper = weights[fit.VECTORS]["paper"]
    model = fit.Logistic(paper["bias"], tuple(paper["weights"]))
    hits = Assistant(library).search("tactile grasping of objects")[1]
    fits = model(fit.paper_features(hits))
    assert hits[int(fits.argmax())].paper.arxiv_id == GRASPING.arxiv_id


def test_the_same_questions_always_give_the_same_weights(library: Library, calibrated: Calibrated) -> None:
    assert calibrate(topics(), Assistant(library)) == calibrated


def test_questions_of_several_turns_teach_nothing(library: Library, calibrated: Calibrated) -> None:
    followup = replace(topics()[0], id="f", kind=Kind.FOLLOWUP, turns=("graphs", "and on disk?"))
    assert calibrate([*topics(), followup], Assistant(library)) == calibrated


def test_too_few_questions_are_told_with_what_is_missing(library: Library) -> None:
    with pytest.raises(EvalsError, match="at least 5 topic questions .* searched by vectors, found 4: add some"):
        calibrate(topics()[:4], Assistant(library))
    with pytest.raises(EvalsError, match="searched by vectors, found 0"):
        calibrate([], Assistant(library))


def surveyed(*fits: float) -> tuple[np.ndarray, Rows, list[tuple[Question, Ranking]]]:
    """One question that finds a, b, c, … with these fits; a and b are relevant, and a must be cited."""
    letters = [chr(ord("a") + n) for n in range(len(fits))]
    asked = question(relevant={"a": 2, "b": 1})
    ranking = Ranking(hits(letters), 1.0, 0, LexicalIndex([]), (), (), None)
    empty = np.zeros((len(fits), 4))
    return (
        np.array(fits),
        Rows(empty, np.zeros(len(fits)), np.zeros(len(fits), int), np.ones(len(fits))),
        [(asked, ranking)],
    )


@pytest.mark.parametrize(
    ("fits", "least", "precision", "recall"),
    [
        ([0.9, 0.8, 0.1], 0.5, 1.0, 1.0),
        ([0.9, 0.1, 0.8], 0.5, 0.5, 1.0),
        ([0.1, 0.9, 0.8], 0.5, 0.5, 0.0),
        ([0.9, 0.1, 0.5], 0.5, 0.5, 1.0),  # what just reaches the cut is listed
        ([0.1, 0.1, 0.1], 0.5, 1.0, 1.0),  # and the best paper always
    ],
)
def test_a_list_is_judged_by_the_papers_that_reach_the_cut(
    fits: list[float], least: float, precision: float, recall: float
) -> None:
    given, rows, ranked = surveyed(*fits)
    scores = _scores_of(0, given, rows, ranked, least)
    assert scores[:2] == (precision, recall)
    assert scores[2] == pytest.approx(2 * precision * recall / ((precision + recall) or 1))


def test_of_cuts_about_as_good_the_one_is_taken_that_misses_as_much_as_it_adds() -> None:
    def cut(**scores: tuple[float, float, float]) -> float:
        return _best_cut({float(name[1:]) / 10: np.array(each) for name, each in scores.items()})

    assert cut(_2=(0.70, 0.95, 0.810), _3=(0.81, 0.80, 0.800), _4=(0.95, 0.70, 0.805)) == 0.3
    # But never one that is clearly worse for it.
    assert cut(_2=(0.70, 0.95, 0.810), _3=(0.75, 0.75, 0.750), _4=(0.95, 0.60, 0.735)) == 0.2


def test_about_one_answerable_question_in_fifteen_is_refused_by_the_odds_alone(calibrated: Calibrated) -> None:
    _, figures = calibrated
    for kind in (fit.VECTORS, fit.WORDS):
        refusals = figures[kind]["answerable"]
        assert refusals["false refusals"] == 0.065
        assert 0.5 <= refusals["unanswerable refused"] <= 1


def test_figures_are_told_by_cut_and_for_topics_by_what_other_questions_chose(calibrated: Calibrated) -> None:
    _, figures = calibrated
    for kind in (fit.VECTORS, fit.WORDS):
        by_cut = figures[kind]["surveys by least fit"]
        assert list(by_cut) == sorted(by_cut)
        assert len(by_cut) == 9
        recalls = [scores["recall"] for scores in by_cut.values()]
        assert recalls == sorted(recalls, reverse=True)  # a higher cut never finds more
        cited = figures[kind]["topics, fit and cut of other questions"]
        assert cited.keys() == {"precision", "recall", "F1"}
        assert 0.5 < cited["F1"] <= 1


def test_without_questions_on_facts_the_weights_of_sentences_stay_as_they_are(calibrated: Calibrated) -> None:
    weights, figures = calibrated
    assert figures["fact accuracy"] == {}
    for kind in (fit.VECTORS, fit.WORDS):
        in_use = fit.weights(kind, "sentence")
        assert weights[kind]["sentence"] == {"bias": in_use.bias, "weights": list(in_use.weights)}


@pytest.mark.parametrize("few", [1, 3])
def test_so_do_they_with_too_few_of_them(library: Library, few: int) -> None:
    weights, figures = calibrate([*topics(), *with_facts()[:few]], Assistant(library))
    assert weights[fit.VECTORS]["sentence"]["weights"] == list(fit.weights(fit.VECTORS, "sentence").weights)
    assert figures["fact accuracy"] == {}


def test_facts_teach_which_sentence_to_choose_and_words_alone_have_no_nearness(library: Library) -> None:
    weights, figures = calibrate([*topics(), *with_facts()], Assistant(library))
    vectors, words = (weights[kind]["sentence"]["weights"] for kind in (fit.VECTORS, fit.WORDS))
    assert vectors != list(fit.weights(fit.VECTORS, "sentence").weights)
    assert vectors[COSINE] != 0.0 == words[COSINE]
    assert figures["fact accuracy"]["all"] > 0.7
