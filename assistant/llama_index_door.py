"""For people of that ecosystem: the search as a llama-index retriever, the whole turn as a llama-index chat engine."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Generator, Sequence

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.chat_engine.types import AgentChatResponse, BaseChatEngine, StreamingAgentChatResponse
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.answer import Answer, Conversation, Delta, Event, Finished, Hit, Turn
from assistant.chat import Assistant
from ingest.paper import Filters, Paper, Section


class PaperRetriever(BaseRetriever):
    """The `k` best papers for a question as nodes, best first, whole abstract and summary as text."""

    def __init__(self, assistant: Assistant, k: int = 10, filters: Filters | None = None) -> None:
        self._assistant = assistant
        self._k = k
        self._filters = filters
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        _, hits = self._assistant.search(query_bundle.query_str, self._filters, self._k)
        return [as_node(hit) for hit in hits]


def as_node(hit: Hit) -> NodeWithScore:
    """A hit as a node whose id is the arXiv id; its score is the search's, higher is better."""
    paper = hit.paper
    metadata = {
        "arxiv_id": paper.arxiv_id,
        "title": paper.title,
        "url": paper.url,
        "primary_category": paper.primary_category,
        "month": paper.month,
        "fit": hit.fit,
    }
    return NodeWithScore(node=TextNode(id_=paper.arxiv_id, text=_text(paper), metadata=metadata), score=hit.score)


def _text(paper: Paper) -> str:
    return "\n".join([paper.title, *(text for section in Section if (text := paper.text(section)))])


class PaperChatEngine(BaseChatEngine):
    """One conversation with an Assistant. The cited papers come back as `source_nodes`.

    Several people take several engines; the Assistant behind them may be the same. Its own conversation is kept here:
    a `chat_history` given to a call is not read, because it has no retrieval in it.
    """

    def __init__(self, assistant: Assistant, filters: Filters | None = None) -> None:
        self._assistant = assistant
        self._filters = filters
        self.reset()

    def reset(self) -> None:
        self.conversation = Conversation(uuid.uuid4().hex)

    @property
    def chat_history(self) -> list[ChatMessage]:
        return [
            message
            for turn in self.conversation.turns
            for message in (
                ChatMessage(role=MessageRole.USER, content=turn.question),
                ChatMessage(role=MessageRole.ASSISTANT, content=turn.answer.text),
            )
        ]

    async def achat(self, message: str, chat_history: Sequence[ChatMessage] | None = None) -> AgentChatResponse:
        answer = await self._assistant.answer(message, self.conversation, self._filters)
        self._remember(message, answer)
        return AgentChatResponse(
            response=answer.text, source_nodes=_cited(answer), metadata={"abstained": answer.abstained}
        )

    def chat(self, message: str, chat_history: Sequence[ChatMessage] | None = None) -> AgentChatResponse:
        return asyncio.run(self.achat(message))

    async def astream_chat(
        self, message: str, chat_history: Sequence[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        response = StreamingAgentChatResponse(is_writing_to_memory=False)
        response.achat_stream = self._stream(message, response)
        return response

    def stream_chat(
        self, message: str, chat_history: Sequence[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        response = StreamingAgentChatResponse(is_writing_to_memory=False)
        response.chat_stream = _in_this_thread(self._stream(message, response))
        return response

    async def _stream(self, message: str, response: StreamingAgentChatResponse) -> AsyncGenerator[ChatResponse, None]:
        async for event in self._assistant.stream(message, self.conversation, self._filters):
            if delta := _delta(event):
                yield ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=delta), delta=delta)
            if isinstance(event, Finished):
                self._remember(message, event.answer)
                response.source_nodes.extend(_cited(event.answer))

    def _remember(self, question: str, answer: Answer) -> None:
        turns = (*self.conversation.turns, Turn(question, answer))
        self.conversation = Conversation(self.conversation.conversation_id, turns=turns)


def _delta(event: Event) -> str:
    return event.text if isinstance(event, Delta) else ""


def _cited(answer: Answer) -> list[NodeWithScore]:
    return [as_node(hit) for hit in answer.hits if hit.paper.arxiv_id in answer.citations]


def _in_this_thread(stream: AsyncGenerator[ChatResponse, None]) -> Generator[ChatResponse, None, None]:
    """The stream for callers that have no event loop; closing it closes the stream."""
    loop = asyncio.new_event_loop()
    try:
        while True:
            yield loop.run_until_complete(anext(stream))
    except StopAsyncIteration:
        return
    finally:
        loop.run_until_complete(stream.aclose())
        loop.close()
