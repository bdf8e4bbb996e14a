"""Questions understood: what they want, about which papers, within which filters. In both languages."""

from __future__ import annotations

import pytest

from assistant.answer import Wants
from assistant.lexical import LexicalIndex
from assistant.names import Names
from assistant.understand import Shelf, understand
from ingest.paper import Language
from tests.assistant.asking import SHELF, asked
from tests.assistant.shelf_of_papers import EDITING, GRAPHS, PAPERS, POETRY, WEATHER, paper


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
        # Politeness, and words about the record itself, are no topic.
        ("hi, could you show me everything in CS.LG, thanks!", Wants.CATALOGUE),
        ("请帮我列出属于 cs.LG 分类的论文，谢谢", Wants.CATALOGUE),
        ("請列出 cs.LG 的論文", Wants.CATALOGUE),
        ("which papers are categorised under cs.LG?", Wants.CATALOGUE),
        ("what's new in cs.LG?", Wants.OVERVIEW),
        ("Is Ada Stone in here?", Wants.CATALOGUE),
        ("Ada Stone", Wants.CATALOGUE),
        ("what is Ada Stone working on?", Wants.CATALOGUE),
        ("Which papers have Ada Stone among the authors?", Wants.CATALOGUE),
        ("Who are Ada Stone's coauthors?", Wants.CATALOGUE),
        ("which month has the most papers?", Wants.CATALOGUE),
        ("发表论文最多的作者是谁", Wants.CATALOGUE),
        ("how many authors are there?", Wants.CATALOGUE),
        # But a topic beside the filter is searched for.
        ("papers by Ada Stone on video", Wants.SURVEY),
        ("Ada Stone 关于视频的论文", Wants.SURVEY),
        ("which cs.LG papers deal with drift?", Wants.SURVEY),
        ("how many papers are about video?", Wants.SURVEY),
        ("有多少篇论文是关于视频的", Wants.SURVEY),
        ("最近有什么关于视频的新论文", Wants.SURVEY),
        ("how many papers did the review of robots include?", Wants.FACT),
        # What the record knows of a paper that is named.
        ("which category is FilmKnife in?", Wants.CATALOGUE),
        ("what is the arXiv id of StormNet", Wants.CATALOGUE),
        ("FilmKnife属于哪个类别", Wants.CATALOGUE),
        ("when was FilmKnife submitted?", Wants.CATALOGUE),
        ("give me the link to FilmKnife", Wants.CATALOGUE),
        ("who wrote FilmKnife?", Wants.AUTHORS),
        ("FilmKnife 是谁写的", Wants.AUTHORS),
        ("author list of 2511.00101", Wants.AUTHORS),
        ("how many authors does FilmKnife have?", Wants.AUTHORS),
        ("FilmKnife 的第一作者是谁", Wants.AUTHORS),
        ("给自动驾驶造数据的工作有哪些？", Wants.SURVEY),
        ("what is FilmKnife?", Wants.SUMMARY),
        ("what does FilmKnife do?", Wants.SUMMARY),
        ("what does FilmKnife do when a clip is long?", Wants.FACT),
        ("tell me about FilmKnife and StormNet", Wants.SUMMARY),
        ("FilmKnife 和 StormNet 哪个更快？", Wants.COMPARE),
        ("what separates FilmKnife from StormNet?", Wants.COMPARE),
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
        ("二月份的論文", "2026-02", "2026-02"),
        ("２０２６年２月的论文", "2026-02", "2026-02"),
        ("25年12月的论文", "2025-12", "2025-12"),
        ("去年12月的论文", "2025-12", "2025-12"),
        ("papers from December last year", "2025-12", "2025-12"),
        ("what did february have on robots", "2026-02", "2026-02"),
        ("the February digests", "2026-02", "2026-02"),
        ("robots, Feb", "2026-02", "2026-02"),
        ("march papers on robots", "2026-03", "2026-03"),
        ("papers 02/2026", "2026-02", "2026-02"),
        ("ids starting with 2602", "2026-02", "2026-02"),
        ("编号以2602开头的论文", "2026-02", "2026-02"),
        ("papers of this month", "2026-02", "2026-02"),
        ("上个月的论文", "2026-01", "2026-01"),
        ("papers from Dec to Feb", "2025-12", "2026-02"),
        ("december and february papers", "2025-12", "2026-02"),
        # In a long story a month is one of the papers only where the sentence is about them.
        ("We met in January. The talks were long. Which papers are on robots?", "", ""),
        ("I saw him at a workshop in May, he was nice, so please tell me about any papers that fold proteins", "", ""),
        (
            "I have to talk on robots soon and know little, so tell me, of the February papers, which do grasp?",
            "2026-02",
            "2026-02",
        ),
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
        ("ｃｓ.ＬＧ 的论文", ("cs.LG",)),
        ("csLG and cs,RO papers", ("cs.RO", "cs.LG")),
        ("papers in the robotics category", ("cs.RO",)),
        ("机器人类别的论文", ("cs.RO",)),
        ("How many robotics papers are there?", ("cs.RO",)),
        ("机器学习的论文有几篇", ("cs.LG",)),
        # What a category is called is a topic where nothing is counted.
        ("robotics papers", ()),
        ("which machine learning papers are there on graphs", ()),
        ("how many robotics papers use touch?", ()),
        ("in CS it is hard", ()),
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
        ("２５１１.００１０１ 讲了什么", ("2511.00101",)),
        ("huggingface.co/papers/2511.00101 tl;dr", ("2511.00101",)),
        ("2511.00101 or StormNet, which is cheaper?", ("2511.00101", WEATHER.arxiv_id)),
        # Slips of the fingers.
        ("how fast is FilmKnive?", (EDITING.arxiv_id,)),
        ("how fast is filmknfe?", (EDITING.arxiv_id,)),
        ("what is stromnet about", (WEATHER.arxiv_id,)),
        ("how fast is TilmKnife?", ()),
        # Words of a title.
        ("what does folding proteins on phones need?", ("2602.00107",)),
        ("what do they find in measuring poetry written by language models", ("2601.00105",)),
        ("《Measuring Poetry》讲了什么", ("2601.00105",)),
        ('what does "sorting on tape" prove?', ("cs/0112017",)),
        ("Whispered Speech Recognition", ("2602.00108",)),
        ("which papers are on editing long videos", ()),
        ("poetry written by models", ()),
    ],
)
def test_papers_that_a_question_points_at(question: str, papers: tuple[str, ...]) -> None:
    assert asked(question).papers == papers


@pytest.mark.parametrize(
    ("question", "authors"),
    [
        ("papers by Ada Stone", ("Ada Stone",)),
        ("what did ada stone write?", ("Ada Stone",)),
        ("anything by zoe mueller?", ("zoe mueller",)),  # nobody here either
        ("papers by Zoe Muller-Ludenscheidt", ("Zoë Müller-Lüdenscheidt",)),
        ("which papers did Jean Luc Moreau coauthor", ("Jean-Luc Moreau",)),
        ("papers by Quill", ("Hannah Quill",)),
        ("papers by quill", ("Hannah Quill",)),
        ("Mei Tanaka 参与了哪些论文", ("Mei Tanaka",)),
        ("作者 Tanaka 的论文", ("Mei Tanaka",)),
        ("papers by Ada Stone and Mei Tanaka", ("Ada Stone", "Mei Tanaka")),
        ("papers by Zorblax Quux", ("Zorblax Quux",)),  # nobody here, which is then said
        ("papers by zorblax quux", ("zorblax quux",)),
        ("Zorblax Quux 的论文有哪些", ("Zorblax Quux",)),
        ("did Zorblax Quux write any of these?", ("Zorblax Quux",)),
        ("Video Editing 的论文", ()),
        ("Quill Hannah 的论文", ("Hannah Quill",)),
        ("papers by H. Quill", ("Hannah Quill",)),
        ("papers by Hannah B. Quill", ("Hannah Quill",)),
        ("papers by Oluwaseun Adeymi", ("Oluwaseun Adeyemi",)),
        ("quill's papers", ("Hannah Quill",)),
        ("anything from Tanaka?", ("Mei Tanaka",)),
        ("那Bo Li的论文呢", ("Bo Li",)),
        ("anything by stone age people", ()),
        # A name in a story is no filter.
        (
            "My neighbour Ada Stone said that I should one day look into how clips are cut, so which papers edit video "
            "with diffusion?",
            (),
        ),
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
        ("有哪些論文研究語音識別", "有哪些论文研究语音识别"),
        ("做语音的，還有嗎？", "做语音的，还有吗？"),
        ("2026年2月的语音论文", "的语音论文"),
        ("cs.RO", "cs.RO"),
    ],
)
def test_filters_are_taken_out_of_what_is_searched_for(question: str, searched: str) -> None:
    assert asked(question).search_text.removesuffix(" in").strip() == searched


@pytest.mark.parametrize(
    "question",
    [
        "single-author papers",
        "papers with only one author on tape",
        "独立作者的论文",
        "哪些论文是单人作者",
        "只有一位作者的论文",
        "papers written by a single person",
    ],
)
def test_one_author_is_a_filter(question: str) -> None:
    assert asked(question).filters.max_authors == 1


def test_many_authors_are_none() -> None:
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


def test_a_category_ruled_out_leaves_all_others() -> None:
    others = set(SHELF.categories) - {"cs.CV"}
    for question in (
        "papers on video not in cs.CV",
        "除了cs.CV之外，有哪些视频论文",
        "how many papers are not in cs.CV?",
    ):
        assert set(asked(question).filters.categories) == others


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("which papers did Ada Stone write as first author?", {EDITING.arxiv_id, GRAPHS.arxiv_id}),
        ("第一作者是 Ada Stone 的论文", {EDITING.arxiv_id, GRAPHS.arxiv_id}),
        ("papers with Ada Stone as last author", {POETRY.arxiv_id, GRAPHS.arxiv_id}),
        ("papers by both Ada Stone and Mei Tanaka", {POETRY.arxiv_id}),
        ("Ada Stone 和 Mei Tanaka 合作的论文", {POETRY.arxiv_id}),
        ("papers by both Ada Stone and Hannah Quill", {"-"}),  # none, which is then said
        ("papers by Ada Stone or Mei Tanaka", set()),
    ],
)
def test_authors_may_be_bound_closer_than_any_of_them(question: str, papers: set[str]) -> None:
    query = asked(question)
    assert "Ada Stone" in query.filters.authors
    assert set(query.filters.arxiv_ids) == papers
    assert query.wants is Wants.CATALOGUE


@pytest.mark.parametrize(
    ("question", "least", "most"),
    [
        ("papers with exactly two authors", 2, 2),
        ("两位作者的论文", 2, 2),
        ("papers with at least two authors", 2, 99),
        ("papers with more than one author", 1, 99),
        ("作者超过1人的论文", 2, 99),
        ("which paper has the most authors?", 2, 2),
        ("作者最多的论文是哪篇", 2, 2),
    ],
)
def test_the_number_of_authors_is_a_filter(question: str, least: int, most: int) -> None:
    wanted = {held.arxiv_id for held in PAPERS if least <= len(held.authors) <= most}
    assert set(asked(question).filters.arxiv_ids) in (wanted, wanted - {p.arxiv_id for p in PAPERS if least == 1})


@pytest.mark.parametrize("question", ["which papers edit video", "哪些论文做视频编辑"])
def test_the_language_of_the_question_is_kept(question: str) -> None:
    assert asked(question).language is (Language.CHINESE if "哪" in question else Language.ENGLISH)
    assert asked(question).text == question


def test_contrastive_learning_is_a_topic_and_no_comparison() -> None:
    assert asked("有哪些用对比学习的方法").wants is Wants.SURVEY


def test_what_a_paper_only_speaks_of_is_not_what_somebody_wrote() -> None:
    held = [paper("2511.00051", "A way to see", "We propose SeeNet. SeeNet beats VGG16. We retrain VGG16.")]
    shelf = Shelf(Names(held, {}, LexicalIndex(held)), {"cs.CV": 1}, {"2025-11": 1})
    assert understand("how large is VGG16?", shelf).papers == ("2511.00051",)
    assert understand("who wrote VGG16?", shelf).papers == ()
    assert understand("who wrote SeeNet?", shelf).papers == ("2511.00051",)
    assert understand("what does 2511.00099 say of VGG16?", shelf).papers == ("2511.00099",)
    assert understand("what does 2511.00099 say of SeeNet?", shelf).papers == ("2511.00099", "2511.00051")
