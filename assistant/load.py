"""Which language model DIGEST_LLM names. No vendor is imported before one is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assistant.errors import ModelError, ModelFault
from assistant.model import Endpoint, LanguageModel
from assistant.settings import AssistantSettings

OPENAI_BASE_URL = "https://api.openai.com/v1"
OLLAMA_PORT = 11434
# Ollama reads this many tokens unless told otherwise, and silently cuts the start of what is longer.
LOCAL_CONTEXT_TOKENS = 4096
CONTEXT_TOKENS = 32_768
HOSTED_CONTEXT_TOKENS = 128_000
_HOST_AND_PORT = re.compile(r"(.*?)(:[0-9]+)?", re.DOTALL)


def load_model(settings: AssistantSettings) -> LanguageModel | None:
    """The model that `settings.llm` names, None for `none`. Raises ModelError (kind SETTINGS); contacts nothing."""
    kind, _, name = settings.llm.strip().partition(":")
    if kind in ("", "none") and not name:
        return None
    if kind not in _LOADERS:
        raise _wrong_settings(
            f"DIGEST_LLM is {settings.llm!r}, which names no kind of language model.",
            "Write none, openai:gpt-4o-mini, openai-compatible:NAME, ollama:NAME, gguf:/path/to/model.gguf or "
            "llama-index:package.module.Class.",
        )
    return _LOADERS[kind](name.strip(), settings)


def ollama_base_url(host: str) -> str:
    """The OpenAI-compatible address of OLLAMA_HOST, read as Ollama's own client reads it.

    Without a scheme the port is 11434; 0.0.0.0, which a server listens on, is this machine to a client.
    """
    scheme, _, rest = host.strip().rpartition("://")
    address, slash, path = rest.partition("/")
    name, port = _HOST_AND_PORT.fullmatch(address).groups()  # type: ignore[union-attr]  # matches any text
    name = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(name, name)
    port = port or ("" if scheme else f":{OLLAMA_PORT}")
    return f"{scheme or 'http'}://{name}{port}{slash}{path}".rstrip("/") + "/v1"


def _load_openai(name: str, settings: AssistantSettings) -> LanguageModel:
    if not name:
        raise _wrong_settings("DIGEST_LLM is openai without a model.", "Write for example openai:gpt-4o-mini.")
    if not settings.openai_api_key:
        raise _wrong_settings(
            f"DIGEST_LLM is openai:{name}, but there is no key.",
            "Set OPENAI_API_KEY, or write openai-compatible for a server that needs none.",
        )
    return _served(
        Endpoint(
            name=name,
            base_url=_checked_url(settings.openai_base_url or OPENAI_BASE_URL, "OPENAI_BASE_URL"),
            api_key=settings.openai_api_key.get_secret_value(),
            context_tokens=settings.context_tokens or HOSTED_CONTEXT_TOKENS,
            address_setting="OPENAI_BASE_URL",
            how_to_start="Check the network and OPENAI_BASE_URL.",
            how_to_get="Write another model in DIGEST_LLM, for example openai:gpt-4o-mini.",
        ),
        settings,
    )


def _load_compatible(name: str, settings: AssistantSettings) -> LanguageModel:
    if not settings.openai_base_url:
        raise _wrong_settings(
            "DIGEST_LLM is openai-compatible, but there is no address.",
            "Set OPENAI_BASE_URL, for example to http://127.0.0.1:8080/v1.",
        )
    key = settings.openai_api_key
    return _served(
        Endpoint(
            name=name,
            base_url=_checked_url(settings.openai_base_url, "OPENAI_BASE_URL"),
            api_key=key.get_secret_value() if key else "none",
            context_tokens=settings.context_tokens or CONTEXT_TOKENS,
            address_setting="OPENAI_BASE_URL",
            how_to_start="Start the server, or correct OPENAI_BASE_URL.",
            how_to_get="Name one that it has in DIGEST_LLM, as openai-compatible:NAME, or end OPENAI_BASE_URL in /v1.",
        ),
        settings,
    )


def _load_ollama(name: str, settings: AssistantSettings) -> LanguageModel:
    return _served(
        Endpoint(
            name=name,
            base_url=_checked_url(ollama_base_url(settings.ollama_host), "OLLAMA_HOST"),
            api_key="ollama",  # Ollama wants none; a key meant for somebody else is not sent to it
            context_tokens=settings.context_tokens or LOCAL_CONTEXT_TOKENS,
            address_setting="OLLAMA_HOST",
            how_to_start="Start it with `ollama serve`, or correct OLLAMA_HOST.",
            how_to_get=f"Fetch it with `ollama pull {name or 'qwen2.5:7b'}`, or name one that `ollama list` shows.",
            how_to_enter="No key is sent to Ollama: for a server that wants one, write openai-compatible:NAME in "
            "DIGEST_LLM and set OPENAI_BASE_URL and OPENAI_API_KEY.",
        ),
        settings,
    )


def _load_gguf(name: str, settings: AssistantSettings) -> LanguageModel:
    path = Path(name).expanduser()
    if not path.is_file():
        raise _wrong_settings(
            f"DIGEST_LLM is gguf:{name}, but there is no such file.", "Write gguf:/path/to/model.gguf."
        )
    from assistant.llm import GgufModel

    return GgufModel(path, settings.context_tokens or LOCAL_CONTEXT_TOKENS, settings)


def _load_llama_index(name: str, settings: AssistantSettings) -> LanguageModel:
    dotted, brace, arguments = name.partition("{")
    try:
        keywords: dict[str, Any] = json.loads(brace + arguments) if brace else {}
    except ValueError as exc:
        raise _wrong_settings(
            f"The arguments of {dotted} in DIGEST_LLM are not JSON ({exc}).",
            'Write for example llama-index:package.module.Class{"model": "name"}.',
        ) from exc
    from assistant.llm import PluggedModel

    return PluggedModel(dotted.strip(), keywords, settings)


def _served(endpoint: Endpoint, settings: AssistantSettings) -> LanguageModel:
    from assistant.llm import ServedModel  # importing the vendors takes seconds, and most starts have no model

    return ServedModel(endpoint, settings)


def _checked_url(url: str, setting: str) -> str:
    """The address if it is one. It is not repeated in the error, as it may hold a password."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise _wrong_settings(
            f"The address in {setting} is not one of a web server.", "Write it whole, as in http://127.0.0.1:8080/v1."
        )
    return url.rstrip("/")


def _wrong_settings(found: str, mend: str) -> ModelError:
    return ModelError(found, mend, kind=ModelFault.SETTINGS)


_LOADERS: dict[str, Callable[[str, AssistantSettings], LanguageModel]] = {
    "openai": _load_openai,
    "openai-compatible": _load_compatible,
    "ollama": _load_ollama,
    "gguf": _load_gguf,
    "llama-index": _load_llama_index,
}
