"""What is denied, and which way it goes: sentences of like words that say opposite things, and those that do not."""

from __future__ import annotations

import pytest

from assistant.polarity import Tag, denies, is_opposed, is_stronger, tagged

OPPOSED = [
    ("It needs labels.", "It needs no labels."),
    ("The method requires retraining.", "The method works without retraining."),
    ("The method does not scale to long videos.", "The method scales to long videos."),
    ("Attention can be dropped; it never hurts accuracy.", "Attention can be dropped; it hurts accuracy."),
    ("该方法需要标注。", "该方法无需标注。"),
    ("模型不能泛化到新物体。", "模型能泛化到新物体。"),
    ("It increases latency by 5%.", "It reduces latency by 5%."),
    ("Accuracy improves by 3 points.", "Accuracy drops by 3 points."),
    ("Larger batches raise accuracy.", "Larger batches lower accuracy."),
    ("延迟增加了 20%。", "延迟降低了 20%。"),
    ("Accuracy rises by 3 points.", "Accuracy falls by 3 points."),
    ("准确率下降 3%。", "准确率提高 3%。"),
    ("It outperforms the baseline.", "It is outperformed by the baseline."),
]
ALIKE = [
    ("It needs no labels.", "No labels are there."),
    ("The method works without retraining.", "It does not require retraining."),
    ("该方法无需标注。", "该方法不需要标注。"),
    ("Accuracy improves by 3 points.", "Accuracy rises by 3 points, and latency falls."),
    ("It reduces errors and improves speed.", "It lowers errors and is faster."),
    ("Errors fall, so accuracy is higher.", "It reduces errors and increases accuracy."),
    ("It edits video.", "It edits video, but does not edit sound."),
    ("准确率提高 3%。", "准确率提升了 3%，且显存降低。"),
    ("It uses wireless sensors.", "Sensors are wireless."),
    ("无线传感器收集数据。", "无线传感器用于收集数据。"),
]


@pytest.mark.parametrize(("claim", "sentence"), OPPOSED)
def test_the_opposite_is_seen_from_either_side(claim: str, sentence: str) -> None:
    assert is_opposed(claim, sentence)
    assert is_opposed(sentence, claim)


@pytest.mark.parametrize(("claim", "sentence"), ALIKE)
def test_the_same_in_other_words_is_not_opposed(claim: str, sentence: str) -> None:
    assert not is_opposed(claim, sentence)
    assert not is_opposed(sentence, claim)


@pytest.mark.parametrize("text", [text for pair in OPPOSED + ALIKE for text in pair])
def test_nothing_is_opposed_to_itself(text: str) -> None:
    assert not is_opposed(text, text)
    assert not is_stronger(text, text)


def test_a_word_is_tagged_where_all_of_its_places_are() -> None:
    tags = tagged("It needs no labels, and labels are cheap. It never drifts.")
    assert "label" not in tags[Tag.DENIED]
    assert any(word.startswith("drift") for word in tags[Tag.DENIED])


def test_a_denial_ends_with_its_clause() -> None:
    assert not any(word.startswith("accura") for word in tagged("It needs no labels, and accuracy rises.")[Tag.DENIED])


@pytest.mark.parametrize(
    "text",
    ["It has no labels.", "It replaces attention.", "We don't train.", "Only text.", "无需训练。", "取代注意力。"],
)
def test_what_denies_or_takes_away_is_seen(text: str) -> None:
    assert denies(text)


@pytest.mark.parametrize("text", ["It notes knots.", "We train a policy.", "无论何时都能训练。", "无线网络。"])
def test_what_only_looks_like_a_denial_is_none(text: str) -> None:
    assert not denies(text)


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("It always works on clips.", "It works on clips."),
        ("All clips are edited.", "Most clips are edited."),
        ("This proves that scaling helps.", "This suggests that scaling helps."),
        ("该方法在所有任务上有效。", "该方法在多数任务上有效。"),
    ],
)
def test_what_holds_for_all_is_stronger_than_what_does_not_say_so(claim: str, sentence: str) -> None:
    assert is_stronger(claim, sentence)
    assert not is_stronger(sentence, claim)
