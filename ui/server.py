"""The web server: the chat in both languages behind a content-security policy, and a sign of life."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from urllib.parse import parse_qs

import gradio as gr
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.errors import IngestError
from ingest.library import Library
from ingest.paper import Language
from ui import web
from ui.settings import UiSettings
from ui.strings import CHINESE, STRINGS, Strings
from ui.talk import Answers
from ui.visitor import recognise

# Gradio needs inline and evaluated scripts of its own; nothing may come from, or go to, another host.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
    )
)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class ServerError(Exception):
    """The server cannot listen where it was told to."""


def create_app(assistant: Answers, library: Library, settings: UiSettings | None = None) -> FastAPI:
    """The chat at `/` in English and `/zh/` in Chinese, where browsers that prefer it are sent, and `/healthz`."""
    settings = settings or UiSettings()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/healthz", lambda: _health(library), methods=["GET"])
    for words in sorted(STRINGS.values(), key=lambda words: -len(words.path)):  # a mount at `/` takes what is left
        app = _mount(app, assistant, library, settings, words)
    app.add_middleware(_Guard)
    if settings.host in _LOOPBACK:  # a page elsewhere cannot reach in by giving this machine's address a name
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(_LOOPBACK))
    return app


def _mount(app: FastAPI, assistant: Answers, library: Library, settings: UiSettings, words: Strings) -> FastAPI:
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        web.build_page(assistant, library, settings, words),
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
    return mounted


def _health(library: Library) -> Response:
    try:
        return JSONResponse({"status": "ok", "papers": library.count()})
    except IngestError as error:
        return JSONResponse({"status": "failing", "error": str(error)}, status_code=503)


class _Guard:
    """Sets the security headers on every answer, and sends a Chinese reader from `/` to the Chinese page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        cookie = recognise(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if cookie:
                    headers.append("Set-Cookie", cookie)
                headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        app = _to_chinese(scope) if _wants_chinese(scope) else self._app
        await app(scope, receive, guarded)


def _to_chinese(scope: Scope) -> RedirectResponse:
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(CHINESE.path + (f"?{query}" if query else ""), headers={"Vary": "Accept-Language"})


def _wants_chinese(scope: Scope) -> bool:
    """Whether `/` is opened by a browser whose first language is Chinese, and not by the switch to English."""
    if scope["path"] != "/" or scope["method"] != "GET":
        return False
    chosen = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
    first = chosen or Headers(scope=scope).get("accept-language", "")
    return first.lower().startswith(Language.CHINESE.value)


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
    listening = _listen(settings)
    server = uvicorn.Server(
        uvicorn.Config(create_app(assistant, library, settings), log_level="warning", timeout_graceful_shutdown=2)
    )
    asyncio.run(_run(server, listening, ready))


def _listen(settings: UiSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        wanted = f"{settings.host}:{settings.port}"
        raise ServerError(
            f"cannot listen on {wanted}: {error.strerror}; choose another with --port or DIGEST_PORT"
        ) from error
    return listening


async def _run(server: uvicorn.Server, listening: socket.socket, ready: Callable[[str], None] | None) -> None:
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if ready and server.started:
        host, port = listening.getsockname()[:2]
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    await serving
