"""Known-item search: what a Chinese summary says of a paper must find it by its English abstract alone.

The library searched holds titles and abstracts, never the Chinese text that is asked. The texts are searched as they
stand, by `Retriever.search`: understanding them first would take a month or a name in a summary for a filter.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np

from assistant.answer import Query, Wants
from assistant.chat import Assistant
from assistant.retrieve import Retriever
from evals.errors import EvalsError
from evals.question import Question
from evals.report import interval
from ingest.bridge.measure import DEPTHS
from ingest.bridge.pairs import FIELDS, Pair
from ingest.library import Library
from ingest.paper import Filters, Language
from ingest.run import Step, ingest
from ingest.sentence import language_of
from ingest.source import DEADLINE_SECONDS, MAX_BYTES, Source

_SOURCE_PAPERS = 960
_PREFIX = "abstracts-"
_TELL_SECONDS = 10.0
Tell = Callable[[str], None]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A Chinese text and the paper that it was written of."""

    arxiv_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Recall:
    """The share of questions whose own paper is among the first `depth`, with its 95 % bootstrap interval."""

    depth: int
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.2f}–{self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of a search, the embedding of the question included, or of an answer, over `searches`."""

    searches: int
    median: float
    p95: float

    def __str__(self) -> str:
        return f"{1000 * self.median:.0f} / {1000 * self.p95:.0f} ms"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking one kind of text. `recalls` is empty for judged questions, which are only timed."""

    text: str
    recalls: tuple[Recall, ...]
    latency: Latency


@dataclass(frozen=True, slots=True)
class KnownItems:
    """What was found among `papers`. `str()` is a Markdown table, `as_dict()` is JSON."""

    month: str
    papers: int
    asked: tuple[Asked, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        depths = " | ".join(f"R@{depth}" for depth in DEPTHS)
        head = [f"| {self.month}, among {self.papers:,} papers | questions | {depths} | time, median / p95 |"]
        return "\n".join([*head, "|---" * (3 + len(DEPTHS)) + "|", *map(_line, self.asked)])


def measure(
    retriever: Retriever, pairs: Sequence[Pair], fields: Sequence[str], sample: int | None, seed: int, tell: Tell
) -> list[Asked]:
    """Searches for each paper of `pairs`, or `sample` of them, by each of its `fields`. Raises EvalsError if none of
    them says anything in Chinese."""
    return [_measured(retriever, known_items(pairs, field, sample, seed), field, tell) for field in fields]


def chosen(pairs: Sequence[Pair], month: str, among: int | None = None, seed: int = 0) -> list[Pair]:
    """All pairs of the month, then others in an order drawn by `seed`, `among` in all: more of them are the same and
    others. Raises EvalsError."""
    own = of_month(pairs, month)
    if among is not None and among < len(own):
        raise EvalsError(
            f"expected to search among the {len(own):,} papers of {month} at least, got {among:,}: "
            f"give --among {len(own)} or more; --sample asks fewer questions."
        )
    others = [pair for pair in pairs if pair.month != month]
    drawn = random.Random(seed).sample(others, len(others))
    return [*own, *(drawn if among is None else drawn[: among - len(own)])]


def of_month(pairs: Sequence[Pair], month: str) -> list[Pair]:
    """The pairs whose digest is of that month. Raises EvalsError if there are none."""
    if own := [pair for pair in pairs if pair.month == month]:
        return own
    months = ", ".join(sorted({pair.month for pair in pairs})) or "none"
    raise EvalsError(f"expected pairs of {month}, found those of {months}: give one of these with --month.")


def known_items(pairs: Sequence[Pair], field: str, sample: int | None = None, seed: int = 0) -> list[KnownItem]:
    """What the field says in Chinese of each paper; of `sample` of them, drawn by `seed`. Raises EvalsError."""
    texts = ((pair.arxiv_id, pair.chinese[FIELDS.index(field)].strip()) for pair in pairs)
    items = [KnownItem(*item) for item in texts if language_of(item[1]) is Language.CHINESE]
    if not items:
        raise EvalsError(
            f"expected a Chinese `{field}` in some of {len(pairs):,} pairs, found none: name another field."
        )
    return items if sample is None else random.Random(seed).sample(items, min(sample, len(items)))


def query_of(item: KnownItem) -> Query:
    """The text as a question that is searched for word by word, without filters or names."""
    return Query(item.text, item.text, Wants.SURVEY, Language.CHINESE)


def time_questions(assistant: Assistant, questions: Sequence[Question], tell: Tell) -> list[Asked]:
    """How long it takes to search the first turn of each, which stands by itself, and to answer it as a whole."""
    tell(f"timing {len(questions):,} questions, twice")
    assistant.warm()
    searched = [_timed(assistant.search, question.turns[0])[1] for question in questions]
    answered = [_timed(lambda turn: asyncio.run(assistant.answer(turn)), q.turns[0])[1] for q in questions]
    return [
        Asked("judged questions", (), _latency(searched)),
        Asked("judged questions, whole answers", (), _latency(answered)),
    ]


# --- The library


@dataclass(frozen=True, slots=True)
class Abstracts(Source):
    """Pairs as a digest in memory: JSON lines without the part that a language model wrote."""

    pairs: tuple[Pair, ...]

    def read(self, max_bytes: int = MAX_BYTES, deadline: float = DEADLINE_SECONDS) -> str:
        rows = ({"id": pair.arxiv_id, "title": pair.title, "summary": pair.abstract} for pair in self.pairs)
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def fill(library: Library, pairs: Sequence[Pair], tell: Tell) -> None:
    """Puts the abstracts of `pairs` into a library that holds nothing else; those that are there stay.

    Raises EvalsError for a library that holds other papers, before anything is written.
    """
    held = frozenset(library.select(Filters()))
    _check_own(library, held - {pair.arxiv_id for pair in pairs})
    sources = [source for source in _sources(pairs) if not held.issuperset(pair.arxiv_id for pair in source.pairs)]
    if sources:
        pace = _Pace(sum(len(source.pairs) for source in sources), tell)
        tell(str(ingest(sources, library, pace)))


def _sources(pairs: Sequence[Pair]) -> Iterator[Abstracts]:
    for n, first in enumerate(range(0, len(pairs), _SOURCE_PAPERS)):
        name = f"{_PREFIX}{n:03}.jsonl"
        yield Abstracts(name, name, tuple(pairs[first : first + _SOURCE_PAPERS]))


def _check_own(library: Library, strangers: frozenset[str]) -> None:
    """A digest's own summaries would be found by themselves, and other papers would make the search another one."""
    digests = [digest.name for digest in library.digests() if not digest.name.startswith(_PREFIX)]
    if strangers or digests:
        found = f"{len(strangers):,} other papers" if strangers else f"the digest {digests[0]}"
        raise EvalsError(
            f"expected a library of abstracts that this command made of the same papers, or none, found {found} in "
            f"{library.home}: give another folder with --home."
        )


class _Pace:
    """Tells every ten seconds how many papers are stored, how fast, and how long the rest will take."""

    def __init__(self, whole: int, tell: Tell, every: float = _TELL_SECONDS) -> None:
        self._whole, self._tell, self._every = whole, tell, every
        self._start = self._told = time.monotonic()

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if not step.stored or now < self._told + self._every:
            return
        self._told = now
        rate = step.stored / max(now - self._start, 1e-9)
        left = (self._whole - step.stored) / rate / 60
        self._tell(f"{step.stored:,} of {self._whole:,} papers, {rate:.1f} papers/s, {left:.0f} min left")


# --- Searching


def _measured(retriever: Retriever, items: Sequence[KnownItem], field: str, tell: Tell) -> Asked:
    tell(f"searching by {field}: {len(items):,} questions")
    _rank(retriever, items[0])  # the first search loads what the others find loaded
    timed = [_timed(_rank, retriever, item) for item in items]
    ranks = np.array([rank for rank, _ in timed])
    recalls = tuple(_recall(ranks, depth) for depth in DEPTHS)
    return Asked(field, recalls, _latency([seconds for _, seconds in timed]))


def _rank(retriever: Retriever, item: KnownItem) -> float:
    """The place of the text's own paper, from 1; infinite if it is not among those looked at."""
    hits = retriever.search(query_of(item), max(DEPTHS)).hits
    return next((float(hit.rank) for hit in hits if hit.paper.arxiv_id == item.arxiv_id), float("inf"))


def _recall(ranks: np.ndarray[Any, np.dtype[np.float64]], depth: int) -> Recall:
    found = (ranks <= depth).astype(np.float64)
    return Recall(depth, float(found.mean()), *interval(found))


def _timed(search: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, float]:
    """What the search gives, and its seconds."""
    started = time.perf_counter()
    return search(*args, **kwargs), time.perf_counter() - started


def _latency(seconds: Sequence[float]) -> Latency:
    median, p95 = np.percentile(seconds or [np.nan], [50, 95])
    return Latency(len(seconds), float(median), float(p95))


def _line(asked: Asked) -> str:
    recalls = map(str, asked.recalls) if asked.recalls else ["–"] * len(DEPTHS)
    return f"| {asked.text} | {asked.latency.searches:,} | {' | '.join(recalls)} | {asked.latency} |"
