"""A whole turn: events in order, with a model and without, alone and many at once."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from assistant.answer import EXTRACTIVE, Answer, Conversation, Delta, Event, Finished, Found, Support, Turn, Wants
from assistant.chat import LONGEST_QUESTION, Assistant
from assistant.errors import ModelError, ModelFault, QuestionError
from assistant.prompt import CANNOT_ANSWER
from assistant.settings import AssistantSettings
from ingest.library import Library
from ingest.paper import Filters
from tests.assistant.conftest import ScriptedModel
from tests.assistant.shelf_of_papers import EDITING, FEDERATED, GRAPHS, GRASPING, LONG_EDITING, PAPERS, POETRY, WEATHER

QUESTION = "how does a tactile policy grasp"
SURVEY = "which papers are on video editing with diffusion"
LINK = f"[{GRASPING.arxiv_id}]({GRASPING.url})"
# Said by code below a model's prose.
SEARCHED = f"— {len(PAPERS)} papers searched (2026-02-10 to 2026-02-10)"
# Of the sentences a model is shown, so that they stand.
GOOD = ["It succeeds in ", "93.5% of grasps [", "1", "]. We train a tactile policy on 900 objects [1]."]
BROKEN = ModelError("The model at localhost hung up.", "Start it again.", kind=ModelFault.STALLED)


@pytest.fixture(scope="module")
def assistant(shelf: Library) -> Assistant:
    return Assistant(shelf)


async def events_of(assistant: Assistant, question: str, **given: object) -> list[Event]:
    return [event async for event in assistant.stream(question, **given)]  # type: ignore[arg-type]


def answer_in(events: list[Event]) -> Answer:
    assert isinstance(events[-1], Finished)
    return events[-1].answer


def with_model(shelf: Library, *pieces: str, failure: Exception | None = None) -> tuple[Assistant, ScriptedModel]:
    """An assistant whose model is only asked for answers."""
    model = ScriptedModel(pieces, failure)
    return Assistant(shelf, model, AssistantSettings(rewrite_seconds=0)), model


def plain(answer: Answer) -> object:
    """An answer without its times, and without scores, whose last digits hang on what else was scored with them."""
    claims = [
        (claim.text, claim.support, [replace(evidence, score=0.0) for evidence in claim.citations])
        for claim in answer.claims
    ]
    return answer.text, answer.citations, claims, answer.hits, answer.query, answer.abstained, answer.table


# --- without a model


@pytest.mark.parametrize("question", [QUESTION, "how many papers are there?", "papers in cs.DB", "中世纪飞艇烹饪", "?"])
async def test_a_turn_is_one_found_then_text_then_one_finished(assistant: Assistant, question: str) -> None:
    events = await events_of(assistant, question)
    assert [type(event) for event in events] == [Found, Delta, Finished]
    answer, found, delta = answer_in(events), events[0], events[1]
    assert isinstance(found, Found)
    assert isinstance(delta, Delta)
    assert (found.query, found.hits, found.searched) == (answer.query, answer.hits, answer.searched)
    assert delta.text == answer.text
    assert (answer.mode, answer.notice) == (EXTRACTIVE, "")


async def test_answer_is_what_a_stream_ends_with(assistant: Assistant) -> None:
    assert plain(await assistant.answer(QUESTION)) == plain(answer_in(await events_of(assistant, QUESTION)))


@pytest.mark.parametrize("question", ["", "  \n ", "x" * (LONGEST_QUESTION + 1)])
async def test_no_question_and_one_too_long_are_told_before_anything_is_searched(
    assistant: Assistant, question: str
) -> None:
    with pytest.raises(QuestionError, match="expected a question"):
        await events_of(assistant, question)
    with pytest.raises(QuestionError, match="expected a question"):
        assistant.search(question)


async def test_the_longest_question_is_answered(assistant: Assistant) -> None:
    assert answer_in(await events_of(assistant, "why " * (LONGEST_QUESTION // 4))).text


def test_searching_gives_the_query_and_the_best_papers(assistant: Assistant) -> None:
    query, hits = assistant.search("tactile grasping", Filters(categories=("cs.RO",)), k=3)
    assert (query.filters.categories, query.wants) == (("cs.RO",), Wants.SURVEY)
    assert [hit.paper.arxiv_id for hit in hits] == [GRASPING.arxiv_id]
    assert len(assistant.search("learning", k=3)[1]) == 3


def test_warming_an_empty_library_does_nothing_and_a_full_one_does_no_harm(shelf: Library) -> None:
    Assistant(shelf).warm()


# --- filters beside the question


async def test_filters_beside_the_question_narrow_it(assistant: Assistant) -> None:
    answer = await assistant.answer("anything about learning?", filters=Filters(categories=("cs.LG",)))
    assert {hit.paper.arxiv_id for hit in answer.hits} == {FEDERATED.arxiv_id, GRAPHS.arxiv_id}
    assert answer.query.filters == Filters(categories=("cs.LG",))
    assert (answer.searched.papers, answer.searched.of) == (2, len(PAPERS))


async def test_filters_beside_the_question_beat_those_in_it_and_the_others_stay(assistant: Assistant) -> None:
    answer = await assistant.answer("cs.CV papers since January 2026", filters=Filters(categories=("cs.LG",)))
    assert answer.query.filters == Filters(categories=("cs.LG",), since="2026-01")
    assert set(answer.citations) == {FEDERATED.arxiv_id, GRAPHS.arxiv_id}


@pytest.mark.parametrize("question", ["list all papers", "which papers are there?", "列出所有论文"])
async def test_a_question_without_a_topic_lists_what_passes_the_filters_beside_it(
    assistant: Assistant, shelf: Library, question: str
) -> None:
    answer = await assistant.answer(question, filters=Filters(authors=("Ada Stone",)))
    assert answer.query.wants is Wants.CATALOGUE
    assert list(answer.citations) == shelf.select(Filters(authors=("Ada Stone",)))


async def test_only_the_filters_given_count_where_that_is_asked_for(assistant: Assistant) -> None:
    events = await events_of(assistant, "cs.CV papers since January 2026 on learning", only=True)
    assert answer_in(events).query.filters == Filters()


# --- conversations


async def talk(assistant: Assistant, *questions: str) -> list[Answer]:
    turns: tuple[Turn, ...] = ()
    for question in questions:
        turns += (Turn(question, await assistant.answer(question, Conversation("c", turns=turns))),)
    return [turn.answer for turn in turns]


async def test_a_follow_up_goes_on_about_the_paper_before(assistant: Assistant) -> None:
    _, second = await talk(assistant, "how fast is FilmKnife?", "and who prefers it?")
    assert second.query.follows
    assert second.citations[0] == EDITING.arxiv_id
    assert "71%" in second.text


async def test_a_follow_up_may_point_at_a_paper_of_the_list_by_its_number(assistant: Assistant) -> None:
    first, second = await talk(assistant, "list papers by Ada Stone", "what is the second one about?")
    assert second.query.papers == (first.citations[1],)
    assert second.query.wants is Wants.SUMMARY
    assert second.citations == (first.citations[1],)


async def test_a_third_question_still_knows_the_topic(assistant: Assistant) -> None:
    *_, third = await talk(assistant, "how cheap is StormNet?", "and for how many hours?", "and what does it read?")
    assert third.citations[0] == WEATHER.arxiv_id


async def test_more_lists_the_next_best_and_none_twice(assistant: Assistant) -> None:
    first, second = await talk(assistant, "which papers are on video editing", "any more?")
    assert second.citations
    assert not set(first.citations) & set(second.citations)
    ranked = [hit.paper.arxiv_id for hit in second.hits]
    assert list(second.citations) == [arxiv_id for arxiv_id in ranked if arxiv_id not in first.citations][:5]


async def test_a_follow_up_may_be_in_the_other_language(assistant: Assistant) -> None:
    *_, last = await talk(assistant, "papers by Ada Stone", "那一月呢？", "第一篇的作者是谁？")
    assert last.citations == (POETRY.arxiv_id,)
    assert "的作者是 Mei Tanaka, Ada Stone" in last.text


@pytest.mark.parametrize("question", ["which papers have poets judge poems", "哪些论文请诗人评判诗歌"])
async def test_a_change_of_topic_is_noticed(assistant: Assistant, question: str) -> None:
    _, second = await talk(assistant, "how fast is FilmKnife?", question)
    assert not second.query.follows
    assert second.citations[0] == POETRY.arxiv_id
    assert plain(second) == plain(await assistant.answer(question))


async def test_a_count_after_a_narrow_question_is_of_the_whole_library(assistant: Assistant) -> None:
    _, second = await talk(assistant, "learning in cs.LG", "how many papers are there in the library?")
    assert f"**{len(PAPERS)} papers**" in second.text


# --- with a model


async def test_a_models_prose_streams_out_with_its_markers_resolved(shelf: Library) -> None:
    assistant, model = with_model(shelf, *GOOD)
    events = await events_of(assistant, QUESTION)
    answer = answer_in(events)
    assert [type(event) for event in (events[0], events[-1])] == [Found, Finished]
    shown = [event.text for event in events if isinstance(event, Delta)]
    assert len(shown) > 1
    assert "".join(shown).strip() == answer.text
    prose = f"It succeeds in 93.5% of grasps {LINK}. We train a tactile policy on 900 objects {LINK}."
    assert answer.text == f"{prose}\n\n{SEARCHED}"
    assert (answer.mode, answer.notice, answer.citations) == ("scripted-1", "", (GRASPING.arxiv_id,))
    assert [claim.support for claim in answer.claims] == [Support.QUOTED, Support.QUOTED, Support.RECORD]
    assert all(claim.text in answer.text for claim in answer.claims)
    assert model.closed == 1


async def test_a_model_is_shown_the_best_papers_and_the_turns_before(shelf: Library) -> None:
    assistant, model = with_model(shelf, *GOOD)
    first = await assistant.answer(QUESTION)
    await assistant.answer("and on how many objects?", Conversation("c", turns=(Turn(QUESTION, first),)))
    system, *past, last = model.prompts[1]
    assert [message.role for message in past] == ["user", "assistant"]
    assert past[0].content == QUESTION
    assert "https://" not in past[1].content
    assert "We train a tactile policy on 900 objects." in last.content
    assert last.content.index(f"Title: {GRASPING.title}") < last.content.index("<source 2>")
    assert CANNOT_ANSWER in system.content


@pytest.mark.parametrize("said", [(), GOOD[:3], ("Half a sent",)])
async def test_a_model_that_fails_gives_way_to_the_papers_own_sentences_and_says_so(
    shelf: Library, assistant: Assistant, said: tuple[str, ...]
) -> None:
    broken, model = with_model(shelf, *said, failure=BROKEN)
    events = await events_of(broken, QUESTION)
    answer = answer_in(events)
    assert [type(event) for event in events].count(Finished) == 1
    assert plain(answer) == plain(await assistant.answer(QUESTION))
    assert (answer.mode, answer.notice) == (EXTRACTIVE, "The model at localhost hung up. Start it again.")
    assert model.closed == 1


@pytest.mark.parametrize(
    "lie",
    [
        "It succeeds in 99.9% of grasps [1]. It was trained on 7 planets [1].",
        "Whales sing at night [1]. They dance by day [2].",
        "As shown in [2599.00001](https://arxiv.org/abs/2599.00001) whales sing 5 songs.",
        "",
        " \n",
    ],
)
async def test_a_model_that_makes_things_up_is_overruled(shelf: Library, assistant: Assistant, lie: str) -> None:
    lying, _ = with_model(shelf, lie)
    answer = await lying.answer(QUESTION)
    assert plain(answer) == plain(await assistant.answer(QUESTION))
    assert answer.mode == EXTRACTIVE
    assert "Too little of what scripted-1 wrote stands in the papers" in answer.notice


async def test_what_does_not_stand_is_marked_where_enough_does(shelf: Library) -> None:
    assistant, _ = with_model(
        shelf, *GOOD, " Whales sing 7 songs [1] [99] [2599.00001](https://arxiv.org/abs/2599.00001)."
    )
    answer = await assistant.answer(QUESTION)
    assert answer.mode == "scripted-1"
    supports = [claim.support for claim in answer.claims]
    assert supports == [Support.QUOTED, Support.QUOTED, Support.UNSUPPORTED, Support.RECORD]
    assert "2599.00001" not in answer.text
    assert answer.citations == (GRASPING.arxiv_id,)


async def test_a_numbered_list_loses_nothing_to_its_numbers(shelf: Library) -> None:
    assistant, _ = with_model(shelf, "1. It succeeds in 93.5% of grasps [1].\n2. Robots that feel grasp better [1].")
    answer = await assistant.answer(QUESTION)
    assert answer.mode == "scripted-1"
    assert [claim.support for claim in answer.claims] == [Support.QUOTED, Support.QUOTED, Support.RECORD]


@pytest.mark.parametrize("said", [CANNOT_ANSWER, f"**{CANNOT_ANSWER.lower()}**"])
async def test_a_model_that_finds_no_answer_gives_way(shelf: Library, assistant: Assistant, said: str) -> None:
    giving_up, _ = with_model(shelf, said)
    answer = await giving_up.answer(QUESTION)
    assert plain(answer) == plain(await assistant.answer(QUESTION))
    assert "scripted-1 found no answer in the sources" in answer.notice


@pytest.mark.parametrize(
    "question",
    ["how many papers are there?", "list papers by Ada Stone", "who wrote FilmKnife?", "papers in cs.DB", "中世纪飞艇"],
)
async def test_counts_names_and_refusals_are_never_a_models_to_make(shelf: Library, question: str) -> None:
    assistant, model = with_model(shelf, "There are 5000 papers.")
    answer = await assistant.answer(question)
    assert (answer.mode, model.prompts) == (EXTRACTIVE, [])


async def test_a_prompt_that_has_no_room_is_told_and_answered_without_the_model(shelf: Library) -> None:
    assistant, model = with_model(shelf, *GOOD)
    model.context_tokens = 1000
    answer = await assistant.answer(QUESTION)
    assert answer.mode == EXTRACTIVE
    assert "has no room" in answer.notice
    assert model.prompts == []


async def test_a_fault_in_the_program_is_not_hidden_as_a_models(shelf: Library) -> None:
    assistant, _ = with_model(shelf, failure=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await events_of(assistant, QUESTION)


async def test_who_stops_reading_closes_the_models_stream(shelf: Library) -> None:
    assistant, model = with_model(shelf, *GOOD * 50)
    async with aclosing(assistant.stream(QUESTION)) as events:
        async for event in events:
            if isinstance(event, Delta):
                assert model.closed == 0
                break
    assert model.closed == 1


# --- many at once


async def test_twenty_questions_at_once_are_answered_as_they_are_alone(shelf: Library) -> None:
    questions = [
        QUESTION,
        "which papers are on video editing",
        "有哪些关于联邦学习的论文",
        "compare FilmKnife and StormNet",
        "how many papers are there?",
        "papers by Ada Stone",
        "who wrote FilmKnife?",
        "summarize 2602.00112",
        "medieval zeppelin cookery",
        "耳语语音识别的词错误率是多少？",
    ] * 2
    fresh = Assistant(shelf)  # builds its index while all of them wait
    together = await asyncio.gather(*map(fresh.answer, questions))
    alone = [await Assistant(shelf).answer(question) for question in questions[:10]] * 2
    assert [plain(answer) for answer in together] == [plain(answer) for answer in alone]
    assert together[1].citations[0] in (EDITING.arxiv_id, LONG_EDITING.arxiv_id)
