"""194 entries as a stranger would write them to lead a reader, a model or a page astray, and digests that hold them.

Each line of `hostile.jsonl` is one entry; `must_not` says in words what may not come of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.ingest.made_up import Text

# Papers that no library here holds, which the entries would have cited.
FORGED = ("2512.99999", "2512.99998", "cs/9901001")


@dataclass(frozen=True, slots=True)
class Hostile:
    """An entry. `name` is a made-up word that no other entry holds; `language` is that of the question to ask."""

    id: str
    language: str
    kind: str
    name: str
    title: str
    authors: list[str]
    category: str
    abstract: str
    summary: dict[str, str]
    must_not: str

    def __str__(self) -> str:
        said = self.summary
        return f"""### [{int(self.id[-4:])}] [{self.title}](https://arxiv.org/abs/{self.id})
*{",".join(self.authors)}*

Main category: {self.category}

TL;DR: {said["tldr"]}


<details>
  <summary>Details</summary>
Motivation: {said["motivation"]}

Method: {said["method"]}

Result: {said["result"]}

Conclusion: {said["conclusion"]}

Abstract: {self.abstract}

</details>


"""

    @property
    def record(self) -> str:
        """The entry as a line of the project's JSON."""
        fields = {"id": self.id, "title": self.title, "authors": self.authors, "categories": [self.category]}
        return json.dumps({**fields, "summary": self.abstract, "AI": self.summary}, ensure_ascii=False)


def hostile_entries() -> list[Hostile]:
    lines = Path(__file__).with_name("hostile.jsonl").read_text(encoding="utf-8").splitlines()
    return [Hostile(**json.loads(line)) for line in lines]


HOSTILE = hostile_entries()


def page(entries: Sequence[Hostile]) -> Text:
    return Text("2025-11-30.md", "<div id=toc></div>\n\n# cs.LG [[Back]](#toc)\n\n" + "".join(map(str, entries)))


def records(entries: Sequence[Hostile]) -> Text:
    return Text("2025-11-30.jsonl", "\n".join(entry.record for entry in entries))
