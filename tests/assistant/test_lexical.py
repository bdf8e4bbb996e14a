"""The lexical leg: words of both languages and BM25 over them."""

from __future__ import annotations

import pytest

from assistant.lexical import LexicalIndex, words_of
from ingest.bridge.model import Gloss
from tests.assistant.shelf_of_papers import EDITING, FEDERATED, GRAPHS, GRASPING, LONG_EDITING, PAPERS, paper

INDEX = LexicalIndex(PAPERS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Which papers are about editing videos?", ["edit", "video"]),
        ("有哪些论文做联邦学习", ["联邦", "学习"]),
        ("SAM2 and 3dgs", ["sam2", "sam", "2", "3dgs", "3", "dgs"]),
        ("v3.5 at 40%", ["v3.5", "v", "3.5", "40"]),
        ("ＦＵＬＬ width", ["full", "width"]),
        ("Schrödinger naïve", ["schroding", "naiv"]),
        ("用 diffusion 做视频", ["diffus", "视频"]),
        ("the of and 的 了", []),
        ("", []),
    ],
)
def test_words_are_stems_and_chinese_words_without_those_that_say_nothing(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def best(question: str) -> str:
    scores = INDEX.match(question).score
    return INDEX.arxiv_ids[int(scores.argmax())] if scores.any() else ""


@pytest.mark.parametrize(
    ("question", "arxiv_id"),
    [
        ("tactile grasping robots", GRASPING.arxiv_id),
        ("联邦学习的客户端漂移", FEDERATED.arxiv_id),
        ("flicker of long clips", LONG_EDITING.arxiv_id),
        ("edges on disk", GRAPHS.arxiv_id),
        ("zeppelins", ""),
    ],
)
def test_the_paper_that_holds_the_rare_words_matches_best(question: str, arxiv_id: str) -> None:
    assert best(question) == arxiv_id


def test_scores_are_shares_of_the_most_the_words_could_give() -> None:
    one, twice = INDEX.match("tactile grasping"), INDEX.match("tactile grasping tactile grasping")
    assert 0 < one.score.max() < 1
    assert twice.score == pytest.approx(one.score, abs=1e-6)
    assert twice.typed == one.typed == {"tactil": "tactile", "grasp": "grasping"}
    assert INDEX.match("tactile grasping zeppelins").score.max() < one.score.max()


def test_a_word_in_the_title_counts_more_than_one_in_the_abstract() -> None:
    titled = paper("2511.00001", "Volcano", "We study things of every kind here.")
    told = paper("2511.00002", "Things", "We study things of every volcano here.")
    index = LexicalIndex([told, titled, *PAPERS])
    scores = index.match("volcano").score
    assert scores[index.row["2511.00001"]] > scores[index.row["2511.00002"]] > 0


def test_words_are_kept_as_they_were_typed_and_weigh_the_more_the_rarer() -> None:
    found = INDEX.match("Tactle roobts of videos by Gödel")
    assert found.typed == {"tactil": "tactle", "robot": "roobts", "video": "videos", "godel": "godel"}
    assert found.weight["godel"] > found.weight["tactil"] > found.weight["video"]


def test_the_words_that_papers_hold_come_in_the_order_asked_for() -> None:
    words = {word: (word,) for word in ("video", "zeppelin", "diffus", "edg")}
    assert INDEX.held(words, [GRAPHS.arxiv_id, EDITING.arxiv_id]) == [
        ["edg"],
        ["video", "diffus"],
    ]


def test_a_word_is_the_rarer_the_fewer_papers_hold_it() -> None:
    assert INDEX.count("video") == 2
    assert INDEX.holds("video") == {EDITING.arxiv_id, LONG_EDITING.arxiv_id}
    assert INDEX.idf("zeppelin") > INDEX.idf("tactil") > INDEX.idf("video") > 0
    assert INDEX.holds("zeppelin") == frozenset()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("grsap", "grasp"),  # two letters in the wrong order
        ("federat", "federat"),
        ("tactl", "tactil"),
        ("tacil", "tactil"),
        ("zeppelin", "zeppelin"),
        ("diffsion", "diffsion"),
        ("difus", "diffus"),
        ("vide", "vide"),  # too short to guess
        ("gp4ts", "gp4ts"),
        ("联邦", "联邦"),
    ],
)
def test_a_slip_of_the_fingers_is_heard_as_the_nearest_known_word(typed: str, meant: str) -> None:
    assert INDEX.correct(typed) == meant


@pytest.mark.parametrize("papers", [[], [paper("2511.00001", "的", "")], [paper("2511.00001", "What?", "")] * 2])
def test_a_library_without_words_matches_nothing_and_breaks_nothing(papers: list) -> None:
    index = LexicalIndex(papers)
    found = index.match("tactile 联邦")
    assert (len(index), len(found.score), float(found.score.sum())) == (len(papers), len(papers), 0.0)
    assert index.count("tactil") == 0


def gloss(word: str, *english: tuple[str, float]) -> Gloss:
    return Gloss(word, english, 0, len(word))


def test_a_paper_is_matched_by_the_english_form_that_suits_it_best() -> None:
    found = INDEX.match_glosses([gloss("编辑", ("editing", 0.6), ("zeppelin", 0.5), ("grasps", 0.05))])
    row = INDEX.row
    assert found.score[row[EDITING.arxiv_id]] > 0.2
    assert found.score[row[GRASPING.arxiv_id]] == 0.0  # an unlikely form is no match
    assert found.typed == {"edit": "编辑"}
    assert found.forms == {"edit": ("edit", "zeppelin")}


def test_a_compound_is_looked_for_by_all_of_its_words() -> None:
    found = INDEX.match_glosses([gloss("扩散编辑", ("diffusion-editing", 0.7), ("grasping", 0.1))])
    assert set(found.forms) == {"diffus", "edit"}
    assert int(found.score.argmax()) in {INDEX.row[EDITING.arxiv_id], INDEX.row[LONG_EDITING.arxiv_id]}


def test_a_word_that_stands_for_nothing_or_holds_a_question_together_is_not_looked_for() -> None:
    found = INDEX.match_glosses([gloss("给"), gloss("论文", ("papers", 0.5)), gloss("编辑", ("editing", 0.6))])
    assert set(found.forms) == {"edit"}


def test_what_is_less_sure_weighs_less() -> None:
    sure = INDEX.match_glosses([gloss("编辑", ("editing", 0.6))])
    unsure = INDEX.match_glosses([gloss("编辑", ("editing", 0.1))])
    assert 0 < unsure.weight["edit"] < 0.5 * sure.weight["edit"]
