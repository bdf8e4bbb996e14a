"""The turn: a question in, events out. Found what to answer from, the answer's text as it comes, the answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from assistant import check
from assistant.answer import (
    EXTRACTIVE,
    FROM_RECORD,
    Answer,
    Conversation,
    Delta,
    Event,
    Finished,
    Found,
    Hit,
    Query,
    Searched,
    Turn,
    Wants,
    Why,
)
from assistant.catalogue import catalogued
from assistant.compose import compose
from assistant.draft import Draft, Materials
from assistant.errors import QuestionError
from assistant.evidence import EvidenceFinder
from assistant.follow import merged
from assistant.model import LanguageModel
from assistant.names import Names
from assistant.overview import TREND_DEPTH
from assistant.parts import interleaved
from assistant.prose import Prose, is_for_a_model
from assistant.retrieve import Ranking, Retriever
from assistant.rewrite import gains_from_rewriting, in_other_language
from assistant.settings import AssistantSettings
from assistant.suggest import follow_ups, opening_questions
from assistant.thinking import Thinking
from assistant.understand import Shelf, follow_up, understand, understand_one
from ingest.library import Library
from ingest.paper import Filters, Language

log = logging.getLogger(__name__)

LONGEST_QUESTION = 4000
DEPTH = 100
# A question that finds, first of all, what the last one found is taken to go on about it.
_LEADING = 3
# From this probability of being answerable on, a question needs no topic from the turn before.
_STANDS_ALONE = 0.8
# Below it, a search is done again with the question in the other language, where a model can put it so.
_FOUND_ENOUGH = 0.5


class Assistant:
    """Answers questions about a library, alone or with a language model. One serves any number of conversations."""

    def __init__(
        self, library: Library, model: LanguageModel | None = None, settings: AssistantSettings | None = None
    ) -> None:
        self.library = library
        self.model = model
        self.settings = settings or AssistantSettings()
        self.retriever = Retriever(library)
        self.thinking = Thinking()
        self._lock = threading.Lock()
        self._suggesting = threading.Lock()
        self._shelf: tuple[int, Shelf] | None = None
        # By version of the library, language and number: what `assistant.suggest` found for an empty conversation.
        self.openings: dict[tuple[int, Language, int], tuple[str, ...]] = {}

    def warm(self) -> None:
        """Loads what the first question would otherwise wait for."""
        if self.library.count():
            self.search("warm up 预热")  # Chinese has a dictionary and a model of its own

    def understand(self, question: str, conversation: Conversation | None = None) -> Query:
        """The question as a Query. Raises QuestionError if there is none, or it is too long to be one."""
        question = question.strip()
        if not question:
            raise QuestionError("expected a question, got nothing: type one, such as `which papers edit videos?`")
        if len(question) > LONGEST_QUESTION:
            raise QuestionError(
                f"expected a question of at most {LONGEST_QUESTION:,} characters, got {len(question):,}: shorten it"
            )
        return understand(question, self._shelved(), conversation)

    def search(self, question: str, filters: Filters | None = None, k: int = DEPTH) -> tuple[Query, tuple[Hit, ...]]:
        """The question as it was understood, and the `k` best papers for it, best first.

        No language model rewrites it: who only searches, as a retriever or a person typing, waits for none.
        """
        query = narrowed(self.understand(question), filters)
        return query, self.retriever.search(query, k).hits

    def materials(
        self, question: str, conversation: Conversation | None = None, filters: Filters | None = None
    ) -> Materials:
        """All that an extractive answer to the question is made of. Raises QuestionError as `understand` does."""
        return self._sought(question, conversation, filters, False, _Clock())

    def opening_questions(self, language: Language) -> tuple[str, ...]:
        """What an empty conversation may begin with, each tried. Blocking, for some tenths of a second at first."""
        return opening_questions(self, language)

    def follow_ups(self, conversation: Conversation, filters: Filters | None = None) -> tuple[str, ...]:
        """What may be asked after the last turn under these filters, each tried. Blocking, for about six searches."""
        return follow_ups(self, conversation, filters=filters)

    async def answer(
        self,
        question: str,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        k: int | None = None,
    ) -> Answer:
        """The whole answer. Raises QuestionError for a question that cannot be asked."""
        async for event in self.stream(question, conversation, filters, k):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a turn ends with Finished")

    async def stream(
        self,
        question: str,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        k: int | None = None,
        only: bool = False,
    ) -> AsyncGenerator[Event, None]:
        """One Found, the text in Deltas, one Finished. `k` bounds the papers of a list.

        `only`: the filters given are all there are, none is read from the question."""
        clock = _Clock()
        materials = await self.thinking.run(self._sought, question, conversation, filters, only, clock)
        materials = await self._in_both_languages(materials, clock)
        yield Found(materials.query, materials.ranking.hits, materials.searched)
        turns = conversation.turns if conversation else ()
        async with aclosing(self._told(materials, turns, k, clock)) as events:
            async for event in events:
                yield event

    async def _told(
        self, materials: Materials, turns: Sequence[Turn], k: int | None, clock: _Clock
    ) -> AsyncGenerator[Delta | Finished, None]:
        """The answer's text and the answer: a model's prose, else the papers' own sentences."""
        notice = judging = ""
        if self.model and is_for_a_model(materials):
            prose = Prose(self.model, materials, turns, self.settings, k, self.thinking)
            async with aclosing(prose.stream()) as deltas:
                async for delta in deltas:
                    clock.first_token()
                    yield delta
            materials, judging, notice = prose.materials, prose.judging, prose.notice
            if prose.draft:
                yield Finished(_logged(_answer(prose.draft, materials, self.model.name, "", clock)))
                return
        draft = await self.thinking.run(compose, materials, k)
        draft.lines += ["", judging] if judging else []
        clock.first_token()
        yield Delta(draft.text)
        yield Finished(_logged(_answer(draft, materials, EXTRACTIVE, notice, clock)))

    def _sought(
        self, question: str, conversation: Conversation | None, filters: Filters | None, only: bool, clock: _Clock
    ) -> Materials:
        query = narrowed(self.understand(question, conversation), filters, only)
        return self._materials(query, conversation, filters, only, clock)

    async def _in_both_languages(self, materials: Materials, clock: _Clock) -> Materials:
        """The materials of a search in the other language too, where one language found little and a model has time."""
        if materials.parts:
            parts = [await self._in_both_languages(part, clock) for part in materials.parts]
            return self._together(materials.query, parts)
        query, seconds = materials.query, self.settings.rewrite_seconds
        found_enough = materials.ranking.answerable >= _FOUND_ENOUGH
        if not self.model or not seconds or found_enough or not gains_from_rewriting(query):
            return materials
        other_text = await in_other_language(query, self.model, seconds)
        if not other_text:
            return materials
        return await self.thinking.run(self._found, replace(query, other_text=other_text), clock)

    def _materials(
        self, query: Query, conversation: Conversation | None, filters: Filters | None, only: bool, clock: _Clock
    ) -> Materials:
        """Everything an answer is made of; the searching part of a turn."""
        if query.parts:
            return self._materials_of_parts(query, conversation, filters, only, clock)
        ranking = self.retriever.search(query, _depth(query))
        if conversation and conversation.turns and not query.follows and _goes_on(query, ranking, conversation):
            query = narrowed(follow_up(query, conversation), filters, only)
            ranking = self.retriever.search(query, DEPTH)
        if query.follows and not query.papers and not (query.listed or query.group) and _drowns_the_new(ranking):
            alone = replace(query, search_text=query.text, recent=())
            if (found := self.retriever.search(alone, DEPTH)).answerable >= _STANDS_ALONE:
                query, ranking = alone, found
        if query.wants in FROM_RECORD:
            ranking = self._catalogued(query, ranking)
        return self._found(query, clock, ranking)

    def _found(self, query: Query, clock: _Clock, ranking: Ranking | None = None) -> Materials:
        ranking = ranking or self.retriever.search(query, _depth(query))
        clock.searched()
        first, last = self.library.span()
        searched = Searched(ranking.searched, len(ranking.lexical), first, last, clock.search_seconds)
        return Materials(query, ranking, searched, EvidenceFinder(self.library, query, ranking), self.library)

    def _materials_of_parts(
        self, query: Query, conversation: Conversation | None, filters: Filters | None, only: bool, clock: _Clock
    ) -> Materials:
        """The materials of each part, the later parts understood after the answers to the earlier; and of the whole."""
        spoken = conversation or Conversation("")
        parts: list[Materials] = []
        for part in query.parts:
            part = narrowed(understand_one(part.text, self._shelved(), spoken) if parts else part, filters, only)
            parts.append(self._materials(part, None if parts else conversation, filters, only, clock))
            answer = _answer(compose(parts[-1]), parts[-1], EXTRACTIVE, "", clock)
            spoken = replace(spoken, turns=(*spoken.turns, Turn(part.text, answer)))
        return self._together(query, parts)

    def _together(self, query: Query, parts: Sequence[Materials]) -> Materials:
        """The materials of a message that asks all of these."""
        query = replace(query, parts=tuple(part.query for part in parts))
        widest = max(parts, key=lambda part: part.searched.papers)
        hits = interleaved([part.ranking.hits for part in parts])[:DEPTH]
        ranking = replace(widest.ranking, hits=hits, answerable=max(part.ranking.answerable for part in parts))
        finder = EvidenceFinder(self.library, query, ranking)
        return Materials(query, ranking, widest.searched, finder, self.library, tuple(parts))

    def _catalogued(self, query: Query, ranking: Ranking) -> Ranking:
        """The ranking with the record's own selection in place of what words and vectors found."""
        ids = [] if query.wants is Wants.HELLO else catalogued(query, self.library)[:DEPTH]
        papers = self.library.papers(ids).values()
        hits = tuple(Hit(paper, 1.0, rank, 1.0, Why()) for rank, paper in enumerate(papers, 1))
        return replace(ranking, hits=hits, answerable=1.0)

    def _shelved(self) -> Shelf:
        """Names, categories and months of the library as it stands."""
        lexical = self.retriever.lexical
        with self._lock:
            version = self.library.version()
            if self._shelf is None or self._shelf[0] != version:
                names = Names(self.library.iter_papers(), self.library.authors(), lexical)
                days = tuple(str(digest.day) for digest in self.library.digests() if digest.day)
                self._shelf = (version, Shelf(names, self.library.categories(), self.library.months(), days))
            return self._shelf[1]


def narrowed(query: Query, filters: Filters | None, only: bool = False) -> Query:
    """The query with filters set beside the question: where both speak, the given ones count."""
    if only:
        return replace(query, filters=filters or Filters())
    return replace(query, filters=merged(query.filters, filters)) if filters else query


def _depth(query: Query) -> int:
    return TREND_DEPTH if query.wants is Wants.TREND else DEPTH


def _goes_on(query: Query, ranking: Ranking, conversation: Conversation) -> bool:
    """Whether a question without a pointing word still is about what was found before.

    It is if it finds the same papers first of all; and if, right after an answer about one paper, it asks for a
    fact without saying of what.
    """
    if query.wants in (*FROM_RECORD, Wants.TREND):  # the record's papers come first of all by chance
        return False
    last = conversation.turns[-1].answer
    if query.wants is Wants.FACT and not query.papers and not query.filters and len(last.citations) == 1:
        return ranking.answerable < _STANDS_ALONE
    before = {hit.paper.arxiv_id for hit in last.hits[:_LEADING]}
    return any(hit.paper.arxiv_id in before for hit in ranking.hits[:_LEADING])


def _drowns_the_new(ranking: Ranking) -> bool:
    """Whether the topic so far hides what is new: no leading paper holds a word of what was typed now."""
    leading = [hit.paper.arxiv_id for hit in ranking.hits[:_LEADING]]
    held = (words for reading in ranking.asked for words in ranking.lexical.held(reading.forms, leading))
    return bool(leading) and not any(held)


class _Clock:
    """Seconds of a turn: to the end of the search, to the first text, in all."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.search_seconds = 0.0
        self._first_token = 0.0

    def searched(self) -> None:
        self.search_seconds = time.perf_counter() - self._start

    def first_token(self) -> None:
        self._first_token = self._first_token or time.perf_counter() - self._start

    def seconds(self) -> dict[str, float]:
        total = time.perf_counter() - self._start
        return {"search": self.search_seconds, "first_token": self._first_token or total, "total": total}


def _answer(draft: Draft, materials: Materials, mode: str, notice: str, clock: _Clock) -> Answer:
    citations = tuple(dict.fromkeys(check.CITATION.findall(draft.text)))
    return Answer(
        text=draft.text,
        claims=tuple(draft.claims),
        citations=citations,
        hits=_with_cited(materials, citations),
        query=materials.query,
        searched=materials.searched,
        abstained=draft.abstained,
        mode=mode,
        seconds=clock.seconds(),
        notice=notice,
        table=draft.table,
    )


def _with_cited(materials: Materials, citations: Sequence[str]) -> tuple[Hit, ...]:
    """The hits, and after them the papers that the answer cites beside: of a theme, or outside of the filters."""
    hits = materials.ranking.hits
    found = {hit.paper.arxiv_id for hit in hits}
    beside = materials.library.papers([arxiv_id for arxiv_id in citations if arxiv_id not in found]).values()
    fit = 1.0 if materials.query.wants in FROM_RECORD else 0.0
    return (*hits, *(Hit(paper, fit, rank, fit, Why()) for rank, paper in enumerate(beside, len(hits) + 1)))


def _logged(answer: Answer) -> Answer:
    top = answer.hits[0].score if answer.hits else 0.0
    log.info(
        "answered wants=%s k=%d top=%.3f seconds=%.3f model=%s abstained=%s",
        answer.query.wants.value,
        len(answer.hits),
        top,
        answer.seconds["total"],
        answer.mode,
        answer.abstained,
    )
    log.debug("question %r", answer.query.text)
    return answer
