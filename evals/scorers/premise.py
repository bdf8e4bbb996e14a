"""Premise: 1 if a false premise was not swallowed, by abstaining or by stating the correction."""

from __future__ import annotations

from evals.prediction import Prediction
from evals.question import Kind, Question
from evals.scorers.fact import missing_facts, without_link_targets
from evals.scorers.score import Score


def premise(question: Question, prediction: Prediction) -> Score:
    if question.kind is not Kind.UNANSWERABLE or not question.facts:
        return Score(None, "no false premise")
    if prediction.abstained:
        return Score(1.0, "abstained")
    missing = missing_facts(question, without_link_targets(prediction.answer))
    return Score(0.0, "not corrected: " + "; ".join(missing)) if missing else Score(1.0, "corrected")
