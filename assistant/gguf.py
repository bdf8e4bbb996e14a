"""The door of xllamacpp: a GGUF file served inside this process, on a loopback port, with a key of its own."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import Protocol

import httpx

from assistant.errors import ModelError, ModelFault

# A loopback request of a millisecond: more, and the caller's estimate is good enough.
_COUNTING_SECONDS = 0.5
_COUNTS_KEPT = 4096


class _Listening(Protocol):
    """What is used of `xllamacpp.Server`, which stops when it is forgotten."""

    listening_address: str


class GgufServer:
    """llama.cpp's server for one file. Loading takes seconds, so it happens on the first `start`."""

    def __init__(self, path: Path, context_tokens: int) -> None:
        self.path = path
        self.api_key = secrets.token_urlsafe(32)
        self._context_tokens = context_tokens
        self._starting = threading.Lock()
        self._server: _Listening | None = None
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {self.api_key}"}, timeout=_COUNTING_SECONDS, trust_env=False
        )
        # What a prompt holds is mostly what the one before held.
        self._counts: dict[str, int] = {}

    def start(self) -> str:
        """The address of its OpenAI-compatible API. Blocks until the model is loaded. Raises ModelError."""
        with self._starting:
            if self._server is None:
                self._server = self._load()
        return f"{self._server.listening_address}/v1"

    def count_tokens(self, text: str) -> int | None:
        """Tokens of the file's own tokenizer; None while the file is not loaded, or cannot be asked."""
        if self._server is None:
            return None
        if (known := self._counts.get(text)) is not None:
            return known
        try:
            count = self._ask_for_count(self._server.listening_address, text)
        except (httpx.HTTPError, KeyError, ValueError):
            return None
        if len(self._counts) >= _COUNTS_KEPT:
            self._counts.clear()
        self._counts[text] = count
        return count

    def _ask_for_count(self, address: str, text: str) -> int:
        reply = self._http.post(f"{address}/tokenize", json={"content": text})
        return len(reply.raise_for_status().json()["tokens"])

    def _load(self) -> _Listening:
        try:
            import xllamacpp
        except ImportError as exc:
            raise ModelError(
                f"{self.path.name} needs xllamacpp, which is not installed.",
                "Type `pip install 'digest-assistant[local]'`.",
                kind=ModelFault.SETTINGS,
            ) from exc
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self.path)
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.api_keys = [self.api_key]
        parameters.cors_origins = "http://127.0.0.1"  # its default lets any page in a browser talk to it
        parameters.cors_credentials = False  # it reads no cookies
        parameters.ui = False
        parameters.n_ctx = self._context_tokens
        parameters.n_parallel = 1  # slots share the context: two would have half of it each
        parameters.verbosity = -1
        try:
            server: _Listening = xllamacpp.Server(parameters)
        except RuntimeError as exc:
            raise ModelError(
                f"llama.cpp cannot load {self.path}.",
                "Check that it is a whole GGUF file and that it fits into memory.",
                kind=ModelFault.SETTINGS,
            ) from exc
        return server
