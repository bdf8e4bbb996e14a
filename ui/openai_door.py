"""The OpenAI-compatible door, `/v1/models` and `/v1/chat/completions`, for Open WebUI and any OpenAI client.

The format is OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat). What has no place in it
stands beside it: `citations`, a list of `ui.fields.CitedPaper`, and `digest`, a `ui.fields.Told`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import secrets
import textwrap
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assistant.answer import Answer, Delta, Event, Finished, Found
from assistant.errors import AssistantError, QuestionError
from assistant.recall import recalled
from ingest.errors import IngestError
from ingest.library import Library
from ui.fields import cited, told
from ui.gate import Gate, TooFastError, TurnedAwayError
from ui.talk import Answers
from ui.visitor import Visitor, visitor_of

log = logging.getLogger(__name__)

MODEL = "digest-assistant"
LARGEST_BODY = 4_000_000  # bytes
MOST_MESSAGES = 1000
LONGEST_MESSAGE = 200_000  # characters; a question has fewer still
_REMEMBERED = 10  # exchanges that a question may refer to
SIGN_SECONDS = 10.0  # proxies and clients hang up on a stream that is silent for a minute or so
_FULL_SECONDS = 5  # after which a place may be free
_BYTES_PER_TOKEN = 4
_STREAM_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]

Fields = dict[str, Any]


# --- what is asked -----------------------------------------------------------------------------------------------


class _Part(BaseModel):
    type: str
    text: Annotated[str, Field(max_length=LONGEST_MESSAGE)] = ""


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, Field(max_length=LONGEST_MESSAGE)] | list[_Part] | None = None

    @property
    def text(self) -> str:
        parts = self.content if isinstance(self.content, list) else []
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in parts)


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Request(BaseModel):
    """What is read of a request; temperatures, tools and the like change nothing here."""

    model: str
    messages: Annotated[list[_Message], Field(min_length=1, max_length=MOST_MESSAGES)]
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, the questions and answers before it, and how the answer is wanted."""

    question: str
    before: tuple[tuple[str, str], ...]
    prompt_tokens: int
    streamed: bool
    with_usage: bool


async def _asked(request: Request) -> _Asked:
    """Raises _Problem for anything that is not a request this door can answer."""
    try:
        read = _Request.model_validate_json(await _body(request))
    except ValidationError as error:
        raise _malformed(error) from error
    if read.model != MODEL:
        raise _no_model(read.model)
    messages = [message for message in read.messages if message.role in ("user", "assistant")]
    _check_parts(messages)
    if not messages or messages[-1].role != "user":
        raise _Problem(400, "the last message is not the user's: end with a question", "messages")
    return _Asked(
        question=messages[-1].text,
        before=_exchanges(messages)[-_REMEMBERED:],
        prompt_tokens=sum(_tokens(message.text) for message in messages),
        streamed=bool(read.stream),
        with_usage=bool(read.stream_options and read.stream_options.include_usage),
    )


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise _Problem(413, f"the request has more than {LARGEST_BODY:,} bytes: send fewer or shorter messages")
    return bytes(body)


def _check_parts(messages: Sequence[_Message]) -> None:
    parts = (part for message in messages if isinstance(message.content, list) for part in message.content)
    for part in parts:
        if part.type != "text":
            raise _Problem(
                400, f"a message holds {part.type[:50]!r}, and only text can be read: leave it out", "messages"
            )


def _exchanges(messages: Sequence[_Message]) -> tuple[tuple[str, str], ...]:
    """Each question with the answer that follows it; a question without one is left out."""
    pairs = zip(messages, messages[1:], strict=False)
    return tuple((one.text, next_.text) for one, next_ in pairs if (one.role, next_.role) == ("user", "assistant"))


# --- what is told ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sign:
    """A sign of life while there is nothing to tell yet."""

    text: str


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said in the end: the text, and the fields beside it."""

    text: str
    beside: Fields = field(default_factory=dict)


_Event = _Sign | Event | _Said


def _said(answer: Answer) -> _Said:
    notice = f"\n\n> {answer.notice}" if answer.notice else ""
    return _Said(
        answer.text + notice, {"citations": [asdict(paper) for paper in cited(answer)], "digest": asdict(told(answer))}
    )


class _Telling:
    """One answer on its way to a client, as OpenAI lays it out."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked
        self._head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}

    def whole(self, said: _Said) -> Fields:
        message = {"role": "assistant", "content": said.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        head = {**self._head, "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": self._usage(said.text), **said.beside}

    def start(self) -> str:
        return self._chunk({"role": "assistant", "content": ""})

    def piece(self, text: str) -> str:
        return self._chunk({"content": text}) if text else ""

    def end(self, said: _Said) -> str:
        """The last chunk, which says all that is beside the text; the usage, if it was asked for; the end."""
        usage = {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._usage(said.text)}
        last = _frame(usage) if self._asked.with_usage else ""
        return f"{self._chunk({}, 'stop', said.beside)}{last}data: [DONE]\n\n"

    def _chunk(self, delta: Fields, finish: str | None = None, beside: Fields | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self._asked.with_usage else {}
        return _frame({**self._head, "object": "chat.completion.chunk", "choices": [choice], **usage, **(beside or {})})

    def _usage(self, text: str) -> Fields:
        prompt, completion = self._asked.prompt_tokens, _tokens(text)
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _frame(fields: Fields) -> str:
    """One event. In ASCII, as some clients end a line at characters that only other scripts have."""
    return f"data: {json.dumps(fields)}\n\n"


def _tokens(text: str) -> int:
    """About as many as a language model would count; who answers here need not be one."""
    return math.ceil(len(text.encode()) / _BYTES_PER_TOKEN)


# --- the door ----------------------------------------------------------------------------------------------------


def routes(assistant: Answers, library: Library, gate: Gate, sign_seconds: float = SIGN_SECONDS) -> APIRouter:
    """The door's routes. A stream that has nothing to tell gives a sign of life every `sign_seconds`."""
    router = APIRouter()
    model = {"id": MODEL, "object": "model", "created": int(time.time()), "owned_by": "digest"}

    @router.get("/v1/models")
    def models() -> Fields:
        return {"object": "list", "data": [model]}

    @router.get("/v1/models/{name}")
    def one_model(name: str) -> JSONResponse:
        return JSONResponse(model) if name == MODEL else _no_model(name).response()

    completions = _Completions(assistant, library, gate, sign_seconds)
    router.routes.append(Route("/v1/chat/completions", completions, methods=["POST"]))
    return router


class _Completions:
    """`POST /v1/chat/completions` as an ASGI application: it sees the client leave, whatever it is doing then."""

    def __init__(self, assistant: Answers, library: Library, gate: Gate, sign_seconds: float) -> None:
        self._assistant, self._library, self._gate, self._sign_seconds = assistant, library, gate, sign_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            asked = await _asked(Request(scope, receive))
        except _Problem as problem:
            await problem.response()(scope, receive, send)
        except ClientDisconnect:
            log.debug("a client left before its question was read")
        else:
            events = self._answered(asked, visitor_of(scope))
            if asked.streamed:
                answering = _stream(asked, _with_signs(events, self._sign_seconds), send)
            else:
                answering = _tell_whole(asked, events, send)
            await _while_there(receive, answering)

    async def _answered(self, asked: _Asked, visitor: Visitor) -> AsyncGenerator[_Event, None]:
        """The places in the line, then the events of the turn; or at once what is said to a chore."""
        if (done := _chore(asked.question)) is not None:
            yield _Said(done)
            return
        with self._gate.admit(visitor) as place:
            async for position in place.line():
                yield _Sign(f"number {position} in the line")
            before = await asyncio.to_thread(recalled, asked.before, self._library, self._assistant.understand)
            async with aclosing(self._assistant.stream(asked.question, before)) as events:
                async for event in events:
                    yield event


async def _while_there(receive: Receive, answering: Coroutine[Any, Any, None]) -> None:
    """Answers, but no longer than the client is there to listen."""
    tasks = [asyncio.create_task(answering), asyncio.create_task(_gone(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _tell_whole(asked: _Asked, events: AsyncGenerator[_Event, None], send: Send) -> None:
    try:
        response = JSONResponse(_Telling(asked).whole(await _last(events)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the client is told in the shape that it reads
        response = _problem(error).response()
    await _send(response, send)


async def _last(events: AsyncGenerator[_Event, None]) -> _Said:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, _Said):
                return event
            if isinstance(event, Finished):
                return _said(event.answer)
    raise AssertionError("a turn ends with Finished")


async def _stream(asked: _Asked, events: AsyncGenerator[_Event, None], send: Send) -> None:
    """Waits for the first sign before it says 200: what goes wrong until then is told by the status."""
    begun = False
    try:
        async with aclosing(_frames(asked, events)) as frames:
            async for frame in frames:
                if not begun:
                    await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
                    begun = True
                await send({"type": "http.response.body", "body": frame.encode(), "more_body": True})
    except Exception as error:  # noqa: BLE001 - as above
        problem = _problem(error)
        if not begun:
            await _send(problem.response(), send)
            return
        await send({"type": "http.response.body", "body": _frame(problem.fields()).encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _frames(asked: _Asked, events: AsyncGenerator[_Event, None]) -> AsyncGenerator[str, None]:
    """The answer as it is streamed, none empty.

    Text that was sent cannot be taken back. So each piece after the first waits for the next: an answer that replaces
    what a model wrote comes as one piece, and a line sets it off from what it replaces.
    """
    telling, sent, held = _Telling(asked), "", ""
    async with aclosing(events):
        async for event in events:
            match event:
                case _Sign(text=text):
                    yield f": {text}\n\n"
                case Found():
                    yield telling.start()
                case Delta(text=text) if sent:
                    if held:
                        yield telling.piece(held)
                    sent, held = sent + held, text
                case Delta(text=text) if text:
                    yield telling.piece(text)
                    sent = text
                case Finished(answer=answer):
                    yield telling.piece(_rest(sent, held, answer)) + telling.end(_said(answer))
                case _Said():
                    yield telling.start() + telling.piece(event.text) + telling.end(event)


def _rest(sent: str, held: str, answer: Answer) -> str:
    """What is still to be sent of an answer, its notice included."""
    said = _said(answer).text
    if said.startswith(sent):
        return said[len(sent) :]
    if (sent + held).split() == answer.text.split():
        return held + said[len(answer.text) :]
    return f"\n\n---\n\n{said}"


async def _with_signs(events: AsyncGenerator[_Event, None], every: float) -> AsyncGenerator[_Event, None]:
    """The events, and a sign of life whenever none has come for `every` seconds.

    One task reads them from the first to the last: what they hold open has to be closed where it was opened.
    """
    heard: asyncio.Queue[_Event | None] = asyncio.Queue()
    reading = asyncio.create_task(_read(events, heard))
    try:
        while True:
            try:
                event = await asyncio.wait_for(heard.get(), every)
            except TimeoutError:
                yield _Sign("still working on it")
                continue
            if event is None:
                break
            yield event
        await reading
    finally:
        reading.cancel()
        await asyncio.wait({reading})


async def _read(events: AsyncGenerator[_Event, None], heard: asyncio.Queue[_Event | None]) -> None:
    """Puts all events into the queue, and None at their end, whatever the end."""
    try:
        async with aclosing(events):
            async for event in events:
                heard.put_nowait(event)
    finally:
        heard.put_nowait(None)


async def _send(response: JSONResponse, send: Send) -> None:
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body})


# --- what chat programs ask of a model on their own account ---------------------------------------------------------

_CHORE = re.compile(r"\s*#+ Task:.*?<chat_history>(?P<history>.*)", re.DOTALL)
_WANTED = re.compile(r'"(title|tags|follow_ups|queries|prompt|text)"\s*:')
_FIRST_SAID = re.compile(r"\s*USER:\s*(.+)", re.IGNORECASE)
_LONGEST_TITLE = 60


def _chore(question: str) -> str | None:
    """What is said to Open WebUI's wish for a title, tags or the like, in the JSON it reads; None for a question.

    Its prompts (https://docs.openwebui.com) are headed `### Task:` and hold the chat; nothing in them is looked up.
    """
    chore = _CHORE.match(question)
    if chore is None:
        return None
    wanted = _WANTED.search(question)
    first = _FIRST_SAID.match(chore["history"])
    title = textwrap.shorten(first[1], _LONGEST_TITLE, placeholder="…") if first else ""
    answers: Fields = {"title": title, "tags": ["arXiv"], "follow_ups": [], "queries": [], "prompt": "", "text": ""}
    return json.dumps({wanted[1]: answers[wanted[1]]}, ensure_ascii=False) if wanted else "{}"


# --- what goes wrong ---------------------------------------------------------------------------------------------


class _Problem(Exception):
    """What a client is told instead of an answer, with OpenAI's names for it."""

    def __init__(
        self, status: int, message: str, param: str | None = None, code: str | None = None, wait: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.param, self.code, self.wait = status, param, code, wait

    def fields(self) -> Fields:
        kind = {429: "rate_limit_error"}.get(
            self.status, "server_error" if self.status >= 500 else "invalid_request_error"
        )
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}

    def response(self) -> JSONResponse:
        headers = {"Retry-After": str(self.wait)} if self.wait else None
        return JSONResponse(self.fields(), self.status, headers)


def _no_model(name: str) -> _Problem:
    return _Problem(404, f"there is no model {name[:100]!r}: ask for {MODEL!r}", "model", "model_not_found")


def _malformed(error: ValidationError) -> _Problem:
    first = error.errors(include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return _Problem(400, f"{place or 'the request'}: {first['msg']}", place or None)


def _problem(error: Exception) -> _Problem:
    match error:
        case TooFastError(seconds=seconds):
            return _Problem(429, str(error), code="rate_limit_exceeded", wait=seconds)
        case TurnedAwayError():
            return _Problem(429, str(error), code="rate_limit_exceeded", wait=_FULL_SECONDS)
        case QuestionError():
            return _Problem(400, str(error), "messages")
        case AssistantError() | IngestError():
            return _Problem(503, str(error))
    log.exception("a question failed", exc_info=error)
    return _Problem(500, f"{type(error).__name__}: the question failed; the server's log says where")
