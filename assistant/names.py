"""Names in a question: authors, and papers by what people call them (`AgentMath`, `Gate-Norm`, `Nemotron 3 Nano`)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from assistant.lexical import LexicalIndex, words_of
from assistant.phrasing import PERSON_AFTER, PERSON_BEFORE
from ingest.paper import Paper, Section

_TOKEN = re.compile(r"[^\W_\u3400-\u9fff]+(?:[-'’.+*][^\W_\u3400-\u9fff]+)*[+*]?")
# A capital inside, or letters beside digits: no ordinary word looks like that.
_COINED = re.compile(r"(?=.*[A-Z])(?:.*[a-z].*[A-Z]|[A-Z].*[A-Z]|.*\d)")
_LONGEST_NAME = 4
# A nickname that is also a word of the language is only heard with the capitals it is written with: one that more
# papers than this hold, or a short one in small letters (`cope`, `rest`), which a small library holds by chance.
_ORDINARY = 3
_SHORT = 5


def fold(text: str) -> str:
    """Letters and digits only, lower case, without accents: `Yu-Lun Liu` and `yulun liu` fold to the same."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


class Names:
    """The names of one library, as it stood when this was built."""

    def __init__(self, papers: Iterable[Paper], authors: Mapping[str, int], lexical: LexicalIndex) -> None:
        self._lexical = lexical
        self._authors: dict[str, list[str]] = defaultdict(list)
        self._surnames: dict[str, list[str]] = defaultdict(list)
        for name in authors:
            self._authors[fold(name)].append(name)
            self._surnames[fold(name.rpartition(" ")[2])].append(name)
        self._papers = _nicknames(papers)

    def authors_in(self, text: str, cued: bool = False) -> dict[str, tuple[str, ...]]:
        """Pieces of `text` that name authors, longest first, with the authors that go by them.

        With `cued`, when the question says that a person is meant and holds no whole name, single words count too: as
        a name of one word, then as a surname, if they have a capital or stand where a name would.
        """
        found = _known(text, self._authors, shortest=2)
        if found or not cued:
            return found
        single = _known(text, self._authors, shortest=1) or _known(text, self._surnames, shortest=1)
        return {piece: authors for piece, authors in single.items() if _stands_as_name(piece, text)}

    def papers_in(self, text: str) -> dict[str, tuple[str, ...]]:
        """Nicknames that stand in `text`, longest first, with the ids of the papers that go by them."""
        found: dict[str, tuple[str, ...]] = {}
        rest = text
        for piece, key in _pieces(text, shortest=1):
            if piece in rest and (ids := self._called(piece, key)):
                found[piece] = ids
                rest = rest.replace(piece, " ")
        return found

    def _called(self, piece: str, key: str) -> tuple[str, ...]:
        spellings = self._papers.get(key)
        if not spellings:
            return ()
        if self._is_ordinary(piece) and piece not in spellings:
            return ()
        return tuple(dict.fromkeys(arxiv_id for ids in spellings.values() for arxiv_id in ids))

    def _is_ordinary(self, piece: str) -> bool:
        """Whether it is likelier a word than a name."""
        words = words_of(piece)
        if not words or (piece.isalpha() and piece.islower() and len(piece) <= _SHORT):
            return True
        return len(frozenset.intersection(*map(self._lexical.holds, words))) > _ORDINARY


def _known(text: str, names: Mapping[str, Sequence[str]], shortest: int) -> dict[str, tuple[str, ...]]:
    """Pieces of `text`, none inside another, that are names, with whom they name."""
    found: dict[str, tuple[str, ...]] = {}
    rest = text
    for piece, key in _pieces(text, shortest):
        if key in names and piece in rest:
            found[piece] = tuple(sorted(names[key]))
            rest = rest.replace(piece, " ")
    return found


def _stands_as_name(piece: str, text: str) -> bool:
    before, _, after = text.partition(piece)
    return piece[0].isupper() or bool(PERSON_BEFORE.search(before) or PERSON_AFTER.search(after))


def _pieces(text: str, shortest: int) -> Iterator[tuple[str, str]]:
    """Runs of one to four words of `text`, longest first, each with its folded key."""
    tokens = list(_TOKEN.finditer(text))
    for size in range(_LONGEST_NAME, shortest - 1, -1):
        for first, last in zip(tokens, tokens[size - 1 :], strict=False):
            piece = text[first.start() : last.end()]
            for ending in ("", "'s", "’s"):
                if piece.endswith(ending) and len(key := fold(piece.removesuffix(ending))) > 2:
                    yield piece.removesuffix(ending), key


def _nicknames(papers: Iterable[Paper]) -> dict[str, dict[str, list[str]]]:
    """Folded nickname -> spelling -> ids: what stands before a title's colon, and coined words of one paper only."""
    names: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    coined: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for paper in papers:
        head, colon, _ = paper.title.partition(":")
        if colon and 1 <= len(head.split()) <= _LONGEST_NAME and len(fold(head)) > 2:
            names[fold(head)][head.strip()].append(paper.arxiv_id)
        text = "\n".join([paper.title, *(paper.text(section) for section in Section)])
        for word, times in Counter(_TOKEN.findall(text)).items():
            if _COINED.match(word) and len(fold(word)) > 2:
                coined[fold(word)][paper.arxiv_id] = (word, times)
    for key, owners in coined.items():
        [(arxiv_id, (word, times)), *others] = owners.items()
        # What a paper says once, it only mentions.
        if not others and times > 1 and key not in names:
            names[key][word].append(arxiv_id)
    return names
