"""Ordinary words: they say what is done, how, or how much, and not what a question is about."""

from __future__ import annotations

import re

_ENGLISH = frozenset(
    """able above absolutely according achieve across act actual actually add affect after again against ago agree allow
    allows almost alone along already always among amount anyway apart appear apply around aside ask asked asking
    avoid away back bad badly bait based basic become becomes before begin behind believe below beneath beside
    best better between beyond big bit bring brings broken build building built buy call called came care carry
    case catch categories category cause certain change cheap check choose claim claims clear close come comes
    common compare compared complete conclude consider contain continue correct cost cover create current cut
    date dates day days deal decide deep depend describe despite develop different difficult directly discuss
    discussed discusses done down during early easily easy effect either end enough entire especially even ever
    every exactly exist expect explain explore fail fails fall far fast feel feels few final fine first fit
    follow form found free full general getting given gives go goes going gone good got great grow guess half
    hand handle handled handles happen happens hard hear heard held help helps high hold hope idea important
    improve include including inside instead interested involve issue itself keep kept kind knew known knows lack
    large last late later lead learn least leave left less let lets life little live long longer look looks lose
    lost lot low main mainly matter mean means meant measure meet mention mentioned mentions might mind miss
    missing moment month months move must name near nearly need needs never new nice nobody normal nothing notice
    now obtain occur often okay old once open order ordinary others otherwise outside overall own part particular
    past pay people perform perhaps person place plan play plenty point poor possible possibly present prevent
    probably problem problems proper propose proposed provide pull purely put question quick quickly quite rather
    reach read ready real really reason reasons reduce regarding relate related rely remain remember report
    reported require result results right run runs same saw saying second seem seems seen sense separate serious
    set several shiny short side similar simple simply since single sit size slow small solve soon sort speak
    special specific spend stand start state stay step still stop store strong stuff style suggest suit sure
    switch take taken takes talk talks task teach term test thank theme themes therefore thing think third though
    thought through thus time times together told took top topic topics total touch toward tried true trust try
    turn type under understand unless until upon useful usual usually value various view wait walk wants watch
    way ways weak week well went whatever whether whole wide will wish within without wonder word words worse
    worst worth wrong year years yet""".split()
)
_HAN = re.compile(
    "(?:特别|非常|比较|更加|尤其|实际|真正|主要|一般|通常|可能|应该|需要|必须|觉得|感觉|认为|知道|告诉|说明|解释|讨论|涉及"
    "|探讨|提到|提及|谈到|看到|发现|得到|达到|取得|实现|完成|解决|处理|采用|选择|依赖|引入|改进|提升|提高|降低|减少|增加|影响|表现"
    "|效果|结果|情况|问题|原因|内容|部分|东西|地方|时候|时间|办法|方式|做法|方案|技术|模型|任务|数据|怎样|多大|多高|多少|多久"
    "|具体|不同|一些|某些|所有|任何|一样|同样|其他|另外|而且|但是|因为|所以|如果|虽然|尽管|之间|之中|之后|之前|目前|今天|明天"
    "|帮忙|帮我|推荐|寻找|查找|查询|检索|讲述|说说|讲讲|看看|想看|库里|库中|专门|直接|各种)+"
)


def is_ordinary(word: str) -> bool:
    """Whether a word as it was typed names nothing; one with a capital inside or a digit always names something."""
    if not word.isascii():
        return bool(_HAN.fullmatch(word))
    return word.islower() and (word in _ENGLISH or (len(word) > 4 and word.endswith("ly")))
