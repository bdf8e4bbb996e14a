"""Reading answers in a real browser: citations, marks, tables, formulas, verdicts, keys and the state of the server."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from served import serving
from stand_ins import ScriptedAssistant, ShelfLibrary, Visit, first_sentence, sample_papers

from assistant.answer import Answer, Claim, Event, Finished, Found, Hit, Query, Searched, Support, Wants, Why
from ingest.paper import Language, Paper
from ui.strings import CHINESE, ENGLISH

CITE = "[{0.arxiv_id}]({0.url})"
BROKEN = r"$\frac{a}{$"


def set_papers() -> list[Paper]:
    """Three papers: with a formula in the title, with two hundred authors and the address of its code, in Chinese."""
    one, two, three, *_ = sample_papers()
    return [
        replace(one, title=r"Zebras run in $O(n^2)$ time", summary=replace(one.summary, tldr="It runs.")),
        replace(
            two,
            title="apples of two hundred authors",
            authors=tuple(f"Author {n}" for n in range(200)),
            abstract=f"{two.abstract} {'More is said here, and it goes on. ' * 12}Code: https://github.com/a/b.",
        ),
        replace(three, title="苹果与视频"),
    ]


class SetAnswers(ScriptedAssistant):
    """Answers `survey`, `catalogue`, `compare` and `formulas` from three papers; everything else as scripted."""

    model: Any = SimpleNamespace(name="patient-model", where="this computer")

    async def stream(self, question: str, *more: Any, **named: Any) -> AsyncGenerator[Event, None]:
        wanted = next((name for name in ("survey", "catalogue", "compare", "formulas") if name in question), "")
        if not wanted:
            async for event in super().stream(question, *more, **named):
                yield event
            return
        self.histories.append(0)
        answer = set_answer(question, wanted, self.library.all()[:3], self.library.count())
        yield Found(answer.query, answer.hits, answer.searched)
        yield Finished(answer)


def set_answer(question: str, wanted: str, papers: list[Paper], count: int) -> Answer:
    wants = Wants(wanted) if wanted != "formulas" else Wants.FACT
    query = Query(question, question, wants, Language.ENGLISH)
    hits = tuple(
        Hit(paper, 1.0, n, 0.8, Why(sentence=0.5, words=("which", "video"), best=first_sentence(paper)))
        for n, paper in enumerate(papers, 1)
    )
    text, claims, table = SET[wanted](papers)
    ids = tuple(paper.arxiv_id for paper in papers)
    searched = Searched(count, count, "2025-11-03", "2025-11-05", 0.012)
    return Answer(text, claims, ids, hits, query, searched, False, "extractive", {"total": 0.02}, table=table)


def survey(papers: list[Paper]) -> tuple[str, tuple[Claim, ...], Any]:
    lines = [f"{CITE.format(paper)} **{paper.title}**: {first_sentence(paper).text}" for paper in papers]
    claims = tuple(Claim(line, (first_sentence(p),), Support.QUOTED) for line, p in zip(lines, papers, strict=True))
    more = "7 more may fit: say “show more”."
    text = f"**2 fit clearly**.\n\n1. {lines[0]}\n2. {lines[1]}\n\nBorderline:\n\n- {lines[2]}\n\n{more}"
    return text, claims, ()


def catalogue(papers: list[Paper]) -> tuple[str, tuple[Claim, ...], Any]:
    months = ("2025-12", "2023-02", "2024-11")
    lines = [f"{CITE.format(p)} **{p.title}** (cs.CV, {month})" for p, month in zip(papers, months, strict=True)]
    text = "**3 papers** meet this.\n\n" + "\n".join(f"- {line}" for line in lines)
    return text, tuple(Claim(line, (), Support.RECORD) for line in lines), (("arXiv", "Paper", "category", "month"),)


def compare(papers: list[Paper]) -> tuple[str, tuple[Claim, ...], Any]:
    heads = " | ".join(f"{CITE.format(paper)} **Paper**" for paper in papers)
    quotes = [first_sentence(paper) for paper in papers]
    cells = " | ".join(quote.text.replace("|", "\\|") for quote in quotes)
    text = f"| Paper | {heads} |\n|---|---|---|---|\n| Method | {cells} |\n| Share | 5 % | 10 % | 2 % |"
    return text, tuple(Claim(quote.text, (quote,), Support.QUOTED) for quote in quotes), ()


def formulas(papers: list[Paper]) -> tuple[str, tuple[Claim, ...], Any]:
    wide = "+".join(f"x_{{{n}}}^{{{n}}}" for n in range(24))
    inline = f"with $a_1*b*c$ and {BROKEN} and $5"
    text = f"Cited {CITE.format(papers[0])} {inline}.\n\n$${wide * 3}$$\n\n$\\underbrace{{{wide}}}$"
    return text, (), ()


SET = {"survey": survey, "catalogue": catalogue, "compare": compare, "formulas": formulas}


@pytest.fixture(scope="module")
def shelf() -> ShelfLibrary:
    return ShelfLibrary(set_papers())


@pytest.fixture(scope="module")
def desk(shelf: ShelfLibrary) -> Iterator[str]:
    """The address of a chat over three papers."""
    with serving(SetAnswers(shelf), shelf) as address:
        yield address


@pytest.fixture
def loose(browser: Browser) -> Iterator[Page]:
    """A page that may complain: of a server that does not answer, say."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def ask(page: Page, question: str, number: int = 0) -> None:
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")
    answered(page, number)


def answered(page: Page, number: int = 0) -> None:
    expect(page.locator(f".exchange-{number} .searched")).to_be_visible()
    expect(page.locator("#box .submit-button")).to_be_visible()
    expect(page.locator(f"#papers .of-{number}")).to_be_attached()


def opened(visit: Visit, address: str, question: str, **more: Any) -> Page:
    page = visit(f"{address}/?q={question}", **more)
    answered(page)
    return page


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.className + ' ' + document.activeElement.id").strip()


# --- citations and marks


def test_pointing_at_a_citation_tells_whom_it_cites(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    chip = page.locator("#chat a.cite").nth(1)
    title = chip.get_attribute("title")
    assert title is not None
    assert title.startswith("apples of two hundred authors\nAuthor 0, Author 1, Author 2 and 197 more · ")
    chip.hover()
    expect(page.locator("#peek strong")).to_have_text("apples of two hundred authors")
    expect(page.locator("#peek > span")).to_contain_text("Author 2 and 197 more")
    assert chip.get_attribute("title") == ""  # else the browser says it once more
    page.locator("#chat a.cite").first.hover()
    expect(page.locator("#peek .katex")).to_be_visible()
    page.mouse.move(5, 5)
    expect(page.locator("#peek")).to_be_hidden()
    assert chip.get_attribute("title") == title


def test_a_citation_and_a_mark_are_opened_by_enter_and_esc_leads_back(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    for element in (page.locator("#chat a.cite").nth(2), page.locator("#chat a.stand").nth(2)):
        element.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#papers mark.lit")).to_be_focused()
        assert page.locator("#papers article.lit").count() == 1
        page.keyboard.press("Escape")
        expect(element).to_be_focused()


def test_a_citation_with_a_modifier_leads_to_arxiv(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    # What reaches the window unhindered is the browser's to open; here it is held back, for there is no arXiv.
    held = "event => { window.left = (window.left || 0) + !event.defaultPrevented; event.preventDefault(); }"
    page.evaluate(f"['click', 'auxclick'].forEach(name => addEventListener(name, {held}))")
    chip = page.locator("#chat a.cite").first
    assert chip.get_attribute("href") == "https://arxiv.org/abs/1512.03385"
    chip.click(modifiers=["Control"])
    chip.click(modifiers=["Meta"])
    chip.click(button="middle")
    assert page.evaluate("window.left") == 3
    expect(page.locator("#papers .lit")).to_have_count(0)


def test_a_citation_is_opened_while_some_text_is_selected(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    page.locator("#header h1").select_text()
    page.locator("#chat a.cite").first.dispatch_event("click", {"button": 0, "detail": 1})
    expect(page.locator("#papers mark.lit")).to_be_visible()


def test_every_standing_has_a_sign_of_its_own_and_the_signs_are_explained(stage: str, visit: Visit) -> None:
    page = opened(visit, stage, "video")
    signs = "marks => marks.map(mark => getComputedStyle(mark, '::before').content.split(' / ')[0])"
    drawn = page.locator("#chat .legend .stand").evaluate_all(signs)
    assert len(set(drawn)) == 4
    assert "none" not in drawn
    page.locator("#chat .legend summary").click()
    expect(page.locator("#chat .legend p")).to_have_text(
        [ENGLISH.quoted, ENGLISH.record, ENGLISH.supported, ENGLISH.unsupported]
    )


# --- the sources


def test_a_card_unfolds_its_authors_its_abstract_and_leads_to_the_code(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    card = page.locator("#papers article").nth(1)
    expect(card.locator(".code")).to_have_attribute("href", "https://github.com/a/b")
    expect(card.locator(".code")).to_have_attribute("rel", re.compile("noopener noreferrer"))
    expect(card.get_by_text("Author 199")).to_be_hidden()
    card.locator(".by summary").click()
    expect(card.get_by_text("Author 199")).to_be_visible()
    expect(card.get_by_text("Code: https")).to_be_hidden()
    card.locator(".unfold").first.click()
    expect(card.get_by_text("Code: https")).to_be_visible()
    expect(card.locator(".why")).to_have_text(
        "Why this paper: it mentions video; a sentence is close to the question in meaning."
    )


def test_what_was_also_found_is_a_line_that_opens(stage: str, visit: Visit) -> None:
    page = opened(visit, stage, "video")
    page.locator("#papers .also > summary").click()
    line = page.locator("#papers .line").first
    assert (line.bounding_box() or {})["height"] < 45
    expect(line.locator(".facts")).to_be_hidden()
    line.locator("summary").first.click()
    expect(line.locator(".facts")).to_be_visible()


# --- lists and tables


def test_a_survey_asks_for_more_at_its_end_only(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    expect(page.locator("#chat h3")).to_have_text(["Fit clearly 2", "Borderline 1"])
    page.locator("#chat .more .ask-this").click()
    answered(page, 1)
    expect(page.get_by_test_id("user").last).to_have_text(ENGLISH.more_of_it)
    expect(page.locator(".exchange-0 .more")).to_be_hidden()


def test_a_catalogue_is_sorted_by_click_and_by_enter(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "catalogue")
    heads = page.locator("#chat thead th")
    expect(heads).to_have_text(["arXiv", *ENGLISH.table_columns])
    months = page.locator("#chat tbody td:nth-child(5)")
    heads.nth(4).locator("button").click()
    expect(months).to_have_text(["2023-02", "2024-11", "2025-12"])
    expect(heads.nth(4)).to_have_attribute("aria-sort", "ascending")
    heads.nth(4).locator("button").press("Enter")
    expect(months).to_have_text(["2025-12", "2024-11", "2023-02"])
    expect(heads.nth(4)).to_have_attribute("aria-sort", "descending")
    heads.nth(1).locator("button").click()
    titles = page.locator("#chat tbody td:nth-child(2)").all_inner_texts()
    assert titles[0].startswith("apples")  # whatever their case
    assert heads.evaluate_all("heads => heads.map(head => head.ariaSort)") == ["none", "ascending", *["none"] * 3]
    page.locator("#chat tbody a.cite").first.click()
    expect(page.locator("#papers article.lit h3")).to_have_text("apples of two hundred authors")


def test_a_wide_table_scrolls_within_itself_and_keeps_its_first_column(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "compare", width=390)
    wide = page.locator("#chat .wide")
    expect(wide).to_have_attribute("tabindex", "0")
    assert wide.evaluate("e => e.scrollWidth > e.clientWidth")
    before = page.locator("#chat tbody th").first.bounding_box()
    wide.evaluate("e => e.scrollTo(200, 0)")
    assert page.locator("#chat tbody th").first.bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


# --- formulas


def test_formulas_are_set_broken_ones_shown_and_wide_ones_scroll(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "formulas", width=390)
    answer = page.locator(".exchange-0")
    expect(answer.locator("p .katex").first).to_be_visible()
    expect(answer).to_contain_text(r"\frac{a}{")
    expect(answer).to_contain_text("and $5.")
    assert answer.locator(".katex-display").evaluate("e => e.scrollWidth > e.clientWidth && e.clientWidth <= 358")
    expect(answer.locator(".katex.broad")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#papers h3 .katex").first).to_be_attached()


# --- while an answer is written


def test_a_long_wait_is_counted_and_laid_to_the_model(desk: str, visit: Visit) -> None:
    page = visit(f"{desk}/?q=silently+video")
    busy = page.locator("#chat .busy")
    expect(busy).to_contain_text("Searched 3 papers in 12 ms")
    assert re.fullmatch(".*Reading 3 papers", busy.inner_text())
    expect(busy).to_contain_text(re.compile(r"Reading 3 papers · [23] s$"))
    page.evaluate("{ const now = performance.now.bind(performance); performance.now = () => now() + 9000; }")
    expect(busy).to_contain_text(re.compile(r"Reading 3 papers · patient-model is slow to begin · 1\d s$"))
    page.keyboard.press("Escape")
    expect(page.locator("#chat .stopped")).to_be_visible()


def test_what_happened_is_told_to_who_cannot_see_it(desk: str, visit: Visit) -> None:
    page = visit(desk)
    page.evaluate("document.addEventListener('digest:answered', () => (window.heard = (window.heard || 0) + 1))")
    page.evaluate("document.addEventListener('digest:kept', event => (window.kept = event.detail))")
    ask(page, "survey")
    expect(page.locator("#told")).to_have_text(ENGLISH.answer_ready)
    expect(page.locator("#told")).to_have_attribute("role", "status")
    expect(page.locator("#chat [role=log]")).to_have_attribute("aria-live", "off")
    page.wait_for_url("**/?conversation=*")
    assert page.evaluate("[window.heard, window.kept]") == [1, page.url.split("conversation=")[1]]
    page.locator("#box textarea").fill("break it")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text("start it, or set DIGEST_LLM=none")


# --- what to do with an answer


def test_a_verdict_and_a_comment_are_noted(desk: str, visit: Visit, shelf: ShelfLibrary) -> None:
    page = opened(visit, desk, "survey")
    ask(page, "catalogue", 1)
    thumbs = page.locator(".exchange-1 .thumb")
    thumbs.nth(1).click()
    expect(thumbs.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(thumbs.nth(0)).to_have_attribute("aria-pressed", "false")
    page.locator(".comment input").fill("too few")
    page.keyboard.press("Enter")
    expect(page.locator(".exchange-1 .told")).to_have_text(ENGLISH.noted)
    expect(thumbs.nth(1)).to_be_focused()
    noted = [json.loads(line) for line in (shelf.home / "feedback.jsonl").read_text("utf-8").splitlines()[-2:]]
    assert [(n["turn"], n["verdict"], n["comment"], n["question"]) for n in noted] == [
        (1, "down", "", "catalogue"),
        (1, "down", "too few", "catalogue"),
    ]


def test_a_verdict_that_was_not_noted_says_so(desk: str, loose: Page) -> None:
    loose.route("**/feedback", lambda route: route.fulfill(status=507))
    loose.goto(f"{desk}/?q=survey")
    answered(loose)
    loose.locator(".thumb.good").click()
    expect(loose.locator(".told")).to_contain_text("507")
    expect(loose.locator(".thumb.good")).not_to_have_attribute("aria-pressed", "true")
    expect(loose.locator(".comment")).to_have_count(0)


def test_what_is_selected_is_copied_as_it_reads(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#chat .katex").first).to_be_visible()
    page.locator(".exchange-0").evaluate("e => getSelection().setBaseAndExtent(e, 0, e.querySelector('.searched'), 0)")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("2 fit clearly.")
    assert "Zebras run in $O(n^2)$ time: " in copied
    assert not re.search(r"[✓❞]|<|\bAnswer\b|Show the", copied)


# --- keys


def test_keys_lead_to_the_box_bring_the_last_question_back_and_list_themselves(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    box = page.locator("#box textarea")
    page.locator("#chat .to-sources").focus()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    page.keyboard.press("ArrowUp")
    expect(box).to_have_value("survey")
    page.keyboard.type("?/")
    expect(box).to_have_value("survey?/")
    page.locator("#chat .to-sources").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=ENGLISH.keys)).to_be_visible()
    page.keyboard.press("/")
    expect(box).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.locator(".show-keys").click()
    page.locator("#keys button").click()
    expect(page.locator("#keys")).to_be_hidden()


def test_the_other_language_opens_the_same_conversation(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    page.wait_for_url("**/?conversation=*")
    page.get_by_role("link", name="中文").click()
    expect(page.locator(".exchange-0 .searched")).to_contain_text("检索了 3 篇论文")
    expect(page.locator("#header .library a")).to_have_attribute("href", "/zh/library")
    page.get_by_role("link", name="English").click()
    expect(page.locator(".exchange-0 .searched")).to_contain_text("Searched 3 papers")


# --- the server behind the page

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


def test_news_of_the_library_are_shown_as_they_come(desk: str, loose: Page) -> None:
    status: dict[str, Any] = {"papers": 40, "first": "2025-11-03", "last": "2025-11-09", "ingest": {"stored": 120}}
    loose.route("**/status", lambda route: route.fulfill(json=status))
    loose.goto(desk)
    loose.locator("#header .library a").wait_for()
    loose.evaluate(LOOK)
    expect(loose.locator(".library")).to_have_text(
        "40 papers · 2025-11-03 – 2025-11-09 reading digests: 120 stored · New papers: 37 · What is new?"
    )
    status["ingest"] = None
    loose.evaluate(LOOK)
    expect(loose.locator("#news")).to_have_text("New papers: 37 · What is new?")
    loose.locator("#news .ask-this").click()
    expect(loose.get_by_test_id("user")).to_have_text(ENGLISH.whats_new)


def test_a_server_that_does_not_answer_is_told_until_it_does(desk: str, loose: Page) -> None:
    there = False

    def reply(route: Route) -> None:
        if there:
            route.fulfill(json={"papers": 3, "first": "2025-11-03", "last": "2025-11-05", "ingest": None})
        else:
            route.abort()

    loose.route("**/status", reply)
    loose.goto(f"{desk}{CHINESE.home}")
    loose.locator("#header .library a").wait_for()
    loose.evaluate(LOOK)
    expect(loose.locator("#unreachable")).to_have_text(CHINESE.unreachable)
    there = True
    expect(loose.locator("#unreachable")).to_have_count(0)  # without anybody doing anything
    expect(loose.locator("#news")).to_be_empty()


def test_a_server_without_news_is_not_asked_again(desk: str, loose: Page) -> None:
    asked: list[str] = []

    def missing(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=404)

    loose.route("**/status", missing)
    loose.clock.install()
    loose.goto(desk)
    loose.locator("#header .library a").wait_for()
    loose.clock.run_for(61_000)
    loose.wait_for_timeout(300)
    assert len(asked) == 1
    expect(loose.locator("#unreachable")).to_have_count(0)
