"""Scores of a run put together: means with confidence intervals, by language and by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from evals.errors import MismatchError
from evals.prediction import Prediction
from evals.question import Kind, Question, crosslingual_ids
from evals.scorers.citation import citation_f1, citation_precision, citation_recall
from evals.scorers.fact import fact_accuracy
from evals.scorers.invented import invented_ids
from evals.scorers.premise import premise
from evals.scorers.ranking import ndcg_at_10, recall_at_20
from evals.scorers.refusal import false_refusal, refusal
from evals.scorers.score import Score, Scorer
from ingest.paper import Language, Paper

INVENTED = "invented ids"
RANKING: Mapping[str, Scorer] = {"nDCG@10": ndcg_at_10, "R(rel=2)@20": recall_at_20}
ANSWERS: Mapping[str, Scorer] = {
    "citation precision": citation_precision,
    "citation recall": citation_recall,
    "citation F1": citation_f1,
    "fact accuracy": fact_accuracy,
    "refusal": refusal,
    "false refusal": false_refusal,
    "premise": premise,
}
ALL = "all"
CROSSLINGUAL = "cross-lingual"
_GROUPS = (ALL, *Language, CROSSLINGUAL)

_RESAMPLES = 2000
_SEED = 20251220


class Papers(Protocol):
    """Where papers are looked up; `ingest.library.Library` is one."""

    def papers(self, arxiv_ids: Iterable[str]) -> dict[str, Paper]: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with its answer and all scores of it, by name."""

    question: Question
    prediction: Prediction
    scores: Mapping[str, Score]
    crosslingual: bool

    def is_in(self, group: str) -> bool:
        of = (ALL, self.question.lang, self.question.kind, *([CROSSLINGUAL] if self.crosslingual else []))
        return group in of


@dataclass(frozen=True, slots=True)
class Figure:
    """A score over a group of questions: `value` is their mean, or the total for `invented ids`.

    `low` and `high` bound the 95 % percentile bootstrap interval of a mean (2,000 resamples of the questions, seeded).
    `questions` is the number scored; questions that do not test the score are not among them.
    """

    score: str
    group: str
    value: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True)
class Report:
    """The scores of a run. `str()` is a table for terminals, `as_dict()` is JSON."""

    scored: tuple[Scored, ...]

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Every score over every group in which a question tests it."""
        names = self.scored[0].scores if self.scored else ()
        made = (self._figure(name, group) for name in names for group in (*_GROUPS, *Kind))
        return tuple(figure for figure in made if figure)

    def figure(self, score: str, group: str = ALL) -> Figure | None:
        """One figure; None if no question of the group tests the score."""
        return next((figure for figure in self.figures if (figure.score, figure.group) == (score, group)), None)

    def seconds(self, name: str) -> tuple[float, float]:
        """Median and 95th percentile of `first_token` or `total` over the questions that have it; NaN without any."""
        values = [one.prediction.seconds[name] for one in self.scored if name in one.prediction.seconds]
        median, p95 = np.percentile(values or [np.nan], [50, 95])
        return float(median), float(p95)

    def each(self) -> str:
        """Why each question scored what it did: one line a question and score, those not scored left out."""
        return "\n".join(
            f"{one.question.id:16} {name:18} {score.value:6.3f}  {score.why}"
            for one in self.scored
            for name, score in one.scores.items()
            if score.value is not None
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "questions": len(self.scored),
            "figures": [asdict(figure) for figure in self.figures],
            "seconds": {name: dict(zip(("median", "p95"), self.seconds(name), strict=True)) for name in _times(self)},
            "scores": [
                {"id": one.question.id, **{name: asdict(score) for name, score in one.scores.items()}}
                for one in self.scored
            ],
        }

    def __str__(self) -> str:
        times = (f"{name}: median %.3f s, p95 %.3f s" % self.seconds(name) for name in _times(self))
        return "\n\n".join([_table(self, _GROUPS, _with_interval), _table(self, Kind, _plain), *times])

    def _figure(self, name: str, group: str) -> Figure | None:
        of_group = (one.scores[name].value for one in self.scored if one.is_in(group))
        values = np.array([value for value in of_group if value is not None])
        if not len(values):
            return None
        if name == INVENTED:
            total = float(values.sum())
            return Figure(name, group, total, total, total, len(values))
        return Figure(name, group, float(values.mean()), *interval(values), len(values))


def report_on(
    questions: Sequence[Question],
    predictions: Sequence[Prediction],
    library: Papers | None = None,
    answers: bool = True,
) -> Report:
    """Scores predictions; `answers=False` scores rankings alone.

    Without a library there is no telling which questions are cross-lingual or which ids are invented: both are then
    left out. Raises `MismatchError` unless each question has its prediction and the other way round.
    """
    by_id = {prediction.id: prediction for prediction in predictions}
    _check_match({question.id for question in questions}, by_id.keys())
    papers = _looked_up(questions, predictions, library)
    scorers = dict(RANKING) | (dict(ANSWERS) | {INVENTED: invented_ids(papers)} if answers else {})
    crosslingual = crosslingual_ids(questions, papers or {})
    return Report(
        tuple(
            Scored(
                question,
                by_id[question.id],
                {name: scorer(question, by_id[question.id]) for name, scorer in scorers.items()},
                question.id in crosslingual,
            )
            for question in questions
        )
    )


def interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Bounds of the 95 % percentile bootstrap interval of the mean of `values`; the same for the same values."""
    drawn = np.random.default_rng(_SEED).integers(len(values), size=(_RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _check_match(asked: set[str], answered: Iterable[str]) -> None:
    unanswered, unasked = sorted(asked.difference(answered)), sorted(set(answered) - asked)
    if unanswered or unasked:
        raise MismatchError(
            f"expected one prediction for each question, got none for {_some(unanswered)} "
            f"and some for questions not in the set: {_some(unasked)}. "
            "Give the question file that the predictions were made with, or run it again."
        )


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "") or "no question"


def _looked_up(
    questions: Sequence[Question], predictions: Sequence[Prediction], library: Papers | None
) -> dict[str, Paper] | None:
    if library is None:
        return None
    judged = (arxiv_id for question in questions for arxiv_id in question.relevant)
    cited = (arxiv_id for prediction in predictions for arxiv_id in prediction.cited)
    return library.papers(dict.fromkeys((*judged, *cited)))


def _times(report: Report) -> list[str]:
    return [name for name in ("first_token", "total") if any(name in one.prediction.seconds for one in report.scored)]


def _with_interval(figure: Figure) -> str:
    if figure.score == INVENTED:
        return f"{figure.value:.0f}"
    return f"{figure.value:.3f} {figure.low:.2f}-{figure.high:.2f} {figure.questions:4}"


def _plain(figure: Figure) -> str:
    return f"{figure.value:.0f}" if figure.score == INVENTED else f"{figure.value:.3f}"


def _table(report: Report, groups: Iterable[str], cell: Callable[[Figure], str]) -> str:
    """Scores down, groups across; a blank where no question of the group tests the score."""
    columns = [[group, *(_cell(report, name, group, cell) for name in _names(report))] for group in groups]
    columns = [["", *_names(report)], *(column for column in columns if any(column[1:]))]
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _names(report: Report) -> list[str]:
    return list(dict.fromkeys(figure.score for figure in report.figures))


def _cell(report: Report, name: str, group: str, cell: Callable[[Figure], str]) -> str:
    figure = report.figure(name, group)
    return cell(figure) if figure else ""
