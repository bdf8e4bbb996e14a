"""How long it takes and how much memory: each step in a process of its own, so that none profits from another."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from assistant.chat import Assistant
from evals.baseline import build_baseline
from evals.errors import EvalsError
from evals.question import Question
from evals.run import run_questions
from ingest.library import open_library
from ingest.load import load_embedder
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure with its unit: s, ms, MB (10^6 bytes), papers or ×."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What was measured, on which machine. `str()` is a table for terminals."""

    machine: str
    measures: tuple[Measure, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        width = max(len(measure.name) for measure in self.measures)
        rows = (f"{measure.name:{width}}  {measure.value:10.3f} {measure.unit}" for measure in self.measures)
        return "\n".join([self.machine, "", *rows])


def bench(
    digests: Sequence[str],
    questions: Sequence[Question],
    baseline: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Bench:
    """Reads `digests` into an empty library twice, asks all questions of it without a language model, and, if
    `baseline`, reads the same files with the plain llama-index pipeline. Uses and removes a temporary folder."""
    tell = progress or (lambda step: None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        tell("ingest into an empty library")
        papers, loading, reading = _in_child(_ingest, digests, home, True)
        if not papers:
            raise EvalsError(f"expected digests with papers, found none in {', '.join(digests)}.")
        tell("ingest again")
        _, _, again = _in_child(_ingest, digests, home, False)
        tell("ask")
        measures = [
            Measure("papers", papers, "papers"),
            Measure("load the embedding model for the first time", loading, "s"),
            Measure("ingest into an empty library, loading included", loading + reading, "s"),
            Measure("ingest again", again, "s"),
            *_in_child(_ask, questions, home),
            Measure("ingest a paper, model loaded", 1000 * reading / papers, "ms"),
        ]
        if baseline:
            tell("ingest with the llama-index baseline")
            for stock in (True, False):
                theirs = _in_child(_baseline, digests, home / f"baseline-{stock}", stock)
                measures += _against_baseline(1000 * reading / papers, *theirs, stock)
    return Bench(machine(), tuple(measures))


def machine() -> str:
    """Processor, cores that this process may use, system and Python, on one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def _ingest(digests: Sequence[str], home: Path, load_first: bool) -> tuple[int, float, float]:
    """Papers in the library afterwards, seconds to load the embedding model if told to, and to read the digests."""
    started = time.perf_counter()
    with open_library(_settings(home)) as library:
        if load_first:
            library.embedder.embed(["The first text takes longer."])
        loaded = time.perf_counter()
        ingest(find_sources(digests), library)
        return library.count(), loaded - started, time.perf_counter() - loaded


def _ask(questions: Sequence[Question], home: Path) -> list[Measure]:
    started = time.perf_counter()
    with open_library(_settings(home)) as library:
        assistant = Assistant(library)
        run_questions(questions[:1], assistant)
        cold = time.perf_counter() - started
        warm = [1000 * prediction.seconds["total"] for prediction in run_questions(questions, assistant)]
        searches = [1000 * _search_seconds(question.turns[0], assistant) for question in questions]
    return [
        Measure("open the library and answer one question", cold, "s"),
        Measure("warm search, median", statistics.median(searches), "ms"),
        Measure("warm search, 95th percentile", float(np.percentile(searches, 95)), "ms"),
        Measure("warm answer, median", statistics.median(warm), "ms"),
        Measure("warm answer, 95th percentile", float(np.percentile(warm, 95)), "ms"),
        *([Measure("peak memory while answering", peak / 1e6, "MB")] if (peak := _peak_bytes()) else []),
    ]


def _search_seconds(question: str, assistant: Assistant) -> float:
    """To understand the question, embed it and rank the papers."""
    started = time.perf_counter()
    assistant.search(question)
    return time.perf_counter() - started


def _baseline(digests: Sequence[str], home: Path, stock: bool) -> tuple[int, float]:
    """Papers and seconds, the loading of the model not counted."""
    built = build_baseline(find_sources(digests), load_embedder(_settings(home)), home, stock=stock)
    return len(built.known), built.seconds


def _against_baseline(ours: float, papers: int, seconds: float, stock: bool) -> list[Measure]:
    theirs = 1000 * seconds / papers
    which = "baseline, its own embedding class" if stock else "baseline, our embedder"
    return [
        Measure(f"ingest a paper, {which}", theirs, "ms"),
        Measure(f"{which}: its time over ours", theirs / ours, "×"),
    ]


def _settings(home: Path) -> IngestSettings:
    # A database or Chroma server named in the environment is not the temporary library.
    return IngestSettings(home=home, database_url=None, chroma_url=None)


def _in_child(step: Callable[..., T], *arguments: object) -> T:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(step, *arguments).result()


def _peak_bytes() -> int | None:
    """The largest resident size this process had; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
