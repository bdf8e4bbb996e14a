"""A multilingual embedding model of one's own: the bridge steps aside, and questions are searched in its space."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.chat import Assistant
from assistant.settings import AssistantSettings
from ingest.embedder import Glossing, LocalEmbedder
from ingest.errors import EmbedderError
from ingest.library import Library, open_library
from ingest.paper import Language
from ingest.sentence import language_of
from ingest.settings import IngestSettings
from tests.assistant.conftest import ScriptedModel
from tests.assistant.shelf_of_papers import EDITING, GRASPING, PAPERS, fill

TRANSLATED = {
    "video": "视频",
    "editing": "编辑",
    "diffusion": "扩散",
    "tactile": "触觉",
    "grasping": "抓取",
    "robots": "机器人",
}


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence-transformers model for which a word and its translation are one."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    text = " ".join(held.title + " " + held.abstract for held in PAPERS).lower()
    words = sorted({word.strip(".,:%") for word in text.split()} | set(TRANSLATED))
    pieces = {"[UNK]": 0, **{word: n for n, word in enumerate([*words, *TRANSLATED.values()], 1)}}
    rows = np.random.default_rng(0).standard_normal((len(pieces), 32)).astype(np.float32)
    rows[0] = 0
    for english, chinese in TRANSLATED.items():
        rows[pieces[chinese]] = rows[pieces[english]]
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    known = "|".join(TRANSLATED.values())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(rf"{known}|[a-z]+"), "removed", invert=True)
    folder = tmp_path_factory.mktemp("bilingual") / "model"
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=rows)], device="cpu").save(str(folder))
    return folder


def settings_with(model: Path | str, home: Path) -> IngestSettings:
    return IngestSettings(home=home, embed_model=str(model), embed_base_url=None, database_url=None, chroma_url=None)


@pytest.fixture(scope="module")
def library(bilingual: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_library(settings_with(bilingual, tmp_path_factory.mktemp("home") / "home")) as opened:
        fill(opened, PAPERS)
        yield opened


def test_the_bridge_steps_aside_for_another_model(library: Library) -> None:
    assert isinstance(library.embedder, LocalEmbedder)
    assert not isinstance(library.embedder, Glossing)


@pytest.mark.parametrize(
    ("question", "arxiv_id"), [("扩散 视频 编辑", EDITING.arxiv_id), ("触觉 机器人 抓取", GRASPING.arxiv_id)]
)
def test_a_chinese_question_finds_an_english_paper_by_the_models_own_space(
    library: Library, question: str, arxiv_id: str
) -> None:
    _, hits = Assistant(library).search(question)
    assert hits[0].paper.arxiv_id == arxiv_id
    assert hits[0].why.passage is not None
    assert hits[0].why.sentence is not None
    assert hits[0].why.lexical == 0.0


def test_a_language_models_rewriting_is_searched_for_beside_the_question(library: Library) -> None:
    model = ScriptedModel(["tactile robots grasping"])
    assistant = Assistant(library, model, AssistantSettings(rewrite_seconds=5.0))
    answer = asyncio.run(assistant.answer("抓东西的论文有哪些"))
    assert language_of(answer.query.other_text) is Language.ENGLISH
    assert answer.hits[0].paper.arxiv_id == GRASPING.arxiv_id
    assert (answer.hits[0].why.lexical or 0.0) > 0.3
    assert Assistant(library).search("抓东西的论文有哪些")[1] == ()


def test_a_library_says_which_model_it_was_made_with(library: Library, tmp_path: Path) -> None:
    with (
        open_library(settings_with("all-MiniLM-L6-v2", library.home)) as opened,
        pytest.raises(EmbedderError, match="re-embed"),
    ):
        Assistant(opened).search("video")
