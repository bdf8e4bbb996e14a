"""The bridge as a folder: written, read, read by others, damaged, and asked from many threads."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from made_up_pairs import MEANING

from ingest.bridge.lexicon import Lexicon
from ingest.bridge.model import SHIPPED, Bridge, Gloss
from ingest.bridge.script import plain
from ingest.bridge.words import EDGE, tokenizer_of
from ingest.errors import EmbedderError

TEXTS = ["本文研究扩散与触觉的方法", "LoRA", "基於ＬｏＲＡ的語音", "珊瑚扩散", "", "鸟鸣", "。", "火山。" * 400]
shipped = pytest.mark.skipif(not (SHIPPED / "model.safetensors").exists(), reason="no bridge was trained yet")


def test_a_bridge_is_the_same_when_it_was_saved_and_loaded(bridge: Bridge, tmp_path: Path) -> None:
    bridge.save(tmp_path / "new" / "model")
    again = Bridge.load(tmp_path / "new" / "model")
    assert again.embed(TEXTS).tobytes() == bridge.embed(TEXTS).tobytes()
    assert [again.glosses(text) for text in TEXTS] == [bridge.glosses(text) for text in TEXTS]
    assert again.count_tokens(TEXTS) == bridge.count_tokens(TEXTS)
    assert (again.fingerprint, again.dim) == (bridge.fingerprint, 32)


def test_a_saved_bridge_replaces_the_one_that_lay_there(bridge: Bridge, tmp_path: Path) -> None:
    tiny().save(tmp_path)
    bridge.save(tmp_path)
    assert Bridge.load(tmp_path).fingerprint == bridge.fingerprint


def test_a_word_takes_one_byte_a_dimension_and_four_for_its_scale(bridge_folder: Path) -> None:
    words = len(json.loads((bridge_folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"])
    assert (bridge_folder / "model.safetensors").stat().st_size < words * (32 + 4) + 500


def test_rows_are_unit_vectors_or_zero_where_no_word_is_known(bridge: Bridge) -> None:
    vectors = bridge.embed(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), 32), np.float32)
    known = [1, 1, 1, 1, 0, 0, 0, 1]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(known, abs=1e-5)
    assert bridge.embed([]).shape == (0, 32)


def test_a_text_has_one_vector_however_it_is_written(bridge: Bridge) -> None:
    same = bridge.embed(["机器人的语音LoRA", "機器人的語音ＬｏＲＡ", "机器人，的。语音 lora!", "珊机器人的语音鸟LoRA"])
    assert np.abs(same - same[0]).max() < 1e-6


def tiny() -> Bridge:
    """Known to the last number: three words in two dimensions."""
    counts = dict.fromkeys(["扩散", "遗忘", f"{EDGE}lora{EDGE}"], 50)
    words = tokenizer_of(counts, counts)
    vectors = np.zeros((words.get_vocab_size(), 2), np.float32)
    vectors[words.token_to_id("扩散")] = (3, 0)
    vectors[words.token_to_id("遗忘")] = (0, 0.004)
    vectors[words.token_to_id("▁lora▁")] = (0, -1)
    start = np.where(np.arange(len(vectors) + 1) > words.token_to_id("扩散"), 3, 0).astype(np.int32)
    lexicon = Lexicon(
        ("diffuse", "diffusion", "noise"), start, np.array([1, 0, 2], np.int32), np.array([0.5, 0.25, 0.04], np.float16)
    )
    return Bridge.of(words, vectors, lexicon)


def test_words_are_summed_each_on_its_own_scale() -> None:
    assert tiny().embed(["扩散", "遗忘", "LoRA扩散", "遗忘LoRA"]) == pytest.approx(
        np.array([[1, 0], [0, 1], [3 / 10**0.5, -1 / 10**0.5], [0, -1]]), abs=1e-3
    )


def test_glosses_tell_each_word_its_place_and_what_it_stands_for() -> None:
    english = (("diffusion", 0.5), ("diffuse", 0.25), ("noise", pytest.approx(0.04, abs=1e-4)))
    assert tiny().glosses("新，擴散與 ＬｏＲＡ-x，LoRA遗忘鸟") == [
        Gloss("新", (), 0, 1),
        Gloss("扩散", english, 2, 4),
        Gloss("与", (), 4, 5),
        Gloss("LoRA-x", (("lora-x", 1.0),), 6, 12),
        Gloss("LoRA", (("lora", 1.0),), 13, 17),
        Gloss("遗忘", (), 17, 19),
        Gloss("鸟", (), 19, 20),
    ]


@pytest.mark.parametrize(
    "text", ["我们zzz扩散。模型 lora.", "β-LoRA扩散", "扩散🤖lo🤖ra", " 擴散  ＧＰＴ－４", "a b扩散c"]
)
def test_the_place_of_a_word_is_where_it_stands_in_the_plain_text(text: str) -> None:
    for gloss in tiny().glosses(text):
        assert plain(text)[gloss.start : gloss.end] == gloss.word
        assert not gloss.word.isascii() or gloss.english == ((gloss.word.lower(), 1.0),)


def test_a_text_is_put_into_english_word_by_word_without_what_stands_for_too_little(bridge: Bridge) -> None:
    assert tiny().in_english("鸟扩散的LoRA遗忘扩散") == "diffusion lora diffusion"
    assert tiny().in_english("扩散", least=0.6) == ""
    assert tiny().in_english("鸟鸣") == tiny().in_english("") == ""
    assert bridge.in_english("本文研究遺忘與觸覺的GPT-4方法") == "unlearning tactile gpt-4"


@pytest.mark.parametrize(("word", "meaning"), MEANING.items())
def test_the_trained_bridge_knows_the_meaning_of_each_word(bridge: Bridge, word: str, meaning: str) -> None:
    assert bridge.in_english(word) == meaning


def test_tokens_are_the_words_of_the_text(bridge: Bridge) -> None:
    assert bridge.count_tokens(["扩散与触觉", "LoRA, LoRA", "", "。"]) == [3, 2, 0, 0]
    assert bridge.count_tokens([]) == []


def test_sentence_transformers_reads_the_folder_and_gives_the_same_vectors(bridge: Bridge, bridge_folder: Path) -> None:
    """In plain writing: it does not put traditional characters into simplified ones."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bridge_folder), device="cpu")
    texts = [plain(text) for text in TEXTS]
    vectors, ours = model.encode(texts), bridge.embed(texts)
    assert np.abs(vectors - ours).max() < 1e-4
    assert [type(module).__name__ for module in model] == ["StaticEmbedding", "Normalize"]


@pytest.mark.parametrize("name", ["model.safetensors", "lexicon.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "noise", "other"])
def test_a_folder_that_holds_no_whole_bridge_is_told_with_what_to_do(
    bridge_folder: Path, tmp_path: Path, name: str, damage: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bridge_folder, folder, ignore=shutil.ignore_patterns("work"))
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    contents = {"cut": whole[: len(whole) // 2], "empty": b"", "noise": b"\xff\x00" * 99, "other": OTHERS[name]}
    if damage != "missing":
        (folder / name).write_bytes(contents[damage])
    with pytest.raises(EmbedderError) as error:
        Bridge.load(folder)
    message = str(error.value)
    assert message.startswith(f"{folder}: expected the bridge between Chinese and English (model.safetensors, ")
    assert "install this package anew, or train one with `python -m ingest.bridge.train`" in message


OTHERS = {
    "tokenizer.json": b'{"a": 1}',
    "model.safetensors": b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
    "lexicon.safetensors": b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
}
"""Whole files of the format with other things in them."""


def test_parts_of_two_bridges_are_not_taken_for_one(bridge: Bridge, tmp_path: Path) -> None:
    bridge.save(tmp_path)
    tiny().save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "tokenizer.json", tmp_path)
    with pytest.raises(EmbedderError, match="words"):
        Bridge.load(tmp_path)


def test_many_threads_get_what_one_gets(bridge: Bridge) -> None:
    texts = [f"{word}的{other}方法 GPT-4" for word in MEANING for other in MEANING]

    def asked(text: str) -> tuple[bytes, str]:
        return bridge.embed([text]).tobytes(), bridge.in_english(text)

    alone = list(map(asked, texts))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(asked, texts * 3)) == alone * 3


@shipped
def test_the_shipped_bridge_is_small() -> None:
    sizes = [path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(sizes) <= 16_000_000


@shipped
def test_the_shipped_bridge_is_loaded_in_a_moment_without_torch_or_jieba() -> None:
    code = (
        "import time, sys; from ingest.bridge.model import Bridge\n"
        "start = time.process_time(); bridge = Bridge.load(); bridge.embed(['扩散模型'])\n"
        "print(time.process_time() - start, 'torch' in sys.modules, 'jieba' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, stdout=-1, text=True)
    seconds, torch, jieba = run.stdout.split()
    assert float(seconds) <= 0.3
    assert (torch, jieba) == ("False", "False")
