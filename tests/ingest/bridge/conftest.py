"""A bridge of an invented corpus, trained once in a second or two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from made_up_pairs import made_up_pairs

from ingest.bridge.model import Bridge
from ingest.bridge.static import Recipe
from ingest.bridge.train import Log, train
from tests.conftest import WordEmbedder

RECIPE = Recipe(epochs=10, batch=64, learning_rate=0.02)


@contextmanager
def one_thread() -> Iterator[None]:
    """Batches of a few papers take many times longer on two threads where both cores have other work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def bridge_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bridge to the space of WordEmbedder. To be read only."""
    out = tmp_path_factory.mktemp("bridge") / "model"
    pairs = made_up_pairs(also=("它用LoRA与GPT-4训练", "It tunes LoRA with GPT-4."))
    with one_thread():
        train(pairs, WordEmbedder(), out, ("2026-05",), RECIPE, Log())
    return out


@pytest.fixture(scope="session")
def bridge(bridge_folder: Path) -> Bridge:
    return Bridge.load(bridge_folder)
