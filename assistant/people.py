"""Authors in a question: by their whole name in any order, by initials, by surname, and misspelt."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from assistant.lexical import LexicalIndex, words_of
from assistant.ordinary import is_ordinary
from assistant.phrasing import PERSON_AFTER, PERSON_BEFORE, SOMEBODY
from assistant.slip import Slips

TOKEN = re.compile(r"[^\W_\u3400-\u9fff]+(?:[-'’.+*][^\W_\u3400-\u9fff]+)*[+*]?")
LONGEST_NAME = 4
# Shorter names are one slip of the fingers from each other as they are: Zhang and Zheng are two people.
_LONG_ENOUGH_TO_MISSPELL = 6
# A name's words may be words of the language: those that more papers than this hold are.
ORDINARY = 3
_NAME_ENDS = re.compile(
    r"^\s*(?:[?.!,;？。，；！]|$|(?:and|or|in|from|on|about|that|which|with|since|before|after)\b|[的在有])",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"[^\W\d_]\.")


def fold(text: str) -> str:
    """Letters and digits only, lower case, without accents: `Yu-Lun Liu` and `yulun liu` fold to the same."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def pieces_of(text: str, shortest: int) -> Iterator[tuple[str, str]]:
    """Runs of one to four words of `text`, longest first, each with its folded key."""
    tokens = list(TOKEN.finditer(text))
    for size in range(LONGEST_NAME, shortest - 1, -1):
        for first, last in zip(tokens, tokens[size - 1 :], strict=False):
            piece = text[first.start() : last.end()]
            for ending in ("", "'s", "’s"):
                if piece.endswith(ending) and len(key := fold(piece.removesuffix(ending))) > 2:
                    yield piece.removesuffix(ending), key


class People:
    """The authors of one library."""

    def __init__(self, authors: Iterable[str], bylines: Mapping[str, Sequence[str]], lexical: LexicalIndex) -> None:
        """`bylines`: the authors of each paper by its id, in order."""
        self._lexical = lexical
        self._bylines = bylines
        self._whole: dict[str, list[str]] = defaultdict(list)
        self._otherwise: dict[str, list[str]] = defaultdict(list)
        self._initials: dict[str, list[str]] = defaultdict(list)
        self._surnames: dict[str, list[str]] = defaultdict(list)
        self._parts: set[str] = set()
        for name in authors:
            self._add(name)
        self._like_parts, self._like_surnames = Slips(self._parts), Slips(self._surnames)

    def _add(self, name: str) -> None:
        *given, surname = name.split() or [""]
        self._whole[fold(name)].append(name)
        self._surnames[fold(surname)].append(name)
        self._parts |= {fold(part) for part in name.split()}
        spoken = [part for part in given if not _is_initial(part)] or given
        others = (f"{surname}{''.join(given)}", f"{''.join(spoken)}{surname}", f"{surname}{''.join(spoken)}")
        for key in {fold(other) for other in others} - {fold(name)}:
            self._otherwise[key].append(name)
        letters = [part[0] for word in given for part in re.split(r"[-‐‑]", word) if part]
        for initials in {letters[0], "".join(letters)} if letters else ():
            self._initials[fold(initials + surname)].append(name)

    def named_in(self, text: str, cued: bool = False) -> dict[str, tuple[str, ...]]:
        """Pieces of `text` that name authors, longest first, with the authors that go by them.

        With `cued`, when the question says that a person is meant and holds no whole name, single words count too: as
        a name of one word, then as a surname, if they have a capital or stand where a name would.
        """
        found = _known(text, self._by_several_words)
        if found or not cued:
            return found
        for names in (self._whole, self._surnames):
            single = _known(text, lambda _, key, names=names: names.get(key, ()), shortest=1)  # type: ignore[misc]
            if kept := {piece: authors for piece, authors in single.items() if self._stands_as_name(piece, text)}:
                return kept
        misspelt = _known(text, lambda _, key: self._misspelt_surname(key), shortest=1)
        return {piece: authors for piece, authors in misspelt.items() if self._stands_as_name(piece, text)}

    def strangers_in(self, text: str) -> tuple[str, ...]:
        """A name that stands where a person's would, of somebody who has no paper here."""
        for match in SOMEBODY.finditer(text):
            name = match["by"] or match["of"] or match["did"]
            whole = name[0].isupper() and " " in name
            words = words_of(name)
            is_unheard = bool(words) and not is_ordinary(name) and not any(map(self._lexical.count, words))
            if is_unheard or (whole and match["by"]):
                return (name,)
        return ()

    def papers_by_all(self, authors: Iterable[str]) -> tuple[str, ...]:
        """Ids of the papers that all of these wrote together."""
        wanted = {fold(name) for name in authors}
        return self._where(lambda names: wanted <= {fold(name) for name in names})

    def others_by_authors_of(self, arxiv_ids: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The other papers by the authors of these, and who of them had a part in those, each in no order."""
        wanted = {fold(name): name for arxiv_id in arxiv_ids for name in self._bylines.get(arxiv_id, ())}
        found = self._where(lambda names: any(fold(name) in wanted for name in names))
        others = tuple(other for other in found if other not in arxiv_ids)
        shared = dict.fromkeys(fold(name) for other in others for name in self._bylines[other])
        return others, tuple(name for key, name in wanted.items() if key in shared)

    def papers_led_by(self, authors: Iterable[str], place: int) -> tuple[str, ...]:
        """Ids of the papers whose first (`place` 0) or last (-1) author is one of these."""
        wanted = {fold(name) for name in authors}
        return self._where(lambda names: fold(names[place]) in wanted)

    def papers_by_number(self, least: int, most: int) -> tuple[str, ...]:
        """Ids of the papers that have from `least` to `most` authors."""
        return self._where(lambda names: least <= len(names) <= most)

    def most_on_a_paper(self) -> int:
        return max((len(names) for names in self._bylines.values()), default=0)

    def _where(self, fits: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
        return tuple(arxiv_id for arxiv_id, names in self._bylines.items() if names and fits(names))

    def _by_several_words(self, piece: str, key: str) -> Sequence[str]:
        if found := self._whole.get(key) or self._otherwise.get(key):
            return found if piece[0].isupper() or not self._is_ordinary(piece) else ()
        spoken = "".join(word for word in piece.split() if not _is_initial(word))
        if fold(spoken) != key and (found := self._whole.get(fold(spoken)) or self._otherwise.get(fold(spoken))):
            return found
        if _INITIAL.match(piece):
            return self._initials.get(key, ())
        return self._misspelt(piece)

    def _stands_as_name(self, piece: str, text: str) -> bool:
        """By its capital, or by the words around it; "by long chains" names nobody."""
        before, _, after = text.partition(piece)
        if piece[0].isupper() or PERSON_AFTER.search(after):
            return True
        return bool(PERSON_BEFORE.search(before) and _NAME_ENDS.search(after))

    def _is_ordinary(self, piece: str) -> bool:
        """Whether every word of it is likelier one of the language than of a name: `long do`, `can li`."""
        return all(
            not (words := words_of(word)) or min(map(self._lexical.count, words)) > ORDINARY for word in piece.split()
        )

    def _misspelt(self, piece: str) -> Sequence[str]:
        """The author whose name is `piece` but for one slip in one long word of it, if that can be but one."""
        words = [fold(word) for word in piece.split()]
        odd = [word for word in words if word not in self._parts]
        if len(odd) != 1 or len(words) < 2:
            return ()
        spelled = [
            "".join(part if word == odd[0] else word for word in words) for part in _near(odd[0], self._like_parts)
        ]
        meant = {name for key in spelled for name in self._whole.get(key) or self._otherwise.get(key) or ()}
        return tuple(meant) if len(meant) == 1 else ()

    def _misspelt_surname(self, key: str) -> Sequence[str]:
        near = [] if key in self._parts or self._lexical.count(key) else _near(key, self._like_surnames)
        return self._surnames[near[0]] if len(near) == 1 else ()


def _near(word: str, known: Slips) -> list[str]:
    """Known words one slip away from `word`, if it is long enough to be a slip."""
    return known.near(word) if len(word) >= _LONG_ENOUGH_TO_MISSPELL and word.isalpha() else []


def _is_initial(part: str) -> bool:
    return len(fold(part)) == 1


def _known(text: str, names: Callable[[str, str], Sequence[str]], shortest: int = 2) -> dict[str, tuple[str, ...]]:
    """Pieces of `text`, none inside another, that are names, with whom they name."""
    found: dict[str, tuple[str, ...]] = {}
    rest = text
    for piece, key in pieces_of(text, shortest):
        if piece in rest and (authors := names(piece, key)):
            found[piece] = tuple(sorted(authors))
            rest = rest.replace(piece, " ")
    return found
