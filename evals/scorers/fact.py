"""Fact accuracy: 1 if the answer holds every fact asked for and is short enough to be one, over questions with facts.

An answer that pours out everything would hold any fact, hence the limit on its length. It is counted without the
targets of links, which nobody reads. False premises are scored in `premise.py`.
"""

from __future__ import annotations

import re

from evals.prediction import Prediction
from evals.question import Kind, Question
from evals.scorers.score import Score

MAX_CHARACTERS = 900

_LINK_TARGET = re.compile(r"(?<=\])\((?:[^()\n]|\([^()\n]*\))*\)")


def fact_accuracy(question: Question, prediction: Prediction) -> Score:
    if question.kind is Kind.UNANSWERABLE or not question.facts:
        return Score(None, "no fact asked for")
    text = without_link_targets(prediction.answer)
    missing = missing_facts(question, text)
    if missing:
        return Score(0.0, "missing: " + "; ".join(missing))
    if len(text) > MAX_CHARACTERS:
        return Score(0.0, f"all facts in {len(text)} characters, more than {MAX_CHARACTERS}")
    return Score(1.0, "all facts found")


def without_link_targets(markdown: str) -> str:
    """`[2512.21015](https://arxiv.org/abs/2512.21015)` becomes `[2512.21015]`."""
    return _LINK_TARGET.sub("", markdown)


def missing_facts(question: Question, text: str) -> list[str]:
    """The facts of which `text` holds no alternative, case ignored, each as its alternatives with ` | ` between."""
    folded = text.casefold()
    return [" | ".join(fact) for fact in question.facts if not any(word.casefold() in folded for word in fact)]
