"""The nouns of a conversation: a question understood, papers found, evidence, claims and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ingest.paper import Filters, Language, Paper, Section


class Wants(StrEnum):
    """What a question asks for; it decides how it is searched and how the answer is laid out."""

    SURVEY = "survey"  # which papers …
    FACT = "fact"  # one value or statement
    COMPARE = "compare"  # two or more papers side by side
    LOOKUP = "lookup"  # find the paper I mean
    SUMMARY = "summary"  # what is in this paper
    AUTHORS = "authors"  # who wrote the paper I mean
    CATALOGUE = "catalogue"  # papers by author, category, month; counts
    OVERVIEW = "overview"  # what a part of the library is about, or what is new in it
    TREND = "trend"  # how many papers on a topic, month by month
    HELLO = "hello"  # a greeting, thanks, or what one can ask


FROM_RECORD = (Wants.CATALOGUE, Wants.OVERVIEW, Wants.HELLO)
"""What is answered from the record, without a search."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was understood.

    `text` is what the person typed, `search_text` what is searched for (filters and politeness taken out, the
    conversation's topic put in for a follow-up). `papers` are ids the question points at: typed, linked, named
    by title, or cited by the turn it follows. `recent` are the papers that the turn before cited, of a follow-up.
    `other_text` is the search text in the other language, as a language model put it; empty without one. `parts` are
    several questions asked in one message, each understood by itself, in order; empty for one question.
    """

    text: str
    search_text: str
    wants: Wants
    language: Language
    filters: Filters = field(default_factory=Filters)
    papers: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    follows: bool = False
    count: bool = False
    order: str = ""  # "", "newest" or "oldest"
    group: str = ""  # "", "month", "category" or "theme"
    listed: tuple[str, ...] = ()  # papers of the list that more is asked of
    reckoned: bool = False  # the filters' days were counted back from the newest digest
    other_text: str = ""
    parts: tuple[Query, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of a paper that an answer stands on: `paper.text(section)[start:end] == text`. Higher score is nearer."""

    arxiv_id: str
    section: Section
    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why a paper was found. Leg scores are None where the leg cannot see the paper; `named`: the question names it.

    `words` are those of the question, as typed, that the paper holds. `coverage` is their share of the weight (idf) of
    all the question's words, `rare_coverage` the same with rare words weighing more (idf squared), both in [0, 1].
    """

    lexical: float | None = None
    passage: float | None = None
    sentence: float | None = None
    words: tuple[str, ...] = ()
    coverage: float = 0.0
    rare_coverage: float = 0.0
    best: Evidence | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper found for a question.

    `score` is what its text and words give, higher is better; a paper that the question names ranks before all
    others, whatever its score. `fit` is the probability, in [0, 1], that it belongs in a survey of the question.
    """

    paper: Paper
    score: float
    rank: int
    fit: float
    why: Why


class Support(StrEnum):
    """How a claim stands to the text it cites."""

    QUOTED = "quoted"  # the cited text holds it literally
    RECORD = "record"  # counted or read from the library's record
    SUPPORTED = "supported"  # numbers and content found in the cited text
    UNSUPPORTED = "unsupported"  # not found there


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer with the evidence it cites. `text` is as it stands in `Answer.text`."""

    text: str
    citations: tuple[Evidence, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched: papers that passed the filters, of all papers, over which digest days, in what time."""

    papers: int
    of: int
    first_day: str  # YYYY-MM-DD, or the first month YYYY-MM where digests carry no dates; "" if empty
    last_day: str
    seconds: float


EXTRACTIVE = "extractive"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in Markdown, citing papers as `[2512.21015](https://arxiv.org/abs/2512.21015)`.

    `citations` are the distinct ids in order of first appearance; `hits` the papers in retrieval order, best
    first; `mode` is "extractive" or the language model's name; `notice` tells of a model that failed or was
    overruled, in one sentence with the mend; `seconds` maps "search", "first_token" and "total" to seconds.
    """

    text: str
    claims: tuple[Claim, ...]
    citations: tuple[str, ...]
    hits: tuple[Hit, ...]
    query: Query
    searched: Searched
    abstained: bool
    mode: str
    seconds: dict[str, float]
    notice: str = ""
    table: tuple[tuple[str, ...], ...] = ()  # a catalogue or comparison as rows, the first being the header


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and what was answered."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in order, oldest first."""

    conversation_id: str
    title: str = ""
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The first event of a turn: how the question was understood, and what the search brought."""

    query: Query
    hits: tuple[Hit, ...]
    searched: Searched


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer's text, already cleaned and with its citations resolved."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a turn. Its answer replaces whatever the deltas showed."""

    answer: Answer


Event = Found | Delta | Finished
