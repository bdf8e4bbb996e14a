"""A language model's prose in, safe Markdown with real citations out, piece by piece.

What a model writes is not trusted: it may repeat what an abstract told it to write. The only links that come out are
citations of this turn's sources; images, HTML and every other address are reduced to their text, ids that are no
source are taken out, and what a model thinks aloud is left out. The output is the same however the text was cut into
pieces, and at most `HOLD` characters wait for what follows them.

How it works: text is copied up to the next character that may begin something (`_STARTS`). The rule for that
character sees the `HOLD` characters from there on; if they have not all arrived and could change its mind, it raises
`_Wait`. Where something was taken out, the sides never touch, so that nothing forbidden is put together from
harmless halves.

What stays as it is: `[0, 1]` and `range [1, 5]`, which are intervals; brackets in code and maths; `a < b`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.prompt import Source
from ingest.paper import ARXIV_ABS
from ingest.visible import visible

HOLD = 300
LONGEST_RANGE = 20  # [2-400] is no citation of 399 sources

_NEW_ID = r"[0-9]{4}\.[0-9]{4,5}"
_OLD_ID = r"[a-z][a-z-]{1,15}(?:\.[A-Z]{2})?/[0-9]{7}"
_ID = rf"(?:{_NEW_ID}|{_OLD_ID})(?![0-9])"
_VERSION = r"(?:v[0-9]{1,2}(?![0-9]))?"
_LABEL = r"(?:(?:sources?|refs?|references?|来源|文献)\s*[:：]?\s*#?\s*)"
_ITEM = rf"(?:(?:arxiv\s*[:：]\s*)?{_ID}{_VERSION}|{_LABEL}?[0-9]{{1,9}}(?:\s*[-–—~]\s*[0-9]{{1,9}})?)"
_ITEMS = rf"{_ITEM}(?:\s*(?:[,;，；、&]|and|和)\s*{_ITEM})*"
_MARKER = re.compile(rf"\s*\^?{_LABEL}?{_ITEMS}\s*(?:†[^\n]*)?", re.IGNORECASE)
_PARENTHESIS = re.compile(rf"\s*(?=(?:{_LABEL}|arxiv|{_ID})){_ITEMS}\s*", re.IGNORECASE)
_PART = re.compile(
    rf"(?P<id>{_ID}){_VERSION}|(?P<first>[0-9]+)(?:\s*[-–—~]\s*(?P<last>[0-9]+)(?![0-9.]))?", re.IGNORECASE
)
_INTERVAL = re.compile(
    r"(?:∈|\b(?:ranges?|ranging|intervals?|within|between)\b|区间|范围)[^.。\w]{0,3}\Z", re.IGNORECASE
)
_BRACKETS = {"[": "]", "【": "】", "［": "］", "(": ")", "（": "）"}
_TARGET = re.compile(r"\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)")
_REFERENCE = re.compile(r"\[[^\]\[\n]*\]")

_ARXIV = re.compile(
    rf"(?:(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|arxiv[:.]\s?)({_ID}){_VERSION}(?:\.pdf)?",
    re.IGNORECASE,
)
_ARXIV_LENGTH = 80  # more than any match of it
_ADDRESS = re.compile(r"(?:arxiv[:.]\s)?[^\s()<>\[\]]*", re.IGNORECASE)
_SCHEMES = ("https://", "http://", "ftp://", "www.", "javascript:", "vbscript:")
_OPENINGS = (*_SCHEMES, "arxiv:", "arxiv.", "export.arxiv")
_NUMBER = re.compile(rf"[0-9]+(?:\.[0-9]+)*{_VERSION}")
_UNFINISHED_NUMBER = re.compile(r"\.?|v[0-9]{0,2}")
_WHOLE_ID = re.compile(_NEW_ID + _VERSION)
_OLD_NUMBER = re.compile(rf"/[0-9]{{7}}(?![0-9]){_VERSION}")
_UNFINISHED_OLD_NUMBER = re.compile(r"/[0-9]{0,7}|/[0-9]{7}v[0-9]{0,2}")
_ARCHIVE = re.compile(r"[a-z][a-z-]{1,15}(?:\.[A-Z]{2})?\Z", re.IGNORECASE)

_TAG = re.compile(
    r"<(?:/?(?:abbr|audio|base|blockquote|body|br|button|center|code|dd|del|details|div|dl|dt|em|embed|figure|font|form"
    r"|frame|h[1-6r]|head|html|iframe|img|input|ins|kbd|li|link|mark|math|meta|object|ol|picture|pre|samp|script|section"
    r"|select|small|source|span|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|th|thead|title|tr|ul|var|video"
    # Of one letter: `a<b and c>d` holds no tag.
    r"|think|thinking|reasoning)(?:[\s/][^<>]*)?|/?[abipqsu](?:\s[^<>]*=[^<>]*)?|[!?][^<>]*)>",
    re.IGNORECASE,
)
_AUTOLINK = re.compile(r"<([a-z][a-z0-9+.-]*:[^\s<>]*|[^\s<>@]+@[^\s<>@]+)>", re.IGNORECASE)
_THOUGHT = re.compile(r"<(?:think|thinking|reasoning)\b", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)\s{0,3}>", re.IGNORECASE)
_THOUGHT_END_LENGTH = 16

_LETTERS = r"[hf](?=t|\Z)|w(?=w|\Z)|j(?=a|\Z)|v(?=b|\Z)|a(?=r|\Z)|e(?=x|\Z)"
_STARTS = re.compile(rf"[\[【［!(（<`$\\\]0-9/\n]| (?=[\[【［(（<\\0-9hfwjvae]|\Z)|{_LETTERS}", re.IGNORECASE)
_ENDS_A_WORD = ".,;:?)。，；：？！、）"
_BEGINS_A_WORD = "([{（*_\"'“"


class _Wait(Exception):
    """What has arrived does not decide."""


class CitationFilter:
    """Turns markers into citations and lets nothing else through that links, loads or misleads.

    `[1]`, `[1, 3]`, `[1-3]`, `[^1]`, `【2】`, `(source 2)`, `[2512.21015]` and a bare `arXiv:2512.21015` become
    `[2512.21015](https://arxiv.org/abs/2512.21015)`. `cited` holds the ids that came out so far, each once, in order
    of first appearance.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.cited: list[str] = []
        self._numbered = {source.number: source.arxiv_id for source in sources}
        self._ids = {source.arxiv_id.lower(): source.arxiv_id for source in sources}
        self._rest = ""  # what waits for more
        self._thinking = False
        self._closer = ""  # what ends the code or maths that we are in
        self._written = ""  # the last characters that came out
        self._space = ""  # a blank that comes out before what follows it, if anything does
        self._gap = False  # something was taken out after `_written`

    def feed(self, piece: str) -> str:
        """What can be shown after this piece; may be empty."""
        return self._scan(self._rest + visible(piece), final=False)

    def finish(self) -> str:
        """What was still held back. Nothing is fed after it."""
        return self._scan(self._rest, final=True) + self._space

    def _scan(self, text: str, final: bool) -> str:
        """Cleaned `text`. What is not decided yet is left in `_rest`, which is empty if `final`."""
        out: list[str] = []
        at = 0
        while at < len(text):
            if self._thinking:
                at = self._after_thought(text, at, final)
                if self._thinking:
                    break
                continue
            window = text[at : at + HOLD]
            try:
                length, piece = self._step(window, final or len(window) == HOLD)
            except _Wait:
                break
            out.append(piece)
            at += length
        self._rest = text[at:]
        return "".join(out)

    def _after_thought(self, text: str, at: int, final: bool) -> int:
        """Where the text goes on, or from where on the end of the thought may still be found."""
        end = _THOUGHT_END.search(text, at)
        if not end:
            return len(text) if final else max(at, len(text) - _THOUGHT_END_LENGTH)
        self._thinking, self._gap = False, True
        return end.end()

    def _step(self, window: str, complete: bool) -> tuple[int, str]:
        """How many characters are done, and what comes out for them."""
        if self._gap and window[0] in _ENDS_A_WORD:
            return self._end_of_word(window, complete)
        start = _STARTS.search(window)
        if not start or start.start():
            length = start.start() if start else len(window)
            return length, self._write(window[:length])
        if self._closer:
            return self._inside(window, complete)
        rule = self._RULES.get(window[0], CitationFilter._letter)
        return rule(self, window, complete)

    def _inside(self, window: str, complete: bool) -> tuple[int, str]:
        """In code and maths brackets mean nothing; what is dangerous or invented is watched all the same."""
        if window.startswith(self._closer):
            length, self._closer = len(self._closer), ""
            return length, self._write(window[:length])
        if self._closer.startswith(window) and not complete:
            raise _Wait
        if window[0] == "<":
            out = self._write("<")
            self._gap = True
            return 1, out
        rule = self._RULES.get(window[0], CitationFilter._letter)
        return rule(self, window, complete) if window[0] not in "[【［(（`$\\" else self._plain(window)

    # Rules. Each is given a window that begins with its character.

    def _plain(self, window: str, length: int = 1) -> tuple[int, str]:
        return length, self._write(window[:length])

    def _end_of_word(self, window: str, complete: bool) -> tuple[int, str]:
        """`word [99].` becomes `word.`; but `2599[99].12345` must not become an id, nor `www[99].x` an address."""
        if len(window) < 2 and not complete:
            raise _Wait
        if not window[1:2].isalnum() and window[1:2] != "/" and self._written[-1:] not in ("<", "]"):
            self._space, self._gap = "", False
        return self._plain(window)

    def _blank(self, window: str, complete: bool) -> tuple[int, str]:
        if len(window) == 1 and not complete:
            raise _Wait
        out = "" if self._gap else self._space
        self._written = (self._written + out)[-32:]
        self._space = " "
        return 1, out

    def _bracket(self, window: str, complete: bool) -> tuple[int, str]:
        end = _end_of_bracket(window, complete)
        inner = window[1:end]
        if not end or (window[0] in "(（" and not _PARENTHESIS.fullmatch(inner)):
            return self._plain(window)
        linked = self._link(window, end, complete) if window[0] == "[" else None
        if linked:
            return linked
        if _MARKER.fullmatch(inner) and not self._is_interval(inner):
            return end + 1, self._cite(self._sources_in(inner))
        return self._plain(window)

    def _link(self, window: str, end: int, complete: bool) -> tuple[int, str] | None:
        """`[text](address)` without the address, unless it is a source's; None if it is no link."""
        target = _target(window, end + 1, complete)
        if not target:
            return None
        inner = window[1:end]
        cited = self._sources_in(inner) if _MARKER.fullmatch(inner) else []
        text = "" if _MARKER.fullmatch(inner) else self._text_of(inner)
        paper = _ARXIV.fullmatch(target[1])
        known = self._ids.get(paper[1].lower()) if paper else None
        return target.end(), text + self._cite(cited or ([known] if known else []))

    def _image(self, window: str, complete: bool) -> tuple[int, str]:
        """`![text](address)` and `![text][name]` become their text; `Look![1]` is no image."""
        if len(window) == 1 and not complete:
            raise _Wait
        if window[1:2] != "[":
            return self._plain(window)
        end = 0 if self._closer else _end_of_bracket(window[1:], complete)
        if end:
            target = _target(window, end + 2, complete)
            if not target and window[end + 2 : end + 3] == "[":
                name = _end_of_bracket(window[end + 2 :], complete)
                target = _REFERENCE.match(window, end + 2) if name else None
            if target and not _MARKER.fullmatch(window[2 : end + 1]):
                return target.end(), self._text_of(window[2 : end + 1])
        out = self._write("!")
        self._gap = True
        return 1, out

    def _closing_bracket(self, window: str, complete: bool) -> tuple[int, str]:
        """Whatever is not known as a link by now must not become one, nor a definition of one."""
        if len(window) == 1 and not complete:
            raise _Wait
        if self._gap:
            self._space, self._gap = "", False
        out = self._write("]")
        self._gap = window[1:2] in ("(", ":")
        return 1, out

    def _tag(self, window: str, complete: bool) -> tuple[int, str]:
        if len(window) == 1 and not complete:
            raise _Wait
        if not re.match(r"<[A-Za-z/!?]", window):
            return self._plain(window)
        end = re.compile("[<>]").search(window, 1)
        if not end and not complete:
            raise _Wait
        tag = window[: end.end()] if end and end[0] == ">" else ""
        if address := _AUTOLINK.fullmatch(tag):
            return len(tag), self._text_of(address[1])
        if _TAG.fullmatch(tag):
            self._thinking, self._gap = bool(_THOUGHT.match(tag)), True
            return len(tag), ""
        out = self._write("<")
        self._gap = True  # puts a blank after it, so that it begins no tag
        return 1, out

    def _code(self, window: str, complete: bool) -> tuple[int, str]:
        ticks = re.match("`+", window)
        assert ticks
        if ticks.end() == len(window) and not complete:
            raise _Wait
        if ticks.end() >= 3 and self._written[-1:] in ("", "\n") and not self._gap:
            self._closer = "\n" + ticks[0]
        else:
            self._enter(window, ticks.end(), ticks[0], complete)
        return self._plain(window, ticks.end())

    def _dollar(self, window: str, complete: bool) -> tuple[int, str]:
        """`$x$` and `$$x$$`; of `$5 and $10` neither opens nor closes maths."""
        if len(window) == 1 and not complete:
            raise _Wait
        if window[1:2] == "$":
            self._enter(window, 2, "$$", complete)
            return self._plain(window, 2)
        end = re.compile(r"[$\n]|\Z").search(window, 1)
        assert end
        if end.end() == len(window) and not complete:
            raise _Wait
        sides = window[1:2] + window[end.start() - 1]
        if end[0] == "$" and not re.search(r"\s|\\\Z", sides) and not window[end.end() : end.end() + 1].isdigit():
            self._closer = "$"
        return self._plain(window)

    def _backslash(self, window: str, complete: bool) -> tuple[int, str]:
        if len(window) == 1 and not complete:
            raise _Wait
        if window[1:2] not in ("(", "["):
            return self._plain(window, 2 if window[1:2] in ("`", "$", "\\") else 1)
        closer = {"(": "\\)", "[": "\\]"}[window[1]]
        end = window.find(closer, 2)
        if end < 0 and not complete:
            raise _Wait
        if window[1] == "[" and _MARKER.fullmatch(window[2:end]) and end > 0:
            return end + 2, self._cite(self._sources_in(window[2:end]))
        self._closer = closer if end > 0 else ""
        return self._plain(window, 2)

    def _digit(self, window: str, complete: bool) -> tuple[int, str]:
        number = _NUMBER.match(window)
        assert number
        if not complete and _UNFINISHED_NUMBER.fullmatch(window, number.end()):
            raise _Wait
        if not _WHOLE_ID.fullmatch(number[0]):
            return self._plain(window, number.end())
        return number.end(), self._bare_id(number[0])

    def _slash(self, window: str, complete: bool) -> tuple[int, str]:
        """The digits of an old id, such as `cs/0112017`, whose archive came out already."""
        if not complete and _UNFINISHED_OLD_NUMBER.fullmatch(window):
            raise _Wait
        number, archive = _OLD_NUMBER.match(window), _ARCHIVE.search(self._written)
        if not number or not archive or self._gap or self._space:
            return self._plain(window)
        if f"{archive[0]}{number[0]}".lower().partition("v")[0] in self._ids:
            return self._plain(window, number.end())
        self._gap = True
        return number.end(), ""

    def _letter(self, window: str, complete: bool) -> tuple[int, str]:
        """Addresses and ids with `arXiv:` before them."""
        head = window[:20].lower()
        if not complete and any(opening.startswith(head) for opening in _OPENINGS):
            raise _Wait
        if not head.startswith(_OPENINGS):
            return self._plain(window)
        address = _ADDRESS.match(window)
        if not complete and len(window) < _ARXIV_LENGTH and address and address.end() == len(window):
            raise _Wait
        if paper := _ARXIV.match(window):
            return paper.end(), self._bare_id(paper[1])
        scheme = next((scheme for scheme in _SCHEMES if head.startswith(scheme)), "")
        if not scheme:
            return self._plain(window)
        self._gap = True
        return len(scheme), ""

    def _newline(self, window: str, complete: bool) -> tuple[int, str]:
        return self._plain(window)

    _RULES = {
        " ": _blank,
        "\n": _newline,
        "!": _image,
        "]": _closing_bracket,
        "<": _tag,
        "`": _code,
        "$": _dollar,
        "\\": _backslash,
        "/": _slash,
        **dict.fromkeys(_BRACKETS, _bracket),
        **dict.fromkeys("0123456789", _digit),
    }

    # What the rules share.

    def _write(self, text: str) -> str:
        """`text` with the blank that belongs before it."""
        if not self._written:
            text = text.lstrip("\n")
        if self._gap and text:
            if text[0].isspace():
                self._space = ""
            elif not self._space and self._written[-1:].strip(_BEGINS_A_WORD + " \n\t"):
                self._space = " "
        if text:
            text, self._space, self._gap = self._space + text, "", False
            self._written = (self._written + text)[-32:]
        return text

    def _cite(self, ids: Sequence[str]) -> str:
        """Links to these papers, or a gap where there are none."""
        if not ids:
            self._gap = True
            return ""
        self.cited += [arxiv_id for arxiv_id in ids if arxiv_id not in self.cited]
        before = self._written[-1:]
        if before.isascii() and before.strip(_BEGINS_A_WORD + " \n\t"):
            self._space = " "
        return self._write(", ".join(f"[{arxiv_id}]({ARXIV_ABS}{arxiv_id})" for arxiv_id in ids))

    def _bare_id(self, arxiv_id: str) -> str:
        known = self._ids.get(arxiv_id.lower().partition("v")[0])
        return self._write(known) if known and self._closer else self._cite([known] if known else [])

    def _text_of(self, inner: str) -> str:
        """The text of a link, image or address, itself cleaned."""
        self._gap = True
        out = self._scan(inner, final=True)
        self._closer, self._gap = "", True
        return out

    def _enter(self, window: str, start: int, closer: str, complete: bool) -> None:
        """Into code or maths, if it ends in this window and paragraph."""
        end = window.find(closer, start)
        paragraph = window.find("\n\n", start)
        if end < 0 and paragraph < 0 and not complete:
            raise _Wait
        if end > 0 and not 0 < paragraph < end:
            self._closer = closer

    def _is_interval(self, inner: str) -> bool:
        numbers = re.fullmatch(r"\s*[0-9]+(?:\s*,\s*[0-9]+)+\s*", inner)
        if not numbers:
            return False
        return 0 in map(int, inner.split(",")) or bool(_INTERVAL.search(self._written + self._space))

    def _sources_in(self, inner: str) -> list[str]:
        """The ids that a marker's numbers and ids stand for, as far as they are sources, each once."""
        found: list[str] = []
        for part in _PART.finditer(inner.partition("†")[0]):
            found += self._sources_of(part)
        return list(dict.fromkeys(found))

    def _sources_of(self, part: re.Match[str]) -> Iterator[str]:
        if part["id"]:
            yield from filter(None, [self._ids.get(part["id"].lower())])
            return
        first, last = int(part["first"]), int(part["last"] or part["first"])
        ends_known = first in self._numbered and last in self._numbered
        whole = ends_known and 0 <= last - first <= LONGEST_RANGE
        for number in range(first, last + 1) if whole else (first, last):
            if number in self._numbered:
                yield self._numbered[number]


def _end_of_bracket(window: str, complete: bool) -> int:
    """Where the bracket that a window begins with is closed on its line, without another in between; 0 if it is not."""
    closer = _BRACKETS[window[0]]
    if window[0] in "(（":
        window, complete = window[:_ARXIV_LENGTH], complete or len(window) >= _ARXIV_LENGTH
        if len(window) > 2 and not re.match(r".\s?[\ssra0-9来文]", window, re.IGNORECASE):
            return 0
    end = re.compile(rf"[{re.escape(window[0] + closer)}\n]").search(window, 1)
    if not end and not complete:
        raise _Wait
    return end.start() if end and end[0] == closer else 0


def _target(window: str, at: int, complete: bool) -> re.Match[str] | None:
    """The `(address "title")` of a link at this place."""
    if at >= len(window) and not complete:
        raise _Wait
    target = _TARGET.match(window, at)
    if not target and window[at : at + 1] == "(" and not complete:
        raise _Wait
    return target
