"""Many at once, over real sockets against a real `digest chat`, in small; `python -m tests.ui.crowd` has full sizes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from browsers import FLAGS, browser_on_this_machine
from playwright.async_api import async_playwright
from stand_ins import SAMPLES

from tests.ui.crowd import (
    Crowd,
    Served,
    SteadyModel,
    close_in_mid_answer,
    digest_chat,
    library_of,
    most_at_once,
    p95,
    run_crowd,
    run_rush,
    steady_model,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANSWERS, WAITING = 8, 4


@dataclass(frozen=True)
class House:
    served: Served
    model: SteadyModel


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def small_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A chat that answers eight at once and lets four wait."""
    home = library_of(tmp_path_factory.mktemp("crowd") / "home", str(SAMPLES / "2025-11-03.md"))
    async with steady_model(tokens=45) as model:
        with digest_chat(home, model, max_answers=ANSWERS, max_waiting=WAITING) as served:
            yield House(served, model)


async def test_chats_at_once_get_their_own_answers_and_soon(small_house: House) -> None:
    seen = await run_crowd(small_house.served.address, small_house.model, Crowd(ANSWERS, 2, pause=1))
    assert seen.errors == []
    assert seen.leaks == ()
    assert len(seen.added_first) == 2 * ANSWERS
    assert p95(seen.added_first) < 5  # a second where nothing else keeps the machine busy


async def test_who_is_beyond_the_cap_is_told_so_at_once_and_all_is_normal_again(small_house: House) -> None:
    rush = await run_rush(small_house.served.address, 3 * (ANSWERS + WAITING))
    assert rush.errors == ()
    assert rush.answered == ANSWERS + WAITING
    assert len(rush.refusals) == 2 * (ANSWERS + WAITING)
    assert max(rush.refusals) < 5
    assert rush.normal_again < 5


async def test_a_tab_closed_in_mid_answer_ends_it_and_gives_its_place_back(small_house: House) -> None:
    address, model = small_house.served.address, small_house.model
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_on_this_machine(), args=FLAGS)
        seconds = [await close_in_mid_answer(address, model, browser) for _ in range(3)]
        await browser.close()
    assert max(seconds) < 2
    assert await most_at_once(address, model, ANSWERS) == ANSWERS
