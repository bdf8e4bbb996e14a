"""A browser, pages that must neither fetch from outside nor complain, and servers of the web chat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsers import FLAGS, browser_on_this_machine
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from served import serving
from stand_ins import SAMPLES, ScriptedAssistant, ShelfLibrary, Visit

from assistant.chat import Assistant
from ingest.library import open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # One a module: Playwright keeps an event loop running, and asynchronous tests cannot have theirs beside it.
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=browser_on_this_machine(), args=FLAGS)
        except PlaywrightError as error:
            pytest.skip(f"no browser: install chromium, set DIGEST_BROWSER, or `playwright install chromium` ({error})")
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens an address as a new visitor. At the end no page may have fetched from elsewhere or complained."""
    complaints: list[str] = []
    contexts = []

    def open_page(address: str, width: int = 1280, height: int = 800, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **{"locale": "en-US", **more})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.locator("html[data-ready] #header h1, body:not(:has(gradio-app)) #header h1").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _foreign(address: str) -> list[str]:
    parts = urlsplit(address)
    local = parts.scheme in ("data", "blob") or parts.hostname == "127.0.0.1"
    return [] if local else [f"fetched {address}"]


@pytest.fixture(scope="module")
def scripted() -> ScriptedAssistant:
    return ScriptedAssistant(ShelfLibrary())


@pytest.fixture(scope="module")
def stage(scripted: ScriptedAssistant) -> Iterator[str]:
    """The address of a chat over the scripted assistant."""
    with serving(scripted, scripted.library) as address:
        yield address


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chat as a person starts it: the real assistant over a sample digest, without a model."""
    with open_library(IngestSettings(home=tmp_path_factory.mktemp("house"))) as library:
        ingest(find_sources([str(SAMPLES / "2025-11-03.md")]), library)
        with serving(Assistant(library), library) as address:
            yield address


@pytest.fixture(scope="module")
def empty_house() -> Iterator[str]:
    empty = ShelfLibrary([])
    with serving(ScriptedAssistant(empty), empty) as address:
        yield address
