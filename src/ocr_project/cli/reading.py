"""What `ocr-project read`, `watch`, `search` and `review` do: runs in workspaces; files are brought to their place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ocr_project.cli.delivery import deliver
from ocr_project.cli.project import open_project, session_of
from ocr_project.cli.review import show_review
from ocr_project.cli.search import show_hits
from ocr_project.domain.errors import FailuresLeft, OptionError, SourceError, StaleSource
from ocr_project.domain.options import TextLayer
from ocr_project.domain.outside_text import shown
from ocr_project.storage.workspace import Workspace, tracking_store

FORMATS: Mapping[str, tuple[str, str]] = {  # the option of `transcript` that writes it, and the folder of the exports
    "md": ("markdown", "markdown"),
    "txt": ("text", "text"),
    "html": ("html", "html"),
    "jsonl": ("jsonl", "ocr_results.jsonl"),
    "json": ("docling", "docling"),
    "doctags": ("doctags", "docling"),
    "pdf": ("searchable_pdf", "pdf"),
    "hocr": ("hocr", "hocr"),
    "alto": ("alto", "alto"),
    "csv": ("csv", "tables"),
    "xlsx": ("xlsx", "tables"),
}
_ALWAYS = ("crops",)  # Markdown and HTML lead to them
_BASE = "base"
_REASONS = 20
_RECORD = "delivered.json"  # what was brought where


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a reading.

    Attributes:
        formats: Keys of `FORMATS`.
        profile: Kedro's environment; None: the laptop's.
        sets: Options, `key=value`.
    """

    formats: tuple[str, ...]
    profile: str | None = None
    sets: tuple[str, ...] = ()

    @property
    def env(self) -> str:
        """The environment of a run."""
        return self.profile or _BASE

    def options(self) -> dict[str, Any]:
        """Return the options of a run, by section.

        Who reads a file wants its text, not error rates of OCR: a PDF's own text stands in wherever it is what is
        seen, unless an option says otherwise (docs/decisions/0040). Nor are runs in the user's cache compared: MLflow
        keeps them where the environment names another store than that of the cache, or where an option says so.

        Raises:
            OptionError: One has no `=`.
        """
        from omegaconf import OmegaConf

        if wrong := [item for item in self.sets if "=" not in item]:
            raise OptionError(f"--set {wrong[0]}: say KEY=VALUE, such as --set ingest.dpi=300")
        given: Any = OmegaConf.to_container(OmegaConf.from_dotlist(list(self.sets)))
        ingest = {"text_layer": TextLayer.PREFER.value, **(given.get("ingest") or {})}
        store_is_named = os.environ.get("MLFLOW_TRACKING_URI", tracking_store()) != tracking_store()
        runtime = {"mlflow": store_is_named, **(given.get("runtime") or {})}
        exports = {option: name in self.formats for name, (option, _) in FORMATS.items()}
        transcript = {**exports, **(given.get("transcript") or {})}
        return {**given, "ingest": ingest, "runtime": runtime, "transcript": transcript}


def read_all(found: Sequence[Workspace], output: Path, wanted: Wanted) -> None:
    """Read sets of documents one after the other; the files of several are put into a folder each.

    Raises:
        SourceError: The output is inside of a source: it would be read the next time. Or nothing can be written there.
        FailuresLeft: Documents, pages or regions failed; what was read is there.
    """
    output = output.resolve()
    for workspace in found:
        if workspace.source.is_dir() and not workspace.names and output.is_relative_to(workspace.source):
            raise SourceError(f"the output {output} is inside of {workspace.source}: name a folder elsewhere")
    failures = 0
    places = _places(found, output)
    for place in places.values():
        _try_out(place)
    for workspace, place in places.items():
        failed = _read(workspace, wanted)
        failures += failed
        if failed:
            _say_reasons(workspace)
        names = dict.fromkeys([*(FORMATS[name][1] for name in wanted.formats), *_ALWAYS])
        exports, record = workspace.data / "08_reporting/exports", workspace.folder / _RECORD
        count, gone = deliver(exports, place, list(names), record)
        click.echo(f"{count:>10}  {'file' if count == 1 else 'files'} in {shown(str(place))}")
        for name in gone:
            click.echo(f"{'removed':>10}  {shown(str(name))}: its document is gone")
    words = " ".join(_quoted(source) for workspace in found for source in workspace.sources())
    click.echo(f'{"next":>10}  ocr-project search "…" {shown(words)}')
    if failures:
        raise FailuresLeft(failures)


def watch_folder(found: Sequence[Workspace], output: Path, wanted: Wanted, seconds: float) -> None:
    """Read a folder whenever its files have changed and are quiet; runs until it is interrupted."""
    (workspace,) = found
    done: dict[str, tuple[int, int]] = {}
    before: dict[str, tuple[int, int]] | None = None
    while True:
        now = _state(workspace.source)
        if now and now != done and now == before:
            try:
                read_all(found, output, wanted)
            except FailuresLeft as error:  # each has its row; the next file is waited for
                click.secho(str(error), fg="yellow", err=True)
            done = now
        before = now
        time.sleep(seconds)


def ask(workspace: Workspace, question: str, pages: int, mode: str | None) -> None:
    """Search what was read; the index is made first where it is missing, or older than the text."""
    env, options = workspace.settings()
    with _inside(workspace):
        try:
            with open_project(env, options) as context:
                show_hits(context.catalog, question, pages, mode)
        except (SourceError, StaleSource):
            click.echo("making the index first …", err=True)
            _run(env, _quiet(options), "embedding", "retrieval")
            with open_project(env, options) as context:
                show_hits(context.catalog, question, pages, mode)


def look_through(workspace: Workspace, lines: int, opened: bool) -> None:
    """Show what a person should look at; the list is made anew, so that it knows the corrections made since."""
    env, options = workspace.settings()
    with _inside(workspace):
        _run(env, _quiet(options), "benchmark", to_outputs=["review_page"])
        with open_project(env, options) as context:
            show_review(context.catalog, lines, opened)


def _read(workspace: Workspace, wanted: Wanted) -> int:
    """Run the pipelines over a set of documents; return how much of it failed."""
    given = wanted.options()
    options = {**given, "ingest": {**(given.get("ingest") or {}), **workspace.ingest()}}
    with _inside(workspace):
        workspace.remember(wanted.env, options)
        try:
            _run(wanted.env, options, "ocr")
        except FailuresLeft as error:
            return error.count
    return 0


def _run(env: str, options: dict[str, Any], *pipelines: str, to_outputs: Sequence[str] | None = None) -> None:
    session = session_of(env, options)
    with session:
        session.run(pipeline_names=list(pipelines), to_outputs=to_outputs)


def _quiet(options: Mapping[str, Any]) -> dict[str, Any]:
    """Let a run that only prepares something say nothing of itself."""
    return {**options, "runtime": {**(options.get("runtime") or {}), "progress": False, "summary": False}}


@contextmanager
def _inside(workspace: Workspace) -> Iterator[None]:
    workspace.folder.mkdir(parents=True, exist_ok=True)
    before = Path.cwd()
    os.chdir(workspace.folder)
    try:
        yield
    finally:
        os.chdir(before)


def _places(found: Sequence[Workspace], output: Path) -> dict[Workspace, Path]:
    if len(found) == 1:
        return {found[0]: output}
    places: dict[Workspace, Path] = {}
    for workspace in found:
        name, number = workspace.label, 1
        while output / name in places.values():
            number += 1
            name = f"{workspace.label}-{number}"
        places[workspace] = output / name
    return places


def _try_out(place: Path) -> None:
    """See whether the folder of the output can be made, before the work that would be done for nothing.

    What was made for it is taken away again: the options may be refused yet.

    Raises:
        SourceError: It cannot be made, or not be written to.
    """
    missing = [folder for folder in (place, *place.parents) if not folder.exists()]
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"the output {shown(str(place))} cannot be made: {error.strerror}; name another") from error
    writable = os.access(place, os.W_OK)
    for folder in missing:
        folder.rmdir()
    if not writable:
        raise SourceError(f"nothing can be written to the output {shown(str(place))}: name another")


def _say_reasons(workspace: Workspace) -> None:
    """Say of each document that was not read why, of the first of many."""
    from ocr_project.domain.schemas import from_frame
    from ocr_project.domain.types import Document, Status

    env, options = workspace.settings()
    with _inside(workspace), open_project(env, options) as context:
        documents = list(from_frame(context.catalog.load("documents"), Document))
    failed = [document for document in documents if document.status is Status.FAILED]
    for document in failed[:_REASONS]:
        click.echo(f"{'failed':>10}  {shown(document.path)}: {shown(document.reason)}")
    if len(failed) > _REASONS:
        click.echo(f"{'':>10}  and {len(failed) - _REASONS} more")


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of each file, to see that one has come, changed or gone."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            status = path.stat()
            found[str(path)] = (status.st_size, status.st_mtime_ns)
    return found


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
