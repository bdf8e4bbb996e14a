"""Conversations and the papers they cite as files: Markdown, BibTeX, RIS, CSV.

What is in them was written by strangers. Markdown fetches no image and links to arXiv only, BibTeX stays balanced,
a line of RIS is one line, and no cell of a CSV is a formula.

BibTeX has the fields that arXiv gives itself: https://info.arxiv.org/help/hypertex/bibstyles.html. RIS follows the
specification of 2001 as far as it knows preprints: `TY  - UNPB`, lines that end with CRLF, `Last, First, Suffix`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote

from assistant.answer import Conversation, Evidence
from assistant.answer_json import conversation_from_json
from ingest.library import ConversationRow, Library
from ingest.paper import ARXIV_ABS, Paper
from ingest.record import name_key
from ingest.visible import visible
from ui.strings import Strings


class Format(StrEnum):
    """What an export may be; the value is the file's ending."""

    MARKDOWN = "md"
    BIBTEX = "bib"
    RIS = "ris"
    CSV = "csv"


MEDIA_TYPES: Mapping[Format, str] = MappingProxyType(
    {
        Format.MARKDOWN: "text/markdown; charset=utf-8",
        Format.BIBTEX: "application/x-bibtex; charset=utf-8",
        Format.RIS: "application/x-research-info-systems; charset=utf-8",
        Format.CSV: "text/csv; charset=utf-8",
    }
)


@dataclass(frozen=True, slots=True)
class CitedPaper:
    """A paper, the sentences that the conversation's claims stand on and the questions it answers, each once."""

    paper: Paper
    sentences: tuple[str, ...]
    questions: tuple[str, ...]


def export(
    as_: Format, conversation: Conversation, title: str, day: str, papers: Mapping[str, Paper], words: Strings
) -> str:
    """The whole file. `day` is `YYYY-MM-DD`; `papers` by id are those that the conversation's hits may lack."""
    cited = cited_papers(conversation, papers)
    if as_ is Format.MARKDOWN:
        return markdown(conversation, title, day, cited, words)
    if as_ is Format.BIBTEX:
        return bibtex(one.paper for one in cited)
    return ris(one.paper for one in cited) if as_ is Format.RIS else table(cited)


def export_kept(library: Library, row: ConversationRow, as_: Format, words: Strings) -> str:
    """A kept conversation as a file. Raises QuestionError where it cannot be read."""
    conversation = conversation_from_json(library.conversation(row.conversation_id) or "")
    held = {hit.paper.arxiv_id for turn in conversation.turns for hit in turn.answer.hits}
    papers = library.papers([arxiv_id for arxiv_id in cited_ids(conversation) if arxiv_id not in held])
    return export(as_, conversation, row.title, row.updated_at[:10], papers, words)


# --- what is cited -----------------------------------------------------------------------------------------------


def cited_ids(conversation: Conversation) -> list[str]:
    """In the order of their first citation."""
    return list(dict.fromkeys(arxiv_id for turn in conversation.turns for arxiv_id in turn.answer.citations))


def cited_papers(conversation: Conversation, papers: Mapping[str, Paper]) -> list[CitedPaper]:
    """In the order of their first citation; without those that nobody knows any more."""
    found = {hit.paper.arxiv_id: hit.paper for turn in conversation.turns for hit in turn.answer.hits}
    known = {**papers, **found}
    return [
        CitedPaper(known[arxiv_id], _sentences(conversation, arxiv_id), _questions(conversation, arxiv_id))
        for arxiv_id in cited_ids(conversation)
        if arxiv_id in known
    ]


def _sentences(conversation: Conversation, arxiv_id: str) -> tuple[str, ...]:
    claims = (claim for turn in conversation.turns for claim in turn.answer.claims)
    evidence: Iterable[Evidence] = (one for claim in claims for one in claim.citations)
    return tuple(dict.fromkeys(_line(one.text) for one in evidence if one.arxiv_id == arxiv_id))


def _questions(conversation: Conversation, arxiv_id: str) -> tuple[str, ...]:
    turns = (turn for turn in conversation.turns if arxiv_id in turn.answer.citations)
    return tuple(dict.fromkeys(_line(turn.question) for turn in turns))


def _line(text: str) -> str:
    return " ".join(visible(text).split())


# --- formulas, which stay as they are ------------------------------------------------------------------------------

_FORMULA = re.compile(r"(?<![\\$\w])\$(?=[^\s$])[^$\n]{1,300}?(?<=[^\s\\])\$(?![\w$])|\\\([^\n]{1,300}?\\\)")

# Words of TeX that read or write files, fetch, or change what other words mean; `^^5c` is another way to write `\\`.
_ORDERS = re.compile(
    r"\\(?:input|include|write|immediate|open|close|read|csname|[egx]?def|let|catcode|expandafter|special|directlua|"
    r"newcommand|renewcommand|usepackage|href|url|html)|\^\^"
)


def _around_formulas(text: str, change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for match in _FORMULA.finditer(text):
        if _is_balanced(match[0]) and not _ORDERS.search(match[0]):
            parts += [change(text[at : match.start()]), match[0]]
            at = match.end()
    return "".join([*parts, change(text[at:])])


def _is_balanced(text: str) -> bool:
    """Whether every brace has its other one, as BibTeX counts them: with a backslash before them, too."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


# --- Markdown ----------------------------------------------------------------------------------------------------

_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>#|~!])")
_ELSEWHERE = re.compile(rf"\]\((?!{re.escape(ARXIV_ABS)}[\w./-]+\))")
_DEFINITION = re.compile(r"^(\s{0,3}\[[^\]\n]*\]):", re.MULTILINE)


def markdown(conversation: Conversation, title: str, day: str, cited: Sequence[CitedPaper], words: Strings) -> str:
    """Each question with its answer as it stands, then the papers cited with the sentences that were relied on."""
    count = len(conversation.turns)
    head = f"# {_plain(title)}\n\n{words.keeping_about.format(day=day, questions=count, name=words.title)}"
    turns = [f"## {_plain(turn.question)}\n\n{_answer(turn.answer.text)}" for turn in conversation.turns]
    papers = [_paper(one) for one in cited]
    shelf = [f"## {words.keeping_cited}", *papers] if papers else []
    return "\n\n".join([head, *turns, *shelf]) + "\n"


def _plain(text: str) -> str:
    """One line of Markdown that shows the text character by character."""
    return _around_formulas(_line(text), lambda part: _MARKDOWN_SIGNS.sub(r"\\\1", part))


def _answer(text: str) -> str:
    """An answer's Markdown without images, HTML and addresses outside of arXiv."""
    text = _around_formulas(visible(text), lambda part: part.replace("![", r"\!\[").replace("<", r"\<"))
    return _DEFINITION.sub(r"\1\\:", _ELSEWHERE.sub(r"]\\(", text)).strip()


def _paper(one: CitedPaper) -> str:
    paper = one.paper
    facts = ", ".join(part for part in (paper.month, paper.primary_category) if part)
    lines = [f"### [{_plain(paper.title)}]({paper.url})"]
    if paper.authors:
        lines.append(_plain(", ".join(paper.authors)))
    lines.append(f"arXiv:{paper.arxiv_id} · {facts}")
    return "\n\n".join([*lines, *(f"> {_plain(sentence)}" for sentence in one.sentences)])


# --- BibTeX ------------------------------------------------------------------------------------------------------

_TEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_"},
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # `\{` still counts as an opening brace for BibTeX
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)
_ORGANISATION = re.compile(r",| and |\b(?:Collaboration|Consortium|Team)\b", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def bibtex(papers: Iterable[Paper]) -> str:
    """One `@misc` a paper. The same paper has the same key in every file, as its id is part of it."""
    return "\n".join(_entry(paper) for paper in papers)


def _entry(paper: Paper) -> str:
    year, month = paper.month.split("-")
    fields = {
        "title": f"{{{tex(_line(paper.title))}}}",
        "author": f"{{{' and '.join(map(_tex_author, filter(_is_name, paper.authors)))}}}",
        "year": f"{{{year}}}",
        "month": _MONTHS[int(month) - 1],
        "eprint": f"{{{paper.arxiv_id}}}",
        "archivePrefix": "{arXiv}",
        "primaryClass": f"{{{paper.primary_category.translate(_TEX)}}}",
        "url": f"{{{paper.url}}}",
    }
    lines = "".join(f"  {name} = {value},\n" for name, value in fields.items() if value != "{}")
    return f"@misc{{{bibtex_key(paper)},\n{lines}}}\n"


def bibtex_key(paper: Paper) -> str:
    """Such as `vaswani2017attention-1706.03762`: letters, digits, dot and hyphen."""
    names = [part for part in _parted(next(filter(_is_name, paper.authors), ""))[:1] if part]
    words = re.findall(r"[a-z0-9]{2,}", name_key(paper.title))
    word = next((word for word in words if word not in _COMMON), "")
    said = f"{''.join(names)}{paper.month[:4]}{word}"
    return f"{_ascii(said) or 'paper'}-{paper.arxiv_id.replace('/', '-')}"


_COMMON = frozenset("the an on of for in to with and from by is are at as via towards toward".split())


def _ascii(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name_key(text))


def tex(text: str) -> str:
    """Text as LaTeX source. Formulas stay, words with capitals inside keep them in styles that write titles small."""
    return _around_formulas(text, lambda part: re.sub(r"[^\W_]+|[\W_]+", _tex_piece, part))


def _tex_piece(match: re.Match[str]) -> str:
    piece = match[0]
    if re.search(r"(?<=\w)[A-Z]", piece):
        return f"{{{piece}}}"
    return piece.translate(_TEX)


def _tex_author(name: str) -> str:
    """A name with a comma or an `and` in it is no list of names, and an organisation has no first name."""
    written = _line(name).translate(_TEX)
    return f"{{{written}}}" if _ORGANISATION.search(name) else written


# --- RIS ---------------------------------------------------------------------------------------------------------

_SUFFIX = re.compile(r"^(?:jr|sr|ii|iii|iv)\.?$", re.IGNORECASE)


def ris(papers: Iterable[Paper]) -> str:
    tags = (tag for paper in papers for tag in _tags(paper))
    return "".join(f"{name}  - {_line(value)}\r\n" for name, value in tags if value or name == "ER")


def _tags(paper: Paper) -> list[tuple[str, str]]:
    year, month = paper.month.split("-")
    return [
        ("TY", "UNPB"),
        ("TI", paper.title),
        *(("AU", _last_first(name)) for name in paper.authors if _is_name(name)),
        ("PY", year),
        ("DA", f"{year}/{month}//"),
        ("AB", paper.abstract),
        *(("KW", category) for category in paper.categories),
        ("PB", "arXiv"),
        ("AN", f"arXiv:{paper.arxiv_id}"),
        ("DO", f"10.48550/arXiv.{paper.arxiv_id}"),
        ("UR", paper.url),
        ("ER", ""),
    ]


def _last_first(name: str) -> str:
    """`Laurens van der Maaten` as `van der Maaten, Laurens`. The format allows no asterisk in a name."""
    last, first, suffix = _parted(name.replace("*", ""))
    return ", ".join(part for part in (last, first, suffix) if part)


def _parted(name: str) -> tuple[str, str, str]:
    """Last name with its particles, first names, suffix. A name of one word or of an organisation is all last name."""
    if _ORGANISATION.search(name):
        return _line(name), "", ""
    words = _line(name).split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.match(words[-1]) else ""
    start = len(words) - 1
    while start > 1 and words[start - 1].islower():
        start -= 1
    return " ".join(words[max(start, 0) :]), " ".join(words[: max(start, 0)]), suffix


def _is_name(text: str) -> bool:
    """Some digests hold a colon among the authors."""
    return any(character.isalpha() for character in text)


# --- CSV ---------------------------------------------------------------------------------------------------------

_COLUMNS = ("arxiv_id", "title", "authors", "month", "category", "categories", "url", "tldr", "evidence", "asked")
_FORMULA_START = "=+-@\uff1d\uff0b\uff0d\uff20"  # also in full width, which spreadsheets set for Chinese read alike
_SPLIT_FORMULA = re.compile(rf"(?<=[;\t])\s*(?=[{re.escape(_FORMULA_START)}])")


def table(cited: Iterable[CitedPaper]) -> str:
    """One row a paper, with the byte order mark that Excel knows UTF-8 by. Ids as `arXiv:2512.21010`, as a spreadsheet
    takes the last zero of a number away."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(value) for value in _row(one)] for one in cited)
    return "\ufeff" + text.getvalue()


def _row(one: CitedPaper) -> Sequence[str]:
    paper = one.paper
    names = "; ".join(map(_line, paper.authors))
    categories = "; ".join(paper.categories)
    ours = (f"arXiv:{paper.arxiv_id}", _line(paper.title), names, paper.month, paper.primary_category, categories)
    return *ours, paper.url, _line(paper.summary.tldr), "\n".join(one.sentences), "\n".join(one.questions)


def _cell(text: str) -> str:
    """No formula for a spreadsheet, neither as it is nor where semicolons or tabs part the cells."""
    text = "\n".join(_defused(line) for line in text.strip().split("\n"))
    return _SPLIT_FORMULA.sub(" '", text)


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(tuple(_FORMULA_START)) else text


# --- the name of the file ----------------------------------------------------------------------------------------

_NO_FILE_NAME = re.compile(r'[\\/:*?"<>|%\s]+')
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
_NAME_CHARACTERS = 60


def file_name(title: str, as_: Format) -> str:
    """The title as the name of a file on any system, Chinese included."""
    name = _NO_FILE_NAME.sub(" ", visible(title)).strip(" .'-")[:_NAME_CHARACTERS].strip(" .'-")
    name = "conversation" if not name or _RESERVED.match(name) else name
    return f"{name}.{as_.value}"


def content_disposition(name: str) -> str:
    """A header that saves a file under this name: in ASCII for old programs, in UTF-8 for others (RFC 6266, 5987)."""
    stem, _, ending = name.rpartition(".")
    plain = re.sub(r"[^\w .()-]+", "_", stem.encode("ascii", "replace").decode().replace("?", "_"))
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
