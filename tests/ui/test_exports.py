"""Exports read back: by a strict reader of each format, over papers whose every field is as hostile as it gets."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from stand_ins import HOSTILE, hostile_paper

from assistant.answer import Answer, Claim, Conversation, Evidence, Hit, Query, Searched, Support, Turn, Wants, Why
from ingest.paper import Filters, Language, Paper, Section, Summary
from ui.exports import (
    Format,
    bibtex,
    bibtex_key,
    cited_papers,
    content_disposition,
    export,
    file_name,
    ris,
    table,
    tex,
)
from ui.strings import CHINESE, ENGLISH

DEPTH = Paper(
    "2501.00010",
    "DepthNet: 100% Better & Cheaper at $\\mathcal{O}(n^2)$ Cost",
    ("Laurens van der Berg", "Zoë O'Neil Jr.", "李雷", "The CAVE Collaboration", "Ann and Bob Lab"),
    "cs.CV",
    ("cs.CV", "cs.RO"),
    "We estimate depth.\nIt costs $5 and $10.",
    Summary(tldr="=2+3 dollars", method="They look twice."),
)
OLD = Paper("hep-th/9711200", "The Large N Limit", ("Ada Stone",), "hep-th", ("hep-th",), "An abstract.")
HOSTILE_PAPER = replace(
    hostile_paper(),
    title=" ".join(HOSTILE) + " } unbalanced \\ & % # _ ^ ~ { {",
    authors=("=cmd|' /C calc'!A1", "@SUM(1+1)*cmd", "} author = {evil", 'A; =1+1"', "x\r\nER  - \r\nTY  - JOUR"),
    categories=("cs.CV",),
)
ALL = [DEPTH, OLD, HOSTILE_PAPER]


def turn(question: str, *papers: Paper, text: str = "", cites: tuple[str, ...] = ()) -> Turn:
    claims = tuple(Claim(p.title, (_evidence(p),), Support.QUOTED) for p in papers)
    hits = tuple(Hit(p, 1.0, n, 0.9, Why()) for n, p in enumerate(papers, 1))
    said = text or "\n".join(f"- {p.abstract} [{p.arxiv_id}]({p.url})" for p in papers)
    ids = cites or tuple(p.arxiv_id for p in papers)
    query = Query(question, question, Wants.SURVEY, Language.ENGLISH, Filters())
    searched = Searched(3, 3, "2025-01-01", "2025-01-02", 0.01)
    return Turn(question, Answer(said, claims, ids, hits, query, searched, False, "extractive", {"total": 0.1}))


def _evidence(paper: Paper) -> Evidence:
    return Evidence(paper.arxiv_id, Section.ABSTRACT, paper.abstract, 0, len(paper.abstract), 0.9)


def conversation(*turns: Turn) -> Conversation:
    return Conversation("c", "Title", turns)


# --- what is cited


def test_papers_come_once_in_the_order_cited_with_their_sentences_and_questions():
    talk = conversation(turn("First?", OLD), turn("Second?", DEPTH, OLD))
    cited = cited_papers(talk, {})
    assert [one.paper for one in cited] == [OLD, DEPTH]
    assert cited[0].questions == ("First?", "Second?")
    assert cited[0].sentences == ("An abstract.",)


def test_a_cited_paper_that_the_conversation_does_not_hold_comes_from_the_library_or_is_left_out():
    talk = conversation(turn("First?", OLD, cites=(OLD.arxiv_id, DEPTH.arxiv_id, "2501.99999")))
    assert [one.paper for one in cited_papers(talk, {DEPTH.arxiv_id: DEPTH})] == [OLD, DEPTH]
    assert [one.paper for one in cited_papers(talk, {})] == [OLD]


# --- Markdown


def rendered(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).render(text)


def test_markdown_has_title_day_questions_answers_and_papers_with_their_sentences():
    text = export(Format.MARKDOWN, conversation(turn("Which * one?", OLD)), "On # depth", "2025-02-03", {}, ENGLISH)
    html = rendered(text)
    assert "<h1>On # depth</h1>" in html
    assert "2025-02-03" in html
    assert "<h2>Which * one?</h2>" in html
    assert '<li>An abstract. <a href="https://arxiv.org/abs/hep-th/9711200">hep-th/9711200</a></li>' in html
    assert f"<h2>{ENGLISH.keeping_cited}</h2>" in html
    assert '<h3><a href="https://arxiv.org/abs/hep-th/9711200">The Large N Limit</a></h3>' in html
    assert "Ada Stone" in html
    assert "<blockquote>\n<p>An abstract.</p>" in html


def test_markdown_speaks_the_language_of_the_page():
    text = export(Format.MARKDOWN, conversation(turn("深度？", OLD)), "深度", "2025-02-03", {}, CHINESE)
    assert text.startswith("# 深度\n\n2025-02-03 · 论文速递助手 · 问题数：1\n")
    assert CHINESE.keeping_cited in text


def test_a_conversation_without_citations_has_no_list_of_papers():
    talk = conversation(turn("Hello?", text="Good day."))
    assert ENGLISH.keeping_cited not in export(Format.MARKDOWN, talk, "Hello", "2025-02-03", {}, ENGLISH)
    assert export(Format.BIBTEX, talk, "Hello", "2025-02-03", {}, ENGLISH) == ""
    assert export(Format.RIS, talk, "Hello", "2025-02-03", {}, ENGLISH) == ""


def test_hostile_text_becomes_no_image_no_html_and_no_link_elsewhere():
    talk = conversation(turn("\n\n".join(HOSTILE), HOSTILE_PAPER, text="\n\n".join(HOSTILE)))
    html = rendered(export(Format.MARKDOWN, talk, " ".join(HOSTILE), "2025-02-03", {}, ENGLISH))
    assert set(re.findall(r"<(/?[a-z][a-z0-9]*)", html)) <= {
        *("h1", "/h1", "h2", "/h2", "h3", "/h3", "p", "/p", "a", "/a", "blockquote", "/blockquote", "em", "/em"),
        *("strong", "/strong", "ul", "/ul", "li", "/li", "code", "/code"),
    }
    assert {address.split("/abs/")[0] for address in re.findall(r'href="([^"]*)"', html)} == {"https://arxiv.org"}
    for n in range(1, 14):
        assert f"seen-{n}" in html


def test_formulas_of_titles_and_answers_stay_as_they_are():
    talk = conversation(turn("Why $x_1 < y^2$?", DEPTH, text="It is $a_1 < b_2$ and \\(c*d\\), not a*b* <i>."))
    text = export(Format.MARKDOWN, talk, "T", "2025-02-03", {}, ENGLISH)
    assert "## Why $x_1 < y^2$?" in text
    assert "It is $a_1 < b_2$ and \\(c*d\\), not a*b* \\<i>." in text
    assert "$\\mathcal{O}(n^2)$" in text


# --- BibTeX


def read_bibtex(text: str) -> dict[str, dict[str, str]]:
    """Entries by key. Refuses what BibTeX would: braces that do not balance, keys with other signs, doubled fields."""
    entries: dict[str, dict[str, str]] = {}
    at = 0
    while match := re.compile(r"\s*@misc\{([A-Za-z0-9.:-]+),\n").match(text, at):
        fields, at = {}, match.end()
        while field := re.compile(r"  (\w+) = ").match(text, at):
            value, at = _bibtex_value(text, field.end())
            assert field[1] not in fields
            fields[field[1]] = value
            assert text[at : at + 2] == ",\n"
            at += 2
        assert text[at : at + 2] == "}\n"
        at += 2
        assert match[1] not in entries
        entries[match[1]] = fields
    assert not text[at:].strip(), text[at : at + 80]
    return entries


def _bibtex_value(text: str, at: int) -> tuple[str, int]:
    if macro := re.compile(r"[a-z]{3}(?=,)").match(text, at):
        return macro[0], macro.end()
    assert text[at] == "{"
    depth, end = 1, at + 1
    while depth:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[at + 1 : end - 1], end


def test_bibtex_reads_back_with_the_fields_that_arxiv_gives():
    entry = read_bibtex(bibtex([DEPTH]))["vanderberg2025depthnet-2501.00010"]
    assert entry == {
        "title": r"{DepthNet}: 100\% Better \& Cheaper at $\mathcal{O}(n^2)$ Cost",
        "author": "Laurens van der Berg and Zoë O'Neil Jr. and 李雷 and {The CAVE Collaboration} and {Ann and Bob Lab}",
        "year": "2025",
        "month": "jan",
        "eprint": "2501.00010",
        "archivePrefix": "arXiv",
        "primaryClass": "cs.CV",
        "url": "https://arxiv.org/abs/2501.00010",
    }
    assert read_bibtex(bibtex([OLD]))["stone1997large-hep-th-9711200"]["eprint"] == "hep-th/9711200"


def test_bibtex_of_hostile_papers_reads_back_whole():
    entries = read_bibtex(bibtex(ALL))
    assert len(entries) == 3
    assert all(set(entry) >= {"title", "author", "eprint", "url"} for entry in entries.values())
    hostile = entries[bibtex_key(HOSTILE_PAPER)]
    outside_formulas = re.sub(r"\$[^$]*\$", "", hostile["title"].replace(r"\$", ""))
    assert not re.search(r"(?<!\\)[&%#_$^~<>]", outside_formulas)
    assert len(hostile["author"].split(" and ")) == 5


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a_b & 5% of #1 {x}", r"a\_b \& 5\% of \#1 \textbraceleft{}x\textbraceright{}"),
        (r"C:\dir ~ a^b", r"C:\textbackslash{}dir \textasciitilde{} a\textasciicircum{}b"),
        ("for $5 and $10", r"for \$5 and \$10"),
        ("bound $x_{1}$ of GPT-4", r"bound $x_{1}$ of {GPT}-4"),
        ("broken $x_{1$ of", r"broken \$x\_\textbraceleft{}1\$ of"),
        (r"$\input{/etc/passwd}$ $^^5cinput{x}$", None),
        ("深度 CLIP模型", "深度 {CLIP模型}"),
        ("Vision-Language A ViT", "Vision-Language A {ViT}"),
    ],
)
def test_signs_of_tex_are_escaped_outside_formulas_and_inner_capitals_kept(text: str, source: str | None):
    assert tex(text) == source if source else "$" not in tex(text).replace(r"\$", "")


def test_a_paper_has_the_same_key_in_every_file_and_no_two_papers_share_one():
    twin = replace(DEPTH, arxiv_id="2501.00011")
    together, alone = read_bibtex(bibtex([twin, DEPTH])), read_bibtex(bibtex([DEPTH]))
    assert len(together) == 2
    assert set(alone) < set(together)


@pytest.mark.parametrize("authors", [(), (":",), ("李雷",)])
def test_papers_without_names_in_latin_letters_have_keys_too(authors: tuple[str, ...]):
    entry = read_bibtex(bibtex([replace(DEPTH, authors=authors)]))["2025depthnet-2501.00010"]
    assert entry.get("author", "") == ("李雷" if authors == ("李雷",) else "")


# --- RIS


def read_ris(text: str) -> list[list[tuple[str, str]]]:
    """Records as tags with values. Refuses lines that are no tag, other line ends and records that do not end."""
    records: list[list[tuple[str, str]]] = []
    assert text.count("\r\n") == text.count("\n") == text.count("\r")
    for line in text.split("\r\n")[:-1]:
        match = re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line)
        assert match, line
        if match[1] == "TY":
            records.append([])
        records[-1].append((match[1], match[2]))
    assert all(record[-1] == ("ER", "") for record in records)
    assert all([tag for tag, _ in record].count("ER") == 1 for record in records)
    return records


def test_ris_reads_back_with_names_turned_round():
    assert read_ris(ris([DEPTH])) == [
        [
            ("TY", "UNPB"),
            ("TI", DEPTH.title),
            ("AU", "van der Berg, Laurens"),
            ("AU", "O'Neil, Zoë, Jr."),
            ("AU", "李雷"),
            ("AU", "The CAVE Collaboration"),
            ("AU", "Ann and Bob Lab"),
            ("PY", "2025"),
            ("DA", "2025/01//"),
            ("AB", "We estimate depth. It costs $5 and $10."),
            ("KW", "cs.CV"),
            ("KW", "cs.RO"),
            ("PB", "arXiv"),
            ("AN", "arXiv:2501.00010"),
            ("DO", "10.48550/arXiv.2501.00010"),
            ("UR", "https://arxiv.org/abs/2501.00010"),
            ("ER", ""),
        ]
    ]


def test_ris_of_hostile_papers_has_one_record_each():
    records = read_ris(ris(ALL))
    assert [dict(record)["AN"] for record in records] == [f"arXiv:{paper.arxiv_id}" for paper in ALL]
    assert not any("*" in value for record in records for tag, value in record if tag == "AU")


# --- CSV


def read_csv(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


def test_csv_reads_back_in_utf_8_with_ids_that_keep_their_last_zero():
    (row,) = read_csv(table(cited_papers(conversation(turn("深度？", DEPTH)), {})))
    assert row["arxiv_id"] == "arXiv:2501.00010"
    assert row["title"] == DEPTH.title
    assert row["authors"].split("; ") == list(DEPTH.authors)
    assert (row["month"], row["category"], row["categories"]) == ("2025-01", "cs.CV", "cs.CV; cs.RO")
    assert row["tldr"] == "'=2+3 dollars"
    assert row["evidence"] == "We estimate depth. It costs $5 and $10."
    assert row["asked"] == "深度？"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_a_formula_however_a_spreadsheet_parts_the_cells(delimiter: str):
    talk = conversation(turn("=HYPERLINK(1)", *ALL), turn("\t+1;-2;  =3\n@x", *ALL), turn("＝1;＠2", *ALL))
    text = table(cited_papers(talk, {}))
    rows = list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=delimiter))
    cells = [line for row in rows for cell in row for line in cell.split("\n")]
    assert len(cells) > 8
    assert [cell for cell in cells if re.match(r"[\s\"]*[=+\-@＝＋－＠]", cell)] == []


# --- the name of the file


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Which papers use CLIP?", "Which papers use CLIP.md"),
        ("哪些论文用扩散模型？", "哪些论文用扩散模型？.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ('a"b\r\nX: y', "a b X y.md"),
        ("CON", "conversation.md"),
        ("???", "conversation.md"),
        ("\u202egpj.exe", "gpj.exe.md"),
        ("x" * 300, "x" * 60 + ".md"),
    ],
)
def test_a_title_becomes_a_file_name_that_every_system_takes(title: str, name: str):
    assert file_name(title, Format.MARKDOWN) == name
    header = content_disposition(name)
    assert header.isascii()
    assert "\n" not in header
    assert unquote(header.split("filename*=UTF-8''")[1]) == name
    assert re.match(r'attachment; filename="[\w .()-]+"; filename\*=', header)
