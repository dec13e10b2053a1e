"""Our values beside those of the official programs, on real outputs of real systems.

    python benchmarks/official.py FOLDER

FOLDER has what is to be compared; a part that is missing is named and passed over:

    dp-bench/              dataset/reference.json, dataset/sample_results/*.json, and the program's src/, as in
                           upstage/dp-bench (also akashuv-21/parase at b29fd1c8); `pip install apted`
    opendataloader-bench/  ground-truth/markdown and prediction/<engine>/{markdown,evaluation.json}, as in
                           opendataloader-project/opendataloader-bench at b4b95051

The exit status is 1 where a value differs from the program's; published values may be older than the program. None of
these files is part of this project.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.canonical import canonical_table
from ocr_project.bench.metrics.opendataloader import mhs, nid, page_teds
from ocr_project.bench.metrics.tables import dp_bench_nid, dp_bench_teds, tables_to_html, teds
from ocr_project.bench.testsets.dp_bench.reader import elements_of, text_of, to_markdown, whole_tables
from ocr_project.bench.testsets.dp_bench.rules import elements_of as blocks_of

TOLERANCE = 1e-9
_NO_TEXT = ["figure", "table", "chart"]  # `ignore_classes_for_layout` of DP-Bench's evaluate.py


class Value(NamedTuple):
    """One value of one page, ours and theirs; NaN is "no score"."""

    system: str
    metric: str
    page: str
    ours: float
    official: float

    @property
    def equal(self) -> bool:
        """Whether both are the same to 1e-9, or both have no score."""
        if math.isnan(self.ours) or math.isnan(self.official):
            return math.isnan(self.ours) and math.isnan(self.official)
        return abs(self.ours - self.official) <= TOLERANCE


# -- DP-Bench


def dp_bench(folder: Path) -> Iterator[Value]:
    """Compare NID, TEDS and TEDS-S of each system whose output is stored, and of a perfect answer."""
    layout, tables = _program(folder, "src.layout_evaluation"), _program(folder, "src.table_evaluation")
    reference = json.loads((folder / "dataset/reference.json").read_text("utf-8"))
    for path in sorted((folder / "dataset/sample_results").glob("*.json")):
        answers = json.loads(path.read_text("utf-8"))
        for page, truth in reference.items():
            answer = answers.get(page) or {"elements": []}
            known, said = truth["elements"], answer["elements"]
            official = layout.calc_nid(*(layout.extract_text(one, _NO_TEXT) for one in (truth, answer))) / 100
            yield Value(path.stem, "nid", page, dp_bench_nid(text_of(known), text_of(said)), official)
            if not elements_of(known, "table"):
                continue
            pair = [tables.extract_tables(one) for one in (truth, answer)]
            for metric, bare in (("teds", False), ("teds_s", True)):
                theirs = tables.calc_table_score(*pair, tables.TEDSEvaluator(structure_only=bare))
                ours = dp_bench_teds(*map(_tables, (known, said)), structure_only=bare)
                yield Value(path.stem, metric, page, ours, theirs)
    yield from _perfect(reference)


def _perfect(reference: dict[str, Any]) -> Iterator[Value]:
    """A page of the reference written as Markdown is right: as the lane scores it."""
    for page, truth in reference.items():
        elements = truth["elements"]
        markdown = tables_to_html(to_markdown(elements))
        # not 1 to the last digit: an empty line within an element makes two blocks of it
        close = dp_bench_nid(text_of(elements), blocks_of(markdown)) > 0.99
        yield Value("perfect", "nid above 0.99", page, float(close), 1.0)
        if elements_of(elements, "table"):
            html = _tables(elements)
            yield Value("perfect", "teds", page, dp_bench_teds(html, markdown), 1.0)
            yield Value("perfect", "teds/canonical", page, teds(*map(canonical_table, (html, markdown))), 1.0)


def _tables(elements: list[dict[str, Any]]) -> str:
    return "\n".join(map(whole_tables, elements_of(elements, "table")))


def _program(folder: Path, name: str) -> ModuleType:
    """Import a module of the official program; `distance`, a package that no longer builds, by rapidfuzz."""
    if "distance" not in sys.modules:
        stand_in = ModuleType("distance")
        stand_in.levenshtein = Levenshtein.distance  # type: ignore[attr-defined]
        sys.modules["distance"] = stand_in
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(name)


# -- opendataloader-bench

_ODL: dict[str, Callable[[str, str], float]] = {
    "nid": nid,
    "nid_s": lambda reference, said: nid(reference, said, tables=False),
    "teds": page_teds,
    "teds_s": lambda reference, said: page_teds(reference, said, structure_only=True),
    "mhs": mhs,
    "mhs_s": lambda reference, said: mhs(reference, said, structure_only=True),
}


def opendataloader_bench(folder: Path) -> Iterator[Value]:
    """Compare the six values of each document of each engine with the published ones, and with what the program says.

    What is published was made at other times than the program: both are compared where both are there.
    """
    program = _odl_program(folder / "src")
    for path in sorted((folder / "prediction").glob("*/evaluation.json")):
        engine = path.parent.name
        for one in json.loads(path.read_text("utf-8"))["documents"]:
            page = one["document_id"]
            truth = (folder / f"ground-truth/markdown/{page}.md").read_text("utf-8")
            said = (path.parent / f"markdown/{page}.md").read_text("utf-8")
            theirs = program(truth, said) if program else {}
            for metric, compute in _ODL.items():
                ours = compute(truth, said)
                yield Value(f"{engine}, published", metric, page, ours, _number(one["scores"][metric]))
                if program:
                    yield Value(engine, metric, page, ours, _number(theirs[metric]))


def _odl_program(folder: Path) -> Callable[[str, str], dict[str, float | None]] | None:
    """Import the official program; `None`, said aloud, where it or a package that it needs is missing."""
    sys.path.insert(0, str(folder))
    names = ("evaluator_reading_order", "evaluator_table", "evaluator_heading_level")
    try:
        order, table, heading = map(importlib.import_module, names)
    except ImportError as error:
        print(f"SKIPPED the program of opendataloader-bench ({error}): only published values are compared")
        return None

    def evaluate(truth: str, said: str) -> dict[str, float | None]:
        pairs = (
            order.evaluate_reading_order(truth, said),
            table.evaluate_table(truth, said),
            heading.evaluate_heading_level(truth, said),
        )
        return dict(zip(_ODL, (value for pair in pairs for value in pair), strict=True))

    return evaluate


def _number(value: float | None) -> float:
    return math.nan if value is None else value


# -- the table

PARTS: dict[str, tuple[str, Callable[[Path], Iterator[Value]]]] = {
    "dp-bench": ("dataset/reference.json", dp_bench),
    "opendataloader-bench": ("prediction", opendataloader_bench),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", action="store_true", help="name the pages that differ")
    arguments = parser.parse_args()
    differing = 0
    for name, (needed, compare) in PARTS.items():
        if not (arguments.folder / name / needed).exists():
            print(f"SKIPPED {name}: {arguments.folder / name / needed} is missing")
            continue
        counts: Counter[tuple[str, str, bool]] = Counter()
        for value in compare(arguments.folder / name):
            counts[value.system, value.metric, value.equal] += 1
            if arguments.pages and not value.equal:
                print(
                    f"{value.system} {value.metric} {value.page}: ours {value.ours:.6f}, theirs {value.official:.6f}"
                )
        print(f"\n{name}\n{'':42s}{'equal':>8s}{'different':>12s}")
        for system, metric in dict.fromkeys((system, metric) for system, metric, _ in counts):
            equal, different = counts[system, metric, True], counts[system, metric, False]
            print(f"{system + ' ' + metric:42s}{equal:8d}{different:12d}")
            differing += 0 if system.endswith("published") else different
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
