"""The library page: what it tells of a library, and its table of papers, over a real library and a real socket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from library_server import digest_of, entry, library_in, serving_library
from playwright.sync_api import Page, expect
from stand_ins import HOSTILE, Visit

from ingest.library import Library
from ingest.run import ingest
from ingest.source import Source, find_sources
from ui.bars import chart_of
from ui.strings import CHINESE, ENGLISH

MANY_AUTHORS = ",".join(f"Person Number{n}" for n in range(200))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Sixty papers of November 2025 and twelve of each month of six years before, one of them hostile."""
    folder = tmp_path_factory.mktemp("digests")
    (folder / "2025-11-03.md").write_text(digest_of(60))
    for year in range(19, 25):
        for month in range(1, 13):
            name = f"20{year}-{month:02}-15.md"
            (folder / name).write_text(digest_of(2, f"{year}{month:02}", category="cs.LG"))
    hostile = entry("2511.09999", HOSTILE[0].replace("\n", " "), "cs.RO", MANY_AUTHORS)
    (folder / "2025-11-04.md").write_text(hostile + entry("2511.09998", "On $O(n^2)$ sums") + "### a title\n\nText.\n")
    with library_in(tmp_path_factory.mktemp("home")) as opened:
        ingest(find_sources([str(folder)]), opened)
        yield opened


@pytest.fixture(scope="module")
def address(library: Library) -> Iterator[str]:
    with serving_library(library) as served:
        yield f"{served}/library"


@pytest.fixture(scope="module")
def bare_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with library_in(tmp_path_factory.mktemp("bare")) as opened, serving_library(opened) as served:
        yield f"{served}/library"


def titles(page: Page) -> list[str]:
    return page.locator(".papers td.title > a").all_inner_texts()


# --- what is in it


def test_the_page_tells_what_is_in_the_library(address: str, visit: Visit) -> None:
    page = visit(address)
    expect(page.locator("#overview h2")).to_have_text("206 papers")
    expect(page.locator("#overview .lead")).to_have_text("2019-01-15 – 2025-11-04 · 74 digests")
    expect(page.locator("#last")).to_contain_text("+206 new, entries not read: 1")
    expect(page.locator("#digests tbody tr")).to_have_count(74)
    expect(page.locator("#digests tbody tr").first).to_contain_text("2025-11-04.md")
    expect(page.locator("#categories li").first).to_contain_text("cs.LG")


def test_an_entry_that_failed_is_told_with_its_line_and_what_was_expected(address: str, visit: Visit) -> None:
    page = visit(address)
    page.locator("#last .wrong summary").click()
    expect(page.locator("#last .wrong li")).to_contain_text(re.compile(r"2025-11-04\.md:\d+: expected `### \[n\]"))


def test_the_bars_have_a_title_a_description_and_the_same_numbers_in_a_table(address: str, visit: Visit) -> None:
    page = visit(address)
    svg = page.locator(".chart svg")
    assert svg.locator("> title").text_content() == "Papers by month"
    assert "2019-01 to 2025-11" in (svg.locator("> desc").text_content() or "")
    assert "2025-11: 62" in (svg.locator("> desc").text_content() or "")
    said = [link.get_attribute("aria-label") for link in svg.locator("a").all()]
    page.locator(".numbers summary").click()
    rows = [row.inner_text().split() for row in page.locator(".numbers tbody tr").all()]
    assert said == [f"{month}: {count} papers" for month, count in reversed(rows)]
    assert len(rows) == 73
    assert sum(int(count) for _, count in rows) == 206


def test_a_click_on_a_bar_narrows_the_table_and_another_widens_it_again(address: str, visit: Visit) -> None:
    page = visit(address)
    page.locator(".chart a").last.click()
    expect(page.locator(".told")).to_have_text("1–50 of 62")
    assert parse_qs(urlsplit(page.url).query) == {"since": ["2025-11"], "until": ["2025-11"]}
    expect(page.locator(".chart a.on")).to_have_count(1)
    page.locator(".chart a").last.click()
    expect(page.locator(".told")).to_have_text("1–50 of 206")


def test_many_months_are_drawn_with_few_labels_that_do_not_touch_on_a_phone(address: str, visit: Visit) -> None:
    page = visit(address, width=390)
    boxes = [label.bounding_box() for label in page.locator(".ticks span").all()]
    assert 3 <= len(boxes) <= 8
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert all(left[1] < right[0] for left, right in zip(edges, edges[1:], strict=False))
    assert edges[-1][1] <= 390


def test_digests_of_one_month_are_drawn_by_day_and_long_times_by_year() -> None:
    days = {"2025-11-03": 30, "2025-11-05": 8}
    chart = chart_of(days, {"2025-11": 20, "2019-01": 18})
    assert [(bar.label, bar.count, bar.since) for bar in chart.bars] == [
        ("2025-11-03", 30, "2025-11-03"),
        ("2025-11-04", 0, "2025-11-04"),
        ("2025-11-05", 8, "2025-11-05"),
    ]
    assert chart_of(days, {"2025-11": 39}).unit == "month"  # one paper has no day
    years = chart_of({}, {"1999-07": 1, "2025-11": 20, "2025-12": 5})
    assert (years.unit, len(years.bars)) == ("year", 27)
    assert (years.bars[-1].count, years.bars[-1].since, years.bars[-1].until) == (25, "2025-01", "2025-12")
    assert chart_of({}, {}).bars == ()
    assert all(chart_of({}, {"2025-11": count}).top >= count for count in (1, 7, 10, 11, 99, 101, 12_345))


# --- the table


def test_words_find_the_best_papers_first(address: str, visit: Visit) -> None:
    page = visit(address)
    page.get_by_label(ENGLISH.library_words).fill("protein folding")
    page.get_by_role("button", name=ENGLISH.library_search).click()
    expect(page.locator(".told")).to_contain_text("nearest")
    assert all("protein folding" in title for title in titles(page)[:10])
    assert page.locator("th[aria-sort]").count() == 0


def test_words_that_no_paper_has_are_told(address: str, visit: Visit) -> None:
    page = visit(f"{address}?q=zxqwvk")
    expect(page.locator(".note")).to_have_text(ENGLISH.library_no_words)


def test_filters_narrow_and_every_page_has_its_own_papers(address: str, visit: Visit) -> None:
    page = visit(f"{address}?category=cs.LG&since=2019-01&until=2023-12")
    expect(page.locator(".told")).to_have_text("1–50 of 120")
    seen = titles(page)
    for _ in range(2):
        page.locator(".pages a[rel=next]").click()
        seen += titles(page)
    expect(page.locator(".pages [aria-current]")).to_have_text("3")
    assert len(seen) == 120


def test_a_part_of_a_name_finds_its_papers_accents_and_case_aside(address: str, visit: Visit) -> None:
    page = visit(f"{address}?author=MULLER")
    expect(page.locator(".told")).to_have_text("1–50 of 205")
    page = visit(f"{address}?author=number17")
    expect(page.locator(".told")).to_have_text("1–1 of 1")
    page = visit(f"{address}?author=uller")
    expect(page.locator(".none")).to_contain_text("begins with “uller”")


def test_column_heads_sort_and_say_so(address: str, visit: Visit) -> None:
    page = visit(f"{address}?since=2025-11")
    head = page.locator("th.title")
    head.locator("a").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    upwards = titles(page)
    assert upwards == sorted(upwards, key=str.lower)
    head.locator("a").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert titles(page) == sorted(titles(page), key=str.lower, reverse=True)
    assert page.locator("th[aria-sort]").count() == 1
    assert page.url.count("since=2025-11") == 1


def test_a_row_leads_to_arxiv_and_to_a_question_about_the_paper(address: str, visit: Visit) -> None:
    page = visit(f"{address}?since=2025-11&sort=title&category=cs.CV&page=2")
    row = page.locator(".papers tbody tr").first
    arxiv_id = row.locator("td.id a").first.inner_text()
    assert row.locator("td.title > a").get_attribute("href") == f"https://arxiv.org/abs/{arxiv_id}"
    asks = urlsplit(row.locator(".ask").get_attribute("href") or "")
    assert (asks.path, parse_qs(asks.query)["q"]) == ("/", [f"Summarise {arxiv_id}"])
    row.locator("summary").click()
    expect(row.locator("details")).to_contain_text("is summed up here")
    assert row.locator(".by").get_attribute("title") == "Ada Lovelace, Jürgen Müller"


def test_the_question_of_a_row_is_answered_by_a_summary_of_that_paper(library: Library) -> None:
    from assistant.chat import Assistant

    for words in (ENGLISH, CHINESE):
        query = Assistant(library).understand(words.library_question.format(arxiv_id="2511.00007"))
        assert (query.wants.value, query.papers) == ("summary", ("2511.00007",))


def test_formulas_stay_as_they_were_typed_and_a_crowd_of_authors_is_shortened(address: str, visit: Visit) -> None:
    page = visit(f"{address}?since=2025-11-04&until=2025-11-04")
    expect(page.locator(".tex").first).to_have_text("$O(n^2)$")
    crowd = page.locator(".by", has_text="more")
    assert len(crowd.inner_text()) < 100
    assert (crowd.get_attribute("title") or "").count("Person Number") == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("page=abc", "“abc” is no page"),
        ("page=-1", "“-1” is no page"),
        ("month=2026-99", "“2026-99” is no month"),
        ("since=2025-13-45", "is no month"),
        ("since=2025-12&until=2025-01", "Swap the two months"),
        ("sort=colour", "no sorting by “colour”"),
        (f"q={'x' * 5000}", "at most 4000"),
        ("month=<script>alert(1)</script>", "“&lt;script&gt;alert(1)&lt;/script&gt;” is no month"),
    ],
)
def test_what_makes_no_sense_is_told_and_the_rest_is_shown(address: str, query: str, said: str) -> None:
    answer = httpx.get(f"{address}?{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert "<script>alert" not in answer.text
    assert 'class="papers"' in answer.text


def test_a_category_nobody_has_and_a_page_beyond_the_last_are_told(address: str) -> None:
    answer = httpx.get(f"{address}?category=cs.ZZ")
    assert (answer.status_code, "No paper is in the category “cs.ZZ”" in answer.text) == (200, True)
    answer = httpx.get(f"{address}?page=999999")
    assert (answer.status_code, "There are 5 pages; this is the last." in answer.text) == (200, True)
    assert httpx.get(f"{address}?q=robot&page=999").status_code == 200


def test_what_a_stranger_wrote_does_nothing(address: str, visit: Visit) -> None:
    page = visit(f"{address}?since=2025-11-04")
    expect(page.locator(".papers")).to_contain_text("seen-1")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert page.locator(".papers img").count() == 0


# --- states


def test_an_empty_library_says_what_to_do(bare_address: str, visit: Visit) -> None:
    page = visit(bare_address)
    expect(page.locator("#overview")).to_contain_text("digest ingest PATH")
    expect(page.locator("#drop")).to_be_visible()
    expect(page.get_by_role("button", name=ENGLISH.library_samples)).to_be_visible()
    expect(page.locator("table:visible")).to_have_count(0)


def test_a_library_that_cannot_be_read_is_told_with_its_mend(tmp_path: Path) -> None:
    with library_in(tmp_path) as opened, serving_library(opened) as served:
        assert httpx.get(f"{served}/library").status_code == 200
        for file in tmp_path.glob("library.sqlite*"):
            file.write_bytes(b"no database at all" * 1000)
        opened.close()
        answer = httpx.get(f"{served}/library")
        assert answer.status_code == 503
        assert ENGLISH.library_unreadable in answer.text
        assert "put a backup in its place" in answer.text
        assert httpx.get(f"{served}/status").status_code == 503


def test_the_page_needs_no_script(address: str, visit: Visit) -> None:
    page = visit(f"{address}?q=robot", java_script_enabled=False)
    page.locator("th.date a").click()
    expect(page.locator("th.date")).to_have_attribute("aria-sort", "descending")
    page.locator(".chart a").first.click()
    assert "since=2019-01" in page.url
    assert "q=robot" in page.url
    expect(page.locator("#drop")).to_be_hidden()
    expect(page.locator(".without-script")).to_contain_text("digest ingest PATH")


# --- how it looks


def test_the_language_switch_keeps_what_is_shown(address: str, visit: Visit) -> None:
    page = visit(f"{address}?category=cs.LG&page=2")
    page.locator(".switch").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.url.endswith("/zh/library?category=cs.LG&page=2")
    expect(page.locator(".told")).to_have_text("第 51–100 篇，共 144 篇")
    shown = page.locator("main").inner_text()
    assert (
        not set(re.findall(r"[A-Za-z]{4,}", shown))
        - {"Paper", "arXiv", "jsonl", "video", "editing"}
        - set(" ".join(titles(page)).split() + "Lovelace Müller ller Jürgen rgen".split())
    )


def test_the_theme_is_the_chats_and_is_remembered(address: str, visit: Visit) -> None:
    page = visit(address, color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".theme").click()
    assert page.evaluate("localStorage['digest-theme']") == "light"
    page.reload()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark, light) == ("rgb(20, 24, 30)", "rgb(255, 255, 255)")


@pytest.mark.parametrize("width", [390, 760, 1080, 1600])
def test_nothing_scrolls_sideways(address: str, visit: Visit, width: int) -> None:
    page = visit(f"{address}?since=2025-11", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["?since=2025-11&q=robot", "?page=abc&category=cs.ZZ"])
def test_axe_finds_nothing_to_complain_of(address: str, browser, scheme: str, path: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(address + path)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    assert _complaints(page) == []
    page.close()


def test_axe_finds_nothing_to_complain_of_where_the_library_is_empty(bare_address: str, visit: Visit) -> None:
    assert _complaints(visit(bare_address, width=390)) == []


def _complaints(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found]


def test_the_last_report_of_a_thousand_failures_is_short_and_says_how_much_it_leaves_out(
    tmp_path: Path, visit: Visit
) -> None:
    (tmp_path / "bad.md").write_text("### no head\n\nText.\n" * 1000)
    with library_in(tmp_path / "home") as opened:
        ingest([Source("bad.md", str(tmp_path / "bad.md"))], opened)
        ingest([Source("good.md", "/no/such"), *find_sources([str(tmp_path / "bad.md")])], opened)
        with serving_library(opened) as served:
            page = visit(f"{served}/library")
            expect(page.locator("#last")).to_contain_text("entries not read: 1000, files not read: 1")
            page.locator("#last .wrong summary").click()
            expect(page.locator("#last .wrong li")).to_have_count(201)
            expect(page.locator("#last .wrong .quiet")).to_have_text("and 800 more")
