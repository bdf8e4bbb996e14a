"""The list of conversations in a real browser: found, opened, renamed, deleted, exported, by keys and by touch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from served import serving
from stand_ins import HOSTILE, ScriptedAssistant, ShelfLibrary, Visit

from ui.strings import CHINESE, ENGLISH
from ui.visitor import COOKIE

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 800}
ROBOTS, DEPTH = "Which papers are about robots?", "Which papers estimate depth?"


@pytest.fixture(scope="module")
def shelf() -> ShelfLibrary:
    return ShelfLibrary()


@pytest.fixture(scope="module")
def desk(shelf: ShelfLibrary) -> Iterator[str]:
    with serving(ScriptedAssistant(shelf), shelf) as address:
        yield address


def ask(page: Page, question: str) -> None:
    """Asks, and waits until the answer is there and kept."""
    before = page.locator("#chat .searched").count()
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")
    expect(page.locator("#chat .searched")).to_have_count(before + 1)
    expect(page.locator("#box .submit-button")).to_be_visible()


def again(page: Page) -> Page:
    """The same address in another tab of the same visitor. A reload would cut off Gradio's stream, and it complains."""
    tab = page.context.new_page()
    tab.goto(page.url)
    return tab


def rows(page: Page) -> Locator:
    return page.locator("#conversations li")


def row(page: Page, title: str) -> Locator:
    return rows(page).filter(has_text=title)


def titles(page: Page) -> Locator:
    return page.locator("#conversations .title")


def menu(page: Page, title: str, choice: str) -> None:
    row(page, title).hover()
    row(page, title).locator(".more").click()
    row(page, title).get_by_role("button", name=choice, exact=True).click()


def two_conversations(desk: str, visit: Visit) -> Page:
    page = visit(desk, **WIDE)
    ask(page, ROBOTS)
    expect(titles(page)).to_have_text([ROBOTS])
    page.locator("#conversations .fresh").click()
    expect(page.locator("#chat .searched")).to_have_count(0)
    ask(page, DEPTH)
    expect(titles(page)).to_have_text([DEPTH, ROBOTS])
    return page


def test_conversations_are_listed_searched_renamed_reopened_and_deleted(desk: str, visit: Visit) -> None:
    page = two_conversations(desk, visit)
    expect(page.locator("#conversations [aria-current]")).to_contain_text(DEPTH)
    expect(page.locator("#conversations h3").first).to_have_text(ENGLISH.keeping_today)

    page.locator("#conversations input").fill("ROBOTS papers")
    expect(titles(page)).to_have_text([ROBOTS])
    page.locator("#conversations input").fill("nobody said this")
    expect(page.locator("#conversations .quiet")).to_have_text(ENGLISH.keeping_no_match)
    page.locator("#conversations input").press("Escape")
    expect(titles(page)).to_have_text([DEPTH, ROBOTS])

    menu(page, ROBOTS, ENGLISH.keeping_rename)
    page.keyboard.type("机器人 & arms")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text([DEPTH, "机器人 & arms"])
    expect(row(page, "机器人").locator("a")).to_be_focused()
    page = again(page)
    expect(titles(page)).to_have_text([DEPTH, "机器人 & arms"])

    row(page, "机器人").locator("a").click()
    expect(page.locator("#chat [data-testid=user]")).to_contain_text(ROBOTS)
    expect(page.locator("#conversations [aria-current]")).to_contain_text("机器人 & arms")
    ask(page, "And which of them walk?")
    expect(titles(page)).to_have_text(["机器人 & arms", DEPTH])

    menu(page, "机器人", ENGLISH.keeping_delete)
    expect(row(page, "机器人")).to_contain_text(ENGLISH.keeping_sure)
    row(page, "机器人").get_by_role("button", name=ENGLISH.keeping_cancel).click()
    expect(rows(page)).to_have_count(2)
    menu(page, "机器人", ENGLISH.keeping_delete)
    row(page, "机器人").get_by_role("button", name=ENGLISH.keeping_delete, exact=True).click()
    expect(titles(page)).to_have_text([DEPTH])
    expect(page.locator("#chat .searched")).to_have_count(0)  # the open one is gone from the thread, too
    expect(titles(again(page))).to_have_text([DEPTH])


def test_another_visitor_reads_by_link_and_can_do_nothing_else(desk: str, visit: Visit) -> None:
    page = two_conversations(desk, visit)
    page.wait_for_url("**/?conversation=*")
    conversation = page.url.split("conversation=")[1]
    other = visit(page.url, **WIDE)
    expect(other.locator("#chat [data-testid=user]")).to_contain_text(DEPTH)
    expect(other.locator("#conversations .quiet")).to_have_text(ENGLISH.keeping_none)
    expect(other.locator("#conversations .files")).to_be_hidden()
    (cookie,) = (one["value"] for one in other.context.cookies() if one["name"] == COOKIE)
    with httpx.Client(base_url=desk, cookies={COOKIE: cookie}, headers={"Origin": desk}, trust_env=False) as client:
        assert client.get("/conversations").json()["conversations"] == []
        place = f"/conversations/{conversation}"
        assert client.patch(place, json={"title": "Mine"}).status_code == 404
        assert client.delete(place).status_code == 404
        assert client.get(f"{place}/export.md").status_code == 404
    ask(other, "And which of them walk?")
    expect(titles(other)).to_have_count(1)  # a copy of their own
    page = again(page)
    expect(titles(page)).to_have_text([DEPTH, ROBOTS])
    expect(page.locator("#chat .searched")).to_have_count(1)


def test_a_conversation_and_its_papers_are_saved_as_files(desk: str, visit: Visit, tmp_path: Path) -> None:
    page = visit(desk, **WIDE)
    expect(page.locator("#conversations .files")).to_be_hidden()
    ask(page, ROBOTS)
    cited = page.locator("#chat a.cite").first.inner_text()
    for name, ending in {"Markdown": "md", "BibTeX": "bib", "RIS": "ris", "CSV": "csv"}.items():
        with page.expect_download() as download:
            page.locator("#conversations .files").get_by_role("link", name=name).click()
        assert download.value.suggested_filename == f"Which papers are about robots.{ending}"
        download.value.save_as(tmp_path / ending)
        assert cited in (tmp_path / ending).read_text("utf-8")


def test_titles_are_text_whoever_wrote_them(desk: str, visit: Visit) -> None:
    page = visit(desk, **WIDE)
    ask(page, HOSTILE[0])
    page.locator("#conversations .fresh").click()
    expect(page.locator("#chat .searched")).to_have_count(0)
    ask(page, HOSTILE[1])
    expect(titles(page)).to_have_text([HOSTILE[1], HOSTILE[0]])
    menu(page, "seen-1", ENGLISH.keeping_rename)
    expect(page.locator("#conversations form input")).to_have_value(HOSTILE[0])
    page.keyboard.press("Escape")
    assert page.evaluate("window.ran") is None
    assert page.locator("#conversations li :is(img, script)").count() == 0


def test_a_modifier_opens_a_tab_and_a_plain_click_stays(desk: str, visit: Visit) -> None:
    page = two_conversations(desk, visit)
    with page.context.expect_page() as opened:
        row(page, ROBOTS).locator("a").click(modifiers=["Control"])
    expect(opened.value.locator("#chat [data-testid=user]")).to_contain_text(ROBOTS)
    page.evaluate("window.stayed = true")
    row(page, ROBOTS).locator("a").click()
    expect(page.locator("#chat [data-testid=user]")).to_contain_text(ROBOTS)
    assert page.evaluate("window.stayed")


def test_everything_is_reached_by_keys(desk: str, visit: Visit) -> None:
    page = two_conversations(desk, visit)
    page.locator("#conversations input").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row(page, ROBOTS).locator("a")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(row(page, ROBOTS).get_by_role("button", name=ENGLISH.keeping_rename, exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, ROBOTS).locator("a")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#conversations input")).to_be_focused()


def test_a_closed_list_stays_closed_in_a_wide_window(desk: str, visit: Visit) -> None:
    page = visit(desk, **WIDE)
    toggle = page.locator(".toggle-conversations")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.click()
    expect(page.locator("#conversations")).to_be_hidden()
    page = again(page)
    expect(page.locator(".toggle-conversations")).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#conversations")).to_be_hidden()


def test_on_a_phone_the_list_slides_over_the_thread_and_gives_the_focus_back(desk: str, visit: Visit) -> None:
    page = visit(desk, **PHONE)
    ask(page, ROBOTS)
    expect(page.locator("#conversations")).to_be_hidden()
    toggle = page.locator(".toggle-conversations")
    toggle.click()
    expect(page.locator("#conversations .close")).to_be_focused()
    assert page.locator("#thread").evaluate("e => e.inert")
    page.keyboard.press("Escape")
    expect(toggle).to_be_focused()
    toggle.click()
    page.mouse.click(380, 400)  # beside the list
    expect(page.locator("#conversations")).to_be_hidden()
    assert not page.locator("#thread").evaluate("e => e.inert")
    toggle.click()
    row(page, ROBOTS).locator("a").click()
    expect(page.locator("#conversations")).to_be_hidden()
    expect(again(page).locator("#conversations")).to_be_hidden()


def test_a_server_that_does_not_answer_is_told_and_tried_again(desk: str, visit: Visit) -> None:
    page = two_conversations(desk, visit)
    page.route("**/conversations?**", lambda route: route.fulfill(status=200, body="not json"))
    page.locator("#conversations input").fill("robots")
    expect(page.locator("#conversations .problem")).to_have_text(ENGLISH.keeping_failed)
    page.unroute("**/conversations?**")
    page.get_by_role("button", name=ENGLISH.keeping_again).click()
    expect(titles(page)).to_have_text([ROBOTS])


def test_a_change_that_was_not_made_is_told_in_its_place(desk: str, visit: Visit) -> None:
    page = two_conversations(desk, visit)
    page.route("**/conversations/*", lambda route: route.fulfill(status=200, body="not json"))
    menu(page, ROBOTS, ENGLISH.keeping_rename)
    page.keyboard.type("Given")
    page.keyboard.press("Enter")
    expect(row(page, ROBOTS)).to_contain_text(ENGLISH.keeping_not_done)
    row(page, ROBOTS).get_by_role("button", name=ENGLISH.close, exact=True).click()
    expect(titles(page)).to_have_text([DEPTH, ROBOTS])


def test_news_do_not_disturb_who_is_renaming(desk: str, visit: Visit) -> None:
    page = two_conversations(desk, visit)
    menu(page, ROBOTS, ENGLISH.keeping_rename)
    page.keyboard.type("Half a ti")
    with page.expect_response("**/conversations?**"):
        page.evaluate("document.dispatchEvent(new CustomEvent('digest:answered'))")
    page.keyboard.type("tle")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text([DEPTH, "Half a title"])


def test_the_list_speaks_chinese_and_groups_by_age(desk: str, visit: Visit, shelf: ShelfLibrary) -> None:
    page = visit(f"{desk}/zh/", **WIDE)
    expect(page.locator("#conversations .quiet")).to_have_text(CHINESE.keeping_none)
    ask(page, "哪些论文研究机器人？")
    expect(page.locator("#conversations h3").first).to_have_text(CHINESE.keeping_today)
    days = {"2020-03-05T10:00:00+00:00": "2020年3月", "2020-02-05T10:00:00+00:00": "2020年2月"}
    kept = [{"id": day, "title": day, "updated_at": day} for day in days]
    page.route("**/conversations?**", lambda route: route.fulfill(json={"conversations": kept, "more": True}))
    page.evaluate("document.dispatchEvent(new CustomEvent('digest:answered'))")
    expect(page.locator("#conversations nav h3")).to_have_text(list(days.values()))
    expect(page.locator("#conversations .quiet")).to_have_text(CHINESE.keeping_newest.format(count=2))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_list_has_no_fault_that_axe_finds(desk: str, visit: Visit, size: dict[str, int]) -> None:
    page = visit(desk, reduced_motion="reduce", **size)
    ask(page, ROBOTS)
    if size is PHONE:
        page.locator(".toggle-conversations").click()
    menu(page, ROBOTS, ENGLISH.keeping_rename)
    for _ in range(2):
        found = Axe().run(page, context="#conversations").response["violations"]
        assert [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found] == []
        page.evaluate("document.body.classList.toggle('dark')")
        page.wait_for_timeout(400)  # Gradio lets colours change slowly
