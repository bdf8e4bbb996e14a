"""Papers cut into passages that an embedder can read at once."""

from __future__ import annotations

import pytest

from ingest.paper import Paper, Passage, Summary
from ingest.passage import passages_of
from ingest.sentence import sentences_of
from tests.conftest import WordEmbedder

TITLE = "On video editing"


def paper(abstract: str = "", **summary: str) -> Paper:
    return Paper("2511.00001", TITLE, ("A B",), "cs.CV", ("cs.CV",), abstract, Summary(**summary))


def sentence(n: int, words: int) -> str:
    return " ".join([f"S{n}", *(f"w{i}" for i in range(words - 1))]) + "."


LONG = paper(" ".join(sentence(n, 14) for n in range(20)), tldr=sentence(50, 20), result=sentence(51, 50))


def body(passage: Passage) -> str:
    return passage.text.removeprefix(f"{TITLE}\n")


def test_the_abstract_comes_before_the_summary_and_ids_say_where_a_passage_is_from(embedder: WordEmbedder) -> None:
    found = passages_of(paper("An abstract.", tldr="A word.", method="A way."), embedder)
    assert [(p.passage_id, p.arxiv_id, p.section, p.text) for p in found] == [
        ("2511.00001:abstract:0", "2511.00001", "abstract", f"{TITLE}\nAn abstract."),
        ("2511.00001:summary:0", "2511.00001", "summary", f"{TITLE}\nA word. A way."),
    ]


def test_the_same_paper_always_gives_the_same_passages_with_ids_of_their_own(embedder: WordEmbedder) -> None:
    first, second = passages_of(LONG, embedder), passages_of(LONG, WordEmbedder())
    assert first == second
    assert len({passage.passage_id for passage in first}) == len(first)


def test_every_passage_is_led_by_the_title_and_fits_what_the_embedder_reads(embedder: WordEmbedder) -> None:
    found = passages_of(LONG, embedder)
    assert len(found) > 5
    assert all(passage.text.startswith(f"{TITLE}\n") for passage in found)
    assert max(embedder.count_tokens([passage.text for passage in found])) <= embedder.max_tokens


def test_passages_hold_every_sentence_whole_and_once_and_in_order(embedder: WordEmbedder) -> None:
    by_section = {
        name: " ".join(body(p) for p in passages_of(LONG, embedder) if p.section == name)
        for name in ("abstract", "summary")
    }
    said = [s.text for s in sentences_of(LONG)]
    assert by_section == {"abstract": " ".join(said[2:]), "summary": " ".join(said[:2])}


def test_passages_are_as_few_as_fit(embedder: WordEmbedder) -> None:
    """3 sentences of 14 words beside a title of 3 and 6 in reserve make 51 of 64; a fourth would make 65."""
    assert sum(passage.section == "abstract" for passage in passages_of(LONG, embedder)) == 7


def test_a_sentence_that_alone_is_too_long_is_a_passage_of_its_own(embedder: WordEmbedder) -> None:
    text = " ".join([sentence(1, 5), sentence(2, 100), sentence(3, 5)])
    assert [body(p) for p in passages_of(paper(text), embedder)] == [sentence(1, 5), sentence(2, 100), sentence(3, 5)]


@pytest.mark.parametrize("empty", [paper(), paper("  \n ", tldr=" ")])
def test_a_paper_without_text_has_no_passages(empty: Paper, embedder: WordEmbedder) -> None:
    assert passages_of(empty, embedder) == ()
