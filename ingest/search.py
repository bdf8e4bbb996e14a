"""Nearest passages: the index, kept up with the record.

The index holds all passages up to a version of the library, its mark. Whatever was written after that is searched in
the record, vector by vector. So a search sees every committed passage at any moment: while another process writes,
when the index is damaged or out of reach, and before there is one.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.errors import IndexUnusable, LibraryBusy
from ingest.index import Place, VectorIndex
from ingest.record import Changes, IndexState, Record

log = logging.getLogger(__name__)

FEW = 2000  # papers up to which their vectors are read from the record rather than filtered out of the index's
REST = 30.0  # seconds before an index that failed is tried again


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage near a vector; `score` is the cosine, higher is nearer."""

    passage_id: str
    arxiv_id: str
    score: float


@dataclass(slots=True)
class _Opened:
    index: VectorIndex
    generation: str
    mark: int


class _Fresh:
    """The passages written after version `since`, up to `version`, in memory; None stands for one that is gone."""

    def __init__(self, since: int, version: int, vectors: dict[str, NDArray[np.float32] | None]) -> None:
        self.since = since
        self.version = version
        self.vectors = vectors
        there = {id_: vector for id_, vector in vectors.items() if vector is not None}
        self._ids = list(there)
        self._matrix = np.stack(list(there.values())) if there else np.empty((0, 0), np.float32)

    def followed(self, changes: Iterable[Changes], version: int) -> _Fresh:
        vectors = dict(self.vectors)
        for some in changes:
            vectors.update(zip(some.ids, some.vectors, strict=True))
            vectors.update(dict.fromkeys(some.gone))
        return _Fresh(self.since, version, vectors)

    def scores(self, vector: NDArray[np.float32]) -> Iterable[tuple[str, float]]:
        return zip(self._ids, (self._matrix @ vector).tolist(), strict=True) if self._ids else ()


class PassageSearch:
    """Searching may happen in any thread; everything that writes wants the writer lock held."""

    def __init__(self, record: Record, place: Place, lock: Callable[[float], AbstractContextManager[None]]) -> None:
        self._record = record
        self._place = place
        self._lock = lock
        self._opened: _Opened | None = None
        self._fresh = _Fresh(0, 0, {})
        self._guard = threading.RLock()
        self._writing = False
        self._cut_off = False
        self._rest_until = 0.0

    # --- reading

    def search(self, vector: NDArray[np.float32], k: int, within: Collection[str] | None = None) -> list[PassageHit]:
        """The `k` nearest passages, best first; of the papers `within` only, if given."""
        unit = (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
        if within is not None and len(within) <= FEW:
            return _best(_exact(self._record.vectors(list(within)), unit), k)
        allowed = None if within is None else frozenset(within)
        opened, fresh = self._current()
        found = [hit for hit in fresh.scores(unit) if _is_of(hit[0], allowed)]
        if opened:
            try:
                found += _from_index(opened.index, fresh, unit, k, allowed)
            except IndexUnusable as exc:
                self._give_up(exc)
                return self.search(vector, k, within)
        return _best(found, k)

    def lag(self) -> int:
        return len(self._current()[1].vectors)

    def close(self) -> None:
        self._opened = None

    def _current(self) -> tuple[_Opened | None, _Fresh]:
        """The index as far as this process can see it, and all that it lacks."""
        with self._guard:
            version, state = self._record.index_state(self._place.name)
            if state is None:
                self._opened = None
            elif not self._writing:
                self._turn_to(version, state)
            mark = self._opened.mark if self._opened else 0
            if self._fresh.since != mark:
                self._fresh = _Fresh(mark, mark, {})
            if self._fresh.version < version:
                self._fresh = self._fresh.followed(self._record.changes(self._fresh.version), version)
            return self._opened, self._fresh

    def _turn_to(self, version: int, state: IndexState) -> None:
        """Opens the index anew if another process has written to it since, but never while one does."""
        opened = self._opened
        if opened and opened.generation == state.generation and (self._place.live or opened.mark == state.mark):
            opened.mark = state.mark
            return
        if (state.dirty and not self._place.live) or time.monotonic() < self._rest_until:
            return
        try:
            self._opened = self._open(version, state)
        except IndexUnusable as exc:
            self._give_up(exc)
            self._heal()

    def _open(self, version: int, state: IndexState) -> _Opened | None:
        index = self._place.open(state.generation)
        index.query(np.ones(self._dim(), np.float32), 1)  # Chroma reads its files at the first query
        lacks = index.count() != self._record.count_vectors()
        if self._record.index_state(self._place.name) != (version, state):
            return self._opened  # a writer came between
        if lacks and state.mark == version and not state.dirty:
            raise IndexUnusable("the search index does not hold what the record does")
        return _Opened(index, state.generation, state.mark)

    def _dim(self) -> int:
        embedder = self._record.embedder()
        return embedder.dim if embedder else 1

    def _give_up(self, exc: IndexUnusable) -> None:
        log.warning("searching without the index: %s", exc)
        self._opened = None
        self._rest_until = time.monotonic() + REST

    def _heal(self) -> None:
        try:
            with self._lock(0):
                self.repair()
        except (IndexUnusable, LibraryBusy) as exc:
            log.info("the index stays as it is: %s", exc)

    # --- writing

    def is_behind(self) -> bool:
        """Whether a writer was cut off, or the index is not there. Cheap: it does not open the index."""
        version, state = self._record.index_state(self._place.name)
        if state is None:
            return self._record.count_vectors() > 0
        return state.dirty or state.mark < version or not self._place.exists(state.generation)

    def repair(self) -> None:
        """Brings the index up to the record, by the least that does: catching up, or making it anew."""
        try:
            if not self._catch_up():
                self.rebuild()
        except IndexUnusable:
            self._let_go()
            raise
        self.settle()

    def _catch_up(self) -> bool:
        """False if the index does not hold what it should, whatever is done."""
        _, state = self._record.index_state(self._place.name)
        try:
            if state is None or not self._place.exists(state.generation):
                return False
            # An upsert that was cut off can leave a vector that no search reaches, and nothing tells which; a folder
            # is made anew from the record, a server does not die with its clients.
            if state.dirty and not self._place.live:
                return False
            self.follow()
            return self._place.open(state.generation).count() == self._record.count_vectors()
        except IndexUnusable as exc:
            log.warning("the index is made anew: %s", exc)
            return False

    def follow(self) -> None:
        """Puts into the index what was committed to the record since its mark, and moves the mark last."""
        version, state = self._record.index_state(self._place.name)
        for changes in self._record.changes(state.mark if state else 0):
            state, index = self._touch(state)
            index.upsert(changes.ids, changes.vectors)
            index.delete(changes.gone)
        if state:
            self._mark(replace(state, mark=version))

    def settle(self) -> None:
        """Ends a time of writing. An index whose writing was cut off stays dirty, for the next one to look at."""
        _, state = self._record.index_state(self._place.name)
        if self._cut_off:
            self._let_go()
        elif state and state.dirty:
            self._mark(replace(state, dirty=False))
        self._writing = False

    def _let_go(self) -> None:
        with self._guard:
            self._opened = None
            self._writing = self._cut_off = False

    def rebuild(self) -> int:
        """Makes the index anew from the vectors in the record, and gives their number."""
        version, _ = self._record.index_state(self._place.name)
        generation = self._place.new()
        index = self._place.open(generation)
        number = 0
        for changes in self._record.changes(0):
            index.upsert(changes.ids, changes.vectors)
            number += len(changes.ids)
        with self._guard:
            self._opened = _Opened(index, generation, version)
            self._cut_off = False
            self._rest_until = 0.0
            self._mark(IndexState(generation, version, dirty=self._writing))
        self._place.drop_all_but(generation)
        return number

    def _touch(self, state: IndexState | None) -> tuple[IndexState, VectorIndex]:
        """The index opened for writing, marked dirty before anything is written."""
        state = state or IndexState(self._place.new(), 0, dirty=False)
        if not self._writing or not self._opened:
            with self._guard:
                self._opened = _Opened(self._place.open(state.generation), state.generation, state.mark)
                self._writing = True
        if not state.dirty:
            state = replace(state, dirty=True)
            self._record.set_index(self._place.name, state)
        self._cut_off = True  # until the mark is moved
        return state, self._opened.index

    def _mark(self, state: IndexState) -> None:
        self._record.set_index(self._place.name, state)
        with self._guard:
            if self._opened and self._opened.generation == state.generation and (self._writing or not state.dirty):
                self._opened.mark = state.mark
        self._cut_off = False


def _is_of(passage_id: str, allowed: frozenset[str] | None) -> bool:
    return allowed is None or _paper_of(passage_id) in allowed


def _paper_of(passage_id: str) -> str:
    return passage_id.rsplit(":", 2)[0]


def _exact(changes: Changes, vector: NDArray[np.float32]) -> list[tuple[str, float]]:
    if not changes.ids:
        return []
    return list(zip(changes.ids, (changes.vectors @ vector).tolist(), strict=True))


def _from_index(
    index: VectorIndex, fresh: _Fresh, vector: NDArray[np.float32], k: int, allowed: frozenset[str] | None
) -> list[tuple[str, float]]:
    """The `k` best that are allowed and not outdated; asks for ever more until there are so many, or no more."""
    asked = k
    while True:
        found = index.query(vector, asked)
        fit = [hit for hit in found if hit[0] not in fresh.vectors and _is_of(hit[0], allowed)]
        if len(fit) >= k or len(found) < asked:
            return fit
        asked *= 4


def _best(scored: list[tuple[str, float]], k: int) -> list[PassageHit]:
    best = heapq.nsmallest(k, scored, key=lambda hit: (-hit[1], hit[0]))
    return [PassageHit(passage_id, _paper_of(passage_id), score) for passage_id, score in best]
