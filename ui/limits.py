"""How much one question may bring along, beside its own length."""

from __future__ import annotations

from ingest.paper import Filters
from ui.strings import Strings

MOST_FILTERS = 50  # categories and authors together
MOST_TURNS = 100  # questions in one conversation: each is drawn, saved and read again with every further one


def too_much(filters: Filters, turns: int, words: Strings) -> str:
    """What to say where a question has too many filters or follows on too many others; "" where it has not."""
    if (count := len(filters.categories) + len(filters.authors)) > MOST_FILTERS:
        return words.too_many_filters.format(count=count, limit=MOST_FILTERS)
    return words.too_many_turns.format(limit=MOST_TURNS) if turns >= MOST_TURNS else ""
