"""What the record answers at length only when asked to: counts with a few papers, and what else the authors wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.answer import Wants
from ingest.library import Library
from ingest.paper import Filters
from tests.assistant.shelf_of_papers import EDITING, PAPERS, WEATHER, paper, shelf_of
from tests.assistant.test_overview import answered

MANY = [paper(f"2602.001{n}", f"Gear {n}", f"We turn gear {n}.", authors=("Mo Lee",)) for n in range(20, 34)]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with shelf_of(tmp_path_factory.mktemp("crowded") / "home", [*PAPERS, *MANY]) as library:
        yield library


@pytest.mark.parametrize("question", ["How many papers are in cs.CV?", "cs.CV有多少篇论文？"])
def test_a_number_of_many_papers_comes_with_a_few_of_them_and_the_rest_on_request(
    question: str, crowded: Library
) -> None:
    everything = crowded.select(Filters(("cs.CV",)))
    counted = answered(crowded, question)
    assert f"**{len(everything)} " in counted.text
    assert list(counted.citations) == everything[:3]
    more = answered(crowded, question, "show more" if question.isascii() else "更多")
    assert list(more.citations) == everything[3:]
    done = answered(crowded, question, *["show more"] * 2)
    assert not done.citations
    assert f"{len(everything)} listed" in done.text


@pytest.mark.parametrize("question", ["How many papers are in cs.CV, and which?", "Which papers are in cs.CV?"])
def test_papers_that_are_asked_for_are_listed_however_many(question: str, crowded: Library) -> None:
    assert len(answered(crowded, question).citations) == len(crowded.select(Filters(("cs.CV",))))


def test_a_number_of_few_papers_comes_with_all_of_them(crowded: Library) -> None:
    assert len(answered(crowded, "How many papers are in cs.LG?").citations) == 2


@pytest.mark.parametrize(
    "question",
    [
        "what else did they publish?",
        "which other papers did they write?",
        "any other papers by them?",
        "他们还发表了哪些论文？",
    ],
)
def test_what_else_they_published_are_the_other_papers_of_those_authors(question: str, shelf: Library) -> None:
    answer = answered(shelf, "who wrote FilmKnife?", question)
    assert answer.query.wants is Wants.CATALOGUE
    assert answer.query.filters.authors == ("Ada Stone",)
    theirs = {held.arxiv_id for held in PAPERS if "Ada Stone" in held.authors} - {EDITING.arxiv_id}
    assert set(answer.citations) == theirs


def test_who_published_nothing_else_is_said_to_have_no_other_paper(shelf: Library) -> None:
    answer = answered(shelf, f"who wrote {WEATHER.arxiv_id}?", "what else did they publish?")
    assert answer.abstained
    assert answer.text == "No other paper in the library is by them."


def test_what_else_is_asked_of_a_long_list_is_no_question_about_its_authors(shelf: Library) -> None:
    listed = [held.arxiv_id for held in PAPERS if held.primary_category == "cs.LG"]
    answer = answered(shelf, "list all papers", "what else did they publish?")
    assert listed
    assert answer.query.filters.arxiv_ids == ()
