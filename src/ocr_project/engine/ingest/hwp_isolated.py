"""HWP and HWPX to PDF in a process of its own: rhwp is young, and the files come from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ocr_project.domain.errors import BrokenDocument, DocumentError, Killed, UnsupportedMedia
from ocr_project.domain.options import IngestOptions
from ocr_project.engine.running.worker_process import Child, Lost

_CHILD = "ocr_project.engine.ingest.hwp_worker"


@dataclass(frozen=True, slots=True)
class HwpRequest:
    """What is asked: `target` becomes the PDF, and a `.json` beside it the text of its pages."""

    path: Path
    target: Path


def to_pdf(path: Path, target: Path, options: IngestOptions) -> None:
    """Make a PDF of a file, and beside it a `.json` with the text of its pages (`hwp_text.py`).

    Raises:
        UnsupportedMedia: The extra `hwp` is not installed or cannot be loaded, or there is no Korean font.
        BrokenDocument: rhwp cannot read it, or not within the limits, or crashes.
        Killed: Its process was killed from outside.
    """
    if find_spec("rhwp") is None:
        raise UnsupportedMedia("HWP files are read with the extra `hwp`: bash scripts/setup.sh .venv --extra hwp")
    child = Child(_CHILD, "read HWP files", int(options.pdf_memory_gib * 2**30))
    try:
        child.send(HwpRequest(path, target))
        answer = child.receive(options.office_seconds)
    except Lost as lost:
        raise _failure(lost, options) from lost
    finally:
        child.end()
    if isinstance(answer, DocumentError):
        raise answer


def _failure(lost: Lost, options: IngestOptions) -> DocumentError:
    if lost.status is None:
        limit = f"ingest.office_seconds ({options.office_seconds:g})"
        return BrokenDocument(f"the HWP file was not read within {limit}; save it as PDF, or raise the limit")
    if lost.was_killed:
        return Killed(f"the process that read the HWP file was killed from outside (status {lost.status}); run again")
    limit = f"ingest.pdf_memory_gib ({options.pdf_memory_gib:g})"
    return BrokenDocument(
        f"the HWP file ended the process that reads it (status {lost.status}): it is damaged, or needs more memory"
        f" than {limit}; save it as PDF, or raise the limit"
    )
