"""What every request passes before the chat: who asks, from where, how much at once, and what their browser may do.

Nothing here knows what is asked. A request that may not come in is answered here, with the same headers as all others.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.paper import Language
from ui import sign_in
from ui.sign_in import Porter, TooManyTriesError
from ui.strings import CHINESE
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
        "object-src 'none'",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
LARGEST_BODY = 1_000_000  # bytes
LARGEST_HEAD = 65_536  # bytes of address and headers: a question of 4000 Chinese characters is 36,000 as an address
OWN_LIMIT = frozenset({"/library/digests", "/v1/chat/completions"})  # these count for themselves
OPEN = frozenset({sign_in.SIGN_IN, "/healthz"})  # without signing in
# Headers that a proxy adds and no browser sends: whoever asks does so through it and need not sit at this computer.
_OF_PROXIES = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")

# All of Gradio that is open, and why; every other route of its answers 404. Paths are as below the page's own.
GRADIO = (
    ("GET HEAD", r"/", "the page"),
    ("GET", r"/(assets|static)/[\w./@+-]+", "its scripts, styles, fonts and pictures"),
    ("GET", r"/theme\.css", "its colours and measures"),
    ("GET", r"/favicon\.ico", "every browser asks for it"),
    ("POST", r"/gradio_api/queue/join", "something was done on the page, or a named endpoint is called by a client"),
    ("GET", r"/gradio_api/queue/data", "what comes of it"),
    ("POST", r"/gradio_api/run/predict", "what the page does beside the queue, such as Stop"),
    ("GET", r"/gradio_api/heartbeat/\w+", "ends when the page is closed, and with it the session"),
    ("GET", r"/gradio_api/app_id", "tells a page that was cut off whether the server is back, and the same"),
    ("GET", r"/config", "the first thing a Gradio client reads"),
    ("GET", r"/gradio_api/info", "the named endpoints, described"),
    ("POST", r"/gradio_api/call/(ask|search|papers)", "a named endpoint"),
    ("GET", r"/gradio_api/call/(ask|search|papers)/\w+", "what comes of it"),
    ("POST", r"/gradio_api/cancel", "a client no longer wants it"),
)


class Guard:
    """The outermost layer. `porter` knows who may come in; None: everybody."""

    def __init__(self, app: ASGIApp, porter: Porter | None = None) -> None:
        self._app = app
        self._porter = porter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        turned_away = self._look(scope)
        cookie = self._recognise(scope)
        if not turned_away and _wants_chinese(scope):
            turned_away = _to_chinese(scope)
        await (turned_away or self._app)(scope, _capped(scope, receive), _dressed(scope, send, cookie))

    def _look(self, scope: Scope) -> ASGIApp | None:
        """The answer to who may not come in, None to who may. Notes in the scope who signed in."""
        headers = Headers(scope=scope)
        sign_in.note(scope, None if self._porter else "")
        if _size(scope) > LARGEST_HEAD:
            return _no(431, f"the address and the headers are larger than {LARGEST_HEAD} bytes together")
        if _is_foreign(headers, scope["method"]):
            return _no(403, "a page of another site asks for this; open the chat itself")
        if _declared(headers) > _limit(scope):
            return _too_large(_limit(scope))
        return self._ask_for_password(scope, headers) if self._porter else None

    def _ask_for_password(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        assert self._porter
        try:
            sign_in.note(scope, self._porter.name_of(HTTPConnection(scope)))
        except TooManyTriesError as error:
            return _no(429, str(error), {"Retry-After": str(error.seconds)})
        if sign_in.signed_in(scope) is not None or scope["path"] in OPEN:
            return None
        if _is_navigation(scope, headers):
            wanted = quote(scope["path"]) + (f"?{query}" if (query := scope["query_string"].decode("latin-1")) else "")
            return RedirectResponse(f"{sign_in.SIGN_IN}?next={quote(wanted, safe='/')}", 303)
        # A browser would answer a challenge for Basic with a window of its own.
        challenge = "Bearer" if "sec-fetch-mode" in headers else 'Basic realm="digest", Bearer'
        return _no(401, _HOW_TO_SIGN_IN, {"WWW-Authenticate": challenge})

    def _recognise(self, scope: Scope) -> str:
        """Notes who asks. Behind a password or a proxy nobody counts as sitting at this computer.

        A proxy on this computer makes everybody's address its own, and a password means that others are let in.
        """
        may_be_here = not self._porter and not any(name in Headers(scope=scope) for name in _OF_PROXIES)
        return recognise(scope, sign_in.signed_in(scope) or "", may_be_here)


_HOW_TO_SIGN_IN = (
    "a password is needed: send it as `Authorization: Bearer PASSWORD` (NAME:PASSWORD where there are names) "
    "or as HTTP Basic; browsers sign in at /sign-in"
)


class OpenRoutes:
    """A mounted Gradio app of which only `GRADIO` is there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_request = scope["type"] == "http"
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        app = _no(404, "there is nothing here") if is_request and not is_open(scope["method"], path) else self._app
        await app(scope, receive, send)


def is_open(method: str, path: str) -> bool:
    """Whether Gradio's route is one that the page or a program needs. `path` is decoded."""
    known = any(method in methods.split() and re.fullmatch(pattern, path, re.ASCII) for methods, pattern, _ in GRADIO)
    return known and ".." not in path


def _no(status: int, why: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"message": why}}, status, headers=headers)


def _dressed(scope: Scope, send: Send, cookie: str) -> Send:
    """Sends with the headers that every answer has."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if cookie:
                headers.append("Set-Cookie", cookie)
            for name in [name for name in headers if name.startswith("access-control-")]:
                del headers[name]  # Gradio would let pages of other sites read, from other ports of this computer too
            headers.update(HEADERS)
            if _is_trustworthy(scope):  # elsewhere browsers ignore it, loudly
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
        await send(message)

    return dressed


def _is_trustworthy(scope: Scope) -> bool:
    host = re.sub(r":\d+$", "", Headers(scope=scope).get("host", ""))
    return scope.get("scheme") == "https" or host in ("127.0.0.1", "localhost", "[::1]")


# --- from where --------------------------------------------------------------------------------------------------


def _is_foreign(headers: Headers, method: str) -> bool:
    """Whether a page of another site asks, other than by a link that is followed. Programs say nothing of the kind."""
    site = headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return False
    if site:
        return not (method == "GET" and headers.get("sec-fetch-mode") == "navigate")
    origin = headers.get("origin")  # browsers send only this to a server that is neither here nor behind https
    return origin is not None and origin.partition("://")[2] != headers.get("host")


def _is_navigation(scope: Scope, headers: Headers) -> bool:
    mode = headers.get("sec-fetch-mode")
    opens = mode == "navigate" if mode else "text/html" in headers.get("accept", "")
    return opens and scope["method"] == "GET"


# --- how much ----------------------------------------------------------------------------------------------------


def _size(scope: Scope) -> int:
    head = sum(len(name) + len(value) for name, value in scope["headers"])
    return head + len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])


def _limit(scope: Scope) -> float:
    return float("inf") if scope["path"] in OWN_LIMIT else LARGEST_BODY


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if re.fullmatch(r"[0-9]{1,18}", length) else 0


def _too_large(limit: float) -> JSONResponse:
    return _no(413, _TOO_LARGE.format(limit=int(limit)), {"Connection": "close"})


_TOO_LARGE = "the body of this request is larger than {limit} bytes; send less at once"


def _capped(scope: Scope, receive: Receive) -> Receive:
    """Receives until more has come than may, also where the length was not said. Raises HTTPException 413 then."""
    limit, taken = _limit(scope), 0

    async def capped() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, _TOO_LARGE.format(limit=int(limit)), {"Connection": "close"})
        return message

    return capped


# --- in which language -------------------------------------------------------------------------------------------


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
