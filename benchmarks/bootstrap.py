"""How long the statistics of the test sets take: intervals of many rates, pairs of recognizers, against a plain loop.

Usage: python -m benchmarks.bootstrap [--pages 1355] [--rates 40] [--json FILE]

Three ways to the same intervals: one rate alone (`estimate_rate`), many rates one after the other in that way, and
many rates at once (`estimate_rates`). Then the tables of two recognizers over a
test set with slices, as `kedro compare` makes them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from benchmarks.gpu_machine import commit, hardware
from tests import two_recognizers as two

from ocr_project.bench.results.score_tables import compare_test_sets, tabulate_test_sets
from ocr_project.engine.metrics import Draws, estimate_differences, estimate_rate, estimate_rates

RESAMPLES = 10_000
DRAWS = Draws(RESAMPLES, 0)
DOCUMENTS = 361  # of SDS-KoPub-VDR; the other case is each page a document of its own


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of some tries."""
    taken = []
    for _ in range(times):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return round(min(taken), 3)


def measure(pages: int, rates: int) -> dict[str, float]:
    generator = np.random.default_rng(0)
    errors = generator.integers(0, 100, (pages, rates)).astype(float)
    totals = generator.integers(500, 2_000, (pages, rates)).astype(float)
    found: dict[str, float] = {}
    for documents in (pages, DOCUMENTS):
        clusters = [str(place % documents) for place in range(pages)]
        name = f"{documents} documents"

        def one(column: int, clusters: list[str] = clusters) -> object:
            return estimate_rate(errors[:, column], totals[:, column], clusters)

        found[f"one rate, {name}"] = seconds(lambda one=one: one(0))
        found[f"{rates} rates one by one, {name}"] = seconds(lambda one=one: [one(k) for k in range(rates)], 1)
        found[f"{rates} rates at once, {name}"] = seconds(
            lambda clusters=clusters: estimate_rates(errors, totals, clusters)
        )
        found[f"{rates} paired differences, {name}"] = seconds(
            lambda clusters=clusters: estimate_differences((errors, totals), (totals, totals), clusters, DRAWS)
        )
    known = two.truths(pages // two.ITEMS_OF_DOCUMENT)
    sides = [(name, two.scores(name, known)) for name in ("hasty", "careful")]
    found["table by set, metric and slice"] = seconds(lambda: tabulate_test_sets(sides[0][1], known), 1)
    found["table of pairs"] = seconds(lambda: compare_test_sets(sides[0], sides[1], known, DRAWS), 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1_355)
    parser.add_argument("--rates", type=int, default=40)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = {
        "commit": commit(),
        "hardware": hardware(),
        "pages": given.pages,
        "resamples": RESAMPLES,
        "seconds": measure(given.pages, given.rates),
    }
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
