"""The default embedder: English by all-MiniLM-L6-v2, Chinese by the bridge, in one space."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.bridge.model import Bridge, Gloss
from ingest.bridge.script import has_han
from ingest.embedder import Embedder, Spans, embed_with_spans
from ingest.paper import Language
from ingest.sentence import language_of

# How much of a Chinese question's vector is the bridge's own; the rest is the English model's, of the question put
# word by word into English. Chosen by `python -m evals tune`, with the weights of the legs.
BRIDGE_SHARE = 0.5


class BridgedEmbedder:
    """An English embedder and a bridge that was trained on its vectors."""

    def __init__(self, english: Embedder, bridge: Bridge, share: float = BRIDGE_SHARE) -> None:
        self._english = english
        self._bridge = bridge
        self._share = share
        self.name = english.name
        self.fingerprint = f"{english.fingerprint}+{bridge.fingerprint}"
        self.dim = english.dim
        self.max_tokens = english.max_tokens

    def with_share(self, share: float) -> BridgedEmbedder:
        """The same, with questions' vectors that are the bridge's own to `share`, in [0, 1]."""
        return BridgedEmbedder(self._english, self._bridge, share)

    def reads(self, text: str) -> bool:
        return _is_chinese(text) or self._english.reads(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return _each(texts, self._bridge.count_tokens, self._english.count_tokens)

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        return self.embed_with_spans(texts, [()] * len(texts), progress)[0]

    def embed_with_spans(
        self, texts: Sequence[str], spans: Sequence[Spans], progress: Callable[[int], None] | None = None
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """English texts as the English embedder does it; of Chinese ones, each span is a text of its own."""
        whole = np.empty((len(texts), self.dim), np.float32)
        parts: list[NDArray[np.float32]] = [np.empty((0, self.dim), np.float32)] * len(texts)
        chinese = [n for n, text in enumerate(texts) if _is_chinese(text)]
        english = [n for n, text in enumerate(texts) if not _is_chinese(text)]
        for n in chinese:
            pieces = [texts[n][start:end] for start, end in spans[n]]
            vectors = self._bridge.embed([texts[n], *pieces])
            whole[n], parts[n] = vectors[0], vectors[1:]
        if chinese and progress:
            progress(len(chinese))
        if english:
            vectors, some = embed_with_spans(
                self._english, [texts[n] for n in english], [spans[n] for n in english], progress
            )
            whole[english] = vectors
            for n, part in zip(english, some, strict=True):
                parts[n] = part
        return whole, parts

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """A Chinese question is seen twice, by the bridge and, in English words, by the English embedder."""
        if not has_han(text):
            return self._english.embed_query(text)
        in_english = self._bridge.in_english(text)
        vector = self._english.embed_query(in_english) if in_english else np.zeros(self.dim, np.float32)
        if _is_chinese(text):
            vector = (1 - self._share) * vector + self._share * self._bridge.embed([text])[0]
        unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-9)
        return unit.astype(np.float32)

    def glosses(self, text: str) -> list[Gloss]:
        """The words of a text with what they stand for in English; none if there is no Chinese in it."""
        return self._bridge.glosses(text) if has_han(text) else []


def _is_chinese(text: str) -> bool:
    return language_of(text) is Language.CHINESE


def _each(
    texts: Sequence[str],
    chinese: Callable[[Sequence[str]], list[int]],
    english: Callable[[Sequence[str]], list[int]],
) -> list[int]:
    """What the one function gives for Chinese texts, the other for the rest, in the order of the texts."""
    counts = [0] * len(texts)
    for count, wanted in ((chinese, True), (english, False)):
        rows = [n for n, text in enumerate(texts) if _is_chinese(text) is wanted]
        for row, number in zip(rows, count([texts[row] for row in rows]), strict=True):
            counts[row] = number
    return counts
