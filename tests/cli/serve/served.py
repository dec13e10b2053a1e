"""A corpus as a run leaves it behind, written without one, and a server over it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ocr_project.cli.project import open_project
from ocr_project.cli.serve.app import build_app
from ocr_project.cli.serve.runs import Runs
from ocr_project.cli.serve.shelf import Corpora, Shelf
from ocr_project.cli.serve.site import Site
from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import LexicalOptions, TranscriptOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Document, Page, Recognition, Region, Shard, ShardInfo, Status, Transcript
from ocr_project.engine.exports.plan import ChosenExports
from ocr_project.engine.exports.writing import export_documents
from ocr_project.engine.retrieval import write_words
from ocr_project.engine.transcript import assemble
from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.workspace import Workspace
from tests.engine.reporting.test_review import TESSERACT, Made, drawn

ORIGIN = "http://127.0.0.1:8765"
ATTACK = "<script>document.title='owned'</script>"
NAME = f"{ATTACK[:8]}& 회의록.png"
LINES = (("빗물이용시설의 설치비", 0.99), ("eee", 0.0), (ATTACK, 0.99))
SLEEPER = (sys.executable, "-c", "import sys, time; print(sys.stdin.readline()); time.sleep(60)")
QUIET = (sys.executable, "-c", "import sys; sys.stdin.readline()")
ROWS = {"pages": Page, "regions": Region, "recognitions": Recognition, "transcripts": Transcript}
PLACES = {"pages": "02_intermediate", "regions": "02_intermediate", "recognitions": "03_primary"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders of a user who has read nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    return tmp_path


@pytest.fixture
def shelf(home: Path) -> Shelf:
    return Shelf(home / "share" / "documents")


@contextmanager
def serving(
    shelf: Corpora, command: tuple[str, ...] = QUIET, limit: int = 1_000_000, *, strict: bool = True
) -> Iterator[TestClient]:
    """Serve a shelf; runs do what a command does; errors that are not expected are raised, or answered."""
    runs = Runs(lambda workspace: {"env": "base", "options": {}}, command)
    app = build_app(Site(shelf, runs, limit))
    with TestClient(app, ORIGIN, raise_server_exceptions=strict, follow_redirects=False) as client:
        client.headers["origin"] = ORIGIN
        yield client


@pytest.fixture
def client(shelf: Shelf) -> Iterator[TestClient]:
    with serving(shelf) as found:
        yield found


def read_corpus(shelf: Shelf, name: str = "모음") -> Workspace:
    """Write what a run over two images would: one with a doubtful line, one that cannot be opened."""
    workspace = shelf.open(name)
    picture = workspace.source / NAME
    picture.write_bytes(b"x")
    made = drawn(1, *LINES, doc_id="a" * 16, path=NAME)
    documents = [
        Document("a" * 16, NAME, "", "image/png", 1, 1, str(picture)),
        Document("b" * 16, "b.pdf", "", "", 0, 9, str(workspace.source / "b.pdf"), Status.FAILED, "broken: no PDF"),
    ]
    workspace.remember("base", {"ingest": workspace.ingest()})
    corpus = _write(workspace, made)
    wanted = ChosenExports(text=True, html=True, csv=True, searchable_pdf=False)
    exports = workspace.data / "08_reporting/exports"
    export_documents(exports, corpus=corpus, wanted=wanted, documents={(d.doc_id, d.path): d for d in documents})
    words = workspace.data / "04_feature/word_index"
    words.parent.mkdir(parents=True)
    write_words(words, rows=corpus.transcripts, options=LexicalOptions())
    with open_project("base", {"ingest": workspace.ingest()}, workspace.folder) as context:
        context.catalog.save("documents", to_frame(documents, Document))
    return workspace


def _write(workspace: Workspace, made: Made) -> Corpus:
    page, regions, recognitions = made
    rows = {"pages": [page], "regions": regions, "recognitions": recognitions,
            "transcripts": [assemble(*made, TranscriptOptions())]}  # fmt: skip
    info = ShardInfo("s", "key", "s", 1, items=1, identity=TESSERACT)
    folders: dict[str, Any] = {}
    for name, kind in ROWS.items():
        folders[name] = LineageFolder(workspace.data / PLACES.get(name, "03_primary") / name, kind)
        folders[name].write(Shard(replace(info, items=len(rows[name])), rows[name]))
    return Corpus(**folders)
