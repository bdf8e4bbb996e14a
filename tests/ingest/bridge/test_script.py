"""One way of writing Chinese, and letters as everybody types them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bridge.script import has_han, plain, to_simplified


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("擴散模型與強化學習", "扩散模型与强化学习"),
        ("機器遺忘", "机器遗忘"),
        ("扩散模型", "扩散模型"),
        ("ＬｏＲＡ３的觸覺，ＧＰＴ－４", "LoRA3的触觉,GPT-4"),
        ("２０２５年の論文", "2025年の论文"),
        ("Video 生成", "Video 生成"),
        ("ﬁne-tuning", "fine-tuning"),
        ("", ""),
    ],
)
def test_a_text_is_simplified_with_plain_letters_and_digits(written: str, wanted: str) -> None:
    assert plain(written) == wanted


@pytest.mark.parametrize(
    "text", ["", "Diffusion (v1.5)", "Gödel’s naïve façade", "β-VAE ℓ₂", "かな 한글", "ꀀ", "\ue000", "ＬｏＲＡ"]
)
def test_a_text_without_chinese_is_not_simplified(text: str) -> None:
    assert not has_han(text)
    assert to_simplified(text) is text
    assert plain(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("text", ["汉", "a 漢 b", "㐀", "\uf900", "鿿"])
def test_a_single_chinese_character_is_seen(text: str) -> None:
    assert has_han(text)


MIXED = st.text(
    st.sampled_from("擴散模型與強化學習乾隆後面發髮裡里著作台灣颱風ＡｂＣ３，。 LoRA-4é½①㍿\uf900한"), max_size=30
)


@given(MIXED | st.text(max_size=30))
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(MIXED, MIXED)
def test_ascii_passes_through_between_chinese(before: str, after: str) -> None:
    assert " GPT-4 (2025) " in plain(f"{before} GPT-4 (2025) {after}")
