"""How many questions are answered at once, who waits and at which place, and who is turned away.

One gate serves the page and every door for programs. All of it happens on the server's one event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

from ui.visitor import Visitor

_MINUTE = 60.0


class TurnedAwayError(Exception):
    """A question that is not taken on now."""


class FullError(TurnedAwayError):
    """As many wait as may. `waiting` of them."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} questions are waiting already, and no more are taken on; ask again in a moment")
        self.waiting = waiting


class TooFastError(TurnedAwayError):
    """One visitor asks more than they may. The next question is welcome in `seconds`."""

    def __init__(self, per_minute: int, seconds: float) -> None:
        self.per_minute, self.seconds = per_minute, max(1, round(seconds))
        super().__init__(f"at most {per_minute} questions a minute are answered; ask again in {self.seconds} s")


class Gate:
    """At most `answers` at once and `waiting` in line; `per_minute` from one visitor elsewhere (0: any number)."""

    def __init__(self, answers: int, waiting: int, per_minute: int = 0) -> None:
        self.answers, self.waiting, self.per_minute = answers, waiting, per_minute
        self.running = 0
        self._line: list[Place] = []
        self._asked: dict[str, deque[float]] = {}

    @contextmanager
    def admit(self, visitor: Visitor) -> Iterator[Place]:
        """A place at the desk or in the line, given up at the end of the block. Raises TurnedAwayError at once."""
        if self.running >= self.answers and len(self._line) >= self.waiting:
            raise FullError(len(self._line))
        self._count(visitor)
        place = Place(self)
        self._line.append(place)
        self._move_up()
        try:
            yield place
        finally:
            self._give_up(place)

    def position(self, place: Place) -> int:
        """How many are before it, itself included; 0 once it is its turn."""
        return self._line.index(place) + 1 if place in self._line else 0

    def _give_up(self, place: Place) -> None:
        if place in self._line:
            self._line.remove(place)
        else:
            self.running -= 1
        self._move_up()

    def _move_up(self) -> None:
        while self._line and self.running < self.answers:
            self._line.pop(0).moved.set()
            self.running += 1
        for place in self._line:
            place.moved.set()

    def _count(self, visitor: Visitor) -> None:
        if not self.per_minute or visitor.here:
            return
        now = time.monotonic()
        self._asked = {who: times for who, times in self._asked.items() if times[-1] > now - _MINUTE}
        times = self._asked.get(visitor.key, deque())
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= self.per_minute:
            raise TooFastError(self.per_minute, times[0] + _MINUTE - now)
        times.append(now)
        self._asked[visitor.key] = times


class Place:
    """One question's place in the line."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.moved = asyncio.Event()

    async def line(self) -> AsyncGenerator[int, None]:
        """The places it moves up through, 1 being the next; ends when it is its turn."""
        told = 0
        while position := self._gate.position(self):
            self.moved.clear()
            if position != told:
                yield position
            told = position
            await self.moved.wait()
