"""The teacher: the English embedder's vector of every pair's title and abstract, kept on disk as it comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.bridge.pairs import Pair
from ingest.embedder import Embedder

SHARD = 1000  # pairs to a file: what a kill can cost


def teach(
    pairs: Sequence[Pair], embedder: Embedder, folder: Path, progress: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """`float32[len(pairs), dim]`, unit rows. What lies in `folder` from an earlier call is not embedded again.

    `progress` is told how many pairs are done, those found in the folder included.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    for first in range(0, len(pairs), SHARD):
        texts = [pair.english for pair in pairs[first : first + SHARD]]
        shards.append(_shard(texts, embedder, folder))
        if progress:
            progress(first + len(texts))
    return np.concatenate(shards) if shards else np.empty((0, embedder.dim), np.float32)


def _shard(texts: list[str], embedder: Embedder, folder: Path) -> NDArray[np.float32]:
    """Named by what it is made of, so that other texts or another embedder never find it."""
    made_of = hashlib.sha256("\0".join([embedder.fingerprint, *texts]).encode("utf-8", "replace")).hexdigest()[:24]
    path = folder / f"{made_of}.npy"
    if path.exists():
        found: NDArray[np.float32] = np.load(path).astype(np.float32)
        return found
    vectors = embedder.embed(texts)
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        np.save(file, vectors.astype(np.float16))
    half.replace(path)
    return vectors.astype(np.float16).astype(np.float32)
