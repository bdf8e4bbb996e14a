"""A door by itself on a real socket: routes and the noting of who asks, without the pages, so that it is up at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI
from stand_ins import SAMPLES
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.library import Library, open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources
from tests.conftest import WordEmbedder
from ui.visitor import recognise


@contextmanager
def standing(app: ASGIApp | APIRouter) -> Iterator[str]:
    """The address of these routes, or of an application that has them, for as long as the block runs."""
    if isinstance(app, APIRouter):
        routes, app = app, FastAPI()
        app.include_router(routes)
    server = uvicorn.Server(uvicorn.Config(_Noted(app), port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=5)
    assert not thread.is_alive()


@contextmanager
def one_digest(home: Path) -> Iterator[Library]:
    """A library that holds a sample digest, by an embedder that needs no loading."""
    with open_library(IngestSettings(home=home), WordEmbedder()) as library:
        ingest(find_sources([str(SAMPLES / "2025-11-03.md")]), library)
        yield library


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits for it, and fails when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


class _Noted:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            recognise(scope)
        await self._app(scope, receive, send)
