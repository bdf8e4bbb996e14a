"""Text of strangers as HTML: nothing runs, nothing vanishes, and chips and marks stand where they should."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stand_ins import HOSTILE, ScriptedAssistant, ShelfLibrary, sample_papers

from assistant.answer import Answer, Claim, Evidence, Found, Hit, Query, Searched, Support, Wants, Why
from ingest.paper import Filters, Language, Paper, Section, Summary
from ingest.visible import visible
from ui import markup
from ui.cards import short_authors
from ui.code_link import code_link
from ui.harmless import plain
from ui.strings import CHINESE, ENGLISH
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
    shown = Reader(plain(text.replace("$", "").replace("\\", "")))
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
    harmless |= {"div"}
    assert shown.tags <= harmless | {"table", "thead", "tbody", "tr", "th", "td", *(f"h{n}" for n in range(1, 7))}
    assert {name for name, _ in shown.attributes} <= {"class", "href", "title", "start", "role", "scope"}
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
    assert plain(text) == html


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
    end = '<a class="stand unsupported" title="Not found in the paper" href="#sources" role="button"></a>'
    assert f"<strong>Bold</strong> words.{end}</span>" in html
    assert Reader(html).text.split() == Reader(answer_html(f"First.\n\n{claim.text}\n")).text.split()


def test_the_same_sentence_twice_is_marked_twice_and_a_lost_one_not_at_all() -> None:
    claims = [Claim(text, (), Support.QUOTED) for text in ("Same.", "Gone.", "Same.")]
    assert answer_html("Same. Same.", *claims).count('class="claim') == 2


def test_sentences_are_marked_in_place_and_overlaps_once() -> None:
    claims = tuple(Claim("x", (evidence(*span),), Support.QUOTED) for span in ((10, 30), (20, 40), (10, 30), (50, 60)))
    html = markup.sources_html(exchange(claims), 0, ENGLISH)
    marks = dict(re.findall(r'<mark id="([^"]+)"[^>]*>([^<]*)</mark>', html))
    place = f"{PAPER.arxiv_id}-abstract-"
    assert marks == {f"{place}10": PAPER.abstract[10:30], f"{place}50": PAPER.abstract[50:60]}
    assert PAPER.abstract in Reader(html).text


def exchange(claims: tuple[Claim, ...]) -> Exchange:
    _, hits = ScriptedAssistant(ShelfLibrary([PAPER])).search("residual")
    found = Found(QUERY, hits, SEARCHED)
    answer = Answer("", claims, (PAPER.arxiv_id,), hits, QUERY, SEARCHED, False, "extractive", {})
    return Exchange(Asked("q"), found=found, answer=answer)


def test_a_long_list_of_authors_is_shortened_and_a_short_one_not() -> None:
    assert short_authors(["A", "B"], ENGLISH) == "A, B"
    assert short_authors([f"A{n}" for n in range(200)], ENGLISH) == "A0, A1, A2 and 197 more"


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


# --- the card of a paper


def card(paper: Paper, why: Why | None = None, **shown: object) -> str:
    hit = Hit(paper, 1.0, 1, 0.8, why or Why(best=shown.get("best")))  # type: ignore[arg-type]  # it is evidence
    answer = Answer("", (), (paper.arxiv_id,), (hit,), QUERY, SEARCHED, False, "extractive", {})
    exchange = Exchange(Asked("q"), found=Found(QUERY, (hit,), SEARCHED), answer=answer)
    return markup.sources_html(exchange, 0, ENGLISH)


def paper_with(abstract: str = "", **more: object) -> Paper:
    return replace(Paper("2512.00002", "A title", ("A. Author",), "cs.CV", ("cs.CV",), abstract), **more)


@pytest.mark.parametrize(
    ("abstract", "address"),
    [
        ("Code is at https://github.com/some/thing.", "https://github.com/some/thing"),
        ("(https://github.com/some/thing)", "https://github.com/some/thing"),
        (r"see \url{https://gitlab.com/a/b}.", "https://gitlab.com/a/b"),
        ("代码：https://huggingface.co/a/b。", "https://huggingface.co/a/b"),
        ("https://Codeberg.org/a/b, and more", "https://Codeberg.org/a/b"),
        ("page https://us.github.io/page, code https://bitbucket.org/a/b", "https://bitbucket.org/a/b"),
        ("page https://us.github.io/page/.", "https://us.github.io/page/"),
        ("https://us.github.io", "https://us.github.io"),
    ],
)
def test_the_address_of_the_code_is_found_in_the_abstract(abstract: str, address: str) -> None:
    assert code_link(abstract) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://github.com/a/b",
        "https://github.com",
        "https://github.com/",
        "https://github.com.evil.example/a/b",
        "https://evil.example/github.com/a/b",
        "https://evil.example/?x=https://github.com/a/b",
        "https://github.com@evil.example/a/b",
        "https://github.com:443@evil.example/a",
        "https://user@github.com/a/b",
        "https://github.com:8443/a/b",
        "https://gist-github.com/a/b",
        "https://raw.github.com/a/b",
        "https://g\u0456thub.com/a/b",
        "https://github.com\u2024evil.example/a",
        "https://github.com\u202e/a/b",
        "https://github.com%2eevil.example/a",
        "https://github.com\\@evil.example/a",
        "https://github.com/a/\u0456b",
        "https://a.b.github.io/x",
        "https://github.io/x",
        "https://-us.github.io/x",
        "https://usgithub.io/x",
        "https://[::1/a",
        "javascript:alert(1)//https:/github.com/a/b",
    ],
)
def test_what_only_looks_like_a_place_of_code_is_no_link(address: str) -> None:
    assert code_link(f"Code: {address} is there") == ""


def test_a_card_leads_to_the_code_and_names_its_host() -> None:
    html = card(paper_with("We do it. Code: https://github.com/a/b?x=1&y=2."))
    assert (
        '<a class="code" href="https://github.com/a/b?x=1&amp;y=2" rel="noopener noreferrer" '
        'title="https://github.com/a/b?x=1&amp;y=2">Code (github.com)</a>' in html
    )
    assert "Project page (us.github.io)" in card(paper_with("See https://us.github.io/x."))
    assert 'class="code"' not in card(paper_with("See https://evil.example/x."))


def test_two_hundred_authors_are_three_and_the_rest_in_a_fold() -> None:
    html = card(paper_with(authors=tuple(f"Author {n}" for n in range(200))))
    assert "<summary>Author 0, Author 1, Author 2 and 197 more</summary>" in html
    assert "Author 199</p></details>" in html


def test_the_tldr_is_always_shown_and_never_twice() -> None:
    paper = paper_with("One does it.", summary=Summary(tldr="In short.", method="By doing."))
    for best in (None, Evidence(paper.arxiv_id, Section.TLDR, "In short.", 0, 9, 1.0)):
        shown, hidden = card(paper, best=best).split('<details class="rest">')
        assert shown.count("In short.") == 1
        assert "By doing." in hidden
        assert "In short." not in hidden


def test_a_long_abstract_shows_its_marked_sentence_with_those_beside_it() -> None:
    sentences = [f"Sentence {name} says something that goes on for quite a while, so that it fills a line or two."
                 for name in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")]  # fmt: skip
    paper = paper_with(" ".join(sentences))
    start = paper.abstract.index(sentences[4])
    html = card(
        paper, best=Evidence(paper.arxiv_id, Section.ABSTRACT, sentences[4], start, start + len(sentences[4]), 1)
    )
    far = "".join(re.findall(r'<span class="far">(.*?)</span>', html))
    assert [name for name in ("two", "three", "four", "five", "six", "seven") if f"Sentence {name}" not in far] == [
        "four", "five", "six",
    ]  # fmt: skip
    assert paper.abstract in Reader(html).text


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Why(words=("compare", "which", "papers", "video", "editing")), "it mentions video, editing."),
        (Why(words=("比较", "哪些", "扩散")), "it mentions 扩散."),
        (Why(words=("the", "first"), sentence=0.6), f"{ENGLISH.near[0]}."),
        (Why(passage=0.45, sentence=0.2, words=("video",)), f"it mentions video; {ENGLISH.near[1]}."),
        (Why(passage=0.3), f"{ENGLISH.near[2]}."),
        (Why(passage=0.3, named=True), "your question names it."),
    ],
)
def test_why_a_paper_is_here_is_told_in_words(why: Why, said: str) -> None:
    [told] = re.findall(r'<p class="why" title="([^"]*)">Why this paper: (.*?)</p>', card(paper_with(), why))
    assert told[1] == said
    assert bool(told[0]) == bool(why.passage or why.sentence)


def test_what_has_no_reason_to_tell_tells_none() -> None:
    assert 'class="why"' not in card(paper_with(), Why(words=("which", "papers"), passage=0.1))


def test_the_numbers_behind_a_reason_are_in_its_title() -> None:
    html = card(paper_with(), Why(passage=0.4567, sentence=0.5))
    assert "passage 0.46, sentence 0.50. Chance that it fits: 80 %." in html


# --- how an answer is laid out


def laid_out(text: str, wants: Wants, *claims: Claim, language: Language = Language.ENGLISH, **more: object) -> str:
    query = replace(QUERY, wants=wants, language=language)
    answer = Answer(text, claims, (), (), query, SEARCHED, False, "extractive", {}, **more)  # type: ignore[arg-type]
    exchange = Exchange(Asked("q"), found=Found(query, (), SEARCHED), text=text, answer=answer)
    return markup.message(exchange, 0, ENGLISH if language is Language.ENGLISH else CHINESE, busy=False)


CITE = "[2512.00002](https://arxiv.org/abs/2512.00002)"


@pytest.mark.parametrize(
    ("language", "said", "clear", "borderline"),
    [
        (Language.ENGLISH, "Borderline:", "Fit clearly", "Borderline"),
        (Language.CHINESE, "勉强相关：", "明确符合", "勉强相关"),
    ],
)
def test_a_survey_has_its_clear_and_its_borderline_papers_under_counted_headings(
    language: Language, said: str, clear: str, borderline: str
) -> None:
    text = f"**2**.\n\n1. {CITE} **A**\n2. {CITE} **B**\n\n{said}\n\n- {CITE} **C**"
    html = laid_out(text, Wants.SURVEY, language=language)
    assert re.findall(r"<h3>(.*?) <span class=\"count\">(\d)</span></h3>\n<(\w+)>", html) == [
        (clear, "2", "ol"),
        (borderline, "1", "ul"),
    ]


def test_groups_of_a_survey_are_counted_headings_too() -> None:
    html = laid_out(f"**cs.AI** (2)\n\n- {CITE} **A**\n\n**其他**（12 篇）\n\n- {CITE} **B**", Wants.OVERVIEW)
    assert re.findall(r"<h3>(.*?) <span class=\"count\">(\d+)</span>", html) == [("cs.AI", "2"), ("其他", "12")]


@pytest.mark.parametrize(
    ("language", "left", "offered"),
    [
        (Language.ENGLISH, "7 more may fit: say “show more”.", True),
        (Language.CHINESE, "还有 7 篇可能符合：可以说“更多”。", True),
        (Language.ENGLISH, "**The next 10**, after 30 listed already, of 574 papers searched; 4 more may fit.", True),
        (Language.ENGLISH, "**The next 10**, after 30 listed already, of 574 papers searched; 0 more may fit.", False),
        (Language.ENGLISH, "Nothing more.", False),
    ],
)
def test_a_list_that_goes_on_offers_to_show_more(language: Language, left: str, offered: bool) -> None:
    asked = ENGLISH.more_of_it if language is Language.ENGLISH else CHINESE.more_of_it
    html = laid_out(f"1. {CITE} **A**\n\n{left}", Wants.SURVEY, language=language)
    assert (f'<a class="ask-this" href="#box">{asked}</a>' in html) is offered


def test_a_catalogue_is_a_table_whose_rows_keep_their_marks_and_sentences() -> None:
    table = (("arXiv", "Paper", "category", "month"), ("2512.00002", "A", "cs.CV", "2025-12"))
    lines = (f"{CITE} **A \\| $a|b$** (cs.CV, 2025-12)", "It says so.")
    claims = (Claim(lines[0], (), Support.RECORD), Claim(lines[1], (evidence(0, 4),), Support.QUOTED))
    text = f"**1 paper** meets this.\n\n- {lines[0]}: {lines[1]}\n\nAfter it."
    html = laid_out(text, Wants.CATALOGUE, *claims, table=table)
    [row] = re.findall(r"<tbody>\n<tr>(.*?)</tr>", html, re.DOTALL)
    cells = [Reader(cell).text for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
    assert cells == ["2512.00002", r"A | \(a|b\): It says so.", "", "cs.CV", "2025-12"]
    assert re.findall(r'class="claim (\w+)', row) == ["record", "quoted"]
    assert '<div class="wide sortable papers">' in html
    assert "<p>After it.</p>" in html


def test_a_comparison_names_its_rows_and_its_columns() -> None:
    html = laid_out(f"| Paper | {CITE} |\n|---|---|\n| Method | x |", Wants.COMPARE)
    assert '<div class="wide compare"><table>' in html
    assert re.findall(r"<th scope=\"(\w+)\">", html) == ["col", "col", "row"]
    assert re.findall(r"</?t[dh]\b", html) == ["<th", "</th"] * 3 + ["<td", "</td"]


def test_what_was_searched_is_said_once() -> None:
    html = laid_out("It is so.\n\n— 574 papers searched (2025-12 to 2026-02)", Wants.FACT)
    assert "574" not in html.split('<pre class="copied-text">')[0]
    assert "574 papers searched" in html.split('<pre class="copied-text">')[1]


def test_headings_of_an_answer_stand_below_those_of_the_page() -> None:
    html = laid_out("# One\n\n## Two\n\n###### Six", Wants.FACT)
    assert re.findall(r"<h(\d)", html) == ["2", "3", "4", "6"]


def test_a_chip_tells_title_authors_and_date() -> None:
    html = answer_html(f"[{PAPER.arxiv_id}]({PAPER.url})")
    [title] = re.findall(r'title="([^"]*)"', html)
    first, second = title.split("&#10;")
    assert first == PAPER.title
    assert second.startswith(f"{PAPER.authors[0]}, ")
    assert second.endswith(" · 2015-12, listed 2025-11-03")


def test_each_standing_has_its_mark_and_only_those_used_are_explained() -> None:
    cite = f"[{PAPER.arxiv_id}]({PAPER.url})"
    claims = [Claim(f"{name} {cite}.", (evidence(0, 4),), Support(name)) for name in ("quoted", "unsupported")]
    html = laid_out(" ".join(claim.text for claim in claims), Wants.FACT, *claims)
    assert re.findall(r'<a class="stand (\w+)" title="([^"]+)"', html) == [
        ("quoted", ENGLISH.quoted),
        ("unsupported", ENGLISH.unsupported),
    ]
    assert re.findall(r'<p><span class="stand (\w+)">', html) == ["quoted", "unsupported"]


@pytest.mark.parametrize(
    ("place", "said"), [(3, "You are no. 3 in line"), (1, "You are next in line"), (0, "Searching")]
)
def test_who_waits_in_line_is_told_the_place(place: int, said: str) -> None:
    assert said in markup.message(Exchange(Asked("q"), place=place), 0, ENGLISH, busy=True)
