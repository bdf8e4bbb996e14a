"""The address of a paper's code, as its abstract gives it: only on hosts that people keep code on."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

FORGES = ("github.com", "gitlab.com", "huggingface.co", "bitbucket.org", "codeberg.org")
_ADDRESS = re.compile(r"https://[^\s<>\"'`|\\^{}\[\]()]+", re.IGNORECASE)
_TRAILING = ".,;:!?*_~。，；：！？、）》”’"
_PROJECT_PAGE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.github\.io")


def code_link(abstract: str) -> str:
    """The first address on a forge, else the first project page of GitHub's, else the empty string.

    Addresses of other hosts, with a user, a port or letters beyond ASCII are refused: they can look like these.
    """
    found = [match[0].rstrip(_TRAILING) for match in _ADDRESS.finditer(abstract)]
    on_forges = [address for address in found if _on_forge(address)]
    pages = [address for address in found if is_project_page(address)]
    return next(iter((*on_forges, *pages)), "")


def _on_forge(address: str) -> bool:
    parts = _split(address)
    return parts is not None and parts.netloc.lower() in FORGES and bool(parts.path.strip("/"))


def is_project_page(address: str) -> bool:
    parts = _split(address)
    return parts is not None and bool(_PROJECT_PAGE.fullmatch(parts.netloc.lower()))


def host_of(address: str) -> str:
    return urlsplit(address).netloc.lower()


def _split(address: str) -> SplitResult | None:
    """Its parts; None of what no browser and this module would surely read alike."""
    if not address.isascii() or not address.isprintable() or "@" in address:
        return None
    try:
        return urlsplit(address)
    except ValueError:
        return None
