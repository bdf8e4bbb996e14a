"""Each score against a value worked out by hand, and against what must hold of any answer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.question import Kind
from evals.scorers.citation import citation_f1, citation_precision, citation_recall
from evals.scorers.fact import MAX_CHARACTERS, fact_accuracy, without_link_targets
from evals.scorers.invented import invented_ids
from evals.scorers.premise import premise
from evals.scorers.ranking import ndcg_at_10, recall_at_20
from evals.scorers.refusal import false_refusal, refusal
from tests.evals.conftest import prediction, question

# The first ranking of a run loads what it is measured with.
unhurried = settings(deadline=None)

GRADED = question(relevant={"a": 2, "b": 1, "c": 2})

IDS = st.sampled_from([f"2512.0000{n}" for n in range(9)])
RELEVANT = st.dictionaries(IDS, st.sampled_from([1, 2]), min_size=1).filter(lambda graded: 2 in graded.values())
RANKED = st.lists(IDS, unique=True)


def ndcg(relevant: dict[str, int], ranked: list[str]) -> float:
    def gain(grades: list[int]) -> float:
        return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades[:10], 1))

    return gain([relevant.get(arxiv_id, 0) for arxiv_id in ranked]) / gain(sorted(relevant.values(), reverse=True))


def test_ndcg_of_a_small_ranking_is_the_one_worked_out_by_hand() -> None:
    score = ndcg_at_10(GRADED, prediction(ranked=["x", "a", "b"]))
    # (2/log2(3) + 1/log2(4)) / (2 + 2/log2(3) + 1/log2(4))
    assert score.value == pytest.approx(0.46835, abs=1e-5)
    assert score.why == "found a at 2; missed c"


@unhurried
@given(RELEVANT, RANKED)
def test_ndcg_is_the_textbook_formula(relevant: dict[str, int], ranked: list[str]) -> None:
    score = ndcg_at_10(question(relevant=relevant), prediction(ranked=ranked))
    assert score.value == pytest.approx(ndcg(relevant, ranked))


@unhurried
@given(RELEVANT, st.integers(0, 60))
def test_only_the_first_ten_count_for_ndcg_and_the_first_twenty_for_recall(
    relevant: dict[str, int], ahead: int
) -> None:
    ranked = [f"x{n}" for n in range(ahead)] + sorted(relevant, key=lambda arxiv_id: -relevant[arxiv_id])
    asked, answered = question(relevant=relevant), prediction(ranked=ranked)
    to_cite = sum(grade == 2 for grade in relevant.values())
    assert ndcg_at_10(asked, answered).value == pytest.approx(ndcg(relevant, ranked))
    assert recall_at_20(asked, answered).value == pytest.approx(min(max(20 - ahead, 0), to_cite) / to_cite)


def test_recall_asks_for_grade_two_only() -> None:
    score = recall_at_20(GRADED, prediction(ranked=["b", "a", *map(str, range(18)), "c"]))
    assert (score.value, score.why) == (0.5, "found a at 2; missed c at 21")


@unhurried
@given(RELEVANT)
def test_a_perfect_answer_scores_one_everywhere(relevant: dict[str, int]) -> None:
    asked = question(relevant=relevant, facts=[["x"]])
    best = sorted(relevant, key=lambda arxiv_id: -relevant[arxiv_id])
    answered = prediction(ranked=best, cited=sorted(asked.to_cite), answer="x")
    scorers = (ndcg_at_10, recall_at_20, citation_precision, citation_recall, citation_f1, fact_accuracy)
    assert [scorer(asked, answered).value for scorer in scorers] == [pytest.approx(1.0)] * len(scorers)
    assert false_refusal(asked, answered).value == 0.0


def test_citations_score_as_worked_out_by_hand() -> None:
    answered = prediction(cited=["a", "b", "x"])
    assert citation_precision(GRADED, answered).value == pytest.approx(2 / 3)
    assert citation_recall(GRADED, answered).value == pytest.approx(1 / 2)
    assert citation_f1(GRADED, answered).value == pytest.approx(4 / 7)
    assert citation_f1(GRADED, answered).why == "wrongly cited: x; missed: c"


@unhurried
@given(RELEVANT, st.permutations([f"2512.0000{n}" for n in range(5)]))
def test_the_order_of_citations_does_not_matter(relevant: dict[str, int], cited: list[str]) -> None:
    asked = question(relevant=relevant)
    for scorer in (citation_precision, citation_recall, citation_f1):
        assert scorer(asked, prediction(cited=cited)).value == scorer(asked, prediction(cited=sorted(cited))).value


@unhurried
@given(RELEVANT, RANKED)
def test_f1_lies_between_precision_and_recall(relevant: dict[str, int], cited: list[str]) -> None:
    asked, answered = question(relevant=relevant), prediction(cited=cited)
    precision, recall, f1 = (
        scorer(asked, answered).value or 0.0 for scorer in (citation_precision, citation_recall, citation_f1)
    )
    assert min(precision, recall) - 1e-9 <= f1 <= max(precision, recall) + 1e-9
    assert (f1 == 0) == (precision * recall == 0)


def test_citing_nothing_where_there_is_something_to_cite_scores_nought() -> None:
    for scorer in (citation_precision, citation_recall, citation_f1):
        assert scorer(GRADED, prediction(abstained=True)).value == 0.0


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("It reached 86.4 on aime25.", 1.0),
        ("IT REACHED 86.4 ON AIME25.", 1.0),
        ("It reached 86.4.", 0.0),
        ("On AIME 2025 it reached 86.4.", 1.0),
        ("", 0.0),
    ],
)
def test_a_fact_needs_one_alternative_of_each_list_whatever_its_case(answer: str, value: float) -> None:
    asked = question(Kind.FACT, {"a": 2}, [["86.4"], ["AIME25", "AIME 2025"]])
    assert fact_accuracy(asked, prediction(answer=answer)).value == value


def test_a_missing_fact_is_named_with_its_alternatives() -> None:
    asked = question(Kind.FACT, {"a": 2}, [["86.4"], ["AIME25", "AIME 2025"]])
    assert fact_accuracy(asked, prediction(answer="86.4")).why == "missing: AIME25 | AIME 2025"


@pytest.mark.parametrize(("characters", "value"), [(MAX_CHARACTERS, 1.0), (MAX_CHARACTERS + 1, 0.0)])
def test_a_fact_in_an_answer_of_more_than_900_characters_does_not_count(characters: int, value: float) -> None:
    asked = question(Kind.FACT, {"a": 2}, [["86.4"]])
    assert fact_accuracy(asked, prediction(answer="86.4".ljust(characters, "x"))).value == value


def test_the_targets_of_links_do_not_count_as_length() -> None:
    link = "[2512.21015](https://arxiv.org/abs/2512.21015)"
    asked = question(Kind.FACT, {"a": 2}, [["86.4"]])
    assert fact_accuracy(asked, prediction(answer="86.4" + 70 * link)).value == 1.0
    assert (
        without_link_targets(f"see {link} (here) and [a](b(c)d), [x] (y)") == "see [2512.21015] (here) and [a], [x] (y)"
    )


UNANSWERABLE = question(Kind.UNANSWERABLE)
FALSE_PREMISE = question(Kind.UNANSWERABLE, {"a": 1}, [["no calibration"]])


@pytest.mark.parametrize("abstained", [True, False])
def test_refusing_is_right_where_nothing_answers_and_wrong_where_something_does(abstained: bool) -> None:
    answered = prediction(abstained=abstained)
    assert refusal(UNANSWERABLE, answered).value == abstained
    assert false_refusal(GRADED, answered).value == abstained
    assert refusal(FALSE_PREMISE, answered).value is None
    assert refusal(GRADED, answered).value is None
    assert false_refusal(UNANSWERABLE, answered).value is None
    assert false_refusal(FALSE_PREMISE, answered).value is None


@pytest.mark.parametrize(
    ("answered", "value"),
    [
        (prediction(abstained=True), 1.0),
        (prediction(answer="It uses No Calibration data."), 1.0),
        (prediction(answer="It used WikiText."), 0.0),
    ],
)
def test_a_false_premise_is_met_by_abstaining_or_by_the_correction(answered: object, value: float) -> None:
    assert premise(FALSE_PREMISE, answered).value == value  # type: ignore[arg-type]


def test_a_false_premise_is_no_fact_asked_for_and_nothing_to_cite() -> None:
    answered = prediction(cited=["a"], answer="no calibration")
    for scorer in (fact_accuracy, citation_precision, citation_recall, citation_f1, ndcg_at_10, recall_at_20):
        assert scorer(FALSE_PREMISE, answered).value is None


def test_what_a_question_does_not_test_is_not_scored() -> None:
    assert citation_f1(question(Kind.UNANSWERABLE, {"a": 2}), prediction(cited=["a"])).value is None
    for scorer in (ndcg_at_10, recall_at_20, citation_precision, citation_recall, citation_f1, premise, fact_accuracy):
        assert scorer(UNANSWERABLE, prediction(cited=["x"], ranked=["x"], answer="x")).value is None
    assert premise(GRADED, prediction()).value is None
    assert ndcg_at_10(question(relevant={"a": 1}), prediction(ranked=["a"])).value is None


def test_ids_that_the_library_does_not_hold_are_counted_and_named() -> None:
    scorer = invented_ids({"a", "b"})
    assert scorer(UNANSWERABLE, prediction(cited=["a", "x", "y"])).value == 2.0
    assert scorer(UNANSWERABLE, prediction(cited=["a", "x", "y"])).why == "x, y"
    assert scorer(GRADED, prediction(cited=["b"])).value == 0.0


def test_without_a_library_no_id_is_called_invented() -> None:
    assert invented_ids(None)(GRADED, prediction(cited=["x"])).value is None
