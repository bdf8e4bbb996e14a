"""The nouns of a digest: what is read from files, kept in the library and handed to the assistant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

ARXIV_ABS = "https://arxiv.org/abs/"


class Language(StrEnum):
    """The two languages digests are written in. Abstracts are always English."""

    ENGLISH = "en"
    CHINESE = "zh"


class Section(StrEnum):
    """The fields of an entry that hold text, in the order a digest prints them."""

    TLDR = "tldr"
    MOTIVATION = "motivation"
    METHOD = "method"
    RESULT = "result"
    CONCLUSION = "conclusion"
    ABSTRACT = "abstract"


@dataclass(frozen=True, slots=True)
class Summary:
    """The digest's own words on a paper. A field that is missing or a placeholder is the empty string."""

    tldr: str = ""
    motivation: str = ""
    method: str = ""
    result: str = ""
    conclusion: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class Appearance:
    """One listing of a paper: in which digest, of which day (None if the name holds no date), as which entry."""

    digest: str
    day: date | None
    position: int


@dataclass(frozen=True, slots=True)
class Paper:
    """One arXiv paper, however many digests list it. Identity is `arxiv_id`, without version."""

    arxiv_id: str
    title: str
    authors: tuple[str, ...]
    primary_category: str
    categories: tuple[str, ...]
    abstract: str
    summary: Summary = field(default_factory=Summary)
    appearances: tuple[Appearance, ...] = ()

    @property
    def url(self) -> str:
        return ARXIV_ABS + self.arxiv_id

    @property
    def month(self) -> str:
        """`YYYY-MM` of submission, read from the id: `2512.21015` and `cs/0112017` give 2025-12 and 2001-12."""
        return month_of(self.arxiv_id)

    def text(self, section: Section) -> str:
        """The text of one section, empty if the digest had none."""
        return self.abstract if section is Section.ABSTRACT else str(getattr(self.summary, section.value))


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one paper that is embedded and searched.

    `passage_id` is `<arxiv_id>:<section>:<n>`, where section is `abstract` or `summary`: it says where the text
    comes from, so the same digest always gives the same ids. `text` is led by the title; `sentences` are the spans
    `(start, end)` in it of the sentences it is made of, in order.
    """

    passage_id: str
    arxiv_id: str
    section: str
    text: str
    sentences: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of one section of a paper: `paper.text(section)[start:end]`, offsets in characters."""

    arxiv_id: str
    section: Section
    start: int
    end: int
    text: str

    @property
    def sentence_id(self) -> str:
        return f"{self.arxiv_id}:{self.section.value}:{self.start}"


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that a paper must meet, all of them; empty ones let everything pass. They only ever narrow.

    `categories`: any of them, among all of the paper's categories. `authors`: any of them, whole names, case and
    accents ignored. `since` and `until` are inclusive bounds: `YYYY-MM` is compared with the month in the id,
    `YYYY-MM-DD` with the first digest day known, else with the month. `max_authors` bounds the number of authors.
    """

    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    arxiv_ids: tuple[str, ...] = ()
    max_authors: int | None = None

    def __bool__(self) -> bool:
        return self != Filters()


_MONTH_IN_ID = re.compile(r"(?:^|/)(\d\d)(\d\d)")


def month_of(arxiv_id: str) -> str:
    """`YYYY-MM` from the digits that every arXiv id starts with (old ids after the slash; 91-99 are 199x)."""
    found = _MONTH_IN_ID.search(arxiv_id)
    if not found:
        raise ValueError(f"expected an arXiv id such as 2512.21015 or cs/0112017, got {arxiv_id!r}")
    year, month = found.groups()
    return f"{'19' if year > '90' else '20'}{year}-{month}"
