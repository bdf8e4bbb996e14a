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
    rest = says.ARXIV_ID.sub(" ", question)
    asks_authors = bool(says.AUTHORS.search(rest))
    filters, rest = _filters(says.AUTHORS.sub(" ", rest), shelf)
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
    wants = Wants.AUTHORS if asks_authors and not filters.authors else _wants(query, rest, len(ids or named))
    query = replace(query, wants=wants)
    if not conversation or not conversation.turns:
        return query
    pointed = _pointed_back(query, conversation)
    if pointed.papers == query.papers or wants is Wants.AUTHORS:
        return pointed
    # "What is the second one about?" asks for a summary now that there is a paper to be about.
    return replace(pointed, wants=_wants(pointed, rest, 0))


def _filters(text: str, shelf: Shelf) -> tuple[Filters, str]:
    """The filters that stand in the text, and the text without them."""
    categories, text = _categories(text, shelf.categories)
    since, until, text = _months(text, shelf.months)
    one = says.ONE_AUTHOR.search(text)
    text = says.ONE_AUTHOR.sub(" ", text)
    authors = shelf.names.authors_in(text, cued=bool(says.PERSON.search(text)))
    if not authors and (somebody := says.BY_SOMEBODY.search(text)):
        authors = {somebody[1]: (somebody[1],)}
    for piece in authors:
        text = re.sub(rf"(?<![^\W_]){re.escape(piece)}", " ", text)
    if authors:
        text = says.PERSON.sub(" ", text)
    names = tuple(dict.fromkeys(name for found in authors.values() for name in found))
    return Filters(categories, names, since, until, max_authors=1 if one else None), text


def _categories(text: str, known: Mapping[str, int]) -> tuple[tuple[str, ...], str]:
    spelled = {name.lower(): name for name in known}
    found = [spelled.get(match[0].lower(), _as_arxiv_spells_it(match)) for match in says.CATEGORY.finditer(text)]
    return tuple(dict.fromkeys(found)), says.CATEGORY.sub(" ", text)


def _as_arxiv_spells_it(category: re.Match[str]) -> str:
    """`CS.cv` as `cs.CV`; subjects longer than two letters are small."""
    archive, subject = category.groups()
    if not subject:
        return category[0].lower()
    return f"{archive.lower()}.{subject.upper() if len(subject) == 2 else subject.lower()}"


def _months(text: str, known: Mapping[str, int]) -> tuple[str, str, str]:
    """First and last month the text names (empty where there is no bound), and the text without them."""
    named: list[str] = []
    since = until = ""
    for pattern in says.MONTHS:
        while match := pattern.search(text):
            first, last = _span(match, known)
            side, text = _cut_out(match, text)
            match side:
                case "since":
                    since = first
                case "after":
                    since = _shifted(last, 1)
                case "until":
                    until = last
                case "before":
                    until = _shifted(first, -1)
                case _:
                    named += [first, last]
    if named and not since and min(named) <= (until or max(named)):
        since = min(named)
    if named and not until and max(named) >= since:
        until = max(named)
    return since, until, text


def _cut_out(match: re.Match[str], text: str) -> tuple[str, str]:
    """How a month bounds what is asked for ("" if it does not), and the text without it and the words that say so."""
    before, after = text[: match.start()], text[match.end() :]
    lead = match.groupdict().get("lead") or ""
    for side, (leading, trailing) in says.BOUNDS.items():
        if leading.search(before + lead):
            return side, f"{leading.sub(' ', before + lead)} {after}"
        if trailing.search(after):
            return side, f"{before} {trailing.sub(' ', after)}"
    return "", f"{before} {after}"


def _shifted(month: str, by: int) -> str:
    months = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{months // 12}-{months % 12 + 1:02d}"


def _span(match: re.Match[str], known: Mapping[str, int]) -> tuple[str, str]:
    """First and last month of a match: twice the same unless it is a whole year.

    A month without a year is the latest such month that the library has, else that of its last year.
    """
    groups = match.groupdict()
    year = groups.get("year")
    if name := groups.get("name"):
        number = next(i for i, short in enumerate(says.MONTHS_SHORT, 1) if name.lower().startswith(short))
    elif han := groups.get("han"):
        number = says.MONTHS_HAN.index(f"{han}月") + 1
    elif digits := groups.get("number"):
        number = int(digits)
    else:
        return f"{year}-01", f"{year}-12"
    if not year:
        candidates = [month for month in known if month.endswith(f"-{number:02d}")]
        year = max(candidates, default=max(known, default="2000"))[:4]
    return f"{year}-{number:02d}", f"{year}-{number:02d}"


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
    if says.LISTING.search(query.text) and not query.filters:
        return True
    asks_record = query.filters or query.order or query.count or says.EVERYTHING.search(query.text)
    return bool(asks_record) and not query.papers and not topic_words(rest)


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
    if says.ARXIV_ID.search(query.text) or query.filters.authors or not says.POINTS_BACK.search(query.text):
        return query
    if query.papers and not (len(cited) == 1 and says.POINTS_AT_ONE.search(query.text)):
        return query
    return follow_up(query, conversation)


def follow_up(query: Query, conversation: Conversation) -> Query:
    """The query as a follow-up: the topic so far stands before the new words, and the last filters still narrow.

    "Which of them …" is a list of its own, among the papers that were cited.
    """
    last = conversation.turns[-1].answer
    if says.AMONG_THEM.search(query.text) and len(last.citations) > 1:
        filters = replace(query.filters or last.query.filters, arxiv_ids=last.citations)
        return replace(query, wants=Wants.SURVEY, filters=filters, recent=last.citations, follows=True)
    one = len(last.citations) == 1 and says.POINTS_AT_ONE.search(query.text)
    return replace(
        query,
        search_text=f"{last.query.search_text} {query.search_text}",
        filters=query.filters or last.query.filters,
        papers=tuple(dict.fromkeys((*(last.citations if one else ()), *query.papers))),
        recent=last.citations,
        follows=True,
    )
