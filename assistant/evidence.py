"""Evidence: the sentences of a paper that bear on a question, each with its place in the paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant import fit
from assistant.answer import Evidence, Query
from assistant.lexical import Matches, words_of
from assistant.phrasing import QUANTITY, any_of
from assistant.retrieve import Ranking, evidence_of
from ingest.library import Library
from ingest.paper import Language, Paper, Section, Sentence
from ingest.sentence import language_of, sentences_of, split_sentences

# What is measured is asked for in more ways than a quantity is.
_MEASURED = any_of(
    r"\b(cost|overhead|savings?|faster|slower|smaller|larger|fewer|gains?|rates?|scores?|percent(age)?|results?)\b",
    r"规模|提升|提高|降低|减少|节省|比例|准确率|精度|开销|成本|加速|得分|结果",
)
# No digit of a name (GPT-4, VL4Gaze) or of a dimension (3D).
_VALUE = re.compile(r"(?<![A-Za-z0-9_.-])\d(?!\w*[dD]\b)")
_NUMBER = re.compile(r"(?<![A-Za-z_-])\d+(?:[.,]\d+)*")
# What a paper says of others, before it says what it does.
_BACKGROUND = any_of(
    r"\b(however|existing|recent(ly)?|despite|remains?|challeng\w*|traditional(ly)?|conventional|typically|often|prior)\b",
    r"^(while|although)\b|现有|传统|然而|挑战|尽管|目前",
)
SUMS_UP = any_of(
    r"\b(we|this (paper|work|study|article)) (\w+ )?(propose|present|introduce|show|find|demonstrate|develop|study"
    r"|investigate|explore|describe|report)",
    r"\b(results|experiments|evaluations?) .{0,40}(show|demonstrate|indicate)",
)
_ITSELF = any_of(
    r"\b(we|our|this (paper|work|study|article|survey|report|thesis))\b|\bto this end\b|\bin response\b",
    r"\bto (address|tackle|overcome|bridge|fill|mitigate|solve|remedy|close) (this|these|the|that|such)\b",
)
_LONGEST_NAME = 30
_WHERE_ITS_CODE_IS = any_of(
    r"https?://|\b(codes?|implementation)\b.{0,60}\b(is|are|will)\b|\bavailable at\b|\bproject page\b|开源",
    r"\bwe (will )?release\b",
)
# Where both say it, a question is answered in its own language, and in the paper's own words before the digest's.
_LANGUAGE_BONUS = 2.0
_ABSTRACT_BONUS = 0.3
# Sentences whose odds are so much lower than the best one's do not bear on the question. Chosen with the room that
# quotes have: by cross-validation on 180 questions no limit finds one answer in a hundred more, half as long again.
_MUCH_LESS = 5.5
# So near to the best, a sentence that is read in one go is better than one that is not. Logarithms; characters.
_AS_GOOD = 1.0
_READABLE = 320
# Such a share of one's words in the other, and no number of its own: the same said twice.
_SAME = 0.6
COSINE = 2  # the column of the features that only vectors fill
# Bytes, of which a Chinese character has three and says as much more; less is a number of a list, or a heading.
_SHORTEST = 15


def is_background(sentence: Evidence | Sentence, paper: Paper) -> bool:
    """Whether a sentence of the paper tells of others, or of what is hard, and not of what the paper does."""
    if sentence.section is Section.MOTIVATION:
        return True
    before = sentence.section is Section.ABSTRACT and sentence.start < _own_story(paper.title, paper.abstract)
    return before or bool(_BACKGROUND.search(sentence.text) and not SUMS_UP.search(sentence.text))


@lru_cache(maxsize=1024)  # it is asked of each sentence
def _own_story(title: str, abstract: str) -> int:
    """Where in its abstract a paper turns to itself: not with the first sentence, if nothing says so."""
    name = title.partition(":")[0] if ":" in title else ""
    for start, end in split_sentences(abstract):
        sentence = abstract[start:end]
        if _ITSELF.search(sentence) or (0 < len(name) <= _LONGEST_NAME and name in sentence):
            return start
    return 1


@lru_cache(maxsize=4096)  # a sentence is looked at for its odds, then beside others
def _words(text: str) -> frozenset[str]:
    return frozenset(words_of(text))


def telling(evidence: Sequence[Evidence], characters: int, within: float = _MUCH_LESS) -> list[Evidence]:
    """Of sentences, best first, those that bear on the question and fit beside the first; none says another again.

    A sentence of readable length leads, if one is about as good as the best. `within`: by how much the odds of a
    sentence may be lower than those of the first, as logarithms.
    """
    as_good = [e for e in evidence if e.score >= evidence[0].score - _AS_GOOD and len(e.text) <= _READABLE]
    kept: list[Evidence] = []
    for sentence in (*as_good[:1], *evidence):
        room = characters - sum(len(other.text) for other in kept)
        weighty = not kept or (len(sentence.text) <= room and sentence.score >= kept[0].score - within)
        if weighty and is_news(sentence, kept):
            kept.append(sentence)
    return kept


def is_news(sentence: Evidence, said: Sequence[Evidence]) -> bool:
    """Whether a sentence says what the others do not: not their numbers with most of the words of one of them, or in
    translation. Scraps are no news."""
    if len(sentence.text.encode()) < _SHORTEST:
        return False
    numbers = set(_NUMBER.findall(sentence.text))
    if not said or not numbers <= {number for other in said for number in _NUMBER.findall(other.text)}:
        return True
    if numbers and language_of(sentence.text) is not language_of(said[0].text):
        return False
    words = _words(sentence.text)
    others = (_words(other.text) for other in said)
    return not any(len(words & other) >= _SAME * min(len(words), len(other)) for other in others)


def tells_where_code_is(sentence: Evidence | Sentence) -> bool:
    return bool(_WHERE_ITS_CODE_IS.search(sentence.text))


class EvidenceFinder:
    """Scores the sentences of papers for one query: the odds that what is asked for stands in them."""

    def __init__(self, library: Library, query: Query, ranking: Ranking, model: fit.Logistic | None = None) -> None:
        self._library = library
        self._query = query
        self._ranking = ranking
        self._model = model or fit.weights(fit.WORDS if ranking.vector is None else fit.VECTORS, "sentence")
        self._ranked: dict[str, tuple[Evidence, ...]] = {}

    def best(self, papers: Sequence[Paper], k: int | None = None) -> dict[str, tuple[Evidence, ...]]:
        """The `k` best sentences of each paper, or all of them, best first. Papers without text have none."""
        unread = [paper for paper in papers if paper.arxiv_id not in self._ranked]
        cosines = self._cosines(unread)
        for paper in unread:
            self._ranked[paper.arxiv_id] = self._rank(paper, cosines)
        return {paper.arxiv_id: self._ranked[paper.arxiv_id][:k] for paper in papers}

    def sentences(self, paper: Paper) -> Sequence[Sentence]:
        """Those that may be quoted: for a question in English no Chinese ones, as the abstract answers in English."""
        everything = sentences_of(paper)
        if self._query.language is Language.CHINESE:
            return everything
        return [s for s in everything if language_of(s.text) is Language.ENGLISH] or everything

    def like(self, paper: Paper, section: Section) -> dict[tuple[Section, int], float]:
        """Of each sentence, by its section and start, the cosine to what the section says; none where it is empty."""
        found = self._library.sentences([paper.arxiv_id])
        said = [
            vector
            for sentence, vector in zip(found.sentences, found.vectors, strict=True)
            if sentence.section is section
        ]
        if not said:
            return {}
        whole = np.mean(said, axis=0)
        cosines = found.vectors @ (whole / max(float(np.linalg.norm(whole)), 1e-9))
        return {(s.section, s.start): float(cosine) for s, cosine in zip(found.sentences, cosines, strict=True)}

    def features(self, paper: Paper) -> NDArray[np.float64]:
        """`float64[sentences, 7]` of `sentences(paper)`: what tells that a sentence holds what is asked for."""
        return self._features(paper, self.sentences(paper), self._cosines([paper]))

    def _rank(self, paper: Paper, cosines: dict[str, float]) -> tuple[Evidence, ...]:
        sentences = self.sentences(paper)
        if not sentences:
            return ()
        odds = self._model.odds(self._features(paper, sentences, cosines))
        odds += _LANGUAGE_BONUS * np.array([language_of(s.text) is self._query.language for s in sentences])
        odds += _ABSTRACT_BONUS * np.array([s.section is Section.ABSTRACT for s in sentences])
        best_first = np.argsort(-odds, kind="stable")
        return tuple(evidence_of(sentences[n], float(odds[n])) for n in best_first)

    def _cosines(self, papers: Sequence[Paper]) -> dict[str, float]:
        if self._ranking.vector is None or not papers:
            return {}
        found = self._library.sentences([paper.arxiv_id for paper in papers])
        nearness = found.vectors @ self._ranking.vector
        return {sentence.sentence_id: float(cosine) for sentence, cosine in zip(found.sentences, nearness, strict=True)}

    def _features(self, paper: Paper, sentences: Sequence[Sentence], cosines: dict[str, float]) -> NDArray[np.float64]:
        held = [_words(sentence.text) for sentence in sentences]
        # Only the words that the person typed now: a follow-up's topic says which paper, not which sentence.
        words = np.max([_shares(reading, paper, held) for reading in self._ranking.asked], axis=0)
        asks_number = bool(QUANTITY.search(self._query.text) or _MEASURED.search(self._query.text))
        asks_code = bool(_WHERE_ITS_CODE_IS.search(self._query.text))
        told = [
            [
                cosines.get(sentence.sentence_id, 0.0),
                asks_number and bool(_VALUE.search(sentence.text)),
                bool(_VALUE.search(sentence.text)),
                is_background(sentence, paper),
                tells_where_code_is(sentence) and not asks_code,
            ]
            for sentence in sentences
        ]
        return np.hstack([words, np.array(told, np.float64)])


def _shares(reading: Matches, paper: Paper, held: Sequence[frozenset[str]]) -> NDArray[np.float64]:
    """`float64[sentences, 2]`: the share of the weight of the question's words that each sentence holds, in [0, 1].

    Of all its words, and without those of the paper's title, which only say which paper is meant.
    """
    forms = list(map(frozenset, reading.forms.values()))
    if not forms:
        return np.zeros((len(held), 2))
    matched = np.array([[not some.isdisjoint(words) for words in held] for some in forms], np.float64)
    title = _words(paper.title)
    weight = np.array([reading.weight[word] for word in reading.forms])
    untitled = weight * [title.isdisjoint(some) for some in forms]
    shares: NDArray[np.float64] = (np.stack([weight, untitled]) @ matched).T / (weight.sum() or 1.0)
    return shares
