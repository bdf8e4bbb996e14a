"""Papers side by side: a column a paper, a row a section of the digest, in each cell what bears on the question."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Evidence, Hit
from assistant.draft import Draft, Materials, table_lines, titled
from assistant.one_paper import fact, fitting, in_order, is_readable
from ingest.paper import Paper, Section

_COMPARED = 2
_COMPARE_CHARACTERS = 760


def compare(materials: Materials, k: int | None) -> Draft:
    """A table: a column a paper, a row a section of the digest, in each cell what bears on the question."""
    papers = [hit.paper for hit in _compared(materials)]
    if len(papers) < _COMPARED:
        return fact(materials, k)
    draft, words = Draft(), materials.words
    chosen = [_to_compare(paper, _COMPARE_CHARACTERS // len(papers), materials) for paper in papers]
    rows = [(words.paper, *(titled(paper) for paper in papers))]
    for section in Section:
        cells = [[evidence for evidence in column if evidence.section is section] for column in chosen]
        if any(cells):
            rows.append((words.fields[section], *(" ".join(map(draft.quote, cell)) or "–" for cell in cells)))
    draft.table = tuple(rows)
    draft.lines += table_lines(rows)
    return draft


def _to_compare(paper: Paper, characters: int, materials: Materials) -> list[Evidence]:
    """The sentences of a paper that bear on the question most, in its language if the paper has any, in order."""
    best = materials.evidence.best([paper])[paper.arxiv_id]
    readable = [evidence for evidence in best if is_readable(evidence, materials.query)]
    return in_order(fitting(readable or best, characters))


def _compared(materials: Materials) -> Sequence[Hit]:
    hits, named = materials.ranking.hits, materials.query.papers
    return sorted(hits, key=lambda hit: hit.paper.arxiv_id not in named)[: max(_COMPARED, min(len(named), 4))]
