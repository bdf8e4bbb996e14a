"""The static encoder: a vector a word, trained so that Chinese text lands on its paper's English abstract.

The vectors of a text's words are summed and the sum is normalised; the English side, the teacher, stays as it is
(Reimers & Gurevych 2020, arXiv 2004.09813, with the contrastive loss of static retrieval models). Each word starts at
the mean of the abstracts it goes with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy, normalize

Words = Sequence[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained. `temperature` divides cosines; `windows` is the share of texts cut to a question's length."""

    epochs: int = 16
    batch: int = 1024
    learning_rate: float = 4e-3
    temperature: float = 0.05
    windows: float = 1 / 3
    shortest: int = 3
    longest: int = 12
    seed: int = 0


@dataclass(slots=True)
class _Training:
    """What must survive for a training that was cut off to go on as if it had not been."""

    bag: torch.nn.EmbeddingBag
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    draw: np.random.Generator
    epoch: int = 0
    loss: float = field(default=float("nan"))

    def save(self, path: Path) -> None:
        state = {name: getattr(self, name).state_dict() for name in ("bag", "optimiser", "schedule")}
        torch.save({**state, "draw": self.draw.bit_generator.state, "epoch": self.epoch}, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path) -> None:
        state: dict[str, Any] = torch.load(path, weights_only=True)
        for name in ("bag", "optimiser", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        self.draw.bit_generator.state = state["draw"]
        self.epoch = state["epoch"]


def train_static(
    texts: Sequence[Words],
    teacher: NDArray[np.float32],
    size: int,
    recipe: Recipe,
    checkpoint: Path | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> NDArray[np.float32]:
    """`float32[size, dim]`, a vector for each of `size` words.

    `texts`: for each paper its Chinese texts as word numbers, the first one the most telling; `teacher`: unit rows,
    the paper's English vector. Word 0 is the unknown one and stays zero. `checkpoint` is read if it is there and
    written after every epoch; `progress` is told epochs done and the last one's mean loss.
    """
    kept = [n for n, paper in enumerate(texts) if any(len(words) for words in paper)]
    texts = [[words for words in texts[n] if len(words)] for n in kept]
    target = torch.from_numpy(teacher[kept])
    training = _started(texts, teacher[kept], size, recipe)
    if checkpoint and checkpoint.exists():
        training.resume(checkpoint)
    while training.epoch < recipe.epochs:
        training.loss = _epoch(training, texts, target, recipe)
        training.epoch += 1
        if checkpoint:
            training.save(checkpoint)
        if progress:
            progress(training.epoch, training.loss)
    vectors: NDArray[np.float32] = training.bag.weight.detach().numpy()
    return vectors


def _started(texts: Sequence[Words], teacher: NDArray[np.float32], size: int, recipe: Recipe) -> _Training:
    torch.manual_seed(recipe.seed)
    bag = torch.nn.EmbeddingBag(size, teacher.shape[1], mode="sum", padding_idx=0)
    bag.weight.data = torch.from_numpy(_first_vectors(texts, teacher, size))
    optimiser = torch.optim.Adam(bag.parameters(), lr=recipe.learning_rate)
    steps = max(1, recipe.epochs * (len(texts) // min(recipe.batch, len(texts))))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0.02, 1 - step / steps))
    return _Training(bag, optimiser, schedule, np.random.default_rng(recipe.seed))


def _first_vectors(texts: Sequence[Words], teacher: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Each word's mean abstract, seen from the mean of all, as long as the word is rare."""
    sums, papers = np.zeros((size, teacher.shape[1]), np.float32), np.zeros(size, np.float32)
    for words, vector in zip(texts, teacher - teacher.mean(axis=0), strict=True):
        held = np.unique(np.concatenate(list(words)))
        sums[held] += vector
        papers[held] += 1
    lengths = np.maximum(np.linalg.norm(sums, axis=1), 1e-9)
    rarity = np.log(len(texts) / np.maximum(papers, 1))
    first: NDArray[np.float32] = (sums * (0.1 * rarity / lengths)[:, None]).astype(np.float32)
    first[0] = 0
    return first


def _epoch(training: _Training, texts: Sequence[Words], target: torch.Tensor, recipe: Recipe) -> float:
    order = training.draw.permutation(len(texts))
    batch = min(recipe.batch, len(texts))
    losses = []
    for first in range(0, len(order) - batch + 1, batch):
        rows = order[first : first + batch]
        words = [_drawn(texts[row], training.draw, recipe) for row in rows]
        offsets = np.cumsum([0, *map(len, words[:-1])])
        spoken = training.bag(torch.from_numpy(np.concatenate(words)), torch.from_numpy(offsets))
        cosines = normalize(spoken, dim=1) @ target[torch.from_numpy(rows)].T
        loss = cross_entropy(cosines / recipe.temperature, torch.arange(batch))
        training.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        training.optimiser.step()
        training.schedule.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def _drawn(texts: Words, draw: np.random.Generator, recipe: Recipe) -> NDArray[np.int64]:
    """The first text, another one, or a window of one: as short as a question is."""
    chance = draw.random()
    if chance >= recipe.windows:
        first = chance < (1 + recipe.windows) / 2 or len(texts) == 1
        return texts[0] if first else texts[int(draw.integers(1, len(texts)))]
    words = texts[int(draw.integers(len(texts)))]
    if len(words) <= recipe.shortest:
        return words
    length = int(draw.integers(recipe.shortest, min(recipe.longest, len(words)), endpoint=True))
    start = int(draw.integers(len(words) - length, endpoint=True))
    return words[start : start + length]
