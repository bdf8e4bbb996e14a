"""A plain llama-index pipeline with its defaults, over the same embedding model and Chroma: what to compare with.

Files are read whole, cut into 1,024-token chunks, embedded ten at a time and stored in Chroma; a question finds its
nearest chunks. Nothing in it knows what a paper is, so a chunk is taken for one paper whose entry it holds.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import Document, NodeWithScore, TextNode
from numpy.typing import NDArray
from pydantic import PrivateAttr

from evals.errors import BaselineError
from evals.prediction import RANKED, Prediction
from evals.question import Question
from ingest.digest import read_digest
from ingest.embedder import Embedder, default_model_folder
from ingest.paper import Paper
from ingest.source import Source

if TYPE_CHECKING:
    from llama_index.core.vector_stores.types import BasePydanticVectorStore

MODE = "llama-index baseline"

Entries = list[tuple[int, str]]

_ENTRY = re.compile(r"^### .*\(https://arxiv\.org/abs/([^)\s]+?)(?:v\d+)?\)", re.MULTILINE)


@dataclass(frozen=True)
class Baseline:
    """The pipeline after ingest: `seconds` is what reading, cutting, embedding and storing took.

    `entries` are, for each document by its id, the entries' arXiv ids and where they begin, in characters. `known`
    are the papers as our own reader finds them: the pipeline does not see them, scores do.
    """

    index: VectorStoreIndex
    entries: Mapping[str, Entries]
    known: Mapping[str, Paper]
    seconds: float

    def papers(self, arxiv_ids: Iterable[str]) -> dict[str, Paper]:
        return {arxiv_id: self.known[arxiv_id] for arxiv_id in arxiv_ids if arxiv_id in self.known}

    def rank(self, question: str) -> tuple[str, ...]:
        """The papers of the 100 chunks nearest to a question, best first."""
        nodes = self.index.as_retriever(similarity_top_k=RANKED).retrieve(question)
        return tuple(dict.fromkeys(arxiv_id for node in nodes if (arxiv_id := self._paper(node))))

    def _paper(self, found: NodeWithScore) -> str | None:
        node = found.node
        if not isinstance(node, TextNode) or node.start_char_idx is None or node.end_char_idx is None:
            return None
        return paper_of_chunk(self.entries[node.ref_doc_id or ""], node.start_char_idx, node.end_char_idx)


def build_baseline(
    sources: Sequence[Source], embedder: Embedder, folder: Path, by_entry: bool = False, stock: bool = False
) -> Baseline:
    """Ingests digests into a Chroma store under `folder`; `by_entry` hands it each entry as a document of its own,
    which is more than a plain pipeline knows. `stock` runs the packaged MiniLM by llama-index's own
    HuggingFaceEmbedding in place of our embedder. Raises BaselineError if there is nothing it can read."""
    known = {paper.arxiv_id: paper for source in sources for paper in read_digest(source.read(), source.name).papers}
    files = [source.location for source in sources if Path(source.location).is_file()]
    if not files or not known:
        raise BaselineError("expected digest files with papers for the baseline, got none. Name some, or a folder.")
    store = _chroma(folder)
    embedding = _stock_embedding() if stock else _Embedding(embedder)
    embedding.get_text_embedding("Loading the model is no part of the measurement.")
    started = time.perf_counter()
    documents = SimpleDirectoryReader(input_files=files).load_data()
    if by_entry:
        documents = [entry for document in documents for entry in _entry_documents(document.text)]
    index = VectorStoreIndex.from_documents(
        documents,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=embedding,
        transformations=[SentenceSplitter()],
    )
    seconds = time.perf_counter() - started
    return Baseline(index, {one.doc_id: entries_of(one.text) for one in documents}, known, seconds)


def run_baseline(
    questions: Sequence[Question], baseline: Baseline, progress: Callable[[Prediction], None] | None = None
) -> list[Prediction]:
    """Rankings without answers; a question of several turns is searched with all of them joined."""
    predictions = []
    for question in questions:
        started = time.perf_counter()
        ranked = baseline.rank("\n".join(question.turns))
        seconds = round(time.perf_counter() - started, 4)
        predictions.append(Prediction(question.id, "", (), ranked, False, MODE, {"total": seconds}))
        if progress:
            progress(predictions[-1])
    return predictions


def entries_of(text: str) -> Entries:
    """The arXiv id of each entry and where it begins, in the order of the text."""
    return [(found.start(), found[1]) for found in _ENTRY.finditer(text)]


def paper_of_chunk(entries: Entries, start: int, end: int) -> str | None:
    """The paper of a chunk `[start, end)`: the first whose entry begins in it, else the one it is cut from.

    None before the first entry. Of the ways to choose one, this gave the baseline its best scores.
    """
    after = bisect_left(entries, (start, ""))
    if after < len(entries) and entries[after][0] < end:
        return entries[after][1]
    return entries[after - 1][1] if after else None


def _entry_documents(text: str) -> list[Document]:
    bounds = [*(begin for begin, _ in entries_of(text)), len(text)]
    return [Document(text=text[begin:end]) for begin, end in pairwise(bounds)]


def _chroma(folder: Path) -> BasePydanticVectorStore:
    try:
        from llama_index.vector_stores.chroma import ChromaVectorStore
    except ImportError as exc:
        raise BaselineError(
            "expected the package llama-index-vector-stores-chroma, which only the baseline uses, got none. "
            "Type: pip install 'digest-assistant[baseline]'"
        ) from exc
    return ChromaVectorStore.from_params(collection_name="baseline", persist_dir=str(folder))


def _stock_embedding() -> BaseEmbedding:
    """The same weights as people of llama-index run them: float32, ten texts at a time, in the order they come."""
    try:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    except ImportError as exc:
        raise BaselineError(
            "expected the package llama-index-embeddings-huggingface, which only the baseline uses, got none. "
            "Type: pip install 'digest-assistant[baseline]'"
        ) from exc
    return HuggingFaceEmbedding(model_name=str(default_model_folder()), device="cpu")


class _Embedding(BaseEmbedding):
    """Our embedder behind llama-index's interface, with llama-index's own batch size."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name=embedder.name)
        self._embedder = embedder

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [_floats(row) for row in self._embedder.embed(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return _floats(self._embedder.embed_query(query))

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def _floats(vector: NDArray[np.float32]) -> list[float]:
    return [float(x) for x in vector]
