"""Questions that ask the dozen papers of `shelf_of_papers` for a fact each."""

from __future__ import annotations

from evals.question import Kind, Question
from tests.assistant.shelf_of_papers import EDITING, GRAPHS, GRASPING, POETRY, PROTEINS, SPEECH, WEATHER
from tests.evals.conftest import question

ASKED = (
    ("how many objects does the tactile policy train on?", GRASPING, "900 objects"),
    ("how long does folding take on a phone?", PROTEINS, "4 minutes"),
    ("how many edges does GraphLoom handle?", GRAPHS, "3 billion"),
    ("how many poets judge poems?", POETRY, "40 poets"),
    ("how much cheaper than physics is StormNet?", WEATHER, "18 times"),
    ("how far does word error fall in whispered speech?", SPEECH, "8.2%"),
    ("what share of users prefer FilmKnife?", EDITING, "71%"),
)


def with_facts() -> list[Question]:
    return [
        question(Kind.FACT, {held.arxiv_id: 2}, [[fact]], id=str(n), turns=(text,))
        for n, (text, held, fact) in enumerate(ASKED)
    ]
