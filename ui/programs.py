"""The named Gradio endpoints, for `gradio_client` and anything that speaks Gradio's HTTP API. All else is private."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import gradio as gr
from gradio.events import api

from assistant.answer_json import answer_to_dict, trimmed
from assistant.errors import AssistantError, QuestionError
from ingest.errors import IngestError
from ingest.library import Library
from ingest.paper import Filters
from ui.fields import filters_of, found, paper_fields
from ui.gate import Gate, TurnedAwayError
from ui.talk import Answers
from ui.visitor import visitor_of

_MOST_PAPERS = 1000


def open_to_programs(assistant: Answers, library: Library, gate: Gate) -> None:
    """Adds the endpoints `ask`, `search` and `papers` to the page that is being built."""

    async def ask(
        request: gr.Request,
        question: str,
        since: str = "",
        until: str = "",
        categories: list[str] | None = None,
        authors: list[str] | None = None,
    ) -> dict[str, Any]:
        """Answers a question from the library: the fields of an `Answer` with its cited and its leading hits.

        The filters are those of `papers`; where the question sets some itself, these count.
        """
        async with _turn(gate, request):
            filters = filters_of(since, until, categories, authors)
            answer = await assistant.answer(question, None, filters or None)
        return answer_to_dict(trimmed(answer))

    async def search(
        request: gr.Request,
        question: str,
        k: int = 20,
        since: str = "",
        until: str = "",
        categories: list[str] | None = None,
        authors: list[str] | None = None,
    ) -> dict[str, Any]:
        """Finds the `k` best papers for a question, best first: rank, arxiv_id, title, url, score, fit.

        `score` is higher for a better paper, `fit` the probability that it is meant. No language model is asked.
        """
        async with _turn(gate, request):
            filters = filters_of(since, until, categories, authors)
            query, hits = await asyncio.to_thread(assistant.search, question, filters or None, _counted(k, "k"))
        return {"query": query.search_text, "hits": [asdict(found(hit)) for hit in hits]}

    async def papers(
        request: gr.Request,
        since: str = "",
        until: str = "",
        categories: list[str] | None = None,
        authors: list[str] | None = None,
        limit: int = 100,
        count: bool = False,
    ) -> dict[str, Any]:
        """Lists papers from the record, newest first, whole: how many there are, and the first `limit` of them.

        `since` and `until` are months `YYYY-MM` or digest days `YYYY-MM-DD`, both included. A paper is in any of the
        `categories`, by any of the `authors`, who are named in full. `count`: only how many there are.
        """
        async with _turn(gate, request):
            filters = filters_of(since, until, categories, authors)
            return await asyncio.to_thread(_listed, library, filters, 0 if count else _counted(limit, "limit"))

    for endpoint in (ask, search, papers):
        api(endpoint, api_name=endpoint.__name__, concurrency_limit=None)  # the gate says how many


def _listed(library: Library, filters: Filters, limit: int) -> dict[str, Any]:
    ids = library.select(filters)
    if not limit:
        return {"count": len(ids)}
    return {"count": len(ids), "papers": [paper_fields(paper) for paper in library.papers(ids[:limit]).values()]}


def _counted(given: int, name: str) -> int:
    if not 1 <= given <= _MOST_PAPERS:
        raise QuestionError(f"expected {name} from 1 to {_MOST_PAPERS}, got {given}")
    return given


@asynccontextmanager
async def _turn(gate: Gate, request: gr.Request) -> AsyncIterator[None]:
    """The time in which a program's question is answered, once it is its turn. Known errors are told to it."""
    assert request.request is not None
    try:
        with gate.admit(visitor_of(request.request.scope)) as place:
            async for _ in place.line():
                pass
            yield
    except (AssistantError, IngestError, TurnedAwayError) as error:
        raise gr.Error(str(error), print_exception=False) from error
