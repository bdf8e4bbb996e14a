"""Papers in groups: by month, by category, or by theme, told from their vectors and named by their titles."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from ingest.library import Library
from ingest.paper import Paper

MONTH, CATEGORY, THEME = "month", "category", "theme"
# Of more papers than these, evenly spaced ones stand for all: nearness is reckoned pair by pair.
MOST_CLUSTERED = 1500
_MOST_THEMES = 8
_FEWEST = 6  # papers; fewer are one group
_LABELS = 3
_LONGEST_PHRASE = 3
_PRIOR = 1.0
# One word that is but a quality says little.
_QUALITY = re.compile(r"^[a-z]+(al|ive|ous|ic|ble|ent|ed|ing|ense|ly)$")
_QUALITY_ALONE = 0.5
_PHRASE = 0.8  # how much more each further word of a phrase says
# What titles of any theme hold. A label may have these beside a word of its own, but not be made of them.
_FILLER = frozenset(
    """a an the and or of for in on with without via from to by at as is are be can do does how what when why where we
    using use used based towards toward through under over across between beyond into its their it this that not new
    novel efficient effective improved improving enhanced enhancing enhance robust fast simple better scalable unified
    general generalized generalizable adaptive dynamic approach approaches method methods framework frameworks model
    models modeling learning learn learned network networks neural deep data dataset datasets benchmark benchmarks
    study analysis evaluation evaluating system systems task tasks paper large scale high low multi self aware driven
    guided level end real world time one two first all more less only case survey review application applications
    understanding training train design problem problems performance state art introduction exploring rethinking
    revisiting leveraging bridging perspective challenge challenges automated automatic open source need matter matters
    free towards per agnostic exploration construction investigation comparative human machine information
    feature features language visual text
    action block llm llms mllm mllms ai attention representation image images video videos
    """.split()
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*|\d+[A-Za-z]+")
_BREAK = re.compile(r"[:;,.?!()\[\]\"“”]|\s[–—-]\s")


@dataclass(frozen=True, slots=True)
class Group:
    """Papers that belong together, in the order given; `label` is empty for those that are left."""

    label: str
    papers: tuple[Paper, ...]


def grouped(papers: Sequence[Paper], by: str, library: Library) -> list[Group]:
    """The papers by `month` (newest first), `category` or `theme` (largest first, the rest last)."""
    if by == MONTH:
        return sorted(_by(papers, lambda paper: paper.month), key=lambda group: group.label, reverse=True)
    if by == CATEGORY:
        return sorted(_by(papers, lambda paper: paper.primary_category), key=lambda g: (-len(g.papers), g.label))
    return themes(papers, library)


def themes(papers: Sequence[Paper], library: Library) -> list[Group]:
    """The papers by theme, largest first, each theme's from the middle of it outward; those of none come last."""
    ids, vectors = mean_vectors(papers, library)
    held = {paper.arxiv_id: paper for paper in papers}
    members = _clusters(vectors)
    rest = [n for cluster in members if len(cluster) < 2 for n in cluster]
    clusters = [_from_the_middle(cluster, vectors) for cluster in members if len(cluster) > 1]
    named = [tuple(held[ids[n]] for n in cluster) for cluster in clusters]
    groups = [Group(label, several) for label, several in zip(labels(named), named, strict=True)]
    told = {paper.arxiv_id for group in groups if group.label for paper in group.papers}
    others = [held[ids[n]] for n in rest]
    others = [paper for paper in papers if paper.arxiv_id not in told] if len(papers) <= MOST_CLUSTERED else others
    kept = sorted((group for group in groups if group.label), key=lambda group: -len(group.papers))
    return [*kept, Group("", tuple(others))] if others else kept


def sampled(papers: Sequence[Paper] | Sequence[str]) -> list[int]:
    """Places of MOST_CLUSTERED of them, evenly spaced; of all, where they are no more."""
    return [int(n) for n in np.linspace(0, len(papers) - 1, min(len(papers), MOST_CLUSTERED))]


def _by(papers: Sequence[Paper], label: Callable[[Paper], str]) -> list[Group]:
    return [Group(name, tuple(several)) for name, several in groupby(sorted(papers, key=label), label)]


def mean_vectors(papers: Sequence[Paper], library: Library) -> tuple[list[str], NDArray[np.float64]]:
    """Ids of the papers that the embedder reads, and `float64[papers, dim]`: unit rows, each the mean of sentences."""
    found = library.sentences_by_paper([paper.arxiv_id for paper in papers])
    ids = [arxiv_id for arxiv_id, rows in found.items() if len(rows.vectors)]
    if not ids:
        return [], np.zeros((0, 1))
    means = np.array([found[arxiv_id].vectors.mean(axis=0) for arxiv_id in ids], np.float64)
    return ids, means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)


def _clusters(vectors: NDArray[np.float64]) -> list[list[int]]:
    """Rows that are near each other, by Ward's method, in as many clusters as hold together best."""
    if len(vectors) < _FEWEST:
        return [list(range(len(vectors)))] if len(vectors) else []
    tree = linkage(vectors, "ward")
    most = min(_MOST_THEMES, max(2, len(vectors) // 3))
    fewest = min(most, 2 if len(vectors) < 12 else 3 if len(vectors) < 60 else 5 if len(vectors) < 200 else 7)
    nearness = vectors @ vectors.T
    cuts = [fcluster(tree, k, "maxclust") for k in range(fewest, most + 1)]
    best = max(cuts, key=lambda cut: _silhouette(nearness, cut))
    return [np.flatnonzero(best == cluster).tolist() for cluster in np.unique(best)]


def _silhouette(nearness: NDArray[np.float64], cut: NDArray[np.int32]) -> float:
    """How much nearer rows are to their own cluster than to the next one, on average, in [-1, 1]."""
    member = (cut[:, None] == np.unique(cut)[None, :]).astype(float)
    size = member.sum(axis=0)
    distance = 1 - nearness
    mean = (distance @ member) / np.maximum(size - member, 1)
    own = np.where(member.astype(bool), mean, np.inf).min(axis=1)
    other = np.where(member.astype(bool), np.inf, mean).min(axis=1)
    width = (other - own) / np.maximum(np.maximum(own, other), 1e-9)
    return float(np.where(member @ size > 1, width, 0.0).mean())


def _from_the_middle(cluster: Sequence[int], vectors: NDArray[np.float64]) -> list[int]:
    rows = vectors[list(cluster)]
    return [cluster[n] for n in np.argsort(-(rows @ rows.mean(axis=0)), kind="stable")]


# --- labels


def labels(groups: Sequence[Sequence[Paper]]) -> list[str]:
    """For each group the phrases of its titles that set it apart from the others, best first; "" where none does."""
    counts = [Counter(p for paper in group for p in _phrases(paper.title)) for group in groups]
    whole: Counter[str] = sum(counts, Counter())
    shapes = _shapes(paper.title for group in groups for paper in group)
    size = sum(map(len, groups))
    texts = [Counter(p for paper in group for p in _held(paper, whole.keys())) for group in groups]
    everywhere: Counter[str] = sum(texts, Counter())
    found = []
    for group, titles, held in zip(groups, counts, texts, strict=True):
        outside = size - len(group)
        scores = {
            phrase: _apart(titles[phrase], held[phrase], len(group), everywhere[phrase] - held[phrase], outside)
            * (1 + _PHRASE * phrase.count(" "))
            * (_QUALITY_ALONE if _QUALITY.search(shapes[phrase]) else 1)
            for phrase in titles
            if held[phrase] >= min(2, len(group)) and (titles[phrase] > 1 or whole[phrase] <= 1 or len(group) < 6)
        }
        found.append(", ".join(shapes[phrase] for phrase in _distinct(scores)))
    return found


def _apart(in_titles: int, inside: int, size: int, outside: int, others: int) -> float:
    """How well a phrase tells a group's papers from the others: its share within, times the logarithm of the odds."""
    rate, elsewhere = inside / size, (outside + _PRIOR) / (others + 2 * _PRIOR)
    return (in_titles / size + 0.3 * rate) * float(np.log(rate / elsewhere)) if others else in_titles / size


def _distinct(scores: Mapping[str, float]) -> list[str]:
    kept: list[str] = []
    best = max(scores.values(), default=0.0)
    for phrase in sorted(scores, key=lambda phrase: (-scores[phrase], phrase)):
        said = {word for other in kept for word in other.split()}
        if scores[phrase] > max(0.0, 0.3 * best) and not said & set(phrase.split()) and len(kept) < _LABELS:
            kept.append(phrase)
    return kept


def _phrases(text: str) -> set[str]:
    return {" ".join(map(_fold, words)) for words in runs(text)}


def _held(paper: Paper, phrases: Collection[str]) -> set[str]:
    """Those phrases that stand in the paper's title or abstract."""
    held: set[str] = set()
    for piece in _BREAK.split(f"{paper.title}. {paper.abstract}"):
        words = [_fold(word) for word in _WORD.findall(piece)]
        for length in range(1, _LONGEST_PHRASE + 1):
            held.update(" ".join(words[n : n + length]) for n in range(len(words) - length + 1))
    return held & set(phrases)


def _shapes(titles: Iterator[str]) -> dict[str, str]:
    """How each phrase is written most often."""
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for title in titles:
        for words in runs(title):
            seen[" ".join(map(_fold, words))][" ".join(map(small, words))] += 1
    return {phrase: min(shapes, key=lambda s: (-shapes[s], len(s), s)) for phrase, shapes in seen.items()}


def runs(text: str) -> Iterator[list[str]]:
    """One to three words that follow each other and neither begin nor end with filler."""
    for piece in _BREAK.split(text):
        words = _WORD.findall(piece)
        for start in range(len(words)):
            for length in range(1, _LONGEST_PHRASE + 1):
                run = words[start : start + length]
                if len(run) == length and _says_something(run):
                    yield run


def _says_something(run: Sequence[str]) -> bool:
    folded = [word.lower() for word in run]
    if len(run) == 1:
        return folded[0] not in _FILLER and len(folded[0]) > 2
    inner = {"of", "and", "for", "in", "the", "to", "with", "via", "on", "a", "an", "by", "from", "is", "are", "as"}
    if inner & set(folded) or all(word in _FILLER for word in folded):
        return False
    return folded[0] not in _WEAK and folded[-1] not in _WEAK


# These neither begin nor end a phrase, while `learning` and `models` may: "reinforcement learning".
_WEAK = _FILLER - frozenset(
    """learning model models network networks neural deep machine large data training system systems human
    self multi real analysis open information feature language visual text action block attention representation
    image images video videos llm llms""".split()
)


@lru_cache(maxsize=50_000)
def _fold(word: str) -> str:
    small = word.lower()
    return small[:-1] if len(small) > 3 and small.endswith("s") and not small.endswith(("ss", "us", "is")) else small


def small(word: str) -> str:
    """`Word` as `word`; LLM, 3D and GPT-4 stay."""
    return word.lower() if re.fullmatch(r"[A-Z]?[a-z]+(-[A-Z]?[a-z]+)*", word) else word
