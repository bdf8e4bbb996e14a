"""How well papers fit, as probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from assistant import fit
from assistant.answer import Hit, Query, Wants, Why
from assistant.evidence import COSINE, EvidenceFinder
from assistant.retrieve import Ranking, Retriever
from ingest.library import Library
from ingest.paper import Language
from tests.assistant.shelf_of_papers import EDITING, FEDERATED

KINDS = [fit.VECTORS, fit.WORDS]


def search(shelf: Library, text: str) -> Ranking:
    return Retriever(shelf).search(Query(text, text, Wants.SURVEY, Language.ENGLISH))


def found(scores: Sequence[float], why: Why = Why(sentence=0.5)) -> list[Hit]:  # noqa: B008 - frozen
    return [Hit(EDITING, score, rank, 0.0, why) for rank, score in enumerate(scores, 1)]


def test_a_logistic_model_turns_weighted_features_into_probabilities() -> None:
    model = fit.Logistic(-1.0, (2.0, 0.5))
    assert model(np.array([[0.0, 2.0], [0.5, 0.0], [50.0, 0.0]])) == pytest.approx([0.5, 0.5, 1.0])


def test_odds_grow_without_an_end_where_probabilities_no_longer_differ() -> None:
    model, far = fit.Logistic(-1.0, (2.0,)), np.array([[400.0], [500.0]])
    assert model.odds(far) == pytest.approx([799.0, 999.0])
    assert model(far) == pytest.approx([1.0, 1.0])
    assert np.log(model(far / 100) / (1 - model(far / 100))) == pytest.approx(model.odds(far / 100))


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_shipped_fit_the_features(shelf: Library, kind: str) -> None:
    hits = search(shelf, "video editing").hits
    assert len(fit.weights(kind, "paper").weights) == fit.paper_features(hits).shape[1]
    assert len(fit.weights(kind, "answerable").weights) == len(fit.answerable_features(hits, 2))


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
    assert fit.answerable((), 3) == 0.0


@pytest.mark.parametrize("question", ["video editing", "联邦学习"])
def test_a_better_best_score_makes_a_question_more_answerable(shelf: Library, question: str) -> None:
    hits = search(shelf, question).hits
    better = (replace(hits[0], score=hits[0].score + 1), *hits[1:])
    assert fit.answerable(better, 2) > fit.answerable(hits, 2)


def test_a_long_question_is_answered_by_a_lower_score_than_a_short_one() -> None:
    hits = found([1.0, 0.5])
    assert fit.answerable(hits, 30) > fit.answerable(hits, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_makes_a_question_answerable_is_the_lead_over_the_field(kind: str) -> None:
    why = Why(sentence=0.5 if kind == fit.VECTORS else None)
    clear, level = found([1.0] * 20 + [0.2] * 40, why), found([1.0] * 60, why)
    assert fit.kind_of(clear) == kind
    assert fit.answerable(clear, 5) > fit.answerable(level, 5)
    # However many fit as well as the best, as on a common topic, and whatever comes after the sixtieth.
    assert fit.answerable_features(clear, 5) == pytest.approx([1.0, 0.8, np.log(6)])
    assert fit.answerable_features([*clear, *found([0.0] * 30)], 5) == pytest.approx([1.0, 0.8, np.log(6)])


def test_where_few_papers_are_found_the_lead_is_over_those_after_the_first_few() -> None:
    assert fit.answerable_features(found([1.0] * 5 + [0.2] * 10), 5) == pytest.approx([1.0, 0.8, np.log(6)])
    assert fit.answerable_features(found([1.0, 0.9]), 5) == pytest.approx([1.0, 1.0, np.log(6)])


def test_a_paper_is_measured_by_its_share_of_the_best_papers_lead_over_the_field() -> None:
    lead = fit.paper_features(found([1.0, 0.6, *[0.3] * 18, *[0.2] * 40, *[0.0] * 40]))[:, 1]
    assert lead[:3] == pytest.approx([1.0, 0.5, 0.125])
    assert lead[20:60] == pytest.approx(np.zeros(40))


def test_papers_far_behind_do_not_change_how_well_the_first_fit() -> None:
    leading = [1.0, 0.6, *[0.3] * 18, *[0.2] * 40]
    few, many = fit.with_fit(found(leading)), fit.with_fit(found([*leading, *[0.0] * 500]))
    assert [hit.fit for hit in many[:60]] == pytest.approx([hit.fit for hit in few])


def test_of_few_papers_the_field_is_all_of_them() -> None:
    assert fit.paper_features(found([0.9, 0.5, 0.1]))[:, 1] == pytest.approx([1.0, 0.0, -1.0])


def test_the_only_paper_found_has_all_of_the_lead(shelf: Library) -> None:
    (only,) = search(shelf, "联邦学习").hits
    assert only.paper.arxiv_id == FEDERATED.arxiv_id
    assert fit.paper_features([only])[:, 1] == pytest.approx([1.0])
    assert fit.paper_features(found([0.7, 0.7]))[:, 1] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_with_more_of_the_lead_fits_better(kind: str) -> None:
    fits = [
        hit.fit for hit in fit.with_fit(found([0.9, 0.7, 0.5, 0.3], Why(sentence=0.5 if kind == fit.VECTORS else None)))
    ]
    assert fits == sorted(fits, reverse=True)
    assert len(set(fits)) == 4


def test_a_sentence_is_judged_by_as_many_weights_as_it_has_features(shelf: Library) -> None:
    ranking = search(shelf, "video editing")
    query = Query("video editing", "video editing", Wants.FACT, Language.ENGLISH)
    features = EvidenceFinder(shelf, query, ranking).features(EDITING)
    for kind in KINDS:
        assert len(fit.weights(kind, "sentence").weights) == features.shape[1]
    assert fit.weights(fit.WORDS, "sentence").weights[COSINE] == 0.0
