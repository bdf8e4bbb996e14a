"""A labelled set of claims over the sample digests: how many faults the check finds, and how often it is right.

A line of `claims/*.jsonl` is a claim, the papers it cites, and its fault, empty where the papers support it. The check
was tuned on `dev`; `heldout` is about other papers, and nothing was changed for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.answer import Support
from assistant.check import check
from ingest.digest import read_digest
from ingest.embedder import Embedder
from ingest.load import load_embedder
from ingest.paper import Paper
from ingest.sentence import language_of
from ingest.settings import IngestSettings

ROOT = Path(__file__).parents[2]
PAPERS: dict[str, Paper] = {
    paper.arxiv_id: paper
    for path in sorted((ROOT / "ingest" / "samples").glob("*.md"))
    for paper in read_digest(path.read_text(encoding="utf-8"), path.name).papers
}
pytestmark = pytest.mark.xdist_group("sample claims")


@dataclass(frozen=True, slots=True)
class Labelled:
    claim: str
    cites: tuple[str, ...]
    fault: str

    @property
    def text(self) -> str:
        """The claim with its citations before its full stop."""
        marks = " ".join(f"[{arxiv_id}]({PAPERS[arxiv_id].url})" for arxiv_id in self.cites)
        return f"{self.claim[:-1]} {marks}{self.claim[-1]}"


def labelled(split: str) -> list[Labelled]:
    lines = (Path(__file__).parent / "claims" / f"{split}.jsonl").read_text("utf-8").splitlines()
    return [Labelled(row["claim"], tuple(row["cites"]), row["fault"]) for row in map(json.loads, lines)]


DEV, HELDOUT = labelled("dev"), labelled("heldout")


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return load_embedder(IngestSettings(home=tmp_path_factory.mktemp("home"), embed_model="all-MiniLM-L6-v2"))


def found_and_right(rows: list[Labelled], embedder: Embedder) -> tuple[float, float]:
    """Precision and recall of what the check marks as unsupported."""
    sources = {arxiv_id: PAPERS[arxiv_id] for row in rows for arxiv_id in row.cites}
    marked = [any(c.support is Support.UNSUPPORTED for c in check(row.text, sources, embedder)) for row in rows]
    faults = sum(mark for mark, row in zip(marked, rows, strict=True) if row.fault)
    return faults / sum(marked), faults / sum(bool(row.fault) for row in rows)


@pytest.mark.parametrize(
    ("rows", "precision", "recall"), [(DEV, 0.96, 0.94), (HELDOUT, 0.89, 0.92)], ids=["dev", "heldout"]
)
def test_faults_are_found_and_little_else_is_marked(
    rows: list[Labelled], precision: float, recall: float, embedder: Embedder
) -> None:
    measured = found_and_right(rows, embedder)
    assert measured >= (precision, 0), measured
    assert measured[1] >= recall, measured


def test_the_set_is_large_balanced_in_both_languages_and_its_halves_share_no_paper() -> None:
    rows = [*DEV, *HELDOUT]
    assert len(rows) >= 160
    assert 0.4 <= sum(bool(row.fault) for row in rows) / len(rows) <= 0.6
    assert sum(language_of(row.claim) == "zh" for row in rows) >= 50
    assert not {i for row in DEV for i in row.cites} & {i for row in HELDOUT for i in row.cites}
    assert {row.fault for row in DEV} == {row.fault for row in HELDOUT}
