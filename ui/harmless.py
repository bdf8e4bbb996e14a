"""Text of papers, people and models as HTML that shows it and does nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from ingest.visible import visible

FORMULA = re.compile(
    r"(?<!\\)\\\((?P<round>.+?)(?<!\\)\\\)|\$\$(?P<double>.+?)\$\$"
    r"|(?:(?<![\\$\w])\$|(?<![\\$])\$(?=\\[A-Za-z]))(?P<single>[^\s$](?:[^$\n]{0,300}?[^\s$])?)\$(?![\w$])",
    re.DOTALL,
)
# KaTeX shows only the name of these, and swallows what they hold.
_UNTRUSTED = re.compile(r"\\(?:href|url|html\w*|includegraphics)")


def plain(text: str) -> str:
    """Text as HTML that shows it character by character, its formulas marked for KaTeX."""
    return "".join(_pieces(visible(text)))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    for match in FORMULA.finditer(text):
        yield escape(text[at : match.start()])
        yield formula(match)
        at = match.end()
    yield escape(text[at:])


def formula(match: re.Match[str]) -> str:
    """arXiv's `$…$` as `\\(…\\)`, which cannot be mistaken for a price."""
    tex = match[match.lastgroup or 0]
    if _UNTRUSTED.search(tex):
        return escape(match[0])
    return f"$${escape(tex)}$$" if match.lastgroup == "double" else rf"\({escape(tex)}\)"


def one_block(html: str) -> str:
    """The same HTML without blank lines, which would end a block of HTML in Markdown."""
    return re.sub(r"\n(?=\s*\n)", "&#10;", html.strip())
