"""Questions played through an assistant, by a scripted one."""

from __future__ import annotations

import pytest

from evals.run import cited_ids, run_questions
from tests.evals.conftest import ScriptedAssistant, answer, question


def test_a_prediction_holds_what_was_answered() -> None:
    text = "Two: [2512.21015](https://arxiv.org/abs/2512.21015), [2512.11464](https://arxiv.org/abs/2512.11464)."
    assistant = ScriptedAssistant({"what?": answer(text, ranked=["2512.11464", "2512.21015", "2512.00001"])})
    (made,) = run_questions([question()], assistant)
    assert (made.id, made.answer, made.mode, made.abstained) == ("q", text, "extractive", False)
    assert made.cited == ("2512.21015", "2512.11464")
    assert made.ranked == ("2512.11464", "2512.21015", "2512.00001")
    assert 0 <= made.seconds["first_token"] <= made.seconds["total"]


def test_a_refusal_is_told() -> None:
    assert run_questions([question()], ScriptedAssistant({"what?": answer("No.", abstained=True)}))[0].abstained


def test_earlier_turns_are_really_asked_and_the_last_one_is_predicted() -> None:
    assistant = ScriptedAssistant({"a?": answer("first"), "b?": answer("second"), "c?": answer("third")})
    (made,) = run_questions([question(turns=("a?", "b?", "c?"))], assistant)
    assert made.answer == "third"
    assert assistant.asked == [((), "a?"), (("a?",), "b?"), (("a?", "b?"), "c?")]


def test_each_question_is_a_conversation_of_its_own_in_the_order_given() -> None:
    assistant = ScriptedAssistant({"a?": answer("first"), "b?": answer("second")})
    asked = [question(id="2", turns=("b?",)), question(id="1", turns=("a?",))]
    told: list[str] = []
    made = run_questions(asked, assistant, lambda prediction: told.append(prediction.id))
    assert [(one.id, one.answer) for one in made] == [("2", "second"), ("1", "first")]
    assert assistant.asked == [((), "b?"), ((), "a?")]
    assert told == ["2", "1"]


def test_a_ranking_is_cut_at_a_hundred_papers() -> None:
    ranked = [f"2512.{n:05}" for n in range(120)]
    (made,) = run_questions([question()], ScriptedAssistant({"what?": answer("x", ranked=ranked)}))
    assert made.ranked == tuple(ranked[:100])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("[2512.21015](https://arxiv.org/abs/2512.21015)", ["2512.21015"]),
        ("2512.21015, 1409.1556 and again 2512.21015.", ["2512.21015", "1409.1556"]),
        ("arXiv:2512.21015v3", ["2512.21015"]),
        ("论文2512.21015中", ["2512.21015"]),
        ("cs/0112017, math.GT/0309136v1 and hep-th/9901001", ["cs/0112017", "math.GT/0309136", "hep-th/9901001"]),
        ("https://arxiv.org/abs/cs/0112017", ["cs/0112017"]),
        ("1024.0001 of 2512.123 or 2512.123456, 12512.21015, 2512.21015.7", []),
        ("https://github.com/some/0112017", []),
        ("", []),
    ],
)
def test_ids_are_found_in_an_answer_in_order_without_versions(text: str, ids: list[str]) -> None:
    assert list(cited_ids(text)) == ids
