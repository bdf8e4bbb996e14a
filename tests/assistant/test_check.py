"""What a model wrote, held against the papers it cites."""

from __future__ import annotations

import pytest

from assistant.answer import Support
from assistant.check import CITATION, check, supported_share
from ingest.paper import Section
from tests.assistant.shelf_of_papers import EDITING, FEDERATED, GRASPING, NASTY, PAPERS, Paper
from tests.conftest import WordEmbedder

SOURCES = {held.arxiv_id: held for held in (EDITING, GRASPING, FEDERATED)}
EMBEDDER = WordEmbedder()


def cite(held: Paper) -> str:
    return f"[{held.arxiv_id}]({held.url})"


def support(sentence: str, sources: dict[str, Paper] = SOURCES) -> Support:
    [claim] = check(sentence, sources, EMBEDDER)
    return claim.support


E, G, F = cite(EDITING), cite(GRASPING), cite(FEDERATED)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (f"It succeeds in 93.5% of grasps {G}.", Support.QUOTED),
        (f"**It succeeds** in `93.5%` of _grasps_ {G}.", Support.QUOTED),
        ("Robots that feel grasp better.", Support.QUOTED),
        (f"联邦学习中，我们按时间加权客户端 {F}。", Support.SUPPORTED),
        (f"A tactile policy for grasps is trained on 900 objects {G}.", Support.SUPPORTED),
        (f"FilmKnife is a diffusion model that is preferred in 71% of cases {E}.", Support.SUPPORTED),
        ("Tactile training lets a policy reach 93.5% success.", Support.SUPPORTED),
        # Numbers that the paper does not hold, however near the words.
        (f"It succeeds in 95% of grasps {G}.", Support.UNSUPPORTED),
        (f"It succeeds in 9.35% of grasps {G}.", Support.UNSUPPORTED),
        (f"It succeeds in 935% of grasps {G}.", Support.UNSUPPORTED),
        (f"Robots that feel grasp better by 12 {G}.", Support.UNSUPPORTED),
        (f"We train a tactile policy on 9000 objects {G}.", Support.UNSUPPORTED),
        # Of another paper than the one that is cited.
        (f"It succeeds in 93.5% of grasps {E}.", Support.UNSUPPORTED),
        # About nothing that is there.
        (f"Whales sing across oceans at night {G}.", Support.UNSUPPORTED),
        ("Whales sing across oceans at night.", Support.UNSUPPORTED),
        (f"鲸鱼在夜里唱歌 {F}。", Support.UNSUPPORTED),
    ],
)
def test_a_sentence_stands_by_its_words_and_its_numbers(sentence: str, expected: Support) -> None:
    assert support(sentence) is expected


def test_a_claim_carries_the_sentence_it_stands_on_with_its_place() -> None:
    [claim] = check(f"We train a tactile policy on 900 objects {G}.", SOURCES, EMBEDDER)
    [evidence] = claim.citations
    assert (evidence.arxiv_id, evidence.section) == (GRASPING.arxiv_id, Section.ABSTRACT)
    assert GRASPING.abstract[evidence.start : evidence.end] == evidence.text
    assert claim.text == f"We train a tactile policy on 900 objects {G}."


def test_a_sentence_on_two_papers_stands_on_a_sentence_of_each_that_it_is_near_to() -> None:
    [claim] = check(f"Policies train on objects and models edit video with diffusion {G}, {E}.", SOURCES, EMBEDDER)
    assert claim.support is Support.SUPPORTED
    assert {evidence.arxiv_id for evidence in claim.citations} <= {EDITING.arxiv_id, GRASPING.arxiv_id}
    assert claim.citations


def test_an_unsupported_claim_stands_on_nothing() -> None:
    [claim] = check(f"Whales sing 7 songs {G}.", SOURCES, EMBEDDER)
    assert claim.citations == ()


def test_a_number_may_stand_in_any_of_the_papers_cited() -> None:
    sentence = "A tactile policy succeeds in grasps and a diffusion model edits a clip in 3.5 seconds"
    assert support(f"{sentence} {G}, {E}.") is Support.SUPPORTED
    assert support(f"{sentence} {G}.") is Support.UNSUPPORTED


def test_thousands_may_be_written_either_way() -> None:
    held = Paper("2511.00001", "T", (), "cs.CV", ("cs.CV",), "We collect 12,500 clips of birds.")
    assert support("They collect 12500 clips of birds.", {held.arxiv_id: held}) is Support.SUPPORTED
    assert support("They collect 125 clips of birds.", {held.arxiv_id: held}) is Support.UNSUPPORTED


def test_citations_behind_the_full_stop_belong_to_the_sentence_before() -> None:
    claims = check(f"It succeeds in 93.5% of grasps. {G} Users prefer it in 71% of cases. {E}", SOURCES, EMBEDDER)
    assert [claim.support for claim in claims] == [Support.QUOTED, Support.QUOTED]
    assert [claim.citations[0].arxiv_id for claim in claims] == [GRASPING.arxiv_id, EDITING.arxiv_id]


def test_every_sentence_of_a_list_is_a_claim_and_markup_alone_is_none() -> None:
    text = f"\n- It succeeds in 93.5% of grasps {G}.\n\n2. Whales sing.\n\n---\n> Robots that feel grasp better. {G}\n"
    claims = check(text, SOURCES, EMBEDDER)
    assert [claim.support for claim in claims] == [Support.QUOTED, Support.UNSUPPORTED, Support.QUOTED]


def test_an_id_that_is_no_source_of_this_turn_gives_no_evidence() -> None:
    [claim] = check(f"It succeeds in 93.5% of grasps {cite(NASTY)}.", SOURCES, EMBEDDER)
    assert {evidence.arxiv_id for evidence in claim.citations} <= set(SOURCES)


@pytest.mark.parametrize("text", ["", "  \n ", "---", "[2511.00101](https://arxiv.org/abs/2511.00101)"])
def test_where_nothing_is_said_nothing_is_claimed(text: str) -> None:
    assert check(text, SOURCES, EMBEDDER) == ()


@pytest.mark.parametrize("sources", [{}, {"2511.00001": Paper("2511.00001", "T", (), "cs.CV", (), "")}])
def test_without_text_nothing_stands(sources: dict[str, Paper]) -> None:
    assert support("Robots that feel grasp better.", sources) is Support.UNSUPPORTED


def test_the_share_that_stands() -> None:
    claims = check(
        f"It succeeds in 93.5% of grasps {G}. Whales sing {G}. Birds fly {G}. Fish swim {G}.", SOURCES, EMBEDDER
    )
    assert supported_share(claims) == 0.25
    assert supported_share(()) == 0.0


def test_citations_are_links_of_ours_and_no_text_that_looks_like_one() -> None:
    ours = " ".join(map(cite, PAPERS))
    assert CITATION.findall(ours) == [held.arxiv_id for held in PAPERS]
    assert CITATION.findall(r"\[2599.00001](https://arxiv.org/abs/2599.00001)") == []
    assert CITATION.findall(r"\[2599.00001\](https://arxiv.org/abs/2599.00001) [a](https://evil.example)") == []
