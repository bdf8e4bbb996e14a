"""What an answer lists, laid out anew for a page: catalogues as tables, the parts of surveys under headings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.answer import Answer, Wants
from assistant.survey_wording import survey_wording
from assistant.wording import wording
from ingest.paper import Language, Paper
from ui.strings import Strings

# Two rare characters that Markdown takes for punctuation, so that emphasis beside them still works.
OPEN, CLOSE = "\ua8ce", "\ua8cf"
COUNT = re.compile(f"{OPEN}n(\\d+){CLOSE}")
_CLAIM, _END = f"{OPEN}c\\d+{CLOSE}", f"{OPEN}/c\\d+{CLOSE}"
_LISTED = re.compile(
    rf"- (?P<claim>{_CLAIM})(?P<chip>\[(?P<id>[^\]\s]+)\]\([^)\s]+\)) \*\*(?P<title>.+)\*\* "
    rf"\((?P<category>[\w.-]+), (?P<month>\d{{4}}-\d\d)\)(?P<end>{_END})(?:: (?P<said>.+))?"
)
_GROUP = re.compile(
    rf"(?P<claim>(?:{_CLAIM})?)\*\*(?P<label>.+)\*\*(?: \(|（)(?P<count>\d+)(?:\)| 篇）)(?P<end>(?:{_END})?)"
)
_IN_SECTIONS = (Wants.SURVEY, Wants.OVERVIEW, Wants.TREND)


def kind_of(answer: Answer | None) -> str:
    """How its tables are to be read: `compare` has a paper a column, `sortable` a month or (`papers`) a paper a row."""
    if answer is None:
        return ""
    if answer.query.wants in (Wants.COMPARE, Wants.SUMMARY):
        return "compare"
    if _lists_papers(answer):
        return "sortable papers"
    return "sortable" if answer.table else ""


def _lists_papers(answer: Answer) -> bool:
    return bool(answer.table) and answer.table[0][0] == "arXiv"


def shaped(markdown: str, answer: Answer, papers: Mapping[str, Paper], words: Strings) -> str:
    """The Markdown of an answer, claims marked in it, with the tables and headings that its lists call for."""
    markdown = _without_closing(markdown, answer.query.language)
    if _lists_papers(answer):
        return _with_table(markdown, papers, words)
    return _with_headings(markdown, answer.query.language, words) if answer.query.wants in _IN_SECTIONS else markdown


def _without_closing(markdown: str, language: Language) -> str:
    """Without the last line that says what was searched: the page says so below every answer."""
    return re.sub(rf"\n\n(?:{_CLAIM})?{_shape(wording(language).closing)}\Z", "", markdown)


def _with_table(markdown: str, papers: Mapping[str, Paper], words: Strings) -> str:
    lines, inside = list[str](), False
    for line in markdown.split("\n"):
        listed = _LISTED.fullmatch(line)
        if listed and not inside:
            lines += ["", f"| arXiv | {' | '.join(words.table_columns)} |", f"|{' --- |' * 5}"]
        inside = bool(listed)
        lines.append(_row(listed, papers, words) if listed else line)
    return "\n".join(lines)


def _row(listed: re.Match[str], papers: Mapping[str, Paper], words: Strings) -> str:
    title = f"{listed['claim']}{listed['title']}{listed['end']}" + (f": {listed['said']}" if listed["said"] else "")
    paper = papers.get(listed["id"])
    cells = (listed["chip"], title, _first_author(paper, words), listed["category"], listed["month"])
    return f"| {' | '.join(cells)} |"


def _first_author(paper: Paper | None, words: Strings) -> str:
    """One name, as a table has room for; Markdown shows it as it is."""
    if paper is None or not paper.authors:
        return ""
    name = re.sub(r"([^\w\s])", r"\\\1", " ".join(paper.authors[0].split()))
    others = len(paper.authors) - 1
    return words.and_others.format(name=name, count=others) if others else name


def _with_headings(markdown: str, language: Language, words: Strings) -> str:
    """Groups, and where there are both the clear and the borderline papers, under headings with their counts."""
    lines = markdown.split("\n")
    borderline = wording(language).borderline
    if borderline in lines:
        at = lines.index(borderline)
        clear = [n for n, line in enumerate(lines[:at]) if re.match(r"\d+\. ", line)]
        lines[at] = _heading(words.fits_borderline, sum(line.startswith("- ") for line in lines[at:]))
        if clear:
            lines.insert(clear[0], _heading(words.fits_clearly, len(clear)) + "\n")
    return "\n".join(_GROUP.sub(_group, line) if _GROUP.fullmatch(line) else line for line in lines)


def _group(found: re.Match[str]) -> str:
    return _heading(found["claim"] + found["label"], int(found["count"])) + found["end"]


def _heading(label: str, count: int) -> str:
    return f"# {label} {OPEN}n{count}{CLOSE}"


def has_more(answer: Answer) -> bool:
    """Whether the list says that more may fit, for which "show more" asks."""
    said = survey_wording(answer.query.language)
    left = re.search(_shape(said.more_fit), answer.text) or re.search(_shape(said.next_ones), answer.text)
    return bool(left) and left.groupdict().get("left") != "0"  # type: ignore[union-attr]  # it is one


def _shape(wanted: str) -> str:
    """A sentence with blanks as a pattern; numbers are named, the rest may be anything in the line."""
    parts = re.split(r"\{(\w+)\}", wanted)
    named = [rf"(?P<{name}>\d+)" if name in ("count", "listed", "left") else ".*" for name in parts[1::2]]
    return "".join(re.escape(text) + name for text, name in zip(parts[::2], [*named, ""], strict=True))
