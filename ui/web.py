"""The web chat: a page of Gradio Blocks over one assistant and one library, in one language.

The truth is a `Talk` in the session's state; every handler turns the old talk into a new one and draws the page from
it. No handler raises: what goes wrong is shown in the thread, and the box stays usable.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, fields, replace
from functools import partial
from html import escape, unescape
from importlib.resources import files
from typing import Any, ParamSpec
from weakref import WeakKeyDictionary

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported
# After each event it would summarise the last ten thousand with pandas, for a page of figures that is closed here.
os.environ |= {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000"}
import gradio as gr

from assistant.answer_json import conversation_from_json, conversation_to_json
from assistant.chat import LONGEST_QUESTION
from assistant.errors import AssistantError
from ingest.errors import IngestError
from ingest.library import Library
from ingest.paper import Filters
from ui import markup
from ui.gate import FullError, Gate, TooFastError, TurnedAwayError
from ui.gradio_page import Page
from ui.limits import too_much
from ui.programs import open_to_programs
from ui.strings import Strings
from ui.talk import Answers, Asked, Entrance, Exchange, Failure, Growing, Talk, ask, talk_of
from ui.visitor import Visitor, visitor_of

log = logging.getLogger(__name__)

_ASSETS = files("ui") / "assets"
_FORMULAS: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\(", "right": "\\)", "display": False},
]
_FLUSH_SECONDS = 0.08
_LONGEST_FLUSH = 1.0
_FLUSH_SECONDS_AN_ANSWER = 0.03  # a page is drawn less often the more answers are written at once
_LEISURE = 2  # answers being written, up to which there is time to look for questions to go on with
_SESSIONS = 1000  # remembered at once; one takes about 0.3 MB
_BESIDE = 80  # events of pages beside those that answer: opening one, showing sources
_MOST_KEPT = 5  # questions asked while an answer runs
_AUTHORS_OFFERED = 500

P = ParamSpec("P")
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
    script = "\n".join((_ASSETS / f"{name}.js").read_text("utf-8") for name in ("chat", "page", "keeping"))
    everything = {part.name: getattr(words, part.name) for part in fields(words)}
    said = json.dumps({name: said for name, said in everything.items() if isinstance(said, str)})
    said = said.replace("<", "\\u003c")  # a script ends at the first `</script`, in quotes or not
    opening = f'document.documentElement.lang = "{words.lang}";\nwindow.digest = {{ words: {said} }};'
    return f"<script>{opening}\n{script}</script>"


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
    kept: gr.HTML  # questions that wait for the answer before theirs
    next: gr.HTML  # questions to go on with
    wanted: gr.Textbox
    show: gr.Button
    drop: gr.Button
    open: gr.Button
    nudge: gr.Button
    link: gr.Textbox

    @property
    def drawn(self) -> list[Any]:
        return [self.talk, self.chat, self.box, self.narrowed, self.sources, self.kept, self.next, self.link]


def build_page(assistant: Answers, library: Library, words: Strings, gate: Gate, signs_in: bool = False) -> gr.Blocks:
    """The page in the language of `words`, and the endpoints for programs. `signs_in`: visitors have a password."""
    page = Page(title=words.title, analytics_enabled=False, fill_height=True, fill_width=True)
    with page:
        frame = partial(Frame.of, assistant, library, words, signs_in)
        parts = _lay_out(words, frame())
        _wire(page, parts, Desk(assistant, library, words, parts, gate, frame))
        open_to_programs(assistant, library, gate)
    page.state_session_capacity = _SESSIONS
    page.max_threads = gate.answers + gate.waiting + _BESIDE  # the gate says how many, and who is next
    page.queue(default_concurrency_limit=None)
    return page


@dataclass(frozen=True, slots=True)
class Frame:
    """What is drawn around a thread: it depends on the library and the model alone."""

    header: str
    footer: str
    welcome: str

    @classmethod
    def of(cls, assistant: Answers, library: Library, words: Strings, signs_in: bool) -> Frame:
        papers = library.count()
        header = markup.header(papers, library.span(), words, signs_in)
        return cls(header, markup.footer(assistant.model, words), markup.welcome(papers, words))


def _lay_out(words: Strings, frame: Frame) -> _Parts:
    """The page as it is before a handler has drawn anything: the frame is there from the first moment."""
    talk = gr.State(Talk())
    with gr.Row(elem_id="top"):
        header = gr.HTML(frame.header, elem_id="header")
    with gr.Row(elem_id="desk", equal_height=False):
        gr.HTML('<aside id="conversations"></aside>', elem_id="shelf", container=False)
        with gr.Column(elem_id="thread", scale=3, min_width=280):
            chat = _thread(words, frame.welcome)
            following = gr.HTML(elem_id="next", container=False)
            kept = gr.HTML(elem_id="waiting", container=False)
            box = _box(words)
            with gr.Accordion(words.filters, open=False, elem_id="filters"), gr.Row():
                chosen = _filters(words)
            footer = gr.HTML(frame.footer, elem_id="footer")
        with gr.Column(elem_id="sources", scale=2, min_width=280):
            narrowed = gr.CheckboxGroup(label=words.narrowed, visible=False, elem_id="narrowed", interactive=True)
            sources = gr.Markdown(
                markup.sources_html(None, 0, words), latex_delimiters=_FORMULAS, elem_id="papers", container=False
            )
    wanted, link = gr.Textbox(visible=False), gr.Textbox(visible=False)
    ids = ("show-exchange", "drop-kept", "open-conversation", "nudge")
    show, drop, open_, nudge = (gr.Button(visible="hidden", elem_id=elem_id) for elem_id in ids)
    return _Parts(
        talk,
        header,
        footer,
        chat,
        box,
        chosen,
        narrowed,
        sources,
        kept,
        following,
        wanted,
        show,
        drop,
        open_,
        nudge,
        link,
    )


def _thread(words: Strings, welcome: str) -> gr.Chatbot:
    return gr.Chatbot(
        placeholder=welcome,
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
    answering: dict[str, Any] = {"outputs": parts.drawn, "concurrency_limit": None, **quiet}
    chosen = [parts.talk, *parts.chosen]
    opened = [*parts.drawn, parts.header, parts.footer, *parts.chosen]
    wanted, sent = "() => [window.digest.wanted]", "(...inputs) => window.digest.sent(...inputs)"
    runs = (
        parts.box.submit(desk.asked, [parts.box, *chosen], js=sent, trigger_mode="multiple", **answering),
        parts.chat.retry(desk.retried, parts.talk, **answering),
        parts.chat.edit(desk.edited, parts.talk, **answering),
        parts.chat.example_select(desk.example_chosen, chosen, **answering),
        parts.narrowed.input(
            desk.widened,
            [parts.talk, parts.narrowed, *parts.chosen],
            **{**answering, "outputs": [*parts.drawn, *parts.chosen]},
        ),
        parts.open.click(desk.reopened, parts.wanted, js=wanted, trigger_mode="multiple", **answering),
        page.load(desk.opened, None, **{**answering, "outputs": opened}),
    )
    for run in runs:
        run.failure(desk.ready, None, parts.box, queue=False, **quiet)
    page.load(None, js="() => window.digest.ready()", **quiet)
    parts.nudge.click(_nothing, None, None, **quiet)
    parts.box.stop(desk.stopped, None, None, queue=False, **quiet)
    parts.chat.undo(desk.undone, parts.talk, parts.drawn, queue=False, **quiet)
    parts.drop.click(desk.dropped, parts.wanted, [parts.box, parts.kept], js=wanted, queue=False, **quiet)
    shown = "(_, talk) => [window.digest.wanted, talk]"
    parts.show.click(desk.shown, [parts.wanted, parts.talk], parts.sources, js=shown, queue=False, **quiet)
    parts.link.change(None, parts.link, None, js="(id) => window.digest.keep(id)", **quiet)


# --- what happens ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sitting:
    """What goes on at one open page: the answer being written, and the questions kept for when it is done."""

    visitor: Visitor
    growing: Growing
    kept: list[Asked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Desk:
    """The handlers of one page. Each takes a session's talk and gives what is to be drawn."""

    assistant: Answers
    library: Library
    words: Strings
    parts: _Parts
    gate: Gate
    frame: Callable[[], Frame]

    sittings: dict[str, Sitting] = field(default_factory=dict)  # by browser session, while an answer is written
    left: dict[str, Sitting] = field(default_factory=dict)  # by conversation, written on though another was opened
    tasks: set[asyncio.Task[None]] = field(default_factory=set)  # theirs: asyncio itself keeps none alive
    # What is drawn of an answer does not change, and each further one draws the whole thread.
    drawn: WeakKeyDictionary[Exchange, str] = field(default_factory=WeakKeyDictionary)

    # Each way to ask.

    async def asked(self, request: gr.Request, question: str, talk: Talk, *chosen: Any) -> Updates:  # noqa: ANN401
        if not question.strip():
            return
        asked = Asked(question, filters_of(*chosen))
        if sitting := self.sittings.get(request.session_hash or ""):
            yield self._keep(sitting, asked)
            return
        async for update in self._answer(request, talk, asked):
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

    async def widened(self, request: gr.Request, talk: Talk, kept: list[str], *chosen: Any) -> Updates:  # noqa: ANN401
        """The last question again, without the conditions whose chips were removed; the drop-downs follow."""
        last = talk.exchanges[-1]
        before = last.found.query.filters if last.found else Filters()
        yield self._choose(markup.drop_chips(filters_of(*chosen) or Filters(), before, kept, self.words))
        wider = Asked(last.asked.question, markup.keep_chips(before, kept, self.words), only=True)
        async for update in self._answer(request, talk.until(-1), wider):
            yield update

    def _choose(self, filters: Filters) -> Update:
        since, until, categories, authors = self.parts.chosen
        lists = {categories: list(filters.categories), authors: list(filters.authors)}
        return {since: filters.since or "", until: filters.until or "", **lists}

    async def opened(self, request: gr.Request) -> Updates:
        """The page as its address asks for it: empty, a saved conversation, or a question to answer at once."""
        wanted = dict(request.query_params)
        yield await asyncio.to_thread(self._furnish)
        talk = Talk()
        if "conversation" in wanted:
            talk = await asyncio.to_thread(self._saved, wanted["conversation"], _visitor(request))
            yield self._draw(talk)
        if wanted.get("q", "").strip():
            async for update in self._answer(request, talk, Asked(wanted["q"])):
                yield update
        else:
            yield await self._begun(talk)

    async def reopened(self, request: gr.Request, conversation_id: str) -> Updates:
        """Another conversation in place of this one, a new one for no id. What is being written here is completed."""
        session, visitor = request.session_hash or "", _visitor(request)
        if sitting := self.sittings.pop(session, None):
            self._leave(sitting)
        unfinished = self.left.get(conversation_id)
        if unfinished and unfinished.visitor.owner == visitor.owner:
            async for update in self._sit(session, self._back_at(unfinished)):
                yield update
            return
        talk = await asyncio.to_thread(self._saved, conversation_id, visitor) if conversation_id else Talk()
        yield self._draw(talk)
        yield await self._begun(talk)

    async def _begun(self, talk: Talk) -> Update:
        """Questions to go on with, or to begin with."""
        if talk.exchanges:
            return {self.parts.next: await self._following(talk)}
        questions = await _suggested(self.assistant.opening_questions, self.words.language)
        return {self.parts.chat: gr.update(examples=[{"text": question} for question in questions] or None)}

    # The quick ones.

    def ready(self) -> Update:
        return {self.parts.box: _ready(self.words)}

    async def stopped(self, request: gr.Request) -> None:
        """Ends the answer being written. What draws it sees that, and draws it as stopped."""
        if sitting := self.sittings.get(request.session_hash or ""):
            sitting.growing.stop()

    def dropped(self, request: gr.Request, number: str) -> Update:
        """One of the kept questions, back in the box."""
        sitting, at = self.sittings.get(request.session_hash or ""), int(number)
        if sitting is None or at >= len(sitting.kept):
            return {}
        asked = sitting.kept.pop(at)
        return {self.parts.box: _busy(self.words, value=asked.question), self.parts.kept: self._kept(sitting)}

    def undone(self, talk: Talk) -> Update:
        if not talk.exchanges:
            return self._draw(talk)
        taken_back = talk.exchanges[-1].asked.question
        return {**self._draw(talk.until(-1)), self.parts.box: _ready(self.words, value=taken_back)}

    def shown(self, wanted: str, talk: Talk) -> str:
        number = min(int(wanted or 0), len(talk.exchanges) - 1)
        return markup.sources_html(talk.exchanges[number] if number >= 0 else None, number, self.words)

    # How an answer comes about.

    async def _answer(self, request: gr.Request, talk: Talk, asked: Asked) -> Updates:
        """The page while `asked` is answered after the exchanges of `talk`, and once it is."""
        session, visitor = request.session_hash or "", _visitor(request)
        if before := self.sittings.pop(session, None):
            before.growing.stop()
        async for update in self._sit(session, Sitting(visitor, self._grow(talk, asked, visitor))):
            yield update

    def _grow(self, talk: Talk, asked: Asked, visitor: Visitor) -> Growing:
        talk = talk if talk.conversation_id else replace(talk, conversation_id=secrets.token_urlsafe(12))
        if problem := self._refusal(asked, len(talk.exchanges)):
            return Growing(_told(talk, asked, problem), talk)
        return Growing(ask(self.assistant, talk, asked, Entrance(self.gate, visitor, self._turned_away)), talk)

    async def _sit(self, session: str, sitting: Sitting) -> Updates:
        """The page until the answer that grows is there, and those to the questions kept meanwhile."""
        self.sittings[session] = sitting
        yield {self.parts.box: _busy(self.words), self.parts.next: ""}
        try:
            async for update in self._watched(sitting):
                yield update
            while sitting.kept and not sitting.growing.left:
                self._take_up(sitting)
                yield {self.parts.kept: self._kept(sitting)}
                async for update in self._watched(sitting):
                    yield update
        finally:
            if self.sittings.get(session) is sitting:
                del self.sittings[session]
        if not sitting.growing.left:
            yield self._draw(sitting.growing.talk)
            following = await self._following(sitting.growing.talk)
            if session not in self.sittings:
                yield {self.parts.next: following}

    async def _following(self, talk: Talk) -> str:
        """Questions to go on with, found once the answer is there; none while many others wait for theirs."""
        last = talk.exchanges[-1]
        if not last.answer or self.gate.running > _LEISURE:
            return ""
        questions = await _suggested(self.assistant.follow_ups, talk.conversation, last.asked.filters)
        return markup.following(questions, self.words)

    def _take_up(self, sitting: Sitting) -> None:
        """The next of the kept questions."""
        sitting.growing = self._grow(sitting.growing.talk, sitting.kept.pop(0), sitting.visitor)

    async def _watched(self, sitting: Sitting) -> Updates:
        """What changes on the page while an answer grows: its message, and the sources once they are found."""
        growing, found = sitting.growing, None
        earlier: list[dict[str, str]] | None = None
        async with aclosing(growing.looks(self._pause)) as looks:
            async for talk in looks:
                last = talk.exchanges[-1]
                earlier = self._messages(talk.until(-1)) if earlier is None else earlier
                message = self._message(last, len(talk.exchanges) - 1, busy=True)
                beside = {self.parts.talk: talk, **self._beside(talk)} if last.found is not found else {}
                found = last.found
                yield {self.parts.chat: [*earlier, *message], **beside}
        if not growing.left:
            await self._save(growing.talk, sitting.visitor)

    def _pause(self) -> float:
        """Seconds between two drawings of a page."""
        return min(max(_FLUSH_SECONDS, self.gate.running * _FLUSH_SECONDS_AN_ANSWER), _LONGEST_FLUSH)

    def _keep(self, sitting: Sitting, asked: Asked) -> Update:
        if len(sitting.kept) >= _MOST_KEPT:
            gr.Warning(self.words.kept_full.format(most=_MOST_KEPT))
            return {self.parts.box: _busy(self.words, value=asked.question)}
        sitting.kept.append(asked)
        return {self.parts.kept: self._kept(sitting)}

    def _leave(self, sitting: Sitting) -> None:
        """Another conversation is opened: this one is written to its end and saved, without anybody looking."""
        sitting.growing.leave()
        task = asyncio.create_task(self._completed(sitting))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _completed(self, sitting: Sitting) -> None:
        conversation_id = sitting.growing.talk.conversation_id
        self.left[conversation_id] = sitting
        while sitting.growing.left:
            await self._save(await sitting.growing.end(), sitting.visitor)
            if not sitting.kept:
                break
            if sitting.growing.left:
                self._take_up(sitting)
                sitting.growing.leave()
        if self.left.get(conversation_id) is sitting:
            del self.left[conversation_id]

    def _back_at(self, sitting: Sitting) -> Sitting:
        del self.left[sitting.growing.talk.conversation_id]
        sitting.growing.left = False
        return sitting

    def _turned_away(self, error: TurnedAwayError) -> str:
        match error:
            case FullError():
                return self.words.full.format(waiting=error.waiting)
            case TooFastError():
                return self.words.too_fast.format(most=error.per_minute, seconds=error.seconds)
        return str(error)

    def _refusal(self, asked: Asked, turns: int) -> str:
        if len(asked.question) > LONGEST_QUESTION:
            return self.words.too_long.format(length=len(asked.question), limit=LONGEST_QUESTION)
        filters = asked.filters or Filters()
        if filters.since and filters.until and filters.since > filters.until:
            return self.words.bad_months.format(since=filters.since, until=filters.until)
        return too_much(filters, turns, self.words)

    async def _save(self, talk: Talk, visitor: Visitor) -> None:
        conversation = talk.conversation
        if not conversation.turns:
            return
        try:
            text = conversation_to_json(conversation)
            kept = (conversation.conversation_id, conversation.title, text, visitor.owner)
            await asyncio.to_thread(self.library.save_conversation, *kept)
        except IngestError as error:
            gr.Warning(self.words.not_saved.format(error=escape(str(error))))

    def _saved(self, conversation_id: str, visitor: Visitor) -> Talk:
        """A conversation of the library. Who only has its link goes on in a copy."""
        try:
            row, text = self.library.conversation_row(conversation_id), self.library.conversation(conversation_id)
            if row and text and (row.owner or visitor.here):
                talk = talk_of(conversation_from_json(text))
                return talk if row.owner in ("", visitor.owner) else replace(talk, conversation_id="")
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
            self.parts.kept: "",
            self.parts.next: "",
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
        drawn = self.drawn.get(exchange) or markup.message(exchange, number, self.words, busy)
        if exchange.answer:
            self.drawn[exchange] = drawn
        return (
            {"role": "user", "content": markup.question(exchange.asked.question)},
            {"role": "assistant", "content": drawn},
        )

    def _kept(self, sitting: Sitting) -> str:
        return markup.kept([asked.question for asked in sitting.kept], self.words)

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
        frame = self.frame()
        months = _counted(sorted(self.library.months().items(), reverse=True))
        categories = _counted(_most(self.library.categories()))
        authors = _counted(_most(self.library.authors())[:_AUTHORS_OFFERED])
        return {
            self.parts.header: frame.header,
            self.parts.footer: frame.footer,
            self.parts.chat: gr.update(placeholder=frame.welcome),
            since: gr.update(choices=[(self.words.any, ""), *months], value=""),
            until: gr.update(choices=[(self.words.any, ""), *months], value=""),
            category: gr.update(choices=categories),
            author: gr.update(choices=authors),
        }


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _counted(counts: Iterable[tuple[str, int]]) -> list[tuple[str, str]]:
    return [(f"{name} ({count})", name) for name, count in counts]


async def _told(talk: Talk, asked: Asked, problem: str) -> AsyncGenerator[Talk, None]:
    """The talk with a question that is not asked, and why."""
    short = replace(asked, question=asked.question[:LONGEST_QUESTION])
    yield talk.plus(Exchange(short, failure=Failure(problem, expected=True)))


async def _suggested(suggest: Callable[P, tuple[str, ...]], *about: P.args, **more: P.kwargs) -> tuple[str, ...]:
    """Questions worth asking. Where finding them fails, nothing is missing, and the log says why."""
    try:
        return await asyncio.to_thread(suggest, *about, **more)
    except Exception:
        log.exception("no questions were suggested")
        return ()


def _visitor(request: gr.Request) -> Visitor:
    asked_by = request.request
    assert asked_by is not None  # there is one on a server, always
    return visitor_of(asked_by.scope)


def _nothing() -> None:
    """Done so that Gradio opens its stream."""


def _busy(words: Strings, **more: Any) -> Any:  # noqa: ANN401 - gradio's own update
    return gr.update(stop_btn=words.stop, **more)


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
