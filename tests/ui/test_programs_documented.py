"""The examples of docs/programs.md do what they say, run as they stand but for the address."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from ui.command import digest
from ui.mcp_door import PATH
from ui.openai_door import MODEL
from ui.settings import UiSettings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "example", blocks("python"), ids=lambda code: re.search(r"(?:from|import) (?!asyncio)(\w+)", code)[1]
)
def test_an_example_in_python_runs_and_prints_papers(
    stage: str, example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "example.py"
    file.write_text(example.replace(ADDRESS, stage), encoding="utf-8")
    runpy.run_path(str(file))
    assert re.search(r"\d{4}\.\d{4,5}", capsys.readouterr().out)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_the_example_for_the_shell_answers(stage: str) -> None:
    [example] = blocks("console")
    command = example.removeprefix("$ ").replace(ADDRESS, stage).replace("curl ", "curl --silent --noproxy '*' ")
    ran = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=True)
    assert json.loads(ran.stdout)["choices"][0]["message"]["content"]


def test_the_configurations_of_agents_name_a_command_and_an_address_that_there_are() -> None:
    by_command, by_address = (json.loads(block)["mcpServers"]["digest"] for block in blocks("json"))
    assert by_command["command"] == digest.name
    assert by_command["args"][0] in digest.commands
    assert by_address["url"] == ADDRESS + PATH


def test_addresses_and_names_are_those_that_are_served(stage: str) -> None:
    assert UiSettings.model_fields["port"].default == int(ADDRESS.rpartition(":")[2])
    assert f'model="{MODEL}"' in TEXT
    assert set(httpx.get(f"{stage}/healthz").json()) == {"status", "papers"}
    assert set(httpx.get(f"{stage}/gradio_api/info").json()["named_endpoints"]) == {"/ask", "/search", "/papers"}
