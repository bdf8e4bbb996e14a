"""The model card: what the bridge was made from and how, what it does well and what not. Written with its figures."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.bridge.measure import Recall
from ingest.bridge.model import Bridge
from ingest.bridge.static import Recipe

_CARD = """\
---
language: [zh, en]
library_name: sentence-transformers
pipeline_tag: sentence-similarity
base_model: sentence-transformers/all-MiniLM-L6-v2
license: apache-2.0
---

# The bridge between Chinese and English

Chinese text as vectors in the space of all-MiniLM-L6-v2, and Chinese words as the English ones they stand for, for
scientific abstracts in computer science. {words:,} words, a table look-up: no dictionary, no network, no GPU.

| file | what |
|---|---|
| `tokenizer.json` | a `tokenizers` Unigram vocabulary of the corpus's own words; Latin words are one token or none |
| `model.safetensors` | a vector a word, eight bits with a scale a word (the format of model2vec) |
| `modules.json` | so that `SentenceTransformer(folder)` loads both as a `StaticEmbedding` |
| `lexicon.safetensors` | for each word the English words it stands for, with shares; read by `ingest.bridge.model` |

## Data

{learned:,} papers that daily digests listed with a Chinese summary beside the English abstract. Abstracts and titles
are arXiv metadata (CC0). Summaries are those of the open project
[daily-arXiv-ai-enhanced](https://github.com/dw-dengwei/daily-arXiv-ai-enhanced), written by language models, used
under that project's licence. None of their text is in here. Digest months never learned from: {held_out}.

## Method

- **Vectors.** Words are summed and the sum is normalised; it shall be nearest to MiniLM's vector of the paper's own
  title and abstract among those of {batch:,} papers (in-batch contrastive loss, cosines divided by {temperature}).
  Each paper is seen once an epoch, by its TL;DR, another field or a window of {shortest} to {longest} words, as short
  as a question is. Adam, learning rate {learning_rate} falling to a fiftieth, {epochs} epochs, seed {seed}. A word
  starts at the mean of the abstracts it occurs with. After Reimers & Gurevych 2020 (arXiv 2004.09813).
- **Lexicon.** IBM Model 1 over papers as bags of words: each English word of an abstract is explained by the Chinese
  words of its summary, or by none.

`python -m ingest.bridge.train PAIRS --out DIR` makes it again.

## Figures

A text of a paper that was never learned from finds its own paper, by the vector of its English title and abstract
alone, among {papers:,} papers. *vectors*: the bridge's; *lexicon*: MiniLM's of the text put word by word into English;
*both*: their sum, which is what a Chinese question is searched by.

| month | text | by | texts | R@1 | R@5 | R@20 |
|---|---|---|---|---|---|---|
{rows}

## Limits

- Learned from computer science, mostly cs.CV, cs.CL, cs.LG and cs.AI of 2025 and 2026. Other fields' words are unknown
  or taken for what they mean there.
- A bag of words: no word order, no negation. 不用强化学习 is near 用强化学习.
- A word that fewer than four papers held is not known; everyday speech is thin. Simplified characters; traditional ones
  are converted before they are read.
- The lexicon gives words, no sentences: fit for searching, not for reading.
"""


def card(bridge: Bridge, found: Sequence[Recall], recipe: Recipe, learned: int, held_out: Sequence[str]) -> str:
    """The card as Markdown."""
    return _CARD.format(
        words=bridge.words,
        learned=learned,
        held_out=", ".join(held_out),
        batch=recipe.batch,
        temperature=recipe.temperature,
        shortest=recipe.shortest,
        longest=recipe.longest,
        learning_rate=recipe.learning_rate,
        epochs=recipe.epochs,
        seed=recipe.seed,
        papers=max((recall.papers for recall in found), default=0),
        rows="\n".join(f"| {recall} |" for recall in found),
    )
