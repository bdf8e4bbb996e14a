"""Question sets played through an assistant."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from assistant.answer import Answer, Conversation, Event, Finished, Found, Turn
from evals.prediction import RANKED, Prediction
from evals.question import Question

# An arXiv id of either style. Its month keeps other decimals out: 1024.0001 is none. ASCII, so that an id may stand
# right against Chinese text.
_MONTH = r"\d\d(?:0[1-9]|1[0-2])"
_NEW_STYLE = rf"(?<![\w.]){_MONTH}\.\d{{4,5}}"
_OLD_STYLE = rf"(?:(?<=abs/)|(?<![\w./-]))[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{{2}})?/{_MONTH}\d{{3}}"
_ARXIV_ID = re.compile(rf"({_NEW_STYLE}|{_OLD_STYLE})(?:v\d+)?(?![\w/]|\.\d)", re.ASCII)


class Answering(Protocol):
    """Whatever answers questions; `assistant.chat.Assistant` does."""

    def stream(self, question: str, conversation: Conversation | None = None) -> AsyncIterator[Event]:
        """One `Found`, pieces of text, one `Finished`."""
        ...


def run_questions(
    questions: Sequence[Question],
    assistant: Answering,
    progress: Callable[[Prediction], None] | None = None,
) -> list[Prediction]:
    """A prediction for each question, in their order; `progress` is given each as soon as it is there."""
    return asyncio.run(_run(questions, assistant, progress or (lambda prediction: None)))


async def predict(question: Question, assistant: Answering) -> Prediction:
    """Asks all turns as one conversation, each after the answer to the one before; the last is what is predicted."""
    conversation = Conversation(question.id)
    for turn in question.turns:
        started = time.perf_counter()
        first_token, answer = await _ask(turn, conversation, assistant)
        finished = time.perf_counter()
        conversation = Conversation(question.id, turns=(*conversation.turns, Turn(turn, answer)))
    return Prediction(
        id=question.id,
        answer=answer.text,
        cited=cited_ids(answer.text),
        ranked=tuple(dict.fromkeys(hit.paper.arxiv_id for hit in answer.hits))[:RANKED],
        abstained=answer.abstained,
        mode=answer.mode,
        seconds={"first_token": round(first_token - started, 4), "total": round(finished - started, 4)},
    )


def cited_ids(text: str) -> tuple[str, ...]:
    """The distinct arXiv ids in `text`, without versions, in order of first appearance."""
    return tuple(dict.fromkeys(_ARXIV_ID.findall(text)))


async def _run(
    questions: Sequence[Question], assistant: Answering, progress: Callable[[Prediction], None]
) -> list[Prediction]:
    predictions = []
    for question in questions:
        predictions.append(await predict(question, assistant))
        progress(predictions[-1])
    return predictions


async def _ask(question: str, conversation: Conversation, assistant: Answering) -> tuple[float, Answer]:
    """When the first words could be read, on the clock of `time.perf_counter`, and the answer."""
    first_token: float | None = None
    answer: Answer | None = None
    async for event in assistant.stream(question, conversation):
        if first_token is None and not isinstance(event, Found):
            first_token = time.perf_counter()
        if isinstance(event, Finished):
            answer = event.answer
    if first_token is None or answer is None:
        raise AssertionError(f"a stream of events must end with `Finished`, and that for {question!r} did not")
    return first_token, answer
