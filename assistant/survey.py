"""Surveys: every paper of the library that fits, how many and how surely, each with its line of evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from assistant import fit
from assistant.answer import Evidence, Hit, Searched
from assistant.draft import Draft, Materials, days, escape, titled
from assistant.evidence import SUMS_UP, is_background
from assistant.follow import asks_for_more
from assistant.lexical import words_of
from assistant.phrasing import QUANTITY
from assistant.survey_wording import SurveyWording, survey_wording
from assistant.themes import grouped
from assistant.wording import Wording
from ingest.paper import Language, Paper, Section
from ingest.sentence import language_of

CLEAR_FIT = 0.6
_MOST_SURVEYED = 30
_MORE = 10
_BELOW_THE_CUT = 5
# A line of evidence is read at a glance: so many characters, where a sentence of them is nearly as telling (a
# difference of logarithmic odds) as the best.
_GLANCE = {Language.ENGLISH: 240, Language.CHINESE: 120}
_NEARLY = 2.5
_SCRAP = 15  # characters; less is a heading
# In logarithmic odds: all words of the question are in it, it says what the paper does, or what others do, or measured.
_TOPICAL, _DOES, _OTHERS, _MEASURES = 2.5, 1.0, 2.0, 1.3
_FIGURE = re.compile(r"(?<![\w.-])\d+(?:[.,]\d+)*(?![\w-]*[A-Za-z])")


def surveyed(hits: Sequence[Hit], k: int | None = None) -> tuple[Hit, ...]:
    """The hits that belong in a survey: those that fit, the best one at least, `k` at most."""
    return fitting(hits)[: k or _MOST_SURVEYED]


def fitting(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """All hits that fit, the best one at least."""
    least = fit.least(hits, "paper")
    return tuple(hit for hit in hits if hit.fit >= least) or tuple(hits[:1])


def survey(materials: Materials, k: int | None) -> Draft:
    if asks_for_more(materials.query.text) and materials.query.listed:
        return _more(materials, k)
    draft, words = Draft(), materials.words
    everything = fitting(materials.ranking.hits)
    kept = everything[: k or _MOST_SURVEYED]
    materials.evidence.best([hit.paper for hit in kept])  # all at once, for one look into the library
    clear = [hit for hit in kept if hit.fit >= CLEAR_FIT]
    borderline = [hit for hit in kept if hit.fit < CLEAR_FIT]
    draft.lines += [draft.record(_count_line(words, len(clear), len(borderline), materials.searched)), ""]
    if materials.query.group:
        _in_groups(draft, kept, materials)
    else:
        draft.lines += [f"{n}. {_entry(draft, hit.paper, materials)}" for n, hit in enumerate(clear, 1)]
        if borderline:
            draft.lines += ["", words.borderline, ""] if clear else []
            draft.lines += [f"- {_entry(draft, hit.paper, materials)}" for hit in borderline]
    if len(everything) > len(kept):
        left = _said(materials).more_fit.format(count=len(everything) - len(kept))
        draft.lines += ["", draft.record(left)]
    return draft


def _in_groups(draft: Draft, kept: Sequence[Hit], materials: Materials) -> None:
    said, held = _said(materials), {hit.paper.arxiv_id: hit for hit in kept}
    groups = grouped([hit.paper for hit in kept], materials.query.group, materials.library)
    for group in groups:
        if group.label or len(groups) > 1:  # what is all there is needs no name
            heading = said.group_of.format(label=escape(group.label or said.rest), count=len(group.papers))
            draft.lines += [*([""] if draft.lines[-1] else []), draft.record(heading), ""]
        best_first = sorted(group.papers, key=lambda paper: held[paper.arxiv_id].rank)
        draft.lines += [f"- {_marked_entry(draft, held, paper, materials)}" for paper in best_first]


def _marked_entry(draft: Draft, held: Mapping[str, Hit], paper: Paper, materials: Materials) -> str:
    mark = _said(materials).mark_borderline if held[paper.arxiv_id].fit < CLEAR_FIT else ""
    return _entry(draft, paper, materials, mark)


def _more(materials: Materials, k: int | None) -> Draft:
    """The next best after those that were listed already, their numbers going on; what fits less is said to."""
    draft, said, listed = Draft(), _said(materials), materials.query.listed
    hits = materials.ranking.hits
    rest = [hit for hit in hits if hit.paper.arxiv_id not in listed]
    least = fit.least(hits, "paper")
    left = [hit for hit in rest if hit.fit >= least]
    shown = left[: k or _MORE] or rest[: k or _BELOW_THE_CUT]
    materials.evidence.best([hit.paper for hit in shown])
    shape = said.next_ones if left else said.no_more_fit if shown else said.nothing_left
    scope = _scope(materials.words, materials.searched)
    best = round(100 * max((hit.fit for hit in shown), default=0.0))
    count = {"count": len(shown), "listed": len(listed), "left": len(left) - len(shown), "best": best}
    draft.lines += [draft.record(shape.format(scope=scope, **count)), ""]
    for n, hit in enumerate(shown, len(listed) + 1):
        mark = said.mark_borderline if left and hit.fit < CLEAR_FIT else ""
        draft.lines.append(f"{n}. {_entry(draft, hit.paper, materials, mark)}")
    return draft


def _count_line(words: Wording, clear: int, borderline: int, searched: Searched) -> str:
    shape = words.clear_and_borderline if borderline and clear else words.clear if clear else words.only_borderline
    counts = shape.format(clear=clear, borderline=borderline)
    return f"{counts}{_scope(words, searched)}{'。' if words.scope.startswith('共') else '.'}"


def _scope(words: Wording, searched: Searched) -> str:
    scope = words.scope.format(papers=searched.papers, days=days(words, searched))
    return f"{'，' if words.scope.startswith('共') else ', '}{scope}"


def _entry(draft: Draft, paper: Paper, materials: Materials, mark: str = "") -> str:
    everything = materials.evidence.best([paper])[paper.arxiv_id]
    why = at_a_glance(everything, lambda evidence: _worth(evidence, paper, materials))
    return titled(paper) + mark + "".join(f": {draft.quote(evidence)}" for evidence in why)


def at_a_glance(sentences: Sequence[Evidence], worth: Callable[[Evidence], float]) -> list[Evidence]:
    """The one sentence that says why a paper fits: the best short one that is nearly as telling as the best, else the
    best. None of none. `worth` is in logarithmic odds."""
    scores = {evidence: worth(evidence) for evidence in sentences if len(evidence.text) >= _SCRAP}
    best_first = sorted(scores, key=lambda evidence: -scores[evidence])
    near = [evidence for evidence in best_first if scores[evidence] >= scores[best_first[0]] - _NEARLY]
    short = [evidence for evidence in near if len(evidence.text) <= _GLANCE[language_of(evidence.text)]]
    return (short or near)[:1]


def _worth(evidence: Evidence, paper: Paper, materials: Materials) -> float:
    """The odds that the sentence answers, and more where it speaks of the topic and says what the paper does."""
    words = frozenset(words_of(evidence.text))
    topical = max(reading.share(reading.among(words)) for reading in materials.ranking.readings)
    does = evidence.section is Section.TLDR or bool(SUMS_UP.search(evidence.text))
    measures = bool(_FIGURE.search(evidence.text)) and not QUANTITY.search(materials.query.text)
    return (
        evidence.score
        + _TOPICAL * topical
        + _DOES * does
        - _OTHERS * is_background(evidence, paper)
        - _MEASURES * measures
    )


def _said(materials: Materials) -> SurveyWording:
    return survey_wording(materials.query.language)
