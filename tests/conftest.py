"""Fakes are small real classes; everything else the tests use is the real thing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ingest.library import Library

SHARED = Path(__file__).parents[2] / "shared"
"""Real digests and judged questions, which lie beside the repository and not in it."""


class WordEmbedder:
    """Each word has a fixed direction and a text is the sum of its words: fast, exact, and order-blind."""

    name = "words"
    fingerprint = "words-1"
    dim = 32
    max_tokens = 64

    def reads(self, text: str) -> bool:
        return not re.search(r"[一-鿿]", text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row += sum((_direction(word, self.dim) for word in re.findall(r"\w+", text.lower())), np.zeros(self.dim))
        if progress:
            progress(len(texts))
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self.embed([text])[0]


@cache
def _direction(word: str, dim: int) -> NDArray[Any]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(dim)


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture(scope="session")
def real_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The real digests, read once a session by the packaged model: a minute of one core. To be read only."""
    digests = SHARED / "data" / "digests"
    if not digests.is_dir():
        pytest.skip(f"the real digests are not here: {digests}")
    from ingest.library import open_library
    from ingest.run import ingest
    from ingest.settings import IngestSettings
    from ingest.source import find_sources

    home = tmp_path_factory.mktemp("real-digests") / "home"
    settings = IngestSettings(
        home=home, database_url=None, chroma_url=None, embed_model="all-MiniLM-L6-v2", embed_base_url=None
    )
    with open_library(settings) as library:
        report = ingest(find_sources([str(digests)]), library)
        assert not report.unreadable, report
        yield library


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")
    parser.addoption("--kills", type=int, default=30, help="how many ingests the kill test ends with kill -9")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="slow: give --slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)
