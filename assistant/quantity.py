"""Numbers in text with their units, however they are written.

`489K`, `489,000` and `48.9万` are one number, and so are `94\\%` and `百分之九十四`, `2x` and `两倍`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

_SCALES = {
    "k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "trillion": 12,
    "百": 2, "千": 3, "万": 4, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12,
}  # fmt: skip
_DIGITS = {character: value % 10 for value, character in enumerate("零一二三四五六七八九〇")} | {"两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_WORDS = {word: value for value, word in enumerate([*_ONES, "seventeen", "eighteen", "nineteen"])} | {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_BIG = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9}
_NUMBER = re.compile(
    rf"""(?P<hundredth>百分之)?(?:
        (?<![A-Za-z0-9.])(?<![A-Za-z][-_])(?P<figures>[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])|[0-9]+)(?P<rest>\.[0-9]+)?
        (?:(?P<suffix>[KkMB]|bn)(?![A-Za-z0-9])
          |\s*-?\s*(?P<scale>thousand|million|billion|trillion|[十百千万]?亿|[百千]?万|万亿|[千百])(?![a-z]))?
      | (?<![A-Za-z-])(?P<words>(?:{_WORD})(?:[\s-](?:{_WORD}))*)
        (?P<big>(?:[\s-](?:hundred|thousand|million|billion))*)(?![a-z])
      | (?<![\w-])(?P<one>an?)(?=\ (?:second|minute|hour|day|week|month|year)
          (?:\ ?[.,;:)]|\ (?:on|per|for|in|with|and|or|to|instead|of)\b|$))
      | (?P<han>[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_UNITS = (
    ("%", r"%|per ?cent(?:age)?(?:[ -]points?)?(?![a-z])|个?百分点|points? of\b"),
    ("times", r"(?:times|fold)(?![a-z])|[x×](?![a-z0-9])|倍"),
    ("frames/s", r"(?:frames?(?: per | a |/)s(?:ec(?:ond)?)?|fps)(?![a-z])"),
    ("frames/min", r"frames?(?: per | a |/)min(?:ute)?(?![a-z])"),
    ("frames/h", r"frames?(?: per | an |/)h(?:our)?(?![a-z])"),
    ("ms", r"(?:ms|milliseconds?)(?![a-z])|毫秒"),
    ("s", r"(?:s|secs?|seconds?)(?![a-z])|秒"),
    ("min", r"(?:mins?|minutes?)(?![a-z])|分钟"),
    ("h", r"(?:h|hrs?|hours?)(?![a-z])|个?小时"),
    ("days", r"days?(?![a-z])|天"),
    ("weeks", r"weeks?(?![a-z])|周|个?星期"),
    ("months", r"months?(?![a-z])|个月"),
    ("years", r"years?(?![a-z])"),
    ("KB", r"[Kk]i?B(?![a-z])"),
    ("MB", r"Mi?B(?![a-z])"),
    ("GB", r"Gi?B(?![a-z])"),
    ("TB", r"Ti?B(?![a-z])"),
    ("bits", r"bits?(?![a-z])|比特"),
    ("Hz", r"Hz"),
    ("dB", r"dB"),
)
_UNIT = re.compile(r"[\s\u2009-]{0,2}(?:" + "|".join(f"(?P<u{n}>{unit})" for n, (_, unit) in enumerate(_UNITS)) + ")")
_PERIOD = re.compile(r"每(秒|分钟?|小时)(?:约|大约|可达|达到?|处理)*\s*$")
_FRAMES = re.compile(r"\s*帧")
_PERIODS = {"秒": "frames/s", "分": "frames/min", "分钟": "frames/min", "小时": "frames/h"}
_CLASSIFIER = re.compile(r"\s*[个種种条張张篇次步层位项類类年月章台款组名人轮家幅段句]")
_LATEX = re.compile(r"\\(?=%)|[$~]|(?<=\d)\{,\}(?=\d)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it stands at `[start:end]` of `flat(text)`, unit and all; `unit` is empty where none is given.

    `loose` is one that language has for other ends too (`one`, `两`): it may answer for a number, and asks for none.
    """

    value: Decimal
    unit: str
    start: int
    end: int
    loose: bool = False

    def is_like(self, other: Quantity) -> bool:
        either = not (self.unit and other.unit) and not other.loose
        return self.value == other.value and (self.unit == other.unit or either)

    def rivals(self, other: Quantity) -> bool:
        """Whether the two could be taken for each other: other numbers of one unit."""
        return self.value != other.value and self.unit == other.unit


def flat(text: str) -> str:
    """`text` as numbers are looked for in it: full-width forms and LaTeX's signs made plain."""
    return _LATEX.sub("", unicodedata.normalize("NFKC", text).replace("\\times", "×"))


def quantities(flat_text: str) -> tuple[Quantity, ...]:
    """The numbers of a text that `flat` made, in order."""
    return tuple(_read(flat_text))


def _read(text: str) -> Iterator[Quantity]:
    for found in _NUMBER.finditer(text):
        unit, end = _unit_of(text, found)
        if found["figures"]:
            yield Quantity(_of_figures(found), unit, found.start(), end)
        elif found["one"]:
            yield Quantity(Decimal(1), unit, found.start(), end)
        elif found["words"]:
            value = _of_words(found["words"], found["big"])
            yield Quantity(value, unit, found.start(), end, value <= 2 and not found["big"])
        else:
            yield from _han(text, found, unit, end)


def _unit_of(text: str, found: re.Match[str]) -> tuple[str, int]:
    if found["hundredth"]:
        return "%", found.end()
    if (frames := _FRAMES.match(text, found.end())) and (period := _PERIOD.search(text[: found.start()][-12:])):
        return _PERIODS[period[1]], frames.end()
    unit = _UNIT.match(text, found.end())
    if not unit or not unit.lastgroup:
        return "", found.end()
    return _UNITS[int(unit.lastgroup[1:])][0], unit.end()


def _of_figures(found: re.Match[str]) -> Decimal:
    scale = _SCALES[(found["suffix"] or found["scale"]).lower()] if found["suffix"] or found["scale"] else 0
    value = Decimal(found["figures"].replace(",", "") + (found["rest"] or "")) * Decimal(10) ** scale
    return value.normalize()


def _of_words(words: str, big: str) -> Decimal:
    value = Decimal(sum(_WORDS[word] for word in re.split(r"[\s-]", words.lower())))
    for scale in re.split(r"[\s-]", big.strip(" -").lower()) if big else []:
        value *= Decimal(10) ** _BIG[scale]
    return value.normalize()


def _han(text: str, found: re.Match[str], unit: str, end: int) -> Iterator[Quantity]:
    """A Chinese numeral, if it is read as a number here: by its unit, by what is counted, or by its length."""
    han = found["han"]
    if not any(character in _DIGITS or character == "十" for character in han):
        return
    counts = bool(unit or _CLASSIFIER.match(text, found.end()))
    value = _of_han(han)
    if text[found.start() - 1 : found.start()] == "第" or not (counts or len(han) > 2 or han[-1] in "万亿"):
        return
    yield Quantity(value, unit, found.start(), end, value <= 2 and unit in ("", "times"))


def _of_han(han: str) -> Decimal:
    whole, _, rest = han.partition("点")
    for character, scale in (("亿", 8), ("万", 4)):
        if character in whole:
            high, _, low = whole.rpartition(character)
            return (
                (_of_han(high) if high else Decimal(1)) * Decimal(10) ** scale + (_of_han(low) if low else 0)
            ).normalize()
    value, digit = 0, 0
    for character in whole:
        if character in _TENS:
            value, digit = value + (digit or 1) * _TENS[character], 0
        else:
            digit = digit * 10 + _DIGITS[character]
    fraction = "".join(str(_DIGITS[character]) for character in rest)
    return Decimal(f"{value + digit}.{fraction or 0}").normalize()


def held(wanted: Quantity, among: Sequence[Quantity]) -> bool:
    return any(wanted.is_like(other) for other in among)
