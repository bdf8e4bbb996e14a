"""Sentences and languages: where a sentence starts and ends, in English and Chinese, and which of the two a text is."""

from __future__ import annotations

import re

from ingest.paper import Language, Paper, Section, Sentence

# A full stop after one of these does not end a sentence. Compared in lower case, without the last dot.
_ABBREVIATIONS = frozenset(
    "et al cf vs fig figs eq eqs sec secs no nos approx resp dr prof mr ms st etc viz ca vol pp".split()
)
CHINESE_CHARACTER = "㐀-䶿一-鿿\uf900-\ufaff"
_CHINESE = re.compile(f"[{CHINESE_CHARACTER}]")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9'’-]*")
_END = re.compile(
    r"""(?P<han>[。！？]+[”’」』）)]*)          # a Chinese end needs nothing after it
      | (?P<latin>(?<![.!?])[.!?]++["'”’)\]]*+)(?=\s+["'“‘(\[$\\]?[A-Z0-9一-鿿])   # an English one needs a fresh start
      | (?P<gap>\n\s*\n)                        # an empty line""",
    re.VERBOSE,
)
_LAST_WORD = re.compile(rf"(?:(?![{CHINESE_CHARACTER}])[\w.])+$")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Spans `(start, end)` in characters of the sentences of `text`, in order, without white space at their ends."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _END.finditer(text):
        if found["latin"] and _is_abbreviated(text, found.start()):
            continue
        _append_stripped(spans, text, start, found.end())
        start = found.end()
    _append_stripped(spans, text, start, len(text))
    return spans


def _append_stripped(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if stripped := piece.strip():
        begin = start + len(piece) - len(piece.lstrip())
        spans.append((begin, begin + len(stripped)))


def _is_abbreviated(text: str, stop: int) -> bool:
    """Whether the dot at `stop` belongs to an abbreviation or a name's initial."""
    if text[stop] != ".":
        return False
    # 24 characters back are more than any abbreviation and keep this linear.
    word = _LAST_WORD.search(text, max(0, stop - 24), stop)
    if not word:
        return False
    last = word[0].lower()
    if len(last) == 1:
        return last.isalpha() and word[0].isupper()
    return last in _ABBREVIATIONS or bool(_INITIALS.fullmatch(last))


def sentences_of(paper: Paper) -> tuple[Sentence, ...]:
    """All sentences of a paper's summary and abstract, section by section in the digest's order."""
    return tuple(
        Sentence(paper.arxiv_id, section, start, end, text[start:end])
        for section in Section
        for text in [paper.text(section)]
        for start, end in split_sentences(text)
    )


def language_of(text: str) -> Language:
    """Chinese where Chinese characters are at least as many as words in Latin letters, else English."""
    chinese = len(_CHINESE.findall(text))
    return Language.CHINESE if chinese and chinese >= len(_LATIN_WORD.findall(text)) else Language.ENGLISH
