"""Where sentences begin and end, in both languages, and which language a text is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.paper import Language, Paper, Section, Summary
from ingest.sentence import language_of, sentences_of, split_sentences


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We edit video. It works! Does it? Yes.", ["We edit video.", "It works!", "Does it?", "Yes."]),
        ("我们编辑视频。效果很好！为什么？因为快。", ["我们编辑视频。", "效果很好！", "为什么？", "因为快。"]),
        ("我们提出 SAM 2。It is fast. 它很小。", ["我们提出 SAM 2。", "It is fast.", "它很小。"]),
        ("他说“可以。”然后走了。", ["他说“可以。”", "然后走了。"]),
        ('They say "it works." We agree.', ['They say "it works."', "We agree."]),
        ("It ends here.) Then more.", ["It ends here.)", "Then more."]),
        ("One part\n\nanother part", ["One part", "another part"]),
        ("  A blank before. A blank after. ", ["A blank before.", "A blank after."]),
        ("no stop at all", ["no stop at all"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences_end_at_the_marks_of_either_language(text: str, sentences: list[str]) -> None:
    assert pieces(text) == sentences


@pytest.mark.parametrize(
    "text",
    [
        "Large models, e.g. GPT-4, are slow.",
        "Small ones, i.e. BERT, are not.",
        "Following Ho et al. We are faster.",
        "See Fig. 3 and Eq. 4 of Sec. 5.",
        "如Fig. 3所示，它更快。",
        "It beats J. R. Smith by far.",
        "Labs in the U.S. Army use it.",
        "We compare ours vs. Theirs on i.i.d. Data.",
        "It gains 3.5 points and 0.12 BLEU over v2.1 of the code.",
        "Code is at https://example.org/a.b?c=D today.",
        "Models such as yolo.v8 stay whole.",
    ],
)
def test_a_dot_inside_an_abbreviation_a_name_or_a_number_ends_nothing(text: str) -> None:
    assert pieces(text) == [text]


@pytest.mark.parametrize("text", ["It gains 3.5. We stop.", "We use GPT-4. We stop.", "We train B2B. We stop."])
def test_a_dot_after_a_number_or_a_name_of_letters_and_digits_ends_a_sentence(text: str) -> None:
    assert pieces(text) == [text.removesuffix(" We stop."), "We stop."]


TEXTS = st.text(
    st.one_of(st.sampled_from(list(" \n\t\u3000.!?。！？”』)\"'aZ9中文eg")), st.characters(exclude_categories=["Cs"])),
    max_size=60,
)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_spans_are_ordered_and_disjoint_and_hold_every_character_that_is_no_space(text: str) -> None:
    spans = split_sentences(text)
    end = 0
    for start, stop in spans:
        assert end <= start < stop <= len(text)
        assert text[start:stop] == text[start:stop].strip()
        assert not text[end:start].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "text", ["." * 200_000, ". " * 100_000, "a" * 200_000 + ".", "." + " " * 200_000, "\n " * 100_000]
)
def test_a_long_run_of_anything_is_split_in_linear_time(text: str) -> None:
    started = time.process_time()
    split_sentences(text)
    assert time.process_time() - started < 2


def test_sentences_of_a_paper_reproduce_its_text_and_follow_the_digest() -> None:
    summary = Summary(tldr="短。很短。", result="It helps. A lot.")
    paper = Paper("2511.00001", "T", (), "cs.CV", ("cs.CV",), " One. Two. ", summary)
    found = sentences_of(paper)
    assert [(s.section, s.text) for s in found] == [
        (Section.TLDR, "短。"),
        (Section.TLDR, "很短。"),
        (Section.RESULT, "It helps."),
        (Section.RESULT, "A lot."),
        (Section.ABSTRACT, "One."),
        (Section.ABSTRACT, "Two."),
    ]
    assert all(paper.text(s.section)[s.start : s.end] == s.text for s in found)
    assert found[3].sentence_id == "2511.00001:result:10"
    assert len({s.sentence_id for s in found}) == len(found)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("which papers edit video", Language.ENGLISH),
        ("哪些论文做视频编辑", Language.CHINESE),
        ("有没有用 diffusion 做 video editing 的论文", Language.CHINESE),
        ("who calls it 注意 in the text", Language.ENGLISH),
        ("GRPO呢", Language.CHINESE),
        ("", Language.ENGLISH),
        ("42", Language.ENGLISH),
    ],
)
def test_the_language_is_the_one_that_most_words_are_of(text: str, language: Language) -> None:
    assert language_of(text) is language
