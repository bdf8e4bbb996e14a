"""Where digests come from: files, folders, patterns, standard input and addresses, all read as plain text."""

from __future__ import annotations

import codecs
import glob
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import httpx

from ingest.errors import SourceError

SUFFIXES = (".md", ".txt", ".jsonl")
STDIN = "-"
MAX_BYTES = 256 * 2**20  # a year of digests in one file is 200 MB
DEADLINE_SECONDS = 60.0  # for one address, redirects included
SILENCE_SECONDS = 10.0  # without a byte from it
MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """One text to read. `name` is what reports call it and holds the digest's date, `location` where it lies."""

    name: str
    location: str

    def read(self, max_bytes: int = MAX_BYTES, deadline: float = DEADLINE_SECONDS) -> str:
        """The text, whatever its encoding, with `\\n` for line ends and no NUL or byte order mark.

        `deadline`: seconds in which an address must have answered whole. Raises SourceError.
        """
        if self.location == STDIN:
            return decode(_capped(_chunks(sys.stdin.buffer), "standard input", max_bytes))
        if _is_address(self.location):
            return decode(_fetch(self.location, max_bytes, deadline))
        return decode(_read_file(self.location, max_bytes))


def find_sources(arguments: Sequence[str]) -> list[Source]:
    """The sources that paths, folders, patterns, addresses and `-` stand for, in their order, each once.

    Folders are searched through for *.md, *.txt and *.jsonl, hidden folders left out. Never raises: what does not
    exist becomes a source whose `read` says so, and costs the other arguments nothing.
    """
    found = {_identity(source): source for argument in reversed(arguments) for source in reversed(_expand(argument))}
    names: set[str] = set()
    sources: list[Source] = []
    for source in reversed(found.values()):
        # Two folders may hold a file of the same name; they are two digests.
        name = source.location if source.name in names else source.name
        names.add(name)
        sources.append(Source(name, source.location))
    return sources


def _expand(argument: str) -> list[Source]:
    if argument == STDIN:
        return [Source("stdin", STDIN)]
    if _is_address(argument):
        path = re.split(r"[?#]", argument)[0].rstrip("/").split("/")[3:]
        return [Source(unquote(path[-1]) if path else argument, argument)]
    path = os.path.expanduser(argument)
    if os.path.isdir(path):
        return _in_folder(path) or [Source(argument, path)]
    if not os.path.exists(path) and (matches := sorted(glob.glob(path, recursive=True))):
        return [source for match in matches for source in _expand(match)]
    return [Source(os.path.basename(path) or argument, path)]


def _in_folder(folder: str) -> list[Source]:
    """Its digests, named by their path within it, so that the same folder given otherwise gives the same names."""
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        digests = sorted(name for name in files if name.lower().endswith(SUFFIXES) and not name.startswith("."))
        found += [os.path.join(here, name) for name in digests]
    return [Source(Path(path).relative_to(folder).as_posix(), path) for path in found]


def _identity(source: Source) -> str:
    is_path = source.location != STDIN and not _is_address(source.location)
    return os.path.realpath(source.location) if is_path else source.location


def _is_address(argument: str) -> bool:
    return argument.lower().startswith(("http://", "https://"))


# --- Bytes


def _read_file(path: str, max_bytes: int) -> bytes:
    if os.path.isdir(path):
        raise SourceError(f"expected digests (*{', *'.join(SUFFIXES)}) in folder {path}, found none")
    try:
        with open(path, "rb") as file:
            return _capped(_chunks(file), path, max_bytes)
    except FileNotFoundError as exc:
        kind = "match" if glob.has_magic(path) else "file"
        raise SourceError(f"{path}: no such {kind}; give a digest's path, a folder, a pattern or an address") from exc
    except (OSError, ValueError) as exc:
        raise SourceError(f"{path}: cannot be read ({getattr(exc, 'strerror', None) or exc})") from exc


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_CHUNK_BYTES), b"")


def _capped(chunks: Iterable[bytes], place: str, max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise SourceError(f"{place}: expected a digest of at most {max_bytes:,} bytes, got more; give it in parts")
    return bytes(content)


def _fetch(address: str, max_bytes: int, deadline: float) -> bytes:
    timeout = httpx.Timeout(min(SILENCE_SECONDS, deadline))
    end = time.monotonic() + deadline
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=MAX_REDIRECTS, timeout=timeout) as client,
            client.stream("GET", address, headers={"User-Agent": "digest-assistant"}) as response,
        ):
            if not response.is_success:
                found = f"{response.status_code} {response.reason_phrase}".strip()
                raise SourceError(
                    f"{address}: expected a digest, got {found}; open it in a browser to see what is there"
                )
            body = _capped(_in_time(response.iter_bytes(), end, _too_slow(address, deadline)), address, max_bytes)
    except httpx.TimeoutException as exc:
        raise SourceError(_too_slow(address, deadline)) from exc
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
        raise SourceError(f"{address}: cannot be fetched ({exc or type(exc).__name__}); check the address") from exc
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|\?xml)\b", body[:1000], re.IGNORECASE):
        raise SourceError(f"{address}: expected a digest's plain text, got a web page; on GitHub, copy the Raw address")
    return body


def _in_time(chunks: Iterable[bytes], end: float, complaint: str) -> Iterator[bytes]:
    """The chunks up to the time `end`; a server that drips never meets a timeout on silence."""
    for chunk in chunks:
        if time.monotonic() > end:
            raise SourceError(complaint)
        yield chunk


def _too_slow(address: str, deadline: float) -> str:
    return f"{address}: expected a digest within {deadline:g} s, got no end of it; try again, or download it first"


# --- Text

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")


def decode(content: bytes) -> str:
    """The text of bytes in UTF-8, -16, -32, GB18030 or Windows-1252, NULs stripped, line ends made `\\n`."""
    text = _decoded(content).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff")


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark) and encoding != "utf-8":
            return content[len(mark) :].decode(encoding, errors="replace")
    if wide := _wide_encoding(content[:4096]):
        return content.decode(wide, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # By line, so that damage to one entry does not change how its neighbours are read.
        return "\n".join(map(_decoded_line, content.split(b"\n")))


def _wide_encoding(start: bytes) -> str:
    """UTF-16 without its mark: in a text that is half ASCII, every other byte is often NUL."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 8 < len(start) or min(even, odd) * 8 > max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _decoded_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        pass
    damaged = line.decode("utf-8", errors="replace")
    wide = sum(char > "\x7f" for char in damaged)
    lost = damaged.count("\ufffd")
    if lost * 2 <= wide:
        return damaged
    # GB18030 writes Chinese in pairs of high bytes, Western text has an accented letter here and there.
    runs = [len(run) for run in _HIGH_BYTES.findall(line)]
    if sum(run > 1 for run in runs) * 2 > len(runs):
        return line.decode("gb18030", errors="replace")
    return line.decode("cp1252", errors="replace")
