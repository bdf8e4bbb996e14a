from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import pytest

from ingest.digest import read_digest
from ingest.paper import Appearance, Section, Summary

ENTRY = """### [1] [Cranes that fold themselves](https://arxiv.org/abs/2511.01234)
*Ada Vogel,Bo Lin*

Main category: cs.RO

TL;DR: A crane of paper folds itself.


<details>
  <summary>Details</summary>
Motivation: Folding by hand is slow.

Method: Heat is led along the creases.

Result: Nine in ten cranes fly.

Conclusion: Paper may fold itself.

Abstract: We fold cranes. They fly.

</details>


"""
PAGE = "<div id=toc></div>\n\n# Table of Contents\n\n- [cs.RO](#cs.RO) [Total: 1]\n\n\n# cs.RO [[Back]](#toc)\n\n"
OTHER = ENTRY.replace("[1]", "[2]").replace("2511.01234", "2511.05678").replace("Cranes", "Boats")
SHARED = Path(__file__).parents[2] / "../shared/data/digests"


def read_one(text, name="day.md"):
    digest = read_digest(text, name)
    assert digest.unreadable == ()
    assert len(digest.papers) == 1
    return digest.papers[0]


def record(**changes):
    fields = {
        "id": "2511.01234v2",
        "title": "Cranes that fold\n  themselves",
        "authors": ["Ada Vogel", "Bo Lin"],
        "categories": ["cs.RO", "cs.CV"],
        "summary": "We fold cranes which\nfly.\n  They land.",
        "comment": None,
        "AI": {"tldr": "纸鹤会自己折叠。", "motivation": "", "method": "m", "result": "r", "conclusion": "c"},
    }
    return json.dumps({**fields, **changes}, ensure_ascii=False)


def test_every_field_of_an_entry_is_read():
    digest = read_digest(PAGE + ENTRY, "2026-02-06.md")
    (paper,) = digest.papers
    assert (digest.name, digest.day, digest.unreadable, digest.placeholders) == (
        "2026-02-06.md",
        date(2026, 2, 6),
        (),
        0,
    )
    assert (paper.arxiv_id, paper.title) == ("2511.01234", "Cranes that fold themselves")
    assert paper.authors == ("Ada Vogel", "Bo Lin")
    assert (paper.primary_category, paper.categories) == ("cs.RO", ("cs.RO",))
    assert paper.abstract == "We fold cranes. They fly."
    assert paper.summary == Summary(
        "A crane of paper folds itself.",
        "Folding by hand is slow.",
        "Heat is led along the creases.",
        "Nine in ten cranes fly.",
        "Paper may fold itself.",
    )
    assert paper.appearances == (Appearance("2026-02-06.md", date(2026, 2, 6), 1),)


@pytest.mark.parametrize(
    ("address", "arxiv_id"),
    [
        ("https://arxiv.org/abs/2511.01234v3", "2511.01234"),
        ("http://arxiv.org/abs/0704.0001", "0704.0001"),
        ("https://www.arxiv.org/pdf/2511.01234v1.pdf", "2511.01234"),
        ("https://arxiv.org/abs/cs/0112017v1", "cs/0112017"),
        ("http://arxiv.org/abs/math.GT/0309136", "math.GT/0309136"),
        ("https://arxiv.org/abs/2511.01234?context=cs", "2511.01234"),
    ],
)
def test_ids_of_both_styles_lose_their_version(address, arxiv_id):
    assert read_one(ENTRY.replace("https://arxiv.org/abs/2511.01234", address)).arxiv_id == arxiv_id


@pytest.mark.parametrize(
    "title", ["[Re] Cranes [v2]", "On [a](b) and ](c)", "A](https://arxiv.org/abs/1", "折纸：（一）【二】"]
)
def test_a_title_may_hold_brackets(title):
    assert read_one(ENTRY.replace("Cranes that fold themselves", title)).title == title


def test_a_field_may_run_over_several_lines():
    entry = ENTRY.replace("led along the creases.", "led:\n1. along creases\n2. and\n\n   edges.")
    assert read_one(entry).summary.method == "Heat is led:\n1. along creases\n2. and\nedges."


def test_an_abstract_keeps_its_paragraphs_but_not_the_breaks_of_its_lines():
    entry = ENTRY.replace("We fold cranes. They fly.", "We fold $x$\ncranes.\n  They fly.\n- one\n- two")
    assert read_one(entry).abstract == "We fold $x$ cranes.\nThey fly.\n- one\n- two"


def test_lines_of_an_abstract_that_look_like_labels_stay_in_it():
    structured = "Cranes.\nMethod: we fold.\n\nResult: they fly.\nConclusion: good."
    paper = read_one(ENTRY.replace("We fold cranes. They fly.", structured))
    assert paper.abstract == "Cranes. Method: we fold.\nResult: they fly. Conclusion: good."
    assert (paper.summary.method, paper.summary.result) == ("Heat is led along the creases.", "Nine in ten cranes fly.")


def test_a_structured_abstract_does_not_fill_missing_fields():
    entry = ENTRY.replace("Method: Heat is led along the creases.\n\n", "").replace("They fly.", "\nMethod: we fold.")
    paper = read_one(entry)
    assert (paper.summary.method, paper.abstract) == ("", "We fold cranes. Method: we fold.")


def test_labels_may_come_in_any_order():
    head, rest = ENTRY.split("Motivation: ", 1)
    motivation, rest = rest.split("\n\n", 1)
    body, end = rest.split("\n\n</details>", 1)
    paper = read_one(f"{head}{body}\n\nMotivation: {motivation}\n\n</details>{end}")
    assert (paper.summary.motivation, paper.abstract) == ("Folding by hand is slow.", "We fold cranes. They fly.")


def test_labels_need_no_empty_lines_between_them():
    assert read_one(ENTRY.replace("\n\n", "\n")) == read_one(ENTRY)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("*Ada Vogel,Bo Lin*\n", {"authors": ()}),
        ("Main category: cs.RO\n", {"categories": ("cs.RO",)}),  # from the heading above
        ("</details>\n", {"abstract": "We fold cranes. They fly."}),
        ("<details>\n", {"abstract": "We fold cranes. They fly."}),
        ("Abstract: We fold cranes. They fly.\n", {"abstract": ""}),
        ("TL;DR: A crane of paper folds itself.\n", {"abstract": "We fold cranes. They fly."}),
    ],
)
def test_an_entry_without_one_of_its_lines_is_still_read(line, expected):
    digest = read_digest(PAGE + ENTRY.replace(line, "") + OTHER, "day.md")
    whole = read_digest(PAGE + ENTRY + OTHER, "day.md")
    assert digest.unreadable == ()
    assert {name: getattr(digest.papers[0], name) for name in expected} == expected
    assert digest.papers[0].summary.tldr in ("", "A crane of paper folds itself.")
    assert digest.papers[1] == whole.papers[1]


def test_text_after_the_end_of_an_entry_belongs_to_no_paper():
    stray = "Method: of nobody\n\n[7] Abstract: nobody's\n\n"
    entry = ENTRY.replace("Method: Heat is led along the creases.\n\n", "")
    assert read_one(entry + stray) == read_one(entry)


@pytest.mark.parametrize(
    "head",
    [
        "### a title",
        "### [2] [Boats](https://example.org/abs/2511.05678)",
        "### [2] [Boats](https://arxiv.org/abs/2513.05678)",
        "### [2] [](https://arxiv.org/abs/2511.05678)",
        "### [2] [Boats](https://arxiv.org/abs/2511.05678",
        "[2] [Boats](https://arxiv.org/abs/2511.05678)",
        "##! [2] [Boats](https://arxiv.org/abs/2511.05678)",
    ],
)
@pytest.mark.parametrize("end", ["</details>", ""])
def test_a_malformed_head_is_told_with_its_line_and_its_body_given_to_nobody(head, end):
    broken = OTHER.replace(OTHER.partition("\n")[0], head)
    before, after = ENTRY.replace("</details>", end), ENTRY.replace("01234", "09999")
    digest = read_digest(before + broken + after, "2026-02-06.md")
    line = before.count("\n") + 1
    expected = "expected `### [n] [title](https://arxiv.org/abs/<id>)`"
    assert digest.unreadable == (f"2026-02-06.md:{line}: {expected}, got {head!r}",)
    assert [paper.arxiv_id for paper in digest.papers] == ["2511.01234", "2511.09999"]
    assert digest.papers[0].abstract == "We fold cranes. They fly."
    assert [paper.appearances[0].position for paper in digest.papers] == [1, 3]


def test_an_entry_with_neither_abstract_nor_summary_is_unreadable():
    digest = read_digest(ENTRY + OTHER.partition("TL;DR")[0], "day.md")
    assert [paper.arxiv_id for paper in digest.papers] == ["2511.01234"]
    assert digest.unreadable == (
        f"day.md:{ENTRY.count(chr(10)) + 1}: expected an abstract or a summary of 2511.05678, got neither",
    )


def test_an_entry_cut_off_before_its_abstract_is_kept_by_its_summary():
    paper = read_one(ENTRY.partition("Method: Heat")[0])
    assert (paper.summary.tldr, paper.abstract) == ("A crane of paper folds itself.", "")


@pytest.mark.parametrize(
    "words",
    [
        "Summary generation failed",
        "Motivation analysis unavailable",
        "Method extraction failed",
        "Result analysis unavailable",
        "Conclusion extraction failed",
        "Processing failed",
        "Error",
        "This content has not passed the compliance test and has been hidden.",
        "摘要生成失败",
        "方法提取失败。",
        "结果分析不可用",
        "该内容未通过合规性检测，已被隐藏。",
    ],
)
def test_a_placeholder_is_dropped_and_counted(words):
    digest = read_digest(ENTRY.replace("Heat is led along the creases.", words) + OTHER, "day.md")
    assert [paper.summary.method for paper in digest.papers] == ["", "Heat is led along the creases."]
    assert digest.papers[0].summary.tldr == "A crane of paper folds itself."
    assert digest.placeholders == 1


@pytest.mark.parametrize(
    "words", ["Error analysis of failed cranes.", "VLM 在守恒任务上系统性失败", "Processing failed cranes"]
)
def test_words_about_failure_are_no_placeholder(words):
    digest = read_digest(ENTRY.replace("Heat is led along the creases.", words), "day.md")
    assert (digest.papers[0].summary.method, digest.placeholders) == (words, 0)


def test_a_paper_repeated_in_one_file_is_one_paper_with_the_fuller_summary():
    poor = ENTRY.replace("Nine in ten cranes fly.", "Result analysis unavailable")
    for pair in (poor + ENTRY, ENTRY + poor):
        digest = read_digest(pair + OTHER, "day.md")
        assert [paper.appearances[0].position for paper in digest.papers] == [1, 3]
        assert digest.papers[0].summary.result == "Nine in ten cranes fly."
        assert (digest.repeats, digest.placeholders) == (1, 0)


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("2-9Ã\x97 faster, TÃ¶rtei, $Î³$", "2-9× faster, Törtei, $γ$"),
        ("3.76Ã faster", "3.76× faster"),
        ("åº”ç”¨ of cranes", "应用 of cranes"),
        ("a\x00b\x1b[31mc\ufeff", "abc"),
        ("lone \ud800 half", "lone \ufffd half"),
    ],
)
def test_mojibake_is_mended_wherever_it_stands(broken, mended):
    entry = ENTRY.replace("We fold cranes.", broken).replace("Ada Vogel", "JosÃ© Vogel").replace("Heat", broken)
    paper = read_one(entry)
    assert paper.abstract == f"{mended} They fly."
    assert paper.summary.method == f"{mended} is led along the creases."
    assert paper.authors[0] == "José Vogel"


@pytest.mark.parametrize(
    "text",
    [
        "折纸（“纸鹤”）：一，二；三……——【四】《五》！？",
        "ＡＢＣ１２３　全角",
        "$\\alpha_{i} \\leq \\hat{x}$ ﬁne \\\"o \\'{e} ~ &lt;b&gt; &amp; x<y",
        "Café naïve façade Đặng São Ærø Ã",
        "It’s “so” – 1–2 — ½ ² ™ … 5 µm",
    ],
)
def test_mending_leaves_good_text_alone(text):
    assert read_one(ENTRY.replace("We fold cranes. They fly.", text)).abstract == text


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        (r"94\% of \textbf{all} cranes", "94% of all cranes"),
        (r"\emph{so} \textit{it} \texttt{flies} \underline{far} \textsc{Off}", "so it flies far Off"),
        (r"\textbf{very \emph{small} cranes}", "very small cranes"),
        (r"\textbf {both}", "both"),
        ("``good'' and ``better''", "“good” and “better”"),
        (r"``\emph{good}''", "“good”"),
        (r"R\&D of item\_1 \#2", "R&D of item_1 #2"),
    ],
)
def test_tex_marks_for_type_are_printed_in_every_field(written, printed):
    paper = read_one(ENTRY.replace("We fold cranes.", written).replace("Heat", written))
    assert paper.abstract == f"{printed} They fly."
    assert paper.summary.method == f"{printed} is led along the creases."
    title = read_one(ENTRY.replace("Cranes that fold themselves", written)).title
    assert title == printed


@pytest.mark.parametrize(
    "text",
    [
        r"$\textbf{x} = 5\%$ holds",
        r"\(\mathbf{a}_\text{b} \emph{c}\) holds",
        r"\[\emph{a} \& b\] holds",
        r"\frac{a}{b} and \cite{crane} and \unknown{x}",
        r"\emph{never closed",
        "``never closed",
        "`code' and ``` fences",
        "back\\slash",
    ],
)
def test_formulas_and_other_tex_stay_as_they_are(text):
    assert read_one(ENTRY.replace("We fold cranes. They fly.", text)).abstract == text


def test_what_stands_between_two_formulas_or_prices_is_printed():
    entry = ENTRY.replace("We fold cranes.", r"$\emph{a}$ \emph{b} $c\%$ 9\%. From \$5 \emph{to} 9\% of \$7.")
    assert read_one(entry).abstract == r"$\emph{a}$ b $c\%$ 9%. From \$5 to 9% of \$7. They fly."


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2026-02-06.md", date(2026, 2, 6)),
        ("20260206", date(2026, 2, 6)),
        ("digests/2026_02_06.txt", date(2026, 2, 6)),
        ("2026-02-06_AI_enhanced_Chinese.jsonl", date(2026, 2, 6)),
        ("https://example.org/data/2026-02-06.md?raw=1", date(2026, 2, 6)),
        ("2026-02-30.md", None),
        ("2026-02-30 of 2026-03-01.md", date(2026, 3, 1)),
        ("000_b44baac20260206e4.txt", None),
        ("1202602061.md", None),
        ("2026-02-06/notes.md", None),
        ("", None),
    ],
)
def test_the_day_is_the_one_in_the_name(name, day):
    assert read_digest(ENTRY, name).day == day


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    assert read_one("\ufeff" + ENTRY.replace("\n", "\r\n")) == read_one(ENTRY)


@pytest.mark.parametrize("text", ["", "  \n", "<!DOCTYPE html>\n<p>404</p>", "# Notes\n\nnothing here"])
def test_a_text_that_is_no_digest_is_told(text):
    digest = read_digest(text, "notes.md")
    assert digest.papers == ()
    assert digest.unreadable[0].startswith("notes.md:1: expected entries `### [n] [title]")


def test_a_day_without_papers_is_no_error():
    assert read_digest(PAGE, "day.md").unreadable == ()


def test_a_line_of_json_is_a_paper():
    digest = read_digest(record() + "\n", "2026-02-06_AI_enhanced_Chinese.jsonl")
    (paper,) = digest.papers
    assert (paper.arxiv_id, paper.title) == ("2511.01234", "Cranes that fold themselves")
    assert (paper.authors, paper.categories) == (("Ada Vogel", "Bo Lin"), ("cs.RO", "cs.CV"))
    assert paper.abstract == "We fold cranes which fly.\nThey land."
    assert paper.summary == Summary("纸鹤会自己折叠。", "", "m", "r", "c")
    assert paper.appearances == (Appearance(digest.name, date(2026, 2, 6), 1),)


@pytest.mark.parametrize("name", ["day.jsonl", "day.txt", "stdin"])
def test_a_broken_line_of_json_costs_only_itself(name):
    lines = [
        record(),
        record(id="2511.00002")[:-40],
        "[" * 100_000,
        record(id=7),
        record(id="x"),
        record(id="2511.00003"),
    ]
    digest = read_digest("\n\n".join(lines), name)
    assert [paper.arxiv_id for paper in digest.papers] == ["2511.01234", "2511.00003"]
    assert [message.split(": ")[0] for message in digest.unreadable] == [f"{name}:{line}" for line in (3, 5, 7, 9)]
    assert "expected a JSON object with `id`, `title` and `summary`, got '{" in digest.unreadable[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"AI": None},
        {"AI": "Error"},
        {"AI": {"tldr": None, "method": {"a": 1}}},
        {"authors": None, "AI": {}},
        {"authors": "Ada Vogel,Bo Lin", "AI": {}},
        {"categories": [1, "cs.RO", "no category"], "AI": {}},
    ],
)
def test_untrusted_json_of_a_wrong_shape_is_kept_by_what_is_right(changes):
    paper = read_one(record(**changes), "day.jsonl")
    assert paper.abstract == "We fold cranes which fly.\nThey land."
    assert not paper.summary
    assert paper.authors in ((), ("Ada Vogel", "Bo Lin"))
    assert paper.primary_category == "cs.RO"


def test_a_placeholder_in_json_is_counted_too():
    digest = read_digest(record(AI={"tldr": "Summary generation failed", "method": "m"}), "day.jsonl")
    assert (digest.papers[0].summary, digest.placeholders) == (Summary(method="m"), 1)


@pytest.mark.parametrize(
    "garbage",
    [
        "### [1] [" + "](https://arxiv.org/abs/" * 200_000,
        "### [1] [" + "](" * 2_500_000,
        "### [1] [t" + " " * 5_000_000,
        "[1] [" * 1_000_000,
        "### x\n" * 400_000,
        "\n" * 2_500_000,
        ENTRY.partition("Abstract:")[0] + "Abstract: " + "Ã©â€œ " * 800_000,
        ENTRY.partition("Abstract:")[0] + "Abstract: " + " \n" * 2_500_000,
        ENTRY.replace("Bo Lin", "a," * 2_500_000),
        "{" * 5_000_000,
        ENTRY.partition("Abstract:")[0] + "Abstract: " + "\\emph{" * 800_000,
        ENTRY.partition("Abstract:")[0] + "Abstract: " + "``a'" * 1_200_000,
        ENTRY.partition("Abstract:")[0] + "Abstract: " + "$\\(" * 1_500_000,
        "### [1] [t](https://arxiv.org/abs/" + "a-" * 2_500_000,
    ],
    ids=lambda text: text[:12].strip() or "blank",
)
def test_five_megabytes_of_garbage_are_read_in_two_seconds(garbage):
    start = time.process_time()
    read_digest(garbage, "day.md")
    assert time.process_time() - start < 2


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real digests in ../shared/data/digests are not here")
def test_the_real_digests_hold_574_papers_and_nothing_unreadable():
    digests = [read_digest(path.read_text("utf-8"), path.name) for path in sorted(SHARED.iterdir())]
    papers = [paper for digest in digests for paper in digest.papers]
    assert len({paper.arxiv_id for paper in papers}) == len(papers) == 574
    assert [message for digest in digests for message in digest.unreadable] == []
    assert all(paper.text(section) for paper in papers for section in Section)
    assert all(paper.authors and paper.primary_category for paper in papers)
