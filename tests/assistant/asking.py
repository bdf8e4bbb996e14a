"""Questions understood against the made-up papers, alone and in a conversation."""

from __future__ import annotations

from assistant.answer import EXTRACTIVE, Answer, Conversation, Query, Searched, Turn, Wants
from assistant.lexical import LexicalIndex
from assistant.names import Names
from assistant.understand import Shelf, understand
from ingest.paper import Filters, Language
from tests.assistant.shelf_of_papers import PAPERS

SHELF = Shelf(
    Names(PAPERS, dict.fromkeys((name for held in PAPERS for name in held.authors), 1), LexicalIndex(PAPERS)),
    dict.fromkeys((held.primary_category for held in PAPERS), 1),
    dict.fromkeys((held.month for held in PAPERS), 1),
)


def asked(question: str, conversation: Conversation | None = None) -> Query:
    return understand(question, SHELF, conversation)


def after(question: str, *citations: str, filters: Filters | None = None) -> Conversation:
    query = Query(question, question, Wants.SURVEY, Language.ENGLISH, filters or Filters())
    answer = Answer("", (), citations, (), query, Searched(0, 0, "", "", 0.0), False, EXTRACTIVE, {})
    return Conversation("c", turns=(Turn(question, answer),))


def told(question: str, *citations: str, before: Conversation | None = None) -> Conversation:
    """A conversation in which the question was asked, as it is understood, and answered with these papers."""
    turns = before.turns if before else ()
    query = understand(question, SHELF, before)
    answer = Answer("", (), citations, (), query, Searched(0, 0, "", "", 0.0), False, EXTRACTIVE, {})
    return Conversation("c", turns=(*turns, Turn(question, answer)))
