"""Answers, hits and papers as programs read them, and the filters as programs write them: for every door the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click

from assistant.answer import Answer, Claim, Hit, Searched, Support
from assistant.errors import QuestionError
from ingest.paper import ARXIV_ABS, Filters, Paper, Section
from ui.options import category, month_or_day

_MOST_NAMES = 100  # categories or authors of one question
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence the answer stands on: characters `start` to `end` of the paper's section. `support` says how."""

    section: Section
    text: str
    start: int
    end: int
    support: Support


@dataclass(frozen=True, slots=True)
class CitedPaper:
    """A paper the answer cites, with the sentences of it that the answer stands on, in the order of the answer."""

    arxiv_id: str
    title: str
    url: str
    evidence: tuple[CitedSentence, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """How the answer came about.

    `abstained`: the digests have no answer, and what is cited are the nearest misses. `mode` is "extractive" or the
    language model's name; `notice` tells of a model that failed or was overruled; `unsupported` are the sentences of
    the answer that were not found in the papers they cite.
    """

    abstained: bool
    mode: str
    searched: Searched
    notice: str
    unsupported: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundPaper:
    """A paper found. `score` is higher for a better one; `fit` is the probability, in [0, 1], that it is meant."""

    rank: int
    arxiv_id: str
    title: str
    url: str
    score: float
    fit: float


def cited(answer: Answer) -> tuple[CitedPaper, ...]:
    """The papers that the answer cites, in the order of first appearance."""
    titles = {hit.paper.arxiv_id: hit.paper.title for hit in answer.hits}
    return tuple(
        CitedPaper(arxiv_id, titles.get(arxiv_id, ""), ARXIV_ABS + arxiv_id, _evidence(arxiv_id, answer.claims))
        for arxiv_id in answer.citations
    )


def _evidence(arxiv_id: str, claims: Sequence[Claim]) -> tuple[CitedSentence, ...]:
    sentences = (
        CitedSentence(evidence.section, evidence.text, evidence.start, evidence.end, claim.support)
        for claim in claims
        for evidence in claim.citations
        if evidence.arxiv_id == arxiv_id
    )
    return tuple(dict.fromkeys(sentences))


def told(answer: Answer) -> Told:
    unsupported = tuple(claim.text for claim in answer.claims if claim.support is Support.UNSUPPORTED)
    return Told(answer.abstained, answer.mode, answer.searched, answer.notice, unsupported)


def found(hit: Hit) -> FoundPaper:
    paper = hit.paper
    return FoundPaper(hit.rank, paper.arxiv_id, paper.title, paper.url, hit.score, hit.fit)


def paper_fields(paper: Paper) -> dict[str, Any]:
    """The paper for JSON: the noun's fields, its link and its month."""
    return asdict(paper) | {"url": paper.url, "month": paper.month}


def filters_of(
    since: str = "", until: str = "", categories: Sequence[str] | None = None, authors: Sequence[str] | None = None
) -> Filters:
    """The filters that a program gives. Raises QuestionError for what is no month, day or category."""
    names = [*(categories or ()), *(authors or ())]
    if len(names) > _MOST_NAMES or any(len(name) > _LONGEST_NAME for name in names):
        raise QuestionError(
            f"expected at most {_MOST_NAMES} categories and authors of at most {_LONGEST_NAME} characters, "
            f"got {len(names)}: name fewer"
        )
    if since and until and since[: len(until)] > until[: len(since)]:
        raise QuestionError(f"since {since} is after until {until}, and no paper is both: exchange them")
    try:
        since, until = (month_or_day(bound) if bound else "" for bound in (since, until))
        return Filters(tuple(map(category, categories or ())), tuple(authors or ()), since, until)
    except click.BadParameter as error:
        raise QuestionError(error.message) from error
