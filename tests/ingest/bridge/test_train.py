"""`python -m ingest.bridge.train`: what it learns from, what it says, and that a kill costs nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up import Entry, digest
from made_up_pairs import made_up_pairs, written

from ingest.bridge.model import Bridge
from ingest.bridge.train import main, without
from ingest.embedder import Embedder
from ingest.errors import SourceError
from tests.conftest import WordEmbedder

FILES = ("model.safetensors", "lexicon.safetensors", "tokenizer.json", "modules.json")
EPOCHS = 300
HIDDEN = made_up_pairs(20, "2025-12", also=("珊瑚CoralNet", "Corals."))
BARRED = made_up_pairs(20, "2025-10", also=("蜂蜜HoneyNet", "Honey."))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 papers to learn from, 20 of a month held out, and 20 that a digest lists, too."""
    file = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    return written([*HIDDEN, *made_up_pairs(120), *BARRED], file)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A digest of the papers on honey."""
    source = digest("2025-10-03.md", *(Entry(pair.arxiv_id) for pair in BARRED))
    file = tmp_path_factory.mktemp("digests") / source.name
    file.write_text(source.text, "utf-8")
    return str(file)


def model_of(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in FILES}


def says_in_english(bridge: Bridge, word: str) -> str:
    return " ".join(english for gloss in bridge.glosses(word) for english, _ in gloss.english)


def test_months_held_out_and_digests_left_out_are_never_learned_from(pairs: Path, listed: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([str(pairs), "--out", str(out), "--without", listed, "--epochs", "2"], WordEmbedder()) == 0
    bridge = Bridge.load(out)
    for secret in ("珊", "蜂", "coralnet", "honeynet", "corals", "honey"):
        assert all(secret.encode() not in (out / name).read_bytes() for name in FILES), secret
    assert not bridge.embed(["珊瑚", "蜂蜜", "CoralNet", "HoneyNet"]).any()
    assert says_in_english(bridge, "珊瑚蜂蜜") == ""
    assert says_in_english(bridge, "扩散").split()[0] == "diffusion"


def test_what_is_not_held_out_is_learned_from(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([str(pairs), "--out", str(out), "--held-out", "2025-11", "--epochs", "2"], WordEmbedder()) == 0
    bridge = Bridge.load(out)
    assert bridge.embed(["珊瑚", "蜂蜜", "CoralNet", "HoneyNet"]).any(axis=1).all()
    assert says_in_english(bridge, "珊瑚 蜂蜜").split()[0] == "corals"
    assert "honey" in says_in_english(bridge, "珊瑚 蜂蜜")
    assert "珊".encode() in (out / "tokenizer.json").read_bytes()
    assert b"coralnet" in (out / "tokenizer.json").read_bytes()
    assert b"corals" in (out / "lexicon.safetensors").read_bytes()
    card = (out / "README.md").read_text("utf-8")
    assert "| 2025-11 | tldr | both | 120 |" in card
    assert "2025-12" not in card


def test_what_papers_with_unknown_words_have_in_common_is_no_meaning_of_all_unknown_words(tmp_path: Path) -> None:
    common = made_up_pairs(60, "2025-09", also=("", "Corals."))
    named = [replace(pair, chinese=(f"{pair.chinese[0]}Net{n}x", *pair.chinese[1:])) for n, pair in enumerate(common)]
    file = written([*made_up_pairs(60), *named], tmp_path / "pairs.jsonl")
    assert main([str(file), "--out", str(tmp_path), "--epochs", "0"], WordEmbedder()) == 0
    assert says_in_english(Bridge.load(tmp_path), "鸟鸣") == ""


def test_figures_of_the_months_held_out_are_printed_and_written_into_the_card(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main([str(pairs), "--out", str(out), "--epochs", "40", "--seed", "3"], WordEmbedder()) == 0
    printed, progress = capsys.readouterr()
    head, *rows = printed.splitlines()
    assert head == "month | text | by | texts | R@1 | R@5 | R@20"
    cells = [row.split(" | ") for row in rows]
    ways = [["2025-12", field, way, "20"] for field in ("tldr", "method") for way in ("vectors", "lexicon", "both")]
    assert [row[:4] for row in cells] == ways
    assert all(re.fullmatch(r"[01]\.\d{3}", value) for row in cells for value in row[4:])
    at_20 = {tuple(row[1:3]): float(row[6]) for row in cells}
    assert min(at_20["tldr", "both"], at_20["tldr", "vectors"]) > 0.8  # by chance it would be 0.125
    assert "R@1" not in progress
    card = (out / "README.md").read_text("utf-8")
    table = [line for line in card.splitlines() if re.match(r"\| (month|2025-12) ", line)]
    assert table == [f"| {line} |" for line in [head, *rows]]
    for fact in ("40 epochs, seed 3", "never learned from: 2025-12, 2026-05.", "among 160 papers", "140 papers that"):
        assert fact in card


def test_every_step_is_told_on_standard_error(
    pairs: Path, listed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(pairs), "--out", str(tmp_path / "out"), "--without", listed, "--epochs", "3"]
    assert main(arguments, WordEmbedder()) == 0
    lines = capsys.readouterr().err.splitlines()
    assert all(re.match(r" +\d+:\d\d  \S", line) for line in lines)
    said = [line.split("  ")[-1] for line in lines]
    assert said[:4] == ["read 140 pairs", "embedded 140 of 140 abstracts", "counting words", "aligning words"]
    assert re.fullmatch(r"training \d+ vectors", said[4])
    assert [line.partition(",")[0] for line in said[5:8]] == [f"epoch {n} of 3" for n in (1, 2, 3)]
    assert said[8:] == ["measuring on the months held out", f"the bridge is in {tmp_path / 'out'}"]


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    code = (
        "import sys; from ingest.bridge.train import main; from tests.conftest import WordEmbedder\n"
        "sys.exit(main(sys.argv[1:], WordEmbedder()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], text=True, stdout=-1, stderr=-1, env=environment)


def test_a_run_killed_in_its_middle_goes_on_to_the_very_same_model(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(pairs), "--epochs", str(EPOCHS), "--out"]
    killed = start([*arguments, str(tmp_path / "killed")])
    assert killed.stderr
    for line in killed.stderr:
        if "epoch 5 of" in line:
            killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "model.safetensors").exists()

    resumed = start([*arguments, str(tmp_path / "killed")])
    _, said = resumed.communicate()
    assert resumed.returncode == 0, said
    epochs = [int(number) for number in re.findall(r"epoch (\d+) of", said)]
    assert epochs == list(range(epochs[0], EPOCHS + 1))
    assert epochs[0] > 5
    assert main([*arguments, str(tmp_path / "whole")], WordEmbedder()) == 0
    assert model_of(tmp_path / "killed") == model_of(tmp_path / "whole")


def test_a_run_with_another_seed_does_not_go_on_from_the_firsts(pairs: Path, tmp_path: Path) -> None:
    for seed in ("0", "1", "0"):
        out = tmp_path / seed
        assert main([str(pairs), "--out", str(tmp_path / "out"), "--epochs", "3", "--seed", seed], WordEmbedder()) == 0
        assert main([str(pairs), "--out", str(out), "--epochs", "3", "--seed", seed], WordEmbedder()) == 0
        assert model_of(tmp_path / "out") == model_of(out)
    assert model_of(tmp_path / "0") != model_of(tmp_path / "1")


def bad_line(folder: Path) -> list[str]:
    (folder / "pairs.jsonl").write_text('{"id": 1}\n', "utf-8")
    return [str(folder / "pairs.jsonl")]


def missing_digest(folder: Path) -> list[str]:
    return [str(written(made_up_pairs(5), folder / "pairs.jsonl")), "--without", str(folder / "none.md")]


def all_held_out(folder: Path) -> list[str]:
    return [str(written(made_up_pairs(5), folder / "pairs.jsonl")), "--held-out", "2025-11"]


def no_chinese(folder: Path) -> list[str]:
    silent = (replace(pair, chinese=("",) * 5) for pair in made_up_pairs(5))
    return [str(written(silent, folder / "pairs.jsonl"))]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (lambda folder: [str(folder / "none.jsonl")], "none.jsonl: expected a readable file of pairs"),
        (bad_line, 'pairs.jsonl:1: expected {"id": …'),
        (missing_digest, "none.md"),
        (all_held_out, "expected pairs with a Chinese summary, outside of 2025-11, to learn from, got 0 among 5"),
        (no_chinese, "to learn from, got 0 among 5: give more, or other months by --held-out"),
    ],
)
def test_bad_input_is_one_line_and_exit_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments, wanted: str
) -> None:
    assert main([*arguments(tmp_path), "--out", str(tmp_path / "out")], WordEmbedder()) == 1
    printed, said = capsys.readouterr()
    [error] = [line for line in said.splitlines() if not re.match(r" +\d+:\d\d  ", line)]
    assert error.startswith("error: ")
    assert wanted in error
    assert printed == ""


def test_a_folder_that_cannot_be_written_is_one_line_and_exit_1(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main([str(pairs), "--out", str(tmp_path / "file")], WordEmbedder()) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("arguments", [[], ["pairs.jsonl"], ["a.jsonl", "--out", "x", "--epochs", "1.5"], ["--what"]])
def test_wrong_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m ingest.bridge.train")


def test_papers_of_digests_are_left_out_and_without_digests_none(listed: str) -> None:
    pairs = [*HIDDEN, *BARRED]
    assert without(pairs, [listed]) == HIDDEN
    assert without(pairs, []) == pairs
    with pytest.raises(SourceError):
        without(pairs, ["/no/such/digest.md"])


def test_a_paper_that_only_the_lexicon_has_no_word_for_is_still_embedded(pairs: Path, tmp_path: Path) -> None:
    """All abstracts get a teacher's vector, those held out too: they are searched among."""

    class Counting(WordEmbedder):
        asked = 0

        def embed(self, texts, progress=None):
            self.asked += len(texts)
            return super().embed(texts, progress)

    embedder: Embedder = Counting()
    assert main([str(pairs), "--out", str(tmp_path / "out"), "--epochs", "0"], embedder) == 0
    assert embedder.asked == 160 + 2 * 20  # and the months' questions, by their English words
    assert np.load(next((tmp_path / "out" / "work" / "teacher").glob("*.npy"))).shape == (160, WordEmbedder.dim)
