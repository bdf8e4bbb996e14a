"""Names in questions: of people, and of papers by what people call them."""

from __future__ import annotations

import pytest

from assistant.lexical import LexicalIndex
from assistant.names import Names, fold
from tests.assistant.shelf_of_papers import EDITING, GRAPHS, PAPERS, WEATHER, paper

AUTHORS = dict.fromkeys((name for held in PAPERS for name in held.authors), 1)
LEXICAL = LexicalIndex(PAPERS)
NAMES = Names(PAPERS, AUTHORS, LEXICAL)


def test_folding_keeps_letters_and_digits_only() -> None:
    assert fold("Yu-Lun  LIU") == fold("yulun liu") == "yulunliu"
    assert fold("Zoë Müller-Lüdenscheidt") == "zoemullerludenscheidt"
    assert fold("…") == ""


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("papers by Ada Stone", "Ada Stone"),
        ("what has ada stone written", "Ada Stone"),
        ("ADA STONE's work on video", "Ada Stone"),
        ("zoe muller ludenscheidt", "Zoë Müller-Lüdenscheidt"),
        ("papers of Zoë Müller-Lüdenscheidt?", "Zoë Müller-Lüdenscheidt"),
        ("jean luc moreau", "Jean-Luc Moreau"),
        ("Jean‑Luc Moreau", "Jean-Luc Moreau"),
        ("Oluwaseun Adeyemi参与的论文", "Oluwaseun Adeyemi"),
        ("Bo Li", "Bo Li"),
    ],
)
def test_an_author_is_found_whatever_the_case_accents_and_hyphens(text: str, author: str) -> None:
    assert list(NAMES.authors_in(text).values()) == [(author,)]


@pytest.mark.parametrize("text", ["papers by Stone", "stone", "Ada wrote stone age papers", "nobody here", ""])
def test_a_part_of_a_name_is_no_name_unless_a_person_is_meant(text: str) -> None:
    assert NAMES.authors_in(text) == {}


def test_a_surname_is_enough_when_the_question_says_that_a_person_is_meant() -> None:
    assert NAMES.authors_in("papers by Quill", cued=True) == {"Quill": ("Hannah Quill",)}
    assert NAMES.authors_in("papers by quill", cued=True) == {"quill": ("Hannah Quill",)}
    assert NAMES.authors_in("papers by Ada Stone", cued=True) == {"Ada Stone": ("Ada Stone",)}
    assert NAMES.authors_in("papers by Zorblax", cued=True) == {}
    assert NAMES.authors_in("papers of people who wade through stone", cued=True) == {}


def test_all_authors_named_are_found_and_those_who_share_a_surname_are_all_meant() -> None:
    assert NAMES.authors_in("papers by Ada Stone or bo li") == {"Ada Stone": ("Ada Stone",), "bo li": ("Bo Li",)}
    names = Names((), {"Ada Stone": 1, "Otto Stone": 2}, LEXICAL)
    assert names.authors_in("papers by Stone", cued=True) == {"Stone": ("Ada Stone", "Otto Stone")}


def test_an_author_without_a_name_breaks_nothing() -> None:
    assert Names((), {"": 1, " ": 1, "—": 1}, LEXICAL).authors_in("papers by —", cued=True) == {}


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("how fast is FilmKnife?", {"FilmKnife": (EDITING.arxiv_id,)}),
        ("how fast is filmknife?", {"filmknife": (EDITING.arxiv_id,)}),
        ("StormNet比物理模型便宜多少", {"StormNet": (WEATHER.arxiv_id,)}),
        ("GraphLoom and Film-Knife", {"GraphLoom": (GRAPHS.arxiv_id,), "Film-Knife": (EDITING.arxiv_id,)}),
        ("FilmKnife's users", {"FilmKnife": (EDITING.arxiv_id,)}),
        ("knife and storm", {}),
        ("", {}),
    ],
)
def test_a_paper_is_found_by_the_name_that_its_title_gives_it(text: str, papers: dict) -> None:
    assert NAMES.papers_in(text) == papers


def test_a_coined_word_names_the_one_paper_that_holds_it_and_none_if_two_do() -> None:
    first = paper("2511.00001", "A way to prune", "We call it TreeCut here. TreeCut is fast.")
    second = paper("2511.00002", "Another way", "It is slower than TreeCut. ROOTS9 is ours. ROOTS9 beats BERT.")
    assert Names([first], {}, LEXICAL).papers_in("what is TreeCut") == {"TreeCut": ("2511.00001",)}
    both = Names([first, second], {}, LEXICAL)
    assert both.papers_in("what is TreeCut") == {}
    assert both.papers_in("roots9?") == {"roots9": ("2511.00002",)}
    assert both.papers_in("papers on BERT") == {}  # what a paper says once, it only mentions


def test_a_name_that_is_an_ordinary_word_is_heard_only_as_it_is_written() -> None:
    papers = [paper(f"2511.0000{n}", "On a reason", f"Every reason {n} counts.") for n in range(1, 6)]
    named = paper("2511.00009", "ReAsON: a planner", "It plans.")
    names = Names([*papers, named], {}, LexicalIndex([*papers, named]))
    assert names.papers_in("for what reason") == {}
    assert names.papers_in("what is ReAsON") == {"ReAsON": ("2511.00009",)}
