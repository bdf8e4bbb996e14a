"""The web chat in a real browser: `stage` serves scripted answers, `house` the real assistant over the samples."""

from __future__ import annotations

import json
import re
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from served import serving
from stand_ins import HOSTILE, ScriptedAssistant, Visit

from ui.server import ServerError, serve
from ui.settings import UiSettings
from ui.strings import CHINESE, ENGLISH, Strings

QUESTION = "Which papers use diffusion for video editing?"


def ask(page: Page, question: str) -> None:
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")


def answered(page: Page, exchange: int = 0) -> None:
    expect(page.locator(f".exchange-{exchange} .searched")).to_be_visible()
    expect(page.locator("#box .submit-button")).to_be_visible()


def lit(page: Page) -> list[str]:
    return page.locator("#papers mark.lit").all_inner_texts()


def test_an_example_is_answered_with_chips_that_show_their_sentence(house: str, visit: Visit) -> None:
    page = visit(house)
    ask(page, QUESTION)
    answered(page)
    expect(page.locator(".searched")).to_contain_text("Searched 38 papers in")
    entry = page.locator(".exchange-0 li").nth(1)
    arxiv_id = entry.locator("a.cite").inner_text()
    assert entry.locator("a.cite").get_attribute("href") == f"https://arxiv.org/abs/{arxiv_id}"
    entry.locator("a.cite").click()
    expect(page.locator("#papers mark.lit")).to_be_in_viewport()
    assert lit(page) == entry.locator(".claim").all_inner_texts()
    assert page.locator("#papers article.lit").get_attribute("id") == f"source-{arxiv_id}"


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=lambda words: words.lang)
def test_every_question_offered_at_the_start_and_after_it_is_answered(house: str, visit: Visit, words: Strings) -> None:
    page = visit(house + words.home)
    expect(page.locator("#chat .example")).to_have_count(4)
    openings = page.locator("#chat .example").all_inner_texts()
    page.locator("#chat .example").first.click()
    for number, opening in enumerate(openings[1:]):
        answered(page, number)
        ask(page, opening)
    answered(page, 3)
    for number in (4, 5):
        page.locator("#next .ask-this").first.click()
        answered(page, number)
    expect(page.locator(".answer:has(.cite)")).to_have_count(6)
    expect(page.locator(".problem")).to_have_count(0)


def test_questions_to_go_on_with_fail_quietly_and_are_text(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=video")
    expect(page.locator("#next .ask-this")).to_have_text("learning <b>after it</b>")
    ask(page, "broken robots")
    answered(page, 1)
    expect(page.locator("#next .ask-this")).to_have_count(0)
    ask(page, "video")
    answered(page, 2)
    expect(page.locator("#next .ask-this")).to_have_count(1)


def test_a_click_on_a_sentence_shows_where_it_stands(house: str, visit: Visit) -> None:
    page = visit(f"{house}/?q=Compare+DDPM+and+latent+diffusion")
    answered(page)
    claim = page.locator("td .claim").last
    claim.click()
    expect(page.locator("#papers mark.lit")).to_have_text(claim.inner_text())


def test_nothing_found_is_told_with_the_nearest_misses(house: str, visit: Visit) -> None:
    page = visit(f"{house}/?q=papers+on+quantum+gravity+and+black+holes")
    answered(page)
    expect(page.locator("#papers h2").first).to_contain_text(ENGLISH.misses)


def test_a_real_conversation_is_found_again_by_its_link(house: str, visit: Visit) -> None:
    page = visit(house)
    ask(page, QUESTION)
    answered(page)
    page.wait_for_url("**/?conversation=*")
    text = page.locator(".exchange-0").inner_text()
    again = visit(page.url)
    answered(again)
    assert again.locator(".exchange-0").inner_text() == text


def test_an_empty_library_says_what_to_type(empty_house: str, visit: Visit) -> None:
    page = visit(empty_house)
    expect(page.locator(".welcome")).to_contain_text("digest ingest PATH")
    expect(page.locator("#chat .example")).to_have_count(0)
    ask(page, "video")
    answered(page)


def test_a_chip_of_an_earlier_answer_brings_its_sources_back(stage: str, visit: Visit) -> None:
    page = visit(stage)
    ask(page, "video editing")
    answered(page)
    ask(page, "reinforcement learning")
    answered(page, 1)
    page.locator(".exchange-0 a.cite").first.click()
    expect(page.locator("#papers mark.lit")).to_be_in_viewport()
    assert lit(page)[0] in page.locator(".exchange-0 li").first.inner_text()


def test_claims_show_how_they_stand_to_their_source(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=video")
    answered(page)
    titles = [claim.get_attribute("title") for claim in page.locator(".claim").all()]
    assert titles == [ENGLISH.quoted, ENGLISH.record, ENGLISH.supported, ENGLISH.unsupported]


def test_an_answer_streams_and_ends_complete(stage: str, visit: Visit) -> None:
    page = visit(stage)
    ask(page, "slowly video")
    expect(page.locator(".exchange-0 .busy")).to_have_text(ENGLISH.writing)
    half = page.locator(".exchange-0").inner_text()
    answered(page)
    assert len(page.locator(".exchange-0").inner_text()) > len(half)
    assert page.locator(".exchange-0 li").count() == 4


@pytest.mark.parametrize("question", ["endlessly video", "silently video"])
def test_escape_stops_an_answer_and_the_next_question_works(
    stage: str, visit: Visit, scripted: ScriptedAssistant, question: str
) -> None:
    page, closed = visit(stage), scripted.closed
    ask(page, question)
    expect(page.locator(".exchange-0 .busy")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".exchange-0 .stopped")).to_have_text(ENGLISH.stopped)
    page.wait_for_timeout(300)
    assert scripted.closed == closed + 1
    ask(page, "video")
    answered(page, 1)
    assert scripted.histories[-1] == 0  # what was stopped is not history


@pytest.mark.parametrize("way", ["retry", "edit"])
def test_stop_ends_a_retried_and_an_edited_question_too(stage: str, visit: Visit, way: str) -> None:
    page = visit(stage)
    ask(page, "endlessly video")
    expect(page.locator(".exchange-0")).to_contain_text("on and on")
    page.locator("#box .stop-button").click()
    expect(page.locator(".exchange-0 .stopped")).to_be_visible()
    if way == "retry":
        page.get_by_role("button", name="Retry").click()
    else:
        edit(page, "endlessly again")
    expect(page.locator(".exchange-0 .busy")).to_be_visible()
    page.locator("#box .stop-button").click()
    expect(page.locator(".exchange-0 .stopped")).to_be_visible()
    expect(page.locator("#box .submit-button")).to_be_visible()


def edit(page: Page, question: str) -> None:
    page.get_by_role("button", name="Edit").first.click()
    page.locator("#chat textarea").fill(question)
    page.get_by_role("button", name="Submit").click()


@pytest.mark.parametrize(
    ("question", "said"), [("break it", "start it, or set DIGEST_LLM=none"), ("crash it", "ZeroDivisionError")]
)
def test_an_error_is_told_in_the_thread_and_the_next_question_works(
    stage: str, visit: Visit, question: str, said: str
) -> None:
    page = visit(stage)
    ask(page, question)
    expect(page.locator(".exchange-0 .problem")).to_contain_text(said)
    expect(page.locator(".exchange-0 .problem")).to_contain_text(ENGLISH.mend)
    ask(page, "video")
    answered(page, 1)
    page.get_by_role("button", name="Retry").last.click()
    answered(page, 1)


def test_an_edited_question_replaces_its_answer_and_those_after_it(stage: str, visit: Visit) -> None:
    page = visit(stage)
    ask(page, "is a<b & x &lt; y video")
    answered(page)
    ask(page, "learning")
    answered(page, 1)
    page.get_by_role("button", name="Edit").first.click()
    expect(page.locator("#chat textarea")).to_have_value(re.compile("a&lt;b & x &amp;lt; y"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Cancel").click()
    edit(page, "robots &lt; agents")
    expect(page.locator(".exchange-1")).to_have_count(0)
    answered(page)
    assert page.get_by_test_id("user").all_inner_texts() == ["robots < agents"]


def test_undo_takes_the_last_question_back_into_the_box(stage: str, visit: Visit) -> None:
    page = visit(stage)
    ask(page, "video")
    answered(page)
    ask(page, "learning")
    answered(page, 1)
    page.get_by_role("button", name="Undo").last.click()
    expect(page.locator("#box textarea")).to_have_value("learning")
    expect(page.locator(".exchange-1")).to_have_count(0)
    expect(page.locator(".exchange-0")).to_be_visible()


def test_questions_asked_while_an_answer_runs_are_answered_after_it(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=robots")
    answered(page)
    ask(page, "endlessly video")
    expect(page.locator(".exchange-1 .busy")).to_contain_text(ENGLISH.writing)
    expect(page.locator(".exchange-0 .searched")).to_be_visible()
    ask(page, "<b>learning</b>")
    expect(page.locator("#waiting .chip")).to_have_count(1)
    ask(page, "robots")
    expect(page.locator("#waiting .chip")).to_have_text(["<b>learning</b>×", "robots×"])
    page.get_by_role("button", name=ENGLISH.stop).click()
    answered(page, 3)
    assert page.get_by_test_id("user").all_inner_texts() == ["robots", "endlessly video", "<b>learning</b>", "robots"]
    expect(page.locator("#waiting .chip")).to_have_count(0)


def test_a_kept_question_is_taken_back_into_the_box(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=endlessly+robots")
    expect(page.locator(".exchange-0 .busy")).to_be_visible()
    ask(page, "learning")
    expect(page.locator("#waiting .chip")).to_have_count(1)
    ask(page, "video")
    expect(page.locator("#waiting .chip")).to_have_count(2)
    page.get_by_role("button", name=ENGLISH.kept_drop).first.click()
    expect(page.locator("#box textarea")).to_have_value("learning")
    expect(page.locator("#waiting .chip")).to_have_text(["video×"])
    page.get_by_role("button", name=ENGLISH.stop).click()
    answered(page, 1)
    expect(page.locator(".exchange-0 .stopped")).to_be_visible()
    expect(page.locator("#box textarea")).to_have_value("learning")


def test_more_questions_than_are_kept_stay_in_the_box(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=endlessly+robots")
    expect(page.locator(".exchange-0 .busy")).to_be_visible()
    for number in range(5):
        ask(page, f"question {number}")
        expect(page.locator("#waiting .chip")).to_have_count(number + 1)
    ask(page, "one too many")
    expect(page.get_by_text(ENGLISH.kept_full.format(most=5))).to_be_visible()
    expect(page.locator("#box textarea")).to_have_value("one too many")


def test_an_answer_is_completed_while_another_conversation_is_open(
    stage: str, visit: Visit, scripted: ScriptedAssistant
) -> None:
    page = visit(stage)
    ask(page, "slowly robots and video")
    expect(page.locator(".exchange-0 .busy")).to_be_visible()
    ask(page, "learning after it")
    expect(page.locator("#waiting .chip")).to_have_count(1)
    page.locator("#header .new").click()
    expect(page.get_by_test_id("user")).to_have_count(0)
    ask(page, "papers")
    answered(page)
    assert page.get_by_test_id("user").all_inner_texts() == ["papers"]
    earlier = written(scripted, "slowly robots and video", turns=2)
    page.evaluate("id => window.digest.open(id)", earlier)
    answered(page, 1)
    assert page.get_by_test_id("user").all_inner_texts() == ["slowly robots and video", "learning after it"]
    page.wait_for_url(f"**/?conversation={earlier}")


def test_a_conversation_left_in_mid_answer_is_joined_again(
    stage: str, visit: Visit, scripted: ScriptedAssistant
) -> None:
    page = visit(f"{stage}/?q=learning+and+leaving")
    answered(page)
    earlier = written(scripted, "learning and leaving", turns=1)
    ask(page, "slowly video")
    expect(page.locator(".exchange-1 .busy")).to_contain_text(ENGLISH.writing)
    page.locator("#header .new").click()
    expect(page.get_by_test_id("user")).to_have_count(0)
    page.evaluate("id => window.digest.open(id)", earlier)
    expect(page.locator(".exchange-1 .busy")).to_contain_text(ENGLISH.writing)
    answered(page, 1)
    assert page.get_by_test_id("user").all_inner_texts() == ["learning and leaving", "slowly video"]


def written(scripted: ScriptedAssistant, title: str, turns: int) -> str:
    """The id of the conversation with this title, once it holds so many turns."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        ids = [row.conversation_id for row in scripted.library.conversations() if row.title == title]
        texts = [scripted.library.conversation(id_) for id_ in ids]
        if texts and texts[0] and len(json.loads(texts[0])["turns"]) == turns:
            return ids[0]
        time.sleep(0.05)
    raise AssertionError(f"no conversation of {turns} turns is called {title!r}")


def test_a_link_shows_a_conversation_to_others_who_go_on_in_a_copy(
    stage: str, visit: Visit, scripted: ScriptedAssistant
) -> None:
    page = visit(f"{stage}/?q=papers+on+robots+to+share")
    answered(page)
    page.wait_for_url("**/?conversation=*")
    link = page.url
    other = visit(link)
    answered(other)
    expect(other.get_by_test_id("user")).to_have_text("papers on robots to share")
    ask(other, "video")
    answered(other, 1)
    other.wait_for_url(lambda address: address != link and "conversation=" in address)
    assert len(json.loads(scripted.library.conversation(link.split("conversation=")[1]))["turns"]) == 1


def test_chinese_input_is_not_sent_while_it_is_composed(stage: str, visit: Visit) -> None:
    page = visit(stage)
    box = page.locator("#box textarea")
    box.focus()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "shi'pin", "selectionStart": 7, "selectionEnd": 7})
    enter = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", enter)
    keyboard.send("Input.insertText", {"text": "视频"})
    page.wait_for_timeout(400)
    expect(page.get_by_test_id("user")).to_have_count(0)
    expect(box).to_have_value("视频")
    box.press("Shift+Enter")
    expect(box).to_have_value("视频\n")
    box.press("Enter")
    expect(page.get_by_test_id("user")).to_have_text("视频")


def test_filters_narrow_and_their_chips_widen_again(stage: str, visit: Visit) -> None:
    page = visit(stage)
    page.locator("#filters button").first.click()
    page.get_by_label(ENGLISH.category).click()
    page.get_by_role("option", name=re.compile("^cs.RO")).click()
    ask(page, "learning")
    answered(page)
    expect(page.locator("#narrowed label")).to_have_text(["cs.RO"])
    facts = page.locator("#papers .facts").all_text_contents()
    assert facts
    assert all("cs.RO" in fact for fact in facts)
    page.locator("#narrowed label").click()
    expect(page.locator("#narrowed")).to_be_hidden()
    answered(page)
    assert not all("cs.RO" in fact for fact in page.locator("#papers .facts").all_text_contents())
    expect(page.get_by_test_id("user")).to_have_count(1)
    ask(page, "video editing")
    answered(page, 1)
    expect(page.locator("#narrowed")).to_be_hidden()


def test_a_filter_understood_from_the_question_can_be_removed(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=cs.RO+learning")
    answered(page)
    expect(page.locator("#narrowed label")).to_have_text(["cs.RO"])
    page.locator("#narrowed label").click()
    expect(page.locator("#narrowed")).to_be_hidden()
    page.get_by_role("button", name="Retry").click()
    answered(page)
    expect(page.locator("#narrowed")).to_be_hidden()


def test_months_the_wrong_way_round_are_told_and_not_searched(stage: str, visit: Visit) -> None:
    page = visit(stage)
    page.locator("#filters button").first.click()
    for label, month in ((ENGLISH.since, "2023-03"), (ENGLISH.until, "2020-06")):
        page.get_by_label(label).click()
        page.get_by_role("option", name=re.compile(month)).last.click()
    ask(page, "video")
    expect(page.locator(".problem")).to_contain_text("2023-03 to 2020-06")


def test_a_question_beyond_the_limit_is_told_so(stage: str, visit: Visit) -> None:
    page = visit(stage)
    ask(page, "video " * 700)
    expect(page.locator(".problem")).to_contain_text("4200 characters; at most 4000")
    ask(page, "video")
    answered(page, 1)


def test_closing_the_page_ends_its_answer(stage: str, visit: Visit, scripted: ScriptedAssistant) -> None:
    page, closed = visit(stage), scripted.closed
    ask(page, "endlessly video")
    expect(page.locator(".exchange-0")).to_contain_text("on and on")
    page.close()
    deadline = time.monotonic() + 5
    while scripted.closed == closed and time.monotonic() < deadline:
        time.sleep(0.05)
    assert scripted.closed == closed + 1


def test_two_visitors_do_not_see_each_other(stage: str, visit: Visit, scripted: ScriptedAssistant) -> None:
    one, other = visit(stage), visit(stage)
    ask(one, "video")
    answered(one)
    ask(other, "learning")
    answered(other)
    assert scripted.histories[-1] == 0
    assert one.get_by_test_id("user").all_inner_texts() == ["video"]
    assert other.get_by_test_id("user").all_inner_texts() == ["learning"]


def test_a_conversation_is_found_again_by_its_link_and_goes_on(
    stage: str, visit: Visit, scripted: ScriptedAssistant
) -> None:
    page = visit(stage)
    ask(page, "video")
    answered(page)
    page.wait_for_url("**/?conversation=*")
    again = visit(page.url)
    answered(again)
    again.locator(".exchange-0 a.cite").first.click()
    expect(again.locator("#papers mark.lit")).to_be_visible()
    ask(again, "learning")
    answered(again, 1)
    assert scripted.histories[-1] == 1
    again.locator("#header .new").click()
    expect(again.locator(".answer")).to_have_count(0)
    again.wait_for_url(lambda url: "conversation" not in url)


def test_a_link_to_no_conversation_says_so(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?conversation=nothing")
    expect(page.get_by_text(ENGLISH.unknown_conversation)).to_be_visible()
    ask(page, "video")
    answered(page)


def test_an_answer_is_copied_as_plain_markdown(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=video", permissions=["clipboard-read", "clipboard-write"])
    answered(page)
    page.locator(".copy").click()
    expect(page.locator(".copy")).to_have_text(ENGLISH.copied)
    copied = page.evaluate("navigator.clipboard.readText()")
    arxiv_id = page.locator("a.cite").first.inner_text()
    assert copied.count("\n- **") == 3
    assert copied.endswith(")")
    assert f"[{arxiv_id}](https://arxiv.org/abs/{arxiv_id})" in copied


def test_hostile_text_neither_runs_nor_fetches_nor_vanishes(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=hostile")
    answered(page)
    page.locator(".to-sources").click()
    page.locator("#papers details summary").first.click()
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran") is None
    answer, sources = page.locator(".exchange-0").inner_text(), page.locator("#source-2512\\.00001").inner_text()
    for number in range(1, len(HOSTILE) + 2):
        assert f"seen-{number}" in answer
        assert f"seen-{number}" in sources
    assert page.locator(":is(.answer, .sources) :is(img, script, iframe, style, form)").count() == 0
    elsewhere = "e => e.map(a => a.href).filter(h => !/^https:.{2}arxiv.org.(abs|pdf)|#(sources|copy|chat)$/.test(h))"
    assert page.locator(":is(.answer, .sources) a").evaluate_all(elsewhere) == []
    assert "and 198 more" in sources


def test_formulas_are_set_and_prices_are_not(stage: str, visit: Visit) -> None:
    page = visit(f"{stage}/?q=hostile")
    answered(page)
    expect(page.locator("#source-2512\\.00001 .katex").first).to_be_visible()
    expect(page.locator(".exchange-0")).to_contain_text("$5 and $10")


def test_a_chinese_browser_gets_the_chinese_page_and_can_switch(stage: str, visit: Visit) -> None:
    page = visit(stage, locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("#chat .example").first.click()
    answered(page)
    expect(page.locator(".searched")).to_contain_text("检索了")
    page.get_by_role("link", name="English").click()
    expect(page.locator("#box textarea")).to_have_attribute("placeholder", ENGLISH.placeholder)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(stage: str, visit: Visit, scheme: str) -> None:
    page = visit(f"{stage}/?q=hostile+video", width=390, height=800, color_scheme=scheme, has_touch=True)
    answered(page)
    overflow = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(overflow) <= 0
    expect(page.locator("#sources")).to_be_hidden()
    page.locator(".to-sources").click()
    expect(page.locator("#sources article").first).to_be_visible()
    assert page.locator("#sources").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.locator(".close-sources").click()
    expect(page.locator("#sources")).to_be_hidden()
    assert page.evaluate(overflow) <= 0


def test_every_answer_carries_the_security_headers(stage: str) -> None:
    for path in ("/", "/zh/", "/healthz", "/gradio_api/info", "/missing"):
        headers = httpx.get(stage + path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "img-src 'self' data: blob:" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_stranger_who_names_this_machine_otherwise_is_turned_away(stage: str) -> None:
    assert httpx.get(stage, headers={"host": "evil.example"}).status_code == 400


def test_healthz_counts_the_papers(stage: str, scripted: ScriptedAssistant) -> None:
    assert httpx.get(f"{stage}/healthz").json() == {"status": "ok", "papers": scripted.library.count()}


def test_a_taken_port_is_told_with_what_to_type(scripted: ScriptedAssistant) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"127\.0\.0\.1:{port}.*--port"):
            serve(scripted, scripted.library, UiSettings(port=port))


def test_a_question_asked_of_a_server_that_is_away_is_there_when_it_is_back(
    scripted: ScriptedAssistant, browser: Browser
) -> None:
    page = browser.new_page(locale="en-US")  # `visit` allows no complaint, and here the browser has reason to
    box = page.locator("#box textarea")
    with serving(scripted, scripted.library) as address:
        page.goto(f"{address}/?q=papers")
        answered(page)
        page.wait_for_url("**/?conversation=*")
    box.fill("video robots")
    box.press("Enter")
    expect(box).to_have_value("")
    expect(box).to_have_value("video robots", timeout=10_000)
    with serving(scripted, scripted.library, at=urlsplit(address).port):
        answered(page)  # Gradio loads the page again, and it finds its conversation
        expect(box).to_have_value("video robots")
        page.close()
