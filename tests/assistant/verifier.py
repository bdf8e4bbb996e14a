"""Extractive answers verified anew from the library, by code that shares nothing with the assistant's own check.

Each line must be one of few kinds; what it quotes is sliced from the paper, what it counts or reads off the record is
counted and read again, and which papers fit is told again from the hits. Nothing else may stand in an answer.
Of the assistant only the nouns, the wordings and the calibrated cut are used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

from assistant import fit
from assistant.answer import Answer, Claim, Hit, Query, Support, Wants
from assistant.survey_wording import CHINESE as SURVEYS_ZH
from assistant.survey_wording import ENGLISH as SURVEYS_EN
from assistant.wording import CHINESE, ENGLISH
from ingest.paper import Filters, Language, Paper

CLEAR = 0.6
CITE = re.compile(r"\[([\w./-]+)\]\(https://arxiv\.org/abs/\1\)")
CLAIM = "\ue000"  # stands where a claim was
_WORDINGS = {Language.ENGLISH: (ENGLISH, SURVEYS_EN), Language.CHINESE: (CHINESE, SURVEYS_ZH)}
_COUNT_LINES = ("clear", "clear_and_borderline", "only_borderline")
_TITLED = rf"{CITE.pattern} \*\*(?P<title>(?:\\.|[^\\])+?)\*\*"
_ROW = re.compile(r"\| (.+) \|")
_CELL = re.compile(r" (?<!\\)\| ")


def faults_of(answer: Answer, papers: Mapping[str, Paper]) -> list[str]:
    """What does not hold in an extractive answer over all `papers` of the library, each in words; [] if all does."""
    found = [fault for claim in answer.claims for fault in _quote_faults(claim, papers)]
    skeleton = _skeleton(answer)
    if skeleton is None:
        return [*found, "claims that are not in the answer, or not in its order"]
    sections = _sections(answer, skeleton)
    return [*found, *(fault for section in sections for fault in section.faults(papers))]


def _quote_faults(claim: Claim, papers: Mapping[str, Paper]) -> Iterator[str]:
    if claim.support not in (Support.QUOTED, Support.RECORD):
        yield f"neither quoted nor of the record: {claim.text!r}"
    if len(claim.citations) != (1 if claim.support is Support.QUOTED else 0):
        yield f"{len(claim.citations)} citations: {claim.text!r}"
    for evidence in claim.citations:
        text = papers[evidence.arxiv_id].text(evidence.section)[evidence.start : evidence.end]
        if not text.strip() or text != evidence.text:
            yield f"not at its place: {evidence}"
        if plain(claim.text) != plain(text):
            yield f"not what is quoted: {claim.text!r}"


def _skeleton(answer: Answer) -> list[tuple[str, list[Claim]]] | None:
    """Each line with `CLAIM` in place of its claims; None if they do not stand in the text, one after the other."""
    text, at = "", 0
    for claim in answer.claims:
        start = answer.text.find(claim.text, at)
        if start < 0 or not claim.text.strip() or "\n" in claim.text:
            return None
        text, at = f"{text}{answer.text[at:start]}{CLAIM}", start + len(claim.text)
    rest = iter(answer.claims)
    return [(line, [next(rest) for _ in range(line.count(CLAIM))]) for line in (text + answer.text[at:]).split("\n")]


def _sections(answer: Answer, lines: list[tuple[str, list[Claim]]]) -> Iterator[Section]:
    """The whole answer; where several questions were asked, each one's part under its heading."""
    if not answer.query.parts:
        yield Section(answer, answer.query, lines)
        return
    starts = [n for n, (line, _) in enumerate(lines) if line.startswith("### ")]
    if len(starts) != len(answer.query.parts):
        raise AssertionError(f"{len(answer.query.parts)} questions, {len(starts)} headings:\n{answer.text}")
    ends = [*starts[1:], len(lines)]
    for query, start, end in zip(answer.query.parts, starts, ends, strict=True):
        yield Section(answer, query, lines[start + 1 : end])


@dataclass
class Section:
    """A question's part of an answer."""

    answer: Answer
    query: Query
    lines: list[tuple[str, list[Claim]]]

    @property
    def is_alone(self) -> bool:
        return not self.answer.query.parts

    @property
    def queries(self) -> Sequence[Query]:
        """Those whose filters a count may be of: the closing line is of the widest question."""
        return [self.query] if self.is_alone else self.answer.query.parts

    def faults(self, papers: Mapping[str, Paper]) -> Iterator[str]:
        record = Record(self, papers)
        for n, (line, claims) in enumerate(self.lines):
            yield from _line_faults(line, papers, self)
            about = CITE.findall(line)
            for claim in claims:
                if claim.support is Support.RECORD:
                    yield from record.faults(claim.text, papers[about[0]] if about else None, n)
        yield from _table_faults(self.lines, record)

    def entries(self) -> list[str]:
        """Ids of the lines that list a paper, in order."""
        return [CITE.findall(line)[0] for line, _ in self.lines if re.match(r"(?:\d+\.|-) \[", line)]


# Lines


@cache
def _frames(language: Language) -> tuple[re.Pattern[str], ...]:
    """What may stand around claims, from the start of a line to its end."""
    words, said = _WORDINGS[language]
    quotes = rf"{CLAIM}(?: {CLAIM})*"
    mark = rf"(?:{re.escape(said.mark_borderline)})?"
    fixed = (words.borderline, words.nearest, words.outside, said.themes, said.examples, said.hello, said.thanks)
    field = "|".join(map(re.escape, words.fields.values()))
    byline = r" \((?P<byline>[^\n]*)\)"
    shapes = [
        "",
        quotes,
        *map(re.escape, (*fixed, words.empty)),
        rf"(?:\d+\.|-) {_TITLED}{mark}(?:: {CLAIM})?",  # a paper of a list
        rf"- {CLAIM}(?:: {CLAIM})?",
        rf"- {_TITLED} \((?P<dated>\d{{4}}-\d\d)\)",  # an example of a trend
        rf"{quotes} — {_TITLED}",
        rf"{re.escape(words.it_says)} {quotes} — {_TITLED}",
        rf"{re.escape(words.beside)} {quotes}",
        rf"{re.escape(words.perhaps)} {_TITLED}(?:, .+)?",
        rf"{_TITLED}{byline}",
        rf"- \*\*(?:{field})\*\*: {quotes}",
        r"\|(?: --- \|)+",
    ]
    asks = (_shape(getattr(said, name)) for name in ("ask_theme", "ask_paper", "ask_month"))
    return tuple(re.compile(shape) for shape in (*shapes, *(f"- {shape}" for shape in asks)))


def _line_faults(line: str, papers: Mapping[str, Paper], section: Section) -> Iterator[str]:
    for arxiv_id in CITE.findall(line):
        if arxiv_id not in papers:
            yield f"no paper of the library: {arxiv_id}"
    if _ROW.fullmatch(line):
        return
    found = next((found for frame in _frames(section.query.language) if (found := frame.fullmatch(line))), None)
    if not found:
        yield f"claimed by nothing: {line!r}"
        return
    told = found.groupdict()
    for cited in re.finditer(_TITLED, line):
        if plain(cited["title"]) != plain(papers[cited[1]].title):
            yield f"not the title of {cited[1]}: {line!r}"
    if told.get("dated") and told["dated"] != papers[CITE.findall(line)[0]].month:
        yield f"another month: {line!r}"
    if told.get("byline") and plain(told["byline"]) != plain(_byline(papers[CITE.findall(line)[0]])):
        yield f"another byline: {line!r}"


def _byline(paper: Paper) -> str:
    names = ", ".join(paper.authors[:3]) + (" et al." if len(paper.authors) > 3 else "")
    return "; ".join(part for part in (names, paper.primary_category, paper.month) if part)


def _table_faults(lines: Sequence[tuple[str, list[Claim]]], record: Record) -> Iterator[str]:
    rows = [_CELL.split(found[1]) for line, _ in lines if (found := _ROW.fullmatch(line)) and "---" not in line]
    if not rows:
        return
    if tuple(rows[0]) == record.said.trend_head:
        yield from record.trend_rows(rows[1:])
        return
    claims = [claims for line, claims in lines if _ROW.fullmatch(line) and "---" not in line]
    if rows[0][0] != record.words.paper or claims[0]:
        yield f"no table that is known: {rows[0]}"
    heads = [CITE.findall(cell) for cell in rows[0][1:]]
    for head, cell in zip(heads, rows[0][1:], strict=True):
        name = plain(CITE.sub("", cell)).strip(" *").removesuffix("…")
        if len(head) != 1 or not plain(record.papers[head[0]].title).startswith(name):
            yield f"not the head of a column: {cell!r}"
    for row, quoted in zip(rows[1:], claims[1:], strict=True):
        yield from _comparison_row_faults(row, quoted, heads, record)


def _comparison_row_faults(
    row: Sequence[str], quoted: Sequence[Claim], heads: Sequence[list[str]], record: Record
) -> Iterator[str]:
    if row[0] not in record.words.fields.values():
        yield f"no row that is known: {row[0]!r}"
    rest = iter(quoted)
    for head, cell in zip(heads, row[1:], strict=True):
        if not re.fullmatch(rf"–|{CLAIM}(?: {CLAIM})*", cell):
            yield f"claimed by nothing: {cell!r}"
        for _ in range(cell.count(CLAIM)):
            claim = next(rest)
            if [e.arxiv_id for e in claim.citations] != head:
                yield f"in another paper's column: {claim.text!r}"


# The record


class Record:
    """What the library's record says, for the claims of one section that stand on it."""

    def __init__(self, section: Section, papers: Mapping[str, Paper]) -> None:
        self.section, self.papers = section, papers
        self.words, self.said = _WORDINGS[section.query.language]
        self.passing = [_passing(query.filters, papers) for query in section.queries]
        self.own = _passing(section.query.filters, papers)
        self.fitting = _fitting(section.answer.hits)

    def faults(self, text: str, about: Paper | None, line: int) -> Iterator[str]:
        """What is wrong with the claim; it is about the paper cited before it, and stands in this line."""
        shapes = [*_shapes(self.section.query.language)]
        if any(shape[1].fullmatch(text) for shape in shapes):
            held = [
                not list(self._checked(name, found.groupdict(), about, line))
                for name, shape in shapes
                if (found := shape.fullmatch(text))
            ]
            if not any(held):
                yield f"not so by the record: {text!r}"
        else:
            yield f"of no known make: {text!r}"

    def _checked(self, name: str, told: Mapping[str, str], about: Paper | None, line: int) -> Iterator[str]:
        for blank, holds in self._common().items():
            if blank in told and not holds(told[blank]):
                yield blank
        if not getattr(self, f"_{name}", lambda told, about, line: True)(told, about, line):
            yield name

    def _common(self) -> Mapping[str, Callable[[str], bool]]:
        """Blanks that mean the same wherever they stand."""
        filters = self.section.query.filters
        return {
            "papers": lambda said: said in {str(len(passing)) for passing in (*self.passing, *self.whole)},
            "days": lambda said: plain(said) in ("", plain(self.days)),
            "of": lambda said: said == str(len(self.papers)),
            "conditions": lambda said: said in (_conditions(filters), _conditions(_by_month(filters))),
            "scope": lambda said: said.lstrip(", ，") in {self.scope(days) for days in ("", self.days)},
        }

    @property
    def whole(self) -> list[list[Paper]]:
        """All papers, where none meets the conditions: those were looked through."""
        return [] if self.own else [[*self.papers.values()]]

    def scope(self, days: str) -> str:
        return self.words.scope.format(papers=len(self.own), days=days)

    @property
    def span(self) -> tuple[str, str]:
        days = [str(a.day) for paper in self.papers.values() for a in paper.appearances if a.day]
        days = days or [paper.month for paper in self.papers.values()]
        return min(days), max(days)

    @property
    def days(self) -> str:
        return self.words.scope_days.format(first=self.span[0], last=self.span[1])

    # One for each wording that needs more than the common blanks. They say whether it is so.

    def _count_line(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        """Against the list, and the list against what fits, where the hits are this question's alone."""
        clear, borderline = int(told.get("clear") or 0), int(told.get("borderline") or 0)
        lines = [line for line, _ in self.section.lines]
        entries = self.section.entries()
        if not self.section.query.group:
            numbered = sum(bool(re.match(r"\d+\. \[", line)) for line in lines)
            if (numbered, len(entries) - numbered) != (clear, borderline):
                return False
        listed = sorted(self.fitting, key=lambda hit: hit.rank)[: clear + borderline]
        sure = sum(hit.fit >= CLEAR for hit in listed)
        rest = len(self.fitting) > len(listed) and not any(self.said.more_fit[-5:] in c.text for c in self._claims())
        is_so = {hit.paper.arxiv_id for hit in listed} == set(entries) and (sure, len(listed) - sure) == (
            clear,
            borderline,
        )
        return len(entries) == clear + borderline and (not self.section.is_alone or (is_so and not rest))

    def _claims(self) -> list[Claim]:
        return [claim for _, claims in self.section.lines for claim in claims]

    def _more_fit(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        left = len(self.fitting) - len(self.section.entries())
        return not self.section.is_alone or told["count"] == str(left)

    def _next_ones(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        entries, listed = self.section.entries(), self.section.query.listed
        left = [hit for hit in self._left() if hit.paper.arxiv_id not in {*entries, *listed}]
        said = [int(told[name]) for name in ("count", "listed", "left")]
        return said == [len(entries), len(listed), len(left)] and not {*entries} & {*listed}

    def _no_more_fit(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        entries = self.section.entries()
        best = max((hit.fit for hit in self.section.answer.hits if hit.paper.arxiv_id in entries), default=0.0)
        is_so = told["listed"] == str(len(self.section.query.listed)) and told["best"] == str(round(100 * best))
        return is_so and not self._left()

    def _nothing_left(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return told["listed"] == str(len(self.section.query.listed)) and not self.section.entries()

    def _left(self) -> list[Hit]:
        hits, listed = self.section.answer.hits, self.section.query.listed
        least = fit.least(hits, "paper")
        return [hit for hit in hits if hit.fit >= least and hit.paper.arxiv_id not in listed]

    def _group_of(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        """By month and category counted anew; of themes, what is told below, and that none is told twice."""
        label, count, query = plain(told["label"]), int(told["count"]), self.section.query
        below = self._entries_below(line)
        if query.wants is Wants.SURVEY:
            return count == len(below) and all(self._is_of(label, paper) for paper in below)
        whole = self.own if query.group in ("month", "category") else ()
        if whole and label != self.said.rest:
            return count == sum(self._is_of(label, p) for p in whole) and all(self._is_of(label, p) for p in below)
        counts = [int(found[1]) for claim in self._claims() if (found := _group_shape(self.said.group_of)(claim.text))]
        return len(below) <= count and sum(counts) == min(len(self.own), 1500)

    def _is_of(self, label: str, paper: Paper) -> bool:
        by = self.section.query.group
        return label == {"month": paper.month, "category": paper.primary_category}.get(by, label)

    def _entries_below(self, line: int) -> list[Paper]:
        below: list[Paper] = []
        for text, _ in self.section.lines[line + 1 :]:
            if text and not text.startswith("- "):
                break
            below += [self.papers[i] for i in CITE.findall(text)[:1]]
        return below

    def _counted(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return told.get("count", "1") == str(len(self.own))

    _counted_one = _covers = _covers_one = _new = _new_one = _counted

    def _counted_more(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        listed = sum(line.startswith(f"- {CLAIM}") for line, _ in self.section.lines)
        return told["count"] == str(len(self.own) - listed)

    def _listed(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        """A line of a catalogue: `[id](…) **Title** (cs.CV, 2025-11)`."""
        paper = self.papers[told["id"]]
        is_own = paper in self.own or paper.arxiv_id in self.section.query.papers
        said = (plain(told["title"]), told["category"], told["month"])
        return is_own and said == (plain(paper.title), paper.primary_category, paper.month)

    def _total(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return told["count"] == str(len(self.papers))

    _can_do = _total

    def _by_category(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return told["listed"] == _most(c for p in self.papers.values() for c in {*p.categories, p.primary_category})

    def _by_month(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return told["listed"] == _most(paper.month for paper in self.papers.values())

    def _by_author(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        names = [name for paper in self.papers.values() for name in set(paper.authors)]
        return abs(int(told["count"]) - len({name.casefold() for name in names})) <= len(names) // 100 and all(
            Counter(names)[pair.rsplit(" ", 1)[0]] <= int(pair.rsplit(" ", 1)[1]) for pair in told["listed"].split(", ")
        )

    def _largest_categories(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        every = (c for p in self.papers.values() for c in {*p.categories, p.primary_category})
        first = (paper.primary_category for paper in self.own)
        return told["listed"] == _most(first if self.section.query.filters else every, 6)

    def _extreme(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        order = sorted(self.own, key=lambda paper: (paper.month, paper.arxiv_id))
        wanted = order[0] if told["which"] == self.words.earliest else order[-1]
        found = re.fullmatch(_TITLED, told["paper"])
        return (
            bool(found)
            and (found[1], plain(found["title"]))  # type: ignore[index]
            == (wanted.arxiv_id, plain(wanted.title))
            and told["category"] == wanted.primary_category
        )

    def _none_within(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return not self.own

    _nothing_in = _none_within

    def _nothing_newer(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return not self.own and told["last"] == self.span[1]

    def _unknown_words(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return not any(_holds(paper, word) for word in _listed_words(told) for paper in self.papers.values())

    def _lacks(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return about is not None and not any(_holds(about, word) for word in _listed_words(told))

    def _not_there(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        paper = self.papers[CITE.findall(told["paper"])[0]]
        return not any(_holds(paper, word) for word in _listed_words(told))

    def _no_number(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return about is not None and not re.search(r"\d", about.abstract + about.summary.tldr)

    def _is_from(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        assert about is not None
        is_so = (told["month"], told["category"]) == (about.month, about.primary_category)
        return is_so and about not in self.own

    def _months(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        months = sorted({paper.month for paper in self.papers.values()})
        return told["months"] in (", ".join(months), f"{months[0]} – {months[-1]}")

    def _mentioned(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        name = plain(told["name"]).casefold()
        speaking = {paper.arxiv_id for paper in self.papers.values() if name in _all_of(paper)}
        return set(CITE.findall(told["papers"])) == speaking

    def _written_by(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        found = re.fullmatch(_TITLED, told["paper"])
        paper = self.papers[found[1]] if found else None
        said = (plain(found["title"]), plain(told["authors"])) if found else ()
        return paper is not None and said == (plain(paper.title), plain(", ".join(paper.authors) or "?"))

    def _gone(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return not {*told["ids"].split(", ")} & {*self.papers}

    def _from_sample(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return told["sample"] == str(min(1500, len(self.own)))

    def _reckoned(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return told["day"] == self.span[1]

    def _undated(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return len(self.span[1]) == 7 and told["month"] <= self.span[1]

    def _by_submission(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return len(self.span[1]) == 7

    # Trends

    def _fraction(self, month: str) -> tuple[str, str]:
        of = sum(paper.month == month for paper in self.own)
        part = sum(hit.paper.month == month for hit in self._on_topic())
        return f"{part}/{of}", f"{100 * part / of:.1f} %"

    def _on_topic(self) -> list[Hit]:
        """Those that fit, and those that hold every word asked for."""
        return [hit for hit in self.section.answer.hits if hit in self.fitting or hit.why.coverage > 0.999]

    def trend_rows(self, rows: Sequence[Sequence[str]]) -> Iterator[str]:
        months = sorted({paper.month for paper in self.own})[-12:]
        wanted = [[month, *self._fraction(month)[0].split("/"), self._fraction(month)[1]] for month in months]
        if self.section.is_alone and [list(row) for row in rows] != wanted:
            yield f"a table of {rows}, counted {wanted}"

    def _trend_flat(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        ends = all(
            (told[f"{end}_count"], told[f"{end}_share"]) == self._fraction(told[end]) for end in ("first", "last")
        )
        first, last = (eval_share(told[f"{end}_count"]) for end in ("first", "last"))
        ways = {self.said.more: last > first, self.said.less: last < first}
        return told["first"] < told["last"] and ends and ways.get(told.get("direction", ""), True)

    _trend_clear = _trend_flat

    def _trend_most(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        fractions = {month: self._fraction(month) for month in {paper.month for paper in self.own}}
        count = {month: int(fraction.split("/")[0]) for month, (fraction, _) in fractions.items()}
        share = {month: eval_share(fraction) for month, (fraction, _) in fractions.items()}
        most, densest = told["most"], told["densest"]
        return (count[most], share[densest]) == (max(count.values()), max(share.values())) and (
            told["count"],
            told["share"],
        ) == (str(count[most]), fractions[densest][1])

    def _trend_one(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return {told["month"]} == {paper.month for paper in self.own}

    def _trend_two(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return int(told["count"]) == len({paper.month for paper in self.own}) < 3

    def _trend_at_least(self, told: Mapping[str, str], about: Paper | None, line: int) -> bool:
        return int(told["depth"]) == len(self.section.answer.hits) == len(self._on_topic())


@cache
def _shapes(language: Language) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Every wording as a pattern with its blanks as groups, by name; and those that code joins."""
    words, said = _WORDINGS[language]
    shapes = {f.name: _shape(value) for w in (words, said) for f in fields(w) if _is_text(value := getattr(w, f.name))}
    scope, end = _shape(words.scope), "。" if language is Language.CHINESE else r"\."
    for name in ("by_category", "by_month", "by_author"):
        shapes[name] += r" (?P<listed>.+)"
    joined = [("count_line", rf"{shapes.pop(name)}(?:, |，){scope}{end}") for name in _COUNT_LINES]
    listed = rf"{_TITLED.replace('([', '(?P<id>[', 1).replace(chr(92) + '1', '(?P=id)', 1)}"
    joined.append(("listed", rf"{listed} \((?P<category>[\w.-]+), (?P<month>\d{{4}}-\d\d)\)"))
    return tuple((name, re.compile(shape)) for name, shape in (*shapes.items(), *joined))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) > 3


def _shape(template: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", lambda blank: f"(?P<{blank[1]}>.*?)", re.escape(template))


def _group_shape(template: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(_shape(template).replace("(?P<label>.*?)", ".+?").replace("(?P<count>.*?)", r"(\d+)")).fullmatch


def _passing(filters: Filters, papers: Mapping[str, Paper]) -> list[Paper]:
    return [paper for paper in papers.values() if _passes(paper, filters)]


def _passes(paper: Paper, filters: Filters) -> bool:
    first = min((str(a.day) for a in paper.appearances if a.day), default="")
    names = {name.casefold() for name in paper.authors}
    return (
        (not filters.categories or bool({*paper.categories, paper.primary_category} & {*filters.categories}))
        and (not filters.authors or any(name.casefold() in names for name in filters.authors))
        and (not filters.since or _when(paper, first, filters.since) >= _bound(filters.since, "01", first))
        and (not filters.until or _when(paper, first, filters.until) <= _bound(filters.until, "12", first))
        and (not filters.arxiv_ids or paper.arxiv_id in filters.arxiv_ids)
        and (filters.max_authors is None or len(paper.authors) <= filters.max_authors)
    )


def _when(paper: Paper, first: str, bound: str) -> str:
    """The day that first listed it, where one is known and a day is asked for; else the month of its id."""
    return first if len(bound) > 7 and first else paper.month


def _bound(bound: str, month: str, first: str) -> str:
    return f"{bound}-{month}" if len(bound) == 4 else bound if first else bound[:7]


def _by_month(filters: Filters) -> Filters:
    return replace(filters, since=filters.since[:7], until=filters.until[:7])


def _conditions(filters: Filters) -> str:
    span = [filters.since or "…", filters.until or "…"] if filters.since or filters.until else []
    told = [*filters.categories, *filters.authors, *([" – ".join(dict.fromkeys(span))] if span else [])]
    told += [f"≤ {filters.max_authors} author"] if filters.max_authors is not None else []
    return f" ({', '.join(told)})" if told else ""


def _fitting(hits: Sequence[Hit]) -> list[Hit]:
    """Those that fit by the calibrated cut, the best one at least."""
    if not hits:
        return []
    least = fit.least(hits, "paper")
    return [hit for hit in hits if hit.fit >= least] or [min(hits, key=lambda hit: hit.rank)]


def eval_share(fraction: str) -> float:
    part, whole = fraction.split("/")
    return int(part) / int(whole)


def _most(names: Iterator[str], most: int = 20) -> str:
    counted = sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {count}" for name, count in counted[:most])


def _listed_words(told: Mapping[str, str]) -> list[str]:
    return [plain(word).casefold() for word in told["words"].split(", ")]


def _holds(paper: Paper, word: str) -> bool:
    """Whether the word stands in the paper's text as it is written; a Chinese one anywhere, others from end to end."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", _all_of(paper)))


@cache
def _all_of(paper: Paper) -> str:
    said = paper.summary
    parts = (paper.title, paper.abstract, said.tldr, said.motivation, said.method, said.result, said.conclusion)
    return "\n".join(parts).casefold()


def plain(text: str) -> str:
    """Without backslashes: Markdown's are put in, formulas have some of their own."""
    return " ".join(text.replace("\\", "").split())
