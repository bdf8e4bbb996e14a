"""The commands of this room: `python -m evals`, and `digest eval` where the terminal command mounts `evals`."""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

import click

from assistant.errors import AssistantError
from evals.errors import EvalsError
from ingest.errors import IngestError

if TYPE_CHECKING:
    from evals.prediction import Prediction
    from evals.report import Report
    from evals.tune import HeldOut
    from ingest.bridge.pairs import Pair
    from ingest.library import Library

P = ParamSpec("P")
T = TypeVar("T")

_File = click.Path(dir_okay=False, path_type=Path)
_QUESTIONS = click.argument("questions", type=_File)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, question by question.")
_HOME = click.option("--home", type=click.Path(path_type=Path), help="Folder of the library. DIGEST_HOME.")
_EACH = click.option("--each", is_flag=True, help="Also print why each question scored what it did.")
_DIGESTS = click.option(
    "--digests",
    multiple=True,
    metavar="PATH",
    help="Use a temporary library of these digests in place of yours. Repeatable.",
)
_FIGURES_JSON = click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
_PAIRS = click.argument("pairs", type=_File)
_FIELDS = ("tldr", "method")
_FIELD = click.Choice(_FIELDS)


class Printable(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


def known_errors(command: Callable[P, T]) -> Callable[P, T]:
    """One friendly line and exit 1 in place of a traceback, for the errors that the rooms know."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except (EvalsError, AssistantError, IngestError) as exc:
            raise click.ClickException(str(exc)) from exc

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def evals() -> None:
    """Ask judged questions, score the answers, and measure times."""


@evals.command()
@_QUESTIONS
@click.option("--predictions", type=_File, required=True, metavar="OUT.jsonl", help="Where to write the answers.")
@_DIGESTS
@_HOME
@_EACH
@_JSON
@known_errors
def run(
    questions: Path, predictions: Path, digests: Sequence[str], home: Path | None, each: bool, as_json: bool
) -> None:
    """Ask the assistant every question of QUESTIONS, write its answers and print the scores."""
    from assistant.chat import Assistant
    from assistant.load import load_model
    from assistant.settings import AssistantSettings
    from evals.question import read_questions
    from evals.report import report_on
    from evals.run import run_questions

    asked = read_questions(questions)
    settings = _given(home)
    with _library(digests, settings) as library:
        assistant = Assistant(library, load_model(AssistantSettings(**settings)))
        with _noting(len(asked), predictions) as note:
            done = run_questions(asked, assistant, note)
        _print_report(report_on(asked, done, library), each, as_json)


@evals.command()
@_QUESTIONS
@click.argument("predictions", type=_File)
@_DIGESTS
@_HOME
@_EACH
@_JSON
@known_errors
def score(
    questions: Path, predictions: Path, digests: Sequence[str], home: Path | None, each: bool, as_json: bool
) -> None:
    """Score the answers in PREDICTIONS to QUESTIONS, without asking anything."""
    from evals.prediction import read_predictions
    from evals.question import read_questions
    from evals.report import report_on

    asked, done = read_questions(questions), read_predictions(predictions)
    with _library(digests, _given(home)) as library:
        _print_report(report_on(asked, done, library), each, as_json)


@evals.command()
@click.argument("digests", nargs=-1, required=True)
@click.option("--questions", type=_File, required=True, help="Question set to search for.")
@click.option("--predictions", type=_File, metavar="OUT.jsonl", help="Where to write the rankings.")
@click.option("--by-entry", is_flag=True, help="Hand it each entry of a digest as a document, not whole files.")
@_EACH
@_JSON
@known_errors
def baseline(
    digests: Sequence[str], questions: Path, predictions: Path | None, by_entry: bool, each: bool, as_json: bool
) -> None:
    """Read DIGESTS with a plain llama-index pipeline and score what it finds."""
    from evals.baseline import build_baseline, run_baseline
    from evals.question import read_questions
    from evals.report import report_on
    from ingest.load import load_embedder
    from ingest.settings import IngestSettings
    from ingest.source import find_sources

    asked = read_questions(questions)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        built = build_baseline(find_sources(digests), load_embedder(IngestSettings()), Path(folder), by_entry)
        click.echo(f"{len(built.known)} papers in {built.seconds:.1f} s", err=True)
        with _noting(len(asked), predictions) as note:
            done = run_baseline(asked, built, note)
    _print_report(report_on(asked, done, built, answers=False), each, as_json)


@evals.command()
@click.argument("digests", nargs=-1, required=True)
@click.option("--questions", type=_File, required=True, help="Question set to ask.")
@click.option("--baseline/--no-baseline", default=True, help="Time the llama-index pipeline too.")
@_JSON
@known_errors
def bench(digests: Sequence[str], questions: Path, baseline: bool, as_json: bool) -> None:
    """Measure ingest, answers and memory on DIGESTS, in a temporary library and without a language model."""
    from evals.bench import bench as measured
    from evals.question import read_questions

    _print(
        measured(digests, read_questions(questions), baseline, lambda step: click.echo(f"{step} …", err=True)), as_json
    )


@evals.command()
@_QUESTIONS
@click.option("--out", type=_File, metavar="FIT.json", help="Where to write the weights; assistant/fit.json is in use.")
@_DIGESTS
@_HOME
@known_errors
def calibrate(questions: Path, out: Path | None, digests: Sequence[str], home: Path | None) -> None:
    """Fit when a paper belongs in a survey and a question is answerable, cross-validated on QUESTIONS."""
    from assistant.chat import Assistant
    from evals.calibrate import calibrate as fitted
    from evals.question import read_questions

    asked = read_questions(questions)
    with _library(digests, _given(home)) as library:
        weights, figures = fitted(asked, Assistant(library))
    if out:
        out.write_text(json.dumps(weights, indent=1) + "\n", "utf-8")
    click.echo(json.dumps(figures, indent=1))


@evals.command()
@_PAIRS
@click.option("--month", required=True, metavar="YYYY-MM", help="Digest month whose papers are asked for.")
@click.option(
    "--among",
    type=click.IntRange(1),
    help="Search among this many papers: the month's, and others drawn. Default: all.",
)
@click.option(
    "--field", "fields", multiple=True, type=_FIELD, default=_FIELDS, help="What is asked. Repeatable. Default: both."
)
@click.option("--sample", type=click.IntRange(1), help="Ask for this many papers of the month, drawn. Default: all.")
@click.option("--questions", type=_File, help="Also time these judged questions over the same papers.")
@click.option("--home", type=click.Path(path_type=Path), help="Folder to keep the abstracts in. Default: temporary.")
@click.option("--seed", type=int, default=0, show_default=True, help="What is drawn by.")
@_FIGURES_JSON
@known_errors
def pairs(
    pairs: Path,
    month: str,
    among: int | None,
    fields: Sequence[str],
    sample: int | None,
    questions: Path | None,
    home: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Find papers by what their Chinese summaries say, among English abstracts. PAIRS has papers in both languages."""
    from assistant.chat import Assistant
    from evals.pairs import KnownItems, chosen, measure, of_month, time_questions
    from evals.question import read_questions
    from ingest.bridge.pairs import read_pairs

    judged = read_questions(questions) if questions else ()
    held = chosen(read_pairs(pairs), month, among, seed)
    with _abstracts(held, home) as library:
        assistant = Assistant(library)
        asked = measure(assistant.retriever, of_month(held, month), fields, sample, seed, _tell)
        if judged:
            asked += time_questions(assistant, judged, _tell)
        _print(KnownItems(month, library.count(), tuple(asked)), as_json)


@evals.command()
@_QUESTIONS
@_DIGESTS
@_HOME
@_FIGURES_JSON
@known_errors
def ablate(questions: Path, digests: Sequence[str], home: Path | None, as_json: bool) -> None:
    """Rank by each leg of the search alone, and by all but each. No answers are composed, no language model is used."""
    from assistant.chat import Assistant
    from evals.ablate import ablate as ablated
    from evals.question import read_questions

    asked = read_questions(questions)
    with _library(digests, _given(home)) as library:
        _print(ablated(asked, Assistant(library), _tell), as_json)


@evals.command()
@_QUESTIONS
@_DIGESTS
@click.option("--pairs", type=_File, help="Papers in both languages: Chinese summaries must find abstracts, too.")
@click.option("--month", metavar="YYYY-MM", help="Digest month of --pairs, one that the bridge was not trained on.")
@click.option("--folds", type=int, default=5, show_default=True, help="Parts that the questions are split into.")
@_HOME
@_FIGURES_JSON
@known_errors
def tune(
    questions: Path,
    digests: Sequence[str],
    pairs: Path | None,
    month: str | None,
    folds: int,
    home: Path | None,
    as_json: bool,
) -> None:
    """Try many weights of the legs, cross-validated on QUESTIONS. What is chosen goes into the code by hand."""
    from assistant.chat import Assistant
    from evals.question import read_questions
    from evals.tune import tune as tuned

    if bool(pairs) != bool(month):
        raise click.UsageError("--pairs and --month go together: give both or neither")
    asked = read_questions(questions)
    with _library(digests, _given(home)) as library, _held_out(pairs, month) as held_out:
        _print(tuned(asked, Assistant(library), held_out, folds, _tell), as_json)


@evals.command()
@click.argument("feedback", type=_File)
@click.option("--to", type=_File, required=True, metavar="SET.jsonl", help="Question set that the drafts are added to.")
@known_errors
def add(feedback: Path, to: Path) -> None:
    """Make draft questions of the thumbs in FEEDBACK, the library's `feedback.jsonl`, for somebody to look over.

    An answer with its thumb up says which papers are to be cited; with its thumb down its question waits for them.
    """
    from evals.feedback import add as added

    done = added(feedback, to)
    for fault in done.faults:
        click.echo(fault, err=True)
    click.echo(f"{to}: {done}")


@contextmanager
def _held_out(pairs: Path | None, month: str | None) -> Iterator[HeldOut | None]:
    """A sample of the month's Chinese summaries, and a temporary library of its English abstracts."""
    from evals.pairs import known_items, of_month
    from evals.tune import SAMPLE, HeldOut
    from ingest.bridge.pairs import read_pairs

    if not pairs or not month:
        yield None
        return
    held = of_month(read_pairs(pairs), month)
    with _abstracts(held, None) as library:
        yield HeldOut(known_items(held, "tldr", SAMPLE), library)


@contextmanager
def _abstracts(pairs: Sequence[Pair], home: Path | None) -> Iterator[Library]:
    """A library of the pairs' English side in `home`, or a temporary one, with the user's embedding model."""
    from evals.pairs import fill
    from ingest.library import open_library
    from ingest.load import load_embedder
    from ingest.settings import IngestSettings

    with nullcontext(home) if home else tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = IngestSettings(home=Path(folder), database_url=None, chroma_url=None)
        with open_library(settings, load_embedder(IngestSettings())) as library:
            fill(library, pairs, _tell)
            yield library


@contextmanager
def _library(digests: Sequence[str], settings: Mapping[str, Any]) -> Iterator[Library]:
    """The user's library, or a temporary one of `digests` with the user's embedding model; either holds papers."""
    from ingest.library import open_library
    from ingest.load import load_embedder
    from ingest.run import ingest
    from ingest.settings import IngestSettings
    from ingest.source import find_sources

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        chosen = own = IngestSettings(**settings)
        if digests:
            # A database or Chroma server named in the environment is not the temporary library.
            chosen = IngestSettings(home=Path(folder), database_url=None, chroma_url=None)
        with open_library(chosen, load_embedder(own) if digests else None) as library:
            if digests:
                click.echo(str(ingest(find_sources(digests), library)), err=True)
            if not library.count():
                raise EvalsError(
                    f"expected a library with papers, found none in {chosen.home}. "
                    "Type: digest ingest PATH, or add --digests PATH to this command."
                )
            yield library


@contextmanager
def _noting(total: int, path: Path | None) -> Iterator[Callable[[Prediction], None]]:
    """A function that writes a prediction, if there is a path to write to, and moves the progress bar on."""
    from evals.prediction import writing

    with (
        writing(path) if path else nullcontext(lambda prediction: None) as write,
        click.progressbar(length=total, label="questions", file=sys.stderr) as bar,
    ):

        def note(prediction: Prediction) -> None:
            write(prediction)
            bar.update(1)

        yield note


def _tell(message: str) -> None:
    click.echo(message, err=True)


def _given(home: Path | None) -> dict[str, Any]:
    return {"home": home} if home else {}


def _print_report(report: Report, each: bool, as_json: bool) -> None:
    if each and not as_json:
        click.echo(report.each() + "\n")
    _print(report, as_json)


def _print(result: Printable, as_json: bool) -> None:
    click.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=2) if as_json else str(result))
