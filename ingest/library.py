"""The library: what digests were read into, and all that the assistant asks of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from ingest.at_hand import AtHand
from ingest.errors import EmbedderError, IndexUnusable, LibraryBusy, LibraryError
from ingest.index import FolderPlace, Place, ServerPlace
from ingest.lock import PATIENCE, holder_of, writer_lock
from ingest.merge import Kept
from ingest.paper import Filters, Paper
from ingest.record import (
    SCHEMA,
    ConversationRow,
    DigestRead,
    EmbedderMark,
    PassageRow,
    Record,
    SentenceVectors,
    Stored,
    bare_id,
)
from ingest.report import KeptReport, read_kept
from ingest.search import PassageHit, PassageSearch
from ingest.settings import IngestSettings

if TYPE_CHECKING:
    from ingest.embedder import Embedder

__all__ = [
    "ConversationRow",
    "DigestRead",
    "EmbedderMark",
    "KeptReport",
    "Library",
    "PassageHit",
    "SentenceVectors",
    "Writer",
    "open_library",
]

log = logging.getLogger(__name__)

RECORD = "library.sqlite"
_LAST_REPORT = "last_report"  # key in the record


def open_library(settings: IngestSettings, embedder: Embedder | None = None) -> Library:
    """The library in `settings.home`, made if there is none; repairs what a killed writer left if nobody writes.

    The embedder is loaded when it is first asked for, unless given. Raises LibraryError.
    """
    _make_home(settings.home)
    library = Library(settings, embedder)
    try:
        library.repair()
    except BaseException:
        library.close()
        raise
    return library


def _make_home(home: Path) -> None:
    """Private to its owner: conversations lie there too. A folder that somebody made is left as open as it is."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        mend = "Give a folder you own: DIGEST_HOME"
        raise LibraryError(f"the library's folder {home} cannot be made: {exc.strerror}. {mend}") from exc


class Library:
    """Open it with `open_library`. Reading may happen in any thread, and while another process writes."""

    def __init__(self, settings: IngestSettings, embedder: Embedder | None = None) -> None:
        self.home = settings.home
        self._settings = settings
        self._embedder = embedder
        self._loading = threading.Lock()
        self._at_hand = AtHand()
        self._writing = False
        url = settings.database_url
        self._record = Record(url.get_secret_value() if url else self.home / RECORD)
        self._lock_file = _lock_file(self.home, self._record)
        if not self._record.exists():
            self._create()
        elif self._record.schema() < SCHEMA:
            self._record.migrate()
        self._search = PassageSearch(self._record, _place(settings, self._record), self._locked)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._search.close()
        self._record.close()

    @property
    def embedder(self) -> Embedder:
        """Raises EmbedderError if it is not the one that this library was made with."""
        with self._loading:
            if self._embedder is None:
                from ingest.load import load_embedder  # which imports torch

                self._embedder = load_embedder(self._settings)
        _check(self._embedder, self._record.embedder())
        return self._embedder

    def use(self, embedder: Embedder) -> None:
        """Sets the embedder from here on; it is checked when it is asked for."""
        self._embedder = embedder

    @property
    def made_with(self) -> EmbedderMark | None:
        """The embedder of the vectors in here; None while there are none."""
        return self._record.embedder()

    # --- reading

    def version(self) -> int:
        """Grows with every change to papers or digests, by any process."""
        return self._record.version()

    def count(self) -> int:
        return self._record.count()

    def paper(self, arxiv_id: str) -> Paper | None:
        """Takes an id with a version, too."""
        return next(iter(self.papers([arxiv_id]).values()), None)

    def papers(self, arxiv_ids: Iterable[str]) -> dict[str, Paper]:
        """By id without version, in the order given; ids that are not here are left out."""
        found = self._record.papers(bare_id(arxiv_id) for arxiv_id in arxiv_ids)
        return {arxiv_id: kept.paper for arxiv_id, kept in found.items()}

    def select(self, filters: Filters, oldest_first: bool = False) -> list[str]:
        """Ids of the papers that meet all conditions, in the order of their ids, newest first."""
        return self._record.select(filters, oldest_first)

    def browse(
        self, filters: Filters, by: str = "date", descending: bool = True, skip: int = 0, limit: int = 50
    ) -> tuple[int, list[Paper]]:
        """How many papers meet all conditions, and `limit` of them after the first `skip`.

        `by`: `date` (month, then id), `title`, or `category` (the first one, then date).
        """
        count, ids = self._record.browse(filters, by, descending, skip, limit)
        return count, list(self.papers(ids).values())

    def iter_papers(self) -> Iterator[Paper]:
        """The whole library, a few hundred papers in memory at a time, in no order that means anything."""
        return self._record.iter_papers()

    def authors(self) -> dict[str, int]:
        """Number of papers by author, most first; spellings that differ in case or accents are one author."""
        return self._record.authors()

    def categories(self) -> dict[str, int]:
        """Number of papers by category, most first; a paper counts in each of its categories."""
        return self._record.categories()

    def months(self) -> dict[str, int]:
        """Number of papers by month `YYYY-MM` of their ids, newest first."""
        return self._record.months()

    def days(self) -> dict[str, int]:
        """Number of papers by the first digest day `YYYY-MM-DD` that lists them, newest first."""
        return self._record.days()

    def authors_named(self, part: str, limit: int) -> list[str]:
        """At most `limit` authors, those of most papers first, that have a name starting with each word of `part`."""
        return self._record.authors_named(part, limit)

    def last_report(self) -> KeptReport | None:
        """What the last ingest did, by any process; None before the first that kept its report."""
        return read_kept(self._record.meta(_LAST_REPORT))

    def other_writer(self) -> str:
        """Who writes to it now, such as `process 4711`; "" if nobody does, or we do."""
        return "" if self._writing else holder_of(self._lock_file) or self._record.pinned_by()

    def digests(self) -> list[DigestRead]:
        """Newest first, those without a date last."""
        return self._record.digests()

    def span(self) -> tuple[str, str]:
        """First and last digest day `YYYY-MM-DD`; first and last month where no digest has a date; empty if empty."""
        return self._record.span()

    def search(self, vector: NDArray[np.float32], k: int, within: Collection[str] | None = None) -> list[PassageHit]:
        """The `k` passages nearest to `vector`, best first, by cosine; only those of the papers `within`, if given."""
        return self._search.search(vector, k, within)

    def index_lag(self) -> int:
        """Passages that a search in this process takes from the record, as its index does not hold them (yet)."""
        return self._search.lag()

    def sentences(self, arxiv_ids: Sequence[str]) -> SentenceVectors:
        """The sentences of some papers, in the order given, that the embedder reads."""
        rows = list(self.sentences_by_paper(arxiv_ids).values())
        if not rows:
            made = self._record.embedder()
            return SentenceVectors((), np.empty((0, made.dim if made else 0), np.float32))
        sentences = tuple(sentence for row in rows for sentence in row.sentences)
        return SentenceVectors(sentences, np.concatenate([row.vectors for row in rows]))

    def sentences_by_paper(self, arxiv_ids: Iterable[str]) -> dict[str, SentenceVectors]:
        """The same for each paper that has some. Those asked for lately are at hand."""
        wanted = list(dict.fromkeys(arxiv_ids))
        version = self.version()  # before reading: what is newer than it says is read again, what is older never kept
        known = self._at_hand.get(version, wanted)
        read = self._record.sentences([arxiv_id for arxiv_id in wanted if arxiv_id not in known])
        self._at_hand.put(version, read)
        return {arxiv_id: rows for arxiv_id in wanted if (rows := known.get(arxiv_id) or read.get(arxiv_id))}

    # --- conversations

    def save_conversation(self, conversation_id: str, title: str, payload: str, owner: str = "") -> None:
        """Also while another process reads digests in. Later saves change neither the owner nor a title that was
        given by renaming. `payload` is JSON; what it says under `turns`, `question` and `answer.text` is searched."""
        self._record.save_conversation(conversation_id, title, payload, owner)

    def rename_conversation(self, conversation_id: str, title: str, owner: str) -> bool:
        """False where it is not there or not theirs."""
        return self._record.rename_conversation(conversation_id, title, owner)

    def delete_conversation(self, conversation_id: str, owner: str) -> bool:
        """False where it is not there or not theirs."""
        return self._record.delete_conversation(conversation_id, owner)

    def conversation(self, conversation_id: str) -> str | None:
        return self._record.conversation(conversation_id)

    def conversation_row(self, conversation_id: str) -> ConversationRow | None:
        return self._record.conversation_row(conversation_id)

    def conversations(self, owner: str | None = None, containing: str = "", limit: int = 200) -> list[ConversationRow]:
        """Of one owner or of all, the one spoken in last first; only those whose title, questions and answers hold
        every word of `containing`, case aside."""
        return self._record.conversations(owner, containing, limit)

    # --- writing

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Holds the writer lock. Raises LibraryBusy within 2 s if another process does."""
        with self._locked():
            if self._search.is_behind():
                self._search.repair()
            try:
                yield Writer(self, self._record, self._search)
            finally:
                self._search.settle()

    def repair(self) -> None:
        """Finishes what a killed writer left; does nothing while somebody writes or a Chroma server is away."""
        try:
            if self._search.is_behind():
                with self._locked(patience=0):
                    self._search.repair()
        except (LibraryBusy, IndexUnusable) as exc:
            log.warning("not repaired: %s", exc)

    def rebuild_index(self) -> int:
        """Makes the search index anew from the vectors in the record, and gives their number."""
        with self._locked():
            return self._search.rebuild()

    @contextmanager
    def _locked(self, patience: float = PATIENCE) -> Iterator[None]:
        with ExitStack() as held:
            held.enter_context(writer_lock(self._lock_file, patience))
            held.enter_context(self._record.pinned(patience))
            held.callback(setattr, self, "_writing", False)
            self._writing = True
            yield

    def _create(self) -> None:
        try:
            with self._locked():
                if not self._record.exists():
                    self._record.create()
        except LibraryBusy:
            if not self._record.exists():  # else another process has just made it
                raise


class Writer:
    """What an ingest may do while it holds the lock. Record first, index second, mark last."""

    def __init__(self, library: Library, record: Record, search: PassageSearch) -> None:
        self._library = library
        self._record = record
        self._search = search

    def kept(self, arxiv_ids: Iterable[str]) -> dict[str, Kept]:
        return self._record.papers(arxiv_ids)

    def digests(self) -> list[DigestRead]:
        return self._record.digests()

    def passages(self, arxiv_ids: Sequence[str]) -> list[PassageRow]:
        return self._record.passages(arxiv_ids)

    def sentences(self, arxiv_ids: Sequence[str]) -> SentenceVectors:
        return self._library.sentences(arxiv_ids)

    def store(self, papers: Sequence[Stored], digests: Sequence[DigestRead] = ()) -> None:
        """Commits papers, and digests all of whose papers are in, then brings the index up to them."""
        embedded = any(stored.passages is not None for stored in papers)
        self._record.store(papers, digests, mark_of(self._library.embedder) if embedded else None)
        try:
            self._search.follow()
        except IndexUnusable as exc:
            log.warning("the index is made anew: %s", exc)
            self._search.rebuild()

    def keep(self, report: KeptReport) -> None:
        """In place of the last ingest's. It makes no new version: the papers are what they were."""
        self._record.set_meta(_LAST_REPORT, report.to_json())

    def replace_vectors(self, papers: Sequence[Stored], embedder: Embedder) -> None:
        """Puts another embedder's vectors in place of all; either all of it happens or nothing."""
        self._record.replace_vectors(papers, mark_of(embedder))
        self._library.use(embedder)
        self._search.rebuild()


def mark_of(embedder: Embedder) -> EmbedderMark:
    return EmbedderMark(embedder.name, embedder.fingerprint, embedder.dim)


def _check(embedder: Embedder, made_with: EmbedderMark | None) -> None:
    if made_with is None or made_with.fingerprint == embedder.fingerprint:
        return
    found = f"the library was made with the embedder {made_with.name} ({made_with.fingerprint}), and "
    wanted = f"{embedder.name} ({embedder.fingerprint}) is set up. "
    mend = f"Set DIGEST_EMBED_MODEL={made_with.name}, or type `digest library re-embed`"
    raise EmbedderError(found + wanted + mend)


def _lock_file(home: Path, record: Record) -> Path:
    """Beside an SQLite file, as that may be one for several homes; in the home for a server."""
    file = record.file
    return file.with_name(file.name + ".lock") if file else home / "library.lock"


def _place(settings: IngestSettings, record: Record) -> Place:
    library_id = record.meta("library_id") or ""
    if settings.chroma_url:
        return ServerPlace(settings.chroma_url, library_id)
    return FolderPlace(settings.home / "index", library_id)
