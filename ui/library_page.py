"""The library page: what is in it, a table of its papers to search and browse, and the place to add digests.

Drawn on the server and complete without scripts, but for the adding.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from assistant.answer import Hit
from assistant.chat import LONGEST_QUESTION
from assistant.errors import AssistantError
from ingest.errors import IngestError
from ingest.library import DigestRead, Library
from ingest.paper import Filters, Paper
from ingest.visible import visible
from ui import markup
from ui.bars import Bar, Chart, chart_of
from ui.cards import date_of, short_authors
from ui.harmless import FORMULA
from ui.options import month_or_day
from ui.settings import UiSettings
from ui.strings import STRINGS, Strings
from ui.talk import Answers
from ui.uploads import Uploads, kept_line
from ui.uploads import routes as upload_routes
from ui.visitor import visitor_of

PAGE = 50  # papers
FOUND = 200  # papers of a search by words
_AUTHORS = 300  # whose papers are looked for where a part of a name is given
_SNIPPET = 600  # characters of an abstract
_SEARCHES = 64  # remembered, so that turning a page does not search again
_SORTS = ("date", "title", "category")
_ASSETS = files("ui") / "assets"
_DARK = re.compile(r"body\.dark(\s*\{[^}]*\})")
_THEME = 'const kept = localStorage.getItem("digest-theme"); if (kept) document.body.className = kept;'


# --- what is asked of the table ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. `sort` is a column, with `-` before it downwards; "": the order that fits best."""

    text: str = ""
    since: str = ""
    until: str = ""
    category: str = ""
    author: str = ""
    sort: str = ""
    page: int = 1

    @property
    def by(self) -> str:
        """The column sorted by; none where the best come first."""
        return self.sort.lstrip("-") or ("" if self.text else "date")

    @property
    def down(self) -> bool:
        return self.sort.startswith("-") if self.sort else True

    @property
    def is_narrowed(self) -> bool:
        return replace(self, sort="", page=1) != Wanted()

    def address(self) -> str:
        """The query that asks for it; `?` alone for everything."""
        said = {"q": self.text, "since": self.since, "until": self.until, "category": self.category}
        said |= {"author": self.author, "sort": self.sort, "page": "" if self.page == 1 else str(self.page)}
        return "?" + urlencode({name: value for name, value in said.items() if value})

    def sorted_by(self, by: str) -> str:
        """Sorted by that column; the other way round where it is already."""
        down = not self.down if self.by == by else by == "date"
        return replace(self, sort="-" * down + by, page=1).address()

    def best_first(self) -> str:
        return replace(self, sort="", page=1).address()

    def on_page(self, page: int) -> str:
        return replace(self, page=page).address()

    def with_category(self, name: str) -> str:
        """In that category; in any where it is in that one already."""
        return replace(self, category="" if self.category == name else name, page=1).address()

    def in_time(self, bar: Bar) -> str:
        """Of a bar's time; of any where it is of that time already."""
        is_on = (self.since, self.until) == (bar.since, bar.until)
        since, until = ("", "") if is_on else (bar.since, bar.until)
        return replace(self, since=since, until=until, page=1).address()

    def on_day(self, day: object) -> str:
        return Wanted(since=str(day), until=str(day)).address()

    def lights(self, bar: Bar) -> str:
        """How a bar is drawn: all alike without bounds of time, else those within stand out."""
        within = (not self.since or bar.until >= self.since) and (
            not self.until or bar.since[: len(self.until)] <= self.until
        )
        return "on" if within else "off"


def _wanted(query: Mapping[str, str], words: Strings) -> tuple[Wanted, list[str]]:
    """What the address asks for, and what of it makes no sense and was left out."""
    problems: list[str] = []
    said = {name: " ".join(value.split()) for name, value in query.items()}
    since, until = (_time(said.get(name) or said.get("month", ""), words, problems) for name in ("since", "until"))
    if since and until and since[: len(until)] > until[: len(since)]:
        problems.append(words.bad_months.format(since=since, until=until))
        since = until = ""
    sort = said.get("sort", "")
    if sort.lstrip("-") not in (*_SORTS, ""):
        problems.append(words.library_bad_sort.format(found=_short(sort), wanted=words.list_of.join(_SORTS)))
        sort = ""
    page = _page(said.get("page", ""), words, problems)
    text, author = said.get("q", ""), said.get("author", "")[:100]
    if len(text) > LONGEST_QUESTION:
        problems.append(words.too_long.format(length=len(text), limit=LONGEST_QUESTION))
        text = ""
    return Wanted(text, since, until, said.get("category", "")[:100], author, sort, page), list(dict.fromkeys(problems))


def _time(typed: str, words: Strings, problems: list[str]) -> str:
    if not typed:
        return ""
    try:
        return month_or_day(typed)
    except Exception:  # noqa: BLE001 - click's, for the command line
        problems.append(words.library_bad_month.format(found=_short(typed)))
        return ""


def _page(typed: str, words: Strings, problems: list[str]) -> int:
    if re.fullmatch(r"[1-9][0-9]{0,5}", typed):
        return int(typed)
    if typed:
        problems.append(words.library_bad_page.format(found=_short(typed)))
    return 1


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"


# --- what is found -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A page of papers of `total`, what was understood from the words, and what is to be said beside."""

    papers: Sequence[Paper] = ()
    total: int = 0
    page: int = 1
    understood: Sequence[str] = ()
    notes: Sequence[str] = ()
    best: bool = False  # the best of a search by words, not all that meet conditions

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


class Catalogue:
    """Looks papers up in the record, or by words with the assistant's search."""

    def __init__(self, assistant: Answers, library: Library) -> None:
        self._assistant, self._library = assistant, library
        self._searches = lru_cache(maxsize=_SEARCHES)(self._searched)
        self._searching = threading.Lock()  # of one who turns pages fast, each search is done once

    def find(self, wanted: Wanted, words: Strings) -> Found:
        notes: list[str] = []
        filters = self._filters(wanted, words, notes)
        if filters is None:
            return Found(notes=notes)
        found = self._by_words(wanted, filters, words) if wanted.text else self._browsed(wanted, filters)
        if wanted.page > found.pages and found.total:
            notes.append(words.library_last_page.format(pages=found.pages))
        return replace(found, notes=(*notes, *found.notes))

    def _filters(self, wanted: Wanted, words: Strings, notes: list[str]) -> Filters | None:
        """None where nothing can meet them, and the notes say why."""
        if wanted.category and wanted.category not in self._library.categories():
            notes.append(words.library_no_category.format(category=_short(wanted.category)))
            return None
        authors = self._library.authors_named(wanted.author, _AUTHORS) if wanted.author else []
        if wanted.author and not authors:
            notes.append(words.library_no_author.format(author=_short(wanted.author)))
            return None
        if len(authors) == _AUTHORS:
            notes.append(words.library_many_authors.format(count=_AUTHORS, author=wanted.author))
        categories = (wanted.category,) if wanted.category else ()
        return Filters(categories, tuple(authors), wanted.since, wanted.until)

    def _browsed(self, wanted: Wanted, filters: Filters) -> Found:
        by, down = wanted.by, wanted.down
        total, papers = self._library.browse(filters, by, down, (wanted.page - 1) * PAGE, PAGE)
        found = Found(papers, total, wanted.page)
        if total and not papers:  # beyond the last page
            _, papers = self._library.browse(filters, by, down, (found.pages - 1) * PAGE, PAGE)
            found = replace(found, papers=papers, page=found.pages)
        return found

    def _by_words(self, wanted: Wanted, filters: Filters, words: Strings) -> Found:
        with self._searching:
            understood, ids, is_held = self._searches(self._library.version(), wanted.text, filters)
        papers = list(self._library.papers(ids if wanted.sort else self._of(ids, wanted.page)).values())
        found = Found((), len(ids), min(wanted.page, -(-len(ids) // PAGE) or 1), best=True)
        if wanted.sort:
            start = (found.page - 1) * PAGE
            papers = _sorted(papers, wanted)[start : start + PAGE]
        notes = () if is_held or not ids else (words.library_no_words,)
        chips = [said for said, _ in markup.chips(understood, words) if said not in _chips(filters, words)]
        return replace(found, papers=papers, understood=chips, notes=notes)

    def _of(self, ids: Sequence[str], page: int) -> Sequence[str]:
        start = (min(page, -(-len(ids) // PAGE) or 1) - 1) * PAGE
        return ids[start : start + PAGE]

    def _searched(self, version: int, text: str, filters: Filters) -> tuple[Filters, tuple[str, ...], bool]:
        """The filters with those read from the words, the papers found, and whether any holds a word of them."""
        query, hits = self._assistant.search(text, filters or None, FOUND)
        return query.filters, tuple(hit.paper.arxiv_id for hit in hits), any(map(_is_held, hits))


def _is_held(hit: Hit) -> bool:
    return bool(hit.why.words) or hit.why.named


def _chips(filters: Filters, words: Strings) -> set[str]:
    return {said for said, _ in markup.chips(filters, words)}


def _sorted(papers: Iterable[Paper], wanted: Wanted) -> list[Paper]:
    keys: dict[str, Any] = {
        "date": lambda paper: (paper.month, paper.arxiv_id),
        "title": lambda paper: paper.title.lower(),
        "category": lambda paper: paper.primary_category,
    }
    return sorted(papers, key=keys[wanted.by], reverse=wanted.down)


# --- how it is drawn ---------------------------------------------------------------------------------------------


def _seen(text: str) -> str:
    """What can be seen of a text; the template escapes it."""
    return " ".join(visible(text).split())


def _tex(text: str) -> Markup:
    """Text with its formulas set apart, as they were typed."""
    at, parts, text = 0, [], _seen(text)
    for match in FORMULA.finditer(text):
        parts += [escape(text[at : match.start()]), f'<span class="tex">{escape(match[0])}</span>']
        at = match.end()
    return Markup("".join([*parts, escape(text[at:])]))  # every piece is escaped


def _snippet(text: str) -> str:
    return text if len(text) <= _SNIPPET else text[:_SNIPPET].rsplit(" ", 1)[0] + " …"


_PAGES = Environment(
    loader=PackageLoader("ui", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)
_PAGES.filters |= {"seen": _seen, "tex": _tex, "snippet": _snippet}


@lru_cache
def _style() -> str:
    """The colours, dark where the visitor's system is and nothing else was chosen, and the page's own style."""
    tokens = (_ASSETS / "tokens.css").read_text("utf-8")
    by_system = _DARK.sub(r"@media (prefers-color-scheme: dark) { body:not(.light)\1 }", tokens)
    return f"{tokens}\n{by_system}\n{(_ASSETS / 'library.css').read_text('utf-8')}"


@lru_cache
def _script() -> str:
    return (_ASSETS / "library.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is in a library at one version of it."""

    version: int
    papers: int
    span: tuple[str, str]
    chart: Chart
    times: Sequence[tuple[str, int]]  # days or months with their papers, newest first: what the drop-downs offer
    categories: Sequence[tuple[str, int]]
    digests: Sequence[DigestRead]


def holdings_of(library: Library, version: int) -> Holdings:
    months, days = library.months(), library.days()
    chart = chart_of(days, months)
    times = list((days if chart.unit == "day" else months).items())
    categories = list(library.categories().items())
    return Holdings(version, library.count(), library.span(), chart, times, categories, library.digests())


class LibraryPage:
    """Draws the page in one language."""

    def __init__(self, catalogue: Catalogue, library: Library, uploads: Uploads, words: Strings) -> None:
        self._catalogue, self._library, self._uploads, self._words = catalogue, library, uploads, words
        self._holdings = lru_cache(maxsize=2)(partial(holdings_of, library))

    def draw(self, request: Request) -> HTMLResponse:
        words = self._words
        wanted, problems = _wanted(request.query_params, words)
        try:
            inside = self._inside(wanted, problems)
            status = 400 if problems else 200
        except IngestError as error:
            inside, status = {"failure": str(error)}, 503
        frame = self._frame(request, wanted)
        return HTMLResponse(_PAGES.get_template("library.html").render({**frame, **inside}), status)

    def _frame(self, request: Request, wanted: Wanted) -> dict[str, Any]:
        words, query = self._words, request.url.query
        other = next(other for other in STRINGS.values() if other is not words)
        return {
            "words": words,
            "other": other,
            "other_address": f"{other.path}library" + (f"?{query}" if query else ""),
            "here": f"{words.path}library",
            "wanted": wanted,
            "may_add": self._uploads.are_open_to(visitor_of(request.scope)),
            "most_megabytes": self._uploads.most_megabytes,
            "style": _style(),
            "script": _script(),
            "theme": _THEME,
            "script_words": json.dumps(_script_words(words), ensure_ascii=False),
            "longest": LONGEST_QUESTION,
            "date_of": lambda paper: date_of(paper, words),
            "authors_of": lambda paper: short_authors(paper.authors, words),
            "ask_address": lambda paper: _ask_address(paper, words),
            "version": 0,
            "papers": 0,
        }

    def _inside(self, wanted: Wanted, problems: list[str]) -> dict[str, Any]:
        words, library = self._words, self._library
        held, report = self._holdings(library.version()), library.last_report()
        found = self._found(wanted, problems) if held.papers else Found()
        return {
            "version": held.version,
            "papers": held.papers,
            "span": held.span,
            "digests": held.digests,
            "chart": held.chart,
            "busiest": max(held.chart.bars, key=lambda bar: bar.count, default=None),
            "categories": held.categories,
            "most_in_category": max((count for _, count in held.categories), default=1),
            "report": report,
            "sources": report.report.digests + report.unread_sources if report else 0,
            "report_line": kept_line(report, words) if report else "",
            "wrong_messages": [*report.report.unread_sources, *report.report.unreadable] if report else [],
            "going_on": words.library_going_on.format(papers=f"{held.papers:,}") if self._is_busy() else "",
            "since_options": _options(held.times, wanted.since),
            "until_options": _options(held.times, wanted.until),
            "category_options": _options(held.categories, wanted.category),
            "problems": problems,
            "found": found.papers,
            "told": _told(found, words),
            "understood": found.understood,
            "notes": found.notes,
            "page": found.page,
            "pages": found.pages,
            "page_numbers": _page_numbers(found.page, found.pages),
        }

    def _found(self, wanted: Wanted, problems: list[str]) -> Found:
        try:
            return self._catalogue.find(wanted, self._words)
        except AssistantError as error:
            problems.append(str(error))
            return Found()

    def _is_busy(self) -> bool:
        return bool(self._uploads.current() or self._library.other_writer())


def _ask_address(paper: Paper, words: Strings) -> str:
    question = urlencode({"q": words.library_question.format(arxiv_id=paper.arxiv_id)})
    return f"{words.home}{'&' if '?' in words.home else '?'}{question}"


def _options(counted: Sequence[tuple[str, int]], chosen: str) -> list[tuple[str, int | None]]:
    """What a drop-down offers: also what was chosen by the address and is not in the list."""
    known = any(value == chosen for value, _ in counted)
    return [*([] if known or not chosen else [(chosen, None)]), *counted]


def _told(found: Found, words: Strings) -> str:
    first = (found.page - 1) * PAGE + 1
    shape = words.library_told_best if found.best else words.library_told
    return shape.format(first=first, last=first + len(found.papers) - 1, total=f"{found.total:,}")


def _page_numbers(page: int, pages: int) -> list[int]:
    """The numbers that are linked, 0 for a gap: the first, the last, and those around this one."""
    shown = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    numbers: list[int] = []
    for number in shown:
        if numbers and number - numbers[-1] > 1:
            numbers.append(0 if number - numbers[-1] > 2 else number - 1)
        numbers.append(number)
    return numbers


_FOR_SCRIPT = (
    *("library_going_on", "library_grown", "library_grown_show", "upload_waiting", "upload_sending", "upload_lost"),
    *("upload_again", "upload_large", "upload_kind", "library_wrong", "library_wrong_more", "library_sample_digests"),
)


def _script_words(words: Strings) -> dict[str, str]:
    return {name: getattr(words, name) for name in _FOR_SCRIPT}


# --- the routes --------------------------------------------------------------------------------------------------


def routes(assistant: Answers, library: Library, settings: UiSettings, listens_here: bool) -> APIRouter:
    """`GET /library` and `/zh/library`, the routes for adding digests, and `GET /status`."""
    router, uploads = APIRouter(), Uploads(library, settings, listens_here)
    catalogue = Catalogue(assistant, library)
    for words in STRINGS.values():
        page = LibraryPage(catalogue, library, uploads, words)
        router.add_api_route(f"{words.path}library", page.draw, methods=["GET"], response_class=HTMLResponse)
    router.include_router(upload_routes(library, uploads))
    return router
