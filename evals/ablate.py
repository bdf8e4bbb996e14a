"""What each leg of the search is worth: rankings by each alone, and by all the others without it.

The legs are those of `assistant.retrieve.Weights`, of which `words` is here the question's own words and `glosses` what
Chinese ones stand for in English, and the two halves of a Chinese question's vector, the bridge's and the English
model's. Every ranking is a search of its own, as the assistant searches; how a follow-up stands to the turns before it
may so change with the legs, but those turns were answered by all legs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from assistant.answer import EXTRACTIVE, Found
from assistant.chat import Assistant
from assistant.retrieve import Retriever, Weights
from evals.errors import EvalsError
from evals.prediction import RANKED, Prediction
from evals.question import Question
from evals.report import CROSSLINGUAL, RANKING, Figure, Report, report_on
from evals.searching import Asked, Setting, asked_so_far, current, found_for, sharing
from ingest.paper import Language

EVERYTHING = "everything"
GROUPS = (*Language, CROSSLINGUAL)
_NONE = Weights(passage=0.0, sentence=0.0, words=0.0, glosses=0.0)
# A word's own match and that by its glosses are not added, the better one counts: beside glosses that weigh this much
# a match by the own word does no more than part ties.
_MUCH = 1e6
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Legs:
    """A choice of legs. What `chinese` legs do to an English question is nothing."""

    name: str
    setting: Setting
    chinese: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What a choice of legs ranks like, and the seconds that all its questions took."""

    legs: Legs
    figures: tuple[Figure, ...]
    seconds: float

    def figure(self, score: str, group: str) -> Figure | None:
        """None if no question of the group tests the score, or the legs say nothing to it."""
        return next((one for one in self.figures if (one.score, one.group) == (score, group)), None)


@dataclass(frozen=True, slots=True)
class Ablation:
    """`str()` is a Markdown table, `as_dict()` is JSON."""

    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"rows": [asdict(row) for row in self.rows]}

    def __str__(self) -> str:
        columns = [(score, group) for score in RANKING for group in GROUPS]
        head = " | ".join(["legs", *(f"{score} {group}" for score, group in columns)])
        lines = [" | ".join([row.legs.name, *(_cell(row.figure(*column)) for column in columns)]) for row in self.rows]
        return "\n".join(f"| {line} |" for line in [head, " | ".join(["---"] * (1 + len(columns))), *lines])


def ablate(questions: Sequence[Question], assistant: Assistant, tell: Tell) -> Ablation:
    """Searches all questions once for each choice of legs. The assistant's own weights are back afterwards.

    Raises EvalsError if there is no question with a paper to cite.
    """
    ranked = [question for question in questions if question.to_cite]
    if not ranked:
        raise EvalsError("expected questions with a paper of grade 2, found none: judge some, as evals/README.md says.")
    tell("answering the earlier turns of follow-ups")
    asked = asked_so_far(ranked, assistant)
    own, all_legs = assistant.retriever, choices(current(assistant.library))
    try:
        with sharing(assistant.library) as share:
            return Ablation(tuple(_row(legs, asked, assistant, share, tell) for legs in all_legs))
    finally:
        assistant.retriever = own


def choices(setting: Setting) -> list[Legs]:
    """Everything, each leg alone, each left out; the bridge's only where there is one."""
    weights, bridged = setting.weights, setting.share is not None
    legs = [
        Legs(EVERYTHING, setting),
        Legs("passage alone", replace(setting, weights=replace(_NONE, passage=1.0))),
        Legs("sentence alone", replace(setting, weights=replace(_NONE, sentence=1.0))),
        Legs("words alone", replace(setting, weights=replace(_NONE, words=1.0))),
        Legs("glosses alone", replace(setting, weights=_without_words(replace(_NONE, words=1.0, glosses=1.0))), True),
        Legs("without passage", replace(setting, weights=replace(weights, passage=0.0))),
        Legs("without sentence", replace(setting, weights=replace(weights, sentence=0.0))),
        Legs("without words", replace(setting, weights=_without_words(weights))),
        Legs("without glosses", replace(setting, weights=replace(weights, glosses=0.0)), True),
        Legs("without words and glosses", replace(setting, weights=replace(weights, words=0.0))),
        Legs("vector by the bridge alone", Setting(weights, 1.0), True),
        Legs("vector without the bridge", Setting(weights, 0.0), True),
    ]
    return legs if bridged else [one for one in legs if not one.chinese]


def _without_words(weights: Weights) -> Weights:
    return replace(weights, words=weights.words * weights.glosses / _MUCH, glosses=_MUCH)


def _row(
    legs: Legs, asked: Sequence[Asked], assistant: Assistant, share: Callable[[float | None], None], tell: Tell
) -> Row:
    spoken = [one for one in asked if not legs.chinese or one.question.lang is Language.CHINESE]
    share(legs.setting.share)
    assistant.retriever = Retriever(assistant.library, legs.setting.weights)
    assistant.warm()
    started = time.perf_counter()
    with np.errstate(over="ignore"):  # in the probabilities that are fitted to the scores of everything
        found = found_for(spoken, assistant)
    seconds = time.perf_counter() - started
    tell(f"{legs.name}: {len(spoken)} questions in {seconds:.1f} s")
    return Row(legs, _report(spoken, found, assistant).figures, seconds)


def _report(asked: Sequence[Asked], found: Sequence[Found], assistant: Assistant) -> Report:
    predictions = [_prediction(one.question, what) for one, what in zip(asked, found, strict=True)]
    return report_on([one.question for one in asked], predictions, assistant.library, answers=False)


def _prediction(question: Question, found: Found) -> Prediction:
    ranked = tuple(dict.fromkeys(hit.paper.arxiv_id for hit in found.hits))[:RANKED]
    return Prediction(question.id, "", (), ranked, False, EXTRACTIVE)


def _cell(figure: Figure | None) -> str:
    return f"{figure.value:.3f}" if figure else "–"
