"""Answers without a model: the papers' own sentences, chosen, ordered and cited, with counts made by code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant import fit
from assistant.answer import Claim, Evidence, Hit, Query, Searched, Support, Wants
from assistant.evidence import EvidenceFinder
from assistant.retrieve import Ranking
from assistant.wording import Wording, wording
from ingest.library import Library
from ingest.paper import Filters, Paper, Section
from ingest.sentence import language_of

CLEAR_FIT = 0.6
_MOST_LISTED = 50
_MOST_SURVEYED = 30
_NEAREST = 3
# Enough for the sentence that answers and what makes it understood, not more than is read at a glance.
_FACT_SENTENCES = 5
_FACT_CHARACTERS = 700
_COMPARED = 2
# A second paper is named beside the first where its score comes this near: then code cannot tell which was meant.
_AS_GOOD = 0.97
_COMPARE_CHARACTERS = 760
_SUMS_UP = re.compile(
    r"\b(we|this (paper|work|study|article)) (\w+ )?(propose|present|introduce|show|find|demonstrate|develop|study"
    r"|investigate|explore|describe|report)|\b(results|experiments|evaluations?) .{0,40}(show|demonstrate|indicate)",
    re.IGNORECASE,
)
# What could be a tag or a link is none between dollars either: prices look like maths.
_MATHS = re.compile(r"(\$(?:(?!<[A-Za-z/!?]|\]\()[^$\n]){1,200}\$)")
_BLOCK = re.compile(r"^(\d{0,9})([.)+-](?=\s)|#(?=[#\s])|>)")
_MARKDOWN = re.compile(r"([\\`*\[\]<|])")
_BARE_PIPE = re.compile(r"(?<!\\)\|")  # formulas hold some
Table = tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Draft:
    """An answer being written: Markdown lines, and the claims made in them."""

    lines: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    abstained: bool = False
    table: Table = ()

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()

    def record(self, text: str) -> str:
        """`text` as a claim that the library's record stands for."""
        self.claims.append(Claim(text, (), Support.RECORD))
        return text

    def quote(self, evidence: Evidence) -> str:
        """The evidence as Markdown, claimed as quoted."""
        text = escape(evidence.text)
        self.claims.append(Claim(text, (evidence,), Support.QUOTED))
        return text


@dataclass(frozen=True, slots=True)
class Materials:
    """What an answer is made of."""

    query: Query
    ranking: Ranking
    searched: Searched
    evidence: EvidenceFinder
    library: Library

    @property
    def words(self) -> Wording:
        return wording(self.query.language)


def compose(materials: Materials, k: int | None = None) -> Draft:
    """The extractive answer. `k` bounds the papers of a list."""
    if materials.searched.of == 0:
        return Draft([materials.words.empty], abstained=True)
    query, ranking = materials.query, materials.ranking
    if query.wants is Wants.CATALOGUE:
        return _catalogue(materials, k)
    refused = not ranking.hits or is_unanswerable(query, ranking)
    draft = _refusal(materials) if refused else _WRITERS[query.wants](materials, k)
    if not draft.lines and not refused:  # the paper that was named does not pass the filters
        draft = _refusal(materials)
    if gone := _gone(materials):
        draft.lines[:0] = [draft.record(materials.words.gone.format(ids=", ".join(gone))), ""]
    return draft


def is_unanswerable(query: Query, ranking: Ranking) -> bool:
    """Whether what was found is too little to be an answer. A paper that the question names always is one."""
    if any(hit.paper.arxiv_id in query.papers for hit in ranking.hits):
        return False
    if query.papers and not ranking.lexical.row.keys() & query.papers:
        return True
    return ranking.answerable < fit.least(ranking.hits, "answerable") * (0.3 if query.follows else 1.0)


# --- lists


def surveyed(hits: Sequence[Hit], k: int | None = None) -> tuple[Hit, ...]:
    """The hits that belong in a survey: those that fit, the best one at least, `k` at most."""
    least = fit.least(hits, "paper")
    kept = [hit for hit in hits if hit.fit >= least] or list(hits[:1])
    return tuple(kept[: k or _MOST_SURVEYED])


def _survey(materials: Materials, k: int | None) -> Draft:
    draft, words = Draft(), materials.words
    kept = surveyed(materials.ranking.hits, k)
    materials.evidence.best([hit.paper for hit in kept])  # all at once, for one look into the library
    clear = [hit for hit in kept if hit.fit >= CLEAR_FIT]
    borderline = [hit for hit in kept if hit.fit < CLEAR_FIT]
    draft.lines += [draft.record(_count_line(words, len(clear), len(borderline), materials.searched)), ""]
    draft.lines += [f"{n}. {_entry(draft, hit.paper, materials)}" for n, hit in enumerate(clear, 1)]
    if borderline:
        draft.lines += ["", words.borderline, ""] if clear else []
        draft.lines += [f"- {_entry(draft, hit.paper, materials)}" for hit in borderline]
    return draft


def _count_line(words: Wording, clear: int, borderline: int, searched: Searched) -> str:
    shape = words.clear_and_borderline if borderline and clear else words.clear if clear else words.only_borderline
    counts = shape.format(clear=clear, borderline=borderline)
    scope = words.scope.format(papers=searched.papers, days=days(words, searched))
    return f"{counts}{'，' if words.scope.startswith('共') else ', '}{scope}{_stop(words)}"


def _entry(draft: Draft, paper: Paper, materials: Materials) -> str:
    best = materials.evidence.best([paper], 1)[paper.arxiv_id]
    return titled(paper) + "".join(f": {draft.quote(evidence)}" for evidence in best)


def titled(paper: Paper) -> str:
    return f"{cite(paper)} **{escape(paper.title)}**"


def cite(paper: Paper) -> str:
    return f"[{paper.arxiv_id}]({paper.url})"


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
    sentences = _fitting([*_first_sentences(paper, Section.TLDR, materials)[:1], *best], _FACT_CHARACTERS)
    draft.lines += [" ".join(draft.quote(evidence) for evidence in _in_order(sentences))]
    others = _meant(hits)[1:]
    draft.lines += ["", f"{materials.words.perhaps} {', '.join(titled(hit.paper) for hit in others)}"] if others else []
    return draft


def _authors(materials: Materials, k: int | None) -> Draft:
    draft, hits = Draft(), materials.ranking.hits
    paper = hits[0].paper
    authors = escape(", ".join(paper.authors)) or "?"
    draft.lines.append(draft.record(materials.words.written_by.format(paper=titled(paper), authors=authors)))
    others = [] if hits[0].why.named else hits[1:_NEAREST]
    draft.lines += ["", f"{materials.words.perhaps} {', '.join(titled(hit.paper) for hit in others)}"] if others else []
    return draft


def byline(paper: Paper, most: int = 3) -> str:
    """First authors, category and month."""
    names = ", ".join(paper.authors[:most]) + (" et al." if len(paper.authors) > most else "")
    return "; ".join(part for part in (escape(names), paper.primary_category, paper.month) if part)


def _summary(materials: Materials, k: int | None) -> Draft:
    draft, words = Draft(), materials.words
    for hit in [hit for hit in materials.ranking.hits if hit.why.named][:_COMPARED]:
        draft.lines += [f"{titled(hit.paper)} ({byline(hit.paper)})", ""]
        for section, sentences in _fields(hit.paper, materials):
            draft.lines.append(f"- **{words.fields[section]}**: {' '.join(map(draft.quote, sentences))}")
        draft.lines.append("")
    return draft


def _fields(paper: Paper, materials: Materials) -> Iterator[tuple[Section, list[Evidence]]]:
    """What summarises a paper: the digest's own fields where they are in the question's language, else the abstract."""
    fields = [(s, _first_sentences(paper, s, materials)) for s in (Section.TLDR, Section.METHOD, Section.RESULT)]
    readable = [(s, found) for s, found in fields if found and _is_readable(found[0], materials.query)]
    if readable:
        yield from readable
    elif abstract := _first_sentences(paper, Section.ABSTRACT, materials):
        yield Section.ABSTRACT, _in_order(_fitting(_telling(abstract), _FACT_CHARACTERS))


def _telling(abstract: list[Evidence]) -> list[Evidence]:
    """An abstract's sentences, those first that sum it up: what is proposed, what came out, then the rest."""
    return sorted(abstract, key=lambda evidence: not _SUMS_UP.search(evidence.text))


def _is_readable(evidence: Evidence, query: Query) -> bool:
    return language_of(evidence.text) is query.language


def _first_sentences(paper: Paper, section: Section, materials: Materials) -> list[Evidence]:
    everything = materials.evidence.best([paper])[paper.arxiv_id]
    return sorted((e for e in everything if e.section is section), key=lambda e: e.start)


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


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as a Markdown table; the first one is its head."""
    cells = ([_BARE_PIPE.sub(r"\\|", cell.replace("\n", " ")) for cell in row] for row in rows)
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]


# --- the record


def _catalogue(materials: Materials, k: int | None) -> Draft:
    query, library = materials.query, materials.library
    if not query.filters and not query.order:
        return _whole_library(materials)
    ids = library.select(query.filters, oldest_first=query.order == "oldest")
    if not ids:
        return _nobody(materials)
    if query.order and not says_many(query.text):
        return _extreme(materials, ids[0])
    return _listed(materials, ids, k)


def says_many(text: str) -> bool:
    return bool(re.search(r"\b(papers|articles|works)\b|哪些|哪几篇|几篇", text, re.IGNORECASE))


def _listed(materials: Materials, ids: Sequence[str], k: int | None) -> Draft:
    draft, words = Draft(), materials.words
    counted = words.counted.format(count=len(ids), conditions=conditions(materials.query.filters))
    draft.lines += [draft.record(counted), ""]
    shown = materials.library.papers(ids[: k or _MOST_LISTED])
    rows = [(paper.arxiv_id, paper.title, paper.primary_category, paper.month) for paper in shown.values()]
    draft.table = (("arXiv", words.paper, "category", "month"), *rows)
    for paper in shown.values():
        tldr = _first_sentences(paper, Section.TLDR, materials)[:1] if len(shown) <= 5 else []
        line = draft.record(f"{titled(paper)} ({paper.primary_category}, {paper.month})")
        draft.lines.append(f"- {line}" + "".join(f": {draft.quote(evidence)}" for evidence in tldr))
    if len(ids) > len(shown):
        draft.lines += ["", words.counted_more.format(count=len(ids) - len(shown))]
    return draft


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
    for head, counts in ((words.by_category, library.categories()), (words.by_month, library.months())):
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


# --- nothing there


def _nobody(materials: Materials) -> Draft:
    line = materials.words.none_within.format(conditions=conditions(materials.query.filters))
    draft = Draft(abstained=True)
    draft.lines.append(draft.record(line))
    return draft


def _refusal(materials: Materials) -> Draft:
    """What was searched, which of the question's words no digest holds, and the nearest papers as such."""
    if not materials.searched.papers:
        return _nobody(materials)
    draft, words, ranking = Draft(abstained=True), materials.words, materials.ranking
    if len(_gone(materials)) == len(materials.query.papers) > 0:  # that is said already
        return draft
    scope = words.none.format(papers=materials.searched.papers, days=days(words, materials.searched))
    draft.lines.append(draft.record(scope))
    typed = ranking.matches.typed
    if unknown := dict.fromkeys(typed[word] for word in typed if not ranking.lexical.count(word)):
        draft.lines.append(draft.record(words.unknown_words.format(words=", ".join(map(escape, unknown)))))
    if ranking.hits:
        near = ", ".join(titled(hit.paper) for hit in ranking.hits[:_NEAREST])
        draft.lines += ["", words.nearest.format(papers=near)]
    return draft


def _gone(materials: Materials) -> list[str]:
    """Ids that the question names and that the library does not hold."""
    return [arxiv_id for arxiv_id in materials.query.papers if arxiv_id not in materials.ranking.lexical.row]


def days(words: Wording, searched: Searched) -> str:
    if not searched.first_day:
        return ""
    return words.scope_days.format(first=searched.first_day, last=searched.last_day)


def _stop(words: Wording) -> str:
    return "。" if words.scope.startswith("共") else "."


def escape(text: str) -> str:
    """`text` as Markdown that shows it as it is; formulas between dollars stay as they are."""
    parts = _MATHS.split(" ".join(text.split()))
    escaped = "".join(part if n % 2 else _MARKDOWN.sub(r"\\\1", part) for n, part in enumerate(parts))
    return _BLOCK.sub(r"\1\\\2", escaped)


_WRITERS: dict[Wants, Callable[[Materials, int | None], Draft]] = {
    Wants.SURVEY: _survey,
    Wants.FACT: _fact,
    Wants.COMPARE: _compare,
    Wants.LOOKUP: _lookup,
    Wants.SUMMARY: _summary,
    Wants.AUTHORS: _authors,
}
