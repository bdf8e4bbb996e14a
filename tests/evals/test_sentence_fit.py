"""The model that tells which sentence holds a fact, fitted on questions with facts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from assistant import fit
from assistant.chat import Assistant
from assistant.compose import compose
from evals.question import Kind
from evals.sentences import SPLITS, _answered, as_model, fact_figures, sentence_rows, told
from tests.assistant.shelf_of_papers import GRAPHS, GRASPING, PROTEINS, WEATHER, shelf_of
from tests.evals.asking_for_facts import ASKED, with_facts
from tests.evals.conftest import question


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with shelf_of(tmp_path_factory.mktemp("facts") / "home") as library:
        yield Assistant(library)


def test_sentences_that_hold_a_fact_are_right_and_those_of_one_question_weigh_as_much_as_of_another(
    assistant: Assistant,
) -> None:
    found = told(with_facts(), assistant)
    assert len(found) == len(ASKED)
    for n, each in enumerate(found):
        assert each.rows is not None
        paper, fact = ASKED[n][1], ASKED[n][2]
        sentences = each.materials.evidence.sentences(paper)
        assert each.rows.labels.tolist() == [float(fact in sentence.text) for sentence in sentences]
        assert each.rows.question.tolist() == [n] * len(sentences)
        right = each.rows.labels == 1
        assert each.rows.weights[right].sum() == pytest.approx(0.5) == each.rows.weights[~right].sum()


def test_features_are_set_off_against_their_paper(assistant: Assistant) -> None:
    rows = sentence_rows(told(with_facts(), assistant))
    for n in range(len(ASKED)):
        assert rows.features[rows.question == n].mean(axis=0) == pytest.approx(np.zeros(7), abs=1e-9)


def test_questions_without_facts_or_without_an_answer_teach_nothing(assistant: Assistant) -> None:
    (fact,) = with_facts()[:1]
    false_premise = question(Kind.UNANSWERABLE, {GRASPING.arxiv_id: 1}, [["900"]], turns=fact.turns)
    no_fact = question(Kind.TOPIC, {GRASPING.arxiv_id: 2}, turns=fact.turns)
    no_paper = question(Kind.FACT, {}, [["900"]], turns=fact.turns)
    assert [each.question for each in told([false_premise, no_fact, no_paper, fact], assistant)] == [fact]


def test_a_fact_that_no_sentence_holds_gives_no_rows_but_counts_in_the_figures(assistant: Assistant) -> None:
    lost = question(Kind.FACT, {GRASPING.arxiv_id: 2}, [["nowhere"]], id="lost", turns=ASKED[0][:1])
    every = question(Kind.FACT, {GRASPING.arxiv_id: 2}, [[" ", "."]], id="every", turns=ASKED[0][:1])
    found = told([*with_facts(), lost, every], assistant)
    assert [each.rows is None for each in found] == [False] * len(ASKED) + [True, True]
    assert len(np.unique(sentence_rows(found).question)) == len(ASKED)
    # Of nine questions with facts one has none that an answer could tell.
    assert fact_figures(found)["all"] <= round(8 / 9, 3)


def test_only_papers_that_the_question_wants_are_learned_from(assistant: Assistant) -> None:
    asked = question(Kind.COMPARE, {WEATHER.arxiv_id: 2}, [["18 times"]], turns=("compare FilmKnife and StormNet",))
    (each,) = told([asked], assistant)
    assert each.rows is not None
    assert len(each.rows.labels) == len(each.materials.evidence.sentences(WEATHER))


def test_each_of_several_questions_in_one_message_teaches_about_its_own_paper(assistant: Assistant) -> None:
    text = "how many edges does GraphLoom handle? And how much cheaper than physics is StormNet?"
    wanted = {GRAPHS.arxiv_id: 2, WEATHER.arxiv_id: 2}
    (each,) = told([question(Kind.FACT, wanted, [["5 hours"], ["18 times"]], turns=(text,))], assistant)
    assert len(each.materials.parts) == 2
    assert each.rows is not None
    assert each.rows.labels.sum() == 2
    for part, held in zip(each.materials.parts, (GRAPHS, WEATHER), strict=True):
        own = part.evidence.features(held)
        rows = each.rows.features[:, None] - (own - own.mean(axis=0))
        assert not abs(rows).sum(axis=2).min(axis=0).any()  # each of them stands among the rows


def test_earlier_turns_are_asked_before_the_last_is_learned_from(assistant: Assistant) -> None:
    turns = ("which paper is about folding proteins on phones", "how long does it take?")
    (each,) = told([question(Kind.FOLLOWUP, {PROTEINS.arxiv_id: 2}, [["4 minutes"]], turns=turns)], assistant)
    assert each.materials.query.follows
    assert each.rows is not None


def test_the_model_of_the_rows_prefers_a_sentence_with_the_fact(assistant: Assistant) -> None:
    found = told(with_facts(), assistant)
    model = as_model(sentence_rows(found))
    assert model.bias == 0.0
    for each in found:
        assert each.rows is not None
        odds = model.odds(each.rows.features)
        assert odds[each.rows.labels == 1].mean() > odds[each.rows.labels == 0].mean()


def test_an_answer_is_composed_with_the_model_that_is_given(assistant: Assistant) -> None:
    each = told(with_facts(), assistant)[0]
    contrary = fit.Logistic(0.0, tuple(-weight for weight in fit.weights(fit.VECTORS, "sentence").weights))
    own = fit.weights(fit.VECTORS, "sentence")
    assert _answered(each, own).answer == compose(each.materials).text
    assert _answered(each, contrary).answer != _answered(each, own).answer
    assert _answered(each, own).cited == (GRASPING.arxiv_id,)


def test_fact_accuracy_is_told_for_all_and_by_kind_over_answers_to_questions_left_out(assistant: Assistant) -> None:
    lost = question(
        Kind.COMPARE, {GRASPING.arxiv_id: 2}, [["nowhere"]], id="lost", turns=("compare FilmKnife and StormNet",)
    )
    figures = fact_figures(told([*with_facts(), lost], assistant))
    assert figures.keys() == {"all", "fact", "compare"}
    assert figures["compare"] == 0.0
    assert figures["fact"] > 0.7
    assert figures["all"] == pytest.approx(figures["fact"] * len(ASKED) / (len(ASKED) + 1), abs=0.001)
    assert SPLITS > 1
