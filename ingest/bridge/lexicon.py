"""The lexicon: which English words a Chinese word stands for, learned from what papers say in both languages.

A paper's Chinese summary and its English abstract are taken as two bags of words. Candidates come from
co-occurrence (log likelihood ratio); the share of each is then found by expectation maximisation as in IBM
Model 1 (Brown et al. 1993, aclanthology.org/J93-2003): every English word of an abstract is explained by the Chinese
words of its summary, or by none of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CANDIDATES = 40
ROUNDS = 6
# How much of an English word is explained by its being common, before any Chinese word is asked.
_BY_ITSELF = 0.3
# Pseudo-papers in which a Chinese word stands for nothing: what few papers say is believed less.
_DOUBT = 2.0
LEAST_SHARE = 0.04
MOST_FORMS = 8
_LEAST_PAPERS = 4
_WORD = re.compile(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*")
_STOP_WORDS = frozenset(
    """a about above across after again all also although among an and any are as at based be because been before
    being below between both but by can could did do does doing down during each either et etc for from further had has
    have having he her here his how however i if in into is it its itself may might more most must no nor not of off on
    once only or other our out over own per same she should so some such than that the their them then there these they
    this those through thus to too toward towards under until up upon us use used uses using very via was we were what
    when where which while who whom whose why will with within without would yet you your""".split()
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What each word of a vocabulary stands for.

    `start`: `int32[words + 1]`; word `n` has the entries `start[n]:start[n + 1]` of `form`, `int32`, which index
    `english`, and of `share`, `float16` in (0, 1]: in what share of the papers that say the Chinese word does the
    abstract say that English one because of it. Best first.
    """

    english: tuple[str, ...]
    start: NDArray[np.int32]
    form: NDArray[np.int32]
    share: NDArray[np.float16]


def english_words(text: str) -> set[str]:
    """The words of an English text that may stand for something: lower case, without stop words and bare numbers."""
    words = _WORD.findall(text.lower())
    return {word for word in words if len(word) > 1 and word not in _STOP_WORDS and not word[0].isdigit()}


def align(chinese: Sequence[NDArray[np.int64]], size: int, english: Sequence[set[str]]) -> Lexicon:
    """The lexicon of papers, each given as its distinct Chinese words, numbers below `size`, and its English words."""
    papers = Counter(word for words in english for word in words)
    known = sorted(word for word, number in papers.items() if number >= _LEAST_PAPERS)
    number = {word: n for n, word in enumerate(known)}
    left = _incidence(chinese, size)
    rows = ([number[word] for word in words if word in number] for words in english)
    right = _incidence([np.array(sorted(row), np.int64) for row in rows], len(known))
    word, form, likeness = _candidates(left, right)
    share = _maximised(left, right, word, form, likeness)
    return _best(known, size, word, form, share)


def _incidence(rows: Iterable[NDArray[np.int64]], columns: int) -> sparse.csr_matrix:
    rows = list(rows)
    ends = np.cumsum([0, *map(len, rows)])
    ones = np.ones(ends[-1], np.float32)
    return sparse.csr_matrix((ones, np.concatenate([*rows, np.empty(0, np.int64)]), ends), (len(rows), columns))


def _candidates(
    left: sparse.csr_matrix, right: sparse.csr_matrix
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """For each Chinese word the English words it goes with most: both numbers, and how much they go together."""
    of_word, of_form = _sums(left), _sums(right)
    words, forms, likeness = [], [], []
    columns = left.T.tocsr()
    for first in range(0, columns.shape[0], 500):  # all at once would not fit into memory
        together = (columns[first : first + 500] @ right).tocsr()
        for n in range(together.shape[0]):
            row = slice(together.indptr[n], together.indptr[n + 1])
            form, both = together.indices[row], together.data[row].astype(np.float64)
            chance = of_word[first + n] * of_form[form] / left.shape[0]
            gain = np.where(both > chance, both * np.log(both / chance) - (both - chance), 0.0)
            gain /= np.sqrt(of_word[first + n] * of_form[form])
            best = np.argsort(-gain, kind="stable")[:CANDIDATES]
            best = best[gain[best] > 0]
            words.append(np.full(len(best), first + n, np.int64))
            forms.append(form[best].astype(np.int64))
            likeness.append(gain[best])
    return np.concatenate(words), np.concatenate(forms), np.concatenate(likeness)


def _sums(matrix: sparse.csr_matrix) -> NDArray[np.float64]:
    return np.asarray(matrix.sum(axis=0), np.float64).ravel()


def _maximised(
    left: sparse.csr_matrix,
    right: sparse.csr_matrix,
    word: NDArray[np.int64],
    form: NDArray[np.int64],
    likeness: NDArray[np.float64],
) -> NDArray[np.float64]:
    """`float64[candidates]`: the share of each candidate, shrunk where few papers speak for it."""
    papers, of_word, columns = left.shape[0], _sums(left), right.shape[1]
    paper, pair = _occurrences(left, right, word, form)
    explained, place = np.unique(paper * columns + form[pair], return_inverse=True)
    by_itself = _BY_ITSELF * _sums(right)[explained % columns] / papers
    share = likeness / np.bincount(word, likeness, len(of_word))[word]
    for _ in range(ROUNDS):
        weight = share[pair]
        blame = weight / (np.bincount(place, weight, len(explained)) + by_itself)[place]
        share = np.bincount(pair, blame, len(word)) / of_word[word]
    shrunk: NDArray[np.float64] = share * of_word[word] / (of_word[word] + _DOUBT)
    return shrunk


def _occurrences(
    left: sparse.csr_matrix, right: sparse.csr_matrix, word: NDArray[np.int64], form: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where both words of a candidate stand in one paper: number of the paper, number of the candidate."""
    numbered = sparse.csr_matrix((np.arange(1, len(word) + 1), (word, form)), (left.shape[1], right.shape[1]))
    there = np.zeros(right.shape[1], bool)
    papers, pairs = [], []
    for paper in range(left.shape[0]):
        spoken = right.indices[right.indptr[paper] : right.indptr[paper + 1]]
        there[spoken] = True
        possible = numbered[left.indices[left.indptr[paper] : left.indptr[paper + 1]]]
        found = possible.data[there[possible.indices]] - 1
        there[spoken] = False
        papers.append(np.full(len(found), paper, np.int64))
        pairs.append(found.astype(np.int64))
    return np.concatenate(papers), np.concatenate(pairs)


def _best(
    english: Sequence[str], size: int, word: NDArray[np.int64], form: NDArray[np.int64], share: NDArray[np.float64]
) -> Lexicon:
    """The forms worth keeping, and no English word that none stands for."""
    order = np.lexsort((form, -share, word))
    word, form, share = word[order], form[order], share[order]
    rank = np.arange(len(word)) - np.searchsorted(word, word)
    kept = (share >= LEAST_SHARE) & (rank < MOST_FORMS)
    word, form, share = word[kept], form[kept], share[kept]
    used, form = np.unique(form, return_inverse=True)
    start = np.searchsorted(word, np.arange(size + 1)).astype(np.int32)
    return Lexicon(
        tuple(english[n] for n in used), start, form.astype(np.int32), np.minimum(share, 1).astype(np.float16)
    )
