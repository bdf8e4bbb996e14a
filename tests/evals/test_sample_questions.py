"""The question set that ships: every judgement stands on the sample digests."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.question import CITE, Kind, Question, crosslingual_ids, read_questions
from ingest.digest import read_digest
from ingest.paper import Paper, Section

ROOT = Path(__file__).parents[2]
QUESTIONS = read_questions(ROOT / "evals" / "questions" / "sample.jsonl")
PAPERS: dict[str, Paper] = {
    paper.arxiv_id: paper
    for path in sorted((ROOT / "ingest" / "samples").glob("*.md"))
    for paper in read_digest(path.read_text(encoding="utf-8"), path.name).papers
}


def text_of(paper: Paper) -> str:
    return "\n".join([paper.title, *(paper.text(section) for section in Section)]).casefold()


def test_the_set_covers_every_kind_in_both_languages() -> None:
    assert {(asked.kind, asked.lang) for asked in QUESTIONS} == {(kind, lang) for kind in Kind for lang in ("en", "zh")}


def test_there_are_questions_across_languages() -> None:
    assert len(crosslingual_ids(QUESTIONS, PAPERS)) >= 5


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.id)
def test_every_paper_judged_is_in_the_sample_digests(asked: Question) -> None:
    assert asked.relevant.keys() - PAPERS.keys() == set()


@pytest.mark.parametrize("asked", [asked for asked in QUESTIONS if asked.facts], ids=lambda asked: asked.id)
def test_every_fact_stands_in_a_paper_that_answers(asked: Question) -> None:
    if asked.id == "meta-en-02":
        assert sum(grade == CITE for grade in asked.relevant.values()) == int(asked.facts[0][0])
        return
    text = "\n".join(text_of(PAPERS[arxiv_id]) for arxiv_id in asked.wanted)
    assert [fact for fact in asked.facts if not any(word.casefold() in text for word in fact)] == []
