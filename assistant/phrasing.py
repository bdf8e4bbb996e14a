"""How people phrase things: the patterns by which a question says what it wants, in English and in Chinese."""

from __future__ import annotations

import re

from assistant.lexical import words_of


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


ARXIV_ID = _any(
    r"(?:https?://)?(?:www\.)?(?:arxiv\.org/(?:abs|pdf|html)/|arxiv:\s*)?"
    r"(?<![\d.])(\d\d(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d\d(?:0[1-9]|1[0-2])\d{3})"
    r"(?:v\d+)?(?:\.pdf)?(?![\d])"
)
# No \b at the ends: a Chinese character is part of a word, too.
CATEGORY = _any(
    r"(?<![a-z0-9.-])(?:(astro-ph|cond-mat|cs|econ|eess|math|nlin|physics|q-bio|q-fin|stat)"
    r"\.([a-z]+-(?:an|clus|con|det|dyn|el|gas|hall|mech|nn|ph|sci)|optics|other|soft|[a-z]{2})"
    r"|gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph)(?![a-z0-9])"
)

MONTHS_LONG = "january february march april may june july august september october november december".split()
MONTHS_SHORT = "jan feb mar apr may jun jul aug sep oct nov dec".split()
MONTHS_HAN = "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月".split()
_MONTH = "|".join(sorted({*MONTHS_LONG, *MONTHS_SHORT}, key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_IN = r"(?P<lead>\b(?i:in|from|during|of|for|since|until|before|after|did|this|last)\s+)"
# In the order in which they are tried: with a year first, for then the rest of the question cannot be a year.
MONTHS = (
    re.compile(rf"\b(?P<name>{_MONTH}|sept)\.?,?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"(?<!\d){_YEAR}[-/](?P<number>0[1-9]|1[0-2])(?![-/\d.])"),
    re.compile(rf"{_YEAR}\s*年\s*(?P<number>1[0-2]|0?[1-9])\s*月份?"),
    re.compile(rf"{_YEAR}\s*年\s*(?P<han>十[一二]?|[一二三四五六七八九])月份?"),
    re.compile(rf"{_IN}(?P<name>(?!(?:may|march)\b)(?:{_MONTH}))\b", re.IGNORECASE),
    # Small letters make these two a verb, but for after a word that no verb follows.
    re.compile(rf"{_IN}(?P<name>May|March)\b"),
    re.compile(r"(?P<lead>\b(?:in|from|during|since|until)\s+)(?P<name>may|march)\b", re.IGNORECASE),
    re.compile(r"(?<![\d年])(?P<number>1[0-2]|[1-9])\s*月份?(?!\d)"),
    re.compile(r"(?P<han>十[一二]?|[一二三四五六七八九])月份?"),
    # A year alone is one of submission only where a word says so: `AIME 2025` is a benchmark, and 2048 a number.
    re.compile(
        r"(?P<lead>\b(?:in|from|during|since|until|till|up to|before|after|to|and|(?:papers|articles|works) of)\s+"
        r"(?:the\s+year\s+)?)"
        r"(?P<year>199[1-9]|20[0-3]\d)\b(?![-./:]\d)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\d)(?P<year>199[1-9]|20[0-3]\d)\s*年(?:份|间)?"),
)
# How a month bounds a time, by the words before and after it. What is before or after it does not hold it.
BOUNDS = {
    "since": (
        _any(r"\bsince\s*$", r"(自从?|从)\s*$"),
        _any(r"^\s*(以来|开始|起)", r"^\s+(onwards?\b|on(?=\s*([,.?!]|$)))"),
    ),
    "until": (_any(r"\b(until|up to|till)\s*$"), _any(r"^\s*为止")),
    "after": (_any(r"\bafter\s*$"), _any(r"^\s*(之后|以后)")),
    "before": (_any(r"\bbefore\s*$"), _any(r"^\s*(以前|之前)")),
}

PERSON = _any(
    r"\b(papers?|work|works|articles?|anything|something|publications?)\s+(co-?\s?authored\s+|co-?written\s+"
    r"|written\s+)?(by|from|of)\s",
    r"\bco-?authored\b|\bauthored\b|\bauthors?\b|\bwritten by\b",
    r"\bdid\s+\S+(\s\S+){0,3}\s+(write|publish|co-?author)\b",
    r"作者|参与|发表|写的|写了|署名|老师|团队的|的(论文|文章|工作)",
)
# Where a name stands, so that one word of small letters is a person's.
PERSON_BEFORE = _any(r"\b(by|authors?)\s+$", r"作者\s*$")
PERSON_AFTER = _any(r"^\s*(老师|团队|参与|发表|写|署名|的(论文|文章|工作))")
# Somebody is meant whom the library may not know; a name is told by its capitals.
BY_SOMEBODY = re.compile(
    r"\b(?:[Pp]apers?|[Ww]orks?|[Aa]rticles?|[Aa]nything|[Ss]omething)\s+(?:co-?authored\s+|written\s+)?by\s+"
    r"((?:[A-Z][\w.'’-]*\s+){1,3}[A-Z][\w.'’-]*)"
)
ONE_AUTHOR = _any(
    r"\b(just|only|a|with)\s+(one|1|a single|single)\s+author\b|\b(single|sole|solo)[- ]?author(ed|s)?\b",
    r"(单一|唯一|独立|单独|单个)作者|只有(一|1)(个|位|名)?作者|一个人写",
)
OLDEST = _any(
    r"\b(earliest|oldest|first|lowest|smallest)\b.{0,20}\b(arxiv|paper|number|id|submission)",
    r"\b(arxiv|paper|number|id|submission)\b.{0,20}\b(earliest|oldest|lowest|smallest)\b",
    r"最早|最旧|最老|编号最小",
)
NEWEST = _any(
    r"\b(latest|newest|most recent|highest|largest)\b.{0,20}\b(arxiv|papers?|number|id|submissions?)\b",
    r"\b(arxiv|paper|number|id|submission)\b.{0,20}\b(latest|newest|highest|largest)\b",
    r"最新的?(一篇|几篇|论文|文章)|最晚|编号最大",
)
COUNT = _any(r"\bhow many\s+(?:\S+\s+){0,3}?(papers|articles|works|studies)\b|\bnumber of papers\b", r"(多少|几)\s*篇")
LISTING = _any(
    r"\b(what|which|list|how many|all) (the )?(arxiv )?(categories|months|digests)\b",
    r"哪些(类别|分类|月份)|(类别|分类|月份)(都)?有(哪些|什么)|几个(类别|分类|月份)",
)
EVERYTHING = _any(
    r"\b(all|every|the whole)\b.{0,12}\b(papers?|articles?|library|collection)\b",
    r"\bpapers (are|is) (there|here|in)\b|\bpapers do (you|we) have\b|\bwhat do (you|we) have\W*$",
    r"(所有|全部|全体)的?(论文|文章)|有哪些(论文|文章)",
)
# Words that a question to the record is made of beside its filters; what is left after them is a topic.
CATALOGUE_WORDS = frozenset(
    words_of(
        "arxiv id ids number numbers category categories author authors authored coauthored co single sole month "
        "months total altogether whole entire library earliest latest newest oldest first last count published "
        "written write participated involved primary main listed respectively did just only please here name names "
        "title titles different kinds"
    )
) | frozenset(
    """作者 参与 发表 类别 分类 类目 下面 总共 一共 全部 所有 月份 年份 编号 最早 最新 最晚 目录 做什么 什么样 收录
    单一 独立 写的 共有 哪一篇 库里 库中 篇文章""".split()
)

AUTHORS = _any(
    r"\bwho (wrote|authored|published|proposed|invented|introduced|developed|came up with)\b",
    r"\bwho (is|are) (the )?(first |last )?authors?( of)?\b|^\s*((list|name|give me) )?(the )?authors of\b",
    r"(的)?作者(是谁|有谁|有哪些|都有谁)|是?谁(写|提出|发明|开发)的?",
)
COMPARE = _any(
    r"\bcompar(e|es|ing)\b|\bcomparison (of|between)\b|\bvs\.?\b|\bversus\b|\bdiffer(s|ent from|ence|ences)?\b",
    r"\bthe two (papers|works|methods)\b|\bin each\b|\beach of (them|the two)\b",
    r"区别|对比(?!学习|度|损失|解码|预训练)|比较(?!好|大|小|高|低|难|多|少)|有什么不同|有何不同|各自|两者|异同|两篇",
)
COMPARE_AS_TOPIC = _any(r"\b(ways|methods|how) to compare\b|\bcompare \w+ with one another\b")
SUMMARY = _any(
    r"\btl;?dr\b|\bsummar(y|i[sz]e|i[sz]ing)\b|\btell me (more )?about\b|\bwhat('s| is| does) .{0,60}\babout\b",
    r"\bexplain\b|\bdescribe\b",
    r"介绍|总结|概括|概述|讲了什么|讲的是什么|讲什么|做什么的|干什么的|说了什么",
)
LOOKUP = _any(
    r"\b(what|which) (was|is) (that|the|it)\b.{0,12}\b(paper|one|work|called)\b|\bwhich paper\b",
    r"\b(the|that|a) (one|paper|article) (that|which|where|about|on|with|by|in which)\b",
    r"\bi remember\b|\bfind (me )?(the|that) (one|paper)\b|\bwhat('s| is) it called\b",
    r"哪一?篇|有一篇|有没有一篇|那篇.{0,12}叫什么|找一篇|题目是什么",
)
QUANTITY = _any(
    r"\bhow (much|many|big|large|long|fast|far|accurate|high|low|often|expensive|quick|quickly|well|small|deep)\b",
    r"\bby how\b|\bwhat (\S+ ){0,2}?(share|factor|rates?|scores?|percentage|percent|accuracy|speed-?up|size)\b",
    r"\bwhat (\S+ ){0,2}?(number|map|fraction|value|latency|energy|cost|resolution|f1|auroc|auc|dice|psnr)\b",
    r"\b(size|number|accuracy|cost|speed|speedup|latency) of\b",
    r"多少|多大|多长|多快|多高|多久|几倍|百分之|几个|几种|有多",
)
# Asking for papers in the plural is a survey, whatever else stands in the question.
PAPERS = _any(
    r"\b(which|what|any|list|find|relevant|related) (\S+ ){0,2}?(papers|ones|studies|works|methods|approaches)\b",
    r"\bpapers (that|which|on|about|using|with|for)\b|\bpapers\s*\?|\boverview\b|\boptions\b|\bids\b|\bhave on\b",
    r"\bcitations on\b|\bwho (in|works|is working|uses|here)\b",
    r"哪些(论文|工作|研究|文章)|哪几篇|列出|列一下|都有谁|有谁|相关(的)?(论文|工作|研究)",
    r"有什么(新)?(方法|研究|论文|工作|进展)|综述|盘点|的论文吗?[？?]?$",
)
SURVEY = _any(
    r"\b(papers|works|studies|methods|approaches|articles|ones|literature|anything|list)\b|\bthe .{0,30}\bwork\b",
    r"\bwork(s|ing)? (on|in|with)\b|\b(any|some) (work|research|paper)\b|\bwho\b|\banyone\b",
    r"\bwhat do (we|you) have\b|\bwhat('s| is) there\b|\bwhat('s|s| is) new\b|\bis there\b|\bare there\b",
    r"\bcollection\b|\bhow (are|do|can) (people|recent|papers|we|i)\b",
    r"有没有|有做|哪些",
)
QUESTION = _any(
    r"^\s*(and |ok |so |but )?(what|how|why|when|where|which|does|do|did|is|are|was|were|can|could)\b",
    r"^\s*(and |ok |so |but )?(for|in|at|on|by|if)\b|吗|为什么|怎么|什么|如何|是否|呢\s*$",
)
POINTS_BACK = _any(
    r"\b(it|its|they|them|their|those|these|that one|this one|the \w+(-\w+)? one|the same|the former|the latter)\b",
    r"\b(one|any) of them\b|\bthe (first|second|third|last) (one|paper)\b|\b(this|that) (paper|work|method|model)\b",
    r"^\s*(and|ok|okay|so|but|also|what about|how about)\b",
    r"它|其中|里面|这篇|那篇|该(论文|方法|模型|数据集)|这个|那个|前者|后者|上面|刚才|呢[？?]?\s*$|^(那|那么|还有)",
)
# Some of the papers just cited are asked for.
AMONG_THEM = _any(
    r"\bwhich (ones? )?of (them|these|those)\b",
    r"(其中|里面|它们(中|里)?|这些(论文)?(中|里)?)(有)?(哪些|哪篇|哪几篇|哪个)",
)
POINTS_AT_ONE = _any(
    r"\b(it|its|that one|this one|this|that)\b(?! (are|were|have)\b)|\b(this|that|the) (paper|work|method|model)\b",
    r"它(?!们)|里面|这篇|那篇|该(论文|方法|模型|数据集)|这个|那个",
)
ORDINAL = _any(r"\bthe (first|second|third) (?:one|paper)\b", r"(第[一二三])(?:篇|个)")
ORDINALS = {"first": 0, "second": 1, "third": 2, "第一": 0, "第二": 1, "第三": 2}
