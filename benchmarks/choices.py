"""How often the matrix chooses right, on runs whose true error rates are known: power and false alarms.

    python -m benchmarks.choices [--draws 200]

Lowest resolution: five resolutions; from the middle one down CER is worse by `step`. A false alarm is an answer below
the lowest that is truly within the tolerance; the power is how often the answer is that one.
Front: four runs, two of them truly on the front, one truly beaten in CER by `step` and no cheaper, one as good as the
best and dearer. A false alarm is a run on the true front that is called beaten; the power is how often each truly
beaten run is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from tests.bench.matrix.made import made_grid

from ocr_project.bench.matrix.pareto import Place, find_front
from ocr_project.bench.matrix.resolution import find_lowest
from ocr_project.engine.metrics.resampling import Draws

PIXELS = (2_000_000, 1_000_000, 500_000, 250_000, 125_000)
BASE, TOLERANCE = 0.05, 0.01
DRAWS = Draws(1000, 0)


def resolutions(documents: int, step: float, draws: int) -> tuple[float, float]:
    """Return power and false alarms; the true answer is the third of five, 500,000 pixels."""
    right = too_low = 0
    for seed in range(draws):
        rates = [BASE, BASE, BASE, BASE + TOLERANCE + step, BASE + TOLERANCE + 2 * step]
        grid = made_grid(rates, documents, seed=seed)
        (found,) = find_lowest(grid, PIXELS, dict.fromkeys(grid.items, "x"), TOLERANCE, DRAWS)
        right += found.pixels == PIXELS[2]
        too_low += found.pixels < PIXELS[2]
    return right / draws, too_low / draws


def fronts(documents: int, step: float, draws: int) -> tuple[float, float, float]:
    """Return the power over the run with the worse CER, over the dearer one, and false alarms."""
    worse = dearer = wrong = 0
    costs = [(1.0, 16.0), (0.3, 5.0), (1.0, 16.0), (2.0, 16.0)]
    for seed in range(draws):
        grid = made_grid([BASE, BASE + 0.04, BASE + step, BASE], documents, seed=seed)
        places = [standing.place for standing in find_front(grid, costs, TOLERANCE, DRAWS)]
        worse += places[2] is Place.BEATEN
        dearer += places[3] is Place.BEATEN
        wrong += Place.BEATEN in places[:2]
    return worse / draws, dearer / draws, wrong / draws


def lines(draws: int) -> Iterator[str]:
    yield "| documents of 10 questions | CER worse by | lowest resolution: right | too low |"
    yield "| --- | --- | --- | --- |"
    for documents in (10, 25, 100, 250):
        for step in (0.0, 0.01, 0.04):
            right, low = resolutions(documents, step, draws)
            yield f"| {documents} | tolerance + {step:.2f} | {right:.0%} | {low:.1%} |"
    yield "| documents of 10 questions | CER worse by | front: worse beaten | dearer beaten | false alarms |"
    yield "| --- | --- | --- | --- | --- |"
    for documents in (10, 25, 100, 250):
        for step in (0.02, 0.05):
            worse, dearer, wrong = fronts(documents, step, draws)
            yield f"| {documents} | {step:.2f} | {worse:.0%} | {dearer:.0%} | {wrong:.1%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    began = time.perf_counter()
    for line in lines(parser.parse_args().draws):
        print(line, flush=True)
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
