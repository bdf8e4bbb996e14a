"""The table of ways to cut Chinese into words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_pairs import made_up_pairs, written

from ingest.bridge.segment import main, segmenters
from tests.conftest import WordEmbedder

PAIRS = [*made_up_pairs(120), *made_up_pairs(20, "2025-12"), *made_up_pairs(20, "2026-05", also=("珊瑚", "Corals."))]


class Counting(WordEmbedder):
    def __init__(self) -> None:
        self.asked = 0

    def embed(self, texts, progress=None):
        self.asked += len(texts)
        return super().embed(texts, progress)


def test_three_ways_are_measured_on_a_month_they_never_saw_and_nothing_is_embedded_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(written(PAIRS, tmp_path / "pairs.jsonl")), "--work", str(tmp_path), "--epochs", "30"]
    first, second = Counting(), Counting()
    assert main(arguments, first) == 0
    head, line, *rows = capsys.readouterr().out.splitlines()
    assert {row.count("|") for row in (head, line, *rows)} == {11}
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == ["jieba", "WordPiece", "Unigram of the corpus's words"]
    for row in cells:
        r1, r5, r20 = map(float, row[2:5])
        assert r1 <= r5 <= r20
        assert r5 > 0.9 or row[0] == "WordPiece"  # which takes clauses of so small a corpus for words
        assert float(row[8]) > 0
        assert float(row[9].replace(",", "")) > 100
    assert float(cells[0][7]) < float(cells[0][4])  # a method names one of the three things that a TL;DR names
    assert float(cells[0][8]) > float(cells[2][8])  # jieba's dictionary
    assert first.asked == len(PAIRS)
    assert main([*arguments, "--month", "2025-11"], second) == 1  # nothing else to learn from
    assert second.asked == 0


def test_each_way_knows_the_words_of_what_it_was_given_and_nothing_else(tmp_path: Path) -> None:
    jieba, pieces, ours = segmenters(PAIRS[:120], tmp_path)
    for way in (jieba, pieces, ours):
        known, unknown, empty = way.number(["扩散", "珊瑚", ""])
        assert len(known) == 1
        assert 0 < known[0] < way.size
        assert not unknown.any()
        assert len(empty) == 0
        assert known.dtype == np.int64
    assert len(ours.number(["研究扩散与触觉"])[0]) == len(jieba.number(["研究扩散与触觉"])[0]) == 4


def test_a_month_without_a_field_has_no_recall_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = [replace(pair, chinese=("", *pair.chinese[1:])) if pair.month == "2025-12" else pair for pair in PAIRS]
    assert main([str(written(pairs, tmp_path / "pairs.jsonl")), "--work", str(tmp_path)], WordEmbedder()) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert all(row.split(" | ")[2:5] == ["–"] * 3 and "–" not in row.split(" | ")[5:8] for row in rows)


def test_a_month_without_papers_is_one_line_and_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(written(PAIRS[:5], tmp_path / "pairs.jsonl"))
    assert main([file, "--work", str(tmp_path)], WordEmbedder()) == 1
    assert capsys.readouterr().err == f"error: {file}: expected pairs of 2025-12 and of other months, got 5\n"


def test_wrong_usage_is_exit_2() -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["pairs.jsonl"])
    assert exit_.value.code == 2
