"""Sentence vectors kept in memory: a search looks at those of hundreds of papers, and often at the same ones."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from ingest.record import SentenceVectors

MOST_PAPERS = 4096  # some 20 kB each


class AtHand:
    """The papers asked for last, as they were at one version of the library. Safe to use from several threads."""

    def __init__(self, most: int = MOST_PAPERS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._version = -1
        self._rows: OrderedDict[str, SentenceVectors] = OrderedDict()

    def get(self, version: int, arxiv_ids: Iterable[str]) -> dict[str, SentenceVectors]:
        """Those of the papers that are at hand; none that was kept at another version."""
        with self._lock:
            if version != self._version:
                self._rows.clear()
                self._version = version
            found = {arxiv_id: self._rows[arxiv_id] for arxiv_id in arxiv_ids if arxiv_id in self._rows}
            for arxiv_id in found:
                self._rows.move_to_end(arxiv_id)
            return found

    def put(self, version: int, rows: Mapping[str, SentenceVectors]) -> None:
        """Keeps what was read after `get` with the same version; if another one came between, nothing."""
        with self._lock:
            if version == self._version:
                self._rows.update(rows)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)
