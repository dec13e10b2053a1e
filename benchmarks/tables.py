"""How well the laptop's detector and recognizer read the shared tables: as crops that are given, and on their pages.

Usage: python benchmarks/tables.py [--every N] [--json FILE]

`given`: the crop is known to be a table, and the recognizer reads it. `found`: the same crop as a page of its own, in
which the detector has to find the table. `page`: the table on the page that it was cut from, where that is among the
shared pages. TEDS of the best of the tables that were read, 0 where none was.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ocr_project.bench.metrics.tables.teds import teds
from ocr_project.domain.options import IngestOptions, LayoutOptions, RecognitionOptions
from ocr_project.domain.types import Label, Page, TextFormat
from ocr_project.engine.ingest import open_source
from ocr_project.engine.layout import build_detector, detect_all
from ocr_project.engine.recognition import build_recognizer

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
CROPS, PAGES = ("tables_ko", "tables_ru", "tables_en"), ("ko_gov", "ru_docs", "en_usgov")
# icdar13_us_001_t1 is on some page of us_001; assembly_minutes_p009_t1 on page 9 of assembly_minutes
_SOURCE = re.compile(r"(?:icdar13_)?(?P<document>\w+?)(?:_(?P<page>p\d{3}))?_t\d+$")


def pages_of(group: str) -> Iterator[Page]:
    opened = open_source(IngestOptions(source=str(DATA / group), include=("**/*.png",)), default_root=Path.cwd())
    for document in opened.documents():
        yield from opened.pages(document, 1, document.pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="take every Nth table")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    detector, recognizer = build_detector(LayoutOptions()), build_recognizer(RecognitionOptions())

    def tables_on(page: Page) -> list[str]:
        (regions,) = detect_all(detector, [page])
        return [read.text for read in recognizer.recognize(page, regions) if read.format is TextFormat.HTML]

    scores: dict[str, dict[str, float]] = {}
    for group in CROPS:
        for page in list(pages_of(group))[:: options.every]:
            name = Path(page.path).stem
            truth = (DATA / group / f"{name}.gt.html").read_text(encoding="utf-8")
            given, found = tables_on(replace(page, given=Label.TABLE)), tables_on(page)
            scores[f"{group}/{name}"] = {"given": best(truth, given), "found": best(truth, found)}
    add_pages(scores, tables_on)
    for group in CROPS:
        report(group, [score for name, score in scores.items() if name.startswith(group)])
    if options.json:
        options.json.write_text(json.dumps(scores, indent=2))


def add_pages(scores: dict[str, dict[str, float]], tables_on: Callable[[Page], list[str]]) -> None:
    """Add the score `page` to the tables whose pages are among the shared ones."""
    wanted = {name: match for name in scores if (match := _SOURCE.match(name.partition("/")[2]))}
    for group in PAGES:
        for page in pages_of(group):
            document, file = Path(page.path).parts[0], Path(page.path).stem
            own = [
                name
                for name, match in wanted.items()
                if match["document"] == document and match["page"] in (None, file)
            ]
            read = tables_on(page) if own else []
            for name in own:
                truth = (DATA / f"{name}.gt.html").read_text(encoding="utf-8")
                scores[name]["page"] = max(scores[name].get("page", 0.0), best(truth, read))


def best(truth: str, tables: Sequence[str]) -> float:
    return max((teds(truth, table) for table in tables), default=0.0)


def report(group: str, scores: Sequence[dict[str, float]]) -> None:
    for way in ("given", "found", "page"):
        values = [score[way] for score in scores if way in score]
        if values:
            print(f"{group:<10} {way:<6} {len(values):>3} tables  TEDS {sum(values) / len(values):.4f}", flush=True)


if __name__ == "__main__":
    main()
