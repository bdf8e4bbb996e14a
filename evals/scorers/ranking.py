"""nDCG@10 and R(rel=2)@20 of the papers in retrieval order, by `ir-measures`, over questions with a grade-2 paper.

nDCG takes the grade as gain and 1/log2(rank + 1) as discount (Järvelin & Kekäläinen 2002, as in `trec_eval`).
R(rel=2) is the share of the grade-2 papers found: one of grade 1 neither helps nor hurts.
"""

from __future__ import annotations

import ir_measures

from evals.prediction import Prediction
from evals.question import Question
from evals.scorers.score import Score


def ndcg_at_10(question: Question, prediction: Prediction) -> Score:
    return _measured(ir_measures.nDCG @ 10, question, prediction, depth=10)


def recall_at_20(question: Question, prediction: Prediction) -> Score:
    return _measured(ir_measures.R(rel=2) @ 20, question, prediction, depth=20)


def _measured(measure: ir_measures.Measure, question: Question, prediction: Prediction, depth: int) -> Score:
    if not question.to_cite:
        return Score(None, "no paper of grade 2")
    judged = {question.id: dict(question.relevant)}
    # The measure sorts by score, ties in an order of its own: descending whole numbers keep ours.
    order = {question.id: {arxiv_id: -float(rank) for rank, arxiv_id in enumerate(dict.fromkeys(prediction.ranked))}}
    value = ir_measures.calc_aggregate([measure], judged, order)[measure]
    return Score(float(value), _why(question, prediction, depth))


def _why(question: Question, prediction: Prediction, depth: int) -> str:
    ranks = {arxiv_id: rank for rank, arxiv_id in enumerate(prediction.ranked, 1)}
    found = sorted((ranks[arxiv_id], arxiv_id) for arxiv_id in question.to_cite if arxiv_id in ranks)
    missed = sorted(question.to_cite - ranks.keys())
    places = ", ".join(f"{arxiv_id} at {rank}" for rank, arxiv_id in found if rank <= depth)
    late = [f"{arxiv_id} at {rank}" for rank, arxiv_id in found if rank > depth]
    return f"found {places or 'none'}" + (f"; missed {', '.join(late + missed)}" if late or missed else "")
