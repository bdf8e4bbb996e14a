"""The one noun of all scorers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evals.prediction import Prediction
from evals.question import Question


@dataclass(frozen=True, slots=True)
class Score:
    """What one scorer says of one answer, and why. `value` is None where the question does not test it: not scored
    is never 0, and counts in no mean."""

    value: float | None
    why: str


Scorer = Callable[[Question, Prediction], Score]
