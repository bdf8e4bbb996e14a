"""Everything a model's server was seen to do wrong, done by a real one: an honest ModelError in time, and no other."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from assistant.answer import EXTRACTIVE, Answer, Conversation, Delta, Finished, Turn
from assistant.chat import Assistant
from assistant.errors import ModelError, ModelFault
from assistant.llm import estimate_tokens
from assistant.load import load_model
from assistant.model import Message
from assistant.prompt import RULES
from assistant.rewrite import in_other_language
from assistant.settings import AssistantSettings
from ingest.library import Library
from tests.assistant.conftest import KEY, Behaviour, ModelServer, Wire

QUESTION = [Message("user", "hello")]
ASKED = "how does the tactile policy for grasping work"
SAID = "It succeeds in 93.5% of grasps [1]. We train a tactile policy on 900 objects [1]."


async def ask(settings: AssistantSettings) -> tuple[str, ModelError, float]:
    """What was heard, the error it ended in, and the seconds that took."""
    model = load_model(settings)
    assert model is not None
    pieces: list[str] = []
    start = time.monotonic()
    try:
        async for piece in model.stream(QUESTION):
            pieces.append(piece)
    except ModelError as error:
        return "".join(pieces), error, time.monotonic() - start
    pytest.fail(f"no error after {pieces}")


def status(code: int, message: str = "no", **headers: str) -> Behaviour:
    async def behaviour(wire: Wire) -> None:
        await wire.refuse(code, message, **headers)

    return behaviour


async def web_page(wire: Wire) -> None:
    await wire.head(200, "text/html; charset=utf-8")
    await wire.raw(b"<!doctype html><html><body>Please log in</body></html>")
    await wire.end()


async def whole_json(wire: Wire) -> None:
    await wire.head(200, "application/json")
    await wire.raw(b'{"choices": [{"message": {"content": "not a stream"}, "finish_reason": "stop"}]}')
    await wire.end()


async def not_json(wire: Wire) -> None:
    await wire.head()
    await wire.raw(b"data: {oops\n\n")
    await wire.end()


async def other_json(wire: Wire) -> None:
    await wire.head()
    await wire.chunk({"choices": [{"delta": None}]})
    await wire.chunk({"choices": ["what", 7]})
    await wire.end()


async def invalid_utf8(wire: Wire) -> None:
    await wire.head()
    await wire.say("Good ")
    await wire.raw(b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe"}}]}\n\n')
    await wire.end()


async def silent(wire: Wire) -> None:
    await asyncio.sleep(9)


async def only_a_role(wire: Wire) -> None:
    await wire.head()
    await wire.chunk({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
    while True:
        await wire.raw(b": still here\n\n")
        await asyncio.sleep(0.1)


async def stalls(wire: Wire) -> None:
    await wire.head()
    await wire.say("Good ")
    while True:
        await wire.raw(b": still here\n\n")
        await asyncio.sleep(0.1)


async def never_ends(wire: Wire) -> None:
    await wire.head()
    while True:
        await wire.say("la ")
        await asyncio.sleep(0.2)


async def cut_connection(wire: Wire) -> None:
    await wire.head()
    await wire.say("Good ")
    await asyncio.sleep(0.1)
    wire.reset()


async def early_end(wire: Wire) -> None:
    await wire.head()
    await wire.say("Good ")
    await wire.end()


async def out_of_tokens(wire: Wire) -> None:
    await wire.answer("Good ", finish="length")


async def withheld(wire: Wire) -> None:
    await wire.answer("Good ", finish="content_filter")


async def wordless(wire: Wire) -> None:
    await wire.answer()


async def no_events(wire: Wire) -> None:
    await wire.head()
    await wire.end()


async def error_event(wire: Wire) -> None:
    await wire.head()
    await wire.say("Good ")
    await wire.chunk({"error": {"message": "the GPU ran out of memory"}})
    await wire.end()


async def megabyte(wire: Wire) -> None:
    await wire.head()
    for _ in range(1000):
        await wire.say("x" * 1000)
    await wire.say("", "stop")
    await wire.end()


async def polite(wire: Wire) -> None:
    await wire.answer(SAID)


async def talks_on(wire: Wire) -> None:
    await wire.head()
    while True:
        await wire.say("We train a tactile policy on 900 objects [1]. ")
        await asyncio.sleep(0.1)


async def hangs_up(wire: Wire) -> None:
    wire.reset()


# What happens, what it is called, what was heard before, and what its mend names.
FAULTS = [
    pytest.param(status(401, f"Incorrect API key provided: {KEY}"), ModelFault.KEY, "", "OPENAI_API_KEY", id="401"),
    pytest.param(status(403), ModelFault.KEY, "", "OPENAI_API_KEY", id="403"),
    pytest.param(status(404, "model 'tiny' not found"), ModelFault.NO_MODEL, "", "DIGEST_LLM", id="404 model"),
    pytest.param(status(429), ModelFault.BUSY, "", "again", id="429"),
    pytest.param(status(429, Retry_After="0"), ModelFault.BUSY, "", "again", id="429, retry at once"),
    pytest.param(status(429, Retry_After="3600"), ModelFault.BUSY, "", "again", id="429, retry in an hour"),
    pytest.param(status(429, Retry_After="soon"), ModelFault.BUSY, "", "again", id="429, retry soon"),
    pytest.param(status(500, "CUDA error"), ModelFault.SERVER, "", "log", id="500"),
    pytest.param(status(503), ModelFault.SERVER, "", "log", id="503"),
    pytest.param(status(400, "no such parameter"), ModelFault.REJECTED, "", "DIGEST_LLM", id="400"),
    pytest.param(
        status(400, "This model's maximum context length is 8"),
        ModelFault.PROMPT_TOO_LONG,
        "",
        "DIGEST_PROMPT_TOKENS",
        id="400, too long",
    ),
    pytest.param(
        status(307, location="http://elsewhere.example/v1"),
        ModelFault.NOT_AN_API,
        "",
        "OPENAI_BASE_URL",
        id="redirect",
    ),
    pytest.param(web_page, ModelFault.NOT_AN_API, "", "OPENAI_BASE_URL", id="HTML with status 200"),
    pytest.param(whole_json, ModelFault.NOT_AN_API, "", "OPENAI_BASE_URL", id="JSON and no stream"),
    pytest.param(not_json, ModelFault.GARBLED, "", "OPENAI_BASE_URL", id="not JSON"),
    pytest.param(other_json, ModelFault.GARBLED, "", "OPENAI_BASE_URL", id="other JSON"),
    pytest.param(invalid_utf8, ModelFault.GARBLED, "Good ", "OPENAI_BASE_URL", id="invalid UTF-8"),
    pytest.param(silent, ModelFault.SLOW, "", "DIGEST_FIRST_TOKEN_SECONDS", id="slow first token"),
    pytest.param(only_a_role, ModelFault.SLOW, "", "DIGEST_FIRST_TOKEN_SECONDS", id="only a role"),
    pytest.param(stalls, ModelFault.STALLED, "Good ", "DIGEST_BETWEEN_TOKENS_SECONDS", id="stall in mid-stream"),
    pytest.param(never_ends, ModelFault.OVERTIME, None, "DIGEST_ANSWER_SECONDS", id="never ends"),
    pytest.param(cut_connection, ModelFault.DROPPED, "Good ", "again", id="connection cut"),
    pytest.param(hangs_up, ModelFault.DROPPED, "", "again", id="connection cut before a word"),
    pytest.param(early_end, ModelFault.UNFINISHED, "Good ", "again", id="clean early end"),
    pytest.param(out_of_tokens, ModelFault.CUT, "Good ", "DIGEST_ANSWER_TOKENS", id="length"),
    pytest.param(withheld, ModelFault.FILTERED, "Good ", "other words", id="content filter"),
    pytest.param(wordless, ModelFault.EMPTY, "", "again", id="empty"),
    pytest.param(no_events, ModelFault.EMPTY, "", "again", id="no events"),
    pytest.param(error_event, ModelFault.SERVER, "Good ", "again", id="error in mid-stream"),
    pytest.param(megabyte, ModelFault.ENDLESS, None, "DIGEST_LLM", id="1 MB of tokens"),
]


# Short ones where they are what is tested.
DEADLINES: dict[ModelFault, dict[str, float]] = {
    ModelFault.SLOW: {"first_token_seconds": 0.6},
    ModelFault.STALLED: {"between_tokens_seconds": 0.4},
    ModelFault.OVERTIME: {"answer_seconds": 1.0},
}


@pytest.mark.parametrize(("behaviour", "kind", "text", "mend"), FAULTS)
async def test_a_fault_is_told_in_time_with_place_and_mend(
    model_server: ModelServer, behaviour: Behaviour, kind: ModelFault, text: str | None, mend: str
):
    model_server.behaviours = [behaviour]
    settings = model_server.settings(**DEADLINES.get(kind, {}))
    heard, error, seconds = await ask(settings)
    assert error.kind is kind
    assert text is None or heard == text
    assert len(heard) <= 12 * settings.answer_tokens + 1000
    assert seconds < min([*DEADLINES.get(kind, {"any": 5.0}).values()]) + 2
    assert model_server.base_url in error.found
    assert "tiny" in error.found
    assert mend in error.mend
    assert str(error) == f"{error.found} {error.mend}"
    assert KEY not in str(error)
    assert type(error) is ModelError


# --- the turn: the same faults, as whoever asks meets them


def assistant_of(shelf: Library, settings: AssistantSettings) -> Assistant:
    """An assistant whose model is asked for answers only."""
    alone = settings.model_copy(update={"rewrite_seconds": 0.0, "judge_seconds": 0.0, "repair_seconds": 0.0})
    return Assistant(shelf, load_model(alone), alone)


async def turn(assistant: Assistant, conversation: Conversation | None = None) -> tuple[Answer, str, float]:
    """The answer, the text shown before it, and the seconds of the turn, which ends with its one answer."""
    start = time.monotonic()
    events = [event async for event in assistant.stream(ASKED, conversation)]
    answers = [event.answer for event in events if isinstance(event, Finished)]
    assert len(answers) == 1
    assert isinstance(events[-1], Finished)
    shown = "".join(event.text for event in events if isinstance(event, Delta))
    return answers[0], shown, time.monotonic() - start


def told(answer: Answer) -> object:
    claims = [(claim.text, claim.support, len(claim.citations)) for claim in answer.claims]
    return answer.text, answer.citations, claims, answer.abstained, answer.table


@pytest.mark.parametrize(("behaviour", "kind", "text", "mend"), FAULTS)
async def test_a_turn_survives_a_fault_with_the_extractive_answer_and_the_next_one_works(
    shelf: Library, model_server: ModelServer, behaviour: Behaviour, kind: ModelFault, text: str | None, mend: str
):
    broken = True

    async def meet(wire: Wire) -> None:
        await (behaviour(wire) if broken else wire.answer(SAID))

    model_server.behaviours = [meet]
    assistant = assistant_of(shelf, model_server.settings(**DEADLINES.get(kind, {})))
    answer, _, seconds = await turn(assistant)
    without_model = await Assistant(shelf).answer(ASKED)
    assert seconds < min([*DEADLINES.get(kind, {"any": 5.0}).values()]) + 2
    assert (answer.mode, told(answer)) == (EXTRACTIVE, told(without_model))
    assert mend in answer.notice
    assert "tiny" in answer.notice
    assert KEY not in answer.notice
    broken = False
    after, shown, _ = await turn(assistant, Conversation("c", turns=(Turn(ASKED, answer),)))
    assert (after.mode, after.notice) == ("tiny", "")
    assert "93.5% of grasps" in after.text
    assert after.text == shown.strip()
    past = [message["content"] for message in model_server.questions[-1].body["messages"][1:-1]]
    assert past[0] == ASKED
    assert not any(said.startswith(("Good", "la ", "xxx")) for said in past)


@pytest.mark.parametrize(("behaviour", "kind", "text", "mend"), FAULTS)
async def test_a_fault_of_a_call_beside_the_answer_is_worth_nothing_and_takes_no_longer_than_its_seconds(
    shelf: Library, model_server: ModelServer, behaviour: Behaviour, kind: ModelFault, text: str | None, mend: str
):
    model_server.behaviours = [behaviour]
    model = load_model(model_server.settings(**DEADLINES.get(kind, {})))
    assert model is not None
    query = Assistant(shelf).understand(ASKED)
    start = time.monotonic()
    assert await in_other_language(query, model, 1) == ""
    assert time.monotonic() - start < 1 + 2


async def test_a_turn_whose_model_is_not_running_is_answered_and_one_after_its_start_by_it(
    shelf: Library, model_server: ModelServer
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assistant = assistant_of(shelf, model_server.settings(openai_base_url=f"http://127.0.0.1:{port}/v1"))
    answer, _, seconds = await turn(assistant)
    assert answer.mode == EXTRACTIVE
    assert seconds < 5 + 2  # the clients are imported when they are first needed
    assert "refused the connection" in answer.notice
    model_server.behaviours = [polite]
    async with await asyncio.start_server(model_server.serve, "127.0.0.1", port):
        after, _, _ = await turn(assistant, Conversation("c", turns=(Turn(ASKED, answer),)))
    assert (after.mode, after.notice) == ("tiny", "")


async def test_a_turn_whose_model_has_no_such_host_is_answered_each_time(shelf: Library):
    settings = AssistantSettings(llm="openai-compatible:tiny", openai_base_url="http://nowhere.invalid/v1")
    assistant = assistant_of(shelf, settings)
    answer, _, seconds = await turn(assistant)
    again, _, _ = await turn(assistant, Conversation("c", turns=(Turn(ASKED, answer),)))
    assert seconds < settings.connect_seconds + 2
    for said in (answer, again):
        assert said.mode == EXTRACTIVE
        assert "nowhere.invalid" in said.notice
        assert said.citations


async def test_stopping_a_turn_hangs_up_on_the_model_within_half_a_second(shelf: Library, model_server: ModelServer):
    model_server.behaviours = [talks_on, polite]
    assistant = assistant_of(shelf, model_server.settings())
    async with aclosing(assistant.stream(ASKED)) as events:
        async for event in events:
            assert not isinstance(event, Finished)
            if isinstance(event, Delta) and model_server.questions:  # what code says first is no word of a model
                break
        assert not model_server.hung_up.is_set()
        start = time.monotonic()
    await asyncio.wait_for(model_server.hung_up.wait(), 0.5)
    assert time.monotonic() - start < 0.5
    after, _, _ = await turn(assistant)
    assert after.mode == "tiny"


# --- what is no fault, but looks like one


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking", "content"])
async def test_what_a_model_thinks_is_not_shown(shelf: Library, model_server: ModelServer, field: str):
    thought = {"content": "<think>secret</think>"} if field == "content" else {"content": "", field: "secret"}

    async def thinks(wire: Wire) -> None:
        await wire.head()
        await wire.chunk({"choices": [{"index": 0, "delta": thought, "finish_reason": None}]})
        await wire.say(SAID, "stop")
        await wire.end()

    model_server.behaviours = [thinks]
    answer, shown, _ = await turn(assistant_of(shelf, model_server.settings()))
    assert answer.mode == "tiny"
    assert "secret" not in shown + answer.text
    assert "93.5% of grasps" in answer.text


async def test_a_long_conversation_with_ollama_never_reaches_the_length_at_which_it_cuts_the_rules_off(
    shelf: Library, model_server: ModelServer
):
    """It reads 4,096 tokens unless told otherwise, and drops the start of what is longer without a word."""
    model_server.behaviours = [polite]
    settings = model_server.settings(llm="ollama:tiny", ollama_host=f"127.0.0.1:{model_server.port}")
    assistant = assistant_of(shelf, settings)
    answer, _, _ = await turn(assistant)
    long = replace(answer, text="\n".join(["A tactile policy grasps 900 objects."] * 400))
    await turn(assistant, Conversation("c", turns=(Turn(ASKED, long),) * 40))
    asked = model_server.questions[-1]
    assert asked.path == "/v1/chat/completions"
    contents = [message["content"] for message in asked.body["messages"]]
    assert contents[0] == RULES
    assert "Question: " in contents[-1]
    assert sum(map(estimate_tokens, contents)) + asked.body["max_tokens"] <= 4096


# --- the door again


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [(silent, ModelFault.SLOW), (stalls, ModelFault.STALLED), (never_ends, ModelFault.OVERTIME)],
)
async def test_a_server_that_was_given_up_is_hung_up_on(
    model_server: ModelServer, behaviour: Behaviour, fault: ModelFault
):
    model_server.behaviours = [behaviour]
    await ask(model_server.settings(**DEADLINES[fault]))
    await asyncio.wait_for(model_server.hung_up.wait(), 1)


@pytest.mark.parametrize("fault", [status(429), status(429, Retry_After="0"), status(500), status(503), hangs_up])
async def test_a_passing_fault_is_retried_once(model_server: ModelServer, fault: Behaviour):
    async def polite(wire: Wire) -> None:
        await wire.answer("hello")

    model_server.behaviours = [fault, polite]
    model = load_model(model_server.settings())
    assert model is not None
    assert [piece async for piece in model.stream(QUESTION)] == ["hello"]
    assert len(model_server.requests) == 2


async def test_a_retry_waits_as_long_as_the_server_asks(model_server: ModelServer):
    model_server.behaviours = [status(429, Retry_After="1")]
    _, error, seconds = await ask(model_server.settings())
    assert len(model_server.requests) == 2
    assert 1 <= seconds < 3
    assert error.retry_after == 1


@pytest.mark.parametrize(
    ("behaviour", "changes"),
    [
        (status(401), {}),
        (status(404), {}),
        (status(429, Retry_After="3600"), {}),
        (status(429, Retry_After="2"), {"first_token_seconds": 1}),
        (silent, DEADLINES[ModelFault.SLOW]),
        (stalls, DEADLINES[ModelFault.STALLED]),
        (cut_connection, {}),
        (error_event, {}),
        (early_end, {}),
        (web_page, {}),
    ],
)
async def test_what_would_not_pass_or_has_begun_is_not_retried(
    model_server: ModelServer, behaviour: Behaviour, changes: dict[str, float]
):
    model_server.behaviours = [behaviour]
    await ask(model_server.settings(**changes))
    assert len(model_server.requests) == 1


async def test_a_fault_is_retried_only_once(model_server: ModelServer):
    model_server.behaviours = [status(500)]
    await ask(model_server.settings())
    assert len(model_server.requests) == 2


async def test_a_server_that_wants_a_key_where_ollama_has_none_is_told_how_to_name_it(model_server: ModelServer):
    model_server.behaviours = [status(401)]
    _, error, _ = await ask(model_server.settings(llm="ollama:tiny", ollama_host=f"127.0.0.1:{model_server.port}"))
    assert error.kind is ModelFault.KEY
    assert "openai-compatible" in error.mend


async def test_a_redirect_is_not_followed(model_server: ModelServer):
    """The text would go to an address that nobody configured."""
    model_server.behaviours = [status(307, location=f"{model_server.base_url}/elsewhere")]
    await ask(model_server.settings())
    assert len(model_server.requests) == 1


async def test_the_server_learns_nothing_when_its_own_words_are_shown(model_server: ModelServer):
    model_server.behaviours = [status(500, "boom ![x](http://evil.example/p.png) <img src=x>\n" + "y" * 999)]
    _, error, _ = await ask(model_server.settings())
    assert "boom" in error.found
    assert not set("<>[]!\n") & set(str(error))
    assert "evil.example/p" not in str(error) or "://evil" not in str(error)
    assert len(error.found) < 400


async def test_an_address_where_nobody_listens_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        _, error, seconds = await ask(AssistantSettings(llm="ollama:tiny", ollama_host=f"127.0.0.1:{port}"))
    assert error.kind is ModelFault.REFUSED
    assert f"http://127.0.0.1:{port}/v1" in error.found
    assert "ollama serve" in error.mend
    assert seconds < 2


async def test_a_host_that_does_not_exist_is_told():
    settings = AssistantSettings(llm="openai-compatible:tiny", openai_base_url="http://nowhere.invalid/v1")
    _, error, seconds = await ask(settings)
    assert error.kind is ModelFault.UNKNOWN_HOST
    assert "nowhere.invalid" in error.found
    assert seconds < 10


async def test_a_server_without_tls_is_told(model_server: ModelServer):
    secure = model_server.base_url.replace("http:", "https:")
    _, error, _ = await ask(model_server.settings(openai_base_url=secure, connect_seconds=0.5))
    assert error.kind in (ModelFault.UNREACHABLE, ModelFault.DROPPED)
    assert secure in error.found
