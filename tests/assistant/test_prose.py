"""A model's prose in its frame: what code says before and after it, and when it is not taken."""

from __future__ import annotations

import threading
from contextlib import aclosing
from dataclasses import replace
from itertools import chain, repeat

import pytest

from assistant import fit
from assistant.answer import EXTRACTIVE, Answer, Conversation, Delta, Finished, Query, Support, Turn
from assistant.chat import Assistant
from assistant.retrieve import Ranking, Retriever
from assistant.settings import AssistantSettings
from assistant.survey import CLEAR_FIT
from ingest.library import Library
from tests.assistant.conftest import ScriptedModel
from tests.assistant.shelf_of_papers import EDITING, LONG_EDITING

SURVEY = "which papers are on editing video"
FACT = "how does a tactile policy grasp"
COMPARE = "compare FilmKnife and StormNet"
SEARCHED = "— 12 papers searched (2026-02-10 to 2026-02-10)"
FILMKNIFE = "We propose FilmKnife, a diffusion model for video editing [1]."
GRASPS = "It succeeds in 93.5% of grasps [1]."


class Knowing(Retriever):
    """Finds what it would, and is sure of two papers, less so of a third."""

    def search(self, query: Query, k: int = 100) -> Ranking:
        found = super().search(query, k)
        ranked = sorted(found.hits, key=lambda hit: hit.paper not in (EDITING, LONG_EDITING))
        borderline = (fit.least(found.hits, "paper") + CLEAR_FIT) / 2
        fits = chain((0.9, 0.8, borderline), repeat(0.0))
        hits = (replace(hit, fit=value) for hit, value in zip(ranked, fits, strict=False))
        return replace(found, hits=tuple(hits))


def assistant_of(shelf: Library, model: ScriptedModel | None = None) -> Assistant:
    """One whose model is only asked for answers."""
    assistant = Assistant(shelf, model, AssistantSettings(rewrite_seconds=0, judge_seconds=0))
    assistant.retriever = Knowing(shelf)
    return assistant


async def told(shelf: Library, question: str, *pieces: str, k: int | None = None) -> tuple[Answer, str, ScriptedModel]:
    """The answer, the text as it streamed, and the model that was asked."""
    model = ScriptedModel(pieces)
    shown, answer = "", None
    async for event in assistant_of(shelf, model).stream(question, k=k):
        if isinstance(event, Delta):
            shown += event.text
        elif isinstance(event, Finished):
            answer = event.answer
    assert answer is not None
    return answer, shown, model


async def extractive(shelf: Library, question: str) -> Answer:
    return await assistant_of(shelf).answer(question)


async def test_a_survey_is_led_by_the_same_count_as_without_a_model(shelf: Library) -> None:
    without = await extractive(shelf, SURVEY)
    answer, shown, _ = await told(shelf, SURVEY, "There are 9 papers. ", FILMKNIFE, " ", FILMKNIFE)
    assert answer.mode == "scripted-1"
    assert answer.text.splitlines()[0] == without.text.splitlines()[0]
    assert answer.claims[0] == without.claims[0]
    assert answer.claims[0].support is Support.RECORD
    assert shown.strip() == answer.text


async def test_a_survey_names_every_paper_that_fits_whatever_the_prose_leaves_out(shelf: Library) -> None:
    without = await extractive(shelf, SURVEY)
    assert {EDITING.arxiv_id, LONG_EDITING.arxiv_id} <= set(without.citations)
    answer, _, _ = await told(shelf, SURVEY, FILMKNIFE)
    assert set(answer.citations) == set(without.citations)
    assert answer.mode == "scripted-1"
    assert len(without.citations) == 3
    assert "Borderline:" in answer.text
    tail = answer.text.partition("model for video editing")[2]
    assert tail.count("\n- [") == len(without.citations) - 1
    assert [claim.support for claim in answer.claims][:2] == [Support.RECORD, Support.QUOTED]
    assert all(claim.support is Support.QUOTED for claim in answer.claims[2:])
    assert all(claim.text in answer.text for claim in answer.claims)
    assert answer.text.count("12 papers searched") == 1


async def test_nothing_is_listed_where_the_prose_names_all(shelf: Library) -> None:
    without = await extractive(shelf, SURVEY)
    markers = ", ".join(str(number) for number in range(1, len(without.citations) + 1))
    answer, _, _ = await told(shelf, SURVEY, FILMKNIFE.replace("[1]", f"[{markers}]"))
    assert set(answer.citations) == set(without.citations)
    assert "\n- " not in answer.text
    assert "Borderline" not in answer.text


@pytest.mark.parametrize(("question", "line"), [(FACT, SEARCHED), ("StormNet 有多便宜？", "— 共检索 12 篇")])
async def test_other_answers_end_in_what_was_searched(shelf: Library, question: str, line: str) -> None:
    prose = GRASPS if question == FACT else "StormNet 用雷达预报降雨 [1]。"
    answer, _, _ = await told(shelf, question, prose)
    assert answer.mode == "scripted-1"
    assert answer.text.splitlines()[-1].startswith(line)
    assert answer.claims[-1].support is Support.RECORD


async def test_a_comparisons_table_is_codes(shelf: Library) -> None:
    without = await extractive(shelf, COMPARE)
    said = "StormNet forecasts rain from radar for 6 hours [2]." + " " + FILMKNIFE
    answer, _, _ = await told(shelf, COMPARE, said, "\n\n| a | b |\n| --- | --- |\n| 1 | 2 |")
    assert without.table
    assert answer.table == without.table
    assert answer.mode == "scripted-1"
    assert without.text in answer.text


async def test_several_questions_keep_the_counts_and_papers_of_each(shelf: Library) -> None:
    question = "Which papers are on editing video? How cheap is StormNet?"
    without = await extractive(shelf, question)
    assert len(without.query.parts) == 2
    answer, _, _ = await told(shelf, question, FILMKNIFE)
    assert answer.mode == "scripted-1"
    count = next(line for line in without.text.splitlines() if "fit clearly" in line)
    assert count in answer.text
    assert LONG_EDITING.arxiv_id in answer.citations


async def test_more_of_a_list_is_not_a_models_to_write(shelf: Library) -> None:
    model = ScriptedModel([FILMKNIFE])
    first = await extractive(shelf, SURVEY)
    more = await assistant_of(shelf, model).answer("more", Conversation("c", turns=(Turn(SURVEY, first),)))
    assert (more.mode, model.prompts) == (EXTRACTIVE, [])


@pytest.mark.parametrize(
    ("question", "prose"),
    [
        (FACT, "触觉策略在 900 个物体上训练，抓取成功率为 93.5% [1]。触觉使机器人抓得更好 [1]。"),
        ("触觉策略 tactile grasps 的成功率是多少？", f"{GRASPS} We train a tactile policy on 900 objects [1]."),
    ],
)
async def test_prose_in_another_language_gives_way_and_that_is_said(shelf: Library, question: str, prose: str) -> None:
    answer, _, model = await told(shelf, question, prose)
    assert len(model.prompts) == 1
    assert answer.mode == EXTRACTIVE
    assert "answered in another language" in answer.notice
    assert answer.text == (await extractive(shelf, question)).text


async def test_a_name_or_a_number_is_in_no_language(shelf: Library) -> None:
    answer, _, _ = await told(shelf, "触觉策略 tactile grasps 的成功率是多少？", "93.5% of grasps [1]")
    assert (answer.mode, answer.notice) == ("scripted-1", "")


async def test_a_survey_shows_a_model_more_papers_with_less_of_each(shelf: Library) -> None:
    _, _, model = await told(shelf, SURVEY, FILMKNIFE)
    _, _, other = await told(shelf, FACT, GRASPS)
    assert model.prompts[0][-1].content.count("<source ") == len((await extractive(shelf, SURVEY)).citations)
    assert "We train a tactile policy" in other.prompts[0][-1].content


@pytest.mark.parametrize(
    "question", ["compare FilmKnife and StromeNott", "FilmKnife、StormNet 与 StromeNott 有何不同？"]
)
async def test_a_comparison_with_what_no_digest_holds_is_codes(shelf: Library, question: str) -> None:
    answer, _, model = await told(shelf, question, FILMKNIFE)
    assert (answer.mode, answer.notice, model.prompts) == (EXTRACTIVE, "", [])


async def test_an_answer_that_cites_no_paper_gives_way_and_that_is_said(shelf: Library) -> None:
    answer, _, _ = await told(shelf, FACT, "93.5%.")
    assert answer.mode == EXTRACTIVE
    assert "cited no paper" in answer.notice
    assert answer.text == (await extractive(shelf, FACT)).text


async def test_whoever_waits_elsewhere_does_not_wait_while_tokens_are_counted(shelf: Library) -> None:
    """A GGUF file's are counted over HTTP."""
    counted_in: list[str] = []

    class Counting(ScriptedModel):
        def count_tokens(self, text: str) -> int:
            counted_in.append(threading.current_thread().name)
            return super().count_tokens(text)

    assistant = assistant_of(shelf, Counting([FILMKNIFE]))
    assistant.settings = AssistantSettings(rewrite_seconds=0, judge_seconds=5)
    answer = await assistant.answer(SURVEY)
    assert answer.mode == "scripted-1"
    assert len(answer.citations) == 3
    assert counted_in
    assert threading.current_thread().name not in counted_in


async def test_stopping_after_the_count_asks_and_leaves_no_model(shelf: Library) -> None:
    model = ScriptedModel([FILMKNIFE] * 50)
    async with aclosing(assistant_of(shelf, model).stream(SURVEY)) as events:
        deltas = 0
        async for event in events:
            deltas += isinstance(event, Delta)
            if deltas == 3:
                break
    assert (len(model.prompts), model.closed) == (1, 1)
