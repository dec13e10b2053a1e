"""What the commands take that a person waits for: help, a search, and a run with nothing to do.

usage: python -m benchmarks.commands [--rounds 5] [--against ../other/checkout]

Each is started anew in every round, in turn with those of another checkout where one is named: the ratio of their CPU
seconds is what to go by, the clock is right on a quiet machine only. The corpus is read first, into a folder that is
thrown away. Prints medians as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.gpu_machine import commit

COMMANDS = {
    "help": ("run", "--help"),
    "search": ("search", "예산", "--data", "{data}"),
    "run with nothing to do": ("run", "--params", "data={data}"),
}
HERE = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path)
    arguments = parser.parse_args()
    checkouts = {"here": HERE, **({"there": arguments.against.resolve()} if arguments.against else {})}
    with tempfile.TemporaryDirectory() as folder:
        data = {name: f"{folder}/{name}" for name in checkouts}
        for name, checkout in checkouts.items():
            start(checkout, COMMANDS["run with nothing to do"], data[name])  # now there is nothing left to do
        taken = {
            command: [
                {name: start(checkout, words, data[name]) for name, checkout in checkouts.items()}
                for _ in range(arguments.rounds)
            ]
            for command, words in COMMANDS.items()
        }
    print(json.dumps({"commit": commit(), **{name: told(rounds) for name, rounds in taken.items()}}, indent=2))


def start(checkout: Path, words: tuple[str, ...], data: str) -> tuple[float, float]:
    """Run a command to its end; return seconds by the clock and of CPU, its processes included."""
    environment = {**os.environ, "PYTHONPATH": f"{checkout / 'src'}:{checkout}"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "kedro", *(word.format(data=data) for word in words)]
    subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(rounds: list[dict[str, tuple[float, float]]]) -> dict[str, float]:
    """Return medians, and how the CPU seconds of the two checkouts compare."""
    figures = {}
    for name in rounds[0]:
        figures[f"seconds, {name}"] = round(median(one[name][0] for one in rounds), 2)
        figures[f"CPU seconds, {name}"] = round(median(one[name][1] for one in rounds), 2)
    if "there" in rounds[0]:
        figures["CPU here over there"] = round(median(one["here"][1] / one["there"][1] for one in rounds), 2)
    return figures


if __name__ == "__main__":
    main()
