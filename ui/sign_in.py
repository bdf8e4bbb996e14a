"""Who may come in: passwords, the sessions of those who signed in by one, and the page where they do.

Browsers sign in on a page and carry a signed cookie. Programs send the password with each request, as HTTP Basic or as
`Authorization: Bearer PASSWORD` (`NAME:PASSWORD` where there are names).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Mapping
from importlib.resources import files
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer
from jinja2 import Environment, PackageLoader
from starlette.requests import HTTPConnection
from starlette.types import Scope

from ingest.paper import Language
from ui.strings import CHINESE, ENGLISH, Strings

COOKIE = "digest-session"
SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
_KEY = "digest.signed-in"
_SECRET = "session-secret"  # its file in the library's folder
_DAYS = 30 * 24 * 3600  # seconds that a session lasts
_FREE_TRIES = 5  # wrong passwords from one address before each costs time
_LONGEST_WAIT = 300.0  # seconds
_FORGET = 900.0  # seconds after which a wrong try no longer counts
_ADDRESSES = 10_000  # of which wrong tries are remembered
_PAGES = Environment(loader=PackageLoader("ui", "pages"), autoescape=True)
_DARK = re.compile(r"body\.dark(\s*\{[^}]*\})")


class TooManyTriesError(Exception):
    """Too many wrong passwords from one address; the next may be tried in `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, round(seconds))
        super().__init__(f"too many wrong passwords from here; try again in {self.seconds} s")


class Tries:
    """Wrong passwords by address. After the first five, each doubles the time until the next is looked at."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, float]] = {}  # how many, and when the last was

    def check(self, address: str) -> None:
        """Raises TooManyTriesError while that address has to wait."""
        count, last = self._wrong.get(address, (0, 0.0))
        wait = last + _wait(count) - time.monotonic()
        if count and wait > 0:
            raise TooManyTriesError(wait)

    def wrong(self, address: str) -> None:
        now = time.monotonic()
        count, last = self._wrong.pop(address, (0, now))
        if len(self._wrong) >= _ADDRESSES:
            self._wrong.pop(next(iter(self._wrong)))  # the one that was wrong longest ago
        self._wrong[address] = (count + 1 if now - last < _FORGET else 1, now)

    def right(self, address: str) -> None:
        self._wrong.pop(address, None)


def _wait(count: int) -> float:
    over = count - _FREE_TRIES
    return min(2.0**over, _LONGEST_WAIT) if over >= 0 else 0.0


class Porter:
    """Knows who may come in. `accounts` are passwords by name; the one under "" is everybody's."""

    def __init__(self, accounts: Mapping[str, str], home: Path) -> None:
        self._accounts = dict(accounts)
        self._key = _secret(home / _SECRET)
        self._signed = URLSafeTimedSerializer(self._key, salt="digest.session")
        self._ended: dict[str, float] = {}  # sessions signed out of, and when each would have ended anyway
        self._tries = Tries()

    @property
    def has_names(self) -> bool:
        return any(self._accounts)

    def name_of(self, connection: HTTPConnection) -> str | None:
        """Who makes this request, "" where the password is everybody's; None: nobody who may come in.

        Raises TooManyTriesError when a program's password is not even looked at.
        """
        if token := connection.cookies.get(COOKIE):
            name = self._of_session(token)
            if name is not None:
                return name
        tried = _credentials(connection.headers.get("authorization", ""))
        return self.admit(tried, _address(connection)) if tried else None

    def admit(self, tried: list[tuple[str, str]], address: str) -> str | None:
        """The name of the first of these names and passwords that is right. Raises TooManyTriesError."""
        self._tries.check(address)
        right = [name for name, password in tried if self._is_right(name, password)]
        if not right:
            self._tries.wrong(address)
            return None
        self._tries.right(address)
        return right[0]

    def session(self, name: str) -> str:
        """What a browser carries from now on."""
        return self._signed.dumps([name, self._mark(name), secrets.token_urlsafe(12)])

    def end(self, token: str) -> None:
        """Signs out: the session is over, also for whoever holds a copy of its cookie."""
        if self._of_session(token) is None:
            return
        now = time.time()
        self._ended = {mark: until for mark, until in self._ended.items() if until > now}
        self._ended[_digest(token)] = now + _DAYS

    def _of_session(self, token: str) -> str | None:
        try:
            name, mark, _ = self._signed.loads(token, max_age=_DAYS)
        except (BadSignature, ValueError):
            return None
        known = name in self._accounts and hmac.compare_digest(str(mark), self._mark(name))
        return str(name) if known and _digest(token) not in self._ended else None

    def _is_right(self, name: str, password: str) -> bool:
        # An unknown name takes as long as a known one.
        known = self._accounts.get(name)
        return hmac.compare_digest(_digest(password), _digest(known or "")) and bool(known)

    def _mark(self, name: str) -> str:
        """What changes with the password, so that sessions begun with an earlier one end."""
        return hmac.new(self._key.encode(), f"{name}:{self._accounts[name]}".encode(), "sha256").hexdigest()[:24]


def signed_in(scope: Scope) -> str | None:
    """The name of who signed in as the guard noted it, "" where nobody has one or needs to; None: nobody yet."""
    name = scope[_KEY]
    assert name is None or isinstance(name, str)
    return name


def note(scope: Scope, name: str | None) -> None:
    scope[_KEY] = name


def _secret(file: Path) -> str:
    """The key that sessions are signed with: kept, so that they outlast a restart, and readable by its owner alone."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        found = file.read_text("ascii").strip()
        if len(found) >= 32:
            return found
        file.unlink()  # cut off while it was written
        return _secret(file)
    key = secrets.token_urlsafe(48)
    with open(descriptor, "w", encoding="ascii") as written:
        written.write(key)
    return key


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _credentials(authorization: str) -> list[tuple[str, str]]:
    """The names and passwords that an Authorization header may mean."""
    scheme, _, said = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return _meant(said.strip())
        case "basic":
            try:
                name, _, password = base64.b64decode(said, validate=True).decode("utf-8").partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return []
            return [(name, password), ("", password)]
    return []


def _meant(token: str) -> list[tuple[str, str]]:
    name, colon, password = token.partition(":")
    return [("", token), *([(name, password)] if colon else [])]


def _address(connection: HTTPConnection) -> str:
    """Where a request comes from; of IPv6 the network, as one person has as many addresses in it as they like."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else host


# --- the page ----------------------------------------------------------------------------------------------------


def routes(porter: Porter) -> APIRouter:
    """`/sign-in` and `/sign-out`: pages that work without script."""
    router = APIRouter()

    # All of it on the event loop: what the porter remembers is not shared between threads.

    @router.get(SIGN_IN)
    async def ask(request: Request, next: str = "/") -> Response:
        if signed_in(request.scope) is not None:
            return _onward(next)
        return _page(request, porter, next)

    @router.post(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
        name, password, onward = form.get("name", "").strip(), form.get("password", ""), form.get("next", "/")
        words = _words(request, onward)
        try:
            known = porter.admit([(name, password)], _address(request))
        except TooManyTriesError as error:
            said = words.too_many_tries.format(seconds=error.seconds)
            return _page(request, porter, onward, 429, said, name, {"Retry-After": str(error.seconds)})
        if known is None:
            return _page(request, porter, onward, 401, words.wrong_password, name)
        return _with_cookie(_onward(onward), porter.session(known), _DAYS, request)

    @router.get(SIGN_OUT)
    async def leave(request: Request) -> Response:
        return _page(request, porter, "/", leaving=True)

    @router.post(SIGN_OUT)
    async def sign_out(request: Request) -> Response:
        if token := request.cookies.get(COOKIE):
            porter.end(token)
        return _with_cookie(RedirectResponse(SIGN_IN, 303), "", 0, request)

    return router


def _page(
    request: Request,
    porter: Porter,
    onward: str,
    status: int = 200,
    wrong: str = "",
    name: str = "",
    headers: Mapping[str, str] | None = None,
    leaving: bool = False,
) -> Response:
    words = _words(request, onward)
    html = _PAGES.get_template("sign_in.html").render(
        words=words,
        other=ENGLISH if words is CHINESE else CHINESE,
        colors=_colors(),
        has_names=porter.has_names,
        next=local_path(onward),
        wrong=wrong,
        name=name,
        leaving=leaving,
    )
    return HTMLResponse(html, status, headers={"Vary": "Accept-Language", **(headers or {})})


def _words(request: Request, onward: str) -> Strings:
    """The language of the page that was asked for, else the browser's."""
    chosen = request.query_params.get("lang", "")
    if not chosen and local_path(onward).startswith(CHINESE.path):
        return CHINESE
    first = chosen or request.headers.get("accept-language", "")
    return CHINESE if first.lower().startswith(Language.CHINESE.value) else ENGLISH


def _colors() -> str:
    """The colours of every page, dark where the browser prefers it: no script chooses here."""
    tokens = (files("ui") / "assets" / "tokens.css").read_text("utf-8")
    return _DARK.sub(r"@media (prefers-color-scheme: dark) { body\1 }", tokens)


def local_path(wanted: str) -> str:
    """`wanted` where it is a path of this server, else `/`: nobody is led to another site by signing in."""
    local = re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", wanted)  # visible ASCII without the backslash
    return wanted if local and not urlsplit(wanted).netloc and not wanted.startswith(SIGN_OUT) else "/"


def _onward(wanted: str) -> RedirectResponse:
    return RedirectResponse(local_path(wanted), 303)


def _with_cookie(response: Response, token: str, seconds: int, request: Request) -> Response:
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")
    return response
