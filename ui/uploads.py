"""Digests that are added over the web: streamed into a file, then read by the ordinary ingest in a thread of its own.

One at a time. What a visitor sends is never a path: its name is reduced to a file's name, and only says what the
digest is called.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.requests import ClientDisconnect

import ingest as ingest_room
from ingest.errors import IngestError, LibraryBusy
from ingest.library import Library
from ingest.report import KeptReport, Report
from ingest.run import Step, ingest
from ingest.source import SUFFIXES, Source, find_sources
from ingest.visible import visible
from ui.settings import UiSettings
from ui.strings import CHINESE, ENGLISH, Strings
from ui.visitor import Visitor, visitor_of

log = logging.getLogger(__name__)

SAMPLES = "samples"
_SECONDS = 300.0  # in which a digest must have arrived
_LONGEST_NAME = 120  # characters
_REMEMBERED = 50  # uploads whose outcome can be asked for


class RefusedError(Exception):
    """An upload that is not taken. `said` names the words of `Strings`, `blanks` fill them in."""

    def __init__(self, status: int, said: str, **blanks: object) -> None:
        super().__init__(said)
        self.status, self._said, self._blanks = status, said, blanks

    def text(self, words: Strings) -> str:
        return str(getattr(words, self._said)).format(**self._blanks)


class Stage(StrEnum):
    ARRIVING = "arriving"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload and how far it has come; papers are counted as in `ingest.run.Step`. `busy`: somebody else writes."""

    number: int
    file: str
    stage: Stage = Stage.ARRIVING
    papers: int = 0
    found: int = 0
    stored: int = 0
    texts: int = 0
    report: Report | None = None
    error: str = ""
    busy: bool = False


class _StoppedError(Exception):
    """The server ends; what is stored is safe."""


class Uploads:
    """The one desk where digests are handed in."""

    def __init__(self, library: Library, settings: UiSettings, listens_here: bool) -> None:
        """`listens_here`: nobody on another computer reaches this server."""
        self._library = library
        self._allowed = settings.uploads
        self._listens_here = listens_here
        self.most_megabytes = settings.upload_mb
        self._taken = threading.Lock()  # held from the first byte of one upload to its last paper
        self._numbers = itertools.count(1)
        self._uploads: dict[int, Upload] = {}
        self._stopped = False

    def are_open_to(self, visitor: Visitor) -> bool:
        """As the server's owner has set it; otherwise to whoever sits at this computer, if nobody else can come in."""
        return visitor.here and self._listens_here if self._allowed is None else self._allowed

    def upload(self, number: int) -> Upload | None:
        """An upload of the last fifty."""
        return self._uploads.get(number)

    def current(self) -> Upload | None:
        last = next(reversed(self._uploads.values()), None)
        return last if last and last.stage in (Stage.ARRIVING, Stage.READING) else None

    def stop(self) -> None:
        """Ends the one that is being read after its next step."""
        self._stopped = True

    async def take(self, name: str, request: Request) -> Upload:
        """Takes a digest in and begins to read it. Raises RefusedError, and ClientDisconnect where the sender is gone;
        nothing is left of it then."""
        file = file_name(name)
        limit = self.most_megabytes * 2**20
        if _declared(request) > limit:
            raise self._too_large()
        upload = self._begin(file)
        folder = TemporaryDirectory(prefix="digest-upload-", ignore_cleanup_errors=True)
        path = Path(folder.name) / f"digest{Path(file).suffix}"
        try:
            await self._receive(request, path, limit)
        except BaseException:
            folder.cleanup()
            self._end(upload, error="not taken")
            raise
        return self._read(upload, [Source(file, str(path))], folder)

    def take_samples(self) -> Upload:
        """Begins to read the digests that come with the package. Raises RefusedError."""
        samples = Path(ingest_room.__file__).with_name("samples")
        return self._read(self._begin(SAMPLES), find_sources([str(samples)]))

    def _begin(self, file: str) -> Upload:
        if not self._taken.acquire(blocking=False):
            raise RefusedError(409, "upload_other")
        upload = Upload(next(self._numbers), file)
        self._uploads[upload.number] = upload
        for number in list(self._uploads)[:-_REMEMBERED]:
            del self._uploads[number]
        return upload

    async def _receive(self, request: Request, path: Path, limit: int) -> None:
        received = 0
        try:
            async with asyncio.timeout(_SECONDS):
                with path.open("xb") as file:
                    async for chunk in request.stream():
                        received += len(chunk)
                        if received > limit:
                            raise self._too_large()
                        file.write(chunk)
        except TimeoutError as error:
            raise RefusedError(408, "upload_slow", seconds=round(_SECONDS)) from error

    def _too_large(self) -> RefusedError:
        return RefusedError(413, "upload_large", most=self.most_megabytes)

    def _read(self, upload: Upload, sources: Sequence[Source], folder: TemporaryDirectory[str] | None = None) -> Upload:
        self._note(replace(upload, stage=Stage.READING))
        # Not of the executor, whose threads an interpreter waits for when it ends.
        threading.Thread(target=self._ingest, args=(upload, sources, folder), daemon=True, name="upload").start()
        return upload

    def _ingest(self, upload: Upload, sources: Sequence[Source], folder: TemporaryDirectory[str] | None) -> None:
        outcome: dict[str, Any] = {"error": "stopped"}
        try:
            outcome = {"report": ingest(sources, self._library, lambda step: self._tell(upload.number, step))}
        except LibraryBusy as error:
            outcome = {"error": str(error), "busy": True}
        except IngestError as error:
            outcome = {"error": str(error)}
        except _StoppedError:
            pass
        except Exception as error:
            log.exception("an upload failed")
            outcome = {"error": type(error).__name__}
        finally:
            if folder:
                folder.cleanup()
            self._end(upload, **outcome)

    def _tell(self, number: int, step: Step) -> None:
        if self._stopped:
            raise _StoppedError
        before = self._uploads[number]
        self._note(replace(before, papers=step.papers, found=step.found, stored=step.stored, texts=step.texts))

    def _note(self, upload: Upload) -> None:
        self._uploads[upload.number] = upload

    def _end(self, upload: Upload, **outcome: Any) -> None:  # noqa: ANN401 - fields of Upload
        stage = Stage.DONE if "report" in outcome else Stage.FAILED
        self._note(replace(self._uploads[upload.number], stage=stage, **outcome))
        self._taken.release()


def file_name(name: str) -> str:
    """What a digest is called that was sent under this name. Raises RefusedError for what is no digest's name."""
    last = re.split(r"[/\\]", " ".join(visible(name).split()))[-1].strip(" .")
    suffix = Path(last).suffix.lower()
    if suffix not in SUFFIXES or not Path(last).stem.strip(" ."):
        raise RefusedError(415, "upload_kind", kinds=", ".join(SUFFIXES))
    return last[: -len(suffix)][: _LONGEST_NAME - len(suffix)] + suffix


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


# --- what is said of it ------------------------------------------------------------------------------------------


def report_line(report: Report, words: Strings, unreadable: int = 0, unread: int = 0) -> str:
    """What an ingest did, in a line. The last two say how many messages there were where not all were kept."""
    parts = [
        words.report_new.format(count=report.new) if report.changed else "",
        words.report_updated.format(count=report.updated) if report.updated else "",
        words.report_repeats.format(count=report.repeats) if report.repeats else "",
        "" if report.changed else words.report_unchanged,
        words.report_placeholders.format(count=report.placeholders) if report.placeholders else "",
        words.report_unreadable.format(count=n) if (n := unreadable or len(report.unreadable)) else "",
        words.report_unread.format(count=n) if (n := unread or len(report.unread_sources)) else "",
    ]
    return words.list_of.join(part for part in parts if part)


def kept_line(kept: KeptReport, words: Strings) -> str:
    return report_line(kept.report, words, kept.unreadable, kept.unread_sources)


def _said(upload: Upload, words: Strings) -> str:
    match upload.stage:
        case Stage.ARRIVING:
            return words.upload_arriving
        case Stage.READING:
            return words.upload_reading.format(stored=upload.stored, papers=upload.papers or "…")
        case Stage.DONE:
            assert upload.report
            return report_line(upload.report, words)
    return words.library_busy if upload.busy else words.upload_failed.format(error=upload.error)


_MOST_MESSAGES = 100


def _as_json(upload: Upload, words: Strings) -> dict[str, Any]:
    report = upload.report or Report()
    wrong = [*report.unread_sources, *report.unreadable]
    return {
        "number": upload.number,
        "file": upload.file,
        "stage": upload.stage,
        "papers": upload.papers,
        "found": upload.found,
        "stored": upload.stored,
        "busy": upload.busy,
        "said": _said(upload, words),
        "wrong": wrong[:_MOST_MESSAGES],
        "more_wrong": max(0, len(wrong) - _MOST_MESSAGES),
        "report": report.as_dict() | {"unreadable": len(report.unreadable)} if upload.report else None,
    }


def _status(library: Library, uploads: Uploads) -> dict[str, Any]:
    first, last = library.span()
    found = {"papers": library.count(), "first": first, "last": last, "version": library.version()}
    return found | {"ingest": _ingest_going_on(library, uploads)}


def _ingest_going_on(library: Library, uploads: Uploads) -> dict[str, Any] | None:
    if upload := uploads.current():
        counts = {"papers": upload.papers, "found": upload.found, "stored": upload.stored, "texts": upload.texts}
        return {"by": "upload", "file": upload.file, "stage": upload.stage, **counts}
    return {"by": "another process"} if library.other_writer() else None


# --- the routes --------------------------------------------------------------------------------------------------


def routes(library: Library, uploads: Uploads) -> APIRouter:
    """`POST /library/digests?name=` and what came of it, `POST /library/samples`, `GET /status`."""

    @asynccontextmanager
    async def until_the_end(_: FastAPI) -> AsyncIterator[None]:
        yield
        uploads.stop()

    router = APIRouter(lifespan=until_the_end)

    @router.post("/library/digests")
    async def add(request: Request, name: str = "", lang: str = "") -> Response:
        words = words_of(lang)
        try:
            _check(uploads, request)
            upload = await uploads.take(name, request)
        except RefusedError as refused:
            return _no(refused, words)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(_as_json(upload, words), 202)

    @router.post("/library/samples")
    def add_samples(request: Request, lang: str = "") -> Response:
        words = words_of(lang)
        try:
            _check(uploads, request)
            upload = uploads.take_samples()
        except RefusedError as refused:
            return _no(refused, words)
        if "text/html" in request.headers.get("accept", ""):  # a form, where scripts are off
            return RedirectResponse(f"{words.path}library", 303)
        return JSONResponse(_as_json(upload, words), 202)

    @router.get("/library/digests/{number}")
    def outcome(number: int, lang: str = "") -> Response:
        words, upload = words_of(lang), uploads.upload(number)
        if upload is None:
            return _no(RefusedError(404, "upload_unknown"), words)
        return JSONResponse(_as_json(upload, words))

    @router.get("/status")
    def status() -> Response:
        try:
            return JSONResponse(_status(library, uploads))
        except IngestError as error:
            return JSONResponse({"error": {"message": str(error)}}, 503)

    return router


def words_of(lang: str) -> Strings:
    return CHINESE if lang.lower().startswith("zh") else ENGLISH


def _check(uploads: Uploads, request: Request) -> None:
    if not uploads.are_open_to(visitor_of(request.scope)):
        raise RefusedError(403, "upload_closed")


def _no(refused: RefusedError, words: Strings) -> JSONResponse:
    # What of the body was not read would be taken for the next request.
    return JSONResponse({"error": {"message": refused.text(words)}}, refused.status, {"Connection": "close"})
