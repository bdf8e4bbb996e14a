"""Words one slip of the fingers apart."""

from __future__ import annotations

import pytest

from assistant.slip import Slips

KNOWN = Slips(["diffusion", "diffusions", "robot", "robots", "model", "a", ""])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("difusion", {"diffusion"}),
        ("diffusionn", {"diffusion", "diffusions"}),
        ("diffuison", {"diffusion"}),
        ("diffuxion", {"diffusion"}),
        ("robot", {"robot", "robots"}),
        ("godel", set()),
        ("obot", set()),
        ("dfiffuison", set()),
        ("zeppelin", set()),
    ],
)
def test_one_letter_more_less_changed_or_swapped_is_a_slip_but_not_the_first(typed: str, meant: set[str]) -> None:
    assert set(KNOWN.near(typed)) == meant
