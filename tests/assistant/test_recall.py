"""A conversation taken up again from its words alone: what was cited is found in the text."""

from __future__ import annotations

from assistant.answer import Conversation, Query, Wants
from assistant.chat import Assistant
from assistant.recall import recalled
from ingest.library import Library
from tests.assistant.shelf_of_papers import EDITING, GRASPING, LONG_EDITING

LIST = (
    f"1. [{EDITING.arxiv_id}]({EDITING.url}) **{EDITING.title}**\n"
    f"2. [{GRASPING.arxiv_id}]({GRASPING.url}) **{GRASPING.title}**, see also 2512.00102\n"
)


def recall(shelf: Library, *exchanges: tuple[str, str]) -> tuple[Assistant, Conversation]:
    assistant = Assistant(shelf)
    return assistant, recalled(exchanges, shelf, assistant.understand)


def understood(shelf: Library, question: str, *exchanges: tuple[str, str]) -> Query:
    assistant, conversation = recall(shelf, *exchanges)
    return assistant.understand(question, conversation)


def test_the_papers_that_a_text_links_to_are_its_citations_and_its_hits_in_order(shelf: Library) -> None:
    _, conversation = recall(shelf, ("video and robots", LIST))
    [turn] = conversation.turns
    assert turn.question == "video and robots"
    assert turn.answer.text == LIST
    assert turn.answer.citations == (EDITING.arxiv_id, GRASPING.arxiv_id)
    assert [(hit.rank, hit.paper.title) for hit in turn.answer.hits] == [(1, EDITING.title), (2, GRASPING.title)]


def test_a_text_without_links_cites_the_papers_that_it_names_by_id(shelf: Library) -> None:
    _, conversation = recall(shelf, ("editing", f"See arXiv:{LONG_EDITING.arxiv_id}v2 and {EDITING.arxiv_id}."))
    assert conversation.turns[0].answer.citations == (LONG_EDITING.arxiv_id, EDITING.arxiv_id)


def test_ids_that_are_not_in_the_library_are_not_cited(shelf: Library) -> None:
    _, conversation = recall(shelf, ("editing", "[1999.00001](https://arxiv.org/abs/1999.00001), 2512.99999"))
    assert conversation.turns[0].answer.citations == ()


def test_a_follow_up_finds_its_paper_in_the_list_given_before(shelf: Library) -> None:
    query = understood(shelf, "what is the second one about?", ("video and robots", LIST))
    assert query.papers == (GRASPING.arxiv_id,)
    assert query.wants is Wants.SUMMARY


def test_the_questions_before_are_understood_as_follow_ups_themselves(shelf: Library) -> None:
    second = ("what is the second one about?", f"[{GRASPING.arxiv_id}]({GRASPING.url}) It grasps.")
    query = understood(shelf, "and the first one?", ("video and robots", LIST), second)
    assert query.papers == (EDITING.arxiv_id,)


def test_what_is_no_question_is_left_out_with_its_answer(shelf: Library) -> None:
    _, conversation = recall(shelf, ("  ", "hello"), ("x" * 5000, "too long"), ("video and robots", LIST))
    assert [turn.question for turn in conversation.turns] == ["video and robots"]
