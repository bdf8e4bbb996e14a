"""Who asks: a browser known by its cookie, a name that signed in, or a program known by its address."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie
from ipaddress import ip_address

from starlette.requests import HTTPConnection
from starlette.types import Scope

COOKIE = "digest-visitor"
_KEY = "digest.visitor"
_YEAR = 365 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """`owner` owns the conversations: a browser's secret token, or `name:` and who signed in.

    `key` is what questions are counted by, the name or the network address: a token costs nothing to change.
    `here`: asked from this computer itself, not over a network.
    """

    owner: str
    key: str
    here: bool


def visitor_of(scope: Scope) -> Visitor:
    """The visitor of a request that has passed `recognise`."""
    visitor = scope[_KEY]
    assert isinstance(visitor, Visitor)
    return visitor


def recognise(scope: Scope, name: str = "", may_be_here: bool = True) -> str:
    """Notes in the scope who asks; `name` is who signed in. Gives the cookie to be set, "" if none is needed.

    `may_be_here`: the address tells who sits at this computer.
    """
    client = scope.get("client")
    address = client[0] if client else "127.0.0.1"
    known = HTTPConnection(scope).cookies.get(COOKIE, "")
    token = known if _TOKEN.fullmatch(known) else secrets.token_urlsafe(24)
    owner = f"name:{name}" if name else token
    scope[_KEY] = Visitor(owner, owner if name else address, may_be_here and _is_this_computer(address))
    return "" if name or token == known else _cookie(token)


def _cookie(token: str) -> str:
    cookie: SimpleCookie = SimpleCookie({COOKIE: token})
    for key, value in {"path": "/", "max-age": _YEAR, "httponly": True, "samesite": "Lax"}.items():
        cookie[COOKIE][key] = value
    return cookie[COOKIE].OutputString()


def _is_this_computer(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
