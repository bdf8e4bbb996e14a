"""The door of llama-index's language models and of the openai client; no other module of this room imports them.

Traps met here: streams hide their failures (a web page with status 200, an early end, a cut answer raise nothing),
closing a llama-index stream leaves its connection open, and clients retry, redirect and read variables on their own.
So every answer gets an HTTP client of its own, which closing the answer closes.
"""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import math
import os
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import openai.resources.chat  # the client would import it, a second of work, while the first answer is awaited
import tiktoken
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseAsyncGen, LLMMetadata
from llama_index.core.llms import LLM, CustomLLM
from llama_index.llms.openai import OpenAI
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.event_handlers import NullEventHandler

from assistant.errors import ModelError, ModelFault
from assistant.gguf import GgufServer
from assistant.model import Endpoint, Message, without_credentials
from assistant.settings import AssistantSettings

RETRY_SECONDS = 0.5
# Far above what the wanted number of tokens can spell: a model that goes on beyond it ignores what it was asked.
CHARACTERS_PER_TOKEN = 12
EXCERPT_CHARACTERS = 200
# Small models' tokenizers know little Chinese: SmolLM2's makes a token of 1.75 bytes of it.
_BYTES_PER_FOREIGN_TOKEN = 1.5
_ASCII_TOKEN = re.compile(r"[A-Za-z]{1,5}|[!-@\[-`{-~]")


class LlamaIndexModel:
    """Deadlines, one retry and honest errors around any llama-index LLM.

    A subclass opens the stream of one answer (`_open`) and says what its vendor's exceptions mean (`_meaning`).
    """

    # A stream that ends without saying why was cut off. Only where the vendor's stream is known can that be told.
    says_why_it_ends = False

    def __init__(self, name: str, where: str, context_tokens: int, settings: AssistantSettings) -> None:
        self.name = name
        self.where = where
        self.context_tokens = context_tokens
        self._settings = settings

    def count_tokens(self, text: str) -> int:
        return estimate_tokens(text)

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        await asyncio.to_thread(self._require_room, messages)  # who counts may ask a server
        chat = [ChatMessage(role=message.role, content=message.content) for message in messages]
        clock = _Clock(self._settings)
        try:
            async with aclosing(self._attempt(chat, clock)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        except ModelError as error:
            wait = RETRY_SECONDS if error.retry_after is None else error.retry_after
            if error.kind not in _RETRIED or not clock.allows_retry_after(wait):
                raise
        await asyncio.sleep(wait)
        async with aclosing(self._attempt(chat, clock)) as pieces:
            async for piece in pieces:
                yield piece

    async def _attempt(self, chat: list[ChatMessage], clock: _Clock) -> AsyncGenerator[str, None]:
        """The answer's pieces, or the ModelError that says why they are not all."""
        characters = 0
        async with aclosing(self._open(chat)) as responses:
            while response := await self._next(responses, clock):
                if response.delta:
                    characters += len(response.delta)
                    yield response.delta
                if characters > self._settings.answer_tokens * CHARACTERS_PER_TOKEN:
                    raise self.error(ModelFault.ENDLESS)
                if ended := _finish_reason(response):
                    self._judge(ended, characters)
                    return
        self._judge("" if self.says_why_it_ends else "stop", characters)

    def _judge(self, ended: str, characters: int) -> None:
        """Raises unless the model itself ended an answer that has words."""
        if ended == "length":
            raise self.error(ModelFault.CUT)
        if ended == "content_filter":
            raise self.error(ModelFault.FILTERED)
        if not characters:
            raise self.error(ModelFault.EMPTY)
        if not ended:
            raise self.error(ModelFault.UNFINISHED)

    async def _next(self, responses: AsyncGenerator[ChatResponse, None], clock: _Clock) -> ChatResponse | None:
        """The next response that holds text, a thought or an end; None after the last."""
        left, fault, allowed = clock.wait()
        try:
            async with asyncio.timeout(left):
                async for response in responses:
                    if _is_alive(response):
                        clock.hear()
                        return response
                return None
        except ModelError:
            raise
        except TimeoutError as exc:
            raise self.error(fault, f"{allowed:g}") from exc
        except Exception as exc:  # no vendor's error may leave this door, and plugged-in models raise any
            raise self._meaning(exc) from exc

    def _open(self, chat: list[ChatMessage]) -> AsyncGenerator[ChatResponse, None]:
        raise NotImplementedError

    def _meaning(self, exc: Exception) -> ModelError:
        return self.error(ModelFault.SERVER, f"{type(exc).__name__}: {_excerpt(str(exc))}")

    def error(self, kind: ModelFault, detail: str = "", retry_after: float | None = None) -> ModelError:
        """The error of this kind in words, `detail` being what its sentence leaves open."""
        saying = _SAYINGS[kind]
        found = f"The language model {self.name} at {self.where} {saying.found.format(detail)}".rstrip(" .:") + "."
        return ModelError(found, self._mend(kind), kind=kind, retryable=saying.retryable, retry_after=retry_after)

    def _mend(self, kind: ModelFault) -> str:
        return _SAYINGS[kind].mend

    def _require_room(self, messages: Sequence[Message]) -> None:
        """Servers cut the start of what is too long without a word, and the start holds the rules."""
        tokens = sum(self.count_tokens(message.content) for message in messages) + self._settings.answer_tokens
        if tokens > self.context_tokens:
            raise self.error(ModelFault.PROMPT_TOO_LONG, f"{tokens} of {self.context_tokens}")


class ServedModel(LlamaIndexModel):
    """A model behind an OpenAI-compatible address."""

    says_why_it_ends = True

    def __init__(self, endpoint: Endpoint, settings: AssistantSettings) -> None:
        super().__init__(endpoint.name or "(whichever it has)", endpoint.where, endpoint.context_tokens, settings)
        self._endpoint = endpoint

    def count_tokens(self, text: str) -> int:
        if not self._endpoint.is_openai:
            return estimate_tokens(text)
        return len(_encoding(self.name).encode(text, disallowed_special=()))

    async def _open(self, chat: list[ChatMessage]) -> AsyncGenerator[ChatResponse, None]:
        endpoint = self._endpoint
        async with _http_client(endpoint, self._settings) as http:
            client = _openai_client(endpoint, http)
            if not endpoint.name:
                endpoint = self._endpoint = replace(endpoint, name=await self._first_model(client))
                self.name = endpoint.name
            llm = _CompatibleLLM(endpoint, client, self._settings)
            async with aclosing(await llm.astream_chat(chat)) as responses:
                async for response in responses:
                    yield response

    async def _first_model(self, client: openai.AsyncOpenAI) -> str:
        """The first model the server lists that is not one for embeddings."""
        names = [model.id for model in (await client.models.list()).data]
        for name in names:
            if "embed" not in name.lower():
                return name
        raise self.error(ModelFault.NO_MODEL, f"lists {len(names)} models, none for chat")

    def _mend(self, kind: ModelFault) -> str:
        endpoint = self._endpoint
        if kind in (ModelFault.REFUSED, ModelFault.UNREACHABLE, ModelFault.UNKNOWN_HOST):
            return endpoint.how_to_start
        if kind is ModelFault.NO_MODEL:
            return endpoint.how_to_get
        if kind is ModelFault.KEY:
            return endpoint.how_to_enter
        return super()._mend(kind).replace("ADDRESS", endpoint.address_setting)

    def _meaning(self, exc: Exception) -> ModelError:
        if isinstance(exc, openai.APIStatusError):
            return self._meaning_of_status(exc)
        causes = tuple(_causes(exc))
        for kind, types in _CAUSES:
            if found := next((cause for cause in causes if isinstance(cause, types)), None):
                return self.error(kind, self._public(str(found)))
        if isinstance(exc, openai.APIError) and not isinstance(exc, openai.APIConnectionError):
            return self.error(ModelFault.SERVER, self._public(exc.message))
        return self.error(ModelFault.GARBLED)

    def _meaning_of_status(self, exc: openai.APIStatusError) -> ModelError:
        words = self._public(_words_of(exc.body))
        detail = f"{exc.status_code}" + (f": {words}" if words else "")
        kind = _kind_of_status(exc.status_code, exc.code, words)
        if kind is ModelFault.NOT_AN_API:
            detail = f"a redirect ({exc.status_code})"
        return self.error(kind, detail, _retry_after(exc.response.headers))

    def _public(self, words: str) -> str:
        """A server's own words, made safe to show: short, without markup, without the key."""
        return _excerpt(words.replace(self._endpoint.api_key, "[key]"))


class GgufModel(ServedModel):
    """A GGUF file in this process, over the same path as any served model."""

    def __init__(self, path: Path, context_tokens: int, settings: AssistantSettings) -> None:
        self._server = GgufServer(path, context_tokens)
        endpoint = Endpoint(
            name=path.stem,
            base_url="http://127.0.0.1",
            api_key=self._server.api_key,
            context_tokens=context_tokens,
            address_setting="DIGEST_LLM",
            how_to_start="Start this program again.",
            how_to_get="Check the path in DIGEST_LLM.",
            how_to_enter="Start this program again: its key is made anew each time.",
        )
        super().__init__(endpoint, settings)
        self.where = "this process"

    def count_tokens(self, text: str) -> int:
        """Counted by the file's own tokenizer once it is loaded; before, as if that knew English alone."""
        counted = self._server.count_tokens(text)
        return estimate_tokens(text, _BYTES_PER_FOREIGN_TOKEN) if counted is None else counted

    async def _open(self, chat: list[ChatMessage]) -> AsyncGenerator[ChatResponse, None]:
        base_url = await asyncio.to_thread(self._server.start)
        self._endpoint = replace(self._endpoint, base_url=base_url)
        async with aclosing(super()._open(chat)) as responses:
            async for response in responses:
                yield response


class PluggedModel(LlamaIndexModel):
    """Any llama-index LLM by its dotted path. Where its text goes is its own affair, as far as it says."""

    def __init__(self, dotted: str, arguments: Mapping[str, Any], settings: AssistantSettings) -> None:
        self._llm = _build(dotted, arguments)
        metadata = self._llm.metadata
        address = next((a for n in ("api_base", "base_url") if isinstance(a := getattr(self._llm, n, None), str)), "")
        super().__init__(
            name=metadata.model_name if metadata.model_name != "unknown" else dotted.rpartition(".")[2],
            where=without_credentials(address) if "://" in address else f"the address that {dotted} has",
            context_tokens=settings.context_tokens or metadata.context_window,
            settings=settings,
        )

    async def _open(self, chat: list[ChatMessage]) -> AsyncGenerator[ChatResponse, None]:
        if inspect.unwrap(type(self._llm).astream_chat) is inspect.unwrap(CustomLLM.astream_chat):
            # It runs the synchronous one, and everybody would wait for it.
            answer = await asyncio.to_thread(self._llm.stream_chat, chat)
            while (response := await asyncio.to_thread(next, answer, None)) is not None:
                yield response
            return
        async with aclosing(await self._llm.astream_chat(chat)) as responses:
            async for response in responses:
                yield response


class _CompatibleLLM(OpenAI):
    """llama-index's OpenAI for any model name and any address; its own refuses names it does not know."""

    def __init__(self, endpoint: Endpoint, client: openai.AsyncOpenAI, settings: AssistantSettings) -> None:
        limit = "max_completion_tokens" if endpoint.is_openai else "max_tokens"
        super().__init__(
            model=endpoint.name,
            api_base=endpoint.base_url,
            api_key=endpoint.api_key,
            temperature=0.0,
            additional_kwargs={limit: settings.answer_tokens},
            max_retries=0,
            async_openai_client=client,
        )

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:  # noqa: ANN401
        """As llama-index does it, but where nobody listens nobody is told of each piece: a third of what one costs."""
        listening = [one for one in get_dispatcher().event_handlers if not isinstance(one, NullEventHandler)]
        say = super().astream_chat if listening or self.callback_manager.handlers else self._astream_chat
        said: ChatResponseAsyncGen = await say(messages, **kwargs)
        return said

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True, is_function_calling_model=False, model_name=self.model)

    def _get_model_kwargs(self, **kwargs: object) -> dict[str, Any]:
        """The body of a request. OpenAI's reasoning models refuse a temperature; other servers know nothing else."""
        body: dict[str, Any] = super()._get_model_kwargs(**kwargs)
        if "max_completion_tokens" in body and not self.model.startswith(("gpt-3", "gpt-4", "chatgpt-4")):
            body.pop("temperature", None)
        return body


class _Clock:
    """The deadlines of one answer, retry included, on the event loop's clock."""

    def __init__(self, settings: AssistantSettings) -> None:
        self._settings = settings
        self._now = asyncio.get_running_loop().time
        self._start = self._now()
        self._spoken = False

    def hear(self) -> None:
        self._spoken = True

    def wait(self) -> tuple[float, ModelFault, float]:
        """How many seconds the next token has, the fault if it takes more, and the seconds that deadline gave."""
        settings, used = self._settings, self._now() - self._start
        if self._spoken:
            step = (settings.between_tokens_seconds, ModelFault.STALLED, settings.between_tokens_seconds)
        else:
            step = (settings.first_token_seconds - used, ModelFault.SLOW, settings.first_token_seconds)
        return min(step, (settings.answer_seconds - used, ModelFault.OVERTIME, settings.answer_seconds))

    def allows_retry_after(self, wait: float) -> bool:
        return not self._spoken and wait <= self._settings.retry_after_seconds and wait < self.wait()[0]


def estimate_tokens(text: str, bytes_per_token: float = 2.5) -> int:
    """Tokens of an unknown tokenizer, on the safe side of what o200k_base makes of digests (English x 1.5, 中文 x 1.5).

    Five letters, a digit or a sign are a token each, and `bytes_per_token` bytes of any other script.
    """
    others = len(text.encode()) - len(text.encode("ascii", "ignore"))
    return len(_ASCII_TOKEN.findall(text)) + math.ceil(others / bytes_per_token)


@dataclass(frozen=True, slots=True)
class _Saying:
    """What a fault is called. `found` may leave one detail open; ADDRESS stands for the setting with the address."""

    found: str
    mend: str
    retryable: bool = False


_SAYINGS = {
    ModelFault.REFUSED: _Saying("refused the connection", "Start it or correct its address.", True),
    ModelFault.UNKNOWN_HOST: _Saying("cannot be found: no such host name", "Correct its address."),
    ModelFault.UNREACHABLE: _Saying("cannot be reached: {}", "Correct its address.", True),
    ModelFault.KEY: _Saying("refused the key ({})", "Set OPENAI_API_KEY to a key that is valid there."),
    ModelFault.NO_MODEL: _Saying("was not found ({})", "Name one that is there in DIGEST_LLM."),
    ModelFault.BUSY: _Saying("is busy ({})", "Ask again in a while.", True),
    ModelFault.QUOTA: _Saying("is not paid for ({})", "Check the plan and billing of this key."),
    ModelFault.SERVER: _Saying("reported a fault of its own ({})", "Ask again; if it stays, look at its log.", True),
    ModelFault.REJECTED: _Saying("rejected the request ({})", "Try another model in DIGEST_LLM."),
    ModelFault.NOT_AN_API: _Saying("answered with {} instead of a stream", "Correct ADDRESS; it mostly ends in /v1."),
    ModelFault.GARBLED: _Saying("sent something that is no answer", "Check that ADDRESS speaks the OpenAI API."),
    ModelFault.SLOW: _Saying("sent no first word in {} s", "Ask again, or raise DIGEST_FIRST_TOKEN_SECONDS.", True),
    ModelFault.STALLED: _Saying("fell silent for {} s", "Ask again, or raise DIGEST_BETWEEN_TOKENS_SECONDS.", True),
    ModelFault.OVERTIME: _Saying("did not finish in {} s", "Ask again, or raise DIGEST_ANSWER_SECONDS.", True),
    ModelFault.DROPPED: _Saying("broke the connection", "Ask again; if it stays, look at its log.", True),
    ModelFault.UNFINISHED: _Saying("stopped in the middle of its answer", "Ask again.", True),
    ModelFault.CUT: _Saying("reached its limit of tokens, so the answer is cut", "Raise DIGEST_ANSWER_TOKENS."),
    ModelFault.FILTERED: _Saying("had its answer withheld by a content filter", "Put the question in other words."),
    ModelFault.EMPTY: _Saying("finished without a word", "Ask again, or try another model in DIGEST_LLM.", True),
    ModelFault.ENDLESS: _Saying("did not stop where it was told to", "Try another model in DIGEST_LLM."),
    ModelFault.PROMPT_TOO_LONG: _Saying(
        "cannot read a prompt of this length ({})",
        "Lower DIGEST_PROMPT_TOKENS, or give the model more context and say so in DIGEST_CONTEXT_TOKENS.",
    ),
}

# Faults that pass within a moment. Deadlines are not among them: their time is spent.
_RETRIED = {ModelFault.REFUSED, ModelFault.DROPPED, ModelFault.BUSY, ModelFault.SERVER}


class _NotAStream(Exception):
    """A response of another content type than a stream has."""


# What lies under an error of openai or httpx; the first that is found counts.
_CAUSES: tuple[tuple[ModelFault, type[Exception] | tuple[type[Exception], ...]], ...] = (
    (ModelFault.NOT_AN_API, _NotAStream),
    (ModelFault.UNKNOWN_HOST, socket.gaierror),
    (ModelFault.UNREACHABLE, (httpx.ConnectTimeout, httpx.ProxyError, ssl.SSLError)),
    (ModelFault.REFUSED, httpx.ConnectError),
    (ModelFault.DROPPED, httpx.TransportError),
)


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def _kind_of_status(status: int, code: str | None, words: str) -> ModelFault:
    if status in (401, 403):
        return ModelFault.KEY
    if status == 404:
        return ModelFault.NO_MODEL
    if status == 429:
        return ModelFault.QUOTA if code == "insufficient_quota" else ModelFault.BUSY
    if status >= 500:
        return ModelFault.SERVER
    if status < 400:
        return ModelFault.NOT_AN_API
    too_long = code == "context_length_exceeded" or re.search(r"context (length|size|window)", words, re.IGNORECASE)
    return ModelFault.PROMPT_TOO_LONG if too_long else ModelFault.REJECTED


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds of a Retry-After header; a date or nonsense counts as none."""
    value = headers.get("retry-after", "").strip()
    return float(value) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", value) else None


def _words_of(body: object) -> str:
    """The message in an error's body; none of a web page."""
    if isinstance(body, Mapping):
        return _words_of(body.get("message") or body.get("error") or body.get("detail"))
    return body if isinstance(body, str) and not body.lstrip().startswith("<") else ""


def _excerpt(words: str) -> str:
    """A line of printable text without Markdown or HTML, since others wrote it and it will be shown."""
    printable = "".join(letter if letter.isprintable() else " " for letter in words[: 4 * EXCERPT_CHARACTERS])
    return " ".join(re.sub(r"[<>\[\]`!{}]|://", " ", printable).split())[:EXCERPT_CHARACTERS]


def _is_alive(response: ChatResponse) -> bool:
    """Whether a response holds text, a thought or an end, and not only a role."""
    thought = response.additional_kwargs.get("thinking_delta") or _bare_thought(response)
    return bool(response.delta or thought or _finish_reason(response))


def _bare_thought(response: ChatResponse) -> object:
    """A thought under the name that Ollama has for it, which llama-index passes over."""
    return getattr(getattr(_first_choice(response), "delta", None), "thinking", None)


def _finish_reason(response: ChatResponse) -> str:
    """Why the model ended, in OpenAI's words; empty while it goes on, or where the vendor does not say."""
    return str(getattr(_first_choice(response), "finish_reason", None) or "")


def _first_choice(response: ChatResponse) -> object:
    choices = getattr(response.raw, "choices", None)
    return choices[0] if choices else None


def _http_client(endpoint: Endpoint, settings: AssistantSettings) -> httpx.AsyncClient:
    """A client that follows no redirect, as text goes only where it was sent, and needs no proxy to this machine."""
    trust_env = not _is_loopback(urlsplit(endpoint.base_url).hostname or "")
    return httpx.AsyncClient(
        verify=_certificates(trust_env),
        timeout=httpx.Timeout(None, connect=settings.connect_seconds),
        trust_env=trust_env,
        follow_redirects=False,
        event_hooks={"response": [_require_stream]},
    )


@cache
def _certificates(trust_env: bool) -> ssl.SSLContext:
    """Whom to trust. Reading that takes 20 ms in which nobody is served, so it is read once."""
    return httpx.create_ssl_context(trust_env=trust_env)


def _openai_client(endpoint: Endpoint, http: httpx.AsyncClient) -> openai.AsyncOpenAI:
    client = openai.AsyncOpenAI(api_key=endpoint.api_key, base_url=endpoint.base_url, max_retries=0, http_client=http)
    if not endpoint.is_openai:
        client.organization = client.project = None  # read from variables, and nobody else's business
    return client


async def _require_stream(response: httpx.Response) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = "application/json" if response.request.method == "GET" else "text/event-stream"
    if response.is_success and kind not in (wanted, "text/plain", ""):
        raise _NotAStream(kind)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _encoding(model: str) -> tiktoken.Encoding:
    """OpenAI's tokenizer for a model, from the files that llama-index ships, so that nothing is fetched."""
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(files("llama_index.core") / "_static" / "tiktoken_cache"))
    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        name = "o200k_base"
    return tiktoken.get_encoding(name if name == "cl100k_base" else "o200k_base")


def _build(dotted: str, arguments: Mapping[str, Any]) -> LLM:
    """An instance of the class at a dotted path. Raises ModelError (kind SETTINGS)."""
    module, _, name = dotted.rpartition(".")
    try:
        llm = getattr(import_module(module), name)(**arguments)
    except Exception as exc:  # the constructors of vendors raise anything
        raise ModelError(
            f"llama-index:{dotted} in DIGEST_LLM cannot be made ({type(exc).__name__}: {_excerpt(str(exc))}).",
            "Install its package, and write its path and arguments as its documentation does.",
            kind=ModelFault.SETTINGS,
        ) from exc
    if not isinstance(llm, LLM):
        raise ModelError(
            f"llama-index:{dotted} in DIGEST_LLM is no language model of llama-index.",
            "Write the path of a class that is, such as llama_index.llms.ollama.Ollama.",
            kind=ModelFault.SETTINGS,
        )
    return llm
