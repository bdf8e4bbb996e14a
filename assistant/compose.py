"""Answers without a model: the papers' own sentences, chosen, ordered and cited, with counts made by code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.answer import Query, Wants
from assistant.catalogue import catalogue
from assistant.compare import compare
from assistant.draft import Draft, Materials, escape
from assistant.one_paper import authors, fact, lookup, summary
from assistant.refusal import gone, is_unanswerable, refusal
from assistant.survey import survey

_LONGEST_HEADING = 120


def compose(materials: Materials, k: int | None = None) -> Draft:
    """The extractive answer. `k` bounds the papers of a list."""
    if materials.searched.of == 0:
        return Draft([materials.words.empty], abstained=True)
    if materials.parts:
        return _in_turn(materials.parts, k)
    query, ranking = materials.query, materials.ranking
    if query.wants is Wants.CATALOGUE:
        return catalogue(materials, k)
    refused = not ranking.hits or is_unanswerable(query, ranking)
    draft = refusal(materials) if refused else _WRITERS[query.wants](materials, k)
    if not draft.lines and not refused:  # the paper that was named does not pass the filters
        draft = refusal(materials)
    if absent := gone(materials):
        draft.lines[:0] = [draft.record(materials.words.gone.format(ids=", ".join(absent))), ""]
    return draft


def _in_turn(parts: Sequence[Materials], k: int | None) -> Draft:
    """Each part's own answer under its own words. It is a refusal if all of them are."""
    drafts = [compose(part, k) for part in parts]
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
    Wants.SUMMARY: summary,
    Wants.AUTHORS: authors,
}
