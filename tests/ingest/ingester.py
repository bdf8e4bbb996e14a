"""A process that ingests and can be killed at any moment: `python -m ingester HOME DIGESTS` (see test_kill.py).

For each line `<name> <number> <seconds>` on standard input it forks a child, which has everything imported already,
that ingests into HOME/<name>. The child prints its id, `upsert` before each write to Chroma, `stored N` when N
entries are committed, and `done`. It is killed so many seconds into its upsert of that number; with 0 it is not.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from pathlib import Path

import chromadb  # noqa: F401  # imported before the fork
import conftest

from ingest import run
from ingest.index import VectorIndex
from ingest.library import open_library
from ingest.settings import IngestSettings
from ingest.source import find_sources

CHUNK = 24  # so that there are many moments between two commits


def speak(*words: object) -> None:
    print(*words, flush=True)


def deadly(upsert, number: int, seconds: float):
    """`upsert`, but its call of that number, counted from 1, ends in kill -9 after so many seconds."""
    calls = itertools.count(1)

    def upserting(index: VectorIndex, ids, vectors) -> None:
        speak("upsert")
        if next(calls) == number and not os.fork():
            time.sleep(seconds)
            os.kill(os.getppid(), signal.SIGKILL)
            os._exit(0)
        upsert(index, ids, vectors)

    return upserting


def ingest(home: Path, digests: str, number: int, seconds: float) -> None:
    VectorIndex.upsert = deadly(VectorIndex.upsert, number, seconds)
    run.CHUNK = CHUNK
    settings = IngestSettings(home=home, database_url=None, chroma_url=None)
    with open_library(settings, conftest.WordEmbedder()) as library:
        run.ingest(find_sources([digests]), library, lambda step: speak("stored", step.stored))
    speak("done")


if __name__ == "__main__":
    speak("ready")
    for line in sys.stdin:
        if not (child := os.fork()):
            speak("started", os.getpid())
            home, number, seconds = line.split()
            ingest(Path(sys.argv[1]) / home, sys.argv[2], int(number), float(seconds))
            os._exit(0)
        os.waitpid(child, 0)
        speak("ended")
