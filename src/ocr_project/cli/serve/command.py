"""`ocr-project serve`: the command."""

from __future__ import annotations

import socket
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from ocr_project.cli.errors import plainly
from ocr_project.cli.reading import Wanted
from ocr_project.domain.errors import OptionError
from ocr_project.storage.workspace import Workspace, uploads_folder

HOST = "127.0.0.1"
_PORT = 8765
_MB = 1_000_000
_NEEDED = ("starlette", "uvicorn", "python_multipart")
_FORMATS = ("md", "txt", "html", "jsonl", "csv", "xlsx", "pdf")


@click.command()
@click.option("--port", default=_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--open/--no-open", "opened", default=True, help="Open the page in a browser.")
@click.option("--documents", default=None, type=click.Path(file_okay=False), help="Folder of uploaded documents.")
@click.option("--largest", default=500, show_default=True, type=click.IntRange(min=1), help="MB of one upload.")
@click.option("--profile", default=None, help="h200, l4, …; without it, the laptop's.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="An option; `ocr-project options`.")
@plainly
def serve(
    port: int, opened: bool, documents: str | None, largest: int, profile: str | None, sets: tuple[str, ...]
) -> None:
    """Show corpora in a browser, on this machine only: drop files, follow a run, read, search, correct, download.

    Ctrl-C ends it; runs that were not done go on when it is started again.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise OptionError(f"the page needs {', '.join(missing)}: pip install 'ocr_project[serve]'")
    from ocr_project.cli.serve.app import build_app
    from ocr_project.cli.serve.runs import Runs
    from ocr_project.cli.serve.shelf import Shelf
    from ocr_project.cli.serve.site import Site

    wanted = Wanted(_formats(), profile, sets)
    wanted.options()  # what is wrong with them is said now
    shelf = Shelf(Path(documents) if documents else uploads_folder())
    app = build_app(Site(shelf, Runs(lambda workspace: orders(workspace, wanted)), largest * _MB))
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
