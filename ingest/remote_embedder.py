"""Embeddings from an OpenAI-compatible address (`POST <base>/embeddings`), for example Ollama, vLLM or OpenAI."""

from __future__ import annotations

import hashlib
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
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(timeout=_TIMEOUT_SECONDS, headers=headers, trust_env=not _is_local(base_url))
        probe = self._ask(["fingerprint"])[0]
        self.dim = len(probe)
        rounded = hashlib.sha256(np.round(probe, 2).tobytes()).hexdigest()[:16]
        self.fingerprint = f"{os.path.basename(name)}-{self.dim}-{rounded}"

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
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise EmbedderError(f"{where}: expected {len(texts)} embeddings, got {len(vectors)}: {mend}")
        unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit


def _estimate_tokens(text: str) -> int:
    wide = sum(character > "⺀" for character in text)
    return wide + round((len(text) - wide) / _CHARACTERS_PER_TOKEN) + 1


def _is_local(base_url: str) -> bool:
    return httpx.URL(base_url).host in {"127.0.0.1", "localhost", "::1"}
