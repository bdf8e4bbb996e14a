"""The rooms import in one direction, each vendor has one door, and what a module keeps to itself stays there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("ingest", "assistant", "evals", "ui")  # each may import itself and those before it

DOORS = {
    "chromadb": {"ingest/index.py", "evals/baseline.py"},
    "sentence_transformers": {"ingest/embedder.py"},
    "sqlalchemy": {"ingest/record.py"},
    "gradio": {"ui/*"},
    "fastapi": {"ui/*"},
    "mcp": {"ui/mcp_tools.py"},
    "openai": {"assistant/llm.py"},
    "llama_index.llms": {"assistant/llm.py"},
    "llama_index": {"assistant/llm.py", "assistant/llama_index_door.py", "evals/baseline.py"},
}

MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Each import of a module as (module, name taken from it or ''), those inside functions and TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: relative imports hide the room they come from"
            yield from ((node.module or "", alias.name) for alias in node.names)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_room_imports_itself_and_the_rooms_before_it_only(path: Path) -> None:
    later = ROOMS[ROOMS.index(path.relative_to(ROOT).parts[0]) + 1 :]
    assert [module for module, _ in imports(path) if module.split(".")[0] in (*later, "tests")] == []


@pytest.mark.parametrize(("vendor", "doors"), DOORS.items(), ids=DOORS)
def test_a_vendor_comes_in_by_its_door_only(vendor: str, doors: set[str]) -> None:
    inside = {name(path) for path in MODULES if any(_is_of(module, vendor) for module, _ in imports(path))}
    assert {path for path in inside if path not in doors and path.split("/")[0] + "/*" not in doors} == set()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_takes_a_private_name_of_another(path: Path) -> None:
    ours = ((module, taken) for module, taken in imports(path) if module.split(".")[0] in ROOMS)
    private = [(module, taken) for module, taken in ours if taken.startswith("_") or "._" in module]
    assert private == []


def test_no_modules_import_each_other() -> None:
    """Not by way of others either, nor inside functions: none can be read, tested or moved without all of them."""
    names = {name(path).removesuffix(".py").replace("/", "."): path for path in MODULES}
    graph = {
        module: {m for found in imports(path) for m in (found[0], ".".join(found)) if m in names}
        for module, path in names.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which tells the circle


def test_no_module_is_a_drawer_for_leftovers() -> None:
    drawers = {"common", "utils", "util", "core", "helpers", "helper", "misc"}
    assert [name(path) for path in MODULES if drawers.intersection(path.relative_to(ROOT).with_suffix("").parts)] == []


def _is_of(module: str, vendor: str) -> bool:
    return module == vendor or module.startswith(vendor + ".")
