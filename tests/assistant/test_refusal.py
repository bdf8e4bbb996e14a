"""What is said where nothing answers: why the nearest papers do not, what is outside the filters, which months are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import fit
from assistant.answer import Conversation, Turn
from assistant.chat import Assistant
from assistant.refusal import is_unanswerable
from ingest.library import Library
from tests.assistant.shelf_of_papers import EDITING, paper, shelf_of


@pytest.fixture
def broad_shelf(tmp_path: Path) -> Iterator[Library]:
    made = [
        paper(f"2511.00{n}", f"{name}: Video Editing", f"We propose {name} for video editing. It edits a video well.")
        for n, name in enumerate("Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu".split(), 400)
    ]
    with shelf_of(tmp_path / "home", made) as library:
        yield library


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


async def test_only_words_that_say_what_is_asked_are_named_as_missing(shelf: Library) -> None:
    answer = await Assistant(shelf).answer(
        "who wrote the paper that brings sourdough fermentation and shiny ZorbNet kettles down quickly?"
    )
    assert answer.abstained
    [told] = re.findall(r"No digest mentions: (.+)\.", answer.text)
    assert told.split(", ")[0] == "ZorbNet"
    assert len(told.split(", ")) == 3
    for lacked in re.findall(r"does not mention (.+)", answer.text):
        assert not {"brings", "shiny", "down", "quickly"} & set(lacked.split(", "))


async def test_a_chinese_refusal_names_whole_words(shelf: Library) -> None:
    answer = await Assistant(shelf).answer("有没有特别好的研究南京市长江大桥的论文？")
    assert answer.abstained
    told = [
        word for line in re.findall(r"没有(?:提到|出现：) ?(.+?)。?$", answer.text, re.M) for word in line.split(", ")
    ]
    assert told
    assert not any(word != other and word in other for word in told for other in told)
    assert "特别" not in told


async def test_a_broad_topic_that_many_papers_hold_is_no_refusal(broad_shelf: Library) -> None:
    """None of them stands out from the next, so the odds of an answer are low."""
    for question in (
        "papers about video editing",
        "which papers edit video?",
        "is video editing getting more popular?",
    ):
        answer = await Assistant(broad_shelf).answer(question)
        assert not answer.abstained
        assert answer.citations


@pytest.mark.parametrize("follow", ["还有吗？", "按月份分组"])
async def test_a_list_that_was_refused_is_not_given_by_asking_for_more_of_it(shelf: Library, follow: str) -> None:
    assistant = Assistant(shelf)
    question = "有没有研究敦煌壁画和人工耳蜗的论文？"
    first = await assistant.answer(question)
    again = await assistant.answer(follow, Conversation("c", turns=(Turn(question, first),)))
    assert first.abstained
    assert again.abstained
    assert "敦煌" in again.text


def test_no_lower_odds_are_enough_for_more_of_a_list(shelf: Library) -> None:
    materials = Assistant(shelf).materials("有没有研究敦煌壁画和人工耳蜗的论文？")
    doubtful = replace(materials.ranking, answerable=0.5 * fit.least(materials.ranking.hits, "answerable"))
    goes_on = replace(materials.query, follows=True)
    assert not is_unanswerable(goes_on, doubtful)
    assert is_unanswerable(replace(goes_on, group="month"), doubtful)
    assert is_unanswerable(replace(goes_on, listed=("2511.00101",)), doubtful)


async def test_every_paper_that_a_refusal_links_is_among_its_hits(shelf: Library) -> None:
    answer = await Assistant(shelf).answer("papers on video editing in March 2019")
    assert set(answer.citations) <= {hit.paper.arxiv_id for hit in answer.hits}
    assert answer.citations


async def test_what_no_digest_tells_is_not_made_up(shelf: Library) -> None:
    answer = await Assistant(shelf).answer("how many citations does FilmKnife have?")
    assert answer.abstained
    assert "Digests hold titles" in answer.text
