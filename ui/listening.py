"""Where the chat listens: on this computer alone, unless there is a password."""

from __future__ import annotations

import logging
import socket
from ipaddress import ip_address

from ui.settings import UiSettings

log = logging.getLogger(__name__)

_GUESSED_SOON = 8  # characters; fewer are few for a password that others can try


class ServerError(Exception):
    """The server cannot listen where it was told to, or may not without a password."""


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


def listen(settings: UiSettings) -> socket.socket:
    """A socket bound to where the chat listens. Raises ServerError."""
    require_password(settings)
    family, address = _addresses(settings.host, settings.port)[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise _cannot_listen(settings.host, settings.port, error.strerror or str(error)) from error
    return listening


def require_password(settings: UiSettings) -> None:
    """Raises ServerError where others would be let in and nobody need sign in."""
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
