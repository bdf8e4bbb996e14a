"""The trained bridge as it is used: Chinese text to a vector, and to the English words it stands for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from tokenizers import Encoding, Tokenizer

from ingest.bridge.lexicon import Lexicon
from ingest.bridge.script import plain
from ingest.bridge.words import EDGE
from ingest.errors import EmbedderError

SHIPPED = Path(__file__).parent / "model"
_VECTORS = "model.safetensors"
_LEXICON = "lexicon.safetensors"
_TOKENIZER = "tokenizer.json"
# What sentence-transformers reads the vectors by, as a StaticEmbedding.
_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
]


@dataclass(frozen=True, slots=True)
class Gloss:
    """A word of a text and the English words it may stand for, best first, each with its share in (0, 1].

    A word in Latin letters stands for itself, with share 1; one that is not known has no `english`. `start` and `end`
    are its place, in characters, in the text as `plain` writes it.
    """

    word: str
    english: tuple[tuple[str, float], ...]
    start: int
    end: int


class Bridge:
    """What lies in a folder that the trainer wrote. Safe to use from several threads."""

    def __init__(
        self, tokenizer: Tokenizer, vectors: NDArray[np.int8], scale: NDArray[np.float32], lexicon: Lexicon
    ) -> None:
        self._tokenizer = tokenizer
        self._vectors = vectors
        self._scale = scale
        self._lexicon = lexicon
        self.words, self.dim = vectors.shape
        self.fingerprint = hashlib.sha256(vectors[:: max(1, len(vectors) // 64)].tobytes()).hexdigest()[:8]

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Bridge:
        """Raises EmbedderError if there is no whole bridge in the folder."""
        try:
            written = (folder / _TOKENIZER).read_text("utf-8")
            words = len(json.loads(written)["model"]["vocab"])  # errors that can be told apart, unlike the next line's
            tokenizer = Tokenizer.from_str(written)
            with safe_open(folder / _VECTORS, "numpy") as file:
                vectors, scale = file.get_tensor("embeddings"), file.get_tensor("weights")
            with safe_open(folder / _LEXICON, "numpy") as file:
                english = tuple(file.metadata()["english"].split())
                lexicon = Lexicon(english, *(file.get_tensor(name) for name in ("start", "form", "share")))
            if not words == len(vectors) == len(scale) == len(lexicon.start) - 1:
                raise ValueError(f"{words} words, {len(vectors)} vectors and a lexicon of {len(lexicon.start) - 1}")
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as exc:
            raise EmbedderError(
                f"{folder}: expected the bridge between Chinese and English ({_VECTORS}, {_LEXICON}, {_TOKENIZER}), "
                f"got {exc}: install this package anew, or train one with `python -m ingest.bridge.train`"
            ) from exc
        return cls(tokenizer, vectors, scale, lexicon)

    @classmethod
    def of(cls, tokenizer: Tokenizer, vectors: NDArray[np.float32], lexicon: Lexicon) -> Bridge:
        """From `float32[words, dim]`, kept as eight-bit numbers with a scale for each word."""
        scale = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
        small = np.round(vectors / np.maximum(scale, 1e-12)[:, None]).astype(np.int8)
        return cls(tokenizer, small, scale, lexicon)

    def save(self, folder: Path) -> None:
        """Writes the files that `load` reads; sentence-transformers can load the folder too."""
        folder.mkdir(parents=True, exist_ok=True)
        self._tokenizer.save(str(folder / _TOKENIZER))
        save_file({"embeddings": self._vectors, "weights": self._scale}, folder / _VECTORS, {"format": "pt"})
        lexicon = self._lexicon
        arrays: dict[str, NDArray[Any]] = {"start": lexicon.start, "form": lexicon.form, "share": lexicon.share}
        save_file(arrays, folder / _LEXICON, {"english": " ".join(lexicon.english)})
        (folder / "modules.json").write_text(json.dumps(_MODULES, indent=1) + "\n", "utf-8")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`float32[len(texts), dim]`, unit rows; zero for a text without any known word."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, encoding in zip(rows, self._encoded(texts), strict=True):
            ids = np.array(encoding.ids, np.int64)
            if len(ids):
                row += self._scale[ids] @ self._vectors[ids].astype(np.float32)
        unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return unit

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._encoded(texts)]

    def glosses(self, text: str) -> list[Gloss]:
        """Every word of the text in order, with what it stands for."""
        written = plain(text)
        encoding = self._tokenizer.encode(written, add_special_tokens=False)
        found = zip(encoding.ids, encoding.tokens, encoding.offsets, strict=True)
        # The edge put before a Latin word counts as part of the character before it, which is none of the word's.
        spans = ((n, token, max(a, b - len(token.strip(EDGE))), b) for n, token, (a, b) in found)
        return [Gloss(written[a:b], self._english(n, token), a, b) for n, token, a, b in spans]

    def in_english(self, text: str, least: float = 0.05) -> str:
        """The text word by word in English, each word by the likeliest one, without those that stand for nothing."""
        best = (gloss.english[0] for gloss in self.glosses(text) if gloss.english)
        return " ".join(word for word, share in best if share >= least)

    def _encoded(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch([plain(text) for text in texts], add_special_tokens=False)

    def _english(self, number: int, token: str) -> tuple[tuple[str, float], ...]:
        if token.startswith(EDGE):
            return ((token.strip(EDGE), 1.0),)
        entries = slice(self._lexicon.start[number], self._lexicon.start[number + 1])
        forms, shares = self._lexicon.form[entries].tolist(), self._lexicon.share[entries].tolist()
        return tuple((self._lexicon.english[form], share) for form, share in zip(forms, shares, strict=True))
