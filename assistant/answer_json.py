"""Answers and conversations as JSON, for programs, files and the library. An answer comes back as it went out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from assistant.answer import Answer, Conversation
from assistant.errors import QuestionError

# Hits of an answer that a saved conversation keeps, beside those it cites; a hundred whole papers a turn are too many.
HITS_KEPT = 10
_ANSWER = TypeAdapter(Answer)
_CONVERSATION = TypeAdapter(Conversation)


def answer_to_dict(answer: Answer) -> dict[str, Any]:
    """The answer as nested dicts and lists that `json.dumps` takes: keys are the nouns' field names, dates ISO text."""
    return dict(_ANSWER.dump_python(answer, mode="json"))


def answer_from_dict(fields: dict[str, Any]) -> Answer:
    """The answer that `answer_to_dict` was given.

    Raises `pydantic.ValidationError`, which names the field, when the fields are not those of an answer.
    """
    return _ANSWER.validate_python(fields)


def conversation_to_json(conversation: Conversation) -> str:
    """The conversation as text, without the hits of an answer that it does not cite and that came after the first."""
    turns = tuple(replace(turn, answer=trimmed(turn.answer)) for turn in conversation.turns)
    return _CONVERSATION.dump_json(replace(conversation, turns=turns)).decode()


def trimmed(answer: Answer) -> Answer:
    """The answer without hits that it does not cite and that came after the first HITS_KEPT."""
    kept = tuple(hit for hit in answer.hits if hit.rank <= HITS_KEPT or hit.paper.arxiv_id in answer.citations)
    return replace(answer, hits=kept)


def conversation_from_json(text: str) -> Conversation:
    """The conversation that `conversation_to_json` was given. Raises QuestionError for any other text."""
    try:
        return _CONVERSATION.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the text"
        raise QuestionError(f"a saved conversation cannot be read: {place}: {first['msg']}; start a new one") from error
