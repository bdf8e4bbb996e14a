"""What an assistant made of a question, as a line of a prediction file. Format: README.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from evals.errors import FileFormatError
from evals.jsonl import read_jsonl

RANKED = 100
"""How many papers of a ranking are kept."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to one question.

    `cited`: distinct arXiv ids in `answer`, in order of first appearance. `ranked`: papers in retrieval order, best
    first. `seconds`: `first_token` and `total`, counted from the last turn's question.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    id: str
    answer: str
    cited: tuple[str, ...]
    ranked: tuple[str, ...]
    abstained: bool
    mode: str
    seconds: Mapping[str, float] = field(default_factory=dict)


_DOOR = TypeAdapter(Prediction)


def read_predictions(path: Path) -> tuple[Prediction, ...]:
    """The predictions of a JSONL file, in its order; raises `FileFormatError` with every fault."""
    return read_jsonl(path, _DOOR)


@contextmanager
def writing(path: Path) -> Iterator[Callable[[Prediction], None]]:
    """A function that adds a prediction to a new file at once, so that what a stopped run has finished is kept."""
    try:
        file = path.open("w", encoding="utf-8", newline="\n")
    except OSError as exc:
        raise FileFormatError(f"{path}: expected a file that can be written, got: {exc}") from exc
    with file:
        yield lambda prediction: print(json.dumps(asdict(prediction), ensure_ascii=False), file=file, flush=True)


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """A new file with a line for each prediction, in their order."""
    with writing(path) as write:
        for prediction in predictions:
            write(prediction)
