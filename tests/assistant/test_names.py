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


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("Quill Hannah", "Hannah Quill"),
        ("stone, ada", "Ada Stone"),
        ("H. Quill", "Hannah Quill"),
        ("J.-L. Moreau", "Jean-Luc Moreau"),
        ("j. moreau", "Jean-Luc Moreau"),
        ("Ada K. Stone", "Ada Stone"),
        ("Wei Zhang", "Zhang Wei"),
        ("Hannah Quil", ""),  # too short a word to be a slip
        ("Oluwaseun Adeymi", "Oluwaseun Adeyemi"),
        ("oluwaseun adeyemy", "Oluwaseun Adeyemi"),
        ("Oluwaseum Adeymi", ""),  # two slips
        ("a stone", ""),
    ],
)
def test_an_author_is_found_in_another_order_by_initials_and_misspelt(text: str, author: str) -> None:
    assert list(NAMES.authors_in(text).values()) == ([(author,)] if author else [])


def test_two_people_are_not_taken_for_a_slip_of_one() -> None:
    names = Names((), {"Wei Zhangson": 1, "Wei Zhengson": 1, "Adela Thornton": 1}, LEXICAL)
    assert names.authors_in("Wei Zhengson") == {"Wei Zhengson": ("Wei Zhengson",)}
    assert names.authors_in("Wei Zhungson") == {}  # either may be meant
    assert names.authors_in("papers by Thorntom", cued=True) == {"Thorntom": ("Adela Thornton",)}
    assert names.authors_in("papers by Zhungson", cued=True) == {}
    assert names.authors_in("papers by Khornton", cued=True) == {}  # fingers seldom slip on the first letter
    assert names.authors_in("Adela Khornton") == {}


def test_a_name_of_ordinary_words_is_heard_only_with_its_capitals() -> None:
    held = [paper(f"2511.0000{n}", "How long it can take", "It can take long.") for n in range(1, 6)]
    names = Names(held, {"Can Long": 1}, LexicalIndex(held))
    assert names.authors_in("what can long videos show") == {}
    assert names.authors_in("Can Long") == {"Can Long": ("Can Long",)}


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("FilmKnive", (EDITING.arxiv_id,)),
        ("filmknfe", (EDITING.arxiv_id,)),
        ("Film Knive", (EDITING.arxiv_id,)),
        ("GraphLom", (GRAPHS.arxiv_id,)),
        ("FilmKnvs", ()),  # two slips
        ("ilmKnife", ()),  # not on the first letter
        ("graphs", ()),  # a word that papers hold
    ],
)
def test_a_nickname_with_one_slip_is_heard(text: str, papers: tuple[str, ...]) -> None:
    assert tuple(i for ids in NAMES.papers_in(text).values() for i in ids) == papers


def test_another_number_is_another_paper_and_no_slip() -> None:
    held = [paper("2511.00001", "Gato3: A Model", "It plays."), paper("2511.00002", "Dogma: A Model", "It barks.")]
    names = Names(held, {}, LexicalIndex(held))
    assert names.papers_in("Gato4") == {}
    assert names.papers_in("Dogmo") == {"Dogmo": ("2511.00002",)}


def test_a_slip_that_could_be_of_two_names_is_of_none() -> None:
    held = [paper("2511.00001", "GateNorm: A Model", "A."), paper("2511.00002", "GateForm: A Model", "B.")]
    assert Names(held, {}, LexicalIndex(held)).papers_in("GateNorn") == {"GateNorn": ("2511.00001",)}
    assert Names(held, {}, LexicalIndex(held)).papers_in("GateMorm") == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("what is cope about", False),
        ("who wrote cope", True),
        ("compare FilmKnife with cope", True),
        ("cope vs filmknife", True),
        ("do people cope with FilmKnife", False),
        ("what is CoPE about", True),
    ],
)
def test_a_short_nickname_in_small_letters_is_heard_where_a_name_stands(text: str, named: bool) -> None:
    held = [*PAPERS, paper("2511.00041", "CoPE: A Clip", "It clips.")]
    found = Names(held, {}, LexicalIndex(held)).papers_in(text)
    assert any("2511.00041" in ids for ids in found.values()) is named


def test_a_papers_own_name_is_told_from_one_that_it_alone_mentions() -> None:
    held = [paper("2511.00001", "A way to see", "We propose SeeNet. SeeNet beats VGG16. We retrain VGG16.")]
    names = Names(held, {}, LexicalIndex(held))
    assert names.is_own_name("2511.00001", "SeeNet")
    assert not names.is_own_name("2511.00001", "VGG16")
    assert names.papers_in("how fast is VGG16") == {"VGG16": ("2511.00001",)}
    assert names.papers_in("papers with VGG16", many=True) == {}
    assert names.papers_in("papers with SeeNet", many=True) == {"SeeNet": ("2511.00001",)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("what is measuring poetry written by language models about", True),
        ("the measuring poetry written paper", True),
        ("measuring poetry written by people", False),  # too little of the title
        ('what of "poetry written"', True),
        ("《poetry written》", True),
        ('what of "models language"', False),  # not in this order
        ('what of "poetry"', False),
    ],
)
def test_a_paper_is_found_by_enough_of_its_title_or_any_of_it_in_quotes(text: str, named: bool) -> None:
    assert bool(NAMES.papers_in(text)) is named


def test_words_of_a_title_are_a_topic_where_papers_are_asked_for() -> None:
    title = "editing long videos without flicker"
    assert list(NAMES.papers_in(f"papers on {title}", many=True).values()) == [("2512.00102",)]
    assert NAMES.papers_in("papers on editing long videos", many=True) == {}


def test_a_quotation_that_stands_in_two_titles_names_neither() -> None:
    held = [paper(f"2511.0000{n}", f"On {word} in the quiet sea", "A.") for n, word in enumerate(("Whales", "Eels"), 1)]
    names = Names(held, {}, LexicalIndex(held))
    assert names.papers_in('what is "the quiet sea"?') == {}
    assert names.papers_in('what is "eels in the quiet sea"?') == {"eels in the quiet sea": ("2511.00002",)}
