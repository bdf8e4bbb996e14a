"""Choosing a model, and asking one that behaves."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.mock import MockLLM

from assistant.errors import ModelError, ModelFault
from assistant.llm import ServedModel
from assistant.load import load_model, ollama_base_url
from assistant.model import Endpoint, LanguageModel, Message
from assistant.settings import AssistantSettings
from ingest.errors import IngestError
from tests.assistant.conftest import KEY, ModelServer, Wire

ROOT = Path(__file__).parents[2]
QUESTION = [Message("system", "Be brief."), Message("user", "你好?")]


async def heard(model: LanguageModel) -> str:
    return "".join([piece async for piece in model.stream(QUESTION)])


def loaded(settings: AssistantSettings) -> LanguageModel:
    model = load_model(settings)
    assert model is not None
    return model


def polite(*pieces: str):
    async def behaviour(wire: Wire) -> None:
        await wire.answer(*pieces)

    return behaviour


@pytest.mark.parametrize("llm", ["none", "", " none "])
def test_without_a_model_nothing_is_loaded(llm: str):
    assert load_model(AssistantSettings(llm=llm)) is None


def test_no_model_is_the_default():
    assert load_model(AssistantSettings()) is None


@pytest.mark.parametrize(
    ("llm", "settings", "words"),
    [
        ("gpt-4o", {}, ["'gpt-4o'", "openai:gpt-4o-mini", "ollama:NAME", "gguf:", "openai-compatible", "llama-index:"]),
        ("openai", {"openai_api_key": KEY}, ["openai:gpt-4o-mini"]),
        ("openai:gpt-4o-mini", {}, ["OPENAI_API_KEY"]),
        ("openai-compatible:x", {}, ["OPENAI_BASE_URL"]),
        ("openai-compatible:x", {"openai_base_url": "127.0.0.1:8080/v1"}, ["OPENAI_BASE_URL", "http://127.0.0.1"]),
        ("openai-compatible:x", {"openai_base_url": "http://me:pw@host:port/v1"}, ["OPENAI_BASE_URL"]),
        ("ollama:x", {"ollama_host": "[::1:11434"}, ["OLLAMA_HOST"]),
        ("gguf:/no/such.gguf", {}, ["/no/such.gguf"]),
        ("llama-index:no.such.Class", {}, ["no.such.Class"]),
        ("llama-index:Class", {}, ["Class"]),
        ("llama-index:pathlib.Path", {}, ["pathlib.Path"]),
        ('llama-index:llama_index.core.llms.mock.MockLLM{"max_tokens": }', {}, ["JSON"]),
    ],
)
def test_a_wrong_setting_is_told_with_what_can_be_written(llm: str, settings: dict[str, str], words: list[str]):
    with pytest.raises(ModelError) as raised:
        load_model(AssistantSettings(llm=llm, **settings))
    assert raised.value.kind is ModelFault.SETTINGS
    assert [word for word in words if word not in str(raised.value)] == []
    assert "pw" not in str(raised.value)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("localhost", "http://localhost:11434/v1"),
        ("box:5000", "http://box:5000/v1"),
        (":5000", "http://127.0.0.1:5000/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:5000", "http://127.0.0.1:5000/v1"),
        ("[::1]:5000", "http://[::1]:5000/v1"),
        ("http://box", "http://box/v1"),
        ("https://box/ollama/", "https://box/ollama/v1"),
    ],
)
def test_an_ollama_host_is_read_as_ollama_reads_it(host: str, base_url: str):
    assert ollama_base_url(host) == base_url


def test_settings_come_from_the_variables_that_other_tools_use(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIGEST_LLM", "ollama:qwen2.5:7b")
    monkeypatch.setenv("OLLAMA_HOST", "box")
    model = loaded(AssistantSettings())
    assert (model.name, model.where, model.context_tokens) == ("qwen2.5:7b", "http://box:11434/v1", 4096)


def test_a_file_in_the_home_is_read_and_the_environment_beats_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text('llm = "ollama:small"\nollama_host = "box"\n')
    assert AssistantSettings().llm == "ollama:small"
    monkeypatch.setenv("OLLAMA_HOST", "other")
    assert loaded(AssistantSettings()).where == "http://other:11434/v1"


def test_openai_is_only_reached_where_no_other_address_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert loaded(AssistantSettings(llm="openai:gpt-4o-mini")).where == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gateway:8000/v1/")
    assert loaded(AssistantSettings(llm="openai:gpt-4o-mini")).where == "http://gateway:8000/v1"


def test_credentials_in_an_address_are_not_shown():
    settings = AssistantSettings(llm="openai-compatible:x", openai_base_url="http://me:secret@box:1/v1?token=t")
    assert loaded(settings).where == "http://box:1/v1"


async def test_an_answer_streams_in_pieces(model_server: ModelServer):
    model_server.behaviours = [polite("Hel", "lo ", "你好")]
    pieces = [piece async for piece in loaded(model_server.settings()).stream(QUESTION)]
    assert pieces == ["Hel", "lo ", "你好"]
    (asked,) = model_server.questions
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["model"] == "tiny"
    assert asked.body["stream"] is True
    assert asked.body["max_tokens"] == AssistantSettings().answer_tokens
    assert asked.body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "你好?"}]


async def test_a_piece_arrives_before_the_next_one_is_written(model_server: ModelServer):
    seen = asyncio.Event()

    async def behaviour(wire: Wire) -> None:
        await wire.head()
        await wire.say("first")
        await asyncio.wait_for(seen.wait(), 5)
        await wire.say("second", "stop")
        await wire.end()

    model_server.behaviours = [behaviour]
    pieces = []
    async for piece in loaded(model_server.settings()).stream(QUESTION):
        pieces.append(piece)
        seen.set()
    assert pieces == ["first", "second"]


async def test_the_server_is_asked_for_its_model_when_none_is_named(model_server: ModelServer):
    model_server.behaviours = [polite("hello")]
    model_server.models = ["text-embed-small", "qwen", "other"]
    model = loaded(model_server.settings(llm="openai-compatible"))
    assert model_server.requests == []
    assert await heard(model) == "hello"
    assert model.name == "qwen"
    await heard(model)
    assert [request.body.get("model") for request in model_server.requests] == [None, "qwen", "qwen"]


async def test_a_server_without_models_is_told(model_server: ModelServer):
    model_server.models = []
    with pytest.raises(ModelError) as raised:
        await heard(loaded(model_server.settings(llm="openai-compatible")))
    assert raised.value.kind is ModelFault.NO_MODEL
    assert "openai-compatible:NAME" in raised.value.mend


async def test_ollama_is_not_sent_a_key_meant_for_others(model_server: ModelServer):
    model_server.behaviours = [polite("hello")]
    model = loaded(model_server.settings(llm="ollama:tiny", ollama_host=f"127.0.0.1:{model_server.port}"))
    assert await heard(model) == "hello"
    assert KEY not in json.dumps(model_server.requests[0].headers)


async def test_organisation_and_project_are_not_sent_to_other_servers(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    model_server.behaviours = [polite("hello")]
    await heard(loaded(model_server.settings()))
    assert "mine" not in json.dumps(model_server.requests[0].headers)


async def test_a_proxy_is_not_asked_for_this_machine(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    model_server.behaviours = [polite("hello")]
    assert await heard(loaded(model_server.settings())) == "hello"


async def test_a_variable_of_llama_index_does_not_change_the_address(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9/v1")
    model_server.behaviours = [polite("hello")]
    assert await heard(loaded(model_server.settings())) == "hello"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
async def test_thoughts_are_not_part_of_the_answer_but_count_as_life(model_server: ModelServer, field: str):
    async def behaviour(wire: Wire) -> None:
        await wire.head()
        for _ in range(5):
            await wire.chunk({"choices": [{"index": 0, "delta": {"content": "", field: "hm "}}]})
            await asyncio.sleep(0.4)
        await wire.say("answer", "stop")
        await wire.end()

    model_server.behaviours = [polite("hello"), behaviour]
    await heard(loaded(model_server.settings()))  # what is imported with the first answer takes its time
    settings = model_server.settings(first_token_seconds=1.5)
    assert await heard(loaded(settings)) == "answer"


async def test_whoever_waits_elsewhere_does_not_wait_while_tokens_are_counted(model_server: ModelServer):
    """A GGUF file's are counted over HTTP."""
    counted_in: list[threading.Thread] = []

    class Counting(ServedModel):
        def count_tokens(self, text: str) -> int:
            counted_in.append(threading.current_thread())
            return super().count_tokens(text)

    model_server.behaviours = [polite("hello")]
    endpoint = Endpoint("tiny", model_server.base_url, KEY, 4096, "", "", "")
    assert await heard(Counting(endpoint, model_server.settings())) == "hello"
    assert len(counted_in) == len(QUESTION)
    assert threading.current_thread() not in counted_in


async def test_one_model_answers_several_at_once(model_server: ModelServer):
    model_server.behaviours = [polite("hello")]
    model = loaded(model_server.settings())
    assert await asyncio.gather(*(heard(model) for _ in range(20))) == ["hello"] * 20


async def test_closing_an_answer_hangs_up_within_a_second(model_server: ModelServer):
    async def endless(wire: Wire) -> None:
        await wire.head()
        for _ in range(100):
            await wire.say("word ")
            await asyncio.sleep(0.1)

    model_server.behaviours = [endless]
    # The loop closes generators that were forgotten, sooner or later. Here only what is closed by name counts;
    # the loop sets its hooks anew when it next runs.
    forgotten: list[object] = []
    sys.set_asyncgen_hooks(finalizer=forgotten.append)
    answer = loaded(model_server.settings()).stream(QUESTION)
    assert await anext(answer) == "word "
    assert not model_server.hung_up.is_set()
    await answer.aclose()
    await asyncio.wait_for(model_server.hung_up.wait(), 1)


async def test_cancelling_whoever_waits_for_the_first_token_hangs_up(model_server: ModelServer):
    async def silent(wire: Wire) -> None:
        await wire.head()
        await asyncio.sleep(9)

    model_server.behaviours = [silent]
    task = asyncio.create_task(heard(loaded(model_server.settings())))
    while not model_server.requests:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait_for(model_server.hung_up.wait(), 1)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_slow_reader_is_not_taken_for_a_silent_model(model_server: ModelServer):
    model_server.behaviours = [polite("a", "b")]
    pieces = []
    async for piece in loaded(model_server.settings(between_tokens_seconds=0.3)).stream(QUESTION):
        pieces.append(piece)
        await asyncio.sleep(0.5)
    assert pieces == ["a", "b"]


async def test_a_prompt_that_a_server_would_cut_is_not_sent(model_server: ModelServer):
    model_server.behaviours = [polite("hello")]
    model = loaded(model_server.settings(context_tokens=1000, answer_tokens=900))
    assert await heard(model) == "hello"
    with pytest.raises(ModelError) as raised:
        await anext(model.stream([Message("user", "x" * 800)]))
    assert raised.value.kind is ModelFault.PROMPT_TOO_LONG
    assert len(model_server.requests) == 1


def test_tokens_of_openai_models_are_counted_without_network():
    """In a process of its own, whose sockets fail: tiktoken would fetch its tables."""
    script = """
import socket
def refuse(*_): raise OSError("no network")
socket.socket.connect = refuse
from assistant.load import load_model
from assistant.settings import AssistantSettings
for name in ("gpt-4o-mini", "gpt-4", "a-model-of-next-year"):
    settings = AssistantSettings(llm="openai:" + name, openai_api_key="k")
    print(load_model(settings).count_tokens("hello world <|endoftext|>"))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, env=_bare_environment()
    )
    assert run.stdout.split() == ["9", "8", "9"], run.stderr


def test_choosing_no_model_imports_no_vendor():
    script = """
import sys
from assistant.load import load_model
from assistant.settings import AssistantSettings
load_model(AssistantSettings(llm="none"))
print([name for name in ("openai", "llama_index", "tiktoken", "xllamacpp") if name in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, env=_bare_environment()
    )
    assert run.stdout.strip() == "[]", run.stderr


def _bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "TIKTOKEN_CACHE_DIR"}


def test_the_estimate_for_other_models_is_never_below_openais_count():
    openai = loaded(AssistantSettings(llm="openai:gpt-4o-mini", openai_api_key=KEY))
    other = loaded(AssistantSettings(llm="ollama:qwen"))
    texts = [
        "Diffusion models generate video by denoising a latent sequence with a transformer.",
        "扩散模型通过逐步去噪生成视频，并在潜在空间中使用变换器。",
        r"We minimise $\mathcal{L}(\theta) = \mathbb{E}_{x}[\|x - f_\theta(x)\|^2]$ over 2,048 samples (2512.21015).",
    ]
    for text in texts:
        assert openai.count_tokens(text) <= other.count_tokens(text) <= 2.5 * openai.count_tokens(text)


class Parrot(CustomLLM):
    """A llama-index model of somebody else's: repeats the question letter by letter, and blocks meanwhile."""

    pause: float = 0

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    def complete(self, prompt, formatted=False, **kwargs):
        raise NotImplementedError

    def stream_complete(self, prompt, formatted=False, **kwargs):
        raise NotImplementedError

    def stream_chat(self, messages, **kwargs):
        for letter in messages[-1].content or "":
            time.sleep(self.pause)
            yield ChatResponse(message=ChatMessage(role="assistant", content=letter), delta=letter)


class AsyncParrot(MockLLM):
    """The same without blocking, until it breaks with an error that nobody here knows."""

    async def astream_chat(self, messages, **kwargs):
        async def letters():
            for letter in messages[-1].content or "":
                yield ChatResponse(message=ChatMessage(role="assistant", content=letter), delta=letter)
            raise IngestError("an error of some other room")

        return letters()


PARROT = "llama-index:tests.assistant.test_model.Parrot"


async def test_any_llama_index_model_can_be_plugged_in_by_its_path(model_server: ModelServer):
    model = loaded(model_server.settings(llm=PARROT))
    assert await heard(model) == "你好?"
    assert model.name == "Parrot"
    assert "tests.assistant.test_model.Parrot" in model.where
    assert model_server.requests == []


async def test_a_plugged_in_models_errors_become_ours(model_server: ModelServer):
    answer = loaded(model_server.settings(llm=PARROT.replace("Parrot", "AsyncParrot"))).stream(QUESTION)
    assert [await anext(answer) for _ in "你好?"] == ["你", "好", "?"]
    with pytest.raises(ModelError, match="IngestError") as raised:
        await anext(answer)
    assert isinstance(raised.value.__cause__, IngestError)


async def test_a_plugged_in_model_that_blocks_meets_its_deadline_and_blocks_nobody(model_server: ModelServer):
    """A CustomLLM's asynchronous methods run its synchronous ones, which sleep here, on the event loop."""
    settings = model_server.settings(llm=PARROT + '{"pause": 1.2}', first_token_seconds=0.4)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.05)
            beats += 1

    heart = asyncio.create_task(beat())
    with pytest.raises(ModelError) as raised:
        await heard(loaded(settings))
    heart.cancel()
    assert raised.value.kind is ModelFault.SLOW
    assert beats >= 5
