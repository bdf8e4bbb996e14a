"""Where an assistant reckons while others are served: a few threads of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_MOST = 4


class Thinking:
    """As many threads as there are processors, and no more than four: what they do keeps the interpreter busy.

    With more, each question would wait for all the others at once, and so would what writes the answers of those
    already found. Threads that wait for something, such as a model, are not for here.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or min(_MOST, max(2, os.cpu_count() or 1))
        self.asked = 0  # tasks that run or wait
        self._pool = ThreadPoolExecutor(self.threads, "thinking")

    @property
    def is_crowded(self) -> bool:
        """Whether somebody waits, so that what nobody asked for should not be done now."""
        return self.asked > self.threads

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function gives, found in one of the threads, first come first served."""
        self.asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *args, **kwargs))
        finally:
            self.asked -= 1
