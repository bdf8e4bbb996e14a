"""Embeddings from an OpenAI-compatible address (`POST <base>/embeddings`), for example Ollama, vLLM or OpenAI."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import httpx
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from ingest.errors import EmbedderError

_BATCH = 64
_TIMEOUT_SECONDS = 60.0
# Such servers do not tell their tokenizer. Four characters a token is usual for English, one for Chinese; the
# smallest limit in common use is 512 tokens.
_CHARACTERS_PER_TOKEN = 3.5
_MAX_TOKENS = 480


class _Row(BaseModel):
    index: int
    embedding: list[float]


class _Reply(BaseModel):
    data: list[_Row]


class RemoteEmbedder:
    """A model behind an OpenAI-compatible address. Texts leave this machine unless the address is on it."""

    max_tokens = _MAX_TOKENS

    def __init__(self, name: str, base_url: str, api_key: str = "") -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._client = _client(base_url, api_key)
        self.dim = 0
        probe = self._ask(["fingerprint"])[0]
        self.dim = len(probe)
        self.fingerprint = f"{os.path.basename(name)}-{self.dim}-{_signature(probe)}"

    def reads(self, text: str) -> bool:
        return bool(text.strip())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [_estimate_tokens(text) for text in texts]

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            vectors[start : start + len(batch)] = self._ask(batch)
            if progress:
                progress(len(batch))
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._ask([text])[0]
        return vector

    def _ask(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit rows in the order of `texts`. Raises EmbedderError with what came back and what to check."""
        where = f"{self.base_url}/embeddings"
        mend = "check DIGEST_EMBED_BASE_URL, DIGEST_EMBED_MODEL and DIGEST_EMBED_API_KEY"
        try:
            response = self._client.post(where, json={"model": self.name, "input": texts})
            response.raise_for_status()
            rows = sorted(_Reply.model_validate_json(response.content).data, key=lambda row: row.index)
            vectors = np.asarray([row.embedding for row in rows], np.float32)
        except httpx.HTTPStatusError as exc:
            raise EmbedderError(f"{where} answered {exc.response.status_code}: {mend}") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise EmbedderError(f"{where} cannot be reached ({type(exc).__name__}): {mend}") from exc
        except (ValidationError, ValueError) as exc:
            raise EmbedderError(f"{where}: expected a list of embeddings, got something else: {mend}") from exc
        if [row.index for row in rows] != list(range(len(texts))):
            raise EmbedderError(f"{where}: expected {len(texts)} embeddings, one a text, got {len(rows)}: {mend}")
        dim = self.dim or vectors.shape[1]
        if not dim or vectors.shape[1] != dim or not np.isfinite(vectors).all():
            wanted = f"finite embeddings of {dim or 'some'} numbers"
            raise EmbedderError(f"{where}: expected {wanted}, got others of {vectors.shape[1]}: {mend}")
        unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit


def _client(base_url: str, api_key: str) -> httpx.Client:
    try:
        headers = httpx.Headers({"Authorization": f"Bearer {api_key}"} if api_key else {}, encoding="ascii")
        return httpx.Client(timeout=_TIMEOUT_SECONDS, headers=headers, trust_env=not _is_local(base_url))
    except httpx.InvalidURL as exc:
        wanted = "expected DIGEST_EMBED_BASE_URL to be an address such as http://127.0.0.1:11434/v1"
        raise EmbedderError(f"{wanted}, got {base_url!r}") from exc
    except UnicodeEncodeError:  # whose text holds the key
        wanted = "expected DIGEST_EMBED_API_KEY to be plain ASCII, got other characters: copy it anew"
        raise EmbedderError(wanted) from None


def _signature(probe: NDArray[np.float32]) -> str:
    """Which number of a vector is the largest: servers give the same text not quite the same vector each time."""
    largest = int(np.abs(probe).argmax())
    return f"{'-' if probe[largest] < 0 else '+'}{largest}"


def _estimate_tokens(text: str) -> int:
    wide = sum(character > "⺀" for character in text)
    return wide + round((len(text) - wide) / _CHARACTERS_PER_TOKEN) + 1


def _is_local(base_url: str) -> bool:
    return httpx.URL(base_url).host in {"127.0.0.1", "localhost", "::1"}
