"""The named Gradio endpoints, asked by the real client; all else of the page is private."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest
from doorstep import one_digest, standing, until
from fastapi import FastAPI
from gradio_client import Client
from gradio_client.exceptions import AppError
from stand_ins import ScriptedAssistant, ShelfLibrary

from assistant.answer_json import answer_from_dict
from assistant.chat import Assistant
from ingest.paper import Filters
from ui.gate import Gate
from ui.programs import open_to_programs
from ui.visitor import Visitor


def page(assistant: Any, library: Any, gate: Gate) -> FastAPI:
    """A page that has nothing but the endpoints."""
    with gr.Blocks(analytics_enabled=False) as blocks:
        open_to_programs(assistant, library, gate)
    blocks.queue(default_concurrency_limit=None)
    mounted: FastAPI = gr.mount_gradio_app(FastAPI(), blocks, path="/", ssr_mode=False, show_error=False)
    return mounted


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with one_digest(tmp_path_factory.mktemp("programs")) as library:
        yield library


@pytest.fixture(scope="module")
def client(shelf: Any) -> Iterator[Client]:
    with standing(page(Assistant(shelf), shelf, Gate(2, 2))) as address:
        yield Client(address, verbose=False)


def test_three_endpoints_are_there_and_say_what_they_do(client: Client) -> None:
    endpoints = client.view_api(print_info=False, return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/ask", "/search", "/papers"}
    assert all(endpoint["description"] for endpoint in endpoints.values())
    asked = [parameter["parameter_name"] for parameter in endpoints["/ask"]["parameters"]]
    assert asked == ["question", "since", "until", "categories", "authors"]


def test_a_question_is_answered_with_the_fields_of_an_answer(client: Client) -> None:
    answer = answer_from_dict(client.predict("which papers generate images with diffusion?", api_name="/ask"))
    assert answer.citations
    assert {i for claim in answer.claims for i in (e.arxiv_id for e in claim.citations)} <= set(answer.citations)


def test_the_filters_narrow_what_is_answered_from(client: Client) -> None:
    answer = answer_from_dict(client.predict("which papers use diffusion?", categories=["cs.ro"], api_name="/ask"))
    assert answer.query.filters.categories == ("cs.RO",)


def test_papers_are_found_best_first(client: Client, shelf: Any) -> None:
    found = client.predict("diffusion images", k=3, api_name="/search")
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    for hit in found["hits"]:
        paper = shelf.paper(hit["arxiv_id"])
        assert (hit["title"], hit["url"]) == (paper.title, paper.url)


def test_papers_are_listed_from_the_record_newest_first(client: Client, shelf: Any) -> None:
    ids = shelf.select(Filters(categories=("cs.CV",)))
    listed = client.predict(categories=["cs.CV"], limit=2, api_name="/papers")
    assert listed["count"] == len(ids)
    assert [paper["arxiv_id"] for paper in listed["papers"]] == ids[:2]
    assert listed["papers"][0]["appearances"][0]["day"] == "2025-11-03"
    assert listed["papers"][0]["abstract"] == shelf.paper(ids[0]).abstract


def test_papers_are_counted_by_month_and_author(client: Client, shelf: Any) -> None:
    author = shelf.paper(shelf.select(Filters())[0]).authors[0]
    assert client.predict(authors=[author], count=True, api_name="/papers") == {
        "count": len(shelf.select(Filters(authors=(author,))))
    }
    assert client.predict(since="2030-01", count=True, api_name="/papers") == {"count": 0}


@pytest.mark.parametrize(
    ("endpoint", "arguments", "told"),
    [
        ("/papers", {"since": "last week"}, "expected a month"),
        ("/papers", {"since": "2025-12", "until": "2025-11"}, "exchange them"),
        ("/papers", {"limit": 0}, "from 1 to 1000"),
        ("/papers", {"authors": ["x" * 201]}, "name fewer"),
        ("/search", {"question": "a", "k": 100000}, "from 1 to 1000"),
        ("/search", {"question": "x" * 4001}, "at most 4,000"),
        ("/ask", {"question": "  "}, "expected a question"),
        ("/ask", {"question": "a", "categories": ["$"]}, "expected an arXiv category"),
    ],
)
def test_what_cannot_be_asked_is_told(client: Client, endpoint: str, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(AppError, match=told):
        client.predict(**arguments, api_name=endpoint)


def test_who_finds_no_place_is_told_so_and_the_place_is_free_again() -> None:
    library, gate, other = ShelfLibrary(), Gate(1, 1), Visitor("", "another", here=False)
    assistant = ScriptedAssistant(library)
    with standing(page(assistant, library, gate)) as address:
        programs = Client(address, verbose=False)
        with gate.admit(other), gate.admit(other), pytest.raises(AppError, match="waiting already"):
            programs.predict("diffusion", api_name="/ask")
        slow = programs.submit("slowly, diffusion", api_name="/ask")
        until(lambda: len(assistant.histories) == 1)
        assert gate.running == 1
        assert slow.result()["citations"]
        assert gate.running == 0
