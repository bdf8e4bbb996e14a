"""Words one slip of the fingers away from another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA


class Slips:
    """Known words, by first letter and length: fingers seldom slip on the first letter (`godel` is no `model`), and
    one slip changes the length by one at most."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_shape: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in words:
            if word:
                self._by_shape[word[0], len(word)].append(word)

    def near(self, word: str) -> list[str]:
        """The known words with one letter more, less, changed or swapped with its neighbour; the word itself too."""
        shapes = ((word[0], length) for length in range(len(word) - 1, len(word) + 2))
        alike = [known for shape in shapes for known in self._by_shape.get(shape, ())]
        return [known for known, _, _ in process.extract(word, alike, scorer=OSA.distance, score_cutoff=1, limit=None)]
