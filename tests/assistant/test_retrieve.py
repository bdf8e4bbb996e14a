"""Search over a real library: three legs a paper, fused by their scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.answer import Query, Wants
from assistant.retrieve import Retriever
from ingest.library import Library
from ingest.paper import Filters, Language, Section
from tests.assistant.shelf_of_papers import (
    EDITING,
    FEDERATED,
    GRAPHS,
    GRASPING,
    OLD,
    PAPERS,
    POETRY,
    PROTEINS,
    SILENT,
    SPEECH,
    WEATHER,
    fill,
    shelf_of,
)


def query(
    text: str, filters: Filters | None = None, papers: tuple[str, ...] = (), recent: tuple[str, ...] = ()
) -> Query:
    language = Language.CHINESE if "一" <= max(text, default="") <= "鿿" else Language.ENGLISH
    return Query(text, text, Wants.SURVEY, language, filters or Filters(), papers, recent)


@pytest.fixture(scope="module")
def retriever(shelf: Library) -> Retriever:
    return Retriever(shelf)


def ids(retriever: Retriever, asked: Query, k: int = 100) -> list[str]:
    return [hit.paper.arxiv_id for hit in retriever.search(asked, k).hits]


@pytest.mark.parametrize(
    ("question", "arxiv_id"),
    [
        ("video editing with diffusion", EDITING.arxiv_id),
        ("tactile policy for grasping robots", GRASPING.arxiv_id),
        ("protein folding on a phone", PROTEINS.arxiv_id),
        ("sorting records on tapes", OLD.arxiv_id),
        ("learning from graphs on disk", GRAPHS.arxiv_id),
        ("quantum umbrellas", SILENT.arxiv_id),
        ("grasing of objcts by robots", GRASPING.arxiv_id),
        ("联邦学习的客户端漂移", FEDERATED.arxiv_id),
        ("诗人怎么评判诗歌", POETRY.arxiv_id),
        ("用雷达预报降雨", WEATHER.arxiv_id),
    ],
)
def test_the_best_paper_comes_first_in_both_languages(retriever: Retriever, question: str, arxiv_id: str) -> None:
    assert ids(retriever, query(question))[0] == arxiv_id


def test_hits_are_ranked_from_one_by_falling_score_each_paper_once(retriever: Retriever) -> None:
    hits = retriever.search(query("learning from video")).hits
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.paper.arxiv_id for hit in hits}) == len(hits)
    assert all(0 <= hit.fit <= 1 for hit in hits)


@pytest.mark.parametrize("k", [1, 3])
def test_k_bounds_the_hits_and_keeps_the_best(retriever: Retriever, k: int) -> None:
    assert ids(retriever, query("learning from video"), k) == ids(retriever, query("learning from video"))[:k]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(categories=("cs.LG",)),
        Filters(authors=("bo li",)),
        Filters(since="2026-01"),
        Filters(until="2025-12", categories=("cs.CV", "cs.RO")),
        Filters(max_authors=1),
        Filters(arxiv_ids=(POETRY.arxiv_id, SPEECH.arxiv_id)),
        Filters(categories=("cs.XX",)),
    ],
)
@pytest.mark.parametrize("question", ["learning from video", "联邦学习"])
def test_filters_only_narrow(retriever: Retriever, shelf: Library, question: str, filters: Filters) -> None:
    allowed = set(shelf.select(filters))
    narrow, wide = retriever.search(query(question, filters)), retriever.search(query(question))
    found = [hit.paper.arxiv_id for hit in narrow.hits]
    assert set(found) <= allowed
    assert narrow.searched == len(allowed)
    assert wide.searched == len(PAPERS)
    assert found == [hit.paper.arxiv_id for hit in wide.hits if hit.paper.arxiv_id in found]
    if question == "learning from video":  # vectors see all papers but the one they cannot read
        assert set(found) == allowed - {SILENT.arxiv_id}


def test_a_filter_never_lets_a_named_paper_through_that_it_shuts_out(retriever: Retriever) -> None:
    asked = query("FilmKnife", Filters(categories=("cs.LG",)), papers=(EDITING.arxiv_id,))
    assert EDITING.arxiv_id not in ids(retriever, asked)


def test_a_question_that_the_embedder_cannot_read_is_found_by_words_with_the_vector_legs_silent(
    retriever: Retriever,
) -> None:
    ranking = retriever.search(query("联邦学习 客户端"))
    assert ranking.vector is None
    [hit] = ranking.hits
    assert hit.paper.arxiv_id == FEDERATED.arxiv_id
    assert (hit.why.passage, hit.why.sentence, hit.why.best) == (None, None, None)
    assert hit.why.lexical == pytest.approx(hit.score / 1.2, rel=1e-5)
    assert {"联邦", "客户", "客户端"} & set(hit.why.words)


def test_a_leg_that_sees_nothing_of_a_paper_is_none_and_not_zero(retriever: Retriever) -> None:
    by_id = {hit.paper.arxiv_id: hit for hit in retriever.search(query("quantum umbrellas")).hits}
    silent = by_id[SILENT.arxiv_id].why
    assert (silent.passage, silent.sentence, silent.best) == (None, None, None)
    assert silent.lexical
    assert by_id[GRASPING.arxiv_id].why.passage is not None


def test_why_tells_the_words_and_the_nearest_sentence_with_its_place(retriever: Retriever, shelf: Library) -> None:
    ranking = retriever.search(query("a tactile policy on 900 objects"))
    why = ranking.hits[0].why
    assert set(why.words) == {"tactile", "policy", "900", "objects"}
    assert (why.coverage, why.rare_coverage) == (1.0, 1.0)
    assert why.best is not None
    assert why.best.text == "We train a tactile policy on 900 objects."
    assert (why.best.section, why.best.score) == (Section.ABSTRACT, why.sentence)
    for hit in ranking.hits:
        if hit.why.best:
            assert hit.paper.text(hit.why.best.section)[hit.why.best.start : hit.why.best.end] == hit.why.best.text
    assert ranking.vector is not None
    found = shelf.sentences([GRASPING.arxiv_id])
    assert why.sentence == pytest.approx(float((found.vectors @ ranking.vector).max()), abs=1e-6)


def test_the_passage_leg_is_the_nearest_passage_of_a_paper(retriever: Retriever, shelf: Library) -> None:
    ranking = retriever.search(query("a tactile policy on 900 objects"))
    assert ranking.vector is not None
    found = shelf.search(ranking.vector, 400)
    for hit in ranking.hits:
        scores = [passage.score for passage in found if passage.arxiv_id == hit.paper.arxiv_id]
        assert hit.why.passage == max(scores, default=None)


def test_coverage_is_the_share_of_the_words_weight_that_a_paper_holds(retriever: Retriever) -> None:
    ranking = retriever.search(query("video zeppelins"))
    why, weight = ranking.hits[0].why, ranking.readings[0].weight
    assert why.words == ("video",)
    assert why.coverage == pytest.approx(weight["video"] / sum(weight.values()))
    assert why.rare_coverage == pytest.approx(weight["video"] ** 2 / sum(w**2 for w in weight.values()))


def test_papers_that_the_question_names_come_first_in_its_order(retriever: Retriever) -> None:
    named = (SILENT.arxiv_id, OLD.arxiv_id)
    hits = retriever.search(query("video editing with diffusion", papers=named)).hits
    assert tuple(hit.paper.arxiv_id for hit in hits[:3]) == (*named, EDITING.arxiv_id)
    assert [hit.why.named for hit in hits[:3]] == [True, True, False]
    assert hits[0].score < hits[2].score  # what their text says stays as it is


def test_a_named_paper_that_is_not_here_is_passed_over(retriever: Retriever) -> None:
    assert ids(retriever, query("video editing", papers=("2505.00001",)))[0] == EDITING.arxiv_id


def test_papers_cited_a_moment_ago_are_a_little_nearer(retriever: Retriever) -> None:
    def score_of(asked: Query) -> float:
        return next(h.score for h in retriever.search(asked).hits if h.paper.arxiv_id == GRAPHS.arxiv_id)

    gained = score_of(query("learning", recent=(GRAPHS.arxiv_id,))) - score_of(query("learning"))
    assert gained == pytest.approx(0.15, abs=1e-6)


@pytest.mark.parametrize("question", ["", "   ", "the of and", "？", "\x00"])
def test_a_question_without_words_breaks_nothing(retriever: Retriever, question: str) -> None:
    assert len(retriever.search(query(question)).hits) <= len(PAPERS)


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "home", []) as library:
        ranking = Retriever(library).search(query("video"))
        assert (ranking.hits, ranking.searched, ranking.answerable) == ((), 0, 0.0)


def test_new_papers_are_found_after_an_ingest_without_a_restart(tmp_path: Path) -> None:
    with shelf_of(tmp_path / "home", [EDITING]) as library, shelf_of(tmp_path / "home", []) as writer:
        retriever = Retriever(library)
        assert ids(retriever, query("tactile grasping")) == [EDITING.arxiv_id]
        before = retriever.lexical
        assert retriever.lexical is before
        fill(writer, [GRASPING, FEDERATED], "2026-02-11.md")
        assert ids(retriever, query("tactile grasping"))[0] == GRASPING.arxiv_id
        assert ids(retriever, query("联邦学习")) == [FEDERATED.arxiv_id]
        assert retriever.search(query("x")).searched == 3


def test_the_same_question_always_gives_the_same_ranking(retriever: Retriever, shelf: Library) -> None:
    asked = query("learning from video")
    first, second = retriever.search(asked), Retriever(shelf).search(asked)
    assert first.hits == second.hits
    assert np.array_equal(first.readings[0].score, second.readings[0].score)


def test_the_lexical_index_is_kept_and_read_again_until_the_library_changes(
    shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Retriever(shelf).lexical
    [kept] = (shelf.home / "cache" / "lexical").iterdir()
    monkeypatch.setattr(shelf, "iter_papers", lambda: pytest.fail("built again"))
    again = Retriever(shelf).lexical
    assert again.arxiv_ids == first.arxiv_ids
    assert (again.match("video editing").score == first.match("video editing").score).all()
    monkeypatch.undo()
    (kept / "arxiv_ids.json").write_text("[")
    assert Retriever(shelf).lexical.arxiv_ids == first.arxiv_ids
    monkeypatch.setattr(shelf, "version", lambda: 10_000)
    assert Retriever(shelf).lexical.arxiv_ids == first.arxiv_ids
    assert kept not in (shelf.home / "cache" / "lexical").iterdir()
