"""Every claim of an answer is marked where it stands, on a terminal, on the page and in JSON."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from assistant.answer import Answer, Support
from assistant.answer_json import answer_to_dict
from assistant.chat import Assistant
from assistant.check import check
from ingest.library import Library, open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources
from tests.conftest import WordEmbedder
from ui.markup import answer_html
from ui.strings import STRINGS
from ui.terminal import MARKS, marked_text, plain_answer

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "Which papers are about language models?",
    "papers on images, by category",
    "有哪些关于扩散模型的论文？",
    "Compare Mamba and RoFormer.",
    "What does RoFormer propose?",
    "Summarise 2599.12345",
    "Compare GloopFormer with Mamba.",
    "How has work on diffusion developed over the months?",
    "Which papers are about medieval tapestry dyeing?",
    "papers in cs.LG",
    "Give me an overview of the library.",
    "Who wrote Mamba?",
)
START = re.compile(r'<span class="claim (\w+) ([^"]*)" title="([^"]+)">')


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Answer]]:
    settings = IngestSettings(home=tmp_path_factory.mktemp("marks") / "home", database_url=None, chroma_url=None)
    with open_library(settings, WordEmbedder()) as library:
        ingest(find_sources([str(ROOT / "ingest" / "samples")]), library)
        yield [answered(library, question) for question in QUESTIONS]


def answered(library: Library, question: str) -> Answer:
    return asyncio.run(Assistant(library).answer(question))


def page(answer: Answer) -> str:
    papers = {hit.paper.arxiv_id: hit.paper for hit in answer.hits}
    return answer_html(answer.text, answer.claims, papers, STRINGS["en"])


def letters(text: str) -> str:
    """Letters and digits only: Markdown, formulas and citations' addresses differ from what is shown."""
    bare = re.sub(r"\]\(https://arxiv\.org/abs/[^)]+\)", "", text)
    return re.sub(r"[\W_]+", "", unescape(re.sub(r"<[^>]+>", "", bare)))


def test_a_terminal_shows_a_mark_behind_each_claim_and_changes_nothing_else(answers: list[Answer]) -> None:
    for answer in answers:
        rest = marked_text(answer)
        for claim in answer.claims:
            marked = f"{claim.text} {MARKS[claim.support]}"
            assert marked in rest, claim
            rest = rest.replace(marked, claim.text, 1)
        assert rest == answer.text
        legend = plain_answer(answer).rstrip().splitlines()[-1]
        assert {mark for mark in MARKS.values() if f" {mark} " in legend} == {MARKS[c.support] for c in answer.claims}


def test_the_page_marks_each_claim_in_order_with_its_support_and_the_place_of_its_evidence(
    answers: list[Answer],
) -> None:
    for answer in answers:
        html = page(answer)
        starts = list(START.finditer(html))
        assert [start[1] for start in starts] == [claim.support.value for claim in answer.claims], answer.text
        for start, claim in zip(starts, answer.claims, strict=True):
            assert letters(html[start.end() :]).startswith(letters(claim.text))
            spots = " ".join(f"at-{e.arxiv_id}-{e.section.value}-{e.start}" for e in claim.citations)
            assert unescape(start[2]) == spots
            assert unescape(start[3]) == getattr(STRINGS["en"], claim.support.value)


def test_json_holds_each_claim_with_its_support_and_offsets(answers: list[Answer]) -> None:
    for answer in answers:
        fields = json.loads(json.dumps(answer_to_dict(answer)))
        assert [(c["text"], c["support"]) for c in fields["claims"]] == [(c.text, c.support) for c in answer.claims]
        places = [(e["section"], e["start"], e["end"], e["text"]) for c in fields["claims"] for e in c["citations"]]
        assert places == [(e.section, e.start, e.end, e.text) for c in answer.claims for e in c.citations]


def test_what_a_model_wrote_without_support_is_marked_everywhere_and_not_hidden(answers: list[Answer]) -> None:
    paper = answers[0].hits[0].paper
    text = f"- Whales sing 7 songs [{paper.arxiv_id}]({paper.url}).\n- They say “It works. It is fast.” often."
    claims = check(text, {paper.arxiv_id: paper}, WordEmbedder())
    assert [claim.support for claim in claims] == [Support.UNSUPPORTED] * 2
    answer = Answer(text, claims, (), answers[0].hits, answers[0].query, answers[0].searched, False, "a model", {})
    assert [line.endswith(" (?)") for line in marked_text(answer).splitlines()] == [True, True]
    assert len(re.findall('class="claim unsupported', page(answer))) == 2
    assert [claim["support"] for claim in answer_to_dict(answer)["claims"]] == ["unsupported"] * 2
