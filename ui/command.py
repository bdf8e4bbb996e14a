"""The command `digest`: results on standard output, progress and logs on standard error.

Heavy imports are inside the commands, so that `digest --help` answers at once. A known error is one line on
standard error and exit status 1; wrong usage is 2, Ctrl-C 130.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from assistant.errors import AssistantError
from evals.command import evals
from evals.errors import EvalsError
from ingest.errors import IngestError
from ingest.paper import Filters
from ui.fields import paper_fields
from ui.options import (
    Parts,
    assistant_options,
    filter_options,
    json_option,
    library_options,
    model_options,
    read_settings,
    settings_options,
)

if TYPE_CHECKING:
    from assistant.chat import Assistant
    from assistant.settings import AssistantSettings
    from ingest.library import Library
    from ingest.report import Report
    from ingest.settings import IngestSettings
    from ui.settings import UiSettings

logger = logging.getLogger(__name__)

_AROUND_AN_ID = re.compile(r"^(https?://)?(www\.)?arxiv\.org/(abs|pdf)/|^arxiv:|\.pdf$", re.IGNORECASE)


def main(arguments: Sequence[str] | None = None, parts: Parts | None = None) -> NoReturn:
    """Runs the command with these arguments, the process's own by default, and exits with its status."""
    speak_utf8()
    try:
        status = digest.main(arguments, prog_name="digest", standalone_mode=False, obj=parts or Parts())
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (IngestError, AssistantError, EvalsError) as error:
        logger.debug("where it went wrong", exc_info=True)
        click.ClickException(str(error)).show()
        status = 1
    except (click.Abort, KeyboardInterrupt):
        status = 130
    sys.exit(status or 0)


def speak_utf8() -> None:
    """Makes Chinese go in and out whatever the locale says."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(encoding="utf-8", errors="replace")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="digest-assistant", prog_name="digest")
def digest() -> None:
    """Ask your daily arXiv digests, in English or Chinese.

    Answers cite papers by arXiv id, and every claim stands on a sentence of a paper. Nothing needs a key, a GPU or a
    download; a language model, local or hosted, makes the prose better.
    """


@digest.command()
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option("--samples", is_flag=True, help="Read the sample digests that come with the package.")
@json_option
@library_options
def ingest(library: Library, paths: tuple[str, ...], samples: bool, as_json: bool) -> None:
    """Read digests into the library.

    PATH is a file, a folder, a pattern, an http(s) address, or `-` for standard input: Markdown digests (.md, .txt)
    or the *_AI_enhanced_*.jsonl files they are made from. Reading a digest again changes nothing.
    """
    if not paths and not samples:
        raise click.UsageError("what is to be read? Give a PATH, or --samples.")
    from ui.terminal import printable

    report = read_digests([*paths, *([str(samples_folder())] if samples else [])], library)
    if as_json:
        print_json(report.as_dict())
    else:
        click.echo(printable(str(report)))
    if is_nothing_read(report):
        click.get_current_context().exit(1)


@digest.command()
@click.argument("question")
@json_option
@click.option("-k", type=click.IntRange(1, 1000), metavar="N", help="How many papers to look at.")
@click.option("--conversation", metavar="ID", help="Go on with this conversation, or start it under this name.")
@filter_options
@assistant_options
def ask(
    library: Library,
    assistant: Assistant,
    question: str,
    as_json: bool,
    k: int | None,
    conversation: str | None,
    filters: Filters,
) -> None:
    """Ask one question; `-` reads it from standard input.

    On a terminal the answer shows while a language model writes it.
    """
    import asyncio

    from ui.conversation import keep_turn, open_conversation
    from ui.terminal import finished, print_stream, printable

    question = printable(sys.stdin.read() if question == "-" else question).strip()
    if not question:
        raise click.UsageError('the question is empty: type for example `digest ask "which papers edit video?"`')
    require_papers(library)
    earlier = open_conversation(library, conversation) if conversation else None
    events = assistant.stream(question, earlier, filters or None, k)
    answer = asyncio.run(finished(events) if as_json else print_stream(events))
    if earlier:
        keep_turn(library, earlier, question, answer)
    if as_json:
        from assistant.answer_json import answer_to_dict

        print_json(answer_to_dict(answer))


@digest.command()
@click.option(
    "--host",
    help="The address to listen on; 0.0.0.0 lets others in, by password.  [DIGEST_HOST; default: 127.0.0.1]",
)
@click.option("--port", type=int, help="The port to listen on; 0 takes a free one.  [DIGEST_PORT; default: 7860]")
@click.option(
    "--auth",
    metavar="NAME:PASSWORD",
    multiple=True,
    help="Who may come in; may be repeated. DIGEST_PASSWORD is one password for all.  [DIGEST_AUTH]",
)
@click.option(
    "--uploads/--no-uploads",
    default=None,
    help="Let digests be added on the library page.  [DIGEST_UPLOADS; default: from this computer only]",
)
@click.option(
    "--open/--no-open", "open_browser", default=None, help="Open the browser.  [default: where there is a desktop]"
)
@click.option("--terminal", is_flag=True, help="Chat here instead of in the browser.")
@click.option("--conversation", metavar="ID", help="Go on with this conversation.")
@assistant_options
def chat(
    library: Library,
    assistant: Assistant,
    host: str | None,
    port: int | None,
    auth: tuple[str, ...],
    uploads: bool | None,
    open_browser: bool | None,
    terminal: bool,
    conversation: str | None,
) -> None:
    """Open the chat, in the browser or with --terminal here.

    An empty library is filled with the sample digests first. Only this computer reaches the chat, unless --host lets
    others in: that takes a password, as DIGEST_PASSWORD for everybody or by --auth for each person.
    """
    settings = where_to_chat(home=library.home, host=host, port=port, auth=auth or None, uploads=uploads)
    if library.count() == 0:
        click.echo("The library is empty, so the sample digests are read into it first.", err=True)
        click.echo(str(read_digests([str(samples_folder())], library)), err=True)
    if terminal:
        from ui.conversation import chat_here

        assistant.warm()
        chat_here(library, assistant, conversation)
        return
    from ui.quick_gradio import make_quick

    make_quick()
    from ui.server import ServerError, serve

    open_it = has_desktop() if open_browser is None else open_browser

    def ready(address: str) -> None:
        say_ready(address, conversation, open_it)
        warm_beside(assistant)

    try:
        serve(assistant, library, settings, ready)
    except ServerError as error:
        raise click.ClickException(str(error)) from error


def where_to_chat(**given: object) -> UiSettings:
    """The chat's settings, before anything is read or loaded for a chat that may not be."""
    from ui.listening import ServerError, require_password
    from ui.settings import UiSettings

    settings = read_settings(UiSettings, **given)
    try:
        require_password(settings)
    except ServerError as error:
        raise click.ClickException(str(error)) from error
    return settings


def warm_beside(assistant: Assistant) -> None:
    """Loads the models while the first page is drawn: they take longer than all else. A question waits for them."""
    import gc
    import threading

    def warm() -> None:
        try:
            assistant.warm()
            gc.collect()
            gc.freeze()  # half a million objects stay: each look through them held up everybody for half a second
        except (IngestError, AssistantError) as error:  # each question is told of it, too
            click.ClickException(str(error)).show()

    threading.Thread(target=warm, name="warm", daemon=True).start()


@digest.command("mcp")
@assistant_options
def serve_mcp(library: Library, assistant: Assistant) -> None:
    """Serve the library to one MCP client, over standard input and output.

    A program such as Claude Desktop starts this by itself; `digest chat` has the same tools over HTTP, at /mcp.
    """
    from ui.mcp_door import MISSING, is_installed, serve_stdio

    if not is_installed():
        raise click.ClickException(MISSING)
    serve_stdio(assistant, library)


def say_ready(address: str, conversation: str | None, open_it: bool) -> None:
    address += f"?conversation={conversation}" if conversation else ""
    click.echo(f"The chat is at {address} (Ctrl-C ends it)", err=True)
    if open_it:
        click.launch(address)


def has_desktop() -> bool:
    """Whether a browser can open: over a plain SSH connection it would take over the terminal, or find no screen."""
    on_screen = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.stderr.isatty() and bool(on_screen)


@digest.command()
@filter_options
@click.option("--count", "count_only", is_flag=True, help="Print only how many there are.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Print at most N.")
@json_option
@library_options
def papers(library: Library, filters: Filters, count_only: bool, limit: int | None, as_json: bool) -> None:
    """List the library's papers, newest first."""
    found = library.select(filters)
    shown = [] if count_only else list(library.papers(found[:limit]).values())
    if as_json:
        print_json({"count": len(found)} | ({} if count_only else {"papers": [paper_fields(paper) for paper in shown]}))
        return
    if count_only:
        click.echo(len(found))
        return
    from ui.terminal import paper_line, printable

    for paper in shown:
        click.echo(printable(f"{paper.arxiv_id}  {paper_line(paper)}"))
    click.echo(papers_note(library, filters, len(found), len(shown)), err=True)


@digest.command()
@click.argument("arxiv_id", metavar="ID")
@json_option
@library_options
def show(library: Library, arxiv_id: str, as_json: bool) -> None:
    """Show one paper; ID is as in 2512.21015, with or without version, or its link."""
    from ui.terminal import paper_card

    paper = library.paper(_AROUND_AN_ID.sub("", arxiv_id.strip()))
    if paper is None:
        raise click.ClickException(
            f"{arxiv_id} is not among the {library.count()} papers of this library; `digest papers` lists them"
        )
    if as_json:
        print_json(paper_fields(paper))
    else:
        click.echo(paper_card(paper))


@digest.command()
@click.option("--search", metavar="WORDS", default="", help="Only those whose title, questions or answers hold them.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N", help="List at most N.")
@json_option
@library_options
def conversations(library: Library, search: str, limit: int, as_json: bool) -> None:
    """List the conversations that are kept, of everybody who uses this library, the latest first."""
    from ui.terminal import printable

    rows = library.conversations(containing=search, limit=limit)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(printable(f"{row.conversation_id}  {row.updated_at[:16].replace('T', ' ')}  {row.title}"))
    if not rows:
        click.echo("No conversation holds these words." if search else "No conversation is kept yet.", err=True)


@digest.command()
@click.argument("conversation", metavar="CONVERSATION")
@click.option(
    "--format",
    "as_",
    type=click.Choice(("md", "bib", "ris", "csv")),
    default="md",
    show_default=True,
    help="The conversation as Markdown, or the papers it cites as BibTeX, RIS or CSV.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
@library_options
def export(library: Library, conversation: str, as_: str, out: Path | None) -> None:
    """Print a conversation or the papers it cites; `digest conversations` lists them with their ids."""
    from ui.exports import Format, export_kept
    from ui.strings import ENGLISH

    row = library.conversation_row(conversation)
    if row is None:
        raise click.ClickException(f"there is no conversation {conversation}; `digest conversations` lists them")
    text = export_kept(library, row, Format(as_), ENGLISH)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error


@digest.command()
@json_option
@model_options
def doctor(parts: Parts, settings: IngestSettings, asking: AssistantSettings, as_json: bool) -> None:
    """Say what is installed, which library and models are used, where text would go, and how to change it."""
    from ui.doctor import examine

    findings = examine(settings, asking, parts.embedder)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        click.echo("\n".join(str(finding) for finding in findings))
    if not all(finding.ok for finding in findings):
        click.get_current_context().exit(1)


@digest.group()
def library() -> None:
    """Look after the library."""


@library.command("path")
@settings_options
def library_path(parts: Parts, settings: IngestSettings) -> None:
    """Print the folder of the library."""
    click.echo(settings.home)


@library.command("rebuild-index")
@library_options
def library_rebuild_index(library: Library) -> None:
    """Make the search index anew from the stored vectors; nothing is embedded again."""
    click.echo(f"{library.rebuild_index()} passages indexed")


@library.command("re-embed")
@settings_options
def library_re_embed(parts: Parts, settings: IngestSettings) -> None:
    """Embed the whole library with the embedding model that is set now."""
    from ingest.library import open_library
    from ingest.load import load_embedder
    from ingest.run import re_embed
    from ui.progress import telling

    embedder = parts.embedder or load_embedder(settings)
    with open_library(settings, embedder) as library, telling() as tell:
        done = re_embed(library, embedder, lambda step: tell("papers embedded", step.stored, step.found))
    click.echo(f"{done} papers embedded by {embedder.name}")


@digest.group("model")
def model_group() -> None:
    """Fetch a language model for this computer."""


@model_group.command("pull")
@click.argument("repo", required=False)
@click.argument("file", required=False)
@click.option("--revision", metavar="REVISION", help="A branch, tag or commit of REPO.  [default: main]")
@click.option("--sha256", metavar="HEX", help="What FILE must have.  [default: what the hub declares]")
@json_option
@settings_options
def model_pull(
    parts: Parts,
    settings: IngestSettings,
    repo: str | None,
    file: str | None,
    revision: str | None,
    sha256: str | None,
    as_json: bool,
) -> None:
    """Fetch a GGUF file from the Hugging Face hub and say what to set.

    Without REPO and FILE it is Qwen2.5 1.5B Instruct (1.12 GB, Apache-2.0), which knows English and Chinese. A pull
    that was stopped goes on where it was. HF_ENDPOINT names a mirror of the hub, HF_TOKEN is for gated models.
    """
    if bool(repo) != bool(file) or (not repo and (revision or sha256)):
        raise click.UsageError("give both REPO and FILE, or neither for the recommended model")
    from assistant.pull import RECOMMENDED, HubFile, HubSettings, pull
    from ui.progress import telling

    wanted = HubFile(repo, file, revision or "main", (sha256 or "").lower()) if repo and file else RECOMMENDED
    hub = read_settings(HubSettings, home=settings.home)
    click.echo(f"Looking for {wanted.name} here and at {hub.hf_endpoint.host}", err=True)
    try:
        with telling() as tell:
            found = pull(wanted, hub, lambda so_far: tell(str(so_far), so_far.here // 10**6, so_far.whole // 10**6))
    except KeyboardInterrupt:
        click.echo("Stopped; the same command goes on from here.", err=True)
        raise
    if as_json:
        print_json(found.as_dict())
    else:
        click.echo(str(found))


digest.add_command(evals, "eval")


def read_digests(paths: Sequence[str], library: Library) -> Report:
    """Reads digests into the library with progress on standard error."""
    from ingest.run import Step
    from ingest.run import ingest as ingest_sources
    from ingest.source import find_sources
    from ui.progress import telling

    sources = find_sources(paths)
    with telling() as tell:

        def told(step: Step) -> None:
            words = (
                f"{step.source}: {step.found} papers found, {step.texts} texts embedded, {step.stored} papers stored"
            )
            tell(words, step.sources_read, step.sources)

        return ingest_sources(sources, library, told)


def samples_folder() -> Path:
    """The sample digests that come with the package."""
    import ingest

    return Path(ingest.__file__).with_name("samples")


def require_papers(library: Library) -> None:
    if library.count() == 0:
        raise click.ClickException(
            f"the library in {library.home} holds no papers yet; `digest ingest PATH` reads your digests into it, "
            "`digest ingest --samples` those that come with the package"
        )


def is_nothing_read(report: Report) -> bool:
    """Whether there was something to read and none of it could be."""
    wrong = report.unreadable or report.unread_sources
    return bool(wrong) and not report.new + report.updated + report.repeats


def papers_note(library: Library, filters: Filters, found: int, shown: int) -> str:
    """One line under a list of papers: how many there are, and what else to try where there are none."""
    if found:
        return f"{found} papers" + (f", the first {shown} shown" if shown < found else "")
    if library.count() == 0:
        return f"The library in {library.home} holds no papers yet; `digest ingest PATH` reads digests into it."
    return f"No paper of {library.count()} fits." + "".join(f" {hint}" for hint in _hints(library, filters))


def _hints(library: Library, filters: Filters) -> list[str]:
    """What the library has instead, for each filter that no paper of it meets."""
    known_categories, known_authors = library.categories(), library.authors()
    hints = [
        f"There is no {category}; there are {_most(known_categories)}."
        for category in filters.categories
        if category not in known_categories
    ]
    for author in filters.authors:
        near = [name for name in known_authors if author.casefold() in name.casefold()]
        hints += [f"Authors are named in full: {', '.join(near[:8])}."] if near else []
    return hints


def _most(counted: dict[str, int]) -> str:
    return ", ".join(list(counted)[:12]) + (f" and {len(counted) - 12} more" if len(counted) > 12 else "")


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
