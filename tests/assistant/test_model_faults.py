"""Everything a model's server was seen to do wrong, done by a real one: an honest ModelError in time, and no other."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from assistant.errors import ModelError, ModelFault
from assistant.load import load_model
from assistant.model import Message
from assistant.settings import AssistantSettings
from tests.assistant.conftest import KEY, Behaviour, ModelServer, Wire

QUESTION = [Message("user", "hello")]


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


async def hangs_up(wire: Wire) -> None:
    wire.reset()


FAULTS = [
    (status(401, f"Incorrect API key provided: {KEY}"), ModelFault.KEY, "", "OPENAI_API_KEY"),
    (status(403), ModelFault.KEY, "", "OPENAI_API_KEY"),
    (status(404, "model 'tiny' not found"), ModelFault.NO_MODEL, "", "DIGEST_LLM"),
    (status(429), ModelFault.BUSY, "", "again"),
    (status(429, Retry_After="0"), ModelFault.BUSY, "", "again"),
    (status(429, Retry_After="3600"), ModelFault.BUSY, "", "again"),
    (status(429, Retry_After="soon"), ModelFault.BUSY, "", "again"),
    (status(500, "CUDA error"), ModelFault.SERVER, "", "log"),
    (status(503), ModelFault.SERVER, "", "log"),
    (status(400, "no such parameter"), ModelFault.REJECTED, "", "DIGEST_LLM"),
    (status(400, "This model's maximum context length is 8"), ModelFault.PROMPT_TOO_LONG, "", "DIGEST_PROMPT_TOKENS"),
    (status(307, location="http://elsewhere.example/v1"), ModelFault.NOT_AN_API, "", "OPENAI_BASE_URL"),
    (web_page, ModelFault.NOT_AN_API, "", "OPENAI_BASE_URL"),
    (whole_json, ModelFault.NOT_AN_API, "", "OPENAI_BASE_URL"),
    (not_json, ModelFault.GARBLED, "", "OPENAI_BASE_URL"),
    (other_json, ModelFault.GARBLED, "", "OPENAI_BASE_URL"),
    (invalid_utf8, ModelFault.GARBLED, "Good ", "OPENAI_BASE_URL"),
    (silent, ModelFault.SLOW, "", "DIGEST_FIRST_TOKEN_SECONDS"),
    (only_a_role, ModelFault.SLOW, "", "DIGEST_FIRST_TOKEN_SECONDS"),
    (stalls, ModelFault.STALLED, "Good ", "DIGEST_BETWEEN_TOKENS_SECONDS"),
    (never_ends, ModelFault.OVERTIME, None, "DIGEST_ANSWER_SECONDS"),
    (cut_connection, ModelFault.DROPPED, "Good ", "again"),
    (hangs_up, ModelFault.DROPPED, "", "again"),
    (early_end, ModelFault.UNFINISHED, "Good ", "again"),
    (out_of_tokens, ModelFault.CUT, "Good ", "DIGEST_ANSWER_TOKENS"),
    (withheld, ModelFault.FILTERED, "Good ", "other words"),
    (wordless, ModelFault.EMPTY, "", "again"),
    (no_events, ModelFault.EMPTY, "", "again"),
    (error_event, ModelFault.SERVER, "Good ", "again"),
    (megabyte, ModelFault.ENDLESS, None, "DIGEST_LLM"),
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
