"""What the commands of `digest` share: values that are checked, and options that become settings, library, assistant.

A command names what it needs by decorator and is called with it: `@library_options` gives the open library as first
argument, `@assistant_options` library and assistant, `@filter_options` the keyword `filters`.
"""

from __future__ import annotations

import functools
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ingest.paper import Filters

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from assistant.model import LanguageModel
    from assistant.settings import AssistantSettings
    from ingest.embedder import Embedder
    from ingest.settings import IngestSettings

Body = Callable[..., None]
S = TypeVar("S", bound="BaseSettings")
ONLY = "Only this {}; may be repeated, then any of them."
MODELS = "none, openai:NAME, openai-compatible:NAME, ollama:NAME or gguf:PATH"
ROOMS = ("ingest", "assistant", "evals", "ui")


@dataclass(frozen=True)
class Parts:
    """What a program that calls `ui.command.main` brings along; it is used instead of what the settings name."""

    embedder: Embedder | None = None
    model: LanguageModel | None = None


_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CATEGORY = re.compile(r"[A-Za-z]+(-[A-Za-z]+)?(\.[A-Za-z]+(-[A-Za-z]+)*)?")


def month(typed: str) -> str:
    """`YYYY-MM`, as it was typed."""
    if not _MONTH.fullmatch(typed):
        raise click.BadParameter(f"expected a month such as 2025-12, got {typed!r}")
    return typed


def month_or_day(typed: str) -> str:
    """`YYYY-MM` or `YYYY-MM-DD`, as it was typed."""
    if not _MONTH.fullmatch(typed) and not _is_day(typed):
        raise click.BadParameter(f"expected a month such as 2025-12 or a day such as 2025-12-31, got {typed!r}")
    return typed


def category(typed: str) -> str:
    """An arXiv category with the capitals that arXiv gives it: `cs.cv` becomes `cs.CV`, `HEP-TH` becomes `hep-th`."""
    if not _CATEGORY.fullmatch(typed):
        raise click.BadParameter(f"expected an arXiv category such as cs.CV or hep-th, got {typed!r}")
    archive, dot, subject = typed.partition(".")
    return archive.lower() + dot + (subject.upper() if len(subject) == 2 else subject.lower())


def _is_day(typed: str) -> bool:
    try:
        return date.fromisoformat(typed).isoformat() == typed
    except ValueError:
        return False


def filter_options(command: Body) -> Body:
    """Adds the options that narrow what is looked at, and calls the command with them as `filters`."""

    day_option = functools.partial(click.option, type=month_or_day, metavar="YYYY-MM[-DD]")

    @click.option("--month", type=month, metavar="YYYY-MM", help="Only papers submitted in this month.")
    @day_option("--since", help="Only papers from this month or digest day on.")
    @day_option("--until", help="Only papers up to this month or digest day, included.")
    @click.option(
        "--category", "categories", type=category, metavar="CATEGORY", multiple=True, help=ONLY.format("category")
    )
    @click.option("--author", "authors", metavar="NAME", multiple=True, help=ONLY.format("author, in full"))
    @functools.wraps(command)
    def narrowed(
        *args: object,
        month: str | None,
        since: str | None,
        until: str | None,
        categories: tuple[str, ...],
        authors: tuple[str, ...],
        **kwargs: object,
    ) -> None:
        if month and (since or until):
            raise click.UsageError("--month is one whole month: give it alone, or use --since and --until")
        if since and until and since[: len(until)] > until[: len(since)]:
            raise click.UsageError(f"--since {since} is after --until {until}: no paper can be both")
        filters = Filters(categories, authors, since=month or since or "", until=month or until or "")
        command(*args, filters=filters, **kwargs)

    return narrowed


def settings_options(command: Body) -> Body:
    """Adds `--home` and `--verbose`, and calls the command with the parts and the room's settings first."""

    @click.option("--home", type=click.Path(path_type=Path), help="The folder of the library.  [DIGEST_HOME]")
    @click.option("--embed-model", metavar="NAME", help="The embedding model, by name or path.  [DIGEST_EMBED_MODEL]")
    @click.option("-v", "--verbose", count=True, help="Say on standard error what is going on; twice for everything.")
    @click.pass_obj
    @functools.wraps(command)
    def with_settings(
        parts: Parts, /, *args: object, home: Path | None, embed_model: str | None, verbose: int, **kwargs: object
    ) -> None:
        from ingest.settings import IngestSettings

        start_log(verbose)
        command(parts, read_settings(IngestSettings, home=home, embed_model=embed_model), *args, **kwargs)

    return with_settings


def library_options(command: Body) -> Body:
    """Adds the options of the library, and calls the command with it, open."""

    @settings_options
    @functools.wraps(command)
    def with_library(parts: Parts, settings: IngestSettings, *args: object, **kwargs: object) -> None:
        from ingest.library import open_library

        with open_library(settings, embedder=parts.embedder) as library:
            command(library, *args, **kwargs)

    return with_library


def model_options(command: Body) -> Body:
    """Adds `--llm`, and calls a command that `settings_options` is put around with the assistant's settings third."""

    @click.option("--llm", metavar="MODEL", help=f"The language model: {MODELS}.  [DIGEST_LLM]")
    @functools.wraps(command)
    def with_model(parts: Parts, settings: IngestSettings, *args: object, llm: str | None, **kwargs: object) -> None:
        from assistant.settings import AssistantSettings

        command(parts, settings, read_settings(AssistantSettings, home=settings.home, llm=llm), *args, **kwargs)

    return settings_options(with_model)


def assistant_options(command: Body) -> Body:
    """Adds the options of library and language model, and calls the command with both: the library, an assistant."""

    @model_options
    @functools.wraps(command)
    def with_assistant(
        parts: Parts, settings: IngestSettings, asking: AssistantSettings, *args: object, **kwargs: object
    ) -> None:
        from assistant.chat import Assistant
        from assistant.load import load_model
        from ingest.library import open_library

        with open_library(settings, embedder=parts.embedder) as library:
            model = parts.model or load_model(asking)
            command(library, Assistant(library, model, asking), *args, **kwargs)

    return with_assistant


def json_option(command: Body) -> Body:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def read_settings(kind: type[S], **given: object) -> S:
    """A room's settings, with the flags that were given before all else; a wrong one is told without its value."""
    from pydantic import ValidationError

    flags: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        return kind(**flags)
    except ValidationError as error:
        wrong = (f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}" for one in error.errors())
        raise click.ClickException(f"settings: {'; '.join(wrong)} (.env.example lists them)") from error
    except ValueError as error:  # a config.toml that is none
        raise click.ClickException(f"settings: {error}") from error


def start_log(verbose: int) -> None:
    """Logs go to standard error: warnings of ours always, what we do once verbose, everything of ours twice."""
    shown = logging.StreamHandler()
    shown.addFilter(_is_ours_or_an_error)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[shown])
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)
    if not verbose:  # the loading of a model's weights is no progress that anybody waits for
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _is_ours_or_an_error(record: logging.LogRecord) -> bool:
    """Some vendors set the level of their own loggers."""
    return record.name.partition(".")[0] in ROOMS or record.levelno >= logging.ERROR
