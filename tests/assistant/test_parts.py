"""Several questions in one message: told apart where they can be answered apart, and answered each in its turn."""

from __future__ import annotations

import pytest

from assistant.answer import Conversation, Support, Turn, Wants
from assistant.chat import Assistant
from assistant.parts import interleaved
from ingest.library import Library
from ingest.paper import Filters
from tests.assistant.asking import asked, told
from tests.assistant.conftest import ScriptedModel
from tests.assistant.shelf_of_papers import EDITING, LONG_EDITING, POETRY, PROTEINS, SPEECH, WEATHER


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Who wrote FilmKnife? And which papers are on speech recognition?",
            ("Who wrote FilmKnife?", "which papers are on speech recognition?"),
        ),
        (
            "which papers edit video? also, how many cs.LG papers are there?",
            ("which papers edit video?", "how many cs.LG papers are there?"),
        ),
        ("有哪些做视频编辑的论文？另外，cs.LG 有多少篇论文？", ("有哪些做视频编辑的论文？", "cs.LG 有多少篇论文？")),
        ("有哪些论文做视频编辑？还有哪些做语音识别？", ("有哪些论文做视频编辑？", "哪些做语音识别？")),
        (
            "1. Which papers grasp objects?\n2. Who wrote StormNet?\n3. How many cs.LG papers are there?",
            ("Which papers grasp objects?", "Who wrote StormNet?", "How many cs.LG papers are there?"),
        ),
        ("1) 有哪些语音论文？ 2) StormNet 是谁写的？", ("有哪些语音论文？", "StormNet 是谁写的？")),
        ("What is FilmKnife about? Who wrote it?", ("What is FilmKnife about?", "Who wrote it?")),
        ("what does FilmKnife do and who wrote it?", ("what does FilmKnife do", "who wrote it?")),
        ("any papers on proteins? any papers on poetry?", ("any papers on proteins?", "any papers on poetry?")),
        ("How fast is FilmKnife? How cheap is StormNet?", ("How fast is FilmKnife?", "How cheap is StormNet?")),
        (
            "two questions: who wrote FilmKnife, and how many cs.LG papers are there?",
            ("who wrote FilmKnife", "how many cs.LG papers are there?"),
        ),
        ("我有两个问题：FilmKnife的作者是谁？StormNet讲了什么？", ("FilmKnife的作者是谁？", "StormNet讲了什么？")),
        (
            "Are there papers about folding proteins? What about poetry?",
            ("Are there papers about folding proteins?", "What about poetry?"),
        ),
    ],
)
def test_questions_that_can_be_answered_apart_are_told_apart(question: str, parts: tuple[str, ...]) -> None:
    query = asked(question)
    assert query.text == question
    assert tuple(part.text for part in query.parts) == parts
    assert not any(part.parts for part in query.parts)


@pytest.mark.parametrize(
    "question",
    [
        # One thing is asked of in two ways.
        "size of GraphLoom's graphs? and how many hours does it take",
        "FilmKnife一次编辑多长的视频？需要几秒？",
        "does the choice of noise matter for long videos? which studies look at this",
        "Can you find the one about sorting on tapes? What's it called and what's the trick?",
        "How many papers are in cs.LG? Please list them.",
        "how does StormNet work, and how cheap is it?",
        "2511.00101 这篇是做什么的？速度有多快？",
        "How do clients drift? I mean drift over time, not in space.",
        "Papers by Ada Stone, and what is each about?",
        "Which paper has the earliest arXiv number, and what category is it in?",
        # What is told before, or between, belongs to the question.
        "Hi there! I'm a student of robots. My advisor likes touch. Which papers grasp objects?",
        "Are poets biased? I've seen contradictory claims; what do the two papers conclude?",
        "speech, whispers, voices... anything on recognising them?",
        "compter vision for video??",
        # A comparison is one question.
        "compare FilmKnife and StormNet: which is faster? And which is cheaper?",
        "FilmKnife or StormNet? which papers are they?",
        "which papers fold proteins? " * 9,  # a pasted text
        # No list of questions.
        "networks with 1. no memory 2. no disk",
        "",
        "?",
    ],
)
def test_one_question_stays_whole(question: str) -> None:
    query = asked(question)
    assert query.parts == ()
    assert query.text == question


def test_every_part_is_understood_by_itself() -> None:
    query = asked("Who wrote FilmKnife? How many cs.LG papers are there? 另外，有哪些论文讲语音？")
    assert [part.wants for part in query.parts] == [Wants.AUTHORS, Wants.CATALOGUE, Wants.SURVEY]
    assert [part.filters for part in query.parts] == [Filters(), Filters(("cs.LG",)), Filters()]
    assert query.parts[0].papers == query.papers == (EDITING.arxiv_id,)
    assert query.filters == Filters()


def test_the_first_part_may_go_on_about_the_turn_before_and_the_last_is_gone_on_about() -> None:
    query = asked("who wrote it? which papers fold proteins?", told("what is FilmKnife about?", EDITING.arxiv_id))
    assert query.parts[0].papers == (EDITING.arxiv_id,)
    spoken = told("who wrote FilmKnife? which papers on video are in cs.CV?", EDITING.arxiv_id, LONG_EDITING.arxiv_id)
    assert asked("and in cs.RO?", spoken).search_text == "which papers on video are in ?"


# --- answered


@pytest.fixture(scope="module")
def assistant(shelf: Library) -> Assistant:
    return Assistant(shelf)


async def test_each_part_is_answered_under_its_own_words(assistant: Assistant) -> None:
    answer = await assistant.answer("Who wrote FilmKnife? And how many cs.LG papers are there?")
    first, second = answer.text.split("### how many cs.LG papers are there?")
    assert first.startswith("### Who wrote FilmKnife?\n\n")
    assert "is by Ada Stone, Zoë Müller-Lüdenscheidt." in first
    assert "**2 papers**" in second
    assert answer.citations[0] == EDITING.arxiv_id
    assert len(answer.citations) == 3
    assert [claim.support for claim in answer.claims[:2]] == [Support.RECORD] * 2
    assert not answer.abstained


async def test_the_hits_of_all_parts_are_ranked_in_turn_and_each_paper_once(assistant: Assistant) -> None:
    both = await assistant.answer("which papers fold proteins? which papers recognise whispered speech?")
    proteins = await assistant.answer("which papers fold proteins?")
    speech = await assistant.answer("which papers recognise whispered speech?")
    ids = [hit.paper.arxiv_id for hit in both.hits]
    assert ids[:2] == [PROTEINS.arxiv_id, SPEECH.arxiv_id]
    assert len(ids) == len(set(ids))
    assert set(ids) == {hit.paper.arxiv_id for answer in (proteins, speech) for hit in answer.hits}
    assert [hit.rank for hit in both.hits] == list(range(1, len(ids) + 1))
    assert set(both.citations) == {*proteins.citations, *speech.citations}
    assert [claim.text for claim in both.claims] == [claim.text for claim in (*proteins.claims, *speech.claims)]


async def test_a_later_part_may_mean_what_an_earlier_one_found(assistant: Assistant) -> None:
    answer = await assistant.answer("Which paper asks poets to judge poems? Who wrote it?")
    assert answer.query.parts[1].papers == (POETRY.arxiv_id,)
    assert "is by Mei Tanaka, Ada Stone." in answer.text
    assert answer.citations == (POETRY.arxiv_id,)


async def test_what_about_another_thing_is_asked_as_the_part_before_was(assistant: Assistant) -> None:
    answer = await assistant.answer("which papers do video editing? what about protein folding?")
    assert answer.query.parts[1].search_text == "protein folding"
    assert answer.query.parts[1].wants is Wants.SURVEY
    assert PROTEINS.arxiv_id in answer.citations


async def test_all_is_refused_only_where_every_part_is(assistant: Assistant) -> None:
    some = await assistant.answer("papers by Zorblax Quux? who wrote FilmKnife?")
    none = await assistant.answer("papers by Zorblax Quux? how many papers are in cs.DB?")
    assert not some.abstained
    assert some.citations == (EDITING.arxiv_id,)
    assert none.abstained
    assert none.text.count("No paper in the library meets this") == 2


async def test_filters_beside_the_message_narrow_every_part(assistant: Assistant) -> None:
    answer = await assistant.answer(
        "which papers are on video? which papers are on graphs?", filters=Filters(categories=("cs.LG",))
    )
    assert {part.filters for part in answer.query.parts} == {Filters(categories=("cs.LG",))}
    found = [hit for hit in answer.hits if hit.score]  # a refusal also shows what is outside of the filters
    assert {hit.paper.primary_category for hit in found} == {"cs.LG"}


async def test_what_a_person_typed_is_text_in_its_heading(assistant: Assistant) -> None:
    answer = await assistant.answer("Who wrote <b>FilmKnife</b> [1](https://x.y)? how many cs.LG papers are there?")
    assert "<b>" not in answer.text.replace(r"\<b>", "")
    assert "[1](https" not in answer.text
    assert answer.text.startswith("### ")


async def test_a_conversation_goes_on_after_several_questions(assistant: Assistant) -> None:
    message = "How fast is FilmKnife? How cheap is StormNet?"
    first = await assistant.answer(message)
    assert first.citations == (EDITING.arxiv_id, WEATHER.arxiv_id)
    second = await assistant.answer("compare the two", Conversation("c", turns=(Turn(message, first),)))
    assert second.query.papers == (EDITING.arxiv_id, WEATHER.arxiv_id)


async def test_a_model_is_shown_sources_of_every_part(shelf: Library) -> None:
    model = ScriptedModel(["It edits a clip of 12 seconds in 3.5 seconds on one GPU [1]."])
    answer = await Assistant(shelf, model).answer("How fast is FilmKnife? How cheap is StormNet?")
    shown = model.prompts[-1][-1].content
    assert f"Title: {EDITING.title}" in shown
    assert f"Title: {WEATHER.title}" in shown
    assert answer.mode == model.name


async def test_a_part_that_the_record_answers_is_never_a_models_to_make(shelf: Library) -> None:
    model = ScriptedModel(["There are 5000 papers."])
    answer = await Assistant(shelf, model).answer("How fast is FilmKnife? how many cs.LG papers are there?")
    assert model.prompts == []
    assert "**2 papers**" in answer.text


async def test_ranks_are_interleaved(assistant: Assistant) -> None:
    one = await assistant.answer("which papers edit video?")
    mixed = interleaved([one.hits[:3], one.hits[1:3], ()])
    assert [hit.paper for hit in mixed] == [one.hits[0].paper, one.hits[1].paper, one.hits[2].paper]
    assert [hit.rank for hit in mixed] == [1, 2, 3]
    assert interleaved([]) == ()
