"""What code says around a model's prose: counts before it, and after it what it left out and what was searched.

It is taken from the extractive answer, so that with a model a survey names the same papers and counts them alike, and a
comparison has the same table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assistant import check
from assistant.answer import Support, Wants
from assistant.compose import compose
from assistant.draft import Draft, Materials, days

_NUMBERED = re.compile(r"^\d+\. ")


@dataclass(frozen=True, slots=True)
class Frame:
    """What an answer's prose stands between, made from the turn's materials by code alone."""

    materials: Materials
    drafts: tuple[tuple[Wants, Draft], ...]  # of each question that is answered by a list or a table

    def before(self) -> Draft:
        """The count of a survey, up to its first paper; empty for all else, and where several questions are asked."""
        if self.materials.parts or not self.drafts or self.drafts[0][0] is not Wants.SURVEY:
            return Draft()
        draft = self.drafts[0][1]
        return _of_lines(draft, draft.lines[: _first_entry(draft.lines)])

    def after(self, told: Collection[str], judged: str = "") -> Draft:
        """The papers of a survey that are not `told`, the table of a comparison, who judged, and what was searched."""
        several = bool(self.materials.parts)
        rest = [_untold(draft, told, several) if wants is Wants.SURVEY else draft for wants, draft in self.drafts]
        searched, closing = _searched(self.materials), Draft()
        if not self.before().text and not any(searched in draft.text for draft in rest):  # they say it
            closing.lines.append(closing.record(searched))
        after = joined(*rest, Draft([judged]), closing)
        after.table = self.drafts[0][1].table if len(self.drafts) == 1 else ()
        return after


def framed(materials: Materials, k: int | None) -> Frame:
    asked = [part for part in materials.parts or (materials,) if part.query.wants in (Wants.SURVEY, Wants.COMPARE)]
    composed = [(part.query.wants, compose(part, k)) for part in asked]
    return Frame(materials, tuple((wants, draft) for wants, draft in composed if wants is Wants.SURVEY or draft.table))


def joined(*drafts: Draft) -> Draft:
    """The drafts below each other, with an empty line between those that say something."""
    texts = [draft.text for draft in drafts if draft.text]
    return Draft(["\n\n".join(texts)] if texts else [], [claim for draft in drafts for claim in draft.claims])


def _first_entry(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(lines) if check.CITATION.search(line)), len(lines))


def _untold(draft: Draft, told: Collection[str], with_count: bool) -> Draft:
    """The list without the papers that are told already, and without its numbers, which would have gaps."""
    first = _first_entry(draft.lines)
    counted = {claim.text for claim in draft.claims if claim.support is Support.RECORD}
    lines: list[str] = []
    for line in reversed(draft.lines[first:]):
        entry = check.CITATION.search(line)
        below = next((after for after in lines if after), "")
        # A heading needs papers below it; what is counted is said.
        if entry[1] not in told if entry else line in counted or check.CITATION.search(below):
            lines.insert(0, _NUMBERED.sub("- ", line))
    return _of_lines(draft, [*draft.lines[:first], *lines] if with_count else lines)


def _of_lines(draft: Draft, lines: Sequence[str]) -> Draft:
    """Some of the lines, with the claims that stand in them."""
    return Draft(list(lines), [claim for claim in draft.claims if any(claim.text in line for line in lines)])


def _searched(materials: Materials) -> str:
    words, searched = materials.words, materials.searched
    return words.closing.format(papers=searched.papers, days=days(words, searched))
