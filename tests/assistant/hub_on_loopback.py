"""A hub on loopback: a real HTTP server that answers for files as the Hugging Face hub does, or fails to."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPO, NAME, COMMIT = "somebody/Small-GGUF", "small-q4.gguf", "0123456789abcdef0123456789abcdef01234567"
GGUF = b"GGUF" + hashlib.shake_256(b"a small model").digest(300_000)
HELD_SECONDS = 20.0


@dataclass(frozen=True)
class Asked:
    """A request, and where in its connection's reply the bytes of the file began and ended."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Hub:
    """What the hub has and how it behaves; tests change its fields."""

    content: bytes = GGUF
    declared_sha256: str | None = None  # None: that of the content; "": not declared
    declared_size: int | None = None
    status: int = 200
    error_code: str = ""
    page: bytes = b""  # an HTML page in place of a file
    cuts: list[int] = field(default_factory=list)  # of each reply in turn: break the connection after so many bytes
    holds_at: int | None = None  # send so many bytes, then nothing until `released`
    knows_ranges: bool = True
    slips: int = 0  # by so many bytes a range begins elsewhere than it was asked for
    moved_from: str = ""  # a repository's earlier name, which leads to its present one
    sends_to: str = ""  # where the bytes are, if not here
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0  # bytes of the file, in all replies together
    holding: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def ranges(self) -> list[str]:
        """The ranges that were asked for in turn; empty where all was."""
        return [asked.headers.get("range", "") for asked in self.asked if asked.method == "GET"]


@contextmanager
def hub_on_loopback(hub: Hub) -> Iterator[Hub]:
    class Answering(_Answering):
        serves = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    hub.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield hub
    finally:
        hub.released.set()
        server.shutdown()
        server.server_close()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    serves: Hub

    def do_HEAD(self) -> None:
        self._note()
        self._head()

    def do_GET(self) -> None:
        self._note()
        start = self._head()
        if start is not None and not self.serves.sends_to:
            self._send(start)

    def log_message(self, *_: object) -> None:
        pass

    def _note(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.serves.asked.append(Asked(self.command, self.path, headers))

    def _head(self) -> int | None:
        """Sends status and headers; gives where in the file the body begins, None where there is none of it."""
        hub = self.serves
        if hub.moved_from and f"/{hub.moved_from}/" in self.path:
            return self._plain(307, {"Location": self.path.replace(hub.moved_from, REPO)})
        if hub.status != 200:
            return self._plain(hub.status, {"X-Error-Code": hub.error_code} if hub.error_code else {})
        if hub.page:
            self._plain(200, {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(hub.page))})
            if self.command == "GET":
                self.wfile.write(hub.page)
            return None
        size = len(hub.content) if hub.declared_size is None else hub.declared_size
        sha256 = hub.sha256 if hub.declared_sha256 is None else hub.declared_sha256
        headers = {"X-Repo-Commit": COMMIT, "X-Linked-Size": str(size), "ETag": '"not-of-the-file"'}
        headers |= {"X-Linked-Etag": f'"{sha256}"'} if sha256 else {}
        if hub.sends_to:
            return self._plain(302, headers | {"Location": f"{hub.sends_to}/bytes?signed=yes"})
        start = int(self.headers.get("Range", "bytes=0-")[6:-1]) if hub.knows_ranges else 0
        start += hub.slips if start else 0
        headers |= {"Content-Length": str(len(hub.content) - start)}
        headers |= {"Content-Range": f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}"} if start else {}
        self._plain(206 if start else 200, headers)
        return start

    def _plain(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0", "Connection": "close"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, start: int) -> None:
        hub = self.serves
        end = min(len(hub.content), start + hub.cuts.pop(0)) if hub.cuts else len(hub.content)
        if hub.holds_at is not None:
            self._write(hub.content[start : hub.holds_at])
            start = hub.holds_at
            hub.holding.set()
            hub.released.wait(HELD_SECONDS)
        self._write(hub.content[start:end])

    def _write(self, octets: bytes) -> None:
        try:
            self.wfile.write(octets)
        except ConnectionError:  # who asked has gone
            return
        self.serves.sent += len(octets)


def size_of_part(home: Path) -> int:
    """Bytes of the only part in a home."""
    (part,) = (home / "models" / REPO).glob("*.part")
    return part.stat().st_size
