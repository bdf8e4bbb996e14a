"""Many people at once: `python -m tests.ui.crowd --chats 50 --turns 10` prints what they wait for.

The server is a process of its own, `digest chat` as a person starts it, over the sample digests or a library of
yours. Its model is a stand-in of this process that speaks the OpenAI API at a steady pace and says, with every answer,
a mark of the question, so that an answer in the wrong chat is seen. A chat sends the requests that Gradio's own script
sends: its page with its cookie, the heartbeat, `queue/join` and the events of `queue/data`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import click
import httpx
from playwright.async_api import Browser, async_playwright

from assistant.prompt import RULES
from tests.assistant.conftest import ModelServer, Request, Wire, _read_request
from tests.ui.browsers import FLAGS, browser_on_this_machine
from ui.strings import ENGLISH

QUESTIONS = (
    "Which papers use diffusion for video editing?",
    "How does NeRF represent a scene?",
    "Compare DDPM and latent diffusion",
    "Which papers are about object detection?",
    "How does chain-of-thought prompting help reasoning?",
    "Which papers retrieve passages for question answering?",
    "Which papers teach language models to use tools?",
    "What does Segment Anything segment?",
    "Compare BERT and T5",
    "Which papers train vision transformers without labels?",
)
DIGEST = (sys.executable, "-m", "ui")
_CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>", re.DOTALL)
_SOURCE = re.compile(r"<source (\d+)>\nTitle: .*\nSubmitted: .*\n(?:.*\n)*?([ -~]+)\n")
_FULL = ENGLISH.full.partition("{waiting}")[2]
_MARK = re.compile(r"(?:ask|told)(\d+)x\d+")


# --- the model ---------------------------------------------------------------------------------------------------


@dataclass
class SteadyModel(ModelServer):
    """Quotes the sources at a steady pace after the mark of the question, and notes when its callers hang up."""

    tokens: int = 150
    per_second: float = 30.0
    leaks: list[str] = field(default_factory=list)
    open: int = 0  # answers being said now
    most_open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read_request(reader)
        except asyncio.IncompleteReadError:
            return writer.close()
        wire = Wire(writer, asyncio.Event())
        gone = asyncio.create_task(reader.read())
        said = asyncio.create_task(self._answer(request, wire))
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            await asyncio.wait({gone, said}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            gone.cancel()
            said.cancel()
            with suppress(ConnectionError, asyncio.CancelledError):
                await said
            writer.close()

    async def _answer(self, request: Request, wire: Wire) -> None:
        words = self._words([message["content"] for message in request.body["messages"]])
        start = time.monotonic()
        await wire.head()
        for number, word in enumerate(words):
            await asyncio.sleep(start + number / self.per_second - time.monotonic())
            await wire.say(word)
        await wire.say("", "stop")
        await wire.end()

    def _words(self, prompt: Sequence[str]) -> list[str]:
        if prompt[0] != RULES:  # another task than to answer, which is done at its shortest
            return ["none"]
        [*earlier, (chat, turn)] = re.findall(r"ask(\d+)x(\d+)", "\n".join(prompt))
        self.leaks += [f"chat {other} in a prompt of {chat}" for other, _ in earlier if other != chat]
        words = [f"told{chat}x{turn} "]
        for number, sentence in cycle(_SOURCE.findall(prompt[-1])):
            words += re.findall(r"\S+\s*", f"{sentence} [{number}]\n")
            if len(words) >= self.tokens:
                return words
        raise ValueError(f"no sources in the prompt: {prompt[-1]}")


@asynccontextmanager
async def steady_model(**how: Any) -> AsyncIterator[SteadyModel]:
    model = SteadyModel(**how)
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0, backlog=1024)
    model.port = server.sockets[0].getsockname()[1]
    yield model
    server.close()


# --- the server --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """A running `digest chat`: its address, its process, and the seconds from the process's start to its page."""

    address: str
    pid: int
    seconds: float

    @property
    def megabytes(self) -> float:
        """What it holds in memory."""
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    @property
    def cpu_seconds(self) -> float:
        """What it has computed so far."""
        times = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def digest_chat(home: Path, model: ModelServer | None = None, **settings: object) -> Iterator[Served]:
    """The chat as a person starts it, on a free port."""
    given = {f"DIGEST_{name.upper()}": str(value) for name, value in settings.items()}
    if model:
        given |= {"DIGEST_LLM": "openai-compatible:steady", "OPENAI_BASE_URL": model.base_url}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DIGEST_", "OPENAI_"))}
    start = time.monotonic()
    with subprocess.Popen(
        [*DIGEST, "chat", "--home", str(home), "--port", "0", "--no-open"],
        env={**kept, **given},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            address = _address_said(process)
            httpx.get(address, timeout=60).raise_for_status()
            yield Served(address, process.pid, time.monotonic() - start)
        finally:
            process.terminate()


def _address_said(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise RuntimeError(f"digest chat ended before it served: {said}")


def library_of(home: Path, *paths: str) -> Path:
    """A library of these digests, or of the samples."""
    subprocess.run(
        [*DIGEST, "ingest", *(paths or ("--samples",)), "--home", str(home)], check=True, capture_output=True
    )
    return home


# --- a chat ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """What came of one question. Seconds from asking to the answer's first word, None without one, and to its end."""

    number: int
    first: float | None
    whole: float
    marks: frozenset[str] = frozenset()  # of the chats that the page told of
    turned_away: bool = False
    error: str = ""


class Tab:
    """One browser tab, as the server sees it."""

    def __init__(self, address: str, number: int) -> None:
        self._number = number
        self._session = secrets.token_hex(6)
        self._http = httpx.AsyncClient(base_url=address, timeout=120, headers={"Accept-Language": "en"})
        self._config: dict[str, Any] = {}
        self._alive: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Tab:
        page = await self._http.get("/")
        found = _CONFIG.search(page.text)
        assert found, page.text[:500]
        self._config = json.loads(found[1])
        self._alive = asyncio.create_task(self._live())
        assert "error" not in await self._run(*self._event("load"), [])
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._alive:
            self._alive.cancel()
            with suppress(asyncio.CancelledError):
                await self._alive
        await self._http.aclose()

    async def ask(self, number: int, question: str) -> Turn:
        """Types a question with the mark of this chat and turn, and reads its answer to the end."""
        start, mark = time.monotonic(), f"told{self._number}x{number}"
        function, trigger = self._event("submit", "box")
        inputs = [f"{question} #ask{self._number}x{number}", *self._at_rest(function)[1:]]
        first, marks, full, line, error = None, set[str](), False, "", ""
        try:
            async for line in self._lines(function, trigger, inputs):
                first = first or (time.monotonic() - start if mark in line else None)
                marks.update(_MARK.findall(line))
                full = full or _FULL in line
        except (httpx.HTTPError, QueueError) as exc:
            error = f"{type(exc).__name__}: {exc}"
        if not error and not full and not (first and '"success":true' in line):
            error = f"no answer: {line[-300:]}"
        return Turn(number, first, time.monotonic() - start, frozenset(marks), full, error)

    async def _run(self, function: int, trigger: int, inputs: Sequence[Any]) -> str:
        return [line async for line in self._lines(function, trigger, inputs)][-1]

    async def _lines(self, function: int, trigger: int, inputs: Sequence[Any]) -> AsyncGenerator[str, None]:
        """Joins the queue; what the server says of this event, the last being its end."""
        body = {"fn_index": function, "trigger_id": trigger, "session_hash": self._session, "data": inputs}
        joined = await self._http.post("gradio_api/queue/join", json={**body, "event_data": None})
        if joined.is_error:
            raise QueueError(joined.text)
        event = joined.json()["event_id"]
        where = {"session_hash": self._session}
        async with self._http.stream("GET", "gradio_api/queue/data", params=where) as told:
            async for line in told.aiter_lines():
                if event in line:
                    yield line
                    if '"process_completed"' in line[:200] or '"msg":"process_completed"' in line:
                        break

    async def _live(self) -> None:
        """The connection by which the server knows that the tab is open."""
        with suppress(httpx.HTTPError):
            async with self._http.stream("GET", f"gradio_api/heartbeat/{self._session}", timeout=None) as beats:
                async for _ in beats.aiter_raw():
                    pass

    def _event(self, event: str, elem_id: str = "") -> tuple[int, int]:
        """The function behind an event of a component, and that component."""
        named = {c["id"]: c.get("props", {}).get("elem_id") or "" for c in self._config["components"]}
        for dependency in self._config["dependencies"]:
            for component, name in dependency["targets"]:
                if name == event and named.get(component, "") == elem_id:
                    return dependency["id"], component
        raise LookupError(f"the page has no {event} of #{elem_id}")

    def _at_rest(self, function: int) -> list[Any]:
        """What the components that a function reads hold in a fresh page."""
        values = {c["id"]: c.get("props", {}).get("value") for c in self._config["components"]}
        [inputs] = [d["inputs"] for d in self._config["dependencies"] if d["id"] == function]
        return [values.get(component) for component in inputs]


class QueueError(Exception):
    """Gradio's own queue did not take an event on: the page has no words for that."""


# --- what is measured --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crowd:
    """How many chats ask how many questions each; `pause`: mean seconds that a person reads before the next."""

    chats: int
    turns: int
    pause: float = 0.0


@dataclass(frozen=True)
class Seen:
    """What the chats of a crowd saw, and the same turns of one chat alone."""

    turns: tuple[Turn, ...]
    alone: dict[int, Turn]
    leaks: tuple[str, ...]

    @property
    def errors(self) -> list[str]:
        return [turn.error for turn in self.turns if turn.error]

    @property
    def added_first(self) -> list[float]:
        """Seconds that the first word came later than to one chat alone."""
        return [t.first - (self.alone[t.number].first or 0) for t in self.turns if t.first is not None]

    @property
    def added_whole(self) -> list[float]:
        return [t.whole - self.alone[t.number].whole for t in self.turns if not t.error]


async def run_crowd(address: str, model: SteadyModel, crowd: Crowd) -> Seen:
    await _chat(address, 9999, Crowd(1, 1))  # what only the first question of a server waits for is not the crowd's
    alone = await _chat(address, 9998, Crowd(1, crowd.turns))
    chats = await asyncio.gather(*(_chat(address, number, crowd) for number in range(crowd.chats)))
    leaks = [leak for number, turns in enumerate(chats) for leak in _leaks(number, turns)]
    turns = tuple(turn for chat in chats for turn in chat)
    return Seen(turns, {turn.number: turn for turn in alone}, (*model.leaks, *leaks))


@dataclass(frozen=True)
class Rush:
    """What more chats saw than are taken on: seconds to a refusal, and from the last answer to one for a new chat."""

    answered: int
    refusals: tuple[float, ...]
    errors: tuple[str, ...]
    normal_again: float


async def run_rush(address: str, chats: int) -> Rush:
    """All ask at once, their pages being open."""
    async with AsyncExitStack() as tabs:
        opened = [await tabs.enter_async_context(Tab(address, number)) for number in range(chats)]
        turns = await asyncio.gather(*(tab.ask(0, QUESTIONS[0]) for tab in opened))
        [after] = await _chat(address, 9997, Crowd(1, 1))
    refusals = tuple(turn.whole for turn in turns if turn.turned_away)
    errors = tuple(turn.error for turn in (*turns, after) if turn.error)
    return Rush(sum(turn.first is not None for turn in turns), refusals, errors, after.first or after.whole)


async def close_in_mid_answer(address: str, model: SteadyModel, browser: Browser) -> float:
    """Seconds from closing a real tab until the model is no longer asked for the rest of its answer."""
    page = await browser.new_page(locale="en-US")
    await page.goto(address)
    await page.locator("html[data-ready] #header h1").wait_for()
    await page.locator("#box textarea").fill(f"{QUESTIONS[1]} #ask9996x0")
    await page.locator("#box textarea").press("Enter")
    await page.get_by_text("told9996x0").first.wait_for()
    assert model.open, "the answer had ended before the tab was closed"
    start = time.monotonic()
    await page.close()
    while model.open:
        await asyncio.sleep(0.02)
    return time.monotonic() - start


async def most_at_once(address: str, model: SteadyModel, chats: int) -> int:
    """How many of so many chats are answered at the same time."""
    model.most_open = 0
    await asyncio.gather(*(_chat(address, number, Crowd(1, 1)) for number in range(chats)))
    return model.most_open


async def _chat(address: str, number: int, crowd: Crowd) -> list[Turn]:
    reading = random.Random(number)
    turns = []
    async with Tab(address, number) as tab:
        for turn in range(crowd.turns):
            await asyncio.sleep(reading.uniform(0, 2 * crowd.pause))
            turns.append(await tab.ask(turn, QUESTIONS[turn % len(QUESTIONS)]))
    return turns


def _leaks(number: int, turns: Sequence[Turn]) -> list[str]:
    """Marks of other chats on a chat's page."""
    return [f"chat {other} on the page of {number}" for turn in turns for other in turn.marks - {str(number)}]


def p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else max(values, default=0.0)


# --- the command -------------------------------------------------------------------------------------------------


@click.command()
@click.option("--chats", default=50, show_default=True)
@click.option("--turns", default=10, show_default=True)
@click.option("--tokens", default=150, show_default=True, help="Of one answer.")
@click.option(
    "--pause", default=5.0, show_default=True, help="Mean seconds that a person reads before the next question."
)
@click.option("--rush", default=200, show_default=True, help="Chats that all ask at once, where 100 are taken on.")
@click.option("--closings", default=50, show_default=True, help="Tabs of a real browser closed in mid-answer.")
@click.option("--home", type=click.Path(path_type=Path), help="A library; default: the sample digests, read anew.")
def main(chats: int, turns: int, tokens: int, pause: float, rush: int, closings: int, home: Path | None) -> None:
    """What a crowd of chats waits for."""
    with TemporaryDirectory() as folder:
        home = home or library_of(Path(folder) / "home")
        for line in asyncio.run(_measure(home, Crowd(chats, turns, pause), tokens)):
            click.echo(line)
        for line in asyncio.run(_measure_rush(home, rush, closings)):
            click.echo(line)


async def _measure_rush(home: Path, chats: int, closings: int) -> list[str]:
    async with steady_model(tokens=90) as model, async_playwright() as playwright:
        with digest_chat(home, model, max_answers=64, max_waiting=36) as served:
            seen = await run_rush(served.address, chats)
            browser = await playwright.chromium.launch(executable_path=browser_on_this_machine(), args=FLAGS)
            ends = [await close_in_mid_answer(served.address, model, browser) for _ in range(closings)]
            model.tokens = 600  # so that the first still goes on when the last begins
            left = await most_at_once(served.address, model, 64)
    return [
        f"{chats} chats at once, 64 answered at a time and 36 in line",
        f"answered, told no, errors   {seen.answered:8d} {len(seen.refusals):8d} {len(seen.errors):8d}",
        f"told no after, p95          {p95(seen.refusals):8.2f} s",
        f"normal again after          {seen.normal_again:8.2f} s",
        f"{closings} tabs closed in mid-answer",
        f"generation ended after, max {max(ends, default=0):8.2f} s",
        f"answered at once after it   {left:8d} of 64",
    ]


async def _measure(home: Path, crowd: Crowd, tokens: int) -> list[str]:
    async with steady_model(tokens=tokens) as model:
        with digest_chat(home, model) as served:
            before, computed = served.megabytes, served.cpu_seconds
            seen = await run_crowd(served.address, model, crowd)
            each = (served.cpu_seconds - computed) / (len(seen.turns) + len(seen.alone) + 1)
            return [
                f"{crowd.chats} chats of {crowd.turns} turns, {tokens} tokens an answer at {model.per_second:g}/s, "
                f"read for {crowd.pause:g} s on average, on {os.cpu_count()} cores",
                f"page served after           {served.seconds:8.2f} s",
                f"errors                      {len(seen.errors):8d}     {'; '.join(sorted(set(seen.errors))[:3])}",
                f"leaks                       {len(seen.leaks):8d}     {'; '.join(seen.leaks[:3])}",
                f"first token alone, median   {median(t.first or 0 for t in seen.alone.values()):8.2f} s",
                f"first token added, median   {median(seen.added_first or [0]):8.2f} s",
                f"first token added, p95      {p95(seen.added_first):8.2f} s",
                f"whole answer added, p95     {p95(seen.added_whole):8.2f} s",
                f"processor time of a turn    {each:8.3f} s",
                f"memory before, after        {before:8.0f} {served.megabytes:8.0f} MB",
            ]


if __name__ == "__main__":
    main()
