"""The corpus of a Kedro project: one, that takes files into the project's own documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ocr_project.cli.serve import command
from ocr_project.cli.serve.project import ProjectCorpus, ProjectShelf, serve_project
from ocr_project.cli.serve.runs import Runs
from ocr_project.cli.serve.shelf import Corpora
from tests.cli.serve.served import serving
from tests.cli.serve.test_uploads import png
from tests.whole_job import copy_project


def shelf_of(root: Path, source: Path) -> ProjectShelf:
    own = root / "data/01_raw/documents"
    return ProjectShelf(ProjectCorpus(source, (), root, root / "data", None, {}), own)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = copy_project(tmp_path / "project")
    monkeypatch.chdir(root)
    return root


def test_files_go_to_the_project_s_own_documents(project: Path) -> None:
    own = project / "data/01_raw/documents"
    with serving(shelf_of(project, own)) as client:
        address = client.get("/").headers["location"]
        assert address == "/corpus/project"
        assert client.post(address, files={"files": ("a.png", png())}).status_code == 303
        assert client.post("/", data={"name": "other"}, files={"files": ("b.png", png(3))}).status_code == 303
    assert sorted(path.name for path in own.iterdir()) == ["a.png", "b.png"]


def test_a_source_elsewhere_is_only_read(project: Path, tmp_path: Path) -> None:
    with serving(shelf_of(project, tmp_path)) as client:
        assert 'type="file"' not in client.get("/corpus/project").text
        assert client.post("/corpus/project", files={"files": ("a.png", png())}).status_code == 403


@pytest.mark.parametrize(
    ("arguments", "source", "data"),
    [
        ((), "data/01_raw/documents", "data"),
        (("--data", "other"), "other/01_raw/documents", "other"),
        (("--params", "ingest.source=/elsewhere,a"), "/elsewhere,a", "data"),
    ],
)
def test_the_command_takes_its_corpus_from_the_options(
    project: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], source: str, data: str
) -> None:
    shown: list[Corpora] = []

    def show(shelf: Corpora, runs: Runs, **how: object) -> None:
        shown.append(shelf)

    monkeypatch.setattr(command, "show", show)
    monkeypatch.setattr("ocr_project.cli.serve.project.show", show)
    done = CliRunner().invoke(serve_project, ["--no-open", *arguments])
    assert done.exit_code == 0, done.output
    (corpus,) = shown[0].corpora().values()
    assert (corpus.source, corpus.data) == (project / source, project / data)
    assert shown[0].takes_files(corpus) is (source != "/elsewhere,a")


def test_without_the_extra_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_NEEDED", ("starlette", "not_there"))
    done = CliRunner().invoke(command.serve, ["--no-open"])
    assert done.exit_code == 2
    assert "the page needs not_there: pip install 'ocr_project[serve]'" in done.output
