"""Claim checks: each sentence that a model wrote is held against the papers it cites.

Ids were checked before, by the filter that the prose came through. Here every number of a sentence must stand in the
text of a paper that it cites, and its content must be near a sentence there, by words or by meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assistant.answer import Claim, Evidence, Support
from assistant.lexical import words_of
from assistant.retrieve import evidence_of
from ingest.embedder import Embedder
from ingest.paper import Paper, Section, Sentence
from ingest.sentence import sentences_of, split_sentences

# A bracket after a backslash is text that a paper holds, not a citation of ours.
CITATION = re.compile(r"(?<!\\)\[([\w./-]+)\]\(https://arxiv\.org/abs/[^)\s]+\)")
_LEADING_CITATIONS = re.compile(rf"(?:[\s,;.]*{CITATION.pattern})+[\s,;.。]*")
_LIST_MARK = re.compile(r"\s*(?:(?:[-*+>]|#{1,6}|\d{1,3}[.)])\s+)+")
_MARKUP = re.compile(r"[*`_]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SPACES_AND_MARKS = re.compile(r"[\W_]+")
# Shorter than this, words are found in any text by chance.
_LEAST_QUOTE = 20
_LEAST_WORDS_SHARED = 0.5
_LEAST_COSINE = 0.6


def check(text: str, papers: Mapping[str, Paper], embedder: Embedder) -> tuple[Claim, ...]:
    """The sentences of `text`, in order, each with what it stands on. `papers` are the sources of this turn.

    A sentence that cites nothing is held against all of them: a missing marker is not a missing source.
    """
    return tuple(_claim(sentence, papers, embedder) for sentence in _cited_sentences(text) if _bare(_plain(sentence)))


def supported_share(claims: Sequence[Claim]) -> float:
    """The share of claims that stand, in [0, 1]; 0 where nothing is claimed."""
    return sum(claim.support is not Support.UNSUPPORTED for claim in claims) / len(claims) if claims else 0.0


def _cited_sentences(text: str) -> list[str]:
    """Sentences with the citations that follow their full stop."""
    sentences: list[str] = []
    for line in text.splitlines():
        mark = _LIST_MARK.match(line)
        line = line[mark.end() :] if mark else line  # the dot of `1.` ends no sentence
        for start, end in split_sentences(line):
            piece = line[start:end]
            lead = _LEADING_CITATIONS.match(piece)
            if lead and sentences:
                sentences[-1] += " " + lead[0].strip()
                piece = piece[lead.end() :]
            if piece.strip():
                sentences.append(piece.strip())
    return sentences


def _plain(sentence: str) -> str:
    """The words of a sentence, without citations and Markdown's marks."""
    return " ".join(_MARKUP.sub("", CITATION.sub(" ", sentence)).split()).strip(" ,;()")


def _claim(sentence: str, papers: Mapping[str, Paper], embedder: Embedder) -> Claim:
    cited = [papers[arxiv_id] for arxiv_id in dict.fromkeys(CITATION.findall(sentence)) if arxiv_id in papers]
    against = cited or list(papers.values())
    plain = _plain(sentence)
    if quoted := _quoted(plain, against):
        return Claim(sentence, (quoted,), Support.QUOTED)
    if _numbers(plain) <= set().union(*(_numbers(_everything(paper)) for paper in against)):
        near = [found for paper in against if (found := _near(plain, paper, embedder))]
        if near:
            kept = near if cited else [max(near, key=lambda evidence: evidence.score)]
            return Claim(sentence, tuple(kept), Support.SUPPORTED)
    return Claim(sentence, (), Support.UNSUPPORTED)


def _quoted(plain: str, papers: Sequence[Paper]) -> Evidence | None:
    """The sentence of a paper that holds the claim word for word, or that the claim holds."""
    claim = _bare(plain)
    for paper in papers:
        for sentence in sentences_of(paper):
            text = _bare(sentence.text)
            if not _numbers(plain) <= _numbers(sentence.text):  # without marks, 15 is 1.5
                continue
            if len(claim) >= _LEAST_QUOTE and (claim in text or (len(text) >= 0.8 * len(claim) and text in claim)):
                return evidence_of(sentence, 1.0)
    return None


def _near(plain: str, paper: Paper, embedder: Embedder) -> Evidence | None:
    """The paper's sentence that is nearest to the claim, if it is near enough by words or by meaning."""
    sentences = sentences_of(paper)
    if not sentences:
        return None
    best = max(sentences, key=lambda sentence: _shared(plain, sentence))
    if (share := _shared(plain, best)) >= _LEAST_WORDS_SHARED:
        return evidence_of(best, share)
    return _near_in_meaning(plain, sentences, embedder)


def _shared(plain: str, sentence: Sentence) -> float:
    words = set(words_of(plain))
    return len(words & set(words_of(sentence.text))) / len(words) if words else 0.0


def _near_in_meaning(plain: str, sentences: Sequence[Sentence], embedder: Embedder) -> Evidence | None:
    readable = [sentence for sentence in sentences if embedder.reads(sentence.text)]
    if not readable or not embedder.reads(plain):
        return None
    vectors = embedder.embed([plain, *(sentence.text for sentence in readable)])
    cosines = vectors[1:] @ vectors[0]
    best = int(cosines.argmax())
    return evidence_of(readable[best], float(cosines[best])) if cosines[best] >= _LEAST_COSINE else None


def _numbers(text: str) -> set[str]:
    return {number.replace(",", "").rstrip(".") for number in _NUMBER.findall(text)}


def _everything(paper: Paper) -> str:
    return "\n".join([paper.title, *(paper.text(section) for section in Section)])


def _bare(text: str) -> str:
    return _SPACES_AND_MARKS.sub("", text).casefold()
