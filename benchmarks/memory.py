"""Whether the peak of memory grows with the corpus: the whole job over few and over many synthetic pages.

Usage: python -m benchmarks.memory [--pages 200 2000] [--kinds pictures text] [--stages] [--json FILE]

    pictures   one small picture a document, read by Tesseract, each with a reference: documents, scores and
               the report grow as fast as they can
    text       PDFs of 20 pages with 2,000 characters each, whose text layer is taken: texts, words and
               references grow as they do on real pages, without hours of OCR

The peak is the largest resident set of the process (and of what it waits for). `--stages` runs each stage in
a process of its own and says which of them grows.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import pikepdf
from tests.whole_job import QUICK, copy_project, run_job, write_pages

from ocr_project.pipeline_registry import STAGES

ALLOWED = 1.10  # the peak of the larger corpus over that of the smaller
PAGES_IN_PDF = 20
LINES, WORDS_IN_LINE = 40, 8
TEXT = ("ingest.dpi=72", "ingest.text_layer=prefer", "layout.backend=whole_page", "runtime.progress=false")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs=2, default=(200, 2000))
    parser.add_argument("--kinds", nargs="+", choices=("pictures", "text"), default=("pictures", "text"))
    parser.add_argument("--stages", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, dict[str, dict[str, float]]] = {}
    for kind in options.kinds:
        few, many = (measure(kind, count, by_stage=options.stages) for count in options.pages)
        result[kind] = {name: {"few": few[name], "many": many[name], "growth": many[name] / few[name]} for name in few}
        for name, peaks in result[kind].items():
            sizes = f"{peaks['few'] / 1e6:7.1f} MB  {peaks['many'] / 1e6:7.1f} MB"
            print(f"{kind:>9} {name:>12}  {sizes}  x {peaks['growth']:.3f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"pages": options.pages, **result}, indent=2))
    return int(any(peaks["growth"] > ALLOWED for stages in result.values() for peaks in stages.values()))


def measure(kind: str, count: int, *, by_stage: bool) -> dict[str, int]:
    """Return the peak, in bytes, of the job as a whole or of each stage."""
    folder = Path(tempfile.mkdtemp(prefix="ocr_memory_"))
    try:
        if kind == "text":
            write_pdfs(folder / "source", count)
        else:
            write_pages(folder / "source", count)
        project = copy_project(folder / "project", mlflow=True)
        params = (f"ingest.source={folder / 'source'}", *(TEXT if kind == "text" else QUICK))
        names = STAGES if by_stage else ("__default__",)
        return {name: peak(project, name, params) for name in names}
    finally:
        shutil.rmtree(folder)


def peak(project: Path, name: str, params: tuple[str, ...]) -> int:
    done = run_job(project, *params, arguments=("--pipelines", name))
    if done.code:
        sys.exit(f"{name} ended with {done.code}:\n{done.output[-3000:]}")
    print(f"{name:>12}  {done.wall:6.1f} s  {done.peak / 1e6:7.1f} MB", file=sys.stderr, flush=True)
    return done.peak


def write_pdfs(folder: Path, pages: int) -> None:
    """Write PDFs of random words, and a reference beside each page."""
    folder.mkdir()
    drawn = random.Random(0)
    for number in range(pages // PAGES_IN_PDF):
        document = pikepdf.new()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        for page_number in range(1, PAGES_IN_PDF + 1):
            lines = [" ".join(_word(drawn) for _ in range(WORDS_IN_LINE)) for _ in range(LINES)]
            page = document.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            shown = "".join(f"({line}) Tj T* " for line in lines)
            page.Contents = document.make_stream(f"BT /F1 10 Tf 18 TL 60 800 Td {shown}ET".encode())
            (folder / f"report{number:04d}.p{page_number:03d}.gt.txt").write_text("\n".join(lines))
        buffer = BytesIO()
        document.save(buffer, deterministic_id=True)
        (folder / f"report{number:04d}.pdf").write_bytes(buffer.getvalue())


def _word(drawn: random.Random) -> str:
    return "".join(drawn.choice("abcdefghijklmnoprstuvw") for _ in range(drawn.randint(2, 9)))


if __name__ == "__main__":
    sys.exit(main())
