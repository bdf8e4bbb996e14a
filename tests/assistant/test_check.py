"""What a model wrote, held against the papers it cites."""

from __future__ import annotations

import pytest

from assistant.answer import Evidence, Support
from assistant.check import CITATION, check, supported_share
from assistant.draft import Draft
from ingest.paper import Section, Summary
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
        (f"Whales follow a policy of slow songs at midnight {G}.", Support.UNSUPPORTED),
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


# --- sentences


def texts(answer: str) -> list[str]:
    return [claim.text for claim in check(answer, SOURCES, EMBEDDER)]


@pytest.mark.parametrize(
    ("answer", "claims"),
    [
        ("It gains 93.5 points vs. 80.2. It runs.", ["It gains 93.5 points vs. 80.2.", "It runs."]),
        ("Smith et al. Propose it, e.g. Here. It runs.", ["Smith et al. Propose it, e.g. Here.", "It runs."]),
        ("See Fig. 3 and Eq. 4. It runs.", ["See Fig. 3 and Eq. 4.", "It runs."]),
        ("方法A提升3.5%。方法B下降！真的吗？是的", ["方法A提升3.5%。", "方法B下降！", "真的吗？", "是的"]),
        ("他们说：“有效。”然后继续。", ["他们说：“有效。”", "然后继续。"]),
        ("They say “It works. It is fast.” often. It runs.", ["They say “It works. It is fast.” often.", "It runs."]),
        ("文中说「先训练。再抓取」这一点。很快。", ["文中说「先训练。再抓取」这一点。", "很快。"]),
        ("They say “It works. It runs.", ["They say “It works.", "It runs."]),  # a quote that never ends
        ("1. First. Second.\n2) Third\n- **Bold** point.", ["First.", "Second.", "Third", "**Bold** point."]),
        ("# Heading\nIt runs.", ["Heading", "It runs."]),
        ("| | A | B |\n|---|---|---|\n| Method | It trains. It runs. | 9.5 |", ["It trains.", "It runs.", "9.5"]),
    ],
)
def test_a_claim_is_a_sentence_a_line_of_a_list_or_one_of_a_cell(answer: str, claims: list[str]) -> None:
    assert texts(answer) == claims


def test_a_cell_stands_on_the_paper_of_its_column_or_of_its_row() -> None:
    lie = "It succeeds in 93.5% of grasps"
    columns = f"| | {G} | {E} |\n|---|---|---|\n| Result | {lie} | {lie} |"
    rows = f"| Paper | Result |\n|---|---|\n| {G} | {lie} |\n| {E} | {lie} |"
    for table in (columns, rows):
        claims = check(table, SOURCES, EMBEDDER)
        assert [claim.support for claim in claims] == [Support.QUOTED, Support.UNSUPPORTED]
        assert claims[0].citations[0].arxiv_id == GRASPING.arxiv_id


# --- quotes, to the character


CHINESE = Paper(
    "2511.00002",
    "T",
    (),
    "cs.CV",
    ("cs.CV",),
    "We train on 1.5 million clips. It cuts cost by 30%, not by 50%. It reaches 94\\% in 3 trials.",
    Summary("本文提出一种触觉策略，用于机器人抓取。该策略不需要标注数据。训练只用 3.5 万个样本，成功率达 93.5%。"),
)


def quoted(sentence: str) -> str | None:
    """The text at the place that the claim's only evidence gives, if the claim is quoted."""
    [claim] = check(sentence, {CHINESE.arxiv_id: CHINESE}, EMBEDDER)
    if claim.support is not Support.QUOTED:
        return None
    [evidence] = claim.citations
    assert evidence.text == CHINESE.text(evidence.section)[evidence.start : evidence.end]
    return evidence.text


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("本文提出一种触觉策略，用于机器人抓取。", "本文提出一种触觉策略，用于机器人抓取。"),
        ("本文提出一种触觉策略, 用于机器人抓取", "本文提出一种触觉策略，用于机器人抓取。"),
        ("一种触觉策略，用于机器人抓取。", "一种触觉策略，用于机器人抓取。"),
        ("训练只用3.5万个样本，成功率达93.5%", "训练只用 3.5 万个样本，成功率达 93.5%。"),
        ("训练只用 ３.５ 万个样本，成功率达 93.5％。", "训练只用 3.5 万个样本，成功率达 93.5%。"),
        ("We train on 1.5 million clips.", "We train on 1.5 million clips."),
        ("WE TRAIN ON “1.5 million” CLIPS!", "We train on 1.5 million clips."),
        ("It reaches 94% in 3 trials.", "It reaches 94\\% in 3 trials."),
    ],
)
def test_a_quote_is_found_to_the_character(sentence: str, span: str) -> None:
    assert quoted(sentence) == span


@pytest.mark.parametrize(
    "sentence",
    [
        "本文提出一种视觉策略，用于机器人抓取。",
        "本文提出一种触觉策略，用于抓取。",
        "该策略需要标注数据，用于机器人抓取。",
        "需要标注数据，训练只用 3.5 万个样本，成功率达 93.5%。",  # behind what denies it
        "训练只用 3.5 万个样本，成功率达 93%。",
        "训练只用 5 万个样本，成功率达 93.5%。",
        "We train on 1 million clips.",
        "train on 1.5 million clip",
        "We train on 15 million clips.",
    ],
)
def test_what_differs_by_a_word_a_digit_or_a_denial_is_no_quote(sentence: str) -> None:
    assert quoted(sentence) is None


def test_the_abstract_speaks_first_where_the_summary_says_the_same() -> None:
    same = "A policy that feels grasps better than one that sees."
    held = Paper("2511.00003", "T", (), "cs.RO", ("cs.RO",), f"Grasping is hard. {same}", Summary(same))
    [claim] = check(same, {held.arxiv_id: held}, EMBEDDER)
    assert (claim.citations[0].section, claim.citations[0].start) == (Section.ABSTRACT, 18)


def test_a_few_words_that_any_text_may_hold_are_no_quote() -> None:
    assert support(f"It succeeds {G}.") is not Support.QUOTED
    assert quoted("机器人抓取。") is None


def test_a_quote_may_go_over_two_sentences_in_either_language() -> None:
    sources = {CHINESE.arxiv_id: CHINESE}
    for sentence, span in (
        (
            "文中写道：「用于机器人抓取。该策略不需要标注数据。」",
            "用于机器人抓取。该策略不需要标注数据。",
        ),
        ("It says: “We train on 1.5 million clips. It cuts cost by 30%”.", None),
    ):
        [claim] = check(sentence, sources, EMBEDDER)
        assert claim.support is Support.SUPPORTED, sentence
        found = claim.citations[0]
        assert found.text == CHINESE.text(found.section)[found.start : found.end]
        assert span is None or found.text == span
    for lie in (
        "文中写道：「用于机器人抓取。该策略需要标注数据。」",
        "It says: “We train on 1.5 million clips. It cuts time by 30%”.",
    ):
        [claim] = check(lie, sources, EMBEDDER)
        assert claim.support is Support.UNSUPPORTED, lie


def test_words_in_quotation_marks_must_be_the_papers_own() -> None:
    assert support(f"A policy for “grasps of soft objects” is trained on 900 objects {G}.") is Support.UNSUPPORTED
    assert support(f"A policy that is “tactile” is trained on 900 objects {G}.") is Support.SUPPORTED


# --- names, numbers and denials


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (f"FilmKnife needs 3.5 seconds for a clip of 12 seconds on one GPU {E}.", Support.SUPPORTED),
        (f"FilmSpoon needs 3.5 seconds for a clip of 12 seconds on one GPU {E}.", Support.UNSUPPORTED),
        (f"It edits a clip of 12 seconds in 3.5 seconds on one H100 GPU {E}.", Support.UNSUPPORTED),
        (f"It edits a clip of 12 seconds in 3.5 minutes on one GPU {E}.", Support.UNSUPPORTED),
        (f"It edits a clip of 12 hours in 3.5 seconds on one GPU {E}.", Support.UNSUPPORTED),
        (f"Users do not prefer it in 71% of cases {E}.", Support.UNSUPPORTED),
        (f"Robots that feel never grasp better {G}.", Support.UNSUPPORTED),
        (f"Robots that feel always grasp better {G}.", Support.UNSUPPORTED),
        (f"Accuracy falls by 2.1 points {F}.", Support.UNSUPPORTED),
        (f"联邦学习的准确率提高 2.1 个百分点 {F}。", Support.SUPPORTED),
        (f"联邦学习的准确率降低 2.1 个百分点 {F}。", Support.UNSUPPORTED),
        (f"联邦学习的准确率提高 2.1 万个百分点 {F}。", Support.UNSUPPORTED),
    ],
)
def test_a_name_a_unit_or_a_denial_that_the_paper_does_not_hold_is_seen(sentence: str, expected: Support) -> None:
    assert support(sentence) is expected


def test_a_scale_in_chinese_is_held_against_the_number_in_full() -> None:
    held = {CHINESE.arxiv_id: CHINESE}
    assert support("The policy is trained on 35,000 个样本 and 成功率达 93.5%。", held) is Support.SUPPORTED
    assert support("The policy is trained on 3,500 个样本 and 成功率达 93.5%。", held) is Support.UNSUPPORTED


# --- what code claims


def test_a_draft_claims_a_quote_with_its_evidence_and_a_count_with_none() -> None:
    evidence = Evidence(GRASPING.arxiv_id, Section.ABSTRACT, "Pipes | break *tables* [0].", 0, 26, 0.5)
    draft = Draft()
    draft.lines += [draft.quote(evidence), draft.record("**3 papers**.")]
    draft.begin("2599.00001 is not in the library.")
    first, quote, count = draft.claims
    assert draft.lines == [first.text, "", quote.text, count.text]
    assert (quote.text, quote.support) == (r"Pipes \| break \*tables\* \[0\].", Support.QUOTED)
    assert quote.citations == (evidence,)
    assert {(c.support, c.citations) for c in (first, count)} == {(Support.RECORD, ())}
