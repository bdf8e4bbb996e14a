"""Answers about one paper: a fact, who wrote it, what is in it, or which one was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.answer import Evidence, Hit, Query
from assistant.draft import Draft, Materials, byline, escape, first_sentences, titled
from ingest.paper import Paper, Section
from ingest.sentence import language_of

_NEAREST = 3
# Enough for the sentence that answers and what makes it understood, not more than is read at a glance.
_FACT_SENTENCES = 5
_FACT_CHARACTERS = 700
_SUMMARISED = 4
# A second paper is named beside the first where its score comes this near: then code cannot tell which was meant.
_AS_GOOD = 0.97
_SUMS_UP = re.compile(
    r"\b(we|this (paper|work|study|article)) (\w+ )?(propose|present|introduce|show|find|demonstrate|develop|study"
    r"|investigate|explore|describe|report)|\b(results|experiments|evaluations?) .{0,40}(show|demonstrate|indicate)",
    re.IGNORECASE,
)


def fact(materials: Materials, k: int | None) -> Draft:
    draft, meant = Draft(), _meant(materials.ranking.hits)
    for hit in meant:
        sentences = materials.evidence.best([hit.paper], _FACT_SENTENCES)[hit.paper.arxiv_id]
        if kept := fitting(sentences, _FACT_CHARACTERS // len(meant)):
            quotes = " ".join(draft.quote(evidence) for evidence in in_order(kept))
            draft.lines += [f"{quotes} — {titled(hit.paper)}", ""]
    return draft


def _meant(hits: Sequence[Hit]) -> Sequence[Hit]:
    """The paper that is meant; two where they come out alike and the question names neither."""
    alike = len(hits) > 1 and not hits[0].why.named and hits[1].score >= _AS_GOOD * hits[0].score
    return hits[:2] if alike else hits[:1]


def fitting(sentences: Iterable[Evidence], characters: int) -> list[Evidence]:
    """The first sentence and those after it that fit beside it, without any that stands whole in an earlier one."""
    kept: list[Evidence] = []
    for evidence in sentences:
        room = characters - sum(len(other.text) for other in kept)
        if not kept or (len(evidence.text) <= room and not any(evidence.text in other.text for other in kept)):
            kept.append(evidence)
    return kept


def in_order(sentences: Iterable[Evidence]) -> list[Evidence]:
    sections = list(Section)
    return sorted(sentences, key=lambda evidence: (sections.index(evidence.section), evidence.start))


def lookup(materials: Materials, k: int | None) -> Draft:
    draft, hits = Draft(), materials.ranking.hits
    paper = hits[0].paper
    draft.lines += [f"{titled(paper)} ({byline(paper)})", ""]
    best = materials.evidence.best([paper], _FACT_SENTENCES)[paper.arxiv_id]
    sentences = fitting([*first_sentences(paper, Section.TLDR, materials)[:1], *best], _FACT_CHARACTERS)
    draft.lines += [" ".join(draft.quote(evidence) for evidence in in_order(sentences))]
    others = _meant(hits)[1:]
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
        yield Section.ABSTRACT, in_order(fitting(_telling(abstract), _FACT_CHARACTERS))


def _telling(abstract: list[Evidence]) -> list[Evidence]:
    """An abstract's sentences, those first that sum it up: what is proposed, what came out, then the rest."""
    return sorted(abstract, key=lambda evidence: not _SUMS_UP.search(evidence.text))


def is_readable(evidence: Evidence, query: Query) -> bool:
    return language_of(evidence.text) is query.language
