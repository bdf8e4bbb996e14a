"""Sentence vectors kept in memory are those of the library as it stands."""

from __future__ import annotations

import numpy as np

from ingest.at_hand import AtHand
from ingest.paper import Section, Sentence
from ingest.record import SentenceVectors


def rows(arxiv_id: str) -> SentenceVectors:
    return SentenceVectors((Sentence(arxiv_id, Section.TLDR, 0, 2, "Hi"),), np.ones((1, 4), np.float32))


def test_what_was_put_is_found_until_the_library_changes() -> None:
    kept, one = AtHand(), rows("2501.00001")
    assert kept.get(1, ["2501.00001"]) == {}
    kept.put(1, {"2501.00001": one})
    assert kept.get(1, ["2501.00001", "2501.00002"]) == {"2501.00001": one}
    assert kept.get(2, ["2501.00001"]) == {}


def test_what_was_read_before_the_library_changed_is_not_kept() -> None:
    kept = AtHand()
    kept.get(1, [])
    kept.get(2, [])
    kept.put(1, {"2501.00001": rows("2501.00001")})
    assert kept.get(2, ["2501.00001"]) == {}


def test_those_asked_for_longest_ago_go_first() -> None:
    kept = AtHand(most=2)
    kept.get(1, [])
    kept.put(1, {"2501.00001": rows("2501.00001"), "2501.00002": rows("2501.00002")})
    kept.get(1, ["2501.00001"])
    kept.put(1, {"2501.00003": rows("2501.00003")})
    assert list(kept.get(1, ["2501.00001", "2501.00002", "2501.00003"])) == ["2501.00001", "2501.00003"]
