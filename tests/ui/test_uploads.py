"""Digests that are added on the library page: by a real browser, over real sockets, into a real library."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from library_server import digest_of, entry, library_in, serving_library
from playwright.sync_api import Page, expect
from stand_ins import HOSTILE, Visit

from ingest.library import Library
from ui.strings import ENGLISH
from ui.uploads import RefusedError, file_name

HOLD = """
import sys
from pathlib import Path
from ingest.library import open_library
from ingest.settings import IngestSettings
settings = IngestSettings(home=Path(sys.argv[1]), database_url=None, chroma_url=None)
with open_library(settings) as library, library.writing():
    print("holding", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with library_in(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def address(library: Library) -> Iterator[str]:
    with serving_library(library, upload_mb=1) as served:
        yield served


@contextmanager
def another_process_writes_to(library: Library) -> Iterator[None]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", HOLD, str(library.home)]
    child = subprocess.Popen(command, text=True, stdin=-1, stdout=-1, env=environment)
    assert child.stdout
    assert child.stdout.readline() == "holding\n"
    yield
    child.communicate("")


def send(
    address: str, content: str | bytes | Iterator[bytes], name: str = "2025-11-03.md", lang: str = "", **headers: str
) -> httpx.Response:
    """Sends a digest; `_` in the names of headers stands for `-`."""
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return httpx.post(
        f"{address}/library/digests", params={"name": name, "lang": lang}, content=content, headers=named, timeout=20
    )


def outcome(address: str, answer: httpx.Response) -> dict[str, object]:
    """What came of an upload that was taken."""
    assert answer.status_code == 202, answer.text
    for _ in range(300):
        upload = httpx.get(f"{address}/library/digests/{answer.json()['number']}").json()
        if upload["stage"] in ("done", "failed"):
            return dict(upload)
        time.sleep(0.05)
    raise AssertionError(f"never done: {upload}")


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


def left_behind() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob("digest-upload-*")}


def drop(page: Page, **files: str) -> None:
    """Drops files on the page as a hand does."""
    named = [(name.replace("__", "."), base64.b64encode(text.encode()).decode()) for name, text in files.items()]
    transfer = page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer();
            for (const [name, text] of files) {
                const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
                transfer.items.add(new File([bytes], name));
            }
            return transfer;
        }""",
        named,
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    expect(page.locator("#drop")).to_have_class("over")
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})


# --- with a browser


def test_dropped_digests_are_read_in_turn_and_the_page_shows_them(address: str, visit: Visit) -> None:
    page = visit(f"{address}/library")
    broken = entry("2511.00900", "A fine paper") + "### a title\n\nText.\n"
    drop(page, day1__md=digest_of(120), day2__md=broken, notes__pdf="x")
    items = page.locator("#uploads > li")
    expect(items.nth(0)).to_contain_text("+120 new", timeout=20_000)
    expect(items.nth(1)).to_contain_text("+1 new, entries not read: 1", timeout=20_000)
    expect(items.nth(2)).to_contain_text("A digest's name ends in .md, .txt, .jsonl")
    items.nth(1).locator("summary").click()
    expect(items.nth(1).locator("li")).to_contain_text("day2.md:16: expected `### [n]")
    expect(page.locator("#overview h2")).to_have_text("121 papers")
    expect(page.locator(".papers tbody tr")).to_have_count(50)
    expect(page.locator("#samples")).to_have_count(0)
    expect(page.locator("#last")).to_contain_text("day2.md")


# A wrong kind is answered 415, which the browser reports; the page says it in words.
@pytest.fixture
def visit(visit: Visit, browser) -> Visit:
    def open_page(address: str, **more: object) -> Page:
        page = browser.new_page(locale="en-US")
        page.set_default_timeout(15_000)
        page.goto(address)
        return page

    return open_page


def test_the_sample_digests_are_read_by_a_button_and_without_scripts(address: str, visit: Visit) -> None:
    page = visit(f"{address}/library")
    page.get_by_role("button", name=ENGLISH.library_samples).click()
    expect(page.locator("#uploads > li")).to_contain_text("new", timeout=20_000)
    expect(page.locator("#overview h2")).to_contain_text("papers")
    again = httpx.post(f"{address}/library/samples?lang=zh", headers={"Accept": "text/html"})
    assert (again.status_code, again.headers["location"]) == (303, "/zh/library")


def test_a_file_is_chosen_by_keyboard(address: str, visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "2025-11-05.md"
    file.write_text(digest_of(3))
    page = visit(f"{address}/library")
    page.wait_for_load_state("networkidle")
    page.locator("#files").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    expect(page.locator("#uploads > li")).to_contain_text("+3 new")
    expect(page.locator("#overview .lead")).to_have_text("2025-11-05 · 1 digest")


def test_a_busy_library_is_told_and_the_digest_is_read_once_it_is_free(
    address: str, library: Library, visit: Visit
) -> None:
    page = visit(f"{address}/library")
    with another_process_writes_to(library):
        assert httpx.get(f"{address}/status").json()["ingest"] == {"by": "another process"}
        expect(page.locator("#live")).to_have_text("Digests are being read in: 0 papers so far.")
        drop(page, day__md=digest_of(2))
        item = page.locator("#uploads > li")
        expect(item).to_contain_text(ENGLISH.library_busy)
    item.get_by_role("button", name=ENGLISH.upload_again).click()
    expect(page.locator("#uploads > li")).to_contain_text("+2 new")
    assert httpx.get(f"{address}/status").json()["ingest"] is None


def test_papers_that_another_process_adds_are_told_and_shown(address: str, library: Library, visit: Visit) -> None:
    assert outcome(address, send(address, digest_of(2)))["stage"] == "done"
    page = visit(f"{address}/library")
    assert outcome(address, send(address, digest_of(3, first=10)))["stage"] == "done"
    page.get_by_role("link", name=ENGLISH.library_grown_show).click()
    expect(page.locator("#overview h2")).to_have_text("5 papers")
    expect(page.locator(".papers tbody tr")).to_have_count(5)


def test_hostile_entries_and_names_show_as_text(address: str, visit: Visit) -> None:
    content = "".join(entry(f"2511.{n:05}", text.replace("\n", " ")) for n, text in enumerate(HOSTILE, 1))
    bad = "".join(f"### {text!r}\n\nx\n" for text in HOSTILE)
    name = "../../etc/<img src=x onerror=window.ran=1>.md"
    assert outcome(address, send(address, content + bad, name))["stage"] == "done"
    page = visit(f"{address}/library")
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    expect(page.locator("#digests")).to_contain_text("<img src=x onerror=window.ran=1>.md")
    drop(page, **{"<img src=x onerror=window__ran=1>__md": bad})
    expect(page.locator("#uploads .wrong li").first).to_be_attached()
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.locator("main img, main script, main iframe").count() == 0


# --- with a socket


def test_progress_is_told_while_a_digest_is_read(address: str) -> None:
    answer = send(address, digest_of(900))
    seen = []
    while (status := httpx.get(f"{address}/status").json())["ingest"]:
        seen.append(status["ingest"])
    assert {one["by"] for one in seen} == {"upload"}
    assert {one["file"] for one in seen} == {"2025-11-03.md"}
    assert [one["stored"] for one in seen] == sorted(one["stored"] for one in seen)
    assert outcome(address, answer)["stored"] == 900
    assert status["papers"] == 900
    assert status["first"] == "2025-11-03"


def test_a_digest_that_is_too_large_is_refused_and_nothing_is_kept(address: str, library: Library) -> None:
    before = left_behind()
    large = digest_of(10).encode() + b"x" * 2**20
    refused = send(address, large)
    assert refused.status_code == 413
    assert "larger than 1 MB" in refused.json()["error"]["message"]

    def chunks() -> Iterator[bytes]:  # no length is said
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    assert send(address, chunks()).status_code == 413
    assert send(address, digest_of(10)).status_code == 202
    until(lambda: library.count() == 10)
    until(lambda: left_behind() == before)


def test_a_sender_who_goes_away_leaves_nothing_and_the_next_one_is_served(address: str, library: Library) -> None:
    before, parts = left_behind(), urlsplit(address)
    for _ in range(3):
        with socket.create_connection((parts.hostname, parts.port)) as sender:
            head = f"POST /library/digests?name=a.md HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 900000\r\n\r\n"
            sender.sendall(head.encode() + b"x" * 200_000)
            until(lambda: left_behind() != before)
        until(lambda: left_behind() == before)
    assert outcome(address, send(address, digest_of(4)))["stage"] == "done"
    assert library.count() == 4


def test_a_second_upload_is_turned_away_while_one_is_on_its_way(address: str) -> None:
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port)) as slow:
        slow.sendall(
            f"POST /library/digests?name=a.md HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 90\r\n\r\n".encode()
        )
        until(lambda: (httpx.get(f"{address}/status").json()["ingest"] or {}).get("stage") == "arriving")
        refused = send(address, digest_of(1))
        assert (refused.status_code, refused.json()["error"]["message"]) == (409, ENGLISH.upload_other)
        assert "另一份速递" in send(address, digest_of(1), lang="zh-CN").text
    until(lambda: send(address, digest_of(1)).status_code == 202)


@pytest.mark.parametrize(
    "name", ["digest.zip", "digest.pdf", "digest", "", ".md", "a.md/..", "..", "a.md\0.exe", "  .txt"]
)
def test_what_is_no_digest_by_its_name_is_refused(name: str) -> None:
    with pytest.raises(RefusedError):
        file_name(name)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("../../etc/2025-11-03.md", "2025-11-03.md"),
        ("C:\\digests\\day.TXT", "day.txt"),
        ("/etc/passwd.jsonl", "passwd.jsonl"),
        ("a\nb\u202egnp.md", "a bgnp.md"),
        ("速递 2025-11-03.md", "速递 2025-11-03.md"),
        ("x" * 500 + ".md", "x" * 117 + ".md"),
    ],
)
def test_a_name_is_reduced_to_what_the_digest_is_called(name: str, called: str) -> None:
    assert file_name(name) == called


def test_only_this_computer_may_add_unless_the_owner_lets_others(library: Library) -> None:
    page, closed = "/library", ENGLISH.upload_closed
    with serving_library(library, uploads=False) as address:
        assert send(address, digest_of(1)).json()["error"]["message"] == closed
        assert httpx.post(f"{address}/library/samples").status_code == 403
        assert 'id="drop"' not in httpx.get(address + page).text
    with serving_library(library, listens_here=False) as address:
        assert send(address, digest_of(1)).status_code == 403
        assert "digest ingest PATH" in httpx.get(address + page).text
    with serving_library(library) as address:
        assert send(address, digest_of(1), X_Forwarded_For="203.0.113.7").status_code == 403
    with serving_library(library, listens_here=False, uploads=True) as address:
        assert 'id="drop"' in httpx.get(address + page).text
        assert outcome(address, send(address, digest_of(1)))["stage"] == "done"


def test_a_page_of_another_site_cannot_add_a_digest(address: str, library: Library) -> None:
    assert send(address, digest_of(1), Origin="https://example.com").status_code == 403
    assert send(address, digest_of(1), Sec_Fetch_Site="cross-site").status_code == 403
    assert library.count() == 0


def test_nothing_of_a_digest_makes_the_server_fail(address: str) -> None:
    for content in (b"", b"\0" * 5000, b"\xff\xfe" * 3000, b"PK\x03\x04" + b"\x00" * 500, b"{" * 90_000):
        upload = outcome(address, send(address, content, "odd.jsonl"))
        assert upload["stage"] == "done", upload
    assert httpx.get(f"{address}/library/digests/99").status_code == 404
    assert httpx.get(f"{address}/library").status_code == 200


def test_a_server_that_ends_stops_reading_and_keeps_what_is_stored(library: Library) -> None:
    with serving_library(library) as address:
        send(address, digest_of(4000))
        until(lambda: library.count() > 0)
    until(lambda: not any(thread.name == "upload" for thread in threading.enumerate()))
    assert 0 < library.count() < 4000
    with library.writing():
        pass
