"""Answers about one paper: a fact, who wrote it, what is in it, or which one was meant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from assistant.answer import Evidence, Hit, Query
from assistant.draft import ANSWER_CHARACTERS, Draft, Materials, byline, escape, first_sentences, titled
from assistant.evidence import SUMS_UP, is_background, telling
from assistant.phrasing import ARXIV_ID, any_of
from ingest.paper import Paper, Section
from ingest.sentence import language_of

_NEAREST = 3
_SUMMARISED = 4
# A second paper is named beside the first where its score comes this near: then code cannot tell which was meant.
_AS_GOOD = 0.97
# "What do ACAR and the reflexion paper report": the one that is not named comes this near to the one that is.
_DESCRIBED = 0.85
_AND = any_of(r"\b(and|or|vs|versus)\b", r"[和与跟、]")


def fact(materials: Materials, k: int | None) -> Draft:
    """The sentence that answers, with its paper, and what else bears on it there."""
    draft, meant = Draft(), [hit.paper for hit in _meant(materials.ranking.hits, materials.query)]
    for paper in meant:
        sentences = materials.evidence.best([paper])[paper.arxiv_id]
        room = ANSWER_CHARACTERS // len(meant) - len(paper.title)
        if kept := telling(sentences, room):
            draft.lines += [f"{draft.quote(kept[0])} — {titled(paper)}", ""]
            draft.lines += _beside(draft, kept[1:], materials)
    return draft


def _beside(draft: Draft, sentences: Sequence[Evidence], materials: Materials) -> list[str]:
    quotes = " ".join(draft.quote(evidence) for evidence in in_order(sentences))
    return [f"{materials.words.beside} {quotes}", ""] if quotes else []


def _meant(hits: Sequence[Hit], query: Query) -> Sequence[Hit]:
    """The paper that is meant; two where they come out alike, or beside one that is named another is described."""
    if len(hits) < 2 or ARXIV_ID.search(query.text):
        return hits[:1]
    one_named = hits[0].why.named and not hits[1].why.named and _AND.search(query.text)
    least = _DESCRIBED if one_named else _AS_GOOD
    alike = hits[1].score >= least * hits[0].score and (one_named or not hits[0].why.named)
    return hits[:2] if alike else hits[:1]


def in_order(sentences: Iterable[Evidence]) -> list[Evidence]:
    sections = list(Section)
    return sorted(sentences, key=lambda evidence: (sections.index(evidence.section), evidence.start))


def lookup(materials: Materials, k: int | None) -> Draft:
    draft, hits = Draft(), materials.ranking.hits
    paper = hits[0].paper
    draft.lines += [f"{titled(paper)} ({byline(paper)})", ""]
    others = _meant(hits, materials.query)[1:]
    best = materials.evidence.best([paper])[paper.arxiv_id]
    room = ANSWER_CHARACTERS - len(byline(paper)) - sum(len(hit.paper.title) for hit in (hits[0], *others))
    sentences = telling(best, room, within=math.inf)  # what is looked for is the paper, so as much of it as fits
    draft.lines += [" ".join(draft.quote(evidence) for evidence in in_order(sentences))]
    draft.lines += ["", f"{materials.words.perhaps} {', '.join(titled(hit.paper) for hit in others)}"] if others else []
    return draft


def authors(materials: Materials, k: int | None) -> Draft:
    draft, hits = Draft(), materials.ranking.hits
    named = [hit for hit in hits if hit.why.named]
    for hit in named or hits[:1]:
        authors = escape(", ".join(hit.paper.authors)) or "?"
        line = draft.record(materials.words.written_by.format(paper=titled(hit.paper), authors=authors))
        draft.lines += ["", line] if draft.lines else [line]
    others = [] if named else hits[1:_NEAREST]
    draft.lines += ["", f"{materials.words.perhaps} {', '.join(titled(hit.paper) for hit in others)}"] if others else []
    return draft


def summary(materials: Materials, k: int | None) -> Draft:
    """What the digest's fields say of each paper that is named."""
    draft, words = Draft(), materials.words
    for hit in [hit for hit in materials.ranking.hits if hit.why.named][:_SUMMARISED]:
        draft.lines += [f"{titled(hit.paper)} ({byline(hit.paper)})", ""]
        for section, sentences in _fields(hit.paper, materials):
            draft.lines.append(f"- **{words.fields[section]}**: {' '.join(map(draft.quote, sentences))}")
        draft.lines.append("")
    return draft


def _fields(paper: Paper, materials: Materials) -> Iterator[tuple[Section, list[Evidence]]]:
    """What summarises a paper: the digest's own fields where they are in the question's language, else the abstract."""
    fields = [(s, first_sentences(paper, s, materials)) for s in (Section.TLDR, Section.METHOD, Section.RESULT)]
    readable = [(s, found) for s, found in fields if found and is_readable(found[0], materials.query)]
    if readable:
        yield from readable
    elif abstract := first_sentences(paper, Section.ABSTRACT, materials):
        yield Section.ABSTRACT, in_order(_summing_up(paper, abstract))


def _summing_up(paper: Paper, abstract: Iterable[Evidence]) -> list[Evidence]:
    """Those sentences of an abstract that fit: first those that sum it up, what was known before last."""
    kept: list[Evidence] = []
    room = ANSWER_CHARACTERS - len(paper.title) - len(byline(paper))
    for evidence in sorted(abstract, key=lambda e: (not SUMS_UP.search(e.text), is_background(e, paper))):
        if sum(len(other.text) for other in kept) + len(evidence.text) <= room:
            kept.append(evidence)
    return kept


def is_readable(evidence: Evidence, query: Query) -> bool:
    return language_of(evidence.text) is query.language
