"""A small bridge that knows some Chinese words, and invented questions and pairs of papers for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from evals.command import evals
from evals.question import Kind, Question
from ingest.bridge.embedder import BridgedEmbedder
from ingest.bridge.lexicon import Lexicon
from ingest.bridge.model import Bridge
from ingest.bridge.pairs import FIELDS, Pair
from ingest.bridge.words import tokenizer_of
from ingest.embedder import Embedder
from ingest.library import Library, open_library
from ingest.paper import Language
from ingest.settings import IngestSettings
from tests.assistant.shelf_of_papers import (
    EDITING,
    FEDERATED,
    GRAPHS,
    GRASPING,
    LONG_EDITING,
    PAPERS,
    PROTEINS,
    SPEECH,
    WEATHER,
    fill,
)
from tests.conftest import WordEmbedder
from tests.evals.conftest import question

ENGLISH = {
    "视频": "video",
    "编辑": "editing",
    "机器人": "robots",
    "抓取": "grasping",
    "触觉": "tactile",
    "联邦": "federated",
    "漂移": "drift",
    "蛋白质": "protein",
    "折叠": "folding",
    "磁带": "tapes",
    "排序": "sorting",
    "图": "graph",
    "磁盘": "disk",
    "耳语": "whispered",
    "天气": "weather",
    "雷达": "radar",
    "诗歌": "poetry",
    "手机": "phone",
}
WORDS = tuple(ENGLISH)
JUDGED = (
    ("which papers are on video editing", "en", {EDITING.arxiv_id: 2, LONG_EDITING.arxiv_id: 2}),
    ("tactile grasping of objects", "en", {GRASPING.arxiv_id: 2}),
    ("weather forecasting from radar", "en", {WEATHER.arxiv_id: 2}),
    ("learning from graphs", "en", {GRAPHS.arxiv_id: 2, FEDERATED.arxiv_id: 1}),
    ("how many papers are by Bo Li", "en", {LONG_EDITING.arxiv_id: 2, FEDERATED.arxiv_id: 2, SPEECH.arxiv_id: 2}),
    ("机器人怎么抓取", "zh", {GRASPING.arxiv_id: 2}),
    ("视频编辑", "zh", {EDITING.arxiv_id: 2, LONG_EDITING.arxiv_id: 1}),
    ("联邦学习的漂移", "zh", {FEDERATED.arxiv_id: 2}),
    ("用雷达预报降雨", "zh", {WEATHER.arxiv_id: 2}),
    ("手机上的蛋白质折叠", "zh", {PROTEINS.arxiv_id: 2}),
    ("zeppelins", "en", {}),
)


def judged() -> list[Question]:
    """Questions over the dozen papers, one after another turn and one that no paper answers."""
    asked = [
        question(id=str(n), turns=(text,), relevant=grades, lang=Language(lang))
        for n, (text, lang, grades) in enumerate(JUDGED)
    ]
    turns = ("which papers are on protein folding", "what is their main result?")
    return [*asked, question(Kind.FOLLOWUP, {PROTEINS.arxiv_id: 2}, id="follow", turns=turns)]


def small_bridge() -> Bridge:
    """Each word of WORDS stands for one English word, and has its vector, a little off."""
    often = dict.fromkeys([*WORDS, "的", "和"], 9)
    tokenizer = tokenizer_of(often, often)
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    by_number = sorted((vocabulary[word], word) for word in WORDS)
    entries = np.isin(np.arange(len(vocabulary)), [number for number, _ in by_number])
    vectors = np.zeros((len(vocabulary), WordEmbedder.dim), np.float32)
    spoken = WordEmbedder().embed([ENGLISH[word] for _, word in by_number])
    vectors[entries] = spoken + np.random.default_rng(5).normal(0, 0.05, spoken.shape)
    lexicon = Lexicon(
        tuple(ENGLISH[word] for _, word in by_number),
        np.cumsum([0, *entries]).astype(np.int32),
        np.arange(len(by_number), dtype=np.int32),
        np.full(len(by_number), 0.6, np.float16),
    )
    return Bridge.of(tokenizer, vectors, lexicon)


def bridged() -> BridgedEmbedder:
    return BridgedEmbedder(WordEmbedder(), small_bridge())


def bilingual_shelf(home: Path, embedder: Embedder | None = None) -> Library:
    """The dozen papers of `shelf_of_papers`, read with a bridge unless told otherwise. The caller closes it."""
    library = open_library(IngestSettings(home=home, database_url=None, chroma_url=None), embedder or bridged())
    fill(library, PAPERS)
    return library


def pair(number: int, words: Sequence[str], month: str = "2025-12", method: str = "") -> Pair:
    """A paper on some of WORDS: in its abstract they are English, in its summary Chinese."""
    english = " ".join(ENGLISH[word] for word in words)
    said = {"tldr": "和".join(words), "method": method}
    chinese = tuple(said.get(field, "") for field in FIELDS)
    abstract = f"We look at {english}. It is measured in case {number}."
    return Pair(f"2512.{number:05}", f"Paper {number} on {english}", abstract, month, chinese)


def pairs(number: int = 12, month: str = "2025-12", first: int = 1) -> list[Pair]:
    """Each on three words in a row, so that neighbours are alike."""
    some = [tuple(WORDS[(n + step) % len(WORDS)] for step in range(3)) for n in range(number)]
    return [pair(first + n, words, month, method=f"{words[0]}的{words[2]}") for n, words in enumerate(some)]


def written(path: Path, held: Sequence[Pair]) -> Path:
    """The pairs as a file that `read_pairs` reads."""
    rows = (
        {
            "id": one.arxiv_id,
            "title": one.title,
            "abstract": one.abstract,
            "digest": f"{one.month}-15",
            **dict(zip(FIELDS, one.chinese, strict=True)),
        }
        for one in held
    )
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def typed(monkeypatch: pytest.MonkeyPatch, home: Path, *arguments: object) -> Result:
    """`python -m evals` with the small bridge in place of the packaged model, and none of this machine's settings."""
    monkeypatch.setenv("DIGEST_HOME", str(home))
    monkeypatch.setenv("DIGEST_LLM", "none")
    monkeypatch.setattr("ingest.load.load_embedder", lambda settings: bridged())
    return CliRunner().invoke(evals, [str(argument) for argument in arguments])


def questions_file(path: Path, held: Sequence[Question]) -> Path:
    rows = (
        {"id": q.id, "kind": q.kind, "lang": q.lang, "turns": list(q.turns), "relevant": dict(q.relevant)} for q in held
    )
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path
