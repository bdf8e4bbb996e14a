"""Which sentences of a paper bear on a question."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from assistant import fit
from assistant.answer import Evidence, Query, Wants
from assistant.evidence import COSINE, EvidenceFinder, is_background, is_news, telling, tells_where_code_is
from assistant.retrieve import Ranking, Retriever
from ingest.library import Library
from ingest.paper import Language, Paper, Section, Summary
from ingest.sentence import language_of, sentences_of
from tests.assistant.shelf_of_papers import EDITING, GRASPING, PAPERS, SILENT, SPEECH, WEATHER, paper, shelf_of

KITES = paper(
    "2602.00201",
    "Kites that Steer Themselves",
    "Wind is hard to read. Existing kites fall in gusts. To address this, we steer kites by their tail. "
    "The tail turns within 40 milliseconds. However, calm air remains hard. We find that gusts no longer matter. "
    "Code is available at https://kites.example/tail.",
    Summary("Kites steer by their tail.", "Kites fall.", "Kites are steered by their tail.", "Gusts no longer matter."),
)
BARE = paper("2602.00202", "Lanterns", "Lanterns glow. Wax burns at night. Paper holds.")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with shelf_of(tmp_path_factory.mktemp("kites") / "home", [*PAPERS, KITES, BARE]) as opened:
        yield opened


def search(library: Library, text: str, **changes: str) -> tuple[Query, Ranking]:
    query = replace(Query(text, text, Wants.FACT, language_of(text)), **changes)
    return query, Retriever(library).search(query)


def finder(library: Library, text: str, model: fit.Logistic | None = None) -> EvidenceFinder:
    query, ranking = search(library, text)
    return EvidenceFinder(library, query, ranking, model)


def best(library: Library, text: str, held: Paper) -> list[str]:
    return [evidence.text for evidence in finder(library, text).best([held])[held.arxiv_id]]


def said(text: str, score: float = 1.0, section: Section = Section.ABSTRACT) -> Evidence:
    return Evidence("2602.00201", section, text, 0, len(text), score)


def only(feature: int, weight: float = 100.0) -> fit.Logistic:
    """A model to which one feature is all."""
    return fit.Logistic(0.0, tuple(weight if n == feature else 0.0 for n in range(7)))


# --- what a sentence tells of


def test_a_paper_tells_of_others_until_it_turns_to_itself_and_where_it_says_so() -> None:
    abstract = [s for s in sentences_of(KITES) if s.section is Section.ABSTRACT]
    assert [s.text for s in abstract if is_background(s, KITES)] == [
        "Wind is hard to read.",
        "Existing kites fall in gusts.",
        "However, calm air remains hard.",
    ]


def test_an_abstract_turns_to_the_paper_where_it_says_its_name() -> None:
    held = replace(KITES, title="TailFly: Kites", abstract="Wind is hard. TailFly turns kites. They land.")
    assert [is_background(s, held) for s in sentences_of(held) if s.section is Section.ABSTRACT] == [True, False, False]


def test_of_an_abstract_that_never_says_we_the_first_sentence_alone_is_background() -> None:
    assert [is_background(s, BARE) for s in sentences_of(BARE)] == [True, False, False]


def test_a_digests_motivation_is_background_and_its_other_fields_are_not() -> None:
    assert {s.section for s in sentences_of(KITES) if is_background(s, KITES)} == {Section.MOTIVATION, Section.ABSTRACT}


@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("Existing tails are slow.", True),
        ("However, we propose a tail.", False),
        ("Although gusts are strong, tails hold.", True),
        ("We show that prior kites fall.", False),
        ("现有方法很慢。", True),
        ("该方法转向更快。", False),
    ],
)
def test_words_of_others_make_background_unless_the_paper_sums_itself_up(text: str, background: bool) -> None:
    assert is_background(said(text, section=Section.TLDR), KITES) is background


def test_where_code_is_is_told_by_addresses_and_promises() -> None:
    assert tells_where_code_is(said("Code is available at https://kites.example/tail."))
    assert tells_where_code_is(said("We will release our kites."))
    assert not tells_where_code_is(said("The code of the kite turns its tail."))


# --- what is said again


@pytest.mark.parametrize(
    ("text", "before", "news"),
    [
        ("The tail of a kite turns in the wind.", [], True),
        ("The tail of a kite turns in the wind.", ["A kite's tail turns in the wind."], False),
        ("The tail of a kite turns in 40 ms.", ["The tail of a kite turns in the wind."], True),
        ("The tail turns in 40 ms in the wind.", ["In the wind of 5 m/s the tail turns in 40 ms."], False),
        ("Strings of silk hold for 40 days.", ["The tail turns in 40 ms."], True),
        ("尾翼在四十毫秒内转向，用时 40 毫秒。", ["The tail turns in 40 ms."], False),
        ("尾翼在风中转向而不会下坠。", ["The tail turns in the wind."], True),
        ("1. Tails", [], False),
        ("结论：", [], False),
    ],
)
def test_only_what_the_others_do_not_say_is_news(text: str, before: list[str], news: bool) -> None:
    assert is_news(said(text), [said(other) for other in before]) is news


def test_a_short_chinese_sentence_is_no_scrap() -> None:
    assert is_news(said("词错误率降到 8.2%。"), [])


def test_numbers_of_names_are_no_news() -> None:
    assert not is_news(said("The tail of kite-7 turns in wind."), [said("The tail turns in wind.")])


# --- how much is told


def test_the_best_sentence_is_told_whatever_its_length() -> None:
    long = said("Kites turn their tail in every wind that blows. " * 4)
    assert telling([long, said("Silk strings hold a kite.", 0.9)], 50) == [long]


def test_others_are_told_while_they_fit_and_a_shorter_one_may_take_the_place_of_a_longer() -> None:
    first, long, short = (
        said("Kites turn in wind."),
        said("Silk strings of great length hold on.", 0.9),
        said("Gusts do not matter.", 0.8),
    )
    assert telling([first, long, short], len(first.text) + len(long.text)) == [first, long]
    assert telling([first, long, short], len(first.text) + len(short.text)) == [first, short]
    assert telling([first, long, short], len(first.text) + len(short.text) - 1) == [first]


def test_sentences_of_much_lower_odds_are_not_told_unless_all_are_wanted() -> None:
    first, near, far = (
        said("Kites turn in wind.", 9.0),
        said("Silk holds a kite.", 7.0),
        said("Gusts do not count.", -9.0),
    )
    assert telling([first, near, far], 500) == [first, near]
    assert telling([first, near, far], 500, within=math.inf) == [first, near, far]


def test_what_is_measured_against_is_the_first_sentence_that_is_told() -> None:
    scrap, first, second = said("1. Tails", 20.0), said("Kites turn in wind.", 3.0), said("Silk holds a kite.", 0.0)
    assert telling([scrap, first, second], 500) == [first, second]


def test_a_sentence_of_readable_length_leads_where_it_is_about_as_good_as_the_best() -> None:
    long = said(" ".join(f"Kite {n} turns its tail in every wind that blows there." for n in range(10)), 9.0)
    near, far = said("Silk holds a kite.", 8.9), said("Silk holds a kite.", 5.0)
    assert telling([long, near], 600)[0] == near
    assert telling([long, far], 600)[0] == long
    assert telling([long, near], 600) == [near, long]


def test_nothing_is_told_twice() -> None:
    assert len(telling([said("Kites turn in wind."), said("In wind, kites turn.", 0.9)], 500)) == 1
    assert telling([], 500) == []


# --- the sentences of a paper, best first


def test_the_sentence_that_holds_what_is_asked_for_comes_first(library: Library) -> None:
    assert best(library, "how long does the tail take to turn?", KITES)[0] == "The tail turns within 40 milliseconds."
    assert best(library, "in how many grasps does it succeed?", GRASPING)[0] == "It succeeds in 93.5% of grasps."


def test_all_sentences_are_ranked_and_k_bounds_them(library: Library) -> None:
    found = finder(library, "kites and tails")
    everything = found.best([KITES])[KITES.arxiv_id]
    assert len(everything) == len(sentences_of(KITES))
    assert [e.score for e in everything] == sorted((e.score for e in everything), reverse=True)
    assert found.best([KITES, EDITING], 2)[KITES.arxiv_id] == everything[:2]
    assert [e.score for e in found.best([EDITING], 2)[EDITING.arxiv_id]] != [e.score for e in everything[:2]]


def test_each_sentence_stands_in_its_paper_at_its_place(library: Library) -> None:
    for evidence in finder(library, "kites").best([KITES])[KITES.arxiv_id]:
        assert KITES.text(evidence.section)[evidence.start : evidence.end] == evidence.text


def test_a_question_in_english_is_answered_from_chinese_only_where_there_is_nothing_else(library: Library) -> None:
    found = finder(library, "umbrellas and whispers")
    assert {language_of(s.text) for s in found.sentences(SPEECH)} == {Language.ENGLISH}
    assert [s.text for s in found.sentences(SILENT)] == ["量子雨伞在雨中纠缠。"]


def test_a_question_in_chinese_is_answered_in_chinese_first_where_both_say_it(library: Library) -> None:
    found = best(library, "耳语语音识别的词错误率是多少？", SPEECH)
    assert found[0] == "词错误率降到 8.2%。"
    assert "Word error falls to 8.2%." in found


def test_of_sentences_equally_good_those_in_the_questions_language_come_first(library: Library) -> None:
    found = finder(library, "耳语有音高吗？", only(0, 0.0)).best([SPEECH])[SPEECH.arxiv_id]
    languages = [language_of(evidence.text) for evidence in found]
    assert languages == [Language.CHINESE] * 4 + [Language.ENGLISH] * 3


def test_where_both_say_the_same_the_abstract_comes_before_the_summary(library: Library) -> None:
    held = replace(BARE, summary=Summary("Wax burns at night."))
    query, ranking = search(library, "when does wax burn?")
    first = EvidenceFinder(library, query, ranking, only(0)).best([held])[held.arxiv_id][0]
    assert (first.section, first.text) == (Section.ABSTRACT, "Wax burns at night.")


def test_a_paper_without_text_has_no_sentences(library: Library) -> None:
    empty = paper("2602.00203", "Empty", "")
    assert finder(library, "kites").best([empty]) == {"2602.00203": ()}


# --- features


def by_text(library: Library, question: str, held: Paper = KITES) -> dict[str, np.ndarray]:
    found = finder(library, question)
    texts = [sentence.text for sentence in found.sentences(held)]
    rows = found.features(held)
    assert rows.shape == (len(texts), 7)
    return dict(zip(texts, rows, strict=True))


def test_words_count_as_a_share_and_once_more_without_those_of_the_title(library: Library) -> None:
    rows = by_text(library, "kites tail")
    both, title_only, neither = (
        rows["Kites steer by their tail."],
        rows["Existing kites fall in gusts."],
        rows["The tail turns within 40 milliseconds."],
    )
    assert both[0] == pytest.approx(1.0)
    assert 0 < title_only[0] < 1
    assert title_only[1] == 0.0
    assert neither[0] == pytest.approx(neither[1]) != 0


def test_a_number_counts_most_where_one_is_asked_for_and_no_digit_of_a_name_is_one(library: Library) -> None:
    number = "The tail turns within 40 milliseconds."
    assert by_text(library, "how fast is the tail?")[number][3:5].tolist() == [1.0, 1.0]
    assert by_text(library, "what steers the kite?")[number][3:5].tolist() == [0.0, 1.0]
    assert not by_text(library, "how fast is the tail?")["Kites steer by their tail."][3:5].any()
    named = replace(KITES, summary=Summary("A 3D kite by GPT-4 and Tail4Kite."))
    assert by_text(library, "how fast?", named)["A 3D kite by GPT-4 and Tail4Kite."][4] == 0.0


def test_background_and_addresses_of_code_are_told_but_for_code_that_is_asked_for(library: Library) -> None:
    code = "Code is available at https://kites.example/tail."
    rows = by_text(library, "how does it steer?")
    assert rows["Existing kites fall in gusts."][5] == 1.0
    assert (rows[code][5], rows[code][6]) == (0.0, 1.0)
    assert by_text(library, "is the code available at a project page?")[code][6] == 0.0
    assert best(library, "how does it steer?", KITES)[-1] == code


def test_nearness_is_there_where_the_embedder_can_read_the_question(library: Library) -> None:
    near = by_text(library, "The tail turns within 40 milliseconds.")
    assert near["The tail turns within 40 milliseconds."][COSINE] == max(row[COSINE] for row in near.values()) > 0
    assert not any(row[COSINE] for row in by_text(library, "尾翼转得多快？").values())


def test_sentences_are_judged_by_what_is_asked_now_and_not_by_what_a_follow_up_brings_along(library: Library) -> None:
    query, ranking = search(library, "and the string?", search_text="kites tail gusts string", follows=True)
    assert ranking.readings[0].typed.keys() > ranking.asked[0].typed.keys()
    rows = EvidenceFinder(library, query, ranking).features(KITES)
    assert not rows[:, :2].any()


def test_a_question_by_words_alone_has_weights_of_its_own(library: Library) -> None:
    for question, kind in (("how fast is the tail?", fit.VECTORS), ("风筝的尾翼有多快？", fit.WORDS)):
        found = finder(library, question)
        given = finder(library, question, fit.weights(kind, "sentence"))
        assert found.best([KITES]) == given.best([KITES])
    assert fit.weights(fit.VECTORS, "sentence") != fit.weights(fit.WORDS, "sentence")


def test_a_model_that_is_given_takes_the_place_of_the_one_that_ships(library: Library) -> None:
    numbers_first = finder(library, "how do kites steer?", only(4)).best([KITES])[KITES.arxiv_id]
    assert numbers_first[0].text == "The tail turns within 40 milliseconds."
    numbers_last = finder(library, "how do kites steer?", only(4, -100.0)).best([KITES])[KITES.arxiv_id]
    assert numbers_last[-1].text == "The tail turns within 40 milliseconds."


# --- likeness to what the digest says


def test_the_sentence_that_says_what_a_field_says_is_most_like_it(library: Library) -> None:
    like = finder(library, "kites").like(KITES, Section.METHOD)
    assert len(like) == len(sentences_of(KITES))
    assert like[Section.METHOD, 0] == pytest.approx(1.0, abs=0.01)
    own = {start: cosine for (section, start), cosine in like.items() if section is Section.ABSTRACT}
    assert KITES.abstract[max(own, key=own.__getitem__) :].startswith("To address this, we steer kites by their tail.")
    assert all(-1.001 <= cosine <= 1.001 for cosine in like.values())


def test_nothing_is_like_a_field_that_is_empty_or_that_the_embedder_cannot_read(library: Library) -> None:
    assert finder(library, "wax").like(BARE, Section.METHOD) == {}
    assert finder(library, "radar").like(WEATHER, Section.METHOD) == {}
