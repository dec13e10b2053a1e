"""The way to the Hub, against a server that speaks its protocol: what is sent, what goes wrong, what goes on."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import HfApi, constants

from ocr_project.domain.errors import PublishError
from ocr_project.domain.options import PublishImages, PublishOptions, PublishTarget
from ocr_project.engine.publishing import hub as publishing_hub
from ocr_project.engine.publishing import upload
from ocr_project.engine.publishing.hub import check_findings, check_target
from tests.fake_hub import FakeHub, Repository
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]
CARD = "---\nlicense: cc0-1.0\n---\n\n# Pages\n"
NAMES = ["README.md", "pages/00000-000.parquet", "pages/00001-000.parquet", "regions/00000-000.parquet"]
OPTIONS = PublishOptions(target=PublishTarget.HUB, repository="me/pages", retries=3)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.01)))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_tests")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    with FakeHub(tmp_path / "hub") as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "published"
    for number, name in enumerate(NAMES[1:]):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(bytes([number]) * 100_000 + name.encode())
    (made / "README.md").write_text(CARD)
    (made / "pages" / ".00002-000.parquet.partial").write_bytes(b"half")
    return made


def api(hub: FakeHub) -> HfApi:
    return HfApi(endpoint=hub.url, token=hub.token)


def assert_there(hub: FakeHub, folder: Path, names: list[str] = NAMES) -> None:
    assert sorted(hub.repositories["me/pages"].files) == names
    for name in names:
        assert hub.content("me/pages", name) == (folder / name).read_bytes()


def test_everything_is_sent_once_in_one_commit(hub: FakeHub, folder: Path) -> None:
    done = upload(folder, OPTIONS, api(hub))
    assert_there(hub, folder)
    assert (done.files, done.removed) == (4, 0)
    assert done.url == f"{hub.url}/datasets/me/pages"
    assert hub.repositories["me/pages"].private
    assert len(hub.repositories["me/pages"].commits) == 2

    again = upload(folder, OPTIONS, api(hub))
    assert (again.files, again.bytes) == (0, 0)
    assert len(hub.stored) == 3
    assert len(hub.repositories["me/pages"].commits) == 2


def test_only_what_changed_is_sent_and_only_our_own_is_removed(hub: FakeHub, folder: Path) -> None:
    upload(folder, OPTIONS, api(hub))
    files = hub.repositories["me/pages"].files
    files["notes.txt"] = files["README.md"]
    (folder / NAMES[1]).write_bytes(b"something else")
    (folder / NAMES[3]).unlink()
    done = upload(folder, OPTIONS, api(hub))
    assert (done.files, done.bytes, done.removed) == (1, 14, 1)
    assert "notes.txt" in hub.repositories["me/pages"].files
    del hub.repositories["me/pages"].files["notes.txt"]
    assert_there(hub, folder, NAMES[:3])
    assert len(hub.stored) == 4


def test_a_name_without_an_owner_is_the_tokens(hub: FakeHub, folder: Path) -> None:
    upload(
        folder,
        OPTIONS.model_copy(update={"repository": "pages", "private": False, "images": PublishImages.NONE}),
        api(hub),
    )
    assert_there(hub, folder)
    assert not hub.repositories["me/pages"].private


def test_large_files_go_in_parts(hub: FakeHub, folder: Path) -> None:
    hub.part = 30_000
    upload(folder, OPTIONS, api(hub))
    assert_there(hub, folder)
    assert hub.done["put"] == 3 * 4


@pytest.mark.parametrize("fault", ["500", "drop", "half", "lost"])
@pytest.mark.parametrize("kind", ["info", "tree", "preupload", "batch", "put", "verify", "commit", "create"])
def test_a_fault_of_the_hub_or_of_the_line_is_tried_again(hub: FakeHub, folder: Path, kind: str, fault: str) -> None:
    if fault == "half" and kind in ("info", "tree"):
        pytest.skip("a request without a body has no half")
    hub.faults = lambda number, now: fault if now == kind and number == 0 else None
    upload(folder, OPTIONS, api(hub))
    assert_there(hub, folder)
    assert len(hub.repositories["me/pages"].commits) == 2
    if (kind, fault) == ("commit", "lost"):
        assert hub.done["commit"] == 1  # it had been made: the next try finds nothing to do
    else:
        assert hub.done[kind] >= 2


def test_a_hub_that_falls_silent_is_asked_again(hub: FakeHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing_hub, "_TIMEOUT", httpx2.Timeout(0.5))
    hub.faults = lambda number, kind: "slow" if kind == "put" and number == 0 else None
    patient = OPTIONS.model_copy(update={"retries": 100})  # a busy machine is silent for half a second more often
    upload(folder, patient, api(hub))
    assert_there(hub, folder)
    assert hub.done["put"] >= 4


def test_a_commit_by_somebody_else_in_between_is_not_undone(hub: FakeHub, folder: Path) -> None:
    def meanwhile(number: int, kind: str) -> None:
        if kind == "commit" and number == 0:
            repository = hub.repositories["me/pages"]
            repository.commits.append("f" * 40)

    hub.faults = meanwhile  # type: ignore[assignment]
    upload(folder, OPTIONS, api(hub))
    assert_there(hub, folder)
    assert hub.done["commit"] == 2


def test_damage_on_the_way_is_named(hub: FakeHub, folder: Path) -> None:
    hub.faults = lambda number, kind: "corrupt" if kind == "put" and number == 1 else None
    with pytest.raises(
        PublishError, match=r"1 files in me/pages differ from what was sent: \w+/0000\d-000\.parquet\."
    ):
        upload(folder, OPTIONS, api(hub))


def test_a_hub_that_stays_broken_ends_the_upload_with_advice(hub: FakeHub, folder: Path) -> None:
    hub.faults = lambda number, kind: "500" if kind == "commit" else None
    with pytest.raises(PublishError, match=r"answered 500.*run again, and the upload goes on") as caught:
        upload(folder, OPTIONS, api(hub))
    assert hub.done["commit"] == 4
    assert str(folder) in str(caught.value)
    hub.faults = lambda number, kind: None
    upload(folder, OPTIONS, api(hub))
    assert_there(hub, folder)
    assert len(hub.stored) == 3  # what had been handed over was not sent again


_SCRIPT = """
import sys
from pathlib import Path
from ocr_project.domain.options import PublishOptions
from ocr_project.engine.publishing import upload
print(upload(Path(sys.argv[1]), PublishOptions(target="hub", repository="me/pages")))
"""


def test_killed_in_the_middle_it_goes_on(hub: FakeHub, folder: Path) -> None:
    hub.faults = lambda number, kind: "slow" if kind == "put" and number == 2 else None
    command = [sys.executable, "-c", _SCRIPT, str(folder)]
    variables = {"HF_ENDPOINT": hub.url, "HF_TOKEN": hub.token, "HF_HUB_DISABLE_XET": "1"}
    environment = os.environ | variables | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        wait_for(lambda: process.poll() is not None or (hub.done["put"] >= 3 and len(hub.stored) >= 2))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert hub.repositories["me/pages"].files == {}  # half a dataset was never visible
    sent = list(hub.stored)
    assert len(sent) == 2

    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert hub.token not in done.stdout + done.stderr
    assert_there(hub, folder)
    assert hub.stored[: len(sent)] == sent
    assert len(hub.stored) == 3


def test_the_token_is_in_no_message_and_no_log(
    hub: FakeHub, folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.faults = lambda number, kind: "500" if kind == "commit" else "drop" if number == 0 else None
    with caplog.at_level(logging.DEBUG), pytest.raises(PublishError) as caught:
        upload(folder, OPTIONS, api(hub))
    said = caplog.text + str(caught.value) + "".join(capfd.readouterr())
    assert "goes on in" in said
    assert hub.token not in said


def test_no_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing_hub, "get_token", lambda: None)
    with pytest.raises(PublishError, match="HF_TOKEN"):
        upload(folder, OPTIONS)


def test_a_wrong_token(hub: FakeHub, folder: Path) -> None:
    with pytest.raises(PublishError, match="rejects the token"):
        upload(folder, OPTIONS, HfApi(endpoint=hub.url, token="hf_wrong"))


@pytest.mark.parametrize("private", [True, False, None])
def test_somebody_elses_repository(hub: FakeHub, folder: Path, private: bool | None) -> None:
    if private is not None:
        hub.repositories["them/pages"] = Repository(private)
    options = OPTIONS.model_copy(update={"repository": "them/pages", "private": False, "images": "none"})
    with pytest.raises(PublishError, match=r"them/pages.* another account.* publish.repository of your own"):
        upload(folder, options, api(hub))
    assert hub.stored == []


def test_a_repository_that_is_public_already_gets_nothing_private(hub: FakeHub, folder: Path) -> None:
    hub.repositories["me/pages"] = Repository(private=False)
    with pytest.raises(PublishError, match="public already"):
        upload(folder, OPTIONS, api(hub))
    assert hub.repositories["me/pages"].files == {}


def test_no_network(folder: Path) -> None:
    offline = HfApi(endpoint="http://127.0.0.1:9", token="hf_x")
    with pytest.raises(PublishError, match=r"cannot be reached .*run again when the network is back"):
        upload(folder, OPTIONS.model_copy(update={"retries": 1}), offline)


def test_offline_mode(hub: FakeHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="HF_HUB_OFFLINE is set"):
        upload(folder, OPTIONS, api(hub))


def public(**changes: object) -> PublishOptions:
    return OPTIONS.model_copy(update={"private": False, **changes})


def test_page_images_become_public_only_when_somebody_says_so() -> None:
    with pytest.raises(PublishError, match="allow_personal_data"):
        check_target(public())
    check_target(public(allow_personal_data=True))
    check_target(public(images=PublishImages.NONE))
    check_target(OPTIONS)
    check_target(public(target=PublishTarget.FOLDER))


def test_what_was_found_and_not_masked_becomes_public_only_when_somebody_says_so() -> None:
    text = public(images=PublishImages.NONE)
    with pytest.raises(PublishError, match="in 3 places"):
        check_findings(3, text)
    check_findings(0, text)
    check_findings(3, text.model_copy(update={"allow_personal_data": True}))
    check_findings(3, OPTIONS)


@pytest.mark.parametrize(
    "name", ["a/b/c", "-a/b", "a/b-", "a--b/c", "a b", "a/b.git", "/a", "a/", "", "한글", "a" * 97]
)
def test_a_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a repository name"):
        PublishOptions(repository=name)


@pytest.mark.parametrize("name", ["pages", "me/pages", "My-Org/a.b_c-1", "a/b"])
def test_a_good_name_is_taken(name: str) -> None:
    assert PublishOptions(repository=name).repository == name


def test_the_hub_asks_for_a_repository() -> None:
    with pytest.raises(ValueError, match=r"publish\.repository"):
        PublishOptions(target=PublishTarget.HUB)
