"""JSON lines from outside, checked at the door: every fault of a file is told at once, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from evals.errors import FileFormatError


class Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Identified)


def read_jsonl(path: Path, door: TypeAdapter[T]) -> tuple[T, ...]:
    """One object a line that is not blank, in the order of the file; `FileFormatError` names every line at fault."""
    objects: dict[str, tuple[int, T]] = {}
    faults: list[str] = []
    for number, line in lines_of(path):
        try:
            entry = door.validate_json(line)
        except ValidationError as exc:
            faults += [f"{path.name}:{number}: {expectation(error)}" for error in exc.errors(include_url=False)]
            continue
        first = objects.setdefault(entry.id, (number, entry))[0]
        if first != number:
            faults.append(f"{path.name}:{number}: expected each `id` once, got {entry.id!r} of line {first} again")
    if faults or not objects:
        raise FileFormatError("\n".join(faults) or f"{path.name}: expected a JSON object on each line, got none")
    return tuple(entry for _, entry in objects.values())


def expectation(error: ErrorDetails) -> str:
    """`expected …, got …` for one finding of pydantic."""
    place, got = ".".join(map(str, error["loc"])), f"{error['input']!r:.80}"
    if error["type"] == "missing":
        return f"expected a field `{place}`, got an object without it"
    if error["type"] == "unexpected_keyword_argument":
        return f"expected only the fields of the format, got `{place}`"
    if not place:
        return f"expected a JSON object, got {got}"
    wanted = re.sub(r"^\w+ should ", "", error["msg"]).partition(" after validation")[0]
    return f"expected `{place}` to {wanted}, got {got}"


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, each with its number. Raises FileFormatError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise FileFormatError(f"{path}: expected a readable file of JSON lines in UTF-8, got: {exc}") from exc
    # Not splitlines(): U+2028 and its like are legal inside a JSON string.
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
