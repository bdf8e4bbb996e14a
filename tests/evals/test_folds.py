"""Logistic models fitted on judged rows, and judged on rows of other questions."""

from __future__ import annotations

import numpy as np
import pytest

from evals.folds import FOLDS, Rows, cross_validated, fit_logistic, folds


def rows(n: int = 400) -> Rows:
    """One feature that decides and one that does not, twenty rows a question."""
    noise = np.random.default_rng(3)
    features = noise.normal(size=(n, 2)) * [1.0, 100.0] + [0.0, 5.0]
    labels = (noise.uniform(size=n) < 1 / (1 + np.exp(-(3 * features[:, 0] - 1)))).astype(float)
    return Rows(features, labels, np.arange(n) // 20, np.ones(n))


def with_labels(given: Rows, labels: np.ndarray) -> Rows:
    return Rows(given.features, labels, given.question, given.weights)


@pytest.mark.parametrize("n", [5, 13, 60])
def test_each_item_is_left_out_once_and_fitted_on_in_all_other_folds(n: int) -> None:
    splits = list(folds(range(n), 3))
    assert len(splits) == FOLDS
    assert sorted(item for _, held_out in splits for item in held_out) == list(range(n))
    assert all(sorted([*train, *held_out]) == list(range(n)) for train, held_out in splits)
    assert {len(held_out) for _, held_out in splits} <= {n // FOLDS, -(-n // FOLDS)}


def test_a_seed_is_a_split() -> None:
    assert list(folds(range(20), 1)) == list(folds(range(20), 1)) != list(folds(range(20), 2))


def test_the_fit_finds_the_weights_that_made_the_labels() -> None:
    model = fit_logistic(rows(4000))
    assert model.bias == pytest.approx(-1, abs=0.25)
    assert model.weights == (pytest.approx(3, abs=0.4), pytest.approx(0, abs=0.01))


def test_the_scale_of_a_feature_and_where_it_begins_change_no_probability() -> None:
    given = rows()
    moved = Rows(given.features * [10.0, 0.1] + [400.0, -7.0], given.labels, given.question, given.weights)
    assert fit_logistic(moved)(moved.features) == pytest.approx(fit_logistic(given)(given.features))


def test_a_feature_that_never_changes_breaks_no_fit() -> None:
    given = rows()
    given.features[:, 1] = 7.0
    model = fit_logistic(given)
    assert np.isfinite(model.weights).all()
    assert model.weights[0] == pytest.approx(fit_logistic(rows()).weights[0], rel=0.1)


def test_features_that_part_the_labels_wholly_get_finite_weights() -> None:
    given = rows()
    weights = fit_logistic(with_labels(given, (given.features[:, 0] > 0).astype(float))).weights
    assert np.isfinite(weights).all()
    assert 1 < weights[0] < 100


def test_a_row_of_weight_two_counts_as_two_rows_and_one_of_weight_none_not_at_all() -> None:
    given = rows()
    first = given.question < 10
    doubled = Rows(given.features, given.labels, given.question, np.where(first, 2.0, 1.0))
    dropped = Rows(given.features, given.labels, given.question, np.where(first, 1.0, 0.0))
    # What a feature is standardised by takes no account of weights, and moves the penalty a little.
    assert fit_logistic(doubled).weights == pytest.approx(
        fit_logistic(Rows.joined([given, given.of(first)])).weights, rel=0.02
    )
    assert fit_logistic(dropped).weights == pytest.approx(fit_logistic(given.of(first)).weights, rel=0.1)


def test_rows_keep_together_when_they_are_chosen_and_joined() -> None:
    given = rows(60)
    first = given.question == 0
    again = Rows.joined([given.of(first), given.of(~first)])
    for one, other in ((again, given), (given.of(given.question == 1), given.of(given.question == 1))):
        assert np.array_equal(one.features, other.features)
        assert np.array_equal(one.labels, other.labels)
        assert np.array_equal(one.question, other.question)
        assert np.array_equal(one.weights, other.weights)
    assert given.of(first).question.tolist() == [0] * 20


def test_every_row_is_judged_by_a_model_that_never_saw_its_question() -> None:
    given = rows()
    probability = cross_validated(given, 0)
    assert ((probability > 0) & (probability < 1)).all()
    held = given.question == 0
    turned = cross_validated(with_labels(given, np.where(held, 1 - given.labels, given.labels)), 0)
    # Its own labels say nothing about its own probabilities.
    assert turned[held] == pytest.approx(probability[held])
    assert turned[~held] != pytest.approx(probability[~held])


def test_cross_validation_splits_questions_as_folds_does() -> None:
    given = rows()
    train, held_out = next(folds(np.unique(given.question).tolist(), 4))
    test = np.isin(given.question, held_out)
    model = fit_logistic(given.of(np.isin(given.question, train)))
    assert cross_validated(given, 4)[test] == pytest.approx(model(given.features[test]))
