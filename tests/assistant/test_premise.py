"""Questions that take for granted what the paper does not say."""

from __future__ import annotations

import pytest

from assistant.chat import Assistant
from ingest.library import Library
from tests.assistant.shelf_of_papers import EDITING


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Why does FilmKnife use radar?", "radar"),
        ("Why does FilmKnife need 64 GPUs?", "64"),
        ("FilmKnife 为什么采用 GAN？", "GAN"),
    ],
)
async def test_what_the_named_paper_does_not_say_is_told_with_what_it_does_say(
    shelf: Library, question: str, word: str
) -> None:
    answer = await Assistant(shelf).answer(question)
    first = answer.text.splitlines()[0]
    assert EDITING.arxiv_id in first
    assert word in first
    assert "does not mention" in first or "没有提到" in first
    assert answer.citations == (EDITING.arxiv_id,)
    assert any(claim.citations for claim in answer.claims)


@pytest.mark.parametrize(
    "question",
    ["Why does FilmKnife use diffusion?", "Why is editing video by hand slow in FilmKnife?", "What GPU has FilmKnife?"],
)
async def test_what_the_paper_says_is_not_called_into_doubt(shelf: Library, question: str) -> None:
    answer = await Assistant(shelf).answer(question)
    assert "does not mention" not in answer.text
