"""Thumbs of the web chat become draft questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evals.command import evals
from evals.errors import FileFormatError
from evals.feedback import drafts, read_feedback
from evals.question import Kind, read_questions
from ingest.paper import Language

LINE = {
    "time": "2026-01-02T03:04:05.000006+00:00",
    "conversation_id": "c1",
    "turn": 0,
    "verdict": "up",
    "comment": "",
    "earlier": [],
    "question": "Which papers estimate depth?",
    "language": "en",
    "wants": "survey",
    "filters": {},
    "citations": ["2501.00010", "2501.00020"],
    "mode": "extractive",
    "text": "These.",
    "abstained": False,
}


def feedback(folder: Path, *lines: dict[str, Any] | str) -> Path:
    file = folder / "feedback.jsonl"
    written = (line if isinstance(line, str) else json.dumps({**LINE, **line}) for line in lines)
    file.write_text("\n".join(written) + "\n", encoding="utf-8")
    return file


def add(file: Path, to: Path) -> tuple[int, str, str]:
    ran = CliRunner().invoke(evals, ["add", str(file), "--to", str(to)])
    return ran.exit_code, ran.stdout, ran.stderr


def test_a_thumb_up_becomes_a_question_that_wants_what_was_cited(tmp_path: Path) -> None:
    (question,) = drafts(read_feedback(feedback(tmp_path, {})).feedback)
    assert (question.kind, question.lang, question.turns) == (Kind.TOPIC, Language.ENGLISH, (LINE["question"],))
    assert question.relevant == {"2501.00010": 2, "2501.00020": 2}
    assert question.note == "draft: thumbs up"


def test_a_thumb_down_leaves_to_a_person_what_is_relevant_and_says_what_was_cited(tmp_path: Path) -> None:
    (question,) = drafts(read_feedback(feedback(tmp_path, {"verdict": "down", "comment": "Not about depth"})).feedback)
    assert question.relevant == {}
    assert question.note == "draft: thumbs down; it cited 2501.00010, 2501.00020; Not about depth"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"wants": "fact"}, Kind.FACT),
        ({"wants": "catalogue", "language": "zh", "question": "有多少篇？"}, Kind.METADATA),
        ({"wants": "fact", "earlier": ["Who?", "When?"]}, Kind.FOLLOWUP),
        ({"abstained": True, "citations": []}, Kind.UNANSWERABLE),
        ({"abstained": True, "citations": [], "verdict": "down"}, Kind.TOPIC),
    ],
)
def test_the_kind_follows_what_was_asked_and_answered(tmp_path: Path, line: dict[str, Any], kind: Kind) -> None:
    (question,) = drafts(read_feedback(feedback(tmp_path, line)).feedback)
    assert question.kind is kind
    assert question.turns == (*line.get("earlier", ()), line.get("question", LINE["question"]))
    assert question.lang == line.get("language", "en")


def test_a_greeting_is_no_question(tmp_path: Path) -> None:
    assert drafts(read_feedback(feedback(tmp_path, {"wants": "hello"})).feedback) == ()


def test_of_several_verdicts_on_one_answer_the_last_counts(tmp_path: Path) -> None:
    lines = [{"verdict": "up"}, {"turn": 1}, {"verdict": "down"}, {"conversation_id": "c2", "verdict": "up"}]
    read = read_feedback(feedback(tmp_path, *lines)).feedback
    assert [(one.conversation_id, one.turn, one.verdict) for one in read] == [
        ("c1", 1, "up"),
        ("c1", 0, "down"),
        ("c2", 0, "up"),
    ]


def test_drafts_are_added_once_and_leave_what_somebody_worked_on(tmp_path: Path) -> None:
    to = tmp_path / "set.jsonl"
    file = feedback(tmp_path, {}, {"turn": 1, "earlier": ["One?"]})
    assert add(file, to) == (0, f"{to}: 2 draft questions added, 0 were there already\n", "")
    worked_on = to.read_text("utf-8").replace("draft: thumbs up", "checked", 1).rstrip("\n")  # an editor may drop it
    to.write_text(worked_on, "utf-8")
    file = feedback(tmp_path, {"verdict": "down"}, {"turn": 1, "earlier": ["One?"]}, {"turn": 2, "question": "哪些？"})
    assert add(file, to)[:2] == (0, f"{to}: 1 draft questions added, 2 were there already\n")
    questions = read_questions(to)
    assert [question.note for question in questions] == ["checked", "draft: thumbs up", "draft: thumbs up"]
    assert questions[2].turns == ("哪些？",)
    assert "哪些？" in to.read_text("utf-8")


def test_a_torn_line_costs_only_itself_and_is_told(tmp_path: Path) -> None:
    status, out, err = add(feedback(tmp_path, {}, '{"time": "2026', {"verdict": "sideways", "turn": 3}), tmp_path / "s")
    assert (status, "1 draft questions added" in out, "2 lines could not be read" in out) == (0, True, True)
    assert [line.split(" ")[0] for line in err.splitlines()] == ["feedback.jsonl:2:", "feedback.jsonl:3:"]


def test_a_file_of_something_else_is_one_error_and_makes_no_set(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="feedback.jsonl:1"):
        read_feedback(feedback(tmp_path, "none"))
    status, _, err = add(tmp_path / "feedback.jsonl", tmp_path / "set.jsonl")
    assert (status, err.startswith("Error: feedback.jsonl:1:")) == (1, True)
    assert add(tmp_path / "missing", tmp_path / "set.jsonl")[0] == 1
    assert not (tmp_path / "set.jsonl").exists()


def test_a_set_that_is_none_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text("my notes\n")
    assert add(feedback(tmp_path, {}), tmp_path / "set.jsonl")[0] == 1
    assert (tmp_path / "set.jsonl").read_text() == "my notes\n"
