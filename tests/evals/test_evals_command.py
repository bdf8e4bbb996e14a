"""`python -m evals`, with the real assistant, library and embedding model over a digest of three papers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evals.command import evals
from evals.prediction import read_predictions, write_predictions
from ingest.library import open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources
from tests.conftest import WordEmbedder
from tests.evals.conftest import prediction
from tests.evals.test_baseline import entry

QUESTIONS = [
    {
        "id": "a",
        "kind": "topic",
        "lang": "en",
        "turns": ["Which papers are about volcanoes?"],
        "relevant": {"2511.00001": 2},
    },
    {"id": "b", "kind": "metadata", "lang": "zh", "turns": ["2511.00002 讲什么？"], "relevant": {"2511.00002": 2}},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, because what is found out of the processor is remembered there. No test makes a library in it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _nothing_from_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_HOME", str(home))
    monkeypatch.setenv("DIGEST_LLM", "none")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
    return path


@pytest.fixture
def digests(tmp_path: Path) -> Path:
    path = tmp_path / "2025-11-03.md"
    words = ("volcano eruptions", "saxophone solos", "submarine cables")
    entries = (
        entry(n, f"2511.0000{n}", word).replace(f"{word} " * 1000, f"We study {word}. " * 3)
        for n, word in enumerate(words, 1)
    )
    path.write_text("# cs.CV\n\n" + "".join(entries), encoding="utf-8")
    return path


@pytest.fixture
def library(tmp_path: Path, digests: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own library, made with another embedding model: scoring embeds nothing."""
    monkeypatch.setenv("DIGEST_HOME", str(tmp_path / "own"))
    with open_library(IngestSettings(), WordEmbedder()) as library:
        ingest(find_sources([str(digests)]), library)


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(evals, [str(argument) for argument in arguments])


def figures(result: Result) -> dict[tuple[str, str], float]:
    assert result.exit_code == 0, result.output
    return {(one["score"], one["group"]): one["value"] for one in json.loads(result.stdout)["figures"]}


def test_a_run_writes_its_answers_and_prints_the_scores_that_scoring_them_gives(
    tmp_path: Path, questions: Path, digests: Path
) -> None:
    out = tmp_path / "out.jsonl"
    ran = typed("run", questions, "--predictions", out, "--digests", digests, "--json")
    assert [one.id for one in read_predictions(out)] == ["a", "b"]
    assert figures(ran)["nDCG@10", "all"] == 1.0
    assert figures(ran)["invented ids", "all"] == 0.0
    assert figures(ran)["nDCG@10", "cross-lingual"] == 1.0


@pytest.mark.usefixtures("library")
def test_answers_that_were_kept_are_scored_against_the_library_of_the_user(tmp_path: Path, questions: Path) -> None:
    kept = [prediction(["2511.00001", "2511.00009"], ["2511.00003", "2511.00001"], id="a"), prediction(id="b")]
    write_predictions(tmp_path / "out.jsonl", kept)
    scored = figures(typed("score", questions, tmp_path / "out.jsonl", "--json"))
    assert scored["invented ids", "all"] == 1.0
    assert scored["citation precision", "en"] == 0.5
    assert scored["nDCG@10", "cross-lingual"] == 0.0


@pytest.mark.usefixtures("library")
def test_the_table_comes_after_the_reasons_if_these_are_asked_for(tmp_path: Path, questions: Path) -> None:
    write_predictions(tmp_path / "out.jsonl", [prediction(id=id, abstained=True) for id in "ab"])
    printed = typed("score", questions, tmp_path / "out.jsonl", "--each").stdout
    assert printed.startswith("a                nDCG@10             0.000  found none; missed 2511.00001\n")
    assert "\nfalse refusal       1.000" in printed


def test_an_empty_library_is_told_with_what_to_type(tmp_path: Path, questions: Path) -> None:
    result = typed("run", questions, "--predictions", tmp_path / "out.jsonl", "--home", tmp_path / "empty")
    assert result.exit_code == 1
    assert "expected a library with papers, found none in" in result.stderr
    assert "--digests PATH" in result.stderr
    assert not (tmp_path / "out.jsonl").exists()


def test_a_broken_question_file_is_one_message_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("{", encoding="utf-8")
    result = typed("score", path, path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: questions.jsonl:1: expected a JSON object, got ")


def test_the_baseline_is_scored_by_its_rankings(tmp_path: Path, questions: Path, digests: Path) -> None:
    result = typed("baseline", digests, "--questions", questions, "--predictions", tmp_path / "out.jsonl", "--json")
    assert {score for score, _ in figures(result)} == {"nDCG@10", "R(rel=2)@20"}
    assert [one.id for one in read_predictions(tmp_path / "out.jsonl")] == ["a", "b"]
    assert "3 papers in " in result.stderr


@pytest.mark.slow  # four processes, each of which loads the embedding model
def test_a_bench_measures_ingest_answers_and_the_baseline(questions: Path, digests: Path) -> None:
    result = typed("bench", digests, "--questions", questions, "--json")
    assert result.exit_code == 0, result.output
    measures = {one["name"]: one["value"] for one in json.loads(result.stdout)["measures"]}
    assert measures["papers"] == 3
    assert all(value > 0 for value in measures.values())
    assert {"ingest again", "warm search, median", "warm answer, median"} < measures.keys()
    assert sum(name.endswith("its time over ours") for name in measures) == 2
    assert 3 * measures["ingest a paper, model loaded"] == pytest.approx(
        1000
        * (
            measures["ingest into an empty library, loading included"]
            - measures["load the embedding model for the first time"]
        )
    )
