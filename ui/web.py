"""The web chat: a page of Gradio Blocks over one assistant and one library, in one language.

The truth is a `Talk` in the session's state; every handler turns the old talk into a new one and draws the page from
it. No handler raises: what goes wrong is shown in the thread, and the box stays usable.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from html import escape, unescape
from importlib.resources import files
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported
import gradio as gr
from gradio.events import api

from assistant.answer_json import answer_to_dict, conversation_from_json, conversation_to_json, trimmed
from assistant.chat import LONGEST_QUESTION
from assistant.errors import AssistantError
from ingest.errors import IngestError
from ingest.library import Library
from ingest.paper import Filters
from ui import markup
from ui.settings import UiSettings
from ui.strings import Strings
from ui.talk import Answers, Asked, Exchange, Failure, Growing, Talk, ask, talk_of

log = logging.getLogger(__name__)

_ASSETS = files("ui") / "assets"
_FORMULAS: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\(", "right": "\\)", "display": False},
]
_FLUSH_SECONDS = 0.08
_AUTHORS_OFFERED = 500
_SAMPLE_PAPER = "2212.11565"  # the sample digests hold it, and the standing examples fit them

Update = dict[Any, Any]  # component -> its new value or properties
Updates = AsyncGenerator[Update, None]


# --- how it looks ------------------------------------------------------------------------------------------------


def theme() -> gr.themes.Base:
    fonts = (
        gr.themes.LocalFont("Source Sans Pro", weights=(400, 700)),
        *("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", "sans-serif"),
    )
    mono = ("ui-monospace", "Menlo", "Consolas", "monospace")
    return gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=mono, radius_size="sm")


def css() -> str:
    return "\n".join((_ASSETS / f"{name}.css").read_text("utf-8") for name in ("tokens", "chat", "keeping"))


def head(words: Strings) -> str:
    script = "\n".join((_ASSETS / f"{name}.js").read_text("utf-8") for name in ("chat", "keeping"))
    return f'<script>document.documentElement.lang = "{words.lang}";\n{script}</script>'


# --- the page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that handlers read and write."""

    talk: gr.State
    header: gr.HTML
    footer: gr.HTML
    chat: gr.Chatbot
    box: gr.Textbox
    chosen: tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Dropdown]  # since, until, categories, authors
    narrowed: gr.CheckboxGroup
    sources: gr.Markdown
    wanted: gr.Number
    show: gr.Button
    link: gr.Textbox

    @property
    def drawn(self) -> list[Any]:
        return [self.talk, self.chat, self.box, self.narrowed, self.sources, self.link]


def build_page(assistant: Answers, library: Library, settings: UiSettings, words: Strings) -> gr.Blocks:
    """The page in the language of `words`, with the programs' endpoints `ask` and `search`."""
    page: gr.Blocks = gr.Blocks(title=words.title, analytics_enabled=False, fill_height=True, fill_width=True)
    with page:
        parts = _lay_out(words)
        _wire(page, parts, Desk(assistant, library, words, parts))
        _open_to_programs(assistant)
    page.queue(default_concurrency_limit=settings.max_answers, max_size=settings.max_waiting)
    return page


def _lay_out(words: Strings) -> _Parts:
    talk = gr.State(Talk())
    with gr.Row(elem_id="top"):
        header = gr.HTML(elem_id="header")
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="thread", scale=3, min_width=280):
            chat = _thread(words)
            box = _box(words)
            with gr.Accordion(words.filters, open=False, elem_id="filters"), gr.Row():
                chosen = _filters(words)
            footer = gr.HTML(elem_id="footer")
        with gr.Column(elem_id="sources", scale=2, min_width=280):
            narrowed = gr.CheckboxGroup(label=words.narrowed, visible=False, elem_id="narrowed", interactive=True)
            sources = gr.Markdown(
                markup.sources_html(None, 0, words), latex_delimiters=_FORMULAS, elem_id="papers", container=False
            )
    wanted = gr.Number(visible=False)
    show = gr.Button(visible="hidden", elem_id="show-exchange")
    link = gr.Textbox(visible=False)
    return _Parts(talk, header, footer, chat, box, chosen, narrowed, sources, wanted, show, link)


def _thread(words: Strings) -> gr.Chatbot:
    return gr.Chatbot(
        show_label=False,
        label=words.title,
        layout="panel",
        buttons=[],
        editable="user",
        latex_delimiters=_FORMULAS,
        feedback_options=None,
        allow_tags=False,
        group_consecutive_messages=False,
        container=False,
        height="100%",
        autoscroll=False,
        elem_id="chat",
    )


def _box(words: Strings) -> gr.Textbox:
    return gr.Textbox(
        show_label=False,
        label=words.placeholder,
        placeholder=words.placeholder,
        lines=1,
        max_lines=8,
        submit_btn=words.send,
        container=False,
        autofocus=True,
        elem_id="box",
        html_attributes=gr.InputHTMLAttributes(autocorrect="off", spellcheck=False),
    )


def _filters(words: Strings) -> tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Dropdown]:
    def choice(label: str, **more: Any) -> gr.Dropdown:  # noqa: ANN401 - passed on to gradio as it is
        return gr.Dropdown([], label=label, interactive=True, min_width=130, **more)

    return (
        choice(words.since),
        choice(words.until),
        choice(words.category, multiselect=True),
        choice(words.author, multiselect=True, allow_custom_value=True),
    )


def _wire(page: gr.Blocks, parts: _Parts, desk: Desk) -> None:
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    answering: dict[str, Any] = {"outputs": parts.drawn, "concurrency_id": "answers", **quiet}
    chosen = [parts.talk, *parts.chosen]
    opened = [*parts.drawn, parts.header, parts.footer, *parts.chosen]
    runs = (
        parts.box.submit(desk.asked, [parts.box, *chosen], **answering),
        parts.chat.retry(desk.retried, parts.talk, **answering),
        parts.chat.edit(desk.edited, parts.talk, **answering),
        parts.chat.example_select(desk.example_chosen, chosen, **answering),
        parts.narrowed.input(desk.widened, [parts.talk, parts.narrowed], **answering),
        page.load(desk.opened, None, **{**answering, "outputs": opened}),
    )
    for run in runs:
        run.failure(desk.ready, None, parts.box, queue=False, **quiet)
    parts.box.stop(desk.stopped, None, None, queue=False, **quiet)
    parts.chat.undo(desk.undone, parts.talk, parts.drawn, queue=False, **quiet)
    wanted = "(_, talk) => [window.digest.wanted, talk]"
    parts.show.click(desk.shown, [parts.wanted, parts.talk], parts.sources, js=wanted, queue=False, **quiet)
    parts.link.change(None, parts.link, None, js="(id) => window.digest.keep(id)", **quiet)


# --- what happens ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desk:
    """The handlers of one page. Each takes a session's talk and gives what is to be drawn."""

    assistant: Answers
    library: Library
    words: Strings
    parts: _Parts

    answers: dict[str, Growing] = field(default_factory=dict)  # those being written, by browser session

    # Each way to ask.

    async def asked(self, request: gr.Request, question: str, talk: Talk, *chosen: Any) -> Updates:  # noqa: ANN401
        if question.strip():
            async for update in self._answer(request, talk, Asked(question, filters_of(*chosen))):
                yield update

    async def example_chosen(
        self,
        request: gr.Request,
        event: gr.SelectData,
        talk: Talk,
        *chosen: Any,  # noqa: ANN401
    ) -> Updates:
        async for update in self._answer(request, talk, Asked(event.value["text"], filters_of(*chosen))):
            yield update

    async def retried(self, request: gr.Request, event: gr.RetryData, talk: Talk) -> Updates:
        again = _exchange_of(event)
        async for update in self._answer(request, talk.until(again), talk.exchanges[again].asked):
            yield update

    async def edited(self, request: gr.Request, event: gr.EditData, talk: Talk) -> Updates:
        again = _exchange_of(event)
        edited = Asked(unescape(event.value), talk.exchanges[again].asked.filters)
        async for update in self._answer(request, talk.until(again), edited):
            yield update

    async def widened(self, request: gr.Request, talk: Talk, kept: list[str]) -> Updates:
        """The last question again, without the conditions whose chips were removed."""
        last = talk.exchanges[-1]
        before = last.found.query.filters if last.found else Filters()
        wider = Asked(last.asked.question, markup.keep_chips(before, kept, self.words), only=True)
        async for update in self._answer(request, talk.until(-1), wider):
            yield update

    async def opened(self, request: gr.Request) -> Updates:
        """The page as its address asks for it: empty, a saved conversation, or a question to answer at once."""
        wanted = dict(request.query_params)
        yield await asyncio.to_thread(self._furnish)
        talk = Talk()
        if "conversation" in wanted:
            talk = await asyncio.to_thread(self._saved, wanted["conversation"])
            yield self._draw(talk)
        if wanted.get("q", "").strip():
            async for update in self._answer(request, talk, Asked(wanted["q"])):
                yield update

    # The quick ones.

    def ready(self) -> Update:
        return {self.parts.box: _ready(self.words)}

    async def stopped(self, request: gr.Request) -> None:
        """Ends the answer being written. What draws it sees that, and draws it as stopped."""
        if growing := self.answers.get(request.session_hash or ""):
            growing.stop()

    def undone(self, talk: Talk) -> Update:
        if not talk.exchanges:
            return self._draw(talk)
        taken_back = talk.exchanges[-1].asked.question
        return {**self._draw(talk.until(-1)), self.parts.box: _ready(self.words, value=taken_back)}

    def shown(self, wanted: float | None, talk: Talk) -> str:
        number = min(int(wanted or 0), len(talk.exchanges) - 1)
        return markup.sources_html(talk.exchanges[number] if number >= 0 else None, number, self.words)

    # How an answer comes about.

    async def _answer(self, request: gr.Request, talk: Talk, asked: Asked) -> Updates:
        """The page while `asked` is answered after the exchanges of `talk`, and once it is."""
        if problem := self._refusal(asked):
            short = replace(asked, question=asked.question[:LONGEST_QUESTION])
            yield self._draw(talk.plus(Exchange(short, failure=Failure(problem, expected=True))))
            return
        yield {self.parts.box: _busy(self.words, value="")}
        talk = talk if talk.conversation_id else replace(talk, conversation_id=secrets.token_urlsafe(12))
        growing = Growing(ask(self.assistant, talk, asked), talk)
        async for update in self._watched(request.session_hash or "", growing):
            yield update
        yield self._draw(growing.talk)
        await self._save(growing.talk)

    async def _watched(self, session: str, growing: Growing) -> Updates:
        """What changes on the page while the answer grows: its message, and the sources once they are found."""
        earlier, found = self._messages(growing.talk), None
        if before := self.answers.get(session):
            before.stop()
        self.answers[session] = growing
        try:
            async with aclosing(growing.looks(_FLUSH_SECONDS)) as looks:
                async for talk in looks:
                    last = talk.exchanges[-1]
                    message = self._message(last, len(talk.exchanges) - 1, busy=True)
                    beside = self._beside(talk) if last.found is not found else {}
                    found = last.found
                    yield {self.parts.talk: talk, self.parts.chat: [*earlier, *message], **beside}
        finally:
            if self.answers.get(session) is growing:
                del self.answers[session]

    def _refusal(self, asked: Asked) -> str:
        if len(asked.question) > LONGEST_QUESTION:
            return self.words.too_long.format(length=len(asked.question), limit=LONGEST_QUESTION)
        filters = asked.filters or Filters()
        if filters.since and filters.until and filters.since > filters.until:
            return self.words.bad_months.format(since=filters.since, until=filters.until)
        return ""

    async def _save(self, talk: Talk) -> None:
        conversation = talk.conversation
        if not conversation.turns:
            return
        try:
            text = conversation_to_json(conversation)
            await asyncio.to_thread(
                self.library.save_conversation, conversation.conversation_id, conversation.title, text
            )
        except IngestError as error:
            gr.Warning(self.words.not_saved.format(error=escape(str(error))))

    def _saved(self, conversation_id: str) -> Talk:
        try:
            text = self.library.conversation(conversation_id)
            if text is not None:
                return talk_of(conversation_from_json(text))
            gr.Warning(self.words.unknown_conversation)
        except (AssistantError, IngestError) as error:
            gr.Warning(escape(str(error)))
        return Talk()

    # What is drawn.

    def _draw(self, talk: Talk) -> Update:
        """All that a talk decides, at rest."""
        return {
            self.parts.talk: talk,
            self.parts.chat: self._messages(talk),
            self.parts.box: _ready(self.words),
            self.parts.link: talk.conversation_id if talk.conversation.turns else "",
            **self._beside(talk),
        }

    def _beside(self, talk: Talk) -> Update:
        last = talk.exchanges[-1] if talk.exchanges else None
        return {
            self.parts.narrowed: self._chips(last),
            self.parts.sources: markup.sources_html(last, len(talk.exchanges) - 1, self.words),
        }

    def _messages(self, talk: Talk) -> list[dict[str, str]]:
        return [message for number, e in enumerate(talk.exchanges) for message in self._message(e, number)]

    def _message(self, exchange: Exchange, number: int, busy: bool = False) -> tuple[dict[str, str], dict[str, str]]:
        return (
            {"role": "user", "content": markup.question(exchange.asked.question)},
            {"role": "assistant", "content": markup.message(exchange, number, self.words, busy)},
        )

    def _chips(self, exchange: Exchange | None) -> Any:  # noqa: ANN401 - gradio's own update
        filters = exchange.found.query.filters if exchange and exchange.found else Filters()
        chips = markup.chips(filters, self.words)
        return gr.update(choices=chips, value=[value for _, value in chips], visible=bool(chips))

    def _furnish(self) -> Update:
        """What depends on the library: the header, the examples or the invitation to read digests, the filters."""
        try:
            return self._furniture()
        except IngestError as error:
            return {self.parts.chat: gr.update(placeholder=markup.problem(str(error), self.words), examples=None)}

    def _furniture(self) -> Update:
        since, until, category, author = self.parts.chosen
        papers = self.library.count()
        months = _counted(sorted(self.library.months().items(), reverse=True))
        categories = _counted(_most(self.library.categories()))
        authors = _counted(_most(self.library.authors())[:_AUTHORS_OFFERED])
        return {
            self.parts.header: markup.header(papers, self.library.span(), self.words),
            self.parts.footer: markup.footer(self.assistant.model, self.words),
            self.parts.chat: gr.update(
                placeholder=markup.welcome(papers, self.words), examples=self._examples() if papers else None
            ),
            since: gr.update(choices=[(self.words.any, ""), *months], value=""),
            until: gr.update(choices=[(self.words.any, ""), *months], value=""),
            category: gr.update(choices=categories),
            author: gr.update(choices=authors),
        }

    def _examples(self) -> list[dict[str, str]]:
        """Questions that this library can answer: about the sample papers, else about what it has most of."""
        if self.library.paper(_SAMPLE_PAPER):
            questions = self.words.examples
        else:
            category, month = _most(self.library.categories())[0][0], max(self.library.months())
            questions = (
                self.words.catalogue_example.format(category=category),
                self.words.month_example.format(month=month),
            )
        return [{"text": question} for question in questions]


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _counted(counts: Iterable[tuple[str, int]]) -> list[tuple[str, str]]:
    return [(f"{name} ({count})", name) for name, count in counts]


def _busy(words: Strings, **more: Any) -> Any:  # noqa: ANN401 - gradio's own update
    return gr.update(submit_btn=False, stop_btn=words.stop, **more)


def _ready(words: Strings, **more: Any) -> Any:  # noqa: ANN401
    return gr.update(submit_btn=words.send, stop_btn=False, **more)


def _exchange_of(event: gr.RetryData | gr.EditData) -> int:
    """Which exchange a message belongs to: each is drawn as two messages."""
    index = event.index[0] if isinstance(event.index, tuple) else event.index
    return index // 2


def filters_of(
    since: str | None, until: str | None, categories: list[str] | None, authors: list[str] | None
) -> Filters | None:
    """The filters chosen in the drop-downs, None if none is."""
    filters = Filters(
        categories=tuple(categories or ()), authors=tuple(authors or ()), since=since or "", until=until or ""
    )
    return filters or None


# --- for programs ------------------------------------------------------------------------------------------------


def _open_to_programs(assistant: Answers) -> None:
    """The two endpoints that are not the page's own: `ask` and `search`, returning JSON."""

    async def ask(
        question: str,
        since: str = "",
        until: str = "",
        categories: list[str] | None = None,
        authors: list[str] | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the library, as the fields of an `Answer` with its cited and its leading hits.

        Months are `YYYY-MM`, bounds inclusive.
        """
        try:
            filters = filters_of(since, until, categories, authors)
            answer = await assistant.answer(question, None, filters)
        except (AssistantError, IngestError) as error:
            raise gr.Error(str(error), print_exception=False) from error
        return answer_to_dict(trimmed(answer))

    def search(question: str, k: int = 20) -> dict[str, Any]:
        """The papers found for a question, best first: id, title, score, fit."""
        try:
            query, hits = assistant.search(question, k=k)
        except (AssistantError, IngestError) as error:
            raise gr.Error(str(error), print_exception=False) from error
        return {"query": query.search_text, "hits": [markup.hit_fields(hit) for hit in hits]}

    api(ask, api_name="ask", concurrency_id="answers")
    api(search, api_name="search", concurrency_id="answers")
