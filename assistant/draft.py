"""An answer being written, what it is made of, and how papers and their text are shown in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.answer import Claim, Evidence, Query, Searched, Support
from assistant.evidence import EvidenceFinder
from assistant.retrieve import Ranking
from assistant.wording import Wording, wording
from ingest.library import Library
from ingest.paper import Paper, Section
from ingest.visible import visible

# An answer about a paper or two is read at a glance: titles and quotes together, the few words around them left out.
ANSWER_CHARACTERS = 740
# What could be markup, an address or an id is so between dollars too: prices look like maths. The page knows a formula
# by the same marks; a dollar that is not of one is escaped, so that no two of them meet over a quote's end.
_MATHS = re.compile(
    r"((?:(?<![\\$\w])\$(?=[^\s$])|(?<![\\$])\$(?=\\[a-z]))"  # `5$`: money, unless TeX follows as in `9$\times$`
    r"(?:(?!<[A-Za-z/!?]|\]\(|!\[|\*\*|~~|`|://|www\.|@|[0-9]{4}\.[0-9]{4}|/[0-9]{7})[^$\n]){1,200}"
    r"(?<!\s)\$(?![\w$]))",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"^(\d{0,9})([.)+-](?=\s|\Z)|#(?=[#\s]|\Z)|>)")
# Also what programs make links of though nobody wrote a link, and what would count as a cited id.
_MARKDOWN = re.compile(
    r"([\\`*\[\]<|~$]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])|(?<=http):(?=//)|(?<=https):(?=//)|(?<=ftp):(?=//)"
    r"|(?<=www)\.|@|(?<=[0-9]{4})\.(?=[0-9]{4})|(?<=[a-z])/(?=[0-9]{7})|(?<=\.[a-z]{2})/(?=[0-9]{7}))",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BARE_PIPE = re.compile(r"(?<!\\)\|")  # formulas hold some
Table = tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Draft:
    """An answer being written: Markdown lines, and the claims made in them."""

    lines: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    abstained: bool = False
    table: Table = ()

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()

    def record(self, text: str) -> str:
        """`text` as a claim that the library's record stands for."""
        self.claims.append(Claim(text, (), Support.RECORD))
        return text

    def begin(self, text: str) -> None:
        """Puts `text`, which the record stands for, before everything else: claims are in the order of the text."""
        self.claims.insert(0, Claim(text, (), Support.RECORD))
        self.lines[:0] = [text, ""]

    def quote(self, evidence: Evidence) -> str:
        """The evidence as Markdown, claimed as quoted."""
        text = escape(evidence.text)
        self.claims.append(Claim(text, (evidence,), Support.QUOTED))
        return text


@dataclass(frozen=True, slots=True)
class Materials:
    """What an answer is made of."""

    query: Query
    ranking: Ranking
    searched: Searched
    evidence: EvidenceFinder
    library: Library
    parts: tuple[Materials, ...] = ()  # of each question, where a message asks several

    @property
    def words(self) -> Wording:
        return wording(self.query.language)


def titled(paper: Paper) -> str:
    return f"{cite(paper)} **{escape(paper.title)}**"


def cite(paper: Paper) -> str:
    return f"[{paper.arxiv_id}]({paper.url})"


def byline(paper: Paper, most: int = 3) -> str:
    """First authors, category and month."""
    names = ", ".join(paper.authors[:most]) + (" et al." if len(paper.authors) > most else "")
    return "; ".join(part for part in (escape(names), paper.primary_category, paper.month) if part)


def first_sentences(paper: Paper, section: Section, materials: Materials) -> list[Evidence]:
    everything = materials.evidence.best([paper])[paper.arxiv_id]
    return sorted((e for e in everything if e.section is section), key=lambda e: e.start)


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as a Markdown table; the first one is its head."""
    cells = ([_BARE_PIPE.sub(r"\\|", cell.replace("\n", " ")) for cell in row] for row in rows)
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]


def days(words: Wording, searched: Searched) -> str:
    if not searched.first_day:
        return ""
    return words.scope_days.format(first=searched.first_day, last=searched.last_day)


def escape(text: str) -> str:
    """`text` as Markdown that shows it as it is; formulas between dollars stay as they are."""
    parts = _MATHS.split(" ".join(visible(text).split()))
    escaped = "".join(part if n % 2 else _MARKDOWN.sub(r"\\\1", part) for n, part in enumerate(parts))
    return _BLOCK.sub(r"\1\\\2", escaped)


def unescape(markdown: str) -> str:
    """What `escape` made of a text, as the text again."""
    parts = _MATHS.split(markdown)
    return "".join(part if n % 2 else _ESCAPED.sub(r"\1", part) for n, part in enumerate(parts))
