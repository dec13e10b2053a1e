"""What a matrix costs beside its models: 6 runs of 210 questions against servers that answer at once, or slowly.

    python -m benchmarks.matrix [--delay 0.0] [--documents 21]
    python -m benchmarks.matrix --urls URL+URL … --model NAME --json FILE

A run asks 10 questions about each of 21 images. Overhead of a question on the single clock: the time from one image to
the next less what the requests took, over 10; of a run: its wall time less that of its questions.

With `--urls` servers that run are asked, those of a card joined by `+`: as many runs side by side as cards, each in a
process of its own, with both clocks. Told are the seconds that each run was asking.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.gpu_machine import gpu_watched, report
from tests.bench.matrix.small_set import reader, write_set

from ocr_project.bench.matrix.launching import run_locally
from ocr_project.bench.matrix.performing import Common
from ocr_project.bench.matrix.plan import plan_runs
from ocr_project.bench.matrix.results import ANSWERS, read_matrix, write_matrix
from ocr_project.bench.matrix.user_config import read_user_config
from ocr_project.domain.options import FieldsOptions, MatrixOptions, RuntimeOptions
from ocr_project.domain.project import Project
from ocr_project.pipelines.matrix.nodes import tabulate, write_matrix_page
from ocr_project.storage.journal import read_journal
from ocr_project.storage.scratch import Scratch
from ocr_project.testing.fake_vllm import FakeVllm

RUNS, QUESTIONS = 6, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--documents", type=int, default=21)
    parser.add_argument("--urls", nargs="+", default=[])
    parser.add_argument("--model", default="stub")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.urls:
            found = side_by_side(Path(folder), arguments.documents, arguments.model, arguments.urls)
            report(found, arguments.json)
        else:
            measure(Path(folder), arguments.documents, arguments.delay)


def side_by_side(home: Path, documents: int, model: str, urls: Sequence[str]) -> dict[str, Any]:
    """Do a run for each card, all at once, and say how long each was asking."""
    write_set(home / "Datasets/VQA/small", documents, tuple(f"number {place}" for place in range(QUESTIONS)))
    options, config = (
        MatrixOptions(gpus=tuple(range(len(urls))), single_documents=max(1, documents // 4)),
        home / "runs.csv",
    )
    rows = "".join(
        f"small;vLLM;{model};{each.replace('+', ', ')};{400_000 - 28 * place}\n" for place, each in enumerate(urls)
    )
    config.write_text(f"dataset;framework;model;url;pixels\n{rows}")
    fields = FieldsOptions.model_validate({"vllm": {"dialect": "chat", "loops": False, "max_tokens": 64}})
    runs = plan_runs(config, read_user_config(config, options), options, fields)
    began = time.perf_counter()
    with gpu_watched(len(urls)) as gpu:
        facts = run_locally(runs, Common(home / "runs", options, RuntimeOptions()))
    seconds = time.perf_counter() - began
    lines = [read_journal(home / "runs" / one.folder / ANSWERS) for one in facts]
    asked = [[line for line in each if "answers" in line] for each in lines]
    statuses = Counter(answer["status"] for each in asked for line in each for answer in line["answers"])
    return {
        "runs": len(urls),
        "seconds": round(seconds, 2),
        "asking_seconds": [
            round(max(line["ended"] for line in each) - min(line["began"] for line in each), 2) for each in asked
        ],
        "answers": dict(statuses),
        **gpu,
    }


def _last(lines: Sequence[Mapping[str, Any]]) -> float:
    return max(float(line["ended"]) for line in lines)


def measure(home: Path, documents: int, delay: float) -> None:
    write_set(home / "Datasets/VQA/small", documents, tuple(f"number {place}" for place in range(QUESTIONS)))
    options, config = MatrixOptions(clock="single"), home / "user_config.csv"
    with FakeVllm(model="stub", read=reader(), delay=delay) as server:
        rows = "".join(f"small;vLLM;stub;{server.url};{400_000 - 28 * place}\n" for place in range(RUNS))
        config.write_text(f"dataset;framework;model;url;pixels\n{rows}")
        began = time.perf_counter()
        runs = plan_runs(config, read_user_config(config, options), options, FieldsOptions())
        planned = time.perf_counter()
        facts = run_locally(runs, Common(home / "runs", options, RuntimeOptions()))
        done = time.perf_counter()
        again = run_locally(runs, Common(home / "runs", options, RuntimeOptions()))
        assert [one.questions for one in again] == [documents * QUESTIONS] * RUNS
    judged = time.perf_counter()
    write_matrix(home / "runs", [one.folder for one in facts])
    tabulate(home / "runs", options)
    write_matrix_page(home / "runs", options, Project(home, home / "data"), Scratch(home / "scratch"))
    told = time.perf_counter()
    spent, beside = [], []
    for run in read_matrix(home / "runs"):
        lines = [line for line in read_journal(home / "runs" / run.facts.folder / ANSWERS) if "answers" in line]
        spent += [
            (later["began"] - line["began"] - sum(answer["seconds"] for answer in line["answers"])) / QUESTIONS
            for line, later in pairwise(lines)
        ]
        beside.append(lines[-1]["ended"] - lines[0]["began"])
    asked = sum(beside)
    print(f"{RUNS} runs of {documents * QUESTIONS} questions, server {delay * 1000:.0f} ms")
    print(f"a question, beside the request: median {statistics.median(spent) * 1000:.2f} ms,"
          f" mean {statistics.mean(spent) * 1000:.2f} ms")  # fmt: skip
    print(f"a run, beside its questions: {(done - planned - asked) / RUNS:.2f} s, the first process's start included")
    print(f"plan {planned - began:.2f} s, all runs {done - planned:.2f} s, once more with nothing to do"
          f" {(judged - done) / RUNS:.2f} s a run, tables and report {told - judged:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
