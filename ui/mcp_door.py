"""The MCP door: the library as tools for agents, over HTTP at `/mcp` and over standard input and output.

Model Context Protocol: https://modelcontextprotocol.io. The package `mcp` is an extra; without it the door says so.
"""

from __future__ import annotations

import threading
from importlib.util import find_spec

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from assistant.chat import Assistant
from ingest.library import Library
from ui.gate import Gate
from ui.talk import Answers

PATH = "/mcp"
MISSING = "MCP needs the package mcp, and it is not installed: type `pip install '.[mcp]'` and start again"
_AT_ONCE, _WAITING = 4, 64  # questions of the one program at the other end of standard input


def is_installed() -> bool:
    return find_spec("mcp") is not None


def routes(assistant: Answers, library: Library, gate: Gate) -> APIRouter:
    if not is_installed():
        return _closed()
    from ui.mcp_tools import mcp_routes

    return mcp_routes(PATH, assistant, library, gate)


def _closed() -> APIRouter:
    router = APIRouter()

    @router.api_route(PATH, methods=["GET", "POST", "DELETE"])
    def missing() -> JSONResponse:
        return JSONResponse({"error": MISSING}, status_code=501)

    return router


def serve_stdio(assistant: Assistant, library: Library) -> None:
    """Serves the one program that started this one, until it closes standard input."""
    from ui.mcp_tools import mcp_server

    # Agents give a server some seconds to say hello, and loading the embedder may take more.
    threading.Thread(target=assistant.warm, daemon=True).start()
    mcp_server(assistant, library, Gate(_AT_ONCE, _WAITING)).run("stdio")
