"""What people thought of answers: `POST /feedback` appends a line of JSON to `feedback.jsonl` in the library's home.

A line has these fields; `digest eval add` makes questions of them, and `evals.feedback` reads them:

| field | what it is |
|---|---|
| `time` | of the verdict, ISO 8601 in UTC |
| `conversation_id`, `turn` | which answer; `turn` counts the answered questions of the conversation from 0 |
| `verdict`, `comment` | `up` or `down`, and what was typed beside it |
| `earlier`, `question` | the questions before it, oldest first, and the one answered |
| `language`, `wants`, `filters` | how the question was understood |
| `citations`, `mode`, `text`, `abstained` | the answer: ids cited, who wrote it, its Markdown, whether it refused |

Who changes their mind appends another line: of the lines with the same conversation and turn the last one counts.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from assistant.answer import Conversation
from assistant.answer_json import conversation_from_json
from ingest.library import Library
from ingest.record import now
from ingest.visible import visible
from ui.keeping import Body, their_row, told
from ui.visitor import visitor_of

FILE = "feedback.jsonl"
VERDICTS = ("up", "down")
_LONGEST_COMMENT = 2000  # characters
_LONGEST_QUESTION = 4000
_LONGEST_TEXT = 20_000
_MOST_CITED = 200
_MOST_BYTES = 100_000_000  # of the file: nobody fills the disk with verdicts


def routes(library: Library) -> APIRouter:
    """`POST /feedback` with `{"conversation", "turn", "verdict", "comment"}`, from the conversation's owner."""
    router = APIRouter()

    @router.post("/feedback")
    def judged(request: Request, body: Body) -> Response:
        conversation_id, turn, verdict, comment = _read(body)
        with told():
            their_row(library, conversation_id, visitor_of(request.scope))
            conversation = conversation_from_json(library.conversation(conversation_id) or "")
        if turn >= len(conversation.turns):
            raise HTTPException(404, f"the conversation has {len(conversation.turns)} answers, counted from 0")
        append(library.home / FILE, feedback_of(conversation, turn, verdict, comment))
        return JSONResponse({"kept": True})

    return router


def _read(body: dict[str, Any]) -> tuple[str, int, str, str]:
    conversation_id, turn, comment = body.get("conversation"), body.get("turn"), body.get("comment", "")
    whole = isinstance(turn, int) and not isinstance(turn, bool) and turn >= 0
    if not isinstance(conversation_id, str) or not whole or not isinstance(comment, str):
        raise HTTPException(400, 'expected {"conversation": "…", "turn": 0, "verdict": "up", "comment": "…"}')
    if body.get("verdict") not in VERDICTS:
        raise HTTPException(400, f"expected the verdict {' or '.join(VERDICTS)}, got {str(body.get('verdict'))[:40]!r}")
    return conversation_id, int(turn or 0), str(body["verdict"]), comment


def feedback_of(conversation: Conversation, turn: int, verdict: str, comment: str) -> dict[str, Any]:
    """The line's fields, none longer than it may be."""
    question, answer = conversation.turns[turn].question, conversation.turns[turn].answer
    return {
        "time": now(),
        "conversation_id": conversation.conversation_id,
        "turn": turn,
        "verdict": verdict,
        "comment": visible(comment)[:_LONGEST_COMMENT],
        "earlier": [one.question[:_LONGEST_QUESTION] for one in conversation.turns[:turn][-20:]],
        "question": question[:_LONGEST_QUESTION],
        "language": answer.query.language,
        "wants": answer.query.wants,
        "filters": {name: value for name, value in asdict(answer.query.filters).items() if value},
        "citations": answer.citations[:_MOST_CITED],
        "mode": answer.mode,
        "text": answer.text[:_LONGEST_TEXT],
        "abstained": answer.abstained,
    }


def append(file: Path, fields: dict[str, Any]) -> None:
    """One more line, whole whoever else writes at the same time. Raises HTTPException where there is no room."""
    line = (json.dumps(fields, ensure_ascii=True) + "\n").encode()
    try:
        # One write at the end of the file is one line; the file is its owner's alone, like the conversations.
        place = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.fstat(place).st_size + len(line) > _MOST_BYTES:
                raise HTTPException(507, f"{file.name} is full: move it away, and verdicts are kept again")
            if os.write(place, line) < len(line):
                raise HTTPException(507, "the disk is full; the verdict was not kept")
        finally:
            os.close(place)
    except OSError as error:
        raise HTTPException(507, f"the verdict was not kept: {error.strerror}") from error
