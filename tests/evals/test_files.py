"""Question and prediction files: what the format lets in, and how everything else is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.errors import FileFormatError
from evals.prediction import Prediction, read_predictions, write_predictions, writing
from evals.question import Kind, Question, crosslingual_ids, read_questions
from ingest.paper import Language
from tests.evals.conftest import paper, prediction, question

LINE = {
    "id": "topic-en-01",
    "kind": "topic",
    "lang": "en",
    "turns": ["which papers?"],
    "relevant": {"2512.21015": 2, "cs/0112017": 1},
    "facts": [["a", "b"]],
    "note": "why",
}


def lines(folder: Path, *entries: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(e if isinstance(e, str) else json.dumps(e) for e in entries), encoding="utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(FileFormatError) as caught:
        read_questions(path)
    return str(caught.value).splitlines()


def test_a_question_is_read_as_it_is_written(tmp_path: Path) -> None:
    assert read_questions(lines(tmp_path, LINE)) == (
        Question(
            "topic-en-01",
            Kind.TOPIC,
            Language.ENGLISH,
            ("which papers?",),
            {"2512.21015": 2, "cs/0112017": 1},
            (("a", "b"),),
            "why",
        ),
    )


def test_blank_lines_a_byte_order_mark_and_line_separators_in_strings_do_no_harm(tmp_path: Path) -> None:
    path = lines(tmp_path, LINE, "", json.dumps({**LINE, "id": "b", "turns": ["a\u2028b"]}, ensure_ascii=False), "")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [read.turns for read in read_questions(path)] == [("which papers?",), ("a\u2028b",)]


def test_every_bad_line_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    path = lines(tmp_path, {**LINE, "kind": "topics"}, LINE, "", "{", {**LINE, "id": "c", "turns": []}, LINE)
    assert [fault.split(" ")[0] for fault in faults(path)] == [f"questions.jsonl:{n}:" for n in (1, 4, 5, 6)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "topics"}, "expected `kind` to be 'topic', 'fact', "),
        ({"lang": "de"}, "expected `lang` to be 'en' or 'zh', got 'de'"),
        ({"turns": []}, "expected `turns` to have at least 1 item, got []"),
        ({"turns": [" "]}, "expected `turns.0` to match pattern '\\S', got ' '"),
        ({"relevant": {"2512.1": 3}}, "expected `relevant.2512.1` to be 1 or 2, got 3"),
        ({"facts": [[]]}, "expected `facts.0` to have at least 1 item, got []"),
        ({"facts": ["86.4"]}, "expected `facts.0` to be a valid array, got '86.4'"),
        ({"fact": []}, "expected only the fields of the format, got `fact`"),
    ],
)
def test_a_fault_says_what_was_expected_and_what_was_found(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    assert faults(lines(tmp_path, {**LINE, **change}))[0].startswith(f"questions.jsonl:1: {message}")


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    entry = {key: value for key, value in LINE.items() if key != "turns"}
    assert faults(lines(tmp_path, entry)) == [
        "questions.jsonl:1: expected a field `turns`, got an object without it",
    ]


def test_a_line_that_is_no_object_is_told(tmp_path: Path) -> None:
    assert faults(lines(tmp_path, "[1]")) == ["questions.jsonl:1: expected a JSON object, got [1]"]


def test_an_id_used_twice_is_told_with_both_places(tmp_path: Path) -> None:
    assert faults(lines(tmp_path, LINE, LINE)) == [
        "questions.jsonl:2: expected each `id` once, got 'topic-en-01' of line 1 again"
    ]


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    assert faults(lines(tmp_path, "")) == ["questions.jsonl: expected a JSON object on each line, got none"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_told_with_its_path(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "questions.jsonl"
    if content:
        path.write_bytes(content)
    assert faults(path)[0].startswith(f"{path}: expected a readable file of JSON lines in UTF-8, got: ")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(TEXTS, st.lists(TEXTS, unique=True), st.booleans(), st.floats(0, 1e6))
def test_predictions_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, text: str, ids: list[str], abstained: bool, seconds: float
) -> None:
    path = tmp_path_factory.mktemp("predictions") / "out.jsonl"
    made = [Prediction(id, text, tuple(ids), tuple(ids[::-1]), abstained, text, {"total": seconds}) for id in "ab"]
    write_predictions(path, made)
    assert read_predictions(path) == tuple(made)


def test_a_prediction_line_has_the_fields_of_the_format(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_predictions(path, [prediction(answer="中文", cited=["1"])])
    assert "中文" in path.read_text(encoding="utf-8")
    assert list(json.loads(path.read_text(encoding="utf-8"))) == [
        *("id", "answer", "cited", "ranked", "abstained", "mode", "seconds")
    ]


def test_what_a_stopped_run_has_finished_is_kept(tmp_path: Path) -> None:
    with writing(tmp_path / "out.jsonl") as write:
        write(prediction(id="a"))
        assert read_predictions(tmp_path / "out.jsonl") == (prediction(id="a"),)
        write(prediction(id="b"))
    assert read_predictions(tmp_path / "out.jsonl") == (prediction(id="a"), prediction(id="b"))


def test_a_place_that_cannot_be_written_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="expected a file that can be written"):
        write_predictions(tmp_path / "none" / "out.jsonl", [])


PAPERS = {
    "en1": paper("en1", "Words."),
    "en2": paper("en2"),
    "zh1": paper("zh1", "中文摘要"),
    "zh2": paper("zh2", "中文"),
}


@pytest.mark.parametrize(
    ("relevant", "crosslingual"),
    [
        ({"en1": 2}, True),
        ({"zh1": 2}, False),
        ({"en1": 2, "en2": 2, "zh1": 2}, True),
        ({"en1": 2, "zh1": 2}, False),  # half is not more than half
        ({"en1": 2, "zh1": 1, "zh2": 1}, True),  # what may be cited does not count
        ({"zh1": 2, "en1": 1, "en2": 1}, False),
        ({"en1": 1}, True),  # the paper of a false premise
        ({"en1": 2, "unknown": 2}, False),
        ({}, False),
    ],
)
def test_a_chinese_question_is_cross_lingual_if_most_papers_wanted_have_no_chinese_summary(
    relevant: dict[str, int], crosslingual: bool
) -> None:
    asked = [question(relevant=relevant, lang=Language.CHINESE)]
    assert (crosslingual_ids(asked, PAPERS) == {"q"}) is crosslingual


def test_an_english_question_is_never_cross_lingual() -> None:
    assert crosslingual_ids([question(relevant={"en1": 2})], PAPERS) == frozenset()
