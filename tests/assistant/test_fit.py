"""How well papers fit, as probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assistant import fit
from assistant.answer import Query, Wants
from assistant.retrieve import Ranking, Retriever
from ingest.library import Library
from ingest.paper import Language

KINDS = [fit.VECTORS, fit.WORDS]


def search(shelf: Library, text: str) -> Ranking:
    return Retriever(shelf).search(Query(text, text, Wants.SURVEY, Language.ENGLISH))


def test_a_logistic_model_turns_weighted_features_into_probabilities() -> None:
    model = fit.Logistic(-1.0, (2.0, 0.5))
    assert model(np.array([[0.0, 2.0], [0.5, 0.0], [50.0, 0.0]])) == pytest.approx([0.5, 0.5, 1.0])


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_shipped_fit_the_features(shelf: Library, kind: str) -> None:
    hits = search(shelf, "video editing").hits
    assert len(fit.weights(kind, "paper").weights) == fit.paper_features(hits).shape[1]
    assert len(fit.weights(kind, "answerable").weights) == len(fit.answerable_features(hits))


def test_searches_by_words_alone_have_weights_of_their_own(shelf: Library) -> None:
    assert fit.kind_of(search(shelf, "video editing").hits) == fit.VECTORS
    assert fit.kind_of(search(shelf, "联邦学习").hits) == fit.WORDS
    assert fit.weights(fit.VECTORS, "paper") != fit.weights(fit.WORDS, "paper")


@pytest.mark.parametrize("question", ["video editing", "联邦学习"])
def test_a_paper_about_the_question_fits_better_than_the_last_one_found(shelf: Library, question: str) -> None:
    hits = search(shelf, question).hits
    assert all(0 < hit.fit < 1 for hit in hits)
    assert hits[0].fit == max(hit.fit for hit in hits)
    assert hits[0].fit > fit.least(hits, "paper")


def test_a_question_on_what_is_here_is_more_answerable_than_one_on_what_is_not(shelf: Library) -> None:
    here, not_here = search(shelf, "tactile grasping of objects"), search(shelf, "medieval zeppelin cookery")
    assert not_here.answerable < 0.5 * here.answerable
    assert here.answerable > fit.least(here.hits, "answerable")


def test_nothing_found_fits_nothing_and_answers_nothing() -> None:
    assert fit.with_fit(()) == ()
    assert fit.answerable(()) == 0.0


@pytest.mark.parametrize("question", ["video editing", "联邦学习"])
def test_a_better_score_never_makes_a_question_less_answerable(shelf: Library, question: str) -> None:
    hits = search(shelf, question).hits
    better = (replace(hits[0], score=hits[0].score + 1), *hits[1:])
    assert fit.answerable(better) >= fit.answerable(hits)
