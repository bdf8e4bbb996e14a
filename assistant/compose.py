"""Answers without a model: the papers' own sentences, chosen, ordered and cited, with counts made by code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from assistant import fit
from assistant.answer import Evidence, Hit, Query, Searched, Wants
from assistant.catalogue import catalogue, nobody
from assistant.draft import Draft, Materials, byline, days, escape, first_sentences, table_lines, titled
from assistant.follow import asks_for_more
from assistant.names import COINED, fold, quoted_in
from assistant.people import TOKEN
from assistant.phrasing import CALLED
from assistant.retrieve import Ranking
from assistant.wording import Wording
from ingest.paper import Paper, Section
from ingest.sentence import language_of

CLEAR_FIT = 0.6
_MOST_SURVEYED = 30
_NEAREST = 3
_MORE = 5
# Enough for the sentence that answers and what makes it understood, not more than is read at a glance.
_FACT_SENTENCES = 5
_FACT_CHARACTERS = 700
_COMPARED = 2
_SUMMARISED = 4
# A second paper is named beside the first where its score comes this near: then code cannot tell which was meant.
_AS_GOOD = 0.97
_COMPARE_CHARACTERS = 760
_LONGEST_HEADING = 120
_SUMS_UP = re.compile(
    r"\b(we|this (paper|work|study|article)) (\w+ )?(propose|present|introduce|show|find|demonstrate|develop|study"
    r"|investigate|explore|describe|report)|\b(results|experiments|evaluations?) .{0,40}(show|demonstrate|indicate)",
    re.IGNORECASE,
)


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
    draft = _refusal(materials) if refused else _WRITERS[query.wants](materials, k)
    if not draft.lines and not refused:  # the paper that was named does not pass the filters
        draft = _refusal(materials)
    if gone := _gone(materials):
        draft.lines[:0] = [draft.record(materials.words.gone.format(ids=", ".join(gone))), ""]
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


def is_unanswerable(query: Query, ranking: Ranking) -> bool:
    """Whether what was found is too little to be an answer. A paper that the question names always is one.

    Nor does a paper answer for another whose title the question gives, or who wrote a thing that has a name of its
    own, unless its title holds that.
    """
    if any(hit.paper.arxiv_id in query.papers for hit in ranking.hits):
        return False
    if query.papers and not ranking.lexical.row.keys() & query.papers:
        return True
    if ranking.hits and not all(fold(name) in fold(ranking.hits[0].paper.title) for name in _told_names(query)):
        return True
    return ranking.answerable < fit.least(ranking.hits, "answerable") * (0.3 if query.follows else 1.0)


def _told_names(query: Query) -> list[str]:
    """Names that the paper asked for must have in its title."""
    asks_authors = query.wants is Wants.AUTHORS
    titles = quoted_in(query.text) if asks_authors or CALLED.search(query.text) else []
    return titles + ([word for word in TOKEN.findall(query.search_text) if COINED.match(word)] if asks_authors else [])


# --- lists


def surveyed(hits: Sequence[Hit], k: int | None = None) -> tuple[Hit, ...]:
    """The hits that belong in a survey: those that fit, the best one at least, `k` at most."""
    least = fit.least(hits, "paper")
    kept = [hit for hit in hits if hit.fit >= least] or list(hits[:1])
    return tuple(kept[: k or _MOST_SURVEYED])


def _survey(materials: Materials, k: int | None) -> Draft:
    draft, words = Draft(), materials.words
    kept = _beyond(materials, k) if asks_for_more(materials.query.text) else surveyed(materials.ranking.hits, k)
    materials.evidence.best([hit.paper for hit in kept])  # all at once, for one look into the library
    clear = [hit for hit in kept if hit.fit >= CLEAR_FIT]
    borderline = [hit for hit in kept if hit.fit < CLEAR_FIT]
    draft.lines += [draft.record(_count_line(words, len(clear), len(borderline), materials.searched)), ""]
    draft.lines += [f"{n}. {_entry(draft, hit.paper, materials)}" for n, hit in enumerate(clear, 1)]
    if borderline:
        draft.lines += ["", words.borderline, ""] if clear else []
        draft.lines += [f"- {_entry(draft, hit.paper, materials)}" for hit in borderline]
    return draft


def _beyond(materials: Materials, k: int | None) -> tuple[Hit, ...]:
    """The next best after those that were listed already."""
    listed = materials.query.recent
    return tuple(hit for hit in materials.ranking.hits if hit.paper.arxiv_id not in listed)[: k or _MORE]


def _count_line(words: Wording, clear: int, borderline: int, searched: Searched) -> str:
    shape = words.clear_and_borderline if borderline and clear else words.clear if clear else words.only_borderline
    counts = shape.format(clear=clear, borderline=borderline)
    scope = words.scope.format(papers=searched.papers, days=days(words, searched))
    return f"{counts}{'，' if words.scope.startswith('共') else ', '}{scope}{_stop(words)}"


def _entry(draft: Draft, paper: Paper, materials: Materials) -> str:
    best = materials.evidence.best([paper], 1)[paper.arxiv_id]
    return titled(paper) + "".join(f": {draft.quote(evidence)}" for evidence in best)


# --- one paper


def _fact(materials: Materials, k: int | None) -> Draft:
    draft, meant = Draft(), _meant(materials.ranking.hits)
    for hit in meant:
        sentences = materials.evidence.best([hit.paper], _FACT_SENTENCES)[hit.paper.arxiv_id]
        if kept := _fitting(sentences, _FACT_CHARACTERS // len(meant)):
            quotes = " ".join(draft.quote(evidence) for evidence in _in_order(kept))
            draft.lines += [f"{quotes} — {titled(hit.paper)}", ""]
    return draft


def _meant(hits: Sequence[Hit]) -> Sequence[Hit]:
    """The paper that is meant; two where they come out alike and the question names neither."""
    alike = len(hits) > 1 and not hits[0].why.named and hits[1].score >= _AS_GOOD * hits[0].score
    return hits[:2] if alike else hits[:1]


def _fitting(sentences: Iterable[Evidence], characters: int) -> list[Evidence]:
    """The first sentence and those after it that fit beside it, without any that stands whole in an earlier one."""
    kept: list[Evidence] = []
    for evidence in sentences:
        room = characters - sum(len(other.text) for other in kept)
        if not kept or (len(evidence.text) <= room and not any(evidence.text in other.text for other in kept)):
            kept.append(evidence)
    return kept


def _in_order(sentences: Iterable[Evidence]) -> list[Evidence]:
    sections = list(Section)
    return sorted(sentences, key=lambda evidence: (sections.index(evidence.section), evidence.start))


def _lookup(materials: Materials, k: int | None) -> Draft:
    draft, hits = Draft(), materials.ranking.hits
    paper = hits[0].paper
    draft.lines += [f"{titled(paper)} ({byline(paper)})", ""]
    best = materials.evidence.best([paper], _FACT_SENTENCES)[paper.arxiv_id]
    sentences = _fitting([*first_sentences(paper, Section.TLDR, materials)[:1], *best], _FACT_CHARACTERS)
    draft.lines += [" ".join(draft.quote(evidence) for evidence in _in_order(sentences))]
    others = _meant(hits)[1:]
    draft.lines += ["", f"{materials.words.perhaps} {', '.join(titled(hit.paper) for hit in others)}"] if others else []
    return draft


def _authors(materials: Materials, k: int | None) -> Draft:
    draft, hits = Draft(), materials.ranking.hits
    named = [hit for hit in hits if hit.why.named]
    for hit in named or hits[:1]:
        authors = escape(", ".join(hit.paper.authors)) or "?"
        line = draft.record(materials.words.written_by.format(paper=titled(hit.paper), authors=authors))
        draft.lines += ["", line] if draft.lines else [line]
    others = [] if named else hits[1:_NEAREST]
    draft.lines += ["", f"{materials.words.perhaps} {', '.join(titled(hit.paper) for hit in others)}"] if others else []
    return draft


def _summary(materials: Materials, k: int | None) -> Draft:
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
    readable = [(s, found) for s, found in fields if found and _is_readable(found[0], materials.query)]
    if readable:
        yield from readable
    elif abstract := first_sentences(paper, Section.ABSTRACT, materials):
        yield Section.ABSTRACT, _in_order(_fitting(_telling(abstract), _FACT_CHARACTERS))


def _telling(abstract: list[Evidence]) -> list[Evidence]:
    """An abstract's sentences, those first that sum it up: what is proposed, what came out, then the rest."""
    return sorted(abstract, key=lambda evidence: not _SUMS_UP.search(evidence.text))


def _is_readable(evidence: Evidence, query: Query) -> bool:
    return language_of(evidence.text) is query.language


# --- side by side


def _compare(materials: Materials, k: int | None) -> Draft:
    """A table: a column a paper, a row a section of the digest, in each cell what bears on the question."""
    papers = [hit.paper for hit in _compared(materials)]
    if len(papers) < _COMPARED:
        return _fact(materials, k)
    draft, words = Draft(), materials.words
    chosen = [_to_compare(paper, _COMPARE_CHARACTERS // len(papers), materials) for paper in papers]
    rows = [(words.paper, *(titled(paper) for paper in papers))]
    for section in Section:
        cells = [[evidence for evidence in column if evidence.section is section] for column in chosen]
        if any(cells):
            rows.append((words.fields[section], *(" ".join(map(draft.quote, cell)) or "–" for cell in cells)))
    draft.table = tuple(rows)
    draft.lines += table_lines(rows)
    return draft


def _to_compare(paper: Paper, characters: int, materials: Materials) -> list[Evidence]:
    """The sentences of a paper that bear on the question most, in its language if the paper has any, in order."""
    best = materials.evidence.best([paper])[paper.arxiv_id]
    readable = [evidence for evidence in best if _is_readable(evidence, materials.query)]
    return _in_order(_fitting(readable or best, characters))


def _compared(materials: Materials) -> Sequence[Hit]:
    hits, named = materials.ranking.hits, materials.query.papers
    return sorted(hits, key=lambda hit: hit.paper.arxiv_id not in named)[: max(_COMPARED, min(len(named), 4))]


# --- nothing there


def _refusal(materials: Materials) -> Draft:
    """What was searched, which of the question's words no digest holds, and the nearest papers as such."""
    if not materials.searched.papers:
        return nobody(materials)
    draft, words, ranking = Draft(abstained=True), materials.words, materials.ranking
    if len(_gone(materials)) == len(materials.query.papers) > 0:  # that is said already
        return draft
    scope = words.none.format(papers=materials.searched.papers, days=days(words, materials.searched))
    draft.lines.append(draft.record(scope))
    if unknown := ranking.unknown_words():
        draft.lines.append(draft.record(words.unknown_words.format(words=", ".join(map(escape, unknown)))))
    if ranking.hits:
        near = ", ".join(titled(hit.paper) for hit in ranking.hits[:_NEAREST])
        draft.lines += ["", words.nearest.format(papers=near)]
    return draft


def _gone(materials: Materials) -> list[str]:
    """Ids that the question names and that the library does not hold."""
    return [arxiv_id for arxiv_id in materials.query.papers if arxiv_id not in materials.ranking.lexical.row]


def _stop(words: Wording) -> str:
    return "。" if words.scope.startswith("共") else "."


_WRITERS: dict[Wants, Callable[[Materials, int | None], Draft]] = {
    Wants.SURVEY: _survey,
    Wants.FACT: _fact,
    Wants.COMPARE: _compare,
    Wants.LOOKUP: _lookup,
    Wants.SUMMARY: _summary,
    Wants.AUTHORS: _authors,
}
