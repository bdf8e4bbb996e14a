"""What a part of the library is about or what is new in it, how a topic fares by month, and what one can ask."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

from assistant.answer import Evidence, Hit
from assistant.broad import ASKS_WHICH_MONTH
from assistant.catalogue import conditions
from assistant.draft import Draft, Materials, days, escape, table_lines, titled
from assistant.evidence import SUMS_UP
from assistant.retrieve import evidence_of
from assistant.survey import fitting
from assistant.survey_wording import SurveyWording, survey_wording
from assistant.themes import THEME, Group, grouped, labels, sampled, themes
from ingest.paper import Filters, Language, Paper, Section, month_of
from ingest.sentence import language_of, sentences_of

_GROUPS = 8
_TOLD = 2
_LONGEST_QUOTE = 260
_GREETED = 200  # papers whose themes make questions: a greeting waits for no more
_LONG_LIST = 12  # months of a table; more are cut to the newest
TREND_DEPTH = 500
_EVERY_WORD = 0.99  # of the weight of the topic's words
_CHANCE = 1.96  # standard errors; what lies within may be chance at 95 %
_THANKS = re.compile(r"thank|thx|\bty\b|cheers|bye|good ?night|see you|谢|再见|拜拜", re.IGNORECASE)
_SHORT_NAME = re.compile(r"^([A-Z][\w+-]{2,20})\s*:")


def overview(materials: Materials) -> Draft:
    """How many papers, over which days, and in what themes, months or categories, the middle ones of each quoted."""
    query, library, said = materials.query, materials.library, _said(materials)
    ids = library.select(query.filters)
    if not ids:
        return _nothing(materials)
    places = sampled(ids)
    papers = list(library.papers([ids[n] for n in places]).values())
    draft = Draft()
    draft.lines += [draft.record(line) for line in _opening(materials, len(ids))]
    by = query.group or THEME
    groups = grouped(papers, by, library)
    if by == THEME and len(ids) > len(papers):
        draft.lines.append(draft.record(said.from_sample.format(sample=len(papers))))
    draft.lines += ["", said.themes] if by == THEME and len(groups) > 1 else []
    shown = [group for group in groups if group.label][:_GROUPS] or groups[:1]
    for group in shown:
        _tell(draft, group, materials, named=bool(group.label) or len(groups) > 1)
    if left := len(papers) - sum(len(group.papers) for group in shown):
        draft.lines += ["", draft.record(said.group_of.format(label=said.rest, count=left))]
    return draft


def _opening(materials: Materials, count: int) -> list[str]:
    query, words, said = materials.query, materials.words, _said(materials)
    dated, told = len(materials.searched.last_day) > len("2026-02"), query.filters
    if not dated:  # then a day is no more than its month
        told = replace(told, since=told.since[:7], until=told.until[:7])
    if query.order == "newest":
        shape = said.new_one if count == 1 else said.new
    else:
        shape = said.covers_one if count == 1 else said.covers
    span = days(words, materials.searched)
    lines = [shape.format(count=count, conditions=conditions(told), of=materials.searched.of, days=span)]
    if not query.filters:
        lines = [words.total.format(count=count, days=span)]
    if query.reckoned and dated:
        lines.append(said.reckoned.format(day=materials.searched.last_day))
    elif query.reckoned:
        lines.append(said.undated.format(month=query.filters.until))
    elif len(query.filters.since or query.filters.until) > len("2026-02") and not dated:
        lines.append(said.by_submission)
    if not query.filters.categories and not query.group:
        counted: dict[str, int] = {}
        for paper in materials.library.papers(materials.library.select(query.filters)[:TREND_DEPTH]).values():
            counted[paper.primary_category] = counted.get(paper.primary_category, 0) + 1
        if not query.filters:
            counted = materials.library.categories()
        largest = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:6]
        if count <= TREND_DEPTH or not query.filters:
            lines.append(said.largest_categories.format(listed=", ".join(f"{name} {n}" for name, n in largest)))
    return lines


def _tell(draft: Draft, group: Group, materials: Materials, named: bool) -> None:
    """Tells of a group by its middle papers. `named`: it is one of several, or has a label."""
    said = _said(materials)
    heading = said.group_of.format(label=escape(group.label or said.rest), count=len(group.papers))
    draft.lines += ["", draft.record(heading), ""] if named else [""]
    middle = group.papers[:_TOLD]
    if materials.query.group not in ("", THEME):  # by month or category: from the middle of what they are about
        inner = themes(group.papers, materials.library)
        middle = tuple(part.papers[0] for part in inner if part.label)[:_TOLD] or middle
    for paper in middle:
        told = "".join(f": {draft.quote(evidence)}" for evidence in told_by(paper, materials.query.language))
        draft.lines.append(f"- {titled(paper)}{told}")


def told_by(paper: Paper, language: Language) -> list[Evidence]:
    """The one sentence that says what a paper does: the TL;DR's where that is in this language, else the abstract's."""
    sentences = sentences_of(paper)
    own = [s for s in sentences if s.section is Section.TLDR and language_of(s.text) is language]
    abstract = [s for s in sentences if s.section is Section.ABSTRACT]
    sums_up = [s for s in abstract if SUMS_UP.search(s.text)]
    choice = [*own[:1], *sums_up, *abstract, *sentences]
    fitted = [s for s in choice if len(s.text) <= _LONGEST_QUOTE] or choice
    return [evidence_of(fitted[0], 0.0)] if fitted else []


def _nothing(materials: Materials) -> Draft:
    draft, said, searched = Draft(abstained=True), _said(materials), materials.searched
    filters, span = materials.query.filters, days(materials.words, materials.searched)
    newer = filters.since[: len(searched.last_day)] > searched.last_day
    shape = said.nothing_newer if newer else said.nothing_in
    line = shape.format(last=searched.last_day, papers=searched.of, days=span, conditions=conditions(filters))
    draft.lines.append(draft.record(line))
    return draft


# --- trends


def trend(materials: Materials, k: int | None = None) -> Draft:
    """How many papers of each month fit the topic, of how many that the library holds, and whether that is a change."""
    draft, said, searched = Draft(), _said(materials), materials.searched
    counts = _counted(materials)
    on_topic = _on_topic(materials.ranking.hits)
    fit = {month: sum(hit.paper.month == month for hit in on_topic) for month in counts}
    told = _verdict(counts, fit, said)
    if len(told) > 1 and ASKS_WHICH_MONTH.search(materials.query.text):  # then that comes first
        told[:2] = told[1::-1]
    draft.lines += [draft.record(line) for line in told]
    newest = sorted(counts)[-_LONG_LIST:]
    rows = [(month, str(fit[month]), str(counts[month]), _share(fit[month], counts[month])) for month in newest]
    draft.table = (said.trend_head, *rows)
    draft.lines += ["", *table_lines(draft.table), ""]
    note = said.trend_note.format(papers=searched.papers, days=days(materials.words, searched))
    draft.lines += [draft.record(note), draft.record(_how_partial(newest, materials))]
    if len(on_topic) == len(materials.ranking.hits) < searched.papers:
        draft.lines.append(draft.record(said.trend_at_least.format(depth=len(materials.ranking.hits))))
    draft.lines += ["", said.examples, ""]
    draft.lines += [f"- {titled(hit.paper)} ({hit.paper.month})" for hit in fitting(materials.ranking.hits)[:3]]
    return draft


def _on_topic(hits: Sequence[Hit]) -> list[Hit]:
    """Those that a survey lists, and those that hold every word: of a broad topic a survey lists but the foremost."""
    listed = {hit.paper.arxiv_id for hit in fitting(hits)}
    return [hit for hit in hits if hit.paper.arxiv_id in listed or hit.why.coverage >= _EVERY_WORD]


def _how_partial(months: Sequence[str], materials: Materials) -> str:
    """On how many of a month's days there is a digest here."""
    said, days_read = _said(materials), {digest.day for digest in materials.library.digests() if digest.day}
    if not days_read:
        return said.trend_undated
    read = Counter(day.strftime("%Y-%m") for day in days_read)
    known = [month for month in months if read[month]]
    if not known:
        return said.trend_elsewhere
    listed = ", ".join(f"{month} {read[month]}/{monthrange(*map(int, month.split('-')))[1]}" for month in known)
    return said.trend_days.format(listed=listed)


def _counted(materials: Materials) -> dict[str, int]:
    """Papers by month, of those that pass the filters."""
    filters, library = materials.query.filters, materials.library
    if not filters:
        return library.months()
    counts: dict[str, int] = {}
    for arxiv_id in library.select(filters):
        month = month_of(arxiv_id)
        counts[month] = counts.get(month, 0) + 1
    return counts


def _verdict(counts: dict[str, int], fit: dict[str, int], said: SurveyWording) -> list[str]:
    months = sorted(counts)
    if len(months) == 1:
        return [said.trend_one.format(month=months[0])]
    first, last = _ends(months, counts)
    shares = fit[first] / counts[first], fit[last] / counts[last]
    pooled = (fit[first] + fit[last]) / (counts[first] + counts[last])
    error = sqrt(pooled * (1 - pooled) * (1 / counts[first] + 1 / counts[last]))
    told = {
        "first": first,
        "last": last,
        "first_count": f"{fit[first]}/{counts[first]}",
        "last_count": f"{fit[last]}/{counts[last]}",
        "first_share": _share(fit[first], counts[first]),
        "last_share": _share(fit[last], counts[last]),
        "direction": said.more if shares[1] > shares[0] else said.less,
    }
    clear = abs(shares[1] - shares[0]) > _CHANCE * error and error > 0
    most = max(months, key=lambda month: (fit[month], month))
    densest = max(months, key=lambda month: (fit[month] / counts[month], month))
    share = _share(fit[densest], counts[densest])
    lines = [
        (said.trend_clear if clear else said.trend_flat).format(**told),
        said.trend_most.format(most=most, count=fit[most], densest=densest, share=share),
    ]
    return [*lines, said.trend_two.format(count=len(months))] if len(months) < 3 else lines


def _ends(months: Sequence[str], counts: dict[str, int]) -> tuple[str, str]:
    """First and last month that hold enough papers to say anything, where there are such."""
    enough = [month for month in months if counts[month] >= 10]
    held = enough if len(enough) > 1 else months
    return held[0], held[-1]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


# --- greetings


def hello(materials: Materials) -> Draft:
    """What the library holds, and three questions that it can answer. It cites nothing."""
    draft, said, library = Draft(), _said(materials), materials.library
    greeting = said.thanks if _THANKS.search(materials.query.text) else said.hello
    line = said.can_do.format(count=materials.searched.of, days=days(materials.words, materials.searched))
    draft.lines += [greeting, draft.record(line), "", said.examples, ""]
    draft.lines += [f"- {question}" for question in _questions(materials, library.select(Filters()))]
    return draft


def _questions(materials: Materials, ids: Sequence[str]) -> list[str]:
    """Of the library's largest theme, of a paper with a name of its own, of a category in the fullest month."""
    said, library = _said(materials), materials.library
    papers = list(library.papers(ids[:: max(1, len(ids) // _GREETED)][:_GREETED]).values())
    named = [group for group in themes(papers, library) if group.label]
    label = named[0].label if named else labels([papers[:1]])[0]
    questions = [said.ask_theme.format(label=escape(label.split(", ")[0]))] if label else []
    middles = [paper for group in named[1:] or named for paper in group.papers] or papers
    name = next((found[1] for paper in middles if (found := _SHORT_NAME.match(paper.title))), f"“{middles[0].title}”")
    questions.append(said.ask_paper.format(name=escape(name)))
    months, categories = library.months(), library.categories()
    month = max(months, key=lambda month: (months[month], month))
    category = next((c for c in categories if library.select(Filters((c,), since=month, until=month))), "")
    return [*questions, said.ask_month.format(category=category, month=month)]


def _said(materials: Materials) -> SurveyWording:
    return survey_wording(materials.query.language)
