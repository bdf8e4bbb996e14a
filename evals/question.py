"""A question set: what people ask, and which papers and facts a right answer holds. Format: README.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from evals.jsonl import read_jsonl
from ingest.paper import Language, Paper, Section
from ingest.sentence import language_of

CITE = 2
"""The grade of a paper that a right answer cites; grade 1 is acceptable to cite."""

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Kind(StrEnum):
    """What a question asks for."""

    TOPIC = "topic"
    FACT = "fact"
    COMPARE = "compare"
    LOOKUP = "lookup"
    METADATA = "metadata"
    FOLLOWUP = "followup"
    UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Question:
    """One judged question.

    `turns` in the order typed: the last one is scored. `relevant` maps arXiv ids to grades. Of each inner tuple of
    `facts`, an answer must hold at least one string.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    id: Text
    kind: Kind
    lang: Language
    turns: Annotated[tuple[Text, ...], Field(min_length=1)]
    relevant: Mapping[Text, Literal[1, 2]] = field(default_factory=dict)
    facts: tuple[Annotated[tuple[Text, ...], Field(min_length=1)], ...] = ()
    note: str = ""

    @property
    def to_cite(self) -> frozenset[str]:
        """The papers of grade 2."""
        return frozenset(arxiv_id for arxiv_id, grade in self.relevant.items() if grade == CITE)

    @property
    def wanted(self) -> frozenset[str]:
        """The papers of the best grade given: those to cite, or the one that a false premise is about."""
        best = max(self.relevant.values(), default=CITE)
        return frozenset(arxiv_id for arxiv_id, grade in self.relevant.items() if grade == best)


_DOOR = TypeAdapter(Question)


def read_questions(path: Path) -> tuple[Question, ...]:
    """The questions of a JSONL file, in its order; raises `FileFormatError` with every fault."""
    return read_jsonl(path, _DOOR)


def crosslingual_ids(questions: Iterable[Question], papers: Mapping[str, Paper]) -> frozenset[str]:
    """Ids of the Chinese questions that test finding English text: more than half of the papers wanted have no
    Chinese summary in the library. A paper that is not in `papers` counts as wanted and not as English."""
    english = {arxiv_id for arxiv_id, paper in papers.items() if not _in_chinese(paper)}
    return frozenset(
        question.id
        for question in questions
        if question.lang is Language.CHINESE and 2 * len(question.wanted & english) > len(question.wanted)
    )


def _in_chinese(paper: Paper) -> bool:
    summary = " ".join(paper.text(section) for section in Section if section is not Section.ABSTRACT)
    return language_of(summary) is Language.CHINESE
