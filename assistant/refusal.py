"""Whether what was found answers the question at all, and what is said where nothing does."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from assistant import fit
from assistant.answer import Hit, Query, Wants
from assistant.catalogue import nobody
from assistant.draft import Draft, Materials, cite, days, escape, titled
from assistant.lexical import LexicalIndex, words_of
from assistant.names import COINED, fold, quoted_in
from assistant.ordinary import is_ordinary
from assistant.people import TOKEN
from assistant.phrasing import CALLED, QUANTITY, any_of
from assistant.retrieve import Ranking
from ingest.paper import Paper, Section

_NEAREST = 3
_MOST_MONTHS = 12
# Who wrote what is described: so much of the description's weight must stand in the paper.
_DESCRIBED = 0.6
# Outside of the filters a paper is told where it holds so much of the question's weight.
_SAME_TOPIC = 0.8
# A word is worth telling that a paper lacks it where it weighs so much beside the rarest.
_WEIGHTY = 0.5
_MOST_TOLD = 3  # words
# A list is no refusal where one of its first papers holds all that was asked for, and fits so surely.
_ALL = 0.99
_SURELY = 0.6
_OF_ONE = {Wants.FACT, Wants.COMPARE, Wants.LOOKUP, Wants.SUMMARY, Wants.AUTHORS}
# What no abstract or summary tells, of whichever paper.
_NOT_IN_DIGESTS = any_of(
    r"\bhow (many citations|(often|many times) (is|was|has|have) .{0,60}\bcited)\b|\bcitation counts?\b|\bh-?index\b",
    r"\b(github|repo\w*) stars\b|\bhow many stars\b|\bbest[- ]paper awards?\b|\bstock price\b",
    r"\bweather (today|tomorrow)\b",
    r"\b(figure|table|section|equation|appendix) [a-z]?\d+\b|\bin the appendix\b|\breviewers? (say|said|scores?)\b",
    r"引用(次数|量|数)|被引|多少(颗|个)?(星|star)|最佳论文奖|(今天|明天)的?天气|股价|附录|[图表]\s*\d",
)


def is_unanswerable(query: Query, ranking: Ranking) -> bool:
    """Whether what was found is too little to be an answer. A paper that the question names always is one.

    Nor does a paper answer for another whose title the question gives, or who wrote a thing that has a name of its
    own, unless its title holds that; nor any for a name that no digest holds, or for what no digest tells.
    """
    if query.wants in _OF_ONE and _NOT_IN_DIGESTS.search(query.text):
        return True
    if any(hit.paper.arxiv_id in query.papers for hit in ranking.hits):
        return False
    if query.papers and not ranking.lexical.row.keys() & query.papers:
        return True
    if ranking.hits and not all(fold(name) in fold(ranking.hits[0].paper.title) for name in _told_names(query)):
        return True
    if query.wants in _OF_ONE and absent_names(query, ranking.lexical):
        return True
    if query.wants is Wants.AUTHORS and min(ranking.hits[0].why.coverage, _known(ranking)) < _DESCRIBED:
        return True
    if query.wants in (Wants.SURVEY, Wants.TREND) and _holds_everything(ranking):
        return False
    goes_on = query.follows and not (query.listed or query.group)  # a list refused before is not given by and by
    return ranking.answerable < fit.least(ranking.hits, "answerable") * (0.3 if goes_on else 1.0)


def _holds_everything(ranking: Ranking) -> bool:
    """Whether a leading paper holds every word: a broad topic, whose best papers do not stand out from the next."""
    leading = [hit for hit in ranking.hits[:_NEAREST] if hit.why.coverage >= _ALL and hit.fit >= _SURELY]
    return bool(leading) and not ranking.unknown_words()


def _known(ranking: Ranking) -> float:
    """The share of the weight of the question's own words that the library holds in any form or language; in [0, 1]."""
    own, unknown = ranking.readings[0], set(ranking.unknown_words())
    return own.share(word for word, typed in own.typed.items() if typed not in unknown)


def _told_names(query: Query) -> list[str]:
    """Names that the paper asked for must have in its title."""
    asks_authors = query.wants is Wants.AUTHORS
    titles = quoted_in(query.text) if asks_authors or CALLED.search(query.text) else []
    return titles + (_coined(query) if asks_authors else [])


def _coined(query: Query) -> list[str]:
    return [word for word in dict.fromkeys(TOKEN.findall(query.search_text)) if COINED.match(word)]


def absent_names(query: Query, lexical: LexicalIndex) -> list[str]:
    """Coined names in the question that no digest holds, not even with a slip mended.

    Not those in capitals only: so are measures and other abbreviations that a digest spells out.
    """
    return [
        name
        for name in _coined(query)
        if not name.isupper()
        and not quoted_in(query.text)
        and any(not lexical.count(lexical.correct(word)) for word in words_of(name)[:1])
    ]


def refusal(materials: Materials) -> Draft:
    """What was searched, which of the question's words no digest holds, the nearest papers and why they are none."""
    draft, words, ranking = Draft(abstained=True), materials.words, materials.ranking
    if len(gone(materials)) == len(materials.query.papers) > 0:  # that is said already
        return draft if materials.searched.papers else nobody(materials)
    if not materials.searched.papers:
        draft = covered(materials, nobody(materials))
        draft.lines += _outside(draft, materials)
        return draft
    scope = words.none.format(papers=materials.searched.papers, days=days(words, materials.searched))
    draft.lines.append(draft.record(scope))
    if _NOT_IN_DIGESTS.search(materials.query.text):
        draft.lines.append(draft.record(words.not_in_digests))
    if unknown := _worth_telling(ranking.unknown_words(), materials):
        draft.lines.append(draft.record(words.unknown_words.format(words=", ".join(map(escape, unknown)))))
    draft.lines += [draft.record(line) for line in _only_mentioned(materials)]
    if ranking.hits:
        nearest = ranking.hits[:_NEAREST]
        near = [f"- {titled(hit.paper)}: {draft.record(_why_not(hit, materials))}" for hit in nearest]
        draft.lines += ["", words.nearest, "", *near]
    draft.lines += _outside(draft, materials)
    return draft


def covered(materials: Materials, draft: Draft) -> Draft:
    """The draft, and which months there are where it says that nothing is of those asked for."""
    asked, months = materials.query.filters, sorted(materials.library.months())
    if draft.abstained and months and (asked.since or asked.until):
        told = ", ".join(months) if len(months) <= _MOST_MONTHS else f"{months[0]} – {months[-1]}"
        draft.lines += ["", draft.record(materials.words.months.format(months=told))]
    return draft


def _only_mentioned(materials: Materials) -> list[str]:
    """Names that a comparison takes for papers' own, with the papers that speak of them."""
    query, lexical = materials.query, materials.ranking.lexical
    if query.wants not in (Wants.COMPARE, Wants.AUTHORS) or query.papers:
        return []
    lines = []
    for name in _coined(query):
        owners = sorted(frozenset.intersection(*map(lexical.holds, words_of(name))) if words_of(name) else ())
        if 0 < len(owners) <= _NEAREST:
            papers = ", ".join(cite(paper) for paper in materials.library.papers(owners).values())
            lines.append(materials.words.mentioned.format(name=escape(name), papers=papers))
    return lines


def _why_not(hit: Hit, materials: Materials) -> str:
    words, query = materials.words, materials.query
    if lacked := _worth_telling(_lacked(hit, materials.ranking), materials):
        return words.lacks.format(words=", ".join(map(escape, lacked)))
    if QUANTITY.search(query.text) and not re.search(r"\d", _text_of(hit.paper)):
        return words.no_number
    return words.no_sentence


def _lacked(hit: Hit, ranking: Ranking) -> list[str]:
    """Weighty words of the question, as typed, that the paper holds neither as they are nor in English."""
    own, held = ranking.readings[0], hit.why.words
    most = max(own.weight.values(), default=0.0)
    weighty = dict.fromkeys(typed for word, typed in own.typed.items() if own.weight[word] >= _WEIGHTY * most)
    return [word for word in weighty if not any(word in other or other in word for other in held)]


def _worth_telling(typed: Sequence[str], materials: Materials) -> list[str]:
    """The few of these words of the question that say what it is about, with its capitals: names, then the rarest.

    No piece of a longer word of the question: where that is held in another form, the piece says nothing.
    """
    own, text = materials.ranking.readings[0], materials.query.text
    weight: dict[str, float] = {}
    for key, word in own.typed.items():  # `SAM2` is also looked for as its letters and its digit
        weight[word] = max(own.weight[key], weight.get(word, 0.0))
    most = max(weight.values(), default=0.0)
    whole = [word for word in typed if not any(word != other and word in other for other in weight)]
    told = [(word, _as_in(text, word)) for word in whole if weight.get(word, most) >= _WEIGHTY * most]
    told = [(word, shown) for word, shown in told if not is_ordinary(shown)]
    best_first = sorted(told, key=lambda pair: (not COINED.match(pair[1]), -weight.get(pair[0], most)))
    return [shown for _, shown in best_first[:_MOST_TOLD]]


def _as_in(text: str, word: str) -> str:
    at = text.lower().find(word)
    return text[at : at + len(word)] if at >= 0 else word


def _text_of(paper: Paper) -> str:
    return "\n".join(paper.text(section) for section in Section)


def _outside(draft: Draft, materials: Materials) -> list[str]:
    """The papers on the same topic that the question's filters shut out."""
    query, ranking, words = materials.query, materials.ranking, materials.words
    if not query.filters or query.filters.arxiv_ids or not ranking.readings[0].forms:
        return []
    within = frozenset(materials.library.select(query.filters))
    score = np.maximum.reduce([reading.score for reading in ranking.readings])
    ids = [ranking.lexical.arxiv_ids[row] for row in np.argsort(-score, kind="stable")[:20] if score[row] > 0]
    ids = [arxiv_id for arxiv_id in ids if arxiv_id not in within and _is_on_topic(arxiv_id, ranking)][:_NEAREST]
    papers = materials.library.papers(ids).values()
    places = {p: words.is_from.format(month=p.month, category=p.primary_category) for p in papers}
    told = [f"- {titled(p)}: {draft.record(place)}" for p, place in places.items()]
    return ["", words.outside, "", *told] if told else []


def _is_on_topic(arxiv_id: str, ranking: Ranking) -> bool:
    return any(
        reading.share(ranking.lexical.held(reading.forms, [arxiv_id])[0]) >= _SAME_TOPIC for reading in ranking.readings
    )


def gone(materials: Materials) -> list[str]:
    """Ids that the question names and that the library does not hold."""
    return [arxiv_id for arxiv_id in materials.query.papers if arxiv_id not in materials.ranking.lexical.row]
