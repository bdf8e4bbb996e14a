"""Months and years in a question, as the bounds they put on what is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.phrasing import any_of

_LONG = "january february march april may june july august september october november december".split()
_SHORT = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_HAN = "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月".split()
_MONTH = "|".join(sorted({*_LONG, *_SHORT, "sept"}, key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_NUMBER = r"(?P<number>1[0-2]|0?[1-9])"
_HAN_NUMBER = r"(?P<han>十[一二]?|[一二三四五六七八九])"
_IN = (
    r"(?P<lead>\b(?i:in|from|during|of|for|since|until|till|before|after|did|this|last|to|and|or|between|through|only"
    r"|just)\s+)"
)
_YEARS_AGO = {"去年": 1, "last year": 1, "前年": 2, "今年": 0, "this year": 0}
_AGO = rf"(?P<years_ago>{'|'.join(_YEARS_AGO)})"
# In the order in which they are tried: with a year first, for then the rest of the question cannot be a year.
_PATTERNS = (
    re.compile(rf"\b(?P<name>{_MONTH})\.?,?\s+(?:of\s+)?(?:{_YEAR}|{_AGO})\b", re.IGNORECASE),
    re.compile(rf"(?<!\d){_YEAR}[-/](?P<number>0[1-9]|1[0-2])(?![-/\d.])"),
    re.compile(rf"(?<![\d/.-])(?P<number>0[1-9]|1[0-2])/{_YEAR}(?!\d)"),
    re.compile(rf"(?:(?<!\d){_YEAR}|(?<!\d)(?P<short>[0-3]\d))\s*年\s*(?:{_NUMBER}|{_HAN_NUMBER})\s*月份?"),
    re.compile(rf"{_AGO}\s*(?:{_NUMBER}|{_HAN_NUMBER})\s*月份?"),
    # The digits that ids of a month start with.
    re.compile(r"\b(?:start|begin)\w*\s+(?:with|in)\s+(?P<short>\d\d)(?P<number>0[1-9]|1[0-2])(?!\d)", re.IGNORECASE),
    re.compile(r"以?\s*(?<!\d)(?P<short>\d\d)(?P<number>0[1-9]|1[0-2])\s*(?:开头|打头|开始)的?"),
    re.compile(rf"{_IN}(?P<name>(?!(?:may|march)\b)(?:{_MONTH}))\b", re.IGNORECASE),
    # Small letters make these two a verb, but for after a word that no verb follows.
    re.compile(rf"{_IN}(?P<name>May|March)\b"),
    re.compile(r"(?P<lead>\b(?:in|from|during|since|until)\s+)(?P<name>may|march)\b", re.IGNORECASE),
    # Names that are nothing but months need no word before them; the others one after them.
    re.compile(r"\b(?P<name>january|february|july|september|october|november|december)\b", re.IGNORECASE),
    re.compile(rf"\b(?P<name>{_MONTH})(?=(?:['’]s)?\s+(?:papers|articles|digests?|submissions|listings?)\b)", re.I),
    re.compile(r"(?<![-\w])(?P<name>Jan|Feb|Apr|Aug|Sept?|Oct|Nov|Dec)\b(?!-)"),
    re.compile(r"(?<![\d年个.])(?P<number>1[0-2]|[1-9])\s*月份?(?!\d)"),
    re.compile(rf"{_HAN_NUMBER}月份?"),
    re.compile(
        r"(?P<lead>\b(?:in|from|of|during|for)\s+)?\b(?:the\s+)?(?P<newest>this|(?:latest|newest|most "
        r"recent))\s+month\b"
    ),
    re.compile(r"\b(?:in\s+)?(?:the\s+)?(?P<before_newest>last|previous)\s+month\b|(?P<before_newest_han>上个?月)份?"),
    re.compile(r"(?P<newest>本月|这个月|最[新近]的?一?个月)份?"),
    # A year alone is one of submission only where a word says so: `AIME 2025` is a benchmark, and 2048 a number.
    re.compile(
        r"(?P<lead>\b(?:in|from|during|since|until|till|up to|before|after|to|and|(?:papers|articles|works) of)\s+"
        r"(?:the\s+year\s+)?)"
        r"(?P<year>199[1-9]|20[0-3]\d)\b(?![-./:]\d)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\d)(?P<year>199[1-9]|20[0-3]\d)\s*年(?:份|间)?"),
)


# How a month bounds a time, by the words before and after it. What is before or after it does not hold it.
_BOUNDS = {
    "since": (
        any_of(r"\bsince\s*$", r"(自从?|从)\s*$"),
        any_of(r"^\s*(以来|开始|起)", r"^\s+(onwards?\b|on(?=\s*([,.?!]|$)))"),
    ),
    "until": (any_of(r"\b(until|up to|till)\s*$"), any_of(r"^\s*为止")),
    "after": (any_of(r"\bafter\s*$"), any_of(r"^\s*(之后|以后)")),
    "before": (any_of(r"\bbefore\s*$"), any_of(r"^\s*(以前|之前)")),
}
_SENTENCE = re.compile(r"(?:[^.!?。！？\n]|\.(?!\s))+[.!?。！？\n]?")
_OF_PAPERS = any_of(
    r"[?？]\s*$", r"\b(papers?|articles?|works?|digests?|only|just|arxiv|cs\.\w\w)\b", r"论文|文章|简报|只"
)
# Of more words than this, a month is a part of the story if the library has none of it.
_STORY = 12


def months_in(text: str, known: Mapping[str, int]) -> tuple[str, str, str]:
    """First and last month the text names (empty where there is no bound), and the text without them.

    `known`: the library's months. One without a year is the latest such month there, else that of its last year;
    this month and the last are told from the newest that it has.
    """
    named: list[str] = []
    since = until = ""
    for pattern in _PATTERNS:
        while match := next((m for m in pattern.finditer(text) if _is_meant(m, text, known)), None):
            first, last = _span(match, known)
            side, text = _cut_out(match, text)
            match side:
                case "since":
                    since = first
                case "after":
                    since = _shifted(last, 1)
                case "until":
                    until = last
                case "before":
                    until = _shifted(first, -1)
                case _:
                    named += [first, last]
    if named and not since and min(named) <= (until or max(named)):
        since = min(named)
    if named and not until and max(named) >= since:
        until = max(named)
    return since, until, text


def _is_meant(match: re.Match[str], text: str, known: Mapping[str, int]) -> bool:
    """Whether a month is asked for. In a long question it may be a part of the story: "we met in May"."""
    around = next((m[0] for m in _SENTENCE.finditer(text) if m.start() <= match.start() < m.end()), text)
    if around.strip() != text.strip() and not _OF_PAPERS.search(around):
        return False
    return bool(match.groupdict().get("year")) or len(text.split()) <= _STORY or _span(match, known)[0] in known


def _cut_out(match: re.Match[str], text: str) -> tuple[str, str]:
    """How a month bounds what is asked for ("" if it does not), and the text without it and the words that say so."""
    before, after = text[: match.start()], text[match.end() :]
    lead = match.groupdict().get("lead") or ""
    for side, (leading, trailing) in _BOUNDS.items():
        if leading.search(before + lead):
            return side, f"{leading.sub(' ', before + lead)} {after}"
        if trailing.search(after):
            return side, f"{before} {trailing.sub(' ', after)}"
    return "", f"{before} {after}"


def _shifted(month: str, by: int) -> str:
    months = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{months // 12}-{months % 12 + 1:02d}"


def _span(match: re.Match[str], known: Mapping[str, int]) -> tuple[str, str]:
    """First and last month of a match: twice the same unless it is a whole year."""
    groups = {name: found for name, found in match.groupdict().items() if found}
    newest = max(known, default="2000-01")
    if "newest" in groups:
        return newest, newest
    if "before_newest" in groups or "before_newest_han" in groups:
        return _shifted(newest, -1), _shifted(newest, -1)
    number, year = _number(groups), _year(groups, newest)
    if not number:
        return f"{year}-01", f"{year}-12"
    if not year:
        candidates = [month for month in known if month.endswith(f"-{number:02d}")]
        year = max(candidates, default=newest)[:4]
    return f"{year}-{number:02d}", f"{year}-{number:02d}"


def _number(groups: Mapping[str, str]) -> int:
    """The month's number, 0 if a year alone is named."""
    if name := groups.get("name"):
        return next(i for i, short in enumerate(_SHORT, 1) if name.lower().startswith(short))
    if han := groups.get("han"):
        return _HAN.index(f"{han}月") + 1
    return int(groups.get("number", 0))


def _year(groups: Mapping[str, str], newest: str) -> str:
    if ago := groups.get("years_ago"):
        return str(int(newest[:4]) - _YEARS_AGO[ago.lower()])
    return groups.get("year") or (f"20{groups['short']}" if "short" in groups else "")
