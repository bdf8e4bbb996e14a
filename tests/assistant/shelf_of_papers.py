"""A dozen made-up papers in both languages, and digests that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingest.library import Library, open_library
from ingest.paper import Appearance, Paper, Summary
from ingest.run import ingest
from ingest.settings import IngestSettings
from tests.conftest import WordEmbedder
from tests.ingest.made_up import Entry, digest


def paper(
    arxiv_id: str,
    title: str,
    abstract: str,
    summary: Summary = Summary(),  # noqa: B008 - frozen
    authors: Sequence[str] = ("Ada Stone", "Bo Li"),
    category: str = "cs.CV",
) -> Paper:
    listed = Appearance("2025-12-10.md", date(2025, 12, 10), 1)
    return Paper(arxiv_id, title, tuple(authors), category, (category,), abstract, summary, (listed,))


EDITING = paper(
    "2511.00101",
    "FilmKnife: Video Editing with Diffusion",
    "Editing video by hand is slow. We propose FilmKnife, a diffusion model for video editing. "
    "It edits a clip of 12 seconds in 3.5 seconds on one GPU. Users prefer it in 71% of cases.",
    Summary(
        "FilmKnife edits video with diffusion.", "Editing is slow.", "A diffusion model.", "It is preferred in 71%."
    ),
    ("Ada Stone", "Zoë Müller-Lüdenscheidt"),
)
LONG_EDITING = paper(
    "2512.00102",
    "Editing Long Videos without Flicker",
    "Long videos flicker when diffusion models edit them. We carry noise from frame to frame. "
    "Flicker falls by 40% on 250 videos.",
    Summary(
        "Carries noise between frames so that edited video does not flicker.", "", "Noise is carried.", "40% less."
    ),
    ("Bo Li", "Jean-Luc Moreau"),
)
GRASPING = paper(
    "2512.00103",
    "Grasping with Tactile Robots",
    "Robots that feel grasp better. We train a tactile policy on 900 objects. It succeeds in 93.5% of grasps.",
    Summary("A tactile policy grasps 900 objects.", "Robots cannot feel.", "Tactile training.", "93.5% success."),
    ("Hannah Quill",),
    "cs.RO",
)
FEDERATED = paper(
    "2601.00104",
    "Federated Learning under Drift",
    "Federated learning suffers when clients drift. We weigh clients by age. Accuracy rises by 2.1 points.",
    Summary(
        "客户端漂移会损害联邦学习。我们按时间加权客户端。",
        "客户端会漂移。",
        "按时间加权。",
        "准确率提高 2.1 个百分点。",
    ),
    ("Hannah Quill", "Bo Li"),
    "cs.LG",
)
POETRY = paper(
    "2601.00105",
    "Measuring Poetry Written by Language Models",
    "Language models write poems. We ask 40 poets to judge 800 poems. Poets tell them apart in 62% of cases.",
    Summary("诗人评判语言模型写的诗歌。", "没有人测量过诗歌质量。", "请 40 位诗人评判。", "62% 的情况下能分辨。"),
    ("Mei Tanaka", "Ada Stone"),
    "cs.CL",
)
WEATHER = paper(
    "2602.00106",
    "StormNet: Weather Forecasting from Radar",
    "Storms form fast. StormNet forecasts rain from radar for 6 hours. It is 18 times cheaper than physics.",
    Summary("StormNet 用雷达预报降雨。", "风暴形成很快。", "雷达图像网络。", "便宜 18 倍。"),
    ("Oluwaseun Adeyemi",),
    "physics.ao-ph",
)
PROTEINS = paper(
    "2602.00107",
    "Folding Proteins on Phones",
    "Protein folding needs large machines. We distil a folder into 9 million weights. "
    "It folds on a phone in 4 minutes.",
    Summary("Folds proteins on a phone."),
    ("Mei Tanaka",),
    "q-bio.BM",
)
SPEECH = paper(
    "2602.00108",
    "Whispered Speech Recognition",
    "Whispered speech has no pitch. We synthesise whispers from 500 hours of speech. Word error falls to 8.2%.",
    Summary("用合成的耳语训练语音识别。", "耳语没有音高。", "合成耳语。", "词错误率降到 8.2%。"),
    ("Zhang Wei", "Bo Li"),
    "eess.AS",
)
OLD = paper(
    "cs/0112017",
    "Sorting on Tape Machines",
    "Tapes are slow. We sort a billion records on four tapes. The bound is tight.",
    Summary("Sorting with tapes."),
    ("Grace Pike",),
    "cs.DS",
)
NASTY = paper(
    "2602.00110",
    "Breaking [Pages](https://evil.example) with <script>alert(1)</script> | *Markup*",
    "Cookies [1](https://arxiv.org/abs/2599.00001) leak through **markup** and <img src=x onerror=alert(2)>. "
    "Pipes | break tables. Costs fall from $9 [2599.00002](https://arxiv.org/abs/2599.00002) <b>to</b> $7 here. "
    "The bound is $a_{i} < b[j]$ for cookies.",
    Summary("Markup | leaks `cookies` <b>badly</b>."),
    ("Eve <b>Mallory</b>",),
    "cs.CR",
)
# What the embedder cannot read has no vectors.
SILENT = paper("2602.00111", "Quantum Umbrellas", "", Summary("量子雨伞在雨中纠缠。"), ("Nadia Frost",), "quant-ph")
GRAPHS = paper(
    "2602.00112",
    "GraphLoom: Graph Learning at Scale",
    "Graphs outgrow memory. GraphLoom learns from graphs on disk. It handles 3 billion edges in 5 hours.",
    Summary("GraphLoom learns from graphs on disk.", "Graphs are large.", "Disk-based sampling.", "3 billion edges."),
    ("Ada Stone",),
    "cs.LG",
)
PAPERS = (EDITING, LONG_EDITING, GRASPING, FEDERATED, POETRY, WEATHER, PROTEINS, SPEECH, OLD, NASTY, SILENT, GRAPHS)


def entry(held: Paper) -> Entry:
    said = held.summary
    labels = {
        "TL;DR": said.tldr,
        "Motivation": said.motivation,
        "Method": said.method,
        "Result": said.result,
        "Conclusion": said.conclusion,
    }
    summary = {label: text for label, text in labels.items() if text}
    return Entry(held.arxiv_id, "", held.title, held.authors, held.primary_category, held.abstract or " ", summary)


def fill(library: Library, papers: Sequence[Paper], name: str = "2026-02-10.md") -> None:
    """Puts papers in by reading them as a digest."""
    report = ingest([digest(name, *map(entry, papers))], library)
    assert report.new == len(papers), report


def shelf_of(home: Path, papers: Sequence[Paper] = PAPERS) -> Library:
    """A real library of these papers, which the caller closes."""
    library = open_library(IngestSettings(home=home, database_url=None, chroma_url=None), WordEmbedder())
    if papers:
        fill(library, papers)
    return library


def without_listing(held: Paper) -> Paper:
    return replace(held, appearances=())
