"""Suggested questions, over the sample digests and the made-up papers: each is asked, and must be answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.answer import Answer, Conversation, Turn, Wants
from assistant.chat import Assistant
from assistant.suggest import follow_ups, opening_questions
from assistant.suggest_wording import CHINESE, ENGLISH, filled, topic_in
from assistant.wording import wording
from ingest.library import Library, open_library
from ingest.paper import Filters, Language
from ingest.run import ingest
from ingest.sentence import language_of
from ingest.settings import IngestSettings
from ingest.source import find_sources
from tests.assistant.shelf_of_papers import EDITING, GRAPHS, fill, shelf_of
from tests.conftest import WordEmbedder

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples"
# A list, a fact, a comparison, an overview, a catalogue, who wrote, a refusal.
ASKED = (
    ["Which papers edit videos with diffusion?"],
    ["What does FateZero propose?"],
    ["Compare ReAct and Reflexion"],
    ["What happened in March 2023?"],
    ["Which papers are in cs.RO?"],
    ["Who wrote Toolformer?"],
    ["Which papers measure the acidity of volcanic lakes?"],
    ["有哪些关于视频编辑的论文？"],
    ["ReAct 和 Reflexion 有什么区别？"],
    ["2023年3月有什么值得关注的？"],
    ["有哪些测量火山湖酸度的论文？"],
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    settings = IngestSettings(home=tmp_path_factory.mktemp("samples") / "home", database_url=None, chroma_url=None)
    with open_library(settings, WordEmbedder()) as library:
        ingest(find_sources([str(SAMPLES)]), library)
        yield Assistant(library)


def answered(assistant: Assistant, question: str, before: Sequence[Turn] = ()) -> Answer:
    return asyncio.run(assistant.answer(question, Conversation("c", turns=tuple(before))))


def held(assistant: Assistant, questions: Sequence[str]) -> Conversation:
    turns: tuple[Turn, ...] = ()
    for question in questions:
        turns = (*turns, Turn(question, answered(assistant, question, turns)))
    return Conversation("c", turns=turns)


def is_answered(answer: Answer) -> bool:
    hedged = answer.text.startswith(wording(answer.query.language).uncertain)
    return bool(answer.citations) and not answer.abstained and not hedged


@pytest.mark.parametrize("language", list(Language))
def test_every_question_to_begin_with_is_answered_with_papers(samples: Assistant, language: Language) -> None:
    questions = opening_questions(samples, language)
    assert len(questions) == len(set(questions)) == 4
    for question in questions:
        answer = answered(samples, question)
        assert is_answered(answer), question
        assert language_of(question) is answer.query.language is language
        assert len(question) <= 70


def test_questions_to_begin_with_are_of_differing_kinds_and_about_the_papers_they_name(samples: Assistant) -> None:
    wanted = [answered(samples, question).query for question in opening_questions(samples, Language.ENGLISH)]
    assert [query.wants for query in wanted[-2:]] == [Wants.COMPARE, Wants.OVERVIEW]
    assert {query.wants for query in wanted} >= {Wants.SURVEY, Wants.COMPARE, Wants.OVERVIEW}
    [compared] = [query for query in wanted if query.wants is Wants.COMPARE]
    assert len(compared.papers) == 2


def test_questions_to_begin_with_stay_until_the_library_changes(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "home", [EDITING]) as library:
        assistant = Assistant(library)
        first = opening_questions(assistant, Language.ENGLISH)
        assert any("FilmKnife" in question for question in first)
        assert opening_questions(assistant, Language.ENGLISH) is first
        assert opening_questions(Assistant(library), Language.ENGLISH) == first
        fill(library, [GRAPHS], "2026-02-11.md")
        assert opening_questions(assistant, Language.ENGLISH) != first
        assert len(assistant.openings) == 1  # what was of the library before is let go


def test_an_empty_library_suggests_nothing(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "home", []) as library:
        assistant = Assistant(library)
        assert opening_questions(assistant, Language.CHINESE) == ()
        assert follow_ups(assistant, held(assistant, ["which papers edit video?"])) == ()


def test_a_library_of_one_paper_suggests_what_it_can_answer(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "home", [EDITING]) as library:
        assistant = Assistant(library)
        for question in opening_questions(assistant, Language.ENGLISH):
            assert is_answered(answered(assistant, question)), question
        conversation = held(assistant, ["What is FilmKnife about?"])
        for question in follow_ups(assistant, conversation):
            assert is_answered(answered(assistant, question, conversation.turns)), question


@pytest.mark.parametrize("questions", ASKED, ids=lambda questions: questions[-1])
def test_every_follow_up_is_answered_and_none_is_asked_again(samples: Assistant, questions: list[str]) -> None:
    conversation = held(samples, questions)
    last = conversation.turns[-1].answer
    offered = follow_ups(samples, conversation)
    assert offered
    assert len(set(offered)) == len(offered) <= 3
    for question in offered:
        assert question.lower() not in [asked.lower() for asked in questions]
        answer = answered(samples, question, conversation.turns)
        assert is_answered(answer), question
        assert answer.text != last.text
        assert answer.query.language is last.query.language


def test_the_same_conversation_has_the_same_follow_ups(samples: Assistant) -> None:
    conversation = held(samples, ["What does FateZero propose?"])
    assert follow_ups(samples, conversation) == follow_ups(samples, conversation)


def test_follow_ups_go_on_for_some_turns_without_asking_a_thing_twice(samples: Assistant) -> None:
    conversation = held(samples, ["Which papers edit videos with diffusion?"])
    for _ in range(3):
        offered = follow_ups(samples, conversation)
        asked = {turn.question.lower() for turn in conversation.turns}
        assert offered
        assert not asked & {question.lower() for question in offered}
        turn = Turn(offered[0], answered(samples, offered[0], conversation.turns))
        conversation = Conversation("c", turns=(*conversation.turns, turn))


def test_after_a_list_its_two_best_are_compared(samples: Assistant) -> None:
    conversation = held(samples, ["Which papers edit videos with diffusion?"])
    best = conversation.turns[-1].answer.citations[:2]
    asked = [samples.understand(q, conversation) for q in follow_ups(samples, conversation)]
    assert best in [query.papers for query in asked if query.wants is Wants.COMPARE]


def test_after_a_refusal_for_a_month_without_papers_one_with_papers_is_offered(samples: Assistant) -> None:
    conversation = held(samples, ["papers on video editing in May 1995"])
    assert conversation.turns[-1].answer.abstained
    assert any(re.match(r"And in \w+ \d{4}\?", question) for question in follow_ups(samples, conversation))


def test_what_the_filters_set_beside_shut_out_is_not_suggested(samples: Assistant) -> None:
    conversation = held(samples, ["What does FateZero propose?"])
    robots = Filters(categories=("cs.RO",))
    assert follow_ups(samples, conversation)
    for question in follow_ups(samples, conversation, filters=robots):
        answer = asyncio.run(samples.answer(question, conversation, robots))
        assert is_answered(answer), question


def test_a_conversation_without_turns_has_no_follow_ups(shelf: Library) -> None:
    assert follow_ups(Assistant(shelf), Conversation("c")) == ()


@pytest.mark.parametrize(
    ("shape", "value", "written"),
    [
        (CHINESE.about, "视频编辑", "有哪些关于视频编辑的论文？"),
        (CHINESE.about, "token pruning", "有哪些关于 token pruning 的论文？"),
        (CHINESE.about, "视觉 Transformer", "有哪些关于视觉 Transformer 的论文？"),
        (ENGLISH.about, "token pruning", "Which papers are about token pruning?"),
    ],
)
def test_latin_words_stand_off_from_chinese_ones(shape: str, value: str, written: str) -> None:
    assert filled(shape, topic=value) == written


def test_a_common_topic_has_its_chinese_name() -> None:
    assert topic_in("Video Editing", Language.CHINESE) == "视频编辑"
    assert topic_in("point clouds", Language.CHINESE) == "点云"
    assert topic_in("point clouds", Language.ENGLISH) == "point clouds"
    assert topic_in("borrowed light", Language.CHINESE) == "borrowed light"
