"""Digests for tests: written as real ones are, about papers that do not exist."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SUMMARY = {
    "TL;DR": "A short word on {0}.",
    "Motivation": "Nobody had looked at {0}.",
    "Method": "They look at {0}.",
    "Result": "It helps {0}.",
    "Conclusion": "More work on {0} is due.",
}
WORDS = "video speech graph image token robot flow sparse prompt depth pose audio scene motion layout memory".split()


@dataclass(frozen=True)
class Entry:
    arxiv_id: str
    topic: str = "video editing"
    title: str = ""
    authors: tuple[str, ...] = ("Ada Stone", "Bo Li")
    category: str = "cs.CV"
    abstract: str = ""
    summary: dict[str, str] = field(default_factory=lambda: dict(SUMMARY))

    def __str__(self) -> str:
        said = "\n\n".join(f"{label}: {text.format(self.topic)}" for label, text in self.summary.items())
        tldr, _, rest = said.partition("\n\n")
        return f"""### [1] [{self.title or "On " + self.topic}](https://arxiv.org/abs/{self.arxiv_id})
*{",".join(self.authors)}*

Main category: {self.category}

{tldr}


<details>
  <summary>Details</summary>
{rest}

Abstract: {self.abstract or f"We study {self.topic}. It is measured on three sets. The gain is large."}

</details>
"""


@dataclass(frozen=True)
class Text:
    """A source that is in memory."""

    name: str
    text: str

    @property
    def location(self) -> str:
        return self.name

    def read(self) -> str:
        return self.text


def digest(name: str, *entries: Entry) -> Text:
    return Text(name, "\n\n".join(map(str, entries)))


def topics(number: int, seed: int = 0) -> list[str]:
    """Different ones, three words each."""
    pick = random.Random(seed)
    return [" ".join(pick.choices(WORDS, k=3)) + f" {n}" for n in range(number)]


def many(number: int, month: str = "2601") -> list[Entry]:
    """Papers with abstracts of a few sentences, a third of them with a Chinese summary."""
    entries = []
    for n, topic in enumerate(topics(number, seed=int(month))):
        abstract = f"We study {topic}. " + " ".join(f"Part {i} of {topic} is measured on set {n}." for i in range(9))
        summary = {"TL;DR": "本文研究{0}。", "Method": "他们研究{0}。"} if n % 3 == 0 else SUMMARY
        entries.append(Entry(f"{month}.{n + 1:05}", topic, abstract=abstract, summary=summary))
    return entries
