"""What a sentence denies, and which way it says a thing goes: where two of like words say opposite things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from assistant.lexical import words_of
from assistant.phrasing import any_of

_REACH = 4
_CLAUSE = re.compile(
    r"(?<!\d)[,;:.](?!\d)|[，；：。、！？()（）—–]|\b(?:and|but|while|whereas|yet|although|though|because|so|which|or)\b|而|但|却|并且|且",
    re.IGNORECASE,
)
_NEGATION = any_of(
    r"\b(no longer|no|not|never|without|neither|nor|cannot|can't|nothing|hardly|lacks?|fails? to)\b|n't\b",
    r"不再需要|不需要|无需|无须|不必|不会|不再|没有|并未|未能|未|并非|不能|不|无(?!线|人|论|数)|摒弃|去掉了?",
)
_TAKES_AWAY = any_of(
    r"\b(remov\w*|drops?|discard\w*|eliminat\w*|replac\w*|instead of|free|avoid\w*|only|just)\b",
    r"取代|代替|避免|只|仅",
)
# What comes before these is what they deny.
_DENIED_BEFORE = any_of(
    r"\b(no longer|not|never|n't)\s+(required|needed|necessary|used|observed|done|possible)\b|\bis (absent|missing)\b"
)
_UP = any_of(
    r"\b(improv\w*|increas\w*|rais\w*|ris(?:es?|ing)|rose|boost\w*|gain\w*|faster|quicker|higher|stronger|strong|better|beats?|exceed\w*"
    r"|(?-i:fast|quick)|outperform(?!ed by)\w*|surpass\w*|more|larger)\b",
    r"提高|提升|增加|上升|优于|高于|更快|更强|更好|超过|超越|领先|(?<!快慢)快(?!慢)",
)
_DOWN = any_of(
    r"\b(degrad\w*|decreas\w*|lower\w*|reduc\w*|drop\w*|slower|slow|weaker|weak|worse|fewer|less|smaller"
    r"|outperformed by|falls?|fell|falling|lags?)\b",
    r"降低|降到|下降|减少|低于|不如|劣于|更慢|更弱|更差|落后|逊于|慢",
)
# Of these, less is better.
_BETTER_LOW = any_of(
    r"\b(errors?|loss|cost|latency|time|memory|operations?|drift|flicker|overhead|perplexity)\b",
    r"错误|误差|损失|成本|延迟|显存|耗时|计算量|开销",
)
_ABSOLUTE = any_of(
    r"\b(always|never|every|all|any|each|completely|entirely|perfectly|guarantees?|proves?|fully|whole)\b",
    r"总是|所有|一切|完全|必然|永远|彻底|保证|证明|任何|全部|每个?",
)


_COPULA = any_of(r"\b(is|are|was|were|be|stays?|remains?|becomes?)\s+(\w+\s+)?$")


class Tag(StrEnum):
    """What is said of a word."""

    DENIED = "denied"
    UP = "up"
    DOWN = "down"


_OPPOSITE = {Tag.UP: Tag.DOWN, Tag.DOWN: Tag.UP}
_KINDS = ((Tag.DENIED, _NEGATION), (Tag.UP, _UP), (Tag.DOWN, _DOWN))


def tagged(text: str) -> Mapping[Tag, frozenset[str]]:
    """For each tag, the words (as `words_of` gives them) of which it holds wherever they stand; `DENIED` among them."""
    tags: dict[Tag, set[str]] = {tag: set() for tag in Tag}
    plain: dict[Tag, set[str]] = {tag: set() for tag in Tag}
    for clause in _clauses(text):
        words = words_of(clause)
        for tag, pattern in _KINDS:
            within = set(_within(clause, pattern)) if pattern.search(clause) else set()
            if tag is Tag.DENIED and _DENIED_BEFORE.search(clause):
                within = set(words)
            tags[tag] |= within
            plain[tag] |= set(words) - within
    return {tag: frozenset(tags[tag] - plain[tag]) for tag in Tag}


def _clauses(text: str) -> Iterator[str]:
    return (clause for clause in _CLAUSE.split(text) if clause and clause.strip())


def _within(clause: str, pattern: re.Pattern[str]) -> Iterator[str]:
    for found in pattern.finditer(clause):
        before, after = clause[: found.start()], clause[found.end() :]
        of_subject = not words_of(after) or bool(_COPULA.search(before) and pattern is not _NEGATION)
        yield from words_of(before)[-_REACH:] if of_subject else words_of(_up_to_a_way(after, pattern))[:_REACH]


def _up_to_a_way(after: str, pattern: re.Pattern[str]) -> str:
    """What a word that says which way a thing goes is about ends at the next such word; a denial is of that, too."""
    ways = [] if pattern is _NEGATION else [found.start() for way in (_UP, _DOWN) if (found := way.search(after))]
    return after[: min(ways, default=len(after))]


def is_opposed(claim: str, sentence: str) -> bool:
    """Whether the sentence denies what the claim says or the other way round, or says that it goes the other way."""
    said, held = tagged(claim), tagged(sentence)
    shared = frozenset(words_of(claim)) & frozenset(words_of(sentence))
    if (said[Tag.DENIED] ^ held[Tag.DENIED]) & shared:
        return True
    if any(said[tag] & held[opposite] & shared for tag, opposite in _OPPOSITE.items()):
        return True
    return _turned(claim, sentence)


def _turned(claim: str, sentence: str) -> bool:
    """Whether all of one goes up and all of the other down, both being of things that are better high, or low."""
    if bool(_BETTER_LOW.search(claim)) != bool(_BETTER_LOW.search(sentence)):
        return False
    ways = [(bool(_UP.search(text)), bool(_DOWN.search(text))) for text in (claim, sentence)]
    return sorted(ways) == [(False, True), (True, False)]


def denies(text: str) -> bool:
    """Whether a text denies or takes away anything, in either language."""
    return bool(_NEGATION.search(text) or _TAKES_AWAY.search(text))


def is_stronger(claim: str, sentence: str) -> bool:
    """Whether the claim holds for all where the sentence does not say so."""
    return bool(_ABSOLUTE.search(claim)) and not _ABSOLUTE.search(sentence)
