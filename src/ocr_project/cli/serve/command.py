"""`ocr-project serve`: the command, and what `kedro serve` has of it."""

from __future__ import annotations

import socket
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocr_project.cli.errors import plainly
from ocr_project.cli.reading import Wanted
from ocr_project.domain.errors import OptionError
from ocr_project.storage.workspace import Workspace, uploads_folder

if TYPE_CHECKING:
    from ocr_project.cli.serve.runs import Runs
    from ocr_project.cli.serve.shelf import Corpora

HOST = "127.0.0.1"
_PORT = 8765
_MB = 1_000_000
_NEEDED = ("starlette", "uvicorn", "python_multipart")
_FORMATS = ("md", "txt", "html", "jsonl", "csv", "xlsx", "pdf")


def page_options(command: Any) -> Any:
    """Give a command what both commands share that show the page."""
    for option in (
        click.option(
            "--largest", default=500, show_default=True, type=click.IntRange(min=1), help="MB of one upload."
        ),
        click.option("--open/--no-open", "opened", default=True, help="Open the page in a browser."),
        click.option("--port", default=_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: a free one."),
    ):
        command = option(command)
    return command


@click.command()
@page_options
@click.option("--documents", default=None, type=click.Path(file_okay=False), help="Folder of uploaded documents.")
@click.option("--profile", default=None, help="h200, l4, …; without it, the laptop's.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="An option; `ocr-project options`.")
@plainly
def serve(documents: str | None, profile: str | None, sets: tuple[str, ...], **how: Any) -> None:
    """Show corpora in a browser, on this machine only: drop files, follow a run, read, search, correct, download.

    Ctrl-C ends it; runs that were not done go on when it is started again.
    """
    check_packages()
    from ocr_project.cli.serve.runs import Runs
    from ocr_project.cli.serve.shelf import Shelf

    wanted = Wanted(_formats(), profile, sets)
    wanted.options()  # what is wrong with them is said now
    shelf = Shelf(Path(documents).resolve() if documents else uploads_folder())
    show(shelf, Runs(lambda workspace: orders(workspace, wanted)), **how)


@click.command(hidden=True)
@plainly
def work() -> None:
    """Run what a server says on standard input."""
    from ocr_project.cli.serve.work import work as run

    run(sys.stdin.buffer)


def check_packages() -> None:
    """Look whether the packages of the extra are there.

    Raises:
        OptionError: They are not; the message says how to get them.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise OptionError(f"the page needs {', '.join(missing)}: pip install 'ocr_project[serve]'")


def show(shelf: Corpora, runs: Runs, *, port: int, opened: bool, largest: int) -> None:
    """Serve corpora until Ctrl-C.

    Raises:
        OptionError: The port cannot be taken.
    """
    from ocr_project.cli.serve.app import build_app
    from ocr_project.cli.serve.site import Site

    app = build_app(Site(shelf, runs, largest * _MB))
    listener = _listen(port)
    address = f"http://{HOST}:{listener.getsockname()[1]}/"
    click.echo(f"{'open':>10}  {address}\n{'end':>10}  Ctrl-C")
    if opened:
        threading.Timer(0.5, click.launch, [address]).start()
    _run(app, listener)


def orders(workspace: Workspace, wanted: Wanted) -> dict[str, Any]:
    """Return what a run is told: as a corpus was read before, and what is wanted now."""
    from omegaconf import OmegaConf

    env, kept = workspace.settings() if workspace.was_read else (wanted.env, {})
    given: Any = OmegaConf.to_container(OmegaConf.merge(kept, wanted.options(), {"ingest": workspace.ingest()}))
    told = {"env": wanted.profile or env, "options": given}
    workspace.remember(told["env"], given)
    return told


def _formats() -> tuple[str, ...]:
    return (*_FORMATS, "json") if find_spec("docling_core") else _FORMATS


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        raise OptionError(f"port {port} cannot be taken ({error.strerror}): say another one, --port 0") from error
    return listener


def _run(app: Any, listener: socket.socket) -> None:
    import uvicorn

    settings = uvicorn.Config(
        app, log_level="warning", proxy_headers=False, server_header=False, timeout_graceful_shutdown=2, ws="none"
    )
    uvicorn.Server(settings).run([listener])
