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
from ui.settings import UiSettings
from ui.sign_in import Porter, signed_in
from ui.strings import STRINGS, Strings
from ui.talk import Answers

log = logging.getLogger(__name__)

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_GUESSED_SOON = 8  # characters; fewer are few for a password that others can try


class ServerError(Exception):
    """The server cannot listen where it was told to, or may not without a password."""


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
        app = _mount(app, assistant, library, words, gate)
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


def _mount(app: FastAPI, assistant: Answers, library: Library, words: Strings, gate: Gate) -> FastAPI:
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        web.build_page(assistant, library, words, gate),
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
    listening = _listen(settings)
    server = uvicorn.Server(configured(create_app(assistant, library, settings)))
    asyncio.run(_run(server, listening, ready))


def configured(app: FastAPI, port: int = 0) -> uvicorn.Config:
    """How the chat is served. By h11, as it alone ends a request whose headers have no end."""
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


def is_this_computer(host: str) -> bool:
    """Whether only this computer reaches whatever listens on `host`. Raises ServerError where that is no address."""
    return all(ip_address(address[0]).is_loopback for _, address in _addresses(host, 0))


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """What a host name stands for, IPv4 first."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, str(error)) from error
    return sorted((family, (str(address[0]), int(address[1]))) for family, _, _, _, address in found)


def _cannot_listen(host: str, port: int, why: str) -> ServerError:
    return ServerError(f"cannot listen on {host}:{port}: {why}; choose another with --host or --port, or DIGEST_PORT")


def _listen(settings: UiSettings) -> socket.socket:
    _require_password(settings)
    family, address = _addresses(settings.host, settings.port)[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise _cannot_listen(settings.host, settings.port, error.strerror or str(error)) from error
    return listening


def _require_password(settings: UiSettings) -> None:
    if is_this_computer(settings.host):
        return
    if not settings.accounts:
        raise ServerError(
            f"{settings.host} lets others in, and no password is set, so anybody could read and ask here. Type for "
            f"example `DIGEST_PASSWORD=… digest chat --host {settings.host}`, or --auth NAME:PASSWORD for each person; "
            "without --host the chat is for this computer alone"
        )
    if short := [name or "everybody" for name, password in settings.accounts.items() if len(password) < _GUESSED_SOON]:
        log.warning("the password of %s has fewer than %d characters", ", ".join(short), _GUESSED_SOON)


async def _run(server: uvicorn.Server, listening: socket.socket, ready: Callable[[str], None] | None) -> None:
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if ready and server.started:
        host, port = listening.getsockname()[:2]
        host = _LOOPBACK[0] if ip_address(host).is_unspecified else host
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    await serving
