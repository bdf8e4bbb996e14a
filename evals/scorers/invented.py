"""Invented ids: how many ids an answer cites that the library does not hold. Over all questions; must be 0."""

from __future__ import annotations

from collections.abc import Collection

from evals.prediction import Prediction
from evals.question import Question
from evals.scorers.score import Score, Scorer


def invented_ids(known: Collection[str] | None) -> Scorer:
    """A scorer that counts cited ids not in `known`; None, where there is no library to look into, scores nothing."""

    def scorer(question: Question, prediction: Prediction) -> Score:
        if known is None:
            return Score(None, "no library to look into")
        invented = [arxiv_id for arxiv_id in prediction.cited if arxiv_id not in known]
        return Score(float(len(invented)), ", ".join(invented) or "none")

    return scorer
