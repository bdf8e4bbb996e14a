"""Embeddings from a server: a real one on loopback that behaves, or does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from ingest.errors import EmbedderError
from ingest.load import load_embedder
from ingest.remote_embedder import RemoteEmbedder
from ingest.settings import IngestSettings
from tests.conftest import WordEmbedder

KEY = "sk-embed-0123456789"
Reply = tuple[int, bytes]
MEND = "DIGEST_EMBED_BASE_URL, DIGEST_EMBED_MODEL and DIGEST_EMBED_API_KEY"


class EmbeddingServer:
    """Answers `POST /v1/embeddings` with the vectors of `WordEmbedder`, times three; `reply` can be changed."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.reply: Callable[[list[str]], Reply] = well_behaved
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                served.requests.append({"path": self.path, **body})
                served.headers.append(dict(self.headers))
                status, content = served.reply(body["input"])
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def embedder(self) -> RemoteEmbedder:
        return RemoteEmbedder("org/tiny", self.base_url, KEY)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def rows_of(texts: list[str]) -> list[dict[str, Any]]:
    vectors = 3 * WordEmbedder().embed(texts)
    return [{"index": n, "object": "embedding", "embedding": row.tolist()} for n, row in enumerate(vectors)]


def as_json(rows: object) -> Reply:
    return 200, json.dumps({"object": "list", "data": rows}).encode()


def well_behaved(texts: list[str]) -> Reply:
    return as_json(rows_of(texts))


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    served = EmbeddingServer()
    yield served
    served.stop()


def test_vectors_are_unit_rows_in_the_order_of_the_texts(server: EmbeddingServer) -> None:
    texts = [f"text number {n}" for n in range(150)]
    done: list[int] = []
    vectors = server.embedder().embed(texts, done.append)
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(WordEmbedder().embed(texts), abs=1e-5)
    assert done == [64, 64, 22]


def test_the_server_is_sent_the_models_name_the_texts_and_the_key(server: EmbeddingServer) -> None:
    embedder = server.embedder()
    assert embedder.embed_query("a word") == pytest.approx(WordEmbedder().embed_query("a word"), abs=1e-5)
    assert server.requests[-1] == {"path": "/v1/embeddings", "model": "org/tiny", "input": ["a word"]}
    assert server.headers[-1]["Authorization"] == f"Bearer {KEY}"
    RemoteEmbedder("org/tiny", server.base_url)
    assert "Authorization" not in server.headers[-1]


def test_rows_that_come_back_in_another_order_are_put_in_theirs(server: EmbeddingServer) -> None:
    embedder = server.embedder()
    server.reply = lambda texts: as_json(rows_of(texts)[::-1])
    assert embedder.embed(["one", "two", "three"]) == pytest.approx(WordEmbedder().embed(["one", "two", "three"]))


def test_no_texts_are_not_sent_anywhere(server: EmbeddingServer) -> None:
    embedder = server.embedder()
    asked = len(server.requests)
    assert embedder.embed([]).shape == (0, WordEmbedder.dim)
    assert len(server.requests) == asked


def test_the_fingerprint_stands_the_jitter_of_a_server_and_tells_models_apart(server: EmbeddingServer) -> None:
    fingerprint = server.embedder().fingerprint
    assert fingerprint.startswith("tiny-32-")
    noise = np.random.default_rng(0)

    def jittery(texts: list[str]) -> Reply:
        rows = rows_of(texts)
        for row in rows:
            row["embedding"] = (np.array(row["embedding"]) + noise.normal(0, 1e-3, WordEmbedder.dim)).tolist()
        return as_json(rows)

    server.reply = jittery
    assert {server.embedder().fingerprint for _ in range(20)} == {fingerprint}
    server.reply = lambda texts: well_behaved(["another model" for _ in texts])
    assert server.embedder().fingerprint != fingerprint


BROKEN: dict[str, tuple[Callable[[list[str]], Reply], str]] = {
    "one row too few": (lambda texts: as_json(rows_of(texts)[1:]), "expected 2 embeddings, one a text, got 1"),
    "one row too many": (lambda texts: as_json(rows_of([*texts, "x"])), "expected 2 embeddings, one a text, got 3"),
    "one row twice": (lambda texts: as_json(rows_of(texts)[:1] * 2), "expected 2 embeddings, one a text"),
    "no key": (lambda texts: (401, b'{"error": "who are you"}'), "answered 401"),
    "out of order": (lambda texts: (500, b"oops"), "answered 500"),
    "a web page": (lambda texts: (200, b"<html>hello</html>"), "expected a list of embeddings"),
    "another shape": (lambda texts: (200, b'{"vectors": [[1, 2]]}'), "expected a list of embeddings"),
    "ragged": (
        lambda texts: as_json([{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]),
        "expected a list of embeddings",
    ),
    "another length": (
        lambda texts: as_json([{"index": n, "embedding": [1.0, 2.0]} for n, _ in enumerate(texts)]),
        "expected finite embeddings of 32 numbers",
    ),
    "empty vectors": (
        lambda texts: as_json([{"index": n, "embedding": []} for n, _ in enumerate(texts)]),
        "32 numbers",
    ),
    "not a number": (
        lambda texts: (200, well_behaved(texts)[1].replace(b"[", b"[NaN, ", 2).replace(b"[NaN, ", b"[", 1)),
        "expected",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_misbehaves_is_told_with_the_mend(server: EmbeddingServer, name: str) -> None:
    embedder = server.embedder()
    server.reply, found = BROKEN[name]
    with pytest.raises(EmbedderError) as error:
        embedder.embed(["one", "two"])
    assert found in str(error.value)
    assert f"{server.base_url}/embeddings" in str(error.value)
    assert str(error.value).endswith(f"check {MEND}")
    assert KEY not in str(error.value)


def test_a_server_that_is_not_there_is_told(server: EmbeddingServer) -> None:
    server.stop()
    with pytest.raises(EmbedderError, match="cannot be reached .*DIGEST_EMBED_BASE_URL"):
        server.embedder()


@pytest.mark.parametrize("address", ["http://[half", "localhost:11434/v1", "", "http://127.0.0.1:notaport/v1"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(EmbedderError, match="DIGEST_EMBED_BASE_URL"):
        RemoteEmbedder("tiny", address)


def test_a_key_that_no_header_can_hold_is_told_without_showing_it(server: EmbeddingServer) -> None:
    with pytest.raises(EmbedderError, match="DIGEST_EMBED_API_KEY") as error:
        RemoteEmbedder("tiny", server.base_url, "sk-钥匙")
    assert "钥匙" not in str(error.value)


def test_tokens_are_estimated_and_blank_text_is_not_sent(server: EmbeddingServer) -> None:
    embedder = server.embedder()
    english, chinese = embedder.count_tokens(["x" * 350, "视频编辑"])
    assert 90 <= english <= 110
    assert 4 <= chinese <= 6
    assert not embedder.reads(" \n")
    assert embedder.reads("视频编辑")


def test_settings_with_an_address_give_the_servers_embedder(server: EmbeddingServer, tmp_path: Any) -> None:
    settings = IngestSettings(home=tmp_path, embed_model="org/tiny", embed_base_url=server.base_url, embed_api_key=KEY)
    embedder = load_embedder(settings)
    assert isinstance(embedder, RemoteEmbedder)
    assert (embedder.name, embedder.dim) == ("org/tiny", WordEmbedder.dim)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
