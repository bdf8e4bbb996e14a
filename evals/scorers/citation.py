"""Precision, recall and F1 of the papers cited, over questions that have a paper to cite.

Precision counts a citation of grade 1 or 2 as right; recall asks for the papers of grade 2 alone. An answer that
cites nothing where there was something to cite has precision 0: it did not get out of the question.
"""

from __future__ import annotations

from evals.prediction import Prediction
from evals.question import Kind, Question
from evals.scorers.score import Score


def citation_precision(question: Question, prediction: Prediction) -> Score:
    return _scored(question, prediction, _precision(question, prediction))


def citation_recall(question: Question, prediction: Prediction) -> Score:
    return _scored(question, prediction, _recall(question, prediction))


def citation_f1(question: Question, prediction: Prediction) -> Score:
    precision, recall = _precision(question, prediction), _recall(question, prediction)
    return _scored(question, prediction, 2 * precision * recall / ((precision + recall) or 1.0))


def _precision(question: Question, prediction: Prediction) -> float:
    cited = set(prediction.cited)
    return len(cited & question.relevant.keys()) / (len(cited) or 1)


def _recall(question: Question, prediction: Prediction) -> float:
    return len(question.to_cite & set(prediction.cited)) / (len(question.to_cite) or 1)


def _scored(question: Question, prediction: Prediction, value: float) -> Score:
    if question.kind is Kind.UNANSWERABLE or not question.to_cite:
        return Score(None, "no paper to cite")
    wrong = [arxiv_id for arxiv_id in prediction.cited if arxiv_id not in question.relevant]
    missed = sorted(question.to_cite.difference(prediction.cited))
    return Score(value, f"wrongly cited: {', '.join(wrong) or 'none'}; missed: {', '.join(missed) or 'none'}")
