"""Judged questions searched under other settings than the assistant's own, without composing the last answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Conversation, Found, Turn
from assistant.chat import Assistant
from assistant.retrieve import Weights
from evals.question import Question
from ingest.bridge.embedder import BRIDGE_SHARE, BridgedEmbedder
from ingest.bridge.model import Gloss
from ingest.embedder import Embedder, Glossing
from ingest.library import Library


@dataclass(frozen=True, slots=True)
class Setting:
    """What a search weighs by. `share` is the bridge's in the vector of a Chinese question; None: as it is set up."""

    weights: Weights
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question whose turns but the last have been asked and answered, in `conversation`."""

    question: Question
    conversation: Conversation

    @property
    def last_turn(self) -> str:
        return self.question.turns[-1]


def current(library: Library) -> Setting:
    """The setting that an assistant has if it is told nothing; its share is None where there is no bridge."""
    return Setting(Weights(), BRIDGE_SHARE if isinstance(library.embedder, BridgedEmbedder) else None)


def asked_so_far(questions: Sequence[Question], assistant: Assistant) -> list[Asked]:
    """The questions, their earlier turns answered by the assistant as it is set now, once and for all settings."""

    async def all_of_them() -> list[Asked]:
        return [await _asked(question, assistant) for question in questions]

    return asyncio.run(all_of_them())


def found_for(asked: Sequence[Asked], assistant: Assistant) -> list[Found]:
    """How the assistant understands each last turn, and what it finds: the turn as it is really searched, cut off
    before its answer is composed."""

    async def all_of_them() -> list[Found]:
        return [await _found(one, assistant) for one in asked]

    return asyncio.run(all_of_them())


@contextmanager
def sharing(library: Library) -> Iterator[Callable[[float | None], None]]:
    """A function that sets the bridge's share for the searches that follow; afterwards it is what it was.

    None stands for what it was, and is all that an embedder without a bridge can be given. A question that comes again
    with the same share is not embedded again.
    """
    own = library.embedder
    bridged = own if isinstance(own, BridgedEmbedder) else None
    known: dict[float | None, Embedder] = {}

    def set_share(share: float | None) -> None:
        if share not in known:
            known[share] = _Remembering(bridged.with_share(share) if bridged and share is not None else own)
        library.use(known[share])

    try:
        yield set_share
    finally:
        library.use(own)


class _Remembering:
    """An embedder that embeds each question once: that is most of a search's time."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self.name = embedder.name
        self.fingerprint = embedder.fingerprint
        self.dim = embedder.dim
        self.max_tokens = embedder.max_tokens

    def reads(self, text: str) -> bool:
        return self._embedder.reads(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.count_tokens(texts)

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        return self._embedder.embed(texts, progress)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        if text not in self._vectors:
            self._vectors[text] = self._embedder.embed_query(text)
        return self._vectors[text]

    def glosses(self, text: str) -> list[Gloss]:
        return self._embedder.glosses(text) if isinstance(self._embedder, Glossing) else []


async def _asked(question: Question, assistant: Assistant) -> Asked:
    conversation = Conversation(question.id)
    for turn in question.turns[:-1]:
        answer = await assistant.answer(turn, conversation)
        conversation = Conversation(question.id, turns=(*conversation.turns, Turn(turn, answer)))
    return Asked(question, conversation)


async def _found(asked: Asked, assistant: Assistant) -> Found:
    async with aclosing(assistant.stream(asked.last_turn, asked.conversation)) as events:
        async for event in events:
            if isinstance(event, Found):
                return event
    raise AssertionError("a turn begins with Found")
