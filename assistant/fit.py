"""How well papers fit a question, as probabilities: of each paper to belong in a survey, of the whole to be answerable,
of a sentence to hold what is asked for.

All are logistic models over a few figures of a search. Their weights stand in `fit.json`, written by
`python -m evals calibrate QUESTIONS`, which also prints what they are worth on questions left out of the fitting.
There is a set for searches with vectors and one for those by words alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Hit

VECTORS = "vectors"
WORDS = "words"
_WEIGHTS = "fit.json"
# By rank from 0: papers that surely are not meant.
_FIELD = slice(20, 60)
_FEW = 5  # where there are no more, those after the first few
_NO_LEAD = 1e-9


@dataclass(frozen=True, slots=True)
class Logistic:
    """`1 / (1 + exp(-(bias + weights · features)))`."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """`float64[rows]` in (0, 1) of `float64[rows, len(weights)]`."""
        probability: NDArray[np.float64] = 1 / (1 + np.exp(-self.odds(features)))
        return probability

    def odds(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The logarithm of the odds, which orders and compares without an end: `float64[rows]`."""
        odds: NDArray[np.float64] = self.bias + features @ np.asarray(self.weights)
        return odds


@cache
def _fitted() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("assistant").joinpath(_WEIGHTS).read_text("utf-8"))
    return found


def weights(kind: str, model: str) -> Logistic:
    """The fitted model: `kind` is `vectors` or `words`, `model` is `paper`, `answerable` or `sentence`."""
    found = _fitted()[kind][model]
    return Logistic(found["bias"], tuple(found["weights"]))


def with_fit(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits, each with the probability that it belongs in a survey of the question."""
    if not hits:
        return ()
    fit = weights(kind_of(hits), "paper")(paper_features(hits))
    return tuple(replace(hit, fit=float(value)) for hit, value in zip(hits, fit, strict=True))


def answerable(hits: Sequence[Hit], words: int) -> float:
    """The probability that the papers found answer a question of so many words at all; 0 if none were."""
    if not hits:
        return 0.0
    return float(weights(kind_of(hits), "answerable")(answerable_features(hits, words)[None, :])[0])


def kind_of(hits: Sequence[Hit]) -> str:
    return VECTORS if any(hit.why.sentence is not None for hit in hits) else WORDS


def paper_features(hits: Sequence[Hit]) -> NDArray[np.float64]:
    """`float64[len(hits), 4]`: score, how much of the best paper's lead over the field it has, lexical score, share of
    the words' weight held. The best paper has all of its lead, also where it was found alone."""
    scores = np.array([hit.score for hit in hits])
    field = _field(scores)
    best = scores.max() - field
    lead = (scores - field) / best if best > _NO_LEAD else np.ones(len(hits))
    told = np.array([[hit.why.lexical or 0.0, hit.why.coverage] for hit in hits])
    return np.hstack([scores[:, None], lead[:, None], told])


def answerable_features(hits: Sequence[Hit], words: int) -> NDArray[np.float64]:
    """`float64[3]`: best score, its lead over the field, logarithm of one more than the question's words.

    The more words a question has, the less of them any paper holds, and the lower a good score is. The lead is not over
    those right after the best one, for on a common topic they fit as well.
    """
    scores = np.array([hit.score for hit in hits])
    others = _not_meant(scores, _FEW)
    return np.array([scores[0], scores[0] - (others.mean() if len(others) else 0.0), np.log1p(words)])


def _field(scores: NDArray[np.float64]) -> float:
    """The score of papers that were found and surely are not meant; of a few, the mean of all."""
    return float(_not_meant(scores, 0).mean())


def _not_meant(scores: NDArray[np.float64], few: int) -> NDArray[np.float64]:
    """The scores of papers that surely are not meant; where so many were not found, of those after the first `few`."""
    return scores[_FIELD] if len(scores) > _FIELD.start else scores[few:]


def least(hits: Sequence[Hit], model: str) -> float:
    """The probability from which on a paper is listed (`paper`) or a question answered at all (`answerable`)."""
    return float(_fitted()[kind_of(hits)][model]["least"])
