"""The gate in front of all questions, and who is counted as one visitor."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from starlette.types import Scope

from ingest.paper import Filters
from ui import gate as gate_module
from ui.gate import FullError, Gate, TooFastError, TurnedAwayError
from ui.limits import MOST_FILTERS, MOST_TURNS, too_much
from ui.strings import CHINESE, ENGLISH, Strings
from ui.visitor import COOKIE, Visitor, recognise, visitor_of

HERE = Visitor("owner", "127.0.0.1", here=True)
ELSEWHERE = Visitor("owner", "203.0.113.9", here=False)


class Asking:
    """A question on its way through a gate, as a door asks it; `places` are those it was told."""

    def __init__(self, gate: Gate, visitor: Visitor = HERE, fails: bool = False) -> None:
        self.places: list[int] = []
        self.answering = asyncio.Event()
        self.done = asyncio.Event()
        self._fails = fails
        self.task = asyncio.create_task(self._ask(gate, visitor))

    async def _ask(self, gate: Gate, visitor: Visitor) -> None:
        with gate.admit(visitor) as place:
            async for position in place.line():
                if self.places[-1:] != [position]:
                    self.places.append(position)
            self.answering.set()
            await self.done.wait()
            if self._fails:
                raise ZeroDivisionError


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def is_empty(gate: Gate) -> bool:
    return gate.running == 0 and not gate._line


async def test_a_free_desk_is_taken_at_once_and_a_line_moves_up_in_order() -> None:
    gate = Gate(answers=2, waiting=10)
    asking = [Asking(gate) for _ in range(5)]
    await settled()
    assert [one.answering.is_set() for one in asking] == [True, True, False, False, False]
    assert [one.places for one in asking] == [[], [], [1], [2], [3]]
    asking[1].done.set()
    await settled()
    assert asking[2].answering.is_set()
    assert [one.places for one in asking[2:]] == [[1], [2, 1], [3, 2]]
    asking[3].task.cancel()  # goes away from the middle of the line
    await settled()
    assert asking[4].places == [3, 2, 1]
    for one in asking:
        one.done.set()
    await asyncio.gather(*(one.task for one in asking), return_exceptions=True)
    assert is_empty(gate)


async def test_a_newcomer_does_not_overtake_those_in_line() -> None:
    gate = Gate(answers=1, waiting=10)
    first, second = Asking(gate), Asking(gate)
    await settled()
    first.done.set()
    third = Asking(gate)
    await settled()
    assert (second.answering.is_set(), third.places) == (True, [1])
    second.done.set()
    third.done.set()
    await asyncio.gather(second.task, third.task)


async def test_beyond_the_line_one_is_told_at_once_how_many_wait_and_the_next_free_place_is_given() -> None:
    gate = Gate(answers=1, waiting=2)
    asking = [Asking(gate) for _ in range(3)]
    await settled()
    with pytest.raises(FullError, match="2 questions are waiting already") as full, gate.admit(HERE):
        pass
    assert full.value.waiting == 2
    asking[0].done.set()
    await settled()
    with gate.admit(HERE) as place:
        assert gate.position(place) == 2
    for one in asking:
        one.done.set()
    await asyncio.gather(*(one.task for one in asking))
    assert is_empty(gate)


@pytest.mark.parametrize("end", ["answered", "failed", "cancelled"])
async def test_a_place_is_free_again_however_an_answer_ends(end: str) -> None:
    gate = Gate(answers=1, waiting=1)
    for _ in range(20):
        one, next_one = Asking(gate, fails=end == "failed"), Asking(gate)
        await settled()
        assert next_one.places == [1]
        one.task.cancel() if end == "cancelled" else one.done.set()
        await settled()
        assert next_one.answering.is_set()
        next_one.done.set()
        ended = await asyncio.gather(one.task, next_one.task, return_exceptions=True)
        assert [type(how) for how in ended] == [
            {"answered": type(None), "failed": ZeroDivisionError, "cancelled": asyncio.CancelledError}[end],
            type(None),
        ]
        assert is_empty(gate)


async def test_a_place_is_free_again_where_nobody_walks_the_line() -> None:
    gate = Gate(answers=1, waiting=1)
    with gate.admit(HERE), gate.admit(HERE):
        assert gate.running == 1
    assert is_empty(gate)


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(gate_module, "time", clock)
    return clock


def ask(gate: Gate, visitor: Visitor) -> None:
    with gate.admit(visitor):
        pass


async def test_one_address_elsewhere_may_ask_so_often_a_minute_and_is_told_when_again(clock: Clock) -> None:
    gate = Gate(answers=10, waiting=10, per_minute=3)
    for _ in range(3):
        ask(gate, ELSEWHERE)
        clock.now += 10
    with pytest.raises(TooFastError, match="at most 3 questions a minute are answered; ask again in 30 s") as fast:
        ask(gate, ELSEWHERE)
    assert (fast.value.per_minute, fast.value.seconds) == (3, 30)
    ask(gate, Visitor("another browser", "203.0.113.10", here=False))
    clock.now += 30.1
    ask(gate, ELSEWHERE)
    with pytest.raises(TooFastError, match="ask again in 10 s"):
        ask(gate, ELSEWHERE)
    assert is_empty(gate)


async def test_another_cookie_is_no_other_visitor(clock: Clock) -> None:
    gate = Gate(answers=10, waiting=10, per_minute=1)
    ask(gate, ELSEWHERE)
    with pytest.raises(TooFastError):
        ask(gate, Visitor("a new owner", ELSEWHERE.key, here=False))


async def test_who_sits_here_and_where_there_is_no_limit_asks_as_often_as_they_like(clock: Clock) -> None:
    for gate, visitor in ((Gate(10, 10, per_minute=1), HERE), (Gate(10, 10, per_minute=0), ELSEWHERE)):
        for _ in range(100):
            ask(gate, visitor)


async def test_a_question_that_finds_the_line_full_is_not_counted(clock: Clock) -> None:
    gate = Gate(answers=1, waiting=0, per_minute=2)
    with gate.admit(HERE):
        for _ in range(5):
            with pytest.raises(FullError):
                ask(gate, ELSEWHERE)
    ask(gate, ELSEWHERE)


async def test_addresses_that_asked_long_ago_are_forgotten(clock: Clock) -> None:
    gate = Gate(answers=10, waiting=10, per_minute=5)
    for number in range(1000):
        ask(gate, Visitor("", str(number), here=False))
    clock.now += 61
    ask(gate, ELSEWHERE)
    assert len(gate._asked) == 1


@pytest.mark.parametrize("seed", range(20))
async def test_no_order_of_coming_ending_failing_and_leaving_loses_a_place(seed: int) -> None:
    """50 runs a seed, 1000 in all; in each some 20 questions at a gate of random width."""
    chance = random.Random(seed)
    for _ in range(50):
        await _one_day(chance)


async def _one_day(chance: random.Random) -> None:
    answers, waiting = chance.randint(1, 4), chance.randint(0, 5)
    gate = Gate(answers, waiting)
    asked: list[Asking] = []
    steps: tuple[Callable[[Asking], object], ...] = (
        lambda one: one.done.set(),
        lambda one: one.task.cancel(),
    )
    for _ in range(40):
        if chance.random() < 0.5 or not asked:
            asked.append(Asking(gate, fails=chance.random() < 0.3))
        else:
            chance.choice(steps)(chance.choice(asked))
        if chance.random() < 0.7:
            await asyncio.sleep(0)
        assert 0 <= gate.running <= answers
        assert len(gate._line) <= waiting
        assert not gate._line or gate.running == answers  # nobody waits beside a free desk
    for one in asked:
        one.done.set()
    ended = await asyncio.gather(*(one.task for one in asked), return_exceptions=True)
    known = TurnedAwayError | ZeroDivisionError | asyncio.CancelledError | None
    assert all(isinstance(how, known) for how in ended)
    assert all(one.places == sorted(one.places, reverse=True) for one in asked)  # nobody is pushed back
    assert is_empty(gate)


# --- how much one question brings along ----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [ENGLISH, CHINESE])
def test_too_many_filters_and_too_long_a_conversation_are_told_with_the_limit(words: Strings) -> None:
    names = tuple(f"Author {number}" for number in range(MOST_FILTERS))
    assert too_much(Filters(authors=names), MOST_TURNS - 1, words) == ""
    told = too_much(Filters(authors=names, categories=("cs.CV",)), 0, words)
    assert str(MOST_FILTERS) in told
    assert str(MOST_FILTERS + 1) in told
    assert str(MOST_TURNS) in too_much(Filters(), MOST_TURNS, words)


# --- the visitor -------------------------------------------------------------------------------------------------


def scope_of(cookie: str = "", client: str | None = "203.0.113.9") -> Scope:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    return {"type": "http", "headers": headers, "client": (client, 1) if client else None}


def test_a_browser_gets_a_cookie_that_cannot_be_guessed_or_read_by_scripts_and_keeps_it() -> None:
    first, other = scope_of(), scope_of()
    given = recognise(first)
    token = visitor_of(first).owner
    assert len(token) >= 32
    assert given.startswith(f"{COOKIE}={token};")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(given.split("; "))
    recognise(other)
    assert visitor_of(other).owner != token
    again = scope_of(token)
    assert recognise(again) == ""
    assert visitor_of(again).owner == token


@pytest.mark.parametrize("forged", ["short", "name:ada", "x" * 65, "../../etc/passwd" * 2, "a b" * 10, '"' * 30])
def test_a_cookie_that_we_did_not_make_is_nobody(forged: str) -> None:
    scope = scope_of(forged)
    assert recognise(scope).startswith(f"{COOKIE}=")
    assert visitor_of(scope).owner != forged


def test_who_signed_in_is_their_name_on_every_device_and_no_cookie_pretends_to_be_them() -> None:
    one, other = scope_of("t" * 32), scope_of()
    assert (recognise(one, "ada"), recognise(other, "ada")) == ("", "")
    assert visitor_of(one).owner == visitor_of(other).owner == visitor_of(one).key == "name:ada"


@pytest.mark.parametrize(
    ("client", "here"),
    [("127.0.0.1", True), ("127.4.5.6", True), ("::1", True), ("10.0.0.2", False), ("fe80::1", False), ("", False)],
)
def test_here_is_this_computer_alone(client: str, here: bool) -> None:
    scope = {**scope_of(), "client": (client, 1)}
    recognise(scope)
    assert visitor_of(scope).here == here
