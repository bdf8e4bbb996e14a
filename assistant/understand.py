"""A question is understood before it is searched: what it wants, about which papers, within which filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assistant import phrasing as says
from assistant.answer import Conversation, Query, Wants
from assistant.broad import PREFACE, broadly, grouping_in, regrouped
from assistant.days import days_in
from assistant.filters import NO_PAPER, Shelf, category_alone, filters_in, topic_words
from assistant.follow import NEW_TOPIC, follow_up, followed
from assistant.parts import parts_of
from assistant.plain import plain_text
from ingest.paper import Filters
from ingest.sentence import language_of

__all__ = ["Shelf", "follow_up", "understand", "understand_one"]

_MEANT = 4  # papers whose authors "they" may be
# Forms of a question that may be about one paper. A mere topic, or one that asks for papers, is not.
_OF_ONE = (says.QUESTION, says.SUMMARY, says.LOOKUP, says.QUANTITY, says.COMPARE, says.RECORD_FACT, says.THE_PAPER)


def understand(question: str, shelf: Shelf, conversation: Conversation | None = None) -> Query:
    """The question as a Query, by rules in both languages. Never fails: at worst it is a plain survey.

    Of several questions in one message the Query is the whole, and its `parts` are each as it would be understood
    alone; who answers them in turn may understand the later ones anew, after the answers to the earlier.
    """
    pieces = parts_of(question, lambda piece: understand_one(piece, shelf))
    if len(pieces) == 1:
        return understand_one(question, shelf, conversation)
    first, *others = pieces
    parts = (understand_one(first, shelf, conversation), *(understand_one(piece, shelf) for piece in others))
    return _whole(question, parts)


def understand_one(question: str, shelf: Shelf, conversation: Conversation | None = None) -> Query:
    """The question as a Query without parts."""
    typed = PREFACE.sub("", NEW_TOPIC.sub(" ", plain_text(question)))
    group, text = grouping_in(typed)
    ids = tuple(dict.fromkeys(says.ARXIV_ID.findall(text)))
    rest = says.ARXIV_ID.sub(" ", text)
    filters, rest = _narrowed(text, says.AUTHORS.sub(" ", rest), shelf)
    asks_authors = bool(says.AUTHORS.search(text)) and not filters.authors and not says.LISTING.search(text)
    order = "oldest" if says.OLDEST.search(rest) else "newest" if says.NEWEST.search(rest) else ""
    rest = says.LIMIT.sub(" ", rest) if order else rest
    named = {} if filters.authors else _named(rest, text, asks_authors, shelf)
    papers = _pointed_at(ids, named, shelf)
    query = Query(
        text=question,
        search_text=" ".join(rest.split()) or typed,
        wants=Wants.SURVEY,
        language=language_of(typed),
        filters=filters,
        papers=papers,
        count=bool(says.COUNT.search(text)),
        order=order,
        group=group,
        reckoned=days_in(text, shelf.days, shelf.months)[3],
    )
    if conversation and conversation.turns and (again := regrouped(query, rest, conversation.turns[-1])):
        return again
    if broad := broadly(query, text, rest, shelf):
        return broad
    wants = Wants.AUTHORS if asks_authors else _wants(query, text, rest, len(papers if ids else named))
    query = replace(query, wants=wants)
    if not conversation or not conversation.turns or NEW_TOPIC.search(plain_text(question)):
        return query
    if says.ELSE_BY_THEM.search(text) and (others := _by_the_same(query, conversation, shelf)):
        return others
    pointed = followed(query, rest, conversation)
    if pointed.follows and len(pointed.papers) == 1 and says.KIN.search(text):
        return replace(pointed, papers=shelf.names.kin_of(pointed.papers[0]))
    if pointed.papers == query.papers or pointed.wants is not query.wants or wants is Wants.AUTHORS:
        return pointed
    # "What is the second one about?" asks for a summary now that there is a paper to be about.
    named_now = len(pointed.papers) if says.COMPARE.search(text) else 0
    return replace(pointed, wants=_wants(pointed, text, rest, named_now))


def _by_the_same(query: Query, conversation: Conversation, shelf: Shelf) -> Query | None:
    """The other papers by the authors of the one just cited, or of those that were asked for; None after a list."""
    last = conversation.turns[-1].answer
    meant = last.query.papers or last.citations
    if not meant or len(meant) > _MEANT:
        return None
    others, shared = shelf.names.people.others_by_authors_of(meant)
    filters = replace(query.filters, authors=shared, arxiv_ids=others or NO_PAPER)
    return replace(query, wants=Wants.CATALOGUE, filters=filters, papers=(), recent=last.citations, follows=True)


def _pointed_at(ids: tuple[str, ...], named: Mapping[str, tuple[str, ...]], shelf: Shelf) -> tuple[str, ...]:
    """Ids typed, and beside them those of papers called by their own name; the others only where no id is typed."""
    beside = (paper for piece, found in named.items() for paper in found)
    own = (paper for piece, found in named.items() for paper in found if shelf.names.is_own_name(paper, piece))
    return tuple(dict.fromkeys((*ids, *(own if ids else beside))))


def _whole(question: str, parts: tuple[Query, ...]) -> Query:
    """The message as one Query: its text, what any part points at, and the parts."""
    return Query(
        text=question,
        search_text=" ".join(part.search_text for part in parts),
        wants=parts[0].wants,
        language=language_of(plain_text(question)),
        papers=tuple(dict.fromkeys(paper for part in parts for paper in part.papers)),
        recent=parts[0].recent,
        follows=parts[0].follows,
        parts=parts,
    )


def _narrowed(text: str, rest: str, shelf: Shelf) -> tuple[Filters, str]:
    """The filters of a question and the rest of it. A category's common name is one where its papers are counted."""
    filters, rest = filters_in(rest, shelf)
    category = category_alone(rest, shelf.categories)
    if category and (category in filters.categories or (says.COUNT.search(text) and not filters.categories)):
        return replace(filters, categories=filters.categories or (category,)), ""
    return filters, rest


def _named(rest: str, text: str, asks_authors: bool, shelf: Shelf) -> Mapping[str, tuple[str, ...]]:
    """Papers that the question calls by name. Who wrote a thing is answered by the paper whose own name that is."""
    of_many = says.PAPERS.search(text) or says.SURVEY.search(text)
    of_one = not of_many and any(pattern.search(text) for pattern in _OF_ONE)
    named = shelf.names.papers_in(rest, many=not of_one and not asks_authors)
    if not asks_authors:
        return named
    own = {
        piece: tuple(i for i in ids if len(piece.split()) > 1 or shelf.names.is_own_name(i, piece))
        for piece, ids in named.items()
    }
    return {piece: ids for piece, ids in own.items() if ids}


def _wants(query: Query, text: str, rest: str, names: int) -> Wants:
    """What the question wants. `names` counts the papers that it calls by a name of their own."""
    if _is_catalogue(query, text, rest):
        return Wants.CATALOGUE
    if names > 1 and len(query.papers) > 1 and not says.PAPERS.search(text):
        return Wants.SUMMARY if says.SUMMARY.search(text) and not says.COMPARE.search(text) else Wants.COMPARE
    if query.count and not query.papers and not says.COUNTED_BY_A_PAPER.search(text):
        return Wants.SURVEY
    if says.PAPERS.search(text):
        return Wants.SURVEY
    if query.papers and says.SUMMARY.search(text) and not says.QUANTITY.search(text):
        return Wants.SUMMARY
    if says.QUANTITY.search(text):
        return Wants.FACT
    if says.COMPARE.search(text) and not says.COMPARE_AS_TOPIC.search(text):
        return Wants.COMPARE
    return _wants_by_form(query, text)


def _wants_by_form(query: Query, text: str) -> Wants:
    """What a question wants that says so by its form alone: one paper, many, or something about one."""
    if says.LOOKUP.search(text):
        return Wants.LOOKUP
    if (says.SURVEY.search(text) or query.filters) and not query.papers:
        return Wants.SURVEY
    return Wants.FACT if query.papers or says.QUESTION.search(text) else Wants.SURVEY


def _is_catalogue(query: Query, text: str, rest: str) -> bool:
    """Whether the record alone answers it: there are filters, an order or a count, and no topic beside them."""
    if says.LISTING.search(text) and not query.filters:
        return True
    if query.papers:
        return bool(says.RECORD_FACT.search(text)) and not query.filters
    asks_record = query.filters or query.order or query.count or says.EVERYTHING.search(text)
    return bool(asks_record) and not topic_words(rest)
