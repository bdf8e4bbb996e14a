"""Servers that the library's tests talk to, started once on loopback, and libraries on either pair of backends."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from ingest.library import Library, open_library
from ingest.settings import IngestSettings

PASSWORD = "not-to-be-printed"


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Makes an empty database on a PostgreSQL of our own, and gives its URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not programs:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    server = _Postgres(programs[-1], folder, free_port())
    server.start()
    yield server.new_database
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


class _Postgres:
    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self._programs, self._folder, self._port = programs, folder, port
        self._databases = 0

    def start(self) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            for path in (self._folder, secret):
                shutil.chown(path, _nobody())
        self._run("initdb", "-U", "tester", "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--no-sync")
        options = f"-h 127.0.0.1 -p {self._port} -k {self._folder} -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-o", options, "-l", str(self._folder / "log"))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate")

    def new_database(self) -> str:
        self._databases += 1
        name = f"library_{self._databases}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql://tester:{PASSWORD}@127.0.0.1:{self._port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        become = ["runuser", "-u", _nobody(), "--"] if os.geteuid() == 0 else []
        command = [*become, str(self._programs / program), "-D", str(self._folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder)


def _nobody() -> str:
    with suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return "nobody"


@pytest.fixture(scope="session")
def chroma_url() -> Iterator[str]:
    """The address of a Chroma server of our own."""
    url = f"http://127.0.0.1:{free_port()}"
    folder = Path(tempfile.mkdtemp(prefix="digest-chroma-"))
    program = Path(sys.executable).with_name("chroma")
    command = [str(program), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", url.rpartition(":")[2]]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(f"{url}/api/v2/heartbeat")
    yield url
    server.kill()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str) -> None:
    for _ in range(200):
        with suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


BACKENDS = ["sqlite and folder", "postgres and server"]


@pytest.fixture(params=BACKENDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> IngestSettings:
    return settings_for(request, tmp_path)


def settings_for(request: pytest.FixtureRequest, folder: Path) -> IngestSettings:
    """A library's settings on the backends that `request.param` names."""
    database, _, index = request.param.partition(" and ")
    return IngestSettings(
        home=folder / "home",
        database_url=request.getfixturevalue("new_database")() if database == "postgres" else None,
        chroma_url=request.getfixturevalue("chroma_url") if index == "server" else None,
    )


@pytest.fixture
def on_disk(tmp_path: Path) -> IngestSettings:
    """SQLite and embedded Chroma."""
    return IngestSettings(home=tmp_path / "home", database_url=None, chroma_url=None)


@pytest.fixture
def library(settings: IngestSettings, embedder) -> Iterator[Library]:
    with open_library(settings, embedder) as opened:
        yield opened


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts another process of this Python with the tests' modules at hand."""

    def start(code: str, *arguments: str) -> subprocess.Popen[str]:
        tests = Path(__file__).parents[1]
        paths: Sequence[str] = [str(tests.parent), str(tests), str(tests / "ingest")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.Popen(command, text=True, stdin=-1, stdout=-1, env=environment)

    return start
