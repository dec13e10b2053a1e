"""How fast formulas are drawn and scored: CDM in batches, one by one, in parallel and kept, and the scores beside it.

    python -m benchmarks.formulas [--formulas 2000] [--json FILE]

Formulas are those of the shared test documents, each made different by a number in it, so that none is
drawn twice. "One by one" is how the reference implementation runs LaTeX: a process a formula, and one of
Ghostscript. Ratios are medians over rounds in which the ways follow each other; on a machine that is busy
anyway two workers gain little, so beside each round two processes that only count are timed against one
(`machine_gives`), and the seconds of all cores together are given: `two_workers_at_best` is what they leave.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.gpu_machine import commit, hardware

from ocr_project.bench.metrics.canonical import canonical_formula
from ocr_project.bench.metrics.cdm import cdm, missing_tools
from ocr_project.bench.metrics.cdm.drawing import draw_batch
from ocr_project.bench.metrics.cdm.painting import paint
from ocr_project.bench.metrics.formula.scores import formula_edit

FORMULAS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "formulas"
ALONE = 32  # drawn one by one: enough for a ratio
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formulas", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if missing := missing_tools():
        sys.exit(missing)
    sources = [file.read_text("utf-8") for file in sorted(FORMULAS.glob("*.tex"))]
    if not sources:
        sys.exit(f"{FORMULAS} holds no formulas: the shared test data is not on this machine")
    result = {"commit": commit(), "hardware": hardware(), **measure(sources, arguments.formulas)}
    written = json.dumps(result, indent=1)
    print(written)
    if arguments.json:
        arguments.json.write_text(written + "\n", "utf-8")


def measure(sources: list[str], count: int) -> dict[str, float | int]:
    """Return milliseconds a formula, and the ratios between the ways."""
    turn = iter(range(10_000_000))

    def fresh(number: int) -> list[str]:
        return [f"{sources[place % len(sources)].strip()} , {next(turn)}" for place in range(number)]

    def scored(workers: int, cache: Path | None = None, number: int = count) -> Callable[[], object]:
        references = fresh(number // 2)
        hypotheses = [f"{reference} x" for reference in references]
        return lambda: cdm(references, hypotheses, workers=workers, cache=cache)

    def alone() -> list[object]:
        return [draw_batch([paint(latex)], 10.0) for latex in fresh(ALONE)]

    rounds: dict[str, list[float]] = {}
    cores: list[tuple[float, ...]] = []

    def clock(name: str, work: Callable[[], object], number: int) -> None:
        begun = perf_counter()
        work()
        rounds.setdefault(name, []).append((perf_counter() - begun) * 1000 / number)

    scored(1, number=2)()  # what is imported when it is used
    for _ in range(ROUNDS):  # side by side: the machine's other work falls on all alike
        clock("one_by_one_ms", alone, ALONE)
        before = _cores()
        clock("one_worker_ms", scored(1), count)
        cores.append(tuple(after - start for start, after in zip(before, _cores(), strict=True)))
        clock("two_workers_ms", scored(2), count)
        clock("counting_one_ms", partial(_count, 1), 1)
        clock("counting_two_ms", partial(_count, 2), 2)
        with TemporaryDirectory() as folder:
            kept = scored(2, Path(folder))
            kept()
            clock("kept_ms", kept, count)
        plain = fresh(count)
        clock("canonical_formula_ms", lambda plain=plain: [canonical_formula(latex) for latex in plain], count)
        clock("formula_edit_ms", lambda plain=plain: [formula_edit(latex, latex + "x") for latex in plain], count)

    def ratio(slow: str, fast: str) -> float:
        return round(median(one / other for one, other in zip(rounds[slow], rounds[fast], strict=True)), 2)

    here, processes = (sum(shares) * 1000 / count / ROUNDS for shares in zip(*cores, strict=True))
    return {
        "formulas": count,
        **{name: round(min(times), 3) for name, times in rounds.items()},
        "cores_here_ms": round(here, 3),
        "cores_processes_ms": round(processes, 3),
        "batches_to_one_by_one": ratio("one_by_one_ms", "one_worker_ms"),
        "two_workers_to_one": ratio("one_worker_ms", "two_workers_ms"),
        "machine_gives": ratio("counting_one_ms", "counting_two_ms"),
        "two_workers_at_best": round((here + processes) / max(here, (here + processes) / 2), 2),
        "kept_to_drawn": ratio("one_worker_ms", "kept_ms"),
    }


def _count(processes: int) -> None:
    """Keep as many processes busy, each with the same work."""
    started = [subprocess.Popen([sys.executable, "-c", "sum(range(100_000_000))"]) for _ in range(processes)]
    for process in started:
        process.wait()


def _cores() -> tuple[float, float]:
    """Return the seconds of all cores that this process and those that it started have had."""
    used = os.times()
    return used.user + used.system, used.children_user + used.children_system


if __name__ == "__main__":
    main()
