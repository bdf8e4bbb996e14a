"""What a browser session has asked and been answered: the truth that the page is drawn from."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.answer import Answer, Conversation, Delta, Event, Finished, Found, Hit, Query, Turn
from assistant.errors import AssistantError
from assistant.model import LanguageModel
from ingest.errors import IngestError
from ingest.paper import Filters, Language
from ui.gate import Gate, TurnedAwayError
from ui.visitor import Visitor

log = logging.getLogger(__name__)


class Answers(Protocol):
    """What the page needs of an assistant: `assistant.chat.Assistant`, or a stand-in."""

    @property
    def model(self) -> LanguageModel | None: ...

    def stream(
        self,
        question: str,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        k: int | None = None,
        only: bool = False,
    ) -> AsyncGenerator[Event, None]: ...

    async def answer(
        self,
        question: str,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        k: int | None = None,
    ) -> Answer: ...

    def search(self, question: str, filters: Filters | None = None, k: int = 100) -> tuple[Query, tuple[Hit, ...]]: ...

    def understand(self, question: str, conversation: Conversation | None = None) -> Query: ...

    def opening_questions(self, language: Language) -> tuple[str, ...]: ...

    def follow_ups(self, conversation: Conversation, filters: Filters | None = None) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a question got no answer. `expected` errors say themselves what to do; others only have a name."""

    message: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the filters chosen beside it. `only`: those are all there are, none is read from the question."""

    question: str
    filters: Filters | None = None
    only: bool = False


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Exchange:
    """One question and as much of its answer as has come; without `answer` and `failure` it was stopped, or runs.

    Each is itself alone, however much it is like another. `place` is its place in the line, 1 being the next, 0 once it
    is answered.
    """

    asked: Asked
    found: Found | None = None
    text: str = ""
    answer: Answer | None = None
    failure: Failure | None = None
    place: int = 0

    def after(self, event: Event) -> Exchange:
        match event:
            case Found():
                return replace(self, found=event, place=0)
            case Delta(text=text):
                return replace(self, text=self.text + text)
            case Finished(answer=answer):
                return replace(self, answer=answer, text=answer.text)


@dataclass(frozen=True, slots=True)
class Talk:
    """The exchanges of one conversation, oldest first. `conversation_id` is unguessable, as it is also its link."""

    conversation_id: str = ""
    exchanges: tuple[Exchange, ...] = ()

    @property
    def conversation(self) -> Conversation:
        """The answered turns, as the assistant reads them. The first question is the title."""
        turns = tuple(Turn(e.asked.question, e.answer) for e in self.exchanges if e.answer)
        return Conversation(self.conversation_id, turns[0].question if turns else "", turns)

    def until(self, exchange: int) -> Talk:
        """The conversation before that exchange, as if it and what followed had not been."""
        return replace(self, exchanges=self.exchanges[:exchange])

    def plus(self, exchange: Exchange) -> Talk:
        return replace(self, exchanges=(*self.exchanges, exchange))

    def ending_with(self, exchange: Exchange) -> Talk:
        return replace(self, exchanges=(*self.exchanges[:-1], exchange))


def talk_of(conversation: Conversation) -> Talk:
    """A saved conversation, taken up again."""
    exchanges = tuple(
        Exchange(
            Asked(turn.question),
            found=Found(turn.answer.query, turn.answer.hits, turn.answer.searched),
            text=turn.answer.text,
            answer=turn.answer,
        )
        for turn in conversation.turns
    )
    return Talk(conversation.conversation_id, exchanges)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a visitor gets to ask: through the gate; `said` puts into their words why they were turned away."""

    gate: Gate
    visitor: Visitor
    said: Callable[[TurnedAwayError], str]


async def ask(assistant: Answers, talk: Talk, asked: Asked, entrance: Entrance) -> AsyncGenerator[Talk, None]:
    """The talk as it grows by this question, the last one complete. Raises nothing: errors become a `Failure`."""
    exchange = Exchange(asked)
    grown = talk.plus(exchange)
    yield grown
    try:
        with entrance.gate.admit(entrance.visitor) as place:
            async for position in place.line():
                exchange = replace(exchange, place=position)
                yield grown.ending_with(exchange)
            async with aclosing(_events(assistant, talk, asked)) as events:
                async for event in events:
                    exchange = exchange.after(event)
                    yield grown.ending_with(exchange)
    except TurnedAwayError as error:
        yield grown.ending_with(replace(exchange, failure=Failure(entrance.said(error), expected=True)))
    except Exception as error:  # noqa: BLE001 - an exception that leaves a handler leaves the page stuck
        yield grown.ending_with(replace(exchange, failure=_failure(error)))


def _events(assistant: Answers, talk: Talk, asked: Asked) -> AsyncGenerator[Event, None]:
    only = {"only": True} if asked.only else {}
    return assistant.stream(asked.question, talk.conversation, asked.filters, **only)


class Growing:
    """A talk on its way: a task takes in what the assistant says, and the page looks at it when it likes.

    So the page is neither redrawn for every word nor left behind when words stop coming, and stopping is up to the one
    task: whoever draws sees its end and draws last.
    """

    def __init__(self, talks: AsyncGenerator[Talk, None], talk: Talk) -> None:
        self.talk = talk
        self.left = False
        self._news = asyncio.Event()  # more than further words
        self._task = asyncio.create_task(self._take_in(talks))

    async def _take_in(self, talks: AsyncGenerator[Talk, None]) -> None:
        stage = None
        async with aclosing(talks):
            async for self.talk in talks:
                last = self.talk.exchanges[-1]
                before, stage = stage, (last.place, last.found is None, bool(last.text))
                if stage != before:
                    self._news.set()

    def stop(self) -> None:
        self._task.cancel()

    def leave(self) -> None:
        """Nobody looks any more, but it is to be completed."""
        self.left = True
        self._news.set()

    async def end(self) -> Talk:
        await asyncio.wait({self._task})
        return self.talk

    async def looks(self, every: Callable[[], float]) -> AsyncGenerator[Talk, None]:
        """The talk with each turn that it takes, and as its words come at most once in `every()` seconds.

        Until it is complete, stopped or left.
        """
        seen = None
        try:
            while not self._task.done() and not self.left:
                await self._wait(every())
                if self.talk is not seen and not self.left:
                    seen = self.talk
                    yield seen
        finally:
            if not self.left:
                self.stop()

    async def _wait(self, seconds: float) -> None:
        news = asyncio.ensure_future(self._news.wait())
        await asyncio.wait({self._task, news}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
        self._news.clear()


def _failure(error: Exception) -> Failure:
    if isinstance(error, AssistantError | IngestError):
        return Failure(str(error), expected=True)
    log.exception("a question failed", exc_info=error)
    return Failure(type(error).__name__, expected=False)
