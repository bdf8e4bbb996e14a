"""The command `digest`, over a real library of the sample digests; only the embedder and the model are small."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import ModelError, ModelFault
from assistant.model import Message
from tests.assistant.hub_on_loopback import GGUF, NAME, REPO, Hub, hub_on_loopback, size_of_part
from ui import options, progress
from ui.command import main

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples"
CLI = [sys.executable, "-m", "ui"]
VARIABLES = ("DIGEST_", "OPENAI_", "CHROMA_", "OLLAMA_")


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str


Digest = Callable[..., Ran]


class TwoSentences:
    """A language model that knows one answer."""

    name = "two-sentences"
    where = "this process"
    context_tokens = 4096

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        for piece in ("Noise is added ", "and removed [1]. ", "So it is."):
            yield piece


class Silent(TwoSentences):
    """A language model that is not there."""

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        raise ModelError("Nothing listens at localhost.", "Start it.", kind=ModelFault.REFUSED)
        yield ""


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(VARIABLES)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def digest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], embedder: object, home: Path) -> Digest:
    """Runs the command in this process with a home of samples unless another is given."""
    capsys.readouterr()  # what making that home printed

    def run(*arguments: str, stdin: str | io.StringIO = "", model: object = None, home: Path = home) -> Ran:
        monkeypatch.setenv("DIGEST_HOME", str(home))
        typed = io.TextIOWrapper(io.BytesIO(stdin.encode())) if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", typed)
        with pytest.raises(SystemExit) as left:
            main(arguments, options.Parts(embedder, model))
        wrote = capsys.readouterr()
        return Ran(left.value.code, wrote.out, wrote.err)

    return run


@pytest.fixture
def home(embedder: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of the samples; made once, so a test that changes papers takes another."""
    folder = tmp_path_factory.getbasetemp() / "samples-library"
    if not folder.exists():
        with pytest.raises(SystemExit):
            main(["ingest", "--samples", "--home", str(folder)], options.Parts(embedder))
    return folder


# --- reading digests in


def test_ingesting_prints_one_line_of_what_happened_and_a_second_time_only_repeats(
    digest: Digest, tmp_path: Path
) -> None:
    first = digest("ingest", str(SAMPLES), home=tmp_path / "new")
    again = digest("ingest", str(SAMPLES), home=tmp_path / "new")
    assert first.status == again.status == 0
    assert first.out.startswith("+")
    assert " new" in first.out
    assert again.out.endswith(" repeats, nothing changed\n")
    assert first.out.count("\n") == 1


def test_ingesting_prints_json_for_programs(digest: Digest, tmp_path: Path) -> None:
    report = json.loads(digest("ingest", "--samples", "--json", home=tmp_path / "new").out)
    papers = json.loads(digest("papers", "--json", home=tmp_path / "new").out)
    assert report["new"] == papers["count"] == len(papers["papers"]) > 0
    assert report["unreadable"] == []


def test_a_digest_is_read_from_standard_input(digest: Digest, tmp_path: Path) -> None:
    text = (SAMPLES / "2025-11-03.md").read_text(encoding="utf-8")
    assert digest("ingest", "-", stdin=text, home=tmp_path / "new").status == 0
    assert digest("papers", "--count", home=tmp_path / "new").out != "0\n"


def test_a_path_that_is_not_there_fails_alone_and_not_beside_one_that_is(digest: Digest, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.md")
    alone = digest("ingest", missing, home=tmp_path / "new")
    beside = digest("ingest", missing, str(SAMPLES), home=tmp_path / "new")
    again = digest("ingest", missing, str(SAMPLES), home=tmp_path / "new")
    assert alone.status == 1
    assert "missing.md" in alone.err + alone.out
    assert beside.status == again.status == 0
    assert "missing.md" in beside.err + beside.out


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_goes_to_standard_error_in_lines_or_on_a_terminal_as_a_bar(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    ran = digest("ingest", "--samples", home=tmp_path / "new")
    assert ran.out.count("\n") == 1
    assert "papers found" in ran.err
    assert ("\x1b[" in ran.err) is terminal
    assert ("(3 of 3)\n" in ran.err) is not terminal


def test_ingesting_without_a_path_is_wrong_usage(digest: Digest) -> None:
    ran = digest("ingest")
    assert ran.status == 2
    assert "--samples" in ran.err


# --- asking


def test_an_answer_cites_papers_with_their_addresses(digest: Digest) -> None:
    ran = digest("ask", "which papers use diffusion for video editing")
    assert ran.status == 0
    assert "https://arxiv.org/abs/" in ran.out
    assert ran.err == ""


def test_json_is_the_whole_answer(digest: Digest) -> None:
    from assistant.answer_json import answer_from_dict, answer_to_dict

    printed = json.loads(digest("ask", "--json", "which papers use diffusion for video editing").out)
    answer = answer_from_dict(printed)
    assert answer_to_dict(answer) == printed
    assert answer.citations
    assert answer.hits[0].paper.title


def test_k_bounds_a_list(digest: Digest) -> None:
    question = "which papers use diffusion for video editing"
    every, two = (json.loads(digest("ask", "--json", question, *k).out)["citations"] for k in ([], ["-k", "2"]))
    assert two == every[:2] != every


def test_a_question_comes_from_standard_input(digest: Digest) -> None:
    ran = digest("ask", "-", "--json", stdin="which papers use diffusion\n")
    assert json.loads(ran.out)["query"]["text"] == "which papers use diffusion"


@pytest.mark.parametrize(("arguments", "stdin"), [(["ask", "  "], ""), (["ask", "-"], "\n")])
def test_an_empty_question_is_wrong_usage(digest: Digest, arguments: list[str], stdin: str) -> None:
    ran = digest(*arguments, stdin=stdin)
    assert ran.status == 2
    assert "empty" in ran.err


def test_filters_narrow_what_is_searched_and_are_told(digest: Digest) -> None:
    narrow = ["--category", "cs.cl", "--since", "2017-01", "--until", "2023-12"]
    asked = json.loads(digest("ask", "--json", "attention", *narrow).out)
    listed = json.loads(digest("papers", "--json", *narrow).out)
    assert asked["query"]["filters"]["categories"] == ["cs.CL"]
    assert asked["searched"]["papers"] == listed["count"] > 0
    assert {hit["paper"]["arxiv_id"] for hit in asked["hits"]} <= {paper["arxiv_id"] for paper in listed["papers"]}
    assert "cs.CL" in digest("ask", "attention", *narrow).out


def test_a_language_model_writes_the_answer_and_is_named(digest: Digest) -> None:
    ran = digest("ask", "how do denoising diffusion models generate images?", model=TwoSentences())
    assert ran.status == 0
    assert "two-sentences" in ran.out


def test_what_a_vendor_logs_is_not_printed_unless_it_is_an_error() -> None:
    code = (
        "import logging; from ui.options import start_log; logging.getLogger('bm25s').setLevel('DEBUG'); start_log(2)\n"
        "for name in ('bm25s', 'ui.x'): logging.getLogger(name).debug(name); logging.getLogger(name).error(name)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    assert [line.split()[2:] for line in told.splitlines()] == [
        ["ERROR", "bm25s:", "bm25s"],
        ["DEBUG", "ui.x:", "ui.x"],
        ["ERROR", "ui.x:", "ui.x"],
    ]


def test_a_dead_language_model_gives_an_answer_all_the_same_and_says_so(digest: Digest) -> None:
    ran = digest("ask", "how do denoising diffusion models generate images?", model=Silent())
    assert ran.status == 0
    assert "Nothing listens at localhost." in ran.out
    assert "https://arxiv.org/abs/" in ran.out


def test_an_unknown_kind_of_language_model_is_one_friendly_line(digest: Digest) -> None:
    ran = digest("ask", "what?", "--llm", "gtp-4")
    assert ran.status == 1
    assert ran.err.startswith("Error: DIGEST_LLM is 'gtp-4'")
    assert ran.err.count("\n") == 1
    assert ran.out == ""


def test_asking_an_empty_library_says_what_to_type(digest: Digest, tmp_path: Path) -> None:
    ran = digest("ask", "anything", home=tmp_path / "new")
    assert ran.status == 1
    assert "digest ingest PATH" in ran.err


def test_a_conversation_goes_on_from_one_question_to_the_next(digest: Digest, tmp_path: Path) -> None:
    name = tmp_path.name
    digest("ask", "which papers use diffusion for video editing", "--conversation", name)
    digest("ask", "and which of them are the newest?", "--conversation", name)
    shown = digest("chat", "--terminal", "--conversation", name, stdin="which of them use attention?\n")
    assert f"--conversation {name}" in shown.err
    assert [(turn["question"], turn["answer"]["query"]["follows"]) for turn in kept_turns(name)] == [
        ("which papers use diffusion for video editing", False),
        ("and which of them are the newest?", True),
        ("which of them use attention?", True),
    ]


def kept_turns(conversation_id: str) -> list[dict[str, Any]]:
    from ingest.library import open_library
    from ingest.settings import IngestSettings

    with open_library(IngestSettings()) as library:
        return json.loads(library.conversation(conversation_id) or "{}")["turns"]


# --- the values of filters


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--month", "2025-13"], "expected a month such as 2025-12, got '2025-13'"),
        (["--month", "last"], "expected a month such as 2025-12, got 'last'"),
        (["--since", "2025-02-30"], "or a day such as 2025-12-31, got '2025-02-30'"),
        (["--until", "2025"], "expected a month such as 2025-12 or a day such as 2025-12-31, got '2025'"),
        (["--category", "computer vision"], "expected an arXiv category such as cs.CV or hep-th"),
        (["--month", "2025-11", "--since", "2025-01"], "--month is one whole month"),
        (["--since", "2025-11-05", "--until", "2025-10"], "--since 2025-11-05 is after --until 2025-10"),
    ],
)
@pytest.mark.parametrize("command", [["papers"], ["ask", "anything"]], ids=["papers", "ask"])
def test_a_filter_that_means_nothing_is_wrong_usage_with_an_example(
    digest: Digest, command: list[str], typed: list[str], told: str
) -> None:
    ran = digest(*command, *typed)
    assert ran.status == 2
    assert told in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("typed", "category"),
    [
        ("cs.cv", "cs.CV"),
        ("HEP-TH", "hep-th"),
        ("cond-mat.Mtrl-Sci", "cond-mat.mtrl-sci"),
        ("astro-ph.ga", "astro-ph.GA"),
    ],
)
def test_a_category_gets_the_capitals_that_arxiv_gives_it(typed: str, category: str) -> None:
    assert options.category(typed) == category


def test_the_last_day_of_a_month_is_not_after_that_month(digest: Digest) -> None:
    assert digest("papers", "--since", "2025-11-30", "--until", "2025-11").status == 0


# --- looking at the library


def test_papers_are_listed_newest_first_one_a_line_and_counted(digest: Digest) -> None:
    listed = digest("papers").out.splitlines()
    assert digest("papers", "--count").out == f"{len(listed)}\n"
    ids = [line.split()[0] for line in listed]
    assert ids == sorted(ids, reverse=True)
    assert digest("papers", "--limit", "2").out.splitlines() == listed[:2]
    assert f"{len(listed)} papers, the first 2 shown" in digest("papers", "--limit", "2").err


def test_papers_of_a_month_and_an_author_are_those_of_the_record(digest: Digest) -> None:
    every = json.loads(digest("papers", "--json").out)["papers"]
    first = every[len(every) // 2]  # with newer and older ones around it
    by_author = json.loads(digest("papers", "--json", "--author", first["authors"][0].upper()).out)["papers"]
    of_month = json.loads(digest("papers", "--json", "--month", first["month"]).out)["papers"]
    assert first in by_author
    assert {paper["month"] for paper in of_month} == {first["month"]}
    assert json.loads(digest("papers", "--json", "--count", "--month", first["month"]).out) == {"count": len(of_month)}


def test_a_filter_that_nothing_meets_says_what_there_is(digest: Digest) -> None:
    ran = digest("papers", "--category", "hep-th", "--author", "Kaiming")
    assert (ran.status, ran.out) == (0, "")
    assert "There is no hep-th; there are cs.CV" in ran.err
    assert "Kaiming He" in ran.err


@pytest.mark.parametrize(
    "typed",
    [
        "1512.03385",
        "1512.03385v2",
        "https://arxiv.org/abs/1512.03385",
        "arXiv:1512.03385",
        "arxiv.org/pdf/1512.03385.pdf",
    ],
)
def test_a_paper_is_shown_by_any_form_of_its_id(digest: Digest, typed: str) -> None:
    ran = digest("show", typed)
    assert ran.status == 0
    assert ran.out.startswith("Deep Residual Learning for Image Recognition\nhttps://arxiv.org/abs/1512.03385\n")
    assert "残差" in ran.out


def test_a_paper_is_shown_as_json_with_its_link_and_digests(digest: Digest) -> None:
    paper = json.loads(digest("show", "1512.03385", "--json").out)
    assert paper["url"] == "https://arxiv.org/abs/1512.03385"
    assert paper["appearances"][0]["day"] == "2025-11-03"


def test_a_paper_that_is_not_here_is_told_and_nothing_else(digest: Digest) -> None:
    ran = digest("show", "1999.00001")
    assert (ran.status, ran.out) == (1, "")
    assert "1999.00001 is not among the" in ran.err


# --- conversations


def test_conversations_are_listed_found_and_exported(digest: Digest, tmp_path: Path) -> None:
    digest("ask", "Which papers use diffusion for video editing?", "--conversation", "talk")
    digest("ask", "hello", "--conversation", "other")
    assert [line.split()[0] for line in digest("conversations", "--limit", "2").out.splitlines()] == ["other", "talk"]
    found = json.loads(digest("conversations", "--search", "DIFFUSION for video", "--json").out)
    titles = {row["conversation_id"]: row["title"] for row in found}
    assert titles["talk"] == "Which papers use diffusion for video editing?"
    assert "other" not in titles
    assert digest("conversations", "--search", "nothing like it").err == "No conversation holds these words.\n"
    markdown, bibtex = digest("export", "talk").out, digest("export", "talk", "--format", "bib").out
    assert markdown.startswith("# Which papers use diffusion for video editing?\n")
    assert all(eprint in markdown for eprint in re.findall(r"eprint = {(.*)}", bibtex))
    assert bibtex.count("@misc{") > 1
    written = digest("export", "talk", "--format", "csv", "--out", str(tmp_path / "papers.csv"))
    assert (written.status, written.out) == (0, "")
    assert (tmp_path / "papers.csv").read_bytes().startswith(b'\xef\xbb\xbf"arxiv_id",')


def test_a_conversation_that_is_not_there_is_told(digest: Digest) -> None:
    ran = digest("export", "none")
    assert (ran.status, ran.out) == (1, "")
    assert "`digest conversations` lists them" in ran.err


# --- looking after it


def test_the_library_says_where_it_is(digest: Digest, home: Path) -> None:
    assert digest("library", "path").out == f"{home}\n"


def test_the_folder_can_be_given_with_a_command(digest: Digest, tmp_path: Path) -> None:
    assert digest("library", "path", "--home", str(tmp_path / "other")).out == f"{tmp_path / 'other'}\n"


def test_the_index_is_made_anew_and_found_in_again(digest: Digest) -> None:
    ran = digest("library", "rebuild-index")
    assert ran.status == 0
    assert int(ran.out.split()[0]) > 0
    assert digest("ask", "which papers use diffusion for video editing").status == 0


def test_a_wrong_setting_is_told_by_name_and_never_by_value(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PROMPT_TOKENS", "sekret")
    ran = digest("ask", "what?")
    assert ran.status == 1
    assert "prompt_tokens" in ran.err
    assert "sekret" not in ran.err


# --- the doctor


def test_the_doctor_says_what_is_used_where_text_goes_and_what_to_type(digest: Digest, home: Path) -> None:
    ran = digest("doctor")
    assert ran.status == 0
    for said in (str(home), "2025-11-03 to 2025-11-05", "words", "no text leaves this computer", "DIGEST_LLM"):
        assert said in ran.out


def test_the_doctor_makes_no_library_where_there_is_none(digest: Digest, tmp_path: Path) -> None:
    ran = digest("doctor", home=tmp_path / "none")
    assert ran.status == 0
    assert "digest ingest PATH" in ran.out
    assert not (tmp_path / "none").exists()


def test_the_doctor_shows_no_key_and_no_password(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-sekret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:sekret@127.0.0.1:9/v1")
    monkeypatch.setenv("DIGEST_DATABASE_URL", "postgresql://me:sekret@127.0.0.1:9/digest")
    ran = digest("doctor", "--llm", "openai:gpt-4o-mini")
    assert "http://127.0.0.1:9/v1" in ran.out
    assert "sekret" not in ran.out + ran.err


def test_the_doctor_fails_when_something_is_wrong(digest: Digest) -> None:
    ran = digest("doctor", "--json", "--llm", "openai:gpt-4o-mini")
    assert ran.status == 1
    wrong = [finding for finding in json.loads(ran.out) if not finding["ok"]]
    assert [finding["about"] for finding in wrong] == ["language model"]
    assert "OPENAI_API_KEY" in wrong[0]["found"]


# --- fetching a language model


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on loopback that HF_ENDPOINT names."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with hub_on_loopback(Hub()) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        yield served


def test_pulling_a_model_ends_with_the_line_to_set_and_a_second_time_says_that_it_is_there(
    digest: Digest, hub: Hub, tmp_path: Path
) -> None:
    first = digest("model", "pull", REPO, NAME, home=tmp_path / "home")
    again = digest("model", "pull", REPO, NAME, "--sha256", hub.sha256.upper(), home=tmp_path / "home")
    path = tmp_path / "home" / "models" / REPO / NAME
    assert first.status == again.status == 0
    assert path.read_bytes() == GGUF
    assert first.out.endswith(f"DIGEST_LLM=gguf:{path}\n")
    assert "was fetched" in first.out
    assert "is here already" in again.out
    assert hub.sent == len(GGUF)


def test_a_pulled_model_is_told_as_json(digest: Digest, hub: Hub, tmp_path: Path) -> None:
    ran = digest("model", "pull", REPO, NAME, "--json", home=tmp_path / "home")
    told = json.loads(ran.out)
    assert told["set"] == f"DIGEST_LLM=gguf:{told['path']}"
    assert (told["repo"], told["sha256"], told["size"], told["fetched"]) == (REPO, hub.sha256, len(GGUF), len(GGUF))


def test_how_far_a_pull_has_come_goes_to_standard_error(
    digest: Digest, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    hub.content = GGUF * 10
    ran = digest("model", "pull", REPO, NAME, home=tmp_path / "home")
    assert " fetched, " in ran.err
    assert "MB/s, 0:00 left (3 of 3)" in ran.err
    assert "MB/s" not in ran.out


def test_ctrl_c_leaves_a_part_that_the_next_pull_goes_on_with(digest: Digest, hub: Hub, tmp_path: Path) -> None:
    hub.holds_at, home = 100_000, tmp_path / "home"
    pulling = [*CLI, "model", "pull", REPO, NAME, "--home", str(home)]
    with subprocess.Popen(pulling, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert hub.holding.wait(30)
        until_it(lambda: bool(list(home.rglob("*.part"))) and size_of_part(home) == 100_000)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out) == (130, "")
    assert "goes on from here" in err
    assert "Traceback" not in err
    hub.holds_at = None
    assert digest("model", "pull", REPO, NAME, home=home).status == 0
    assert hub.ranges == ["", "bytes=100000-"]
    assert (home / "models" / REPO / NAME).read_bytes() == GGUF


def until_it(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_hub_that_cannot_be_reached_is_one_friendly_line(
    digest: Digest, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("HF_ENDPOINT", f"http://me:sekret@127.0.0.1:{taken.getsockname()[1]}")
    ran = digest("model", "pull", home=tmp_path / "home")
    assert (ran.status, ran.out) == (1, "")
    assert "HF_ENDPOINT" in ran.err.splitlines()[-1]
    assert "sekret" not in ran.err


@pytest.mark.parametrize("given", [(REPO,), ("--revision", "main"), ("--sha256", "0" * 64)])
def test_half_of_what_names_a_model_is_wrong_usage(digest: Digest, tmp_path: Path, given: tuple[str, ...]) -> None:
    ran = digest("model", "pull", *given, home=tmp_path / "home")
    assert ran.status == 2
    assert "both REPO and FILE" in ran.err


def test_the_group_alone_shows_what_is_in_it(digest: Digest) -> None:
    assert "pull  Fetch a GGUF file" in digest("model").err


def test_the_doctor_tells_of_a_model_that_was_pulled_but_is_not_set(digest: Digest, hub: Hub, tmp_path: Path) -> None:
    assert "digest model pull" in digest("doctor", home=tmp_path / "home").out
    digest("model", "pull", REPO, NAME, home=tmp_path / "home")
    told = digest("doctor", home=tmp_path / "home").out
    assert f"{NAME} was pulled but is not set: DIGEST_LLM=gguf:" in told


# --- measuring


def test_a_question_file_that_is_none_is_one_friendly_line(digest: Digest, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text("{}\n", encoding="utf-8")
    ran = digest("eval", "run", "q.jsonl", "--predictions", "p.jsonl")
    assert ran.status == 1
    assert ran.err.startswith("Error: q.jsonl:1:")
    assert not (tmp_path / "p.jsonl").exists()


# --- chatting in the terminal


def test_the_chat_reads_the_samples_into_an_empty_library_and_says_so(digest: Digest, tmp_path: Path) -> None:
    ran = digest("chat", "--terminal", stdin="", home=tmp_path / "new")
    assert "the sample digests are read into it first" in ran.err
    assert digest("papers", "--count", home=tmp_path / "new").out != "0\n"


def test_the_chat_goes_on_after_an_error_until_it_is_told_to_end(digest: Digest) -> None:
    typed = [f"what is {'very ' * 1000}long?", "", "how many papers are there?", "exit", "never asked"]
    ran = digest("chat", "--terminal", stdin="\n".join(typed))
    assert ran.status == 0
    assert ran.err.startswith("Error: expected a question of at most")
    assert ran.out.count("Searched ") == 1


def test_a_port_that_is_taken_is_one_friendly_line(digest: Digest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = digest("chat", "--no-open", "--port", str(taken.getsockname()[1]))
    assert ran.status == 1
    assert ran.err.startswith("Error: cannot listen on 127.0.0.1:")
    assert ran.err.count("\n") == 1


# --- how it behaves as a program


class Interrupted(io.StringIO):
    """Standard input during which Ctrl-C is pressed."""

    def read(self, size: int | None = -1) -> str:
        raise KeyboardInterrupt


def test_ctrl_c_ends_it_quietly(digest: Digest) -> None:
    ran = digest("ask", "-", stdin=Interrupted())
    assert (ran.status, ran.out, ran.err.strip()) == (130, "", "")


def test_a_question_is_logged_without_its_text_unless_everything_is(
    digest: Digest, caplog: pytest.LogCaptureFixture
) -> None:
    digest("ask", "-v", "which papers use diffusion for video editing")
    told = [record for record in caplog.records if record.levelname == "INFO" and "k=" in record.getMessage()]
    assert len(told) == 1
    assert "video editing" not in caplog.text
    digest("ask", "-vv", "which papers use diffusion for video editing")
    assert "video editing" in caplog.text


def test_the_command_imports_nothing_heavy_before_it_knows_what_to_do() -> None:
    heavy = "{'torch', 'numpy', 'chromadb', 'sqlalchemy', 'pydantic', 'llama_index', 'gradio', 'openai', 'rich'}"
    code = f"import sys, ui.command; print(sorted({heavy} & sys.modules.keys()))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_chinese_comes_out_whatever_the_locale_says(home: Path) -> None:
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin-1"}
    shown = subprocess.run(
        [*CLI, "show", "1512.03385", "--home", str(home)], env=os.environ | locale, capture_output=True, check=True
    )
    assert "残差" in shown.stdout.decode("utf-8")


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    with subprocess.Popen(
        [*CLI, "papers", "--home", str(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()
        assert b"Error" not in running.stderr.read()
