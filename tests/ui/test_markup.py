"""Text of strangers as HTML: nothing runs, nothing vanishes, and chips and marks stand where they should."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stand_ins import HOSTILE, ScriptedAssistant, ShelfLibrary, sample_papers

from assistant.answer import Answer, Claim, Evidence, Found, Query, Searched, Support, Wants
from ingest.paper import Filters, Language, Section
from ingest.visible import visible
from ui import markup
from ui.strings import ENGLISH
from ui.talk import Asked, Exchange, Failure

PAPER = sample_papers()[0]
QUERY = Query("q", "q", Wants.FACT, Language.ENGLISH)
SEARCHED = Searched(1, 1, "", "", 0.01)


class Reader(HTMLParser):
    """What a browser shows of it, and the tags it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()
        self.attributes = list[tuple[str, str | None]]()
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def answer_html(text: str, *claims: Claim) -> str:
    return markup.answer_html(text, claims, {PAPER.arxiv_id: PAPER}, ENGLISH)


def evidence(start: int, end: int) -> Evidence:
    return Evidence(PAPER.arxiv_id, Section.ABSTRACT, PAPER.abstract[start:end], start, end, 0.9)


@given(st.text())
@example("a<b & <i>c</i> $5 and $10 \\[x\\] &lt;")
def test_plain_text_is_shown_character_by_character(text: str) -> None:
    shown = Reader(markup.plain(text.replace("$", "").replace("\\", "")))
    assert shown.text == visible(text).replace("$", "").replace("\\", "")
    assert shown.tags == set()


@given(
    st.lists(st.sampled_from([*HOSTILE, "**b**", "- item", "\n\n", "| a | b |\n|---|---|\n", "`", "```\n"])).map(
        " ".join
    )
)
def test_an_answer_is_made_of_harmless_tags_and_leads_to_arxiv_only(text: str) -> None:
    shown = Reader(answer_html(text))
    harmless = {"p", "a", "span", "strong", "em", "ul", "ol", "li", "br", "hr", "code", "pre", "blockquote"}
    assert shown.tags <= harmless | {"table", "thead", "tbody", "tr", "th", "td", *(f"h{n}" for n in range(1, 7))}
    assert {name for name, _ in shown.attributes} <= {"class", "href", "title", "style", "start"}
    assert all((value or "").startswith("https://arxiv.org/abs/") for name, value in shown.attributes if name == "href")


@given(st.text(alphabet="a \n\r\t<&", max_size=60))
def test_a_message_is_one_block_without_blank_lines(text: str) -> None:
    exchange = Exchange(Asked("q"), text=text, failure=Failure(text, expected=True))
    assert not re.search(r"\n\s*\n", markup.message(exchange, 0, ENGLISH, busy=False))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("costs $5 and $10", "costs $5 and $10"),
        ("$x < y$", r"\(x &lt; y\)"),
        (r"\(x\) holds", r"\(x\) holds"),
        ("$$a$$", "$$a$$"),
        (r"$\href{evil}{x}$", r"$\href{evil}{x}$"),
        (r"pay US$5$x", r"pay US$5$x"),
        (r"9$\times$ faster, 4$^\circ$ up", r"9\(\times\) faster, 4$^\circ$ up"),
        (r"5$ now, 6$ then", r"5$ now, 6$ then"),
        (r"\$\times$ no", r"\$\times$ no"),
    ],
)
def test_formulas_are_told_from_prices(text: str, html: str) -> None:
    assert markup.plain(text) == html


def test_brackets_that_an_answer_escapes_are_no_formula() -> None:
    assert Reader(answer_html(r"see \[x\] and \<b\> and $a_1*b*c$")).text.strip() == r"see [x] and <b> and \(a_1*b*c\)"


@pytest.mark.parametrize(
    "address", ["https://example.com/", "https://arxiv.org/abs/x", "https://arxiv.org/abs/2512.1/../"]
)
def test_a_link_to_anything_but_a_paper_is_only_text(address: str) -> None:
    assert answer_html(f"[there]({address})") == "<p><span>there</span></p>"


@pytest.mark.parametrize(
    "address", ["youtube.com/watch?v=a", "www.evil.example/x", "https://evil.example", "a@b.example"]
)
def test_an_address_that_is_only_written_down_is_no_link(address: str) -> None:
    assert answer_html(f"See {address} (or {address}).") == f"<p>See {address} (or {address}).</p>"


def test_a_chip_points_at_its_own_claims_sentences_and_outside_of_claims_at_all() -> None:
    cite = f"[{PAPER.arxiv_id}]({PAPER.url})"
    one, two = (Claim(f"{n} {cite}.", (evidence(n, n + 5),), Support.SUPPORTED) for n in (3, 9))
    chips = re.findall(r'<a class="cite ([^"]*)"', answer_html(f"{one.text} {two.text} {cite}", one, two))
    first, second = f"at-{PAPER.arxiv_id}-abstract-3", f"at-{PAPER.arxiv_id}-abstract-9"
    assert chips == [first, second, f"{first} {second}"]


@pytest.mark.parametrize("lead", ["", "- ", "1. ", "> ", "# ", "- **So**: "])
def test_claims_are_marked_without_breaking_the_layout(lead: str) -> None:
    claim = Claim(f"{lead}**Bold** words.", (evidence(0, 4),), Support.UNSUPPORTED)
    html = answer_html(f"First.\n\n{claim.text}\n", claim)
    assert f'<span class="claim unsupported at-{PAPER.arxiv_id}-abstract-0"' in html
    assert "<strong>Bold</strong> words.</span>" in html
    assert Reader(html).text.split() == Reader(answer_html(f"First.\n\n{claim.text}\n")).text.split()


def test_the_same_sentence_twice_is_marked_twice_and_a_lost_one_not_at_all() -> None:
    claims = [Claim(text, (), Support.QUOTED) for text in ("Same.", "Gone.", "Same.")]
    assert answer_html("Same. Same.", *claims).count('class="claim') == 2


def test_sentences_are_marked_in_place_and_overlaps_once() -> None:
    claims = tuple(Claim("x", (evidence(*span),), Support.QUOTED) for span in ((10, 30), (20, 40), (10, 30), (50, 60)))
    html = markup.sources_html(exchange(claims), 0, ENGLISH)
    marks = dict(re.findall(r'<mark id="([^"]+)">([^<]*)</mark>', html))
    place = f"{PAPER.arxiv_id}-abstract-"
    assert marks == {f"{place}10": PAPER.abstract[10:30], f"{place}50": PAPER.abstract[50:60]}
    assert PAPER.abstract in Reader(html).text


def exchange(claims: tuple[Claim, ...]) -> Exchange:
    _, hits = ScriptedAssistant(ShelfLibrary([PAPER])).search("residual")
    found = Found(QUERY, hits, SEARCHED)
    answer = Answer("", claims, (PAPER.arxiv_id,), hits, QUERY, SEARCHED, False, "extractive", {})
    return Exchange(Asked("q"), found=found, answer=answer)


def test_a_long_list_of_authors_is_shortened_and_a_short_one_not() -> None:
    assert markup.short_authors(["A", "B"], ENGLISH) == "A, B"
    assert markup.short_authors([f"A{n}" for n in range(200)], ENGLISH) == "A0, A1, A2 and 197 more"


def test_each_chip_takes_back_its_own_condition() -> None:
    filters = Filters(("cs.CV", "cs.RO"), ("A=B",), "2023-01", "2023-03", ("2512.00001",), 1)
    chips = [value for _, value in markup.chips(filters, ENGLISH)]
    assert len(chips) == len(set(chips)) == 7
    assert markup.keep_chips(filters, chips, ENGLISH) == filters
    assert markup.keep_chips(filters, [], ENGLISH) == Filters()
    for chip, expected in {
        "categories=cs.CV": replace(filters, categories=("cs.RO",)),
        "authors=A=B": replace(filters, authors=()),
        "since=": replace(filters, since=""),
        "max_authors=": replace(filters, max_authors=None),
    }.items():
        assert markup.keep_chips(filters, [c for c in chips if c != chip], ENGLISH) == expected


def test_one_month_is_one_chip() -> None:
    month = Filters(since="2023-01", until="2023-01")
    assert markup.chips(month, ENGLISH) == [("2023-01", "month=")]
    assert markup.keep_chips(month, [], ENGLISH) == Filters()
