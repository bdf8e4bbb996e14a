"""Pairs: papers with an English abstract and a Chinese summary, as the trainer reads them."""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from ingest.errors import SourceError
from ingest.paper import Section

FIELDS = tuple(section.value for section in Section if section is not Section.ABSTRACT)


@dataclass(frozen=True, slots=True)
class Pair:
    """One paper. `chinese` holds its summary's fields in the order of FIELDS, `month` is `YYYY-MM` of its digest."""

    arxiv_id: str
    title: str
    abstract: str
    month: str
    chinese: tuple[str, ...]

    @property
    def english(self) -> str:
        return f"{self.title}\n{self.abstract}"


def read_pairs(path: Path) -> list[Pair]:
    """All pairs of a JSON Lines file, which may be packed with xz or gzip. Raises SourceError, naming the line.

    A line holds `id`, `title`, `abstract`, `digest` (`YYYY-MM-DD`) and the fields of a summary.
    """
    try:
        with _opened(path) as lines:
            return list(_pairs(lines, path))
    except (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError) as exc:
        raise SourceError(f"{path}: expected a readable file of pairs, got {exc}") from exc


def _opened(path: Path) -> IO[str]:
    match path.suffix:
        case ".xz":
            return lzma.open(path, "rt", encoding="utf-8")
        case ".gz":
            return gzip.open(path, "rt", encoding="utf-8")
        case _:
            return path.open(encoding="utf-8")


def _pairs(lines: IO[str], path: Path) -> Iterator[Pair]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _pair(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            wanted = '{"id": …, "title": …, "abstract": …, "digest": "YYYY-MM-DD", "tldr": …}'
            raise SourceError(f"{path}:{number}: expected {wanted}, got {line.strip()[:80]!r} ({exc})") from exc


def _pair(row: dict[str, str | None]) -> Pair:
    texts = [row[name] for name in ("id", "title", "abstract")] + [row.get(field) or "" for field in FIELDS]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("not all of them are strings")
    arxiv_id, title, abstract, *chinese = map(str, texts)
    month = f"{date.fromisoformat(str(row['digest'])):%Y-%m}"
    return Pair(arxiv_id, title, abstract, month, tuple(chinese))
