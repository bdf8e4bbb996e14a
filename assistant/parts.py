"""Several questions in one message: where they part."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant import phrasing as says
from assistant.answer import Hit, Query, Wants
from assistant.filters import topic_words
from assistant.phrasing import any_of
from assistant.plain import plain_text

_MARKED = (
    r"also\b|another question|(?:my )?(?:second|other|next|last) question|separately\b|by the way\b|furthermore\b|plus,"
    r"|in addition\b|另外|此外|还有(?!没有)|還有|再问|再問|顺便|順便|以及另一个问题|第二个问题|最后"
)
_END = re.compile(
    rf"(?P<asked>[?？]+[\s)）”\"]*)|(?P<end>[.!。！;；](?=\s|[㐀-鿿]|$)\s*|\n+\s*)|(?P<marked>[,，]\s*(?={_MARKED}))"
    r"|(?P<joined>[,，]?\s+and\s+(?=(?:who|which|what|how many|list|show)\b)|[,，]\s*(?:以及|和|并且)(?=谁|哪"
    r"|有多少|有哪))",
    re.IGNORECASE,
)
_MARK = any_of(rf"^\W*(?:and\s+)?(?:{_MARKED})")
_NUMBERED = re.compile(r"(?:^|(?<=[\s?？。;；:：]))[(（]?(?:(?P<n>[1-9])[.)）、:：]|(?P<circled>[①-⑨]))\s*(?=\D)")
_PREFACE = any_of(
    r"^\W*(i('ve| have)( got)? )?(a few|two|three|2|3|several|some|a couple of) (quick |more )?questions?( for "
    r"you)?\s*[:：,.–-]",
    r"^\W*(我)?(有|想问)?(几|两|三|2|3|俩)个?问题(想问)?[：:，,。]",
)
# What the question before it asked is asked of another thing.
_OF_ANOTHER = any_of(r"^\W*(?:what|how) about [^?？]{2,60}[?？]?\W*$|^\W*(那么?)?[^，,。?？]{1,16}呢[?？]?\W*$")
# Words that mean what was said before. "And" and "also" do not.
_REFERS = any_of(
    r"\b(it|its|it's|they|them|their|those|these|this|that|one of|the same|the former|the latter|do any|the one"
    r"|each|which ones?)\b",
    r"它|其中|这些|那些|这篇|那篇|该|前者|后者|分别|各自|两者|这个|那个|是同一",
)
_ASKS = any_of(
    r"[?？]\s*$|\b(who wrote|how many|which papers?)\b",
    r"^\W*(and |also,? |then |please )*(which|what|who|how|where|when|why|is|are|do|does|did|can|list|show|find"
    r"|give|tell|summari[sz]e"
    r"|compare|explain|any)\b",
    r"哪|多少|几篇|谁|什么|有没有|吗|列出|介绍|总结|比较",
)
_RECORD = (Wants.CATALOGUE, Wants.AUTHORS)
_PLAINLY = (*_RECORD, Wants.SURVEY, Wants.LOOKUP, Wants.SUMMARY, Wants.COMPARE)


# A message that asks more is a pasted text.
_MOST_PARTS = 8
# Words from which on a question of fact has a topic of its own.
_TOPIC = 3


def parts_of(question: str, understood: Callable[[str], Query]) -> tuple[str, ...]:
    """The questions of a message, in order and as they were typed; one that is but one question comes back whole.

    Split is only what can be answered apart: a sentence before a question belongs to it, and so does one after it that
    means what it said or asks another fact of the same thing. `understood` tells what a piece asks for by itself.
    """
    numbered = _items(question)
    if len(numbered) > 1 and all(_asks(item) for item in numbered):
        return numbered
    if says.COMPARE.search(plain_text(question)) and len(understood(question).papers) > 1:
        return (question,)
    asking = _asking(question)
    if not 1 < len(asking) <= _MOST_PARTS:
        return (question,)
    whole: list[str] = []
    for start, end in asking:
        piece = question[start:end]
        if whole and not _stand_apart(whole[-1], piece, understood):
            whole[-1] += piece
        else:
            whole.append(piece)
    return tuple(map(_bare, whole)) if len(whole) > 1 else (question,)


def _bare(piece: str) -> str:
    """A question without the words that put it beside another."""
    piece = _PREFACE.sub("", _MARK.sub("", piece))
    return re.sub(r"^\W*and\s+", "", piece, flags=re.IGNORECASE).strip(" ,，:：;；\n")


def _items(question: str) -> tuple[str, ...]:
    """What stands after the numbers 1, 2, 3 … of a list."""
    marks = list(_NUMBERED.finditer(question))
    if [mark["n"] or str("①②③④⑤⑥⑦⑧⑨".index(mark["circled"]) + 1) for mark in marks] != list("123456789")[: len(marks)]:
        return ()
    ends = [*(mark.start() for mark in marks[1:]), len(question)]
    return tuple(question[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=False))


def _asks(piece: str) -> bool:
    return bool(_ASKS.search(plain_text(piece).strip()))


def _asking(question: str) -> list[tuple[int, int]]:
    """Spans that ask something. What does not ask belongs to the question after it, or to the last."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(question):
        end = match.end() if match["asked"] or match["end"] else match.start()
        if _asks(question[start:end]):
            spans.append((start, end))
            start = end
    if _asks(question[start:]) or not spans:
        return [*spans, (start, len(question))]
    return [*spans[:-1], (spans[-1][0], len(question))]


def _stand_apart(before: str, after: str, understood: Callable[[str], Query]) -> bool:
    """Whether what comes after is a question of its own, to be answered apart."""
    first, second = understood(_bare(before)), understood(_bare(after))
    text = plain_text(second.text)
    if _REFERS.search(text):
        # One answer cannot be both: what a paper says, and what the record knows of it.
        return second.wants is Wants.AUTHORS and first.wants not in _RECORD
    if _OF_ANOTHER.search(text) and not second.papers:
        return _says_its_topic(first, plain_text(first.text))
    if second.wants is Wants.OVERVIEW and first.filters and not second.filters:  # of what was just named
        return False
    if second.papers and not set(second.papers) & set(first.papers):
        return bool(first.papers) or first.wants in _PLAINLY
    if second.wants is Wants.AUTHORS and not second.papers and not topic_words(says.AUTHORS.sub(" ", text)):
        return first.wants is not Wants.AUTHORS
    if second.wants in _RECORD:
        return first.wants in _PLAINLY or bool(first.papers)
    is_joined = not before.rstrip(' )”"').endswith(tuple("?？.!。;；\n"))
    if is_joined or not _says_its_topic(second, text):
        return False
    begun = plain_text(first.text)
    asks_a_fact = first.wants is Wants.FACT and len(topic_words(begun)) >= _TOPIC
    return bool(_MARK.search(plain_text(after))) or asks_a_fact or _says_its_topic(first, begun)


def _says_its_topic(query: Query, text: str) -> bool:
    plainly = query.wants in _RECORD or bool(says.PAPERS.search(text) or says.LOOKUP.search(text) or _ANY.search(text))
    return plainly and (bool(query.papers or query.filters) or bool(topic_words(text)))


_ANY = any_of(r"\bany(thing)? (on|about)\b|\bany (papers?|work)\b", r"有没有|有哪些|还有哪些|哪些")


def interleaved(rankings: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The hits of several rankings as one: all the firsts, then all the seconds, each paper once, ranked anew."""
    by_rank = sorted((hit for hits in rankings for hit in hits), key=lambda hit: hit.rank)  # stable: parts in order
    once: dict[str, Hit] = {}
    for hit in by_rank:
        once.setdefault(hit.paper.arxiv_id, hit)
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(once.values(), 1))
