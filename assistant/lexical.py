"""The lexical leg: BM25 over words of both languages, and what it knows about words (how rare, where they stand)."""

from __future__ import annotations

import json
import logging
import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import bm25s
import jieba
import numpy as np
import Stemmer
from numpy.typing import NDArray

from assistant.slip import Slips
from ingest.bridge.model import Gloss
from ingest.paper import Paper, Section
from ingest.sentence import CHINESE_CHARACTER

jieba.setLogLevel(logging.ERROR)

# Part of a saved index's name: one made by other rules than today's is not read.
RULES = 2
_IDS = "arxiv_ids.json"
# A word in the title tells more of a paper than one in its abstract. On 67 English questions nDCG@10 of this leg
# alone was 0.873, 0.875 and 0.880 with weights 1, 2 and 3.
_TITLE_WEIGHT = 3
_LATIN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*")
_HAN = re.compile(f"[{CHINESE_CHARACTER}]+")
_LETTERS_AND_DIGITS = re.compile(r"([a-z]+)(\d[\d.]*)|(\d[\d.]*)([a-z]+)")
_STOP_WORDS = frozenset(
    """a about all also am an and any anybody anyone anything are as at be been being both but by can could did do does
    doing each else find for from get give had has have having he her here his how i if in into is it its just know let
    like list looking made make many may me might mine more most much must my need no nor not of on one ones only or
    other our out over own paper papers pls please say says should show so some somebody something such tell than that
    the their them then there these they thing this those to too try up us use used uses using very via want was we were
    what whats when where whether which while who whom whose why will with work working works would yes you your
    article articles arxiv collection digest digests id ids recent study studies""".split()
)
_HAN_STOP_WORDS = frozenset(
    """哪些 哪个 哪篇 有没有 什么 怎么 如何 为什么 论文 文章 工作 研究 相关 方法 方面 方向 关于 一下 列出 列一下 介绍
    请问 是否 可以 能够 以及 还有 这些 那些 这个 那个 它们 他们 我们 多少 几篇 一篇 里面 其中 用于 使用 利用 基于 进行
    通过 针对 提出 没有 有没 分别 各自 最新 最近 现在 目前 想要 想了解 了解 有关 这批 都有 哪几篇 几个 一个 这块 之类
    或者 不是 就是 还是 团队 同一 同一个""".split()
)
# A form this likely, beside the likeliest, counts as the word itself.
_COUNTS = 0.5
# An English word that a Chinese one stands for less often is no match for it; from _SURE on it is as good as typed.
_LEAST_SHARE = 0.08
_SURE = 0.4
_stem = lru_cache(maxsize=200_000)(Stemmer.Stemmer("english").stemWord)


def words_of(text: str) -> list[str]:
    """Searchable words of `text` in order: English stems without stop words, Chinese words of two or more characters.

    `SAM2` and `3dgs` give their letters and digits too, so that `SAM 2` finds them.
    """
    return [word for word, _ in typed_words(text)]


def typed_words(text: str) -> list[tuple[str, str]]:
    """The words of `words_of`, each with the word of `text` that it comes from."""
    plain = _plain(text)
    return [*_latin_words(plain), *_han_words(plain)]


def _plain(text: str) -> str:
    """In lower case, without accents: `Schrödinger` is typed as `schrodinger`, too."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text).lower()
    return "".join(character for character in parts if not unicodedata.combining(character))


def _latin_words(plain: str) -> Iterator[tuple[str, str]]:
    for word in _LATIN.findall(plain):
        if word in _STOP_WORDS:
            continue
        yield _stem(word), word
        if mixed := _LETTERS_AND_DIGITS.fullmatch(word):
            yield from ((_stem(part), word) for part in mixed.groups() if part)


def _han_words(plain: str) -> Iterator[tuple[str, str]]:
    for run in _HAN.findall(plain):
        yield from ((word, word) for word in jieba.cut_for_search(run) if len(word) > 1 and word not in _HAN_STOP_WORDS)


def _document_words(paper: Paper) -> list[str]:
    return words_of(paper.title) * _TITLE_WEIGHT + words_of("\n".join(paper.text(section) for section in Section))


@dataclass(frozen=True, slots=True)
class Term:
    """Something to look for: as it was typed, and the index's words it may stand as.

    Each form has a weight in (0, 1], the best one 1. `trust` in [0, 1] is how sure it is that it means anything.
    """

    typed: str
    forms: tuple[tuple[str, float], ...]
    trust: float = 1.0

    @property
    def word(self) -> str:
        return self.forms[0][0]


@dataclass(frozen=True, slots=True)
class Matches:
    """What a question's words match.

    `score`: `float32[papers]` in [0, 1), BM25 as a share of the most that these words could give, so that scores of
    different questions compare. `typed`: each word searched for, as it stands in the question. `weight`: its idf.
    `forms`: the index's words that count as holding it.
    """

    score: NDArray[np.float32]
    typed: Mapping[str, str]
    weight: Mapping[str, float]
    forms: Mapping[str, tuple[str, ...]]

    def weighted(self, weight: float) -> Matches:
        """The same with scores `weight` times as high."""
        return replace(self, score=self.score * np.float32(weight))

    def share(self, held: Iterable[str], power: int = 1) -> float:
        """The share of the words that `held` names, each weighed by its idf to the `power`; in [0, 1]."""
        whole = sum(weight**power for weight in self.weight.values())
        return sum(self.weight[word] ** power for word in held) / whole if whole else 0.0

    def among(self, words: Collection[str]) -> list[str]:
        """Those of the words searched for that stand among the index's `words` in any form."""
        return [word for word, forms in self.forms.items() if any(form in words for form in forms)]


class LexicalIndex:
    """BM25 over the titles, summaries and abstracts of a library's papers."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        ids: list[str] = []
        documents: list[list[str]] = []
        for paper in papers:
            ids.append(paper.arxiv_id)
            documents.append(_document_words(paper))
        bm25 = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        bm25.index(documents if any(documents) else [["\0"]], show_progress=False)
        self._take(ids, bm25)

    def _take(self, arxiv_ids: list[str], bm25: bm25s.BM25) -> None:
        self.arxiv_ids = arxiv_ids
        self.row = {arxiv_id: row for row, arxiv_id in enumerate(arxiv_ids)}
        self._bm25 = bm25
        self._vocabulary: dict[str, int] = bm25.vocab_dict
        self._slips = Slips(word for word in self._vocabulary if word.isascii() and len(word) > 3)

    def save(self, folder: Path) -> None:
        """Writes the index into `folder`, whole or not at all. Raises OSError."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as half:
            made = Path(half) / "index"
            self._bm25.save(made, show_progress=False)
            (made / _IDS).write_text(json.dumps(self.arxiv_ids), "utf-8")
            made.rename(folder)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex | None:
        """The index that was saved in `folder`; None if there is none that can be read."""
        try:
            ids = json.loads((folder / _IDS).read_text("utf-8"))
            bm25 = bm25s.BM25.load(folder, show_progress=False)
        except (OSError, ValueError, KeyError):
            return None
        index = cls.__new__(cls)
        index._take(ids, bm25)
        return index

    def __len__(self) -> int:
        return len(self.arxiv_ids)

    def idf(self, *words: str) -> float:
        """Rarity of a word, or of some that count as one: 0 is everywhere, and what no paper holds weighs most."""
        found = len(self._rows_of(words))
        return math.log(1 + (len(self) - found + 0.5) / (found + 0.5))

    def count(self, word: str) -> int:
        """Papers that hold the word."""
        return len(self._rows(word))

    def holds(self, word: str) -> frozenset[str]:
        """Ids of the papers that hold the word."""
        return frozenset(self.arxiv_ids[row] for row in self._rows(word))

    def held(self, forms: Mapping[str, Sequence[str]], arxiv_ids: Sequence[str]) -> list[list[str]]:
        """Which of the words each of these papers holds in any of its forms, in the order of `forms`."""
        rows = np.array([self.row[arxiv_id] for arxiv_id in arxiv_ids], np.int64)
        columns = [(word, np.isin(rows, self._rows_of(some))) for word, some in forms.items()]
        return [[word for word, column in columns if column[n]] for n in range(len(rows))]

    def _rows_of(self, words: Sequence[str]) -> NDArray[np.int32]:
        rows = [self._rows(word) for word in words]
        return rows[0] if len(rows) == 1 else np.unique(np.concatenate(rows))

    def _rows(self, word: str) -> NDArray[np.int32]:
        token = self._vocabulary.get(word)
        if token is None or not self.arxiv_ids:
            return np.empty(0, np.int32)
        start, end = self._bm25.scores["indptr"][token : token + 2]
        rows: NDArray[np.int32] = self._bm25.scores["indices"][start:end]
        return rows

    def match(self, text: str) -> Matches:
        """How well every paper's words match those of `text`; misspelt words count as the nearest known one."""
        return self.match_terms(self._own_terms(text))

    def _own_terms(self, text: str) -> list[Term]:
        return [Term(typed, ((self.correct(word), 1.0),)) for word, typed in typed_words(text)]

    def match_glosses(self, glosses: Iterable[Gloss]) -> Matches:
        """How well every paper's English words match what the words of a text stand for."""
        return self.match_terms([term for gloss in glosses for term in self._terms(gloss)])

    def _terms(self, gloss: Gloss) -> list[Term]:
        """What one word stands for; nothing for those that only hold a question together."""
        if gloss.word in _HAN_STOP_WORDS or not gloss.english:
            return []
        if gloss.english[0][1] == 1.0:  # a word in Latin letters stands for itself
            return self._own_terms(gloss.word)
        shares: dict[str, float] = {}
        for english, share in gloss.english:
            words = words_of(english)
            if share >= _LEAST_SHARE and len(words) == 1:
                shares[words[0]] = max(share, shares.get(words[0], 0.0))
        likeliest, best = gloss.english[0][1], max(shares.values(), default=0.0)
        trust = min(1.0, likeliest / _SURE)
        if best < _COUNTS * likeliest:  # `chain-of-thought`: all of its words are looked for, none is like another
            return [Term(gloss.word, ((word, 1.0),), trust) for word in words_of(gloss.english[0][0])]
        return [Term(gloss.word, tuple((word, share / best) for word, share in shares.items()), trust)]

    def match_terms(self, terms: Sequence[Term]) -> Matches:
        """How well every paper holds the terms, each in the form that suits the paper best.

        All forms of a term count as one word, as rare as all of them together: an English-only paper is not behind
        one with a Chinese summary for being matched by a translation.
        """
        counted = {term.word: tuple(form for form, weight in term.forms if weight >= _COUNTS) for term in terms}
        weight = {term.word: term.trust * self.idf(*counted[term.word]) for term in terms}
        score = np.zeros(len(self), np.float32)
        for term in terms:
            score += weight[term.word] * self._best_form(term)
        score /= sum(weight[term.word] for term in terms) or 1.0
        return Matches(score, {term.word: term.typed for term in terms}, weight, counted)

    def _best_form(self, term: Term) -> NDArray[np.float32]:
        """`float32[papers]` in [0, 1): BM25 without idf, of the form that gives most."""
        best = np.zeros(len(self), np.float32)
        for form, weight in term.forms:
            rows = self._rows(form)
            if len(rows):
                start = self._bm25.scores["indptr"][self._vocabulary[form]]
                frequency = self._bm25.scores["data"][start : start + len(rows)] / self.idf(form)
                best[rows] = np.maximum(best[rows], weight * frequency)
        return best

    def correct(self, word: str) -> str:
        """The word itself if the library holds it, else the commonest known word one slip of the fingers away."""
        if word in self._vocabulary or len(word) < 5 or not word.isalpha() or not word.isascii():
            return word
        return max(self._slips.near(word), key=self.count, default=word)
