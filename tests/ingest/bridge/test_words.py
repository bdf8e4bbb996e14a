"""Words of mixed text: whole, the same after a reading from disk, and the known ones found beside unknown ones."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_pairs import made_up_pairs
from tokenizers import Tokenizer

from ingest.bridge.pairs import Pair
from ingest.bridge.script import plain
from ingest.bridge.words import EDGE, UNKNOWN, common_words, count_words, jieba_words, number_by, numbered, tokenizer_of

LATIN = ["lora", "gpt-4", "gpt", "vit", "go", "v1.5", "c", "4", "2025"]
CHINESE = {"扩散": 40, "模型": 90, "遗忘": 12, "机器": 30, "机器人": 25, "学习": 60, "的": 200, "触觉": 8, "人": 20}


def of_counts(counts: dict[str, int]) -> Tokenizer:
    return tokenizer_of(counts, dict.fromkeys(counts, 100))


WORDS = of_counts(CHINESE | {f"{EDGE}{word}{EDGE}": 30 for word in LATIN})


def known(text: str, words: Tokenizer = WORDS) -> list[str]:
    """The words of the text that stand in the vocabulary, Latin ones without their edges."""
    encoding = words.encode(plain(text), add_special_tokens=False)
    return [token.strip(EDGE) for token, number in zip(encoding.tokens, encoding.ids, strict=True) if number]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("扩散模型", ["扩散", "模型"]),
        ("机器人学习", ["机器人", "学习"]),
        ("机器的学习。遗忘", ["机器", "的", "学习", "遗忘"]),
        ("擴散模型的觸覺", ["扩散", "模型", "的", "触觉"]),
        ("基于LoRA的扩散", ["lora", "的", "扩散"]),
        ("ＬｏＲＡ，ＧＰＴ－４", ["lora", "gpt-4"]),
        ("GPT-4与GPT", ["gpt-4", "gpt"]),
        ("v1.5的模型. LoRA.", ["v1.5", "的", "模型", "lora"]),
        ("4人，2025年", ["4", "人", "2025"]),
        ("２０２５学习４", ["2025", "学习", "4"]),
        ("C++ 的 C", ["c", "的", "c"]),
        ("lora_vit (go)", ["lora", "vit", "go"]),
        ("", []),
        ("。，！ \n\t", []),
        (UNKNOWN, []),
        (f"{EDGE} lora {EDGE} 扩散 {EDGE}vit{EDGE}", ["lora", "扩散", "vit"]),
    ],
)
def test_mixed_text_is_cut_into_known_words(text: str, words: list[str]) -> None:
    assert known(text) == words


@pytest.mark.parametrize(
    "word",
    "vitiligo vitgo xlora lora2 loras lora-2 gpt-4o gpt4 gpt-4.1 v1.5.2 v1 c4 20250 4-4 go.go lora.gpt vit-go".split(),
)
def test_a_latin_word_is_one_token_or_none_and_never_pieces(word: str) -> None:
    assert known(word) == []
    assert known(f"扩散{word}的{word.upper()}模型 {word}") == ["扩散", "的", "模型"]


PIECES = st.lists(
    st.sampled_from(
        [*LATIN, *CHINESE, "-", ".", "+", " ", "，", "LoRA", "ＶｉＴ", "é", "珊瑚", "x", "_", EDGE, "한", "🤖"]
    ),
    max_size=12,
).map("".join)


@given(PIECES)
def test_a_known_latin_word_stands_alone_in_the_text(text: str) -> None:
    runs = Counter(re.findall(r"[a-z0-9]+(?:[.+\-][a-z0-9]+)*", plain(text).lower()))
    assert Counter(word for word in known(text) if word.isascii()) == {w: n for w, n in runs.items() if w in LATIN}


@given(PIECES)
def test_every_chinese_character_of_the_vocabulary_is_in_one_known_word(text: str) -> None:
    inside = [character for character in plain(text) if character in "".join(CHINESE)]
    assert [character for word in known(text) if not word.isascii() for character in word] == inside


@pytest.mark.parametrize(
    "unknown", ["珊瑚", "珊瑚礁鹦鹉", "Ａｘｏｌｏｔｌ", "axolotl", "🤖", "한국어", EDGE, f"{EDGE}{EDGE}"]
)
def test_an_unknown_word_does_not_swallow_its_known_neighbours(unknown: str) -> None:
    assert known(f"扩散{unknown}模型") == ["扩散", "模型"]
    assert known(f"{unknown}扩散{unknown}遗忘lora{unknown}模型{unknown}")[:2] == ["扩散", "遗忘"]


def test_characters_of_the_corpus_keep_rare_words_from_being_unknown_together_with_others() -> None:
    times = CHINESE | {"珊瑚": 2}
    words = tokenizer_of(times, times)
    assert words.token_to_id("珊瑚") is None
    assert known("扩散珊瑚模型", words) == ["扩散", "珊", "瑚", "模型"]


@given(PIECES)
def test_a_text_is_cut_the_same_way_when_the_words_were_saved_and_read(text: str) -> None:
    again = Tokenizer.from_str(WORDS.to_str())
    assert again.encode(plain(text)).ids == WORDS.encode(plain(text)).ids


def test_the_unknown_word_is_number_zero_and_words_are_numbered_in_one_order(tmp_path: Path) -> None:
    WORDS.save(str(tmp_path / "tokenizer.json"))
    assert WORDS.token_to_id(UNKNOWN) == 0
    backwards = of_counts(dict(reversed((CHINESE | {f"{EDGE}{word}{EDGE}": 30 for word in LATIN}).items())))
    backwards.save(str(tmp_path / "again.json"))
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()


def test_words_are_counted_in_plain_lower_case_as_jieba_cuts_them() -> None:
    assert jieba_words("基于擴散模型的ＬｏＲＡ，GPT-4o！") == ["基于", "扩散", "模型", "的", "▁lora▁", "▁gpt-4o▁"]
    pairs = [Pair(str(n), "", "", "2025-11", ("扩散，扩散。", "LoRA", *[""] * (n + 1))) for n in range(2)]
    times, papers = count_words(pairs)
    assert times == {"扩散": 4, "▁lora▁": 2}
    assert papers == {"扩散": 2, "▁lora▁": 2}


def test_words_of_few_papers_are_left_out_and_latin_ones_sooner() -> None:
    papers = {"扩散": 4, "遗忘": 3, "▁lora▁": 10, "▁gpt▁": 9}
    assert common_words(papers) == ["▁lora▁", "扩散"]
    words = tokenizer_of(dict.fromkeys(papers, 1000), papers)
    assert known("扩散LoRA遗忘GPT", words) == ["扩散", "lora", "遗", "忘"]


def test_the_texts_of_pairs_are_numbered_paper_by_paper_and_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = made_up_pairs(30)
    words = tokenizer_of(*count_words(pairs))
    monkeypatch.setattr("ingest.bridge.words._AT_ONCE", 149)  # which leaves a single one
    texts = numbered(pairs, number_by(words))
    assert [len(paper) for paper in texts] == [5] * 30
    back = {number: word for word, number in words.get_vocab().items()}
    first = "".join(back[number] for number in texts[17][0])
    assert first == re.sub("[，。]", "", pairs[17].chinese[0])
    assert texts[17][3].tolist() == []
