"""Files of pairs, whole and broken: whoever wrote a bad line is told which and what is wanted."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.bridge.pairs import FIELDS, Pair, read_pairs
from ingest.errors import SourceError

ROW = {
    "id": "2511.00001",
    "title": "On volcanoes",
    "abstract": "We study lava.",
    "digest": "2025-11-30",
    "tldr": "本文研究火山。",
    "motivation": "火山危险。",
    "method": "卫星观测。",
    "result": "有效。",
    "conclusion": "很好。",
    "categories": ["physics.geo-ph"],
}
PAIR = Pair(
    "2511.00001", "On volcanoes", "We study lava.", "2025-11",
    ("本文研究火山。", "火山危险。", "卫星观测。", "有效。", "很好。"),
)  # fmt: skip


def line(**changes: object) -> str:
    return json.dumps(ROW | changes, ensure_ascii=False)


@pytest.mark.parametrize(
    ("name", "pack"), [("a.jsonl", bytes), ("a.jsonl.xz", lzma.compress), ("a.jsonl.gz", gzip.compress)]
)
def test_pairs_are_read_from_plain_and_packed_files(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / name).write_bytes(pack(f"{line()}\n\n  \n{line(id='2511.00002')}".encode()))
    first, second = read_pairs(tmp_path / name)
    assert first == PAIR
    assert first.english == "On volcanoes\nWe study lava."
    assert second.arxiv_id == "2511.00002"


def test_the_fields_are_those_of_a_summary_tldr_first() -> None:
    assert FIELDS == ("tldr", "motivation", "method", "result", "conclusion")


def test_an_empty_file_holds_no_pairs(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    assert read_pairs(tmp_path / "a.jsonl") == []


def test_a_field_of_the_summary_that_is_missing_or_null_is_empty(tmp_path: Path) -> None:
    row = {key: value for key, value in ROW.items() if key != "method"} | {"result": None}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), "utf-8")
    [pair] = read_pairs(tmp_path / "a.jsonl")
    assert pair.chinese == ("本文研究火山。", "火山危险。", "", "", "很好。")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line()[:40], "line 1 column 41"),
        ("[1, 2]", "list indices"),
        ("7", "not subscriptable"),
        (json.dumps({key: value for key, value in ROW.items() if key != "abstract"}), "'abstract'"),
        (json.dumps({key: value for key, value in ROW.items() if key != "digest"}), "'digest'"),
        (line(title=None), "not all of them are strings"),
        (line(id=2511.00001), "not all of them are strings"),
        (line(method=["a", "b"]), "not all of them are strings"),
        (line(digest="yesterday"), "Invalid isoformat string: 'yesterday'"),
        (line(digest=None), "Invalid isoformat string: 'None'"),
    ],
)
def test_a_bad_line_is_named_with_what_was_found_and_wanted(tmp_path: Path, bad: str, reason: str) -> None:
    (tmp_path / "a.jsonl").write_text(f"{line()}\n\n{bad}\n{line()}\n", "utf-8")
    with pytest.raises(SourceError) as error:
        read_pairs(tmp_path / "a.jsonl")
    message = str(error.value)
    assert message.startswith(
        f'{tmp_path}/a.jsonl:3: expected {{"id": …, "title": …, "abstract": …, "digest": "YYYY-MM-DD"'
    )
    assert repr(bad[:80]) in message
    assert reason in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "pack", "cut"),
    [
        ("a.jsonl.xz", lzma.compress, "ended before the end-of-stream marker"),
        ("a.jsonl.gz", gzip.compress, "ended before the end-of-stream marker"),
        ("b.jsonl.xz", lambda _: b"not packed at all", "not supported"),
        ("b.jsonl.gz", lambda _: b"not packed at all", "Not a gzipped file"),
        ("c.jsonl.gz", lambda all_: gzip.compress(all_)[:10] + b"\xff" * 200, "invalid block type"),
        ("d.jsonl", lambda all_: all_.decode().encode("gb18030"), "can't decode"),
    ],
)  # fmt: skip
def test_a_file_that_is_cut_off_or_of_another_kind_is_told(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes], cut: str
) -> None:
    packed = pack(f"{line()}\n{line(id='2511.00002')}\n".encode())
    (tmp_path / name).write_bytes(packed[: len(packed) - 30 * name.startswith("a")])
    with pytest.raises(SourceError, match=rf"{name}: expected a readable file of pairs, got .*{cut}"):
        read_pairs(tmp_path / name)


@pytest.mark.parametrize("name", ["none.jsonl", "none.jsonl.xz", "."])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="expected a readable file of pairs, got"):
        read_pairs(tmp_path / name)
