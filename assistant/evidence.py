"""Evidence: the sentences of a paper that bear on a question, each with its place in the paper."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Evidence, Query
from assistant.lexical import words_of
from assistant.phrasing import QUANTITY
from assistant.retrieve import Ranking, evidence_of
from ingest.library import Library
from ingest.paper import Language, Paper, Section, Sentence
from ingest.sentence import language_of, sentences_of

# Chosen on a plateau: on 51 questions with known answers, all values within a third of these find as many.
_COSINE_WEIGHT = 0.5
# An asked-for number is seldom in a sentence without one.
_NUMBER_BONUS = 0.25
_LANGUAGE_BONUS = 0.15
# The abstract is the paper's own word; where it and the digest's summary say the same, it is quoted.
_ABSTRACT_BONUS = 0.15
# What is asked about a paper is, mostly, what came out.
_RESULT_BONUS = 0.1
_RESULTS = (Section.RESULT, Section.CONCLUSION)
_DIGIT = re.compile(r"\d")


class EvidenceFinder:
    """Scores the sentences of papers for one query by words, meaning, numbers and language."""

    def __init__(self, library: Library, query: Query, ranking: Ranking) -> None:
        self._library = library
        self._query = query
        self._ranking = ranking
        self._wants_number = bool(QUANTITY.search(query.text))
        self._ranked: dict[str, tuple[Evidence, ...]] = {}

    def best(self, papers: Sequence[Paper], k: int | None = None) -> dict[str, tuple[Evidence, ...]]:
        """The `k` best sentences of each paper, or all of them, best first. Papers without text have none."""
        unread = [paper for paper in papers if paper.arxiv_id not in self._ranked]
        cosines = self._cosines(unread)
        for paper in unread:
            self._ranked[paper.arxiv_id] = self._rank(paper, cosines)
        return {paper.arxiv_id: self._ranked[paper.arxiv_id][:k] for paper in papers}

    def _rank(self, paper: Paper, cosines: dict[str, float]) -> tuple[Evidence, ...]:
        scored = [(self._score(sentence, cosines), sentence) for sentence in self._readable(sentences_of(paper))]
        scored.sort(key=lambda pair: -pair[0])
        return tuple(evidence_of(sentence, score) for score, sentence in scored)

    def _readable(self, sentences: Sequence[Sentence]) -> Sequence[Sentence]:
        """Without Chinese sentences for a question in English, which the abstract answers in English."""
        if self._query.language is Language.CHINESE:
            return sentences
        return [s for s in sentences if language_of(s.text) is Language.ENGLISH] or sentences

    def _cosines(self, papers: Sequence[Paper]) -> dict[str, float]:
        if self._ranking.vector is None or not papers:
            return {}
        found = self._library.sentences([paper.arxiv_id for paper in papers])
        nearness = found.vectors @ self._ranking.vector
        return {sentence.sentence_id: float(cosine) for sentence, cosine in zip(found.sentences, nearness, strict=True)}

    def _score(self, sentence: Sentence, cosines: dict[str, float]) -> float:
        held = frozenset(words_of(sentence.text))
        # Only the words that the person typed now: a follow-up's topic says which paper, not which sentence.
        return (
            max(reading.share(reading.among(held)) for reading in self._ranking.asked)
            + _COSINE_WEIGHT * cosines.get(sentence.sentence_id, 0.0)
            + _NUMBER_BONUS * (self._wants_number and bool(_DIGIT.search(sentence.text)))
            + _LANGUAGE_BONUS * (language_of(sentence.text) is self._query.language)
            + _ABSTRACT_BONUS * (sentence.section is Section.ABSTRACT)
            + _RESULT_BONUS * (sentence.section in _RESULTS)
        )
