"""Damaged documents through ingest and layout: what raises, what is refused, and whether a row is ever lost.

Usage: python -m benchmarks.fuzz [--mutants 300] [--whole 0] [--seed 0] [--json FILE]

Small documents that the project draws itself (PDF, PNG, JPEG, TIFF, WEBP, BMP, GIF; one bit to CMYK, with and without
text layers) are damaged in six ways: bytes changed, a number made huge, cut, a part taken out, a part put in twice,
two documents spliced. With `--whole N` the first N go through the whole job as well, in a copy of the project. Held
are:

1. Nothing is raised: what cannot be read is a row with its reason.
2. Nothing is lost: each file has a row, each page of a document that is read has one.
3. The whole job ends with exit status 0 or 3, and has a report.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.nasty import image_bytes, pdf_bytes
from tests.property.test_ingest_bad_input import VALID
from tests.whole_job import QUICK, copy_project, run_job

from ocr_project.domain.options import IngestOptions, LayoutOptions
from ocr_project.domain.protocols import Detector
from ocr_project.domain.types import Document, Status
from ocr_project.engine.ingest import open_source
from ocr_project.engine.ingest.folder import FolderSource
from ocr_project.engine.layout import build_detector, detect_all

SEEDS = (
    *VALID,
    pdf_bytes(5, text="rivers and stones", mark="a"),
    pdf_bytes(1, size=(600, 800)),
    image_bytes("PNG", "L"),
)
MOST_PAGES = 8  # of a document that claims more


@dataclass
class Result:
    """The result of one run.

    Attributes:
        refused: Documents, by the kind of their reason; `pages_failed`: pages, the same way.
        escaped: What was raised, with the number of the mutant.
        lost: Files without a row, and documents without a row for each page.
        whole: Exit status of the whole job, and whether it has a report; empty where it was not asked for.
    """

    mutants: int
    documents_read: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    pages_read: int = 0
    pages_failed: dict[str, int] = field(default_factory=dict)
    regions: int = 0
    escaped: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0
    whole: dict[str, object] = field(default_factory=dict)

    @property
    def broken(self) -> bool:
        return bool(self.escaped or self.lost or self.whole.get("code", 0) not in (0, 3))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--whole", type=int, default=0, help="So many of them go through the whole job, too.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ocr_fuzz_"))
    result = Result(options.mutants)
    try:
        write_mutants(folder / "source", options.mutants, random.Random(options.seed))
        read_all(folder / "source", result)
        if options.whole:
            run_whole(folder, options.whole, result)
    finally:
        shutil.rmtree(folder)
    found = json.dumps(asdict(result), indent=2)
    print(found)
    if options.json:
        options.json.write_text(found)
    return int(result.broken)


def write_mutants(folder: Path, count: int, drawn: random.Random) -> None:
    """Write damaged documents, each in a folder of its own name, under a suffix of its seed."""
    for number in range(count):
        data = drawn.choice(SEEDS)
        for _ in range(drawn.randint(1, 4)):
            data = drawn.choice(WAYS)(data, drawn)
        path = folder / f"{number:04d}" / f"m{_suffix(data)}"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)


def read_all(folder: Path, result: Result) -> None:
    """List, read and part all documents: each mutant is a source, so that one that raises costs no other."""
    started = time.monotonic()
    detector = build_detector(LayoutOptions())
    for root in sorted(folder.iterdir()):
        before = time.monotonic()
        options = IngestOptions(source=str(root), max_pixels=20_000_000, dpi=100)
        try:
            source = open_source(options, default_root=root)
            assert isinstance(source, FolderSource)
            documents = list(source.documents())
            if len(documents) != 1:
                result.lost.append(f"{root.name}: {len(documents)} rows for one file")
            for document in documents:
                _read(source, document, detector, result)
        except Exception as error:  # what this is about
            where = traceback.extract_tb(error.__traceback__)[-1]
            result.escaped.append(f"{root.name}: {type(error).__name__} in {where.name}: {error}"[:300])
        result.slowest = max(result.slowest, round(time.monotonic() - before, 1))
    result.seconds = round(time.monotonic() - started, 1)


def _read(source: FolderSource, document: Document, detector: Detector, result: Result) -> None:
    if document.status is not Status.OK:
        _count(result.refused, document.reason)
        return
    result.documents_read += 1
    wanted = min(document.pages, MOST_PAGES)
    pages = list(source.pages(document, 1, wanted))
    if [page.number for page in pages] != list(range(1, wanted + 1)):
        result.lost.append(f"{document.path}: rows {[page.number for page in pages]} for {wanted} pages")
    for page in pages:
        if page.status is Status.FAILED:
            _count(result.pages_failed, page.reason)
        else:
            result.pages_read += 1
    result.regions += sum(len(regions) for regions in detect_all(detector, pages))


def run_whole(folder: Path, count: int, result: Result) -> None:
    """Run the whole job over the first mutants."""
    for path in sorted((folder / "source").iterdir())[count:]:
        shutil.rmtree(path)
    project = copy_project(folder / "project", mlflow=True)
    sizes = ("ingest.dpi=100", "ingest.limit=400", "ingest.page_seconds=20")
    done = run_job(project, f"ingest.source={folder / 'source'}", *sizes, *QUICK)
    reports = list((project / "data/08_reporting/report.html").glob("*/report.html"))
    result.whole = {"mutants": count, "code": done.code, "report": bool(reports), "seconds": round(done.wall, 1)}
    if done.code not in (0, 3):
        result.whole["said"] = done.output[-2000:]


def _count(kinds: dict[str, int], reason: str) -> None:
    kind = reason.split(":")[0][:40]
    kinds[kind] = kinds.get(kind, 0) + 1


def _suffix(data: bytes) -> str:
    """Name a file as its seed was meant: what a damaged head says no longer counts."""
    for mark, suffix in ((b"%PDF", ".pdf"), (b"PNG", ".png"), (b"II*", ".tif"), (b"RIFF", ".webp"), (b"GIF8", ".gif")):
        if mark in data[:1024]:
            return suffix
    return ".bmp" if data[:2] == b"BM" else ".jpg"


def _change(data: bytes, drawn: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(drawn.randint(1, 12) if found else 0):
        found[drawn.randrange(len(found))] = drawn.randrange(256)
    return bytes(found)


def _enlarge(data: bytes, drawn: random.Random) -> bytes:
    """Make a decimal number huge or negative, as PDFs have them, or four bytes of a head all ones."""
    if numbers := list(re.finditer(rb"\b\d{1,6}\b", data)):
        at = drawn.choice(numbers)
        return data[: at.start()] + drawn.choice((b"99999999", b"-1", b"0", b"4294967296")) + data[at.end() :]
    place = drawn.randrange(max(1, min(64, len(data))))
    return data[:place] + b"\xff" * 4 + data[place + 4 :]


def _cut(data: bytes, drawn: random.Random) -> bytes:
    return data[: drawn.randint(1, max(1, len(data)))]


def _remove(data: bytes, drawn: random.Random) -> bytes:
    start = drawn.randrange(max(1, len(data)))
    return data[:start] + data[start + drawn.randint(1, 200) :]


def _repeat(data: bytes, drawn: random.Random) -> bytes:
    start = drawn.randrange(max(1, len(data)))
    return data[: start + 100] + data[start : start + drawn.randint(1, 400)] + data[start + 100 :]


def _splice(data: bytes, drawn: random.Random) -> bytes:
    other = drawn.choice(SEEDS)
    return data[: drawn.randrange(max(1, len(data)))] + other[drawn.randrange(len(other)) :]


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_change, _enlarge, _cut, _remove, _repeat, _splice)


if __name__ == "__main__":
    sys.exit(main())
