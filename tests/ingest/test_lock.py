"""One writer at a time, any number of readers, in processes of their own."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass

import pytest
from made_up import digest, many

from ingest.errors import LibraryBusy
from ingest.library import Library, open_library
from ingest.paper import Filters
from ingest.run import ingest
from ingest.settings import IngestSettings

OPEN = """
import sys
from dataclasses import replace
from pathlib import Path
from conftest import WordEmbedder
from made_up import SUMMARY, digest, many
from ingest.library import open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
home, database, chroma = sys.argv[1:4]
settings = IngestSettings(home=Path(home), database_url=database or None, chroma_url=chroma or None)
library = open_library(settings, WordEmbedder())
"""
HOLD = OPEN + "with library.writing():\n    print('holding', flush=True)\n    sys.stdin.read()\n"
# Stops after each chunk until it is told to go on.
INGEST = (
    OPEN
    + """
stored = 0
def wait(step):
    global stored
    if step.stored > stored:
        stored = step.stored
        print(stored, flush=True)
        sys.stdin.readline()
again = [replace(entry, summary={**SUMMARY, "TL;DR": "Said anew."}) for entry in many(40)]
ingest([digest("2026-02-05.md", *again, *many(250, "2602"))], library, wait)
print("done", flush=True)
"""
)


@dataclass
class _Arguments:
    settings: IngestSettings

    def __iter__(self):
        url = self.settings.database_url
        return iter([str(self.settings.home), url.get_secret_value() if url else "", self.settings.chroma_url or ""])


def test_a_second_writer_is_told_within_two_seconds_which_process_writes(library: Library, settings, python):
    child = python(HOLD, *_Arguments(settings))
    assert child.stdout.readline() == "holding\n"
    started = time.perf_counter()
    with pytest.raises(LibraryBusy, match=rf"process {child.pid}\b"), library.writing():
        pass
    assert time.perf_counter() - started < 2
    child.communicate("")
    with library.writing():
        pass


def test_machines_that_share_a_database_share_its_lock(new_database, tmp_path, embedder, python):
    url = new_database()
    here, there = (IngestSettings(home=tmp_path / n, database_url=url, chroma_url=None) for n in ("here", "there"))
    with open_library(here, embedder) as library:
        child = python(HOLD, *_Arguments(there))
        assert child.stdout.readline() == "holding\n"
        with pytest.raises(LibraryBusy, match=rf"process {child.pid} on "), library.writing():
            pass
        child.communicate("")
        with library.writing():
            pass


def test_a_second_writer_in_the_same_process_is_refused_too(library: Library, settings, embedder):
    with (
        open_library(settings, embedder) as other,
        library.writing(),
        pytest.raises(LibraryBusy, match=str(os.getpid())),
        other.writing(),
    ):
        pass


def test_a_writer_that_is_killed_leaves_no_lock(library: Library, settings, python):
    child = python(HOLD, *_Arguments(settings))
    assert child.stdout.readline() == "holding\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    with library.writing():
        pass


def test_a_reader_works_during_an_ingest_and_sees_new_papers_without_reopening(
    library: Library, settings, embedder, python
):
    ingest([digest("2026-01-05.md", *many(40))], library)
    vector = embedder.embed(["sparse robot memory"])[0]
    assert {hit.arxiv_id[:4] for hit in library.search(vector, 5)} == {"2601"}
    assert library.index_lag() == 0
    version, seen = library.version(), library.count()
    child = python(INGEST, *_Arguments(settings))
    while (line := child.stdout.readline()) != "done\n":
        stored = int(line)
        assert library.version() > version
        assert library.count() == stored > seen  # the first 40 were here before
        hits = library.search(vector, 10_000)
        assert {hit.arxiv_id for hit in hits} == set(_ids(library))
        assert len({hit.passage_id for hit in hits}) == len(hits), "an outdated passage is found beside its new self"
        version, seen = library.version(), library.count()
        child.stdin.write("\n")
        child.stdin.flush()
    child.communicate()
    assert library.count() == 290
    # All of it from the index again, which this process had open before.
    assert library.index_lag() == 0
    assert {hit.arxiv_id for hit in library.search(vector, 10_000)} == set(_ids(library))


def _ids(library: Library) -> list[str]:
    return [paper.arxiv_id for paper in library.iter_papers()]


def test_a_reader_in_another_process_finds_the_new_paper_itself(library: Library, settings, embedder, python):
    ingest([digest("2026-01-05.md", *many(40))], library)
    topic = many(250, "2602")[200].topic
    vector = embedder.embed([f"On {topic} {topic} {topic}"])[0]
    assert library.search(vector, 1)[0].arxiv_id.startswith("2601")
    child = python(INGEST, *_Arguments(settings))
    child.communicate("\n" * 10)
    assert library.search(vector, 1)[0].arxiv_id == "2602.00201"
    assert library.index_lag() == 0


def test_threads_search_while_one_of_them_ingests(library: Library, embedder):
    ingest([digest("2026-01-05.md", *many(40))], library)
    vector = embedder.embed(["sparse robot memory"])[0]
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                assert len(library.search(vector, 20)) == 20
                assert library.papers(library.select(Filters())[:20])
            except BaseException as exc:  # noqa: BLE001  # shown below
                failures.append(exc)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    ingest([digest("2026-02-05.md", *many(200, "2602"))], library)
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert library.index_lag() == 0
