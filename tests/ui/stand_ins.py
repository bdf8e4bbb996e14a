"""A library and an assistant small enough to script: for states of the page that are hard to reach with real ones."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from assistant.answer import (
    EXTRACTIVE,
    Answer,
    Claim,
    Conversation,
    Delta,
    Event,
    Evidence,
    Finished,
    Found,
    Hit,
    Query,
    Searched,
    Support,
    Wants,
    Why,
)
from assistant.errors import AssistantError
from ingest.digest import read_digest
from ingest.paper import Filters, Language, Paper, Section, Summary
from ingest.record import ConversationRow, DigestRead, Record
from ingest.report import KeptReport
from ingest.sentence import split_sentences

# Each shows `seen-<n>` and would, where it is let, run code or ask another host for something.
HOSTILE = (
    "<img src=x onerror=\"window.ran='1'\"> seen-1",
    "<script>window.ran='2'</script> seen-2",
    "![seen-3](https://example.com/leak.png)",
    "![seen-4][pixel]\n\n[pixel]: https://example.com/leak.png",
    "[seen-5](javascript:window.ran='5')",
    '<svg onload="window.ran=\'6\'"><a href="https://example.com/">seen-6</a></svg>',
    "<style>body{background:url(https://example.com/leak.png)}</style> seen-7",
    '</mark></p></div><iframe src="https://example.com/"></iframe> seen-8',
    "$\\href{javascript:window.ran='9'}{x}$ $\\includegraphics{https://example.com/leak.png}$ seen-9 $x_1 < y^2$",
    "a<b and c<d, n<i>n</i>, $5 and $10 seen-10",
    "<!-- hidden --> seen-11 [seen-12](https://example.com/)",
    '[2512.00001"onmouseover="window.ran=\'13\'](https://arxiv.org/abs/2512.00001"x) seen-13',
)

Visit = Callable[..., Page]  # opens an address as a new visitor

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples"


class ShelfLibrary:
    """The papers of the sample digests, or those given, in memory; conversations in a record of their own."""

    def __init__(self, papers: Iterable[Paper] | None = None) -> None:
        read = papers if papers is not None else [*sample_papers(), hostile_paper()]
        self._papers = {paper.arxiv_id: paper for paper in read}
        self._folder = TemporaryDirectory(prefix="digest-shelf-")
        self.home = Path(self._folder.name)
        self._record = Record(self.home / "library.sqlite")
        self._record.create()

    def version(self) -> int:
        return 1

    def count(self) -> int:
        return len(self._papers)

    def paper(self, arxiv_id: str) -> Paper | None:
        return self._papers.get(arxiv_id)

    def papers(self, arxiv_ids: Iterable[str]) -> dict[str, Paper]:
        return {arxiv_id: self._papers[arxiv_id] for arxiv_id in arxiv_ids if arxiv_id in self._papers}

    def select(self, filters: Filters, oldest_first: bool = False) -> list[str]:
        return sorted((p.arxiv_id for p in self.all() if _fits(p, filters)), reverse=not oldest_first)

    def all(self) -> list[Paper]:
        return list(self._papers.values())

    def authors(self) -> dict[str, int]:
        return Counter(author for paper in self.all() for author in paper.authors)

    def categories(self) -> dict[str, int]:
        return Counter(category for paper in self.all() for category in paper.categories)

    def months(self) -> dict[str, int]:
        return Counter(paper.month for paper in self.all())

    def days(self) -> dict[str, int]:
        return {}

    def digests(self) -> list[DigestRead]:
        return []

    def authors_named(self, part: str, limit: int) -> list[str]:
        return [name for name in self.authors() if part.lower() in name.lower()][:limit]

    def browse(
        self, filters: Filters, by: str = "date", descending: bool = True, skip: int = 0, limit: int = 50
    ) -> tuple[int, list[Paper]]:
        found = self.select(filters, oldest_first=not descending)
        return len(found), list(self.papers(found[skip : skip + limit]).values())

    def last_report(self) -> KeptReport | None:
        return None

    def other_writer(self) -> str:
        return ""

    def span(self) -> tuple[str, str]:
        return ("2025-11-03", "2025-11-05") if self._papers else ("", "")

    def save_conversation(self, conversation_id: str, title: str, payload: str, owner: str = "") -> None:
        self._record.save_conversation(conversation_id, title, payload, owner)

    def rename_conversation(self, conversation_id: str, title: str, owner: str) -> bool:
        return self._record.rename_conversation(conversation_id, title, owner)

    def delete_conversation(self, conversation_id: str, owner: str) -> bool:
        return self._record.delete_conversation(conversation_id, owner)

    def conversation(self, conversation_id: str) -> str | None:
        return self._record.conversation(conversation_id)

    def conversation_row(self, conversation_id: str) -> ConversationRow | None:
        return self._record.conversation_row(conversation_id)

    def conversations(self, owner: str | None = None, containing: str = "", limit: int = 200) -> list[ConversationRow]:
        return self._record.conversations(owner, containing, limit)


def sample_papers() -> list[Paper]:
    return [p for file in sorted(SAMPLES.glob("*.md")) for p in read_digest(file.read_text("utf-8"), file.stem).papers]


def hostile_paper() -> Paper:
    """Whatever a stranger may write into an entry, and more authors than any page wants to show."""
    authors = (HOSTILE[0], *(f"Author Number{n}" for n in range(200)))
    abstract = ". ".join(("hostile first sentence", *HOSTILE))
    return Paper("2512.00001", " ".join(HOSTILE), authors, "cs.CV", ("cs.CV",), abstract, Summary(tldr=HOSTILE[1]))


class ScriptedAssistant:
    """Finds papers by shared words and quotes their first sentences.

    A question that holds `slowly` is answered word by word, `endlessly` never ends, `silently` waits forever before
    the first word, `break` raises an error that says what to do, `crash` one that nobody expected, and `hostile` is
    answered with everything that must neither run nor fetch.
    """

    model = None

    def __init__(self, library: ShelfLibrary) -> None:
        self.library = library
        self.closed = 0
        self.histories: list[int] = []

    def understand(self, question: str, conversation: Conversation | None = None) -> Query:
        return Query(question, question, Wants.SURVEY, Language.ENGLISH, _understood(question, None, False))

    async def stream(
        self,
        question: str,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        k: int | None = None,
        only: bool = False,
    ) -> AsyncGenerator[Event, None]:
        self.histories.append(len(conversation.turns) if conversation else 0)
        query = Query(question, question, Wants.SURVEY, Language.ENGLISH, _understood(question, filters, only))
        hits = self._hits(question, query.filters)
        searched = Searched(len(hits), self.library.count(), *self.library.span(), 0.012)
        yield Found(query, hits, searched)
        if "break" in question:
            raise AssistantError("the model at http://127.0.0.1:9 does not answer; start it, or set DIGEST_LLM=none")
        if "crash" in question:
            raise ZeroDivisionError("division by zero")
        answer = _quoted(query, hits, searched)
        if "hostile" in question:
            answer = replace(answer, text="\n\n".join(HOSTILE), claims=(), notice=HOSTILE[0])
        try:
            async for delta in _deltas(question, answer.text):
                yield delta
        finally:
            self.closed += 1
        yield Finished(answer)

    async def answer(
        self,
        question: str,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        k: int | None = None,
    ) -> Answer:
        events = [event async for event in self.stream(question, conversation, filters, k)]
        assert isinstance(events[-1], Finished)
        return events[-1].answer

    def search(self, question: str, filters: Filters | None = None, k: int = 100) -> tuple[Query, tuple[Hit, ...]]:
        query = Query(question, question, Wants.SURVEY, Language.ENGLISH, filters or Filters())
        return query, self._hits(question, query.filters)[:k]

    def opening_questions(self, language: Language) -> tuple[str, ...]:
        return ("video editing", "papers on robots") if self.library.count() else ()

    def follow_ups(self, conversation: Conversation, filters: Filters | None = None) -> tuple[str, ...]:
        """What goes on about the last question; of `broken` ones finding them fails."""
        if "broken" in conversation.turns[-1].question:
            raise ZeroDivisionError("division by zero")
        return ("learning <b>after it</b>",)

    def _hits(self, question: str, filters: Filters) -> tuple[Hit, ...]:
        wanted = set(re.findall(r"\w{4,}", question.lower()))
        papers = [paper for paper in self.library.all() if _fits(paper, filters)]
        scored = [(len(wanted & set(re.findall(r"\w{4,}", _text(paper)))), paper) for paper in papers]
        best = sorted(scored, key=lambda pair: -pair[0])[:12]
        return tuple(_hit(paper, rank, score, wanted) for rank, (score, paper) in enumerate(best, 1))


def _understood(question: str, filters: Filters | None, only: bool) -> Filters:
    """The filters given, and `cs.RO` where the question says so, unless those given are all there are."""
    filters = filters or Filters()
    if "cs.RO" in question and not only and not filters.categories:
        return replace(filters, categories=("cs.RO",))
    return filters


def _text(paper: Paper) -> str:
    return f"{paper.title} {paper.abstract} {paper.summary.tldr}".lower()


def _fits(paper: Paper, filters: Filters) -> bool:
    if filters.categories and not set(filters.categories) & set(paper.categories):
        return False
    return (filters.since or "") <= paper.month <= (filters.until or "9999")


def _hit(paper: Paper, rank: int, score: int, wanted: set[str]) -> Hit:
    words = tuple(sorted(wanted & set(re.findall(r"\w{4,}", _text(paper)))))
    return Hit(paper, float(score), rank, 0.8, Why(float(score), 0.61, 0.7, words, best=first_sentence(paper)))


def first_sentence(paper: Paper) -> Evidence:
    start, end = split_sentences(paper.abstract)[0]
    return Evidence(paper.arxiv_id, Section.ABSTRACT, paper.abstract[start:end], start, end, 0.7)


def _quoted(query: Query, hits: tuple[Hit, ...], searched: Searched) -> Answer:
    claims = tuple(_claim(hit, support) for hit, support in zip(hits[:4], [*Support, Support.QUOTED], strict=False))
    text = "\n".join(f"- {claim.text}" for claim in claims) or "Nothing fits."
    ids = tuple(hit.paper.arxiv_id for hit in hits[:4])
    seconds = {"search": searched.seconds, "total": 0.02}
    return Answer(text, claims, ids, hits, query, searched, not ids, EXTRACTIVE, seconds)


def _claim(hit: Hit, support: Support) -> Claim:
    evidence = first_sentence(hit.paper)
    cite = f"[{hit.paper.arxiv_id}]({hit.paper.url})"
    return Claim(f"**{hit.paper.title}**: {evidence.text} {cite}", (evidence,), support)


async def _deltas(question: str, text: str) -> AsyncGenerator[Delta, None]:
    if "silently" in question:
        await asyncio.sleep(3600)
    if "endlessly" in question:
        while True:
            await asyncio.sleep(0.05)
            yield Delta("on and on ")
    if "slowly" in question or "hostile" in question:
        for word in re.findall(r"\S+\s*", text):
            await asyncio.sleep(0.02)
            yield Delta(word)
