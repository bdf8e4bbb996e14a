"""A run's scores put together."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evals.errors import MismatchError
from evals.prediction import Prediction
from evals.question import Kind
from evals.report import CROSSLINGUAL, INVENTED, Report, interval, report_on
from ingest.paper import Language
from tests.evals.conftest import Shelf, paper, prediction, question

ASKED = [
    question(id="1", relevant={"a": 2}),
    question(id="2", relevant={"b": 2}, lang=Language.CHINESE),
    question(id="3", relevant={"c": 2}, lang=Language.CHINESE, kind=Kind.FACT, facts=[["9"]]),
    question(id="4", kind=Kind.UNANSWERABLE),
]
ANSWERED = [
    prediction(id="4", cited=["x"]),
    prediction(id="1", cited=["a"], ranked=["a"]),
    prediction(id="2", cited=["a", "y"], ranked=["x", "b"]),
    prediction(id="3", cited=["c"], ranked=["c"], answer="8"),
]
LIBRARY = Shelf({"a": paper("a", "English."), "b": paper("b", "中文摘要"), "c": paper("c", "English.")})


@pytest.fixture
def report() -> Report:
    return report_on(ASKED, ANSWERED, LIBRARY)


def value(report: Report, score: str, group: str = "all") -> tuple[float, int] | None:
    figure = report.figure(score, group)
    return (figure.value, figure.questions) if figure else None


def test_a_figure_is_the_mean_over_the_questions_that_test_it(report: Report) -> None:
    assert value(report, "citation recall") == (pytest.approx(2 / 3), 3)
    assert value(report, "fact accuracy") == (0.0, 1)
    assert value(report, "refusal") == (0.0, 1)


def test_figures_are_told_by_language_kind_and_across_languages(report: Report) -> None:
    second = 1 / np.log2(3)
    assert value(report, "nDCG@10", "en") == (1.0, 1)
    assert value(report, "nDCG@10", "zh") == (pytest.approx((1 + second) / 2), 2)
    assert value(report, "nDCG@10", CROSSLINGUAL) == (1.0, 1)
    assert value(report, "nDCG@10", "topic") == (pytest.approx((1 + second) / 2), 2)
    assert value(report, "nDCG@10", "fact") == (1.0, 1)


def test_where_nothing_tests_a_score_there_is_no_figure_and_no_nought(report: Report) -> None:
    assert value(report, "premise") is None
    assert value(report, "nDCG@10", "unanswerable") is None


def test_invented_ids_are_totalled_over_all_questions(report: Report) -> None:
    assert value(report, INVENTED) == (2.0, 4)
    assert value(report, INVENTED, "zh") == (1.0, 2)


def test_without_a_library_the_scores_that_need_one_are_left_out() -> None:
    report = report_on(ASKED, ANSWERED)
    assert value(report, INVENTED) is None
    assert value(report, "nDCG@10", CROSSLINGUAL) is None
    assert value(report, "nDCG@10") == value(report_on(ASKED, ANSWERED, LIBRARY), "nDCG@10")


def test_rankings_alone_can_be_scored() -> None:
    report = report_on(ASKED, ANSWERED, LIBRARY, answers=False)
    assert {figure.score for figure in report.figures} == {"nDCG@10", "R(rel=2)@20"}


def test_the_order_of_questions_and_answers_does_not_matter(report: Report) -> None:
    assert report_on(ASKED[::-1], ANSWERED, LIBRARY).figures[0].value == pytest.approx(report.figures[0].value)
    assert report_on(ASKED, ANSWERED[::-1], LIBRARY).figures == report.figures


def test_questions_and_predictions_that_do_not_belong_together_are_told() -> None:
    others = [question(id=str(n)) for n in range(5, 10)]
    with pytest.raises(MismatchError, match=r"none for 5, 6, 7 and 2 more and some for questions .*: 4\. "):
        report_on([*ASKED[:3], *others], ANSWERED)
    with pytest.raises(MismatchError, match=r"none for no question and some for questions .*: 4\. "):
        report_on(ASKED[:3], ANSWERED)
    with pytest.raises(MismatchError, match=r"none for 4 and some for questions .*: no question\. "):
        report_on(ASKED, ANSWERED[1:])


def test_an_interval_holds_the_mean_and_is_the_same_every_time() -> None:
    values = np.random.default_rng(0).uniform(size=50)
    low, high = interval(values)
    assert 0 < low < values.mean() < high < 1
    assert interval(values) == (low, high)


def test_an_interval_is_as_wide_as_the_normal_approximation_has_it() -> None:
    values = np.random.default_rng(1).uniform(size=400)
    error = values.std() / np.sqrt(len(values))
    low, high = interval(values)
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_an_interval_of_equal_values_is_a_point() -> None:
    assert interval(np.ones(5)) == (1.0, 1.0)


def test_the_table_has_a_line_for_each_score_and_a_blank_where_nothing_is_scored(report: Report) -> None:
    lines = str(report).splitlines()
    assert lines[0].split() == ["all", "en", "zh", "cross-lingual"]
    (ndcg,) = (line for line in lines if line.startswith("nDCG@10") and "-" in line)
    assert ndcg.startswith("nDCG@10             0.877 0.63-1.00    3  1.000 1.00-1.00    1  0.815 0.63-1.00    2")
    assert "premise" not in str(report)
    (refusals,) = (line for line in lines if line.startswith("refusal") and "-" not in line)
    assert refusals.split() == ["refusal", "0.000"]
    assert INVENTED in lines[9]
    assert lines[9].split() == ["invented", "ids", "2", "1", "1", "0"]


def test_every_score_is_explained_question_by_question(report: Report) -> None:
    assert "2                citation F1         0.000  wrongly cited: a, y; missed: b" in report.each().splitlines()
    assert "no paper of grade 2" not in report.each()


def test_times_are_median_and_95th_percentile() -> None:
    asked = [question(id=str(n)) for n in range(101)]
    answered = [Prediction(str(n), "", (), (), False, "x", {"total": float(n)}) for n in range(101)]
    report = report_on(asked, answered)
    assert report.seconds("total") == (50.0, 95.0)
    assert "total: median 50.000 s, p95 95.000 s" in str(report)
    assert "first_token" not in str(report)


def test_a_report_is_json_with_figures_and_explanations(report: Report) -> None:
    told = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert told["questions"] == 4
    assert {"score": INVENTED, "group": "all", "value": 2.0, "low": 2.0, "high": 2.0, "questions": 4} in told["figures"]
    assert told["scores"][0]["id"] == "1"
    assert told["scores"][0]["premise"] == {"value": None, "why": "no false premise"}
