"""The words around lists in groups, overviews, trends and greetings, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.paper import Language


@dataclass(frozen=True, slots=True)
class SurveyWording:
    """Sentences with blanks, filled by `str.format`."""

    stop: str
    more_fit: str
    next_ones: str
    no_more_fit: str
    nothing_left: str
    mark_borderline: str
    group_of: str
    rest: str
    covers: str
    covers_one: str
    new: str
    new_one: str
    reckoned: str
    undated: str
    by_submission: str
    themes: str
    from_sample: str
    largest_categories: str
    nothing_newer: str
    nothing_in: str
    trend_head: tuple[str, str, str, str]
    trend_clear: str
    trend_flat: str
    trend_most: str
    trend_one: str
    trend_two: str
    trend_note: str
    trend_days: str
    trend_undated: str
    trend_elsewhere: str
    trend_at_least: str
    examples: str
    hello: str
    thanks: str
    can_do: str
    ask_theme: str
    ask_paper: str
    ask_month: str
    more: str
    less: str


ENGLISH = SurveyWording(
    stop=".",
    more_fit="{count} more may fit: say “show more”.",
    next_ones="**The next {count}**, after {listed} listed already{scope}; {left} more may fit.",
    no_more_fit="**No further paper fits** beyond the {listed} listed{scope}. What comes next fits less "
    "(a chance of {best} % at most):",
    nothing_left="**Nothing is left** beyond the {listed} listed{scope}.",
    mark_borderline=" (borderline)",
    group_of="**{label}** ({count})",
    rest="Others",
    covers="**{count} papers**{conditions}, of {of} in the library{days}.",
    covers_one="**1 paper**{conditions}, of {of} in the library{days}.",
    new="**{count} new papers**{conditions}, of {of} in the library{days}.",
    new_one="**1 new paper**{conditions}, of {of} in the library{days}.",
    reckoned="Counted back from the newest digest here, of {day}; a paper counts on the first day that listed it.",
    undated="These digests carry no dates, so the newest month of submission, {month}, stands in.",
    by_submission="No digest here carries a date, so a day cannot be told: papers count by their month of submission.",
    themes="Main themes, told by nearness of the texts and named from titles:",
    from_sample="Themes and their counts are of {sample} papers, taken evenly.",
    largest_categories="By category: {listed}.",
    nothing_newer="Nothing here is that new: the newest is of {last}, of {papers} papers{days}.",
    nothing_in="No paper in the library meets this{conditions}: searched {papers} papers{days}.",
    trend_head=("Month", "Fitting", "Papers in the library", "Share"),
    trend_clear="**{direction}**: {first_share} of the papers of {first} fit ({first_count}), {last_share} of "
    "{last} ({last_count}); that is more than chance.",
    trend_flat="**No clear change**: {first_share} of the papers of {first} fit ({first_count}), {last_share} of "
    "{last} ({last_count}); that may be chance.",
    trend_most="Most papers: {most} ({count}); largest share: {densest} ({share}).",
    trend_one="All papers searched are of one month, {month}: no trend can be told.",
    trend_two="{count} months are too few to tell a trend.",
    trend_note="Counted are papers that a survey would list or that hold every word asked for, of {papers} papers "
    "searched{days}.",
    trend_days="Months are partial: the library holds only the digests it has read, on so many of each month's days: "
    "{listed}.",
    trend_undated="Months are partial: the library holds only the digests it has read; these carry no dates, so how "
    "much of a month they cover is not known.",
    trend_elsewhere="Months are partial: the digests read are of other months than their papers.",
    trend_at_least="The search goes no deeper than {depth} papers: counts may be higher.",
    examples="For example:",
    hello="Hello!",
    thanks="You are welcome.",
    can_do="I answer from **{count} papers**{days} and cite them: lists, facts, comparisons, summaries, what is new, "
    "trends.",
    ask_theme="Which papers are about {label}?",
    ask_paper="What does {name} propose?",
    ask_month="Give me an overview of {category} in {month}.",
    more="More of late",
    less="Fewer of late",
)

CHINESE = SurveyWording(
    stop="。",
    more_fit="还有 {count} 篇可能符合：可以说“更多”。",
    next_ones="**接下来 {count} 篇**，此前已列出 {listed} 篇{scope}；还有 {left} 篇可能符合。",
    no_more_fit="除已列出的 {listed} 篇外，**没有更多符合的论文**{scope}。"
    "其后的相关性更低（符合的可能至多 {best} %）：",
    nothing_left="除已列出的 {listed} 篇外，**没有更多论文**{scope}。",
    mark_borderline="（勉强相关）",
    group_of="**{label}**（{count} 篇）",
    rest="其他",
    covers="共 **{count} 篇论文**{conditions}，库中共 {of} 篇{days}。",
    covers_one="共 **1 篇论文**{conditions}，库中共 {of} 篇{days}。",
    new="新论文 **{count} 篇**{conditions}，库中共 {of} 篇{days}。",
    new_one="新论文 **1 篇**{conditions}，库中共 {of} 篇{days}。",
    reckoned="日期从库中最新的一期简报（{day}）往回算；论文按首次收录之日计。",
    undated="这些简报没有日期，因此以最新的提交月份 {month} 代替。",
    by_submission="这些简报没有日期，无法按天区分：论文按提交月份计。",
    themes="主要主题（按文本相近程度划分，以标题用词命名）：",
    from_sample="主题及其篇数出自均匀抽取的 {sample} 篇。",
    largest_categories="按类别：{listed}。",
    nothing_newer="没有这么新的论文：最新的是 {last}，共检索 {papers} 篇{days}。",
    nothing_in="库中没有符合条件的论文{conditions}：共检索 {papers} 篇{days}。",
    trend_head=("月份", "符合", "库中论文", "占比"),
    trend_clear="**{direction}**：{first} 有 {first_share} 的论文符合（{first_count} 篇），{last} 有 {last_share}"
    "（{last_count} 篇）；差异超出偶然。",
    trend_flat="**没有明显变化**：{first} 有 {first_share} 的论文符合（{first_count} 篇），{last} 有 {last_share}"
    "（{last_count} 篇）；差异可能出于偶然。",
    trend_most="篇数最多：{most}（{count} 篇）；占比最高：{densest}（{share}）。",
    trend_one="检索到的论文都在同一个月（{month}），看不出趋势。",
    trend_two="只有 {count} 个月，不足以判断趋势。",
    trend_note="计入的是列表会列出的论文，以及包含全部所问词语的论文，共检索 {papers} 篇{days}。",
    trend_days="各月并不完整：库中只有已导入的简报，各月有简报的天数为 {listed}。",
    trend_undated="各月并不完整：库中只有已导入的简报，而这些简报没有日期，无法得知覆盖了一个月的多少。",
    trend_elsewhere="各月并不完整：已导入的简报与论文不在同一个月份。",
    trend_at_least="检索深度为 {depth} 篇，实际数量可能更多。",
    examples="例如：",
    hello="你好！",
    thanks="不客气。",
    can_do="我根据库中的 **{count} 篇论文**{days}回答并注明出处：列表、事实、比较、总结、新论文、趋势。",
    ask_theme="有哪些关于 {label} 的论文？",
    ask_paper="{name} 提出了什么方法？",
    ask_month="{month} 的 {category} 有什么值得关注的？",
    more="近来更多",
    less="近来更少",
)


def survey_wording(language: Language) -> SurveyWording:
    return CHINESE if language is Language.CHINESE else ENGLISH
