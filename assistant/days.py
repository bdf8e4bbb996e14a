"""Days in a question, as bounds: dates as people write them, and days counted back from the newest digest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from assistant.phrasing import NUMBERS, any_of

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_NAME = r"(?P<name>(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*)\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = (
    re.compile(rf"(?<![\d.]){_YEAR}[-/.](?P<month>0?[1-9]|1[0-2])[-/.](?P<day>[0-3]?\d)(?!\d)"),
    re.compile(rf"(?<!\d){_YEAR}\s*年\s*(?P<month>1[0-2]|0?[1-9])\s*月\s*(?P<day>[0-3]?\d)\s*[日号]"),
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_NAME},?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_NAME}\s+{_DAY},?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(r"(?<![\d年])(?P<month>1[0-2]|0?[1-9])\s*月\s*(?P<day>[0-3]?\d)\s*[日号]"),
    re.compile(
        rf"\b(?P<name>(?:january|february|march|april|may|june|july|august|september|october|november|december)"
        rf")\s+{_DAY}(?![\d.%])",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_DAY}\s+(?:of\s+)?(?P<name>january|february|march|april|may|june|july|august|september|october"
        rf"|november|december)\b",
        re.IGNORECASE,
    ),
)
_SINCE = any_of(r"\b(since|from|after)\s*(the\s*)?$", r"(自从?|从)\s*$")
_AFTER = any_of(r"\bafter\s*(the\s*)?$")
_UNTIL = any_of(r"\b(until|till|up to|to|through|before)\s*(the\s*)?$", r"[到至]\s*$")
_SINCE_HAN = any_of(r"^\s*(以来|开始|起|之后|以后|onwards?\b)")
_LEFT_OVER = any_of(
    r"\b(since|from|after|on|of|until|till|up to|to|through|before|between|and|in)\s*(the\s*)?$",
    r"(自从?|从|到|至|在)\s*$",
)
# Days back from the newest digest day: first and last of them.
_RELATIVE = (
    (
        any_of(
            r"\b(?:in |from |on |of )?(?:the )?(?:latest|newest|most recent|last|today[’']s) (?:digest|issue|batch)\b",
            r"\btoday\b",
            r"今天的?|今日的?|最新(?:的)?(?:一期|一天|那期|简报|的简报)(?:简报)?(?:里|中)?|最近一期(?:简报)?",
        ),
        0,
        0,
    ),
    (any_of(r"\bsince yesterday\b", r"昨天(?:以来|起|开始|之后)|从昨天"), 1, 0),
    (any_of(r"\byesterday(?:[’']s)?\b", r"昨天的?|昨日的?"), 1, 1),
    (
        any_of(
            r"\b(?:since|over|in|during)? ?(?:the )?(?:last|past|previous) week\b",
            r"\b(?:in )?this week\b",
            r"(?:最近|过去|近)(?:的)?(?:一周|一星期|一个星期|七天)|本周|这周|这一周|这个?星期|上周|上个?星期",
        ),
        6,
        0,
    ),
)
_LAST_DAYS = any_of(
    r"\b(?:the )?(?:last|past) (?P<days>\d{1,3}) days\b",
    r"(?:最近|过去|近)(?P<days_han>\d{1,3}|[一两二三四五六七八九十])\s*(?:天|日)",
)
_OF_PAPERS = any_of(
    r"\b(new|news|papers?|articles?|digests?|happened|came out|arxiv|listed|added|overview|summar\w+"
    r"|highlights|issue|batch)\b",
    r"论文|文章|简报|新|发生|总结|概括|概览|值得|进展",
)
_STORY = 25


def days_in(text: str, known: Sequence[str], months: Mapping[str, int]) -> tuple[str, str, str, bool]:
    """First and last day that the text names ("" where there is no bound), the text without, and whether the days were
    reckoned from the newest digest (`known`, `YYYY-MM-DD`, in any order).

    Where no digest has a date, the newest month of submission stands in for the newest days.
    """
    if not _OF_PAPERS.search(text) or len(text.split()) > _STORY:
        return "", "", text, False
    if counted := _counted_back(text, known, months):
        return *counted, True
    return *_dated(text, max(known, default="") or max(months, default="2000-01")), False


def _dated(text: str, newest: str) -> tuple[str, str, str]:
    named: list[str] = []
    since = until = ""
    while found := next((m for pattern in _DATES if (m := pattern.search(text)) and _date(m, newest)), None):
        day = _date(found, newest)
        assert day
        before, after = text[: found.start()], text[found.end() :]
        if _SINCE.search(before) or _SINCE_HAN.search(after):
            since = str(day + timedelta(days=bool(_AFTER.search(before))))
        elif _UNTIL.search(before):
            until = str(day - timedelta(days=bool(re.search(r"before\s*$", before, re.IGNORECASE))))
        else:
            named.append(str(day))
        text = f"{_LEFT_OVER.sub(' ', before)} {_SINCE_HAN.sub(' ', after)}"
    since = since or (min(named) if named else "")
    until = until or (max(named) if named else "")
    return since, until, text


def _counted_back(text: str, known: Sequence[str], months: Mapping[str, int]) -> tuple[str, str, str] | None:
    span, match = next(((span, m) for pattern, *span in _RELATIVE if (m := pattern.search(text))), ([], None))
    if not match and (match := _LAST_DAYS.search(text)):
        said = match["days"] or match["days_han"]
        span = [(NUMBERS.get(said) or (1 if said == "一" else int(said))) - 1, 0]
    if not match:
        return None
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    if not known:
        newest = max(months, default="")
        return newest, newest, rest
    newest_day = date.fromisoformat(max(known))
    return str(newest_day - timedelta(days=span[0])), str(newest_day - timedelta(days=span[1])), rest


def _date(match: re.Match[str], newest: str) -> date | None:
    """The day of a match; one without a year is the last such day up to the newest. None if there is no such day."""
    groups = {name: found for name, found in match.groupdict().items() if found}
    month = _MONTHS.index(groups["name"][:3].lower()) + 1 if "name" in groups else int(groups["month"])
    year = int(groups.get("year") or newest[:4])
    year -= "year" not in groups and f"{year}-{month:02d}" > newest[:7]
    try:
        return date(year, month, int(groups["day"]))
    except ValueError:
        return None
