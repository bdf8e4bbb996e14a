"""The words of suggested questions, in both languages, and what people who write Chinese call common topics."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.paper import Language


@dataclass(frozen=True, slots=True)
class SuggestWording:
    """Questions with blanks, filled by `str.format`. Those of one paper are asked by its name or by `it`."""

    about: str
    works: str
    summary: str
    measures: str
    results: str
    data: str
    limits: str
    compare: str
    compare_it: str
    compare_first: str
    differ: str
    speed: str
    cost: str
    accuracy: str
    datasets: str
    first: str
    else_by_them: str
    new_since: str
    overview_of: str
    themes_of: str
    count_in: str
    by_author: str
    what_about: str
    group_by_theme: str
    group_by_month: str
    more: str
    it: str


ENGLISH = SuggestWording(
    about="Which papers are about {topic}?",
    works="How does {name} work?",
    summary="What is {name} about?",
    measures="What does {name} evaluate?",
    results="What results does {name} report?",
    data="Which datasets does {name} use?",
    limits="What are the limitations of {name}?",
    compare="Compare {one} and {other}",
    compare_it="How does it differ from {other}?",
    compare_first="Compare the first two",
    differ="How do they differ in {aspect}?",
    speed="speed",
    cost="cost",
    accuracy="accuracy",
    datasets="their data",
    first="the first one",
    else_by_them="What else did they publish?",
    new_since="What is new since {day}?",
    overview_of="What happened in {month}?",
    themes_of="What are the main themes in {category}?",
    count_in="How many papers are in {category}?",
    by_author="Which papers are by {author}?",
    what_about="And in {month}?",
    group_by_theme="Group them by theme",
    group_by_month="Group them by month",
    more="Show more",
    it="this paper",
)

CHINESE = SuggestWording(
    about="有哪些关于{topic}的论文？",
    works="{name}是怎么做的？",
    summary="介绍一下{name}",
    measures="{name}评测了什么？",
    results="{name}的实验结果如何？",
    data="{name}在哪些数据集上做了实验？",
    limits="{name}有哪些局限？",
    compare="{one}和{other}有什么区别？",
    compare_it="它和{other}有什么区别？",
    compare_first="比较前两篇",
    differ="它们在{aspect}上有什么不同？",
    speed="速度",
    cost="开销",
    accuracy="准确率",
    datasets="数据",
    first="第一篇",
    else_by_them="他们还发表了哪些论文？",
    new_since="{day}以来有什么新论文？",
    overview_of="{month}有什么值得关注的论文？",
    themes_of="{category}有哪些主要主题？",
    count_in="{category}有多少篇论文？",
    by_author="{author}发表了哪些论文？",
    what_about="那{month}呢？",
    group_by_theme="按主题分组",
    group_by_month="按月份分组",
    more="还有更多吗？",
    it="这篇论文",
)

_TOPICS = """
action recognition=动作识别;adversarial attack=对抗攻击;agent memory=智能体记忆;anomaly detection=异常检测
autonomous driving=自动驾驶;code generation=代码生成;continual learning=持续学习
contrastive learning=对比学习;credit assignment=信用分配;data selection=数据选择;deep learning=深度学习
depth estimation=深度估计;diffusion model=扩散模型;diffusion=扩散模型;domain adaptation=域适应
domain generalization=域泛化;drug discovery=药物发现;embodied ai=具身智能;event camera=事件相机
face recognition=人脸识别;federated learning=联邦学习;fine-tuning=微调
gaussian splatting=高斯泼溅;graph neural network=图神经网络;hallucination=幻觉;hate speech=仇恨言论
image editing=图像编辑;image generation=图像生成;image restoration=图像恢复;image retrieval=图像检索
in-context learning=上下文学习;information extraction=信息抽取;instruction tuning=指令微调;interpretability=可解释性
jailbreak=越狱攻击;knowledge distillation=知识蒸馏;knowledge editing=知识编辑;knowledge graph=知识图谱
llm agent=大模型智能体;llm reasoning=大模型推理;long context=长上下文;low-resource language=低资源语言
machine translation=机器翻译;machine unlearning=机器遗忘
medical image segmentation=医学图像分割;mixture-of-expert=混合专家;motion generation=动作生成
navigation=导航;object detection=目标检测;object tracking=目标跟踪
optical flow=光流;pathology=病理;point cloud=点云;pose estimation=姿态估计;pruning=剪枝
quantization=量化;question answering=问答;reasoning model=推理模型;recommendation=推荐
reinforcement learning=强化学习;remote sensing=遥感;representation learning=表示学习
retrieval-augmented generation=检索增强生成;robot=机器人;robotic manipulation=机器人操作
scene reconstruction=场景重建;segmentation=分割;semantic segmentation=语义分割;sentiment analysis=情感分析
sparse autoencoder=稀疏自编码器;spatial reasoning=空间推理;speculative decoding=推测解码;speech recognition=语音识别
speech=语音;super-resolution=超分辨率;synthetic data=合成数据;temporal consistency=时间一致性
text-to-image model=文生图模型;text-to-video=文生视频;time series=时间序列;tokenization=分词;tool use=工具调用
topic model=主题模型;uncertainty=不确定性;video diffusion=视频扩散模型;video editing=视频编辑
video generation=视频生成;video understanding=视频理解;vision language model=视觉语言模型
vision transformer=视觉 Transformer;vision-language model=视觉语言模型;visual question answering=视觉问答
weather forecasting=天气预报;world model=世界模型
"""
_IN_CHINESE = dict(pair.split("=") for pair in _TOPICS.replace("\n", ";").split(";") if pair)


def filled(shape: str, **values: str) -> str:
    """The shape with its blanks filled; between Chinese and Latin letters a space stands, as one writes it."""
    if shape.isascii():
        return shape.format(**values)
    padded = {key: f"{' ' * value[0].isascii()}{value}{' ' * value[-1].isascii()}" for key, value in values.items()}
    return shape.format(**padded).strip()


def suggest_wording(language: Language) -> SuggestWording:
    return CHINESE if language is Language.CHINESE else ENGLISH


def is_common(topic: str) -> bool:
    """Whether an English topic has a common Chinese name, and so surely is one."""
    return bool(_in_chinese(topic))


def topic_in(topic: str, language: Language) -> str:
    """An English topic as one writes it in the language: by its Chinese name where it has a common one."""
    if language is not Language.CHINESE:
        return topic
    return _in_chinese(topic) or topic


def _in_chinese(topic: str) -> str:
    folded = topic.lower()
    return _IN_CHINESE.get(folded) or _IN_CHINESE.get(folded.removesuffix("s"), "")
