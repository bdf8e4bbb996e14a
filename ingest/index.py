"""The search index: the one door of chromadb.

Chroma is a cache of the vectors in the record. Its directory does not survive everything (a kill while it writes,
two writers, a full disk), so whatever it raises becomes IndexUnusable and the library makes it anew.

A *place* is where a library keeps its index: a folder of this machine, or a Chroma server. A place holds
*generations*, each a whole index under a name never used before: one that is rebuilt replaces another at once.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from ingest.errors import IndexUnusable, LibraryError

if TYPE_CHECKING:
    # chromadb takes most of a second to import, and many commands never search.
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from chromadb.api.models.Collection import Collection

BATCH = 300  # Chroma Cloud's limit for one write; a local one allows 5,461
_COLLECTION = "passages"
_CONFIGURATION: CreateCollectionConfiguration = {
    "hnsw": {"space": "cosine", "max_neighbors": 32, "ef_construction": 200}
}
_OPENING = threading.Lock()  # chromadb keeps what it opened in a class variable


class VectorIndex:
    """Vectors by passage id, nearest first. Open it through a place."""

    def __init__(self, collection: Collection, close: Callable[[], None], server: str = "") -> None:
        self._collection = collection
        self._close = close
        self._server = server

    def __del__(self) -> None:
        # Another thread may still be searching when its library turns to a newer index: the last one out closes.
        self._close()

    def upsert(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Replaces the vectors of ids that are there. Rows of `vectors` go with `ids`; no id may come twice."""
        with _translated(self._server):
            for start in range(0, len(ids), BATCH):
                batch = slice(start, start + BATCH)
                self._collection.upsert(ids=list(ids[batch]), embeddings=vectors[batch])

    def delete(self, ids: Sequence[str]) -> None:
        """Ids that are not there are passed over."""
        with _translated(self._server):
            for start in range(0, len(ids), BATCH):
                self._collection.delete(ids=list(ids[start : start + BATCH]))

    def query(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """At most `k` passage ids with their cosines, best first."""
        with _translated(self._server):
            found = self._collection.query(query_embeddings=vector[None, :], n_results=k, include=["distances"])
        distances = cast("list[list[float]]", found["distances"])[0]
        return [(id_, 1.0 - distance) for id_, distance in zip(found["ids"][0], distances, strict=True)]

    def count(self) -> int:
        with _translated(self._server):
            return int(self._collection.count())


class Place(Protocol):
    """Where a library keeps its index. Its methods raise IndexUnusable when a server is out of reach."""

    name: str
    live: bool  # True: whoever opened it sees what others write

    def new(self) -> str:
        """Makes an empty generation and gives its name."""

    def exists(self, generation: str) -> bool:
        """False if it is known without opening it that the generation is not there."""

    def open(self, generation: str) -> VectorIndex:
        """Raises IndexUnusable if it is not there, damaged or out of reach."""

    def drop_all_but(self, generation: str) -> None:
        """Removes all other generations."""


class FolderPlace:
    """Chroma embedded in this process, a folder for each generation."""

    live = False

    def __init__(self, folder: Path, library_id: str) -> None:
        self._folder = folder / library_id
        self.name = _name_of(folder)

    def new(self) -> str:
        generation = uuid.uuid4().hex[:12]
        with _translated():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            client, stop = _embedded(self._folder / generation)
            _create(client, _COLLECTION)
            stop()
        return generation

    def exists(self, generation: str) -> bool:
        return (self._folder / generation / "chroma.sqlite3").exists()

    def open(self, generation: str) -> VectorIndex:
        if not self.exists(generation):
            # Chroma would make an empty one in its stead.
            raise IndexUnusable(f"the search index {self._folder / generation} is gone")
        with _translated():
            client, stop = _embedded(self._folder / generation)
            index = VectorIndex(client.get_collection(_COLLECTION, embedding_function=None), stop)
            index.count()
        return index

    def drop_all_but(self, generation: str) -> None:
        for folder in self._folder.iterdir():
            if folder.name != generation:
                shutil.rmtree(folder, ignore_errors=True)


class ServerPlace:
    """A Chroma server, a collection for each generation."""

    name = "server"  # whatever its address: one server may be known by several
    live = True

    def __init__(self, url: str, library_id: str) -> None:
        parts = urlsplit(url if "//" in url else f"//{url}")
        self._ssl = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        try:
            self._port = parts.port or (443 if self._ssl else 8000)
        except ValueError as exc:
            raise LibraryError(f"expected CHROMA_URL to be like http://127.0.0.1:8000, got {url!r}") from exc
        self._prefix = f"digest-{library_id}-"
        self._address = f"{self._host}:{self._port}"

    def new(self) -> str:
        generation = uuid.uuid4().hex[:12]
        with _translated(self._address):
            _create(self._client(), self._prefix + generation)
        return generation

    def exists(self, generation: str) -> bool:
        return True  # opening it tells, and asking a server for each command is slow

    def open(self, generation: str) -> VectorIndex:
        with _translated(self._address):
            collection = self._client().get_collection(self._prefix + generation, embedding_function=None)
        return VectorIndex(collection, lambda: None, self._address)

    def drop_all_but(self, generation: str) -> None:
        with _translated(self._address):
            client = self._client()
            for name in [collection.name for collection in client.list_collections()]:
                if name.startswith(self._prefix) and name != self._prefix + generation:
                    client.delete_collection(name)

    def _client(self) -> ClientAPI:
        import chromadb
        from chromadb.config import Settings

        return chromadb.HttpClient(
            host=self._host, port=self._port, ssl=self._ssl, settings=Settings(anonymized_telemetry=False)
        )


def _embedded(folder: Path) -> tuple[ClientAPI, Callable[[], None]]:
    """A client of its own for `folder`, and what closes it.

    `chromadb.PersistentClient` hands every caller in a process the same system, and that one never sees what another
    process has written; so each opening gets a system of its own.
    """
    from chromadb.api import ServerAPI
    from chromadb.api.client import Client
    from chromadb.config import Settings, System

    system = System(Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder)))
    with _OPENING:
        system.instance(ServerAPI)  # type: ignore[type-abstract]  # so does chromadb
        system.start()
        client = Client.from_system(system)
        client.clear_system_cache()  # or it would be kept, and handed out, when it has long been stopped
    return client, system.stop


def _create(client: ClientAPI, name: str) -> None:
    client.create_collection(name, configuration=_CONFIGURATION, embedding_function=None)


def _name_of(folder: Path) -> str:
    """The id of a folder, kept in it: a database may be shared by machines that each have a folder of their own."""
    file = folder / "id"
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError), file.open("x") as written:
            written.write(uuid.uuid4().hex)
    return file.read_text()


@contextmanager
def _translated(server: str = "") -> Iterator[None]:
    """Turns whatever chromadb raises, a panic of its Rust core included, into IndexUnusable."""
    try:
        yield
    except IndexUnusable:
        raise
    except BaseException as exc:
        if not isinstance(exc, Exception) and type(exc).__name__ != "PanicException":
            raise
        if server:
            found = f"the Chroma server at {server} does not answer as it should ({_first_line(exc)})"
            raise IndexUnusable(f"{found}. Start it with `chroma run`, or unset CHROMA_URL") from exc
        mend = "Type `digest library rebuild-index`; nothing has to be embedded again"
        raise IndexUnusable(f"the search index cannot be used ({_first_line(exc)}). {mend}") from exc


def _first_line(exc: BaseException) -> str:
    return next(iter(str(exc).splitlines()), type(exc).__name__)
