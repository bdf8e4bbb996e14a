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
_DELIMITER = re.compile(r"(\$(?=\$)|\\(?=[(\[]))")
_TAG = re.compile(r"<[a-z][^<>]*>")
_UNTRUSTED = re.compile(r"\\(?:href|url|html\w*|includegraphics)")


def plain(text: str) -> str:
    """Text as HTML that shows it character by character, its formulas marked for KaTeX."""
    return "".join(_pieces(visible(text)))


def inert(text: str) -> str:
    """Text escaped, in which nothing begins a formula.

    Gradio pairs `$$` and `\\(` across a whole message, tags and all, and what lies between is lost.
    """
    return _DELIMITER.sub(r"\1<wbr>", escape(text))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    for match in FORMULA.finditer(text):
        yield inert(text[at : match.start()])
        yield formula(match)
        at = match.end()
    yield inert(text[at:])


def formula(match: re.Match[str]) -> str:
    """arXiv's `$…$` as `\\(…\\)`, which cannot be mistaken for a price."""
    tex = match[match.lastgroup or 0]
    if _UNTRUSTED.search(tex):
        return inert(match[0])
    return f"$${escape(tex)}$$" if match.lastgroup == "double" else rf"\({escape(tex)}\)"


def one_block(html: str) -> str:
    """The same HTML without blank lines, which would end a block of HTML in Markdown, and no formula begun in a tag."""
    html = _TAG.sub(lambda tag: _DELIMITER.sub(lambda one: f"&#{ord(one[1])};", tag[0]), html)
    return re.sub(r"\n(?=\s*\n)", "&#10;", html.strip())
