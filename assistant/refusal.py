"""Whether what was found answers the question at all, and what is said where nothing does."""

from __future__ import annotations

from assistant import fit
from assistant.answer import Query, Wants
from assistant.catalogue import nobody
from assistant.draft import Draft, Materials, days, escape, titled
from assistant.names import COINED, fold, quoted_in
from assistant.people import TOKEN
from assistant.phrasing import CALLED
from assistant.retrieve import Ranking

_NEAREST = 3


def is_unanswerable(query: Query, ranking: Ranking) -> bool:
    """Whether what was found is too little to be an answer. A paper that the question names always is one.

    Nor does a paper answer for another whose title the question gives, or who wrote a thing that has a name of its
    own, unless its title holds that.
    """
    if any(hit.paper.arxiv_id in query.papers for hit in ranking.hits):
        return False
    if query.papers and not ranking.lexical.row.keys() & query.papers:
        return True
    if ranking.hits and not all(fold(name) in fold(ranking.hits[0].paper.title) for name in _told_names(query)):
        return True
    return ranking.answerable < fit.least(ranking.hits, "answerable") * (0.3 if query.follows else 1.0)


def _told_names(query: Query) -> list[str]:
    """Names that the paper asked for must have in its title."""
    asks_authors = query.wants is Wants.AUTHORS
    titles = quoted_in(query.text) if asks_authors or CALLED.search(query.text) else []
    return titles + ([word for word in TOKEN.findall(query.search_text) if COINED.match(word)] if asks_authors else [])


def refusal(materials: Materials) -> Draft:
    """What was searched, which of the question's words no digest holds, and the nearest papers as such."""
    if not materials.searched.papers:
        return nobody(materials)
    draft, words, ranking = Draft(abstained=True), materials.words, materials.ranking
    if len(gone(materials)) == len(materials.query.papers) > 0:  # that is said already
        return draft
    scope = words.none.format(papers=materials.searched.papers, days=days(words, materials.searched))
    draft.lines.append(draft.record(scope))
    if unknown := ranking.unknown_words():
        draft.lines.append(draft.record(words.unknown_words.format(words=", ".join(map(escape, unknown)))))
    if ranking.hits:
        near = ", ".join(titled(hit.paper) for hit in ranking.hits[:_NEAREST])
        draft.lines += ["", words.nearest.format(papers=near)]
    return draft


def gone(materials: Materials) -> list[str]:
    """Ids that the question names and that the library does not hold."""
    return [arxiv_id for arxiv_id in materials.query.papers if arxiv_id not in materials.ranking.lexical.row]
