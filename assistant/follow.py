"""Follow-ups: what a question of a conversation leaves out, taken from the turns before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from assistant import phrasing as says
from assistant.answer import Conversation, Query, Turn, Wants
from assistant.filters import topic_words
from assistant.phrasing import any_of
from ingest.paper import Filters

NEW_TOPIC = any_of(
    r"^.{0,20}\b(different|another|new|unrelated|separate) (question|topic|subject)\s*[:,.;–-]",
    r"^.{0,20}\bchang(e|ing) (of |the )?(topic|subject)\W|^.{0,10}\bon (another|a different) note\W",
    r"^.{0,6}(换一?个?(话题|问题|主题)|(问)?(另外?一个|别的|不相关的)问题)[，,:：。\s]",
)
_POINTS_BACK = any_of(
    r"\b(it|its|they|them|their|those|these|that one|this one|the \w+(-\w+)? one|the same|the former|the latter)\b",
    r"\b(one|any) of them\b|\b(the two|both of)\b|\b(this|that|the) (paper|work|method|model|authors?)\b|\b(the"
    r"|that) one (about|on|with"
    r"|that)\b",
    r"^\s*(and|ok|okay|so|but|also|what about|how about)\b|\b(the )?(other|others|rest)\b\s*[?.!]*$",
    r"它|其中|里面|这篇|那篇|该(论文|方法|模型|数据集)|这个|那个|前者|后者|上面|刚才|呢[?？]?\s*$|^(那|那么|还有)"
    r"|这些|那些|这两|这几|两者|两篇|他们",
)
# In the middle of a question, these mean what stands before them in it: "prune a network without retraining it".
_PRONOUN = any_of(r"\b(it|its|they|them|their|those|these|the same)\b", r"它|这些|那些|他们|其中|里面|这个|那个")
_OWN_WORDS = 3
# Some of the papers just cited are asked for.
_AMONG_THEM = any_of(
    r"\b(which (ones? )?of|how many of|list (those|the ones) of|only those of|the ones among) (them|these|those)\b",
    r"(其中|里面|它们(中|里)?|这些(论文)?(中|里)?|那些(论文)?(中|里)?)(有)?(哪些|哪篇|哪几篇|哪个|几篇|多少)",
)
_POINTS_AT_ONE = any_of(
    r"\b(it|its|that one|this one)\b|\b(this|that)\b(?! (are|were|have)\b)|\b(this|that|the) (paper|work|method"
    r"|model)\b",
    r"\b(they|them|their|those|these)\b|它|里面|这篇|那篇|该(论文|方法|模型|数据集)|这个|那个|这些|那些|其中",
)
_ALL_OF_THEM = any_of(r"\b(them|these|those|they|both|the two|each other)\b", r"它们|这两|两篇|两者|这几|这些|都|各自")
_BESIDE = any_of(r"\b(with|than|to|from|vs\.?|versus|against|and)\b", r"[和与跟比]")
_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_NUMBER = rf"(?:{'|'.join(_WORDS)}|\d{{1,2}}(?:st|nd|rd|th)|last)"
_ORDINAL = any_of(
    rf"\bthe (?P<word>{_NUMBER})(?=\s+(?:one|paper|article|work|of (?:them|these|those)|and|with|vs)\b|\s*(?:[?.!,]"
    rf"|$))",
    r"(?:\b(?:number|no\.?|paper|nr\.?)\s*|#)(?P<digits>\d{1,2})\b(?!\.\d|\s*(?:papers|%|x\b))",
    r"第(?P<han>[一二三四五六七八九十]|\d{1,2})(?:篇|个|项|条)|(?P<last>最后一?(?:篇|个))",
    r"\bthe (?P<former>former)\b|(?P<qian>前者)|\bthe (?P<latter>latter)\b|(?P<hou>后者)",
)
_FIRST_FEW = any_of(
    r"\bthe (?P<side>first|last) (?P<number>two|three|four|\d)(?=\s+(?:papers|ones|articles|of)\b|\s*(?:[?.!,]|$))",
    r"(?P<han_side>[前后])(?P<han>[两二三四]|\d)(?:篇|个)",
)
_FEW = {"two": 2, "three": 3, "four": 4, "两": 2, "二": 2, "三": 3, "四": 4}
_HAN_DIGITS = "一二三四五六七八九十"
# How an ellipsis begins or ends: what it leaves out stands in the turn before.
_LEADS_ON = any_of(
    r"^\W*(and|or|but|ok(ay)?|now|then|what about|how about|only|just|same (for|in|with)|in|from|by|with|without"
    r"|for|restrict)\b",
    r"^\W*(那么?|只|仅|再|换成|换|限定|限于|还有|以及|或者|和)|呢\W*$",
)
_ELLIPSIS_WORDS = any_of(
    r"\b(and|or|but|ok(ay)?|now|then|so|what|how|about|only|just|same|those|these|ones?|the|for|in|from|by|with|please"
    r"|thanks|papers?|show|me|us|limit|restrict|narrow|it|them|this|that|down|to|are|is|there|any|question|again"
    r"|instead)\b",
    r"那么?|只看|只要|只|仅看|仅|再|换成|限定|限于|还有|以及|或者|呢|的|吧|看|要|月份|一下|论文|文章|有|哪些|请|里|中",
)
_SAYS_PAPERS = any_of(r"\b(papers?|articles?|works?|anything|list|show|find)\b", r"论文|文章|論文|列出")
_MORE = any_of(
    r"^\W*((and|ok|any|are there|show( me)?|see|give me|list|tell me|please) )*(some )?(more|others?|another( one)?"
    r"|newer ones|go on|continue)"
    r"( (ones|papers|of (them|these|those)|please))*\W*$",
    r"^\W*(还有(吗|别的吗?|其他的?吗?|更多的?吗?)?|更多|继续|再来(几篇|一些)?|其他的?(呢|吗)?)\W*$",
)
_ABOUT = any_of(
    r"^\W*(?:and|or|but|ok(?:ay)?|so)?[\s,]*(?:what|how) about (?P<about>[^,;.?!]+)\W*$|^\W*(?:and|or) (?:for "
    r")?(?P<and>[^,;.?!]+)\W*$",
    r"^\W*(?:那么?|还有)?(?P<han>[^,，。?？!！]+?)(?:方面|领域|方向)?的?呢\W*$",
)
# Things of which one can stand for another: after "diffusion for video", "and audio?" asks for diffusion for audio.
_SLOTS = (
    "image=图像 picture=图片 video=视频 audio=音频 speech=语音 music=音乐 text=文本 3d=三维 point-cloud=点云 "
    "graph=图结构"
    " time-series=时间序列 tabular-data=表格 code=代码 molecule=分子 protein=蛋白质",
    "generation=生成 editing=编辑 segmentation=分割 detection=检测 classification=分类 recognition=识别 retrieval=检索"
    " compression=压缩 captioning=描述 translation=翻译 reconstruction=重建 forecasting=预测 summarization=摘要 "
    "tracking=跟踪",
    "federated=联邦 reinforcement=强化 supervised=监督 self-supervised=自监督 contrastive=对比 continual=持续 "
    "transfer=迁移"
    " meta=元 active=主动 curriculum=课程",
    "diffusion=扩散 gan=生成对抗 transformer=变换器 mamba=曼巴 flow-matching=流匹配 autoregressive=自回归 cnn=卷积",
    "english=英语 chinese=中文 german=德语 french=法语 spanish=西班牙语 japanese=日语 korean=韩语 arabic=阿拉伯语",
    "robot=机器人 drone=无人机 car=汽车 humanoid=人形机器人 quadruped=四足机器人",
    "driving=驾驶 manipulation=操作 navigation=导航",
    "training=训练 inference=推理 pre-training=预训练 fine-tuning=微调",
)
_ELLIPSIS_LENGTH = 10
_ASKS_ITSELF = re.compile(f"{says.QUANTITY.pattern}|{says.COMPARE.pattern}", re.IGNORECASE)
_OF_ONE = (Wants.FACT, Wants.SUMMARY, Wants.AUTHORS)
# From so many characters on, a Chinese phrase is a topic of its own.
_LONG_HAN = 5


def followed(query: Query, rest: str, conversation: Conversation) -> Query:
    """The query with what it leaves out: papers by their place in a list, the topic, the filters.

    `rest` is the question without its filters. A question that stands alone comes back as it is.
    """
    if placed := _by_place(query, rest, conversation):
        return placed
    if _AMONG_THEM.search(rest):
        return follow_up(query, conversation)
    if elliptic := _elliptic(query, rest, conversation.turns[-1]):
        return elliptic
    if query.papers or says.ARXIV_ID.search(query.text):
        return _beside(query, rest, conversation.turns[-1])
    asks_of_one = query.wants is Wants.AUTHORS or says.RECORD_FACT.search(rest)
    unsaid = not query.filters.authors and (_points_back(rest) or (asks_of_one and not topic_words(rest)))
    return follow_up(query, conversation) if unsaid else query


def follow_up(query: Query, conversation: Conversation) -> Query:
    """The query as a follow-up: the topic so far stands before the new words, and the last filters still narrow.

    "Which of them …" is a list of its own, among the papers that were cited; after a comparison it goes on comparing.
    """
    last = conversation.turns[-1].answer
    cited = last.citations
    filters = merged(_last_query(conversation.turns[-1]).filters, query.filters)
    if _AMONG_THEM.search(query.text) and len(cited) > 1 and _last_query(conversation.turns[-1]).wants is Wants.COMPARE:
        return replace(query, wants=Wants.COMPARE, papers=cited, recent=cited, follows=True)
    if _AMONG_THEM.search(query.text) and len(cited) > 1:
        wants = Wants.CATALOGUE if query.wants is Wants.CATALOGUE else Wants.SURVEY
        return replace(query, wants=wants, filters=replace(filters, arxiv_ids=cited), recent=cited, follows=True)
    meant = _meant(query, cited)
    return replace(
        query,
        search_text=f"{_last_query(conversation.turns[-1]).search_text} {query.search_text}",
        filters=filters,
        papers=tuple(dict.fromkeys((*meant, *query.papers))),
        recent=cited,
        follows=True,
    )


def asks_for_more(text: str) -> bool:
    """Whether more of the list just given is asked for, and nothing else."""
    return bool(_MORE.search(text))


def merged(old: Filters, new: Filters) -> Filters:
    """The old filters, each replaced where the new ones speak of the same."""
    dated = new if new.since or new.until else old
    return Filters(
        new.categories or old.categories,
        new.authors or old.authors,
        dated.since,
        dated.until,
        new.arxiv_ids or (() if new.authors else old.arxiv_ids),
        old.max_authors if new.max_authors is None else new.max_authors,
    )


def _meant(query: Query, cited: Sequence[str]) -> tuple[str, ...]:
    """The cited papers that the words point at: the only one, or a few together."""
    if len(cited) == 1:
        is_said = (
            _POINTS_AT_ONE.search(query.text) or query.wants is Wants.AUTHORS or says.RECORD_FACT.search(query.text)
        )
        return tuple(cited) if is_said else ()
    together = query.wants in (Wants.COMPARE, Wants.AUTHORS) and _ALL_OF_THEM.search(query.text)
    return tuple(cited) if together and len(cited) <= 4 else ()


def _points_back(text: str) -> bool:
    """Whether a word means something said before the question. A pronoun late in it means something in it."""
    match = _POINTS_BACK.search(text)
    while match and _PRONOUN.fullmatch(match[0]) and len(topic_words(text[: match.start()])) >= _OWN_WORDS:
        match = _POINTS_BACK.search(text, match.end())
    return bool(match)


def _last_query(turn: Turn) -> Query:
    """The query of a turn, or of the last of its parts."""
    query = turn.answer.query
    return query.parts[-1] if query.parts else query


# --- papers by their place


def _by_place(query: Query, rest: str, conversation: Conversation) -> Query | None:
    """The query about the papers that stand at the places it names in the last list that is long enough."""
    if says.ARXIV_ID.search(query.text):
        return None
    for turn in reversed(conversation.turns):
        cited = turn.answer.citations
        places = _places(rest, len(cited))
        if not places:
            return None
        # An answer about one paper of a list is no list.
        told = turn.answer.query
        if len(cited) > 1 or (cited and not (told.follows and told.papers)):
            papers = [cited[place] for place in places if -len(cited) <= place < len(cited)]
            papers = list(dict.fromkeys((*papers, *query.papers)))
            return _about(query, rest, tuple(papers), conversation.turns[-1]) if papers else None
    return None


def _about(query: Query, rest: str, papers: tuple[str, ...], turn: Turn) -> Query:
    """The query about these papers; it asks what the turn before asked where it says nothing but which."""
    last = _last_query(turn)
    says_more = topic_words(_ELLIPSIS_WORDS.sub(" ", _ORDINAL.sub(" ", rest)))
    if says_more or query.wants not in (Wants.FACT, Wants.SURVEY):
        return replace(query, papers=papers, follows=True)
    wants = last.wants if last.papers and last.wants in _OF_ONE else Wants.SUMMARY
    return replace(query, papers=papers, search_text=last.search_text, wants=wants, follows=True)


def _places(text: str, length: int) -> list[int]:
    """Places, from 0, or from -1 at the end, in the order in which the text names them."""
    if few := _FIRST_FEW.search(text):
        number = _FEW.get((few["number"] or few["han"]).lower()) or int(few["number"] or few["han"])
        at_end = (few["side"] or few["han_side"]).lower() in ("last", "后")
        return list(range(-number, 0) if at_end else range(number))
    return [_place(match) for match in _ORDINAL.finditer(text) if length > 1 or match["word"] or match["han"]]


def _place(match: re.Match[str]) -> int:
    if match["last"] or match["latter"] or match["hou"]:
        return -1
    if match["former"] or match["qian"]:
        return 0
    word = (match["word"] or match["digits"] or match["han"]).lower()
    if word == "last":
        return -1
    if word in _WORDS:
        return _WORDS.index(word)
    if word in _HAN_DIGITS:
        return _HAN_DIGITS.index(word)
    return int(re.sub(r"\D", "", word)) - 1


def _beside(query: Query, rest: str, turn: Turn) -> Query:
    """A question that names papers, with the one just cited beside them where it is held against them."""
    cited = turn.answer.citations
    if len(cited) != 1 or cited[0] in query.papers:
        return query
    compares = says.COMPARE.search(rest)
    bare = len(topic_words(_ELLIPSIS_WORDS.sub(" ", says.COMPARE.sub(" ", rest)))) <= 1 + len(query.papers)
    points = _POINTS_AT_ONE.search(rest) and (compares or _BESIDE.search(rest))
    if points or (compares and bare and len(query.papers) == 1):
        return replace(query, wants=Wants.COMPARE, papers=(*cited, *query.papers), recent=cited, follows=True)
    return query


# --- ellipsis


def _elliptic(query: Query, rest: str, turn: Turn) -> Query | None:
    """The query completed by the one before it, if it says no more than what is to be other in that one."""
    last = _last_query(turn)
    if len(rest.split()) > _ELLIPSIS_LENGTH:
        return None
    if _MORE.search(rest):
        before = last.listed if asks_for_more(last.text) else ()
        again = _again(query, last, turn, last.search_text)
        listed = tuple(dict.fromkeys((*before, *turn.answer.citations)))
        recent = () if last.wants is Wants.SURVEY else again.recent
        return replace(again, group=last.group, listed=listed, recent=recent)
    words = topic_words(_ELLIPSIS_WORDS.sub(" ", rest))
    if query.papers:
        return _of_another(query, last, turn, words)
    bare = not re.search(r"\w", rest) and not _SAYS_PAPERS.search(query.text)
    if query.filters and not words and (bare or _LEADS_ON.search(query.text)):
        return _again(query, last, turn, last.search_text)
    about = _ABOUT.search(rest)
    if about and words and last.wants is Wants.SURVEY and not says.QUANTITY.search(rest):
        new = (about["about"] or about["and"] or about["han"]).strip()
        if _is_noun(new):
            topic = _with_slot(last.search_text, new)
            again = _again(query, last, turn, topic)
            return again if topic.startswith(last.search_text) else replace(again, recent=())
    return None


def _again(query: Query, last: Query, turn: Turn, search_text: str) -> Query:
    return replace(
        query,
        search_text=search_text,
        wants=last.wants,
        filters=merged(last.filters, query.filters),
        recent=turn.answer.citations,
        follows=True,
        count=query.count or last.count,
        order=query.order or last.order,
    )


def _of_another(query: Query, last: Query, turn: Turn, words: Sequence[str]) -> Query | None:
    """ "And StormNet?" asks of StormNet what was asked of another paper."""
    said = {word for word in words if word.isascii()}
    of_one = last.papers and last.wants in (*_OF_ONE, Wants.CATALOGUE) and len(said) <= 1 + len(query.papers)
    if not of_one or not _LEADS_ON.search(query.text) or _ASKS_ITSELF.search(query.text):
        return None
    text = f"{query.search_text} {last.search_text}" if last.wants is Wants.FACT else query.search_text
    return replace(query, search_text=text, wants=last.wants, recent=turn.answer.citations, follows=True)


def _is_noun(words: str) -> bool:
    """Whether what follows "and" may be a thing, not a question of its own."""
    return not says.QUESTION.search(words) and not _POINTS_BACK.search(words) and not says.COMPARE.search(words)


def _with_slot(topic: str, new: str) -> str:
    """The topic with the new thing in the place of the like: the same kind of thing, or what the last word is said "
    "of."""
    for slot in map(_things, _SLOTS):
        kind = next((kind for kind in slot if kind.fullmatch(new)), None)
        old = next((found for other in slot if (found := other.search(topic))), None) if kind else None
        if kind and old:
            return f"{topic[: old.start()]}{slot[kind][old[0].isascii()]}{topic[old.end() :]}"
    if " " in new and (like := re.search(rf"\S+ {re.escape(new.rpartition(' ')[2])}\b", topic, re.IGNORECASE)):
        return f"{topic[: like.start()]}{new}{topic[like.end() :]}"
    is_one_word = len(topic_words(new)) < 2 or (not new.isascii() and len(new) < _LONG_HAN)
    return f"{topic} {new}" if is_one_word else new


@cache
def _things(slot: str) -> dict[re.Pattern[str], tuple[str, str]]:
    """What finds each thing of a slot in a text, with its Chinese and its English name."""
    pairs = [thing.replace("-", " ").split("=") for thing in slot.split()]
    return {
        re.compile(rf"(?<![a-z]){english.replace(' ', '[- ]?')}s?(?![a-z])|{han}", re.IGNORECASE): (han, english)
        for english, han in pairs
    }
