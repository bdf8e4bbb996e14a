"""Questions that take for granted what the paper they name does not say."""

from __future__ import annotations

from assistant.answer import Hit, Query
from assistant.draft import Draft, Materials, cite, escape, titled
from assistant.evidence import is_background, telling
from assistant.lexical import Matches, words_of
from assistant.ordinary import is_ordinary
from assistant.phrasing import any_of
from assistant.retrieve import Ranking

_TAKES_FOR_GRANTED = any_of(
    r"\bwhy\b|\bhow come\b|\bwhat (is|was|were) the reasons?\b|^\s*(since|given that|considering that)\b",
    r"为什么|为何|为啥|既然|的?原因",
)
# They say that something is done, not what.
_DEEDS = frozenset(
    words_of(
        """choose chose adopt rely depend employ need require avoid introduce propose apply prefer decide reason
        motivate cover contain include consider deal handle look train study select instead collect protect let"""
    )
)
_HAN_DEEDS = frozenset(
    "采用 选择 依赖 需要 引入 提出 放弃 避免 应用 包含 包括 研究 既然 原因 为何 为啥 任务 模型 训练".split()
)
# Of the weight of the words beside the paper's name, so much must be missing from the paper.
_LEAST_MISSING = 0.5
_QUOTED = 400  # characters


def unfounded(query: Query, ranking: Ranking) -> tuple[Hit, list[str]] | None:
    """The one paper that is named, and the words of what is taken for granted that it does not hold; else None."""
    named = [hit for hit in ranking.hits if hit.paper.arxiv_id in query.papers]
    if len(query.papers) != 1 or not named or not _TAKES_FOR_GRANTED.search(query.text):
        return None
    claimed = claimed_words(ranking, named[0])
    missing = [word for word, (_, held) in claimed.items() if not held]
    whole = sum(weight for weight, _ in claimed.values())
    share = sum(claimed[word][0] for word in missing) / whole if whole else 0.0
    return (named[0], missing) if share >= _LEAST_MISSING else None


def claimed_words(ranking: Ranking, hit: Hit) -> dict[str, tuple[float, bool]]:
    """The words asked for, as typed, beside those of the paper's title: weight, and whether the paper holds them.

    A word that the library has in no form, and that no lexicon puts into the paper's language, tells nothing where the
    paper is not in the question's language.
    """
    own, *other = ranking.asked
    title = set(words_of(hit.paper.title))
    held = {typed for reading in ranking.asked for typed in _held(reading, ranking, hit)}
    asked = {typed: own.weight[word] for word, typed in own.typed.items() if _is_claim(word, title)}
    put = {reading.typed[word] for reading in other for word in reading.forms if reading.forms[word]}
    return {
        typed: (weight, _meets(typed, held))
        for typed, weight in asked.items()
        if typed.isascii() or _meets(typed, held | put)
    }


def _is_claim(word: str, title: set[str]) -> bool:
    return word not in title and word not in _DEEDS and word not in _HAN_DEEDS and not is_ordinary(word)


def _held(reading: Matches, ranking: Ranking, hit: Hit) -> list[str]:
    [words] = ranking.lexical.held(reading.forms, [hit.paper.arxiv_id])
    return [reading.typed[word] for word in words]


def _meets(typed: str, others: set[str]) -> bool:
    if typed.isascii():
        return typed in others
    return any(typed in other or other in typed for other in others)


def corrected(materials: Materials, hit: Hit, missing: list[str]) -> Draft:
    """That it does not stand there, and what the paper says nearest to what was asked."""
    draft, words = Draft(), materials.words
    told = ", ".join(escape(word) for word in as_typed(missing, materials.query.text))
    draft.lines.append(draft.record(words.not_there.format(paper=cite(hit.paper), words=told)))
    best = materials.evidence.best([hit.paper])[hit.paper.arxiv_id]
    own = [evidence for evidence in best if not is_background(evidence, hit.paper)] or list(best)
    quotes = " ".join(draft.quote(evidence) for evidence in telling(own, _QUOTED))
    draft.lines += ["", f"{words.it_says} {quotes} — {titled(hit.paper)}"] if quotes else []
    return draft


def as_typed(words: list[str], text: str) -> list[str]:
    """The words with the capitals of the question, without those that are a part of another."""
    whole = [word for word in words if not any(word != other and word in other for other in words)]
    places = [(text.lower().find(word), word) for word in whole]
    return [text[at : at + len(word)] if at >= 0 else word for at, word in sorted(places)]
