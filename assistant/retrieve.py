"""Search: three legs a paper - words, passages, best sentence - fused by their scores."""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Evidence, Hit, Query, Why
from assistant.fit import answerable, with_fit
from assistant.lexical import RULES, LexicalIndex, Matches
from ingest.embedder import Glossing
from ingest.library import Library, SentenceVectors
from ingest.paper import Filters, Sentence

log = logging.getLogger(__name__)

# What was cited a moment ago is a little nearer than what was not.
_RECENT = 0.15
_PASSAGES = 400
_CANDIDATES_PER_LEG = 200


@dataclass(frozen=True, slots=True)
class Weights:
    """What each leg counts for in a paper's score; chosen by `python -m evals tune`, whose figures say what is lost.

    Cosines and the lexical share are on one scale already, so that no statistics over the library are needed.
    `glosses`: how a match by the English words that a Chinese question stands for compares with one by its own.
    """

    passage: float = 1.0
    sentence: float = 1.0
    words: float = 1.2
    glosses: float = 1.0


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
    readings: tuple[Matches, ...]  # what was searched for, in the question's own words first
    asked: tuple[Matches, ...]  # the same of what was typed now, without what a follow-up brings along
    vector: NDArray[np.float32] | None  # the question's, None where the embedder cannot read it

    def unknown_words(self) -> list[str]:
        """Words of the question, as typed, that no paper holds, neither as they are nor in English."""
        known = [
            reading.typed[word]
            for reading in self.readings
            for word, forms in reading.forms.items()
            if any(map(self.lexical.count, forms))
        ]
        own = dict.fromkeys(self.readings[0].typed.values())
        return [typed for typed in own if not any(typed in word or word in typed for word in known)]


class Retriever:
    """Ranks a library's papers for a query. Safe to use from several threads."""

    def __init__(self, library: Library, weights: Weights | None = None) -> None:
        self.library = library
        self.weights = weights or Weights()
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
        readings = self._readings(lexical, query.search_text, query.other_text)
        asked = readings if query.text == query.search_text else self._readings(lexical, query.text)
        vector = self._embed(query.search_text, query.other_text)
        score = np.maximum.reduce([reading.score for reading in readings])
        words = _best_rows(lexical, score, within)
        vectors = self._vector_legs(vector, words, within)
        ranked = self._fuse(query, lexical, score, vectors, {*words, *vectors.passage, *_named(query, lexical, within)})
        hits = with_fit(self._hits(query, ranked[:k], lexical, readings, vectors))
        searched = len(lexical) if within is None else len(within)
        return Ranking(hits, answerable(hits, len(readings[0].weight)), searched, lexical, readings, asked, vector)

    def _readings(self, lexical: LexicalIndex, text: str, other_text: str = "") -> tuple[Matches, ...]:
        """The text's words, what they stand for in English, and the words a language model put it in."""
        embedder = self.library.embedder
        glosses = embedder.glosses(text) if isinstance(embedder, Glossing) else []
        found = [lexical.match(text)]
        if glosses and self.weights.glosses:
            found.append(lexical.match_glosses(glosses).weighted(self.weights.glosses))
        return (*found, lexical.match(other_text)) if other_text else tuple(found)

    def _embed(self, *texts: str) -> NDArray[np.float32] | None:
        """The question's vector, or None where the embedder cannot read it: then the vector legs stay silent."""
        embedder = self.library.embedder
        vectors = [embedder.embed_query(text) for text in texts if text.strip() and embedder.reads(text)]
        whole = np.sum(vectors, axis=0) if vectors else np.zeros(embedder.dim, np.float32)
        length = float(np.linalg.norm(whole))
        return (whole / length).astype(np.float32) if length else None

    def _vector_legs(
        self, vector: NDArray[np.float32] | None, words: Iterable[str], within: Collection[str] | None
    ) -> _Vectors:
        if vector is None:
            return _Vectors({}, {})
        passage: dict[str, float] = {}
        for hit in self.library.search(vector, _PASSAGES, within):
            passage.setdefault(hit.arxiv_id, hit.score)
        return _Vectors(passage, best_sentences(self.library.sentences_by_paper({*passage, *words}), vector))

    def _fuse(
        self,
        query: Query,
        lexical: LexicalIndex,
        score: NDArray[np.float32],
        vectors: _Vectors,
        candidates: Iterable[str],
    ) -> list[tuple[str, float]]:
        """Candidates with their fused score: those that the question names in its order, then the best first."""
        # A paper none of whose passages came near enough to be returned is no nearer than the last one that was.
        floor = min(vectors.passage.values(), default=0.0)
        weights = self.weights
        scores = {
            arxiv_id: weights.passage * vectors.passage.get(arxiv_id, floor)
            + weights.sentence * (vectors.sentence[arxiv_id][0] if arxiv_id in vectors.sentence else 0.0)
            + weights.words * float(score[lexical.row[arxiv_id]])
            + _RECENT * (arxiv_id in query.recent)
            for arxiv_id in candidates
            if arxiv_id in lexical.row
        }
        place = {arxiv_id: n for n, arxiv_id in enumerate(query.papers)}
        last = len(place)
        return sorted(scores.items(), key=lambda item: (place.get(item[0], last), -item[1], item[0]))

    def _hits(
        self,
        query: Query,
        ranked: Sequence[tuple[str, float]],
        lexical: LexicalIndex,
        readings: Sequence[Matches],
        vectors: _Vectors,
    ) -> tuple[Hit, ...]:
        ids = [arxiv_id for arxiv_id, _ in ranked]
        papers = self.library.papers(ids)
        held = zip(*(lexical.held(reading.forms, ids) for reading in readings), strict=True)
        return tuple(
            Hit(papers[arxiv_id], score, rank, 0.0, _why(arxiv_id, query, lexical, readings, words, vectors))
            for rank, ((arxiv_id, score), words) in enumerate(zip(ranked, held, strict=True), 1)
            if arxiv_id in papers  # gone since the index was built
        )


def _best_rows(lexical: LexicalIndex, score: NDArray[np.float32], within: Collection[str] | None) -> list[str]:
    """Ids of the papers that match words best, best first."""
    rows = np.argsort(-score, kind="stable")
    ids = (lexical.arxiv_ids[row] for row in rows if score[row] > 0)
    kept = (arxiv_id for arxiv_id in ids if within is None or arxiv_id in within)
    return [arxiv_id for arxiv_id, _ in zip(kept, range(_CANDIDATES_PER_LEG), strict=False)]


def best_sentences(
    found: Mapping[str, SentenceVectors], vector: NDArray[np.float32]
) -> dict[str, tuple[float, Sentence]]:
    """The sentence of each paper that is nearest to the vector, with its cosine."""
    best = {}
    for arxiv_id, rows in found.items():
        cosines = rows.vectors @ vector
        nearest = int(cosines.argmax())
        best[arxiv_id] = (float(cosines[nearest]), rows.sentences[nearest])
    return best


def _named(query: Query, lexical: LexicalIndex, within: Collection[str] | None) -> list[str]:
    return [paper for paper in query.papers if paper in lexical.row and (within is None or paper in within)]


def _why(
    arxiv_id: str,
    query: Query,
    lexical: LexicalIndex,
    readings: Sequence[Matches],
    held: Sequence[Sequence[str]],
    vectors: _Vectors,
) -> Why:
    cosine, sentence = vectors.sentence.get(arxiv_id, (None, None))
    row, read = lexical.row[arxiv_id], list(zip(readings, held, strict=True))
    return Why(
        lexical=max(float(reading.score[row]) for reading in readings),
        passage=vectors.passage.get(arxiv_id),
        sentence=cosine,
        words=tuple(dict.fromkeys(reading.typed[word] for reading, words in read for word in words)),
        coverage=max(reading.share(words) for reading, words in read),
        rare_coverage=max(reading.share(words, power=2) for reading, words in read),
        best=None if sentence is None else evidence_of(sentence, cosine or 0.0),
        named=arxiv_id in query.papers,
    )


def evidence_of(sentence: Sentence, score: float) -> Evidence:
    return Evidence(sentence.arxiv_id, sentence.section, sentence.text, sentence.start, sentence.end, score)
