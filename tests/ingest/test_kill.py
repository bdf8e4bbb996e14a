"""kill -9 in the middle of ingests, again and again: nothing reported is lost, and the library repairs itself."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up import SUMMARY, Entry, digest, many

from ingest.digest import read_digest
from ingest.library import open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import Source, find_sources

DIGESTS = 6
PAPERS = 55  # in each, of which some were in the one before


class Ingester:
    """Starts ingests in processes of their own."""

    def __init__(self, homes: Path, digests: Path) -> None:
        tests = Path(__file__).parents[1]
        paths = os.pathsep.join(map(str, (tests, tests / "ingest", tests.parent)))
        command = [sys.executable, "-P", "-m", "ingester", str(homes), str(digests)]
        self._process = subprocess.Popen(
            command, text=True, stdin=-1, stdout=-1, env={**os.environ, "PYTHONPATH": paths}
        )
        assert self._process.stdin
        assert self._process.stdout
        self._orders, self._words = self._process.stdin, self._process.stdout
        assert self._word() == "ready"

    def whole(self, name: str) -> tuple[float, int]:
        """Seconds and upserts that one undisturbed ingest takes."""
        self._start(name)
        started, upserts = time.perf_counter(), 0
        while (word := self._word()) != "done":
            upserts += word == "upsert"
        seconds = time.perf_counter() - started
        assert self._word() == "ended"
        return seconds, upserts

    def killed_after(self, name: str, seconds: float) -> int:
        """Entries that were reported as stored."""
        child = self._start(name)
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self._stored()

    def killed_in_upsert(self, name: str, number: int, seconds: float) -> int:
        """Entries that were reported as stored."""
        self._start(name, number, seconds)
        return self._stored()

    def close(self) -> None:
        self._orders.close()
        self._process.wait(10)

    def _word(self) -> str:
        word = self._words.readline().strip()
        assert word, "the ingester died"
        return word

    def _start(self, name: str, number: int = 0, seconds: float = 0.0) -> int:
        self._orders.write(f"{name} {number} {seconds}\n")
        self._orders.flush()
        return int(self._word().split()[1])

    def _stored(self) -> int:
        stored = 0
        while (word := self._word()) != "ended":
            if word.startswith("stored "):
                stored = int(word.split()[1])
        return stored


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A week of digests; each lists a few papers of the day before again, with another summary."""
    folder = tmp_path_factory.mktemp("digests")
    papers = many(DIGESTS * PAPERS)
    for day in range(DIGESTS):
        again = [_reworded(entry) for entry in papers[max(0, day * PAPERS - 8) : day * PAPERS]]
        text = digest("", *again, *papers[day * PAPERS : (day + 1) * PAPERS]).text
        (folder / f"2026-01-{day + 5:02}.md").write_text(text)
    return folder


def _reworded(entry: Entry) -> Entry:
    return replace(entry, summary={**SUMMARY, "TL;DR": "Again {0}."})


def _settings(home: Path) -> IngestSettings:
    return IngestSettings(home=home, database_url=None, chroma_url=None)


TABLES = ["papers", "paper_authors", "paper_categories", "appearances", "sentences"]


def _contents(home: Path) -> dict[str, object]:
    """All rows, but for times and versions."""
    with sqlite3.connect(home / "library.sqlite") as connection:
        rows = {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
        for table, columns in {"digests": "name, day, papers", "passages": "passage_id, text, vector"}.items():
            rows[table] = sorted(connection.execute(f"SELECT {columns} FROM {table}"), key=repr)
    return rows


def _entries(sources: list[Source]) -> list[str]:
    """The ids of all entries in the order in which they are read."""
    return [paper.arxiv_id for source in sources for paper in read_digest(source.read(), source.name).papers]


def _moments(kills: int, seconds: float, upserts: int) -> Iterator[tuple[int, float]]:
    """Half of them anywhere, half just after the n-th upsert has begun."""
    pick = random.Random()
    for n in range(kills):
        yield (0, pick.uniform(0, seconds)) if n % 2 else (pick.randint(1, upserts), pick.uniform(0, 0.01))


def test_an_ingest_killed_at_any_moment_loses_nothing_and_is_completed_by_the_next(
    request: pytest.FixtureRequest, tmp_path: Path, digests: Path, embedder
):
    ingester, sources = Ingester(tmp_path, digests), find_sources([str(digests)])
    seconds, upserts = ingester.whole("whole")
    expected, entries = _contents(tmp_path / "whole"), _entries(sources)
    indexed = _indexed(tmp_path / "whole", embedder)
    kills, interrupted = request.config.getoption("--kills"), 0
    for n, (upsert, wait) in enumerate(_moments(kills, seconds, upserts)):
        home, moment = tmp_path / str(n), f"kill {n}, upsert {upsert}, {wait:.4f} s"
        if upsert:
            stored = ingester.killed_in_upsert(home.name, upsert, wait)
        else:
            stored = ingester.killed_after(home.name, wait)
        with open_library(_settings(home), embedder) as library:
            lost = [arxiv_id for arxiv_id in entries[:stored] if not library.paper(arxiv_id)]
            assert not lost, moment
            assert library.index_lag() == 0, f"not repaired after {moment}"
            found = {hit.arxiv_id for hit in library.search(np.ones(32, np.float32), 100_000)}
            assert found == {paper.arxiv_id for paper in library.iter_papers()}, moment
            for read in library.digests():
                assert library.count() >= read.papers, moment
            interrupted += 0 < library.count() < DIGESTS * PAPERS
            ingest(sources, library)
        assert _contents(home) == expected, moment
        assert _indexed(home, embedder) == pytest.approx(indexed, abs=1e-4), moment
    ingester.close()
    assert interrupted > kills / 2, "too few kills hit the ingest: has it become too short?"


def _indexed(home: Path, embedder) -> dict[str, float]:
    """Everything in the index, with its score for some question."""
    with open_library(_settings(home), embedder) as library:
        hits = library.search(embedder.embed(["sparse robot memory"])[0], 100_000)
        assert library.index_lag() == 0
        return {hit.passage_id: hit.score for hit in hits}
