"""Fits the weights of `assistant/fit.json` on judged questions and says what they are worth on questions left out.

A question whose relevant papers are taken out of its hits stands in for one that the library cannot answer, beside
those that are judged so. Questions, not papers, are split into five folds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant import fit
from assistant.answer import Wants
from assistant.chat import Assistant
from assistant.retrieve import Ranking, Retriever, Weights
from evals.errors import EvalsError
from evals.question import Kind, Question

_FOLDS = 5
_SPLITS = 10  # one split alone moves the best cut by a tenth
_RIDGE = 1.0
_DEPTH = 60
# Cuts whose F1 differs by less cannot be told apart; of those the strictest is taken, for a wrong paper costs trust.
_AS_GOOD = 0.015
_FALSE_REFUSALS = 0.05
_LEAST_FITS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Features and labels, and which question each row belongs to."""

    features: Floats
    labels: Floats
    question: NDArray[np.int64]


def calibrate(questions: Sequence[Question], assistant: Assistant) -> tuple[dict[str, Any], dict[str, Any]]:
    """The weights, as they go into `fit.json`, and the cross-validated figures of each model."""
    weights: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    blind = Retriever(assistant.library, Weights(passage=0.0, sentence=0.0))
    for kind, retriever in ((fit.VECTORS, assistant.retriever), (fit.WORDS, blind)):
        found = [(q, _search(q, assistant, retriever)) for q in questions if len(q.turns) == 1]
        ranked = [(q, _by_words(rank) if kind == fit.WORDS else rank) for q, rank in found if rank]
        ranked = [(q, rank) for q, rank in ranked if rank.hits and fit.kind_of(rank.hits) == kind]
        _check_enough(ranked, kind)
        papers, answers = _paper_rows(ranked), _answer_rows(ranked)
        surveys, refusals = _survey_figures(papers, ranked), _refusal_figures(answers)
        least_fit = max(float(least) for least, f1 in surveys.items() if f1 >= max(surveys.values()) - _AS_GOOD)
        weights[kind] = {
            "paper": _as_json(fit_logistic(papers), least_fit),
            "answerable": _as_json(fit_logistic(answers), refusals["least"]),
        }
        figures[kind] = {"survey F1 by least fit": surveys, "answerable": refusals}
    return weights, figures


def _check_enough(ranked: Sequence[tuple[Question, Ranking]], kind: str) -> None:
    surveys = sum(_is_survey(q) for q, _ in ranked)
    if surveys < _FOLDS:
        wanted = f"expected at least {_FOLDS} topic questions with relevant papers that are searched by {kind}"
        raise EvalsError(f"{wanted}, found {surveys}: add some that the embedder can read.")


def _is_survey(question: Question) -> bool:
    """Whether papers are wanted for what they are about, within filters or not."""
    return bool(question.relevant) and question.kind in {Kind.TOPIC, Kind.METADATA}


def _search(question: Question, assistant: Assistant, retriever: Retriever) -> Ranking | None:
    """What the question finds; None if the record answers it."""
    query = assistant.understand(question.turns[0])
    if query.wants is Wants.CATALOGUE:
        return None
    # Papers that a question names would come first by that alone, and teach nothing about text.
    return retriever.search(replace(query, papers=()), _DEPTH)


def _by_words(ranking: Ranking) -> Ranking:
    """The ranking as it were if the embedder could not read the question."""
    hits = (replace(hit, why=replace(hit.why, passage=None, sentence=None)) for hit in ranking.hits if hit.score > 0)
    return replace(ranking, hits=tuple(hits))


def _paper_rows(ranked: Iterable[tuple[Question, Ranking]]) -> Rows:
    """One row a paper found for a survey question, also one with filters; relevant is grade 1 or 2."""
    parts = [
        (fit.paper_features(r.hits), [h.paper.arxiv_id in q.relevant for h in r.hits], n)
        for n, (q, r) in enumerate(ranked)
        if _is_survey(q)
    ]
    return _rows(parts)


def _answer_rows(ranked: Iterable[tuple[Question, Ranking]]) -> Rows:
    parts = []
    for n, (question, ranking) in enumerate(ranked):
        if question.kind in {"metadata", "followup"} or (question.kind == "unanswerable" and question.relevant):
            continue
        without = [hit for hit in ranking.hits if hit.paper.arxiv_id not in question.relevant]
        for hits, label in ((ranking.hits, 1.0), (without, 0.0)):
            if hits and (label == 0.0 or question.relevant):
                parts.append(([fit.answerable_features(hits)], [label], n))
    return _rows(parts)


def _rows(parts: Sequence[tuple[Any, Sequence[float], int]]) -> Rows:
    return Rows(
        np.vstack([np.asarray(features, float) for features, _, _ in parts]),
        np.concatenate([np.asarray(labels, float) for _, labels, _ in parts]),
        np.concatenate([np.full(len(labels), n) for _, labels, n in parts]),
    )


def fit_logistic(rows: Rows, steps: int = 50) -> fit.Logistic:
    """Ridge-penalised logistic regression by Newton's method, on standardised features, given back on raw ones."""
    mean, spread = rows.features.mean(axis=0), rows.features.std(axis=0) + 1e-9
    x = np.hstack([np.ones((len(rows.labels), 1)), (rows.features - mean) / spread])
    penalty = _RIDGE * np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (p - rows.labels) + penalty @ w
        hessian = (x * (p * (1 - p))[:, None]).T @ x + penalty
        w -= np.linalg.solve(hessian + 1e-9 * np.eye(len(w)), gradient)
    raw = w[1:] / spread
    return fit.Logistic(float(w[0] - raw @ mean), tuple(float(value) for value in raw))


def _cross_validated(rows: Rows, seed: int) -> Floats:
    """A probability for every row by a model that never saw its question."""
    fold = np.random.default_rng(seed).permutation(rows.question.max() + 1) % _FOLDS
    out = np.empty(len(rows.labels))
    for held in range(_FOLDS):
        test = fold[rows.question] == held
        train = Rows(rows.features[~test], rows.labels[~test], rows.question[~test])
        out[test] = fit_logistic(train)(rows.features[test])
    return out


def _survey_figures(rows: Rows, ranked: Sequence[tuple[Question, Ranking]]) -> dict[str, float]:
    splits = [_cross_validated(rows, seed) for seed in range(_SPLITS)]
    return {
        f"{least:.2f}": round(float(np.mean([_mean_f1(fits, rows, ranked, least) for fits in splits])), 3)
        for least in _LEAST_FITS
    }


def _mean_f1(fits: Floats, rows: Rows, ranked: Sequence[tuple[Question, Ranking]], least: float) -> float:
    scores = []
    for n in np.unique(rows.question):
        question, ranking = ranked[n]
        ids = [hit.paper.arxiv_id for hit in ranking.hits]
        kept = [arxiv_id for arxiv_id, f in zip(ids, fits[rows.question == n], strict=True) if f >= least]
        scores.append(_f1(kept or ids[:1], question.relevant))
    return float(np.mean(scores))


def _f1(cited: Sequence[str], relevant: dict[str, int]) -> float:
    wanted = {paper for paper, grade in relevant.items() if grade == 2}
    precision = sum(paper in relevant for paper in cited) / len(cited) if cited else 0.0
    recall = len(wanted & set(cited)) / len(wanted) if wanted else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _refusal_figures(rows: Rows) -> dict[str, float]:
    """The least probability at which as many answerable questions are refused as we allow, and what it refuses."""
    odds = np.concatenate([_cross_validated(rows, seed) for seed in range(_SPLITS)])
    labels = np.tile(rows.labels, _SPLITS)
    least = float(np.quantile(odds[labels == 1], _FALSE_REFUSALS))
    refused = float((odds[labels == 0] < least).mean())
    return {"least": round(least, 3), "false refusals": _FALSE_REFUSALS, "unanswerable refused": round(refused, 3)}


def _as_json(model: fit.Logistic, least: float) -> dict[str, Any]:
    return {"bias": round(model.bias, 4), "weights": [round(value, 4) for value in model.weights], "least": least}
