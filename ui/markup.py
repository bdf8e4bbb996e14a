"""Answers and sources as HTML. Text of papers, people and models is hostile until it has passed through here.

Everything is escaped, images and foreign links are dropped, and what leaves is one block of HTML without blank lines:
Gradio passes such a block through its Markdown renderer untouched, sanitises it once more and sets its formulas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.answer import Answer, Claim, Evidence, Hit, Searched
from assistant.model import LanguageModel
from ingest.paper import ARXIV_ABS, Filters, Paper, Section
from ingest.visible import visible
from ui.strings import STRINGS, Strings
from ui.talk import Exchange

_HALF_MOON = (
    '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor"/>'
    '<path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/></svg>'
)
_AUTHORS_SHOWN = 6
_ALSO_SHOWN = 30

# Two rare characters that Markdown takes for punctuation, so that emphasis beside them still works.
_OPEN, _CLOSE = "\ua8ce", "\ua8cf"
_FORMULA = re.compile(
    r"(?<!\\)\\\((?P<round>.+?)(?<!\\)\\\)|\$\$(?P<double>.+?)\$\$"
    r"|(?:(?<![\\$\w])\$|(?<![\\$])\$(?=\\[A-Za-z]))(?P<single>[^\s$](?:[^$\n]{0,300}?[^\s$])?)\$(?![\w$])",
    re.DOTALL,
)
# KaTeX shows only the name of these, and swallows what they hold.
_UNTRUSTED = re.compile(r"\\(?:href|url|html\w*|includegraphics)")
_KEPT_FORMULA = re.compile(f"{_OPEN}f(\\d+){_CLOSE}")
_LIST_MARKER = re.compile(r"\s*(?:(?:[-*+>]|\d+[.)]|#{1,6})\s+)*")
_ARXIV_ID = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")


# --- one piece of text -------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Text as HTML that shows it character by character, its formulas marked for KaTeX."""
    return "".join(_pieces(visible(text)))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    for match in _FORMULA.finditer(text):
        yield escape(text[at : match.start()])
        yield _formula(match)
        at = match.end()
    yield escape(text[at:])


def _formula(match: re.Match[str]) -> str:
    """arXiv's `$…$` as `\\(…\\)`, which cannot be mistaken for a price."""
    tex = match[match.lastgroup or 0]
    if _UNTRUSTED.search(tex):
        return escape(match[0])
    return f"$${escape(tex)}$$" if match.lastgroup == "double" else rf"\({escape(tex)}\)"


def one_block(html: str) -> str:
    """The same HTML without blank lines, which would end a block of HTML in Markdown."""
    return re.sub(r"\n(?=\s*\n)", "&#10;", html.strip())


# --- around the thread -------------------------------------------------------------------------------------------


def header(papers: int, span: tuple[str, str], words: Strings) -> str:
    """What this is and what is in it, the other language and the other theme."""
    inside = words.library.format(papers=f"{papers:,}", first=span[0], last=span[1]) if papers else words.empty
    others = [other for other in STRINGS.values() if other is not words]
    switch = "".join(f'<a class="switch" href="{o.home}" lang="{o.lang}">{o.name}</a>' for o in others)
    theme = f'<button class="theme" title="{words.theme}" aria-label="{words.theme}">{_HALF_MOON}</button>'
    new = f'<a class="new" href="{words.home}">{words.new}</a>'
    return f'<h1>{words.title}</h1><p class="library">{plain(inside)}</p><nav>{switch}{theme}{new}</nav>'


def footer(model: LanguageModel | None, words: Strings) -> str:
    """Who writes the answers, and where text goes."""
    said = words.model.format(name=plain(model.name), where=plain(model.where)) if model else words.no_model
    return f"<p>{said}</p>"


def welcome(papers: int, words: Strings) -> str:
    if papers:
        return f'<div class="welcome"><h2>{words.welcome}</h2><p>{words.hint}</p></div>'
    command = "digest ingest PATH"
    return f'<div class="welcome"><h2>{words.empty}</h2><p>{words.empty_hint}</p><pre>{command}</pre></div>'


def problem(said: str, words: Strings) -> str:
    return f'<p class="problem"><strong>{words.failed}</strong> {plain(said)}</p>'


def question(text: str) -> str:
    """A person's question as Markdown that shows its `<` and fetches no image; `html.unescape` gives it back."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
    return text.replace("<", "&lt;").replace("![", "!&#91;")


# --- an answer ---------------------------------------------------------------------------------------------------


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    parser.disable(["image", "reference", "html_block", "html_inline", "code"])
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("link_close", _link_close)
    return parser


def _arxiv_id_of(address: str) -> str:
    arxiv_id = address.removeprefix(ARXIV_ABS)
    return arxiv_id if arxiv_id != address and _ARXIV_ID.fullmatch(arxiv_id) else ""


def _link_open(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:  # noqa: ANN401 - markdown-it's own signature
    arxiv_id = _arxiv_id_of(str(tokens[index].attrs.get("href", "")))
    return f'<a class="cite" href="{ARXIV_ABS}{arxiv_id}">' if arxiv_id else "<span>"


def _link_close(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:  # noqa: ANN401
    opening = next(t for t in reversed(tokens[:index]) if t.type == "link_open")
    return "</a>" if _arxiv_id_of(str(opening.attrs.get("href", ""))) else "</span>"


_MARKDOWN = _markdown()
_CHIP_OR_CLAIM = re.compile(
    f'<a class="cite" href="{ARXIV_ABS}(?P<id>[^"]+)">|{_OPEN}(?P<end>/?)c(?P<claim>\\d+){_CLOSE}'
)


def answer_html(text: str, claims: Sequence[Claim], papers: dict[str, Paper], words: Strings) -> str:
    """An answer's Markdown as HTML: its claims marked, its citations chips that know which sentence they stand on."""
    text = text.replace(_OPEN, "").replace(_CLOSE, "")
    formulas: list[str] = []
    marked = _FORMULA.sub(lambda match: _keep(match, formulas), _mark_claims(text, claims))
    html = _KEPT_FORMULA.sub(lambda match: formulas[int(match[1])], _MARKDOWN.render(marked))
    return _with_chips(html, claims, papers, words).strip()


def _keep(match: re.Match[str], formulas: list[str]) -> str:
    formulas.append(_formula(match))
    return f"{_OPEN}f{len(formulas) - 1}{_CLOSE}"


def _mark_claims(text: str, claims: Sequence[Claim]) -> str:
    """The text with `c<n>` and `/c<n>` set around each claim, in order; claims not found in it stay unmarked."""
    marked, at = "", 0
    for number, claim in enumerate(claims):
        start = text.find(claim.text, at)
        if start < 0 or not claim.text.strip():
            continue
        inner = start + len(_LIST_MARKER.match(claim.text)[0])  # type: ignore[index]  # it matches the empty string
        end = start + len(claim.text.rstrip())
        marked += f"{text[at:inner]}{_OPEN}c{number}{_CLOSE}{text[inner:end]}{_OPEN}/c{number}{_CLOSE}"
        at = end
    return marked + text[at:]


def _with_chips(html: str, claims: Sequence[Claim], papers: dict[str, Paper], words: Strings) -> str:
    everything = [evidence for claim in claims for evidence in claim.citations]
    current: Claim | None = None

    def resolved(match: re.Match[str]) -> str:
        nonlocal current
        if match["id"]:
            return _chip(match["id"], papers, current.citations if current else everything)
        current = None if match["end"] else claims[int(match["claim"])]
        return _claim_start(current, words) if current else "</span>"

    return _CHIP_OR_CLAIM.sub(resolved, html)


def _claim_start(claim: Claim, words: Strings) -> str:
    support = claim.support.value
    spots = _spots(claim.citations)
    return f'<span class="claim {support} {spots}" title="{escape(getattr(words, support))}">'


def _chip(arxiv_id: str, papers: dict[str, Paper], citations: Iterable[Evidence]) -> str:
    """The start of a chip that points at its own claim's sentences, or outside of claims at all of that paper's."""
    paper = papers.get(arxiv_id)
    title = escape(paper.title) if paper else arxiv_id
    spots = _spots(evidence for evidence in citations if evidence.arxiv_id == arxiv_id)
    return f'<a class="cite {spots}" href="{ARXIV_ABS}{arxiv_id}" title="{title}">'


def _spots(citations: Iterable[Evidence]) -> str:
    """Class names that say where the evidence stands: `at-` and the id of its mark among the sources."""
    return escape(" ".join(f"at-{_spot(e.arxiv_id, e.section, e.start)}" for e in citations))


def _spot(arxiv_id: str, section: Section, start: int) -> str:
    return f"{arxiv_id}-{section.value}-{start}"


def message(exchange: Exchange, number: int, words: Strings, busy: bool) -> str:
    """The assistant's side of one exchange, whatever state it is in."""
    parts = [_body(exchange, words), _state(exchange, words, busy)]
    if exchange.answer:
        parts += [_notice(exchange.answer), _footer(exchange.answer, words)]
    inside = "\n".join(part for part in parts if part)
    return one_block(f'<div class="answer exchange-{number}">\n{inside}\n</div>')


def _body(exchange: Exchange, words: Strings) -> str:
    claims = exchange.answer.claims if exchange.answer else ()
    return answer_html(exchange.text, claims, papers_of(exchange), words) if exchange.text else ""


def papers_of(exchange: Exchange) -> dict[str, Paper]:
    hits = exchange.answer.hits if exchange.answer else exchange.found.hits if exchange.found else ()
    return {hit.paper.arxiv_id: hit.paper for hit in hits}


def _state(exchange: Exchange, words: Strings, busy: bool) -> str:
    if exchange.failure:
        said = exchange.failure.message
        said = said if exchange.failure.expected else words.failed_inside.format(error=said)
        return f'<p class="problem"><strong>{words.failed}</strong> {plain(said)} {words.mend}</p>'
    if exchange.answer:
        return ""
    return f'<p class="busy">{_doing(exchange, words)}</p>' if busy else f'<p class="stopped">{words.stopped}</p>'


def _doing(exchange: Exchange, words: Strings) -> str:
    if exchange.found is None:
        return words.searching
    if exchange.text:
        return words.writing
    searched = searched_line(exchange.found.searched, words)
    return f"{searched} · {words.reading.format(count=min(8, len(exchange.found.hits)))}"


def _notice(answer: Answer) -> str:
    return f'<p class="notice">{plain(answer.notice)}</p>' if answer.notice else ""


def _footer(answer: Answer, words: Strings) -> str:
    mode = words.extractive if answer.mode == "extractive" else words.written.format(mode=plain(answer.mode))
    sources = f'<a class="to-sources" href="#sources">{words.sources}</a>'
    copy = f'<a class="copy" href="#copy" title="{words.copied}">{words.copy}</a>'
    said = f"{searched_line(answer.searched, words)} · {mode}"
    line = f'<p class="searched"><span>{said}</span> <span class="actions">{sources} {copy}</span></p>'
    return f'{line}<pre class="copied-text">{escape(answer.text)}</pre>'


def searched_line(searched: Searched, words: Strings) -> str:
    line = words.searched if searched.papers == searched.of else words.searched_some
    ms = max(1, round(searched.seconds * 1000))
    parts = [line.format(papers=searched.papers, of=searched.of, ms=ms)]
    if searched.first_day:
        parts.append(words.span.format(first=searched.first_day, last=searched.last_day))
    return " · ".join(f'<span class="whole">{part}</span>' for part in parts)


def chips(filters: Filters, words: Strings) -> list[tuple[str, str]]:
    """Each condition of a filter as (what a person reads, `field=value`)."""
    said = [(name, f"categories={name}") for name in filters.categories]
    said += [(words.chip_author.format(value=name), f"authors={name}") for name in filters.authors]
    said += [(words.chip_paper.format(value=name), f"arxiv_ids={name}") for name in filters.arxiv_ids]
    if filters.since and filters.since == filters.until:
        return [*said, (words.chip_month.format(value=filters.since), "month=")]
    if filters.since:
        said.append((words.chip_since.format(value=filters.since), "since="))
    if filters.until:
        said.append((words.chip_until.format(value=filters.until), "until="))
    if filters.max_authors is not None:
        said.append((words.chip_authors_most.format(value=filters.max_authors), "max_authors="))
    return said


def keep_chips(filters: Filters, kept: Sequence[str], words: Strings) -> Filters:
    """The filters without the conditions whose chips are gone."""
    for _, chip in chips(filters, words):
        if chip not in kept:
            filters = _without(filters, chip)
    return filters


def _without(filters: Filters, chip: str) -> Filters:
    field, value = chip.split("=", 1)
    if field == "month":
        return replace(filters, since="", until="")
    if value:
        kept: dict[str, Any] = {field: tuple(name for name in getattr(filters, field) if name != value)}
        return replace(filters, **kept)
    return replace(filters, **{field: getattr(Filters(), field)})


# --- the sources of an answer ------------------------------------------------------------------------------------


def sources_html(exchange: Exchange | None, number: int, words: Strings) -> str:
    """The papers of one exchange: those cited with their sentences marked in place, then the others by title."""
    if exchange is None or exchange.found is None:
        return f'<div class="sources"><p class="quiet">{words.no_sources}</p></div>'
    hits = exchange.answer.hits if exchange.answer else exchange.found.hits
    cited = exchange.answer.citations if exchange.answer else ()
    first, rest = _shelves(hits, cited)
    shelves = _shelf(_heading(exchange, words), first, _evidence(exchange), words)
    if rest and not (exchange.answer and exchange.answer.abstained):
        shelves += _more(rest[:_ALSO_SHOWN], words)
    close = f'<a class="close-sources" href="#chat" title="{words.close}">×</a>'
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
    cards = "".join(_card(hit, evidence.get(hit.paper.arxiv_id, []), words) for hit in hits)
    return f'<h2>{heading} <span class="count">{len(hits)}</span></h2>{cards}'


def _more(hits: Sequence[Hit], words: Strings) -> str:
    """What was found beside the papers the answer stands on, folded away."""
    cards = "".join(_card(hit, [], words) for hit in hits)
    return (
        f'<details class="also"><summary>{words.also} <span class="count">{len(hits)}</span></summary>{cards}</details>'
    )


def _card(hit: Hit, evidence: Sequence[Evidence], words: Strings) -> str:
    paper = hit.paper
    marked = {section: _spans(evidence, section) for section in Section}
    shown = "".join(_section(paper, s, marked[s], words) for s in Section if marked[s])
    rest = "".join(_section(paper, s, [], words) for s in Section if paper.text(s) and not marked[s])
    more = f"<details><summary>{words.entry}</summary>{rest}</details>" if rest else ""
    head = (
        f'<h3><a href="{escape(paper.url)}">{plain(paper.title)}</a></h3>{_byline(paper, words)}{_facts(paper, words)}'
    )
    body = f"{head}{shown}{more}{_why(hit, words)}"
    return f'<article class="source" id="source-{escape(paper.arxiv_id)}">{body}</article>'


def _byline(paper: Paper, words: Strings) -> str:
    everyone = escape(", ".join(paper.authors))
    return f'<p class="by" title="{everyone}">{plain(short_authors(paper.authors, words))}</p>'


def short_authors(authors: Sequence[str], words: Strings) -> str:
    if len(authors) <= _AUTHORS_SHOWN:
        return ", ".join(authors)
    shown = _AUTHORS_SHOWN // 2
    return words.more_authors.format(names=", ".join(authors[:shown]), count=len(authors) - shown)


def _facts(paper: Paper, words: Strings) -> str:
    address = escape(paper.arxiv_id)
    return (
        f'<p class="facts">{_date(paper, words)} · {escape(paper.primary_category)}'
        f' · <a href="{ARXIV_ABS}{address}">arXiv:{address}</a> · <a href="https://arxiv.org/pdf/{address}">PDF</a></p>'
    )


def _date(paper: Paper, words: Strings) -> str:
    """The day of the last digest that lists the paper; before it the month of submission, if that is another."""
    days = [appearance.day.isoformat() for appearance in paper.appearances if appearance.day]
    if not days:
        return paper.month
    return days[-1] if days[-1].startswith(paper.month) else words.listed.format(month=paper.month, day=days[-1])


def _why(hit: Hit, words: Strings) -> str:
    said = []
    if hit.why.words:
        said.append(words.why_words.format(words=plain(", ".join(hit.why.words))))
    if hit.why.passage is not None:
        said.append(words.why_passage.format(score=f"{hit.why.passage:.2f}"))
    if hit.why.sentence is not None:
        said.append(words.why_sentence.format(score=f"{hit.why.sentence:.2f}"))
    return f'<p class="why">{" · ".join(said)}</p>' if said else ""


def _section(paper: Paper, section: Section, spans: Sequence[tuple[int, int]], words: Strings) -> str:
    text, at, parts = paper.text(section), 0, []
    for start, end in spans:
        mark = f'<mark id="{escape(_spot(paper.arxiv_id, section, start))}">{plain(text[start:end])}</mark>'
        parts += [plain(text[at:start]), mark]
        at = end
    return f'<h4>{words.sections[section]}</h4><p class="text">{"".join(parts)}{plain(text[at:])}</p>'


def _spans(evidence: Sequence[Evidence], section: Section) -> list[tuple[int, int]]:
    """The places to mark in a section, in order and without overlaps."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted({(e.start, e.end) for e in evidence if e.section is section}):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def hit_fields(hit: Hit) -> dict[str, str | int | float]:
    """A hit as a program reads it."""
    paper = hit.paper
    return {"rank": hit.rank, "arxiv_id": paper.arxiv_id, "title": paper.title, "score": hit.score, "fit": hit.fit}
