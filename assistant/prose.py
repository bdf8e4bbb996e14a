"""A model's part of a turn: prose from the same evidence, through the citation filter, each sentence checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from assistant import check
from assistant.answer import Delta, Evidence, Turn, Wants
from assistant.cite import CitationFilter
from assistant.draft import Draft, Materials
from assistant.errors import ModelError
from assistant.model import LanguageModel
from assistant.prompt import Prompt, build_messages, cannot_answer
from assistant.settings import AssistantSettings
from assistant.survey import surveyed
from ingest.paper import Paper

_SOURCES = 8
_SENTENCES_PER_SOURCE = 4
_LEAST_SUPPORTED = 0.5


class Prose:
    """What a model says to a turn's materials. After `stream` there is a `draft`, or a `notice` says why not."""

    def __init__(
        self, model: LanguageModel, materials: Materials, history: Sequence[Turn], settings: AssistantSettings
    ) -> None:
        self._model = model
        self._materials = materials
        self._history = history
        self._settings = settings
        self.draft: Draft | None = None
        self.notice = ""

    async def stream(self) -> AsyncGenerator[Delta, None]:
        """The prose as it comes, through the citation filter."""
        papers, evidence = await asyncio.to_thread(_sources, self._materials)
        text = ""
        try:
            prompt = self._prompt(papers, evidence)
            filtered = CitationFilter(prompt.sources)
            async with aclosing(self._model.stream(prompt.messages)) as pieces:
                async for piece in pieces:
                    if shown := filtered.feed(piece):
                        text += shown
                        yield Delta(shown)
            if rest := filtered.finish():
                text += rest
                yield Delta(rest)
        except ModelError as error:
            self.notice = str(error)
            return
        used = {source.arxiv_id: papers[source.arxiv_id] for source in prompt.sources}
        await asyncio.to_thread(self._judge, text.strip(), used)

    def _prompt(self, papers: dict[str, Paper], evidence: list[Evidence]) -> Prompt:
        budget = min(self._settings.prompt_tokens, self._model.context_tokens - self._settings.answer_tokens)
        query = self._materials.query
        return build_messages(query.text, query, evidence, papers, self._history, self._model, budget)

    def _judge(self, text: str, papers: dict[str, Paper]) -> None:
        """Takes the prose as the answer if enough of it stands, else leaves a notice."""
        name = self._model.name
        if cannot_answer(text):
            self.notice = f"{name} found no answer in the sources; these are the papers' own sentences."
            return
        claims = check.check(text, papers, self._materials.library.embedder)
        if check.supported_share(claims) < _LEAST_SUPPORTED:
            self.notice = f"Too little of what {name} wrote stands in the papers; these are their own sentences."
            return
        self.draft = Draft([text], list(claims))


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
    best = materials.evidence.best(papers, _SENTENCES_PER_SOURCE)
    return {paper.arxiv_id: paper for paper in papers}, [e for paper in papers for e in best[paper.arxiv_id]]
