"""Refusing: right where nothing in the digests answers, wrong where a paper of grade 2 does."""

from __future__ import annotations

from evals.prediction import Prediction
from evals.question import Kind, Question
from evals.scorers.score import Score


def refusal(question: Question, prediction: Prediction) -> Score:
    """1 if it abstained, over unanswerable questions for which no paper is acceptable; higher is better."""
    if question.kind is not Kind.UNANSWERABLE or question.relevant:
        return Score(None, "something answers it")
    return _abstained(prediction)


def false_refusal(question: Question, prediction: Prediction) -> Score:
    """1 if it abstained, over questions with a paper of grade 2; lower is better."""
    if not question.to_cite:
        return Score(None, "no paper of grade 2")
    return _abstained(prediction)


def _abstained(prediction: Prediction) -> Score:
    return Score(float(prediction.abstained), "abstained" if prediction.abstained else "answered")
