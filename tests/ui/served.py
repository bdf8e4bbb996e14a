"""A server of the web chat. In a module of its own: `conftest` is the name of several, and only one can be imported."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from ui.server import configured, create_app
from ui.settings import UiSettings


@contextmanager
def serving(assistant: Any, library: Any, at: int = 0, **settings: Any) -> Iterator[str]:
    """The web chat on a free port of this machine or that of `at`, for as long as the block runs."""
    with running(configured(create_app(assistant, library, UiSettings(**settings)), at)) as address:
        yield address


@contextmanager
def running(config: uvicorn.Config) -> Iterator[str]:
    """The address of a server, for as long as the block runs."""
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
