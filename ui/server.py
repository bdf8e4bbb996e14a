"""The web server: the chat in both languages behind a content-security policy, and a sign of life."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from ipaddress import ip_address

import gradio as gr
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount

from ingest.errors import IngestError
from ingest.library import Library
from ui import feedback, keeping, library_page, mcp_door, openai_door, sign_in, web
from ui.gate import Gate
from ui.guard import LARGEST_HEAD, Guard, OpenRoutes
from ui.listening import ServerError as ServerError
from ui.listening import is_this_computer, listen
from ui.settings import UiSettings
from ui.sign_in import Porter, signed_in
from ui.strings import STRINGS, Strings
from ui.talk import Answers

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def create_app(assistant: Answers, library: Library, settings: UiSettings | None = None) -> FastAPI:
    """The chat at `/` in English and `/zh/` in Chinese, where browsers that prefer it are sent, and `/healthz`."""
    settings = settings or UiSettings()
    gate = Gate(settings.max_answers, settings.max_waiting, settings.questions_per_minute)
    porter = Porter(settings.accounts, library.home) if settings.accounts else None
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if porter:
        app.include_router(sign_in.routes(porter))
    for router in _beside_the_page(assistant, library, settings, gate):
        app.include_router(router)
    for words in sorted(STRINGS.values(), key=lambda words: -len(words.path)):  # a mount at `/` takes what is left
        app = _mount(app, web.build_page(assistant, library, words, gate, signs_in=bool(porter)), words)
    if hosts := _hosts(settings):
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(Guard, porter=porter)
    return app


def _beside_the_page(assistant: Answers, library: Library, settings: UiSettings, gate: Gate) -> tuple[APIRouter, ...]:
    """The routes that are not Gradio's, each module's own."""
    return (
        _health(library),
        openai_door.routes(assistant, library, gate),
        mcp_door.routes(assistant, library, gate),
        keeping.routes(library),
        feedback.routes(library),
        library_page.routes(assistant, library, settings, is_this_computer(settings.host)),
    )


def _hosts(settings: UiSettings) -> list[str]:
    """The host names that are answered to, empty for any.

    A page elsewhere could otherwise reach in by giving this computer's address a name of its own; where others are let
    in, they have a password that such a page has not.
    """
    if settings.allowed_hosts:
        return [*_LOOPBACK, *settings.allowed_hosts]
    return [*_LOOPBACK, settings.host] if is_this_computer(settings.host) else []


def _mount(app: FastAPI, page: gr.Blocks, words: Strings) -> FastAPI:
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path=words.path.rstrip("/") or "/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        theme=web.theme(),
        css=web.css(),
        head=web.head(words),
    )
    mount = mounted.routes[-1]
    assert isinstance(mount, Mount)
    mount.app = OpenRoutes(mount.app)
    return mounted


def _health(library: Library) -> APIRouter:
    """`GET /healthz`: a sign of life; to whoever would have to sign in first it says no more than that."""
    router = APIRouter()

    @router.get("/healthz")
    def healthz(request: Request) -> Response:
        known = signed_in(request.scope) is not None
        try:
            papers = {"papers": library.count()}
        except IngestError as error:
            return JSONResponse({"status": "failing", **({"error": str(error)} if known else {})}, status_code=503)
        return JSONResponse({"status": "ok", **(papers if known else {})})

    return router


def serve(
    assistant: Answers,
    library: Library,
    settings: UiSettings | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the chat until interrupted; `ready` is told its address once it answers.

    Raises ServerError when the address is taken or not this machine's.
    """
    settings = settings or UiSettings()
    listening = listen(settings)
    server = uvicorn.Server(configured(create_app(assistant, library, settings)))
    asyncio.run(_run(server, listening, ready))


def configured(app: FastAPI, port: int = 0) -> uvicorn.Config:
    """How the chat is served. By h11, as it alone ends a request whose headers have no end."""
    logging.getLogger("uvicorn.error").addFilter(_is_worth_telling)
    return uvicorn.Config(
        app,
        port=port,
        http="h11",
        h11_max_incomplete_event_size=2 * LARGEST_HEAD,
        ws="none",
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """Whether it is more than that an open page was let go of when the server ended: that page holds a line open."""
    let_go = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not let_go and not str(record.msg).startswith("Cancel %s running task")


async def _run(server: uvicorn.Server, listening: socket.socket, ready: Callable[[str], None] | None) -> None:
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if ready and server.started:
        host, port = listening.getsockname()[:2]
        host = _LOOPBACK[0] if ip_address(host).is_unspecified else host
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    await serving
