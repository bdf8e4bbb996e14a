"""Passages: the pieces of a paper that are embedded and searched, cut to what the embedder can read at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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
    abstract = _sentences([paper.abstract])
    summary = _sentences([paper.text(section) for section in Section if section is not Section.ABSTRACT])
    title, *sizes = embedder.count_tokens([paper.title, *abstract, *summary])
    room = embedder.max_tokens - title - _RESERVED_TOKENS
    cut = len(abstract)
    return tuple(
        _passage(paper, name, n, sentences)
        for name, piece in (
            ("abstract", zip(abstract, sizes[:cut], strict=True)),
            ("summary", zip(summary, sizes[cut:], strict=True)),
        )
        for n, sentences in enumerate(_pack(piece, room))
    )


def _sentences(texts: Iterable[str]) -> list[str]:
    return [text[start:end] for text in texts for start, end in split_sentences(text)]


def _pack(sized: Iterable[tuple[str, int]], room: int) -> Iterator[list[str]]:
    """Sentences, each with its tokens, in the fewest runs that have room."""
    run: list[str] = []
    used = 0
    for sentence, size in sized:
        if run and used + size > room:
            yield run
            run, used = [], 0
        run.append(sentence)
        used += size
    if run:
        yield run


def _passage(paper: Paper, section: str, n: int, sentences: Sequence[str]) -> Passage:
    text = paper.title
    spans: list[tuple[int, int]] = []
    for sentence in sentences:
        text += " " if spans else "\n"
        spans.append((len(text), len(text) + len(sentence)))
        text += sentence
    return Passage(f"{paper.arxiv_id}:{section}:{n}", paper.arxiv_id, section, text, tuple(spans))
