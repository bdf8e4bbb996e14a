"""The bridge that ships, with the embedding model that it was trained for."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.bridge.embedder import BridgedEmbedder
from ingest.bridge.model import SHIPPED, Bridge
from ingest.embedder import DEFAULT_MODEL
from ingest.load import load_embedder
from ingest.settings import IngestSettings

pytestmark = pytest.mark.skipif(not (SHIPPED / "model.safetensors").exists(), reason="no bridge was trained yet")

GLOSSES = {
    "扩散": "diffusion",
    "遗忘": "forgetting unlearning",
    "触觉": "tactile",
    "手语": "sign",
    "语音": "speech",
    "翻译": "translation",
    "推荐": "recommendation",
    "水印": "watermark watermarking",
    "联邦": "federated",
    "骨骼": "skeleton skeletal",
    "蛋白质": "protein",
    "机器人": "robot robots robotic robotics",
    "无人机": "uav uavs drone drones",
    "病理": "pathology",
    "音乐": "music",
    "雷达": "radar",
    "卫星": "satellite",
    "地震": "earthquake seismic",
    "强化": "reinforcement",
    "图像": "image images",
    "分割": "segmentation",
    "检索": "retrieval",
    "推理": "reasoning",
    "幻觉": "hallucination hallucinations",
    "剪枝": "pruning",
    "蒸馏": "distillation",
    "隐私": "privacy",
    "因果": "causal",
    "分子": "molecular molecule",
    "水下": "underwater",
}

TITLES = {
    "Teaching robot hands to feel fabric with tactile sensors": "用触觉传感器让机器手感知布料",
    "Removing copyrighted images from diffusion models by unlearning": "通过遗忘从扩散模型中去除受版权保护的图像",
    "Translating sign language videos without glosses": "无需标注词的手语视频翻译",
    "Forecasting river floods with graph neural networks": "用图神经网络预测河流洪水",
    "Detecting hallucinations in medical question answering": "医学问答中的幻觉检测",
    "Pruning large language models layer by layer": "逐层剪枝大语言模型",
    "Separating singing voices from background music": "从背景音乐中分离歌声",
    "Underwater image enhancement under uneven light": "光照不均条件下的水下图像增强",
    "Private federated learning across hospitals": "跨医院的隐私保护联邦学习",
    "Protein folding with equivariant networks": "用等变网络进行蛋白质折叠",
    "Drone navigation through dense forests": "无人机在密林中的导航",
    "Watermarks for text written by language models": "为语言模型生成的文本添加水印",
    "Retrieving legal cases with citation graphs": "利用引用图检索法律案例",
    "Point cloud completion for autonomous driving": "面向自动驾驶的点云补全",
    "Sarcasm and emotion in social media posts": "社交媒体帖子中的讽刺与情感",
    "Counting cells in pathology slides": "病理切片中的细胞计数",
    "Automatic repair of software bugs by agents": "智能体自动修复软件缺陷",
    "Reading handwritten ancient manuscripts": "识别手写古籍",
    "Causal discovery from time series": "从时间序列中发现因果关系",
    "Crop disease recognition on mobile phones": "在手机上识别农作物病害",
}


@pytest.fixture(scope="module")
def bridge() -> Bridge:
    return Bridge.load()


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> BridgedEmbedder:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.embedder.fastest_mode", lambda model: "float32")  # measuring takes longer than the tests
        loaded = load_embedder(IngestSettings(home=home, embed_model=DEFAULT_MODEL, embed_base_url=None))
    assert isinstance(loaded, BridgedEmbedder)
    return loaded


@pytest.mark.parametrize(("word", "meanings"), GLOSSES.items())
def test_a_word_stands_for_its_meaning_in_the_field(bridge: Bridge, word: str, meanings: str) -> None:
    [gloss] = bridge.glosses(word)
    assert gloss.english[0][0] in meanings.split(), gloss


@pytest.mark.parametrize("word", "的 了 在 和 与 对 中 并 为 通过 以及".split())
def test_a_word_without_meaning_stands_for_nothing_surely(bridge: Bridge, word: str) -> None:
    assert bridge.in_english(word, least=0.25) == ""


@pytest.mark.parametrize(
    "written",
    ["擴散模型與觸覺機器人的LoRA微調", "扩散模型与触觉机器人的ＬｏＲＡ微调", "扩散模型，与触觉机器人的lora微调！"],
)
def test_traditional_and_full_width_writing_give_the_same_vector(bridge: Bridge, written: str) -> None:
    wanted, found = bridge.embed(["扩散模型与触觉机器人的LoRA微调", written])
    assert float(wanted @ found) == pytest.approx(1, abs=1e-5)
    assert bridge.in_english(written) == bridge.in_english("扩散模型与触觉机器人的LoRA微调")


def test_a_chinese_title_is_nearest_to_its_english_one_among_twenty_and_the_other_way(
    embedder: BridgedEmbedder,
) -> None:
    vectors = embedder.embed([*TITLES, *TITLES.values()])
    english, chinese = vectors[: len(TITLES)], vectors[len(TITLES) :]
    own = np.arange(len(TITLES))
    missed = [list(TITLES)[n] for n in own[(english @ chinese.T).argmax(axis=1) != own]]
    missed += [list(TITLES.values())[n] for n in own[(chinese @ english.T).argmax(axis=1) != own]]
    assert missed == []


def test_a_chinese_question_is_nearest_to_the_english_title_it_asks_for(embedder: BridgedEmbedder) -> None:
    english = embedder.embed(list(TITLES))
    asked = np.stack([embedder.embed_query(f"有哪些论文研究{title}？") for title in TITLES.values()])
    assert (asked @ english.T).argmax(axis=1).tolist() == list(range(len(TITLES)))
