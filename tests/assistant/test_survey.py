"""Surveys in groups, and more of them."""

from __future__ import annotations

import re

import pytest

from assistant import fit
from assistant.answer import Evidence, Support
from assistant.survey import at_a_glance
from ingest.library import Library
from ingest.paper import Section
from tests.assistant.shelf_of_papers import PAPERS
from tests.assistant.test_overview import answered


@pytest.mark.parametrize("by", ["month", "category"])
def test_a_grouped_survey_lists_each_paper_once_under_its_group(by: str, shelf: Library) -> None:
    answer = answered(shelf, f"which papers edit video with diffusion, grouped by {by}")
    plain = answered(shelf, "which papers edit video with diffusion")
    assert answer.text.splitlines()[0] == plain.text.splitlines()[0]  # the count stays
    assert sorted(answer.citations) == sorted(plain.citations)
    groups = {held.arxiv_id: held.month if by == "month" else held.primary_category for held in PAPERS}
    heading = ""
    for line in answer.text.splitlines()[1:]:
        heading = found[1] if (found := re.match(r"\*\*(\S+)\*\* \(\d+\)$", line)) else heading
        if cited := re.match(r"- \[([\d.]+)\]", line):
            assert groups[cited[1]] == heading


@pytest.mark.parametrize("how", ["group them by month", "按月份分一下"])
def test_a_follow_up_groups_what_was_listed(how: str, shelf: Library) -> None:
    first = answered(shelf, "which papers edit video with diffusion")
    grouped = answered(shelf, "which papers edit video with diffusion", how)
    assert sorted(grouped.citations) == sorted(first.citations)
    assert "**2025-11**" in grouped.text


def test_more_goes_on_where_the_lists_before_ended_and_never_repeats(shelf: Library) -> None:
    question = "which papers edit video with diffusion"
    first = answered(shelf, question)
    second = answered(shelf, question, "show more")
    third = answered(shelf, question, "show more", "更多")
    assert not set(first.citations) & set(second.citations)
    assert not (set(first.citations) | set(second.citations)) & set(third.citations)
    assert f"\n{len(first.citations) + 1}. [" in second.text
    assert f"\n{len(first.citations) + len(second.citations) + 1}. [" in third.text


def test_what_follows_below_the_cut_is_said_to_fit_less(shelf: Library) -> None:
    second = answered(shelf, "which papers edit video with diffusion", "show more")
    least = fit.least(second.hits, "paper")
    shown = [hit for hit in second.hits if hit.paper.arxiv_id in second.citations]
    assert all(hit.fit < least for hit in shown) == ("No further paper fits" in second.text)


def test_more_ends_when_nothing_is_left(shelf: Library) -> None:
    answer = answered(shelf, "which papers edit video with diffusion", *["show more"] * 4)
    assert "Nothing is left" in answer.text
    assert not answer.citations


@pytest.mark.parametrize(
    "question",
    ["how many seconds does FilmKnife take?", "who wrote StormNet?", "what is FilmKnife?", "papers in cs.LG"],
)
def test_every_answer_says_what_was_searched_and_over_which_days(question: str, shelf: Library) -> None:
    answer = answered(shelf, question)
    last = answer.text.splitlines()[-1]
    assert last == f"— {answer.searched.papers} papers searched (2026-02-10 to 2026-02-10)"
    assert [claim.support for claim in answer.claims if claim.text == last] == [Support.RECORD]


def _sentence(text: str, score: float) -> Evidence:
    return Evidence("2511.00101", Section.ABSTRACT, text, 0, len(text), score)


def test_a_line_of_evidence_is_the_best_short_sentence_that_tells_nearly_as_much() -> None:
    long, short, far = (
        _sentence("long " * 80, 3.0),
        _sentence("We edit video by diffusion.", 2.0),
        _sentence("Code: see our page.", -9),
    )

    def score(evidence: Evidence) -> float:
        return evidence.score

    assert at_a_glance([long, short, far], score) == [short]
    assert at_a_glance([long, far], score) == [long]
    assert (
        at_a_glance([_sentence("好" * 130, 3.0), _sentence("本文用扩散模型编辑视频，无需训练即可使用。", 2.0)], score)[
            0
        ].score
        == 2.0
    )
    assert at_a_glance([], score) == []


def test_the_line_of_evidence_says_what_the_paper_does_not_what_others_do(shelf: Library) -> None:
    answer = answered(shelf, "which papers edit video with diffusion")
    quoted = [claim.text for claim in answer.claims if claim.support is Support.QUOTED]
    assert quoted
    assert not any("is slow" in text for text in quoted)


def test_a_group_of_all_there_is_bears_no_name(shelf: Library) -> None:
    answer = answered(shelf, "overview of what Hannah Quill published")
    assert "Others" not in answer.text
    assert answer.citations
