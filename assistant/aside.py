"""A small call beside the answer, which no turn depends on: seconds of its own, and nothing where it fails.

Each has a system message of its own. Figures of llama.cpp with one slot (`xllamacpp` 2026.10, tokens of a later prompt
that it still had): after a call with a prompt of its own the rules and the whole conversation, after one that shares
only the rules no more than those. A prompt that begins otherwise is read beside the conversation, one that begins
alike is read over it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing

from assistant.cite import CitationFilter
from assistant.errors import ModelError
from assistant.model import LanguageModel, Message
from assistant.prompt import Source

log = logging.getLogger(__name__)

# In characters, thoughts included: more than is thought in some seconds, less than takes long to filter.
_LONGEST_HEARD = 20_000


async def aside(
    task: str,
    model: LanguageModel,
    messages: Sequence[Message],
    seconds: float,
    longest: int,
    sources: Sequence[Source] = (),
) -> str:
    """What the model says, cleaned as prose is; "" if it fails, is not done in `seconds`, or says over `longest`
    characters.

    No fault of the model leaves: it becomes a line of the log, in which `task` says what was not done.
    """
    try:
        async with asyncio.timeout(seconds):
            said = await _said(model, messages, longest, sources)
    except ModelError as error:
        log.info("%s: %s", task, error)
        return ""
    except TimeoutError:
        log.info("%s: %s took more than %g s", task, model.name, seconds)
        return ""
    if not said:
        log.info("%s: %s said nothing of use", task, model.name)
    return said


async def _said(model: LanguageModel, messages: Sequence[Message], longest: int, sources: Sequence[Source]) -> str:
    """What the model says, without its thoughts; "" if that is too long, and then it is cut short."""
    filtered = CitationFilter(sources)  # where there are none, every id and link is an invented one
    text, heard = "", 0
    async with aclosing(model.stream(messages)) as pieces:
        async for piece in pieces:
            heard += len(piece)
            if heard > _LONGEST_HEARD or len(text) > longest:
                return ""
            text += filtered.feed(piece)
    text = (text + filtered.finish()).strip()
    return text if len(text) <= longest else ""
