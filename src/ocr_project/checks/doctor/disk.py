"""Whether the corpus fits on the disk."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.checks.doctor.needs import Needs
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import IngestOptions

# Measured on the first pages of 19 Korean and American public documents: 143 kB at 100 dpi, 376 at 200, 637 at 300,
# which is 376 kB x (dpi / 200)^1.4; and on 14 pages of the samples 31 kB of everything else (vectors above all).
_PAGE = 376_000
_DPI = 200
_GROWTH = 1.4
_REST = 31_000
_SPARE = 500_000_000  # bytes: logs, the report, MLflow, and the shard that is being written
_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Workload:
    """How much there is to do.

    Attributes:
        pages: That were counted.
        images: Bytes of their images, about, at rest.
        whole: False where counting took too long, or cannot be done: there are more.
    """

    pages: int
    images: float
    whole: bool


def page_bytes(dpi: int) -> float:
    """Return about how many bytes the image of a rendered page takes."""
    return float(_PAGE * (dpi / _DPI) ** _GROWTH)


def count_pages(options: IngestOptions, root: Path, seconds: float, data: Path | None = None) -> Workload:
    """Count the pages of the source, for a while.

    Args:
        options: Its source and limit.
        root: The project.
        seconds: After which it stops counting.
        data: Folder of the corpus; None: `data` in the project.

    Raises:
        SourceError: There is no source.
    """
    from ocr_project.engine.ingest.source import HUB, open_location, source_location  # takes pandas along

    limit = options.limit
    each = page_bytes(options.dpi)
    where = source_location(options, default_root=root, data=data)
    if where.startswith(HUB):  # its pages can be counted over the network only
        return Workload(limit or 0, (limit or 0) * each, whole=limit is not None)
    pages, images, end = 0, 0.0, time.monotonic() + seconds
    for document in open_location(where, options).documents():
        rendered = document.media_type == _PDF or document.bytes == 0
        taken = document.pages if limit is None else min(document.pages, limit - pages)
        images += taken * each if rendered else document.bytes * taken / max(1, document.pages)
        pages += taken
        if limit is not None and pages >= limit:
            break
        if time.monotonic() > end:
            return Workload(pages, images, whole=False)
    return Workload(pages, images, whole=True)


@lru_cache(maxsize=4)
def counted(options: IngestOptions, root: Path, data: Path, seconds: float = 10.0) -> Workload:
    """Return what `count_pages` does; two checks of one command count once."""
    return count_pages(options, root, seconds, data)


def check_disk(needs: Needs, root: Path, data: Path, seconds: float = 10.0) -> list[Finding]:
    """Compare the free space with what the corpus will take.

    Args:
        needs: Of the run.
        root: The project.
        data: The folder that fills up.
        seconds: For counting the pages.
    """
    if needs.ingest is None:
        return []
    try:
        corpus = counted(needs.ingest, root, data, seconds)
    except SourceError as error:
        if needs.ingest.source is None:  # outside of a checkout there are no samples, and none are asked for
            return [_compared(needs, Workload(0, 0.0, whole=True), data)]
        return [missing("documents", str(error).partition("; ")[0], "--params ingest.source=/path/to/documents")]
    return [_compared(needs, corpus, data)]


def free_bytes(folder: Path) -> float:
    """Return the free bytes where a folder is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return float(shutil.disk_usage(folder).free)


def room(folder: Path, bytes_a_page: float) -> tuple[float, int]:
    """Return the free bytes where a folder is, or will be, and how many pages they hold."""
    free = free_bytes(folder)
    return free, max(0, int((free - _SPARE) / bytes_a_page))


def _compared(needs: Needs, corpus: Workload, folder: Path) -> Finding:
    assert needs.ingest is not None
    copies = 2 if needs.searchable_pdf else 1
    image = corpus.images / corpus.pages if corpus.pages else page_bytes(needs.ingest.dpi)
    each = image * copies + _REST
    there = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    free, pages = room(folder, each)
    wanted = max(0.0, corpus.pages * each - there)
    count = f"{corpus.pages:,} pages" if corpus.whole else f"at least {corpus.pages:,} pages"
    found = (
        f"{free / 1e9:.1f} GB free, enough for about {_about(pages)} more pages; the corpus has {count}, which take"
    )
    found += f" about {wanted / 1e9:.1f} GB more"
    if wanted + _SPARE > free:
        advice = (
            "free some, let data/ be a link to a larger disk, set ingest.limit,"
            " or transcript.searchable_pdf to false; a run that fills the disk keeps what it finished"
        )
        return missing("disk", found, advice)
    return ok("disk", found) if corpus.whole else warning("disk", found, "not all pages were counted")


def _about(pages: int) -> str:
    """Write a number that is not known to more than two digits."""
    return f"{round(pages, 2 - len(str(pages))):,}"
