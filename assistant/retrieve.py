"""Search: three legs a paper - words, passages, best sentence - fused by their scores."""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Evidence, Hit, Query, Why
from assistant.fit import answerable, with_fit
from assistant.lexical import RULES, LexicalIndex, Matches
from ingest.library import Library, SentenceVectors
from ingest.paper import Filters, Sentence

log = logging.getLogger(__name__)

# Cosines and the lexical share are on one scale already, so they are added as they are; a sum of z-scores was no
# better (nDCG@10 0.923 against 0.923 on 67 English questions) and needs statistics over the whole library.
_LEXICAL_WEIGHT = 1.2
# What was cited a moment ago is a little nearer than what was not.
_RECENT = 0.15
_PASSAGES = 400
_CANDIDATES_PER_LEG = 200


@dataclass(frozen=True, slots=True)
class _Vectors:
    """What the two vector legs say: best cosine a paper, and its best sentence."""

    passage: dict[str, float]
    sentence: dict[str, tuple[float, Sentence]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The papers found, best first, with what was known when they were ranked."""

    hits: tuple[Hit, ...]
    answerable: float  # probability that these papers answer the question at all
    searched: int  # papers that passed the filters
    lexical: LexicalIndex
    matches: Matches
    vector: NDArray[np.float32] | None  # the question's, None where the embedder cannot read it


class Retriever:
    """Ranks a library's papers for a query. Safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._lock = threading.Lock()
        self._version = -1
        self._lexical = LexicalIndex([])

    @property
    def lexical(self) -> LexicalIndex:
        """The lexical index of the library as it stands, built anew when another process has added papers."""
        with self._lock:
            version = self.library.version()
            if version != self._version:
                self._lexical = self._load_or_build(version)
                self._version = version
                log.info("lexical index over %d papers", len(self._lexical))
            return self._lexical

    def _load_or_build(self, version: int) -> LexicalIndex:
        """The lexical index from the library's cache, or built and put there: word splitting is slow."""
        state = f"{RULES} {version} {' '.join(self.library.select(Filters()))}"
        cache = self.library.home / "cache" / "lexical"
        folder = cache / hashlib.sha256(state.encode()).hexdigest()[:16]
        if found := LexicalIndex.load(folder):
            return found
        index = LexicalIndex(self.library.iter_papers())
        try:
            shutil.rmtree(cache, ignore_errors=True)
            index.save(folder)
        except OSError as exc:  # a library that may only be read, or another process that was quicker
            log.info("the lexical index is not kept: %s", exc)
        return index

    def search(self, query: Query, k: int = 100) -> Ranking:
        """The `k` best papers among those that pass the query's filters."""
        lexical = self.lexical
        within = frozenset(self.library.select(query.filters)) if query.filters else None
        matches = lexical.match(query.search_text)
        vector = self._embed(query.search_text)
        words = _best_rows(lexical, matches.score, within)
        vectors = self._vector_legs(vector, words, within)
        ranked = _fuse(query, lexical, matches, vectors, {*words, *vectors.passage, *_named(query, lexical, within)})
        hits = with_fit(self._hits(query, ranked[:k], lexical, matches, vectors))
        searched = len(lexical) if within is None else len(within)
        return Ranking(hits, answerable(hits), searched, lexical, matches, vector)

    def _embed(self, text: str) -> NDArray[np.float32] | None:
        """The question's vector, or None where the embedder cannot read it: then the vector legs stay silent."""
        embedder = self.library.embedder
        return embedder.embed_query(text) if text.strip() and embedder.reads(text) else None

    def _vector_legs(
        self, vector: NDArray[np.float32] | None, words: Iterable[str], within: Collection[str] | None
    ) -> _Vectors:
        if vector is None:
            return _Vectors({}, {})
        passage: dict[str, float] = {}
        for hit in self.library.search(vector, _PASSAGES, within):
            passage.setdefault(hit.arxiv_id, hit.score)
        return _Vectors(passage, best_sentences(self.library.sentences([*{*passage, *words}]), vector))

    def _hits(
        self,
        query: Query,
        ranked: Sequence[tuple[str, float]],
        lexical: LexicalIndex,
        matches: Matches,
        vectors: _Vectors,
    ) -> tuple[Hit, ...]:
        ids = [arxiv_id for arxiv_id, _ in ranked]
        papers = self.library.papers(ids)
        held = lexical.held(matches.weight, ids)
        return tuple(
            Hit(papers[arxiv_id], score, rank, 0.0, _why(arxiv_id, query, lexical, matches, words, vectors))
            for rank, ((arxiv_id, score), words) in enumerate(zip(ranked, held, strict=True), 1)
            if arxiv_id in papers  # gone since the index was built
        )


def _best_rows(lexical: LexicalIndex, score: NDArray[np.float32], within: Collection[str] | None) -> list[str]:
    """Ids of the papers that match words best, best first."""
    rows = np.argsort(-score, kind="stable")
    ids = (lexical.arxiv_ids[row] for row in rows if score[row] > 0)
    kept = (arxiv_id for arxiv_id in ids if within is None or arxiv_id in within)
    return [arxiv_id for arxiv_id, _ in zip(kept, range(_CANDIDATES_PER_LEG), strict=False)]


def best_sentences(found: SentenceVectors, vector: NDArray[np.float32]) -> dict[str, tuple[float, Sentence]]:
    """The sentence of each paper that is nearest to the vector, with its cosine."""
    best: dict[str, tuple[float, Sentence]] = {}
    if not found.sentences:  # an empty library does not know how long vectors are
        return best
    for sentence, cosine in zip(found.sentences, found.vectors @ vector, strict=True):
        if sentence.arxiv_id not in best or cosine > best[sentence.arxiv_id][0]:
            best[sentence.arxiv_id] = (float(cosine), sentence)
    return best


def _named(query: Query, lexical: LexicalIndex, within: Collection[str] | None) -> list[str]:
    return [paper for paper in query.papers if paper in lexical.row and (within is None or paper in within)]


def _fuse(
    query: Query, lexical: LexicalIndex, matches: Matches, vectors: _Vectors, candidates: Iterable[str]
) -> list[tuple[str, float]]:
    """Candidates with their fused score: those that the question names in its order, then the best first."""
    # A paper none of whose passages came near enough to be returned is no nearer than the last one that was.
    floor = min(vectors.passage.values(), default=0.0)
    scores = {
        arxiv_id: vectors.passage.get(arxiv_id, floor)
        + (vectors.sentence[arxiv_id][0] if arxiv_id in vectors.sentence else 0.0)
        + _LEXICAL_WEIGHT * float(matches.score[lexical.row[arxiv_id]])
        + _RECENT * (arxiv_id in query.recent)
        for arxiv_id in candidates
        if arxiv_id in lexical.row
    }
    place = {arxiv_id: n for n, arxiv_id in enumerate(query.papers)}
    last = len(place)
    return sorted(scores.items(), key=lambda item: (place.get(item[0], last), -item[1], item[0]))


def _why(
    arxiv_id: str,
    query: Query,
    lexical: LexicalIndex,
    matches: Matches,
    held: Sequence[str],
    vectors: _Vectors,
) -> Why:
    cosine, sentence = vectors.sentence.get(arxiv_id, (None, None))
    return Why(
        lexical=float(matches.score[lexical.row[arxiv_id]]),
        passage=vectors.passage.get(arxiv_id),
        sentence=cosine,
        words=tuple(dict.fromkeys(matches.typed[word] for word in held)),
        coverage=_coverage(matches, held, power=1),
        rare_coverage=_coverage(matches, held, power=2),
        best=None if sentence is None else evidence_of(sentence, cosine or 0.0),
        named=arxiv_id in query.papers,
    )


def _coverage(matches: Matches, held: Sequence[str], power: int) -> float:
    """The share of the question's words that a paper holds, each weighed by idf to the `power`."""
    whole = sum(weight**power for weight in matches.weight.values())
    return sum(matches.weight[word] ** power for word in held) / whole if whole else 0.0


def evidence_of(sentence: Sentence, score: float) -> Evidence:
    return Evidence(sentence.arxiv_id, sentence.section, sentence.text, sentence.start, sentence.end, score)
