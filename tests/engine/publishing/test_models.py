"""A tuned model to the Hub: only with its proof and card, only as private as it was asked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ocr_project.domain.errors import PublishError
from ocr_project.domain.options import PublishOptions
from ocr_project.engine.publishing import publish_model


class Hub:
    """Remembers what it is asked to do."""

    endpoint = "https://hub.example"

    def __init__(self, *, private: bool = True, fault: Exception | None = None) -> None:
        self.private, self.fault = private, fault
        self.asked: list[tuple[str, str]] = []

    def create_repo(self, repository: str, *, repo_type: str, private: bool, exist_ok: bool) -> None:
        if self.fault:
            raise self.fault
        self.asked.append(("create", f"{repo_type} {repository} {private} {exist_ok}"))

    def model_info(self, repository: str) -> Any:
        return SimpleNamespace(private=self.private)

    def upload_folder(self, *, repo_id: str, folder_path: Path, repo_type: str, commit_message: str) -> None:
        self.asked.append(("upload", f"{repo_type} {repo_id} {folder_path.name}"))


@pytest.fixture
def merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_TOKEN", "hf_of_a_test")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    folder = tmp_path / "merged"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: other\n---\n# Tuned\n")
    (folder / "proof.json").write_text("{}")
    return folder


def hub_options(**changes: Any) -> PublishOptions:
    return PublishOptions.model_validate({"target": "hub", "repository": "me/mine", "licence": "mit"} | changes)


def test_a_merged_folder_is_uploaded_with_its_licence(merged: Path) -> None:
    hub: Any = Hub()
    done = publish_model(merged, hub_options(), hub)
    assert (done.files, done.uploaded) == (2, True)
    assert hub.asked == [("create", "model me/mine True True"), ("upload", "model me/mine merged")]
    assert "license: mit\n" in (merged / "README.md").read_text()


def test_nothing_leaves_the_machine_where_the_target_is_a_folder(merged: Path) -> None:
    done = publish_model(merged, PublishOptions())
    assert (done.files, done.uploaded) == (2, False)


def test_a_model_without_its_proof_is_not_published(merged: Path) -> None:
    (merged / "proof.json").unlink()
    with pytest.raises(PublishError, match=r"no proof\.json"):
        publish_model(merged, PublishOptions())


def test_a_repository_that_is_public_already_is_left_alone(merged: Path) -> None:
    hub: Any = Hub(private=False)
    with pytest.raises(PublishError, match="public already"):
        publish_model(merged, hub_options(), hub)
    assert [what for what, _ in hub.asked] == ["create"]


def test_what_the_hub_says_is_explained(merged: Path) -> None:
    hub: Any = Hub(fault=RuntimeError("odd"))
    with pytest.raises(PublishError, match=r"the upload to me/mine failed \(odd\)"):
        publish_model(merged, hub_options(), hub)
