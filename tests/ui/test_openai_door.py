"""The OpenAI-compatible door: real clients over real sockets, follow-ups, refusals, everything that goes wrong."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import openai
import pytest
from doorstep import one_digest, standing, until
from openai.types.chat import ChatCompletionChunk
from stand_ins import HOSTILE, SAMPLES, ScriptedAssistant, ShelfLibrary, hostile_paper

from assistant.answer import Delta, Event, Finished
from assistant.chat import Assistant
from assistant.load import load_model
from assistant.model import Message as ModelMessage
from assistant.settings import AssistantSettings
from ingest.digest import read_digest
from ingest.paper import Section
from ui import openai_door
from ui.gate import Gate
from ui.openai_door import LARGEST_BODY, MODEL, MOST_MESSAGES

Message = dict[str, Any]


def client(address: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0, timeout=20)


def user(content: Any) -> Message:
    return {"role": "user", "content": content}


def ask(address: str, *messages: Message, **more: Any) -> Any:
    return client(address).chat.completions.create(model=MODEL, messages=list(messages), **more)


def post(address: str, body: object, **more: Any) -> httpx.Response:
    return httpx.post(f"{address}/v1/chat/completions", json=body, timeout=20, **more)


def asked(*messages: Message, **more: Any) -> Message:
    return {"model": MODEL, "messages": list(messages), **more}


def streamed(address: str, *messages: Message, **more: Any) -> list[ChatCompletionChunk]:
    return list(ask(address, *messages, stream=True, **more))


def pieces(chunks: list[ChatCompletionChunk]) -> list[str]:
    return [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the door of a real assistant."""
    with (
        one_digest(tmp_path_factory.mktemp("house")) as library,
        standing(openai_door.routes(Assistant(library), library, Gate(2, 2))) as address,
    ):
        yield address


# --- what is answered


def test_the_one_model_is_listed_and_found(stage: str) -> None:
    assert [model.id for model in client(stage).models.list()] == [MODEL]
    assert client(stage).models.retrieve(MODEL).owned_by == "digest"


def test_an_answer_comes_whole_with_the_papers_it_cites_and_how_it_came_about(house: str) -> None:
    answer = ask(house, user("which papers generate images with diffusion?"))
    [choice] = answer.choices
    assert choice.finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer.digest["abstained"] is False
    assert answer.digest["mode"] == "extractive"
    assert answer.digest["searched"]["papers"] == answer.digest["searched"]["of"] > 0
    for cited in answer.citations:
        assert f"[{cited['arxiv_id']}]({cited['url']})" in choice.message.content
        assert cited["title"]


def test_the_evidence_says_where_it_stands(house: str) -> None:
    papers = {p.arxiv_id: p for p in read_digest((SAMPLES / "2025-11-03.md").read_text("utf-8"), "").papers}
    answer = ask(house, user("which papers generate images with diffusion?"))
    evidence = [(papers[paper["arxiv_id"]], at) for paper in answer.citations for at in paper["evidence"]]
    assert evidence
    for paper, at in evidence:
        assert paper.text(Section(at["section"]))[at["start"] : at["end"]] == at["text"]
        assert at["support"] in ("quoted", "record", "supported")


def test_a_streamed_answer_is_the_whole_one_in_pieces(stage: str) -> None:
    question = user("slowly, which papers speak of diffusion")
    whole, chunks = ask(stage, question), streamed(stage, question)
    assert len(pieces(chunks)) > 5
    assert "".join(pieces(chunks)) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert chunks[-1].citations == whole.citations  # type: ignore[attr-defined]
    assert chunks[-1].digest["unsupported"] == whole.digest["unsupported"]  # type: ignore[attr-defined]
    assert len(whole.digest["unsupported"]) == 1


def test_the_first_piece_comes_while_the_answer_is_being_written(stage: str) -> None:
    with ask(stage, user("endlessly"), stream=True) as chunks:
        assert any(chunk.choices[0].delta.content for chunk in chunks)


def test_usage_ends_a_stream_where_it_is_asked_for(stage: str) -> None:
    chunks = streamed(stage, user("diffusion"), stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0
    assert {chunk.usage for chunk in chunks[:-1]} == {None}
    assert {chunk.usage for chunk in streamed(stage, user("diffusion"))} == {None}


@pytest.mark.parametrize("stream", [False, True])
def test_a_follow_up_is_about_what_the_messages_before_it_cite(house: str, stream: bool) -> None:
    before = user("which papers generate images with diffusion?")
    listed = ask(house, before)
    second = listed.citations[1]["arxiv_id"]
    told = {"role": "assistant", "content": listed.choices[0].message.content}
    messages = [{"role": "system", "content": "You are a pirate."}, before, told, user("what is the second one about?")]
    answer = streamed(house, *messages)[-1] if stream else ask(house, *messages)
    assert [cited["arxiv_id"] for cited in answer.citations] == [second]


def test_only_answered_questions_are_remembered_and_the_last_ten(scripted: ScriptedAssistant, stage: str) -> None:
    turn = [user("diffusion"), {"role": "assistant", "content": "some"}]
    ask(stage, user("lost"), *turn, *turn, user("video"))
    assert scripted.histories[-1] == 2
    ask(stage, *turn * 30, user("video"))
    assert scripted.histories[-1] == 10


def test_a_refusal_is_an_answer_that_says_so(house: str) -> None:
    answer = ask(house, user("Who won the football world cup in 1998?"))
    assert answer.digest["abstained"] is True
    assert answer.choices[0].message.content


def test_content_may_be_a_list_of_text_parts(stage: str) -> None:
    parts = [{"type": "text", "text": "which papers speak of"}, {"type": "text", "text": "diffusion"}]
    assert ask(stage, user(parts)).citations == ask(stage, user("which papers speak of\ndiffusion")).citations


def test_what_a_chat_program_sends_beside_the_messages_changes_nothing(stage: str) -> None:
    more = {
        "temperature": 0.1,
        "top_p": 1,
        "max_tokens": 5,
        "tools": [],
        "user": "me",
        "seed": 1,
        "stop": ["a"],
        "n": 1,
    }
    assert ask(stage, user("diffusion"), **more).citations == ask(stage, user("diffusion")).citations


async def test_llama_index_takes_it_for_a_model(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = AssistantSettings(llm=f"openai-compatible:{MODEL}", openai_base_url=f"{stage}/v1")
    model = load_model(settings)
    assert model is not None
    said = [piece async for piece in model.stream([ModelMessage("user", "slowly, diffusion")])]
    assert "https://arxiv.org/abs/" in "".join(said)


# --- answers that are hard to tell


class Replacing(ScriptedAssistant):
    """Its model's prose is replaced by the papers' own sentences in the end, and a notice says so."""

    async def stream(self, *args: Any, **more: Any) -> AsyncGenerator[Event, None]:
        async for event in super().stream(*args, **more):
            if isinstance(event, Finished):
                yield Delta("Bees ")
                yield Delta("are fish.")
                yield Delta(event.answer.text)
                yield Finished(replace(event.answer, notice="The model cited no paper."))
            else:
                yield event


def test_what_replaces_a_model_s_prose_is_set_off_from_it() -> None:
    library = ShelfLibrary()
    with standing(openai_door.routes(Replacing(library), library, Gate(1, 1))) as address:
        whole = ask(address, user("diffusion")).choices[0].message.content
        assert whole.endswith("\n\n> The model cited no paper.")
        assert "".join(pieces(streamed(address, user("diffusion")))) == f"Bees are fish.\n\n---\n\n{whole}"


def test_hostile_text_stays_inside_its_json(stage: str) -> None:
    with httpx.stream("POST", f"{stage}/v1/chat/completions", json=asked(user("hostile"), stream=True)) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    text = "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])
    assert all(payload in text for payload in HOSTILE)


def test_a_title_cannot_end_a_line_of_the_stream() -> None:
    title = 'Ends\u2028\u0085\x1c\r\n\r\ndata: [DONE]\n\ndata: {"error": 1}'
    library = ShelfLibrary([replace(hostile_paper(), title=title)])
    with (
        standing(openai_door.routes(ScriptedAssistant(library), library, Gate(1, 1))) as address,
        httpx.stream("POST", f"{address}/v1/chat/completions", json=asked(user("hostile ends"), stream=True)) as answer,
    ):
        lines = [line for line in answer.iter_lines() if line]
    assert lines.count("data: [DONE]") == 1
    assert json.loads(lines[-2].removeprefix("data: "))["citations"][0]["title"] == title


CHORE = (
    "### Task:\n{wish}\n### Output:\nJSON format: {form}\n### Chat History:\n<chat_history>\n{chat}\n</chat_history>"
)
CHAT = 'USER: Which "papers" edit videos?\nASSISTANT: ' + "two of them. " * 500


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ('{ "title": "your concise title here" }', {"title": 'Which "papers" edit videos?'}),
        ('{ "tags": ["tag1", "tag2"] }', {"tags": ["arXiv"]}),
        ('{ "follow_ups": ["Question 1?"] }', {"follow_ups": []}),
        ('{ "queries": ["query1"] }', {"queries": []}),
        ('{ "something": 1 }', {}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_open_webui_asks_for_itself_is_answered_in_its_json_without_a_search(
    scripted: ScriptedAssistant, stage: str, form: str, answer: dict[str, Any], stream: bool
) -> None:
    searches = len(scripted.histories)
    wish = user(CHORE.format(wish="Do something with the chat.", form=form, chat=CHAT))
    said = "".join(pieces(streamed(stage, wish))) if stream else ask(stage, wish).choices[0].message.content
    assert json.loads(said) == answer
    assert len(scripted.histories) == searches


# --- what goes wrong


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "model"),
        ({"model": MODEL}, 400, "messages"),
        (asked(), 400, "messages"),
        (asked(*[user("a")] * (MOST_MESSAGES + 1)), 400, "messages"),
        (asked(user("a" * 200_001)), 400, "messages"),
        (asked({"role": "poet", "content": "a"}), 400, "role"),
        (asked({"role": "assistant", "content": "a"}), 400, "end with a question"),
        (asked({"role": "system", "content": "a"}), 400, "end with a question"),
        (asked(user("a"), n=2), 400, "n: "),
        (asked(user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}])), 400, "image_url"),
        (asked(user("a")) | {"model": "gpt-4"}, 404, MODEL),
    ],
)
def test_a_request_that_cannot_be_answered_is_told_why(stage: str, body: Message, status: int, said: str) -> None:
    answer = post(stage, body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert said in error["message"]


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"null", json.dumps(asked(user("\ud800"))).encode()])
def test_what_is_no_request_at_all_is_told_so(stage: str, content: bytes) -> None:
    answer = httpx.post(f"{stage}/v1/chat/completions", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_request_too_large_is_not_read_to_its_end(stage: str) -> None:
    with small_house() as (_, _, door):
        for address in (stage, door):
            answer = httpx.post(f"{address}/v1/chat/completions", content=b" " * (LARGEST_BODY + 1))
            assert answer.status_code == 413
            assert "bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("question", ["", "x" * 4001])
def test_what_is_no_question_is_a_bad_request(house: str, question: str, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError, match="expected a question"):
        ask(house, user(question), stream=stream)


def test_another_model_is_not_found(stage: str) -> None:
    with pytest.raises(openai.NotFoundError, match=MODEL):
        client(stage).models.retrieve("gpt-4")


def test_an_error_that_says_what_to_do_is_passed_on(stage: str) -> None:
    answer = post(stage, asked(user("break")))
    assert answer.status_code == 503
    assert "DIGEST_LLM=none" in answer.json()["error"]["message"]
    with pytest.raises(openai.APIError, match="DIGEST_LLM=none"):
        streamed(stage, user("break"))


def test_an_error_that_nobody_expected_shows_its_name_alone(stage: str) -> None:
    answer = post(stage, asked(user("crash")))
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert "division" not in answer.text
    with pytest.raises(openai.APIError, match="ZeroDivisionError"):
        streamed(stage, user("crash"))


# --- who is there, and who is not


@contextmanager
def small_house(**more: Any) -> Iterator[tuple[ScriptedAssistant, Gate, str]]:
    """Room for one answer and one that waits."""
    library, gate = ShelfLibrary(), Gate(1, 1)
    assistant = ScriptedAssistant(library)
    with standing(openai_door.routes(assistant, library, gate, **more)) as address:
        yield assistant, gate, address


@contextmanager
def left_open(address: str, body: Message) -> Iterator[socket.socket]:
    """A connection over which the question was sent, and whose answer nobody has read yet."""
    host, port = address.removeprefix("http://").split(":")
    content = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(content)}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.encode() + content)
        yield connection


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("question", ["endlessly", "silently"])
def test_who_leaves_in_mid_answer_ends_it_and_frees_the_place(question: str, stream: bool) -> None:
    with small_house() as (assistant, gate, address):
        with left_open(address, asked(user(question), stream=stream)) as connection:
            if stream:
                assert connection.recv(20).startswith(b"HTTP/1.1 200")
            until(lambda: len(assistant.histories) == 1)
        until(lambda: assistant.closed == 1 and gate.running == 0, 2)
        assert ask(address, user("diffusion")).citations


def test_who_leaves_while_waiting_frees_the_place_in_the_line() -> None:
    waits = asked(user("diffusion"), stream=True)
    with small_house() as (assistant, _, address), left_open(address, asked(user("endlessly"), stream=True)) as first:
        assert first.recv(20)
        with left_open(address, waits) as second:
            said = b""
            while b": number 1 in the line" not in said:
                said += second.recv(1000)
            assert post(address, waits).status_code == 429

        def is_let_in() -> bool:
            with left_open(address, waits) as third:
                return third.recv(20).startswith(b"HTTP/1.1 200")

        until(is_let_in, 2)
    assert len(assistant.histories) == 1


def test_who_finds_no_place_is_told_so_at_once_and_when_to_come_again() -> None:
    with small_house() as (_, gate, address):
        endless = asked(user("endlessly"), stream=True)
        with left_open(address, endless) as first, left_open(address, endless) as second:
            assert first.recv(20)
            assert second.recv(20)
            for stream in (False, True):
                answer = post(address, asked(user("diffusion"), stream=stream))
                assert answer.status_code == 429
                assert int(answer.headers["retry-after"]) > 0
                assert answer.json()["error"]["type"] == "rate_limit_error"
                with pytest.raises(openai.RateLimitError, match="waiting already"):
                    ask(address, user("diffusion"), stream=stream)
        until(lambda: gate.running == 0)
        assert ask(address, user("diffusion")).citations


def test_a_model_that_is_slow_to_begin_gives_signs_of_life() -> None:
    with (
        small_house(sign_seconds=0.05) as (_, _, address),
        left_open(address, asked(user("silently"), stream=True)) as connection,
    ):
        said = b""
        while said.count(b": still working on it\n\n") < 3:
            said += connection.recv(1000)
