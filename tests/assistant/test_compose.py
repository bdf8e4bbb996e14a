"""Answers without a model, from a real library: cited, quoted literally, counted from the record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import EXTRACTIVE, Answer, Evidence, Hit, Query, Searched, Support, Wants, Why
from assistant.chat import Assistant
from assistant.compare import _shared_out, _to_compare
from assistant.compose import compose
from assistant.draft import Draft, Materials, escape, table_lines
from assistant.evidence import EvidenceFinder
from assistant.one_paper import _meant, fact, in_order
from assistant.retrieve import Retriever
from assistant.wording import ENGLISH
from evals.scorers.fact import MAX_CHARACTERS, without_link_targets
from ingest.library import Library
from ingest.paper import Filters, Language, Section, Summary
from ingest.sentence import language_of
from tests.assistant.shelf_of_papers import (
    EDITING,
    FEDERATED,
    GRAPHS,
    GRASPING,
    LONG_EDITING,
    NASTY,
    OLD,
    PAPERS,
    POETRY,
    PROTEINS,
    SILENT,
    SPEECH,
    WEATHER,
    paper,
    shelf_of,
)

LINK = re.compile(r"(?<!\\)\[([^\]]*)\]\(([^)]*)\)")


@pytest.fixture(scope="module")
def assistant(shelf: Library) -> Assistant:
    return Assistant(shelf)


def shown(markdown: str) -> str:
    """Markdown's escapes taken back."""
    return re.sub(r"\\([\\`*\[\]<|_#>+.()~$&:@/-])", r"\1", markdown)


QUESTIONS = {
    "a list": ("which papers are on video editing", Wants.SURVEY),
    "a list in Chinese": ("有哪些关于联邦学习的论文", Wants.SURVEY),
    "a fact": ("how many objects does the tactile policy train on?", Wants.FACT),
    "a fact in Chinese": ("耳语语音识别的词错误率是多少？", Wants.FACT),
    "a fact about a named paper": ("how fast is FilmKnife?", Wants.FACT),
    "a comparison": ("compare FilmKnife and StormNet", Wants.COMPARE),
    "a comparison in Chinese": ("比较 FilmKnife 和 StormNet 的方法", Wants.COMPARE),
    "a look-up": ("I remember a paper that asked poets to judge poems, what was it called", Wants.LOOKUP),
    "a look-up in Chinese": ("有一篇用雷达预报降雨的，题目是什么", Wants.LOOKUP),
    "a summary": ("summarize 2602.00112", Wants.SUMMARY),
    "a summary in Chinese": ("介绍一下 StormNet", Wants.SUMMARY),
    "authors": ("who wrote FilmKnife?", Wants.AUTHORS),
    "a count": ("how many papers are there?", Wants.CATALOGUE),
    "a count in Chinese": ("库里一共有多少篇论文", Wants.CATALOGUE),
    "an author's papers": ("list papers by Ada Stone", Wants.CATALOGUE),
    "a category": ("cs.LG类别有哪些论文", Wants.CATALOGUE),
    "the oldest": ("which arXiv id is the oldest?", Wants.CATALOGUE),
    "the newest in Chinese": ("最新的一篇论文", Wants.CATALOGUE),
    "nothing there": ("medieval zeppelin cookery", Wants.SURVEY),
    "nothing there in Chinese": ("中世纪飞艇烹饪", Wants.SURVEY),
    "nobody there": ("papers in cs.DB", Wants.CATALOGUE),
    "nasty text": ("cookies leaking through markup in pages", Wants.SURVEY),
    "a summary of nasty text": ("summarize 2602.00110", Wants.SUMMARY),
    "a nasty comparison": ("compare 2602.00110 and 2511.00101", Wants.COMPARE),
    "a nasty list": ("list cs.CR papers", Wants.CATALOGUE),
    "a nasty author": ("who wrote 2602.00110?", Wants.AUTHORS),
}


@pytest.fixture(params=QUESTIONS)
async def answered(request: pytest.FixtureRequest, assistant: Assistant) -> Answer:
    question, wants = QUESTIONS[request.param]
    answer = await assistant.answer(question)
    assert answer.query.wants is wants
    return answer


async def test_every_link_is_a_citation_of_a_paper_here(answered: Answer, shelf: Library) -> None:
    links = LINK.findall(answered.text)
    assert all(address == f"https://arxiv.org/abs/{label}" for label, address in links)
    assert set(answered.citations) == {label for label, _ in links}
    assert list(shelf.papers(answered.citations)) == list(answered.citations)


async def test_every_quoted_claim_stands_literally_in_its_paper_and_in_the_answer(
    answered: Answer, shelf: Library
) -> None:
    for claim in answered.claims:
        assert claim.text in answered.text
        assert claim.support in (Support.QUOTED, Support.RECORD)
        for evidence in claim.citations:
            paper = shelf.paper(evidence.arxiv_id)
            assert paper is not None
            assert paper.text(evidence.section)[evidence.start : evidence.end] == evidence.text
            assert shown(claim.text) == evidence.text
            assert evidence.arxiv_id in answered.citations
        assert bool(claim.citations) is (claim.support is Support.QUOTED)


async def test_no_answer_holds_markup_of_a_paper(answered: Answer) -> None:
    assert not re.search(r"(?<!\\)<", answered.text.replace("$a_{i} < b[j]$", ""))
    assert "evil.example" not in "".join(address for _, address in LINK.findall(answered.text))
    assert answered.text == answered.text.strip() != ""
    assert "{" not in re.sub(r"\$[^$]*\$", "", answered.text)


async def test_an_answer_is_in_the_language_of_its_question(answered: Answer) -> None:
    ours = [
        claim.text for claim in answered.claims if claim.support is Support.RECORD and not claim.text.startswith("[")
    ]
    ours = [re.sub(r"\*\*[^*]*\*\*", "", LINK.sub("", text)) for text in ours if "cs.CV" not in text]
    assert answered.query.language is (
        Language.CHINESE if re.search("[一-鿿]", answered.query.text) else Language.ENGLISH
    )
    if answered.query.language is Language.ENGLISH:
        assert not any(re.search("[一-鿿]", text) for text in ours)
    else:
        assert all(language_of(text) is Language.CHINESE for text in ours if re.search("[a-z]{3}|[一-鿿]", text))


async def test_an_answer_says_that_no_model_wrote_it(answered: Answer) -> None:
    assert (answered.mode, answered.notice) == (EXTRACTIVE, "")
    assert answered.seconds.keys() == {"search", "first_token", "total"}
    assert 0 < answered.seconds["search"] <= answered.seconds["first_token"] <= answered.seconds["total"]


# --- each kind on its own


async def test_a_list_counts_what_it_lists_best_first(assistant: Assistant) -> None:
    answer = await assistant.answer("which papers are on video editing")
    assert answer.citations[0] == EDITING.arxiv_id
    head, *entries = [line for line in answer.text.splitlines() if line.strip()]
    listed = [line for line in entries if LINK.search(line)]
    assert sum(map(int, re.findall(r"(\d+) (?:fit clearly|borderline)", head))) == len(listed) == len(answer.citations)
    assert f"of {len(PAPERS)} papers searched (2026-02-10 to 2026-02-10)" in head
    assert list(answer.citations) == [h.paper.arxiv_id for h in answer.hits if h.paper.arxiv_id in answer.citations]


@pytest.mark.parametrize("k", [1, 2])
async def test_k_bounds_a_list(assistant: Assistant, k: int) -> None:
    assert len((await assistant.answer("papers on flicker and noise in edited video clips", k=k)).citations) == k
    listed = await assistant.answer("list papers by Ada Stone", k=k)
    assert len(listed.citations) == k
    assert "**3 papers**" in listed.text
    assert f"and {3 - k} more" in listed.text


async def test_a_list_in_chinese_quotes_chinese_where_there_is_some(assistant: Assistant) -> None:
    answer = await assistant.answer("有哪些关于联邦学习的论文")
    quoted = [claim for claim in answer.claims if claim.support is Support.QUOTED]
    assert quoted[0].citations[0].arxiv_id == FEDERATED.arxiv_id
    assert language_of(quoted[0].text) is Language.CHINESE


@pytest.mark.parametrize(
    ("question", "paper", "said"),
    [
        ("how many objects does the tactile policy train on?", GRASPING, "900 objects"),
        ("耳语语音识别的词错误率是多少？", SPEECH, "8.2%"),
        ("how fast is FilmKnife?", EDITING, "3.5 seconds"),
        ("how many edges does GraphLoom handle?", GRAPHS, "3 billion edges"),
        ("how long does folding take on a phone?", PROTEINS, "4 minutes"),
    ],
)
async def test_a_fact_is_told_in_the_papers_own_sentence(assistant: Assistant, question: str, paper, said: str) -> None:
    answer = await assistant.answer(question)
    assert answer.citations[0] == paper.arxiv_id
    assert said in answer.text


@pytest.mark.parametrize(
    ("question", "paper", "sentence"),
    [
        ("how many objects does the tactile policy train on?", GRASPING, "We train a tactile policy on 900 objects."),
        ("how long does folding take on a phone?", PROTEINS, "It folds on a phone in 4 minutes."),
        ("耳语语音识别的词错误率是多少？", SPEECH, "词错误率降到 8.2%。"),
    ],
)
async def test_a_fact_begins_with_the_sentence_that_answers_and_its_paper(
    assistant: Assistant, question: str, paper, sentence: str
) -> None:
    answer = await assistant.answer(question)
    assert answer.text.splitlines()[0] == f"{sentence} — [{paper.arxiv_id}]({paper.url}) **{paper.title}**"
    assert answer.claims[0].citations[0].text == sentence


async def test_what_else_bears_on_a_fact_stands_beside_it_in_the_papers_order(assistant: Assistant) -> None:
    answer = await assistant.answer("how does GraphLoom learn?")
    lead, beside, closing = (line for line in answer.text.splitlines() if line)
    assert lead.startswith("GraphLoom learns from graphs on disk. — ")
    assert beside.startswith("Beside it: ")
    assert closing.startswith("— 12 papers")
    told = [claim.citations[0] for claim in answer.claims[1:-1]]
    assert len(told) > 1
    assert told == in_order(told)
    assert beside == f"Beside it: {' '.join(evidence.text for evidence in told)}"
    assert "文中还提到：" in (await assistant.answer("StormNet 预报多少小时的降雨？")).text


async def test_a_fact_says_nothing_twice(answered: Answer) -> None:
    quoted = [claim.citations[0] for claim in answered.claims if claim.citations]
    assert len({(e.arxiv_id, e.section, e.start) for e in quoted}) == len(quoted)


async def test_an_answer_on_a_paper_or_two_is_read_at_a_glance(tmp_path: Path) -> None:
    wordy = " ".join(
        f"We fold lantern {n} of paper number {n} from {n} sheets by heat and cold." for n in range(10, 60)
    )
    papers = [
        paper(f"2602.0030{n}", f"{name}: Folding by Heat", wordy.replace("lantern", name))
        for n, name in enumerate(("LanternFold", "KiteFold", "CraneFold"))
    ]
    with shelf_of(tmp_path / "home", papers) as library:
        for question in (
            "how many sheets does LanternFold fold?",
            "how do KiteFold and LanternFold fold by heat?",
            "compare LanternFold and KiteFold",
            "compare LanternFold, KiteFold and CraneFold",
            "summarize LanternFold",
            "I remember a paper that folded lanterns by heat, what was it called",
        ):
            answer = await Assistant(library).answer(question)
            assert 300 < len(without_link_targets(answer.text)) <= MAX_CHARACTERS


def test_two_papers_that_are_meant_share_the_room_of_one(tmp_path: Path) -> None:
    wordy = " ".join(f"We bend sheet number {n} of a crane in {n} minutes by hand." for n in range(10, 60))
    papers = [paper(arxiv_id, "How Hands Bend Sheets", wordy) for arxiv_id in ("2602.00402", "2602.00403")]
    with shelf_of(tmp_path / "home", papers) as library:
        text = "in how many minutes is sheet number 20 of a crane bent?"
        query = Query(text, text, Wants.FACT, Language.ENGLISH)
        found = Retriever(library).search(query)
        alike = replace(found, hits=tuple(replace(hit, score=1.0) for hit in found.hits))
        searched = Searched(2, 2, "", "", 0.0)
        draft = fact(Materials(query, alike, searched, EvidenceFinder(library, query, alike), library), None)
    assert all(f"[{held.arxiv_id}]" in draft.text for held in papers)
    assert 300 < len(without_link_targets(draft.text)) <= MAX_CHARACTERS


# --- which paper is meant


def described(first: float, second: float, question: str, named: bool = False) -> list[str]:
    """The papers that a fact is told of, if two were found with these scores."""
    query = Query(question, question, Wants.FACT, Language.ENGLISH)
    hits = [Hit(EDITING, first, 1, 0.9, Why(named=named)), Hit(WEATHER, second, 2, 0.9, Why())]
    return [hit.paper.arxiv_id for hit in _meant(hits, query)]


def test_two_papers_that_come_out_alike_are_both_told_of() -> None:
    assert described(1.0, 0.98, "how fast is it?") == [EDITING.arxiv_id, WEATHER.arxiv_id]
    assert described(1.0, 0.9, "how fast is it?") == [EDITING.arxiv_id]


def test_a_paper_named_is_the_one_meant_unless_another_is_described_beside_it() -> None:
    assert described(1.0, 0.99, "how fast is FilmKnife?", named=True) == [EDITING.arxiv_id]
    both = "how fast are FilmKnife and the radar network?"
    assert described(1.0, 0.9, both, named=True) == [EDITING.arxiv_id, WEATHER.arxiv_id]
    assert described(1.0, 0.8, both, named=True) == [EDITING.arxiv_id]
    assert described(1.0, 0.9, both) == [EDITING.arxiv_id]


def test_an_id_means_its_paper_alone() -> None:
    assert described(1.0, 1.0, "how fast are 2511.00101 and its rivals?") == [EDITING.arxiv_id]
    assert _meant([], Query("q", "q", Wants.FACT, Language.ENGLISH)) == []


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Assistant]:
    """Two papers that only their numbers tell apart, and to the embedder not even these."""
    papers = [
        paper(arxiv_id, "How Hands Bend Sheets", f"Sheets bend. A crane of paper is folded in {minutes} minutes.")
        for arxiv_id, minutes in (("2602.00400", 3.5), ("2602.00401", 5.3))
    ]
    with shelf_of(tmp_path / "home", papers) as library:
        yield Assistant(library)


async def test_when_two_papers_are_meant_the_values_of_both_are_told(twins: Assistant) -> None:
    answer = await twins.answer("in how many minutes is a crane of paper folded?")
    assert sorted(answer.citations) == ["2602.00400", "2602.00401"]
    assert "A crane of paper is folded in 3.5 minutes. — [2602.00400]" in answer.text
    assert "A crane of paper is folded in 5.3 minutes. — [2602.00401]" in answer.text


async def test_a_comparison_is_a_table_with_a_column_a_paper(assistant: Assistant) -> None:
    answer = await assistant.answer("compare FilmKnife and StormNet")
    assert answer.citations == (EDITING.arxiv_id, WEATHER.arxiv_id)
    assert len(answer.table) > 1
    assert {len(row) for row in answer.table} == {3}
    lines = [line for line in answer.text.splitlines() if line.startswith("|")]
    assert lines[1] == "| --- | --- | --- |"
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {4}
    assert len(lines) == len(answer.table) + 1


LOOMS = (
    paper(
        "2602.00501",
        "SilkLoom: Weaving Silk with Many Very Patient Spiders",
        "Silk is dear. However, existing looms tear it. We propose SilkLoom, in which spiders weave silk in turns. "
        "SilkLoom reduces torn threads by 30%. Code is available at https://looms.example/silk.",
        Summary("SilkLoom weaves.", "Looms tear silk.", "Spiders weave silk in turns.", "30% fewer torn threads."),
    ),
    paper(
        "2602.00502",
        "Weaving Wool at Night without any Light and without a Single Knot in the Thread",
        "Wool is warm. We weave wool by ear. Threads are pulled until they hum. Knots fall by 12%. "
        + " ".join(f"Sheep number {n} gave {n} bags of wool for it." for n in range(20, 60)),
    ),
    paper("2602.00503", "Cotton", "Cotton weaves by water. " + "Cotton and water " * 60 + "hold."),
)


@pytest.fixture(scope="module")
def looms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with shelf_of(tmp_path_factory.mktemp("looms") / "home", [*LOOMS, *PAPERS]) as library:
        yield Assistant(library)


async def test_a_table_says_how_it_is_done_and_what_came_out_and_not_what_others_did(looms: Assistant) -> None:
    answer = await looms.answer("compare SilkLoom and FilmKnife")
    rows = {row[0]: row[1] for row in answer.table}
    assert "We propose SilkLoom, in which spiders weave silk in turns." in rows["Method"]
    assert "SilkLoom reduces torn threads by 30%." in rows["Result"]
    assert "Motivation" not in rows
    assert not re.search(r"existing looms|Silk is dear|Code is available", answer.text)


async def test_a_column_is_headed_by_the_papers_name_or_the_beginning_of_its_title(looms: Assistant) -> None:
    head = (await looms.answer("compare 2602.00501 and 2602.00502")).table[0]
    assert head[1] == "[2602.00501](https://arxiv.org/abs/2602.00501) **SilkLoom**"
    assert head[2].endswith("**Weaving Wool at Night without any Light and without a…**")


async def test_a_long_abstract_leaves_room_for_a_short_one_and_takes_what_that_one_leaves(looms: Assistant) -> None:
    answer = await looms.answer("compare 2602.00502 and 2602.00501")
    wool, silk = (
        [claim.text for claim in answer.claims if claim.citations and claim.citations[0].arxiv_id == arxiv_id]
        for arxiv_id in ("2602.00502", "2602.00501")
    )
    assert any("weave silk in turns" in text for text in silk)
    assert "SilkLoom reduces torn threads by 30%." in silk
    assert sum(map(len, wool)) > sum(map(len, silk))


async def test_a_paper_whose_every_sentence_is_too_long_has_its_best_one_in_the_table(looms: Assistant) -> None:
    answer = await looms.answer("compare 2602.00503 and 2602.00501")
    assert "Cotton and water hold." in answer.text
    said = [Evidence("2602.00503", Section.ABSTRACT, "x" * length, 0, length, 0.5) for length in (900, 800)]
    assert _shared_out([said, []], 700) == [said[:1], []]


def test_room_is_shared_out_by_turns_a_sentence_each() -> None:
    def column(paper_id: str, lengths: Sequence[int]) -> list[Evidence]:
        words = [f"{paper_id}{n}" * 40 for n in range(len(lengths))]
        return [
            Evidence(paper_id, Section.ABSTRACT, word[:length], n, n + length, 1.0)
            for n, (word, length) in enumerate(zip(words, lengths, strict=True))
        ]

    def lengths(told: list[list[Evidence]]) -> list[list[int]]:
        return [[len(evidence.text) for evidence in one] for one in told]

    many, few = column("a", [40] * 9), column("b", [40, 40])
    assert lengths(_shared_out([many, few], 10 * 41)) == [[40] * 8, [40] * 2]
    assert lengths(_shared_out([many, many], 5 * 41)) == [[40] * 3, [40] * 2]
    # The first sentence may take more than its share only of what the others leave.
    assert lengths(_shared_out([column("a", [70, 30]), column("b", [60])], 100)) == [[30], [60]]


async def test_the_sentences_of_a_cell_are_in_the_papers_order(answered: Answer) -> None:
    if answered.query.wants is Wants.COMPARE:
        by_paper: dict[str, list[Evidence]] = {}
        for claim in answered.claims:
            for evidence in claim.citations:
                by_paper.setdefault(evidence.arxiv_id, []).append(evidence)
        for told in by_paper.values():
            cells = [[e for e in told if e.section is section] for section in Section]
            assert all(cell == sorted(cell, key=lambda e: e.start) for cell in cells)


async def test_what_the_digest_calls_the_method_says_which_sentence_tells_of_it(tmp_path: Path) -> None:
    abstract = (
        "Dyes fade. Cloth is boiled in salt with leaves. Colours of cloth are read by a lamp. It holds for 9 years."
    )
    for method, told in (("Boiled in salt with leaves.", "Cloth is boiled"), ("Read by a lamp.", "Colours of cloth")):
        held = paper("2602.00504", "DyePot: Cloth", abstract, Summary(method=method))
        with shelf_of(tmp_path / told / "home", [held, EDITING]) as library:
            query = Query("compare them", "compare them", Wants.COMPARE, Language.ENGLISH, papers=("2602.00504",))
            ranking = Retriever(library).search(query)
            searched = Searched(2, 2, "", "", 0.0)
            materials = Materials(query, ranking, searched, EvidenceFinder(library, query, ranking), library)
            own = [e for e in _to_compare(held, materials) if e.section is Section.ABSTRACT]
        assert own[0].text.startswith(told)


async def test_a_comparison_with_one_paper_alone_is_told_as_a_fact(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "home", [EDITING]) as library:
        answer = await Assistant(library).answer("compare FilmKnife with video editing by hand")
    assert answer.table == ()
    assert answer.citations == (EDITING.arxiv_id,)


async def test_a_pipe_or_a_line_break_of_a_paper_breaks_no_table(assistant: Assistant) -> None:
    answer = await assistant.answer("compare 2602.00110 and 2511.00101")
    lines = [line for line in answer.text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {4}
    assert table_lines([("a\nb", "c"), ("$|d|$", r"e\|")]) == ["| a b | c |", "| --- | --- |", r"| $\|d\|$ | e\| |"]


async def test_a_look_up_names_the_paper_with_authors_category_and_month(assistant: Assistant) -> None:
    answer = await assistant.answer("I remember a paper that asked poets to judge poems, what was it called")
    assert answer.citations[0] == POETRY.arxiv_id
    assert "**Measuring Poetry Written by Language Models** (Mei Tanaka, Ada Stone; cs.CL; 2026-01)" in answer.text


async def test_a_look_up_tells_as_much_of_the_abstract_as_fits_in_its_order(assistant: Assistant) -> None:
    answer = await assistant.answer("I remember a paper that asked poets to judge poems, what was it called")
    assert POETRY.abstract in answer.text
    assert "If you meant another:" not in answer.text


async def test_a_look_up_that_could_mean_another_paper_names_it(twins: Assistant) -> None:
    answer = await twins.answer("I remember a paper where a crane of paper is folded, what was it called")
    assert answer.query.wants is Wants.LOOKUP
    first, other = answer.citations
    assert answer.text.removeprefix(f"{ENGLISH.uncertain}\n\n").startswith(f"[{first}]")
    assert f"If you meant another: [{other}](https://arxiv.org/abs/{other}) **How Hands Bend Sheets**" in answer.text


async def test_a_summary_tells_what_the_digest_says_field_by_field(assistant: Assistant) -> None:
    answer = await assistant.answer("summarize 2602.00112")
    assert answer.citations == (GRAPHS.arxiv_id,)
    assert "- **TL;DR**: GraphLoom learns from graphs on disk." in answer.text
    assert "- **Method**: Disk-based sampling." in answer.text
    assert "- **Result**: 3 billion edges." in answer.text


async def test_a_summary_of_a_paper_without_digest_words_takes_the_abstract(tmp_path: Path) -> None:
    bare = OLD.__class__("2511.00009", "Bare", ("A B",), "cs.CV", ("cs.CV",), "One thing. Another thing.")
    with shelf_of(tmp_path / "home", [bare]) as library:
        answer = await Assistant(library).answer("summarize 2511.00009")
    assert "- **Abstract**: One thing. Another thing." in answer.text


async def test_a_summary_of_a_long_abstract_keeps_what_sums_it_up_and_drops_what_was_known(tmp_path: Path) -> None:
    known = " ".join(f"Existing lamp number {n} burns for {n} hours before it breaks." for n in range(10, 40))
    own = "We propose a lamp that never breaks. Results over a year show no darkness."
    held = paper("2602.00601", "Lamps", f"{known} {own}")
    with shelf_of(tmp_path / "home", [held]) as library:
        answer = await Assistant(library).answer("summarize 2602.00601")
    line = next(line for line in answer.text.splitlines() if line.startswith("- **Abstract**: "))
    assert line.endswith(own)
    assert 500 < len(line) < 750


async def test_a_summary_in_english_of_a_digest_in_chinese_takes_the_abstract(assistant: Assistant) -> None:
    assert f"- **Abstract**: {WEATHER.abstract}" in (await assistant.answer("summarize 2602.00106")).text
    assert "- **要点**: StormNet 用雷达预报降雨。" in (await assistant.answer("介绍一下 StormNet")).text


async def test_all_authors_of_a_paper_are_told(assistant: Assistant) -> None:
    answer = await assistant.answer("who wrote FilmKnife?")
    assert answer.citations == (EDITING.arxiv_id,)
    assert answer.text.splitlines()[0].endswith("is by Ada Stone, Zoë Müller-Lüdenscheidt.")


@pytest.mark.parametrize(
    ("question", "filters"),
    [
        ("list papers by Ada Stone", Filters(authors=("Ada Stone",))),
        ("cs.LG类别有哪些论文", Filters(categories=("cs.LG",))),
        ("papers since January 2026", Filters(since="2026-01")),
        ("papers from 2025", Filters(since="2025-01", until="2025-12")),
        ("how many papers have just one author?", Filters(max_authors=1)),
        ("how many cs.CV papers are there in December 2025", Filters(("cs.CV",), since="2025-12", until="2025-12")),
    ],
)
async def test_a_count_equals_the_records(
    assistant: Assistant, shelf: Library, question: str, filters: Filters
) -> None:
    answer = await assistant.answer(question)
    wanted = shelf.select(filters)
    assert answer.query.filters == filters
    assert answer.citations == tuple(wanted)
    assert f"**{len(wanted)} " in answer.text
    assert [row[0] for row in answer.table[1:]] == wanted
    assert len(answer.table[0]) == len(answer.table[1])
    assert [hit.paper.arxiv_id for hit in answer.hits] == wanted


async def test_the_whole_library_is_counted_by_category_and_month(assistant: Assistant, shelf: Library) -> None:
    answer = await assistant.answer("how many papers are there?")
    assert f"**{len(PAPERS)} papers**" in answer.text
    for counts in (shelf.categories(), shelf.months()):
        assert all(f"{name} {count}" in answer.text for name, count in counts.items())


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("which arXiv id is the oldest?", OLD),
        ("最新的一篇论文", GRAPHS),
        ("the latest paper in cs.CV?", LONG_EDITING),
    ],
)
async def test_the_oldest_and_newest_are_the_records(assistant: Assistant, question: str, paper) -> None:
    answer = await assistant.answer(question)
    assert answer.citations == (paper.arxiv_id,)
    assert answer.claims[0].support is Support.RECORD


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("which category is FilmKnife in?", [EDITING]),
        ("what are the arXiv ids of FilmKnife and StormNet?", [EDITING, WEATHER]),
        ("StormNet是哪个月的？", [WEATHER]),
    ],
)
async def test_the_record_tells_what_it_knows_of_a_paper_named(
    assistant: Assistant, question: str, papers: list
) -> None:
    answer = await assistant.answer(question)
    assert answer.citations == tuple(paper.arxiv_id for paper in papers)
    assert [hit.paper.arxiv_id for hit in answer.hits] == list(answer.citations)
    assert all(f"({paper.primary_category}, {paper.month})" in answer.text for paper in papers)
    assert "meet" not in answer.text


@pytest.mark.parametrize("question", ["the 2 newest papers", "latest two papers", "最新的两篇论文"])
async def test_so_many_of_the_newest_are_listed_of_all_that_are_counted(
    assistant: Assistant, shelf: Library, question: str
) -> None:
    answer = await assistant.answer(question)
    assert list(answer.citations) == shelf.select(Filters())[:2]
    assert f"**{len(PAPERS)} " in answer.text


async def test_authors_are_counted_where_they_are_asked_for(assistant: Assistant, shelf: Library) -> None:
    for question in ("who has the most papers?", "一共有多少位作者？"):
        answer = await assistant.answer(question)
        assert str(len(shelf.authors())) in answer.text
        assert "Ada Stone 3, Bo Li 3, " in answer.text
    assert "Bo Li" not in (await assistant.answer("how many papers are there?")).text


async def test_the_authors_of_all_papers_named_are_told(assistant: Assistant) -> None:
    answer = await assistant.answer("who wrote FilmKnife and StormNet?")
    assert answer.citations == (EDITING.arxiv_id, WEATHER.arxiv_id)
    assert "Ada Stone, Zoë Müller-Lüdenscheidt" in answer.text
    assert "Oluwaseun Adeyemi" in answer.text


async def test_several_papers_are_summarised_side_by_side_and_one_field_by_field(assistant: Assistant) -> None:
    several = await assistant.answer("tell me about FilmKnife and StormNet")
    assert several.query.wants is Wants.SUMMARY
    assert several.citations == (EDITING.arxiv_id, WEATHER.arxiv_id)
    assert {len(row) for row in several.table} == {3}
    assert (await assistant.answer("tell me about FilmKnife")).table == ()


# --- nothing there


def refused(shelf: Library, question: str) -> Draft:
    """What is said to a question whose papers were found, but are held to be no answer."""
    retriever = Retriever(shelf)
    query = Query(question, question, Wants.SURVEY, language_of(question))
    ranking = replace(retriever.search(query), answerable=0.0)
    searched = Searched(ranking.searched, ranking.searched, *shelf.span(), 0.0)
    return compose(Materials(query, ranking, searched, EvidenceFinder(shelf, query, ranking), shelf))


@pytest.mark.parametrize(
    ("question", "nearest"),
    [("medieval video cookery", "Nearest, though not an answer:"), ("中世纪联邦烹饪", "最接近但不能回答问题的是：")],
)
def test_a_refusal_says_what_was_searched_and_calls_the_nearest_papers_so(
    shelf: Library, question: str, nearest: str
) -> None:
    draft = refused(shelf, question)
    assert draft.abstained
    assert str(len(PAPERS)) in draft.claims[0].text
    assert "2026-02-10" in draft.claims[0].text
    before, found, near = draft.text.partition(nearest)
    assert found
    assert not LINK.search(before)
    assert 1 <= len(LINK.findall(near)) <= 3


def test_words_that_no_digest_holds_are_told_as_they_were_typed(shelf: Library) -> None:
    assert "No digest mentions: medieval, zeppelins." in refused(shelf, "medieval zeppelins on video").text


async def test_filters_that_nothing_passes_are_told(assistant: Assistant) -> None:
    for question in ("papers in cs.DB", "video editing in cs.DB"):
        answer = await assistant.answer(question)
        assert answer.abstained
        assert answer.text.startswith("No paper in the library meets this (cs.DB).")
        assert answer.searched.papers == 0


@pytest.mark.parametrize(
    "question",
    [
        "who wrote the RadarNet paper?",
        'who wrote "Radar is all you need"?',
        'is there a paper called "Radar is all you need"?',
        "有没有一篇叫《Radar Is All You Need》的论文？",
    ],
)
async def test_another_paper_does_not_answer_for_one_that_is_told_by_its_title(
    assistant: Assistant, question: str
) -> None:
    answer = await assistant.answer(question)
    assert answer.abstained
    assert WEATHER.arxiv_id in [hit.paper.arxiv_id for hit in answer.hits]


async def test_who_wrote_what_is_described_is_told_of_the_paper_found(assistant: Assistant) -> None:
    answer = await assistant.answer("who wrote the paper on whispered speech?")
    assert answer.citations[0] == SPEECH.arxiv_id
    assert not answer.abstained


async def test_somebody_without_a_paper_here_is_told(assistant: Assistant) -> None:
    answer = await assistant.answer("papers by Zorblax Quux")
    assert answer.abstained
    assert answer.text == "No paper in the library meets this (Zorblax Quux)."


@pytest.mark.parametrize(
    "question", ["summarize 2505.00001", "what does 2505.00001 say about video editing?", "2505.00001讲了什么"]
)
async def test_a_paper_that_is_not_here_is_told_and_none_is_put_in_its_place(
    assistant: Assistant, question: str
) -> None:
    answer = await assistant.answer(question)
    assert answer.abstained
    assert ("2505.00001 is not in the library" in answer.text) or ("库中没有 2505.00001" in answer.text)
    assert answer.citations == ()


async def test_of_two_papers_named_the_one_that_is_not_here_is_told(assistant: Assistant) -> None:
    answer = await assistant.answer("compare 2511.00101 with 2505.00001")
    assert answer.text.startswith("2505.00001 is not in the library.\n\n")
    assert EDITING.arxiv_id in answer.citations


async def test_a_named_paper_that_the_filters_shut_out_is_not_summarised(assistant: Assistant) -> None:
    answer = await assistant.answer("summarize 2511.00101", filters=Filters(categories=("cs.LG",)))
    assert answer.abstained
    assert answer.text


@pytest.mark.parametrize("question", ["video editing", "how many papers are there?", "who wrote 2511.00101", "视频"])
async def test_an_empty_library_says_how_to_fill_it(tmp_path: Path, question: str) -> None:
    with shelf_of(tmp_path / "home", []) as library:
        answer = await Assistant(library).answer(question)
    assert answer.abstained
    assert "`digest ingest" in answer.text
    assert (answer.citations, answer.hits, answer.searched.of) == ((), (), 0)


# --- text of papers as Markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("plain words.", "plain words."),
        ("a [link](https://x.y)", r"a \[link\](https\://x.y)"),
        ("<b>bold</b> a < b", r"\<b>bold\</b> a \< b"),
        ("`code` **bold** a|b c\\d", r"\`code\` \*\*bold\*\* a\|b c\\d"),
        ("two\nlines  here", "two lines here"),
        ("$a_{i}[0] < \\beta$ holds", "$a_{i}[0] < \\beta$ holds"),
        ("from $9 <b>to</b> $7", r"from \$9 \<b>to\</b> \$7"),
        ("$[1](https://x.y)$", r"\$\[1\](https\://x.y)\$"),
        ("$<img src=x$ onerror=y>", r"\$\<img src=x\$ onerror=y>"),
        ("$a$ <i> $b$", r"$a$ \<i> $b$"),
        ("# no heading", r"\# no heading"),
        ("- no item", r"\- no item"),
        ("1. no number", r"1\. no number"),
        ("> no quote", r"\> no quote"),
        ("3.5 seconds - or + so", "3.5 seconds - or + so"),
        (r"9$\times$ faster at 5$^\circ$", r"9$\times$ faster at 5\$^\\circ\$"),
        ("5$ now and 9$ then", r"5\$ now and 9\$ then"),
        (r"5$\href{a://b}$", r"5\$\\href{a://b}\$"),
    ],
)
def test_text_of_a_paper_is_shown_as_it_is(text: str, markdown: str) -> None:
    assert escape(text) == markdown


async def test_silent_papers_are_told_of_by_title(assistant: Assistant) -> None:
    assert SILENT.arxiv_id in (await assistant.answer("which papers are on quantum umbrellas")).citations


async def test_nasty_titles_are_shown_as_text(assistant: Assistant) -> None:
    answer = await assistant.answer("list cs.CR papers")
    assert answer.citations == (NASTY.arxiv_id,)
    assert shown(answer.text).count(NASTY.title) == 1


# --- how sure


@pytest.mark.parametrize(("likely", "said"), [(0.25, True), (0.4, False)])
@pytest.mark.parametrize("question", ["which papers edit videos", "how many grasps succeed with tactile sensors"])
def test_what_may_well_not_be_meant_is_said_to_be_uncertain(
    shelf: Library, question: str, likely: float, said: bool
) -> None:
    found = Assistant(shelf).materials(question)
    draft = compose(replace(found, ranking=replace(found.ranking, answerable=likely)))
    assert not draft.abstained
    assert draft.text.startswith("Perhaps not what you asked for") is said
    assert (draft.claims[0].text in ENGLISH.uncertain) is said


def test_a_broad_topic_that_many_papers_share_is_certainly_meant(shelf: Library) -> None:
    found = Assistant(shelf).materials("which papers edit videos")
    why = replace(found.ranking.hits[0].why, coverage=1.0)
    for count, said in ((4, True), (5, False)):
        fits = [1.0] * count + [0.4] * (len(found.ranking.hits) - count)
        hits = tuple(replace(hit, fit=fit, why=why) for hit, fit in zip(found.ranking.hits, fits, strict=True))
        draft = compose(replace(found, ranking=replace(found.ranking, hits=hits, answerable=0.2)))
        assert draft.text.startswith("Perhaps not what you asked for") is said


def test_a_paper_that_is_named_is_certainly_meant(shelf: Library) -> None:
    found = Assistant(shelf).materials("what does FilmKnife propose?")
    draft = compose(replace(found, ranking=replace(found.ranking, answerable=0.01)))
    assert ENGLISH.uncertain not in draft.text
