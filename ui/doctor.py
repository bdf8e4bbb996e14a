"""What is installed, which library and models are in use, where text would go, and what to type to change each."""

from __future__ import annotations

import platform
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from pydantic import ValidationError

from assistant.errors import AssistantError
from assistant.load import load_model
from assistant.pull import pulled, setting
from assistant.settings import AssistantSettings
from ingest.embedder import Embedder, Glossing
from ingest.errors import IngestError
from ingest.library import RECORD, Library, open_library
from ingest.settings import IngestSettings
from ui.listening import ServerError, require_password
from ui.settings import UiSettings

PACKAGES = ("torch", "sentence-transformers", "chromadb", "sqlalchemy", "llama-index-core", "openai", "gradio")
EXTRAS = {"psycopg": "postgres", "xllamacpp": "local"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `change` says what to type to have it otherwise, or to mend it where it is not `ok`."""

    about: str
    found: str
    change: str = ""
    ok: bool = True

    def __str__(self) -> str:
        line = f"{'ok ' if self.ok else 'NOT'}  {self.about}: {self.found}"
        return f"{line}\n     {self.change}" if self.change else line


def examine(settings: IngestSettings, asking: AssistantSettings, embedder: Embedder | None = None) -> list[Finding]:
    """Everything that is looked at, in the order a person would ask. Makes no library where there is none."""
    return [_program(), *_packages(), *_library(settings, embedder), _model(asking), _chat(settings), _browser()]


def _program() -> Finding:
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return Finding("digest", f"{version('digest-assistant')} on {machine}")


def _packages() -> Iterator[Finding]:
    versions = {name: _version(name) for name in PACKAGES}
    missing = [name for name, found in versions.items() if not found]
    yield Finding(
        "packages",
        ", ".join(f"{name} {found or 'MISSING'}" for name, found in versions.items()),
        "pip install -e ." if missing else "",
        ok=not missing,
    )
    for name, extra in EXTRAS.items():
        if not _version(name):
            yield Finding(f"extra {extra}", "not installed", f"pip install '.[{extra}]' adds {name}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _library(settings: IngestSettings, embedder: Embedder | None) -> Iterator[Finding]:
    yield Finding("folder", str(settings.home), "DIGEST_HOME or --home puts it elsewhere")
    yield Finding("record", _record(settings), "DIGEST_DATABASE_URL for PostgreSQL")
    yield Finding("index", settings.chroma_url or "Chroma, in the folder", "CHROMA_URL for a Chroma server")
    if not settings.database_url and not (settings.home / RECORD).exists():
        yield Finding("papers", "no library yet", "digest ingest PATH, or digest ingest --samples")
        yield Finding("embedding model", settings.embed_model, "DIGEST_EMBED_MODEL or --embed-model")
        return
    try:
        with open_library(settings, embedder=embedder) as library:
            yield from (look(library) for look in (_papers, _writing, _embedder))
    except IngestError as error:
        yield Finding("library", str(error), ok=False)


def _record(settings: IngestSettings) -> str:
    if not settings.database_url:
        return "SQLite, in the folder"
    address = settings.database_url.get_secret_value()
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _papers(library: Library) -> Finding:
    first, last = library.span()
    digests = len(library.digests())
    span = f", {first} to {last}" if first else ""
    return Finding("papers", f"{library.count()} in {digests} digests{span}", "digest ingest PATH reads more")


def _writing(library: Library) -> Finding:
    try:
        with library.writing():
            return Finding("lock", "free, nobody is writing to the library")
    except IngestError as error:
        return Finding("lock", str(error))


def _embedder(library: Library) -> Finding:
    try:
        embedder = library.embedder
    except IngestError as error:
        return Finding("embedding model", str(error), "digest library re-embed, or DIGEST_EMBED_MODEL", ok=False)
    bridge = ", Chinese over the bridge" if isinstance(embedder, Glossing) else ""
    found = f"{embedder.name}, {embedder.dim} dimensions{bridge}"
    return Finding("embedding model", found, "DIGEST_EMBED_MODEL or --embed-model")


def _model(asking: AssistantSettings) -> Finding:
    try:
        model = load_model(asking)
    except AssistantError as error:
        return Finding("language model", str(error), ok=False)
    change = "DIGEST_LLM or --llm, e.g. openai:gpt-4o-mini, ollama:qwen3:8b, none"
    if model is None:
        found = "none: answers are the papers' own words, and no text leaves this computer"
        return Finding("language model", found, f"{change}; {_at_hand(asking)}")
    return Finding("language model", f"{model.name}; questions and passages go to {model.where}", change)


def _at_hand(asking: AssistantSettings) -> str:
    """What to type for a model in this process."""
    files = pulled(asking.home)
    if not files:
        return "digest model pull fetches a small one"
    return f"{files[0].name} was pulled but is not set: {setting(files[0])}"


def _chat(settings: IngestSettings) -> Finding:
    """Where the chat would listen, and who could come in."""
    change = "DIGEST_HOST or --host lets others in, DIGEST_PASSWORD or --auth NAME:PASSWORD says whom"
    try:
        chat = UiSettings(home=settings.home)
        require_password(chat)
    except (ValidationError, ServerError) as error:
        return Finding("chat", str(error), change, ok=False)
    who = f"by {len(chat.accounts)} passwords" if len(chat.accounts) > 1 else "by password"
    return Finding("chat", f"{chat.host}:{chat.port}, {who if chat.accounts else 'for this computer alone'}", change)


def _browser() -> Finding:
    try:
        return Finding("browser", webbrowser.get().__class__.__name__)
    except webbrowser.Error:
        return Finding("browser", "none found here; open the address that `digest chat` prints yourself")
