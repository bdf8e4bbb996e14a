"""Fits the weights of `assistant/fit.json` on judged questions and says what they are worth on questions left out.

A question whose relevant papers are taken out of its hits stands in for one that the library cannot answer, beside
those that are judged so. Questions, not papers, are split into five folds, ten times anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assistant import fit
from assistant.answer import FROM_RECORD
from assistant.chat import Assistant
from assistant.evidence import COSINE
from assistant.retrieve import Ranking, Retriever, Weights
from evals.errors import EvalsError
from evals.folds import FOLDS, SPLITS, Floats, Rows, cross_validated, fit_logistic, folds
from evals.prediction import Prediction
from evals.question import Kind, Question
from evals.scorers.citation import citation_f1, citation_precision, citation_recall
from evals.sentences import Told, as_model, fact_figures, sentence_rows, told

_DEPTH = 60
# Cuts whose F1 differs by less cannot be told apart; of those the one is taken that misses as much as it adds.
_AS_GOOD = 0.015
# By the odds alone. Fewer are refused in the end: a list is given where a paper holds every word and fits clearly.
_FALSE_REFUSALS = 0.065
_LEAST_FITS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)


def calibrate(questions: Sequence[Question], assistant: Assistant) -> tuple[dict[str, Any], dict[str, Any]]:
    """The weights, as they go into `fit.json`, and the cross-validated figures of each model."""
    weights: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    blind = Retriever(assistant.library, Weights(passage=0.0, sentence=0.0))
    for kind, retriever in ((fit.VECTORS, assistant.retriever), (fit.WORDS, blind)):
        found = _found(questions, assistant, retriever)
        ranked = [(q, _by_words(rank) if kind == fit.WORDS else rank) for q, rank in found]
        ranked = [(q, rank) for q, rank in ranked if rank.hits and fit.kind_of(rank.hits) == kind]
        _check_enough(ranked, kind)
        papers, answers = _paper_rows(ranked), _answer_rows(ranked, assistant)
        surveys, refusals = _survey_figures(papers, ranked), _refusal_figures(answers)
        weights[kind] = {
            "paper": _as_json(fit_logistic(papers), _best_cut(surveys)),
            "answerable": _as_json(fit_logistic(answers), refusals["least"]),
        }
        figures[kind] = {
            "surveys by least fit": {f"{least:.2f}": _named(scores) for least, scores in surveys.items()},
            "topics, fit and cut of other questions": _cited_figures(papers, ranked),
            "answerable": refusals,
        }
    asked_for_facts = told(questions, assistant)
    if sum(each.rows is not None for each in asked_for_facts) < FOLDS:  # too few to fit on, or to leave any out
        asked_for_facts = []
    for kind in (fit.VECTORS, fit.WORDS):
        weights[kind]["sentence"] = _sentence_weights(asked_for_facts, kind)
    figures["fact accuracy"] = fact_figures(asked_for_facts) if asked_for_facts else {}
    return weights, figures


def _sentence_weights(asked_for_facts: Sequence[Told], kind: str) -> dict[str, Any]:
    """The weights in use, where too few questions ask for facts."""
    if not asked_for_facts:
        return _as_json(fit.weights(kind, "sentence"))
    rows = sentence_rows(asked_for_facts)
    if kind == fit.WORDS:
        rows.features[:, COSINE] = 0.0
    return _as_json(as_model(rows))


def _check_enough(ranked: Sequence[tuple[Question, Ranking]], kind: str) -> None:
    surveys = sum(_is_survey(q) for q, _ in ranked)
    if surveys < FOLDS:
        wanted = f"expected at least {FOLDS} topic questions with relevant papers that are searched by {kind}"
        raise EvalsError(f"{wanted}, found {surveys}: add some that the embedder can read.")


def _is_survey(question: Question) -> bool:
    """Whether papers are wanted for what they are about, within filters or not."""
    return bool(question.relevant) and question.kind in {Kind.TOPIC, Kind.METADATA}


def _found(questions: Sequence[Question], assistant: Assistant, retriever: Retriever) -> list[tuple[Question, Ranking]]:
    """What each question of one turn finds, but for those that the record answers.

    Papers that a question names would come first by that alone, and teach nothing about text."""
    understood = [(q, assistant.understand(q.turns[0])) for q in questions if len(q.turns) == 1]
    sought = [(q, query) for q, query in understood if query.wants not in FROM_RECORD]
    return [(q, retriever.search(replace(query, papers=()), _DEPTH)) for q, query in sought]


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


def _answer_rows(ranked: Iterable[tuple[Question, Ranking]], assistant: Assistant) -> Rows:
    """Two rows a question: what it finds, and what it would find without the papers it wants.

    Left out are those that name a paper: they are answered by it, whatever else is found."""
    parts = []
    for n, (question, ranking) in enumerate(ranked):
        if question.kind in {"metadata", "followup"} or (question.kind == "unanswerable" and question.relevant):
            continue
        if assistant.understand(question.turns[0]).papers:
            continue
        words = len(ranking.readings[0].weight)
        without = [hit for hit in ranking.hits if hit.paper.arxiv_id not in question.relevant]
        for hits, label in ((ranking.hits, 1.0), (without, 0.0)):
            if hits and (label == 0.0 or question.relevant):
                parts.append(([fit.answerable_features(hits, words)], [label], n))
    return _rows(parts)


def _rows(parts: Sequence[tuple[Any, Sequence[float], int]]) -> Rows:
    return Rows(
        np.vstack([np.asarray(features, float) for features, _, _ in parts]),
        np.concatenate([np.asarray(labels, float) for _, labels, _ in parts]),
        np.concatenate([np.full(len(labels), n) for _, labels, n in parts]),
        np.ones(sum(len(labels) for _, labels, _ in parts)),
    )


def _survey_figures(rows: Rows, ranked: Sequence[tuple[Question, Ranking]]) -> dict[float, Floats]:
    """Mean precision, recall and F1 by the least fit, of models that never saw the question."""
    splits = [cross_validated(rows, seed) for seed in range(SPLITS)]
    every = np.unique(rows.question)
    return {
        least: np.mean([_mean_scores(fits, rows, ranked, every, least) for fits in splits], axis=0)
        for least in _LEAST_FITS
    }


def _best_cut(scores_by_cut: Mapping[float, Floats]) -> float:
    best = max(f1 for _, _, f1 in scores_by_cut.values())
    as_good = {least: scores for least, scores in scores_by_cut.items() if scores[2] >= best - _AS_GOOD}
    return min(as_good, key=lambda least: abs(as_good[least][0] - as_good[least][1]))


def _named(scores: Floats) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in zip(("precision", "recall", "F1"), scores, strict=True)}


def _cited_figures(rows: Rows, ranked: Sequence[tuple[Question, Ranking]]) -> dict[str, float]:
    """Citation scores of topic questions, when neither the model nor the cut was chosen on them."""
    scores = []
    for seed in range(SPLITS):
        fits = cross_validated(rows, seed)
        for train, held_out in folds(np.unique(rows.question).tolist(), seed):
            by_cut = {least: _mean_scores(fits, rows, ranked, train, least) for least in _LEAST_FITS}
            topics = [n for n in held_out if ranked[n][0].kind is Kind.TOPIC]
            scores += [_scores_of(n, fits, rows, ranked, _best_cut(by_cut)) for n in topics]
    return _named(np.mean(scores, axis=0)) if scores else {}


def _mean_scores(
    fits: Floats, rows: Rows, ranked: Sequence[tuple[Question, Ranking]], questions: Iterable[int], least: float
) -> Floats:
    means: Floats = np.mean([_scores_of(n, fits, rows, ranked, least) for n in questions], axis=0)
    return means


def _scores_of(
    n: int, fits: Floats, rows: Rows, ranked: Sequence[tuple[Question, Ranking]], least: float
) -> tuple[float, float, float]:
    """Precision, recall and F1 of the papers that a list would hold."""
    question, ranking = ranked[n]
    ids = [hit.paper.arxiv_id for hit in ranking.hits]
    kept = [arxiv_id for arxiv_id, f in zip(ids, fits[rows.question == n], strict=True) if f >= least] or ids[:1]
    cited = Prediction(question.id, "", tuple(kept), (), False, "", {})
    scorers = (citation_precision, citation_recall, citation_f1)
    precision, recall, f1 = (scorer(question, cited).value or 0.0 for scorer in scorers)
    return precision, recall, f1


def _refusal_figures(rows: Rows) -> dict[str, float]:
    """The least probability at which as many answerable questions are refused as we allow, and what it refuses."""
    odds = np.concatenate([cross_validated(rows, seed) for seed in range(SPLITS)])
    labels = np.tile(rows.labels, SPLITS)
    least = float(np.quantile(odds[labels == 1], _FALSE_REFUSALS))
    refused = float((odds[labels == 0] < least).mean())
    return {"least": round(least, 3), "false refusals": _FALSE_REFUSALS, "unanswerable refused": round(refused, 3)}


def _as_json(model: fit.Logistic, least: float | None = None) -> dict[str, Any]:
    weights = {"bias": round(model.bias, 4), "weights": [round(value, 4) for value in model.weights]}
    return weights if least is None else weights | {"least": least}
