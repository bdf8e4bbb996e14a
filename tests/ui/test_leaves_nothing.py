"""The chat as a person starts it, with a watch on its sockets: nothing leaves, and nobody is let in unasked."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

from tests.ingest.made_up import WORDS, Entry

# Writes down every address that Python looks up, connects or sends to, from before the first import of ours.
_WATCH = """
import sys
file = open({file!r}, "a", buffering=1)
def watch(event, given):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        file.write(f"{{given[0]}}\\n")
    elif event in ("socket.connect", "socket.sendto"):
        file.write(f"{{given[1][0] if isinstance(given[1], tuple) else 'unix'}}\\n")
sys.addaudithook(watch)
from pathlib import Path
from ingest.library import open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources
with open_library(IngestSettings()) as library:
    ingest(find_sources([{digest!r}]), library)
from ui.command import main
main(["chat", "--no-open", "--port", "0"])
"""


@contextmanager
def chatting(code: str, environment: dict[str, str]) -> Iterator[str]:
    """The address of a chat that this code starts, for as long as the block runs."""
    started = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)
    stop = threading.Timer(240, started.kill)
    stop.start()
    try:
        assert started.stderr
        lines = []
        for line in started.stderr:
            lines.append(line)
            if ready := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield ready[0]
                break
        else:
            pytest.fail("".join(lines))
    finally:
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=30)
        stop.cancel()


def test_starting_opening_and_answering_asks_no_other_computer_for_anything(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    with socket.create_server(("127.0.0.1", 0)) as proxy:  # whatever minds the proxy, in whatever language, comes here
        proxy.settimeout(0.5)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), address)
        kept = {name: value for name, value in os.environ.items() if not re.search("proxy|DIGEST_", name, re.I)}
        environment = {**kept, **proxies, "DIGEST_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
        digest = digest_of([Entry(f"2511.0000{number}", topic) for number, topic in enumerate(WORDS[:3])], tmp_path)
        code = _WATCH.format(file=str(seen), digest=str(digest))
        with chatting(code, environment) as chat, httpx.Client(base_url=chat, timeout=60, trust_env=False) as browser:
            page = browser.get("/")
            for asset in re.findall(r"\./(assets/[^\"]+)", page.text):
                assert browser.get(f"/{asset}").status_code == 200
            event = browser.post("/gradio_api/call/ask", json={"data": ["video editing", "", "", [], []]}).json()
            assert "event: complete" in browser.get(f"/gradio_api/call/ask/{event['event_id']}").text
            assert browser.get("/library").status_code == 200
        with pytest.raises(TimeoutError):
            proxy.accept()
    addresses = set(seen.read_text().split())
    assert addresses  # the watch is awake: the server looked up where it listens
    assert [address for address in addresses if not is_here(address)] == []


def digest_of(entries: list[Entry], folder: Path) -> Path:
    """A digest small enough to be read in the time of one test."""
    file = folder / "2025-11-03.md"
    file.write_text("# cs.CV [[Back]](#toc)\n\n" + "".join(map(str, entries)), encoding="utf-8")
    return file


def is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address in ("localhost", "unix")


@pytest.mark.parametrize("way", [["--host", "0.0.0.0"], ["--host", "::"]])
def test_the_command_says_what_to_type_where_others_would_be_let_in(tmp_path: Path, way: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    environment["DIGEST_HOME"] = str(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "ui", "chat", "--no-open", *way],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    assert f"`DIGEST_PASSWORD=… digest chat --host {way[1]}`, or --auth NAME:PASSWORD" in ran.stderr
    assert "sample digests are read" not in ran.stderr  # before anything is done
