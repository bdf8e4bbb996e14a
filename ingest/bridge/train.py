"""`python -m ingest.bridge.train PAIRS --out DIR`: makes the bridge from papers that have both languages."""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ingest.bridge.card import card
from ingest.bridge.lexicon import align, english_words
from ingest.bridge.measure import Recall, recalls
from ingest.bridge.model import Bridge
from ingest.bridge.pairs import Pair, read_pairs
from ingest.bridge.script import has_han
from ingest.bridge.static import Recipe, train_static
from ingest.bridge.teacher import teach
from ingest.bridge.words import count_words, number_by, numbered, tokenizer_of
from ingest.digest import read_digest
from ingest.embedder import Embedder, LocalEmbedder
from ingest.errors import IngestError, SourceError
from ingest.source import find_sources

# Months of digests that are never learned from: one to choose the recipe by, and the last one to report on.
HELD_OUT = ("2025-12", "2026-05")


class Log:
    """Progress on standard error, a line a step, with what is left where that is known."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._first: tuple[float, int] | None = None

    def __call__(self, message: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        print(f"{minutes:3d}:{seconds:02d}  {message}", file=sys.stderr, flush=True)

    def embedded(self, done: int, whole: int) -> None:
        """The first call sets the pace: what lay on disk took no time."""
        now = time.monotonic()
        since, before = self._first = self._first or (now, done)
        left = f", {(whole - done) * (now - since) / (done - before) / 60:.0f} min left" if done > before else ""
        self(f"embedded {done:,} of {whole:,} abstracts{left}")


def train(
    pairs: Sequence[Pair], embedder: Embedder, out: Path, held_out: Sequence[str], recipe: Recipe, log: Log
) -> list[Recall]:
    """Writes the bridge and its card into `out` and gives how well it finds the months held out. Cut off, it goes on.

    Raises SourceError if too few pairs are left to learn from.
    """
    both = [row for row, pair in enumerate(pairs) if has_han("".join(pair.chinese))]
    learned = [row for row in both if pairs[row].month not in held_out]
    if len(learned) < 2:
        raise SourceError(
            f"expected pairs with a Chinese summary, outside of {', '.join(held_out)}, to learn from, "
            f"got {len(learned)} among {len(pairs)}: give more, or other months by --held-out"
        )
    teacher = teach(pairs, embedder, out / "work" / "teacher", lambda done: log.embedded(done, len(pairs)))
    bridge = _learned([pairs[row] for row in learned], teacher[learned], out / "work", recipe, log)
    bridge.save(out)
    log("measuring on the months held out")
    found = list(recalls(pairs, teacher, held_out, bridge, embedder))
    (out / "README.md").write_text(card(bridge, found, recipe, len(learned), held_out), "utf-8")
    return found


def _learned(pairs: Sequence[Pair], teacher: NDArray[np.float32], work: Path, recipe: Recipe, log: Log) -> Bridge:
    tokenizer = _tokenizer(pairs, log)
    texts, size = numbered(pairs, number_by(tokenizer)), tokenizer.get_vocab_size()
    log("aligning words")
    bags = [np.unique(np.concatenate(list(paper))) for paper in texts]
    bags = [bag[bag > 0] for bag in bags]  # what all unknown words have in common stands for nothing
    lexicon = align(bags, size, [english_words(pair.english) for pair in pairs])
    checkpoint = work / f"training-{_state_of(tokenizer, pairs, recipe)}.pt"
    log(f"training {size:,} vectors")
    vectors = train_static(
        texts,
        teacher,
        size,
        recipe,
        checkpoint,
        lambda epoch, loss: log(f"epoch {epoch} of {recipe.epochs}, loss {loss:.3f}"),
    )
    return Bridge.of(tokenizer, vectors, lexicon)


def _tokenizer(pairs: Sequence[Pair], log: Log) -> Tokenizer:
    log("counting words")
    return tokenizer_of(*count_words(pairs))


def _state_of(tokenizer: Tokenizer, pairs: Sequence[Pair], recipe: Recipe) -> str:
    """A name for all that a training depends on, so that another one's checkpoint is not gone on from."""
    parts = [str(recipe), tokenizer.to_str(), *(pair.arxiv_id for pair in pairs)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def without(pairs: Sequence[Pair], digests: Sequence[str]) -> list[Pair]:
    """The pairs whose papers are in none of these digests. Raises SourceError for a digest that cannot be read."""
    known = {
        paper.arxiv_id
        for source in (find_sources(list(digests)) if digests else ())
        for paper in read_digest(source.read(), source.name).papers
    }
    return [pair for pair in pairs if pair.arxiv_id not in known]


def main(arguments: Sequence[str] | None = None, embedder: Embedder | None = None) -> int:
    """`embedder` takes the place of the default English one, whose vectors are otherwise the ones learned."""
    options = _parser().parse_args(arguments)
    log = Log()
    try:
        pairs = without(read_pairs(options.pairs), options.without)
        log(f"read {len(pairs):,} pairs")
        embedder = embedder or LocalEmbedder(cache=options.out / "work")
        recipe = replace(Recipe(), epochs=options.epochs, seed=options.seed)
        found = train(pairs, embedder, options.out, tuple(options.held_out.split(",")), recipe, log)
    except (IngestError, OSError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    print("month | text | by | texts | R@1 | R@5 | R@20", *found, sep="\n")
    log(f"the bridge is in {options.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ingest.bridge.train",
        description="Trains the bridge between Chinese and English. A run that was cut off goes on where it stopped.",
    )
    parser.add_argument(
        "pairs", type=Path, metavar="PAIRS", help="JSON Lines, also as .xz or .gz: papers in both languages"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the bridge and, in work/, what a resumed run needs",
    )
    parser.add_argument(
        "--held-out",
        default=",".join(HELD_OUT),
        metavar="MONTHS",
        help="digest months never learned from, reported on (default: %(default)s)",
    )
    parser.add_argument(
        "--without", nargs="*", default=[], metavar="DIGEST", help="digests whose papers are left out altogether"
    )
    parser.add_argument("--epochs", type=int, default=Recipe().epochs, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=Recipe().seed, help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
