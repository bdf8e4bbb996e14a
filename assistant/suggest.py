"""Questions worth asking: of an empty conversation and after an answer, each tried before it is offered.

Nothing here asks a language model: a question is offered where the extractive answer to it holds up. All of it reads
the library and reckons, so who serves others meanwhile calls it in a thread.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice
from typing import Protocol

from assistant.answer import Answer, Conversation, Evidence, Query, Wants
from assistant.check import CITATION
from assistant.compare import CAME_OUT
from assistant.compose import compose
from assistant.draft import Draft, Materials, unescape
from assistant.evidence import is_background, tells_where_code_is
from assistant.names import COINED
from assistant.phrasing import any_of
from assistant.retrieve import Retriever
from assistant.suggest_wording import filled, is_common, suggest_wording, topic_in
from assistant.survey import fitting
from assistant.themes import labels, mean_vectors, runs, small, themes
from assistant.wording import wording
from ingest.library import Library
from ingest.paper import Filters, Language, Paper, Sentence
from ingest.sentence import sentences_of

_LONGEST = 70  # characters of a question
_LOOKED_AT = 80  # of the newest papers, evenly: more would take longer and give the same themes
_TRIED = 3  # ideas of a kind
_MOST_TRIED = 6  # ideas in all after an answer; each costs about a search
_NEIGHBOURS, _BESIDE, _PASSAGES = 8, 40, 160
_NEAREST = 6
_COMMON = 3  # of the nearest papers that speak of a topic
_AGAINST = 3  # a paper is held against one of so many that are nearest
_MONTHS_FROM, _THEMES_FROM = 5, 8  # papers of a list, from which on months and themes part them well
_NAME = re.compile(r"^([^:：?!]{2,24})[:：]")
_NO_NAME = any_of(
    r"^(poster|demo|position|survey|tutorial|report|review|technical|extended|when|how|why|what|which|is|are|do|does|can"
    r"|from|beyond|towards?|on|not|the|an?|in|to|more|less|no|all|one|two)\b"
)
_LONGEST_TOPIC = 32
_OF_ONE = (Wants.FACT, Wants.SUMMARY)
_TELLS = (*_OF_ONE, Wants.COMPARE)
_HEADING = re.compile(r"^\*\*(.+?)\*\* ?[(（]\d+(?: 篇)?[)）]$", re.MULTILINE)
_MEASURES = any_of(r"\b(benchmark\w*|dataset|corpus|evaluat\w+|survey|challenge|audit\w*|measur\w+)\b|bench\b")
# What a sentence must say to answer for what was done, what came out, on what data, and where it ends.
_HOW = re.compile(
    r"^(?!.*(?:outperform|surpass|\d ?\\?%|优于|超过)).*"
    r"(?:\b(?:propos|introduc|present|develop|design|combin|integrat|leverag|train|learn|evaluat|measur)\w*|\buses?\b"
    r"|提出|引入|通过|采用|利用|构建|设计|评估)",
    re.IGNORECASE | re.DOTALL,
)
_DATA = any_of(r"\b(data ?sets?|corp(us|ora)|(trained|evaluated|tested) on)\b|数据|语料")
_LIMITS = re.compile(
    r"^(?!.*(?:existing|prior|previous|address|overcom|mitigat|tackl|现有|已有|传统|解决|克服|缓解)).*"
    r"(?:\b(?:limitations?|fails? (?:to|when|on|in)|failures?|falls? short|struggles?)\b|局限|不足|失败)",
    re.IGNORECASE | re.DOTALL,
)
_SPEED = any_of(r"\b(faster|speed-?ups?|latency|real[- ]time|throughput|fps|(milli)?seconds?)\b|加速|速度|延迟|实时")
_COST = any_of(r"\b(memory|parameters|flops|costs?|gpus?|overhead)\b|显存|内存|参数量|开销|成本")
_ACCURACY = any_of(r"\baccura\w+|\bf1\b|准确率|精度")


@dataclass(frozen=True, slots=True)
class _Idea:
    """A question, what it must be understood to want (if anything) and of which papers, what its answer must say."""

    question: str
    wants: tuple[Wants, ...]
    papers: tuple[str, ...] = ()
    says: re.Pattern[str] | None = None


Ideas = Iterator[_Idea]


class Tried(Protocol):
    """What questions are tried on: `assistant.chat.Assistant`. `openings` keeps what was found, by library version."""

    library: Library
    retriever: Retriever
    openings: dict[tuple[int, Language, int], tuple[str, ...]]

    def materials(
        self, question: str, conversation: Conversation | None = None, filters: Filters | None = None
    ) -> Materials: ...


def opening_questions(assistant: Tried, language: Language, limit: int = 4) -> tuple[str, ...]:
    """Up to `limit` questions for an empty conversation, of differing kinds, each answered with papers when asked.

    The same for the same state of the library, and found once for it. Blocking: some tenths of a second.
    """
    version = assistant.library.version()
    key = (version, language, limit)
    kept = {other: found for other, found in assistant.openings.items() if other[0] == version}
    if key not in kept:
        trial = _Trial(assistant, Conversation(""), language, most=4 * _MOST_TRIED)
        kept[key] = _chosen(_to_begin_with(trial), trial, limit)
        assistant.openings = kept
    return kept[key]


def follow_ups(
    assistant: Tried, conversation: Conversation, limit: int = 3, filters: Filters | None = None
) -> tuple[str, ...]:
    """Up to `limit` questions to ask after the last turn, in its language, each answered when asked there.

    `filters` are those that will be set beside the question. Blocking, for about as long as six searches take.
    """
    if not conversation.turns:
        return ()
    answer = conversation.turns[-1].answer
    trial = _Trial(assistant, conversation, _last(answer).language, filters)
    return _chosen(_after(answer, trial), trial, limit)


def _chosen(kinds: Sequence[Ideas], trial: _Trial, limit: int) -> tuple[str, ...]:
    """Questions that hold up, one of each kind in turn."""
    holding = [(idea.question for idea in islice(kind, _TRIED) if trial.holds(idea)) for kind in kinds]
    return tuple(islice(_by_turns(holding), limit))


def _by_turns(kinds: Sequence[Iterator[str]]) -> Iterator[str]:
    left = list(kinds)
    while left:
        for kind in tuple(left):
            if question := next(kind, ""):
                yield question
            else:
                left.remove(kind)


def _last(answer: Answer) -> Query:
    return answer.query.parts[-1] if answer.query.parts else answer.query


# --- whether a question holds up


class _Trial:
    """Questions as they would be answered after a conversation."""

    def __init__(
        self,
        assistant: Tried,
        conversation: Conversation,
        language: Language,
        filters: Filters | None = None,
        most: int = _MOST_TRIED,
    ) -> None:
        self.assistant, self.library, self.conversation = assistant, assistant.library, conversation
        self.language, self.filters, self.left = language, filters, most
        self.words = suggest_wording(language)
        self.used = {_folded(turn.question) for turn in conversation.turns}
        # A list quotes a line of each paper, of which there is more to ask; what tells of a paper or two has told it.
        told = [_quoted(turn.answer) for turn in conversation.turns if _last(turn.answer).wants in _TELLS]
        self.told = {_place(evidence) for quoted in told for evidence in quoted}
        leading = [evidence for turn in conversation.turns for evidence in _leading(turn.answer)]
        self.introduced = {evidence.arxiv_id for evidence in leading if _HOW.search(evidence.text)}
        beside = [turn.answer for turn in conversation.turns if _last(turn.answer).wants is Wants.COMPARE]
        self.compared = {frozenset(answer.citations) for answer in beside}
        self.cited = {cited for turn in conversation.turns[-1:] for cited in turn.answer.citations}

    def holds(self, idea: _Idea) -> bool:
        """Whether the question is understood as it is meant, and its answer is none that was given already."""
        folded = _folded(idea.question)
        done = idea.wants == (Wants.COMPARE,) and not idea.says and frozenset(idea.papers) in self.compared
        if folded in self.used or done or len(idea.question) > _LONGEST or not self.left:
            return False
        self.left -= 1
        materials = self.assistant.materials(idea.question, self.conversation, self.filters)
        query = materials.query
        as_meant = query.wants in (idea.wants or Wants) and query.language is self.language and not query.parts
        of_them = not idea.papers or set(query.papers) == set(idea.papers)
        if not as_meant or not of_them or not self._answers(idea, materials):
            return False
        self.used.add(folded)
        return True

    def _answers(self, idea: _Idea, materials: Materials) -> bool:
        if materials.query.wants is Wants.OVERVIEW:  # long to write, and told of as many papers as there are
            return len(materials.ranking.hits) > 1
        draft = compose(materials)
        cited = CITATION.findall(draft.text)
        if draft.abstained or draft.text.startswith(materials.words.uncertain) or not set(idea.papers) <= set(cited):
            return False
        if materials.query.wants is Wants.SURVEY and len(set(cited)) < 2:
            return False
        if materials.query.group:
            return len(_HEADING.findall(draft.text)) > 1
        leading = _quoted(draft)[: 1 if materials.query.wants is Wants.FACT else None]
        is_new = any(_place(evidence) not in self.told for evidence in leading) or not self.cited.issuperset(cited)
        return is_new and _says(idea, leading)


def _says(idea: _Idea, leading: Sequence[Evidence]) -> bool:
    """Whether what is quoted says what was asked for, of each paper."""
    saying = {evidence.arxiv_id for evidence in leading if idea.says and idea.says.search(evidence.text)}
    return not idea.says or saying >= set(idea.papers)


def _quoted(answer: Answer | Draft) -> list[Evidence]:
    return [evidence for claim in answer.claims for evidence in claim.citations]


def _leading(answer: Answer) -> list[Evidence]:
    """Of a fact its first quote, of a summary all: what it told of a paper foremost."""
    wants = _last(answer).wants
    return _quoted(answer)[: 1 if wants is Wants.FACT else None] if wants in _OF_ONE else []


def _place(sentence: Evidence | Sentence) -> tuple[str, str, int]:
    return sentence.arxiv_id, sentence.section.value, sentence.start


def _folded(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


# --- ideas for an empty conversation


def _to_begin_with(trial: _Trial) -> list[Ideas]:
    """A topic, a paper, two papers, a time, an author or a category."""
    papers = _newest(trial.library)
    if not papers:
        return []
    groups = themes(papers, trial.library)
    middles = [paper for group in (groups[1:] or groups) for paper in group.papers]
    topics = _topics(trial, _sorted_out(group.label for group in groups))
    return [topics, _of_some(trial, middles), _pairs(trial, papers), _times(trial), _people_and_categories(trial)]


def _newest(library: Library) -> list[Paper]:
    """Evenly spaced papers of the newest digest, or of the newest month where it is small or none carries a date."""
    months, days = library.months(), [digest.day for digest in library.digests() if digest.day]
    ids = library.select(Filters(since=str(max(days)))) if days else []
    if len(ids) < _LOOKED_AT:
        ids = library.select(Filters(since=max(months, default="")))
    ids = ids if len(ids) >= _LOOKED_AT else library.select(Filters())
    return list(library.papers(ids[:: max(1, len(ids) // _LOOKED_AT)][:_LOOKED_AT]).values())


def _sorted_out(names: Iterable[str]) -> list[str]:
    """The phrases of groups' names: those that surely are topics first, single words only if they surely are."""
    phrases = [phrase for name in names for phrase in name.split(", ") if phrase]
    fit = [p for p in phrases if is_common(p) or (" " in p and len(p) <= _LONGEST_TOPIC)]
    return sorted(fit, key=lambda phrase: not is_common(phrase))


def _topics(trial: _Trial, phrases: Iterable[str]) -> Ideas:
    for phrase in phrases:
        topic = topic_in(phrase, trial.language)
        yield _Idea(filled(trial.words.about, topic=topic), (Wants.SURVEY,))


def _pairs(trial: _Trial, papers: Sequence[Paper]) -> Ideas:
    """Comparisons of papers with names of their own, the nearest pair first."""
    ids, vectors = mean_vectors([paper for paper in papers if _name(paper)], trial.library)
    held = {paper.arxiv_id: paper for paper in papers}
    nearness = vectors @ vectors.T
    for a, b in sorted(combinations(range(len(ids)), 2), key=lambda pair: -nearness[pair]):
        yield _compared(trial, held[ids[a]], held[ids[b]])


def _compared(trial: _Trial, one: Paper, other: Paper) -> _Idea:
    question = filled(trial.words.compare, one=_name(one), other=_name(other))
    return _Idea(question, (Wants.COMPARE,), (one.arxiv_id, other.arxiv_id))


def _times(trial: _Trial) -> Ideas:
    """What is new since the newest digest day but one, else the newest month."""
    days = sorted({digest.day for digest in trial.library.digests() if digest.day})
    for day in days[-2:]:
        told = (
            f"{day.month}月{day.day}日" if trial.language is Language.CHINESE else f"{day.day} {month_name[day.month]}"
        )
        yield _Idea(filled(trial.words.new_since, day=told), (Wants.OVERVIEW,))
    if months := trial.library.months():
        yield _Idea(filled(trial.words.overview_of, month=_month(max(months), trial.language)), (Wants.OVERVIEW,))


def _people_and_categories(trial: _Trial) -> Ideas:
    for author, count in islice(trial.library.authors().items(), 1):
        if count > 1:
            yield _Idea(filled(trial.words.by_author, author=author), (Wants.CATALOGUE,))
    for category, _ in islice(trial.library.categories().items(), 2):
        yield _Idea(filled(trial.words.count_in, category=category), (Wants.CATALOGUE,))


def _month(month: str, language: Language) -> str:
    year, number = map(int, month.split("-"))
    return f"{year}年{number}月" if language is Language.CHINESE else f"{month_name[number]} {year}"


# --- ideas about papers


def _name(paper: Paper) -> str:
    """What stands before the title's colon, where it looks like a name; "" elsewhere."""
    head = _NAME.match(paper.title)
    words = head[1].split() if head else []
    capitals = 0 < len(words) <= 3 and all(word[0].isupper() or word[0].isdigit() for word in words)
    is_name = capitals and not _NO_NAME.match(words[0]) and (len(words) == 1 or any(map(COINED.match, words)))
    return " ".join(words) if is_name else ""


def _told_by(trial: _Trial, paper: Paper, called: str) -> Ideas:
    """What its own sentences tell that nothing quoted so far has told."""
    words, id_ = trial.words, (paper.arxiv_id,)
    texts = [s.text for s in _own_sentences(paper) if _place(s) not in trial.told]
    works = words.measures if _MEASURES.search(paper.title) else words.works
    how = (
        ()
        if paper.arxiv_id in trial.introduced
        else (works, words.summary)
        if called == _name(paper)
        else (words.summary,)
    )
    for shapes, says in ((how, _HOW), ((words.results,), CAME_OUT), ((words.data,), _DATA), ((words.limits,), _LIMITS)):
        for shape in shapes if any(map(says.search, texts)) else ():
            yield _Idea(question := filled(shape, name=called), _OF_ONE, id_, says)
            if _folded(question) in trial.used:
                break


def _own_sentences(paper: Paper) -> list[Sentence]:
    """Those that tell of the paper itself."""
    return [s for s in sentences_of(paper) if not is_background(s, paper) and not tells_where_code_is(s)]


def _near(paper: Paper, library: Library) -> tuple[list[Paper], list[Paper]]:
    """The papers nearest to one, itself the first, and some that are farther; none where the embedder reads nothing."""
    ids, vectors = mean_vectors([paper], library)
    found = [hit.arxiv_id for hit in library.search(vectors[0].astype("float32"), _PASSAGES)] if ids else []
    others = list(dict.fromkeys(arxiv_id for arxiv_id in found if arxiv_id != paper.arxiv_id))
    papers = list(library.papers([*others[:_NEIGHBOURS], *others[_NEIGHBOURS * 2 :][:_BESIDE]]).values())
    return [paper, *papers[:_NEIGHBOURS]], papers[_NEIGHBOURS:]


# --- ideas after an answer


def _after(answer: Answer, trial: _Trial) -> list[Ideas]:
    query, papers = _last(answer), list(trial.library.papers(answer.citations).values())
    nearest = [hit.paper for hit in answer.hits[:3]]
    if answer.abstained:
        near = (_topics_near(trial, nearest[:1]), _of_some(trial, nearest)) if nearest else ()
        return [_other_months(query, trial), *near, _openings(trial)]
    if not papers:
        return [_openings(trial)]
    if answer.text.startswith(wording(query.language).uncertain):
        return [_sharper(query, papers, trial), _of_the_first(papers, trial), _topics_near(trial, papers[:1])]
    if query.wants in (Wants.CATALOGUE, (Wants.OVERVIEW,)) and len(papers) > 1:
        return [_narrower(answer, query, papers, trial), _of_some(trial, papers), _pairs(trial, papers[:20])]
    if query.wants is Wants.COMPARE and len(papers) > 1:
        told = chain.from_iterable(_told_by(trial, paper, name) for paper in papers[::-1] if (name := _name(paper)))
        return [_differing(papers, trial), _topics_near(trial, papers), told, _against_the_nearest(papers[0], trial)]
    if query.wants in (Wants.SURVEY, (Wants.TREND,)) and len(papers) > 1:
        return [_listed(answer, query, papers, trial), _of_the_first(papers, trial), _two_best(papers, trial)]
    return _after_one(query, papers, trial)


def _after_one(query: Query, papers: Sequence[Paper], trial: _Trial) -> list[Ideas]:
    told, near = _of_the_first(papers, trial), _topics_near(trial, papers[:1])
    if query.wants is Wants.AUTHORS:
        return [_by_them(papers, trial), told, near]
    return [told, _against_the_nearest(papers[0], trial), near]


def _openings(trial: _Trial) -> Ideas:
    for question in opening_questions(trial.assistant, trial.language):
        yield _Idea(question, ())


def _other_months(query: Query, trial: _Trial) -> Ideas:
    """The months of what there is on the topic outside of the days asked for."""
    if query.filters.since or query.filters.until:
        anywhen = replace(query, filters=replace(query.filters, since="", until=""))
        hits = trial.assistant.retriever.search(anywhen, _NEAREST).hits
        for month in dict.fromkeys(hit.paper.month for hit in hits):
            yield _Idea(filled(trial.words.what_about, month=_month(month, trial.language)), (query.wants,))


def _narrower(answer: Answer, query: Query, papers: Sequence[Paper], trial: _Trial) -> Ideas:
    """Of an overview its themes, of a category what it is about, of a few papers what the first one is about."""
    if query.wants is Wants.OVERVIEW:
        yield from _topics(trial, _sorted_out(unescape(label) for label in _HEADING.findall(answer.text)))
    elif query.filters.categories and len(answer.hits) > _THEMES_FROM:
        yield _Idea(filled(trial.words.themes_of, category=query.filters.categories[0]), (Wants.OVERVIEW,))
    else:
        yield from _topics_near(trial, papers[:1])


def _differing(papers: Sequence[Paper], trial: _Trial) -> Ideas:
    """In what papers side by side differ, of which both speak."""
    words, ids = trial.words, tuple(paper.arxiv_id for paper in papers)
    texts = ["\n".join(s.text for s in _own_sentences(paper)) for paper in papers]
    aspects = ((words.speed, _SPEED), (words.cost, _COST), (words.accuracy, _ACCURACY), (words.datasets, _DATA))
    for aspect, says in aspects:
        if all(map(says.search, texts)):
            yield _Idea(filled(words.differ, aspect=aspect), (Wants.COMPARE,), ids, says)


def _sharper(query: Query, papers: Sequence[Paper], trial: _Trial) -> Ideas:
    """The question's own words that the papers found hold, the longest first, without the rest of it."""
    texts = [f"{paper.title} {paper.abstract}".lower() for paper in papers[:_NEAREST]]
    phrases = {" ".join(words) for words in runs(query.search_text) if len(words) > 1}
    held = {phrase: sum(phrase.lower().removesuffix("s") in text for text in texts) for phrase in phrases}
    best_first = sorted((p for p in phrases if held[p]), key=lambda p: (-len(p.split()), -held[p], p))
    return _topics(trial, best_first)


def _listed(answer: Answer, query: Query, papers: Sequence[Paper], trial: _Trial) -> Ideas:
    """More of a list, or its papers in groups."""
    words = trial.words
    if query.wants is Wants.TREND:
        yield _Idea(filled(words.about, topic=query.search_text), (Wants.SURVEY,))
    elif len(fitting(answer.hits)) > len(papers):
        yield _Idea(words.more, (Wants.SURVEY,))
    if query.group or query.listed:
        return
    if len(papers) >= _THEMES_FROM:
        yield _Idea(words.group_by_theme, (Wants.SURVEY,))
    elif len(papers) >= _MONTHS_FROM and len({paper.month for paper in papers}) > 1:
        yield _Idea(words.group_by_month, (Wants.SURVEY,))


def _of_the_first(papers: Sequence[Paper], trial: _Trial) -> Ideas:
    return _told_by(trial, papers[0], _name(papers[0]) or (trial.words.it if len(papers) == 1 else trial.words.first))


def _of_some(trial: _Trial, papers: Sequence[Paper]) -> Ideas:
    """Of each paper that has a name what is foremost to ask."""
    for paper in papers:
        for idea in islice(_told_by(trial, paper, _name(paper)), 2) if _name(paper) else ():
            yield idea
            if _folded(idea.question) in trial.used:
                break


def _two_best(papers: Sequence[Paper], trial: _Trial) -> Ideas:
    one, other = papers[:2]
    if _name(one) and _name(other):
        yield _compared(trial, one, other)
    else:
        yield _Idea(trial.words.compare_first, (Wants.COMPARE,), (one.arxiv_id, other.arxiv_id))


def _against_the_nearest(paper: Paper, trial: _Trial) -> Ideas:
    near = _near(paper, trial.library)[0][1 : 1 + _AGAINST]
    other = next((other for other in near if _name(other) and other.arxiv_id not in trial.cited), None)
    if other and _name(paper):
        yield _compared(trial, paper, other)
    elif other:
        question = filled(trial.words.compare_it, other=_name(other))
        yield _Idea(question, (Wants.COMPARE,), (paper.arxiv_id, other.arxiv_id))


def _topics_near(trial: _Trial, papers: Sequence[Paper]) -> Ideas:
    """What a paper and those near to it are about, in words that the most of `papers` hold."""
    near, far = _near(papers[0], trial.library)
    texts = [f"{paper.title} {paper.abstract}".lower() for paper in papers]
    titled = {" ".join(map(small, words)) for words in runs(papers[0].title) if len(words) > 1}
    common = sorted(p for p in titled if sum(p.lower() in f"{n.title} {n.abstract}".lower() for n in near) >= _COMMON)
    phrases = list(dict.fromkeys(_sorted_out([*labels([near, far])[:1], *common])))
    held = {p: sum(p.lower().removesuffix("s") in text for text in texts) for p in phrases}
    everything = " ".join(f"{paper.title} {paper.abstract}" for paper in near).lower()
    best_first = sorted((p for p in phrases if held[p]), key=lambda p: -held[p])
    yield from _topics(trial, [_as_said(phrase, everything) for phrase in best_first])


def _as_said(phrase: str, text: str) -> str:
    """The phrase in the plural, where the text mostly says it so."""
    plural = f"{phrase}s"
    return plural if 2 * text.count(plural.lower()) > text.count(phrase.lower()) else phrase


def _by_them(papers: Sequence[Paper], trial: _Trial) -> Ideas:
    if len(trial.library.select(Filters(authors=papers[0].authors))) > 1:
        yield _Idea(trial.words.else_by_them, (Wants.CATALOGUE,))
