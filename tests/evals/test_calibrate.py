"""Weights fitted on judged questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from assistant import fit
from assistant.chat import Assistant
from evals.calibrate import Rows, _cross_validated, _f1, calibrate, fit_logistic
from evals.errors import EvalsError
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
from tests.evals.conftest import question

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


def topics() -> list[Question]:
    return [question(id=str(n), turns=(text,), relevant=relevant) for n, (text, relevant) in enumerate(ASKED)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with shelf_of(tmp_path_factory.mktemp("shelf") / "home") as opened:
        yield opened


def test_weights_have_the_shape_that_ships_and_put_relevant_papers_first(library: Library) -> None:
    weights, figures = calibrate(topics(), Assistant(library))
    assert weights.keys() == figures.keys() == {fit.VECTORS, fit.WORDS}
    for kind, size in ((fit.VECTORS, 4), (fit.WORDS, 4)):
        assert weights[kind].keys() == {"paper", "answerable"}
        assert [len(weights[kind][model]["weights"]) for model in ("paper", "answerable")] == [size, 3]
        assert all(0 < weights[kind][model]["least"] < 1 for model in ("paper", "answerable"))
    paper = weights[fit.VECTORS]["paper"]
    model = fit.Logistic(paper["bias"], tuple(paper["weights"]))
    hits = Assistant(library).search("tactile grasping of objects")[1]
    fits = model(fit.paper_features(hits))
    assert hits[int(fits.argmax())].paper.arxiv_id == GRASPING.arxiv_id


def test_the_same_questions_always_give_the_same_weights(library: Library) -> None:
    assert calibrate(topics(), Assistant(library)) == calibrate(topics(), Assistant(library))


def test_questions_of_several_turns_teach_nothing(library: Library) -> None:
    followup = replace(topics()[0], id="f", kind=Kind.FOLLOWUP, turns=("graphs", "and on disk?"))
    assert calibrate([*topics(), followup], Assistant(library)) == calibrate(topics(), Assistant(library))


def test_too_few_questions_are_told_with_what_is_missing(library: Library) -> None:
    with pytest.raises(EvalsError, match="at least 5 topic questions .* searched by vectors, found 4: add some"):
        calibrate(topics()[:4], Assistant(library))
    with pytest.raises(EvalsError, match="searched by vectors, found 0"):
        calibrate([], Assistant(library))


def rows(n: int = 400) -> Rows:
    """One feature that decides and one that does not, twenty rows a question."""
    noise = np.random.default_rng(3)
    features = noise.normal(size=(n, 2)) * [1.0, 100.0] + [0.0, 5.0]
    labels = (noise.uniform(size=n) < 1 / (1 + np.exp(-(3 * features[:, 0] - 1)))).astype(float)
    return Rows(features, labels, np.arange(n) // 20)


def test_the_fit_finds_the_weights_that_made_the_labels() -> None:
    model = fit_logistic(rows(4000))
    assert model.bias == pytest.approx(-1, abs=0.25)
    assert model.weights == (pytest.approx(3, abs=0.4), pytest.approx(0, abs=0.01))


def test_a_feature_that_never_changes_breaks_no_fit() -> None:
    given = rows()
    given.features[:, 1] = 7.0
    assert np.isfinite(fit_logistic(given).weights).all()


def test_every_row_is_judged_by_a_model_that_never_saw_its_question() -> None:
    given = rows()
    odds = _cross_validated(given, 0)
    assert ((odds > 0) & (odds < 1)).all()
    held = given.question == 0
    turned = Rows(given.features, np.where(held, 1 - given.labels, given.labels), given.question)
    # Its own labels say nothing about its own odds.
    assert _cross_validated(turned, 0)[held] == pytest.approx(odds[held])
    assert _cross_validated(turned, 0)[~held] != pytest.approx(odds[~held])


@pytest.mark.parametrize(
    ("cited", "relevant", "f1"),
    [
        (["a"], {"a": 2}, 1.0),
        (["a", "b"], {"a": 2, "b": 1}, 1.0),
        (["a", "x"], {"a": 2}, 2 / 3),
        (["b"], {"a": 2, "b": 1}, 0.0),
        ([], {"a": 2}, 0.0),
    ],
)
def test_f1_is_of_precision_by_acceptable_and_recall_by_wanted_papers(
    cited: list[str], relevant: dict[str, int], f1: float
) -> None:
    assert _f1(cited, relevant) == pytest.approx(f1)
