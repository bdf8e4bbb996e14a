"""Our search and our turn, used as llama-index parts by people who know nothing else of this project."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core.base.llms.types import MessageRole

from assistant.chat import Assistant
from assistant.llama_index_door import PaperChatEngine, PaperRetriever
from ingest.library import Library, open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples" / "2025-11-03.md"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    from tests.conftest import WordEmbedder

    settings = IngestSettings(home=tmp_path_factory.mktemp("door"), database_url=None, chroma_url=None)
    with open_library(settings, WordEmbedder()) as library:
        ingest(find_sources([str(SAMPLES)]), library)
        yield library


@pytest.fixture
def assistant(library: Library) -> Assistant:
    return Assistant(library)


def test_the_retriever_gives_papers_as_nodes_best_first(assistant):
    nodes = PaperRetriever(assistant, k=5).retrieve("video editing with diffusion models")
    scores = [node.score for node in nodes]
    assert len(nodes) == 5
    assert scores == sorted(scores, reverse=True)
    assert all(node.node.node_id == node.node.metadata["arxiv_id"] for node in nodes)
    assert "video" in nodes[0].node.get_content().lower()


def test_a_chat_answers_with_its_cited_papers_as_source_nodes(assistant):
    engine = PaperChatEngine(assistant)
    response = engine.chat("which papers use diffusion for video editing?")
    assert response.source_nodes
    assert all(node.node.node_id in response.response for node in response.source_nodes)


def test_a_second_question_goes_on_from_the_first(assistant):
    engine = PaperChatEngine(assistant)
    engine.chat("what is Tune-A-Video about?")
    response = engine.chat("and what is its method?")
    assert "2212.11565" in response.response
    assert [message.role for message in engine.chat_history] == [MessageRole.USER, MessageRole.ASSISTANT] * 2


def test_a_reset_forgets_the_conversation(assistant):
    engine = PaperChatEngine(assistant)
    engine.chat("what is Tune-A-Video about?")
    engine.reset()
    assert engine.chat_history == []


def test_streaming_gives_the_text_that_the_history_keeps(assistant):
    engine = PaperChatEngine(assistant)
    response = engine.stream_chat("which papers use diffusion for video editing?")
    streamed = "".join(response.response_gen)
    assert streamed == engine.chat_history[-1].content
    assert response.source_nodes


async def test_streaming_works_inside_a_running_loop_too(assistant):
    engine = PaperChatEngine(assistant)
    response = await engine.astream_chat("which papers use diffusion for video editing?")
    streamed = "".join([piece async for piece in response.async_response_gen()])
    assert streamed == engine.chat_history[-1].content
