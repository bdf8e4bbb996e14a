"""An assistant that answers by script, and short ways to make questions and answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.answer import (
    EXTRACTIVE,
    Answer,
    Conversation,
    Delta,
    Event,
    Finished,
    Found,
    Hit,
    Query,
    Searched,
    Wants,
    Why,
)
from evals.prediction import Prediction
from evals.question import Kind, Question
from ingest.paper import Language, Paper, Summary

SEARCHED = Searched(papers=3, of=3, first_day="", last_day="", seconds=0.0)


def paper(arxiv_id: str, tldr: str = "") -> Paper:
    return Paper(arxiv_id, f"Title of {arxiv_id}", ("A B",), "cs.CV", ("cs.CV",), "An abstract.", Summary(tldr))


def hits(arxiv_ids: Iterable[str]) -> tuple[Hit, ...]:
    return tuple(Hit(paper(arxiv_id), 1.0 / rank, rank, 0.5, Why()) for rank, arxiv_id in enumerate(arxiv_ids, 1))


def answer(text: str, ranked: Sequence[str] = (), abstained: bool = False) -> Answer:
    query = Query(text, text, Wants.SURVEY, Language.ENGLISH)
    return Answer(text, (), (), hits(ranked), query, SEARCHED, abstained, EXTRACTIVE, {})


@dataclass
class ScriptedAssistant:
    """Answers each question as the script says, and remembers what was asked after which questions."""

    script: Mapping[str, Answer]
    asked: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    async def stream(self, question: str, conversation: Conversation | None = None) -> AsyncIterator[Event]:
        self.asked.append((tuple(turn.question for turn in conversation.turns) if conversation else (), question))
        said = self.script[question]
        yield Found(said.query, said.hits, said.searched)
        yield Delta(said.text)
        yield Finished(said)


@dataclass
class Shelf:
    """Papers by id: what scores need of a library."""

    known: Mapping[str, Paper]

    def papers(self, arxiv_ids: Iterable[str]) -> dict[str, Paper]:
        return {arxiv_id: self.known[arxiv_id] for arxiv_id in arxiv_ids if arxiv_id in self.known}


def question(
    kind: Kind = Kind.TOPIC,
    relevant: Mapping[str, int] | None = None,
    facts: Sequence[Sequence[str]] = (),
    id: str = "q",
    lang: Language = Language.ENGLISH,
    turns: tuple[str, ...] = ("what?",),
) -> Question:
    return Question(id, kind, lang, turns, dict(relevant or {}), tuple(tuple(fact) for fact in facts))  # type: ignore[arg-type]


def prediction(
    cited: Sequence[str] = (), ranked: Sequence[str] = (), answer: str = "", abstained: bool = False, id: str = "q"
) -> Prediction:
    return Prediction(id, answer, tuple(cited), tuple(ranked), abstained, EXTRACTIVE, {})
