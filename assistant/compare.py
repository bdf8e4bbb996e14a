"""Papers side by side: a column a paper, a row for what each set out to do, how, and what came out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Evidence, Hit
from assistant.draft import Draft, Materials, cite, escape, table_lines
from assistant.evidence import SUMS_UP, is_background, is_news, tells_where_code_is
from assistant.one_paper import fact, in_order, is_readable, summary
from assistant.phrasing import any_of
from ingest.paper import Paper, Section

_COMPARED = 2
_MOST_COMPARED = 4
# Heads and cells together; what frames them takes about as much again as a title.
_TABLE_CHARACTERS = 735
# How much a sentence that is like the method counts beside the odds that it holds what is asked for. On 32 comparisons
# a table held what was asked in 63 % without it, in 77-87 % with 2 to 5.
_LIKE_METHOD = 5.0
# Of a longer title, the name before its colon heads the column, or as much as fits.
_LONGEST_HEAD = 60
_NAME = re.compile(r"([^:：]{2,40})[:：]")
CAME_OUT = any_of(
    r"\b(results?|experiments?|evaluations?|outperform\w*|achiev\w*|improv\w*|surpass\w*|reduc\w*|accelerat\w*)\b",
    r"实验|优于|提升|达到|降低|结果",
)


def compare(materials: Materials, k: int | None) -> Draft:
    """A table of the sentences that bear on the question most, as many as are read at a glance."""
    papers = [hit.paper for hit in _compared(materials)]
    if len(papers) < _COMPARED:
        return fact(materials, k)
    draft, words = Draft(), materials.words
    heads = [f"{cite(paper)} **{escape(_head(paper))}**" for paper in papers]
    room = _TABLE_CHARACTERS - sum(len(_head(paper)) for paper in papers)
    chosen = _shared_out([_to_compare(paper, materials) for paper in papers], room)
    rows = [(words.paper, *heads)]
    for section in Section:
        cells = [
            [e for e in column if _row_of(e, paper) is section] for paper, column in zip(papers, chosen, strict=True)
        ]
        if any(cells):
            rows.append((words.fields[section], *(" ".join(map(draft.quote, cell)) or "–" for cell in cells)))
    draft.table = tuple(rows)
    draft.lines += table_lines(rows)
    return draft


def summaries(materials: Materials, k: int | None) -> Draft:
    """The summary of a paper; of several a table, for one card after another is not read at a glance."""
    several = sum(hit.why.named for hit in materials.ranking.hits) > 1
    return compare(materials, k) if several else summary(materials, k)


def _compared(materials: Materials) -> Sequence[Hit]:
    hits, named = materials.ranking.hits, materials.query.papers
    most = max(_COMPARED, min(len(named), _MOST_COMPARED))
    return sorted(hits, key=lambda hit: hit.paper.arxiv_id not in named)[:most]


def _head(paper: Paper) -> str:
    name = _NAME.match(paper.title)
    title = name[1] if name else paper.title
    return title if len(title) <= _LONGEST_HEAD else f"{title[:_LONGEST_HEAD].rsplit(' ', 1)[0]}…"


def _to_compare(paper: Paper, materials: Materials) -> list[Evidence]:
    """How it is done, then whatever bears on the question and on that, best first, in its language if it has any.

    What the digest calls the method, in whichever language, says which of an abstract's sentences tell of it."""
    like_method = materials.evidence.like(paper, Section.METHOD)
    best = materials.evidence.best([paper])[paper.arxiv_id]
    own = [e for e in best if not is_background(e, paper) and not tells_where_code_is(e)] or list(best)
    readable = [evidence for evidence in own if is_readable(evidence, materials.query)] or own
    readable.sort(key=lambda e: -(e.score + _LIKE_METHOD * like_method.get((e.section, e.start), 0.0)))
    how = [evidence for evidence in readable if _row_of(evidence, paper) is not Section.RESULT]
    return [*how[:1], *readable]


def _shared_out(columns: Sequence[list[Evidence]], characters: int) -> list[list[Evidence]]:
    """As much of each column as fits beside the others, in the papers' order: by turns, a sentence each."""
    kept: list[list[Evidence]] = [[] for _ in columns]
    room, fair = characters, characters // len(columns)
    while True:
        before = room
        for column, own in zip(columns, kept, strict=True):
            most = room if own else max(fair, room - fair * sum(not other for other in kept if other is not own))
            told = next((e for e in column if len(e.text) <= most and is_news(e, own)), None)
            if told:
                own.append(told)
                room -= len(told.text) + 1
        if room == before:
            return [in_order(own or column[:1]) for column, own in zip(columns, kept, strict=True)]


def _row_of(evidence: Evidence, paper: Paper) -> Section:
    """The row that a sentence stands in: an abstract's is told by its words."""
    if evidence.section is Section.CONCLUSION:
        return Section.RESULT
    if evidence.section is not Section.ABSTRACT:
        return evidence.section
    if is_background(evidence, paper):
        return Section.MOTIVATION
    sums_up = SUMS_UP.search(evidence.text) and not re.search(r"\d", evidence.text)
    return Section.RESULT if CAME_OUT.search(evidence.text) and not sums_up else Section.METHOD
