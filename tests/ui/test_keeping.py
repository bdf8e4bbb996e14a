"""The routes of kept conversations and of feedback, asked over HTTP by their owner and by others."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from stand_ins import ScriptedAssistant, ShelfLibrary
from starlette.types import Receive, Scope, Send

from assistant.answer import Conversation, Turn
from assistant.answer_json import conversation_to_json
from ui import feedback, keeping
from ui.strings import CHINESE
from ui.visitor import COOKIE, recognise

ADA, BO = "ada-" + "a" * 24, "bo-" + "b" * 24
ELSEWHERE = ("192.0.2.7", 50000)
QUESTION = "Which papers use diffusion for video editing?"


class Recognising:
    """The app behind what notes the visitor, as every request passes it."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            recognise(scope)
        await self._app(scope, receive, send)


class Visitors:
    """Clients of one server over one library."""

    def __init__(self, library: ShelfLibrary) -> None:
        app = FastAPI()
        app.include_router(keeping.routes(library))  # type: ignore[arg-type]
        app.include_router(feedback.routes(library))  # type: ignore[arg-type]
        self.library, self._app = library, Recognising(app)

    def visitor(self, token: str, at: tuple[str, int] = ELSEWHERE) -> TestClient:
        client = TestClient(self._app, client=at)
        client.cookies.set(COOKIE, token)
        return client


@pytest.fixture
def house() -> Visitors:
    return Visitors(ShelfLibrary())


async def kept(house: Visitors, name: str, owner: str, *questions: str, title: str = "") -> Conversation:
    """A conversation of these questions, answered and saved."""
    assistant = ScriptedAssistant(house.library)
    turns = tuple([Turn(question, await assistant.answer(question)) for question in questions or (QUESTION,)])
    conversation = Conversation(name, title or turns[0].question, turns)
    house.library.save_conversation(name, conversation.title, conversation_to_json(conversation), owner)
    return conversation


def titles(client: TestClient, containing: str = "") -> list[str]:
    answer = client.get("/conversations", params={"containing": containing})
    assert answer.headers["cache-control"] == "no-store"
    return [row["title"] for row in answer.json()["conversations"]]


async def test_each_sees_their_own_and_finds_them_by_what_was_said(house: Visitors):
    await kept(house, "a1", ADA, "Which papers are about robots?")
    await kept(house, "b1", BO, "哪些论文用扩散模型？")
    await kept(house, "a2", ADA, "Which papers are about depth?")
    ada, bo = house.visitor(ADA), house.visitor(BO)
    assert titles(ada) == ["Which papers are about depth?", "Which papers are about robots?"]
    assert titles(ada, "ROBOTS") == ["Which papers are about robots?"]
    assert titles(bo) == titles(bo, "扩散") == ["哪些论文用扩散模型？"]
    assert titles(bo, "robots") == []
    row = ada.get("/conversations").json()["conversations"][0]
    assert set(row) == {"id", "title", "updated_at"}
    assert row["id"] == "a2"


async def test_those_of_the_terminal_belong_to_who_sits_here(house: Visitors):
    await kept(house, "t", "", "Which papers are about robots?")
    await kept(house, "a", ADA, "Which papers are about depth?")
    here, elsewhere = house.visitor(ADA, at=("127.0.0.1", 50000)), house.visitor(ADA)
    assert titles(here) == ["Which papers are about depth?", "Which papers are about robots?"]
    assert titles(elsewhere) == ["Which papers are about depth?"]
    assert elsewhere.patch("/conversations/t", json={"title": "Mine"}).status_code == 404
    assert here.patch("/conversations/t", json={"title": "Robots"}).json() == {"id": "t", "title": "Robots"}
    assert here.delete("/conversations/t").status_code == 204
    assert titles(here) == ["Which papers are about depth?"]


async def test_only_the_owner_renames_deletes_exports_and_judges(house: Visitors):
    await kept(house, "a", ADA)
    ada, bo = house.visitor(ADA), house.visitor(BO)
    verdict = {"conversation": "a", "turn": 0, "verdict": "up"}
    for answer in (
        bo.patch("/conversations/a", json={"title": "Mine"}),
        bo.delete("/conversations/a"),
        bo.get("/conversations/a/export.md"),
        bo.post("/feedback", json=verdict),
        ada.patch("/conversations/none", json={"title": "Mine"}),
        ada.delete("/conversations/none"),
        ada.get("/conversations/none/export.bib"),
    ):
        assert answer.status_code == 404
        assert answer.json() == {"detail": "there is no such conversation of yours"}
    assert not (house.library.home / "feedback.jsonl").exists()
    assert titles(ada) == [QUESTION]
    assert ada.get("/conversations/a/export.md").status_code == 200
    assert ada.delete("/conversations/a").status_code == 204
    assert ada.get("/conversations/a/export.md").status_code == 404


async def test_a_title_is_cleaned_and_one_that_shows_nothing_is_refused(house: Visitors):
    await kept(house, "a", ADA)
    ada = house.visitor(ADA)
    assert ada.patch("/conversations/a", json={"title": " Two\n\u202elines \x07"}).json()["title"] == "Two lines"
    assert titles(ada) == ["Two lines"]
    for title in ("", " \n ", "\u200b", 7, None):
        assert ada.patch("/conversations/a", json={"title": title}).status_code == 400
    assert len(ada.patch("/conversations/a", json={"title": "x" * 9000}).json()["title"]) == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"", 400), (b"[]", 400), (b"{", 400), (b"\xff\xfe", 400), (b'{"title": "' + b"x" * 20_000, 413)],
)
async def test_a_body_that_cannot_be_read_is_told(house: Visitors, sent: bytes, status: int):
    await kept(house, "a", ADA)
    answer = house.visitor(ADA).patch("/conversations/a", content=sent)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith("expected ")


async def test_a_long_list_says_that_there_is_more(house: Visitors):
    for n in range(keeping.MOST_LISTED + 1):
        house.library.save_conversation(f"c{n}", f"Number {n}", "{}", ADA)
    answer = house.visitor(ADA).get("/conversations").json()
    assert (len(answer["conversations"]), answer["more"]) == (keeping.MOST_LISTED, True)
    assert answer["conversations"][0]["title"] == f"Number {keeping.MOST_LISTED}"
    assert house.visitor(ADA).get("/conversations?containing=number+77").json()["more"] is False


@pytest.mark.parametrize(
    ("ending", "kind", "holds"),
    [
        ("md", "text/markdown", "## Which papers use diffusion"),
        ("bib", "application/x-bibtex", "@misc{"),
        ("ris", "application/x-research-info-systems", "TY  - UNPB"),
        ("csv", "text/csv", "arxiv_id"),
    ],
)
async def test_each_export_is_a_file_named_by_its_title(house: Visitors, ending: str, kind: str, holds: str):
    conversation = await kept(house, "a", ADA, title="扩散 / diffusion")
    answer = house.visitor(ADA).get(f"/conversations/a/export.{ending}")
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    header = answer.headers["content-disposition"]
    assert unquote(header.split("filename*=UTF-8''")[1]) == f"扩散 diffusion.{ending}"
    assert holds in answer.text
    for arxiv_id in conversation.turns[0].answer.citations:
        assert arxiv_id in answer.text


async def test_an_export_has_the_given_title_and_the_language_of_the_page(house: Visitors):
    await kept(house, "a", ADA)
    ada = house.visitor(ADA)
    ada.patch("/conversations/a", json={"title": "我的对话"})
    text = ada.get("/conversations/a/export.md?lang=zh-CN").text
    assert text.startswith("# 我的对话\n")
    assert CHINESE.keeping_cited in text


async def test_a_cited_paper_that_the_conversation_does_not_hold_comes_from_the_library(house: Visitors):
    conversation = await kept(house, "a", ADA)
    turn = conversation.turns[0]
    bare = replace(conversation, turns=(replace(turn, answer=replace(turn.answer, hits=())),))
    house.library.save_conversation("a", "A", conversation_to_json(bare), ADA)
    assert house.visitor(ADA).get("/conversations/a/export.bib").text.count("@misc{") == len(turn.answer.citations) > 1


async def test_an_ending_that_is_none_is_told(house: Visitors):
    await kept(house, "a", ADA)
    answer = house.visitor(ADA).get("/conversations/a/export.exe")
    assert answer.status_code == 404
    assert "export.ris" in answer.json()["detail"]


async def test_a_conversation_that_cannot_be_read_is_told_and_can_be_deleted(house: Visitors):
    house.library.save_conversation("a", "Broken", '{"turns": [1]}', ADA)
    ada = house.visitor(ADA)
    answer = ada.get("/conversations/a/export.md")
    assert answer.status_code == 503
    assert "cannot be read" in answer.json()["detail"]
    assert ada.delete("/conversations/a").status_code == 204


# --- feedback


def lines(house: Visitors) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (house.library.home / "feedback.jsonl").read_text().splitlines()]


async def test_a_verdict_is_kept_with_the_question_and_its_answer(house: Visitors):
    conversation = await kept(house, "a", ADA, "Which papers in cs.RO are about robots?", "And 哪些 use depth?")
    sent = {"conversation": "a", "turn": 1, "verdict": "down", "comment": "Not\u202e these."}
    assert house.visitor(ADA).post("/feedback", json=sent).json() == {"kept": True}
    (line,) = lines(house)
    answer = conversation.turns[1].answer
    assert (line["conversation_id"], line["turn"], line["verdict"], line["comment"]) == ("a", 1, "down", "Not these.")
    assert (line["earlier"], line["question"]) == (["Which papers in cs.RO are about robots?"], "And 哪些 use depth?")
    assert (line["language"], line["wants"], line["mode"]) == ("en", "survey", "extractive")
    assert line["citations"] == list(answer.citations)
    assert (line["text"], line["abstained"], line["filters"]) == (answer.text, False, {})
    assert line["time"].endswith("+00:00")
    assert stat.S_IMODE((house.library.home / "feedback.jsonl").stat().st_mode) == 0o600


async def test_who_changes_their_mind_appends_another_line(house: Visitors):
    await kept(house, "a", ADA, "Which papers in cs.RO are about robots?")
    ada = house.visitor(ADA)
    for verdict in ("up", "down"):
        assert ada.post("/feedback", json={"conversation": "a", "turn": 0, "verdict": verdict}).status_code == 200
    assert [line["verdict"] for line in lines(house)] == ["up", "down"]
    assert lines(house)[0]["filters"] == {"categories": ["cs.RO"]}


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("turn", 1, 404),
        ("turn", -1, 400),
        ("turn", True, 400),
        ("turn", "0", 400),
        ("verdict", "sideways", 400),
        ("verdict", None, 400),
        ("comment", 5, 400),
        ("conversation", None, 400),
        ("conversation", "b", 404),
    ],
)
async def test_a_verdict_that_cannot_be_is_refused(house: Visitors, field: str, value: object, status: int):
    await kept(house, "a", ADA)
    sent = {"conversation": "a", "turn": 0, "verdict": "up", "comment": "", field: value}
    assert house.visitor(ADA).post("/feedback", json=sent).status_code == status
    assert not (house.library.home / "feedback.jsonl").exists()


async def test_a_comment_is_kept_no_longer_than_it_may_be(house: Visitors):
    await kept(house, "a", ADA)
    sent = {"conversation": "a", "turn": 0, "verdict": "up", "comment": "很" * 4000}
    assert house.visitor(ADA).post("/feedback", json=sent).status_code == 200
    assert lines(house)[0]["comment"] == "很" * 2000


async def test_a_file_that_is_full_takes_no_more(house: Visitors, monkeypatch: pytest.MonkeyPatch):
    await kept(house, "a", ADA)
    monkeypatch.setattr(feedback, "_MOST_BYTES", 100)
    answer = house.visitor(ADA).post("/feedback", json={"conversation": "a", "turn": 0, "verdict": "up"})
    assert answer.status_code == 507
    assert "feedback.jsonl" in answer.json()["detail"]


def test_lines_of_several_processes_do_not_mix(tmp_path: Path):
    writing = (
        "import sys; from pathlib import Path; from ui.feedback import append\n"
        "for n in range(200): append(Path(sys.argv[1]), {'who': sys.argv[2], 'n': n, 'text': 'x' * 9000})"
    )
    file = tmp_path / "feedback.jsonl"
    running = [subprocess.Popen([sys.executable, "-c", writing, str(file), str(who)]) for who in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    read = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted((line["who"], line["n"]) for line in read) == [(str(who), n) for who in range(3) for n in range(200)]
