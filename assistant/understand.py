"""A question is understood before it is searched: what it wants, about which papers, within which filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from assistant import phrasing as says
from assistant.answer import Conversation, Query, Wants
from assistant.lexical import words_of
from assistant.names import Names
from ingest.paper import Filters
from ingest.sentence import language_of


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a question is held against: the library's names, categories and months (YYYY-MM -> papers)."""

    names: Names
    categories: Mapping[str, int]
    months: Mapping[str, int]


def understand(question: str, shelf: Shelf, conversation: Conversation | None = None) -> Query:
    """The question as a Query, by rules in both languages. Never fails: at worst it is a plain survey."""
    ids = tuple(dict.fromkeys(says.ARXIV_ID.findall(question)))
    filters, rest = _filters(says.ARXIV_ID.sub(" ", question), shelf)
    named = {} if filters.authors else shelf.names.papers_in(rest)
    query = Query(
        text=question,
        search_text=" ".join(rest.split()) or question,
        wants=Wants.SURVEY,
        language=language_of(question),
        filters=filters,
        papers=ids or tuple(dict.fromkeys(paper for found in named.values() for paper in found)),
        count=bool(says.COUNT.search(question)),
        order="oldest" if says.OLDEST.search(rest) else "newest" if says.NEWEST.search(rest) else "",
    )
    query = replace(query, wants=_wants(query, rest, len(ids or named)))
    return _pointed_back(query, conversation) if conversation and conversation.turns else query


def _filters(text: str, shelf: Shelf) -> tuple[Filters, str]:
    """The filters that stand in the text, and the text without them."""
    categories, text = _categories(text, shelf.categories)
    since, until, text = _months(text, shelf.months)
    one = says.ONE_AUTHOR.search(text)
    text = says.ONE_AUTHOR.sub(" ", text)
    authors, piece = shelf.names.authors_in(text, cued=bool(says.PERSON.search(text)))
    if authors:
        text = says.PERSON.sub(" ", text.replace(piece, " "))
    return Filters(categories, authors, since, until, max_authors=1 if one else None), text


def _categories(text: str, known: Mapping[str, int]) -> tuple[tuple[str, ...], str]:
    spelled = {name.lower(): name for name in known}
    found = [
        spelled.get(match[0].lower(), f"{match[1].lower()}.{match[2].upper()}")
        for match in says.CATEGORY.finditer(text)
    ]
    return tuple(dict.fromkeys(found)), says.CATEGORY.sub(" ", text)


def _months(text: str, known: Mapping[str, int]) -> tuple[str, str, str]:
    """First and last month the text names (both empty if none), and the text without them."""
    named: list[str] = []
    since = until = ""
    for pattern in says.MONTHS:
        while match := pattern.search(text):
            before, after = text[: match.start()], text[match.end() :]
            month, cue = _month(match, known), match[0].lower()
            if says.SINCE_BEFORE.search(before) or says.SINCE_AFTER.search(after) or cue.startswith(("since", "after")):
                since = month
            elif (
                says.UNTIL_BEFORE.search(before)
                or says.UNTIL_AFTER.search(after)
                or cue.startswith(("until", "before"))
            ):
                until = month
            else:
                named.append(month)
            text = f"{before} {after}"
    if named and not (since or until):
        since, until = min(named), max(named)
    return since, until, text


def _month(match: re.Match[str], known: Mapping[str, int]) -> str:
    """`YYYY-MM` of a match; without a year, the latest such month that the library has, else of its last year."""
    groups = match.groupdict()
    if name := groups.get("name"):
        number = next(i for i, short in enumerate(says.MONTHS_SHORT, 1) if name.lower().startswith(short))
    elif han := groups.get("han"):
        number = says.MONTHS_HAN.index(f"{han}月") + 1
    else:
        number = int(groups["number"])
    if year := groups.get("year"):
        return f"{year}-{number:02d}"
    candidates = [month for month in known if month.endswith(f"-{number:02d}")]
    return max(candidates, default=f"{max(known, default='2000')[:4]}-{number:02d}")


def _wants(query: Query, rest: str, names: int) -> Wants:
    """What the question wants. `names` counts the papers that it calls by a name of their own."""
    text = query.text
    if _is_catalogue(query, rest):
        return Wants.CATALOGUE
    if names > 1 and len(query.papers) > 1:
        return Wants.COMPARE
    if says.PAPERS.search(text):
        return Wants.SURVEY
    if query.papers and says.SUMMARY.search(text) and not says.QUANTITY.search(text):
        return Wants.SUMMARY
    if says.QUANTITY.search(text):
        return Wants.FACT
    if says.COMPARE.search(text) and not says.COMPARE_AS_TOPIC.search(text):
        return Wants.COMPARE
    return _wants_by_form(query)


def _wants_by_form(query: Query) -> Wants:
    """What a question wants that says so by its form alone: one paper, many, or something about one."""
    if says.LOOKUP.search(query.text):
        return Wants.LOOKUP
    if says.SURVEY.search(query.text) and not query.papers:
        return Wants.SURVEY
    return Wants.FACT if query.papers or says.QUESTION.search(query.text) else Wants.SURVEY


def _is_catalogue(query: Query, rest: str) -> bool:
    """Whether the record alone answers it: there are filters, an order or a count, and no topic beside them."""
    asks_record = bool(query.filters) or bool(query.order) or query.count
    return asks_record and not query.papers and not topic_words(rest)


def topic_words(text: str) -> list[str]:
    """The words of `text` that say what it is about."""
    return [word for word in words_of(text) if word not in says.CATALOGUE_WORDS]


def _pointed_back(query: Query, conversation: Conversation) -> Query:
    """The query with what it points back to: an earlier paper by its number, or the topic so far."""
    cited = conversation.turns[-1].answer.citations
    if (ordinal := says.ORDINAL.search(query.text)) and not query.papers:
        place = says.ORDINALS[(ordinal[1] or ordinal[2]).lower()]
        if place < len(cited):
            return replace(query, papers=(cited[place],), follows=True)
    if query.papers or query.filters.authors or not says.POINTS_BACK.search(query.text):
        return query
    return follow_up(query, conversation)


def follow_up(query: Query, conversation: Conversation) -> Query:
    """The query as a follow-up: the topic so far stands before the new words, and the last filters still narrow."""
    last = conversation.turns[-1].answer
    one = len(last.citations) == 1 and says.POINTS_AT_ONE.search(query.text)
    return replace(
        query,
        search_text=f"{last.query.search_text} {query.search_text}",
        filters=query.filters or last.query.filters,
        papers=query.papers or (last.citations if one else ()),
        recent=last.citations,
        follows=True,
    )
