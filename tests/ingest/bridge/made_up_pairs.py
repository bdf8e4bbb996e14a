"""A parallel corpus of papers that do not exist, of which it is known what each Chinese word stands for."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ingest.bridge.pairs import FIELDS, Pair

MEANING = {
    "扩散": "diffusion",
    "触觉": "tactile",
    "遗忘": "unlearning",
    "语音": "speech",
    "骨骼": "skeleton",
    "火山": "volcano",
    "地震": "earthquake",
    "蛋白质": "protein",
    "机器人": "robot",
    "无人机": "drone",
    "病理": "pathology",
    "音乐": "music",
    "手势": "gesture",
    "雷达": "radar",
    "海洋": "ocean",
    "卫星": "satellite",
    "翻译": "translation",
    "推荐": "recommendation",
    "水印": "watermark",
    "联邦": "federated",
}
"""Content words, each of which jieba takes for one word."""
NOISE = "小心 桌子 窗户 早晨 苹果 铅笔 邻居 雨伞".split()
CHATTER = "notably moreover consistent overall extensive setting".split()
"""Words that say nothing on either side, thrown in at random."""


def made_up_pairs(number: int = 200, month: str = "2025-11", also: tuple[str, str] = ("", "")) -> list[Pair]:
    """Papers on three of the content words each; all of them say `also`, in Chinese and English."""
    draw = random.Random(month)
    return [_pair(f"{month[2:4]}{month[5:]}.{n:05}", month, draw, also) for n in range(number)]


def _pair(arxiv_id: str, month: str, draw: random.Random, also: tuple[str, str]) -> Pair:
    a, b, c = draw.sample(sorted(MEANING), 3)
    said = [MEANING[word] for word in (a, b, c)]
    draw.shuffle(said)
    noise, chatter = draw.sample(NOISE, 2), draw.sample(CHATTER, 2)
    tldr = f"本文研究{a}与{b}的{c}方法，{noise[0]}。{also[0]}"
    rest = [f"现有的{a}方法不好。", f"我们用{b}，{noise[1]}。", "", f"{c}的结果更好。"]
    title, abstract = f"On {said[0]} by {said[1]}", f"We study {' and '.join(said)} {' '.join(chatter)}. {also[1]}"
    return Pair(arxiv_id, title, abstract, month, (tldr, *rest))


def written(pairs: Iterable[Pair], path: Path) -> Path:
    """The file that `read_pairs` reads."""
    rows = (asdict(pair) | {"id": pair.arxiv_id, "digest": f"{pair.month}-03"} for pair in pairs)
    lines = (json.dumps(row | dict(zip(FIELDS, row["chinese"], strict=True)), ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
