"""What a library gives back, on SQLite with embedded Chroma and on PostgreSQL with a Chroma server."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from made_up import Entry, digest, many

from ingest import search
from ingest.library import Library, open_library
from ingest.paper import Appearance, Filters, Section
from ingest.passage import passages_of
from ingest.run import ingest, re_embed
from ingest.settings import IngestSettings

DAY = "2026-01-05.md"


def test_a_paper_comes_back_as_its_digest_gave_it(library: Library):
    entry = Entry("2601.00007v2", "depth", "On [deep] depth", ("Ada Stone", "Bo Li"), "cs.RO", "An abstract.")
    ingest([digest(DAY, entry)], library)
    paper = library.paper("2601.00007")
    assert paper
    assert paper.arxiv_id == "2601.00007"
    assert paper.title == "On [deep] depth"
    assert paper.authors == ("Ada Stone", "Bo Li")
    assert (paper.primary_category, paper.categories) == ("cs.RO", ("cs.RO",))
    assert paper.abstract == "An abstract."
    assert paper.summary.method == "They look at depth."
    assert paper.appearances == (Appearance(DAY, date(2026, 1, 5), 1),)


def test_papers_come_in_the_order_asked_for_and_unknown_ones_are_left_out(library: Library):
    ingest([digest(DAY, Entry("2601.00001"), Entry("2601.00002"))], library)
    assert list(library.papers(["2601.00002v3", "2601.99999", "2601.00001"])) == ["2601.00002", "2601.00001"]
    assert library.paper("2601.00001v1") == library.paper("2601.00001")
    assert library.paper("2601.99999") is None
    assert library.papers([]) == {}


def test_an_empty_library_answers(library: Library, embedder):
    assert library.count() == 0
    assert library.span() == ("", "")
    assert library.search(embedder.embed(["depth"])[0], 10) == []
    assert library.sentences(["2601.00001"]).sentences == ()
    assert library.select(Filters()) == []
    assert list(library.iter_papers()) == []
    assert library.index_lag() == 0


def test_ids_are_ordered_by_time_also_across_centuries(library: Library):
    ids = ["cs/9912001", "math/0001002", "0704.0001", "2512.21015", "2601.00002"]
    ingest([digest(DAY, *map(Entry, ids))], library)
    assert library.select(Filters()) == ids[::-1]
    assert library.select(Filters(), oldest_first=True) == ids


@pytest.fixture
def shelf(library: Library) -> Library:
    """Three papers that differ in everything that can be filtered by; only the first two have a dated digest."""
    zoe = Entry("2512.00001", authors=("Zoë Ångström",), category="cs.CL")
    bo = Entry("2601.00002", authors=("Bo Li", "Søren  Łuk", "Ada Stone"), category="cs.CV")
    ada = Entry("2602.00003", authors=("Ada Stone", "Bo Liu"), category="cs.RO")
    ingest([digest("2026-01-05.md", zoe), digest("2026-01-09.md", bo), digest("undated.md", ada)], library)
    return library


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (Filters(), [3, 2, 1]),
        (Filters(categories=("cs.CL", "cs.RO")), [3, 1]),
        (Filters(authors=("zoe angstrom",)), [1]),
        (Filters(authors=("SOREN LUK",)), [2]),
        (Filters(authors=("Ada Stone",)), [3, 2]),
        (Filters(authors=("Bo",)), []),
        (Filters(authors=("Bo Li",)), [2]),
        (Filters(max_authors=2), [3, 1]),
        (Filters(since="2026-01"), [3, 2]),
        (Filters(until="2026-01"), [2, 1]),
        (Filters(since="2026"), [3, 2]),
        (Filters(until="2025"), [1]),
        (Filters(since="2026-01-09"), [3, 2]),
        (Filters(since="2026-01-05"), [3, 2, 1]),
        (Filters(until="2026-01-05"), [1]),
        (Filters(since="2026-01-06", until="2026-02-01"), [3, 2]),
        (Filters(since="2026-03-01"), []),
        (Filters(arxiv_ids=("2512.00001v4", "2601.00002")), [2, 1]),
        (Filters(categories=("cs.CV",), authors=("Ada Stone",), max_authors=3), [2]),
    ],
)
def test_filters_narrow_to_the_papers_that_meet_all_of_them(shelf: Library, filters: Filters, numbers: list[int]):
    assert [int(arxiv_id[-1]) for arxiv_id in shelf.select(filters)] == numbers


def test_a_bound_that_is_no_date_is_refused(shelf: Library):
    with pytest.raises(ValueError, match="2026-02"):
        shelf.select(Filters(since="last week"))


def test_catalogues_count_papers(shelf: Library):
    more = Entry("2602.00004", authors=("ada stone", "Ada Stone", "Bo Li"), category="cs.CV")
    ingest([digest("2026-01-09.md", more)], shelf)
    assert list(shelf.authors().items())[:2] == [("Ada Stone", 3), ("Bo Li", 2)]
    assert shelf.categories() == {"cs.CV": 2, "cs.CL": 1, "cs.RO": 1}
    assert list(shelf.months().items()) == [("2026-02", 2), ("2026-01", 1), ("2025-12", 1)]
    assert shelf.count() == 4


def test_the_span_is_of_days_or_of_months_where_no_digest_has_a_day(shelf: Library, tmp_path, embedder):
    assert shelf.span() == ("2026-01-05", "2026-01-09")
    with open_library(IngestSettings(home=tmp_path / "other", database_url=None, chroma_url=None), embedder) as other:
        ingest([digest("undated.md", Entry("2512.00001"), Entry("2602.00001"))], other)
        assert other.span() == ("2025-12", "2026-02")


def test_digests_read_are_listed_newest_first(shelf: Library):
    assert [(read.name, read.papers) for read in shelf.digests()] == [
        ("2026-01-09.md", 1),
        ("2026-01-05.md", 1),
        ("undated.md", 1),
    ]


def _all_scores(library: Library, vector) -> list[tuple[str, float]]:
    """Every embedded passage with its cosine, from the papers' own texts."""
    embedder = library.embedder
    passages = [piece for paper in library.iter_papers() for piece in passages_of(paper, embedder)]
    read = [piece for piece in passages if embedder.reads(piece.text)]
    scores = embedder.embed([piece.text for piece in read]) @ vector
    return sorted(zip([piece.passage_id for piece in read], scores, strict=True), key=lambda hit: -hit[1])


def test_a_search_gives_the_nearest_passages_with_their_cosines(library: Library, embedder):
    ingest([digest(DAY, *many(60))], library)
    vector = embedder.embed(["sparse robot memory"])[0]
    hits = library.search(vector * 3, 25)
    expected = _all_scores(library, vector)[:25]
    np.testing.assert_allclose([hit.score for hit in hits], [score for _, score in expected], atol=1e-5)
    assert hits[0].passage_id == expected[0][0]
    assert hits[0].passage_id.startswith(hits[0].arxiv_id + ":")
    assert len(library.search(vector, 10_000)) == len(_all_scores(library, vector))


@pytest.mark.parametrize("few", [0, 2000])
def test_a_search_within_some_papers_misses_none_of_theirs(library: Library, embedder, monkeypatch, few: int):
    monkeypatch.setattr(search, "FEW", few)
    ingest([digest(DAY, *many(60))], library)
    vector = embedder.embed(["sparse robot memory"])[0]
    within = [f"2601.{n:05}" for n in range(1, 60, 9)]
    expected = [hit for hit in _all_scores(library, vector) if hit[0].split(":")[0] in within]
    hits = library.search(vector, 10, within=within)
    np.testing.assert_allclose([hit.score for hit in hits], [score for _, score in expected[:10]], atol=1e-5)
    assert len(library.search(vector, 1000, within=within)) == len(expected)
    assert library.search(vector, 10, within=[]) == []


def test_sentences_are_spans_of_their_paper_with_a_vector_each(library: Library, embedder):
    entries = many(6)
    ingest([digest(DAY, *entries)], library)
    found = library.sentences(["2601.00003", "2601.00001", "2601.99999"])
    assert [sentence.arxiv_id for sentence in found.sentences] == sorted(
        (sentence.arxiv_id for sentence in found.sentences), reverse=True
    )
    for sentence in found.sentences:
        paper = library.paper(sentence.arxiv_id)
        assert paper
        assert paper.text(sentence.section)[sentence.start : sentence.end] == sentence.text
    vectors = embedder.embed([sentence.text for sentence in found.sentences])
    assert found.vectors.dtype == np.float32
    np.testing.assert_allclose(found.vectors, vectors, atol=1e-3)


def test_sentences_that_the_embedder_cannot_read_have_no_row(library: Library):
    ingest([digest(DAY, many(1)[0])], library)  # its summary is Chinese
    assert {sentence.section for sentence in library.sentences(["2601.00001"]).sentences} == {Section.ABSTRACT}


def test_conversations_are_kept_and_are_no_new_version(library: Library):
    version = library.version()
    library.save_conversation("a", "On depth", '{"turns": []}')
    library.save_conversation("b", "On pose", "{}")
    library.save_conversation("a", "On depth, more", '{"turns": [1]}')
    assert library.conversation("a") == '{"turns": [1]}'
    assert library.conversation("c") is None
    assert [(row.conversation_id, row.title) for row in library.conversations()] == [
        ("a", "On depth, more"),
        ("b", "On pose"),
    ]
    assert library.version() == version


def test_a_conversation_is_saved_while_digests_are_read(library: Library, settings: IngestSettings, embedder):
    with open_library(settings, embedder) as other, other.writing():
        library.save_conversation("a", "On depth", "{}")
    assert library.conversation("a") == "{}"


def test_a_rebuilt_index_gives_the_same_answers(library: Library, embedder):
    ingest([digest(DAY, *many(60))], library)
    vector = embedder.embed(["sparse robot memory"])[0]
    before = library.search(vector, 30)
    assert library.rebuild_index() == len(library.search(vector, 1000))
    assert library.search(vector, 30) == before
    assert library.index_lag() == 0


def test_another_embedder_replaces_all_vectors_at_once(library: Library, settings: IngestSettings, embedder):
    class Wider(type(embedder)):
        name, fingerprint, dim, max_tokens = "wider words", "wider-1", 48, 90

    ingest([digest(DAY, *many(20))], library)
    vector = Wider().embed(["sparse robot memory"])[0]
    with open_library(settings, Wider()) as other:
        assert re_embed(other, Wider()) == 20
        assert other.embedder.name == "wider words"
        expected = _all_scores(other, vector)[:10]
    for opened in (library, open_library(settings, Wider())):  # one has been open all the time
        hits = opened.search(vector, 10)
        np.testing.assert_allclose([hit.score for hit in hits], [score for _, score in expected], atol=1e-5)
        assert opened.sentences(["2601.00002"]).vectors.shape[1] == 48
        opened.close()
