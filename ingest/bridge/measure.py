"""How well the bridge finds papers of months it never saw: Chinese text to its own paper, by the abstract alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.bridge.model import Bridge
from ingest.bridge.pairs import FIELDS, Pair
from ingest.embedder import Embedder

DEPTHS = (1, 5, 20)
ASKED = ("tldr", "method")
MOST_ASKED = 2000  # of a month: more would take minutes and tell little more


@dataclass(frozen=True, slots=True)
class Recall:
    """The share of `questions` texts of one kind and month whose own paper is among the first 1, 5 and 20."""

    month: str
    field: str
    way: str
    questions: int
    papers: int
    at: tuple[float, ...]

    def __str__(self) -> str:
        shares = (f"{value:.3f}" for value in self.at)
        return " | ".join([self.month, self.field, self.way, str(self.questions), *shares])


def recalls(
    pairs: Sequence[Pair], teacher: NDArray[np.float32], months: Sequence[str], bridge: Bridge, embedder: Embedder
) -> Iterator[Recall]:
    """For each month and field: by the bridge's vectors, by the English words of its lexicon, and by both.

    All `pairs` are searched among, by `teacher`, the vectors of their abstracts.
    """
    for month in months:
        for field in ASKED:
            own, texts = asked_in(pairs, month, field)
            if not texts:  # which is no recall of zero
                continue
            static = bridge.embed(texts)
            english = embedder.embed([bridge.in_english(text) for text in texts])
            for way, vectors in (("vectors", static), ("lexicon", english), ("both", static + english)):
                at = recall_at(vectors, own, teacher)
                yield Recall(month, field, way, len(texts), len(pairs), at)


def asked_in(pairs: Sequence[Pair], month: str, field: str) -> tuple[NDArray[np.int64], list[str]]:
    """At most MOST_ASKED of the month's texts of that field, evenly chosen, and the rows of their papers."""
    rows = [row for row, pair in enumerate(pairs) if pair.month == month]
    rows = rows[:: -(-len(rows) // MOST_ASKED) or 1]
    asked = {row: text for row in rows if (text := pairs[row].chinese[FIELDS.index(field)])}
    return np.array(list(asked), np.int64), list(asked.values())


def recall_at(questions: NDArray[np.float32], own: NDArray[np.int64], papers: NDArray[np.float32]) -> tuple[float, ...]:
    """The share of questions whose own row of `papers` is among the DEPTHS nearest."""
    ranks = []
    for first in range(0, len(questions), 256):
        scores = questions[first : first + 256] @ papers.T
        mine = scores[np.arange(len(scores)), own[first : first + 256]]
        ranks.append((scores > mine[:, None]).sum(axis=1))
    rank = np.concatenate([*ranks, np.empty(0, np.int64)])
    return tuple(float((rank < depth).mean()) if len(rank) else 0.0 for depth in DEPTHS)
