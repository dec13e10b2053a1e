"""Hostile answers to the items of every test set: how many end a run, and what becomes of the others.

    python -m benchmarks.hostile_answers [--rows 20000] [--seconds 60] [--memory 4] [--cdm]

Items are those that the tests make of every set in its published form; formulas are drawn where `--cdm` says so. A row
is one answer to one ground truth. "escaped" is what would end the run; "left out" is a row `failed`, apart from zero,
where the same item without an answer is scored: an answer must not take its item out of the mean. Seconds are by the
clock. Memory is the most that a process which scores, or draws, had in use. The exit status is 1 where anything escaped
or was left out.
"""

from __future__ import annotations

import argparse
import gc
import logging
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from tests.hostile_answers import hostile_answers, long_table
from tests.testset_files import WRITERS

from ocr_project.bench.scoring import Outcome
from ocr_project.bench.scoring.guard import Limits
from ocr_project.bench.scoring.scorer import Scorer
from ocr_project.bench.testsets import open_test_set, truths_of
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.types import Page, Recognition, Status, TextFormat, Transcript, Truth

_SLOW = 5.0  # seconds: what takes longer is named


def truths() -> Iterator[Truth]:
    """Yield what is known about the made items of every set, one of each set, kind and rule."""
    with tempfile.TemporaryDirectory() as folder:
        for name, write in WRITERS.items():
            write(Path(folder) / name)
            opened = open_test_set(name, TestsetsOptions(folder=Path(folder)))
            for item in opened.read(range(len(opened)), images=False):
                yield from truths_of(name, item)


def outcome(truth: Truth, said: str, kind: TextFormat) -> Outcome:
    page = Page(truth.page_id, "d", "d.png", "set", 1, 100, 100, 150.0, "image/png", b"")
    transcript = Transcript(truth.page_id, "d", "d.png", "set", 1, said, said)
    return Outcome(page, [Recognition(truth.page_id, 0, said, kind)], transcript, [truth])


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--rows", type=int, default=20_000, help="of the long table; 0: none")
    parser.add_argument("--seconds", type=float, default=60.0, help="testsets.item_seconds")
    parser.add_argument("--memory", type=float, default=4.0, help="testsets.item_memory_gib")
    parser.add_argument("--cdm", action="store_true", help="draw formulas by LaTeX")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    limits = Limits(arguments.seconds, int(arguments.memory * 2**30))
    scorer = Scorer(cdm=arguments.cdm, limits=limits)
    answers = list(hostile_answers())
    if arguments.rows:
        answers.append((f"{arguments.rows} rows", long_table(arguments.rows), TextFormat.HTML))
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    slowest = (0.0, "")
    for truth in truths():
        scorable = {
            row.metric for row in scorer.score([outcome(truth, "", TextFormat.TEXT)]) if row.status is Status.OK
        }
        for name, said, kind in answers:
            counts["answer x truth"] += 1
            begun = perf_counter()
            try:
                rows = scorer.score([outcome(truth, said, kind)])
            except Exception as error:
                counts["escaped"] += 1
                print(f"ESCAPED {truth.test_set} {truth.kind}, {name}: {type(error).__name__}: {error}"[:200])
                continue
            seconds = perf_counter() - begun
            slowest = max(slowest, (seconds, f"{truth.test_set} {truth.kind}, {name}"))
            if seconds > _SLOW:
                print(f"{seconds:6.1f} s {truth.test_set} {truth.kind}, {name}", flush=True)
            if any(row.status is not Status.OK and row.metric in scorable for row in rows):
                counts["left out"] += 1
                print(f"LEFT OUT {truth.test_set} {truth.kind}, {name}: {rows[0].reason}"[:200])
            guarded = {row.reason for row in rows if row.reason.startswith("the answer ")}
            counts["scored as if nothing was said"] += bool(guarded)
            reasons.update(reason.split(":")[1].strip() if ":" in reason else reason for reason in guarded)
    for name in ("answer x truth", "escaped", "left out", "scored as if nothing was said"):
        print(f"{name:32s}{counts[name]:8,d}")
    for reason, count in reasons.most_common():
        print(f"    {reason:40s}{count:8,d}")
    print(f"slowest: {slowest[0]:.1f} s, {slowest[1]}")
    del scorer  # its processes end, and their memory is known
    gc.collect()
    print(f"memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20:.2f} GiB")
    return int(counts["escaped"] + counts["left out"] > 0)


if __name__ == "__main__":
    sys.exit(main())
