"""What holds for every digest: 2,400 generated ones, whole and damaged."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.digest import read_digest
from ingest.paper import Appearance, Paper, Summary
from ingest.source import decode

TEMPLATE = """### [{n}] [{paper.title}](https://arxiv.org/abs/{paper.arxiv_id})
*{authors}*

Main category: {paper.primary_category}

TL;DR: {paper.summary.tldr}


<details>
  <summary>Details</summary>
Motivation: {paper.summary.motivation}

Method: {paper.summary.method}

Result: {paper.summary.result}

Conclusion: {paper.summary.conclusion}

Abstract: {paper.abstract}

</details>"""
NAME = "day.md"

examples = settings(max_examples=400, deadline=5_000, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.sampled_from(
    "crane $x_i$ [1] ](b) **bold** 纸鹤 折叠。 （一） “q” é β ½ Method: Abstract: # ### - 1. {a} \\alpha < &".split()
)
texts = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: "Say " + " ".join(words))
new_ids = st.builds("{:02}{:02}.{:05}".format, st.integers(7, 30), st.integers(1, 12), st.integers(0, 99_999))
old_ids = st.builds(
    "{}/{:02}{:02}{:03}".format,
    st.sampled_from(["cs", "math.GT", "hep-th"]),
    st.integers(0, 6),
    st.integers(1, 12),
    st.integers(0, 999),
)
papers = st.builds(
    Paper,
    arxiv_id=new_ids | old_ids,
    title=texts,
    authors=st.lists(
        st.sampled_from(["Ada Vogel", "Bo Lin", "José Ibáñez", "李雷", "O'Neil Jr."]), min_size=1, max_size=5
    ).map(tuple),
    primary_category=st.sampled_from(["cs.CV", "math.GT", "hep-th", "cond-mat.mtrl-sci"]),
    categories=st.just(()),
    abstract=texts,
    summary=st.builds(Summary, texts, texts, texts, texts, texts),
).map(lambda paper: replace(paper, categories=(paper.primary_category,)))
digests = st.lists(papers, min_size=3, max_size=6, unique_by=lambda paper: paper.arxiv_id)


def rendered(papers):
    return [
        TEMPLATE.format(n=n, paper=paper, authors=",".join(paper.authors)) + "\n\n\n"
        for n, paper in enumerate(papers, 1)
    ]


def contents(digest):
    return {paper.arxiv_id: replace(paper, appearances=()) for paper in digest.papers}


@given(digests)
@examples
def test_what_was_rendered_is_read_back(papers):
    digest = read_digest("".join(rendered(papers)), NAME)
    assert digest.unreadable == ()
    assert digest.papers == tuple(
        replace(paper, appearances=(Appearance(NAME, None, n),)) for n, paper in enumerate(papers, 1)
    )


@given(digests)
@examples
def test_json_lines_say_the_same_as_the_page_made_from_them(papers):
    lines = [
        {
            "id": paper.arxiv_id + "v1",
            "title": paper.title,
            "authors": paper.authors,
            "categories": paper.categories,
            "summary": paper.abstract,
            "AI": {name: getattr(paper.summary, name) for name in Summary.__slots__},
        }
        for paper in papers
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    assert read_digest(text, NAME).papers == read_digest("".join(rendered(papers)), NAME).papers


@given(digests, st.data())
@examples
def test_a_digest_cut_anywhere_keeps_the_entries_before_the_cut(papers, data):
    entries = rendered(papers)
    content = "".join(entries).encode()
    cut = data.draw(st.integers(0, len(content)))
    whole, end = 0, 0
    while whole < len(entries) and (end := end + len(entries[whole].encode())) <= cut:
        whole += 1
    found = contents(read_digest(decode(content[:cut]), NAME))
    assert [found.get(paper.arxiv_id) for paper in papers[:whole]] == papers[:whole]
    assert len(found) <= whole + 1


@given(digests, st.data())
@examples
def test_flipped_bytes_in_one_entry_leave_the_others_as_they_were(papers, data):
    entries = [entry.encode() for entry in rendered(papers)]
    hit = data.draw(st.integers(0, len(entries) - 1))
    damaged = bytearray(entries[hit])
    body = len(damaged) - len("\n\n\n")  # the last line end is the next entry's as much
    for place in data.draw(st.lists(st.integers(0, body - 1), min_size=1, max_size=20)):
        damaged[place] = data.draw(st.integers(0, 255))
    entries[hit] = bytes(damaged)
    assert_others_intact(read_digest(decode(b"".join(entries)), NAME), papers, hit)


@given(digests, st.data())
@examples
def test_lines_dropped_or_doubled_in_one_entry_leave_the_others_as_they_were(papers, data):
    entries = rendered(papers)
    hit = data.draw(st.integers(0, len(entries) - 1))
    lines = entries[hit].splitlines(keepends=True)
    times = data.draw(st.lists(st.sampled_from([0, 1, 1, 2]), min_size=len(lines), max_size=len(lines)))
    entries[hit] = "".join(line * n for line, n in zip(lines, times, strict=True))
    assert_others_intact(read_digest("".join(entries), NAME), papers, hit)


@given(
    st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.booleans(),
)
@examples
def test_any_bytes_at_all_are_read_without_a_crash(content, as_json):
    digest = read_digest(decode(content), "day.jsonl" if as_json else NAME)
    assert len(digest.papers) + len(digest.unreadable) + digest.repeats <= decode(content).count("\n") + 1
    json.dumps([digest.unreadable, [paper.title for paper in digest.papers]]).encode()


def assert_others_intact(digest, papers, hit):
    found = contents(digest)
    for n, paper in enumerate(papers):
        if n != hit:
            assert found[paper.arxiv_id] == paper
