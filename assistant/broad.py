"""Questions about a part of the library rather than a topic: overviews, what is new, trends, greetings, grouping."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant import phrasing as says
from assistant.answer import Query, Turn, Wants
from assistant.filters import Shelf, category_alone, topic_words
from assistant.follow import merged
from assistant.phrasing import any_of
from assistant.themes import CATEGORY, MONTH, THEME

_KINDS = (
    rf"(?P<{MONTH}>(?:submission |calendar )?months?)|(?P<{CATEGORY}>(?:arxiv |primary |subject )?categor(?:y"
    rf"|ies)|fields?"
    rf"|subjects?)|(?P<{THEME}>(?:sub-?|main )?(?:themes?|topics?)|clusters?|subject matter)"
)
_KINDS_HAN = (
    rf"(?:提交|投稿)?(?P<{MONTH}>月份?)|(?:arxiv)?(?P<{CATEGORY}>类别|分类|类目|领域)"
    rf"|(?P<{THEME}>子?主题|话题|议题|方向)"
)
_ARRANGE = (
    r"(?:group|sort|organi[sz]|split|br(?:eak|oken)|arrang|categori[sz]|cluster|divid|bucket|classif|order|list|sort"
    r"|show|separat)(?:ed|e|en|ied|y|ped|ing|ping)?"
)
_GROUPED = (
    re.compile(
        rf"[,;(]?\s*\b(?:and |please |can you |could you )*{_ARRANGE}\b(?: (?:them|it|these|those|the (?:papers"
        rf"|list|results)"
        rf"|all|out|down|up|everything|me))*\s+(?:by|into|per|in|according to|based on|along)\s+(?:the |their "
        rf"|its )?(?:{_KINDS})"
        r"\b\)?(?: please)?",
        re.IGNORECASE,
    ),
    re.compile(rf"(?:^|,|;|\()\s*(?:and |now |then |but |ok )*(?:by|per)\s+(?:{_KINDS})\b\)?", re.IGNORECASE),
    re.compile(rf"(?<=\w)\s+by\s+(?:{_KINDS})(?=\W*$)", re.IGNORECASE),
    re.compile(
        rf"[，,]?(?:请|麻烦|帮我|能不能|可以)*(?:把?(?:它们|这些(?:论文|文章)?|这几篇|结果|论文))?(?:按照?"
        rf"|依照?|根据|以)"
        rf"(?:{_KINDS_HAN})(?:来|进行|给我|把它们|再)?"
        r"(?:分个?组|分个?类|分一?下|分开|归类|归一?下|归纳|整理|列出来?|列一下|排列?|划分|组织|聚类|汇总|展示"
        r"|看看?|分)?"
        r"(?:一下|显示|列出|吗|吧|呢)*",
        re.IGNORECASE,
    ),
)
_MERELY_GROUPS = any_of(
    rf"^\W*(?:(?:now|ok|please|and|then|can you|could you) )*{_ARRANGE} (?:them|these|those|the (?:papers"
    rf"|results)|it)"
    r"\W*(?:please)?\W*$",
    r"^\W*(?:请|帮我|把)?(?:它们|这些(?:论文)?|结果)?(?:分个?组|分个?类|归个?类)(?:一下|吧)?\W*$",
)
_BACK = any_of(r"\b(them|these|those|it|they|papers?|please|now|ok|and|then|but|the|same|results?|list|again|show"
               r"|can|could"
               r"|you|instead)\b", r"它们|这些|那些|结果|论文|文章|请|再|吧|一下|把|换成|改成|那|呢")  # fmt: skip

_IT = any_of(
    r"\b(it|its|they|them|their|these|those|(this|that) (paper|one|method|work|model))\b", r"它|这篇|那篇|该|这些|那些"
)

# What leads to a question after a greeting.
PREFACE = any_of(
    r"^(?:\W*(hi|hello|hey|good (morning|afternoon|evening)|thanks|thank you)( there| all| again| so much| a"
    r" lot)?\s*[,.!;:–]+\s*)+(and )?"
    r"(?=\w)",
    r"^\W*(hi|hello|hey)( there| all| everyone| again)?\s+(?=(which|what|who|how|where|can|could|do|does|is|are|any"
    r"|please|list|show|find|tell|give|compare|summari[sz]e|i)\b)",
    r"^(?:\W*(你好|您好|嗨|谢谢|多谢)(呀|啊|了)?\s*[，,。.!！;；]+\s*)+(?=\w)",
)
_COUNTED = any_of(r"\b(how many|number|counts?|trends?|share|popular\w*)\b", r"多少|几篇|趋势|数量|统计")
GREETING = any_of(
    r"^\W*(hi|hello|hey|howdy|greetings|good (morning|afternoon|evening|day))( there| all| everyone| again)?\W*$",
    r"^\W*(ok(ay)?,? |great,? |perfect,? |cool,? )?((many )?thanks?( you)?|thx|ty|cheers)( so much| a lot| very much"
    r"| again| for .{1,30})?\W*$|^\W*(bye|goodbye|see you|good ?night)\W*$",
    r"^\W*((hi|hello|hey)\W+)?(help|help me|how (do|can|should) i use (this|you|it)|how does this work|who are you"
    r"|what are you|what (can|do) (you|i) (do|help( me)? with|ask)( here| you| for me)?|what (kind|sort)s? of"
    r" questions?"
    r" can (you answer|i ask)( you)?|what can i ask( you)?|how can you help( me)?)\W*$",
    r"^\W*(你好|您好|嗨|哈[喽啰罗]|早上?好|下午好|晚上好|大家好|在吗)(呀|啊|吗)?\W*$",
    r"^\W*(好的?|太好了)?[，,]?\s*(非常|十分|多)?(谢谢|感谢|多谢)(你|您|了|啦|大家)?(的帮助)?\W*$|^\W*(再见|拜拜)\W*$",
    r"^\W*((你好|您好)\W*)?(帮助|你是谁|你会(做)?什么|(你|我)?(能|可以)(帮我|为我)?(做|干|问)(些|点)?(什么"
    r"|啥)(问题)?|怎么用"
    r"|(如何|怎么)使用(你|它)?|你有什么(功能|用)|使用说明)(呢|呀|啊|吗)?\W*$",
)
_OVERVIEW = any_of(
    r"\boverview\b|\bsummar(y|i[sz]e|i[sz]ing)\b|\bhighlights?\b|\bdigest (of|for)\b|\brecap\b|\bround-?up\b",
    r"\bwhat('s| has| have| was| were| is)? (been )?(happen(ed|ing|s)?|going on|up)\b|\bwhat did"
    r" .{0,30}\b(bring|cover)\b",
    r"\b(main|major|dominant|key|common) (themes?|topics?|threads?)\b|\bworth (reading|noting|knowing|a look)\b"
    r"|\bnotable\b|\bwhat(?:'s| is| stands) (?:out|interesting|notable|important)\b|\bwhat (themes|topics)\b",
    r"\bwhat(['’]s| is| do (?:you|we) have| does it (?:hold|contain|cover))? (?:there )?(?:in|inside) (?:the"
    r"|this|your) "
    r"(?:library|collection|corpus|database)\b|\bwhat (?:does|do) (?:the|this|your) (?:library|collection) "
    r"(?:contain|hold|cover)\b|\bwhat is (the|this|your) (library|collection) about\b",
    r"值得(关注|注意|一读|看|读)|概览|概况|概述|概括|总结|综述|盘点|小结|回顾|总览|亮点|看点|热点|发生了(什么"
    r"|啥)|(主要|主流|热门)"
    r"(的)?(主题|方向|话题|内容)|(库|简报)(里|中)?(都)?有(些)?(什么|啥)|有(什么|哪些)(主题|方向|内容|话题)"
    r"|在?(研究|关注)(些)?什么",
)
_NEW = any_of(
    r"\bwhat(['’]s|s| is| are| was| has been| came| did)?\s*(the )?(new(s|est)?( papers?)?|came (out|in)|been"
    r" added|added"
    r"|latest)\b|\bany(thing)? new\b|\bnew (papers|ones|articles|arrivals|additions)\b|\bwhat(?:'s| is)"
    r" changed\b|\bnews\b",
    r"\b(papers?|articles?|everything|anything|listing) (from|in|of|on|since|after|listed|added)\b",
    r"新(的)?(论文|文章|东西|内容|进展|研究|工作)|有(什么|啥|哪些)(更)?新(的|增)?|新增|更新|最新",
)
_TREND = any_of(
    r"\b(getting|becoming|growing|grown|become|got|gotten) (any )?(more|less) (and more |and less )?(popular|common"
    r"|frequent|fashionable|widespread)\b|\b(popularity|trends?) (of|in|for|on)\b"
    # What a paper measured may rise and have a share, too.
    r"|\b(rise|decline|growth|share) (of|in) .{0,40}\b(papers|publications|research|interest)\b",
    r"\b(papers|number|how many|count|publications|work)\b.{0,60}\b((per|each|every|by|month by|over the) months?"
    r"|over time|monthly)\b|\bhow many\b.{0,60}\b(per|each|every) month\b|\bmonthly\b.{0,30}\b(count|number"
    r"|papers)\b",
    r"\binterest in .{2,60} (growing|rising|increasing|declining|falling|waning)\b|^\W*(is|are) .{2,60} (growing|rising"
    r"|increasing|declining)\W*$",
    r"\btrends?\W*$|\b(trending|on the rise|in decline|dying out|taking off|losing ground|gaining ground)\b"
    r"|\bmore and more\b.{0,40}\bpapers\b|\bhow has .{2,60} (changed|developed|evolved|grown)( over time)?\W*$",
    r"\b(which|what) (of the (two |three )?)?months? (has|had|have|holds|saw|sees) (the )?(most|more|fewest|fewer)\b"
    r"|\bin (which|what) month\b.{0,60}\b(most|more|fewest)\b|\b(which|what) month\b.{0,20}\b(most|more|fewest)\b",
    r"的?(发展|变化|增长|数量)?趋势|越来越(多|热门?|火|流行|少|冷门?|受关注)|每(个)?月(各)?(有|的)?(多少|几"
    r"|数量)|(逐|按)月(统计|变化|数)"
    r"|(哪|那)(一?个)?月.{0,30}(最多|最少|更多|更少|多一?些)|(各|每)(个)?月.{0,20}(多少|几篇|数量)",
)
_OF_TWO_MONTHS = any_of(
    r"\b(more|fewer|less|as many)\b.{0,60}\b(papers|popular|common|work|articles)\b|\bpapers\b.{0,40}\b(more"
    r"|fewer)\b",
    r"更多|更少|哪个(月)?(更|比较)?多|多还是|增加|减少",
)
ASKS_WHICH_MONTH = any_of(
    r"\b(which|what)( of the (two |three )?)? ?months?\b|\b(more|fewer|most|fewest)\b.{0,60}\b(or|than)\b"
    r"|(哪|那)(一?个)?月|更多|更少|还是"
)
_TREND_WORDS = any_of(
    r"\b(is|are|was|were|has|have|been|getting|becoming|growing|grown|become|got|more|less|and|popular|common"
    r"|frequent|most"
    r"|fashionable|popularity|trends?|trending|rise|decline|growth|share|over time|per|each|every|by|month(ly"
    r"|s)?|how many"
    r"|how|number|count|which|what|of the|two|three|has|had|the|of|in|for|on|a|work|papers|fewer|fewest|or|than"
    r"|show|me"
    r"|published|publications|there|changed|developed|evolved|over|did|do|does|with|about|on the|taking|off|see"
    r"|saw|any"
    r"|tell|table|plot|about|compare[ds]?|than|interest|rising|increasing|declining|falling|waning)\b",
    r"发展|变化|增长|数量|趋势|越来越|热门|火|流行|受关注|每个?月|各个?月|逐月|按月|统计|哪个?月份?|哪一个月"
    r"|最多|最少|更多|更少"
    r"|论文|文章|研究|方向|不|多少|几篇|多|少|的|吗|呢|是|有|如何|怎么样|怎样|还是|在|关于|方面|两个月|月份?|了|数",
)
_BROAD_WORDS = any_of(
    _OVERVIEW.pattern,
    _NEW.pattern,
    r"\b(what|what['’]s|give|me|a|an|the|of|in|for|on|from|all|papers?|articles?|works?|research|interesting"
    r"|short|brief"
    r"|quick|please|tell|show|about|digests?|library|collection|corpus|month|this|that|these|there|here"
    r"|month['’]s|days?"
    r"|was|were|is|are|did|does|do|you|can|could|have|has|been|out|so|far|and|by|with|to|issue|batch|category"
    r"|whole|entire"
    r"|any|anything|most|important|major|main|published|listed|added|new|since|arxiv|output|written|as|whats|i"
    r"|should|know"
    r"|read|happened|going|latest|newest|field|area|section|hot|topics?|themes?|s)\b",
    r"有|什么|哪些|的|论文|文章|简报|研究|工作|一下|给我|请|帮我|里|中|库|论文库|整个|全部|所有|这个?|本|月|期"
    r"|主要|内容|关于|新"
    r"|了|吗|呢|上|都|方面|领域|类别|以来|自从?|从|在|发表|发布|收录|这段时间|看看|说说|讲讲|做个?|写个?|个"
    r"|期间|最|些|整体",
)


def grouping_in(text: str) -> tuple[str, str]:
    """How the papers shall be grouped (`month`, `category`, `theme` or ""), and the text without those words."""
    for pattern in _GROUPED:
        if (match := pattern.search(text)) and not (match.groupdict()[MONTH] and _COUNTED.search(text)):
            kind = next(name for name, found in match.groupdict().items() if found)
            return kind, f"{text[: match.start()]} {text[match.end() :]}"
    return (THEME, " ") if _MERELY_GROUPS.search(text) else ("", text)


def broadly(query: Query, text: str, rest: str, shelf: Shelf) -> Query | None:
    """The query as one about the library or a part of it; None if it is about a topic or papers.

    `rest` is the question without its filters and without what says how to group.
    """
    if GREETING.search(text):
        return replace(query, wants=Wants.HELLO, filters=replace(query.filters, authors=()), papers=(), count=False)
    if query.papers or says.ARXIV_ID.search(text):
        return None
    if _asks_trend(query, text) and topic_words(topic := _TREND_WORDS.sub(" ", rest)):
        return replace(
            query,
            wants=Wants.TREND,
            search_text=" ".join(topic.split()).strip(" ?？,，.。"),
            count=False,
            group="",
            order="",
        )
    is_new = bool(_NEW.search(text))
    if not query.filters and _IT.search(text):
        return None
    if not (_OVERVIEW.search(text) or is_new or (query.group and (query.filters or says.EVERYTHING.search(text)))):
        return None
    topic = _BROAD_WORDS.sub(" ", rest)
    category = category_alone(topic, shelf.categories)
    if topic_words(topic) and not category:
        return None
    if not _is_broad(query, text, is_new):
        return None
    filters = replace(query.filters, categories=query.filters.categories or ((category,) if category else ()))
    query = replace(query, wants=Wants.OVERVIEW, filters=filters, order="newest" if is_new else "", papers=())
    return _of_the_newest(query, shelf) if is_new and not (filters.since or filters.until) else query


def _of_the_newest(query: Query, shelf: Shelf) -> Query:
    """What is new, where no time is named: what the newest digest brought, or the newest month where none is dated."""
    newest = max(shelf.days, default="") or max(shelf.months, default="")
    filters = replace(query.filters, since=newest, until=newest)
    return replace(query, filters=filters, reckoned=bool(newest))


def _is_broad(query: Query, text: str, is_new: bool) -> bool:
    """Plain lists of what meets filters are the catalogue's, but for days, which are told like news."""
    by_day = len(query.filters.since) > len("2026-02")
    is_news = is_new and bool(by_day or re.search(r"\bwhat|\bany|\bnews?\b|新", text, re.IGNORECASE))
    listed = says.LISTING.search(text) or query.count or (query.order and not by_day and not query.reckoned)
    return not listed and bool(_OVERVIEW.search(text) or query.group or is_news)


def _asks_trend(query: Query, text: str) -> bool:
    two = query.filters.since and query.filters.until and query.filters.since != query.filters.until
    return bool(_TREND.search(text) or (two and _OF_TWO_MONTHS.search(text)))


def regrouped(query: Query, rest: str, turn: Turn) -> Query | None:
    """The question before, its papers grouped another way; None if more is asked than that."""
    last = turn.answer.query.parts[-1] if turn.answer.query.parts else turn.answer.query
    if not query.group or topic_words(_BACK.sub(" ", rest)) or last.wants is Wants.HELLO:
        return None
    wants = Wants.OVERVIEW if last.wants in (Wants.CATALOGUE, Wants.OVERVIEW) else Wants.SURVEY
    filters = merged(last.filters, query.filters)
    return replace(
        query, search_text=last.search_text, wants=wants, filters=filters, papers=(), follows=True, order=last.order
    )
