"""Answers and papers as text: Markdown with links and marks on a terminal, plain words in files and pipes.

Everything from a digest or a model passes `printable` on its way out, so that none can drive the terminal.
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from typing import ClassVar, TextIO

import click
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.spinner import Spinner
from rich.table import Table

from assistant.answer import EXTRACTIVE, Answer, Delta, Event, Finished, Found, Searched, Support
from assistant.draft import unescape
from ingest.paper import ARXIV_ABS, Paper, Section
from ingest.visible import visible
from ui.markup import chips
from ui.strings import STRINGS, Strings

MARKS = {Support.QUOTED: "❞", Support.RECORD: "#", Support.SUPPORTED: "✓", Support.UNSUPPORTED: "(?)"}


async def print_stream(events: AsyncIterator[Event], out: TextIO | None = None) -> Answer:
    """The turn's answer, written to `out` once it is finished; on a terminal its text shows while it is written."""
    console = _console(out)
    answer = await (_watched(events, console) if console.is_terminal else finished(events))
    print_answer(answer, out)
    return answer


async def finished(events: AsyncIterator[Event]) -> Answer:
    """The answer that the last event of a turn brings."""
    async for event in events:
        if isinstance(event, Finished):
            return event.answer
    raise AssertionError("a turn ended without `Finished`")


def print_answer(answer: Answer, out: TextIO | None = None) -> None:
    """Writes a finished answer to `out`, standard output by default."""
    console = _console(out)
    if not console.is_terminal:
        click.echo(plain_answer(answer), file=console.file, nl=False)
        return
    console.print(_markdown(f"{marked_text(answer)}\n\n{table(answer)}\n\n{sources(answer, linked=True)}"))
    console.print()
    if answer.notice:
        console.print(printable(answer.notice), style="yellow", markup=False)
    console.print(footer(answer), style="dim", markup=False)


def plain_answer(answer: Answer) -> str:
    """The answer with bare ids in brackets; their addresses stand under the sources."""
    text = re.sub(r"\[([^\[\]]+)\]\(https?://[^()\s]+\)", r"[\1]", marked_text(answer))
    text = unescape(text) if answer.mode == EXTRACTIVE else text
    parts = [text, table(answer), sources(answer), answer.notice, footer(answer)]
    return printable("\n\n".join(part for part in parts if part)) + "\n"


def marked_text(answer: Answer) -> str:
    """The answer's text with the mark of its support behind each claim; a claim that is not in the text has none."""
    marked, rest = "", answer.text
    for claim in answer.claims:
        words = claim.text.rstrip()
        if words and words in rest:
            end = rest.index(words) + len(words)
            marked, rest = f"{marked}{rest[:end]} {MARKS[claim.support]}", rest[end:]
    return marked + rest


def table(answer: Answer) -> str:
    """A catalogue or comparison as a Markdown table, empty where the text has laid it out itself."""
    if not answer.table or "|" in answer.text:
        return ""
    header, *rows = (f"| {' | '.join(cell.replace('|', '¦') for cell in row)} |" for row in answer.table)
    return "\n".join([header, "|---" * len(answer.table[0]) + "|", *rows])


def sources(answer: Answer, linked: bool = False) -> str:
    """The cited papers in order, each with the sentences the answer stands on and does not show; empty if none is.

    `linked` makes ids Markdown links and escapes the rest; otherwise addresses are spelled out.
    """
    if not answer.citations:
        return ""
    escaped = _escaped if linked else str
    words = _words(answer)
    lines = [f"{words.misses if answer.abstained else words.sources}:", ""]
    papers = {hit.paper.arxiv_id: hit.paper for hit in answer.hits}
    for arxiv_id in answer.citations:
        address = f"[{arxiv_id}]({ARXIV_ABS}{arxiv_id})" if linked else ARXIV_ABS + arxiv_id
        lines.append(f"- {address} {escaped(paper_line(papers[arxiv_id])) if arxiv_id in papers else ''}".rstrip())
        lines += [f"  > {escaped(text)}" for text in _unseen_evidence(arxiv_id, answer)]
    return "\n".join(lines)


def footer(answer: Answer) -> str:
    """One line: what was searched and with which filters, who wrote the answer, and what its marks mean."""
    words = _words(answer)
    narrowed = ", ".join(said for said, _ in chips(answer.query.filters, words))
    shown = {claim.support for claim in answer.claims}
    parts = [
        searched_line(answer.searched, words),
        f"{words.narrowed} {narrowed}" if narrowed else "",
        words.extractive if answer.mode == EXTRACTIVE else words.written.format(mode=answer.mode),
        *(f"{MARKS[support]} {getattr(words, support.value)}" for support in Support if support in shown),
    ]
    return printable(" · ".join(part for part in parts if part))


def searched_line(searched: Searched, words: Strings) -> str:
    """What was searched, in how long, and which days it covers."""
    line = words.searched if searched.papers == searched.of else words.searched_some
    said = line.format(papers=searched.papers, of=searched.of, ms=round(searched.seconds * 1000))
    span = words.span.format(first=searched.first_day, last=searched.last_day)
    return f"{said} · {span}" if searched.first_day else said


def paper_line(paper: Paper) -> str:
    """`Title — First Author et al. · cs.CV · 2025-11`."""
    authors = ", ".join(paper.authors[:1]) + (" et al." if len(paper.authors) > 1 else "")
    return f"{paper.title} — " + " · ".join(part for part in (authors, paper.primary_category, paper.month) if part)


def paper_card(paper: Paper) -> str:
    """Everything that is known of a paper."""
    head = [paper.title, paper.url, ", ".join(paper.authors), ", ".join(paper.categories)]
    body = [f"{section.value.upper()}: {paper.text(section)}" for section in Section if paper.text(section)]
    seen = [f"{appearance.digest}, entry {appearance.position}" for appearance in paper.appearances]
    return printable("\n\n".join(["\n".join(filter(None, head)), *body, "IN: " + "; ".join(seen)]))


def printable(text: str) -> str:
    """The text without characters that show nothing, controls other than tabs and line ends, or halves of characters.

    Nothing in it moves the cursor or sets a title, and it can be written as UTF-8.
    """
    return visible(text)


async def _watched(events: AsyncIterator[Event], console: Console) -> Answer:
    written = ""
    with Live(
        Spinner("dots"), console=console, transient=True
    ) as live:  # a model may be asked before anything is found
        async for event in events:
            match event:
                case Found(query=query, searched=searched):
                    live.update(searched_line(searched, STRINGS[query.language]))
                case Delta(text=text):
                    written += text
                    live.update(_markdown(written))
                case Finished(answer=answer):
                    return answer
    raise AssertionError("a turn ended without `Finished`")


def _console(out: TextIO | None) -> Console:
    return Console(file=out or sys.stdout, highlight=False)


class _WholeTable(TableElement):
    """A table whose cells show all of their text: rich cuts what has no spaces to break at, as Chinese has not."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            if isinstance(part, Table):
                for column in part.columns:
                    column.overflow = "fold"
            yield part


class _WholeMarkdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": _WholeTable}


def _markdown(text: str) -> Markdown:
    return _WholeMarkdown(printable(text), hyperlinks=True)


def _words(answer: Answer) -> Strings:
    return STRINGS[answer.query.language]


def _unseen_evidence(arxiv_id: str, answer: Answer) -> list[str]:
    """The sentences cited from this paper that the answer does not quote itself, in order, each once."""
    cited = [e.text for claim in answer.claims for e in claim.citations if e.arxiv_id == arxiv_id]
    return [" ".join(text.split()) for text in dict.fromkeys(cited) if text not in answer.text]


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", text)
