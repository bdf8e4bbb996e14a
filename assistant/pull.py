"""Fetches a GGUF file from the Hugging Face hub, whole and checked, or leaves a part that the next pull goes on with.

Over httpx, as huggingface_hub 2.4 throws the part away when a download breaks, and asks huggingface.co for a list of
coding agents whatever endpoint it was given. As there, a file is at `<endpoint>/<repo>/resolve/<revision>/<name>`, and
the reply's headers declare it: X-Repo-Commit, X-Linked-Size and, as X-Linked-Etag, the sha256.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import shlex
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from filelock import FileLock, Timeout
from pydantic import AliasChoices, Field, HttpUrl, SecretStr

from assistant.errors import ModelError, ModelFault
from ingest.settings import RoomSettings

logger = logging.getLogger(__name__)

MODELS = "models"
"""The folder in the library's home below which a file lies at `<owner>/<repo>/<name>`."""

# Seconds between tries that bring nothing new; what a try brings begins them anew.
WAITS = (1.0, 2.0, 4.0, 8.0)
_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 30.0
_REDIRECTS = 5
_SPARE_BYTES = 50_000_000  # left free for everybody else
_MAGIC = b"GGUF"
_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
_NAME = re.compile(r"([\w-][\w.-]*/)*[\w-][\w.-]*\.gguf", re.ASCII | re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class HubSettings(RoomSettings):
    """The hub, by the variables that every tool for it reads."""

    hf_endpoint: HttpUrl = Field(
        default=HttpUrl("https://huggingface.co"),
        validation_alias=AliasChoices("HF_ENDPOINT", "hf_endpoint"),
        description="Address of the Hugging Face hub, or of a mirror of it.",
    )
    hf_token: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("HF_TOKEN", "hf_token"),
        description="Token for the hub; only gated and private models need one.",
    )
    hf_hub_offline: bool = Field(
        default=False,
        validation_alias=AliasChoices("HF_HUB_OFFLINE", "hf_hub_offline"),
        description="Do not contact the hub.",
    )


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of the hub. `sha256` (hexadecimal) and `size` (bytes) are what it must have, "" and 0 where unknown.

    `revision` is a branch, a tag or, once the hub has been asked, a commit.
    """

    repo: str
    name: str
    revision: str = "main"
    sha256: str = ""
    size: int = 0
    licence: str = ""


RECOMMENDED = HubFile(
    repo="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
    name="qwen2.5-1.5b-instruct-q4_k_m.gguf",
    revision="91cad51170dc346986eccefdc2dd33a9da36ead9",
    sha256="6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
    size=1_117_320_736,
    licence="Apache-2.0",
)
"""Small, at home in English and Chinese, with a context of 32,768 tokens."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull has come: bytes `here` of `whole`, and bytes a second since this pull began to fetch."""

    here: int
    whole: int
    speed: float

    def __str__(self) -> str:
        minutes, seconds = divmod(round((self.whole - self.here) / max(self.speed, 1.0)), 60)
        return f"{amount(self.here)} fetched, {self.speed / 1e6:.1f} MB/s, {minutes}:{seconds:02} left"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A file that is at `path`, with the sha256 that was wanted. `fetched`: how many bytes of it came just now.

    `declared`: nobody but the hub said which sha256 is wanted.
    """

    path: Path
    file: HubFile
    fetched: int
    declared: bool

    @property
    def setting(self) -> str:
        return setting(self.path)

    @property
    def install(self) -> str:
        """The command that installs what reads the file; empty where it is installed."""
        return "" if find_spec("xllamacpp") else "pip install 'digest-assistant[local]'"

    def __str__(self) -> str:
        """What happened and what to type next, as lines."""
        came = "was fetched" if self.fetched else "is here already"
        checked = "its sha256 is the one that the hub declares" if self.declared else "its sha256 is the wanted one"
        licence = self.file.licence or f"see https://huggingface.co/{self.file.repo}"
        return "\n".join(
            (
                f"{self.file.name} {came} ({amount(self.file.size)}), and {checked}. Licence: {licence}",
                *((f"Type:  {self.install}",) if self.install else ()),
                f"Set:   {self.setting}",
            )
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `sha256_from` says who named the sha256 that was checked."""
        return {
            **asdict(self.file),
            "path": str(self.path),
            "fetched": self.fetched,
            "sha256_from": "hub" if self.declared else "wanted",
            "set": self.setting,
            "install": self.install,
        }


Tell = Callable[[Progress], None]


def pull(
    wanted: HubFile, settings: HubSettings, tell: Tell = lambda progress: None, waits: Sequence[float] = WAITS
) -> Pulled:
    """The file, fetched if it is not in the home yet. Raises ModelError; what was fetched until then is kept.

    A file of another content at its place stays until the wanted one is whole. One pull runs in a home at a time.
    """
    _require_names(wanted)
    path = settings.home / MODELS / wanted.repo / wanted.name
    with _writing_to(path, settings.home):
        if _is_there(path, wanted):
            return Pulled(path, replace(wanted, size=_size(path)), fetched=0, declared=False)
        with _alone(settings.home), closing(_Hub(settings)) as hub:
            file = hub.look_up(wanted)
            fetched = 0 if _is_there(path, file) else _fetch(hub, file, path, tell, waits)
    return Pulled(path, file, fetched, declared=not wanted.sha256)


def pulled(home: Path) -> list[Path]:
    """The whole GGUF files that pulls have left in a home."""
    return sorted((home / MODELS).glob("**/*.gguf"))


def setting(path: Path) -> str:
    """What to write in a shell or in `.env` to have a file answer."""
    return f"DIGEST_LLM={shlex.quote(f'gguf:{path}')}"


def amount(size: int) -> str:
    """Bytes for people: `8 kB`, `312 MB`, `1.12 GB`."""
    if size >= 1e9:
        return f"{size / 1e9:.2f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _require_names(wanted: HubFile) -> None:
    """Names that could lead out of the folder are refused along with those that the hub cannot have."""
    if not _REPO.fullmatch(wanted.repo) or not _NAME.fullmatch(wanted.name):
        raise _unusable(
            f"{wanted.repo} {wanted.name} is no GGUF file of the hub.",
            f"Write repository and file as in {RECOMMENDED.repo} {RECOMMENDED.name}.",
        )
    if wanted.sha256 and not _SHA256.fullmatch(wanted.sha256):
        raise _unusable(f"{wanted.sha256!r} is no sha256.", "Write its 64 hexadecimal digits.")


def _is_there(path: Path, file: HubFile) -> bool:
    return bool(file.sha256) and path.is_file() and _sha256(path) == file.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _fetch(hub: _Hub, file: HubFile, path: Path, tell: Tell, waits: Sequence[float]) -> int:
    """Puts the file at `path` and gives how many bytes had to come. The part is named by what it will be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{file.sha256[:12]}.part")
    earlier = _size(part)
    _require_room(file, path, earlier)
    if earlier:
        logger.info("%s of %s are here already", amount(earlier), path.name)
    hub.complete(part, file, tell, waits)
    _require_content(part, file)
    _sync(part)
    os.replace(part, path)
    for outdated in path.parent.glob(f"{path.name}.*.part"):
        outdated.unlink(missing_ok=True)
    return file.size - earlier


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _require_room(file: HubFile, path: Path, earlier: int) -> None:
    needed, free = file.size - earlier, shutil.disk_usage(path.parent).free
    if needed + _SPARE_BYTES > free:
        raise _unusable(
            f"{file.name} needs {amount(needed)} in {path.parent}, where {amount(free)} are free.",
            "Free some, or give another folder: DIGEST_HOME.",
        )


def _require_content(part: Path, file: HubFile) -> None:
    """Removes what is not the wanted file, so that nobody can take it for one."""
    found = _sha256(part)
    if found == file.sha256:
        return
    part.unlink()
    raise ModelError(
        f"What came as {file.name} has the sha256 {found} instead of {file.sha256}, and was removed.",
        "Fetch it again; if that stays so, do not trust the address in HF_ENDPOINT.",
        kind=ModelFault.GARBLED,
    )


def _sync(path: Path) -> None:
    """A file must not get its final name before its content is safe from a power cut."""
    with path.open("r+b") as content:
        os.fsync(content.fileno())


@contextmanager
def _writing_to(path: Path, home: Path) -> Iterator[None]:
    """Makes the folder of models in a home that is private, and tells what the system will not do there."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        (home / MODELS).mkdir(exist_ok=True)
        yield
    except OSError as exc:
        mend = "Free some space" if exc.errno == errno.ENOSPC else "Look at that folder"
        raise _unusable(
            f"{path} cannot be written ({exc.strerror or exc}).",
            f"{mend}, or give another: DIGEST_HOME. What was fetched is kept.",
        ) from exc


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    try:
        with FileLock(home / MODELS / ".lock", timeout=0):
            yield
    except Timeout as exc:
        raise ModelError(
            f"Another pull is writing to {home / MODELS}.",
            "Wait until it is done.",
            kind=ModelFault.BUSY,
            retryable=True,
        ) from exc


class _Hub:
    """The hub at one address, which is all that is contacted, but for where it sends for a file's bytes.

    The hub itself sends to its content network. Such hosts do not see the token: httpx takes it off.
    """

    def __init__(self, settings: HubSettings) -> None:
        self._address = str(settings.hf_endpoint).rstrip("/")
        self._host = httpx.URL(self._address).netloc.decode()
        self._offline = settings.hf_hub_offline
        token = settings.hf_token.get_secret_value().strip() if settings.hf_token else ""
        self._http = httpx.Client(
            headers={"Accept-Encoding": "identity", "User-Agent": "digest-assistant"}
            | ({"Authorization": f"Bearer {token}"} if token else {}),
            timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
            max_redirects=_REDIRECTS,
        )

    def close(self) -> None:
        self._http.close()

    def look_up(self, wanted: HubFile) -> HubFile:
        """The file with all that the hub declares of it, where nothing else is wanted. Raises ModelError."""
        if self._offline:
            raise self._fault(wanted, ModelFault.SETTINGS, "may not be asked, as HF_HUB_OFFLINE is set")
        with self._faults_told(wanted):
            reply = self._head(wanted)
        self._require_success(reply, wanted)
        size = reply.headers.get("x-linked-size") or ("" if reply.is_redirect else reply.headers.get("content-length"))
        etag = (reply.headers.get("x-linked-etag") or reply.headers.get("etag") or "").removeprefix("W/").strip('"')
        commit = reply.headers.get("x-repo-commit", "")
        declared = replace(
            wanted,
            revision=commit if _COMMIT.fullmatch(commit) else wanted.revision,
            sha256=etag if _SHA256.fullmatch(etag) else wanted.sha256,
            size=int(size) if size and size.isdecimal() else wanted.size,
        )
        self._require_wanted(declared, wanted)
        return declared

    def complete(self, part: Path, file: HubFile, tell: Tell, waits: Sequence[float]) -> None:
        """Adds to the part what it lacks, in as many tries as bring something and a few more. Raises ModelError."""
        most, left = _size(part), list(waits)
        tell_speed = _with_speed(tell, file, most)
        while _size(part) != file.size:
            try:
                with self._faults_told(file, part):
                    self._go_on(part, file, tell_speed)
            except ModelError as fault:
                left = list(waits) if _size(part) > most else left
                most = max(most, _size(part))
                if not fault.retryable or not left:
                    raise
                logger.warning("%s Trying again in %g s.", fault.found, left[0])
                time.sleep(left.pop(0))

    def _head(self, wanted: HubFile) -> httpx.Response:
        """What the hub says of the file. A repository may have moved within it; what it has elsewhere are bytes."""
        address = httpx.URL(self._url(wanted))
        for _ in range(_REDIRECTS):
            reply = self._http.head(address)
            onward = reply.next_request.url if reply.next_request else None
            if onward is None or _origin(onward) != _origin(address):
                return reply
            address = onward
        raise httpx.TooManyRedirects(f"more than {_REDIRECTS} redirects", request=reply.request)

    def _url(self, file: HubFile) -> str:
        return f"{self._address}/{_place(file)}"

    def _require_wanted(self, declared: HubFile, wanted: HubFile) -> None:
        if not (declared.sha256 and declared.size):
            raise self._fault(wanted, ModelFault.NOT_AN_API, "does not declare size and sha256 of the file")
        if wanted.sha256 not in ("", declared.sha256) or wanted.size not in (0, declared.size):
            found = f"declares another {wanted.name} ({amount(declared.size)}, sha256 {declared.sha256})"
            raise self._fault(wanted, ModelFault.GARBLED, found)

    def _go_on(self, part: Path, file: HubFile, tell: Callable[[int], None]) -> None:
        """One request for what the part lacks. A server that knows no ranges sends all of it, and the part is new."""
        here, size = _size(part), file.size
        if here > size:
            part.unlink()
            here = 0
        ranged = {"Range": f"bytes={here}-"} if here else {}
        with self._http.stream("GET", self._url(file), headers=ranged, follow_redirects=True) as reply:
            self._require_success(reply, file)
            if reply.status_code == httpx.codes.PARTIAL_CONTENT and here:
                if reply.headers.get("content-range") != f"bytes {here}-{size - 1}/{size}":
                    raise self._fault(file, ModelFault.GARBLED, "sent another range than the one that was asked for")
            else:
                here = 0
            with part.open("ab" if here else "wb") as sink:
                for piece in reply.iter_raw():
                    if not here and not _MAGIC.startswith(piece[: len(_MAGIC)]):
                        raise self._fault(file, ModelFault.NOT_AN_API, "sent something that is no GGUF file")
                    here += len(piece)
                    if here > size:
                        part.unlink()
                        raise self._fault(file, ModelFault.GARBLED, "sent more than the file has")
                    sink.write(piece)
                    tell(here)
        if here < size:
            raise self._fault(file, ModelFault.DROPPED, f"ended in the middle of the file{_kept(part)}")

    def _require_success(self, reply: httpx.Response, file: HubFile) -> None:
        """Raises what the status, the hub's own X-Error-Code or a web page in place of a file means."""
        status, code = reply.status_code, reply.headers.get("x-error-code", "")
        if code == "GatedRepo":
            raise self._fault(file, ModelFault.KEY, f"gives {file.repo} only to those who accept its terms ({status})")
        if status in (401, 403):
            raise self._fault(file, ModelFault.KEY, f"refuses {file.repo}, or has no such repository ({status})")
        if status in (404, 410):
            missing = {"RepoNotFound": file.repo, "RevisionNotFound": f"revision {file.revision} of {file.repo}"}
            told = missing.get(code, f"{file.name} in {file.repo} at revision {file.revision}")
            raise self._fault(file, ModelFault.NO_MODEL, f"has no {told} ({status})")
        if status == 429:
            raise self._fault(file, ModelFault.BUSY, "is busy (429)")
        if status >= 500:
            raise self._fault(file, ModelFault.SERVER, f"reported a fault of its own ({status})")
        if status >= 400:
            raise self._fault(file, ModelFault.REJECTED, f"rejected the request ({status})")
        if reply.is_success and reply.headers.get("content-type", "").lower().startswith("text/html"):
            raise self._fault(file, ModelFault.NOT_AN_API, "sent a web page instead of the file")

    @contextmanager
    def _faults_told(self, file: HubFile, part: Path | None = None) -> Iterator[None]:
        try:
            yield
        except httpx.TooManyRedirects as exc:
            raise self._fault(file, ModelFault.NOT_AN_API, "sends from one address to the next without end") from exc
        except httpx.TransportError as exc:
            raise self._fault(file, *_met(exc, part)) from exc

    def _fault(self, file: HubFile, kind: ModelFault, met: str) -> ModelError:
        mend = _MENDS.get(kind, _MIRROR).format(_place(file))
        return ModelError(f"{self._host} {met}.", mend, kind=kind, retryable=kind in _PASSING)


_AGAIN = "Type the same command again."
_ELSEWHERE = "or fetch https://huggingface.co/{} elsewhere and set DIGEST_LLM=gguf:/path/to/it."
_MIRROR = f"Set HF_ENDPOINT to a mirror that you trust, {_ELSEWHERE}"
_NETWORK = f"Check the network, set HF_ENDPOINT to a mirror that you trust, {_ELSEWHERE}"
_MENDS = {
    ModelFault.SETTINGS: f"Unset it, {_ELSEWHERE}",
    ModelFault.UNKNOWN_HOST: _NETWORK,
    ModelFault.REFUSED: _NETWORK,
    ModelFault.UNREACHABLE: _NETWORK,
    ModelFault.KEY: "Check the name, or accept the terms on the page of the repository and set HF_TOKEN.",
    ModelFault.NO_MODEL: "Check repository, file and --revision.",
    ModelFault.BUSY: f"Wait a while. {_AGAIN}",
    ModelFault.SERVER: f"{_AGAIN} If it stays, set HF_ENDPOINT to a mirror that you trust, {_ELSEWHERE}",
    ModelFault.DROPPED: f"{_AGAIN} It goes on from there.",
    ModelFault.STALLED: f"{_AGAIN} It goes on from there.",
}
# Faults that pass within a moment.
_PASSING = {ModelFault.DROPPED, ModelFault.STALLED, ModelFault.REFUSED, ModelFault.BUSY, ModelFault.SERVER}


def _met(exc: httpx.TransportError, part: Path | None) -> tuple[ModelFault, str]:
    """The fault behind an error of httpx, and what it is called."""
    causes = list(_causes(exc))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return ModelFault.UNKNOWN_HOST, "cannot be found: no such host name"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return ModelFault.UNREACHABLE, "has no certificate that this computer trusts"
    if isinstance(exc, httpx.ConnectTimeout):
        return ModelFault.UNREACHABLE, f"does not answer within {_CONNECT_SECONDS:.0f} s"
    if isinstance(exc, httpx.ConnectError):
        return ModelFault.REFUSED, "refused the connection"
    if isinstance(exc, httpx.ProxyError):
        return ModelFault.UNREACHABLE, "cannot be reached through the proxy of this computer"
    if isinstance(exc, httpx.TimeoutException):
        return ModelFault.STALLED, f"fell silent for {_SILENCE_SECONDS:.0f} s{_kept(part)}"
    return ModelFault.DROPPED, f"broke the connection{_kept(part)}"


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def _kept(part: Path | None) -> str:
    return f"; {amount(_size(part))} are kept" if part and _size(part) else ""


def _place(file: HubFile) -> str:
    """Where the file is on the hub and on each of its mirrors."""
    return f"{file.repo}/resolve/{quote(file.revision, safe='')}/{quote(file.name)}"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _with_speed(tell: Tell, file: HubFile, earlier: int) -> Callable[[int], None]:
    """Turns how many bytes are here into progress; the clock starts now."""
    start = time.monotonic()

    def told(here: int) -> None:
        tell(Progress(here, file.size, max(here - earlier, 0) / max(time.monotonic() - start, 1e-3)))

    return told


def _unusable(found: str, mend: str) -> ModelError:
    return ModelError(found, mend, kind=ModelFault.SETTINGS)
