"""The static encoder: learns, repeats itself, and goes on after a cut as if there had been none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.bridge.static import Recipe, Words, train_static

TOPICS, PAPERS, OWN, COMMON, DIM = 12, 240, 6, 10, 16
SIZE = 1 + TOPICS * OWN + COMMON + 1  # the last word is in no text
RECIPE = Recipe(epochs=8, batch=48, learning_rate=0.02)


@pytest.fixture(scope="module")
def papers() -> tuple[list[Words], NDArray[np.float32], NDArray[np.int64]]:
    """Texts of words that belong to a topic and of words that all share, each paper's vector, and its topic."""
    draw = np.random.default_rng(1)
    vectors = draw.standard_normal((TOPICS, DIM))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    topic = np.arange(PAPERS) % TOPICS
    return [_paper(n, draw) for n in topic], vectors.astype(np.float32)[topic], topic


def _paper(topic: int, draw: np.random.Generator) -> Words:
    def text(length: int) -> NDArray[np.int64]:
        own = 1 + topic * OWN + draw.integers(OWN, size=length)
        common = 1 + TOPICS * OWN + draw.integers(COMMON, size=4)
        unknown = np.zeros(draw.integers(2), np.int64)
        return draw.permutation(np.concatenate([own, common, unknown]))

    return [text(5), np.empty(0, np.int64), text(9)]


def unit(texts: list[NDArray[np.int64]], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = np.stack([vectors[words].sum(axis=0) for words in texts])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_texts_nearest_paper_is_one_of_its_own_topic(papers) -> None:
    texts, teacher, topic = papers
    vectors = train_static(texts, teacher, SIZE, RECIPE)
    assert (vectors.shape, vectors.dtype) == ((SIZE, DIM), np.float32)
    fresh = [_paper(n, np.random.default_rng(99 + n))[0] for n in range(TOPICS)]
    assert topic[(unit(fresh, vectors) @ teacher.T).argmax(axis=1)].tolist() == list(range(TOPICS))


def test_training_betters_what_the_words_start_with_and_tells_each_epoch() -> None:
    """Each paper has a vector of its own here: the sum of hidden ones of its words."""
    draw = np.random.default_rng(2)
    hidden = draw.standard_normal((40, DIM)).astype(np.float32)
    texts = [[draw.choice(np.arange(1, 40), 6, replace=False)] for _ in range(PAPERS)]
    teacher = unit([paper[0] for paper in texts], hidden)
    steps: list[tuple[int, float]] = []
    started = train_static(texts, teacher, 40, replace(RECIPE, epochs=0, windows=0))
    trained = train_static(texts, teacher, 40, replace(RECIPE, windows=0), progress=lambda *step: steps.append(step))

    def found(vectors: NDArray[np.float32]) -> float:
        nearest = (unit([paper[0] for paper in texts], vectors) @ teacher.T).argmax(axis=1)
        return float((nearest == np.arange(PAPERS)).mean())

    assert [epoch for epoch, _ in steps] == list(range(1, RECIPE.epochs + 1))
    assert steps[-1][1] < steps[0][1] / 2
    assert found(trained) > found(started)


def test_words_of_few_papers_start_longer_than_those_of_many(papers) -> None:
    texts, teacher, _ = papers
    lengths = np.linalg.norm(train_static(texts, teacher, SIZE, replace(RECIPE, epochs=0)), axis=1)
    assert lengths[1 : 1 + TOPICS * OWN].min() > lengths[1 + TOPICS * OWN : -1].max()


def test_the_unknown_word_and_one_never_seen_stay_zero(papers) -> None:
    texts, teacher, _ = papers
    vectors = train_static(texts, teacher, SIZE, RECIPE)
    assert not vectors[[0, -1]].any()
    assert np.abs(vectors[1:-1]).max(axis=1).min() > 0


def test_two_runs_are_equal_and_one_with_another_seed_is_not(papers) -> None:
    texts, teacher, _ = papers
    first = train_static(texts, teacher, SIZE, RECIPE)
    assert train_static(texts, teacher, SIZE, RECIPE).tobytes() == first.tobytes()
    assert train_static(texts, teacher, SIZE, replace(RECIPE, seed=1)).tobytes() != first.tobytes()


class Cut(Exception):
    """What ends a run here."""


@pytest.mark.parametrize("last", [1, 4, 7])
def test_a_run_cut_off_goes_on_to_the_very_same_vectors(papers, tmp_path: Path, last: int) -> None:
    texts, teacher, _ = papers

    def cut(epoch: int, loss: float) -> None:
        if epoch == last:
            raise Cut

    with pytest.raises(Cut):
        train_static(texts, teacher, SIZE, RECIPE, tmp_path / "run.pt", cut)
    seen: list[int] = []
    vectors = train_static(texts, teacher, SIZE, RECIPE, tmp_path / "run.pt", lambda epoch, _: seen.append(epoch))
    assert seen == list(range(last + 1, RECIPE.epochs + 1))
    assert vectors.tobytes() == train_static(texts, teacher, SIZE, RECIPE).tobytes()


def test_a_run_that_ended_is_not_run_again(papers, tmp_path: Path) -> None:
    texts, teacher, _ = papers
    vectors = train_static(texts, teacher, SIZE, RECIPE, tmp_path / "run.pt")
    again = train_static(texts, teacher, SIZE, RECIPE, tmp_path / "run.pt", lambda *_: pytest.fail("one epoch more"))
    assert again.tobytes() == vectors.tobytes()
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_papers_without_chinese_and_fewer_papers_than_a_batch_do_no_harm(papers) -> None:
    texts, teacher, _ = papers
    silent: Words = [np.empty(0, np.int64)] * 3
    some = [silent, *texts[:20], silent]
    rows = np.concatenate([teacher[:1], teacher[:20], teacher[:1]])
    vectors = train_static(some, rows, SIZE, RECIPE)
    assert vectors.tobytes() == train_static(texts[:20], teacher[:20], SIZE, RECIPE).tobytes()
    assert np.isfinite(vectors).all()
