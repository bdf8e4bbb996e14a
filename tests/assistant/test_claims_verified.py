"""Every claim of the extractive answers, verified anew from the library by code that shares nothing with the check."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import EXTRACTIVE, Answer, Claim, Conversation, Evidence, Support, Turn
from assistant.chat import Assistant
from assistant.draft import escape
from evals.question import read_questions
from ingest.library import Library, open_library
from ingest.paper import Paper
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources
from tests.assistant.verifier import faults_of
from tests.conftest import SHARED, WordEmbedder

ROOT = Path(__file__).parents[2]
JUDGED = Path(os.environ.get("DIGEST_TEST_QUESTIONS", SHARED / "questions" / "dev.jsonl"))
pytestmark = pytest.mark.xdist_group("sample claims")

BROAD = (
    ("How many papers are there in the library?",),
    ("库里一共有多少篇论文？",),
    ("Who are the most frequent authors?",),
    ("Give me an overview of the library.",),
    ("这些论文主要讲什么？",),
    ("Overview of cs.CV, by month",),
    ("What are the main topics, by category?",),
    ("What's new?",),
    ("最近一周有什么新论文？",),
    ("What is new since 2025-11-04?",),
    ("What is new since 2031?",),
    ("How has work on diffusion developed over the months?",),
    ("大语言模型的论文是不是越来越多？",),
    ("Which month has most papers on robots?",),
    ("papers on video, grouped by month", "show more"),
    ("关于机器人的论文，按类别分组",),
    ("papers about language models by theme", "more", "more", "more"),
    ("papers on images", "show more"),
    ("papers in cs.LG with at most 3 authors",),
    ("papers in cs.LG", "the newest of them"),
    ("What is the oldest paper?",),
    ("最新的一篇论文是哪篇？",),
    ("papers from March 1999",),
    ("1999年3月的论文",),
    ("papers on tree rings in hep-th",),
    ("Who wrote Voyager?",),
    ("Who wrote FlimFlamNet?",),
    ("Compare S4 and Mamba.",),
    ("Compare GloopFormer with Mamba.",),
    ("Summarise 2599.12345",),
    ("Compare 2312.00752 and 2599.12345",),
    ("How many citations does Mamba have?",),
    ("Why does Mamba rely on convolutional whale songs?",),
    ("Which papers are about medieval tapestry dyeing?",),
    ("有没有关于中世纪挂毯染色的论文？",),
    ("Which papers use diffusion? And who wrote Mamba? And how many papers are there?",),
    ("Hello!",),
    ("谢谢",),
)


def played(questions: Mapping[str, Sequence[str]], library: Library) -> Iterator[tuple[str, Answer]]:
    """Every turn of every question, with its answer."""
    assistant = Assistant(library)
    for name, turns in questions.items():
        conversation = Conversation(name)
        for turn in turns:
            answer = asyncio.run(assistant.answer(turn, conversation))
            assert answer.mode == EXTRACTIVE
            conversation = replace(conversation, turns=(*conversation.turns, Turn(turn, answer)))
            yield f"{name}: {turn}", answer


def asked(path: Path) -> dict[str, Sequence[str]]:
    return {question.id: question.turns for question in read_questions(path)}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    home = tmp_path_factory.mktemp("samples") / "home"
    settings = IngestSettings(home=home, database_url=None, chroma_url=None)
    with open_library(settings, WordEmbedder()) as library:
        ingest(find_sources([str(ROOT / "ingest" / "samples")]), library)
        yield library


@pytest.fixture(scope="module")
def papers(samples: Library) -> dict[str, Paper]:
    return {paper.arxiv_id: paper for paper in samples.iter_papers()}


@pytest.fixture(scope="module")
def answers(samples: Library) -> list[tuple[str, Answer]]:
    broad = {f"broad-{n}": turns for n, turns in enumerate(BROAD)}
    return list(played({**asked(ROOT / "evals" / "questions" / "sample.jsonl"), **broad}, samples))


def wrong(answers: Sequence[tuple[str, Answer]], papers: Mapping[str, Paper]) -> dict[str, list[str]]:
    return {name: found for name, answer in answers if (found := faults_of(answer, papers))}


def test_every_claim_about_the_sample_digests_holds(
    answers: list[tuple[str, Answer]], papers: dict[str, Paper]
) -> None:
    assert wrong(answers, papers) == {}
    supports = Counter(claim.support for _, answer in answers for claim in answer.claims)
    assert supports[Support.QUOTED] > 100
    assert supports[Support.RECORD] > 80
    assert {answer.query.wants for _, answer in answers} >= {
        "survey", "fact", "compare", "lookup", "authors", "catalogue", "overview", "trend", "hello",
    }  # fmt: skip


@pytest.mark.skipif(not JUDGED.is_file(), reason=f"the judged questions are not here: {JUDGED}")
def test_every_claim_about_the_real_digests_holds(real_library: Library) -> None:
    real = {paper.arxiv_id: paper for paper in real_library.iter_papers()}
    assert wrong(list(played(asked(JUDGED), real_library)), real) == {}


# That it would find what is wrong


Spoil = Callable[[Answer], Answer]


def with_evidence(change: Callable[[Evidence], Evidence]) -> Spoil:
    def changed(answer: Answer) -> Answer:
        claims = (replace(c, citations=tuple(map(change, c.citations))) for c in answer.claims)
        return replace(answer, claims=tuple(claims))

    return changed


def with_first_claim(support: Support, change: Callable[[str], str]) -> Spoil:
    """The first claim of this support that the change changes, changed in the text, too."""

    def changed(answer: Answer) -> Answer:
        for n, claim in enumerate(answer.claims):
            if claim.support is support and (anew := change(claim.text)) != claim.text:
                claims = (*answer.claims[:n], replace(claim, text=anew), *answer.claims[n + 1 :])
                return replace(answer, text=answer.text.replace(claim.text, anew, 1), claims=claims)
        return answer

    return changed


def one_more(text: str) -> str:
    """A count, up by one."""
    counts = r"(?<=\*\*)\d+(?= )|(?<= )\d+(?= (?:papers|borderline|篇))|(?<=\()\d+(?=(?: 篇)?[)）])|(?<=\w )\d+(?=, )"
    return re.sub(counts, lambda count: str(int(count[0]) + 1), text, count=1)


def a_day_later(text: str) -> str:
    return re.sub(r"(\d{4}-\d\d-)(\d\d)(?=[)）])", lambda day: f"{day[1]}{int(day[2]) + 1:02}", text)


def without_an_entry(answer: Answer) -> Answer:
    """Without the last paper of a list whose papers are counted, and that one's claims."""
    entries = re.findall(r"(?m)^(?:\d+\.|-) \[.+$", answer.text)
    counted = not re.search("No further paper|没有更多", answer.text)
    if len(entries) < 2 or not counted or answer.abstained or answer.query.wants != "survey":
        return answer
    text = answer.text.replace(entries[-1], "", 1)
    claims = tuple(claim for claim in answer.claims if claim.text not in entries[-1])
    return replace(answer, text=text, claims=claims)


def with_a_title(answer: Answer) -> Answer:
    return replace(answer, text=re.sub(r"(?m)^((?:\d+\.|-) \[\S+ \*\*)", r"\1Not ", answer.text, count=1))


def with_a_row(answer: Answer) -> Answer:
    return replace(answer, text=re.sub(r"(?m)^(\| \d{4}-\d\d \| )(\d+)", r"\g<1>9\2", answer.text, count=1))


@pytest.mark.parametrize(
    ("spoil", "least"),
    [
        (with_evidence(lambda e: replace(e, start=e.start + 1, end=e.end + 1)), 40),
        (with_evidence(lambda e: replace(e, text=e.text[:-1])), 40),
        (with_first_claim(Support.QUOTED, lambda text: text.replace(" ", " not ", 1)), 40),
        (with_first_claim(Support.QUOTED, lambda text: re.sub(r"\d(?=\D*$)", "7777", text)), 20),
        (with_first_claim(Support.RECORD, one_more), 40),
        (with_first_claim(Support.RECORD, a_day_later), 20),
        (with_first_claim(Support.RECORD, lambda text: re.sub(r"\bcs\.[A-Z]{2}", "cs.ZZ", text)), 5),
        (lambda answer: replace(answer, text=answer.text + "\nThis is the best of them."), 60),
        (lambda answer: replace(answer, claims=answer.claims[1:]), 60),
        (lambda answer: replace(answer, claims=answer.claims[1:] + answer.claims[:1]), 40),
        (lambda answer: replace(answer, claims=tuple(replace(c, text=c.text.upper()) for c in answer.claims)), 60),
        (without_an_entry, 5),
        (with_a_title, 20),
        (with_a_row, 2),
    ],
    ids=[
        "shifted", "cut", "not", "another figure", "one more", "a day later", "another category", "a sentence beside",
        "a claim lost", "in another order", "in capitals", "an entry lost", "another title", "another row",
    ],
)  # fmt: skip
def test_what_is_spoilt_is_found(
    spoil: Spoil, least: int, answers: list[tuple[str, Answer]], papers: dict[str, Paper]
) -> None:
    spoilt = [(name, anew) for name, answer in answers if (anew := spoil(answer)) != answer]
    assert len(spoilt) >= least
    assert [name for name, answer in spoilt if not faults_of(answer, papers)] == []


def test_a_claim_of_a_model_is_not_taken_for_one_of_code(
    answers: list[tuple[str, Answer]], papers: dict[str, Paper]
) -> None:
    name, answer = answers[0]
    claim = Claim(escape("Whales sing."), (), Support.SUPPORTED)
    assert faults_of(replace(answer, text=f"{answer.text}\n{claim.text}", claims=(*answer.claims, claim)), papers), name
