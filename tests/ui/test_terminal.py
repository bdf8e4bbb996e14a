"""Answers as text, on a terminal and in a pipe."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from assistant.answer import (
    Answer,
    Claim,
    Delta,
    Event,
    Evidence,
    Finished,
    Found,
    Hit,
    Query,
    Searched,
    Support,
    Wants,
    Why,
)
from ingest.paper import Appearance, Filters, Language, Paper, Section
from ui import terminal

PAPER = Paper(
    "2006.11239", "Denoising | Probabilistic", ("Ann Ho", "Bo Li"), "cs.LG", ("cs.LG",), "It adds noise. It undoes it."
)
EVIDENCE = Evidence("2006.11239", Section.ABSTRACT, "It undoes it.", 15, 28, 0.9)
LINK = "[2006.11239](https://arxiv.org/abs/2006.11239)"
CLAIM = Claim(f"The noise is removed {LINK}.", (EVIDENCE,), Support.SUPPORTED)
OTHER = Claim("It is the fastest.", (), Support.UNSUPPORTED)
QUERY = Query("how?", "how", Wants.FACT, Language.ENGLISH)
SEARCHED = Searched(84, 84, "2025-11-03", "2025-11-05", 0.012)
ANSWER = Answer(
    text=f"{CLAIM.text} {OTHER.text}",
    claims=(CLAIM, OTHER),
    citations=("2006.11239",),
    hits=(Hit(PAPER, 1.0, 1, 0.9, Why()),),
    query=QUERY,
    searched=SEARCHED,
    abstained=False,
    mode="a-model",
    seconds={"total": 0.1},
)


async def turn(*pieces: str, answer: Answer = ANSWER) -> AsyncIterator[Event]:
    yield Found(QUERY, answer.hits, SEARCHED)
    for piece in pieces:
        yield Delta(piece)
    yield Finished(answer)


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: Answer = ANSWER, columns: int = 200) -> str:
    """What a terminal is sent."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    out = io.StringIO()
    terminal.print_answer(answer, out)
    return out.getvalue()


def test_a_pipe_gets_bare_ids_in_the_text_and_their_addresses_under_the_sources() -> None:
    text, _, rest = terminal.plain_answer(ANSWER).partition("\n\n")
    assert text == "The noise is removed [2006.11239]. ✓ It is the fastest. (?)"
    assert "- https://arxiv.org/abs/2006.11239 Denoising | Probabilistic — Ann Ho et al. · cs.LG · 2020-06" in rest


def test_a_terminal_gets_ids_as_links(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_a_terminal(monkeypatch)
    assert ";https://arxiv.org/abs/2006.11239\x1b\\" in shown
    assert "(https://" not in shown


def test_the_sentence_an_answer_stands_on_is_under_its_source_unless_the_answer_quotes_it() -> None:
    assert "> It undoes it." in terminal.sources(ANSWER)
    assert ">" not in terminal.sources(replace(ANSWER, text="“It undoes it.”"))


def test_each_claim_is_marked_once_where_it_stands_even_when_another_says_the_same() -> None:
    twice = replace(
        ANSWER, text="Yes. Yes.", claims=(Claim("Yes.", (), Support.QUOTED), Claim("Yes.", (), Support.UNSUPPORTED))
    )
    assert terminal.marked_text(twice) == "Yes. ❞ Yes. (?)"


@pytest.mark.parametrize("claim", ["Not there.", "", " "])
def test_a_claim_that_is_not_in_the_text_leaves_it_as_it_is(claim: str) -> None:
    answer = replace(ANSWER, text="No.", claims=(Claim(claim, (), Support.QUOTED),))
    assert terminal.marked_text(answer) == "No."


def test_the_last_line_says_what_was_searched_how_narrowed_who_wrote_and_what_the_marks_mean() -> None:
    narrowed = replace(
        ANSWER, query=replace(QUERY, filters=Filters(categories=("cs.CV",), since="2025-11", until="2025-11"))
    )
    line = terminal.footer(narrowed)
    for said in ("84 papers", "2025-11-03 – 2025-11-05", "cs.CV, 2025-11", "a-model", "✓", "(?)"):
        assert said in line
    assert "❞" not in line
    assert "<" not in line


def test_a_chinese_answer_has_chinese_words_around_it() -> None:
    chinese = replace(ANSWER, query=replace(QUERY, language=Language.CHINESE))
    assert "来源:" in terminal.plain_answer(chinese)
    assert "检索了 84 篇论文" in terminal.footer(chinese)


def test_under_a_refusal_the_papers_named_are_misses_and_not_sources() -> None:
    refusal = replace(ANSWER, text="Nothing fits.", claims=(), abstained=True)
    assert "Nearest misses:\n\n- https://arxiv.org/abs/2006.11239" in terminal.plain_answer(refusal)
    assert "Sources" not in terminal.plain_answer(refusal)


def test_an_answer_that_cites_nothing_has_no_sources() -> None:
    assert terminal.plain_answer(replace(ANSWER, text="None.", claims=(), citations=())).startswith("None.\n\nSearched")


def test_a_notice_stands_before_the_last_line() -> None:
    noticed = terminal.plain_answer(replace(ANSWER, notice="The model is gone: start it."))
    assert noticed.splitlines()[-3] == "The model is gone: start it."


def test_a_table_is_printed_unless_the_text_has_one() -> None:
    tabled = replace(ANSWER, table=(("month", "papers"), ("2025-11", "3")))
    assert "| month | papers |\n|---|---|\n| 2025-11 | 3 |" in terminal.plain_answer(tabled)
    assert terminal.table(replace(tabled, text="| month |")) == ""


def test_a_table_on_a_narrow_terminal_keeps_every_character_of_a_chinese_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    characters = "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸"
    answer = replace(ANSWER, text=f"| a | b |\n|---|---|\n| {characters} | {characters} |", citations=(), claims=())
    shown = on_a_terminal(monkeypatch, answer, columns=30)
    assert [character for character in characters if shown.count(character) < 2] == []


def test_no_digest_drives_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = replace(PAPER, title="\x1b]0;owned\x07\x9b2J title")
    answer = replace(ANSWER, text="\x1b[2Jtext", notice="\x1b[2J", hits=(replace(ANSWER.hits[0], paper=evil),))
    for shown in (terminal.plain_answer(answer), terminal.paper_card(evil)):
        assert "\x1b" not in shown
        assert "\x9b" not in shown
    shown = on_a_terminal(monkeypatch, answer)
    assert "\x1b[2J" not in shown
    assert "\x1b]0;" not in shown


def test_markdown_in_a_title_is_shown_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    starred = replace(PAPER, title="*A* [b] <c> `d` 1_2_3")
    assert starred.title in on_a_terminal(monkeypatch, replace(ANSWER, hits=(replace(ANSWER.hits[0], paper=starred),)))


async def test_a_pipe_gets_the_finished_answer_and_nothing_of_what_a_model_wrote_before() -> None:
    out = io.StringIO()
    assert await terminal.print_stream(turn("A draft", " that was withdrawn"), out) == ANSWER
    assert out.getvalue() == terminal.plain_answer(ANSWER)


async def test_a_terminal_shows_an_answer_while_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = io.StringIO()
    await terminal.print_stream(turn("A draft"), out)
    assert "A draft" in out.getvalue()
    assert "The noise is removed" in out.getvalue()


async def test_a_terminal_shows_that_it_works_before_anything_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = io.StringIO()

    async def slow() -> AsyncIterator[Event]:
        assert "⠋" in out.getvalue()
        async for event in turn("A draft"):
            yield event

    assert await terminal.print_stream(slow(), out) == ANSWER


def test_a_card_holds_everything_that_is_known_of_a_paper() -> None:
    seen = replace(PAPER, appearances=(Appearance("2025-11-03.md", None, 4),))
    card = terminal.paper_card(seen)
    for said in (
        "Ann Ho, Bo Li",
        "https://arxiv.org/abs/2006.11239",
        "ABSTRACT: It adds noise.",
        "2025-11-03.md, entry 4",
    ):
        assert said in card
    assert "TLDR" not in card
