"""Answers from the record: papers by author, category and month, counts, the newest and the oldest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.answer import Query
from assistant.draft import Draft, Materials, days, first_sentences, titled
from assistant.phrasing import ASKS_OF_PEOPLE, ELSE_BY_THEM, any_of, asked_number
from assistant.survey_wording import survey_wording
from ingest.library import Library
from ingest.paper import Filters, Section

_MOST_LISTED = 50
# Of so many papers whose number is asked for, only a few are listed.
_MANY, _FEW = 10, 3
_WHICH = any_of(r"\b(which|list|name|what are|who)\b|哪|列|都有")


def catalogue(materials: Materials, k: int | None) -> Draft:
    query, library = materials.query, materials.library
    if not query.filters and not query.order and not query.papers:
        return _whole_library(materials)
    ids = catalogued(query, library)
    if not ids:
        return nobody(materials)
    if query.order and not says_many(query.text) and not asked_number(query.text):
        return _extreme(materials, ids[0])
    return _listed(materials, ids, k)


def catalogued(query: Query, library: Library) -> list[str]:
    """Ids of the papers that the record answers with: those named, or those that meet the filters."""
    if query.papers:
        return list(library.papers(query.papers))
    return library.select(query.filters, oldest_first=query.order == "oldest")


def says_many(text: str) -> bool:
    return bool(re.search(r"\b(papers|articles|works)\b|哪些|哪几篇|几篇", text, re.IGNORECASE))


def _listed(materials: Materials, ids: Sequence[str], k: int | None) -> Draft:
    draft, words = Draft(), materials.words
    if not materials.query.papers:
        counted = words.counted_one if len(ids) == 1 else words.counted
        line = counted.format(count=len(ids), conditions=conditions(materials.query.filters))
        draft.lines += [draft.record(line), ""]
    left = [arxiv_id for arxiv_id in ids if arxiv_id not in materials.query.listed]
    shown = materials.library.papers(left[: k or asked_number(materials.query.text) or _most(materials.query, ids)])
    rows = [(paper.arxiv_id, paper.title, paper.primary_category, paper.month) for paper in shown.values()]
    draft.table = (("arXiv", words.paper, "category", "month"), *rows)
    for paper in shown.values():
        tldr = first_sentences(paper, Section.TLDR, materials)[:1] if len(ids) <= 5 else []
        line = draft.record(f"{titled(paper)} ({paper.primary_category}, {paper.month})")
        draft.lines.append(f"- {line}" + "".join(f": {draft.quote(evidence)}" for evidence in tldr))
    if len(left) > len(shown):
        draft.lines += ["", draft.record(words.counted_more.format(count=len(left) - len(shown)))]
    elif not left:
        nothing = survey_wording(materials.query.language).nothing_left
        draft.lines.append(draft.record(nothing.format(listed=len(ids), scope="")))
    return draft


def _most(query: Query, ids: Sequence[str]) -> int:
    """How many are listed: where their number alone is asked for, a few of many."""
    merely_counted = query.count and not query.listed and not _WHICH.search(query.text)
    return _FEW if merely_counted and len(ids) > _MANY else _MOST_LISTED


def _extreme(materials: Materials, arxiv_id: str) -> Draft:
    draft, words = Draft(), materials.words
    [paper] = materials.library.papers([arxiv_id]).values()
    which = words.earliest if materials.query.order == "oldest" else words.latest
    scope = words.scope.format(papers=materials.searched.papers, days="")
    draft.lines.append(
        draft.record(
            words.extreme.format(which=which, scope=scope, paper=titled(paper), category=paper.primary_category)
        )
    )
    return draft


def _whole_library(materials: Materials) -> Draft:
    draft, words, library = Draft(), materials.words, materials.library
    total = words.total.format(count=materials.searched.of, days=days(words, materials.searched))
    draft.lines += [draft.record(total)]
    counted = [(words.by_category, library.categories()), (words.by_month, library.months())]
    if ASKS_OF_PEOPLE.search(materials.query.text):
        authors = library.authors()
        counted.insert(0, (words.by_author.format(count=len(authors)), authors))
    for head, counts in counted:
        listed = ", ".join(f"{name} {count}" for name, count in _largest(counts))
        draft.lines += ["", draft.record(f"{head} {listed}")]
    return draft


def _largest(counts: Mapping[str, int], most: int = 20) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def conditions(filters: Filters) -> str:
    """The filters in words that both languages share: ` (cs.RO, 2026-02)`."""
    span = filters.since if filters.since == filters.until else f"{filters.since or '…'} – {filters.until or '…'}"
    authors = [] if filters.max_authors is None else [f"≤ {filters.max_authors} author"]
    parts = [*filters.categories, *filters.authors, *([span] if filters.since or filters.until else []), *authors]
    return f" ({', '.join(parts)})" if parts else ""


def nobody(materials: Materials) -> Draft:
    words, query = materials.words, materials.query
    by_them = bool(query.follows and ELSE_BY_THEM.search(query.text))
    line = words.no_other if by_them else words.none_within.format(conditions=conditions(query.filters))
    draft = Draft(abstained=True)
    draft.lines.append(draft.record(line))
    return draft
