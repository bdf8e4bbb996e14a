"""Surveys: every paper of the library that fits, how many and how surely, each with its line of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant import fit
from assistant.answer import Evidence, Hit, Searched
from assistant.draft import Draft, Materials, days, titled
from assistant.follow import asks_for_more
from assistant.survey_wording import SurveyWording, survey_wording
from assistant.themes import grouped
from assistant.wording import Wording
from ingest.paper import Language, Paper
from ingest.sentence import language_of

CLEAR_FIT = 0.6
_MOST_SURVEYED = 30
_MORE = 10
_BELOW_THE_CUT = 5
# A line of evidence is read at a glance: so many characters, where a sentence of them is nearly as telling (a
# difference of logarithmic odds) as the best.
_GLANCE = {Language.ENGLISH: 240, Language.CHINESE: 120}
_NEARLY = 1.5
_SCRAP = 15  # characters; less is a heading


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
    for group in grouped([hit.paper for hit in kept], materials.query.group, materials.library):
        heading = said.group_of.format(label=group.label or said.rest, count=len(group.papers))
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
    return titled(paper) + mark + "".join(f": {draft.quote(evidence)}" for evidence in at_a_glance(everything))


def at_a_glance(best_first: Sequence[Evidence]) -> list[Evidence]:
    """The one sentence that says why a paper fits: the best short one that is nearly as telling as the best, else the
    best. None of none."""
    near = [evidence for evidence in best_first if evidence.score >= best_first[0].score - _NEARLY]
    short = [e for e in near if len(e.text) <= _GLANCE[language_of(e.text)] and len(e.text) >= _SCRAP]
    return (short or near)[:1]


def _said(materials: Materials) -> SurveyWording:
    return survey_wording(materials.query.language)
