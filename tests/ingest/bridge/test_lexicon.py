"""What Chinese words stand for, found on an invented corpus of which the answer is known."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from made_up_pairs import CHATTER, MEANING, NOISE, made_up_pairs

from ingest.bridge.lexicon import MOST_FORMS, Lexicon, align, english_words
from ingest.bridge.pairs import Pair
from ingest.bridge.words import jieba_words


def aligned(pairs: Sequence[Pair]) -> tuple[list[str], Lexicon]:
    """The Chinese words in the order of their numbers, and what they stand for."""
    bags = [{word for text in pair.chinese for word in jieba_words(text)} for pair in pairs]
    words = sorted(set().union(*bags))
    number = {word: n for n, word in enumerate(words)}
    rows = [np.array(sorted(number[word] for word in bag), np.int64) for bag in bags]
    return words, align(rows, len(words), [english_words(pair.english) for pair in pairs])


def forms(words: list[str], lexicon: Lexicon) -> dict[str, list[tuple[str, float]]]:
    def of(n: int) -> list[tuple[str, float]]:
        entries = range(lexicon.start[n], lexicon.start[n + 1])
        return [(lexicon.english[lexicon.form[i]], float(lexicon.share[i])) for i in entries]

    return {word: of(n) for n, word in enumerate(words)}


@pytest.fixture(scope="module")
def found() -> dict[str, list[tuple[str, float]]]:
    return forms(*aligned(made_up_pairs()))


@pytest.mark.parametrize("word", MEANING)
def test_a_content_word_stands_first_and_surely_for_its_own_meaning(
    found: dict[str, list[tuple[str, float]]], word: str
) -> None:
    (best, share), *others = found[word]
    assert best == MEANING[word]
    assert share > 0.8
    assert [other for other, share in others if share > 0.4] == []


@pytest.mark.parametrize("word", "本文 研究 与 的 方法 现有 不好 我们 用 结果 更好".split())
def test_a_word_that_every_paper_says_stands_for_nothing(found: dict[str, list[tuple[str, float]]], word: str) -> None:
    assert found[word] == []


@pytest.mark.parametrize("word", NOISE)
def test_a_word_thrown_in_at_random_stands_for_nothing_in_particular(
    found: dict[str, list[tuple[str, float]]], word: str
) -> None:
    assert [form for form, share in found[word] if share > 0.4] == []


def test_shares_are_above_zero_and_at_most_one_and_the_best_comes_first() -> None:
    words, lexicon = aligned(made_up_pairs())
    shares = {word: [share for _, share in entries] for word, entries in forms(words, lexicon).items()}
    assert all(0 < share <= 1 for some in shares.values() for share in some)
    assert all(some == sorted(some, reverse=True) and len(some) <= MOST_FORMS for some in shares.values())
    assert (lexicon.start.dtype, lexicon.form.dtype, lexicon.share.dtype) == (np.int32, np.int32, np.float16)
    assert (lexicon.start[0], lexicon.start[-1]) == (0, len(lexicon.form))
    assert sorted(set(lexicon.form.tolist())) == list(range(len(lexicon.english)))
    assert not set(lexicon.english) & {"we", "and", "on", "by"}


def test_no_more_than_the_best_forms_of_a_word_are_kept() -> None:
    reef = "Coral reef polyp algae kelp tide wave shore anemone urchin."
    words, lexicon = aligned([*made_up_pairs(), *made_up_pairs(60, "2025-10", also=("珊瑚", reef))])
    assert len(forms(words, lexicon)["珊瑚"]) == MOST_FORMS == 8


def test_a_word_does_not_stand_for_what_is_said_less_often_beside_it_than_elsewhere() -> None:
    corals = made_up_pairs(60, "2025-09", ("珊瑚", "Coral.")) + made_up_pairs(10, "2025-08", ("珊瑚", "Coral honey."))
    honey = made_up_pairs(60, "2025-10", ("蜂蜜", "Honey."))
    found = forms(*aligned([*corals, *honey, *made_up_pairs()]))
    assert found["蜂蜜"][0][0] == "honey"
    assert "honey" not in [form for form, _ in found["珊瑚"]]


def test_what_abstracts_say_anyway_is_not_blamed_on_any_word(found: dict[str, list[tuple[str, float]]]) -> None:
    blamed = [share for entries in found.values() for form, share in entries if form in CHATTER]
    meant = [share for word, meaning in MEANING.items() for form, share in found[word] if form == meaning]
    assert sum(blamed) < sum(meant) / 2, (sum(blamed), sum(meant))


def test_what_few_papers_say_is_believed_less() -> None:
    def share(papers: int) -> float:
        pairs = [*made_up_pairs(), *made_up_pairs(papers, "2025-10", also=("珊瑚", "Corals."))]
        [(form, share), *_] = forms(*aligned(pairs))["珊瑚"]
        assert form == "corals"
        return share

    rare, seldom, often = share(4), share(12), share(60)
    assert rare < seldom < often
    assert rare < 0.75
    assert often > 0.9


def test_an_english_word_of_too_few_papers_is_none() -> None:
    pairs = [*made_up_pairs(), *made_up_pairs(3, "2025-10", also=("珊瑚", "Corals."))]
    words, lexicon = aligned(pairs)
    assert "corals" not in lexicon.english


def test_a_meaning_that_two_words_share_is_found_by_both() -> None:
    pairs = [
        *made_up_pairs(60, "2025-09", also=("珊瑚", "Reef.")),
        *made_up_pairs(60, "2025-10", also=("礁石", "Reef.")),
    ]
    found = forms(*aligned([*pairs, *made_up_pairs()]))
    assert found["珊瑚"][0][0] == found["礁石"][0][0] == "reef"


def test_a_word_of_two_meanings_has_both_in_the_order_of_their_shares() -> None:
    pairs = [
        *made_up_pairs(80, "2025-09", also=("珊瑚", "Coral.")),
        *made_up_pairs(40, "2025-10", also=("珊瑚", "Reef.")),
    ]
    entries = forms(*aligned([*pairs, *made_up_pairs()]))["珊瑚"]
    assert [form for form, _ in entries[:2]] == ["coral", "reef"]
    assert [share for _, share in entries[:2]] == pytest.approx([2 / 3, 1 / 3], abs=0.1)


def test_a_word_that_no_paper_holds_stands_for_nothing() -> None:
    rows = [np.array([1, 3]), np.array([], np.int64), *[np.array([1])] * 6]
    lexicon = align(rows, 5, [{"a", "b"}, set(), *[{"b"}] * 6])
    assert lexicon.start.tolist()[:2] == [0, 0]
    assert len(lexicon.start) == 6
    assert lexicon.start[4] == lexicon.start[5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We study Diffusion and the GPT-4 of 2025.", {"study", "diffusion", "gpt-4"}),
        ("It's state-of-the-art (v1.5), 3d x 5", {"it's", "state-of-the-art", "v1.5"}),
        ("", set()),
    ],
)
def test_english_words_are_lower_case_without_stop_words_and_numbers(text: str, words: set[str]) -> None:
    assert english_words(text) == words


def digest_of_the_lexicon() -> str:
    _, lexicon = aligned(made_up_pairs())
    parts = [" ".join(lexicon.english).encode(), lexicon.start, lexicon.form, lexicon.share]
    return hashlib.sha256(b"".join(map(bytes, parts))).hexdigest()


def test_the_lexicon_is_the_same_whatever_order_sets_have() -> None:
    code = "from test_lexicon import digest_of_the_lexicon; print(digest_of_the_lexicon())"
    folder = Path(__file__).parent
    paths = os.pathsep.join(map(str, (folder, folder.parents[2])))

    def elsewhere(seed: str) -> str:
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert elsewhere("1").strip() == elsewhere("2").strip() == digest_of_the_lexicon()
