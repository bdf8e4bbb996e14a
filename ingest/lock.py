"""The writer lock: one process writes to a library at a time, any number read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.errors import LibraryBusy, LibraryError

PATIENCE = 1.5  # seconds a second writer waits before it is told who writes


@contextmanager
def writer_lock(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Holds the lock file at `path`. Raises LibraryBusy naming the process that has it.

    The system frees the lock when its holder dies, however it dies. The holder's id lies in a file beside, as
    whoever tries the lock empties the lock file itself.
    """
    lock, holder = FileLock(path), path.with_suffix(".pid")
    try:
        lock.acquire(timeout=patience)
    except Timeout as exc:
        raise busy(path.parent, f"process {_read(holder)}") from exc
    except OSError as exc:
        raise LibraryError(f"{path} cannot be written: {exc.strerror}. Give a folder you own: DIGEST_HOME") from exc
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        lock.release()


def holder_of(path: Path) -> str:
    """Who holds the lock file at `path`, as `process 4711`; "" if nobody does, or it cannot be told.

    Takes the lock and lets it go at once: a writer that comes at that moment waits for the next of its tries.
    """
    try:
        with FileLock(path).acquire(timeout=0):
            return ""
    except Timeout:
        return f"process {_read(path.with_suffix('.pid'))}"
    except OSError:  # a library that may only be read
        return ""


def busy(library: object, holder: str) -> LibraryBusy:
    return LibraryBusy(f"{library} is being written to by {holder}. Wait until it is done, or stop it, and try again")


def _read(holder: Path) -> str:
    try:
        return holder.read_text() or "unknown"
    except OSError:
        return "unknown"
