"""Reading digests into a library: what is new is embedded and stored, what is known is passed over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.digest import Digest, read_digest
from ingest.embedder import embed_with_spans
from ingest.errors import SourceError
from ingest.library import Library, Writer
from ingest.merge import Kept, first_seen, merge
from ingest.paper import Paper, Passage
from ingest.passage import passages_of
from ingest.record import DigestRead, PassageRow, SentenceVectors, Stored, now
from ingest.report import Report, kept_report
from ingest.sentence import sentences_of

if TYPE_CHECKING:
    from ingest.embedder import Embedder
    from ingest.source import Source

CHUNK = 96  # papers embedded together and committed at once: a kill loses no more than these
_LOOK_UP = 32  # papers asked of the record at once

Vectors = Mapping[str, NDArray[np.float32]]  # by text
# By paper and text: the same sentence in two papers has two vectors, each coloured by what stands around it.
SentenceTexts = Mapping[tuple[str, str], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Step:
    """How far an ingest has come. `stored` papers are committed and safe; `texts` counts what was embedded.

    `papers` are those of the sources read so far, each once a source: all there are once the last source is read.
    """

    source: str
    sources_read: int
    sources: int
    found: int
    stored: int
    texts: int
    papers: int = 0


Progress = Callable[[Step], None]


def ingest(sources: Sequence[Source], library: Library, progress: Progress | None = None) -> Report:
    """Reads all sources into the library. Raises LibraryBusy if another process writes to it, and LibraryError.

    A source or entry that cannot be read is counted and shown, and costs no other.
    """
    started, version = time.perf_counter(), library.version()
    with library.writing() as writer:
        run = _Run(library, writer, len(sources), progress or (lambda step: None))
        for source in sources:
            run.read(source)
        run.flush()
        changed = library.version() != version
        report = replace(run.report(), seconds=time.perf_counter() - started, changed=changed)
        writer.keep(kept_report(report, now(), [source.name for source in sources]))
    return replace(report, seconds=time.perf_counter() - started)


def re_embed(library: Library, embedder: Embedder, progress: Progress | None = None) -> int:
    """Replaces all vectors by those of `embedder` and gives the number of papers. Cut off, it changes nothing."""
    told, done = progress or (lambda step: None), 0
    with library.writing() as writer:
        stored: list[Stored] = []
        count, papers = library.count(), library.iter_papers()
        while some := list(islice(papers, CHUNK)):
            stored += _with_vectors([first_seen(paper) for paper in some], embedder, {}, {})
            done += len(some)
            told(Step("", 0, 0, count, done, 0))
        writer.replace_vectors(stored, embedder)
    return done


@dataclass(slots=True)
class _Draft:
    """A paper as it will be stored, and as it is stored now."""

    kept: Kept
    before: Kept | None

    def says_the_same(self) -> bool:
        return self.before is not None and _texts(self.kept.paper) == _texts(self.before.paper)


@dataclass(slots=True)
class _Run:
    """One ingest: drafts gather across digests until there are enough of them to be embedded together."""

    library: Library
    writer: Writer
    sources: int
    progress: Progress
    source: str = ""
    drafts: dict[str, _Draft] = field(default_factory=dict)
    digests: list[DigestRead] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def read(self, source: Source) -> None:
        self.source = source.name
        try:
            digest = read_digest(source.read(), source.name)
        except SourceError as exc:
            self.unread.append(str(exc))
        else:
            self._read(digest)
        self.counts["sources"] += 1
        self._tell()

    def _read(self, digest: Digest) -> None:
        self.counts["papers"] += len(digest.papers)
        papers = iter(digest.papers)
        while some := list(islice(papers, _LOOK_UP)):
            self._draft(some)
            if len(self.drafts) >= CHUNK:
                self.flush()
        # A digest counts as read only once its last papers are stored: it goes with the next flush.
        if digest.papers or not digest.unreadable:
            self.digests.append(DigestRead(digest.name, digest.day, len(digest.papers), now()))
        self.counts["digests"] += 1
        self.counts["placeholders"] += digest.placeholders
        self.counts["repeats"] += digest.repeats
        self.unreadable += digest.unreadable

    def _draft(self, papers: Sequence[Paper]) -> None:
        stored = self.writer.kept([paper.arxiv_id for paper in papers])
        for paper in papers:
            before = stored.get(paper.arxiv_id)
            draft = self.drafts.get(paper.arxiv_id) or (_Draft(before, before) if before else None)
            kept = merge(draft.kept, paper) if draft else first_seen(paper)
            self.counts[_outcome(draft, kept)] += 1
            if kept != before:
                self.drafts[paper.arxiv_id] = _Draft(kept, before)
        self.counts["found"] += len(papers)
        self._tell()

    def flush(self) -> None:
        """Embeds and stores what has gathered."""
        said = [draft for draft in self.drafts.values() if draft.says_the_same()]
        says = [draft for draft in self.drafts.values() if not draft.says_the_same()]
        stored = [Stored(draft.kept) for draft in said] + self._embed(says)
        known = {digest.name: digest for digest in self.writer.digests()}
        digests = [digest for digest in self.digests if not _is_same(digest, known.get(digest.name))]
        if stored or digests:
            self.writer.store(stored, digests)
        self.counts["stored"] = self.counts["found"]
        self.drafts.clear()
        self.digests.clear()
        self._tell()

    def _embed(self, drafts: Sequence[_Draft]) -> list[Stored]:
        """Embeds only texts that are not stored word for word: of a repeat, little but the summary is ever new."""
        if not drafts:
            return []
        known = [draft.kept.paper.arxiv_id for draft in drafts if draft.before]
        passages = {row.text: row.vector for row in self.writer.passages(known) if row.vector is not None}
        rows = self.writer.sentences(known)
        pairs = zip(rows.sentences, rows.vectors, strict=True)
        sentences = {(sentence.arxiv_id, sentence.text): row for sentence, row in pairs}
        kept = [draft.kept for draft in drafts]
        return _with_vectors(kept, self.library.embedder, passages, sentences, self._count_texts)

    def _count_texts(self, number: int) -> None:
        self.counts["texts"] += number
        self._tell()

    def _tell(self) -> None:
        counts = self.counts
        done = (counts["sources"], self.sources, counts["found"], counts["stored"], counts["texts"], counts["papers"])
        self.progress(Step(self.source, *done))

    def report(self) -> Report:
        counts = self.counts
        return Report(
            new=counts["new"],
            updated=counts["updated"],
            repeats=counts["repeats"],
            placeholders=counts["placeholders"],
            unreadable=tuple(self.unreadable),
            digests=counts["digests"],
            unread_sources=tuple(self.unread),
        )


def _outcome(draft: _Draft | None, kept: Kept) -> str:
    if draft is None:
        return "new"
    return "repeats" if draft.kept.paper.summary == kept.paper.summary else "updated"


def _texts(paper: Paper) -> tuple[object, ...]:
    """All that passages and sentences are made of."""
    return paper.title, paper.abstract, paper.summary


def _is_same(digest: DigestRead, known: DigestRead | None) -> bool:
    return known is not None and replace(digest, read_at=known.read_at) == known


def _with_vectors(
    papers: Sequence[Kept],
    embedder: Embedder,
    known_passages: Vectors,
    known_sentences: SentenceTexts,
    progress: Callable[[int], None] | None = None,
) -> list[Stored]:
    """The papers with their passages and sentences, embedded in one call so that like lengths meet."""
    passages = [passages_of(kept.paper, embedder) for kept in papers]
    wanted = {p.text: p for some in passages for p in some if p.text not in known_passages and embedder.reads(p.text)}
    new = list(wanted.values())
    vectors, parts = embed_with_spans(embedder, [p.text for p in new], [p.sentences for p in new], progress)
    known_passages = {**known_passages, **{p.text: vector for p, vector in zip(new, vectors, strict=True)}}
    sentences = {**known_sentences, **dict(_by_text(new, parts, embedder))}
    return [
        Stored(kept, tuple(_row(passage, known_passages) for passage in some), _rows(kept.paper, sentences))
        for kept, some in zip(papers, passages, strict=True)
    ]


def _by_text(
    passages: Sequence[Passage], parts: Sequence[NDArray[np.float32]], embedder: Embedder
) -> Iterator[tuple[tuple[str, str], NDArray[np.float32]]]:
    """The sentences that the embedder reached and reads, each under its paper's id and its text."""
    for passage, vectors in zip(passages, parts, strict=True):
        for (start, end), vector in zip(passage.sentences, vectors, strict=True):
            text = passage.text[start:end]
            if vector.any() and embedder.reads(text):
                yield (passage.arxiv_id, text), vector


def _row(passage: Passage, vectors: Vectors) -> PassageRow:
    vector = vectors.get(passage.text)
    return PassageRow(passage.passage_id, passage.arxiv_id, passage.section, passage.text, vector)


def _rows(paper: Paper, vectors: SentenceTexts) -> SentenceVectors | None:
    read = tuple(s for s in sentences_of(paper) if (s.arxiv_id, s.text) in vectors)
    return SentenceVectors(read, np.stack([vectors[s.arxiv_id, s.text] for s in read])) if read else None
