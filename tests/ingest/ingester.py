"""A process that ingests and can be killed at any moment: `python -m ingester HOME DIGESTS` (see test_kill.py).

For each line on standard input it forks a child, which has everything imported already, that ingests into
HOME/<line>. The child prints its id, `upsert` before each write to Chroma, `stored N` when N entries are committed,
and `done`.
"""

from __future__ import annotations

import os
import sys
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


def loudly(upsert):
    """Says so before each upsert, so that it can be killed in it."""

    def speaking(index: VectorIndex, ids, vectors) -> None:
        speak("upsert")
        upsert(index, ids, vectors)

    return speaking


def ingest(home: Path, digests: str) -> None:
    VectorIndex.upsert = loudly(VectorIndex.upsert)
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
            ingest(Path(sys.argv[1]) / line.strip(), sys.argv[2])
            os._exit(0)
        os.waitpid(child, 0)
        speak("ended")
