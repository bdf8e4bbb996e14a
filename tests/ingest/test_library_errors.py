"""What a person reads when a library cannot be used: what was found, and what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy
from made_up import digest, many

from ingest.errors import EmbedderError, IngestError, LibraryError
from ingest.library import open_library
from ingest.run import ingest
from ingest.settings import IngestSettings

PASSWORD = "not-to-be-printed"


def _settings(home: Path, database: str | None = None, chroma: str | None = None) -> IngestSettings:
    return IngestSettings(home=home, database_url=database, chroma_url=chroma)


def test_a_new_library_is_private_to_its_owner(tmp_path, embedder):
    with open_library(_settings(tmp_path / "new" / "home"), embedder) as library:
        assert stat.S_IMODE(library.home.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_is_named(tmp_path, embedder):
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match=r"file/home.*DIGEST_HOME"):
        open_library(_settings(tmp_path / "file" / "home"), embedder)


def test_a_home_that_cannot_be_written_is_named(tmp_path, embedder):
    if os.geteuid() == 0:
        home = Path("/proc/self")  # where not even root can make a file
    else:
        home = tmp_path / "home"
        home.mkdir(mode=0o500)
    with pytest.raises(LibraryError, match="DIGEST_HOME"):
        open_library(_settings(home), embedder)


@pytest.mark.parametrize("damage", ["other", "torn"])
def test_a_damaged_record_is_named_with_what_to_do(on_disk, embedder, damage: str):
    with open_library(on_disk, embedder) as library:
        ingest([digest("2026-01-05.md", *many(30))], library)
    file = on_disk.home / "library.sqlite"
    for beside in on_disk.home.glob("library.sqlite-*"):
        beside.unlink()
    whole = file.read_bytes()
    file.write_bytes(b"no database at all" * 100 if damage == "other" else whole[:8192] + b"\xff" * (len(whole) - 8192))
    with (
        pytest.raises(LibraryError, match=r"library.sqlite.*damaged.*backup"),
        open_library(on_disk, embedder) as library,
    ):
        ingest([digest("2026-01-06.md", *many(3))], library)


def test_a_full_disk_is_told_and_costs_nothing_that_was_stored(on_disk, embedder):
    pages = 130

    def limit(connection, _):
        connection.execute(f"PRAGMA max_page_count={pages}")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", limit)
    try:
        with open_library(on_disk, embedder) as library, pytest.raises(LibraryError, match="disk is full.*Make room"):
            ingest([digest("2026-01-05.md", *many(400))], library)
        stored = library.count()
        pages = 1_000_000
        library.close()
        with open_library(on_disk, embedder) as library:
            assert library.count() == stored > 0
            assert ingest([digest("2026-01-05.md", *many(400))], library).repeats == stored
            assert library.index_lag() == 0
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", limit)


def test_a_database_server_that_is_down_is_named_without_its_password(tmp_path, embedder):
    with pytest.raises(LibraryError) as caught:
        open_library(_settings(tmp_path, f"postgresql://tester:{PASSWORD}@127.0.0.1:9/library"), embedder)
    assert "127.0.0.1:9" in str(caught.value)
    assert "DIGEST_DATABASE_URL" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_wrong_password_is_told_without_the_password(tmp_path, embedder, new_database):
    url = new_database().replace(PASSWORD, "guessed-wrong")
    with pytest.raises(LibraryError, match="DIGEST_DATABASE_URL") as caught:
        open_library(_settings(tmp_path, url), embedder)
    assert "guessed-wrong" not in str(caught.value)


@pytest.mark.parametrize("url", [f"mysql://tester:{PASSWORD}@host/name", PASSWORD])
def test_a_url_of_no_database_is_refused_without_repeating_it(tmp_path, embedder, url: str):
    with pytest.raises(LibraryError, match="DIGEST_DATABASE_URL") as caught:
        open_library(_settings(tmp_path, url), embedder)
    assert PASSWORD not in str(caught.value)


def test_without_its_chroma_server_a_library_answers_but_takes_no_papers(on_disk, embedder):
    with open_library(on_disk, embedder) as library:
        ingest([digest("2026-01-05.md", *many(30))], library)
        expected = library.search(embedder.embed(["sparse robot"])[0], 10)
    down = on_disk.model_copy(update={"chroma_url": "http://127.0.0.1:9"})
    with open_library(down, embedder) as library:
        found = library.search(embedder.embed(["sparse robot"])[0], 10)
        assert [hit.passage_id for hit in found] == [hit.passage_id for hit in expected]
        with pytest.raises(LibraryError, match=r"127.0.0.1:9.*chroma run.*CHROMA_URL"):
            ingest([digest("2026-01-06.md", *many(3, "2602"))], library)
        assert library.count() == 30


def test_a_library_made_by_a_newer_release_is_left_alone(on_disk, embedder):
    open_library(on_disk, embedder).close()
    with sqlite3.connect(on_disk.home / "library.sqlite") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(LibraryError, match=r"schema 99.*pip install --upgrade"):
        open_library(on_disk, embedder)


def test_another_embedder_is_refused_with_both_names_and_what_to_type(on_disk, embedder):
    class Other(type(embedder)):
        name, fingerprint = "other words", "words-2"

    with open_library(on_disk, embedder) as library:
        ingest([digest("2026-01-05.md", *many(3))], library)
    with open_library(on_disk, Other()) as library:
        with pytest.raises(EmbedderError) as caught:
            _ = library.embedder
        for words in ("words (words-1)", "other words (words-2)", "digest library re-embed", "DIGEST_EMBED_MODEL"):
            assert words in str(caught.value)
        with pytest.raises(EmbedderError):
            ingest([digest("2026-01-06.md", *many(3, "2602"))], library)
        assert library.count() == 3


def test_only_errors_of_this_room_leave_it_when_the_index_is_damaged(on_disk, embedder):
    with open_library(on_disk, embedder) as library:
        ingest([digest("2026-01-05.md", *many(30))], library)
    for file in on_disk.home.glob("index/*/*/**/*"):
        if file.is_file():
            file.write_bytes(b"\0" * file.stat().st_size)
    with open_library(on_disk, embedder) as library:
        try:
            assert len(library.search(embedder.embed(["sparse robot"])[0], 10)) == 10
            ingest([digest("2026-01-06.md", *many(3, "2602"))], library)
        except IngestError as exc:
            pytest.fail(f"a damaged index can be made anew, and is no error: {exc}")
        assert library.index_lag() == 0


def test_an_index_that_is_gone_is_made_anew_at_the_next_opening(on_disk, embedder):
    with open_library(on_disk, embedder) as library:
        ingest([digest("2026-01-05.md", *many(30))], library)
        expected = library.search(embedder.embed(["sparse robot"])[0], 10)
    shutil.rmtree(on_disk.home / "index")
    with open_library(on_disk, embedder) as library:
        assert library.search(embedder.embed(["sparse robot"])[0], 10) == expected
        assert library.index_lag() == 0


def test_an_index_that_lost_vectors_is_made_anew(on_disk, embedder):
    import chromadb

    with open_library(on_disk, embedder) as library:
        ingest([digest("2026-01-05.md", *many(30))], library)
        expected = library.search(embedder.embed(["sparse robot"])[0], 10)
    folder = next(on_disk.home.glob("index/*/*"))
    collection = chromadb.PersistentClient(folder).get_collection("passages", embedding_function=None)
    collection.delete(ids=[expected[0].passage_id])
    with open_library(on_disk, embedder) as library:
        assert library.search(embedder.embed(["sparse robot"])[0], 10) == expected
        assert library.index_lag() == 0
