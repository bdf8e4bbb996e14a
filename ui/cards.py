"""The papers an answer stands on, beside it: a card each, its sentences marked where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from assistant.answer import Evidence, Hit
from assistant.lexical import words_of
from ingest.paper import ARXIV_ABS, Paper, Section
from ingest.sentence import split_sentences
from ui.code_link import code_link, host_of, is_project_page
from ui.harmless import one_block, plain
from ui.strings import Strings
from ui.talk import Exchange

_AUTHORS_SHOWN = 6
_ALSO_SHOWN = 30
_LONG_SHELF = 12  # cards; more without a sentence to show are one line each
_FAR_CHARACTERS = 200  # less than this is shown with the sentence beside it
# From so much likeness of a passage or sentence on, of 1, a person would say so; below the last nothing is said.
_NEAR = (0.55, 0.4, 0.25)
# Words of a question that say what is asked for and not what about, beside those that no search looks for.
_ASKING = frozenset(
    """compare compared comparison versus vs difference differences between summarise summarize summary overview first
    second third two three new newest latest best better many number papers first propose proposes proposed explain
    describe available exist exists there 比较 对比 区别 差异 不同 总结 概括 概述 最新 最近 最好 提出 有关 新""".split()
)


def sources_html(exchange: Exchange | None, number: int, words: Strings) -> str:
    """The papers of one exchange: those cited with their sentences marked in place, then the others by title."""
    if exchange is None or exchange.found is None:
        return f'<div class="sources"><h2>{words.sources}</h2><p class="quiet">{words.no_sources}</p></div>'
    hits = exchange.answer.hits if exchange.answer else exchange.found.hits
    cited = exchange.answer.citations if exchange.answer else ()
    first, rest = _shelves(hits, cited)
    shelves = _shelf(_heading(exchange, words), first, _evidence(exchange), words)
    if rest and exchange.answer and not exchange.answer.abstained:
        shelves += _more(rest[:_ALSO_SHOWN], words)
    close = f'<button type="button" class="close-sources" title="{words.close}">×</button>'
    return one_block(f'<div class="sources of-{number}">{close}{shelves}</div>')


def _shelves(hits: Sequence[Hit], cited: Sequence[str]) -> tuple[list[Hit], list[Hit]]:
    by_id = {hit.paper.arxiv_id: hit for hit in hits}
    if not cited:
        return list(hits[:8]), list(hits[8:])
    return [by_id[i] for i in cited if i in by_id], [hit for hit in hits if hit.paper.arxiv_id not in cited]


def _heading(exchange: Exchange, words: Strings) -> str:
    if exchange.answer is None:
        return words.found
    return words.misses if exchange.answer.abstained else words.cited if exchange.answer.citations else words.found


def _evidence(exchange: Exchange) -> dict[str, list[Evidence]]:
    """Per paper the sentences its claims stand on; for papers that no claim cites, the best sentence found."""
    found: dict[str, list[Evidence]] = {}
    for claim in exchange.answer.claims if exchange.answer else ():
        for evidence in claim.citations:
            found.setdefault(evidence.arxiv_id, []).append(evidence)
    hits = exchange.answer.hits if exchange.answer else exchange.found.hits if exchange.found else ()
    for hit in hits:
        if hit.why.best:
            found.setdefault(hit.paper.arxiv_id, [hit.why.best])
    return found


def _shelf(heading: str, hits: Sequence[Hit], evidence: dict[str, list[Evidence]], words: Strings) -> str:
    lines = len(hits) > _LONG_SHELF and not any(hit.paper.arxiv_id in evidence for hit in hits)
    cards = "".join(
        _line(hit, words) if lines else _card(hit, evidence.get(hit.paper.arxiv_id, []), words) for hit in hits
    )
    return f'<h2>{heading} <span class="count">{len(hits)}</span></h2>{cards}'


def _more(hits: Sequence[Hit], words: Strings) -> str:
    """What was found beside the papers the answer stands on, folded away."""
    lines = "".join(_line(hit, words) for hit in hits)
    count = f'<span class="count">{len(hits)}</span>'
    return f'<details class="also"><summary>{words.also} {count}</summary>{lines}</details>'


# --- one paper ---------------------------------------------------------------------------------------------------


def _card(hit: Hit, evidence: Sequence[Evidence], words: Strings) -> str:
    head = f'<h3><a href="{escape(hit.paper.url)}">{plain(hit.paper.title)}</a></h3>'
    return f'<article class="source" id="{_card_id(hit)}">{head}{_inside(hit, evidence, words)}</article>'


def _line(hit: Hit, words: Strings) -> str:
    """A paper by its title alone, until it is opened."""
    title = f'<summary title="{escape(hit.paper.title)}">{plain(hit.paper.title)}</summary>'
    return f'<details class="source line" id="{_card_id(hit)}">{title}{_inside(hit, [], words)}</details>'


def _card_id(hit: Hit) -> str:
    return f"source-{escape(hit.paper.arxiv_id)}"


def _inside(hit: Hit, evidence: Sequence[Evidence], words: Strings) -> str:
    """All but the title. The TL;DR is always shown, the sections with evidence around it, the others on demand."""
    paper = hit.paper
    marked = {section: _spans(evidence, section) for section in Section}
    shown = [s for s in Section if paper.text(s) and (marked[s] or s is Section.TLDR)]
    hidden = [s for s in Section if paper.text(s) and s not in shown]
    rest = "".join(_section(paper, section, [], words) for section in hidden)
    parts = [
        _byline(paper, words),
        _facts(paper, words),
        *(_section(paper, section, marked[section], words) for section in shown),
        _why(hit, words),
        f'<details class="rest"><summary>{words.entry}</summary>{rest}</details>' if rest else "",
    ]
    return "".join(parts)


def _byline(paper: Paper, words: Strings) -> str:
    short = plain(short_authors(paper.authors, words))
    if len(paper.authors) <= _AUTHORS_SHOWN:
        return f'<p class="by">{short}</p>'
    return f'<details class="by"><summary>{short}</summary><p>{plain(", ".join(paper.authors))}</p></details>'


def short_authors(authors: Sequence[str], words: Strings) -> str:
    if len(authors) <= _AUTHORS_SHOWN:
        return ", ".join(authors)
    shown = _AUTHORS_SHOWN // 2
    return words.more_authors.format(names=", ".join(authors[:shown]), count=len(authors) - shown)


def _facts(paper: Paper, words: Strings) -> str:
    address = escape(paper.arxiv_id)
    facts = [
        date_of(paper, words),
        escape(paper.primary_category),
        f'<a href="{ARXIV_ABS}{address}">arXiv:{address}</a>',
        f'<a href="https://arxiv.org/pdf/{address}">PDF</a>',
        _code(paper, words),
    ]
    return f'<p class="facts">{" · ".join(f"<span>{fact}</span>" for fact in facts if fact)}</p>'


def _code(paper: Paper, words: Strings) -> str:
    """Where the abstract says the code is, its host named: the address is a stranger's."""
    if not (address := code_link(paper.abstract)):
        return ""
    name = words.project if is_project_page(address) else words.code
    link = f'<a class="code" href="{escape(address)}" rel="noopener noreferrer" title="{escape(address)}">'
    return f"{link}{name} ({escape(host_of(address))})</a>"


def date_of(paper: Paper, words: Strings) -> str:
    """The day of the last digest that lists the paper; before it the month of submission, if that is another."""
    days = [appearance.day.isoformat() for appearance in paper.appearances if appearance.day]
    if not days:
        return paper.month
    return days[-1] if days[-1].startswith(paper.month) else words.listed.format(month=paper.month, day=days[-1])


# --- why it is here ----------------------------------------------------------------------------------------------


def _why(hit: Hit, words: Strings) -> str:
    """Why the paper was found, in words; the numbers behind them for who points at it."""
    reasons = [words.why_named] if hit.why.named else []
    if telling := [word for word in hit.why.words if _tells(word)]:
        reasons.append(words.why_words.format(words=plain(words.comma.join(telling))))
    legs = ((words.passage, hit.why.passage), (words.sentence, hit.why.sentence))
    likeness = max((score for _, score in legs if score is not None), default=0.0)
    # That it is distant is no reason beside others.
    levels = list(zip(_NEAR, words.near, strict=True))[: 2 if reasons else 3]
    reasons += [said for least, said in levels if likeness >= least][:1]
    if not reasons:
        return ""
    numbers = words.comma.join(words.why_number.format(leg=leg, score=f"{score:.2f}") for leg, score in legs if score)
    behind = words.why_numbers.format(legs=numbers, fit=round(100 * hit.fit)) if numbers else ""
    return f'<p class="why" title="{escape(behind)}">{words.why.format(reasons=words.semicolon.join(reasons))}</p>'


def _tells(word: str) -> bool:
    return word.lower() not in _ASKING and bool(words_of(word))


# --- its text ----------------------------------------------------------------------------------------------------


def spot(arxiv_id: str, section: Section, start: int) -> str:
    """The id of the mark around a sentence."""
    return f"{arxiv_id}-{section.value}-{start}"


def _section(paper: Paper, section: Section, spans: Sequence[tuple[int, int]], words: Strings) -> str:
    text = "".join(_parts(paper, section, spans, words))
    return f'<h4>{words.sections[section]}</h4><p class="text">{text}</p>'


def _parts(paper: Paper, section: Section, spans: Sequence[tuple[int, int]], words: Strings) -> Iterator[str]:
    """The section's text, the spans marked, what is far from all of them left out until it is asked for."""
    text, at = paper.text(section), 0
    for start, end, is_far in _stretches(text, spans):
        piece = "".join(_with_marks(paper, section, [s for s in spans if start <= s[0] < end], (start, end)))
        if is_far:
            unfold = f'<button type="button" class="unfold" title="{words.whole_text}"></button>'
            piece = f'{unfold}<span class="far">{piece}</span>'
        yield piece
        at = end
    yield plain(text[at:])


def _stretches(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """The text in stretches `(start, end, far)`: sentences beside a marked one are near, short rests too."""
    sentences = split_sentences(text)
    holds = [any(start < s_end and s_start < end for s_start, s_end in spans) for start, end in sentences]
    near = [not spans or any(holds[max(0, n - 1) : n + 2]) for n in range(len(sentences))]
    at = 0
    for is_near, run in groupby(range(len(sentences)), key=near.__getitem__):
        end = sentences[[*run][-1]][1]
        yield at, end, not is_near and end - at > _FAR_CHARACTERS
        at = end


def _with_marks(
    paper: Paper, section: Section, spans: Sequence[tuple[int, int]], within: tuple[int, int]
) -> Iterator[str]:
    text, at = paper.text(section), within[0]
    for start, end in spans:
        yield plain(text[at:start])
        yield f'<mark id="{escape(spot(paper.arxiv_id, section, start))}" tabindex="-1">{plain(text[start:end])}</mark>'
        at = end
    yield plain(text[at : within[1]])


def _spans(evidence: Sequence[Evidence], section: Section) -> list[tuple[int, int]]:
    """The places to mark in a section, in order and without overlaps."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted({(e.start, e.end) for e in evidence if e.section is section}):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans
