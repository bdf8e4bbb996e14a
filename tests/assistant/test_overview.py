"""Overviews, what is new, trends and greetings over the made-up papers."""

from __future__ import annotations

import asyncio
import re

import pytest

from assistant.answer import Answer, Conversation, Support, Turn, Wants
from assistant.broad import grouping_in
from assistant.chat import Assistant
from assistant.days import days_in
from assistant.themes import labels
from ingest.library import Library
from tests.assistant.asking import asked
from tests.assistant.shelf_of_papers import EDITING, PAPERS, paper


def answered(library: Library, *questions: str) -> Answer:
    """The answer to the last question of a conversation."""
    assistant, turns = Assistant(library), ()
    for question in questions:
        answer = asyncio.run(assistant.answer(question, Conversation("c", turns=turns)))
        turns = (*turns, Turn(question, answer))
    return answer


@pytest.mark.parametrize(
    "question",
    [
        "what happened in cs.CV in December 2025?",
        "summarise December 2025",
        "give me an overview of the library",
        "what's in the library?",
        "what is new since 2026-02-01",
        "any new papers since yesterday?",
        "papers from the digest of 10 Feb 2026",
        "2025年12月有什么值得关注的",
        "自2月以来有什么新论文",
        "库里有什么",
        "最新一期简报有什么",
    ],
)
def test_a_part_of_the_library_is_overviewed(question: str) -> None:
    assert asked(question).wants is Wants.OVERVIEW


@pytest.mark.parametrize(
    "question",
    [
        "is diffusion getting more popular?",
        "how many papers per month on video editing",
        "trend of robot papers by month",
        "which month has the most papers on drift?",
        "were there more video papers in December or in February?",
        "扩散模型的趋势",
        "哪个月的机器人论文最多",
        "联邦学习越来越热门了吗",
    ],
)
def test_a_topic_by_month_is_a_trend(question: str) -> None:
    assert asked(question).wants is Wants.TREND


@pytest.mark.parametrize(
    "question",
    [
        "what share of tasks does the best robot complete, and what share do people?",
        "how large is the decline in accuracy under drift?",
        "what causes the rise of the error in video editing?",
    ],
)
def test_what_a_paper_measured_is_no_trend(question: str) -> None:
    assert asked(question).wants is not Wants.TREND


@pytest.mark.parametrize(
    "question", ["hello", "thanks a lot!", "what can you do?", "help", "你好", "谢谢", "你能做什么"]
)
def test_a_greeting_is_answered_kindly_without_a_search(question: str, shelf: Library) -> None:
    answer = answered(shelf, question)
    assert answer.query.wants is Wants.HELLO
    assert not answer.abstained
    assert (answer.citations, answer.hits) == ((), ())
    assert "**12 " in answer.text
    assert len(re.findall("^- ", answer.text, re.MULTILINE)) == 3


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("trend prediction for stock markets", Wants.SURVEY),
        ("what happened to catastrophic forgetting", Wants.FACT),
        ("whats new on video editing", Wants.SURVEY),
        ("overview of the work on video editing", Wants.SURVEY),
        ("papers in cs.LG", Wants.CATALOGUE),
        ("which month has the most papers", Wants.CATALOGUE),
        ("summarise FilmKnife", Wants.SUMMARY),
        ("hi, which papers edit video?", Wants.SURVEY),
    ],
)
def test_a_topic_or_a_list_is_no_overview(question: str, wants: Wants) -> None:
    assert asked(question).wants is wants


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("which papers edit video, grouped by month", "month"),
        ("papers on robots by category", "category"),
        ("papers on robots, sorted into themes please", "theme"),
        ("group them by topic", "theme"),
        ("按月份分组列出关于视频的论文", "month"),
        ("按类别分一下", "category"),
        ("有哪些视频论文，按主题分组", "theme"),
        ("how many papers per month on robots", ""),
        ("papers on robots by Ada Stone", ""),
    ],
)
def test_how_papers_are_grouped_is_heard(text: str, by: str) -> None:
    assert grouping_in(text)[0] == by


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("what's new since 2026-02-01", "2026-02-01", ""),
        ("new papers after 1 Feb 2026", "2026-02-02", ""),
        ("papers from the digest of 18 Dec 2025", "2025-12-18", "2025-12-18"),
        ("papers between 12 Dec 2025 and 18 Dec 2025", "2025-12-12", "2025-12-18"),
        ("2025年12月18日的简报", "2025-12-18", "2025-12-18"),
        ("what's new this week", "2026-02-04", "2026-02-10"),
        ("any new papers since yesterday", "2026-02-09", "2026-02-10"),
        ("昨天的论文", "2026-02-09", "2026-02-09"),
        ("最近三天有什么新论文", "2026-02-08", "2026-02-10"),
        ("new papers of 31 Feb 2026", "", ""),
    ],
)
def test_days_bound_what_is_asked_for_and_count_back_from_the_newest_digest(text: str, since: str, until: str) -> None:
    assert days_in(text, ("2026-02-10", "2025-12-01"), {"2026-02": 1})[:2] == (since, until)


def test_without_dated_digests_the_newest_month_stands_in() -> None:
    assert days_in("what's new this week", (), {"2026-02": 1, "2025-12": 9})[:2] == ("2026-02", "2026-02")


def test_an_overview_counts_by_the_record_and_quotes_the_papers(shelf: Library) -> None:
    answer = answered(shelf, "what happened in 2026-02?")
    expected = [held for held in PAPERS if held.month == "2026-02"]
    assert f"**{len(expected)} papers**" in answer.text
    assert set(answer.citations) <= {held.arxiv_id for held in expected}
    assert {claim.support for claim in answer.claims} == {Support.QUOTED, Support.RECORD}
    assert all(claim.text in answer.text for claim in answer.claims)


def test_where_nothing_is_newer_the_answer_refuses_and_names_the_last_day(shelf: Library) -> None:
    answer = answered(shelf, "what's new since 2026-05-01?")
    assert answer.abstained
    assert "2026-02-10" in answer.text


def test_relative_days_say_from_when_they_count(shelf: Library) -> None:
    assert "newest digest here, of 2026-02-10" in answered(shelf, "what's new this week").text


def test_a_trend_is_a_table_of_the_months_with_what_each_holds(shelf: Library) -> None:
    answer = answered(shelf, "how many papers per month on video editing")
    head, *rows = answer.table
    assert len(head) == 4
    assert {row[0]: int(row[2]) for row in rows} == shelf.months()
    fitting = {row[0]: int(row[1]) for row in rows}
    assert fitting[EDITING.month] >= 1
    assert EDITING.arxiv_id in answer.citations


def test_a_group_is_named_by_phrases_that_set_it_apart() -> None:
    robots = [paper(f"2601.0000{n}", f"Robot Grasping {word}", "") for n, word in enumerate(("A", "B", "C"))]
    speech = [paper(f"2601.0001{n}", f"Speech Recognition {word}", "") for n, word in enumerate(("D", "E", "F"))]
    first, second = labels([robots, speech])
    assert first.startswith("robot grasping")
    assert second.startswith("speech recognition")


@pytest.mark.parametrize(
    ("greeted", "plain"),
    [
        ("hi there which papers edit video?", "which papers edit video?"),
        ("hey, thanks! and who wrote StormNet?", "who wrote StormNet?"),
        ("Hello! Good morning, is there anything on drift?", "is there anything on drift?"),
        ("你好，谢谢！有哪些视频编辑的论文？", "有哪些视频编辑的论文？"),
    ],
)
def test_a_greeting_before_a_question_changes_nothing(greeted: str, plain: str) -> None:
    assert asked(greeted).wants is asked(plain).wants
    assert asked(greeted).search_text == asked(plain).search_text


@pytest.mark.parametrize("question", ["is interest in video editing growing?", "are robot papers declining?"])
def test_whether_a_topic_grows_asks_for_its_trend(question: str) -> None:
    assert asked(question).wants is Wants.TREND


def test_what_is_new_without_a_time_is_what_the_newest_digest_brought(shelf: Library) -> None:
    answer = answered(shelf, "what's new?")
    assert answer.query.filters.since == answer.query.filters.until == "2026-02-10"
    assert "newest digest here" in answer.text


def test_an_overview_asked_for_after_an_author_is_of_that_author(shelf: Library) -> None:
    answer = answered(shelf, "what did Hannah Quill publish? give me an overview")
    assert not answer.query.parts
    assert answer.query.filters.authors == ("Hannah Quill",)


def test_every_paper_that_an_overview_cites_is_among_its_hits(shelf: Library) -> None:
    for question in ("give me an overview of the library", "what's new?"):
        answer = answered(shelf, question)
        assert answer.citations
        assert set(answer.citations) <= {hit.paper.arxiv_id for hit in answer.hits}


def test_a_trend_tells_on_how_many_days_of_each_month_there_is_a_digest(shelf: Library) -> None:
    answer = answered(shelf, "trend of video editing papers by month")
    assert "Months are partial" in answer.text
    assert re.search(r"days: \d{4}-\d\d [1-9]\d?/\d\d", answer.text)
    assert " 0/30" not in answer.text  # of a month without a digest nothing is known
