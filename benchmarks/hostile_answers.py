"""Hostile answers to the items of every test set: how many end a run, and what becomes of the others.

    python -m benchmarks.hostile_answers [--rows 20000] [--seconds 60] [--memory 4] [--cdm]

Items are those that the tests make of every set in its published form; formulas are drawn where `--cdm` says so. A row
is one answer to one ground truth. "escaped" is what would end the run; "left out" is a row `failed`, apart from zero,
where the same item without an answer is scored: an answer must not take its item out of the mean. Seconds are by the
clock. Memory is the most that a process which scores, or draws, had in use. The exit status is 1 where anything
escaped or was left out.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.hostile_answers import hostile_answers, long_table
from tests.testset_files import HTML as TABLE
from tests.testset_files import WRITERS

from ocr_project.bench.scoring import Outcome
from ocr_project.bench.scoring.guard import Limits
from ocr_project.bench.scoring.scorer import Scorer
from ocr_project.bench.testsets import open_test_set, truths_of
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.types import Page, Recognition, Status, TextFormat, Transcript, Truth, TruthKind

_SLOW = 5.0  # seconds: what takes longer is named


# Rules that no made item of a set asks for: types of OCRBench v2, and tests of olmOCR-bench.
_OCRBENCH_V2: dict[str, dict[str, Any]] = {
    "formula recognition en": {"answers": ["x ^ 2"]},
    "formula recognition cn": {"answers": ["x ^ 2"]},
    "text counting en": {"answers": ["3"], "eval": "regression"},
    "text counting cn": {"answers": ["3"], "eval": "exact match"},
    "handwritten answer extraction cn": {"answers": ["答案"], "question": "简答"},
    "handwritten answer extraction en": {"answers": ["AB"]},
    "fine-grained text recognition en": {"answers": ["one two"]},
    "text translation cn": {"answers": ["one two three"]},
    "text grounding en": {"answers": [1, 2, 30, 40]},
    "text spotting en": {"answers": [], "bbox_list": [[1, 2, 30, 2, 30, 40, 1, 40]], "content": ["x"]},
    "table parsing cn": {"answers": [TABLE]},
    "chart parsing en": {"answers": ["{'title': 'a', 'values': {'x': '1'}}"]},
    "document parsing en": {"answers": ["# a\n\nb\n\n| a | b |\n|---|---|\n| 1 | 2 |"]},
    "key information mapping en": {"answers": ["{'total': ['8.50']}"]},
    "science QA en": {"answers": ["a"], "eval": "case sensitive"},
}
_TESTS: tuple[dict[str, Any], ...] = (
    {"type": "absent", "text": "199", "max_diffs": 2},
    {"type": "order", "before": "one", "after": "two", "max_diffs": 2},
    {"type": "table", "cell": "b", "left": "a", "top_heading": "b"},
    {"type": "math", "math": "a^{2}+b^{2}"},
    {"type": "baseline"},
)


def truths() -> Iterator[Truth]:
    """Yield what is known about the made items of every set, then one for each rule that these do not ask for."""
    yield from _made()
    for kind, known in _OCRBENCH_V2.items():
        yield _truth("ocrbench_v2", TruthKind.ANSWERS, {"type": kind, "eval": "None", "question": "?", **known})
    for test in _TESTS:
        tests = [{"id": "a", "pdf": "a.pdf", "page": 1, "category": "arxiv_math", **test}]
        yield _truth("olmocr_bench", TruthKind.TESTS, {"tests": tests})


def _truth(test_set: str, kind: TruthKind, payload: dict[str, Any]) -> Truth:
    return Truth("a_00001", test_set, kind, json.dumps(payload, ensure_ascii=False), (), "a")


def _made() -> Iterator[Truth]:
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
