"""Digest text in, papers out.

Two formats of the project daily-arXiv-ai-enhanced are read: its Markdown page of a day (`to_md/paper_template.md`
there), and the JSON lines that the page is made from. Whatever is wrong with an entry is told with its line, and
costs no other entry anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated

import ftfy
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from ingest.errors import DigestFormatError
from ingest.paper import Appearance, Paper, Section, Summary
from ingest.visible import visible

EXPECTED_HEAD = "`### [n] [title](https://arxiv.org/abs/<id>)`"
EXPECTED_RECORD = "a JSON object with `id`, `title` and `summary`"

# No field of a real digest is near this (arXiv's abstracts end at 1,920, three thousand authors at 60,000); a longer
# one is a broken file, and cut here so that it cannot hold up the reading.
MAX_FIELD_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class Digest:
    """The papers of one digest, each once and in its order, and what could not be read.

    `day` is None if the name holds no date. `unreadable` holds one message `name:line: expected …, got …` an entry.
    `placeholders` counts the papers that lost a field which only said that summarising had failed, `repeats` the
    entries that were folded into an earlier entry of the same paper.
    """

    name: str
    day: date | None
    papers: tuple[Paper, ...]
    unreadable: tuple[str, ...] = ()
    placeholders: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one entry as they stand in the file, the first being its head; `section` is the heading above."""

    line: int
    head: str
    section: str = ""
    body: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A paper as one entry gives it; `failed` if one of its fields was a placeholder, and was dropped."""

    paper: Paper
    failed: bool


def read_digest(text: str, name: str) -> Digest:
    """The papers in a digest's text, Markdown or JSON lines, told apart by what the text holds. Never raises."""
    read, blocks = (_read_record, _records) if _is_json_lines(text, name) else (_read_markdown, _markdown_blocks)
    day = day_of(name)
    kept: dict[str, _Entry] = {}
    unreadable: list[str] = []
    position = repeats = 0
    for position, block in enumerate(blocks(text), 1):
        try:
            entry = read(block, Appearance(name, day, position))
        except DigestFormatError as exc:
            unreadable.append(f"{name}:{block.line}: {exc}")
            continue
        arxiv_id = entry.paper.arxiv_id
        repeats += arxiv_id in kept
        kept[arxiv_id] = _fold(kept[arxiv_id], entry) if arxiv_id in kept else entry
    if not position and not _EMPTY_DAY.search(text):
        unreadable.append(f"{name}:1: expected entries {EXPECTED_HEAD}, got {_quoted(text)}")
    papers = tuple(entry.paper for entry in kept.values())
    return Digest(name, day, papers, tuple(unreadable), sum(entry.failed for entry in kept.values()), repeats)


# A date without dashes may not touch a hex digit: names made of hashes hold such numbers by chance.
_DAYS = (
    re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[-_.]([0-9]{2})[-_.]([0-9]{2})(?![0-9])"),
    re.compile(r"(?<![0-9a-fA-F])((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})(?![0-9a-fA-F])"),
)


def day_of(name: str) -> date | None:
    """The date in the last part of a file's name or address: `2026-02-06…`, `2026_02_06`, `20260206`."""
    for found in (found for pattern in _DAYS for found in pattern.finditer(PurePosixPath(name).name)):
        with suppress(ValueError):
            return date(*map(int, found.groups()))
    return None


# --- Markdown

_ID = r"([0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5}|[a-z-]+(?:\.[A-Za-z-]+)?/[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3})(?:v[0-9]+)?"
_ADDRESS = rf"https?://(?:[a-z]+\.)?arxiv\.org/(?:abs|pdf|html)/{_ID}(?:\.pdf)?/?(?:[?#]\S*)?"
_HEAD = re.compile(rf"#{{1,6}}\s*\[[0-9]+\]\s*\[(.+)\]\({_ADDRESS}\)")
# What was meant to be a head: it ends the entry before, whether or not it can be read.
_HEAD_LIKE = re.compile(r"\s{0,3}(?:###(?!#)|#{1,6}\s*\[[0-9]|.{0,6}\[\w{1,6}\]\s*\[.*\]\()")
_SECTION = re.compile(r"#{1,2}\s+(\S*)")
_SHORTEST_HEADING = 2
_CATEGORY = re.compile(r"[A-Za-z-]+(?:\.[A-Za-z-]+)?")
_LABELS = ("Main category", "TL;DR", *(section.capitalize() for section in Section if section is not Section.TLDR))
_LABEL = re.compile(rf"({'|'.join(_LABELS)})\s?[:：](.*)")
_EMPTY_DAY = re.compile(r"<div id=toc>|^# Table of Contents", re.MULTILINE)


def _markdown_blocks(text: str) -> Iterator[_Block]:
    block, section = None, ""
    lines = text.removeprefix("\ufeff").split("\n")
    for number, (line, inside) in enumerate(zip(lines, _inside_details(lines), strict=True), 1):
        is_text = inside or len(line) < _SHORTEST_HEADING
        heading = None if is_text else _SECTION.match(line)
        if not is_text and _HEAD_LIKE.match(line):
            if block:
                yield block
            block = _Block(number, line.strip(), section)
        elif heading:
            if block:
                yield block
            block, section = None, heading[1]
        elif block:
            block.body.append(line)
    if block:
        yield block


def _inside_details(lines: list[str]) -> list[bool]:
    """Whether each line is text of an entry, whatever it looks like: its details are open, and closed after it.

    Where others are opened before, the entry was cut off, and what follows is the next one.
    """
    closed_next, inside = False, [False] * len(lines)
    marked = [n for n, line in enumerate(lines) if "details>" in line]
    closed_next, after = False, len(lines)
    for n in reversed(marked):
        inside[n:after] = [closed_next] * (after - n)
        if "</details>" in lines[n]:
            closed_next = True
        elif lines[n].lstrip().startswith("<details>"):
            closed_next = False
        after = n
    inside[:after] = [closed_next] * after
    opened, after = False, 0
    for n in marked:
        if not opened:
            inside[after : n + 1] = [False] * (n + 1 - after)
        opened = "</details>" not in lines[n] and (opened or lines[n].lstrip().startswith("<details>"))
        after = n + 1
    if not opened:
        inside[after:] = [False] * (len(lines) - after)
    return inside


def _read_markdown(block: _Block, appearance: Appearance) -> _Entry:
    head = _HEAD.fullmatch(block.head)
    if not head:
        raise DigestFormatError(f"expected {EXPECTED_HEAD}, got {_quoted(block.head)}")
    fields = _fields(block.body)
    category = _CATEGORY.match(fields.get("Main category", "").strip() or block.section)
    return _entry(
        Paper(
            arxiv_id=head[2],
            title=head[1],
            authors=_authors(block.body),
            primary_category=category[0] if category else "",
            categories=(category[0],) if category else (),
            abstract=fields.get("Abstract", ""),
            summary=Summary(*(fields.get(label, "") for label in _LABELS[1:-1])),
            appearances=(appearance,),
        )
    )


def _authors(body: list[str]) -> tuple[str, ...]:
    first = next((line.strip() for line in body if line.strip()), "")
    return tuple(first.strip("*").split(",")) if first.startswith("*") else ()


def _fields(body: list[str]) -> dict[str, str]:
    """The text under each label of an entry.

    An abstract may itself hold lines such as `Method: …`. So a label counts once, and only after an empty line or
    where the order of the template allows it, in which the abstract comes last.
    """
    found: dict[str, list[str]] = {}
    current, broken = "", True
    for line in body:
        label = _LABEL.match(line)
        text, closing, _ = line.partition("</details>")
        if label and label[1] not in found and (broken or _follows(label[1], current)):
            current = label[1]
            text = label[2].partition("</details>")[0]
        elif current != _LABELS[-1] and line.lstrip().startswith(("<details>", "<summary>")):
            current = ""
        if current:
            found.setdefault(current, []).append(text)
        if closing:
            break
        broken = not line.strip()
    return {label: "\n".join(lines) for label, lines in found.items()}


def _follows(label: str, current: str) -> bool:
    return not current or _LABELS.index(label) > _LABELS.index(current)


# --- JSON lines


def _as_text(value: object) -> str:
    """The text itself, a list's texts as lines; a model that answered with anything else has said nothing."""
    if isinstance(value, list):
        return "\n".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _as_words(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split(",")
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


_Text = Annotated[str, BeforeValidator(_as_text)]
_Words = Annotated[list[str], BeforeValidator(_as_words)]


class _RecordSummary(BaseModel):
    tldr: _Text = ""
    motivation: _Text = ""
    method: _Text = ""
    result: _Text = ""
    conclusion: _Text = ""


class _Record(BaseModel):
    """One line of `<day>_AI_enhanced_<language>.jsonl`. There, `summary` is what is called abstract here."""

    id: str
    title: str
    summary: _Text = ""
    authors: _Words = []
    categories: _Words = []
    ai: Annotated[_RecordSummary, BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = Field(
        default=_RecordSummary(), alias="AI"
    )


_RECORD_ID = re.compile(rf"(?:arXiv:|https?://\S+/(?:abs|pdf)/)?{_ID}")


def _is_json_lines(text: str, name: str) -> bool:
    looks_so = name.lower().endswith(".jsonl") or text.lstrip("\ufeff \t\n").startswith("{")
    return looks_so and not re.search(r"^#{1,6} *\[", text, re.MULTILINE)


def _records(text: str) -> Iterator[_Block]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if line.strip():
            yield _Block(number, line)


def _read_record(block: _Block, appearance: Appearance) -> _Entry:
    try:
        record = _Record.model_validate_json(block.head)
    except ValidationError as exc:
        raise DigestFormatError(f"expected {EXPECTED_RECORD}, got {_quoted(block.head)}") from exc
    arxiv_id = _RECORD_ID.fullmatch(record.id.strip())
    if not arxiv_id:
        raise DigestFormatError(f"expected an arXiv `id` such as 2512.21015 or cs/0112017, got {_quoted(record.id)}")
    categories = tuple(word for word in map(str.strip, record.categories) if _CATEGORY.fullmatch(word))
    return _entry(
        Paper(
            arxiv_id=arxiv_id[1],
            title=record.title,
            authors=tuple(record.authors),
            primary_category=categories[0] if categories else "",
            categories=categories,
            abstract=record.summary,
            summary=Summary(**record.ai.model_dump()),
            appearances=(appearance,),
        )
    )


# --- Both formats

# What the summarising programs write where a summary failed or was withheld; the likenesses in Chinese come from
# models that were asked to answer in it.
_PLACEHOLDER = re.compile(
    r"(?:summary|tl;?dr|motivation|method|result|conclusion) (?:generation|analysis|extraction) (?:failed|unavailable)"
    r"|(?:processing|generation|summari[sz]ation|analysis|extraction) failed|error|no concise summary available"
    r"|(?:this|the) content has not passed the compliance test.{0,60}"
    r"|(?:总结|摘要|概要|概述|动机|方法|结果|结论|内容)?(?:生成|分析|提取|处理)(?:失败|不可用|出错|错误)"
    r"|(?:该|此|本)?内容(?:未|没有)(?:能)?通过合规.{0,30}",
    re.IGNORECASE,
)
# Only what is broken for certain. Quotes, ligatures, full-width forms and HTML entities are what somebody wrote:
# changing them would change Chinese punctuation and LaTeX.
_REPAIRS = ftfy.TextFixerConfig(
    unescape_html=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
)
_BEYOND_ASCII = re.compile(r"[^\n -~]")
_BLANKS = re.compile(r"[ \t\xa0]+")
_FORMULA = re.compile(r"((?<!\\)\$[^$\n]{1,300}(?<!\\)\$|\\\(.{1,300}?\\\)|\\\[.{1,300}?\\\])")
_TYPE = re.compile(r"\\(?:text(?:bf|it|tt|sc|sf|rm)|emph|underline|mbox)\s?\{([^{}]{0,1000})\}")
_QUOTED_IN_TEX = re.compile(r"``([^`'\n]{1,300})''")
_ESCAPED = re.compile(r"\\([%&#_])")
# `3.76× faster` whose sign was read in the wrong encoding and then lost its second, invisible character.
_LOST_TIMES = re.compile(r"(?<=[0-9])Ã(?=[\s,.;)]|$)")


def _entry(raw: Paper) -> _Entry:
    """The paper with its texts cleaned and its placeholders dropped; raises DigestFormatError if no text is left."""
    summary = {name: _clean(raw.text(section)) for name, section in _SUMMARY_FIELDS}
    failed = [name for name, text in summary.items() if _is_placeholder(text)]
    abstract = _clean(_unwrapped(raw.abstract))
    paper = replace(
        raw,
        title=_clean(raw.title).replace("\n", " "),
        authors=tuple(filter(None, _clean("\n".join(raw.authors)).split("\n"))),
        abstract="" if _is_placeholder(abstract) else abstract,
        summary=Summary(**{**summary, **dict.fromkeys(failed, "")}),
    )
    if not paper.title:
        raise DigestFormatError(f"expected a title for {paper.arxiv_id}, got {_quoted(raw.title)}")
    if not paper.abstract and not paper.summary:
        raise DigestFormatError(f"expected an abstract or a summary of {paper.arxiv_id}, got neither")
    return _Entry(paper, bool(failed))


_SUMMARY_FIELDS = tuple((section.value, section) for section in Section if section is not Section.ABSTRACT)


def _fold(kept: _Entry, repeat: _Entry) -> _Entry:
    """One entry from two of the same paper in one digest: the first, with what only the repeat has."""
    paper, other = kept.paper, repeat.paper
    better = repeat if _richness(other) > _richness(paper) else kept
    folded = replace(
        paper,
        authors=paper.authors or other.authors,
        primary_category=paper.primary_category or other.primary_category,
        categories=paper.categories or other.categories,
        abstract=max(paper.abstract, other.abstract, key=len),
        summary=better.paper.summary,
    )
    return _Entry(folded, better.failed)


def _richness(paper: Paper) -> int:
    return sum(bool(paper.text(section)) for _, section in _SUMMARY_FIELDS)


def _clean(text: str) -> str:
    """Mojibake repaired, TeX's marks for type gone, control characters too, blanks collapsed; a line break left is one
    that was meant."""
    text = text[:MAX_FIELD_CHARS]
    if _BEYOND_ASCII.search(text):
        text = visible(ftfy.fix_text(_LOST_TIMES.sub("×", text), _REPAIRS))
    text = _without_type(text)
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _without_type(text: str) -> str:
    """`94\\% of \\textbf{all} ``names''` as it is printed, `94% of all “names”`; formulas stay as they are."""
    if "\\" not in text and "``" not in text:
        return text
    parts = _FORMULA.split(text)
    for n in range(0, len(parts), 2):
        parts[n] = _ESCAPED.sub(r"\1", _QUOTED_IN_TEX.sub(r"“\1”", _TYPE.sub(r"\1", _TYPE.sub(r"\1", parts[n]))))
    return "".join(parts)


def _unwrapped(abstract: str) -> str:
    """arXiv breaks abstracts at 80 columns; a new paragraph is indented, and list items begin with a mark."""
    return re.sub(r"\n(?=\S)(?![-*•] |[0-9]{1,2}[.)] )", " ", abstract[:MAX_FIELD_CHARS])


def _is_placeholder(text: str) -> bool:
    return len(text) < 160 and bool(_PLACEHOLDER.fullmatch(text.strip(" .。!！…*_[]()（）【】")))


def _quoted(found: str) -> str:
    line = found.strip().partition("\n")[0]
    return repr(line if len(line) <= 100 else line[:99] + "…") if line else "an empty text"
