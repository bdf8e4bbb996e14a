"""Which weights rank best, and how much of that is only the questions they were chosen on.

What the legs say of a paper does not depend on their weights. So each question is searched once for each share of the
bridge, and all other settings are tried on what that search saw: its best papers by the weights in use. How a question
is understood, and what was said before it, stays as these weights have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answer import FROM_RECORD, Found, Query
from assistant.chat import Assistant
from assistant.retrieve import Ranking, Retriever, Weights
from evals.errors import EvalsError
from evals.pairs import KnownItem, query_of
from evals.question import Question
from evals.searching import Setting, asked_so_far, current, found_for, sharing
from ingest.library import Library
from ingest.paper import Language
from ingest.sentence import language_of

PAIRS = "pairs"
WORDS = (0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 1.8)
SENTENCE = (0.5, 0.75, 1.0, 1.5, 2.0)
GLOSSES = (0.6, 0.8, 1.0)
SHARES = (0.0, 0.3, 0.5, 0.7, 1.0)
AS_GOOD = 0.003
SAMPLE = 300
_SPLITS = 10
_DEPTH = 300
_NDCG_DEPTH, _RECALL_DEPTH = 10, 5
# Above all that legs can give: papers that a question names come first.
_FIRST = 1e6
Floats = NDArray[np.float64]
Groups = NDArray[np.str_]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Legs:
    """What the legs say of the papers found for a question: `float64[papers]` each, unweighted.

    `rest` is the part of the score that no weight to be tuned changes: the passage's cosine, and what was cited a
    moment ago. The papers are in the order in which those of equal score are ranked.
    """

    arxiv_ids: tuple[str, ...]
    rest: Floats
    sentence: Floats
    words: Floats
    glosses: Floats

    def scores(self, weights: Sequence[Weights]) -> Floats:
        """`float64[len(weights), papers]`, as the search adds them up; a passage counts as when it was gathered."""
        sentence, words, glosses = np.array([(w.sentence, w.words, w.glosses) for w in weights]).T[:, :, None]
        scores: Floats = self.rest + sentence * self.sentence + words * np.maximum(self.words, glosses * self.glosses)
        return scores

    def ranked(self, weights: Weights) -> list[str]:
        return [self.arxiv_ids[row] for row in np.argsort(-self.scores([weights])[0], kind="stable")]


@dataclass(frozen=True, slots=True)
class Target:
    """What a ranking is worth: the sum of its papers' `gains`, each by the `discount` of its rank, in [0, 1]."""

    group: str
    gains: Mapping[str, float]
    discount: Floats

    def values(self, legs: Legs, weights: Sequence[Weights]) -> Floats:
        """`float64[len(weights)]`."""
        first = np.argsort(-legs.scores(weights), axis=1, kind="stable")[:, : len(self.discount)]
        gains = np.array([self.gains.get(arxiv_id, 0.0) for arxiv_id in legs.arxiv_ids])
        worth: Floats = gains[first] @ self.discount[: first.shape[1]] if len(gains) else np.zeros(len(weights))
        return worth


@dataclass(frozen=True, slots=True)
class Sought:
    """A question to be searched for. `ranked` is its ranking where no weight changes it: None for all others."""

    query: Query
    target: Target
    ranked: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """A target with what the legs say for it, by the bridge's share."""

    target: Target
    legs: Mapping[float | None, Legs]


@dataclass(frozen=True, slots=True)
class Line:
    """Means by group and their mean, the `objective`. `setting` is None where each fold has its own."""

    name: str
    setting: Setting | None
    means: Mapping[str, float]
    objective: float


@dataclass(frozen=True, slots=True)
class Tuned:
    """`lines`: the weights in use, the best ones, these on questions that they were not chosen on, and these searched
    anew. `plateau`: the settings within 0.003 of the best, best first, of `tried`. `fixed` questions are ranked the
    same by any weights. `str()` is Markdown, `as_dict()` is JSON."""

    lines: tuple[Line, ...]
    plateau: tuple[Line, ...]
    tried: int
    questions: Mapping[str, int]
    fixed: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {group}" for group, number in self.questions.items())
        about = f"Questions: {counts}; {self.fixed} of them are ranked the same by any weights."
        plateau = f"{len(self.plateau)} of {self.tried} settings are within {AS_GOOD} of the best:"
        tables = (_table(lines, tuple(self.questions)) for lines in (self.lines, self.plateau))
        return "\n\n".join([about, next(tables), plateau, next(tables)])


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Texts that must find their own paper in a library of abstracts."""

    items: Sequence[KnownItem]
    library: Library


def tune(
    questions: Sequence[Question], assistant: Assistant, held_out: HeldOut | None, folds: int, tell: Tell
) -> Tuned:
    """Tries the whole grid. Raises EvalsError if there are fewer questions with a paper to cite than folds."""
    ranked = [question for question in questions if question.to_cite]
    _check_enough(ranked, folds)
    sought = _all_sought(ranked, assistant, held_out, tell)
    settings = grid(current(assistant.library))
    shares = dict.fromkeys(setting.share for setting in settings)
    seen = _gathered(sought, settings[0].weights, tuple(shares), tell)
    tried = Tried(settings, values_of(seen, settings), np.array([one.target.group for one in seen]))
    best = settings[tried.best]
    anew = values_of(_gathered(sought, best.weights, (best.share,), tell), [best])[0]
    lines = (
        tried.line("in use", 0),
        tried.line("best", tried.best),
        line_of(f"best, on questions left out ({folds} folds)", None, left_out(tried, folds), tried.groups),
        line_of("best, searched anew", best, anew, tried.groups),
    )
    plateau = tuple(tried.line("", n) for n in tried.near_best())
    fixed = sum(one.ranked is not None for some in sought.values() for one in some)
    return Tuned(lines, plateau, len(settings), _counts(tried.groups), fixed)


def grid(now: Setting) -> list[Setting]:
    """The settings to try, that in use first, so that it is kept where none is better; without a bridge only those
    that differ without one."""
    shares: tuple[float | None, ...] = SHARES if now.share is not None else (None,)
    glosses = GLOSSES if now.share is not None else (now.weights.glosses,)
    tried = (
        Setting(replace(now.weights, words=word, sentence=sentence, glosses=gloss), share)
        for share, word, sentence, gloss in product(shares, WORDS, SENTENCE, glosses)
    )
    return list(dict.fromkeys([now, *tried]))


# --- What the legs say


def legs_of(ranking: Ranking, query: Query, weights: Weights) -> Legs:
    """The legs of a search that weighed by `weights`, whose glosses must not weigh nothing."""
    hits = sorted(ranking.hits, key=lambda hit: hit.paper.arxiv_id)
    ids = tuple(hit.paper.arxiv_id for hit in hits)
    sentence = np.array([hit.why.sentence or 0.0 for hit in hits])
    lexical = np.array([hit.why.lexical or 0.0 for hit in hits])
    rest = np.array([hit.score for hit in hits]) - weights.sentence * sentence - weights.words * lexical
    own, *translated = ([float(reading.score[ranking.lexical.row[i]]) for i in ids] for reading in ranking.readings)
    glosses = np.array(translated[0]) / weights.glosses if translated else np.zeros(len(ids))
    return _with_named_first(Legs(ids, rest, sentence, np.array(own), glosses), query.papers)


def _with_named_first(legs: Legs, papers: Sequence[str]) -> Legs:
    places = [papers.index(arxiv_id) if arxiv_id in papers else None for arxiv_id in legs.arxiv_ids]
    free = np.array([place is None for place in places], np.float64)
    first = np.array([0.0 if place is None else _FIRST - place for place in places])
    scored = (legs.sentence * free, legs.words * free, legs.glosses * free)
    return Legs(legs.arxiv_ids, legs.rest * free + first, *scored)


def _all_sought(
    questions: Sequence[Question], assistant: Assistant, held_out: HeldOut | None, tell: Tell
) -> dict[Library, list[Sought]]:
    """What is searched for in which library: the judged questions as they are understood now, and the pairs."""
    tell("understanding the questions, and answering the earlier turns of follow-ups")
    asked = asked_so_far(questions, assistant)
    sought = {assistant.library: list(map(_sought, questions, found_for(asked, assistant)))}
    if held_out:
        sought[held_out.library] = [Sought(query_of(item), _recall(item)) for item in held_out.items]
    return sought


def _sought(question: Question, found: Found) -> Sought:
    """The record's own rankings are fixed; and so are, here, those of several questions laid into one another."""
    fixed = found.query.wants in FROM_RECORD or found.query.parts
    ranked = tuple(hit.paper.arxiv_id for hit in found.hits) if fixed else None
    return Sought(found.query, _ndcg(question), ranked)


def _gathered(
    sought: Mapping[Library, Sequence[Sought]], weights: Weights, shares: Sequence[float | None], tell: Tell
) -> list[Gathered]:
    weights = replace(weights, glosses=weights.glosses or 1.0)
    gathered: list[Gathered] = []
    for library, some in sought.items():
        tell(f"searching {len(some)} questions, by {len(shares)} shares of the bridge")
        gathered += gather(some, Retriever(library, weights), shares)
    return gathered


def gather(sought: Sequence[Sought], retriever: Retriever, shares: Sequence[float | None]) -> list[Gathered]:
    """What the legs say to each question, by share. The weights of the retriever's glosses must not be 0."""
    legs: list[dict[float | None, Legs]] = [{} for _ in sought]
    with sharing(retriever.library) as set_share:
        for share in shares:
            set_share(share)
            for one, known in zip(sought, legs, strict=True):
                known[share] = _legs(one, retriever, known)
    return [Gathered(one.target, known) for one, known in zip(sought, legs, strict=True)]


def _legs(sought: Sought, retriever: Retriever, known: Mapping[float | None, Legs]) -> Legs:
    """A share that changes nothing is not searched by again."""
    if sought.ranked is not None:
        nothing = np.zeros(len(sought.ranked))
        return Legs(sought.ranked, -np.arange(len(nothing), dtype=np.float64), nothing, nothing, nothing)
    if known and language_of(sought.query.search_text) is not Language.CHINESE:
        return next(iter(known.values()))
    return legs_of(retriever.search(sought.query, _DEPTH), sought.query, retriever.weights)


def _ndcg(question: Question) -> Target:
    discount = 1 / np.log2(np.arange(2, _NDCG_DEPTH + 2))
    grades = sorted(question.relevant.values(), reverse=True)[:_NDCG_DEPTH]
    ideal = float(np.array(grades) @ discount[: len(grades)])
    return Target(question.lang, {paper: grade / ideal for paper, grade in question.relevant.items()}, discount)


def _recall(item: KnownItem) -> Target:
    return Target(PAIRS, {item.arxiv_id: 1.0}, np.ones(_RECALL_DEPTH))


# --- Choosing


@dataclass(frozen=True)
class Tried:
    """What each setting is worth to each question: `values` is `float64[len(settings), len(groups)]`, in [0, 1];
    `groups` holds the group of each question."""

    settings: Sequence[Setting]
    values: Floats
    groups: Groups

    @cached_property
    def objective(self) -> Floats:
        return objective_of(self.values, self.groups)

    @property
    def best(self) -> int:
        """The first of those that are best."""
        return int(self.objective.argmax())

    def near_best(self) -> list[int]:
        """The settings that are about as good as the best, best first."""
        near = self.objective >= self.objective.max() - AS_GOOD
        return [int(n) for n in np.argsort(-self.objective, kind="stable") if near[n]]

    def line(self, name: str, n: int) -> Line:
        return line_of(name, self.settings[n], self.values[n], self.groups)


def values_of(gathered: Sequence[Gathered], settings: Sequence[Setting]) -> Floats:
    """`float64[len(settings), len(gathered)]`: what each setting is worth to each question."""
    values = np.empty((len(settings), len(gathered)))
    for share in dict.fromkeys(setting.share for setting in settings):
        rows = [n for n, setting in enumerate(settings) if setting.share == share]
        weights = [settings[n].weights for n in rows]
        for column, one in enumerate(gathered):
            values[rows, column] = one.target.values(one.legs[share], weights)
    return values


def objective_of(values: Floats, groups: Groups) -> Floats:
    """`float64[settings]`: the mean over the groups of each one's mean, so that many questions of one do not decide."""
    means: Floats = np.mean([values[:, groups == group].mean(axis=1) for group in np.unique(groups)], axis=0)
    return means


def left_out(tried: Tried, folds: int) -> Floats:
    """`float64[questions]`: what each question is given by the setting that is best for the questions of the other
    folds, in the mean over ten ways to split."""
    means: Floats = np.mean([_left_out(tried.values, tried.groups, folds, seed) for seed in range(_SPLITS)], axis=0)
    return means


def _left_out(values: Floats, groups: Groups, folds: int, seed: int) -> Floats:
    fold = np.random.default_rng(seed).permutation(len(groups)) % folds
    out = np.empty(len(groups))
    for held in range(folds):
        test = fold == held
        best = objective_of(values[:, ~test], groups[~test]).argmax()
        out[test] = values[best, test]
    return out


def _check_enough(questions: Sequence[Question], folds: int) -> None:
    if not 1 < folds <= len(questions):
        raise EvalsError(
            f"expected at least 2 folds and as many questions with a paper of grade 2, found {folds} folds and "
            f"{len(questions)} questions: give other --folds, or judge more questions."
        )


# --- Showing


def line_of(name: str, setting: Setting | None, values: Floats, groups: Groups) -> Line:
    means = {group: float(values[groups == group].mean()) for group in _counts(groups)}
    return Line(name, setting, means, float(np.mean(list(means.values()))))


def _counts(groups: Groups) -> dict[str, int]:
    counts = {str(group): int((groups == group).sum()) for group in (*Language, PAIRS)}
    return {group: number for group, number in counts.items() if number}


def _table(lines: Sequence[Line], groups: Sequence[str]) -> str:
    scores = [f"R@{_RECALL_DEPTH} {group}" if group == PAIRS else f"nDCG@{_NDCG_DEPTH} {group}" for group in groups]
    head = ["weights", "words", "sentence", "glosses", "bridge share", *scores, "mean"]
    rows = [[line.name, *_setting(line.setting), *_means(line, groups)] for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def _setting(setting: Setting | None) -> list[str]:
    if setting is None:
        return ["–"] * 4
    weights = setting.weights
    share = "–" if setting.share is None else f"{setting.share:g}"
    return [*(f"{weight:g}" for weight in (weights.words, weights.sentence, weights.glosses)), share]


def _means(line: Line, groups: Sequence[str]) -> list[str]:
    return [*(f"{line.means[group]:.3f}" for group in groups), f"{line.objective:.3f}"]
