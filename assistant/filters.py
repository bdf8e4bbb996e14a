"""The filters in a question: categories, months, authors and how many of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from assistant import phrasing as says
from assistant.days import days_in
from assistant.lexical import words_of
from assistant.months import months_in
from assistant.names import Names
from ingest.paper import Filters

_LOOSE = re.compile(r"([a-z-]+)\.([A-Z]{2})")
# The id of no paper, for a condition that none meets.
NO_PAPER = ("-",)
# In a question of more words than this, a person may be a part of the story, unless words near the name say that
# papers are meant: so many characters.
_STORY = 20
_NEAR = 45


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a question is held against: the library's names, categories and months (YYYY-MM -> papers)."""

    names: Names
    categories: Mapping[str, int]
    months: Mapping[str, int]
    days: tuple[str, ...] = ()  # of the digests that carry a date, YYYY-MM-DD


def filters_in(text: str, shelf: Shelf) -> tuple[Filters, str]:
    """The filters that stand in the text, and the text without them."""
    categories, text = _categories(text, shelf.categories)
    first, last, text, _ = days_in(text, shelf.days, shelf.months)
    since, until, text = months_in(text, shelf.months)
    narrow = Filters(categories, since=first or since, until=last or until)
    by_number, text = _by_number(text, shelf.names)
    by_name, text = _authors(text, shelf.names)
    return replace(
        narrow,
        authors=by_name.authors,
        arxiv_ids=by_name.arxiv_ids or by_number.arxiv_ids,
        max_authors=by_number.max_authors,
    ), text


def topic_words(text: str) -> list[str]:
    """The words of `text` that say what it is about, and not merely ask the record."""
    words = words_of(says.CATALOGUE_HAN.sub(" ", text))
    return [word for word in words if word not in says.CATALOGUE_WORDS and (len(word) > 1 or word.isdigit())]


def category_alone(text: str, known: Mapping[str, int]) -> str:
    """The category whose name is all that a text is about; "" if there is none such."""
    topic = topic_words(text)
    for category, name in says.CATEGORY_NAMES.items():
        match = re.search(name, text, re.IGNORECASE) if category in known else None
        if match and topic and topic == words_of(match[0]):
            return category
    return ""


# --- categories


def _categories(text: str, known: Mapping[str, int]) -> tuple[tuple[str, ...], str]:
    """Categories named, and the text without them. One that is ruled out leaves all others that are known."""
    wanted: list[str] = []
    ruled_out: list[str] = []
    for pattern, name_of in _spellings(known):
        while match := pattern.search(text):
            before, after = text[: match.start()], text[match.end() :]
            refused = says.NOT_IN.search(before)
            (ruled_out if refused else wanted).append(name_of(match))
            after = re.sub(r"^\s*(之外|以外)", " ", after) if refused else after
            text = f"{before[: refused.start()] if refused else before} {after}"
    others = [name for name in known if name not in ruled_out] if ruled_out and not wanted else []
    return tuple(dict.fromkeys(wanted or others)), text


def _spellings(known: Mapping[str, int]) -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]]:
    """How categories are written, each with what tells the category from a match."""
    spelled = {name.lower(): name for name in known}
    yield says.CATEGORY, lambda match: spelled.get(match[0].lower(), _as_arxiv_spells_it(match))
    for name in known:
        if loose := _LOOSE.fullmatch(name):
            archive, subject = loose.groups()
            pattern = (
                rf"(?<![\w.-])(?:(?i:{archive})[ ,_.-]{{0,2}}{subject}|(?i:{archive}(?:[,_.-]\s?)?{subject}))(?![\w-])"
            )
            yield re.compile(pattern, re.ASCII), _always(name)
    for name, common in says.CATEGORY_NAMES.items():
        if name in known:
            yield re.compile(says.NAMED_CATEGORY.format(name=common), re.IGNORECASE), _always(name)


def _always(name: str) -> Callable[[re.Match[str]], str]:
    return lambda match: name


def _as_arxiv_spells_it(category: re.Match[str]) -> str:
    """`CS.cv` as `cs.CV`; subjects longer than two letters are small."""
    archive, subject = category.groups()
    if not subject:
        return category[0].lower()
    return f"{archive.lower()}.{subject.upper() if len(subject) == 2 else subject.lower()}"


# --- authors


def _by_number(text: str, names: Names) -> tuple[Filters, str]:
    """The filter by how many authors a paper has, and the text without it."""
    if says.ONE_AUTHOR.search(text):
        return Filters(max_authors=1), says.ONE_AUTHOR.sub(" ", text)
    if says.MOST_AUTHORS.search(text):
        most = names.people.most_on_a_paper()
        return Filters(arxiv_ids=names.people.papers_by_number(most, most)), says.MOST_AUTHORS.sub(" ", text)
    if match := says.AUTHORS_COUNTED.search(text):
        return _counted(match, names), f"{text[: match.start()]} {text[match.end() :]}"
    return Filters(), text


def _counted(match: re.Match[str], names: Names) -> Filters:
    said = {name.removesuffix("_han"): found for name, found in match.groupdict().items() if found}
    number = says.NUMBERS.get(said["number"].lower()) or int(said["number"])
    bound = said.get("most") or said.get("least") or ""
    strict = bool(re.search(r"than|over|under|超过|多于|少于", bound, re.IGNORECASE)) and not bound.startswith(
        ("no", "不")
    )
    if "most" in said or re.search(r"or fewer|以下", match[0]):
        return Filters(max_authors=number - strict)
    if "least" in said or re.search(r"or more|以上", match[0]):
        return Filters(arxiv_ids=names.people.papers_by_number(number + strict, names.people.most_on_a_paper()))
    return Filters(arxiv_ids=names.people.papers_by_number(number, number))


def _authors(text: str, names: Names) -> tuple[Filters, str]:
    """The authors named, with the papers that bind them closer than "any of them", and the text without them."""
    found = names.authors_in(text, cued=bool(says.PERSON.search(text)))
    if len(text.split()) > _STORY:
        found = {piece: several for piece, several in found.items() if says.PERSON.search(_around(piece, text))}
    authors = tuple(dict.fromkeys(name for several in found.values() for name in several))
    if not found:
        authors = names.people.strangers_in(text)
        found = {name: (name,) for name in authors}
    if not found:
        return Filters(), text
    bound = _bound(text, found, names)
    for piece in found:
        text = re.sub(rf"(?<![^\W_\u3400-\u9fff]){re.escape(piece)}(['’]s\b)?", " ", text)
    return Filters(authors=authors, arxiv_ids=bound), says.PERSON.sub(" ", text)


def _around(piece: str, text: str) -> str:
    start = text.find(piece)
    return text[max(0, start - _NEAR) : start + len(piece) + _NEAR]


def _bound(text: str, found: Mapping[str, tuple[str, ...]], names: Names) -> tuple[str, ...]:
    people = names.people
    everyone = [name for several in found.values() for name in several]
    if says.FIRST_AUTHOR.search(text):
        return people.papers_led_by(everyone, 0) or NO_PAPER
    if says.LAST_AUTHOR.search(text):
        return people.papers_led_by(everyone, -1) or NO_PAPER
    if len(found) > 1 and says.TOGETHER.search(text) and all(len(several) == 1 for several in found.values()):
        return people.papers_by_all(everyone) or NO_PAPER
    return ()
