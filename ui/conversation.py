"""Conversations of the terminal: kept in the library turn by turn, gone on with by their id."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import click

from assistant.answer import Answer, Conversation, Turn
from assistant.answer_json import conversation_from_json, conversation_to_json
from assistant.chat import Assistant
from assistant.errors import AssistantError
from ingest.errors import IngestError
from ingest.library import Library
from ui.terminal import print_stream

PROMPT = "? "
ENDS = frozenset({"exit", "quit", "退出"})
TITLE_CHARACTERS = 80
HISTORY_LINES = 1000


def chat_here(library: Library, assistant: Assistant, conversation_id: str | None = None) -> None:
    """Asks and answers in the terminal until Ctrl-D or `exit`, then says how to go on later."""
    conversation = open_conversation(library, conversation_id or secrets.token_urlsafe(12))
    try:
        with _history(library.home / "history"):
            for question in _questions():
                conversation = _answered(library, assistant, conversation, question)
    finally:
        if conversation.turns:
            click.echo(f"To go on: digest chat --terminal --conversation {conversation.conversation_id}", err=True)


def open_conversation(library: Library, conversation_id: str) -> Conversation:
    """The conversation kept under this id, or a new one. Raises QuestionError where the kept one cannot be read."""
    kept = library.conversation(conversation_id)
    return conversation_from_json(kept) if kept else Conversation(conversation_id)


def keep_turn(library: Library, conversation: Conversation, question: str, answer: Answer) -> Conversation:
    """The conversation with this turn at its end, as it is now in the library too."""
    title = conversation.title or question[:TITLE_CHARACTERS]
    longer = replace(conversation, title=title, turns=(*conversation.turns, Turn(question, answer)))
    library.save_conversation(longer.conversation_id, title, conversation_to_json(longer))
    return longer


def _answered(library: Library, assistant: Assistant, conversation: Conversation, question: str) -> Conversation:
    """The conversation after one more question. Known errors are told, Ctrl-C stops the answer."""
    try:
        answer = asyncio.run(print_stream(assistant.stream(question, conversation)))
        return keep_turn(library, conversation, question, answer)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    except (IngestError, AssistantError) as error:
        click.ClickException(str(error)).show()
    return conversation


def _questions() -> Iterator[str]:
    """The lines that are typed, until the end. The prompt shows on a terminal only."""
    prompt = PROMPT if sys.stdin.isatty() else ""
    with suppress(EOFError):
        while (question := input(prompt).strip()) not in ENDS:
            if question:
                yield question


@contextmanager
def _history(file: Path) -> Iterator[None]:
    """Puts the questions of earlier chats on the arrow keys, where there is a terminal and a readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    with suppress(OSError):
        readline.read_history_file(file)
    readline.set_history_length(HISTORY_LINES)
    try:
        yield
    finally:
        with suppress(OSError):
            readline.write_history_file(file)
