"""A model's part of a turn: prose from the same evidence, through the citation filter, each sentence checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from assistant import check
from assistant.answer import Delta, Evidence, Query, Turn, Wants
from assistant.cite import CitationFilter
from assistant.draft import Draft, Materials, escape
from assistant.errors import ModelError
from assistant.follow import asks_for_more
from assistant.frame import framed, joined
from assistant.judge import judged
from assistant.lexical import words_of
from assistant.model import LanguageModel
from assistant.premise import unfounded
from assistant.prompt import Prompt, build_messages, cannot_answer
from assistant.refusal import absent_names, is_unanswerable
from assistant.repair import checked, repaired
from assistant.settings import AssistantSettings
from assistant.survey import surveyed
from assistant.thinking import Thinking
from ingest.paper import Paper
from ingest.sentence import language_of

_WRITTEN = (Wants.SURVEY, Wants.FACT, Wants.COMPARE, Wants.LOOKUP, Wants.SUMMARY)
_SOURCES = 8
# A survey needs many papers, where all else needs much of a few.
_SENTENCES_PER_SOURCE = {Wants.SURVEY: 2}
_SENTENCES = 4
_LEAST_SUPPORTED = 0.5
_LEAST_WORDS = 6


class Prose:
    """What a model says to a turn's materials. After `stream` there is a `draft`, or a `notice` says why not.

    `materials` are those it was said to, borderline papers of a survey being moved as the model judged them, which
    `judging` tells in a line; `k` bounds the papers of a list.
    """

    def __init__(
        self,
        model: LanguageModel,
        materials: Materials,
        history: Sequence[Turn],
        settings: AssistantSettings,
        k: int | None = None,
        thinking: Thinking | None = None,
    ) -> None:
        self._model = model
        self._thinking = thinking or Thinking()
        self.materials = materials
        self._history = history
        self._settings = settings
        self._k = k
        self.draft: Draft | None = None
        self.judging = ""
        self.notice = ""

    async def stream(self) -> AsyncGenerator[Delta, None]:
        """What code says first, the prose as it comes, through the citation filter, and what code says after it."""
        await self._judge()
        frame = await self._thinking.run(framed, self.materials, self._k)
        papers, evidence = await self._thinking.run(_sources, self.materials)
        before, said = frame.before(), ""
        if before.text:
            yield Delta(f"{before.text}\n\n")
        try:
            prompt = await self._thinking.run(self._prompt, papers, evidence)
            async with aclosing(self._prose(prompt)) as pieces:
                async for piece in pieces:
                    said += piece
                    yield Delta(piece)
        except ModelError as error:
            self.notice = str(error)
            return
        used = {source.arxiv_id: papers[source.arxiv_id] for source in prompt.sources}
        prose = await self._checked(said.strip(), used)
        if prose:
            after = frame.after(check.CITATION.findall(prose.text), self.judging)
            yield Delta(f"\n\n{after.text}")
            self.draft = joined(before, prose, after)
            self.draft.table = after.table

    async def _judge(self) -> None:
        self.materials, count = await judged(self.materials, self._model, self._settings.judge_seconds)
        if count:
            self.judging = self.materials.words.judged.format(model=escape(self._model.name), count=count)

    async def _prose(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """What the model says, through the citation filter, in pieces, none empty. Raises ModelError."""
        filtered = CitationFilter(prompt.sources)
        async with aclosing(self._model.stream(prompt.messages)) as pieces:
            async for piece in pieces:
                if shown := filtered.feed(piece):
                    yield shown
        if rest := filtered.finish():
            yield rest

    def _prompt(self, papers: dict[str, Paper], evidence: list[Evidence]) -> Prompt:
        budget = self._settings.prompt_budget(self._model.context_tokens)
        query = self.materials.query
        return build_messages(query.text, query, evidence, papers, self._history, self._model, budget)

    async def _checked(self, text: str, papers: dict[str, Paper]) -> Draft | None:
        """The prose with its claims, if enough of it stands; else a notice is left."""
        embedder, seconds = self.materials.library.embedder, self._settings.repair_seconds
        prose = None
        if cannot_answer(text):
            self.notice = f"{self._model.name} found no answer in the sources; these are the papers' own sentences."
        elif not _is_in_language(text, self.materials.query):
            self.notice = f"{self._model.name} answered in another language; these are the papers' own sentences."
        else:
            prose = await self._thinking.run(checked, text, papers, embedder)
            if seconds:
                prose = await repaired(prose, papers, embedder, self._model, seconds)
        if prose and check.supported_share(prose.claims) < _LEAST_SUPPORTED:
            name, prose = self._model.name, None
            self.notice = f"Too little of what {name} wrote stands in the papers; these are their own sentences."
        elif prose and not check.CITATION.search(prose.text):  # of a number alone nobody can tell whose it is
            name, prose = self._model.name, None
            self.notice = f"{name} cited no paper; these are the papers' own sentences."
        return Draft([prose.text], list(prose.claims)) if prose else None


def is_for_a_model(materials: Materials) -> bool:
    """What the record knows, groups, the rest of a list, refusals, false premises and absent papers are code's."""
    if materials.parts:
        return all(map(is_for_a_model, materials.parts))
    query, ranking = materials.query, materials.ranking
    return (
        query.wants in _WRITTEN
        and not query.group
        and not (query.wants is Wants.SURVEY and asks_for_more(query.text))
        and bool(ranking.hits)
        and not is_unanswerable(query, ranking)
        and not (query.wants is Wants.FACT and unfounded(query, ranking))
        and not (query.wants is Wants.COMPARE and absent_names(query, ranking.lexical))
    )


def _is_in_language(text: str, query: Query) -> bool:
    """Whether the prose is in the question's language, or too short to be in one: names alone are in none."""
    said = check.CITATION.sub("", text)
    wanted = {part.language for part in query.parts} or {query.language}
    return language_of(said) in wanted or len(words_of(said)) < _LEAST_WORDS


def _sources(materials: Materials, count: int = _SOURCES) -> tuple[dict[str, Paper], list[Evidence]]:
    """The papers and sentences a model is shown, most relevant first."""
    if materials.parts:
        shown = [_sources(part, count // len(materials.parts)) for part in materials.parts]
        return {i: paper for papers, _ in shown for i, paper in papers.items()}, [
            e for _, found in shown for e in found
        ]
    hits = materials.ranking.hits
    kept = surveyed(hits) if materials.query.wants is Wants.SURVEY else hits
    papers = [hit.paper for hit in kept[:count]]
    best = materials.evidence.best(papers, _SENTENCES_PER_SOURCE.get(materials.query.wants, _SENTENCES))
    return {paper.arxiv_id: paper for paper in papers}, [e for paper in papers for e in best[paper.arxiv_id]]
