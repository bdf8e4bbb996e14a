"""A server of the library page alone, over a real library, on a real socket; and digests to read into it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from assistant.chat import Assistant
from ingest.library import Library, open_library
from ingest.settings import IngestSettings
from tests.conftest import WordEmbedder
from tests.ui.served import running
from ui import library_page
from ui.guard import Guard
from ui.settings import UiSettings

TOPICS = ("video editing", "robot grasping", "graph learning", "protein folding", "speech synthesis")


def entry(arxiv_id: str, title: str, category: str = "cs.CV", authors: str = "Ada Lovelace,Jürgen Müller") -> str:
    return f"""### [1] [{title}](https://arxiv.org/abs/{arxiv_id})
*{authors}*

Main category: {category}

TL;DR: {title} is summed up here.

<details>
<summary>Details</summary>
Motivation: To know more about {title}.

Abstract: We study {title}. The study of {title} is long.

</details>

"""


def digest_of(count: int, month: str = "2511", first: int = 1, category: str = "cs.CV") -> str:
    """A digest of so many papers of one month, each on one of five topics."""
    made = ((n, TOPICS[n % len(TOPICS)]) for n in range(first, first + count))
    return "# cs.CV\n\n" + "".join(entry(f"{month}.{n:05}", f"Paper {n} on {topic}", category) for n, topic in made)


def library_in(folder: Path) -> Library:
    settings = IngestSettings(home=folder, database_url=None, chroma_url=None)
    return open_library(settings, WordEmbedder())


@contextmanager
def serving_library(library: Library, listens_here: bool = True, **settings: object) -> Iterator[str]:
    """The address of the page's routes behind the guard, with the fonts that the chat serves beside them."""
    app = FastAPI()
    app.include_router(library_page.routes(Assistant(library), library, UiSettings(**settings), listens_here))
    gradio = importlib.util.find_spec("gradio")
    assert gradio
    assert gradio.origin
    app.mount("/static", StaticFiles(directory=Path(gradio.origin).parent / "templates" / "frontend" / "static"))
    app.add_middleware(Guard)
    with running(uvicorn.Config(app, port=0, http="h11", log_level="warning", timeout_graceful_shutdown=1)) as address:
        yield address
