"""The language model as this room sees it: what it is sent, what it does, and the address that it may be at."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel(Protocol):
    """Something that continues a conversation. `name` and `where` are shown to people, `where` without credentials."""

    @property
    def name(self) -> str: ...

    @property
    def where(self) -> str: ...

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, never fewer than the model's own tokenizer would make of ordinary text."""
        ...

    def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The answer in pieces, none empty. Raises ModelError, also after some pieces; closing it hangs up at once."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible address, and what a person types to change or start it.

    `name` is empty where the server is to be asked which model it has.
    """

    name: str
    base_url: str
    api_key: str
    context_tokens: int
    address_setting: str
    how_to_start: str
    how_to_get: str
    how_to_enter: str = "Set OPENAI_API_KEY to a key that is valid there."

    @property
    def where(self) -> str:
        return without_credentials(self.base_url)

    @property
    def is_openai(self) -> bool:
        return urlsplit(self.base_url).hostname == "api.openai.com"


def without_credentials(url: str) -> str:
    """The address without user, password, query and fragment, as it may be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
