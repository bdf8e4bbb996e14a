"""Passages: the pieces of a paper that are embedded and searched, cut to what the embedder can read at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.embedder import Embedder
from ingest.paper import Paper, Passage, Section
from ingest.sentence import split_sentences

# Marks that a model puts around its input, and slack for words that split differently once joined.
_RESERVED_TOKENS = 6


def passages_of(paper: Paper, embedder: Embedder) -> tuple[Passage, ...]:
    """The passages of a paper: its abstract, then its summary, each cut between sentences and led by the title.

    Every passage fits `embedder.max_tokens`, counted by the embedder's own tokenizer, unless a single sentence
    does not. Sections without text give no passage.
    """
    summary = [paper.text(section) for section in Section if section is not Section.ABSTRACT]
    return tuple(
        Passage(f"{paper.arxiv_id}:{name}:{n}", paper.arxiv_id, name, f"{paper.title}\n{text}")
        for name, texts in (("abstract", [paper.abstract]), ("summary", summary))
        for n, text in enumerate(_pack(paper.title, texts, embedder))
    )


def _pack(title: str, texts: Sequence[str], embedder: Embedder) -> Iterator[str]:
    """Sentences of `texts` joined into the fewest pieces that fit beside the title."""
    sentences = [text[start:end] for text in texts for start, end in split_sentences(text)]
    sizes = embedder.count_tokens([title, *sentences])
    room = embedder.max_tokens - sizes[0] - _RESERVED_TOKENS
    piece: list[str] = []
    used = 0
    for sentence, size in zip(sentences, sizes[1:], strict=True):
        if piece and used + size > room:
            yield " ".join(piece)
            piece, used = [], 0
        piece.append(sentence)
        used += size
    if piece:
        yield " ".join(piece)
