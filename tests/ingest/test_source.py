from __future__ import annotations

import io
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ingest.errors import SourceError
from ingest.source import Source, decode, find_sources

TEXT = "### [1] [Cranes](https://arxiv.org/abs/2511.01234)\n*José*\n\nTL;DR: 纸鹤会自己折叠。\n"


class Pages(BaseHTTPRequestHandler):
    """A small web: each path behaves in its own way."""

    def do_GET(self):
        behaviour = getattr(self, self.path.strip("/").partition(".")[0].replace("-", "_").split("/")[-1], self.missing)
        behaviour()

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def digest(self):
        self.answer(200, TEXT.encode())

    def chinese(self):
        self.answer(200, TEXT.replace("é", "e").encode("gb18030"))

    def moved(self):
        self.answer(302, Location="/digest.md")

    def circle(self):
        self.answer(302, Location="/circle")

    def missing(self):
        self.answer(404)

    def broken(self):
        self.answer(500)

    def page(self):
        self.answer(200, b"\n<!DOCTYPE html><html><title>Sign in</title></html>")

    def short(self):
        self.answer(200, b"cut off", **{"Content-Length": "1000"})

    def silent(self):
        time.sleep(1.5)

    def dripping(self):
        self.pour(b"### drip\n", every=0.05)

    def huge(self):
        self.pour(b"### flood\n" * 10_000, every=0)

    def pour(self, piece, every):
        self.answer(200)
        try:
            for _ in range(1000):
                self.wfile.write(piece)
                time.sleep(every)
        except OSError:
            return  # the reader went away, as it should

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def web():
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def folder(tmp_path):
    for name in ("2026-02-07.md", "2026-02-06.md", "old/a.TXT", "old/2026-02-06.md", "b.jsonl", "c.pdf", ".git/d.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXT, "utf-8")
    return tmp_path


def names(*arguments):
    return [source.name for source in find_sources([str(argument) for argument in arguments])]


def test_a_file_is_named_without_its_folder(folder):
    (source,) = find_sources([str(folder / "2026-02-06.md")])
    assert source == Source("2026-02-06.md", str(folder / "2026-02-06.md"))
    assert source.read() == TEXT


def test_a_folder_gives_its_digests_in_order_and_nothing_else(folder):
    assert names(folder) == ["2026-02-06.md", "2026-02-07.md", "b.jsonl", "old/2026-02-06.md", "old/a.TXT"]


def test_a_pattern_gives_the_files_that_match(folder):
    assert names(folder / "2026-*.md") == ["2026-02-06.md", "2026-02-07.md"]
    assert names(folder / "**" / "*.TXT") == ["a.TXT"]


def test_a_file_may_be_named_like_a_pattern(folder):
    path = folder / "[1].md"
    path.write_text(TEXT, "utf-8")
    assert names(path) == ["[1].md"]


def test_a_file_given_twice_is_read_once(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert names("2026-02-06.md", folder / "2026-02-06.md", "./2026-*.md") == ["2026-02-06.md", "2026-02-07.md"]


def test_two_files_of_one_name_stay_two_digests(folder):
    first, second = folder / "2026-02-06.md", folder / "old" / "2026-02-06.md"
    assert names(first, second) == ["2026-02-06.md", str(second)]


def test_an_address_is_named_by_its_last_part():
    assert names("https://example.org/data/2026-02-06.md?raw=1", "http://example.org") == [
        "2026-02-06.md",
        "http://example.org",
    ]


def test_standard_input_is_a_source(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode("utf-16"))))
    (source,) = find_sources(["-", "-"])
    assert (source.name, source.read()) == ("stdin", TEXT)


def test_a_pipe_is_read_like_a_file(tmp_path):
    path = tmp_path / "pipe.md"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(TEXT, "utf-8"))
    writer.start()
    assert find_sources([str(path)])[0].read() == TEXT
    writer.join()


def test_what_is_missing_says_so_when_read_and_costs_the_others_nothing(folder):
    (folder / "empty").mkdir()
    arguments = [folder / "none.md", folder / "none-*.md", folder / "empty", folder / "b.jsonl"]
    *missing, last = find_sources([str(argument) for argument in arguments])
    assert last.read() == TEXT
    for source, complaint in zip(missing, ("no such file", "no such match", "found none"), strict=True):
        with pytest.raises(SourceError, match=complaint) as caught:
            source.read()
        assert source.location in str(caught.value)


def test_a_file_that_is_too_big_is_refused(folder):
    with pytest.raises(SourceError, match="at most 10 bytes, got more"):
        find_sources([str(folder / "b.jsonl")])[0].read(max_bytes=10)


@pytest.mark.skipif(os.getuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_says_why(folder):
    (folder / "b.jsonl").chmod(0)
    with pytest.raises(SourceError, match="Permission denied"):
        find_sources([str(folder / "b.jsonl")])[0].read()


@pytest.mark.parametrize("path", ["digest.md", "moved.md"])
def test_an_address_is_fetched_and_redirects_followed(web, path):
    assert Source("day", f"{web}/{path}").read() == TEXT


def test_what_an_address_sends_is_decoded_like_a_file(web):
    assert Source("day", f"{web}/chinese.md").read() == TEXT.replace("é", "e")


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("missing.md", "got 404 Not Found"),
        ("broken.md", "got 500"),
        ("circle", "redirects"),
        ("page.md", "got a web page; on GitHub, copy the Raw address"),
        ("short.md", "cannot be fetched"),
        ("silent.md", "within 0.4 s"),
        ("dripping.md", "within 0.4 s"),
        ("huge.md", "at most 200,000 bytes, got more"),
    ],
)
def test_an_address_that_gives_no_digest_is_told_in_one_line(web, path, complaint):
    start = time.monotonic()
    with pytest.raises(SourceError, match=complaint) as caught:
        Source("day", f"{web}/{path}").read(max_bytes=200_000, deadline=0.4)
    assert str(caught.value).startswith(f"{web}/{path}: ")
    assert "\n" not in str(caught.value)
    assert time.monotonic() - start < 1.4


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/day.md", "http://[::1/day.md", "http:///day.md", "https://a..b/x"]
)
def test_an_address_that_cannot_be_reached_is_a_source_error(address):
    with pytest.raises(SourceError, match="cannot be fetched"):
        find_sources([address])[0].read(deadline=2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
def test_every_encoding_gives_the_same_text(encoding):
    text = "Main category: cs.CV\n" * 20 + "TL;DR: 本文提出纸鹤（折叠）方法，ＡＢ。\n"
    assert decode(text.encode(encoding)) == text


def test_western_text_is_not_taken_for_chinese():
    text = "*José Ibáñez,Rémis*\nPoincaré maps and “Andrés”\n"
    assert decode(text.encode("cp1252")) == text


def test_a_damaged_byte_changes_only_its_own_line():
    lines = ["*José*", "TL;DR: 纸鹤会自己折叠。", "Abstract: café"]
    content = "\n".join(lines).encode().replace("纸".encode(), b"\xff\xff\xff")
    assert decode(content).split("\n") == ["*José*", "TL;DR: \ufffd\ufffd\ufffd鹤会自己折叠。", "Abstract: café"]


def test_nuls_and_foreign_line_ends_are_gone():
    assert decode(b"\xef\xbb\xbfa\0b\r\nc\rd\ne") == "ab\nc\nd\ne"
