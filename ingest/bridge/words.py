"""Words of mixed text: a `tokenizers` vocabulary of the corpus's own words, in place of a dictionary.

Words are counted once, when the bridge is trained, as jieba cuts them. From then on a text is cut into the
likeliest run of counted words (a Unigram model), which needs no dictionary to be loaded, and cuts the same way
every time. A word in Latin letters is one token or none: never pieces.
"""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from ingest.bridge.pairs import FIELDS, Pair
from ingest.bridge.script import plain
from ingest.sentence import CHINESE_CHARACTER as HAN

UNKNOWN = "[UNK]"
EDGE = "▁"  # stands before and after a word in Latin letters, so that no part of one is a word
_JOINT = r"[.+\-]"
_LATIN = re.compile(rf"[a-z0-9]+(?:{_JOINT}[a-z0-9]+)*")
_RUNS = re.compile(rf"[{HAN}]+|{_LATIN.pattern}")
# A word fewer papers hold says too little of what it means; Latin ones are many, and MiniLM reads them anyway.
LEAST_PAPERS = 4
LEAST_PAPERS_LATIN = 10
_AT_ONCE = 10_000  # texts: what `tokenizers` finds besides the numbers takes a kilobyte a dozen words
Cut = Callable[[str], Sequence[str]]
Number = Callable[[Sequence[str]], list[NDArray[np.int64]]]


def jieba_words(text: str) -> list[str]:
    """The words of the text as jieba cuts its Chinese; words in Latin letters between EDGEs."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    words: list[str] = []
    for run in _RUNS.findall(plain(text).lower()):
        words += [f"{EDGE}{run}{EDGE}"] if run.isascii() else jieba.lcut(run)
    return words


def count_words(pairs: Iterable[Pair], cut: Cut = jieba_words) -> tuple[Counter[str], Counter[str]]:
    """How often each word stands in the Chinese fields, and in how many papers."""
    times: Counter[str] = Counter()
    papers: Counter[str] = Counter()
    for pair in pairs:
        words = [word for text in pair.chinese for word in cut(text)]
        times.update(words)
        papers.update(set(words))
    return times, papers


def common_words(papers: Mapping[str, int]) -> list[str]:
    """The words that enough papers hold, sorted."""
    return sorted(word for word, number in papers.items() if number >= _least(word))


def tokenizer_of(times: Mapping[str, int], papers: Mapping[str, int]) -> Tokenizer:
    """A Unigram tokenizer of the words that enough papers hold."""
    kept: dict[str, float] = {word: times[word] for word in common_words(papers)}
    for character in {character for word in times if not word.startswith(EDGE) for character in word}:
        kept.setdefault(character, 0.5)  # so that an unknown word does not swallow the known ones around it
    whole = sum(kept.values())
    vocabulary = [(UNKNOWN, 0.0), *((word, math.log(number / whole)) for word, number in sorted(kept.items()))]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(rf"(?<![a-z0-9])(?<![a-z0-9]{_JOINT})(?=[a-z0-9])"), EDGE),
            normalizers.Replace(Regex(rf"(?<=[a-z0-9])(?![a-z0-9])(?!{_JOINT}[a-z0-9])"), EDGE),
        ]
    )
    words = Regex(rf"{EDGE}{_LATIN.pattern}{EDGE}|[{HAN}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(words, "removed", invert=True)
    return tokenizer


def _least(word: str) -> int:
    return LEAST_PAPERS_LATIN if word.startswith(EDGE) else LEAST_PAPERS


def number_by(tokenizer: Tokenizer) -> Number:
    """Gives the number of each word of each text, an `int64` array a text."""

    def number(texts: Sequence[str]) -> list[NDArray[np.int64]]:
        parts = (texts[first : first + _AT_ONCE] for first in range(0, len(texts), _AT_ONCE))
        found = (one for part in parts for one in tokenizer.encode_batch(part, add_special_tokens=False))
        return [np.array(one.ids, np.int64) for one in found]

    return number


def numbered(pairs: Iterable[Pair], number: Number) -> list[list[NDArray[np.int64]]]:
    """The word numbers of each pair's Chinese texts, in the order of FIELDS."""
    ids = number([plain(text) for pair in pairs for text in pair.chinese])
    return [ids[n : n + len(FIELDS)] for n in range(0, len(ids), len(FIELDS))]
