"""Follow-ups: what a question leaves out is taken from the turns before; a change of topic is noticed."""

from __future__ import annotations

import pytest

from assistant.answer import EXTRACTIVE, Answer, Conversation, Searched, Turn, Wants
from assistant.lexical import LexicalIndex
from assistant.names import Names
from assistant.understand import Shelf, understand
from ingest.paper import Filters
from tests.assistant.asking import after, asked, told
from tests.assistant.shelf_of_papers import EDITING, FEDERATED, GRAPHS, GRASPING, POETRY, WEATHER, paper

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
    assert query.search_text.startswith("video editing")
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


@pytest.mark.parametrize("question", ["which of them is faster?", "其中哪个更快？"])
def test_which_of_them_after_a_comparison_goes_on_comparing(question: str) -> None:
    spoken = told(f"compare {EDITING.arxiv_id} and {GRASPING.arxiv_id}", EDITING.arxiv_id, GRASPING.arxiv_id)
    query = asked(question, spoken)
    assert (query.wants, query.papers) == (Wants.COMPARE, (EDITING.arxiv_id, GRASPING.arxiv_id))


@pytest.mark.parametrize("question", ["which of them run on a phone?", "其中哪些用了语言模型？"])
def test_which_of_them_asks_among_the_papers_just_cited(question: str) -> None:
    query = asked(question, after("papers on robots", "2602.00101", "2602.00102"))
    assert (query.wants, query.follows) == (Wants.SURVEY, True)
    assert query.filters.arxiv_ids == ("2602.00101", "2602.00102")
    assert query.search_text == question


# --- papers by their place in a list


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("who wrote the third?", [2]),
        ("tell me more about the 2nd", [1]),
        ("summarise number 2", [1]),
        ("what about #3?", [2]),
        ("第二篇呢", [1]),
        ("第3篇的作者是谁", [2]),
        ("what about the last one?", [2]),
        ("最后一篇讲了什么", [2]),
        ("compare the first two", [0, 1]),
        ("前两篇有什么区别", [0, 1]),
        ("compare the first and the third one", [0, 2]),
        ("how fast is the latter?", [2]),
        ("前者快多少", [0]),
    ],
)
def test_papers_are_meant_by_their_place(question: str, places: list[int]) -> None:
    query = asked(question, after("video editing", *CITED))
    assert query.papers == tuple(CITED[place] for place in places)
    assert query.follows
    assert (query.wants is Wants.COMPARE) is (len(places) > 1)


@pytest.mark.parametrize("question", ["what happens in the first layer?", "how many are in the last 3 layers"])
def test_a_place_that_is_not_a_papers_means_none(question: str) -> None:
    assert asked(question, after("video editing", *CITED)).papers == ()


def test_a_place_is_one_of_the_list_also_after_a_look_at_one_of_it() -> None:
    spoken = told("the first one?", CITED[0], before=told("papers on video editing", *CITED))
    assert asked("and the second?", spoken).papers == (CITED[1],)
    assert asked("and the first?", told("and the second?", CITED[1], before=spoken)).papers == (CITED[0],)


def test_a_place_alone_asks_what_was_asked_of_the_paper_before() -> None:
    spoken = told("who wrote the first one?", CITED[0], before=told("papers on video editing", *CITED))
    assert asked("and the second?", spoken).wants is Wants.AUTHORS
    assert asked("第二篇呢", told("有哪些视频编辑的论文", *CITED)).wants is Wants.SUMMARY


# --- one paper


@pytest.mark.parametrize("question", ["who wrote it?", "谁写的？", "它的作者是谁", "authors?", "Who are the authors?"])
def test_who_wrote_is_asked_of_the_paper_just_told_of(question: str) -> None:
    query = asked(question, told("what is FilmKnife about?", EDITING.arxiv_id))
    assert (query.wants, query.papers) == (Wants.AUTHORS, (EDITING.arxiv_id,))


@pytest.mark.parametrize("question", ["give me the link", "which category is it in?", "它是哪个月的？"])
def test_what_the_record_knows_is_asked_of_the_paper_just_told_of(question: str) -> None:
    query = asked(question, told("what is FilmKnife about?", EDITING.arxiv_id))
    assert (query.wants, query.papers) == (Wants.CATALOGUE, (EDITING.arxiv_id,))


@pytest.mark.parametrize("question", ["compare it with StormNet", "它和StormNet比怎么样", "和StormNet有什么区别？"])
def test_the_paper_just_told_of_is_held_against_another(question: str) -> None:
    query = asked(question, told("what is FilmKnife about?", EDITING.arxiv_id))
    assert (query.wants, query.papers) == (Wants.COMPARE, (EDITING.arxiv_id, WEATHER.arxiv_id))


@pytest.mark.parametrize(
    ("first", "wants"),
    [
        ("how fast is FilmKnife?", Wants.FACT),
        ("who wrote FilmKnife?", Wants.AUTHORS),
        ("FilmKnife 讲了什么", Wants.SUMMARY),
        ("which category is FilmKnife in?", Wants.CATALOGUE),
    ],
)
@pytest.mark.parametrize("second", ["and StormNet?", "StormNet呢？", "what about stormnet"])
def test_another_paper_alone_is_asked_the_same(first: str, wants: Wants, second: str) -> None:
    query = asked(second, told(first, EDITING.arxiv_id))
    assert (query.papers, query.wants) == ((WEATHER.arxiv_id,), wants)


@pytest.mark.parametrize("question", ["compare them", "how do the two differ?", "这两篇有什么不同？"])
def test_both_are_meant_where_two_were_cited(question: str) -> None:
    query = asked(question, told("papers on video editing", *CITED[:2]))
    assert (query.wants, query.papers) == (Wants.COMPARE, CITED[:2])


def test_a_sibling_is_another_paper_of_the_same_numbered_name() -> None:
    small = paper("2511.00031", "Gato 2 Mini: A Small Model", "It is small.")
    large = paper("2511.00032", "Big Gato 2: A Large Model", "It is large.")
    other = paper("2511.00033", "Gato 3: Another Model", "It is new.")
    held = (small, large, other)
    shelf = Shelf(Names(held, {}, LexicalIndex(held)), {"cs.CV": 3}, {"2025-11": 3})
    first = understand("tell me about Gato 2 Mini", shelf)
    assert first.papers == (small.arxiv_id,)
    answer = Answer("", (), first.papers, (), first, Searched(0, 0, "", "", 0.0), False, EXTRACTIVE, {})
    spoken = Conversation("c", turns=(Turn("…", answer),))
    assert understand("does it have bigger siblings?", shelf, spoken).papers == (large.arxiv_id, small.arxiv_id)
    assert understand("how big is it?", shelf, spoken).papers == (small.arxiv_id,)
    assert set(understand("arxiv ids of the Gato 2 reports?", shelf).papers) == {small.arxiv_id, large.arxiv_id}


# --- ellipsis


@pytest.mark.parametrize(
    ("first", "second", "filters", "wants"),
    [
        ("cs.CV papers in December", "and in November?", Filters(("cs.CV",), (), "2025-11", "2025-11"),
         Wants.CATALOGUE),
        ("12月的cs.CV论文", "那11月呢？", Filters(("cs.CV",), (), "2025-11", "2025-11"), Wants.CATALOGUE),
        ("12月的cs.CV论文", "and in November?", Filters(("cs.CV",), (), "2025-11", "2025-11"), Wants.CATALOGUE),
        ("papers on video in December", "only cs.CV", Filters(("cs.CV",), (), "2025-12", "2025-12"), Wants.SURVEY),
        ("papers on video", "只看cs.CV的", Filters(("cs.CV",)), Wants.SURVEY),
        ("papers on video in cs.CV", "just the ones from November please",
         Filters(("cs.CV",), (), "2025-11", "2025-11"), Wants.SURVEY),
        ("papers on video in cs.CV", "cs.LG?", Filters(("cs.LG",)), Wants.SURVEY),
        ("papers by Ada Stone in January", "and by Mei Tanaka?", Filters((), ("Mei Tanaka",), "2026-01", "2026-01"),
         Wants.CATALOGUE),
        ("Ada Stone的论文", "那Mei Tanaka呢", Filters((), ("Mei Tanaka",)), Wants.CATALOGUE),
        ("how many papers are in cs.CV?", "and in cs.LG?", Filters(("cs.LG",)), Wants.CATALOGUE),
    ],
)  # fmt: skip
def test_a_filter_alone_is_put_in_the_place_of_the_like(
    first: str, second: str, filters: Filters, wants: Wants
) -> None:
    before = asked(first)
    query = asked(second, told(first, *CITED))
    assert (query.filters, query.wants, query.follows) == (filters, wants, True)
    assert query.search_text == before.search_text
    assert query.count == before.count


@pytest.mark.parametrize(
    ("first", "second", "searched"),
    [
        ("diffusion for video generation", "what about audio?", "diffusion for audio generation"),
        ("diffusion for video generation", "那音频呢？", "diffusion for audio generation"),
        ("有哪些视频生成的论文", "音频呢？", "有哪些音频生成的论文"),
        ("有哪些视频生成的论文", "what about music?", "有哪些音乐生成的论文"),
        ("papers on federated learning", "how about reinforcement learning?", "papers on reinforcement learning"),
        ("papers on dental images", "and retinal images?", "papers on retinal images"),
        ("papers on video editing", "what about protein folding?", "protein folding"),
        ("papers on video editing", "what about speed?", "papers on video editing speed"),
    ],
)
def test_a_thing_alone_is_put_in_the_place_of_the_like(first: str, second: str, searched: str) -> None:
    query = asked(second, told(first, *CITED))
    assert (query.search_text, query.wants, query.follows) == (searched, Wants.SURVEY, True)
    # What was found for the other thing is no nearer for it.
    assert query.recent == (CITED if searched.startswith(first) else ())


@pytest.mark.parametrize("question", ["more", "any others?", "还有吗？", "更多", "show me more papers please"])
def test_more_is_more_of_the_same(question: str) -> None:
    query = asked(question, told("papers on video editing in cs.CV", *CITED))
    assert (query.search_text, query.wants) == ("papers on video editing in", Wants.SURVEY)
    assert query.filters == Filters(("cs.CV",))
    assert query.listed == CITED


@pytest.mark.parametrize("question", ["how many of them are in cs.CV?", "其中有几篇是cs.CV的？"])
def test_how_many_of_them_is_counted_among_the_papers_just_cited(question: str) -> None:
    query = asked(question, told("papers on robots", *CITED))
    assert (query.wants, query.filters) == (Wants.CATALOGUE, Filters(("cs.CV",), arxiv_ids=CITED))


# --- another topic


@pytest.mark.parametrize(
    "question",
    [
        "which papers prune a network without retraining it?",
        "papers by Mei Tanaka",
        "how many papers are there in total?",
        "ok, different question: which papers fold proteins?",
        "换个话题，有哪些做蛋白质折叠的论文？",
        "Different topic: is it raining?",
    ],
)
def test_another_topic_brings_nothing_from_before(question: str) -> None:
    query = asked(question, told("cs.CV papers on video in December", *CITED))
    assert query == asked(question)
    assert not query.follows


def test_a_change_of_topic_is_announced_and_not_searched_for() -> None:
    assert asked("different question: protein folding").search_text == "protein folding"
    assert asked("换个话题，蛋白质折叠").search_text == "蛋白质折叠"
