"""The MCP door: the real client over both transports, the tools' words and results, what goes wrong, who leaves."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from doorstep import one_digest, standing
from fastapi import FastAPI
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent, Tool
from stand_ins import SAMPLES, ScriptedAssistant, ShelfLibrary

from assistant.chat import Assistant
from ingest.digest import read_digest
from ingest.library import open_library
from ingest.paper import Section
from ingest.settings import IngestSettings
from tests.conftest import WordEmbedder
from ui import mcp_door
from ui.gate import Gate

ROOT = Path(__file__).parents[2]
PAPERS = {p.arxiv_id: p for p in read_digest((SAMPLES / "2025-11-03.md").read_text("utf-8"), "2025-11-03").papers}
MODES = ("auto", "legacy")  # how a client of today and one of yesterday says hello


@asynccontextmanager
async def tools(address: str, mode: str = "auto") -> AsyncIterator[Client]:
    async with Client(f"{address}/mcp", mode=mode) as client:
        yield client


def structured(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, said(result)
    assert result.structured_content is not None
    return result.structured_content


def said(result: CallToolResult) -> str:
    return "".join(part.text for part in result.content if isinstance(part, TextContent))


async def named(client: Client) -> dict[str, Tool]:
    return {tool.name: tool for tool in (await client.list_tools()).tools}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("mcp-home")
    with one_digest(home):
        return home


@pytest.fixture(scope="module")
def house(home: Path) -> Iterator[str]:
    """The address of the door of a real assistant."""
    with (
        open_library(IngestSettings(home=home), WordEmbedder()) as library,
        standing(mcp_door.routes(Assistant(library), library, Gate(2, 2))) as address,
    ):
        yield address


# --- over HTTP


@pytest.mark.parametrize("mode", MODES)
async def test_an_agent_is_told_what_the_two_tools_do_and_take(stage: str, mode: str) -> None:
    async with tools(stage, mode) as client:
        found = await named(client)
    assert set(found) == {"search_papers", "ask"}
    for tool in found.values():
        assert tool.description
        assert tool.output_schema
        assert tool.annotations
        assert tool.annotations.read_only_hint
    taken = found["search_papers"].input_schema["properties"]
    assert set(taken) == {"question", "since", "until", "categories", "authors", "limit"}
    assert all("description" in field for field in taken.values())
    assert found["ask"].input_schema["required"] == ["question"]


@pytest.mark.parametrize("mode", MODES)
async def test_an_answer_comes_with_the_sentences_that_it_stands_on(house: str, mode: str) -> None:
    async with tools(house, mode) as client:
        result = await client.call_tool("ask", {"question": "which papers generate images with diffusion?"})
    answer = structured(result)
    assert json.loads(said(result)) == answer
    assert answer["digest"]["abstained"] is False
    assert answer["citations"]
    for cited in answer["citations"]:
        assert f"[{cited['arxiv_id']}]({cited['url']})" in answer["answer"]
        for at in cited["evidence"]:
            text = PAPERS[cited["arxiv_id"]].text(Section(at["section"]))
            assert text[at["start"] : at["end"]] == at["text"]


async def test_a_refusal_says_so(house: str) -> None:
    async with tools(house) as client:
        answer = structured(await client.call_tool("ask", {"question": "Who won the football world cup in 1998?"}))
    assert answer["digest"]["abstained"] is True


async def test_papers_are_found_with_their_text_best_first(house: str) -> None:
    async with tools(house) as client:
        found = structured(await client.call_tool("search_papers", {"question": "diffusion images", "limit": 3}))
    assert found["count"] == len(PAPERS)
    assert len(found["papers"]) == 3
    for shown in found["papers"]:
        paper = PAPERS[shown["arxiv_id"]]
        assert (shown["title"], shown["abstract"], shown["url"]) == (paper.title, paper.abstract, paper.url)
        assert 0 <= shown["fit"] <= 1


async def test_without_a_question_papers_are_listed_by_the_filters_newest_first(house: str) -> None:
    wanted = sorted((i for i, paper in PAPERS.items() if "cs.CV" in paper.categories), reverse=True)
    async with tools(house) as client:
        found = structured(await client.call_tool("search_papers", {"categories": ["cs.cv"], "limit": 2}))
    assert found["count"] == len(wanted)
    assert [paper["arxiv_id"] for paper in found["papers"]] == wanted[:2]


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("search_papers", {"since": "2025-13"}, "expected a month"),
        ("search_papers", {"since": "2025-12", "until": "2025-11"}, "exchange them"),
        ("search_papers", {"categories": ["video"] * 101}, "name fewer"),
        ("search_papers", {"question": "x" * 4001}, "4000"),
        ("search_papers", {"limit": 51}, "50"),
        ("ask", {"question": ""}, "at least 1 character"),
        ("ask", {"question": "  "}, "expected a question"),
        ("ask", {}, "question"),
        ("ask", {"question": "a", "categories": ["<script>"]}, "expected an arXiv category"),
    ],
)
async def test_what_cannot_be_asked_is_told_to_the_agent(
    house: str, tool: str, arguments: dict[str, Any], told: str
) -> None:
    async with tools(house) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert told in said(result)


async def test_an_error_tells_what_to_do_and_one_that_nobody_expected_tells_nothing(stage: str) -> None:
    async with tools(stage) as client:
        known = await client.call_tool("ask", {"question": "break"})
        unknown = await client.call_tool("ask", {"question": "crash"})
    assert known.is_error
    assert "DIGEST_LLM=none" in said(known)
    assert unknown.is_error
    assert said(unknown) == "Error executing tool ask"


@pytest.mark.parametrize("mode", MODES)
async def test_who_leaves_in_mid_answer_ends_it_and_frees_the_place(mode: str) -> None:
    library, gate = ShelfLibrary(), Gate(1, 1)
    assistant = ScriptedAssistant(library)
    with standing(mcp_door.routes(assistant, library, gate)) as address:
        async with tools(address, mode) as client:
            call = asyncio.create_task(client.call_tool("ask", {"question": "endlessly"}))
            await eventually(lambda: gate.running == 1 and len(assistant.histories) == 1)
            call.cancel()
        await eventually(lambda: assistant.closed == 1 and gate.running == 0)


async def test_who_waits_is_told_their_place_and_who_finds_none_that_it_is_full() -> None:
    library, gate, places = ShelfLibrary(), Gate(1, 1), []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        places.append(message)

    with standing(mcp_door.routes(ScriptedAssistant(library), library, gate)) as address:
        async with tools(address) as client:
            first = asyncio.create_task(client.call_tool("ask", {"question": "endlessly"}))
            await eventually(lambda: gate.running == 1)
            arguments = {"question": "diffusion"}
            second = asyncio.create_task(client.call_tool("ask", arguments, progress_callback=note))
            await eventually(lambda: places == ["number 1 in the line"])
            third = await client.call_tool("ask", arguments)
            first.cancel()
            assert structured(await second)["citations"]
    assert third.is_error
    assert "waiting already" in said(third)


async def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def test_without_the_package_the_door_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    library = ShelfLibrary()
    with standing(mcp_door.routes(ScriptedAssistant(library), library, Gate(1, 1))) as address:
        for answer in (httpx.get(f"{address}/mcp"), httpx.post(f"{address}/mcp", json={})):
            assert answer.status_code == 501
            assert "pip install '.[mcp]'" in answer.json()["error"]


async def test_the_server_can_be_started_again() -> None:
    library = ShelfLibrary()
    app = FastAPI()
    app.include_router(mcp_door.routes(ScriptedAssistant(library), library, Gate(1, 1)))
    for _ in range(2):
        with standing(app) as address:
            async with tools(address) as client:
                assert structured(await client.call_tool("ask", {"question": "diffusion"}))


# --- over standard input and output

# `digest mcp`, with an embedder that needs no loading.
PROGRAM = (
    "from tests.conftest import WordEmbedder; from ui.command import main; from ui.options import Parts; "
    "main(['mcp'], Parts(embedder=WordEmbedder()))"
)


@pytest.mark.parametrize("mode", MODES)
async def test_a_program_that_starts_it_asks_over_standard_input(home: Path, mode: str) -> None:
    env = {"DIGEST_HOME": str(home), "DIGEST_LLM": "none"}
    command = StdioServerParameters(command=sys.executable, args=["-c", PROGRAM], env=env, cwd=ROOT)
    async with Client(command, mode=mode) as client:
        assert set(await named(client)) == {"search_papers", "ask"}
        found = structured(await client.call_tool("search_papers", {"question": "diffusion images", "limit": 2}))
        answer = structured(await client.call_tool("ask", {"question": "哪些论文生成图像？"}))
        wrong = await client.call_tool("search_papers", {"since": "yesterday"})
    assert len(found["papers"]) == 2
    assert answer["citations"]
    assert "expected a month" in said(wrong)


def test_without_the_package_the_command_says_how_to_get_it(home: Path) -> None:
    program = "import sys; sys.modules['mcp'] = None; from ui.command import main; main(['mcp'])"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"DIGEST_HOME": str(home)}, capture_output=True
    )
    assert ran.returncode == 1
    assert b"pip install '.[mcp]'" in ran.stderr
    assert ran.stdout == b""


def test_the_help_does_not_load_the_package() -> None:
    program = (
        "import sys\nfrom ui.command import main\n"
        "try: main(['--help'])\nexcept SystemExit: print([m for m in sys.modules if m.split('.')[0] == 'mcp'])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.endswith("[]\n")
