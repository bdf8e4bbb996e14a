"""The plain llama-index pipeline, with real llama-index and real Chroma."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.baseline import MODE, build_baseline, entries_of, paper_of_chunk, run_baseline
from evals.errors import BaselineError
from ingest.source import find_sources
from tests.conftest import WordEmbedder
from tests.evals.conftest import question

TOPICS = {"2511.00001": "volcano", "2511.00002": "saxophone", "2511.00003": "submarine"}


def entry(number: int, arxiv_id: str, word: str) -> str:
    return (
        f"### [{number}] [On the {word}](https://arxiv.org/abs/{arxiv_id})\n*A B*\n\nMain category: cs.CV\n\n"
        f"TL;DR: {word}\n\n\n<details>\n  <summary>Details</summary>\nAbstract: {f'{word} ' * 1000}\n\n</details>\n\n\n"
    )


@pytest.fixture
def digests(tmp_path: Path) -> Path:
    folder = tmp_path / "digests"
    folder.mkdir()
    text = "# cs.CV\n\n" + "".join(entry(n, *topic) for n, topic in enumerate(TOPICS.items(), 1))
    (folder / "2025-11-03.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("by_entry", [False, True])
def test_a_question_finds_the_paper_whose_chunks_are_nearest(
    digests: Path, tmp_path: Path, embedder: WordEmbedder, by_entry: bool
) -> None:
    built = build_baseline(find_sources([str(digests)]), embedder, tmp_path / "store", by_entry)
    asked = [question(id=word, turns=("tell me about music", word)) for word in TOPICS.values()]
    made = run_baseline(asked, built)
    assert [one.ranked[0] for one in made] == list(TOPICS)
    assert all(sorted(one.ranked) == sorted(TOPICS) for one in made)
    assert {(one.mode, one.answer, one.cited) for one in made} == {(MODE, "", ())}
    assert list(built.papers(["2511.00002", "none"])) == ["2511.00002"]
    assert len(built.entries) == (3 if by_entry else 1)  # documents
    assert built.seconds > 0


def test_nothing_to_read_is_told(tmp_path: Path, embedder: WordEmbedder) -> None:
    with pytest.raises(BaselineError, match="expected digest files with papers"):
        build_baseline([], embedder, tmp_path)


@pytest.mark.parametrize(
    ("start", "end", "arxiv_id"),
    [
        (0, 10, None),  # before the first entry
        (0, 30, "a"),
        (10, 40, "a"),
        (11, 40, "a"),  # cut from a
        (40, 160, "b"),  # the tail of a and the head of b
        (60, 250, "b"),
        (250, 260, "c"),
    ],
)
def test_a_chunk_is_of_the_first_entry_that_begins_in_it_or_else_of_the_one_before(
    start: int, end: int, arxiv_id: str | None
) -> None:
    assert paper_of_chunk([(10, "a"), (100, "b"), (200, "c")], start, end) == arxiv_id


def test_entries_are_told_without_versions_and_links_in_text_are_none() -> None:
    text = "x\n### [1] [A [b]](https://arxiv.org/abs/2511.00001v2)\nsee [y](https://arxiv.org/abs/2511.00009)\n"
    assert entries_of(text) == [(2, "2511.00001")]
