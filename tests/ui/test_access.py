"""Who may come in, from where, by which way, and with how much: what is refused is refused before anything is done."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from pydantic import ValidationError
from served import serving
from stand_ins import ScriptedAssistant
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ui import guard
from ui.guard import GRADIO, LARGEST_BODY, LARGEST_HEAD, Guard
from ui.listening import ServerError, is_this_computer
from ui.server import create_app, serve
from ui.settings import UiSettings
from ui.sign_in import COOKIE, Porter, TooManyTriesError, Tries, local_path
from ui.strings import CHINESE, ENGLISH
from ui.visitor import visitor_of

PASSWORD, ADA = "of the whole house", "countess of lovelace"
BEARER = {"Authorization": f"Bearer {PASSWORD}"}


@pytest.fixture(scope="module")
def app(scripted: ScriptedAssistant) -> FastAPI:
    return create_app(scripted, scripted.library, UiSettings())


@pytest.fixture(scope="module")
def locked(scripted: ScriptedAssistant) -> Iterator[str]:
    """The address of a chat with a password for everybody and one for Ada and Bob each."""
    with serving(scripted, scripted.library, password=PASSWORD, auth=(f"ada:{ADA}", "bob:the builder")) as address:
        yield address


# --- what every answer says to the browser -----------------------------------------------------------------------


def test_refusals_have_the_same_headers_as_answers(stage: str, locked: str) -> None:
    answers = (
        httpx.get(f"{stage}/"),
        httpx.get(f"{stage}/missing"),
        httpx.get(f"{stage}/", headers={"Host": "evil.example"}),
        httpx.post(f"{stage}/gradio_api/queue/join", headers={"Origin": "https://evil.example"}),
        httpx.get(f"{locked}/gradio_api/info"),
        httpx.get(f"{locked}/sign-in"),
    )
    assert [answer.status_code for answer in answers] == [200, 404, 400, 403, 401, 200]
    assert [answer.headers.get("Cross-Origin-Opener-Policy", "") for answer in answers].count("same-origin") == 5
    for answer in answers:
        assert {name: answer.headers.get(name) for name in guard.HEADERS} == guard.HEADERS
        assert "server" not in answer.headers


def test_no_header_lets_a_page_of_another_port_of_this_computer_read(stage: str) -> None:
    same = httpx.get(f"{stage}/config", headers={"Origin": stage})
    assert same.status_code == 200
    assert [name for name in same.headers if name.startswith("access-control")] == []
    assert httpx.get(f"{stage}/config", headers={"Origin": "http://localhost:3000"}).status_code == 403
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    before = httpx.options(f"{stage}/gradio_api/queue/join", headers=asked)
    assert before.status_code == 403
    assert [name for name in before.headers if name.startswith("access-control")] == []


# --- which ways there are ----------------------------------------------------------------------------------------

# Gradio's routes that are open. One that a later Gradio adds is closed until it is written here and in the guard.
OPEN_ROUTES = {
    *("GET /", "HEAD /", "GET /assets/{path:path}", "GET /static/{path:path}", "GET /theme.css", "GET /favicon.ico"),
    *("GET /config", "GET /gradio_api/info", "POST /gradio_api/queue/join", "GET /gradio_api/queue/data"),
    *("GET /gradio_api/heartbeat/{session_hash}", "POST /gradio_api/run/{api_name}", "POST /gradio_api/cancel"),
    *("POST /gradio_api/call/{api_name}", "GET /gradio_api/call/{api_name}/{event_id}", "GET /gradio_api/app_id"),
}


def test_each_route_of_gradio_is_on_the_list_or_not_there(app: FastAPI) -> None:
    client = TestClient(app, base_url="http://localhost")
    mounts = [route for route in app.routes if type(route).__name__ == "Mount" and route.path in ("", "/zh")]
    assert len(mounts) == 2
    for mount in mounts:
        routes = sorted(_routes(mount.app._app.routes))
        assert len(routes) > 60
        for method, path in routes:
            if f"{method} {path}" not in OPEN_ROUTES:
                address = mount.path + re.sub(r"\{[^}]*\}", "name", path)
                answer = client.request(method, address)
                assert answer.status_code == 404, f"{method} {address}"
                assert method == "HEAD" or answer.json() == {"error": {"message": "there is nothing here"}}


def _routes(routes: list[object]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from _routes(inner.routes)
        for method in getattr(route, "methods", None) or ():
            yield method, route.path


def test_each_entry_of_the_list_opens_a_route_that_gradio_has(app: FastAPI) -> None:
    mount = next(route for route in app.routes if type(route).__name__ == "Mount" and route.path == "")
    there = {f"{method} {path}" for method, path in _routes(mount.app._app.routes)}
    assert there >= OPEN_ROUTES
    samples = {"api_name": "ask", "event_id": "0a1", "session_hash": "0a1", "path:path": "index.js"}
    for route in OPEN_ROUTES - {"POST /gradio_api/run/{api_name}"}:
        method, path = re.sub(r"\{([^}]*)\}", lambda part: samples[part[1]], route).split()
        assert guard.is_open(method, path), route
    assert guard.is_open("POST", "/gradio_api/run/predict")
    assert all(reason for _, _, reason in GRADIO)


@pytest.mark.parametrize("name", ["asked", "opened", "stopped", "_saved", "predict", "0"])
def test_a_handler_of_the_page_is_no_endpoint(stage: str, name: str) -> None:
    assert httpx.post(f"{stage}/gradio_api/call/{name}", json={"data": []}).status_code == 404
    assert httpx.post(f"{stage}/gradio_api/run/{name}x", json={"data": []}).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/monitoring", "/login", "/.env", "/zh/docs"])
def test_what_frameworks_show_by_themselves_is_not_there(stage: str, path: str) -> None:
    assert httpx.get(stage + path).status_code == 404


def test_a_web_socket_is_refused(app: FastAPI, stage: str) -> None:
    with pytest.raises(WebSocketDisconnect), TestClient(app).websocket_connect("/gradio_api/queue/join"):
        pass
    host, port = urlsplit(stage).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13"
        plain.sendall(f"GET /gradio_api/queue/join HTTP/1.1\r\nHost: {host}\r\n{upgrade}\r\n\r\n".encode())
        assert plain.recv(100).split()[1] in (b"400", b"403", b"404", b"426")


# --- files -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that no page may give away, and links to it."""
    folder = tmp_path_factory.mktemp("secret")
    file = folder / "secret.txt"
    file.write_text("the-secret-of-this-computer")
    (folder / "link.css").symlink_to(file)
    (folder / "folder").symlink_to(folder)
    return file


def _ways_to(file: Path) -> Iterator[str]:
    up = "../" * 16 + str(file).lstrip("/")
    targets = (
        *(str(file), str(file.with_name("link.css")), str(file.with_name("folder") / file.name), f"file://{file}"),
        *(f"//{file}", up, f"./{up}", f"C:{file}", str(file).replace("/", "\\"), up.replace("/", "\\")),
        *(f"\\\\localhost\\c$\\{file.name}", f"/proc/self/root{file}", f"~/{up}", f"{file}\0.css", f"{file}%00.css"),
    )
    for at in ("/gradio_api/file=", "/gradio_api/file/", "/file=", "/file/", "/gradio_api/proxy=", "/proxy="):
        yield from (at + target for target in targets)
    for at in ("/static/", "/assets/", "/theme.css/", "/svelte/", "/gradio_api/custom_component/a/client/b/"):
        yield from (at + target for target in (*targets, f"img/{up}", f"....//....//{file}"))


def test_no_way_of_writing_a_path_reaches_a_file(stage: str, secret: Path) -> None:
    place = urlsplit(stage)
    asked = 0
    for way in _ways_to(secret):
        once = quote(way, safe="/=:.~")
        for written in {once, quote(way, safe="="), quote(once, safe="/="), once.replace("..", "%2e%2e")}:
            for mount in ("", "/zh"):
                connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
                connection.request("GET", mount + written)  # as it is: no client tidies it
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                asked += 1
                assert answer.status in (400, 403, 404), f"{answer.status} {mount + written}"
                assert b"the-secret" not in body
    assert asked > 500


def test_gradio_s_own_files_are_served(stage: str) -> None:
    page = httpx.get(f"{stage}/").text
    for asset in re.findall(r"\./((?:assets|static)/[^\"]+)", page)[:10]:
        assert httpx.get(f"{stage}/{asset}").status_code == 200, asset
    assert httpx.get(f"{stage}/theme.css").status_code == 200


def test_the_server_fetches_nothing_for_others(stage: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.3)
        wanted = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/x.png"
        for at in ("/gradio_api/proxy=", "/gradio_api/file=", "/proxy=", "/zh/gradio_api/file="):
            assert httpx.get(f"{stage}{at}{wanted}").status_code == 404
        with pytest.raises(TimeoutError):
            elsewhere.accept()


# --- pages of other sites ----------------------------------------------------------------------------------------

FOREIGN = (
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Origin": "http://127.0.0.1:3000"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "null"},  # a form that sends itself
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/call/ask", "/v1/chat/completions", "/sign-in"])
def test_a_page_of_another_site_cannot_ask(stage: str, path: str, headers: dict[str, str]) -> None:
    refused = httpx.post(stage + path, headers=headers, json={"data": ["video", "", "", [], []]})
    assert refused.status_code == 403
    assert "another site" in refused.json()["error"]["message"]


def test_a_link_from_another_site_opens_the_chat_and_a_picture_does_not(stage: str) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert httpx.get(f"{stage}/", headers=link).status_code == 200
    picture = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert httpx.get(f"{stage}/favicon.ico", headers=picture).status_code == 403


@pytest.mark.parametrize("nonsense", ["[", "[::1", "a b", "://", "http://[", "é", "x" * 5000])
def test_headers_that_make_no_sense_are_refused_and_not_stumbled_over(stage: str, nonsense: str) -> None:
    for name in ("Host", "Origin"):
        refused = httpx.post(f"{stage}/sign-in", headers={name: nonsense.encode()})
        assert refused.status_code in (400, 403, 404)


def test_the_page_itself_and_programs_can_ask(stage: str) -> None:
    body = {"data": ["video", 3]}
    for headers in ({}, {"Origin": stage}, {"Sec-Fetch-Site": "same-origin", "Origin": stage}):
        assert httpx.post(f"{stage}/gradio_api/call/search", json=body, headers=headers).status_code == 200


def test_a_browser_on_a_foreign_page_gets_nowhere(stage: str, browser: Browser) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        page = browser.new_page()
        page.route("http://evil.example/", lambda route: route.fulfill(body="<p>evil", content_type="text/html"))
        page.goto("http://evil.example/")
        sent = "a => fetch(a, {method: 'POST', mode: 'no-cors', body: '{}'}).then(() => 'sent', () => 'refused')"
        read = "a => fetch(a).then(r => r.text(), () => 'refused')"
        framed = "a => {const f = document.body.appendChild(document.createElement('iframe')); f.src = a}"
        statuses: list[int] = []
        page.on("response", lambda response: statuses.append(response.status))
        assert page.evaluate(read, f"{stage}/config") == "refused"
        page.evaluate(sent, f"{stage}/gradio_api/queue/join")
        page.evaluate(framed, f"{stage}/")
        page.wait_for_timeout(300)
        assert page.frames[-1].url != f"{stage}/"
        assert 200 not in statuses
        page.close()
        elsewhere.close()


# --- how much ----------------------------------------------------------------------------------------------------


def _pieces(size: int) -> Iterator[bytes]:
    yield from (b"x" * 50_000 for _ in range(size // 50_000))


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/call/ask", "/mcp", "/sign-in"])
def test_a_body_that_is_too_large_is_told_so_whether_or_not_it_says_its_length(locked: str, path: str) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    for body in (b"x" * (LARGEST_BODY + 1), _pieces(LARGEST_BODY + 100_000)):
        refused = httpx.post(locked + path, content=body, headers=headers)
        assert refused.status_code == 413
        assert "larger than 1000000 bytes" in refused.text
    assert httpx.get(f"{locked}/healthz").status_code == 200


def test_a_head_that_is_too_large_is_told_so_and_one_without_end_is_cut_off(stage: str) -> None:
    refused = httpx.get(f"{stage}/healthz", headers={"X-Long": "y" * LARGEST_HEAD})
    assert refused.status_code == 431
    longest = httpx.get(f"{stage}/", params={"q": "视" * 4000})
    assert longest.status_code == 200
    host, port = urlsplit(stage).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        with pytest.raises(OSError, match="reset|[Bb]roken pipe|aborted"):
            plain.sendall(b"y" * 100_000_000)


# --- passwords ---------------------------------------------------------------------------------------------------


def test_nothing_but_signing_in_and_a_sign_of_life_is_there_without_the_password(locked: str) -> None:
    for method, path in (
        *(("GET", "/config"), ("GET", "/gradio_api/info"), ("POST", "/gradio_api/queue/join"), ("GET", "/theme.css")),
        *(("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("POST", "/mcp"), ("GET", "/conversations")),
        *(("GET", "/library"), ("GET", "/status"), ("GET", "/nothing"), ("DELETE", "/conversations/x"), ("GET", "/")),
    ):
        refused = httpx.request(method, locked + path)
        assert refused.status_code == 401, path
        assert "Bearer" in refused.headers["WWW-Authenticate"]
        assert "sign in at /sign-in" in refused.json()["error"]["message"]
    assert httpx.get(f"{locked}/healthz").json() == {"status": "ok"}
    assert "papers" in httpx.get(f"{locked}/healthz", headers=BEARER).json()


@pytest.mark.parametrize(
    ("name", "password", "allowed"),
    [
        *(("", PASSWORD, True), ("anybody", PASSWORD, True), ("ada", ADA, True), ("bob", "the builder", True)),
        *(("ada", "the builder", False), ("eve", ADA, False), ("ada", "", False), ("", "", False), ("", ADA, False)),
    ],
)
def test_programs_send_the_password_with_each_request(locked: str, name: str, password: str, allowed: bool) -> None:
    wanted = 200 if allowed else 401
    assert httpx.get(f"{locked}/config", auth=(name, password)).status_code == wanted
    if name != "anybody" and name + password:  # the name is part of the token, and the password alone is nobody's
        token = f"{name}:{password}" if name else password
        assert httpx.get(f"{locked}/config", headers={"Authorization": f"bearer {token}"}).status_code == wanted
    httpx.get(f"{locked}/config", headers=BEARER)  # the wrong ones are forgotten after a right one


@pytest.mark.parametrize(
    "header", ["Basic", "Basic %%%", "Basic /////w==", "Bearer", "Bearer x:", "Digest x", "x" * 999]
)
def test_a_header_that_is_none_is_no_password(locked: str, header: str) -> None:
    assert httpx.get(f"{locked}/config", headers={"Authorization": header}).status_code == 401
    httpx.get(f"{locked}/config", headers=BEARER)


def sign_in(page: Page, password: str = PASSWORD, name: str = "") -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator("#password").press("Enter")


def test_a_browser_signs_in_where_it_wanted_to_go_and_out_again(locked: str, browser: Browser) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(f"{locked}/zh/?q=video&lang=zh-CN")
    expect(page.get_by_role("heading")).to_have_text(CHINESE.title)
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text(CHINESE.wrong_password)
    sign_in(page, PASSWORD)
    page.wait_for_url("**/zh/?*")
    expect(page.locator(".exchange-0 .searched")).to_be_visible()
    page.goto(f"{locked}/sign-in?next=/%3Flang%3Den")
    expect(page.locator("#header h1")).to_be_visible()  # who is in need not sign in again
    cookie = next(cookie for cookie in context.cookies() if cookie["name"] == COOKIE)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Lax", False)
    page.goto(f"{locked}/sign-out")
    page.get_by_role("button", name=ENGLISH.sign_out).click()
    expect(page.locator("#password")).to_be_visible()
    assert httpx.get(f"{locked}/config", cookies={COOKIE: cookie["value"]}).status_code == 401  # a copy is over, too
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_to_sign_in_is_accessible_and_needs_no_script(locked: str, browser: Browser, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme, locale="zh-CN")
    page.goto(f"{locked}/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    sign_in(page, "wrong", "ada")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#name")).to_have_value("ada")
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    page.close()
    plain = browser.new_context(java_script_enabled=False, locale="en-US")
    page = plain.new_page()
    page.goto(f"{locked}/")
    sign_in(page, ADA, "ada")
    page.wait_for_url(f"{locked}/")
    plain.close()


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "evil"),
        *("javascript:alert(1)", "http:/evil.example", "/\n/evil.example", " //evil.example", "", "/sign-out", "///e"),
    ],
)
def test_signing_in_leads_to_no_other_site(locked: str, elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"
    form = {"name": "", "password": PASSWORD, "next": elsewhere}
    assert httpx.post(f"{locked}/sign-in", data=form).headers["Location"] == "/"
    assert httpx.get(f"{locked}/sign-in", params={"next": elsewhere}, headers=BEARER).headers["Location"] == "/"


def test_what_a_stranger_writes_into_the_page_to_sign_in_stays_text(locked: str) -> None:
    hostile = '/"><script>window.ran=1</script>'
    shown = httpx.post(f"{locked}/sign-in", data={"name": hostile, "password": "no", "next": hostile}).text
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    httpx.get(f"{locked}/config", headers=BEARER)


def test_wrong_passwords_cost_time_and_the_page_says_how_much(scripted: ScriptedAssistant) -> None:
    with serving(scripted, scripted.library, password=PASSWORD) as address:
        tried = [httpx.post(f"{address}/sign-in", data={"password": f"guess {n}"}) for n in range(6)]
        assert [answer.status_code for answer in tried] == [401] * 5 + [429]
        assert tried[-1].headers["Retry-After"] == "1"
        assert ENGLISH.too_many_tries.format(seconds=1) in tried[-1].text
        assert httpx.get(f"{address}/config", headers=BEARER).status_code == 429


def test_each_wrong_password_doubles_the_wait_and_one_address_does_not_lock_out_another() -> None:
    tries = Tries()
    for _ in range(5):
        tries.check("one")
        tries.wrong("one")
    waits = []
    for _ in range(12):
        with pytest.raises(TooManyTriesError) as waiting:
            tries.check("one")
        waits.append(waiting.value.seconds)
        tries.wrong("one")
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    tries.check("other")
    tries.right("one")
    tries.check("one")


def test_wrong_passwords_are_remembered_of_so_many_addresses_and_no_more() -> None:
    tries = Tries()
    for number in range(20_000):
        tries.wrong(str(number))
    assert len(tries._wrong) == 10_000


def test_a_session_outlasts_a_restart_but_not_a_change_of_the_password(tmp_path: Path) -> None:
    token = Porter({"ada": ADA, "": PASSWORD}, tmp_path).session("ada")
    assert _name(Porter({"ada": ADA, "": PASSWORD}, tmp_path), token) == "ada"
    assert _name(Porter({"ada": "another"}, tmp_path), token) is None
    assert _name(Porter({"": PASSWORD}, tmp_path), token) is None
    signed_otherwise = token[:-9] + ("x" if token[-9] != "x" else "y") + token[-8:]
    assert _name(Porter({"ada": ADA}, tmp_path), signed_otherwise) is None
    for forged in ("", "x", "e30.x.y", token.replace(".", ""), "é"):
        assert _name(Porter({"ada": ADA}, tmp_path), forged) is None
    other = tmp_path / "other"
    other.mkdir()
    assert _name(Porter({"ada": ADA}, other), token) is None
    assert stat.S_IMODE(os.stat(tmp_path / "session-secret").st_mode) == 0o600


def _name(porter: Porter, token: str) -> str | None:
    return porter._of_session(token)


def test_a_session_is_secure_where_the_chat_is_behind_https(locked: str) -> None:
    form = {"name": "ada", "password": ADA}
    behind = httpx.post(f"{locked}/sign-in", data=form, headers={"X-Forwarded-Proto": "https"})
    assert "; Secure" in behind.headers["Set-Cookie"]


# --- who asks ----------------------------------------------------------------------------------------------------


async def told(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers who the guard takes the visitor for."""
    visitor = visitor_of(scope)
    body = json.dumps([visitor.owner, visitor.key, visitor.here]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def visitor(headers: dict[str, str], client: str = "127.0.0.1", porter: Porter | None = None) -> tuple[str, str, bool]:
    """The visitor as uvicorn and the guard see them: owner, key, here."""
    asked = TestClient(ProxyHeadersMiddleware(Guard(told, porter)), "http://127.0.0.1", client=(client, 1))
    owner, key, here = asked.get("/told", headers=headers).json()
    return owner, key, here


def test_who_sits_at_this_computer_is_here_and_who_comes_through_a_proxy_on_it_is_not() -> None:
    assert visitor({})[1:] == ("127.0.0.1", True)
    assert visitor({}, "::1")[2]
    assert visitor({"X-Forwarded-For": "203.0.113.9"})[1:] == ("203.0.113.9", False)
    # A stranger says to be here, and the proxy passes that on, with or without its own.
    assert visitor({"X-Forwarded-For": "127.0.0.1, 203.0.113.9"})[1:] == ("203.0.113.9", False)
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Host"):
        assert not visitor({header: "127.0.0.1"})[2]


def test_who_is_elsewhere_cannot_say_to_be_here() -> None:
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        assert visitor({header: "127.0.0.1"}, "203.0.113.9")[1:] == ("203.0.113.9", False)


def test_with_a_password_nobody_is_here_and_a_name_owns_the_conversations(tmp_path: Path) -> None:
    porter = Porter({"ada": ADA, "": PASSWORD}, tmp_path)
    one = visitor({"Authorization": f"Bearer ada:{ADA}"}, porter=porter)
    assert one == visitor({"Authorization": f"Bearer ada:{ADA}"}, "203.0.113.9", porter)
    assert one == ("name:ada", "name:ada", False)
    shared = visitor(BEARER, porter=porter)
    assert shared[1:] == ("127.0.0.1", False)
    assert shared[0] != visitor(BEARER, porter=porter)[0]  # without names each browser has its own


# --- where it listens --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "::ffff:127.0.0.1"])
def test_nobody_else_is_let_in_without_a_password(scripted: ScriptedAssistant, host: str) -> None:
    with pytest.raises(ServerError, match=r"no password is set.*DIGEST_PASSWORD=… digest chat --host .*--auth"):
        serve(scripted, scripted.library, UiSettings(host=host, port=0))


def test_a_host_name_counts_as_what_it_stands_for(scripted: ScriptedAssistant) -> None:
    assert is_this_computer("localhost")
    assert is_this_computer("127.8.9.10")
    with pytest.raises(ServerError, match=r"cannot listen on no\.such\.host\.invalid.*--host"):
        serve(scripted, scripted.library, UiSettings(host="no.such.host.invalid", port=0))
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        pytest.skip("this computer's name stands for no address")
    assert is_this_computer(name) == address.startswith("127.")


def test_elsewhere_any_host_name_is_answered_to_unless_they_are_named(scripted: ScriptedAssistant) -> None:
    for hosts, statuses in (((), [200, 200, 200]), (("chat.example",), [200, 400, 200])):
        settings = UiSettings(host="0.0.0.0", password=PASSWORD, allowed_hosts=hosts)
        client = TestClient(create_app(scripted, scripted.library, settings))
        asked = ("chat.example", "evil.example", "127.0.0.1:7860")
        assert [client.get("/healthz", headers={"Host": host}).status_code for host in asked] == statuses


@pytest.mark.parametrize("auth", ["ada", "ada:", ":secret", "a b:secret", "ada/x:secret"])
def test_a_name_without_a_password_is_told_and_not_shown(auth: str) -> None:
    with pytest.raises(ValidationError, match="NAME:PASSWORD") as error:
        UiSettings(auth=(auth,))
    assert "secret" not in str(error.value)


def test_names_and_host_names_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AUTH": "ada:a:b bob:c,d", "PASSWORD": "", "ALLOWED_HOSTS": "a.example b.example"}.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    settings = UiSettings()
    assert settings.accounts == {"ada": "a:b", "bob": "c,d"}
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert "c,d" not in repr(settings)
