"""Every claim of the extractive answers, verified anew from the library by code that shares nothing with the check.

Backslashes are left out where texts are compared: Markdown's are put in, formulas have some of their own.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest

from assistant.answer import Answer, Claim, Conversation, Evidence, Query, Support, Turn
from assistant.chat import Assistant
from assistant.wording import CHINESE, ENGLISH
from evals.question import Question, read_questions
from ingest.library import Library, open_library
from ingest.paper import Filters, Paper
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources
from tests.conftest import SHARED, WordEmbedder

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "evals" / "questions" / "sample.jsonl"
JUDGED = Path(os.environ.get("DIGEST_TEST_QUESTIONS", SHARED / "questions" / "dev.jsonl"))
pytestmark = pytest.mark.xdist_group("sample claims")

CITE = re.compile(r"\[([\w./-]+)\]\(https://arxiv\.org/abs/\1\)")
FITS = re.compile(r"\*\*(\d+) (?:fit clearly|篇明确符合)")
BORDERLINE = re.compile(r"(\d+) (?:borderline|篇勉强相关)\*\*")
SEARCHED = re.compile(r"(?:of|the|:) (\d+) papers|检索的? (\d+) 篇")
MEETS = re.compile(r"\*\*(\d+) papers?\*\* in the library meets?|共有 \*\*(\d+) 篇\*\*")
TOTAL = re.compile(r"holds \*\*(\d+) papers\*\*|共有 \*\*(\d+) 篇论文\*\*")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
COUNTED = re.compile(r"(?:By \w[^:]*:|按[^：]*：) (.+)")
BY_AUTHORS = re.compile(r"^(.+) (?:is by|的作者是) (.+)[.。]$")
LISTED = re.compile(r"^\S+ \*\*.+\*\* \((?P<category>[\w.-]+), (?P<month>\d{4}-\d\d)\)$")
LEFT = re.compile(r"[\s|:：,，、。.;()（）*–…\-—]*")


# The verifier


def faults_of(answer: Answer, library: Library) -> list[str]:
    """What does not hold in an extractive answer, each in words."""
    papers = {paper.arxiv_id: paper for paper in library.iter_papers()}
    found = [fault for claim in answer.claims for fault in claim_faults(claim, answer, papers)]
    left = unclaimed(answer, papers)
    return [*found, *([f"claimed by nothing: {left!r}"] if left else [])]


def claim_faults(claim: Claim, answer: Answer, papers: dict[str, Paper]) -> Iterator[str]:
    if claim.text not in answer.text:
        yield f"not in the answer: {claim.text!r}"
    if claim.support is Support.UNSUPPORTED or (claim.support is not Support.RECORD and not claim.citations):
        yield f"stands on nothing: {claim.text!r}"
    for evidence in claim.citations:
        if not evidence.text or papers[evidence.arxiv_id].text(evidence.section)[evidence.start : evidence.end] != (
            evidence.text
        ):
            yield f"not at its place: {evidence}"
        if claim.support is Support.QUOTED and plain(claim.text) != plain(evidence.text):
            yield f"not what is quoted: {claim.text!r}"
    if claim.support is Support.RECORD:
        queries = answer.query.parts or (answer.query,)
        tried = [list(record_faults(claim.text, answer, query, papers)) for query in queries]
        if all(tried):
            yield from tried[0]


def record_faults(text: str, answer: Answer, query: Query, papers: dict[str, Paper]) -> Iterator[str]:
    """Counts, days, names, categories and months, counted and read anew."""
    passing = [paper for paper in papers.values() if passes(paper, query.filters)]
    days = sorted(str(a.day) for paper in papers.values() for a in paper.appearances if a.day)
    lines = answer.text.splitlines()
    expected: list[tuple[re.Pattern[str], int]] = [
        (SEARCHED, len(passing)),
        (MEETS, len(passing)),
        (TOTAL, len(papers)),
    ]
    if not answer.query.parts:
        expected += [
            (FITS, sum(bool(re.match(r"\d+\. \[", line)) for line in lines)),
            (BORDERLINE, sum(line.startswith("- [") for line in lines)),
        ]
    for pattern, count in expected:
        for groups in pattern.findall(text):
            said = next(filter(None, [groups] if isinstance(groups, str) else groups))
            if int(said) != count:
                yield f"said {said}, counted {count}: {text!r}"
    if query.filters.since[7:] == "" == query.filters.until[7:] and not set(DAY.findall(text)) <= {days[0], days[-1]}:
        yield f"other days than {days[0]} and {days[-1]}: {text!r}"
    yield from listing_faults(text, papers)
    yield from counted_faults(text, papers)


def listing_faults(text: str, papers: dict[str, Paper]) -> Iterator[str]:
    cited = [papers[arxiv_id] for arxiv_id in CITE.findall(text)]
    for paper in cited:
        if plain(paper.title) not in plain(text):
            yield f"not the title of {paper.arxiv_id}: {text!r}"
    if (
        cited
        and (listed := LISTED.match(text))
        and (listed["category"], listed["month"])
        != (
            cited[0].primary_category,
            cited[0].month,
        )
    ):
        yield f"another category or month: {text!r}"
    if cited and (by := BY_AUTHORS.match(text)) and plain(by[2]) != plain(", ".join(cited[0].authors)):
        yield f"other authors: {text!r}"


def counted_faults(text: str, papers: dict[str, Paper]) -> Iterator[str]:
    """Of `By category: cs.CV 35, …` each pair, in order."""
    if not (found := COUNTED.match(text)):
        return
    countings = [
        Counter(paper.primary_category for paper in papers.values()),
        Counter(category for paper in papers.values() for category in {*paper.categories, paper.primary_category}),
        Counter(paper.month for paper in papers.values()),
        Counter(name for paper in papers.values() for name in paper.authors),
    ]
    said = [pair.rsplit(" ", 1) for pair in found[1].split(", ")]
    if not any(all(counting[name] == int(count) for name, count in said) for counting in countings):
        yield f"not so many: {text!r}"


def passes(paper: Paper, filters: Filters) -> bool:
    first = min((str(a.day) for a in paper.appearances if a.day), default=paper.month)
    since = first if len(filters.since) > 7 else paper.month
    until = first if len(filters.until) > 7 else paper.month
    names = {name.casefold() for name in paper.authors}
    return (
        (not filters.categories or bool({*paper.categories, paper.primary_category} & {*filters.categories}))
        and (not filters.authors or any(name.casefold() in names for name in filters.authors))
        and (not filters.since or since >= filters.since)
        and (not filters.until or until <= filters.until)
        and (not filters.arxiv_ids or paper.arxiv_id in filters.arxiv_ids)
        and (filters.max_authors is None or len(paper.authors) <= filters.max_authors)
    )


def unclaimed(answer: Answer, papers: dict[str, Paper]) -> str:
    """What is left of the text without its claims, titles, headings and the words around them; "" if nothing is."""
    text = answer.text
    for claim in answer.claims:
        text = text.replace(claim.text, "", 1)
    text = re.sub(r"(?m)^### .*$|^\d+\. ", "", text)
    text = re.sub(CITE.pattern + r"(?: \*\*(.+?)\*\*)?", lambda found: _if_title(found, papers), text)
    for paper in papers.values():
        names = ", ".join(paper.authors[:3]) + (" et al." if len(paper.authors) > 3 else "")
        text = text.replace(f"({names}; {paper.primary_category}; {paper.month})", "")
    for words in (ENGLISH, CHINESE):
        fixed = [value for f in fields(words) if isinstance(value := getattr(words, f.name), str)]
        for wording in sorted([*fixed, *words.fields.values(), "arXiv", "category", "month"], key=len, reverse=True):
            around = re.sub(r"\\\{\w+\\\}", r"[\\d\\s,，.]*", re.escape(wording))
            text = re.sub(around, "", text) if len(wording) > 1 else text
    return "" if LEFT.fullmatch(text) else text.strip()


def _if_title(found: re.Match[str], papers: dict[str, Paper]) -> str:
    title = plain(found[2] or "").removesuffix("…")
    return "" if plain(papers[found[1]].title).startswith(title) else found[0]


def plain(text: str) -> str:
    return " ".join(text.replace("\\", "").split())


# What is verified


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    home = tmp_path_factory.mktemp("samples") / "home"
    settings = IngestSettings(home=home, database_url=None, chroma_url=None)
    with open_library(settings, WordEmbedder()) as library:
        ingest(find_sources([str(ROOT / "ingest" / "samples")]), library)
        yield library


def played(questions: Sequence[Question], library: Library) -> Iterator[tuple[str, Answer]]:
    """Every turn of every question, with its answer."""
    assistant = Assistant(library)
    for question in questions:
        conversation = Conversation(question.id)
        for turn in question.turns:
            answer = asyncio.run(assistant.answer(turn, conversation))
            conversation = replace(conversation, turns=(*conversation.turns, Turn(turn, answer)))
            yield f"{question.id}: {turn}", answer


@pytest.fixture(scope="module")
def answers(samples: Library) -> list[tuple[str, Answer]]:
    extra = [
        Question(id=f"record-{n}", kind=read_questions(SAMPLE)[0].kind, lang=lang, turns=(text,))
        for n, (lang, text) in enumerate(
            [
                (ENGLISH_LANGUAGE, "How many papers are there in the library?"),
                (CHINESE_LANGUAGE, "库里一共有多少篇论文？"),
                (ENGLISH_LANGUAGE, "Who wrote Voyager?"),
                (ENGLISH_LANGUAGE, "Compare S4 and Mamba."),
            ]
        )
    ]
    return list(played([*read_questions(SAMPLE), *extra], samples))


ENGLISH_LANGUAGE, CHINESE_LANGUAGE = (
    next(q.lang for q in read_questions(SAMPLE) if q.lang == lang) for lang in ("en", "zh")
)


def test_every_claim_of_the_sample_questions_holds(answers: list[tuple[str, Answer]], samples: Library) -> None:
    assert {name: found for name, answer in answers if (found := faults_of(answer, samples))} == {}
    supports = Counter(claim.support for _, answer in answers for claim in answer.claims)
    assert supports[Support.QUOTED] > 50
    assert supports[Support.RECORD] > 10


@pytest.mark.skipif(not JUDGED.is_file(), reason=f"the judged questions are not here: {JUDGED}")
def test_every_claim_of_the_judged_questions_holds(real_library: Library) -> None:
    wrong = {
        n: f for n, answer in played(read_questions(JUDGED), real_library) if (f := faults_of(answer, real_library))
    }
    assert wrong == {}


# That it would find what is wrong


def shifted(evidence: Evidence) -> Evidence:
    return replace(evidence, start=evidence.start + 1, end=evidence.end + 1)


def with_evidence(change: Callable[[Evidence], Evidence]) -> Callable[[Answer], Answer]:
    def changed(answer: Answer) -> Answer:
        claims = (replace(c, citations=tuple(map(change, c.citations))) for c in answer.claims)
        return replace(answer, claims=tuple(claims))

    return changed


def one_more(answer: Answer) -> Answer:
    """Each number of two digits or more that the record stands for, up by one, in the claim and in the text."""
    for claim in answer.claims:
        more = re.sub(r"(?<![\w.-])\d+(?= (?:fit|borderline|papers|篇))", lambda n: str(int(n[0]) + 1), claim.text)
        if claim.support is Support.RECORD and more != claim.text:
            claims = tuple(replace(c, text=more) if c is claim else c for c in answer.claims)
            return replace(answer, text=answer.text.replace(claim.text, more, 1), claims=claims)
    return answer


@pytest.mark.parametrize(
    "spoil",
    [
        with_evidence(shifted),
        with_evidence(lambda evidence: replace(evidence, text=evidence.text[:-1])),
        one_more,
        lambda answer: replace(answer, text=answer.text + "\nThis is the best of them."),
        lambda answer: replace(answer, claims=answer.claims[1:]),
        lambda answer: replace(answer, claims=tuple(replace(c, text=c.text.upper()) for c in answer.claims)),
    ],
    ids=["shifted", "cut", "one more", "a sentence beside", "a claim lost", "in capitals"],
)
def test_what_is_spoilt_is_found(
    spoil: Callable[[Answer], Answer], answers: list[tuple[str, Answer]], samples: Library
) -> None:
    spoilt = [(name, anew) for name, answer in answers if (anew := spoil(answer)) != answer]
    assert len(spoilt) >= 10
    assert [name for name, answer in spoilt if not faults_of(answer, samples)] == []
