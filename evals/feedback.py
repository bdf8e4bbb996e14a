"""Verdicts that people gave in the web chat, as draft questions. Format of the file: the table in `ui/feedback.py`.

A draft is a beginning: somebody looks at it, corrects which papers are relevant, and takes the word "draft" out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from assistant.answer import Wants
from evals.errors import FileFormatError
from evals.jsonl import expectation, lines_of
from evals.question import CITE, Kind, Question, Text, read_questions
from ingest.paper import Language

_KINDS = {
    Wants.SURVEY: Kind.TOPIC,
    Wants.FACT: Kind.FACT,
    Wants.COMPARE: Kind.COMPARE,
    Wants.LOOKUP: Kind.LOOKUP,
    Wants.SUMMARY: Kind.LOOKUP,
    Wants.AUTHORS: Kind.METADATA,
    Wants.CATALOGUE: Kind.METADATA,
    Wants.OVERVIEW: Kind.METADATA,
    Wants.TREND: Kind.METADATA,
}  # a greeting is no question


@dataclass(frozen=True, slots=True)
class Feedback:
    """One verdict: what was asked after which questions, what was answered, and what was thought of it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    conversation_id: Text
    turn: int
    verdict: Literal["up", "down"]
    question: Text
    language: Language
    wants: Wants
    citations: tuple[Text, ...]
    abstained: bool
    earlier: tuple[Text, ...] = ()
    comment: str = ""

    @property
    def id(self) -> str:
        """Of its question in a set: the same for every verdict on the same answer."""
        place = f"{self.conversation_id}:{self.turn}"
        return f"feedback-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class FeedbackFile:
    """The verdicts of a file, of several on one answer the last; `faults` are the lines that are none, with why."""

    feedback: tuple[Feedback, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the verdicts of a file."""

    added: int
    there: int  # in the set already
    faults: tuple[str, ...]

    def __str__(self) -> str:
        said = f"{self.added} draft questions added, {self.there} were there already"
        return f"{said}, {len(self.faults)} lines could not be read" if self.faults else said


_DOOR = TypeAdapter(Feedback)


def read_feedback(path: Path) -> FeedbackFile:
    """A line that cannot be read costs only itself: a full disk may have cut one off. Raises FileFormatError where
    none can."""
    found: dict[str, Feedback] = {}
    faults: list[str] = []
    for number, line in lines_of(path):
        try:
            one = _DOOR.validate_json(line)
        except ValidationError as exc:
            faults.append(f"{path.name}:{number}: {expectation(exc.errors(include_url=False)[0])}")
            continue
        found.pop(one.id, None)
        found[one.id] = one
    if faults and not found:
        raise FileFormatError("\n".join(faults))
    return FeedbackFile(tuple(found.values()), tuple(faults))


def drafts(feedback: Iterable[Feedback]) -> tuple[Question, ...]:
    """A draft question for each verdict, but for greetings."""
    return tuple(_draft(one) for one in feedback if one.wants in _KINDS)


def _draft(one: Feedback) -> Question:
    """What a good answer cites is to be cited; of a bad one a person says which papers it should have named."""
    good = one.verdict == "up"
    relevant = dict.fromkeys(one.citations, CITE) if good and not one.abstained else {}
    said = [f"draft: thumbs {one.verdict}"]
    if not good:
        said.append("it abstained" if one.abstained else f"it cited {', '.join(one.citations) or 'nothing'}")
    said += [one.comment] if one.comment.strip() else []
    turns = (*one.earlier, one.question)
    return Question(one.id, _kind(one), one.language, turns, relevant, (), "; ".join(said))  # type: ignore[arg-type]


def _kind(one: Feedback) -> Kind:
    if one.abstained and one.verdict == "up":
        return Kind.UNANSWERABLE
    return Kind.FOLLOWUP if one.earlier else _KINDS[one.wants]


def add(path: Path, to: Path) -> Added:
    """Appends drafts of the verdicts in `path` to the question set `to`, made if there is none.

    What is in the set stays as it is, as a person may have worked on it.
    """
    read = read_feedback(path)
    known = {question.id for question in read_questions(to)} if to.exists() and to.stat().st_size else set()
    wanted = drafts(read.feedback)
    fresh = [question for question in wanted if question.id not in known]
    _append(to, fresh)
    return Added(len(fresh), len(wanted) - len(fresh), read.faults)


def _append(to: Path, questions: Sequence[Question]) -> None:
    lines = "".join(json.dumps(asdict(question), ensure_ascii=False) + "\n" for question in questions)
    try:
        ends = not to.exists() or to.read_bytes()[-1:] in (b"", b"\n")
        with to.open("a", encoding="utf-8") as file:
            file.write(lines if ends else f"\n{lines}")
    except OSError as exc:
        raise FileFormatError(f"{to}: expected a file that can be written, got: {exc.strerror}") from exc
