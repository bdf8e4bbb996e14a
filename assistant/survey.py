"""Surveys: every paper of the library that fits, how many and how surely, each with its line of evidence."""

from __future__ import annotations

from collections.abc import Sequence

from assistant import fit
from assistant.answer import Hit, Searched
from assistant.draft import Draft, Materials, days, titled
from assistant.follow import asks_for_more
from assistant.wording import Wording
from ingest.paper import Paper

CLEAR_FIT = 0.6
_MOST_SURVEYED = 30
_MORE = 5


def surveyed(hits: Sequence[Hit], k: int | None = None) -> tuple[Hit, ...]:
    """The hits that belong in a survey: those that fit, the best one at least, `k` at most."""
    least = fit.least(hits, "paper")
    kept = [hit for hit in hits if hit.fit >= least] or list(hits[:1])
    return tuple(kept[: k or _MOST_SURVEYED])


def survey(materials: Materials, k: int | None) -> Draft:
    draft, words = Draft(), materials.words
    kept = _beyond(materials, k) if asks_for_more(materials.query.text) else surveyed(materials.ranking.hits, k)
    materials.evidence.best([hit.paper for hit in kept])  # all at once, for one look into the library
    clear = [hit for hit in kept if hit.fit >= CLEAR_FIT]
    borderline = [hit for hit in kept if hit.fit < CLEAR_FIT]
    draft.lines += [draft.record(_count_line(words, len(clear), len(borderline), materials.searched)), ""]
    draft.lines += [f"{n}. {_entry(draft, hit.paper, materials)}" for n, hit in enumerate(clear, 1)]
    if borderline:
        draft.lines += ["", words.borderline, ""] if clear else []
        draft.lines += [f"- {_entry(draft, hit.paper, materials)}" for hit in borderline]
    return draft


def _beyond(materials: Materials, k: int | None) -> tuple[Hit, ...]:
    """The next best after those that were listed already."""
    listed = materials.query.recent
    return tuple(hit for hit in materials.ranking.hits if hit.paper.arxiv_id not in listed)[: k or _MORE]


def _count_line(words: Wording, clear: int, borderline: int, searched: Searched) -> str:
    shape = words.clear_and_borderline if borderline and clear else words.clear if clear else words.only_borderline
    counts = shape.format(clear=clear, borderline=borderline)
    scope = words.scope.format(papers=searched.papers, days=days(words, searched))
    return f"{counts}{'，' if words.scope.startswith('共') else ', '}{scope}{_stop(words)}"


def _entry(draft: Draft, paper: Paper, materials: Materials) -> str:
    best = materials.evidence.best([paper], 1)[paper.arxiv_id]
    return titled(paper) + "".join(f": {draft.quote(evidence)}" for evidence in best)


def _stop(words: Wording) -> str:
    return "。" if words.scope.startswith("共") else "."
