"""The teacher's vectors are made once: what lies on disk is not embedded again, and never mistaken for another's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_pairs import made_up_pairs
from numpy.typing import NDArray

from ingest.bridge import teacher
from ingest.bridge.teacher import teach
from tests.conftest import WordEmbedder

PAIRS = made_up_pairs(25)


class Counting(WordEmbedder):
    """Tells how many texts it embedded, and ends at one of its calls."""

    def __init__(self, fingerprint: str = "words-1", deadly: int = -1) -> None:
        self.fingerprint = fingerprint
        self.asked: list[int] = []
        self._deadly = deadly

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        self.asked.append(len(texts))
        if len(self.asked) == self._deadly:
            raise KeyboardInterrupt
        return super().embed(texts, progress)


@pytest.fixture(autouse=True)
def shards_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "SHARD", 10)


def test_each_pair_gets_the_vector_of_its_title_and_abstract(tmp_path: Path) -> None:
    done: list[int] = []
    vectors = teach(PAIRS, Counting(), tmp_path / "new" / "teacher", done.append)
    wanted = WordEmbedder().embed([f"{pair.title}\n{pair.abstract}" for pair in PAIRS])
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(wanted, abs=1e-3)
    assert done == [10, 20, 25]


def test_what_lies_on_disk_is_not_embedded_again_and_is_the_same_to_the_bit(tmp_path: Path) -> None:
    first = teach(PAIRS, Counting(), tmp_path)
    embedder, done = Counting(), []
    again = teach(PAIRS, embedder, tmp_path, done.append)
    assert embedder.asked == []
    assert done == [10, 20, 25]
    assert again.tobytes() == first.tobytes()


def test_a_run_cut_off_goes_on_at_the_shard_it_had_not_ended(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        teach(PAIRS, Counting(deadly=2), tmp_path)
    embedder = Counting()
    vectors = teach(PAIRS, embedder, tmp_path)
    assert embedder.asked == [10, 5]
    assert vectors.tobytes() == teach(PAIRS, Counting(), tmp_path / "whole").tobytes()


@pytest.mark.parametrize("change", ["title", "abstract"])
def test_texts_that_changed_are_embedded_and_others_are_not(tmp_path: Path, change: str) -> None:
    teach(PAIRS, Counting(), tmp_path)
    changed = [*PAIRS[:12], replace(PAIRS[12], **{change: "Something else"}), *PAIRS[13:]]
    embedder = Counting()
    vectors = teach(changed, embedder, tmp_path)
    assert embedder.asked == [10]
    assert vectors[12] == pytest.approx(WordEmbedder().embed([changed[12].english])[0], abs=1e-3)


def test_what_is_not_embedded_may_change(tmp_path: Path) -> None:
    teach(PAIRS, Counting(), tmp_path)
    embedder = Counting()
    teach([replace(pair, month="2026-01", chinese=()) for pair in PAIRS], embedder, tmp_path)
    assert embedder.asked == []


def test_another_embedder_finds_nothing_of_the_firsts(tmp_path: Path) -> None:
    teach(PAIRS, Counting(), tmp_path)
    embedder = Counting(fingerprint="words-2")
    teach(PAIRS, embedder, tmp_path)
    assert embedder.asked == [10, 10, 5]


def test_a_file_that_was_being_written_does_not_matter(tmp_path: Path) -> None:
    whole = teach(PAIRS, Counting(), tmp_path)
    for path in tmp_path.glob("*.npy"):
        path.with_suffix(".part").write_bytes(path.read_bytes()[:50])
        path.unlink()
    embedder = Counting()
    assert teach(PAIRS, embedder, tmp_path).tobytes() == whole.tobytes()
    assert embedder.asked == [10, 10, 5]
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy"}


def test_no_pairs_have_no_vectors(tmp_path: Path) -> None:
    assert teach([], Counting(), tmp_path).shape == (0, WordEmbedder.dim)
