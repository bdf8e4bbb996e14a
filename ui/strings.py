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
    why: str
    why_named: str
    comma: str
    semicolon: str
    why_words: str
    near: tuple[str, str, str]  # the nearest first
    why_numbers: str
    why_number: str
    whole_text: str
    code: str
    project: str
    sections: Mapping[Section, str]

    # what can go wrong
    failed: str
    failed_inside: str
    mend: str
    too_long: str
    bad_months: str
    unknown_conversation: str
    not_saved: str
    full: str
    too_fast: str

    # several questions
    kept: str
    kept_drop: str
    kept_full: str
    next: str

    # signing in
    sign_in: str
    sign_in_hint: str
    your_name: str
    password: str
    wrong_password: str
    too_many_tries: str
    sign_out: str
    sign_out_hint: str
    back_to_chat: str

    # how much may be asked for
    too_many_filters: str
    too_many_turns: str

    # reading
    answer: str
    fits_clearly: str
    fits_borderline: str
    more_of_it: str
    passage: str
    sentence: str
    table: str
    and_others: str
    table_columns: tuple[str, str, str, str]  # after the arXiv number
    sort_by: str
    marks: str
    place: str
    place_next: str
    slow_model: str
    seconds: str
    answer_ready: str
    good: str
    bad: str
    comment: str
    noted: str
    not_noted: str
    not_copied: str
    keys: str
    keys_list: tuple[tuple[str, str], ...]  # the key, what it does
    conversations: str
    to_box: str
    unreachable: str
    new_papers: str
    whats_new: str
    reading_digests: str

    # conversations kept
    keeping_search: str
    keeping_today: str
    keeping_yesterday: str
    keeping_week: str
    keeping_month: str
    keeping_none: str
    keeping_no_match: str
    keeping_failed: str
    keeping_not_done: str
    keeping_again: str
    keeping_newest: str
    keeping_more: str
    keeping_rename: str
    keeping_delete: str
    keeping_sure: str
    keeping_cancel: str
    keeping_save: str
    keeping_title: str
    keeping_renamed: str
    keeping_deleted: str
    keeping_found: str
    keeping_export: str
    keeping_about: str
    keeping_cited: str

    # the library page
    library_heading: str
    library_skip: str
    library_nav: str
    library_ask: str
    library_paper: str
    library_papers: str
    library_papers_unit: str
    library_digest: str
    library_digests: str
    library_chart_desc: str
    library_numbers: str
    library_count: str
    library_empty: str
    library_empty_here: str
    library_unreadable: str
    library_find: str
    library_words: str
    library_words_hint: str
    library_since: str
    library_until: str
    library_search: str
    library_clear: str
    library_bad_sort: str
    library_bad_month: str
    library_bad_page: str
    library_last_page: str
    library_no_category: str
    library_no_author: str
    library_many_authors: str
    library_no_words: str
    library_told: str
    library_told_best: str
    library_best_first: str
    library_table: str
    library_date: str
    library_title: str
    library_more: str
    library_ask_about: str
    library_question: str
    library_pages: str
    library_page: str
    library_previous: str
    library_next: str
    library_none: str
    library_add: str
    library_no_script: str
    library_drop: str
    library_choose: str
    library_kinds: str
    library_samples: str
    library_sample_digests: str
    library_last: str
    library_seconds: str
    library_wrong: str
    library_wrong_more: str
    library_categories: str
    library_more_categories: str
    library_read: str
    library_name: str
    library_when: str
    library_going_on: str
    library_grown: str
    library_grown_show: str
    library_busy: str
    upload_waiting: str
    upload_sending: str
    upload_arriving: str
    upload_reading: str
    upload_failed: str
    upload_again: str
    upload_lost: str
    upload_large: str
    upload_kind: str
    upload_slow: str
    upload_other: str
    upload_closed: str
    upload_unknown: str
    report_new: str
    report_updated: str
    report_repeats: str
    report_unchanged: str
    report_placeholders: str
    report_unreadable: str
    report_unread: str
    list_of: str
    library_chart: Mapping[str, str]  # by unit of time
    library_units: Mapping[str, str]  # by unit of time


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
    why="Why this paper: {reasons}.",
    why_named="your question names it",
    comma=", ",
    semicolon="; ",
    why_words="it mentions {words}",
    near=(
        "a sentence is very close to the question in meaning",
        "a sentence is close to the question in meaning",
        "it is distantly related in meaning",
    ),
    why_numbers="Likeness to the question, 1 at most: {legs}. Chance that it fits: {fit} %.",
    why_number="{leg} {score}",
    whole_text="Show the whole text",
    code="Code",
    project="Project page",
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
    full="{waiting} questions are waiting already, and no more are taken on.",
    too_fast="At most {most} questions a minute are answered. The next one is welcome in {seconds} s.",
    kept="Asked next",
    kept_drop="Take back",
    kept_full="At most {most} questions are kept while an answer is written.",
    next="Go on with",
    sign_in="Sign in",
    sign_in_hint="This chat is protected by a password.",
    your_name="Name",
    password="Password",
    wrong_password="That is not right. Capitals and small letters differ.",
    too_many_tries="Too many wrong passwords came from here. Try again in {seconds} s.",
    sign_out="Sign out",
    sign_out_hint="Whoever uses this browser next will have to sign in.",
    back_to_chat="Back to the chat",
    too_many_filters="{count} categories and authors are chosen; at most {limit} are read. Remove some and send again.",
    too_many_turns="This conversation has {limit} questions, which is as long as one gets. Start a new conversation.",
    answer="Answer",
    fits_clearly="Fit clearly",
    fits_borderline="Borderline",
    more_of_it="show more",
    passage="passage",
    sentence="sentence",
    table="Table",
    and_others="{name} and {count} more",
    table_columns=("Title", "Authors", "Category", "Month"),
    sort_by="Sort by this column",
    marks="Marks",
    place="You are no. {place} in line",
    place_next="You are next in line",
    slow_model="{name} is slow to begin",
    seconds="{count} s",
    answer_ready="The answer is ready.",
    good="Good answer",
    bad="Bad answer",
    comment="What was right or wrong? (optional)",
    noted="Noted, thank you.",
    not_noted="This could not be noted ({error}). Try again in a moment.",
    not_copied="The browser does not let this page copy. Select the text instead.",
    keys="Keys",
    keys_list=(
        ("/", "write a question"),
        ("Enter", "send it"),
        ("Shift + Enter", "begin a new line"),
        ("↑", "in an empty box: bring the last question back"),
        ("Esc", "stop the answer, or close what is open"),
        ("Tab", "go through citations and marks; Enter shows the sentence, Esc leads back"),
        ("?", "show these keys"),
    ),
    conversations="Conversations",
    to_box="To the question box",
    unreachable="The server does not answer; trying again.",
    new_papers="New papers: {count}",
    whats_new="What is new?",
    reading_digests="reading digests: {count} stored",
    keeping_search="Search conversations",
    keeping_today="Today",
    keeping_yesterday="Yesterday",
    keeping_week="Earlier this week",
    keeping_month="Earlier this month",
    keeping_none="What you ask is kept here, to be read and gone on with later.",
    keeping_no_match="No conversation holds these words.",
    keeping_failed="The conversations cannot be shown: the server does not answer.",
    keeping_not_done="That did not work: the server does not answer, or the conversation is gone.",
    keeping_again="Try again",
    keeping_newest="The newest {count} are shown. Search finds the others.",
    keeping_more="Rename or delete “{title}”",
    keeping_rename="Rename",
    keeping_delete="Delete",
    keeping_sure="Delete this conversation for good?",
    keeping_cancel="Cancel",
    keeping_save="Save",
    keeping_title="Title of the conversation",
    keeping_renamed="Renamed",
    keeping_deleted="Deleted",
    keeping_found="{count} found",
    keeping_export="Export this conversation",
    keeping_about="{day} · {name} · questions: {questions}",
    keeping_cited="Cited papers",
    library_heading="Library",
    library_skip="To the papers",
    library_nav="This page",
    library_ask="Ask",
    library_paper="1 paper",
    library_papers="{count} papers",
    library_papers_unit="papers",
    library_digest="1 digest",
    library_digests="{count} digests",
    library_chart_desc="From {first} to {last}. Most are from {when}: {most}. Each bar leads to its papers.",
    library_numbers="The numbers",
    library_count="Papers",
    library_empty="Nobody can ask about anything yet. Read your digests into it on the computer that runs this chat:",
    library_empty_here="Drop your digests on this page, begin with the samples, or type:",
    library_unreadable="The library cannot be read.",
    library_find="Papers",
    library_words="Words, a title or an arXiv number",
    library_words_hint="Best first; empty for the newest",
    library_since="From",
    library_until="To",
    library_search="Show",
    library_clear="Show all",
    library_bad_sort="There is no sorting by “{found}”; there are {wanted}. The usual order is shown.",
    library_bad_month="“{found}” is no month such as 2025-12 and no day such as 2025-12-31. It was left out.",
    library_bad_page="“{found}” is no page. The first one is shown.",
    library_last_page="There are {pages} pages; this is the last.",
    library_no_category="No paper is in the category “{category}”. Choose one from the list.",
    library_no_author="No author's name has a part that begins with “{author}”.",
    library_many_authors="Many names begin with “{author}”; the {count} with most papers are taken. Type more of it.",
    library_no_words="No paper has these words. These are nearest in meaning.",
    library_told="{first}–{last} of {total}",
    library_told_best="{first}–{last} of the {total} nearest",
    library_best_first="Best first",
    library_table="Papers of the library",
    library_date="Date",
    library_title="Title and authors",
    library_more="TL;DR and abstract",
    library_ask_about="Ask about it",
    library_question="Summarise {arxiv_id}",
    library_pages="Pages",
    library_page="Page {page} of {pages}",
    library_previous="Previous",
    library_next="Next",
    library_none="No paper fits.",
    library_add="Add digests",
    library_no_script="Adding digests here needs JavaScript. In a terminal, type",
    library_drop="Drop digests here",
    library_choose="or choose files",
    library_kinds=".md, .txt or .jsonl, at most {most} MB each",
    library_samples="Read the sample digests",
    library_sample_digests="Sample digests",
    library_last="Last reading",
    library_seconds="{seconds} s",
    library_wrong="What could not be read",
    library_wrong_more="and {count} more",
    library_categories="Categories",
    library_more_categories="{count} more categories",
    library_read="Digests read",
    library_name="Name",
    library_when="read",
    library_going_on="Digests are being read in: {papers} papers so far.",
    library_grown="The library has changed.",
    library_grown_show="Show it as it is now",
    library_busy="Another process is writing to the library. Wait until it is done, then try again.",
    upload_waiting="waiting",
    upload_sending="sending",
    upload_arriving="arriving",
    upload_reading="{stored} of {papers} papers",
    upload_failed="It could not be read in: {error}",
    upload_again="Try again",
    upload_lost="The server does not answer. Look whether it runs, then try again.",
    upload_large="It is larger than {most} MB. Split it, or read it in with `digest ingest`.",
    upload_kind="A digest's name ends in {kinds}; this one does not.",
    upload_slow="It did not arrive within {seconds} s. Try again.",
    upload_other="Another digest is being added. Try again when it is done.",
    upload_closed="Digests cannot be added from here. On the computer that runs this chat, type `digest ingest PATH`.",
    upload_unknown="The outcome of this upload is no longer known; the last reading is told on the library page.",
    report_new="+{count} new",
    report_updated="summaries updated: {count}",
    report_repeats="repeats: {count}",
    report_unchanged="nothing changed",
    report_placeholders="without a summary: {count}",
    report_unreadable="entries not read: {count}",
    report_unread="files not read: {count}",
    list_of=", ",
    library_chart=MappingProxyType(
        {"day": "Papers by the day a digest first listed them", "month": "Papers by month", "year": "Papers by year"}
    ),
    library_units=MappingProxyType({"day": "Day", "month": "Month", "year": "Year"}),
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
    why="入选理由：{reasons}。",
    why_named="问题中提到了它",
    comma="、",
    semicolon="；",
    why_words="文中提到 {words}",
    near=("有句子与问题含义非常接近", "有句子与问题含义接近", "与问题略有关联"),
    why_numbers="与问题的相似度（最高为 1）：{legs}。符合的可能性：{fit} %。",
    why_number="{leg}：{score}",
    whole_text="显示全文",
    code="代码",
    project="项目主页",
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
    full="已有 {waiting} 个问题在排队，暂不接收新问题。",
    too_fast="每分钟最多回答 {most} 个问题，请在 {seconds} 秒后再提问。",
    kept="接下来回答",
    kept_drop="取回",
    kept_full="撰写回答时最多保留 {most} 个问题。",
    next="继续提问",
    sign_in="登录",
    sign_in_hint="此对话页面受密码保护。",
    your_name="用户名",
    password="密码",
    wrong_password="用户名或密码不正确，请注意区分大小写。",
    too_many_tries="来自此处的错误密码过多，请在 {seconds} 秒后重试。",
    sign_out="退出登录",
    sign_out_hint="退出后，使用此浏览器的人需要重新登录。",
    back_to_chat="返回对话",
    too_many_filters="选择了 {count} 个类别和作者，最多读取 {limit} 个。请减少后重新发送。",
    too_many_turns="此对话已有 {limit} 个问题，达到上限。请开始新对话。",
    answer="回答",
    fits_clearly="明确符合",
    fits_borderline="勉强相关",
    more_of_it="更多",
    passage="段落",
    sentence="句子",
    table="表格",
    and_others="{name} 及另外 {count} 人",
    table_columns=("标题", "作者", "类别", "月份"),
    sort_by="按此列排序",
    marks="标记说明",
    place="您排在第 {place} 位",
    place_next="下一个就是您",
    slow_model="{name} 迟迟没有开始",
    seconds="{count} 秒",
    answer_ready="回答已完成。",
    good="回答得好",
    bad="回答得不好",
    comment="哪里对，哪里不对？（可不填）",
    noted="已记下，谢谢。",
    not_noted="未能记下（{error}），请稍后再试。",
    not_copied="浏览器不允许本页复制，请手动选取文字。",
    keys="快捷键",
    keys_list=(
        ("/", "输入问题"),
        ("Enter", "发送"),
        ("Shift + Enter", "换行"),
        ("↑", "输入框为空时：取回上一个问题"),
        ("Esc", "停止回答，或关闭打开的内容"),
        ("Tab", "在引用和标记之间移动；按 Enter 查看原句，按 Esc 返回"),
        ("?", "显示快捷键"),
    ),
    conversations="对话列表",
    to_box="跳到输入框",
    unreachable="服务器没有响应，正在重试。",
    new_papers="新增论文：{count} 篇",
    whats_new="最近有哪些新论文？",
    reading_digests="正在读取论文速递：已存 {count} 篇",
    keeping_search="搜索对话",
    keeping_today="今天",
    keeping_yesterday="昨天",
    keeping_week="本周早些时候",
    keeping_month="本月早些时候",
    keeping_none="您的提问会保存在这里，方便以后查看和继续。",
    keeping_no_match="没有对话包含这些词。",
    keeping_failed="无法显示对话记录：服务器没有响应。",
    keeping_not_done="操作未成功：服务器没有响应，或对话已不存在。",
    keeping_again="重试",
    keeping_newest="显示最近的 {count} 个对话，其余可通过搜索找到。",
    keeping_more="重命名或删除“{title}”",
    keeping_rename="重命名",
    keeping_delete="删除",
    keeping_sure="永久删除这个对话？",
    keeping_cancel="取消",
    keeping_save="保存",
    keeping_title="对话标题",
    keeping_renamed="已重命名",
    keeping_deleted="已删除",
    keeping_found="找到 {count} 个",
    keeping_export="导出此对话",
    keeping_about="{day} · {name} · 问题数：{questions}",
    keeping_cited="引用的论文",
    library_heading="论文库",
    library_skip="跳到论文列表",
    library_nav="本页",
    library_ask="去提问",
    library_paper="1 篇论文",
    library_papers="{count} 篇论文",
    library_papers_unit="篇论文",
    library_digest="1 份速递",
    library_digests="{count} 份速递",
    library_chart_desc="从 {first} 到 {last}。{when} 最多：{most} 篇。点击柱形可查看对应论文。",
    library_numbers="具体数字",
    library_count="论文数",
    library_empty="现在还没有可提问的内容。请在运行本服务的电脑上导入论文速递：",
    library_empty_here="把论文速递拖到本页，或先用示例速递试试，也可以在终端输入：",
    library_unreadable="论文库无法读取。",
    library_find="论文",
    library_words="关键词、标题或 arXiv 编号",
    library_words_hint="按相关度排序；留空则按日期",
    library_since="从",
    library_until="到",
    library_search="查找",
    library_clear="显示全部",
    library_bad_sort="无法按“{found}”排序，可用的有 {wanted}。现按默认顺序显示。",
    library_bad_month="“{found}”既不是月份（如 2025-12）也不是日期（如 2025-12-31），已忽略。",
    library_bad_page="“{found}”不是页码，现显示第一页。",
    library_last_page="共 {pages} 页，这是最后一页。",
    library_no_category="没有“{category}”类别的论文，请从列表中选择。",
    library_no_author="没有姓名以“{author}”开头的作者。",
    library_many_authors="姓名以“{author}”开头的作者很多，现只查找论文最多的 {count} 位。请输入更完整的姓名。",
    library_no_words="没有论文包含这些词，以下是语义最接近的。",
    library_told="第 {first}–{last} 篇，共 {total} 篇",
    library_told_best="第 {first}–{last} 篇，共 {total} 篇最接近的",
    library_best_first="按相关度排序",
    library_table="论文库中的论文",
    library_date="日期",
    library_title="标题与作者",
    library_more="速览与摘要",
    library_ask_about="就此提问",
    library_question="总结 {arxiv_id}",
    library_pages="分页",
    library_page="第 {page} 页，共 {pages} 页",
    library_previous="上一页",
    library_next="下一页",
    library_none="没有符合条件的论文。",
    library_add="添加速递",
    library_no_script="在此添加需要启用 JavaScript。也可在终端输入",
    library_drop="把速递拖到这里",
    library_choose="或选择文件",
    library_kinds=".md、.txt 或 .jsonl，每份不超过 {most} MB",
    library_samples="导入示例速递",
    library_sample_digests="示例速递",
    library_last="最近一次导入",
    library_seconds="用时 {seconds} 秒",
    library_wrong="未能读取的内容",
    library_wrong_more="另有 {count} 条",
    library_categories="类别",
    library_more_categories="其余 {count} 个类别",
    library_read="已导入的速递",
    library_name="名称",
    library_when="导入于",
    library_going_on="正在导入速递：目前 {papers} 篇论文。",
    library_grown="论文库已更新。",
    library_grown_show="显示最新内容",
    library_busy="另一个进程正在写入论文库。请等它完成后再试。",
    upload_waiting="等待中",
    upload_sending="上传中",
    upload_arriving="接收中",
    upload_reading="已导入 {stored} / {papers} 篇",
    upload_failed="未能导入：{error}",
    upload_again="重试",
    upload_lost="服务器没有响应。请确认它在运行，然后重试。",
    upload_large="文件超过 {most} MB。请拆分，或用 `digest ingest` 导入。",
    upload_kind="速递的文件名应以 {kinds} 结尾。",
    upload_slow="未能在 {seconds} 秒内收到。请重试。",
    upload_other="正在添加另一份速递，请等它完成后再试。",
    upload_closed="此处不能添加速递。请在运行本服务的电脑上输入 `digest ingest PATH`。",
    upload_unknown="这次上传的结果已不可查；最近一次导入的情况见论文库页面。",
    report_new="新增 {count} 篇",
    report_updated="更新 {count} 条总结",
    report_repeats="重复 {count} 篇",
    report_unchanged="没有变化",
    report_placeholders="{count} 篇缺少总结",
    report_unreadable="{count} 条未能读取",
    report_unread="{count} 个文件未能读取",
    list_of="，",
    library_chart=MappingProxyType(
        {"day": "按首次收录日期统计的论文数", "month": "按月份统计的论文数", "year": "按年份统计的论文数"}
    ),
    library_units=MappingProxyType({"day": "日期", "month": "月份", "year": "年份"}),
)

STRINGS: Mapping[Language, Strings] = MappingProxyType({Language.ENGLISH: ENGLISH, Language.CHINESE: CHINESE})
