"""Every word the web chat shows, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ingest.paper import Language, Section


@dataclass(frozen=True, slots=True)
class Strings:
    """The words of one language. `{…}` are filled in by `str.format` where the string is used."""

    language: Language
    lang: str  # as in the HTML attribute
    name: str  # of the language, in it
    path: str  # where the page in this language is mounted
    home: str  # how it is asked for, whatever language the browser prefers

    # the frame
    title: str
    library: str
    new: str
    theme: str
    sources: str
    close: str
    no_model: str
    model: str

    # the start
    welcome: str
    hint: str
    empty: str
    empty_hint: str
    examples: tuple[str, ...]
    catalogue_example: str
    month_example: str

    # asking
    placeholder: str
    send: str
    stop: str
    filters: str
    since: str
    until: str
    category: str
    author: str
    any: str
    narrowed: str
    chip_since: str
    chip_until: str
    chip_month: str
    chip_author: str
    chip_authors_most: str
    chip_paper: str

    # an answer
    searching: str
    reading: str
    writing: str
    stopped: str
    searched: str
    searched_some: str
    span: str
    extractive: str
    written: str
    copy: str
    copied: str
    quoted: str
    record: str
    supported: str
    unsupported: str

    # the sources
    no_sources: str
    cited: str
    misses: str
    found: str
    also: str
    entry: str
    more_authors: str
    listed: str
    why_words: str
    why_passage: str
    why_sentence: str
    sections: Mapping[Section, str]

    # what can go wrong
    failed: str
    failed_inside: str
    mend: str
    too_long: str
    bad_months: str
    unknown_conversation: str
    not_saved: str


ENGLISH = Strings(
    language=Language.ENGLISH,
    lang="en",
    name="English",
    path="/",
    home="/?lang=en",
    title="Digest Assistant",
    library="{papers} papers · {first} – {last}",
    new="New conversation",
    theme="Light / dark",
    sources="Sources",
    close="Close",
    no_model="Answers are quoted from the papers. No language model is in use; nothing leaves this computer.",
    model="Written by {name} from the papers found. Questions and passages go to {where}.",
    welcome="Ask your digests",
    hint="Every claim in an answer stands on a sentence of a paper. Click an arXiv number to read it in place.",
    empty="The library is empty",
    empty_hint="Read your digests into it first, then reload this page:",
    examples=(
        "Which papers use diffusion for video editing?",
        "How does ResNet make very deep networks trainable?",
        "Compare DDPM and latent diffusion",
        "Which papers are from March 2023?",
    ),
    catalogue_example="Which papers are in {category}?",
    month_example="How many papers are from {month}?",
    placeholder="Ask about the papers, in English or Chinese",
    send="Send",
    stop="Stop",
    filters="Filters",
    since="From month",
    until="To month",
    category="Category",
    author="Author",
    any="any",
    narrowed="Narrowed to",
    chip_since="from {value}",
    chip_until="to {value}",
    chip_month="{value}",
    chip_author="by {value}",
    chip_authors_most="at most {value} authors",
    chip_paper="arXiv {value}",
    searching="Searching the library",
    reading="Reading {count} papers",
    writing="Writing",
    stopped="Stopped.",
    searched="Searched {papers} papers in {ms} ms",
    searched_some="Searched {papers} of {of} papers in {ms} ms",
    span="{first} – {last}",
    extractive="quoted from the papers",
    written="written by {mode}",
    copy="Copy",
    copied="Copied",
    quoted="Stands word for word in the paper",
    record="Counted from the library's record",
    supported="Found in the paper",
    unsupported="Not found in the paper",
    no_sources="The papers an answer stands on appear here.",
    cited="Cited",
    misses="Nearest misses",
    found="Found",
    also="Also found",
    entry="Rest of the entry",
    more_authors="{names} and {count} more",
    listed="{month}, listed {day}",
    why_words="words: {words}",
    why_passage="passage {score}",
    why_sentence="sentence {score}",
    sections=MappingProxyType(
        {
            Section.TLDR: "TL;DR",
            Section.MOTIVATION: "Motivation",
            Section.METHOD: "Method",
            Section.RESULT: "Result",
            Section.CONCLUSION: "Conclusion",
            Section.ABSTRACT: "Abstract",
        }
    ),
    failed="This question could not be answered.",
    failed_inside="Something went wrong inside the assistant ({error}). Its log says more.",
    mend="Your question is kept: press retry, or ask another.",
    too_long="The question has {length} characters; at most {limit} are read. Shorten it and send it again.",
    bad_months="The filter runs from {since} to {until}, so nothing can pass. Swap the two months.",
    unknown_conversation="There is no conversation under this link. It may have been made with another library.",
    not_saved="This conversation could not be saved: {error}",
)

CHINESE = Strings(
    language=Language.CHINESE,
    lang="zh-CN",
    name="中文",
    path="/zh/",
    home="/zh/",
    title="论文速递助手",
    library="{papers} 篇论文 · {first} – {last}",
    new="新对话",
    theme="浅色 / 深色",
    sources="来源",
    close="关闭",
    no_model="回答均摘自论文原文。未使用语言模型，任何内容都不会离开这台电脑。",
    model="由 {name} 根据检索到的论文撰写。问题和论文段落会发送到 {where}。",
    welcome="向论文速递提问",
    hint="回答中的每个论断都有论文原句为据。点击 arXiv 编号即可查看原句。",
    empty="论文库是空的",
    empty_hint="请先导入论文速递，再刷新本页：",
    examples=(
        "哪些论文用扩散模型做视频编辑？",
        "ResNet 如何让很深的网络也能训练？",
        "比较 DDPM 和潜在扩散模型",
        "2023年3月有哪些论文？",
    ),
    catalogue_example="{category} 有哪些论文？",
    month_example="{month} 的论文有多少篇？",
    placeholder="用中文或英文询问这些论文",
    send="发送",
    stop="停止",
    filters="筛选",
    since="起始月份",
    until="截止月份",
    category="类别",
    author="作者",
    any="不限",
    narrowed="筛选范围",
    chip_since="{value} 起",
    chip_until="{value} 止",
    chip_month="{value}",
    chip_author="作者 {value}",
    chip_authors_most="作者不超过 {value} 人",
    chip_paper="arXiv {value}",
    searching="正在检索论文库",
    reading="正在阅读 {count} 篇论文",
    writing="正在撰写",
    stopped="已停止。",
    searched="检索了 {papers} 篇论文，用时 {ms} 毫秒",
    searched_some="检索了 {of} 篇论文中的 {papers} 篇，用时 {ms} 毫秒",
    span="{first} – {last}",
    extractive="摘自论文原文",
    written="由 {mode} 撰写",
    copy="复制",
    copied="已复制",
    quoted="论文原文如此",
    record="由论文库记录统计得出",
    supported="在论文中有据可查",
    unsupported="在论文中未找到依据",
    no_sources="回答所依据的论文会显示在这里。",
    cited="引用",
    misses="最接近但不符合的论文",
    found="检索到的论文",
    also="其他检索结果",
    entry="条目其余内容",
    more_authors="{names} 等，另有 {count} 人",
    listed="{month}（{day} 收录）",
    why_words="匹配词：{words}",
    why_passage="段落 {score}",
    why_sentence="句子 {score}",
    sections=MappingProxyType(
        {
            Section.TLDR: "速览",
            Section.MOTIVATION: "动机",
            Section.METHOD: "方法",
            Section.RESULT: "结果",
            Section.CONCLUSION: "结论",
            Section.ABSTRACT: "摘要",
        }
    ),
    failed="这个问题未能得到回答。",
    failed_inside="助手内部出错（{error}），详情见服务器日志。",
    mend="您的问题已保留：可点击重试，或另提一个问题。",
    too_long="问题有 {length} 个字符，最多读取 {limit} 个。请缩短后重新发送。",
    bad_months="筛选范围从 {since} 到 {until}，不会有任何结果。请对调两个月份。",
    unknown_conversation="此链接下没有对话，它可能属于另一个论文库。",
    not_saved="对话未能保存：{error}",
)

STRINGS: Mapping[Language, Strings] = MappingProxyType({Language.ENGLISH: ENGLISH, Language.CHINESE: CHINESE})
