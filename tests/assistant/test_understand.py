"""Questions understood: what they want, about which papers, within which filters. In both languages."""

from __future__ import annotations

import pytest

from assistant.answer import EXTRACTIVE, Answer, Conversation, Query, Searched, Turn, Wants
from assistant.lexical import LexicalIndex
from assistant.names import Names
from assistant.understand import Shelf, understand
from ingest.paper import Filters, Language
from tests.assistant.shelf_of_papers import EDITING, FEDERATED, GRAPHS, GRASPING, PAPERS, POETRY, WEATHER

SHELF = Shelf(
    Names(PAPERS, dict.fromkeys((name for held in PAPERS for name in held.authors), 1), LexicalIndex(PAPERS)),
    dict.fromkeys((held.primary_category for held in PAPERS), 1),
    dict.fromkeys((held.month for held in PAPERS), 1),
)


def asked(question: str, conversation: Conversation | None = None) -> Query:
    return understand(question, SHELF, conversation)


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("which papers denoise point clouds?", Wants.SURVEY),
        ("anything on tactile sensing?", Wants.SURVEY),
        ("unlearning", Wants.SURVEY),
        ("who works on weather forecasting", Wants.SURVEY),
        ("有哪些关于蛋白质折叠的论文", Wants.SURVEY),
        ("有没有做触觉的工作", Wants.SURVEY),
        ("how many objects does the tactile policy train on?", Wants.FACT),
        ("What is the word error rate of whispered speech?", Wants.FACT),
        ("Why do clients drift?", Wants.FACT),
        ("触觉策略训练了多少个物体？", Wants.FACT),
        ("降雨预报便宜几倍", Wants.FACT),
        ("how does FilmKnife differ from StormNet?", Wants.COMPARE),
        ("FilmKnife vs GraphLoom", Wants.COMPARE),
        ("比较 FilmKnife 和 StormNet", Wants.COMPARE),
        ("I remember a paper where poets judged poems, what was it called", Wants.LOOKUP),
        ("find the paper about a phone folding proteins", Wants.LOOKUP),
        ("有一篇讲耳语识别的，题目是什么", Wants.LOOKUP),
        ("summarize 2511.00101", Wants.SUMMARY),
        ("what is StormNet about?", Wants.SUMMARY),
        ("介绍一下 GraphLoom", Wants.SUMMARY),
        ("2602.00106 讲了什么", Wants.SUMMARY),
        ("how many papers are there?", Wants.CATALOGUE),
        ("list all papers", Wants.CATALOGUE),
        ("what papers do you have?", Wants.CATALOGUE),
        ("库里有哪些论文", Wants.CATALOGUE),
        ("all papers on grasping", Wants.SURVEY),
        ("库里一共有多少篇论文", Wants.CATALOGUE),
        ("list papers by Ada Stone", Wants.CATALOGUE),
        ("cs.LG papers from January 2026", Wants.CATALOGUE),
        ("papers with a single author", Wants.CATALOGUE),
        ("Hannah Quill 的论文有哪些", Wants.CATALOGUE),
        ("which arXiv id is the earliest?", Wants.CATALOGUE),
        ("最早的一篇论文是哪篇", Wants.CATALOGUE),
    ],
)
def test_what_a_question_wants(question: str, wants: Wants) -> None:
    assert asked(question).wants is wants


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("papers from December 2025", "2025-12", "2025-12"),
        ("papers of Dec. 2025 on robots", "2025-12", "2025-12"),
        ("robots in Sept 2024", "2024-09", "2024-09"),
        ("robots 2025-12", "2025-12", "2025-12"),
        ("robots 2025/12?", "2025-12", "2025-12"),
        ("2025年12月的论文", "2025-12", "2025-12"),
        ("2026年2月份有哪些机器人论文", "2026-02", "2026-02"),
        ("2025年十一月的论文", "2025-11", "2025-11"),
        # Without a year it is the latest such month here, or that of the last year.
        ("papers in December", "2025-12", "2025-12"),
        ("papers in january on graphs", "2026-01", "2026-01"),
        ("papers in August", "2026-08", "2026-08"),
        ("12月有哪些论文", "2025-12", "2025-12"),
        ("二月份的论文", "2026-02", "2026-02"),
        # From and to.
        ("papers since January 2026", "2026-01", ""),
        ("papers from January 2026 on", "2026-01", ""),
        ("2026年1月以来的论文", "2026-01", ""),
        ("自2026年1月起的论文", "2026-01", ""),
        ("papers until January 2026", "", "2026-01"),
        ("papers up to 2026-01", "", "2026-01"),
        ("2026年1月为止的论文", "", "2026-01"),
        ("papers since November 2025 until January 2026", "2025-11", "2026-01"),
        ("from December 2025 to February 2026", "2025-12", "2026-02"),
        ("2025年11月到2026年1月的论文", "2025-11", "2026-01"),
        # What is before or after a month is not in it.
        ("papers before January 2026", "", "2025-12"),
        ("papers after December 2025", "2026-01", ""),
        ("2026年1月之前的论文", "", "2025-12"),
        ("2025年12月以后的论文", "2026-01", ""),
        # May and March are verbs, too.
        ("papers in May 2025", "2025-05", "2025-05"),
        ("In May, what came out?", "2026-05", "2026-05"),
        ("papers from march", "2026-03", "2026-03"),
        ("methods that may help robots", "", ""),
        ("what may this be for", "", ""),
        ("may this method fail?", "", ""),
        ("robots that march in step", "", ""),
        ("did may change it", "", ""),
        # No months at all.
        ("networks with 12 layers", "", ""),
        ("trained for 3个月", "", ""),
        ("a 2025-12-31 deadline", "", ""),
        ("marching cubes and decoders", "", ""),
        ("2512.00103", "", ""),
    ],
)
def test_months_in_a_question(question: str, since: str, until: str) -> None:
    found = asked(question).filters
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("papers from 2025", "2025-01", "2025-12"),
        ("graph papers published in 2026", "2026-01", "2026-12"),
        ("2025年的论文", "2025-01", "2025-12"),
        ("papers since 2026", "2026-01", ""),
        ("papers before 2026", "", "2025-12"),
        ("papers after 2025", "2026-01", ""),
        ("2026年以前的论文", "", "2025-12"),
        ("papers from 2024 to 2025", "2024-01", "2025-12"),
        ("methods tested on ImageNet 2012", "", ""),
        ("gains of 2025 points", "", ""),
        ("scaled up from 2048 tokens", "", ""),
    ],
)
def test_years_in_a_question(question: str, since: str, until: str) -> None:
    found = asked(question).filters
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    ("question", "categories"),
    [
        ("cs.CV papers", ("cs.CV",)),
        ("list cs.cv and cs.lg", ("cs.CV", "cs.LG")),
        ("CS.RO papers", ("cs.RO",)),
        ("cs.RO类别有哪些论文", ("cs.RO",)),
        ("在cs.LG中有多少篇", ("cs.LG",)),
        ("physics.ao-ph papers", ("physics.ao-ph",)),
        ("Q-bio.BM?", ("q-bio.BM",)),
        ("papers in cs.DB", ("cs.DB",)),  # none here: nothing is found, and said so
        ("papers in cs.db", ("cs.DB",)),
        ("the docs.cv file", ()),
        ("mathematics", ()),
    ],
)
def test_categories_in_a_question(question: str, categories: tuple[str, ...]) -> None:
    assert asked(question).filters.categories == categories


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("2511.00101", ("2511.00101",)),
        ("what is 2511.00101v3 about", ("2511.00101",)),
        (
            "https://arxiv.org/abs/2511.00101v2 and http://www.arxiv.org/pdf/2602.00106.pdf",
            ("2511.00101", "2602.00106"),
        ),
        ("arXiv:2511.00101, arXiv: 2511.00101", ("2511.00101",)),
        ("论文2511.00101讲了什么", ("2511.00101",)),
        ("（2511.00101）的方法", ("2511.00101",)),
        ("what does cs/0112017 prove", ("cs/0112017",)),
        ("arxiv.org/abs/math.GT/0309136v1", ("math.GT/0309136",)),
        ("2599.99999", ()),  # there is no 99th month
        ("an error of 1234.56789", ()),
        ("number 2511.001012", ()),
        ("how fast is filmknife", (EDITING.arxiv_id,)),
        ("compare GraphLoom with FilmKnife", (GRAPHS.arxiv_id, EDITING.arxiv_id)),
        ("knives", ()),
    ],
)
def test_papers_that_a_question_points_at(question: str, papers: tuple[str, ...]) -> None:
    assert asked(question).papers == papers


@pytest.mark.parametrize(
    ("question", "authors"),
    [
        ("papers by Ada Stone", ("Ada Stone",)),
        ("what did ada stone write?", ("Ada Stone",)),
        ("anything by zoe mueller?", ()),
        ("papers by Zoe Muller-Ludenscheidt", ("Zoë Müller-Lüdenscheidt",)),
        ("which papers did Jean Luc Moreau coauthor", ("Jean-Luc Moreau",)),
        ("papers by Quill", ("Hannah Quill",)),
        ("papers by quill", ("Hannah Quill",)),
        ("Mei Tanaka 参与了哪些论文", ("Mei Tanaka",)),
        ("作者 Tanaka 的论文", ("Mei Tanaka",)),
        ("papers by Ada Stone and Mei Tanaka", ("Ada Stone", "Mei Tanaka")),
        ("papers by Zorblax Quux", ("Zorblax Quux",)),  # nobody here, which is then said
        # A surname that is a word, too, and does not stand where a name would.
        ("papers from robots that wade through stone", ()),
        ("papers of machines that write with a quill and ink", ()),
    ],
)
def test_authors_in_a_question(question: str, authors: tuple[str, ...]) -> None:
    assert asked(question).filters.authors == authors


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("grasping in cs.RO since January 2026", "grasping"),
        ("papers by Ada Stone on stonework", "on stonework"),
        ("2026年2月的语音论文", "的语音论文"),
        ("cs.RO", "cs.RO"),
    ],
)
def test_filters_are_taken_out_of_what_is_searched_for(question: str, searched: str) -> None:
    assert asked(question).search_text.removesuffix(" in").strip() == searched


def test_one_author_is_a_filter() -> None:
    for question in ("single-author papers", "papers with only one author on tape", "独立作者的论文"):
        assert asked(question).filters.max_authors == 1
    assert asked("papers with ten authors").filters.max_authors is None


@pytest.mark.parametrize(
    ("question", "order", "count"),
    [
        ("the oldest paper", "oldest", False),
        ("latest papers in cs.LG", "newest", False),
        ("最新的一篇", "newest", False),
        ("编号最小的论文", "oldest", False),
        ("how many cs.LG papers are there", "", True),
        ("一共几篇", "", True),
        ("how many robots are there", "", False),
    ],
)
def test_order_and_count(question: str, order: str, count: bool) -> None:
    query = asked(question)
    assert (query.order, query.count) == (order, count)


@pytest.mark.parametrize("question", ["which papers edit video", "哪些论文做视频编辑"])
def test_the_language_of_the_question_is_kept(question: str) -> None:
    assert asked(question).language is (Language.CHINESE if "哪" in question else Language.ENGLISH)
    assert asked(question).text == question


# --- follow-ups


def after(question: str, *citations: str, filters: Filters | None = None) -> Conversation:
    query = Query(question, question, Wants.SURVEY, Language.ENGLISH, filters or Filters())
    answer = Answer("", (), citations, (), query, Searched(0, 0, "", "", 0.0), False, EXTRACTIVE, {})
    return Conversation("c", turns=(Turn(question, answer),))


CITED = (EDITING.arxiv_id, GRASPING.arxiv_id, POETRY.arxiv_id)


@pytest.mark.parametrize(
    "question",
    [
        "how do they work?",
        "do those run in real time",
        "and in cs.RO?",
        "它们快吗",
        "其中的代码开源吗",
        "那机器人呢？",
    ],
)
def test_a_question_that_points_back_goes_on_about_the_topic(question: str) -> None:
    query = asked(question, after("video editing", *CITED))
    assert query.follows
    assert query.search_text.startswith("video editing ")
    assert query.recent == CITED
    assert query.papers == ()


@pytest.mark.parametrize(
    "question", ["which papers fold proteins", "papers by Ada Stone", "what about 2602.00106", "蛋白质折叠"]
)
def test_a_question_that_stands_alone_does_not(question: str) -> None:
    query = asked(question, after("video editing", *CITED))
    assert not query.follows
    assert query == asked(question)


@pytest.mark.parametrize("question", ["how fast is it?", "这篇用了什么数据", "what does this paper measure"])
def test_it_means_the_one_paper_that_was_cited(question: str) -> None:
    assert asked(question, after("video editing", EDITING.arxiv_id)).papers == (EDITING.arxiv_id,)
    assert asked(question, after("video editing", *CITED)).papers == ()


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("tell me about the first one", CITED[0]),
        ("what is the second paper about", CITED[1]),
        ("第三篇讲了什么", CITED[2]),
    ],
)
def test_an_ordinal_means_the_paper_that_was_cited_there(question: str, paper: str) -> None:
    query = asked(question, after("video editing", *CITED))
    assert (query.papers, query.follows) == ((paper,), True)


def test_an_ordinal_past_the_end_means_no_paper() -> None:
    query = asked("what is the third paper about", after("video editing", *CITED[:2]))
    assert query.papers == ()


def test_asking_about_the_paper_meant_wants_its_summary() -> None:
    assert asked("summarize it", after("video editing", EDITING.arxiv_id)).wants is Wants.SUMMARY
    assert asked("what is the second paper about", after("video editing", *CITED)).wants is Wants.SUMMARY


def test_filters_go_on_until_others_are_named() -> None:
    narrow = Filters(categories=("cs.LG",))
    spoken = after("graphs", FEDERATED.arxiv_id, GRAPHS.arxiv_id, filters=narrow)
    assert asked("do they use disks", spoken).filters == narrow
    assert asked("which of them use disks", spoken).filters.categories == ("cs.LG",)
    assert asked("and those in cs.CV?", spoken).filters == Filters(categories=("cs.CV",))
    assert asked("which papers forecast weather", spoken).filters == Filters()


def test_a_conversation_without_turns_changes_nothing() -> None:
    assert asked("how do they work?", Conversation("c")) == asked("how do they work?")


def test_a_paper_named_beats_the_topic_so_far() -> None:
    query = asked("and how cheap is StormNet?", after("video editing", *CITED))
    assert (query.papers, query.follows) == ((WEATHER.arxiv_id,), False)


@pytest.mark.parametrize("question", ["which of them run on a phone?", "其中哪些用了语言模型？"])
def test_which_of_them_asks_among_the_papers_just_cited(question: str) -> None:
    query = asked(question, after("papers on robots", "2602.00101", "2602.00102"))
    assert (query.wants, query.follows) == (Wants.SURVEY, True)
    assert query.filters.arxiv_ids == ("2602.00101", "2602.00102")
    assert query.search_text == question


def test_contrastive_learning_is_a_topic_and_no_comparison() -> None:
    assert asked("有哪些用对比学习的方法").wants is Wants.SURVEY
