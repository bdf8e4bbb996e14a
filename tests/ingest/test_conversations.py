"""Conversations in the library: whose they are, what they are found by, and libraries made before they had owners."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa

from ingest.errors import LibraryError
from ingest.library import Library, open_library
from ingest.record import TITLE_CHARACTERS, _with_driver
from ingest.settings import IngestSettings


def spoken(*turns: tuple[str, str]) -> str:
    """A conversation's JSON, in the parts that the library reads, around what it must not search."""
    return json.dumps(
        {"turns": [{"question": q, "answer": {"text": a, "hits": [{"abstract": "unspoken"}]}} for q, a in turns]},
        ensure_ascii=False,
    )


def ids(library: Library, **wanted: object) -> list[str]:
    return [row.conversation_id for row in library.conversations(**wanted)]  # type: ignore[arg-type]


def test_a_conversation_belongs_to_who_saved_it_first(library: Library):
    library.save_conversation("a", "On depth", "{}", owner="ada")
    library.save_conversation("a", "On depth", '{"turns": []}', owner="bo")
    library.save_conversation("b", "On pose", "{}", owner="bo")
    library.save_conversation("c", "On hands", "{}")
    row = library.conversation_row("a")
    assert row
    assert (row.title, row.owner) == ("On depth", "ada")
    assert (ids(library, owner="ada"), ids(library, owner="bo"), ids(library, owner="")) == (["a"], ["b"], ["c"])
    assert ids(library) == ["c", "b", "a"]
    assert library.conversation_row("d") is None


def test_only_the_owner_renames_and_deletes(library: Library):
    library.save_conversation("a", "On depth", "{}", owner="ada")
    assert not library.rename_conversation("a", "Mine now", "bo")
    assert not library.delete_conversation("a", "bo")
    assert not library.rename_conversation("b", "Nothing", "ada")
    assert library.conversation_row("a").title == "On depth"
    assert library.rename_conversation("a", "Depth, later", "ada")
    assert library.conversation_row("a").title == "Depth, later"
    assert library.delete_conversation("a", "ada")
    assert not library.delete_conversation("a", "ada")
    assert (library.conversation("a"), ids(library), ids(library, containing="depth")) == (None, [], [])


def test_a_deleted_conversation_leaves_none_of_its_words(on_disk: IngestSettings, embedder):
    with open_library(on_disk, embedder) as library:
        library.save_conversation("a", "Secret", spoken(("Secret?", "Secret.")), owner="ada")
        library.delete_conversation("a", "ada")
    with sqlite3.connect(on_disk.home / "library.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM conversation_words").fetchone() == (0,)


def test_a_title_given_by_renaming_outlives_later_saves_and_keeps_the_order(library: Library):
    for name in ("a", "b"):
        library.save_conversation(name, f"On {name}", "{}", owner="ada")
    library.rename_conversation("a", "Given", "ada")
    assert ids(library) == ["b", "a"]
    library.save_conversation("a", "Not given", spoken(("Which?", "These.")), owner="ada")
    assert library.conversation_row("a").title == "Given"
    assert library.conversation("a") == spoken(("Which?", "These."))
    assert ids(library, containing="given these") == ["a"]
    assert ids(library, containing="not") == []
    assert ids(library) == ["a", "b"]


def test_a_title_is_one_line_without_what_nobody_sees(library: Library):
    library.save_conversation("a", "On\x00 depth\n\u202eand\tpose\u200b", "{}", owner="ada")
    assert library.conversation_row("a").title == "On depth and pose"
    library.rename_conversation("a", "x" * 5000, "ada")
    title = library.conversation_row("a").title
    assert (len(title), title[-2:]) == (TITLE_CHARACTERS, "x…")


def test_conversations_are_found_by_words_of_title_question_and_answer_in_any_case(library: Library):
    library.save_conversation(
        "en", "On Depth", spoken(("Which use CLIP?", "ÉCLAIR does [1](https://arxiv.org/abs/1)."))
    )
    library.save_conversation("zh", "深度估计", spoken(("哪些论文用扩散模型？", "**两篇**论文使用 ＣＬＩＰ。")))
    found = {
        "depth": ["en"],
        "clip": ["zh", "en"],
        "éclair": ["en"],
        "clip DEPTH": ["en"],
        "扩散": ["zh"],
        "扩散 深度": ["zh"],
        "两篇": ["zh"],
        "扩散 depth": [],
        "arxiv.org": [],
        "unspoken": [],
        "  ": ["zh", "en"],
    }
    assert {words: ids(library, containing=words) for words in found} == found


@pytest.mark.parametrize("typed", ["100%", "a_b", "c\\d", "it's", '"x"', "[z]", "*"])
def test_signs_that_databases_read_as_patterns_are_found_as_they_are(library: Library, typed: str):
    library.save_conversation("with", "With", spoken((f"What of {typed}?", "")))
    library.save_conversation("without", "Without", spoken(("What of 1000, axb, cd, its, x, z and q?", "")))
    assert ids(library, containing=typed) == ["with"]


def test_a_list_is_as_long_as_asked_for_and_starts_with_the_newest(library: Library):
    for n in range(12):
        library.save_conversation(f"c{n:02}", f"Depth {n}", "{}", owner="ada" if n % 2 else "bo")
    assert ids(library, limit=3) == ["c11", "c10", "c09"]
    assert ids(library, owner="bo", containing="depth", limit=2) == ["c10", "c08"]


def test_text_that_no_database_takes_is_saved_all_the_same(library: Library):
    payload = '{"turns": [{"question": "a\\u0000b \\ud800 c", "answer": {"text": "d"}}]}'
    library.save_conversation("a", "nul \x00 \ud800", payload)
    assert ids(library, containing="ab c") == ["a"]
    assert ids(library, containing="\x00") == ["a"]


# --- libraries of schema 1

SCHEMA_1 = (
    "DROP TABLE conversation_words",
    "DROP INDEX conversations_by_owner",
    "ALTER TABLE conversations DROP COLUMN owner",
    "ALTER TABLE conversations DROP COLUMN renamed",
    "UPDATE meta SET value = '1' WHERE key = 'schema'",
)
SAVE_1 = "INSERT INTO conversations (conversation_id, title, payload, updated_at) VALUES (:id, 'Old', :payload, :at)"


def execute(settings: IngestSettings, *statements: str, **values: str) -> None:
    url = settings.database_url
    place = _with_driver(url.get_secret_value()) if url else f"sqlite:///{settings.home / 'library.sqlite'}"
    engine = sa.create_engine(place)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement), values)
    engine.dispose()


@pytest.fixture
def old(settings: IngestSettings, embedder) -> IngestSettings:
    """A library as schema 1 had it, with one conversation."""
    open_library(settings, embedder).close()
    execute(settings, *SCHEMA_1)
    execute(settings, SAVE_1, id="old", payload=spoken(("Which use CLIP?", "None.")), at="2025-01-01T00:00:00+00:00")
    return settings


def test_an_older_library_is_brought_up_to_date_with_its_conversations(old: IngestSettings, embedder):
    with open_library(old, embedder) as library:
        row = library.conversation_row("old")
        assert row
        assert (row.title, row.updated_at, row.owner) == ("Old", "2025-01-01T00:00:00+00:00", "")
        assert ids(library, containing="clip") == ["old"]
        library.save_conversation("new", "New", "{}", owner="ada")
        assert library.rename_conversation("old", "Renamed", "")
    with open_library(old, embedder) as library:
        assert (ids(library), ids(library, containing="renamed")) == (["new", "old"], ["old"])


def test_a_program_that_opened_the_library_before_goes_on_saving(old: IngestSettings, embedder):
    with open_library(old, embedder) as library:
        execute(old, SAVE_1, id="later", payload="{}", at="2025-01-02T00:00:00+00:00")
        assert ids(library, owner="") == ["later", "old"]
        assert library.rename_conversation("later", "Now found", "")
        assert ids(library, containing="found") == ["later"]


def test_processes_that_open_an_older_library_at_once_all_get_it(
    old: IngestSettings, python: Callable[..., object], monkeypatch
):
    if old.database_url:
        monkeypatch.setenv("DIGEST_DATABASE_URL", old.database_url.get_secret_value())
    opening = """
import sys
from pathlib import Path
from ingest.record import Record
import os
record = Record(os.environ.get("DIGEST_DATABASE_URL") or Path(sys.argv[1]) / "library.sqlite")
assert record.exists() and record.schema() == 1
print("ready", flush=True)
input()
record.migrate()
print(record.schema(), record.conversations("", "clip", 9)[0].conversation_id)
"""
    processes: Sequence = [python(opening, str(old.home)) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        threading.Thread(target=lambda p=process: (p.stdin.write("\n"), p.stdin.flush())).start()
    assert [process.communicate(timeout=60)[0] for process in processes] == ["2 old\n"] * 4


def test_a_migration_that_is_cut_off_leaves_the_library_as_it_was(old: IngestSettings, embedder):
    execute(old, "CREATE TABLE conversation_words (other TEXT)")  # so that its last steps fail
    with pytest.raises(sa.exc.SQLAlchemyError):
        open_library(old, embedder)
    execute(old, "DROP TABLE conversation_words")
    with open_library(old, embedder) as library:
        assert ids(library, containing="clip") == ["old"]


def test_a_library_of_the_schema_after_this_one_is_refused(on_disk: IngestSettings, embedder):
    open_library(on_disk, embedder).close()
    with sqlite3.connect(os.fspath(on_disk.home / "library.sqlite")) as connection:
        connection.execute("UPDATE meta SET value = '3' WHERE key = 'schema'")
    with pytest.raises(LibraryError, match=r"schema 3, and this version reads up to 2.*pip install --upgrade"):
        open_library(on_disk, embedder)
