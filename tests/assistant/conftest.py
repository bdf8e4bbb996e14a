"""A real HTTP server on loopback that speaks, or misspeaks, the OpenAI API; a real library; models by script."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from assistant.model import Message
from assistant.settings import AssistantSettings
from ingest.library import Library
from tests.assistant.shelf_of_papers import shelf_of

KEY = "sk-secret-0123456789"


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Wire:
    """One connection, as a behaviour sees it. Bodies are sent chunked, so that an early end can be told."""

    def __init__(self, writer: asyncio.StreamWriter, hung_up: asyncio.Event) -> None:
        self._writer = writer
        self.hung_up = hung_up

    async def head(self, status: int = 200, content_type: str = "text/event-stream", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {content_type}", "Transfer-Encoding: chunked"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self._send("\r\n".join([*lines, "Connection: close", "", ""]).encode())

    async def raw(self, body: bytes) -> None:
        if body:
            await self._send(f"{len(body):x}\r\n".encode() + body + b"\r\n")

    async def say(self, text: str | None, finish: str | None = None) -> None:
        await self.chunk({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})

    async def chunk(self, event: object) -> None:
        await self.raw(b"data: " + json.dumps(event).encode() + b"\n\n")

    async def end(self) -> None:
        await self._send(b"0\r\n\r\n")

    async def answer(self, *pieces: str, finish: str | None = "stop") -> None:
        """A whole, well-behaved answer."""
        await self.head()
        await self.chunk({"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]})
        for piece in pieces:
            await self.say(piece)
        await self.say("", finish)
        await self.raw(b"data: [DONE]\n\n")
        await self.end()

    async def refuse(self, status: int, message: str = "no", **headers: str) -> None:
        await self.head(status, "application/json", **headers)
        await self.raw(json.dumps({"error": {"message": message}}).encode())
        await self.end()

    def reset(self) -> None:
        self._writer.transport.abort()

    async def _send(self, octets: bytes) -> None:
        self._writer.write(octets)
        await self._writer.drain()


Behaviour = Callable[[Wire], Awaitable[None]]


@dataclass
class ModelServer:
    """Meets the first request with the first behaviour and so on, the last one being repeated."""

    behaviours: list[Behaviour] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: ["served-model"])
    requests: list[Request] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def questions(self) -> list[Request]:
        return [request for request in self.requests if request.method == "POST"]

    def settings(self, **changes: Any) -> AssistantSettings:
        """Settings that lead here, with deadlines that a busy machine keeps."""
        given = {
            "llm": "openai-compatible:tiny",
            "openai_api_key": KEY,
            "openai_base_url": self.base_url,
            "connect_seconds": 5.0,
            "first_token_seconds": 10.0,
            "between_tokens_seconds": 10.0,
            "answer_seconds": 20.0,
        }
        return AssistantSettings(**{**given, **changes})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read_request(reader)
        except asyncio.IncompleteReadError:
            return writer.close()
        self.requests.append(request)
        wire = Wire(writer, self.hung_up)
        watch = asyncio.create_task(self._watch(reader))
        try:
            if request.path.endswith("/models"):
                await wire.head(200, "application/json")
                await wire.raw(json.dumps({"data": [{"id": name, "object": "model"} for name in self.models]}).encode())
                await wire.end()
            else:
                await self.behaviours[min(len(self.questions), len(self.behaviours)) - 1](wire)
        except ConnectionError:
            self.hung_up.set()
        finally:
            watch.cancel()
            writer.close()

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        self.hung_up.set()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split()
    return Request(method, path, headers, json.loads(body or b"{}"))


@pytest_asyncio.fixture
async def model_server() -> AsyncIterator[ModelServer]:
    served = ModelServer()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    yield served
    server.close()


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Variables, `.env` and config.toml of whoever runs the tests must not reach them."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "OLLAMA_HOST", "DIGEST_LLM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DIGEST_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@dataclass
class ScriptedModel:
    """Says its pieces, then fails if it has a failure; remembers what it was sent and whether it was closed."""

    pieces: Sequence[str] = ()
    failure: Exception | None = None
    name: str = "scripted-1"
    where: str = "this test"
    context_tokens: int = 8192
    prompts: list[Sequence[Message]] = field(default_factory=list)
    closed: int = 0

    def count_tokens(self, text: str) -> int:
        return len(text) // 4 + 1

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        self.prompts.append(messages)
        try:
            for piece in self.pieces:
                await asyncio.sleep(0)
                yield piece
            if self.failure:
                raise self.failure
        finally:
            self.closed += 1


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The dozen papers of `shelf_of_papers`, for tests that only read."""
    with shelf_of(tmp_path_factory.mktemp("shelf") / "home") as library:
        yield library
