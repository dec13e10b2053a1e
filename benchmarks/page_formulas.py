"""How fast the formulas of page tests (olmOCR-bench) are drawn in a browser, kept and compared.

    python -m benchmarks.page_formulas [--formulas 600] [--json FILE]

Formulas are those of the shared test documents, each made different by a number in it, so that none is drawn twice.
"One by one" is a page of the browser for each, with its start, as a program without batches would do.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.gpu_machine import commit, hardware

from ocr_project.bench.metrics.katex import draw_formulas, katex_version, missing_browser, stands_within
from ocr_project.bench.testsets.olmocr_bench.rules import find_symbols

FORMULAS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "formulas"
ALONE = 8  # drawn one by one: enough for a ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formulas", type=int, default=600)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if missing := missing_browser():
        sys.exit(missing)
    sources = [file.read_text("utf-8").strip().strip("$") for file in sorted(FORMULAS.glob("*.tex"))]
    if not sources:
        sys.exit(f"{FORMULAS} holds no formulas: the shared test data is not on this machine")
    facts = {"commit": commit(), "hardware": hardware(), "katex": katex_version()}
    written = json.dumps({**facts, **measure(sources, arguments.formulas)}, indent=1)
    print(written)
    if arguments.json:
        arguments.json.write_text(written + "\n", "utf-8")


def measure(sources: list[str], count: int) -> dict[str, float | int]:
    """Return milliseconds a formula, or a pair of them, and the ratio of batches to one by one."""
    formulas = [f"{sources[place % len(sources)]} , {place}" for place in range(count)]

    def alone() -> None:
        for formula in formulas[:ALONE]:
            draw_formulas([formula])

    with TemporaryDirectory() as folder:
        cache = Path(folder)
        found = {
            "formulas": count,
            "alone_ms": timed(alone, ALONE),
            "batches_1_browser_ms": timed(lambda: draw_formulas(formulas, workers=1), count),
            "batches_2_browsers_ms": timed(lambda: draw_formulas(formulas, cache=cache, workers=2), count),
            "kept_ms": timed(lambda: draw_formulas(formulas, cache=cache), count),
        }
        drawn = draw_formulas(formulas, cache=cache)
    pairs = [(one, other) for one in formulas[: len(sources)] for other in formulas[: 4 * len(sources)]]
    pairs = [(one, other) for one, other in pairs if not drawn[one].error]
    found["compared_ms"] = timed(lambda: [stands_within(drawn[one], drawn[other]) for one, other in pairs], len(pairs))
    found["symbols_ms"] = timed(lambda: [find_symbols(one, [other]) for one, other in pairs[:ALONE]], ALONE)
    return found | {"alone_over_batches": found["alone_ms"] / found["batches_1_browser_ms"]}


def timed(work: Callable[[], object], count: int) -> float:
    start = perf_counter()
    work()
    return 1000 * (perf_counter() - start) / count


if __name__ == "__main__":
    main()
