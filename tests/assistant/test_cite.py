"""What a model may write, and what comes out of it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.cite import HOLD, CitationFilter
from assistant.prompt import Source

IDS = {1: "2512.21015", 2: "2512.11464", 3: "cs/0112017", 4: "2501.00004"}
SOURCES = [Source(number, arxiv_id, "") for number, arxiv_id in IDS.items()]
A, B, C, D = (f"[{arxiv_id}](https://arxiv.org/abs/{arxiv_id})" for arxiv_id in IDS.values())


def cleaned(text: str, *cuts: int) -> str:
    out = CitationFilter(SOURCES)
    places = [0, *sorted(cuts), len(text)]
    pieces = [out.feed(text[start:end]) for start, end in zip(places, places[1:], strict=False)]
    return "".join(pieces) + out.finish()


CITATIONS = [
    ("It works [1].", f"It works {A}."),
    ("It works[1].", f"It works {A}."),
    ("It works [1, 2].", f"It works {A}, {B}."),
    ("It works [1; 2] and [2 and 4].", f"It works {A}, {B} and {B}, {D}."),
    ("It works [1][2].", f"It works {A} {B}."),
    ("It works [1-3].", f"It works {A}, {B}, {C}."),
    ("It works [1–3].", f"It works {A}, {B}, {C}."),
    ("It works 【2】.", f"It works {B}."),
    ("It works 【2†L1-L4】.", f"It works {B}."),
    ("方法有效【2】。", f"方法有效{B}。"),
    ("方法有效[1]。", f"方法有效{A}。"),
    ("方法有效［1］。", f"方法有效{A}。"),
    ("方法有效（来源 2）。", f"方法有效{B}。"),
    ("It works [^1].", f"It works {A}."),
    ("It works (source 2).", f"It works {B}."),
    ("It works (Sources 1 and 2).", f"It works {A}, {B}."),
    ("It works [source 2].", f"It works {B}."),
    (r"It works \[1\].", f"It works {A}."),
    ("It works [2512.21015].", f"It works {A}."),
    ("It works [2512.21015v2, 2].", f"It works {A}, {B}."),
    ("It works [arXiv:2512.21015].", f"It works {A}."),
    ("It works (arXiv:2512.21015).", f"It works {A}."),
    ("See arXiv:2512.21015v3 for more.", f"See {A} for more."),
    ("See arXiv: 2512.21015.", f"See {A}."),
    ("See 2512.21015.", f"See {A}."),
    ("See [cs/0112017].", f"See {C}."),
    ("See https://arxiv.org/abs/2512.21015v1.", f"See {A}."),
    ("See https://arxiv.org/pdf/2512.21015.pdf now", f"See {A} now"),
    ("See <https://arxiv.org/abs/2512.21015>.", f"See {A}."),
    ("See [2512.21015](https://arxiv.org/abs/2512.21015).", f"See {A}."),
    ("See [EditCtrl](https://arxiv.org/abs/2512.21015).", f"See EditCtrl {A}."),
    ("See [1](https://evil.example).", f"See {A}."),
    ("Look![1]", f"Look! {A}"),
    ("| a | [1] |", f"| a | {A} |"),
    ("**Bold** [1]\n\n- item [2]\n", f"**Bold** {A}\n\n- item {B}\n"),
]

INVENTED = [
    ("It works [0].", "It works."),
    ("It works [99].", "It works."),
    ("It works [1, 99].", f"It works {A}."),
    ("It works [5-9].", "It works."),
    ("It works [2-4000].", f"It works {B}."),
    ("It works [99] well.", "It works well."),
    ("It works [2599.12345].", "It works."),
    ("It works, see 2599.12345.", "It works, see."),
    ("It works, see arXiv:2599.12345 now.", "It works, see now."),
    ("It works (arXiv:2599.12345).", "It works."),
    ("See https://arxiv.org/abs/2599.12345 now.", "See now."),
    ("See [this](https://arxiv.org/abs/2599.12345).", "See this."),
    ("It is cs/9901001 here.", "It is cs here."),
    ("In `2599.12345` code", "In ` ` code"),
]

DANGEROUS = [
    ("a ![x](https://evil.example/a.png) b", "a x b"),
    ("a ![x][y] b", "a x b"),
    ('a <img src="https://evil.example/a.png"> b', "a b"),
    ("a <IMG SRC=x onerror=alert(1)//> b", "a b"),
    ("a <script>alert(1)</script> b", "a alert(1) b"),
    ("a [x](https://evil.example) b", "a x b"),
    ('a [x](https://evil.example "title") b', "a x b"),
    ("a [x](javascript:alert(1)) b", "a x b"),
    ("a [x](data:text/html;base64,AAAA) b", "a x b"),
    ("a [x][y] b\n\n[y]: https://evil.example", "a [x][y] b\n\n[y] : evil.example"),
    ("a <https://evil.example/x> b", "a evil.example/x b"),
    ("a https://evil.example/x b", "a evil.example/x b"),
    ("(see https://github.com/a/b)", "(see github.com/a/b)"),
    ("a HTTP://evil.example b", "a evil.example b"),
    ("a www.evil.example b", "a evil.example b"),
    ("a [![x](https://evil.example/a.png)](https://evil.example) b", "a [x] (evil.example) b"),
    ("a <!-- hidden --> b", "a b"),
    ("<details open><summary>s</summary>t</details>", "s t"),
    ("<think>secret [1]</think>\n\nIt works [1].", f"It works {A}."),
    ("<thinking>secret</thinking>It works.", "It works."),
    ("<reasoning>secret</reasoning>It works.", "It works."),
    ("It works. <think>secret that never ends [2]", "It works. "),
    ("It works.</think> More.", "It works. More."),
]

ASSEMBLED = [
    "hthttp://tp://evil.example",
    "ht[99]tp://evil.example",
    "http:[99]//evil.example",
    "http[99]://evil.example",
    "www[99].evil.example",
    "www[99].[99]evil.example",
    "<[99]img src=x>",
    "<[99]! x>",
    "< [99]img src=x>",
    "<<b>img src=x>",
    "<im<b>g src=x>",
    "![99][x](y)",
    "![1](https://evil.example/a.png)",
    "![x[99]](https://evil.example/a.png)",
    "[x[1]](https://evil.example)",
    "[x][99](https://evil.example)",
    "[x] [99](https://evil.example)",
    "2599[99].12345",
    "2599.[99]12345",
    "25[99]99.12345",
    "259<b>9.12345",
    "cs[99]/9901001",
    "java[99]script:alert(1)",
    "`<img src=x>`",
    r"\`<img src=x>\`",
    "$<img src=x>$",
    "`![x](https://evil.example)`",
    "`` `<img src=x> ``",
    "```\n<img src=x>\n```\n![x](https://evil.example)",
    "<img " + "x" * 400 + " src=https://evil.example>",
    "[" + "x" * 400 + "](https://evil.example)",
    "![" + "x" * 400 + "](https://evil.example)",
    "<a href='https://evil.example'>x</a>",
    "[x](<https://evil.example>)",
    "[x]( https://evil.example )",
    "[x\n](https://evil.example)",
    "[2512.21015](https://arxiv.org.evil.example/abs/2512.21015)",
    "https://arxiv.org@evil.example/abs/2512.21015",
    "https://evil.example/https://arxiv.org/abs/2512.21015",
]

KEPT = [
    "weights in [0, 1] are",
    "a value in the range [1, 2] or",
    "取值区间 [1, 2] 内",
    "the vector [0.5, 1.5] is",
    "the array [-1, 1] is",
    "[see below] and [a, b]",
    "maths $x_{[1]}$ and $$y_{[2]}$$ stay",
    r"maths \(x_{[1]}\) and \[y_{[2]} + 1\] stay",
    "code `x[1]` and ``y[2] ` z`` stay",
    "```python\nx[1] = y[2]\n```\n",
    "a < b and c <= 3 and p <0.05",
    "costs $5 (or $10) in (2024)",
    "3.14159 and 31415.92653 and 1,234.5678 and 2025.12.31",
    "and/or, data: we ship, e.g. this",
    "  - nested\n    - list  \n\n1. one",
    "Wow! (Really?) 【方法】 “quoted”",
    "它很好。（见下文）",
    "p = 0.05, 95% [CI: 0.1-0.2]",
]


@pytest.mark.parametrize(("text", "wanted"), CITATIONS + INVENTED + DANGEROUS)
def test_what_a_model_writes_becomes_this(text: str, wanted: str):
    assert cleaned(text) == wanted
    assert cleaned(text, *range(1, len(text))) == wanted


@pytest.mark.parametrize("text", KEPT)
def test_ordinary_text_is_left_alone(text: str):
    assert cleaned(text) == text
    assert cleaned(text, *range(1, len(text))) == text


def test_dollars_do_not_hide_a_citation():
    assert cleaned("It costs $5 [1] and $10 [2].") == f"It costs $5 {A} and $10 {B}."


def test_an_unclosed_backtick_does_not_hide_a_citation():
    assert cleaned("A ` stray tick [1].\n\nMore ` text.") == f"A ` stray tick {A}.\n\nMore ` text."


def require_harmless(out: str) -> None:
    """Only the links that are citations, no image, no tag, no id that is no source."""
    rest = re.sub(
        r"\[([^\]\s]+)\]\(https://arxiv\.org/abs/\1\)", lambda link: "¤" if link[1] in IDS.values() else "BAD", out
    )
    assert "BAD" not in rest
    assert not re.search(r"https?://|ftp://", rest, re.IGNORECASE), rest
    assert not re.search(r"www\.\w", rest, re.IGNORECASE), rest
    assert not re.search(r"\]\(|\]:", rest), rest
    assert not re.search(r"!\[|!¤", rest), rest
    assert not re.search(r"<[A-Za-z/!?]", rest), rest
    assert not re.search(r"(?:java|vb)script:", rest, re.IGNORECASE), rest
    ids = set(re.findall(r"(?<![0-9.])[0-9]{4}\.[0-9]{4,5}(?![0-9]|\.[0-9])", rest))
    assert ids <= set(IDS.values()), rest


@pytest.mark.parametrize("text", ASSEMBLED + [text for text, _ in DANGEROUS + INVENTED])
def test_nothing_dangerous_comes_out_whole_or_in_pieces(text: str):
    for cuts in ((), range(1, len(text)), range(2, len(text), 3)):
        require_harmless(cleaned(text, *cuts))


def test_cited_holds_each_paper_once_in_order():
    out = CitationFilter(SOURCES)
    out.feed("B [2], A [1], B [2], nothing [7], <think>[4]</think> C (arXiv:cs/0112017).")
    out.finish()
    assert out.cited == ["2512.11464", "2512.21015", "cs/0112017"]


def test_zero_is_not_the_last_source():
    out = CitationFilter(SOURCES)
    assert out.feed("x [0] y [-1] z") + out.finish() == "x y [-1] z"
    assert out.cited == []


def test_text_comes_out_as_it_arrives():
    out = CitationFilter(SOURCES)
    assert out.feed("It works well [1]. And") == f"It works well {A}. And"


ALPHABET = [
    *"[]()!<>/`$\\.,: \n019avx【】†^-",
    "[1]",
    "[99]",
    "(source 2)",
    "2512.21015",
    "2599.12345",
    "12345",
    "2599.",
]
ALPHABET += [
    "arXiv:",
    "http://",
    "https://arxiv.org/abs/",
    "www.",
    "evil.example",
    "javascript:",
    "<think>",
    "</think>",
]
ALPHABET += [
    "<img ",
    "src=x",
    "![",
    "](",
    "]:",
    "```",
    "\n```",
    "$$",
    r"\(",
    r"\)",
    "range ",
    "cs/",
    "0112017",
    "方法",
    "x" * 299,
]
TEXTS = st.lists(st.sampled_from(ALPHABET), max_size=40).map("".join) | st.text(max_size=60)


@given(TEXTS, st.data())
@settings(max_examples=1500, deadline=None)
def test_however_a_text_is_cut_the_output_is_the_same_and_harmless(text: str, data: st.DataObject):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=12))
    whole = cleaned(text)
    assert cleaned(text, *cuts) == whole
    assert cleaned(text, *range(1, len(text))) == whole
    require_harmless(whole)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_no_more_than_the_hold_waits(text: str):
    out = CitationFilter(SOURCES)
    for letter in text:
        out.feed(letter)
        assert len(out._rest) <= HOLD


@pytest.mark.parametrize(
    "unit",
    [
        "word ",
        "[",
        "(",
        "<",
        "`",
        "$",
        "![",
        "[x](y) ",
        "[1] ",
        "<b>",
        "<think>",
        "1",
        " ",
        "\\(",
        "http://",
        "a r h w ",
    ],
)
def test_a_megabyte_takes_seconds_whatever_it_is(unit: str):
    text = unit * (200_000 // len(unit))
    start = time.perf_counter()
    cleaned(text, *range(0, len(text), 1000))
    assert time.perf_counter() - start < 4
