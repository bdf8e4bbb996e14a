"""Which sentence holds what is asked for: the model of `assistant/evidence.py`, fitted on questions with facts.

A sentence of a paper that answers is right if it holds a fact asked for. What the model is worth is told by whole
answers, composed with weights that never saw the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from assistant import fit
from assistant.chat import Assistant
from assistant.compose import compose
from assistant.draft import Materials
from assistant.evidence import EvidenceFinder
from evals.folds import SPLITS, Rows, fit_logistic, folds
from evals.prediction import Prediction
from evals.question import Kind, Question
from evals.run import cited_ids
from evals.scorers.fact import fact_accuracy, missing_facts
from evals.searching import asked_so_far

_LEADING = 4  # papers of a comparison, at most


@dataclass(frozen=True, slots=True)
class Told:
    """A question with facts, what its answer is made of, and the sentences of the papers that hold them as rows."""

    question: Question
    materials: Materials
    rows: Rows | None  # None where no sentence holds a fact, or all do


def told(questions: Sequence[Question], assistant: Assistant) -> list[Told]:
    """The questions that ask for facts and can be answered, with their sentences."""
    asked = [q for q in questions if q.facts and q.relevant and q.kind is not Kind.UNANSWERABLE]
    found = []
    for n, each in enumerate(asked_so_far(asked, assistant)):
        materials = assistant.materials(each.last_turn, each.conversation)
        found.append(Told(each.question, materials, _rows(each.question, materials, n)))
    return found


def sentence_rows(found: Sequence[Told]) -> Rows:
    """All sentences of all questions, those of one question weighing as much as those of any other."""
    return Rows.joined([each.rows for each in found if each.rows])


def as_model(rows: Rows) -> fit.Logistic:
    """The model of these rows. Features are set off against their paper's mean, so that there is no bias to learn."""
    return replace(fit_logistic(rows), bias=0.0)


def fact_figures(found: Sequence[Told]) -> dict[str, float]:
    """Fact accuracy of answers composed by models fitted on other questions, in the mean over the splits."""
    scores: dict[str, list[float]] = {}
    for seed in range(SPLITS):
        for train, held_out in folds(found, seed):
            model = as_model(sentence_rows(train))
            for each in held_out:
                score = fact_accuracy(each.question, _answered(each, model)).value
                scores.setdefault(str(each.question.kind), []).append(score or 0.0)
    every = [value for values in scores.values() for value in values]
    return {"all": round(fmean(every), 3)} | {kind: round(fmean(values), 3) for kind, values in sorted(scores.items())}


def _rows(question: Question, materials: Materials, n: int) -> Rows | None:
    """The sentences of the leading papers that the question wants; half of their weight is on those with a fact."""
    features: list[NDArray[np.float64]] = []
    labels: list[float] = []
    for part in materials.parts or (materials,):
        for hit in part.ranking.hits[:_LEADING]:
            if hit.paper.arxiv_id in question.relevant:
                given = part.evidence.features(hit.paper)
                features.append(given - given.mean(axis=0))
                texts = [sentence.text for sentence in part.evidence.sentences(hit.paper)]
                labels += [float(len(missing_facts(question, text)) < len(question.facts)) for text in texts]
    right = sum(labels)
    if not 0 < right < len(labels):
        return None
    weights = [0.5 / right if label else 0.5 / (len(labels) - right) for label in labels]
    return Rows(np.vstack(features), np.array(labels), np.full(len(labels), n), np.array(weights))


def _answered(each: Told, model: fit.Logistic) -> Prediction:
    text = compose(_with(each.materials, model)).text
    return Prediction(each.question.id, text, cited_ids(text), (), False, "extractive", {})


def _with(materials: Materials, model: fit.Logistic) -> Materials:
    finder = EvidenceFinder(materials.library, materials.query, materials.ranking, model)
    return replace(materials, evidence=finder, parts=tuple(_with(part, model) for part in materials.parts))
