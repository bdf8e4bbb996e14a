"""The words around the papers' own, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.paper import Language, Section


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences with blanks, filled by `str.format`."""

    clear: str
    clear_and_borderline: str
    only_borderline: str
    scope: str
    scope_days: str
    borderline: str
    judged: str
    counted: str
    counted_one: str
    counted_more: str
    total: str
    by_category: str
    by_month: str
    by_author: str
    extreme: str
    about: str
    perhaps: str
    uncertain: str
    beside: str
    fields: dict[Section, str]
    none: str
    none_within: str
    no_other: str
    unknown_words: str
    nearest: str
    lacks: str
    no_number: str
    no_sentence: str
    outside: str
    is_from: str
    months: str
    mentioned: str
    not_in_digests: str
    not_there: str
    it_says: str
    written_by: str
    empty: str
    paper: str
    gone: str
    earliest: str
    latest: str
    closing: str


ENGLISH = Wording(
    clear="**{clear} fit clearly**",
    clear_and_borderline="**{clear} fit clearly, {borderline} borderline**",
    only_borderline="**None fits clearly, {borderline} borderline**",
    scope="of {papers} papers searched{days}",
    scope_days=" ({first} to {last})",
    borderline="Borderline:",
    judged="Borderline papers judged by {model}: {count}.",
    counted="**{count} papers** in the library meet this{conditions}.",
    counted_one="**1 paper** in the library meets this{conditions}.",
    counted_more="… and {count} more: say “show more”.",
    total="The library holds **{count} papers**{days}.",
    by_category="By category:",
    by_month="By month of submission:",
    by_author="By author, of {count}:",
    extreme="The {which} arXiv id {scope} is {paper}, category {category}.",
    about="From",
    perhaps="If you meant another:",
    uncertain="Perhaps not what you asked for; this comes nearest.",
    beside="Beside it:",
    fields={
        Section.TLDR: "TL;DR",
        Section.MOTIVATION: "Motivation",
        Section.METHOD: "Method",
        Section.RESULT: "Result",
        Section.CONCLUSION: "Conclusion",
        Section.ABSTRACT: "Abstract",
    },
    none="Nothing in the {papers} papers searched{days} answers this.",
    none_within="No paper in the library meets this{conditions}.",
    no_other="No other paper in the library is by them.",
    unknown_words="No digest mentions: {words}.",
    nearest="Nearest, though not an answer:",
    lacks="does not mention {words}",
    no_number="gives no number",
    no_sentence="has these words, but no sentence that answers",
    outside="What there is outside of this:",
    is_from="is from {month}, {category}",
    months="The digests hold papers of {months}.",
    mentioned="No paper here is called {name}; it is mentioned by {papers}.",
    not_in_digests="Digests hold titles, authors, abstracts and short summaries: this they do not tell.",
    not_there="That does not stand in {paper}: it does not mention {words}.",
    it_says="What it says:",
    written_by="{paper} is by {authors}.",
    empty="The library is empty. Read digests into it with `digest ingest PATH`.",
    paper="Paper",
    gone="{ids} is not in the library.",
    earliest="earliest",
    latest="latest",
    closing="— {papers} papers searched{days}",
)

CHINESE = Wording(
    clear="**{clear} 篇明确符合**",
    clear_and_borderline="**{clear} 篇明确符合，{borderline} 篇勉强相关**",
    only_borderline="**没有明确符合的论文，{borderline} 篇勉强相关**",
    scope="共检索 {papers} 篇{days}",
    scope_days="（{first} 至 {last}）",
    borderline="勉强相关：",
    judged="由 {model} 判断的勉强相关论文：{count} 篇。",
    counted="库中共有 **{count} 篇**符合条件{conditions}。",
    counted_one="库中共有 **1 篇**符合条件{conditions}。",
    counted_more="……另有 {count} 篇：可以说“更多”。",
    total="库中共有 **{count} 篇论文**{days}。",
    by_category="按类别：",
    by_month="按提交月份：",
    by_author="按作者（共 {count} 位）：",
    extreme="{scope} arXiv 编号{which}的是 {paper}，类别 {category}。",
    about="出自",
    perhaps="如果您指的是另一篇：",
    uncertain="未必是您要找的，这些最接近。",
    beside="文中还提到：",
    fields={
        Section.TLDR: "要点",
        Section.MOTIVATION: "动机",
        Section.METHOD: "方法",
        Section.RESULT: "结果",
        Section.CONCLUSION: "结论",
        Section.ABSTRACT: "摘要",
    },
    none="检索的 {papers} 篇论文{days}中没有能回答这个问题的内容。",
    none_within="库中没有符合条件的论文{conditions}。",
    no_other="库中没有他们的其他论文。",
    unknown_words="摘要与简报中都没有出现：{words}。",
    nearest="最接近但不能回答问题的是：",
    lacks="没有提到 {words}",
    no_number="没有给出数字",
    no_sentence="有这些词，但没有能回答的句子",
    outside="条件之外有：",
    is_from="属于 {month}，{category}",
    months="简报收录的论文来自 {months}。",
    mentioned="库中没有名为 {name} 的论文；提到它的有 {papers}。",
    not_in_digests="简报只有标题、作者、摘要和要点，其中没有这类信息。",
    not_there="{paper} 中没有这种说法：文中没有提到 {words}。",
    it_says="文中说的是：",
    written_by="{paper} 的作者是 {authors}。",
    empty="论文库是空的。请用 `digest ingest 路径` 导入简报。",
    paper="论文",
    gone="库中没有 {ids}。",
    earliest="最早",
    latest="最新",
    closing="— 共检索 {papers} 篇{days}",
)


def wording(language: Language) -> Wording:
    return CHINESE if language is Language.CHINESE else ENGLISH
