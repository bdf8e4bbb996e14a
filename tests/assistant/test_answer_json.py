"""Answers and conversations to JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answer import Answer, Claim, Conversation, Evidence, Hit, Searched, Turn, Why
from assistant.answer_json import (
    HITS_KEPT,
    answer_from_dict,
    answer_to_dict,
    conversation_from_json,
    conversation_to_json,
)
from assistant.errors import QuestionError

finite = st.floats(allow_nan=False, allow_infinity=False)
evidence = st.builds(Evidence, score=finite)
whys = st.builds(Why, *[st.none() | finite] * 3, coverage=finite, rare_coverage=finite, best=st.none() | evidence)
hits = st.builds(Hit, score=finite, rank=st.integers(1, HITS_KEPT), fit=finite, why=whys)
claims = st.builds(Claim, citations=st.lists(evidence, max_size=2).map(tuple))
answers = st.builds(
    Answer,
    claims=st.lists(claims, max_size=2).map(tuple),
    hits=st.lists(hits, max_size=2).map(tuple),
    searched=st.builds(Searched, seconds=finite),
    seconds=st.dictionaries(st.text(), finite, max_size=2),
    notice=st.text(),
    table=st.lists(st.lists(st.text(), max_size=2).map(tuple), max_size=2).map(tuple),
)
turns = st.lists(st.builds(Turn, st.text(), answers), max_size=2).map(tuple)


@settings(max_examples=200, deadline=None)
@given(answers)
def test_an_answer_comes_back_from_json_as_it_went(answer: Answer) -> None:
    assert answer_from_dict(json.loads(json.dumps(answer_to_dict(answer)))) == answer


@settings(max_examples=100, deadline=None)
@given(st.builds(Conversation, st.text(), st.text(), turns))
def test_a_conversation_comes_back_from_json_as_it_went(conversation: Conversation) -> None:
    assert conversation_from_json(conversation_to_json(conversation)) == conversation


@pytest.mark.parametrize("text", ["", "[]", '{"conversation_id": "a", "turns": [{"question": "q"}]}'])
def test_a_kept_conversation_that_is_none_is_told_as_an_error_with_its_place(text: str) -> None:
    with pytest.raises(QuestionError, match="cannot be read: .*start a new one"):
        conversation_from_json(text)


def test_the_place_of_what_is_missing_is_named() -> None:
    with pytest.raises(QuestionError, match=r"turns\.0\.answer"):
        conversation_from_json('{"conversation_id": "a", "turns": [{"question": "q"}]}')


@settings(max_examples=20, deadline=None)
@given(answers, hits)
def test_a_kept_conversation_leaves_out_far_hits_that_nothing_cites(answer: Answer, hit: Hit) -> None:
    far = replace(hit, rank=HITS_KEPT + 1)
    for cited in ((), (far.paper.arxiv_id,)):
        kept = conversation_from_json(
            conversation_to_json(Conversation("c", turns=(Turn("q", replace(answer, hits=(far,), citations=cited)),)))
        )
        assert kept.turns[0].answer.hits == ((far,) if cited else ())
