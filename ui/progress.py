"""How far a long command has come, on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

SECONDS_BETWEEN_LINES = 5.0

Tell = Callable[
    [str, int, int], None
]  # where things stand, in words and as `done` of `total`; a total of 1 is no measure


@contextmanager
def telling() -> Iterator[Tell]:
    """Gives a function that may be told where things stand as often as one likes."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _now_and_then(console)
        return
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _bar(progress)


def _bar(progress: Progress) -> Tell:
    task = progress.add_task("", total=None)

    def tell(words: str, done: int, total: int) -> None:
        progress.update(task, description=words, completed=done, total=total if total > 1 else None)

    return tell


def _now_and_then(console: Console) -> Tell:
    last = time.monotonic()

    def tell(words: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            console.print(f"{words} ({done} of {total})" if total > 1 else words, markup=False)

    return tell
