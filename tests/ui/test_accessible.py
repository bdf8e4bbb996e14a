"""The page as people read it who do not see it all: axe over its states, and what axe cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from served import serving
from stand_ins import ScriptedAssistant, ShelfLibrary, Visit
from test_reading import SetAnswers, answered, opened, set_papers

from ui.strings import CHINESE, ENGLISH


@pytest.fixture(scope="module")
def desk() -> Iterator[str]:
    shelf = ShelfLibrary(set_papers())
    with serving(SetAnswers(shelf), shelf) as address:
        yield address


@pytest.fixture(scope="module")
def bare() -> Iterator[str]:
    empty = ShelfLibrary([])
    with serving(ScriptedAssistant(empty), empty) as address:
        yield address


def violations(page: Page) -> list[str]:
    """What axe finds wrong, its best practices included. Nothing is excused, of Gradio's own neither."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']} at {node['target']}: {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("question", ["survey", "compare", "catalogue", "break it", "video hostile"])
def test_an_answer_has_no_violation(desk: str, visit: Visit, question: str, scheme: str) -> None:
    page = visit(f"{desk}/?q={question}", color_scheme=scheme)
    expect(page.locator("#box .submit-button")).to_be_visible()
    expect(page.locator("#chat .answer :is(.searched, .problem)")).to_be_visible()
    for fold in page.locator(".legend summary, #papers .also > summary").all():
        fold.click()
    assert violations(page) == []


@pytest.mark.parametrize("more", [{}, {"width": 390}, {"color_scheme": "dark"}], ids=["light", "phone", "dark"])
@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=lambda words: words.lang)
def test_the_start_has_no_violation(desk: str, visit: Visit, words: Any, more: dict[str, Any]) -> None:
    page = visit(desk + words.home, **more)
    expect(page.locator("#chat .example").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", words.lang)
    assert violations(page) == []


def test_an_empty_library_and_a_question_being_answered_have_no_violation(bare: str, desk: str, visit: Visit) -> None:
    page = visit(bare)
    expect(page.locator(".welcome pre")).to_be_visible()
    assert violations(page) == []
    page = visit(f"{desk}/?q=endlessly+video")
    expect(page.locator(".busy")).to_be_visible()
    page.locator("#box textarea").fill("robots")
    page.keyboard.press("Enter")
    expect(page.locator("#waiting .chip")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")


def test_what_opens_over_the_page_has_no_violation(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey", width=390)
    page.locator(".to-sources").click()
    expect(page.locator("#sources")).to_be_visible()
    assert violations(page) == []
    page.locator(".close-sources").click()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator(".thumb.good").click()
    expect(page.locator(".comment input")).to_be_focused()
    assert violations(page) == []
    page.locator(".show-keys").click()
    assert violations(page) == []


def test_the_sources_on_a_phone_take_the_focus_and_give_it_back(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey", width=390)
    chip = page.locator("#chat a.cite").first
    chip.click()
    expect(page.locator("#papers mark.lit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#sources")).to_be_hidden()
    page.locator(".to-sources").click()
    expect(page.locator("#papers h3 a").first).to_be_focused()
    page.locator(".close-sources").click()
    expect(page.locator(".to-sources")).to_be_focused()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "catalogue")
    page.locator("#header .toggle-conversations").focus()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.className.split(' ')[0] || document.activeElement.tagName"))
        ring = "e => e === document.body || getComputedStyle(e).outlineStyle !== 'none' || e.matches('textarea, input')"
        assert page.evaluate(f"({ring})(document.activeElement)")
    assert {"switch", "theme", "show-keys", "new", "sort", "cite", "to-sources", "copy", "thumb"} <= seen


def test_nothing_moves_for_who_wants_it_still(desk: str, visit: Visit) -> None:
    page = visit(f"{desk}/?q=endlessly+video", reduced_motion="reduce")
    expect(page.locator(".busy")).to_be_visible()
    moves = "getComputedStyle(document.querySelector('.busy'), '::before').animationName"
    assert page.evaluate(moves) == "none"
    page.keyboard.press("Escape")


def test_colours_of_the_system_keep_every_sign(stage: str, visit: Visit) -> None:
    page = opened(visit, stage, "video", forced_colors="active")
    signs = "marks => marks.map(mark => getComputedStyle(mark, '::before').content)"
    assert "none" not in page.locator("#chat .claim .stand").evaluate_all(signs)
    page.locator("#chat a.cite").first.click()
    lit = page.locator("#papers mark.lit")
    expect(lit).to_be_visible()
    assert lit.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert page.locator(".thumb").first.evaluate("e => getComputedStyle(e, '::before').forcedColorAdjust") == "none"


@pytest.mark.parametrize("question", ["survey", "catalogue", "compare"])
def test_twice_the_size_still_fits(desk: str, visit: Visit, question: str) -> None:
    page = opened(visit, desk, question, width=640, height=400)  # as 1280 x 800 is at 200 %
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    box = page.locator("#box textarea").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 400
    thread = page.locator("#chat").bounding_box()
    assert thread is not None
    assert thread["height"] >= 120


def test_headings_are_in_order(desk: str, visit: Visit) -> None:
    page = opened(visit, desk, "survey")
    page.locator("#box textarea").fill("catalogue")
    page.keyboard.press("Enter")
    answered(page, 1)
    levels = page.locator(":is(h1, h2, h3, h4, h5, h6):visible").evaluate_all(
        "all => all.map(e => Number(e.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(level <= before + 1 for before, level in zip(levels, levels[1:], strict=False)), levels
    assert levels.count(1) == 1
