"""Two languages in one space: English as the English embedder has it, Chinese by the bridge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from made_up_pairs import MEANING

from ingest.bridge.embedder import BridgedEmbedder
from ingest.bridge.model import Bridge
from ingest.embedder import ContextEmbedder, Glossing, embed_with_spans
from tests.conftest import WordEmbedder

ENGLISH = ["Tactile robots.", "What is 扩散 in speech translation?", "", "Ünïcode words", "GPT-4"]
CHINESE = ["本文研究触觉与机器人", "用LoRA的语音翻译", "卫星", "鸟鸣啁啾"]


class Noting(WordEmbedder):
    """Keeps what it was asked to embed, and treats a question unlike a text, as some models do."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.questions: list[str] = []

    def embed(self, texts, progress=None):
        self.asked += texts
        return super().embed(texts, progress)

    def embed_query(self, text: str):
        self.questions.append(text)
        return super().embed([f"query {text}"])[0]


@pytest.fixture
def english() -> Noting:
    return Noting()


@pytest.fixture
def both(english: Noting, bridge: Bridge) -> BridgedEmbedder:
    return BridgedEmbedder(english, bridge)


def test_it_is_named_after_the_english_one_and_marked_by_both(both: BridgedEmbedder, bridge: Bridge) -> None:
    assert (both.name, both.dim, both.max_tokens) == ("words", 32, 64)
    assert both.fingerprint == f"words-1+{bridge.fingerprint}"
    assert isinstance(both, ContextEmbedder)
    assert isinstance(both, Glossing)


def test_english_texts_get_exactly_the_english_embedders_vectors(both: BridgedEmbedder, english: Noting) -> None:
    assert both.embed(ENGLISH).tobytes() == WordEmbedder().embed(ENGLISH).tobytes()
    assert english.asked == ENGLISH


def test_chinese_texts_get_the_bridges_vectors_and_the_english_embedder_is_not_asked(
    both: BridgedEmbedder, bridge: Bridge, english: Noting
) -> None:
    assert both.embed(CHINESE) == pytest.approx(bridge.embed(CHINESE), abs=1e-6)
    assert english.asked == []


@pytest.mark.parametrize("word", MEANING)
def test_a_chinese_text_is_nearest_to_the_english_one_of_its_meaning(both: BridgedEmbedder, word: str) -> None:
    texts = [f"On {meaning}" for meaning in MEANING.values()]
    vectors = both.embed([*texts, f"{word}的方法"])
    assert texts[int((vectors[:-1] @ vectors[-1]).argmax())] == f"On {MEANING[word]}"


def test_mixed_lists_keep_their_order(both: BridgedEmbedder) -> None:
    texts = [ENGLISH[0], CHINESE[0], ENGLISH[1], CHINESE[1], CHINESE[3], ENGLISH[2]]
    done: list[int] = []
    vectors = both.embed(texts, done.append)
    assert vectors == pytest.approx(np.stack([both.embed([text])[0] for text in texts]), abs=1e-6)
    assert vectors.dtype == np.float32
    assert sum(done) == len(texts)
    assert both.embed([]).shape == (0, 32)


def test_a_span_of_chinese_is_a_text_of_its_own_and_one_of_english_is_as_it_was(both: BridgedEmbedder) -> None:
    texts = [ENGLISH[0], "研究触觉。研究卫星，用LoRA。", CHINESE[2], "Red car"]
    spans: Sequence[Sequence[tuple[int, int]]] = [((0, 7), (8, 14)), ((0, 5), (5, 15)), (), ((4, 7),)]
    whole, parts = embed_with_spans(both, texts, spans)
    assert whole == pytest.approx(both.embed(texts), abs=1e-6)
    wanted = [both.embed(some) for some in (["Tactile", "robots"], ["研究触觉。", "研究卫星，用LoRA。"], [], ["car"])]
    assert [part.shape for part in parts] == [(2, 32), (2, 32), (0, 32), (1, 32)]
    for part, vectors in zip(parts, wanted, strict=True):
        assert part == pytest.approx(vectors, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "known"), [(ENGLISH[0], True), (CHINESE[0], True), ("用LoRA", True), ("x 卫 y z", False)]
)
def test_it_reads_chinese_and_of_the_rest_what_the_english_embedder_reads(
    both: BridgedEmbedder, text: str, known: bool
) -> None:
    assert both.reads(text) is known


def test_tokens_are_counted_by_the_one_who_embeds_the_text(both: BridgedEmbedder) -> None:
    texts = ["扩散与触觉", "Tactile robots, 3 of them", "用LoRA，训练", "", "on 扩散 and such"]
    assert both.count_tokens(texts) == [3, 5, 3, 0, 4]
    assert both.count_tokens([]) == []


def test_an_english_question_is_the_english_embedders_alone(both: BridgedEmbedder, english: Noting) -> None:
    vector = both.embed_query("What is LoRA?")
    assert vector.tobytes() == english.embed_query("What is LoRA?").tobytes()
    assert english.questions[0] == "What is LoRA?"


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_chinese_question_is_half_the_bridges_and_half_its_english_words(
    both: BridgedEmbedder, english: Noting, bridge: Bridge, share: float
) -> None:
    question = "有哪些触觉與機器人的GPT-4論文？"
    vector = both.with_share(share).embed_query(question)
    in_words = WordEmbedder().embed(["query tactile robot gpt-4"])[0]
    wanted = (1 - share) * in_words + share * bridge.embed([question])[0]
    assert vector == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-5)
    assert vector.dtype == np.float32
    assert [sorted(asked.split()) for asked in english.questions] == [["gpt-4", "robot", "tactile"]]


def test_an_english_question_with_one_chinese_word_is_asked_in_english(both: BridgedEmbedder, english: Noting) -> None:
    vector = both.embed_query("Which papers use 触觉 in robots?")
    assert english.questions == ["which papers use tactile in robots"]
    assert vector == pytest.approx(WordEmbedder().embed(["query which papers use tactile in robots"])[0], abs=1e-5)


def test_a_question_of_unknown_chinese_only_has_no_direction(both: BridgedEmbedder, english: Noting) -> None:
    vector = both.embed_query("鸟鸣啁啾？")
    assert (vector.shape, vector.dtype) == ((32,), np.float32)
    assert not vector.any()
    assert english.questions == []


def test_a_question_of_known_chinese_that_stands_for_nothing_is_the_bridges_alone(
    both: BridgedEmbedder, bridge: Bridge, english: Noting
) -> None:
    assert bridge.in_english("本文的方法") == ""
    vector = both.embed_query("本文的方法")
    assert vector == pytest.approx(bridge.embed(["本文的方法"])[0], abs=1e-5)
    assert english.questions == []


def test_unknown_words_take_nothing_from_a_question(both: BridgedEmbedder) -> None:
    assert both.embed_query("啁啾触觉机器人鸟") == pytest.approx(both.embed_query("触觉机器人"), abs=1e-5)


def test_glosses_are_the_bridges_where_there_is_chinese_and_else_none(both: BridgedEmbedder, bridge: Bridge) -> None:
    assert both.glosses("触觉 with LoRA") == bridge.glosses("触觉 with LoRA")
    assert [gloss.english[0][0] for gloss in both.glosses("触觉 with LoRA")] == ["tactile", "with", "lora"]
    assert both.glosses("Tactile sensing with LoRA") == []


def test_a_share_leaves_texts_and_the_fingerprint_as_they_are(both: BridgedEmbedder) -> None:
    other = both.with_share(0.1)
    assert other.embed(CHINESE).tobytes() == both.embed(CHINESE).tobytes()
    assert other.fingerprint == both.fingerprint
