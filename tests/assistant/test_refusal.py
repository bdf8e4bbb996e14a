"""What is said where nothing answers: why the nearest papers do not, what is outside the filters, which months are."""

from __future__ import annotations

import pytest

from assistant.chat import Assistant
from ingest.library import Library
from tests.assistant.shelf_of_papers import EDITING


@pytest.mark.parametrize("question", ["compare SimCLR and Zorbnet-9x", "what accuracy does SimCLR reach on video?"])
async def test_each_near_paper_comes_with_the_words_it_lacks(shelf: Library, question: str) -> None:
    answer = await Assistant(shelf).answer(question)
    assert answer.abstained
    near = [line for line in answer.text.splitlines() if line.startswith("- ")]
    assert 1 <= len(near) <= 3
    assert all("SimCLR" in line.partition("does not mention ")[2] for line in near)


@pytest.mark.parametrize(("question", "says"), [("papers from 2019", "hold papers of"), ("2027年的论文", "论文来自")])
async def test_the_months_there_are_are_told_where_those_asked_for_hold_nothing(
    shelf: Library, question: str, says: str
) -> None:
    answer = await Assistant(shelf).answer(question)
    assert answer.abstained
    assert says in answer.text
    assert all(month in answer.text for month in shelf.months())


async def test_a_topic_that_the_filters_shut_out_is_shown_with_its_month(shelf: Library) -> None:
    answer = await Assistant(shelf).answer("papers on video editing in March 2019")
    assert answer.abstained
    assert f"[{EDITING.arxiv_id}]" in answer.text
    assert "is from 2025-11, cs.CV" in answer.text


async def test_a_comparison_with_what_is_not_here_tells_of_the_paper_that_is(shelf: Library) -> None:
    answer = await Assistant(shelf).answer("compare FilmKnife and ZorbNet")
    assert answer.text.startswith("No digest mentions: ZorbNet.")
    assert answer.citations == (EDITING.arxiv_id,)


async def test_what_no_digest_tells_is_not_made_up(shelf: Library) -> None:
    answer = await Assistant(shelf).answer("how many citations does FilmKnife have?")
    assert answer.abstained
    assert "Digests hold titles" in answer.text
