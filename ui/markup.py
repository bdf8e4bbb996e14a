"""Answers and sources as HTML. Text of papers, people and models is hostile until it has passed through here.

Everything is escaped, images and foreign links are dropped, and what leaves is one block of HTML without blank lines:
Gradio passes such a block through its Markdown renderer untouched, sanitises it once more and sets its formulas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.answer import Answer, Claim, Evidence, Searched, Support
from assistant.model import LanguageModel
from ingest.paper import ARXIV_ABS, Filters, Paper
from ingest.visible import visible
from ui.cards import date_of, short_authors, spot
from ui.cards import sources_html as sources_html
from ui.harmless import FORMULA, formula, inert, one_block, plain
from ui.shaping import CLOSE, COUNT, OPEN, has_more, kind_of, shaped
from ui.strings import STRINGS, Strings
from ui.talk import Exchange

_HALF_MOON = (
    '<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor"/>'
    '<path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/></svg>'
)
_LINES = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 4h12M2 8h12M2 12h8" stroke="currentColor"/></svg>'
_KEPT_FORMULA = re.compile(f"{OPEN}f(\\d+){CLOSE}")
_LIST_MARKER = re.compile(r"\s*(?:(?:[-*+>]|\d+[.)]|#{1,6})\s+)*")
_ARXIV_ID = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")


# --- around the thread -------------------------------------------------------------------------------------------


def header(papers: int, span: tuple[str, str], words: Strings, signs_in: bool = False) -> str:
    """What this is and what is in it, the list of conversations, the other language, the other theme, the keys.

    `signs_in`: who is here signed in, and may sign out.
    """
    inside = words.library.format(papers=f"{papers:,}", first=span[0], last=span[1]) if papers else words.empty
    library = f'<a href="{words.path}library" data-papers="{papers}">{plain(inside)}</a>'
    line = f'<p class="library">{library} <span id="news" role="status"></span></p>'
    skip = f'<a class="skip" href="#box">{words.to_box}</a>'
    leave = f'<a href="/sign-out">{words.sign_out}</a>' if signs_in else ""
    return f"{skip}{_toggle(words)}<h1>{words.title}</h1>{line}<nav>{leave}{_controls(words)}</nav>{_keys(words)}"


def _toggle(words: Strings) -> str:
    said = f'title="{words.conversations}" aria-label="{words.conversations}"'
    state = 'aria-expanded="false" aria-controls="conversations"'
    return f'<button type="button" class="toggle-conversations" {said} {state}>{_LINES}</button>'


def _controls(words: Strings) -> str:
    others = [other for other in STRINGS.values() if other is not words]
    switch = "".join(f'<a class="switch" href="{o.home}" lang="{o.lang}">{o.name}</a>' for o in others)
    theme = (
        f'<button type="button" class="theme" title="{words.theme}" aria-label="{words.theme}">{_HALF_MOON}</button>'
    )
    keys = f'<button type="button" class="show-keys" title="{words.keys}" aria-label="{words.keys}">?</button>'
    return f'{switch}{theme}{keys}<a class="new" href="{words.home}">{words.new}</a>'


def _keys(words: Strings) -> str:
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{does}</dd>" for key, does in words.keys_list)
    close = f'<form method="dialog"><button>{words.close}</button></form>'
    heading = f'<h2 id="keys-title">{words.keys}</h2>'
    return f'<dialog id="keys" aria-labelledby="keys-title">{heading}<dl>{rows}</dl>{close}</dialog>'


def footer(model: LanguageModel | None, words: Strings) -> str:
    """Who writes the answers, and where text goes."""
    said = words.model.format(name=plain(model.name), where=plain(model.where)) if model else words.no_model
    name = escape(model.name) if model else ""
    return f'<p data-model="{name}">{said}</p>'


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


def kept(questions: Sequence[str], words: Strings) -> str:
    """The questions that wait for the answer before theirs, each with a way back into the box."""
    chips = "".join(_kept_chip(question, at, words) for at, question in enumerate(questions))
    return f'<p class="kept"><span class="label">{words.kept}</span>{chips}</p>' if questions else ""


def _kept_chip(question: str, at: int, words: Strings) -> str:
    said = f'title="{words.kept_drop}" aria-label="{words.kept_drop}"'
    return f'<span class="chip">{escape(visible(question))}<button class="drop" value="{at}" {said}>×</button></span>'


def following(questions: Sequence[str], words: Strings) -> str:
    """Questions to go on with, each asked by a click."""
    asks = "".join(f'<a class="ask-this" href="#box">{escape(visible(question))}</a>' for question in questions)
    return f'<p class="following"><span class="label">{words.next}</span>{asks}</p>' if questions else ""


# --- an answer ---------------------------------------------------------------------------------------------------


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    parser.disable(["image", "reference", "html_block", "html_inline", "code"])
    rules: dict[str, tuple[Callable[..., str], Callable[..., str]]]
    rules = {"link": (_link_open, _link_close), "heading": (_heading_open, _heading_close)}
    rules |= {"table": (_table_open, _table_close), "td": (_cell_open, _cell_close), "th": (_head_open, _head_close)}
    for name, (opening, closing) in rules.items():
        parser.add_render_rule(f"{name}_open", opening)
        parser.add_render_rule(f"{name}_close", closing)
    return parser


def _arxiv_id_of(address: str) -> str:
    arxiv_id = address.removeprefix(ARXIV_ABS)
    return arxiv_id if arxiv_id != address and _ARXIV_ID.fullmatch(arxiv_id) else ""


# markdown-it hands each of these itself, the tokens, which one, its options and what was given to `render`.
_Tokens = Sequence[Token]
_Given = MutableMapping[str, Any]


def _link_open(_: Any, tokens: _Tokens, index: int, *__: Any) -> str:  # noqa: ANN401 - markdown-it's own signature
    arxiv_id = _arxiv_id_of(str(tokens[index].attrs.get("href", "")))
    return f'<a class="cite" href="{ARXIV_ABS}{arxiv_id}">' if arxiv_id else "<span>"


def _link_close(_: Any, tokens: _Tokens, index: int, *__: Any) -> str:  # noqa: ANN401
    opening = next(t for t in reversed(tokens[:index]) if t.type == "link_open")
    return "</a>" if _arxiv_id_of(str(opening.attrs.get("href", ""))) else "</span>"


def _heading_open(_: Any, tokens: _Tokens, index: int, *__: Any) -> str:  # noqa: ANN401
    return f"<h{_level(tokens[index])}>"


def _heading_close(_: Any, tokens: _Tokens, index: int, *__: Any) -> str:  # noqa: ANN401
    return f"</h{_level(tokens[index])}>\n"


def _level(heading: Token) -> int:
    """Below the page's title and the answer's own heading."""
    return min(6, int(heading.tag[1]) + 2)


def _table_open(_: Any, __: _Tokens, ___: int, ____: Any, given: _Given) -> str:  # noqa: ANN401
    return f'<div class="wide {given.get("kind", "")}"><table>\n'


def _table_close(*_: Any) -> str:  # noqa: ANN401
    return "</table></div>\n"


def _head_open(*_: Any) -> str:  # noqa: ANN401
    return '<th scope="col">'


def _head_close(*_: Any) -> str:  # noqa: ANN401
    return "</th>\n"


def _cell_open(_: Any, tokens: _Tokens, index: int, __: Any, given: _Given) -> str:  # noqa: ANN401
    names_row = given.get("kind") == "compare" and tokens[index - 1].type == "tr_open"
    return '<th scope="row">' if names_row else "<td>"


def _cell_close(_: Any, tokens: _Tokens, index: int, __: Any, given: _Given) -> str:  # noqa: ANN401
    opening = next(n for n in range(index - 1, -1, -1) if tokens[n].type == "td_open")
    return "</th>\n" if _cell_open(None, tokens, opening, None, given) == '<th scope="row">' else "</td>\n"


_MARKDOWN = _markdown()
_CHIP_OR_CLAIM = re.compile(
    f'<a class="cite" href="{ARXIV_ABS}(?P<id>[^"]+)">|{OPEN}(?P<end>/?)c(?P<claim>\\d+){CLOSE}'
)


def answer_html(
    text: str, claims: Sequence[Claim], papers: Mapping[str, Paper], words: Strings, answer: Answer | None = None
) -> str:
    """An answer's Markdown as HTML: its claims marked, its citations chips that know which sentence they stand on.

    `answer`, where it is complete, says which of its lists become tables or get headings.
    """
    text = text.replace(OPEN, "").replace(CLOSE, "")
    formulas: list[str] = []
    marked = FORMULA.sub(lambda match: _keep(match, formulas), _mark_claims(text, claims))
    marked = shaped(marked, answer, papers, words) if answer else marked
    html = _MARKDOWN.render(marked, {"kind": kind_of(answer)})
    html = COUNT.sub(r'<span class="count">\1</span>', html)
    html = _KEPT_FORMULA.sub(lambda match: formulas[int(match[1])], html)
    return _with_chips(html, claims, papers, words).strip()


def _keep(match: re.Match[str], formulas: list[str]) -> str:
    formulas.append(formula(match))
    return f"{OPEN}f{len(formulas) - 1}{CLOSE}"


def _mark_claims(text: str, claims: Sequence[Claim]) -> str:
    """The text with `c<n>` and `/c<n>` set around each claim, in order; claims not found in it stay unmarked."""
    marked, at = "", 0
    for number, claim in enumerate(claims):
        start = text.find(claim.text, at)
        if start < 0 or not claim.text.strip():
            continue
        inner = start + len(_LIST_MARKER.match(claim.text)[0])  # type: ignore[index]  # it matches the empty string
        end = start + len(claim.text.rstrip())
        marked += f"{text[at:inner]}{OPEN}c{number}{CLOSE}{text[inner:end]}{OPEN}/c{number}{CLOSE}"
        at = end
    return marked + text[at:]


def _with_chips(html: str, claims: Sequence[Claim], papers: Mapping[str, Paper], words: Strings) -> str:
    everything = [evidence for claim in claims for evidence in claim.citations]
    current: Claim | None = None

    def resolved(match: re.Match[str]) -> str:
        nonlocal current
        if match["id"]:
            return _chip(match["id"], papers, current.citations if current else everything, words)
        claim = claims[int(match["claim"])]
        current = None if match["end"] else claim
        return _claim_end(claim, words) if match["end"] else _claim_start(claim, words)

    return _CHIP_OR_CLAIM.sub(resolved, html)


def _claim_start(claim: Claim, words: Strings) -> str:
    support = claim.support.value
    spots = _spots(claim.citations)
    return f'<span class="claim {support} {spots}" title="{escape(getattr(words, support))}">'


def _claim_end(claim: Claim, words: Strings) -> str:
    """The mark of how the claim stands, to be clicked where there is a sentence to show. Its sign is drawn by the style
    sheet, so that it is in no copied text."""
    support = claim.support.value
    said = f'class="stand {support}" title="{escape(getattr(words, support))}"'
    link = f'<a {said} href="#sources" role="button"></a></span>'  # a button would let the line break before it
    return link if claim.citations else f"<span {said}></span></span>"


def _chip(arxiv_id: str, papers: Mapping[str, Paper], citations: Iterable[Evidence], words: Strings) -> str:
    """The start of a chip that points at its own claim's sentences, or outside of claims at all of that paper's."""
    spots = _spots(evidence for evidence in citations if evidence.arxiv_id == arxiv_id)
    paper = papers.get(arxiv_id)
    title = _told_of(paper, words) if paper else arxiv_id
    return f'<a class="cite {spots}" href="{ARXIV_ABS}{arxiv_id}" title="{title}">'


def _told_of(paper: Paper, words: Strings) -> str:
    """A paper in two lines of an attribute: its title; who wrote it, and when."""
    lines = (paper.title, f"{short_authors(paper.authors, words)} · {date_of(paper, words)}")
    return "&#10;".join(escape(" ".join(visible(line).split())) for line in lines)


def _spots(citations: Iterable[Evidence]) -> str:
    """Class names that say where the evidence stands: `at-` and the id of its mark among the sources."""
    return escape(" ".join(f"at-{spot(e.arxiv_id, e.section, e.start)}" for e in citations))


def message(exchange: Exchange, number: int, words: Strings, busy: bool) -> str:
    """The assistant's side of one exchange, whatever state it is in."""
    heading = f'<h2 class="unseen">{words.answer}</h2>'
    parts = [heading, _body(exchange, words), _state(exchange, words, busy)]
    if exchange.answer:
        parts += [_more_of(exchange.answer, words), _notice(exchange.answer), _footer(exchange.answer, words)]
    inside = "\n".join(part for part in parts if part)
    return one_block(f'<div class="answer exchange-{number}">\n{inside}\n</div>')


def _body(exchange: Exchange, words: Strings) -> str:
    claims = exchange.answer.claims if exchange.answer else ()
    return answer_html(exchange.text, claims, papers_of(exchange), words, exchange.answer) if exchange.text else ""


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
    return _busy(exchange, words) if busy else f'<p class="stopped">{words.stopped}</p>'


def _busy(exchange: Exchange, words: Strings) -> str:
    """What is happening; the page's script adds for how long. `begins`: a model has not said its first word."""
    begins = " begins" if exchange.found and not exchange.text else ""
    return (
        f'<p class="busy{begins}"><span class="doing">{_doing(exchange, words)}</span><span class="clock"></span></p>'
    )


def _doing(exchange: Exchange, words: Strings) -> str:
    if exchange.place:
        return words.place.format(place=exchange.place) if exchange.place > 1 else words.place_next
    if exchange.found is None:
        return words.searching
    if exchange.text:
        return words.writing
    searched = searched_line(exchange.found.searched, words)
    return f"{searched} · {words.reading.format(count=min(8, len(exchange.found.hits)))}"


def _more_of(answer: Answer, words: Strings) -> str:
    return f'<p class="more"><a class="ask-this" href="#box">{words.more_of_it}</a></p>' if has_more(answer) else ""


def _notice(answer: Answer) -> str:
    return f'<p class="notice">{plain(answer.notice)}</p>' if answer.notice else ""


def _footer(answer: Answer, words: Strings) -> str:
    mode = words.extractive if answer.mode == "extractive" else words.written.format(mode=plain(answer.mode))
    said = f'<p class="searched">{searched_line(answer.searched, words)} · {mode}</p>'
    named = (("to-sources", words.sources), ("copy", words.copy))
    drawn = (("good", words.good), ("bad", words.bad))
    actions = "".join(f'<button type="button" class="{name}">{label}</button>' for name, label in named)
    actions += "".join(f'<button type="button" class="thumb {name}" title="{label}"></button>' for name, label in drawn)
    copied = f'<pre class="copied-text">{inert(answer.text)}</pre>'
    return f'{said}<div class="actions">{actions}{_legend(answer, words)}</div>{copied}'


def _legend(answer: Answer, words: Strings) -> str:
    """What the marks of this answer mean."""
    used = [support.value for support in Support if any(claim.support is support for claim in answer.claims)]
    entries = "".join(f'<p><span class="stand {name}"></span>{getattr(words, name)}</p>' for name in used)
    return f'<details class="legend"><summary>{words.marks}</summary>{entries}</details>' if used else ""


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


def drop_chips(filters: Filters, before: Filters, kept: Sequence[str], words: Strings) -> Filters:
    """The filters without the conditions of `before` whose chips are gone, of which they may be a part."""
    gone = {chip for _, chip in chips(before, words)} - set(kept)
    gone |= {"since=", "until="} if "month=" in gone else set()
    return keep_chips(filters, [chip for _, chip in chips(filters, words) if chip not in gone], words)


def _without(filters: Filters, chip: str) -> Filters:
    field, value = chip.split("=", 1)
    if field == "month":
        return replace(filters, since="", until="")
    if value:
        kept: dict[str, Any] = {field: tuple(name for name in getattr(filters, field) if name != value)}
        return replace(filters, **kept)
    return replace(filters, **{field: getattr(Filters(), field)})
