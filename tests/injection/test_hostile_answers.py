"""Hostile entries through the chat without a model: they are quoted as text, and nothing comes of it."""

from __future__ import annotations

import json
from collections import Counter

from assistant.answer import Answer, Found, Support, Wants
from assistant.answer_json import answer_from_dict, answer_to_dict
from assistant.chat import Assistant
from assistant.llama_index_door import PaperChatEngine
from evals.run import cited_ids
from ingest.library import Library
from tests.injection.conftest import Asked
from tests.injection.hostile import FORGED, HOSTILE
from tests.injection.looking import (
    bare_addresses,
    faults_of_html,
    faults_of_markdown,
    shape,
    shown,
    tags,
    tamed,
    unseen,
)
from ui import markup, talk
from ui.strings import STRINGS
from ui.terminal import plain_answer

Faults = list[tuple[str, list[str]]]


def exchange(one: Asked) -> talk.Exchange:
    answer = one.answer
    found = Found(answer.query, answer.hits, answer.searched)
    return talk.Exchange(talk.Asked(one.question), found, answer.text, answer)


def ids_of(answer: Answer) -> set[str]:
    return {hit.paper.arxiv_id for hit in answer.hits}


def faulty(asked: list[Asked], faults_of: object) -> Faults:
    found = [(f"{one.kind} {one.about[0].kind if one.about else ''} {one.question}", faults_of(one)) for one in asked]  # type: ignore[operator]
    return [(name, faults) for name, faults in found if faults]


_KINDS = (Wants.SURVEY, Wants.FACT, Wants.COMPARE, Wants.LOOKUP, Wants.SUMMARY, Wants.AUTHORS, Wants.CATALOGUE)


def test_every_kind_of_answer_is_among_them_and_finds_what_it_asks_for(asked: list[Asked]) -> None:
    wants = Counter(one.answer.query.wants for one in asked)
    assert all(wants[kind] for kind in _KINDS), wants
    assert sum(one.answer.query.follows for one in asked) >= 20
    lost = [one.question for one in asked if one.about and one.about[0].id not in one.answer.citations]
    assert len(lost) <= len(asked) // 50, lost


def test_what_the_entries_say_is_quoted_and_so_put_to_the_test(asked: list[Asked]) -> None:
    quoted = Counter(e.arxiv_id for one in asked for claim in one.answer.claims for e in claim.citations)
    assert set(quoted) >= {entry.id for entry in HOSTILE}


def test_no_image_tag_or_foreign_link_is_in_any_markdown(asked: list[Asked]) -> None:
    assert not faulty(asked, lambda one: faults_of_markdown(one.answer.text, ids_of(one.answer)))


def test_no_bare_address_is_left_for_others_to_make_a_link_of(asked: list[Asked]) -> None:
    assert not faulty(asked, lambda one: bare_addresses(one.answer.text))


def test_quoted_text_adds_no_heading_list_table_or_emphasis(asked: list[Asked]) -> None:
    assert not faulty(asked, lambda one: shape(one.answer.text) != shape(tamed(one.answer)) and [tamed(one.answer)])


def test_only_hits_are_cited(asked: list[Asked]) -> None:
    for one in asked:
        assert set(one.answer.citations) <= ids_of(one.answer), one.question
        links = set(one.answer.citations)
        quoted = {e.arxiv_id for claim in one.answer.claims for e in claim.citations}
        assert quoted <= links, one.question


def test_no_forged_id_is_cited_nor_counted_as_cited(asked: list[Asked]) -> None:
    for one in asked:
        assert not set(FORGED) & set(one.answer.citations), one.question
        assert not set(FORGED) & set(cited_ids(one.answer.text)), one.question


def test_each_quote_is_the_papers_own_text(asked: list[Asked]) -> None:
    for one in asked:
        papers = {hit.paper.arxiv_id: hit.paper for hit in one.answer.hits}
        for claim in one.answer.claims:
            assert claim.text in one.answer.text
            for e in claim.citations:
                assert papers[e.arxiv_id].text(e.section)[e.start : e.end] == e.text
            assert claim.support in (Support.QUOTED, Support.RECORD)


def test_counts_are_those_of_the_code_and_no_answer_becomes_a_refusal(asked: list[Asked]) -> None:
    [everything] = [one.answer for one in asked if one.question == RECORD_QUESTION]
    assert f"**{len(HOSTILE)} papers**" in everything.text
    for one in asked:
        assert not (one.answer.abstained and one.about), one.question
        assert "**99" not in one.answer.text


RECORD_QUESTION = "How many papers are there?"


def test_the_page_holds_only_what_it_writes_itself(asked: list[Asked]) -> None:
    def faults(one: Asked) -> list[str]:
        words = STRINGS[one.answer.query.language]
        html = markup.message(exchange(one), 0, words, busy=False)
        return faults_of_html(html, ids_of(one.answer))

    assert not faulty(asked, faults)


def test_the_sources_hold_only_what_the_page_writes_itself(asked: list[Asked]) -> None:
    def faults(one: Asked) -> list[str]:
        html = markup.sources_html(exchange(one), 0, STRINGS[one.answer.query.language])
        return faults_of_html(html, ids_of(one.answer))

    assert not faulty([one for one in asked if one.kind in ("record", "authors", "compare")], faults)


def test_the_page_is_built_as_if_the_quotes_were_words(asked: list[Asked]) -> None:
    def faults(one: Asked) -> list[str]:
        words = STRINGS[one.answer.query.language]
        built, tame = (tags(markup.answer_html(text, (), {}, words)) for text in (one.answer.text, tamed(one.answer)))
        return [] if built == tame else [one.answer.text[:300]]

    assert not faulty([one for one in asked if one.kind not in ("summary", "authors")], faults)


def test_the_page_shows_quotes_character_by_character(asked: list[Asked]) -> None:
    for one in asked:
        html = " ".join(shown(markup.answer_html(one.answer.text, (), {}, STRINGS[one.answer.query.language])).split())
        for claim in one.answer.claims:
            for e in claim.citations:
                assert "$" in e.text or " ".join(e.text.split()) in html, one.question


def test_the_terminal_gets_no_character_that_drives_it_or_shows_nothing(asked: list[Asked]) -> None:
    assert not faulty(asked, lambda one: list(map(repr, unseen(plain_answer(one.answer)))))


def test_json_keeps_its_fields_and_comes_back(asked: list[Asked]) -> None:
    for one in asked[::12]:
        text = json.dumps(answer_to_dict(one.answer), ensure_ascii=False)
        assert answer_from_dict(json.loads(text)) == one.answer
        assert not unseen(text)


async def test_the_chat_engine_says_the_same(hostile_library: Library) -> None:
    assistant = Assistant(hostile_library)
    for entry in HOSTILE[::12]:
        response = await PaperChatEngine(assistant).achat(f"Summarise {entry.name}")
        nodes = {node.node.node_id for node in response.source_nodes}
        assert nodes <= {entry.id}
        assert not faults_of_markdown(response.response, nodes), entry.kind
