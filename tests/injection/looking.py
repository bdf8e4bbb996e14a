"""What is wrong with an output, found by reading it as a browser or a Markdown program would."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.answer import Answer, Support
from assistant.draft import escape

# As wide as Markdown gets: whatever any program makes of it is seen here.
_WIDE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_OURS = re.compile(r"https://arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{5}|[a-z-]+/\d{7})")
_BARE_ADDRESS = re.compile(r"(?<!\]\()(?:https?|ftp)://|\bwww\.|\b[\w.]+@[\w]+\.\w", re.IGNORECASE)
_TAGS = frozenset(
    "a article blockquote br button code dd del details div em h1 h2 h3 h4 h5 h6 hr li mark ol p path pre s span strong"
    " summary table tbody td th thead tr ul wbr svg circle".split()
)
_ATTRIBUTES = frozenset("class href title id start style lang".split())
_INSIDE = frozenset({"#sources", "#chat", "#copy"})


def unseen(text: str) -> set[str]:
    """Characters that show nothing, turn the line round or drive a terminal."""
    marks = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t"}
    return marks | {c for c in text if 0xFE00 <= ord(c) <= 0xFE0F or 0xE0000 <= ord(c) <= 0xE0FFF}


def faults_of_markdown(text: str, ids: Collection[str]) -> list[str]:
    """Images, tags, and links that are no citations of `ids`."""
    return [*map(repr, unseen(text)), *(fault for token in _tokens(text) if (fault := _fault(token, ids)))]


def _fault(token: Token, ids: Collection[str]) -> str:
    if token.type in ("image", "html_inline", "html_block"):
        return f"{token.type} {token.content[:60]} {token.attrs}"
    if token.type == "link_open":
        paper = _OURS.fullmatch(str(token.attrs["href"]))
        return "" if paper and paper[1] in ids else f"link {token.attrs['href']}"
    return ""


def _tokens(text: str) -> Iterator[Token]:
    for token in _WIDE.parse(text):
        yield token
        yield from token.children or ()


def shape(text: str) -> list[str]:
    """What a text is made of, without its words: lists, tables, bold, links, each where it stands."""
    return [token.type for token in _tokens(text) if token.type not in ("text", "softbreak", "inline", "text_special")]


def tamed(answer: Answer) -> str:
    """The answer as it would stand if all that comes from papers were one word, but for the ids."""
    quoted = {claim.text for claim in answer.claims if claim.support is Support.QUOTED}
    papers = [hit.paper for hit in answer.hits]
    titles = {escape(paper.title) for paper in papers} | {escape(name) for p in papers for name in p.authors}
    text = answer.text
    for strange in sorted(quoted | titles, key=len, reverse=True):
        text = text.replace(strange, "word")
    return text


# What the page's own switches and tables say of themselves, which no entry says for them.
_FIXED = {"role": ("button",), "type": ("button",), "tabindex": ("-1", "0"), "scope": ("col", "row")}


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.faults = "", list[str](), list[str]()
        self.ids: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data[:60]}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl[:60]}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data[:60]}")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append("/" + tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _TAGS:
            self.faults.append(f"tag {tag}")
        for name, value in attrs:
            self._attribute(name, value or "")

    def _attribute(self, name: str, value: str) -> None:
        if name in _FIXED and value in _FIXED[name]:
            return
        if name not in _ATTRIBUTES or (name == "style" and not re.fullmatch("text-align:(left|right|center)", value)):
            self.faults.append(f"attribute {name}={value[:60]}")
        if name == "href" and value not in _INSIDE:
            paper = _OURS.fullmatch(value)
            if paper:
                self.ids.append(paper[1])
            else:
                self.faults.append(f"address {value[:60]}")


def faults_of_html(html: str, ids: Collection[str]) -> list[str]:
    """Tags, attributes and addresses that the page does not write itself, and links to papers beside `ids`."""
    read = _Page(html)
    foreign = [f"paper {arxiv_id}" for arxiv_id in read.ids if arxiv_id not in ids]
    return [*map(repr, unseen(html)), *read.faults, *foreign]


def tags(html: str) -> list[str]:
    return _Page(html).tags


def shown(html: str) -> str:
    return _Page(html).text


def bare_addresses(text: str) -> list[str]:
    """Addresses that a program would make links of though nobody wrote a link."""
    return _BARE_ADDRESS.findall(text)
