"""The record: papers, their vectors, digests read and conversations in SQL. The one door of SQLAlchemy.

SQLite by default, PostgreSQL by URL. What is committed here is safe; the search index is made from it.
"""

from __future__ import annotations

import json
import operator
import os
import re
import socket
import time
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url

from ingest.errors import LibraryError
from ingest.lock import PATIENCE, busy
from ingest.merge import Kept, Origin
from ingest.paper import Appearance, Filters, Paper, Section, Sentence, Summary
from ingest.visible import visible

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from sqlalchemy.engine.interfaces import DBAPIConnection

T = TypeVar("T")

SCHEMA = 2
TITLE_CHARACTERS = 200
BUSY_SECONDS = 30  # how long one statement waits for another process's transaction
_SECTIONS = {section.value: section for section in Section}
_MANY = 500  # values in one IN (…)
_INSERTS: dict[str, Callable[..., sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
_LINKED = re.compile(r"\]\([^)\s]*\)")  # the address of a link in Markdown
_ADVISORY = 0x6469676573  # "diges": the key of the writer lock in PostgreSQL

_tables = sa.MetaData()
_meta = sa.Table(
    "meta",
    _tables,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_papers = sa.Table(
    "papers",
    _tables,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("month", sa.Integer, nullable=False, index=True),  # YYYYMM, from the id
    sa.Column("first_day", sa.Integer),  # YYYYMMDD of the first dated appearance
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("primary_category", sa.Text, nullable=False),
    sa.Column("authors", sa.Integer, nullable=False),  # how many
    sa.Column("abstract", sa.Text, nullable=False),
    *(sa.Column(field.name, sa.Text, nullable=False) for field in fields(Summary)),
    sa.Column("entry_day", sa.Date, nullable=False),
    sa.Column("entry_digest", sa.Text, nullable=False),
    sa.Column("summary_day", sa.Date, nullable=False),
    sa.Column("summary_digest", sa.Text, nullable=False),
)
_authors = sa.Table(
    "paper_authors",
    _tables,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_key", sa.Text, nullable=False, index=True),  # see name_key()
)
_categories = sa.Table(
    "paper_categories",
    _tables,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("category", sa.Text, nullable=False, index=True),
)
_appearances = sa.Table(
    "appearances",
    _tables,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("day", sa.Date),
    sa.Column("position", sa.Integer, nullable=False),
)
_digests = sa.Table(
    "digests",
    _tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("day", sa.Date),
    sa.Column("papers", sa.Integer, nullable=False),
    sa.Column("read_at", sa.Text, nullable=False),  # ISO 8601, UTC
)
# A passage without a vector cannot be embedded; one without text has been removed, and its row tells every index so.
_passages = sa.Table(
    "passages",
    _tables,
    sa.Column("passage_id", sa.Text, primary_key=True),
    sa.Column("arxiv_id", sa.Text, nullable=False, index=True),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary),  # float32[dim]
    sa.Column("version", sa.Integer, nullable=False),  # of the library when this row was written
    sa.Index("passages_by_version", "version", "passage_id"),
)
_embedded = _passages.c.vector.is_not(None)
sa.Index("passages_embedded", _passages.c.passage_id, sqlite_where=_embedded, postgresql_where=_embedded)
_sentences = sa.Table(
    "sentences",
    _tables,
    sa.Column("arxiv_id", sa.Text, primary_key=True),
    sa.Column("spans", sa.Text, nullable=False),  # JSON [[section, start, end], …]
    sa.Column("vectors", sa.LargeBinary, nullable=False),  # float16[len(spans), dim]
)
# How far each place's index has come: it holds all passages up to version `mark`. A dirty one was being written to.
_indexes = sa.Table(
    "indexes",
    _tables,
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("generation", sa.Text, nullable=False),
    sa.Column("mark", sa.Integer, nullable=False),
    sa.Column("dirty", sa.Boolean, nullable=False),
)
_conversations = sa.Table(
    "conversations",
    _tables,
    sa.Column("conversation_id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Text, nullable=False),
    # Added by schema 2; their defaults let a program of schema 1 that has the library open go on saving.
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
    sa.Column("renamed", sa.Boolean, nullable=False, server_default=sa.false()),
)
_by_owner = sa.Index("conversations_by_owner", _conversations.c.owner, _conversations.c.updated_at)
# What a conversation is searched by. A table of its own: rows of the other are a hundred times as long to read through.
_conversation_words = sa.Table(
    "conversation_words",
    _tables,
    sa.Column("conversation_id", sa.Text, primary_key=True),
    sa.Column("words", sa.Text, nullable=False),  # see searched()
)


@dataclass(frozen=True, slots=True)
class DigestRead:
    """A digest whose papers are all in the library. `read_at` is ISO 8601 in UTC."""

    name: str
    day: date | None
    papers: int
    read_at: str


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation without its turns. `updated_at` is ISO 8601 in UTC, `owner` "" where it was made in a terminal."""

    conversation_id: str
    title: str
    updated_at: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class EmbedderMark:
    """Which embedder made a library's vectors."""

    name: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage with its vector, `float32[dim]`; None if its embedder cannot read it or it was removed (no text)."""

    passage_id: str
    arxiv_id: str
    section: str
    text: str
    vector: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Sentences that the embedder reads, in the order asked for; `vectors` is `float32[len(sentences), dim]`."""

    sentences: tuple[Sentence, ...]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an index has to follow: `vectors`, `float32[len(ids), dim]`, to be put in; ids `gone`, to be taken out."""

    ids: list[str]
    vectors: NDArray[np.float32]
    gone: list[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A paper to be written. `passages` is None where its texts have not changed, and `sentences` where it has none
    that the embedder reads."""

    kept: Kept
    passages: tuple[PassageRow, ...] | None = None
    sentences: SentenceVectors | None = None


@dataclass(frozen=True, slots=True)
class IndexState:
    """Where one place's index stands: complete up to version `mark`; `dirty` while somebody writes to it."""

    generation: str
    mark: int
    dirty: bool


def bare_id(arxiv_id: str) -> str:
    """Without surrounding space and version: `2512.21015v2` gives `2512.21015`."""
    return re.sub(r"v\d+$", "", arxiv_id.strip())


# Letters that Unicode does not take apart into a plain one and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})


def name_key(name: str) -> str:
    """What two spellings of a name share: case, accents and spacing are gone."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join(plain.translate(_LETTERS).split())


def one_line(title: str) -> str:
    """A title as it is kept: what can be seen of it, in one line of at most TITLE_CHARACTERS."""
    line = " ".join(visible(title).split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def searched(text: str) -> str:
    """What two spellings of a text share for a search: case, width of letters and what nobody sees are gone."""
    return unicodedata.normalize("NFKC", visible(text)).casefold()


class Record:
    """One library's SQL database. Methods that read may be called from any thread."""

    def __init__(self, url: str | Path) -> None:
        """`url` may be the path of an SQLite file."""
        self.url = URL.create("sqlite", database=str(url)) if isinstance(url, Path) else _with_driver(url)
        self._engine = _engine(self.url)
        # Reading outside of transactions saves two round trips to a server for each question.
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def __str__(self) -> str:
        return str(self.file or self.url.render_as_string(hide_password=True))

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a server."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    def close(self) -> None:
        self._engine.dispose()

    # --- the library as a whole

    def exists(self) -> bool:
        """Raises LibraryError if a newer release of this program has made it."""
        with self._reading.connect() as connection:
            if not sa.inspect(connection).has_table(_meta.name):
                return False
        if (schema := self.schema()) > SCHEMA:
            mend = "Upgrade it: pip install --upgrade digest-assistant"
            raise LibraryError(f"{self} has schema {schema}, and this version reads up to {SCHEMA}. {mend}")
        return True

    def create(self) -> None:
        rows = {"schema": str(SCHEMA), "version": "0", "library_id": uuid.uuid4().hex[:12]}
        with self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                # A paper's vectors fill several pages; in pages of 4096 bytes they take five times as long to read.
                connection.exec_driver_sql("PRAGMA page_size=8192")
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # sqlite3 begins none for CREATE
            _tables.create_all(connection)
            connection.execute(sa.insert(_meta), [{"key": key, "value": value} for key, value in rows.items()])
            connection.commit()

    def migrate(self) -> None:
        """Brings an older library's tables to this version's. Of several processes that try, one does it."""
        with self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            row = sa.select(_meta.c.value).where(_meta.c.key == "schema").with_for_update()
            if int(connection.execute(row).scalar_one()) == 1:
                _keep_owners(connection)
                connection.execute(sa.update(_meta).where(_meta.c.key == "schema").values(value="2"))
            connection.commit()

    def schema(self) -> int:
        return int(self.meta("schema") or 0)

    def meta(self, key: str) -> str | None:
        with self._reading.connect() as connection:
            return connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == key))

    def version(self) -> int:
        return int(self.meta("version") or 0)

    def embedder(self) -> EmbedderMark | None:
        found = self.meta("embedder")
        return EmbedderMark(**json.loads(found)) if found else None

    def index_state(self, place: str) -> tuple[int, IndexState | None]:
        """The library's version, and how far the index at `place` has come; both of one moment."""
        join = _meta.outerjoin(_indexes, _indexes.c.place == place)
        columns = (_meta.c.value, _indexes.c.generation, _indexes.c.mark, _indexes.c.dirty)
        with self._reading.connect() as connection:
            row = connection.execute(sa.select(*columns).select_from(join).where(_meta.c.key == "version")).one()
        return int(row.value), None if row.generation is None else IndexState(row.generation, row.mark, row.dirty)

    @contextmanager
    def pinned(self, patience: float = PATIENCE) -> Iterator[None]:
        """Holds PostgreSQL's share of the writer lock, which other machines see. Raises LibraryBusy."""
        if self._engine.dialect.name == "sqlite":
            yield
            return
        with self._reading.connect() as connection:
            deadline = time.monotonic() + patience
            while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_ADVISORY))):
                if time.monotonic() > deadline:
                    raise busy(self, _holder(connection) or "another process")
                time.sleep(0.05)
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_ADVISORY)))

    def pinned_by(self) -> str:
        """Who holds PostgreSQL's share of the writer lock, "" if nobody does."""
        if self._engine.dialect.name == "sqlite":
            return ""
        with self._reading.connect() as connection:
            return _holder(connection)

    # --- papers

    def papers(self, arxiv_ids: Iterable[str]) -> dict[str, Kept]:
        """In the order given; ids that are not here are left out."""
        wanted = list(dict.fromkeys(arxiv_ids))
        found: dict[str, Kept] = {}
        with self._reading.connect() as connection:
            for ids in _chunks(wanted):
                found |= _read_papers(connection, ids)
        return {arxiv_id: found[arxiv_id] for arxiv_id in wanted if arxiv_id in found}

    def browse(self, filters: Filters, by: str, descending: bool, skip: int, limit: int) -> tuple[int, list[str]]:
        """How many papers there are, and the ids of some of them in the order of one of `_ORDERS`."""
        conditions = list(_conditions(filters))
        turned, then = _ORDERS[by]
        order = [*(column.desc() if descending else column for column in turned), *then]
        query = sa.select(_papers.c.arxiv_id).where(*conditions).order_by(*order).offset(skip).limit(limit)
        with self._reading.connect() as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(_papers).where(*conditions))
            return int(count or 0), list(connection.scalars(query))

    def iter_papers(self) -> Iterator[Paper]:
        """All papers, in no order that means anything; those that are stored meanwhile may be left out."""
        last = ""
        while True:
            query = sa.select(_papers.c.arxiv_id).where(_papers.c.arxiv_id > last).order_by(_papers.c.arxiv_id)
            with self._reading.connect() as connection:
                ids = list(connection.scalars(query.limit(_MANY)))
                papers = _read_papers(connection, ids)
            if not ids:
                return
            yield from (papers[arxiv_id].paper for arxiv_id in ids if arxiv_id in papers)
            last = ids[-1]

    def count(self) -> int:
        return self._scalar(sa.select(sa.func.count()).select_from(_papers))

    def select(self, filters: Filters, oldest_first: bool = False) -> list[str]:
        query = sa.select(_papers.c.month, _papers.c.arxiv_id).where(*_conditions(filters))
        with self._reading.connect() as connection:
            found = [(month, arxiv_id) for month, arxiv_id in connection.execute(query)]
        # Sorted here, as a database sorts text by the rules of some language.
        return [arxiv_id for _, arxiv_id in sorted(found, reverse=not oldest_first)]

    def authors(self) -> dict[str, int]:
        """Each author, in the spelling that most papers use, with the number of their papers."""
        key, name = _authors.c.name_key, _authors.c.name
        number = sa.func.count(_authors.c.arxiv_id.distinct()).label("papers")
        with self._reading.connect() as connection:
            spelled = connection.execute(sa.select(key, name, number).group_by(key, name).order_by(number, name))
            spellings = {row.name_key: row.name for row in spelled}  # the last one stays
            counted = connection.execute(sa.select(key, number).group_by(key))
            return _by_number({spellings[row.name_key]: row.papers for row in counted})

    def categories(self) -> dict[str, int]:
        number = sa.func.count().label("papers")
        query = sa.select(_categories.c.category, number).group_by(_categories.c.category)
        with self._reading.connect() as connection:
            return _by_number({row.category: row.papers for row in connection.execute(query)})

    def months(self) -> dict[str, int]:
        query = sa.select(_papers.c.month, sa.func.count()).group_by(_papers.c.month)
        with self._reading.connect() as connection:
            found = {_month_text(month): papers for month, papers in connection.execute(query)}
        return dict(sorted(found.items(), reverse=True))

    def days(self) -> dict[str, int]:
        query = sa.select(_papers.c.first_day, sa.func.count()).where(_papers.c.first_day.is_not(None))
        with self._reading.connect() as connection:
            found = {_day_text(day): papers for day, papers in connection.execute(query.group_by(_papers.c.first_day))}
        return dict(sorted(found.items(), reverse=True))

    def authors_named(self, part: str, limit: int) -> list[str]:
        key = sa.literal(" ").concat(_authors.c.name_key)
        words = [key.contains(f" {word}", autoescape=True) for word in name_key(part).split()]
        number = sa.func.count(_authors.c.arxiv_id.distinct()).label("papers")
        query = sa.select(sa.func.min(_authors.c.name).label("name"), number).where(*words)
        query = query.group_by(_authors.c.name_key).order_by(number.desc(), _authors.c.name_key).limit(limit)
        with self._reading.connect() as connection:
            return list(connection.scalars(query))

    def span(self) -> tuple[str, str]:
        days = sa.select(sa.func.min(_appearances.c.day), sa.func.max(_appearances.c.day))
        months = sa.select(sa.func.min(_papers.c.month), sa.func.max(_papers.c.month))
        with self._reading.connect() as connection:
            first, last = connection.execute(days).one()
            if first:
                return first.isoformat(), last.isoformat()
            first, last = connection.execute(months).one()
        return (_month_text(first), _month_text(last)) if first else ("", "")

    def digests(self) -> list[DigestRead]:
        """Newest first; those without a day last."""
        with self._reading.connect() as connection:
            found = [DigestRead(*row) for row in connection.execute(sa.select(_digests))]
        return sorted(found, key=lambda digest: (digest.day or date.min, digest.name), reverse=True)

    # --- passages and sentences

    def passages(self, arxiv_ids: Sequence[str]) -> list[PassageRow]:
        """The passages of some papers, also those without a vector."""
        rows: list[PassageRow] = []
        with self._reading.connect() as connection:
            for ids in _chunks(arxiv_ids):
                query = sa.select(_passages).where(_passages.c.arxiv_id.in_(ids), _passages.c.text != "")
                rows += [_passage(row) for row in connection.execute(query)]
        return rows

    def vectors(self, arxiv_ids: Sequence[str]) -> Changes:
        """The passage vectors of some papers."""
        rows: list[sa.Row[Any]] = []
        with self._reading.connect() as connection:
            for ids in _chunks(arxiv_ids):
                rows += connection.execute(_vectors().where(_passages.c.arxiv_id.in_(ids)))
        return _changes(rows)

    def changes(self, since: int, size: int = 3000) -> Iterator[Changes]:
        """Batches of what was written after version `since`."""
        order = (_passages.c.version, _passages.c.passage_id)
        query = _vectors().add_columns(_passages.c.version).order_by(*order).limit(size)
        later = _passages.c.version > since
        while True:
            with self._reading.connect() as connection:
                rows = connection.execute(query.where(later)).all()
            if rows:
                yield _changes(rows)
                later = sa.tuple_(*order) > (rows[-1].version, rows[-1].passage_id)
            if len(rows) < size:
                return

    def count_vectors(self) -> int:
        """Passages that an index holds."""
        return self._scalar(sa.select(sa.func.count()).where(_embedded))

    def sentences(self, arxiv_ids: Sequence[str]) -> dict[str, SentenceVectors]:
        columns = [_papers.c[section.value] for section in Section]
        query = sa.select(_sentences, *columns).join(_papers, _papers.c.arxiv_id == _sentences.c.arxiv_id)
        found: dict[str, SentenceVectors] = {}
        with self._reading.connect() as connection:
            for ids in _chunks(arxiv_ids):
                rows = connection.execute(query.where(_sentences.c.arxiv_id.in_(ids)))
                found |= {row.arxiv_id: _sentence_vectors(row) for row in rows}
        return found

    # --- writing, under the writer lock

    def store(self, papers: Sequence[Stored], digests: Sequence[DigestRead], embedder: EmbedderMark | None) -> int:
        """Commits all of it at once and gives the version after it."""
        with self._engine.begin() as connection:
            version = _next_version(connection)
            _write_papers(connection, [stored.kept for stored in papers])
            embedded = [stored for stored in papers if stored.passages is not None]
            _write_passages(connection, embedded, version)
            _write_sentences(connection, embedded)
            _replace(connection, _digests, _digests.c.name, [_fields(digest) for digest in digests])
            if embedder:
                _write_embedder(connection, embedder)
        return version

    def replace_vectors(self, papers: Sequence[Stored], embedder: EmbedderMark) -> int:
        """Commits the vectors of another embedder in place of all that are there."""
        with self._engine.begin() as connection:
            version = _next_version(connection)
            connection.execute(sa.update(_passages).values(text="", vector=None, version=version))
            connection.execute(sa.delete(_sentences))
            for some in _chunks(papers):
                _write_passages(connection, some, version)
                _write_sentences(connection, some)
            _write_embedder(connection, embedder)
            connection.execute(sa.delete(_indexes))
        return version

    def set_meta(self, key: str, value: str) -> None:
        with self._engine.begin() as connection:
            _replace(connection, _meta, _meta.c.key, [{"key": key, "value": value}])

    def set_index(self, place: str, state: IndexState) -> None:
        with self._engine.begin() as connection:
            _replace(connection, _indexes, _indexes.c.place, [{"place": place, **_fields(state)}])

    # --- conversations, written without the lock

    def save_conversation(self, conversation_id: str, title: str, payload: str, owner: str = "") -> None:
        """The first save decides the owner; a title that was given by renaming stays."""
        values = {"title": one_line(title), "payload": payload, "updated_at": now()}
        insert = _INSERTS[self._engine.dialect.name](_conversations)
        insert = insert.values(conversation_id=conversation_id, owner=owner, renamed=False, **values)
        title_kept = sa.case((_conversations.c.renamed, _conversations.c.title), else_=insert.excluded.title)
        upsert = insert.on_conflict_do_update(
            index_elements=["conversation_id"], set_={**values, "title": title_kept}
        ).returning(_conversations.c.title)
        with self._engine.begin() as connection:
            kept: str = connection.execute(upsert).scalar_one()
            _write_words(connection, conversation_id, kept, payload)

    def rename_conversation(self, conversation_id: str, title: str, owner: str) -> bool:
        """False where it is not there or not theirs."""
        rename = sa.update(_conversations).where(*_theirs(conversation_id, owner))
        rename = rename.values(title=one_line(title), renamed=True)
        with self._engine.begin() as connection:
            row = connection.execute(rename.returning(_conversations.c.title, _conversations.c.payload)).one_or_none()
            if row:
                _write_words(connection, conversation_id, row.title, row.payload)
        return row is not None

    def delete_conversation(self, conversation_id: str, owner: str) -> bool:
        """False where it is not there or not theirs."""
        with self._engine.begin() as connection:
            found = connection.execute(sa.delete(_conversations).where(*_theirs(conversation_id, owner))).rowcount > 0
            if found:
                _delete(connection, _conversation_words.c.conversation_id, [conversation_id])
        return found

    def conversation(self, conversation_id: str) -> str | None:
        query = sa.select(_conversations.c.payload).where(_conversations.c.conversation_id == conversation_id)
        with self._reading.connect() as connection:
            return connection.scalar(query)

    def conversation_row(self, conversation_id: str) -> ConversationRow | None:
        query = _conversation_rows().where(_conversations.c.conversation_id == conversation_id)
        with self._reading.connect() as connection:
            row = connection.execute(query).one_or_none()
        return ConversationRow(*row) if row else None

    def conversations(self, owner: str | None, containing: str, limit: int) -> list[ConversationRow]:
        """The one spoken in last comes first."""
        query = _conversation_rows().order_by(_conversations.c.updated_at.desc(), _conversations.c.conversation_id)
        if owner is not None:
            query = query.where(_conversations.c.owner == owner)
        if words := searched(containing).split():
            query = query.join(
                _conversation_words, _conversation_words.c.conversation_id == _conversations.c.conversation_id
            ).where(*(_conversation_words.c.words.contains(word, autoescape=True) for word in words))
        with self._reading.connect() as connection:
            return [ConversationRow(*row) for row in connection.execute(query.limit(limit))]

    def _scalar(self, query: sa.Select[Any]) -> int:
        with self._reading.connect() as connection:
            return int(connection.scalar(query) or 0)


def now() -> str:
    """This moment in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _keep_owners(connection: Connection) -> None:
    """From schema 1 to 2: conversations have owners and are searched. Those there are belong to this computer."""
    for column in (_conversations.c.owner, _conversations.c.renamed):
        definition = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"ALTER TABLE {_conversations.name} ADD COLUMN {definition}")
    _by_owner.create(connection)
    _tables.create_all(connection)
    ids = connection.scalars(sa.select(_conversations.c.conversation_id)).all()
    for conversation_id in ids:
        query = sa.select(_conversations.c.title, _conversations.c.payload)
        row = connection.execute(query.where(_conversations.c.conversation_id == conversation_id)).one()
        _write_words(connection, conversation_id, row.title, row.payload)


# --- rows read


def _read_papers(connection: Connection, ids: Sequence[str]) -> dict[str, Kept]:
    authors = _grouped(connection, _authors, _authors.c.name, ids)
    categories = _grouped(connection, _categories, _categories.c.category, ids)
    appearances = _read_appearances(connection, ids)
    rows = connection.execute(sa.select(_papers).where(_papers.c.arxiv_id.in_(ids)))
    return {
        row.arxiv_id: _kept(row, authors[row.arxiv_id], categories[row.arxiv_id], appearances[row.arxiv_id])
        for row in rows
    }


def _kept(row: sa.Row[Any], authors: list[str], categories: list[str], appearances: list[Appearance]) -> Kept:
    summary = Summary(row.tldr, row.motivation, row.method, row.result, row.conclusion)
    paper = Paper(
        row.arxiv_id,
        row.title,
        tuple(authors),
        row.primary_category,
        tuple(categories),
        row.abstract,
        summary,
        tuple(sorted(appearances, key=Origin.of)),
    )
    return Kept(paper, Origin(row.entry_day, row.entry_digest), Origin(row.summary_day, row.summary_digest))


def _grouped(
    connection: Connection, table: sa.Table, column: sa.Column[str], ids: Sequence[str]
) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = sa.select(table.c.arxiv_id, column).where(table.c.arxiv_id.in_(ids)).order_by(table.c.position)
    for arxiv_id, value in connection.execute(query):
        found[arxiv_id].append(value)
    return found


def _read_appearances(connection: Connection, ids: Sequence[str]) -> defaultdict[str, list[Appearance]]:
    found: defaultdict[str, list[Appearance]] = defaultdict(list)
    for row in connection.execute(sa.select(_appearances).where(_appearances.c.arxiv_id.in_(ids))):
        found[row.arxiv_id].append(Appearance(row.digest, row.day, row.position))
    return found


def _passage(row: sa.Row[Any]) -> PassageRow:
    vector = None if row.vector is None else np.frombuffer(row.vector, np.float32)
    return PassageRow(row.passage_id, row.arxiv_id, row.section, row.text, vector)


def _vectors() -> sa.Select[Any]:
    return sa.select(_passages.c.passage_id, _passages.c.vector)


def _changes(rows: Sequence[sa.Row[Any]]) -> Changes:
    there = [row for row in rows if row.vector is not None]
    vectors = np.frombuffer(b"".join(row.vector for row in there), np.float32)
    gone = [row.passage_id for row in rows if row.vector is None]
    return Changes([row.passage_id for row in there], vectors.reshape(len(there), -1 if there else 0), gone)


def _sentence_vectors(row: sa.Row[Any]) -> SentenceVectors:
    id_, texts = row.arxiv_id, {section.value: getattr(row, section.value) for section in Section}
    sentences = tuple(
        Sentence(id_, _SECTIONS[name], start, end, texts[name][start:end]) for name, start, end in json.loads(row.spans)
    )
    vectors = np.frombuffer(row.vectors, np.float16).reshape(len(sentences), -1)
    return SentenceVectors(sentences, vectors.astype(np.float32))


def _conditions(filters: Filters) -> Iterator[sa.ColumnElement[bool]]:
    if filters.arxiv_ids:
        yield _papers.c.arxiv_id.in_([bare_id(arxiv_id) for arxiv_id in filters.arxiv_ids])
    if filters.categories:
        yield _listed(_categories, _categories.c.category.in_(filters.categories))
    if filters.authors:
        yield _listed(_authors, _authors.c.name_key.in_([name_key(name) for name in filters.authors]))
    if filters.max_authors is not None:
        yield _papers.c.authors <= filters.max_authors
    if filters.since:
        yield _bound(filters.since, operator.ge, "01")
    if filters.until:
        yield _bound(filters.until, operator.le, "12")


def _listed(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return _papers.c.arxiv_id.in_(sa.select(table.c.arxiv_id).where(condition))


def _bound(text: str, holds: Callable[[Any, int], sa.ColumnElement[bool]], month: str) -> sa.ColumnElement[bool]:
    """A bound `YYYY-MM` or `YYYY-MM-DD`; `month` stands in where `text` is a year only."""
    digits = text.replace("-", "")
    if not digits.isdigit() or len(digits) not in (4, 6, 8):
        raise ValueError(f"expected a bound such as 2026-02 or 2026-02-06, got {text!r}")
    by_month = holds(_papers.c.month, int((digits + month)[:6]))
    if len(digits) < 8:
        return by_month
    return sa.case((_papers.c.first_day.is_(None), by_month), else_=holds(_papers.c.first_day, int(digits)))


def _conversation_rows() -> sa.Select[Any]:
    return sa.select(*(_conversations.c[field.name] for field in fields(ConversationRow)))


def _theirs(conversation_id: str, owner: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _conversations.c.conversation_id == conversation_id, _conversations.c.owner == owner


def _by_number(counts: dict[str, int]) -> dict[str, int]:
    """Most papers first, then by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _month_text(month: int) -> str:
    return f"{month // 100:04}-{month % 100:02}"


def _day_text(day: int) -> str:
    return f"{_month_text(day // 100)}-{day % 100:02}"


# What papers can be listed by, upwards or downwards, and what decides between equals. The id is in each, so that pages
# neither repeat nor leave out a paper.
_Columns = tuple[sa.ColumnElement[Any], ...]
_ORDERS: dict[str, tuple[_Columns, _Columns]] = {
    "date": ((_papers.c.month, _papers.c.arxiv_id), ()),
    "title": ((sa.func.lower(_papers.c.title),), (_papers.c.arxiv_id,)),
    "category": ((_papers.c.primary_category,), (_papers.c.month.desc(), _papers.c.arxiv_id.desc())),
}


def _holder(connection: Connection) -> str:
    """Who holds the advisory lock in PostgreSQL, "" if nobody does."""
    query = """SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
               WHERE locktype = 'advisory' AND granted
                 AND (classid::bigint << 32 | objid::bigint) = %(key)s"""
    name = connection.exec_driver_sql(query, {"key": _ADVISORY}).scalar()
    return "" if name is None else str(name) or "another process"


# --- rows written


def _next_version(connection: Connection) -> int:
    """Always a transaction's first statement: in SQLite it takes the write lock before anything is read."""
    number = sa.cast(_meta.c.value, sa.Integer) + 1
    query = sa.update(_meta).where(_meta.c.key == "version").values(value=sa.cast(number, sa.Text))
    return int(connection.execute(query.returning(_meta.c.value)).scalar_one())


def _write_papers(connection: Connection, papers: Sequence[Kept]) -> None:
    rows = [_paper_row(kept) for kept in papers]
    _replace(connection, _papers, _papers.c.arxiv_id, rows)
    _replace_lists(connection, _authors, papers, _author_rows)
    _replace_lists(connection, _categories, papers, _category_rows)
    _replace_lists(connection, _appearances, papers, _appearance_rows)


def _paper_row(kept: Kept) -> dict[str, Any]:
    paper = kept.paper
    days = [appearance.day for appearance in paper.appearances if appearance.day]
    return {
        "arxiv_id": paper.arxiv_id,
        "month": int(paper.month.replace("-", "")),
        "first_day": int(min(days).strftime("%Y%m%d")) if days else None,
        "title": paper.title,
        "primary_category": paper.primary_category,
        "authors": len(paper.authors),
        "abstract": paper.abstract,
        **_fields(paper.summary),
        "entry_day": kept.entry.day,
        "entry_digest": kept.entry.digest,
        "summary_day": kept.summary.day,
        "summary_digest": kept.summary.digest,
    }


def _author_rows(paper: Paper) -> list[dict[str, Any]]:
    return [{"position": i, "name": name, "name_key": name_key(name)} for i, name in enumerate(paper.authors)]


def _category_rows(paper: Paper) -> list[dict[str, Any]]:
    return [{"position": i, "category": category} for i, category in enumerate(paper.categories)]


def _appearance_rows(paper: Paper) -> list[dict[str, Any]]:
    return [_fields(appearance) for appearance in paper.appearances]


def _replace_lists(
    connection: Connection, table: sa.Table, papers: Sequence[Kept], rows: Callable[[Paper], list[dict[str, Any]]]
) -> None:
    _delete(connection, table.c.arxiv_id, [kept.paper.arxiv_id for kept in papers])
    _add(connection, table, [{"arxiv_id": kept.paper.arxiv_id, **row} for kept in papers for row in rows(kept.paper)])


def _write_passages(connection: Connection, papers: Sequence[Stored], version: int) -> None:
    """Only rows that differ are touched, so that an index has only those to follow."""
    before = _passage_texts(connection, [stored.kept.paper.arxiv_id for stored in papers])
    after = {row.passage_id: row for stored in papers for row in stored.passages or ()}
    changed = [row for row in after.values() if before.get(row.passage_id) != row.text]
    gone = [
        PassageRow(passage_id, passage_id.rsplit(":", 2)[0], passage_id.rsplit(":", 2)[1], "", None)
        for passage_id, text in before.items()
        if text and passage_id not in after
    ]
    _replace(connection, _passages, _passages.c.passage_id, [_passage_values(row, version) for row in changed + gone])


def _passage_texts(connection: Connection, arxiv_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for ids in _chunks(arxiv_ids):
        query = sa.select(_passages.c.passage_id, _passages.c.text).where(_passages.c.arxiv_id.in_(ids))
        found |= {row.passage_id: row.text for row in connection.execute(query)}
    return found


def _passage_values(row: PassageRow, version: int) -> dict[str, Any]:
    vector = None if row.vector is None else row.vector.astype(np.float32).tobytes()
    return {**_fields(row), "vector": vector, "version": version}


def _write_sentences(connection: Connection, papers: Sequence[Stored]) -> None:
    _delete(connection, _sentences.c.arxiv_id, [stored.kept.paper.arxiv_id for stored in papers])
    _add(connection, _sentences, [_sentence_values(stored.sentences) for stored in papers if stored.sentences])


def _sentence_values(vectors: SentenceVectors) -> dict[str, Any]:
    return {
        "arxiv_id": vectors.sentences[0].arxiv_id,
        "spans": json.dumps([(sentence.section, sentence.start, sentence.end) for sentence in vectors.sentences]),
        "vectors": vectors.vectors.astype(np.float16).tobytes(),
    }


def _write_words(connection: Connection, conversation_id: str, title: str, payload: str) -> None:
    row = {"conversation_id": conversation_id, "words": searched(f"{title}\n{_spoken(payload)}")}
    _replace(connection, _conversation_words, _conversation_words.c.conversation_id, [row])


def _spoken(payload: str) -> str:
    """Questions and answers of a conversation's JSON without the addresses of links; "" where it has another shape."""
    try:
        turns = [f"{turn['question']}\n{turn['answer']['text']}" for turn in json.loads(payload)["turns"]]
    except (ValueError, KeyError, TypeError):
        return ""
    return _LINKED.sub("]", "\n".join(turns))


def _write_embedder(connection: Connection, embedder: EmbedderMark) -> None:
    _replace(connection, _meta, _meta.c.key, [{"key": "embedder", "value": json.dumps(_fields(embedder))}])


def _replace(connection: Connection, table: sa.Table, key: sa.Column[str], rows: Sequence[dict[str, Any]]) -> None:
    _delete(connection, key, [row[key.name] for row in rows])
    _add(connection, table, rows)


def _delete(connection: Connection, column: sa.Column[str], values: Sequence[str]) -> None:
    for some in _chunks(values):
        connection.execute(sa.delete(column.table).where(column.in_(some)))


def _add(connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _fields(noun: DataclassInstance) -> dict[str, Any]:
    """Like `dataclasses.asdict`, without copying what the fields hold."""
    return {field.name: getattr(noun, field.name) for field in fields(noun)}


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _MANY] for start in range(0, len(values), _MANY))


# --- the engine


def _with_driver(url: str) -> URL:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as exc:
        wanted = "postgresql://user:password@host/name or sqlite:////path/to/file"
        raise LibraryError(f"DIGEST_DATABASE_URL is not a database URL; expected {wanted}") from exc
    if parsed.get_backend_name() in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed
    raise LibraryError(
        f"expected a database of SQLite or PostgreSQL, got {parsed.drivername!r}. Set DIGEST_DATABASE_URL"
    )


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        sa.event.listen(engine, "connect", _set_up_sqlite)
    else:
        name = f"process {os.getpid()} on {socket.gethostname()}"
        arguments = {"connect_timeout": 5, "application_name": name[:63]}
        engine = _postgres_engine(url, arguments)
    sa.event.listen(engine, "handle_error", _translate)
    return engine


def _postgres_engine(url: URL, arguments: dict[str, Any]) -> sa.Engine:
    try:
        return sa.create_engine(url, connect_args=arguments, pool_pre_ping=True)
    except ModuleNotFoundError as exc:
        mend = "pip install 'digest-assistant[postgres]'"
        raise LibraryError(f"PostgreSQL needs the package psycopg, and it is not installed: {mend}") from exc


def _set_up_sqlite(connection: DBAPIConnection, _: object) -> None:
    # Safe against a killed process; a power cut may cost the last commits, but never the file.
    connection.cursor().execute("PRAGMA synchronous=NORMAL")


def _translate(context: ExceptionContext) -> None:
    """Every error of the database passes here. Wrong statements are our own mistakes and stay what they are."""
    error = context.original_exception
    url = context.engine.url if context.engine else None
    where = url.render_as_string(hide_password=True) if url else "the database"
    for words, found, mend in _MENDS:
        if any(word in str(error) for word in words):
            raise LibraryError(f"{where}: {found} ({_first_line(error)}). {mend}") from error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).strip()


# What a database says, what that means, what to do.
_MENDS = (
    (
        ("file is not a database", "malformed"),
        "the file is damaged or is no SQLite database",
        "Move it away and ingest the digests again, or put a backup in its place",
    ),
    (
        ("disk is full", "disk I/O error", "No space left"),
        "the disk is full",
        "Make room and try again; what was reported is safe",
    ),
    (
        ("unable to open", "readonly database"),
        "the file cannot be written",
        "Give a folder you own: DIGEST_HOME",
    ),
    (
        ("database is locked",),
        f"another process kept it locked for {BUSY_SECONDS} s",
        "Wait until it is done and try again",
    ),
    (
        ("connection", "could not translate host", "server closed", "terminating"),
        "the database server does not answer",
        "Start it, or correct DIGEST_DATABASE_URL",
    ),
)
