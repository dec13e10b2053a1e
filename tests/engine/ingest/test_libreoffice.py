"""Office files through LibreOffice: with a program that speaks its command line, and with itself where it is there."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.domain.types import Document, Page, Status
from ocr_project.engine.ingest import open_source
from tests.engine.ingest.office_files import write_docx, write_odt
from tests.nasty import pdf_bytes

REAL = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed: not tried itself")
# As LibreOffice 7.4: names the PDF after the file, says of what it cannot load so on stderr, and ends with 0.
_CONVERTS = """
for argument; do
    case $argument in --outdir) next=1;; *) if [ "$next" ]; then folder=$argument; next=; fi; file=$argument;; esac
done
case "$*" in *-env:UserInstallation=file://*--headless*--convert-to\\ pdf*) ;; *) echo "usage: $*" >&2; exit 1;; esac
if grep -q unreadable "$file"; then echo "Error: source file could not be loaded" >&2; exit 0; fi
cp {pdf} "$folder/$(basename "${{file%.*}}").pdf"
"""


def listed(root: Path, **options: object) -> list[tuple[Document, list[Page]]]:
    source = open_source(IngestOptions.model_validate({"source": str(root), **options}), default_root=root)
    return [
        (document, list(source.pages(document, 1, document.pages)) if document.status is Status.OK else [])
        for document in source.documents()
    ]


@pytest.fixture
def soffice(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that is found as `soffice`, and does nothing."""
    program = tmp_path_factory.mktemp("bin") / "soffice"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def test_pages_and_text_are_those_of_its_pdf(soffice: Path, tmp_path: Path) -> None:
    pdf = soffice.parent / "made.pdf"
    pdf.write_bytes(pdf_bytes(text="minutes of the harbour"))
    soffice.write_text("#!/bin/sh" + _CONVERTS.format(pdf=pdf))
    write_docx(tmp_path / "a.docx", "minutes")
    ((document, (page,)),) = listed(tmp_path)
    assert (document.status, document.pages) == (Status.OK, 1)
    assert "minutes of the harbour" in (page.text_layer or "")
    assert page.text_layer_preferred
    ((_, (page,)),) = listed(tmp_path, office_text_layer=TextLayer.REFERENCE)
    assert page.text_layer_healthy
    assert not page.text_layer_preferred


def test_a_file_that_it_cannot_load_says_so_and_the_next_is_read(soffice: Path, tmp_path: Path) -> None:
    pdf = soffice.parent / "made.pdf"
    pdf.write_bytes(pdf_bytes(mark="minutes"))
    soffice.write_text("#!/bin/sh" + _CONVERTS.format(pdf=pdf))
    write_docx(tmp_path / "a.docx", "unreadable")
    write_docx(tmp_path / "b.docx", "minutes")
    (bad, _), (good, _) = listed(tmp_path)
    assert bad.reason.startswith(
        "broken: LibreOffice makes no PDF of it (Error: source file could not be loaded): it is damaged, or needs"
    )
    assert good.status is Status.OK


def test_a_program_that_is_killed_is_a_row(soffice: Path, tmp_path: Path) -> None:
    soffice.write_text("#!/bin/sh\nkill -9 $$\n")
    write_docx(tmp_path / "a.docx", "minutes")
    ((document, _),) = listed(tmp_path)
    assert document.reason.startswith("killed: LibreOffice was killed from outside (status -9)")


def test_one_that_hangs_is_ended_with_what_it_started(soffice: Path, tmp_path: Path) -> None:
    soffice.write_text(f"#!/bin/sh\nsleep 600 & echo $! > {soffice.parent}/pid\nwait\n")
    write_docx(tmp_path / "a.docx", "minutes")
    while not (soffice.parent / "pid").exists():  # on a busy machine it may be ended before it has started anything
        ((document, _),) = listed(tmp_path, office_seconds=2.0)
    assert "LibreOffice made no PDF of it within ingest.office_seconds (2)" in document.reason
    started = (soffice.parent / "pid").read_text().strip()
    state = subprocess.run(["ps", "-o", "stat=", started], capture_output=True, text=True)
    assert state.stdout.strip()[:1] in ("", "Z")


@REAL
def test_docx_is_read_by_libreoffice(tmp_path: Path) -> None:
    write_docx(tmp_path / "a.docx", "회의록: minutes of the meeting")
    ((_, (page,)),) = listed(tmp_path)
    assert page.text_layer is not None
    assert page.text_layer.strip() == "회의록: minutes of the meeting"
    assert page.text_layer_preferred


@REAL
def test_a_file_cannot_make_libreoffice_ask_a_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        write_odt(tmp_path / "a.odt", "minutes of the meeting", f"http://127.0.0.1:{server.getsockname()[1]}/seen.png")
        ((_, (page,)),) = listed(tmp_path, office_seconds=60.0)
        asked, _, _ = select.select([server], [], [], 0)
    assert "minutes of the meeting" in (page.text_layer or "")
    assert asked == []
