"""The routes of kept conversations: listed, searched, renamed, deleted and exported by their owner alone.

For everybody else a conversation is not there: they get the same 404 as for an id that never was. What was made in
the terminal has no owner and belongs to whoever sits at this computer.

Errors are `{"detail": "…"}` with status 400 (what was sent cannot be read), 404 (not there, or not yours), 413 (too
long) or 503 (the library does not answer).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from assistant.errors import AssistantError
from ingest.errors import IngestError
from ingest.library import ConversationRow, Library
from ingest.record import one_line
from ui.exports import MEDIA_TYPES, Format, content_disposition, export_kept, file_name
from ui.strings import ENGLISH, STRINGS, Strings
from ui.visitor import Visitor, visitor_of

MOST_LISTED = 500
_LONGEST_SEARCH = 200
_BODY_BYTES = 16_384
_PRIVATE = {"Cache-Control": "no-store"}


async def body_of(request: Request) -> dict[str, Any]:
    """The request's JSON object, read no further than it may be long."""
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > _BODY_BYTES:
            raise HTTPException(413, f"expected at most {_BODY_BYTES} bytes")
    try:
        body = json.loads(read)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "expected a JSON object")
    return body


Body = Annotated[dict[str, Any], Depends(body_of)]


def routes(library: Library) -> APIRouter:
    """`GET /conversations?containing=`, `PATCH` and `DELETE /conversations/{id}`, and its exports."""
    router = APIRouter()

    @router.get("/conversations")
    def listed(request: Request, containing: str = "") -> Response:
        with told():
            rows = _rows(library, visitor_of(request.scope), containing[:_LONGEST_SEARCH])
        shown = [{"id": row.conversation_id, "title": row.title, "updated_at": row.updated_at} for row in rows]
        more = len(rows) > MOST_LISTED
        return JSONResponse({"conversations": shown[:MOST_LISTED], "more": more}, headers=_PRIVATE)

    @router.patch("/conversations/{conversation_id}")
    def renamed(request: Request, conversation_id: str, body: Body) -> Response:
        title = body.get("title")
        if not isinstance(title, str) or not one_line(title):
            raise HTTPException(400, 'expected {"title": "…"} with something in it to read')
        with told():
            row = their_row(library, conversation_id, visitor_of(request.scope))
            if not library.rename_conversation(conversation_id, title, row.owner):
                raise NOT_THERE
        return JSONResponse({"id": conversation_id, "title": one_line(title)})

    @router.delete("/conversations/{conversation_id}")
    def deleted(request: Request, conversation_id: str) -> Response:
        with told():
            row = their_row(library, conversation_id, visitor_of(request.scope))
            if not library.delete_conversation(conversation_id, row.owner):
                raise NOT_THERE
        return Response(status_code=204)

    @router.get("/conversations/{conversation_id}/export.{ending}")
    def exported(request: Request, conversation_id: str, ending: str, lang: str = "") -> Response:
        if ending not in list(Format):
            raise HTTPException(404, f"expected one of {', '.join(f'export.{known}' for known in Format)}")
        with told():
            row = their_row(library, conversation_id, visitor_of(request.scope))
            text = export_kept(library, row, Format(ending), _words(lang))
        name = content_disposition(file_name(row.title, Format(ending)))
        headers = {**_PRIVATE, "Content-Disposition": name}
        return Response(text, media_type=MEDIA_TYPES[Format(ending)], headers=headers)

    return router


NOT_THERE = HTTPException(404, "there is no such conversation of yours")


def their_row(library: Library, conversation_id: str, visitor: Visitor) -> ConversationRow:
    """The conversation's row. Raises NOT_THERE unless it is this visitor's."""
    row = library.conversation_row(conversation_id)
    if row is None or row.owner not in owners(visitor):
        raise NOT_THERE
    return row


def owners(visitor: Visitor) -> tuple[str, ...]:
    return (visitor.owner, "") if visitor.here else (visitor.owner,)


def _rows(library: Library, visitor: Visitor, containing: str) -> list[ConversationRow]:
    """The one spoken in last first, one more than are shown where there are more."""
    found = [library.conversations(owner, containing, MOST_LISTED + 1) for owner in owners(visitor)]
    return sorted((row for rows in found for row in rows), key=lambda row: row.updated_at, reverse=True)


@contextmanager
def told() -> Iterator[None]:
    """Known errors as answers."""
    try:
        yield
    except (IngestError, AssistantError) as error:
        raise HTTPException(503, str(error)) from error


def _words(lang: str) -> Strings:
    return next((words for words in STRINGS.values() if words.lang == lang), ENGLISH)
