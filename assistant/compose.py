"""Answers without a model: the papers' own sentences, chosen, ordered and cited, with counts made by code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.answer import Hit, Query, Wants
from assistant.catalogue import catalogue
from assistant.compare import compare, summaries
from assistant.draft import Draft, Materials, days, escape
from assistant.one_paper import authors, fact, lookup
from assistant.overview import hello, overview, trend
from assistant.premise import corrected, unfounded
from assistant.refusal import absent_names, covered, gone, is_unanswerable, refusal
from assistant.retrieve import Ranking
from assistant.survey import survey

_LONGEST_HEADING = 120
# Of 203 questions that were not refused, 24 had odds from here to a half, and 22 of them were answered after all.
_LIKELY = 0.3
# As many papers that fit and hold all the question's words are a broad topic, whose best paper leads over no field.
_BROAD = 5
_FOUND_BY_TEXT = (Wants.SURVEY, Wants.FACT, Wants.LOOKUP)


def compose(materials: Materials, k: int | None = None) -> Draft:
    """The extractive answer, closed by what was searched. `k` bounds the papers of a list."""
    draft = _composed(materials, k)
    asked = {part.query.wants for part in materials.parts or (materials,)}
    if asked <= _SAY_IT_THEMSELVES or draft.abstained or not draft.lines:
        return draft
    searched = materials.words.closing.format(
        papers=materials.searched.papers, days=days(materials.words, materials.searched)
    )
    draft.lines += [*([""] if draft.lines[-1] else []), draft.record(searched)]
    return draft


def _composed(materials: Materials, k: int | None) -> Draft:
    if materials.searched.of == 0:
        return Draft([materials.words.empty], abstained=True)
    if materials.parts:
        return _in_turn(materials.parts, k)
    query, ranking = materials.query, materials.ranking
    if query.wants in _FROM_RECORD:
        return covered(materials, _FROM_RECORD[query.wants](materials, k))
    refused = not ranking.hits or is_unanswerable(query, ranking)
    draft = refusal(materials) if refused else _written(materials, k)
    if not draft.lines and not refused:  # the paper that was named does not pass the filters
        draft = refusal(materials)
    if not draft.abstained and _is_uncertain(query, ranking):
        draft.begin(materials.words.uncertain)
    if absent := gone(materials):
        draft.begin(materials.words.gone.format(ids=", ".join(absent)))
    return draft


def _is_uncertain(query: Query, ranking: Ranking) -> bool:
    """Whether what was found may well not be what was asked for."""
    sure = query.follows or any(hit.why.named for hit in ranking.hits) or _is_broad(query, ranking.hits)
    return query.wants in _FOUND_BY_TEXT and not sure and ranking.answerable < _LIKELY


def _is_broad(query: Query, hits: Sequence[Hit]) -> bool:
    return query.wants is Wants.SURVEY and sum(h.fit >= 0.5 and h.why.coverage > 0.99 for h in hits) >= _BROAD


def _written(materials: Materials, k: int | None) -> Draft:
    """What is asked for; of a comparison with what no digest holds, the paper that is here."""
    query, ranking = materials.query, materials.ranking
    if query.wants is Wants.FACT and (found := unfounded(query, ranking)):
        return corrected(materials, *found)
    absent = absent_names(query, ranking.lexical) if query.wants is Wants.COMPARE and len(query.papers) == 1 else []
    if not absent:
        return _WRITERS[query.wants](materials, k)
    draft = summaries(materials, k)
    draft.begin(materials.words.unknown_words.format(words=", ".join(map(escape, absent))))
    return draft


def _in_turn(parts: Sequence[Materials], k: int | None) -> Draft:
    """Each part's own answer under its own words. It is a refusal if all of them are."""
    drafts = [_composed(part, k) for part in parts]
    lines = [
        line for part, draft in zip(parts, drafts, strict=True) for line in (*_heading(part.query), *draft.lines, "")
    ]
    tables = [draft.table for draft in drafts if draft.table]
    claims = [claim for draft in drafts for claim in draft.claims]
    return Draft(lines, claims, all(draft.abstained for draft in drafts), tables[0] if len(tables) == 1 else ())


def _heading(query: Query) -> tuple[str, str]:
    words = " ".join(query.text.split())
    short = words if len(words) <= _LONGEST_HEADING else f"{words[:_LONGEST_HEADING]}…"
    return f"### {escape(short)}", ""


_WRITERS: dict[Wants, Callable[[Materials, int | None], Draft]] = {
    Wants.SURVEY: survey,
    Wants.FACT: fact,
    Wants.COMPARE: compare,
    Wants.LOOKUP: lookup,
    Wants.SUMMARY: summaries,
    Wants.AUTHORS: authors,
    Wants.TREND: trend,
}
_FROM_RECORD: dict[Wants, Callable[[Materials, int | None], Draft]] = {
    Wants.CATALOGUE: catalogue,
    Wants.OVERVIEW: lambda materials, k: overview(materials),
    Wants.HELLO: lambda materials, k: hello(materials),
}
_SAY_IT_THEMSELVES = {Wants.SURVEY, Wants.OVERVIEW, Wants.TREND, Wants.HELLO}
