"""Claim checks: each sentence that a model wrote is held against the papers it cites.

Ids were checked before, by the filter that the prose came through; one that is no source of this turn still gives
nothing to stand on. A claim is quoted if a paper holds it word for word. Else what stands in quotation marks must be
held so, every number must stand in the sentence that the claim rests on or beside it, every name in the paper, and that
sentence must be near in words or meaning, and say neither the opposite nor less.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.answer import Claim, Evidence, Support
from assistant.lexical import words_of
from assistant.polarity import denies, is_opposed, is_stronger
from assistant.quantity import Quantity, flat, held, quantities
from assistant.retrieve import evidence_of
from ingest.embedder import Embedder
from ingest.paper import Language, Paper, Section, Sentence
from ingest.sentence import CHINESE_CHARACTER, language_of, sentences_of, split_sentences

# A bracket after a backslash is text that a paper holds, not a citation of ours.
CITATION = re.compile(r"(?<!\\)\[([\w./-]+)\]\(https://arxiv\.org/abs/[^)\s]+\)")
_LEADING_CITATIONS = re.compile(rf"(?:[\s,;.]*{CITATION.pattern})+[\s,;.。]*")
_LIST_MARK = re.compile(r"\s*(?:(?:[-*+>]|#{1,6}|\d{1,3}[.)])\s+)+")
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*")
_TABLE_RULE = re.compile(r"\s*\|[\s|:-]+\|\s*")
_CELL = re.compile(r"(?<!\\)\|")
_MARKUP = re.compile(r"(?<!\w)[*_`]+|[*_`]+(?!\w)|[*`]")
_ESCAPE = re.compile(r"\\(?=[\\`*\[\]<|])")
_SPACES_AND_MARKS = re.compile(r"[\W_]+")
_HAN = re.compile(f"[{CHINESE_CHARACTER}]")
# Letters and digits, the point within a number, and the sign that makes a number a share.
_KEPT = re.compile(r"[^\W_]+|(?<=\d)\.(?=\d)|[%％]")
_QUOTES = re.compile(r"“([^”\n]+)”|「([^」\n]+)」|『([^』\n]+)』|(?<!\w)\"([^\"\n]+)\"(?!\w)")
# What denies the words after it: a quote that leaves it out says the opposite.
_DENYING = re.compile(
    r"(?:\b(?:no|not|never|without|neither|nor|than)(?:\s+\w+)?\s+|n't\s+|(?:没有|不再|无需|并未|[不没未无非])\s*)$"
)
_NAME = re.compile(r"(?<![A-Za-z0-9.])[A-Za-z][A-Za-z0-9]*(?:[-.'’+/][A-Za-z0-9]+)*")
_LATIN_OR_DIGITS = re.compile(r"[a-z]+|[0-9]+")
_CLAUSE = re.compile(
    r"(?<!\d)[,.](?!\d)|[;:，；。、：()（）]|\b(?:and|while|whereas|but|than|instead of|against)\b|而|和|与|但"
)
# Chinese says in one character what takes English a short word.
_HAN_LENGTH = 2.5
# Shorter than this, words are found in any text by chance.
_LEAST_QUOTE = 20
_LEAST_QUOTED_WITHIN = 12
_LEAST_WORDS_SHARED = 0.5
_LEAST_WORDS_TO_OPPOSE = 0.34
_LEAST_COSINE = 0.6
# Over the bridge texts come less near: two in Chinese, and a sentence and its translation still less.
_LEAST_COSINE_CHINESE = 0.5
_LEAST_COSINE_ACROSS = 0.4
# A number in common makes up for some distance.
_BY_A_NUMBER = 0.1
_AROUND = 4


def check(text: str, papers: Mapping[str, Paper], embedder: Embedder) -> tuple[Claim, ...]:
    """The sentences of `text`, in order, each with what it stands on. `papers` are the sources of this turn.

    A sentence that cites nothing is held against all of them: a missing marker is not a missing source.
    """
    meaning = _Meaning(embedder)
    pieces = [piece for piece in _pieces(text) if _SPACES_AND_MARKS.sub("", _plain(piece.text))]
    return tuple(_claim(piece, papers, meaning) for piece in pieces)


def supported_share(claims: Sequence[Claim]) -> float:
    """The share of claims that stand, in [0, 1]; 0 where nothing is claimed."""
    return sum(claim.support is not Support.UNSUPPORTED for claim in claims) / len(claims) if claims else 0.0


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence as it stands in the text, and the ids it cites: of a table's cell, those of its row or column."""

    text: str
    cited: tuple[str, ...]


def _pieces(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    lines, columns = text.splitlines(), list[tuple[str, ...]]()
    for n, line in enumerate(lines):
        if not _TABLE_ROW.fullmatch(line):
            _add_sentences(pieces, line)
        elif n + 1 < len(lines) and _TABLE_RULE.fullmatch(lines[n + 1]):
            columns = [tuple(CITATION.findall(cell)) for cell in _cells(line)]
        elif not _TABLE_RULE.fullmatch(line):
            pieces += _of_row(_cells(line), columns)
    return pieces


def _add_sentences(pieces: list[_Piece], line: str) -> None:
    """Sentences with the citations that follow their full stop."""
    mark = _LIST_MARK.match(line)
    line = line[mark.end() :] if mark else line  # the dot of `1.` ends no sentence
    for start, end in _whole_sentences(line):
        piece = line[start:end]
        lead = _LEADING_CITATIONS.match(piece)
        if lead and pieces:
            joined = f"{pieces[-1].text} {lead[0].strip()}"
            pieces[-1] = _Piece(joined, tuple(CITATION.findall(joined)))
            piece = piece[lead.end() :]
        if piece.strip():
            pieces.append(_Piece(piece.strip(), tuple(CITATION.findall(piece))))


def _whole_sentences(line: str) -> Iterator[tuple[int, int]]:
    """The sentences' spans; a quote that goes over several holds them together, or neither half would be one."""
    quotes = [found.span() for found in _QUOTES.finditer(line)]
    begin = -1
    for start, end in split_sentences(line):
        begin = start if begin < 0 else begin
        if not any(opens < end < closes for opens, closes in quotes):
            yield begin, end
            begin = -1


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(row.strip())[1:-1]]


def _of_row(cells: Sequence[str], columns: Sequence[tuple[str, ...]]) -> Iterator[_Piece]:
    """A row's first cell names what the row is about and claims nothing, unless it is the only one."""
    of_row = tuple(CITATION.findall(" ".join(cells)))
    for n, cell in enumerate(cells):
        if n == 0 and len(cells) > 1:
            continue
        of_column = columns[n] if n < len(columns) else ()
        within: list[_Piece] = []
        _add_sentences(within, cell)
        yield from (_Piece(piece.text, piece.cited or of_row or of_column) for piece in within)


def _plain(sentence: str) -> str:
    """The words of a sentence, without citations and Markdown's marks."""
    bare = _ESCAPE.sub("", _MARKUP.sub("", CITATION.sub(" ", sentence)))
    return " ".join(bare.split()).strip(" ,;()")


def _claim(piece: _Piece, papers: Mapping[str, Paper], meaning: _Meaning) -> Claim:
    cited = [papers[arxiv_id] for arxiv_id in dict.fromkeys(piece.cited) if arxiv_id in papers]
    against = cited or list(papers.values())
    plain = _plain(piece.text)
    if quoted := next((found for paper in against if (found := _located(plain, paper, _LEAST_QUOTE))), None):
        return Claim(piece.text, (quoted,), Support.QUOTED)
    prepared = [_prepared(paper) for paper in against]
    if cited:
        standing = _standing(plain, prepared, meaning)
    else:  # on one of them alone: halves of two papers make no fact
        each = [evidence for paper in prepared for evidence in _standing(plain, [paper], meaning)]
        standing = [max(each, key=lambda evidence: evidence.score)] if each else []
    return Claim(piece.text, tuple(standing), Support.SUPPORTED if standing else Support.UNSUPPORTED)


def _standing(plain: str, papers: Sequence[_Prepared], meaning: _Meaning) -> list[Evidence]:
    """What the claim stands on; nothing if a quote, a name, a number or the whole of it does not stand."""
    spans = _quoted_within(plain)
    quotes = [_located_in_any(span, papers) for span in spans]
    if None in quotes or not all(any(_holds_name(paper, name) for paper in papers) for name in _names_in(plain)):
        return []
    wanted = [quantity for quantity in quantities(flat(plain)) if not quantity.loose]
    rests = [(paper, _rests_on(plain, wanted, paper, papers, meaning)) for paper in papers]
    if not all(any(_stands(q, plain, paper, on[0] if on else None) for paper, on in rests) for q in wanted):
        return []
    near = [evidence_of(on[0].sentence, on[1]) for _, on in rests if on]
    kept = [quote for quote in quotes if quote and quote.text]
    is_mostly_quote = sum(_weight(_bare(span)) for span in spans) >= _weight(_bare(plain)) / 2
    return [*kept, *near] if near or is_mostly_quote else []


def _quoted_within(plain: str) -> list[str]:
    """What stands in quotation marks, but for words that are only held at arm's length."""
    spans = [next(filter(None, found.groups())) for found in _QUOTES.finditer(plain)]
    return [span for span in spans if _weight(_bare(span)) >= _LEAST_QUOTED_WITHIN]


# What is looked for in a paper, made once a paper.


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of a paper, its words and its numbers, and the numbers of it and of the sentences beside it."""

    sentence: Sentence
    words: frozenset[str]
    text: str  # flat
    quantities: tuple[Quantity, ...]
    around: tuple[Quantity, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class _Prepared:
    paper: Paper
    title: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    said: tuple[_Said, ...]


@lru_cache(maxsize=64)  # the sentences of one answer are held against the same few papers
def _prepared(paper: Paper) -> _Prepared:
    sentences = sentences_of(paper)
    texts = [flat(sentence.text) for sentence in sentences]
    own = [quantities(text) for text in texts]
    said = tuple(
        _Said(s, frozenset(words_of(s.text)), texts[n], own[n], _around(n, sentences, own), language_of(s.text))
        for n, s in enumerate(sentences)
    )
    everything = "\n".join([paper.title, *paper.authors, *paper.categories, *texts])
    return _Prepared(
        paper, frozenset(words_of(paper.title)), _names_held(everything), frozenset(words_of(everything)), said
    )


def _around(n: int, sentences: Sequence[Sentence], own: Sequence[tuple[Quantity, ...]]) -> tuple[Quantity, ...]:
    beside = [m for m in (n - 1, n, n + 1) if 0 <= m < len(own) and sentences[m].section is sentences[n].section]
    return tuple(quantity for m in beside for quantity in own[m])


# Names


def _names_in(plain: str) -> list[str]:
    """Names in a claim, folded: words with capitals or digits within, and others with a capital in mid-sentence."""
    tokens = list(_NAME.finditer(unicodedata.normalize("NFKC", plain)))
    capital = sum(token[0][0].isupper() for token in tokens)
    is_headline = len(tokens) > 3 and capital > 0.7 * len(tokens)
    return [_folded(token[0]) for token in tokens if _is_name(token, plain, is_headline)]


def _is_name(token: re.Match[str], plain: str, is_headline: bool) -> bool:
    word = re.sub(r"['’]s$", "", token[0])
    if len(word) < 2:
        return False
    if re.search(r"\d", word) or re.search(r"[A-Z]", word[1:]):
        return not (is_headline and "-" in word) or bool(re.search(r"\d", word))
    if not word[0].isupper() or is_headline:
        return False
    begins = not re.search(r"[\w,，、)）]\W{0,2}$", plain[: token.start()].rstrip(" \"“'‘(（"))
    return not begins or bool(re.match(r"\s+\d", plain[token.end() :]))


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", re.sub(r"['’]s$", "", name)).lower()
    return re.sub(r"[^a-z0-9]", "", decomposed)


def _names_held(text: str) -> frozenset[str]:
    """Whatever a name may be folded to that stands in the text: runs of one to five of its words and numbers."""
    decomposed = unicodedata.normalize("NFKD", text).lower()
    runs = (_LATIN_OR_DIGITS.findall(piece) for piece in re.split(r"[\n。！？]", decomposed.replace("\u0301", "")))
    names: set[str] = set()
    for tokens in runs:
        for size in range(1, 6):
            names.update("".join(tokens[n : n + size]) for n in range(len(tokens) - size + 1))
            if size > 1:
                names.update("".join(token[0] for token in tokens[n : n + size]) for n in range(len(tokens) - size + 1))
    return frozenset(names)


def _holds_name(paper: _Prepared, name: str) -> bool:
    """Whether it stands in the paper, be it of one or of several."""
    return not paper.names.isdisjoint((name, f"{name}s", name.removesuffix("s")))


# Numbers


def _stands(wanted: Quantity, plain: str, paper: _Prepared, rests_on: _Said | None) -> bool:
    """Whether the number stands in the paper for what the claim says it is, as far as its words tell."""
    holding = [said for said in paper.said if held(wanted, said.quantities)]
    same = [said for said in holding if said.language is language_of(plain)]
    if not same:
        return bool(holding) or held(wanted, quantities(flat(paper.paper.title)))
    return any(_is_its_own(wanted, flat(plain), said, rests_on) for said in same)


def _is_its_own(wanted: Quantity, plain: str, said: _Said, rests_on: _Said | None) -> bool:
    """False if the number's surroundings share no word with the claim's, while those of another number do."""
    context = _context(plain, wanted)
    own = [_overlap(context, said, q) for q in said.quantities if q.is_like(wanted)]
    others = [_overlap(context, s, q) for s in (said, rests_on) if s for q in s.quantities if q.rivals(wanted)]
    return max(own) > 0 or not any(others)


def _overlap(context: Mapping[str, float], said: _Said, quantity: Quantity) -> float:
    return sum(weight for word, weight in context.items() if word in _context(said.text, quantity))


def _context(text: str, quantity: Quantity) -> dict[str, float]:
    """The words next to a number within its clause; names weigh more, for they tell more."""
    before = _CLAUSE.split(text[: quantity.start])[-1]
    after = _CLAUSE.split(text[quantity.end :])[0]
    near = [*words_of(before)[-_AROUND:], *words_of(after)[:_AROUND]]
    named = {
        part for name in _NAME.findall(before + " " + after) if re.search(r"[A-Z0-9]", name) for part in words_of(name)
    }
    return {word: 2.0 if word in named else 1.0 for word in near}


# Nearness


def _rests_on(
    plain: str, wanted: Sequence[Quantity], paper: _Prepared, papers: Sequence[_Prepared], meaning: _Meaning
) -> tuple[_Said, float] | None:
    """The paper's sentence that the claim rests on, with a score: of those with a number of it the nearest, if near.

    What the claim says of the other `papers`, in words that this one does not hold, is not asked of this one.
    """
    if not paper.said:
        return None
    of_others = frozenset().union(*(other.words for other in papers)) - paper.words
    words = frozenset(words_of(plain)) - of_others
    most = max(sum(held(q, said.around) for q in wanted) for said in paper.said)
    having = [said for said in paper.said if sum(held(q, said.around) for q in wanted) == most]
    return _near(plain, words, having, paper, meaning, _BY_A_NUMBER if most else 0.0)


def _near(
    plain: str, words: frozenset[str], having: Sequence[_Said], paper: _Prepared, meaning: _Meaning, ease: float
) -> tuple[_Said, float] | None:
    shares = [_shared(words, said, paper) for said in having]
    best = int(np.argmax(shares))
    if shares[best] >= _LEAST_WORDS_TO_OPPOSE and _contradicts(plain, having[best], bool(ease)):
        return None
    if shares[best] >= _LEAST_WORDS_SHARED - ease:
        return having[best], shares[best]
    return meaning.nearest(plain, having, ease)


def _shared(words: frozenset[str], said: _Said, paper: _Prepared) -> float:
    """The share of the claim's words that the sentence holds. Those of the title only name the paper."""
    telling = words - paper.title
    telling = telling if len(telling) > 1 else words
    return len(telling & said.words) / len(telling) if telling else 0.0


def _contradicts(plain: str, said: _Said, shares_number: bool) -> bool:
    if not shares_number and said.language is not language_of(plain) and denies(plain) != denies(said.sentence.text):
        return True
    return is_opposed(plain, said.sentence.text) or is_stronger(plain, said.sentence.text)


@dataclass(slots=True)
class _Meaning:
    """Nearness by the embedder. Reads no text twice."""

    embedder: Embedder
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def nearest(self, plain: str, having: Sequence[_Said], ease: float) -> tuple[_Said, float] | None:
        readable = [said for said in having if self.embedder.reads(said.sentence.text)]
        if not readable or not self.embedder.reads(plain):
            return None
        [vector, *others] = self._read([plain, *(said.sentence.text for said in readable)])
        cosines = np.stack(others) @ vector
        least = np.array([_least_cosine(language_of(plain), said.language) for said in readable])
        best = int((cosines - least).argmax())
        if cosines[best] < least[best] - ease or _contradicts(plain, readable[best], bool(ease)):
            return None
        return readable[best], float(cosines[best])

    def _read(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if new:
            self.vectors.update(zip(new, self.embedder.embed(new), strict=True))
        return [self.vectors[text] for text in texts]


def _least_cosine(claim: Language, sentence: Language) -> float:
    if claim is not sentence:
        return _LEAST_COSINE_ACROSS
    return _LEAST_COSINE_CHINESE if claim is Language.CHINESE else _LEAST_COSINE


# Quotes


def _located(span: str, paper: Paper, least: float, titles: bool = False) -> Evidence | None:
    """The very words of `span` where they stand in the paper; spaces, case and marks aside, numbers to the digit.

    One that stands in the title alone gives, if `titles`, evidence without text, for it has no section.
    """
    wanted = _bare(span)
    if not wanted or _weight(wanted) < least:
        return None
    for section in reversed(Section):  # the abstract speaks first
        if place := _find(wanted, paper.text(section)):
            start, end = place
            return Evidence(paper.arxiv_id, section, paper.text(section)[start:end], start, end, 1.0)
    in_title = titles and _find(wanted, paper.title)
    return Evidence(paper.arxiv_id, Section.ABSTRACT, "", 0, 0, 1.0) if in_title else None


def _located_in_any(span: str, papers: Sequence[_Prepared]) -> Evidence | None:
    return next((found for p in papers if (found := _located(span, p.paper, 0, titles=True))), None)


def _find(wanted: str, text: str) -> tuple[int, int] | None:
    """Where in `text` the bare `wanted` stands: not in mid-word, nor in mid-number, nor behind what denies it."""
    bare, places = _mapped(text)
    at = bare.find(wanted)
    while at >= 0:
        start, end = places[at], places[at + len(wanted) - 1] + 1
        if _is_whole(text, start, end) and not _DENYING.search(text[:start][-24:]):
            return start, end + len(_closing(text[end:]))
        at = bare.find(wanted, at + 1)
    return None


def _closing(rest: str) -> str:
    mark = re.match(r"[。！？]+|[.!?]+(?!\w)", rest)  # no space follows a Chinese one
    return mark[0] if mark else ""


def _is_whole(text: str, start: int, end: int) -> bool:
    cut_before = (
        start > 0
        and _joined(text[start - 1], text[start])
        or re.search(r"\d[.,]$", text[:start])
        and text[start].isdigit()
    )
    cut_after = (
        end < len(text)
        and _joined(text[end - 1], text[end])
        or text[end - 1].isdigit()
        and re.match(r"[.,]\d|\s?\\?%", text[end:])
    )
    return not cut_before and not cut_after


def _joined(left: str, right: str) -> bool:
    """Whether a word goes on from one character to the next. Between Chinese characters no word ends for certain."""
    return left.isalnum() and right.isalnum() and not _HAN.match(left) and not _HAN.match(right)


def _bare(text: str) -> str:
    return _mapped(text)[0]


@lru_cache(maxsize=1024)
def _mapped(text: str) -> tuple[str, tuple[int, ...]]:
    """Letters, digits and what makes numbers, folded; and for each character where in `text` it comes from."""
    bare: list[str] = []
    places: list[int] = []
    for found in _KEPT.finditer(text):
        if found[0].isascii():
            bare.append(found[0].lower())
            places += range(*found.span())
            continue
        for place, character in enumerate(found[0], found.start()):
            folded = unicodedata.normalize("NFKC", character).casefold()
            bare.append(folded)
            places += [place] * len(folded)
    return "".join(bare), tuple(places)


def _weight(bare: str) -> float:
    han = len(_HAN.findall(bare))
    return len(bare) - han + han * _HAN_LENGTH
