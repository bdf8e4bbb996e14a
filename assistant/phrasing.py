"""How people phrase things: the patterns by which a question says what it wants, in English and in Chinese."""

from __future__ import annotations

import re

from assistant.lexical import words_of


def any_of(*alternatives: str) -> re.Pattern[str]:
    """A pattern that any of the alternatives meets, in small letters or large."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


ARXIV_ID = any_of(
    r"(?:https?://)?(?:www\.)?(?:arxiv\.org/(?:abs|pdf|html)/|arxiv:\s*)?"
    r"(?<![\d.])(\d\d(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d\d(?:0[1-9]|1[0-2])\d{3})"
    r"(?:v\d+)?(?:\.pdf)?(?![\d])"
)
# No \b at the ends: a Chinese character is part of a word, too.
CATEGORY = any_of(
    r"(?<![a-z0-9.-])(?:(astro-ph|cond-mat|cs|econ|eess|math|nlin|physics|q-bio|q-fin|stat)"
    r"\.([a-z]+-(?:an|clus|con|det|dyn|el|gas|hall|mech|nn|ph|sci)|optics|other|soft|[a-z]{2})"
    r"|gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph)(?![a-z0-9])"
)

# What people call a category. It is one only where they say so, or count its papers: "robotics papers" are a topic.
CATEGORY_NAMES = {
    "cs.AI": r"artificial intelligence|人工智能",
    "cs.CL": r"computation and language|natural language processing|\bnlp\b|计算语言学|自然语言处理|计算与语言",
    "cs.CR": r"cryptography and security|密码学?(?:与|和)安全",
    "cs.CV": r"computer vision(?: and pattern recognition)?|计算机视觉",
    "cs.DB": r"databases|数据库",
    "cs.HC": r"human[- ]computer interaction|人机交互",
    "cs.IR": r"information retrieval|信息检索",
    "cs.LG": r"machine learning|机器学习",
    "cs.MA": r"multi-?agent systems?|多智能体(?:系统)?",
    "cs.RO": r"robotics|机器人学?",
    "cs.SD": r"sound",
    "cs.SE": r"software engineering|软件工程",
    "eess.AS": r"audio and speech processing|音频(?:与|和)语音处理",
    "eess.IV": r"image and video processing|图像(?:与|和)视频处理",
    "quant-ph": r"quantum physics|量子物理",
}
NAMED_CATEGORY = (
    r"(?:the\s+)?(?:{name})(?:\s+(?:arxiv\s+)?(?:category|section|class)\b|\s*(?:类别|分类|类目|大类|板块|版块))"
    r"|\bcategory\s+(?:of\s+)?(?:{name})"
)
NOT_IN = any_of(
    r"\b(not|except|excluding|outside|without|other than|apart from|besides)(\s+(in|from|of|for|the|those))*\s*$"
    r"|\bnon-$",
    r"(除了?|除去|排除|不要|不是|不在|不属于|非)\s*$",
)

_WORKS = r"(?:papers?|works?|articles?|anything|something|publications?|studies)"
PERSON = any_of(
    rf"\b{_WORKS}\s+(co-?\s?authored\s+|co-?written\s+|written\s+)?(by|from|of)\s",
    r"\b(co-?)?authored\b|\b(co-?)?authors?\b|\b(written|led|done|made) by\b|^\s*(and |or |what about |only )*by\s",
    r"\b(did|does|has|have)\s+\S+(\s\S+){0,3}\s+(ever\s+)?(write|written|publish|published|co-?author)\b",
    rf"[’']s\s+{_WORKS}\b|\b(team|group|lab) of\b|[’']s\s+(team|group|lab)\b",
    r"作者|参与|发表|写的|写了|署名|老师|团队|一作|的(论文|文章|工作)",
)
# Where a name stands, so that one word of small letters is a person's.
PERSON_BEFORE = any_of(
    rf"\b(by|authors?:?)\s+$|\b{_WORKS}\s+(from|of)\s+$|\b(did|has)\s+$|\b(team|group|lab) of\s+$", r"作者(是|为)?\s*$"
)
PERSON_AFTER = any_of(
    rf"^[’']s\s+({_WORKS}|team|group|lab)\b|^\s*(team|group|lab)\b",
    r"^\s*(老师|团队|参与|发表|写|署名|一作|的(论文|文章|工作))",
)
_CAPITALS = r"(?:[A-Z][\w.'’-]*\s+){%s}[A-Z][\w’-]*"
# Somebody is meant whom the library may not know.
SOMEBODY = re.compile(
    rf"\b(?i:{_WORKS})\s+(?:(?:co-?)?authored\s+|(?:co-?)?written\s+)?by\s+"
    rf"(?P<by>{_CAPITALS % '0,3'}|[a-z]+(?:\s+[a-z]+)?(?=\s*(?:[?.!,]|$)))"
    rf"|(?P<of>{_CAPITALS % '1,3'})(?:[’']s\s+(?:papers|work)\b|\s*(?:的(?:论文|文章|工作)|参与|发表|写|老师|团队))"
    rf"|\b(?:did|has)\s+(?P<did>{_CAPITALS % '1,3'})\s+(?:ever\s+)?(?:writ|publish|co-?author)"
)
ONE_AUTHOR = any_of(
    r"\b(just|only|a|with|exactly)\s+(one|1|a single|single)\s+author\b|\b(single|sole|solo|lone)[- ]?author(ed|s)?\b",
    r"\b(written|authored) by (just |only )?(one|a single|a lone) (person|author|researcher)\b|\bwritten alone\b",
    r"(单一|唯一|独立|单独|单个|单人|单)作者|(只有|仅有?)(一|1)(个|位|名)?作者|一个人(独立)?(写|完成|署名)|独自",
)
# How many authors: `least`, `most` or neither before the number.
AUTHORS_COUNTED = re.compile(
    r"(?P<least>more than|over|at least|no fewer than|超过|多于|不少于|至少)?"
    r"(?P<most>fewer than|less than|at most|under|up to|少于|不超过|最多)?\s*(?:exactly |just |only |有)?"
    r"(?P<number>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|两|二|三|四|五|六|七|八|九|十)\s*"
    r"(?:or more |or fewer )?(?:co-?)?(?:authors\b|(?:个|位|名)(?:以上的?|以下的?)?作者)"
    r"|作者(?:人数|数量?)?(?P<least_han>超过|多于|不少于|至少)?(?P<most_han>少于|不超过"
    r"|最多)?有?\s*(?P<number_han>\d{1,3}|[两二三四五六七八九十])\s*(?:人|个|位|名)",
    re.IGNORECASE,
)
NUMBERS = dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True))
NUMBERS |= {"twelve": 12, "twenty": 20, "两": 2} | dict(zip("二三四五六七八九十", range(2, 11), strict=True))
# So many of the newest or oldest.
LIMIT = re.compile(
    r"(?:latest|newest|most recent|oldest|earliest|first|last|top|最新的?|最早的?|最近的?|前)\s*"
    r"(?P<number>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|[两二三四五六七八九十])\s*"
    r"(?=[\w. -]{0,20}\b(?:papers|articles|ones|submissions|ids)\b|篇)篇?|"
    r"\b(?P<before>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\s+(?=(?:latest|newest|most recent|oldest"
    r"|earliest)\b)",
    re.IGNORECASE,
)
MOST_AUTHORS = any_of(r"\b(most|largest number of|highest number of) (co-?)?authors\b", r"作者(数量?|人数)?最多")
FIRST_AUTHOR = any_of(r"\b(first|lead)[- ]author(s|ed)?\b", r"第一作者|一作|首位作者")
LAST_AUTHOR = any_of(r"\b(last|senior)[- ]author(s|ed)?\b", r"最后一?位?作者|末位作者|末尾作者")
TOGETHER = any_of(
    r"\bboth\b.*\band\b|\btogether\b|\b(co-?authored|co-?written|written) by \S+( \S+){0,3} and\b|\bjoint(ly)?\b",
    r"合著|合写|合作|共同|一起|都参与|同时",
)
OLDEST = any_of(
    r"\b(earliest|oldest|first|lowest|smallest)\b.{0,20}\b(arxiv|paper|number|id|submission)",
    r"\b(arxiv|paper|number|id|submission)\b.{0,20}\b(earliest|oldest|lowest|smallest)\b",
    r"\bpapers?\b.{0,20}\b(submitted|posted|came out|published) first\b",
    r"最早|最旧|最老|编号最小",
)
NEWEST = any_of(
    r"\b(sorted|ordered) by (date|newest|recency)\b|\bnewest first\b",
    r"\b(latest|newest|most recent|highest|largest)\b.{0,20}\b(arxiv|papers?|number|id|submissions?|ones?)\b"
    r"|\bnewer ones\b",
    r"\b(arxiv|paper|number|id|submission)\b.{0,20}\b(latest|newest|highest|largest)\b",
    r"\bpapers?\b.{0,20}\b(submitted|posted|came out|published) last\b",
    r"最新的?(一篇|几篇|论文|文章|[\d两二三四五六七八九十]+篇)|最晚|编号最大",
)
COUNT = any_of(
    r"\bhow many\s+(?:\S+\s+){0,3}?(papers|articles|works|studies|of (them|these|those))\b|\bnumber of papers\b",
    r"\bwhat (share|fraction|proportion|percentage) of (all |the )*papers\b|\bcount (the |all )?(papers|of "
    r"papers)\b|\bhow (big|large) is (the|this|your) (library|collection|corpus)\b",
    r"(多少|几)\s*篇|论文(总数|数量)|有多少论文",
)
# What a paper read, not what the library holds.
COUNTED_BY_A_PAPER = any_of(
    r"\bhow many\s+(?:\S+\s+){0,2}(papers|articles|works|studies)\s+(did|does|do|were|was) (?!you|we|i\b|there)"
)
LISTING = any_of(
    r"\b(what|which|list|how many|all) (of )?(the )?(arxiv )?(categories|months|digests)\b",
    r"\b(which|what) (category|month|author) (has|have|holds|had) (the )?(most|more|fewest|fewer)\b|\bwho (has"
    r"|wrote|published) (the )?most\b",
    r"\bmost (prolific|frequent|active) (author|researcher)s?\b|\bauthors? with (the )?most papers\b",
    r"\bhow many (different |distinct )?authors (are|do you)\b|(多少|几)(个|位|名)(不同的?)?作者",
    r"哪些(类别|分类|月份)|(类别|分类|月份)(都)?有(哪些|什么)|几个(类别|分类|月份)",
    r"(哪个|哪一?个?)(类别|分类|月份?|作者|人)的?(论文|文章)?(数量)?最多|(论文|文章|发表)(数量)?最多的(作者|人|类别"
    r"|分类|月份)|谁的论文最多",
)
EVERYTHING = any_of(
    r"\b(all|every|the whole)\b.{0,12}\b(papers?|articles?|library|collection)\b",
    r"\bpapers (are|is) (there|here|in)\b|\bpapers do (you|we) have\b|\bwhat do (you|we) have\W*$",
    r"(所有|全部|全体)的?(论文|文章)|有哪些(论文|文章)",
)
ASKS_OF_PEOPLE = any_of(r"\b(authors?|who|researchers?)\b|作者|谁|研究者")
# Words that a question to the record is made of beside its filters; what is left after them is a topic.
CATALOGUE_WORDS = frozenset(
    words_of(
        """
        arxiv id ids number numbers category categories author authors authored coauthor coauthors coauthored co
        single sole solo month months total altogether whole entire full complete library corpus earliest latest
        newest oldest first last lead leading senior count published publish publication publications written
        write participated involved primary main listed respectively did just only exactly please here name names
        title titles different kinds everything show showing thanks thank hello hi hey okay categorised
        categorized classified labelled labeled tagged marked filed assigned under belong belongs come comes came
        coming out appear appeared appearing submitted submission submissions posted uploaded added new record
        records available currently contain contains hold holds include includes included cover covers covered
        collaborators collaborated person people alone highest lowest biggest smallest largest most among amongst
        contributed involving together big old got put around someone called joint sorted sort order ordered
        fraction proportion percentage team group lab link links url
        """
    )
)
# The same in Chinese, taken out before the rest is split into words.
_CATALOGUE_HAN = """
    作者 参与 发表 发了 类别 分类 类目 归类 下面 总共 一共 全部 所有 月份 年份 编号 最早 最新 最晚 最大 最小
    目录 做什么 什么样 收录 单一 独立 写的 写过 共有 哪一篇 哪几篇 有几篇 几篇 多少篇 库里 库中 整个 文章
    论文 论文库 资料库 主类别 主要 第一 属于 归属 列表 列出 列一下 列举 一览 提交 上传 发布 出来 查一下 查询
    查找 看看 看一下 显示 给我 告诉我 告诉 请问 请 谢谢 您好 你好 麻烦 各有 同时 数量 总数 统计 合计 老师
    团队 最近 哪些 有哪些 都有 什么 分别 各自 之中 当中 里面 目前 现在 一位 一个 哪位 合作 合著 共同 都是
    是谁 有没有 帮我 我想 想要 知道 一作 链接 标题 题目 名字 名称 简报
""".split()
CATALOGUE_HAN = re.compile("|".join(sorted(_CATALOGUE_HAN, key=len, reverse=True)))

AUTHORS = any_of(
    r"\bwho (else )?(wrote|authored|published|proposed|invented|introduced|developed|came up with|made|built)\b",
    r"\bwho (is|are|was|were) (the )?(first |last |lead |senior |co-?)?authors?( of)?\b|\bwho('s| is| are) behind\b",
    r"^\s*((list|name|give me|show|tell me|and|what about) )*(all )?(the |its |their )?authors?( of\b|[?.!]*\s*$)",
    r"\bauthor (list|names)( of)?\b|\bwhich (authors|people|researchers) (are|were) behind\b|\bhow many authors\b",
    r"\b(by whom|whose (paper|work) is)\b",
    r"(的)?(一作|(第一|通讯|最后一?位?)?作者)(都)?(是谁|有谁|有哪些|都有谁|是哪些|有几(位|个)|有多少|叫什么)"
    r"|^\s*(它|这篇)?的?作者(呢|们)?[?？]?\s*$",
    r"是?谁(写|提出|发明|开发|做)的?|哪些人写|哪(个|些)(团队|人|作者)(写|做|提出)",
)
ELSE_BY_THEM = any_of(
    r"\b(what|which|anything|any)( \w+)? (else|others?)\b.{0,40}\b(they|he|she|(its|the|these) (same )?authors?)\b"
    r".{0,20}\b(publish\w*|written|write|wrote|author\w*|done|do)\b",
    r"\b(other|more) (papers|works?|articles|publications) (by|from|of) (them|him|her|(the|its|these|those|the same)"
    r" (authors?|people|team|group))\b",
    r"(他们|她们|他|她|(这些|这几位)?作者们?|(这个|该|同一)?团队)还(有|发表|写|做|发)(过|了)?(哪些|什么|别的|其他)",
)
# Where the record says it all of the paper that is named.
RECORD_FACT = any_of(
    r"\b(arxiv )?(ids?|numbers?|link|links|url|address)\b.{0,12}\b(of|for|to)\b|\blink\b|\bwhere can i (read|find"
    r"|get)\b",
    r"\b(what|which) (arxiv )?(category|categories|section|month|year|id)\b|\bwhen (was|were|did)\b.{0,60}\b(submit"
    r"|publish|post|appear|come out|came out|release|put on|on arxiv)",
    r"(哪个|什么|哪一?个?)(类别|分类|月份?)|几月份?|哪一?(年|天)|编号是|链接|网址|什么时候(提交|发表|发布|上传)|哪个月",
)
COMPARE = any_of(
    r"\bcompar(e|es|ing)\b|\bcomparison (of|between)\b|\bvs\.?\b|\bversus\b|\bdiffer(s|ent from|ence|ences)?\b",
    r"\bthe two (papers|works|methods)\b|\bin each\b|\beach of (them|the two)\b",
    r"\bwhat (separates|distinguishes|sets)\b|\bhow do (they|these|those|the two) (differ|compare)\b|\bside by side\b",
    r"\bwhich (one )?(is|are|has|needs|runs|was|gets) (the )?(better|faster|slower|cheaper|larger|smaller|more|less)\b",
    r"哪一?(个|篇|种)更|谁更|区别|对比(?!学习|度|损失|解码|预训练)|比较(?!好|大|小|高|低|难|多|少)|有什么不同"
    r"|有何不同|各自|两者|异同|两篇|差异|(相比|比起来|[和与跟].{1,30}比)(如何|怎么样|呢|哪个|谁)",
)
COMPARE_AS_TOPIC = any_of(r"\b(ways|methods|how) to compare\b|\bcompare \w+ with one another\b")
SUMMARY = any_of(
    r"\btl;?dr\b|\bwhat does \S+ do\W*$|^\W*what('s| is) [\w.+-]+\W*$|^\W*\S+\s*是(什么|啥)\W*$|\bsummar(y|i[sz]e"
    r"|i[sz]ing)\b|\btell me (more )?about\b|\bwhat('s| is| does) .{0,60}\babout\b",
    r"\bexplain\b|\bdescribe\b",
    r"介绍|总结|概括|概述|讲了什么|讲的是什么|讲什么|做什么的|干什么的|说了什么",
)
LOOKUP = any_of(
    r"\b(what|which) (was|is) (that|the|it)\b.{0,12}\b(paper|one|work|called)\b|\bwhich paper\b",
    r"\b(the|that|a) (one|paper|article) (that|which|where|about|on|with|by|in which)\b",
    r"\bi remember\b|\bfind (me )?(the|that) (one|paper)\b|\bwhat('s| is) it called\b",
    r"哪一?篇|有一篇|有没有一篇|那篇.{0,20}叫什么|找一篇|题目是什么|叫什么名字",
)
# The others of its family are meant.
KIN = any_of(
    r"\b(siblings?|famil(y|ies)|variants?|versions?|successors?|predecessors?|series)\b|系列|家族|变体|(其他|别的"
    r"|更大的?|更小的?)版本"
)
# A title is told.
CALLED = any_of(
    r"\b(paper|article|work|one) (is )?(called|titled|named|entitled)\b|\bthe title\b|题为|名为|(题目|标题)(是|叫"
    r"|为)|叫做?\s*[《“\"]|《"
)
# One paper is meant, by words of its title.
THE_PAPER = any_of(
    r"\bthe\s.{3,120}?\s(paper|article|report)\b|\b(paper|article|work) (called|titled|named|entitled)\b",
    r"那篇|这篇|一文|题为|名为|题目(是|叫)",
)
QUOTED = re.compile(r"[\"“”](.{4,200}?)[\"“”]|《(.{4,200}?)》|「(.{4,200}?)」|(?<!\w)['‘](.{8,200}?)['’](?!\w)")
# Where a short word of small letters is a paper's name.
BEFORE_NICKNAME = any_of(
    r"\b(wrote|authors? of|compare|compared|comparing|vs\.?|versus|between|summari[sz]e|tl;?dr of|paper (called"
    r"|named))\s+$",
    r"(比较|对比|介绍一下|总结一下|概括)\s*$",
)
AFTER_NICKNAME = any_of(r"^\s*(vs\b|versus\b)")
BESIDE_NICKNAME = any_of(r"\b(with|and|to|than|or|from|vs\.?|versus|against)\s+$", r"[和与跟、及]\s*$")
QUANTITY = any_of(
    r"\bhow (much|many|big|large|long|fast|far|accurate|high|low|often|expensive|quick|quickly|well|small|deep)\b",
    r"\bby how\b|\bwhat (\S+ ){0,2}?(share|factor|rates?|scores?|percentage|percent|accuracy|speed-?up|size)\b",
    r"\bwhat (\S+ ){0,2}?(number|map|fraction|value|latency|energy|cost|resolution|f1|auroc|auc|dice|psnr)\b",
    r"\b(size|number|accuracy|cost|speed|speedup|latency) of\b",
    r"多少|多大|多长|多快|多高|多久|几倍|百分之|几个|几种|有多",
)
# Asking for papers in the plural is a survey, whatever else stands in the question.
PAPERS = any_of(
    r"\b(which|what|any|list|find|relevant|related) (\S+ ){0,2}?(papers|ones|studies|works|methods|approaches)\b",
    r"\bpapers (that|which|on|about|using|with|for)\b|\bpapers\s*(\?|$)|\boverview\b|\boptions\b|\bids\b|\bhave on\b",
    r"\bcitations on\b|\bwho (in|works|is working|uses|here)\b",
    r"哪些(论文|工作|研究|文章)|哪几篇|列出|列一下|都有谁|有谁|相关(的)?(论文|工作|研究)",
    r"有(什么|哪些).{0,24}(方法|研究|论文|工作|进展)|综述|盘点|的论文吗?[？?]?$",
)
SURVEY = any_of(
    r"\b(papers|works|studies|methods|approaches|articles|ones|literature|anything|list)\b|\bthe .{0,30}\bwork\b",
    r"\bwork(s|ing)? (on|in|with)\b|\b(any|some) (work|research|paper)\b|\bwho\b|\banyone\b",
    r"\bwhat do (we|you) have\b|\bwhat('s| is) there\b|\bwhat('s|s| is) new\b|\bis there\b|\bare there\b",
    r"\bcollection\b|\bhow (are|do|can) (people|recent|papers|we|i)\b",
    r"有没有|有做|哪些",
)
QUESTION = any_of(
    r"^\s*(and |ok |so |but )?(what|how|why|when|where|which|does|do|did|is|are|was|were|can|could)\b",
    r"^\s*(and |ok |so |but )?(for|in|at|on|by|if)\b|吗|为什么|怎么|什么|如何|是否|呢\s*$",
)


def asked_number(text: str) -> int | None:
    """How many of the newest or oldest are asked for; None if that is not said."""
    found = LIMIT.search(text)
    said = (found["number"] or found["before"]).lower() if found else ""
    return (NUMBERS.get(said) or int(said)) if said else None
