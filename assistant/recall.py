"""A conversation taken up again from its words alone, as programs send it; what was cited is looked up once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from assistant.answer import EXTRACTIVE, Answer, Conversation, Hit, Query, Searched, Turn, Why
from assistant.check import CITATION
from assistant.errors import QuestionError
from assistant.phrasing import ARXIV_ID
from ingest.library import Library

_NOT_SEARCHED = Searched(0, 0, "", "", 0.0)


def recalled(
    exchanges: Iterable[tuple[str, str]], library: Library, understand: Callable[[str, Conversation], Query]
) -> Conversation:
    """The conversation of these questions and answers, oldest first; what is no question is left out with its answer.

    An answer cites the papers of the library that its text links to, or names by id where it has no links, in order;
    they are its hits, too. That is what a follow-up needs: claims and evidence are not found again.
    """
    conversation = Conversation("")
    for question, text in exchanges:
        try:
            query = understand(question, conversation)
        except QuestionError:
            continue
        turn = Turn(question, _answer(text, query, library))
        conversation = replace(conversation, turns=(*conversation.turns, turn))
    return conversation


def _answer(text: str, query: Query, library: Library) -> Answer:
    papers = library.papers(dict.fromkeys(CITATION.findall(text) or ARXIV_ID.findall(text)))
    hits = tuple(Hit(paper, 1.0, rank, 1.0, Why()) for rank, paper in enumerate(papers.values(), 1))
    return Answer(text, (), tuple(papers), hits, query, _NOT_SEARCHED, False, EXTRACTIVE, {})
