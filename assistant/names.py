"""Names in a question: of authors (`people.py`), and of papers by what people call them (`AgentMath`, `Gate-Norm`)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from assistant.lexical import LexicalIndex, words_of
from assistant.people import LONGEST_NAME, ORDINARY, TOKEN, People, fold, pieces_of
from assistant.phrasing import AFTER_NICKNAME, BEFORE_NICKNAME, BESIDE_NICKNAME, COMPARE, QUOTED, THE_PAPER
from assistant.slip import Slips
from ingest.paper import Paper, Section

__all__ = ["COINED", "Names", "fold", "quoted_in"]

# A capital inside, or letters beside digits: no ordinary word looks like that.
COINED = re.compile(r"(?=.*[A-Z])(?:.*[a-z].*[A-Z]|[A-Z].*[A-Z]|.*\d)")
_HEAD = re.compile(r"^([^:?!]+)[:?!]")
# A short nickname in small letters (`cope`, `rest`) is heard as a word, which a small library holds by chance. One
# that more papers than ORDINARY hold is only heard with the capitals it is written with.
_SHORT = 5
_LONG_ENOUGH_TO_MISSPELL = 5
# A title is named by as many words of it in a row, if they are its head, or this share of its words.
_FRAGMENT = 3
_MOST_OF_A_TITLE = 0.7
# How a paper says that a name is its own and not that of something it uses.
_OWN = re.compile(
    r"(?:introduc|propos|present|develop|call|nam|term|dub|releas|describ|提出|介绍|名为|称为|推出|发布|构建|开发)[^.。]{0,80}",
    re.IGNORECASE,
)


class Names:
    """The names of one library, as it stood when this was built."""

    def __init__(self, papers: Iterable[Paper], authors: Mapping[str, int], lexical: LexicalIndex) -> None:
        kept = list(papers)
        self._lexical = lexical
        self.people = People(authors, {paper.arxiv_id: paper.authors for paper in kept}, lexical)
        self._nicknames, self._own = _nicknames(kept)
        self._slips = Slips(self._nicknames)
        self._titles = _Titles(kept)

    def authors_in(self, text: str, cued: bool = False) -> dict[str, tuple[str, ...]]:
        """Pieces of `text` that name authors, with the authors that go by them. `cued`: a person is meant."""
        return self.people.named_in(text, cued)

    def papers_in(self, text: str, many: bool = False) -> dict[str, tuple[str, ...]]:
        """Pieces of `text` that name papers, with the ids of the papers that go by them.

        First what is quoted of titles, then nicknames, longest first, then, if there is neither, nicknames misspelt,
        then what else stands of titles. `many`: several papers are asked for, so words of a title are a topic unless
        they are all of it, what a paper calls itself is its name but not what it alone speaks of, and a numbered name
        that several titles hold means them all.
        """
        found = {
            piece: ids for piece in quoted_in(text) if (ids := self._titles.quoted(piece, _FRAGMENT if many else 2))
        }
        rest = text
        for piece in found:
            rest = rest.replace(piece, " ")
        found |= self._known(rest, many)
        if not found or COMPARE.search(text):
            found |= self._misspelt(rest, found)
        found = found or self._titles.named_in([self._lexical.correct(word) for word in words_of(rest)], rest, many)
        return dict(sorted(found.items(), key=lambda item: text.find(item[0])))

    def kin_of(self, arxiv_id: str) -> tuple[str, ...]:
        """The papers of the same numbered name, and last the paper itself."""
        heads = [name for spellings in self._nicknames.values() for name, ids in spellings.items() if arxiv_id in ids]
        kin = [other for name in heads for other in self._family(name, fold(name), (arxiv_id,)) if other != arxiv_id]
        return tuple(dict.fromkeys((*kin, arxiv_id)))

    def is_own_name(self, arxiv_id: str, piece: str) -> bool:
        """Whether the paper calls itself so, rather than speak of something else that no other paper mentions."""
        return (fold(piece), arxiv_id) in self._own

    def _known(self, text: str, many: bool) -> dict[str, tuple[str, ...]]:
        """Nicknames as they are written. Two passes, as a short one may be told by the other beside it."""
        found: dict[str, tuple[str, ...]] = {}
        for _ in range(2):
            rest = text
            for piece in found:
                rest = rest.replace(piece, " ")
            for piece, key in pieces_of(rest, shortest=1):
                ids = self._called(piece, key, text, bool(found)) if piece in rest else ()
                ids = tuple(arxiv_id for arxiv_id in ids if not many or self.is_own_name(arxiv_id, piece))
                if family := self._family(piece, key, ids) if many and piece in rest else ids:
                    found[piece] = family
                    rest = rest.replace(piece, " ")
        return found

    def _called(self, piece: str, key: str, text: str, beside_another: bool) -> tuple[str, ...]:
        spellings = self._nicknames.get(key)
        if not spellings:
            return ()
        ids = tuple(dict.fromkeys(arxiv_id for ids in spellings.values() for arxiv_id in ids))
        if piece in spellings or not self._is_ordinary(piece):
            return ids
        before, _, after = text.partition(piece)
        told = BEFORE_NICKNAME.search(before) or AFTER_NICKNAME.search(after)
        return ids if told or (beside_another and BESIDE_NICKNAME.search(before)) else ()

    def _is_ordinary(self, piece: str) -> bool:
        """Whether it is likelier a word than a name."""
        words = words_of(piece)
        if not words or (piece.isalpha() and piece.islower() and len(piece) <= _SHORT):
            return True
        parts = re.split(r"[\s-]+", piece)
        if len(parts) > 1 and all(part[:1].isupper() for part in parts):
            return False
        return len(frozenset.intersection(*map(self._lexical.holds, words))) > ORDINARY

    def _family(self, piece: str, key: str, ids: Sequence[str]) -> tuple[str, ...]:
        """The papers called so, and those whose nickname holds the same numbered name: `Gato 2`, `Gato 2 Mini`."""
        words = next(iter(self._nicknames[key])).split() if ids else piece.split()
        some = (" ".join(words[n:end]) for n in range(len(words) - 1) for end in range(n + 2, len(words) + 1))
        runs = [fold(run) for run in some if re.search(r"\d$", run) or run == piece] if re.search(r"\d", piece) else []
        if not runs:
            return tuple(ids)
        related = [
            arxiv_id
            for other, spellings in self._nicknames.items()
            if any(run in other for run in runs if len(run) >= _SHORT)
            for owners in spellings.values()
            for arxiv_id in owners
        ]
        return tuple(dict.fromkeys((*ids, *related)))

    def _misspelt(self, text: str, found: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
        """Words that no other paper holds and that are one slip away from the nickname of one paper."""
        near: dict[str, tuple[str, ...]] = {}
        for piece, key in pieces_of(text, shortest=1):
            is_long = len(key) >= _LONG_ENOUGH_TO_MISSPELL + piece.islower()
            if (
                not is_long
                or key in self._nicknames
                or any(piece in other or other in piece for other in (*near, *found))
            ):
                continue
            owners = {
                ids for other in self._near(key) for spelled in self._nicknames[other].values() for ids in spelled
            }
            if len(owners) == 1 and any(self._lexical.holds(word) <= owners for word in words_of(piece)):
                near[piece] = tuple(owners)
        return near

    def _near(self, key: str) -> Iterator[str]:
        digits = re.sub(r"\D", "", key)
        for other in self._slips.near(key):  # another number is another thing, no slip
            if len(other) >= _LONG_ENOUGH_TO_MISSPELL and re.sub(r"\D", "", other) == digits:
                yield other


class _Titles:
    """The titles of one library, by the words that stand in them in a row."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._words: dict[str, tuple[str, ...]] = {}
        self._heads: dict[str, int] = {}
        self._runs: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for paper in papers:
            words = tuple(words_of(paper.title))
            head = _HEAD.match(paper.title)
            self._words[paper.arxiv_id] = words
            self._heads[paper.arxiv_id] = len(words_of(head[1])) if head else len(words)
            for run in (*_in_a_row(words, 2), *_in_a_row(words, _FRAGMENT)):
                self._runs[run].add(paper.arxiv_id)

    def quoted(self, piece: str, least: int) -> tuple[str, ...]:
        """The one paper whose title holds these words, at `least` so many, in a row."""
        words = tuple(words_of(piece))
        owners = self._runs.get(words[:_FRAGMENT], set()) if len(words) >= least else set()
        held = [owner for owner in owners if words in _in_a_row(self._words[owner], len(words))]
        return tuple(held) if len(held) == 1 else ()

    def named_in(self, asked: Sequence[str], text: str, whole: bool) -> dict[str, tuple[str, ...]]:
        """The one paper of whose title the words asked for hold enough, or the `whole`, keyed by the text."""
        cued = bool(THE_PAPER.search(text))
        named = {
            owner
            for run in _in_a_row(asked, _FRAGMENT)
            for owner in self._runs.get(run, ())
            if self._is_enough(owner, _shared(asked, self._words[owner]), cued, whole)
        }
        return {text: tuple(named)} if len(named) == 1 else {}

    def _is_enough(self, arxiv_id: str, shared: tuple[int, int], cued: bool, whole: bool) -> bool:
        start, length = shared
        if whole:
            return length == len(self._words[arxiv_id])
        is_head = start == 0 and length >= self._heads[arxiv_id]
        return is_head or cued or length >= _MOST_OF_A_TITLE * len(self._words[arxiv_id])


def _in_a_row(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[n : n + size]) for n in range(len(words) - size + 1))


def _shared(asked: Sequence[str], title: Sequence[str]) -> tuple[int, int]:
    """The longest run of a title's words that were asked for in a row: where it starts in the title, its length."""
    best = (0, 0)
    for first in range(len(title)):
        for size in range(len(title) - first, best[1], -1):
            if tuple(title[first : first + size]) in _in_a_row(asked, size):
                best = (first, size)
                break
    return best


def quoted_in(text: str) -> list[str]:
    """Pieces of `text` between quotation marks of any kind, long enough to be a title."""
    return [piece for match in QUOTED.finditer(text) for piece in match.groups() if piece]


_Spellings = dict[str, dict[str, list[str]]]


def _nicknames(papers: Sequence[Paper]) -> tuple[_Spellings, set[tuple[str, str]]]:
    """Folded nickname -> spelling -> ids: what stands before a title's colon, and coined words of one paper only.

    Beside them the pairs of nickname and id that are the paper's own name for itself.
    """
    names: _Spellings = defaultdict(lambda: defaultdict(list))
    own: set[tuple[str, str]] = set()
    coined: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
    for paper in papers:
        head = _HEAD.match(paper.title)
        if head and 1 <= len(head[1].split()) <= LONGEST_NAME and len(fold(head[1])) > 2:
            names[fold(head[1])][head[1].strip()].append(paper.arxiv_id)
            own.add((fold(head[1]), paper.arxiv_id))
        text = "\n".join([paper.title, *(paper.text(section) for section in Section)])
        introduced = {*TOKEN.findall(paper.title), *TOKEN.findall(" ".join(_OWN.findall(text)))}
        for word, times in Counter(TOKEN.findall(text)).items():
            if COINED.match(word) and len(fold(word)) > 2:
                coined[fold(word)][paper.arxiv_id] = (word, times)
                own |= {(fold(word), paper.arxiv_id)} if word in introduced else set()
    for key, owners in coined.items():
        [(arxiv_id, (word, times)), *others] = owners.items()
        # What a paper says once, it only mentions.
        if not others and times > 1 and key not in names:
            names[key][word].append(arxiv_id)
    return names, own
