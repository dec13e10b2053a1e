"""DOCX, PPTX, XLSX and ODF to PDF through LibreOffice, where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ocr_project.domain.errors import BrokenDocument, Killed, UnsupportedMedia
from ocr_project.domain.options import IngestOptions
from ocr_project.engine.running.worker_process import with_limits

_PACKAGES = "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui"
_LAST = 300  # characters of its messages
# A file must not make this machine ask a server that its author chose, as a linked picture would, nor run anything.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
</item>
</oor:items>
"""


def to_pdf(path: Path, target: Path, suffix: str, options: IngestOptions) -> None:
    """Make a PDF of a file.

    Args:
        path: The file; its name is not looked at.
        target: The PDF.
        suffix: By which LibreOffice knows the kind: ".docx".
        options: Limits of time and memory.

    Raises:
        UnsupportedMedia: LibreOffice is not installed.
        BrokenDocument: It makes no PDF, or not within the limits.
        Killed: It was killed from outside.
    """
    program = shutil.which("soffice")
    if program is None:
        kind = suffix[1:].upper()
        raise UnsupportedMedia(
            f"{kind} files are read with LibreOffice: apt-get install {_PACKAGES}; or save it as PDF"
        )
    with TemporaryDirectory(prefix="ocr_project-soffice-") as folder:
        copy = Path(folder) / f"document{suffix}"
        shutil.copyfile(path, copy)
        said = _run([*_command(program, Path(folder)), str(copy)], options)
        made = copy.with_suffix(".pdf")
        if not made.exists():
            why = said or "and does not say why"
            limit = f"ingest.pdf_memory_gib ({options.pdf_memory_gib:g})"
            raise BrokenDocument(
                f"LibreOffice makes no PDF of it ({why}): it is damaged, or needs more memory than {limit}; save it as"
                " PDF, or raise the limit"
            )
        shutil.move(made, target)


def _command(program: str, folder: Path) -> list[str]:
    # a profile of its own: with that of a user who has it open, LibreOffice hands the work to that window
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user/registrymodifications.xcu").write_text(_SETTINGS, "utf-8")
    own = f"-env:UserInstallation={profile.as_uri()}"
    return [program, own, "--headless", "--norestore", "--convert-to", "pdf", "--outdir", str(folder)]


def _run(command: list[str], options: IngestOptions) -> str:
    """Run it; its children end with it, for `soffice` is a script that starts the program."""
    process = subprocess.Popen(
        with_limits(command, int(options.pdf_memory_gib * 2**30), options.office_seconds),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=options.office_seconds)
    except subprocess.TimeoutExpired as error:
        limit = f"ingest.office_seconds ({options.office_seconds:g})"
        raise BrokenDocument(f"LibreOffice made no PDF of it within {limit}; save it as PDF, or raise it") from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode == -signal.SIGKILL:
        raise Killed(f"LibreOffice was killed from outside (status {process.returncode}); run again")
    return said.decode("utf-8", "replace").strip()[-_LAST:]
