"""olmOCR-bench: 1,403 PDF pages and 7,010 small tests of what a good answer says, and says not.

`bench_data/*.jsonl`, a test a line (`pdf`, `page`, `id`, `type` and what the type needs), and `bench_data/pdfs`.
All tests of a page belong to one item. To the first page of a PDF that has none the authors add a test of their own,
`baseline` (`benchmark.py` in allenai/olmocr), which makes another category.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of, read_lines
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.olmocr_bench.card import CARD
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import TruthKind

BASELINE = "baseline"


def open_set(root: Path) -> OpenedSet:
    """Open all files of tests in the folder."""
    folder = root / "bench_data" if (root / "bench_data").is_dir() else root
    return tests_of_pdfs(CARD, folder, {})


def tests_of_pdfs(card: Card, folder: Path, slices: Mapping[str, tuple[tuple[str, str], ...]]) -> OpenedSet:
    """Open files of tests beside a folder `pdfs`.

    Args:
        folder: Of the `.jsonl` files; lines without a `type` are not tests and are skipped.
        slices: More slices, by PDF.
    """
    files = sorted(folder.glob("*.jsonl"))
    pages: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for file in files:
        for test in read_lines(file):
            if "type" in test:
                found = pages.setdefault((test["pdf"], int(test.get("page", 1))), [])
                found.append({**test, "category": test.get("category") or file.stem})
    if not pages:
        raise SourceError(f"{folder} has no .jsonl file with tests")
    _add_baselines(pages)
    entries = sorted(pages.items())

    def make(index: int, entry: tuple[tuple[str, int], list[dict[str, Any]]], images: bool) -> Item:
        (pdf, page), tests = entry
        return Item(
            index=index,
            document=pdf,
            name=f"{pdf.removesuffix('.pdf')}_pg{page}",
            image=folder / "pdfs" / pdf if images else None,
            page=page,
            truths=((TruthKind.TESTS, {"tests": tests}),),
            slices=(("category", tests[0]["category"]), *slices.get(pdf, ())),
        )

    return ListedSet(card, entries, make, fingerprint_of(files, (folder / "pdfs" / pdf for pdf, _ in pages)))


def _add_baselines(pages: dict[tuple[str, int], list[dict[str, Any]]]) -> None:
    """Ask of every PDF whether its first page has text, without loops or signs of other scripts."""
    named = {pdf for (pdf, _), tests in pages.items() for test in tests if test["type"] == BASELINE}
    for pdf in {pdf: None for pdf, _ in pages if pdf not in named}:
        test = {"pdf": pdf, "page": 1, "id": f"{pdf}_baseline", "type": BASELINE, "category": BASELINE}
        pages.setdefault((pdf, 1), []).append(test)
