"""Weights tried on what one search saw, as the search itself would rank by them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from assistant.answer import Query, Wants
from assistant.chat import Assistant
from assistant.retrieve import Retriever, Weights
from evals.errors import EvalsError
from evals.pairs import fill, known_items, query_of
from evals.scorers.ranking import ndcg_at_10
from evals.searching import Setting, asked_so_far, current, found_for, sharing
from evals.tune import (
    PAIRS,
    HeldOut,
    Sought,
    Target,
    Tried,
    Tuned,
    _gathered,
    _ndcg,
    _recall,
    gather,
    grid,
    left_out,
    legs_of,
    objective_of,
    tune,
    values_of,
)
from ingest.library import Library, open_library
from ingest.paper import Filters, Language
from ingest.settings import IngestSettings
from tests.assistant.shelf_of_papers import FEDERATED, LONG_EDITING, SPEECH, WEATHER
from tests.conftest import WordEmbedder
from tests.evals import bilingual
from tests.evals.bilingual import judged
from tests.evals.conftest import prediction, question

SOME_WEIGHTS = [
    Weights(words=words, sentence=sentence, glosses=glosses)
    for words, sentence, glosses in product((0.0, 0.6, 1.2, 3.0), (0.0, 0.5, 1.5), (0.0, 0.4, 1.0))
]


def quiet(message: str) -> None:
    """Nobody reads it."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with bilingual.bilingual_shelf(tmp_path_factory.mktemp("shelf") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def abstracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    settings = IngestSettings(home=tmp_path_factory.mktemp("abstracts"), database_url=None, chroma_url=None)
    with open_library(settings, bilingual.bridged()) as opened:
        fill(opened, bilingual.pairs(), quiet)
        yield opened


@pytest.fixture(scope="module")
def tuned(library: Library, abstracts: Library) -> Tuned:
    return tune(judged(), Assistant(library), held_out(abstracts), 5, quiet)


def held_out(abstracts: Library) -> HeldOut:
    return HeldOut(known_items(bilingual.pairs(), "tldr", 8), abstracts)


def query(text: str, papers: tuple[str, ...] = (), recent: tuple[str, ...] = ()) -> Query:
    return Query(text, text, Wants.SURVEY, Language.CHINESE, Filters(), papers, recent)


QUERIES = (
    query("video editing with diffusion"),
    query("grasing of objcts by robots"),
    query("机器人怎么抓取"),
    query("联邦学习的客户端漂移"),
    query("用雷达预报降雨"),
    query("视频编辑", papers=(WEATHER.arxiv_id, FEDERATED.arxiv_id)),
    query("learning from video", recent=(SPEECH.arxiv_id, LONG_EDITING.arxiv_id)),
    query("量子"),
    replace(query("机器人和学习"), filters=Filters(authors=("Bo Li",))),
)


@pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.search_text)
@pytest.mark.parametrize("gathered_by", [Weights(), Weights(words=0.7, sentence=0.2, glosses=0.5)])
def test_recombined_legs_rank_as_the_search_does(library: Library, asked: Query, gathered_by: Weights) -> None:
    legs = legs_of(Retriever(library, gathered_by).search(asked), asked, gathered_by)
    for weights in [Weights(), *SOME_WEIGHTS]:
        hits = Retriever(library, weights).search(asked).hits
        assert legs.ranked(weights) == [hit.paper.arxiv_id for hit in hits], weights


def test_papers_of_equal_score_are_ranked_as_the_search_does_by_their_ids(library: Library) -> None:
    legs = legs_of(Retriever(library).search(QUERIES[0]), QUERIES[0], Weights())
    assert list(legs.arxiv_ids) == sorted(legs.arxiv_ids)
    even = replace(legs, rest=np.zeros(len(legs.arxiv_ids)))
    assert even.ranked(Weights(sentence=0, words=0)) == sorted(legs.arxiv_ids)


def test_glosses_are_gathered_even_if_they_weigh_nothing_now(library: Library) -> None:
    sought = {library: [Sought(QUERIES[2], Target("zh", {}, np.ones(1)))]}
    [gathered] = _gathered(sought, Weights(glosses=0.0), (None,), quiet)
    assert gathered.legs[None].glosses.any()
    for weights in SOME_WEIGHTS:
        hits = Retriever(library, weights).search(QUERIES[2]).hits
        assert gathered.legs[None].ranked(weights) == [hit.paper.arxiv_id for hit in hits]


@pytest.mark.parametrize("asked", QUERIES[2:5], ids=lambda asked: asked.search_text)
def test_recombined_scores_are_those_of_the_search(library: Library, asked: Query) -> None:
    legs = legs_of(Retriever(library).search(asked), asked, Weights())
    for weights, scores in zip(SOME_WEIGHTS, legs.scores(SOME_WEIGHTS), strict=True):
        found = {hit.paper.arxiv_id: hit.score for hit in Retriever(library, weights).search(asked).hits}
        assert dict(zip(legs.arxiv_ids, scores, strict=True)) == pytest.approx(found, abs=1e-6)


def test_each_share_of_the_bridge_is_searched_by_where_it_changes_anything(library: Library) -> None:
    shares = (0.0, 0.5, 1.0)
    sought = [Sought(one, Target("zh", {}, np.ones(1))) for one in (QUERIES[0], QUERIES[2])]
    english, chinese = gather(sought, Retriever(library), shares)
    assert len({id(legs) for legs in english.legs.values()}) == 1
    for share in shares:
        with sharing(library) as set_share:
            set_share(share)
            hits = Retriever(library).search(QUERIES[2]).hits
        assert chinese.legs[share].ranked(Weights()) == [hit.paper.arxiv_id for hit in hits]
        best = chinese.legs[share].scores([Weights()]).max()
        assert best == pytest.approx(hits[0].score)
    assert len({chinese.legs[share].scores([Weights()]).max() for share in shares}) == 3


def test_a_setting_is_worth_what_the_scorer_says_of_the_assistants_ranking(library: Library) -> None:
    """Follow-ups, filters and the record's own answers included."""
    assistant = Assistant(library)
    asked = [one for one in judged() if one.to_cite]
    found = found_for(asked_so_far(asked, assistant), assistant)
    worth = tune(asked, assistant, None, 5, quiet).lines[0]
    scores = {"en": [], "zh": []}
    for one, what in zip(asked, found, strict=True):
        made = prediction(ranked=[hit.paper.arxiv_id for hit in what.hits], id=one.id)
        scores[one.lang].append(ndcg_at_10(one, made).value)
    assert worth.means == pytest.approx({lang: np.mean(values) for lang, values in scores.items()})


@pytest.mark.parametrize(
    "ranked", [["a", "b", "c"], ["x", "b", "y", "a"], ["x"] * 1 + [f"y{n}" for n in range(9)] + ["a"], [], ["c"]]
)
def test_ndcg_is_that_of_the_scorer(ranked: list[str]) -> None:
    judged_so = question(relevant={"a": 2, "b": 1, "c": 2})
    fixed = Sought(query("x"), _ndcg(judged_so), tuple(ranked))
    [gathered] = gather([fixed], _no_retriever(), (None,))
    [[value]] = values_of([gathered], [Setting(Weights())])
    assert value == pytest.approx(ndcg_at_10(judged_so, prediction(ranked=ranked)).value)


def _no_retriever() -> Retriever:
    class _Shelf:
        embedder = WordEmbedder()

        def use(self, embedder: object) -> None:
            """There is but one."""

    return Retriever(_Shelf())  # type: ignore[arg-type]


@pytest.mark.parametrize(("place", "value"), [(1, 1.0), (5, 1.0), (6, 0.0)])
def test_a_pair_is_found_among_the_first_five_or_not(place: int, value: float) -> None:
    [item] = known_items([bilingual.pair(1, ["视频"])], "tldr")
    ranked = [f"2512.9{n:04}" for n in range(9)]
    ranked.insert(place - 1, item.arxiv_id)
    [gathered] = gather([Sought(query_of(item), _recall(item), tuple(ranked))], _no_retriever(), (None,))
    assert values_of([gathered], [Setting(Weights())])[0, 0] == value


def test_the_weights_in_use_are_tried_first_and_none_twice(library: Library) -> None:
    settings = grid(current(library))
    assert settings[0] == current(library)
    assert len(set(settings)) == len(settings) > 300
    assert {setting.weights.passage for setting in settings} == {1.0}
    plain = grid(Setting(Weights()))
    assert {(setting.share, setting.weights.glosses) for setting in plain} == {(None, Weights().glosses)}


def test_the_objective_is_the_mean_of_the_groups_however_many_questions_each_has() -> None:
    values = np.array([[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    assert objective_of(values, np.array(["en", "en", "en", "zh"])).tolist() == [0.5, 0.5]


def noise(questions: int = 60, settings: int = 200) -> Tried:
    """Settings that differ by chance alone."""
    values = np.random.default_rng(1).uniform(size=(settings, questions))
    return Tried([Setting(Weights())] * settings, values, np.array(["en", "zh"] * (questions // 2)))


def test_tuning_to_chance_shows_on_questions_left_out() -> None:
    tried = noise()
    assert tried.objective[tried.best] > 0.58
    assert left_out(tried, 5).mean() == pytest.approx(0.5, abs=0.04)


def test_no_question_helps_to_choose_what_it_is_given() -> None:
    tried = noise()
    turned = tried.values.copy()
    turned[:, 0] = 0.0
    turned[7, 0] = 1000.0  # so good that setting 7 would be chosen whenever question 0 has a say
    out = left_out(replace(tried, values=turned), 5)
    assert out[0] <= 1000.0 * 0.5
    assert (out[1:] != left_out(tried, 5)[1:]).any()


def test_a_setting_that_is_better_on_every_question_is_as_good_on_those_left_out() -> None:
    tried = noise()
    tried.values[3] = 2.0
    assert tried.best == 3
    assert (left_out(tried, 5) == 2.0).all()


def test_the_plateau_is_what_is_about_as_good_as_the_best() -> None:
    values = np.array([[0.9], [0.9], [0.902], [0.8989], [0.8991]])
    tried = Tried([Setting(Weights())] * 5, values, np.array(["en"]))
    assert tried.best == 2
    assert tried.near_best() == [2, 0, 1, 4]
    assert Tried(tried.settings, values[:2], tried.groups).best == 0  # what is in use stays where nothing is better


def test_what_was_chosen_is_told_with_what_it_is_worth_elsewhere(tuned: Tuned, library: Library) -> None:
    in_use, best, elsewhere, anew = tuned.lines
    assert in_use.setting == current(library)
    assert list(best.means) == ["en", "zh", PAIRS]
    assert best.objective == pytest.approx(np.mean(list(best.means.values())))
    assert best.objective >= in_use.objective
    assert best.objective >= elsewhere.objective
    assert anew.means == pytest.approx(best.means)  # few papers: each search saw them all
    assert elsewhere.setting is None
    assert tuned.plateau[0].objective == best.objective
    assert tuned.questions == {"en": 6, "zh": 5, PAIRS: 8}
    assert tuned.fixed == 1
    assert tuned.tried == len(grid(current(library)))


def test_it_prints_two_markdown_tables(tuned: Tuned) -> None:
    about, lines, plateau, settings = str(tuned).split("\n\n")
    assert about == "Questions: 6 en, 5 zh, 8 pairs; 1 of them are ranked the same by any weights."
    head = "| weights | words | sentence | glosses | bridge share | nDCG@10 en | nDCG@10 zh | R@5 pairs | mean |"
    assert lines.splitlines()[0] == settings.splitlines()[0] == head
    assert lines.splitlines()[2].startswith("| in use | 1.2 | 1 | 1 | 0.5 |")
    assert lines.splitlines()[4].startswith("| best, on questions left out (5 folds) | – | – | – | – |")
    assert plateau == f"{len(settings.splitlines()) - 2} of {tuned.tried} settings are within 0.003 of the best:"
    assert tuned.as_dict()["lines"][0]["setting"]["weights"]["words"] == 1.2


def test_the_library_has_afterwards_the_embedder_that_it_had(library: Library, tuned: Tuned) -> None:
    own = library.embedder
    tune(judged()[:5], Assistant(library), None, 5, quiet)
    assert library.embedder is own


def test_without_a_bridge_only_words_and_sentences_are_weighed(tmp_path: Path) -> None:
    with bilingual.bilingual_shelf(tmp_path, WordEmbedder()) as plain:
        found = tune(judged(), Assistant(plain), None, 5, quiet)
    assert {line.setting.share for line in found.plateau if line.setting} == {None}
    assert "| – | " in str(found).splitlines()[4]


@pytest.mark.parametrize("folds", [1, 30])
def test_folds_that_cannot_be_are_told(library: Library, folds: int) -> None:
    with pytest.raises(EvalsError, match=f"found {folds} folds and 11 questions"):
        tune(judged(), Assistant(library), None, folds, quiet)


def test_the_command_reads_pairs_and_takes_no_pairs_without_a_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = bilingual.questions_file(tmp_path / "q.jsonl", judged())
    pairs = bilingual.written(tmp_path / "pairs.jsonl", bilingual.pairs())
    with bilingual.bilingual_shelf(tmp_path / "own"):
        pass
    typed = ("tune", asked, "--folds", 3, "--pairs", pairs)
    result = bilingual.typed(monkeypatch, tmp_path / "own", *typed, "--month", "2025-12", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["questions"] == {"en": 6, "zh": 5, "pairs": 12}
    halfway = bilingual.typed(monkeypatch, tmp_path / "own", *typed)
    assert (halfway.exit_code, "--pairs and --month go together" in halfway.stderr) == (2, True)
