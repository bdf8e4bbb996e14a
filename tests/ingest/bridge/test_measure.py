"""Recall is the share of texts whose own paper comes among the first."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_pairs import made_up_pairs

from ingest.bridge.measure import DEPTHS, recall_at, recalls
from ingest.bridge.model import Bridge
from tests.conftest import WordEmbedder


@pytest.mark.parametrize(
    ("rank", "at"), [(0, (1, 1, 1)), (1, (0, 1, 1)), (4, (0, 1, 1)), (5, (0, 0, 1)), (19, (0, 0, 1)), (20, (0, 0, 0))]
)
def test_a_paper_is_found_if_fewer_than_that_many_are_nearer(rank: int, at: tuple[float, ...]) -> None:
    assert DEPTHS == (1, 5, 20)
    papers = np.linspace(1, 0, 40, dtype=np.float32)[:, None]
    assert recall_at(np.ones((1, 1), np.float32), np.array([rank]), papers) == at


def test_recall_is_the_mean_of_all_questions_however_many() -> None:
    papers = np.eye(600, dtype=np.float32)
    own = np.concatenate([np.arange(300), np.arange(300)])
    at = recall_at(np.roll(papers, 0, axis=0), own, papers)
    assert at[0] == pytest.approx(0.5)


def test_a_month_without_papers_has_no_recall(bridge: Bridge) -> None:
    pairs = made_up_pairs(10, "2026-05")
    teacher = WordEmbedder().embed([pair.english for pair in pairs])
    found = list(recalls(pairs, teacher, ("2024-01", "2026-05"), bridge, WordEmbedder()))
    assert {recall.month for recall in found} == {"2026-05"}
    assert all(recall.questions == recall.papers == 10 for recall in found)
