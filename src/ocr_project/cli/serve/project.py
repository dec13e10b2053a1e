"""`kedro serve`: the corpus of a project, in a browser."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ocr_project.cli.errors import plainly
from ocr_project.cli.project import data_option, named, open_project
from ocr_project.cli.run import run
from ocr_project.cli.serve.command import check_packages, page_options, show
from ocr_project.storage.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ProjectCorpus(Workspace):
    """The corpus of a project: its options are those of the project.

    Attributes:
        kept: Its data folder.
        env: Environment of its runs; None: the one that a run takes.
        params: As `--params` has them.
    """

    kept: Path
    env: str | None
    params: dict[str, Any]

    def __hash__(self) -> int:
        return hash((self.folder, self.kept))

    @property
    def data(self) -> Path:
        return self.kept

    @property
    def label(self) -> str:
        return self.folder.name

    @property
    def was_read(self) -> bool:
        return True

    @property
    def settings_changed(self) -> int:
        return 0

    def settings(self) -> tuple[Any, dict[str, Any]]:
        return self.env, self.params


@dataclass(frozen=True, slots=True)
class ProjectShelf:
    """A shelf with that one corpus.

    Attributes:
        uploads: The folder of the project's own documents.
    """

    corpus: ProjectCorpus
    uploads: Path

    @property
    def is_one(self) -> bool:
        return True

    def corpora(self) -> dict[str, Workspace]:
        return {self.corpus.folder.name: self.corpus}

    def takes_files(self, workspace: Workspace) -> bool:
        return workspace.source == self.uploads

    def open(self, name: str) -> Workspace:
        return self.corpus


@click.command("serve")
@page_options
@click.option("--env", "-e", default=None, help="Environment of runs and searches.")
@data_option
@plainly
def serve_project(env: str | None, data: str | None, params: dict[str, Any], **how: Any) -> None:
    """Show the corpus in a browser, on this machine only: add files, run, read, search, correct, download.

    Ctrl-C ends it; a run that was not done goes on when it is started again.
    """
    check_packages()
    from ocr_project.cli.serve.runs import Runs
    from ocr_project.engine.ingest.source import OWN_DOCUMENTS, SAMPLES

    params = {**params, **named(data)}
    with open_project(env, params) as context:
        project, source = context.catalog.load("project"), Path(context.catalog.load("source"))
    root, own = Path(project.root).resolve(), project.data.resolve() / OWN_DOCUMENTS
    if source.resolve() == (root / SAMPLES).resolve():
        source = own  # the first file that is added takes their place
    corpus = ProjectCorpus(source, (), root, project.data.resolve(), env, params)
    command = (sys.executable, "-m", "kedro", "work")
    show(ProjectShelf(corpus, own), Runs(lambda _: {"env": env, "options": params}, command), **how)


serve_project.params.append(next(option for option in run.params if option.name == "params"))
