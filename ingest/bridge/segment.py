"""`python -m ingest.bridge.segment PAIRS --work DIR`: what the bridge's way of cutting Chinese into words is worth.

The same vectors are trained for three ways, and asked for papers of a month that none of them saw: jieba's words, whose
dictionary must be loaded before the first question; WordPiece, which needs none but takes its pieces from how often
characters stand together; and what the bridge does, jieba's words of the corpus as a Unigram vocabulary.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from ingest.bridge.measure import ASKED, DEPTHS, asked_in, recall_at
from ingest.bridge.pairs import FIELDS, Pair, read_pairs
from ingest.bridge.script import plain
from ingest.bridge.static import Recipe, train_static
from ingest.bridge.teacher import teach
from ingest.bridge.train import HELD_OUT, Log, without
from ingest.bridge.words import (
    UNKNOWN,
    Number,
    common_words,
    count_words,
    jieba_words,
    number_by,
    numbered,
    tokenizer_of,
)
from ingest.embedder import Embedder, LocalEmbedder
from ingest.errors import IngestError, SourceError
from ingest.sentence import CHINESE_CHARACTER as HAN

PIECES = 30_000
_HEAD = (
    "| words | vocabulary | TL;DR R@1 | R@5 | R@20 | method R@1 | R@5 | R@20 | s to load | texts/s |\n"
    + "|---" * 10
    + "|"
)


@dataclass(frozen=True, slots=True)
class Segmenter:
    """A way of cutting. `number` gives numbers below `size`, 0 for what is unknown; `load` is Python that loads it."""

    name: str
    size: int
    number: Number
    load: str


def segmenters(pairs: Sequence[Pair], folder: Path) -> Iterator[Segmenter]:
    """The three ways, with the vocabularies that these pairs give; `folder` keeps two of them."""
    times, papers = count_words(pairs)
    known = {word: n for n, word in enumerate(common_words(papers), 1)}

    def number(texts: Sequence[str]) -> list[NDArray[np.int64]]:
        return [np.array([known.get(word, 0) for word in jieba_words(text)], np.int64) for text in texts]

    yield Segmenter("jieba", len(known) + 1, number, "import jieba; jieba.initialize()")
    yield _of_file("WordPiece", _wordpiece(pairs), folder / "wordpiece.json")
    yield _of_file("Unigram of the corpus's words", tokenizer_of(times, papers), folder / "unigram.json")


def _of_file(name: str, tokenizer: Tokenizer, path: Path) -> Segmenter:
    tokenizer.save(str(path))
    load = f"from tokenizers import Tokenizer; Tokenizer.from_file({str(path)!r})"
    return Segmenter(name, tokenizer.get_vocab_size(), number_by(tokenizer), load)


def _wordpiece(pairs: Sequence[Pair]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN, max_input_chars_per_word=500))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(rf"[{HAN}]+|[a-z0-9]+"), "removed", invert=True)
    trainer = trainers.WordPieceTrainer(vocab_size=PIECES, special_tokens=[UNKNOWN], show_progress=False)
    tokenizer.train_from_iterator((plain(text) for pair in pairs for text in pair.chinese), trainer)
    return tokenizer


def measured(
    segmenter: Segmenter, pairs: Sequence[Pair], teacher: NDArray[np.float32], month: str, recipe: Recipe
) -> str:
    """A row of the table. Learned from is what `train` learns from, less the month."""
    start = time.perf_counter()
    texts = numbered(pairs, segmenter.number)
    speed = sum(bool(text) for pair in pairs for text in pair.chinese) / (time.perf_counter() - start)
    learned = _learned(pairs, month)
    vectors = train_static([texts[row] for row in learned], teacher[learned], segmenter.size, recipe)
    shares: list[str] = []
    for field in ASKED:
        own, _ = asked_in(pairs, month, field)
        sums = [vectors[texts[row][FIELDS.index(field)]].sum(axis=0) for row in own]
        found = recall_at(np.stack(sums), own, teacher) if sums else ()
        shares += [f"{share:.3f}" for share in found] or ["–"] * len(DEPTHS)  # no text of that field is no recall of 0
    cells = [segmenter.name, f"{segmenter.size:,}", *shares, f"{_seconds(segmenter.load):.2f}", f"{speed:,.0f}"]
    return f"| {' | '.join(cells)} |"


def _learned(pairs: Sequence[Pair], month: str) -> list[int]:
    return [row for row, pair in enumerate(pairs) if pair.month not in (month, *HELD_OUT)]


def _seconds(load: str) -> float:
    """In a process of its own, where nothing is loaded yet; the best of three, as the first one may read the disk."""
    code = f"import time; start = time.perf_counter(); {load}; print(time.perf_counter() - start)"
    runs = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


def main(arguments: Sequence[str] | None = None, embedder: Embedder | None = None) -> int:
    """`embedder` takes the place of the default English one."""
    options = _parser().parse_args(arguments)
    log, work = Log(), options.work / "work"
    try:
        pairs = without(read_pairs(options.pairs), options.without)
        if not any(pair.month == options.month for pair in pairs) or len(_learned(pairs, options.month)) < 2:
            raise SourceError(
                f"{options.pairs}: expected pairs of {options.month} and of other months, got {len(pairs)}"
            )
        english = embedder or LocalEmbedder(cache=work)
        teacher = teach(pairs, english, work / "teacher", lambda done: log.embedded(done, len(pairs)))
        print(_HEAD, flush=True)
        for segmenter in segmenters([pairs[row] for row in _learned(pairs, options.month)], work):
            log(f"{segmenter.name}: numbering, training")
            print(
                measured(segmenter, pairs, teacher, options.month, replace(Recipe(), epochs=options.epochs)), flush=True
            )
    except (IngestError, OSError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingest.bridge.segment", description="Compares ways of cutting Chinese into words, as a table."
    )
    parser.add_argument("pairs", type=Path, metavar="PAIRS", help="as for ingest.bridge.train")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="the folder that was --out: nothing is embedded twice"
    )
    parser.add_argument("--without", nargs="*", default=[], metavar="DIGEST", help="as for ingest.bridge.train")
    parser.add_argument("--month", default=HELD_OUT[0], help="the month asked about (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=4, help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
