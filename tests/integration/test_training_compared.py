"""Base and tuned model through the lane of every model: test sets, fields, `kedro compare`, the gate both ways."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from ocr_project.testing import tiny_trainable
from tests.bench.fields.sets import write_set
from tests.whole_job import Finished, copy_project, run_command, run_job, write_pages

pytest.importorskip("torch", reason="training needs the extra train: `make models`")
pytest.importorskip("peft", reason="training needs the extra train: `make models`")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # a dozen commands that import torch

PAGES = 10  # of fewer a gate says that they are too few
RECIPE = (
    *("training.device=cpu", "training.workers=0", "training.dialect=chat", "training.epochs=120"),
    *("training.learning_rate=0.01", "training.packs_per_update=1", "training.tokens_per_pack=1024"),
    *("training.lora.where=all", "training.score_items=0"),
)
READER = (
    *("layout.backend=whole_page", "recognition.backend=transformers", "recognition.transformers.dialect=chat"),
    # the base rarely comes to an end: answers that are cut are failures, and are scored with what there is of them
    *("recognition.transformers.max_tokens.page=32", "recognition.transformers.loops=false"),
    "runtime.failures_are_errors=false",
)
WORSE = 4  # exit status of a gate


@dataclass(frozen=True)
class Trained:
    """A project with a model that knows ten pages by heart, and the model that it was made of."""

    project: Path
    pages: Path
    base: Path
    merged: Path


def _pipeline(project: Path, name: str, *parameters: str, code: int = 0) -> Finished:
    done = run_job(project, "runtime.progress=false", *parameters, arguments=("--pipelines", name))
    assert done.code == code, done.output
    return done


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp("training")
    project = copy_project(root / "project")
    base = tiny_trainable.build(root, "qwen3_vl")
    for number, text in enumerate(write_pages(root / "learnt", PAGES)):
        (root / f"learnt/page{number:05d}.gt.txt").unlink()
        (root / f"learnt/page{number:05d}.gt.md").write_text(f"{text}\n")
    write_pages(root / "pages", PAGES)
    _pipeline(project, "training_data", f"training_data.sources=folder:{root / 'learnt'}", "training_data.valid=0")
    _pipeline(project, "training", f"training.model={base}", *RECIPE)
    (run,) = [path for path in (project / "data/06_models").iterdir() if path.is_dir()]
    return Trained(project, root / "pages", base, run / "merged")


def _read(trained: Trained, model: Path, baseline: str = "", code: int = 0) -> str:
    """Let a model read the test set; return the name of its run."""
    gate = (f"testsets.gate.baseline={baseline}", "testsets.gate.speed_tolerance=100") if baseline else ()
    sets = (f"testsets.sets={trained.pages}", f"recognition.model={model}")
    _pipeline(trained.project, "testsets", *sets, *READER, *gate, code=code)
    return max(path.name for path in (trained.project / "data/08_reporting/benchmark_run").iterdir())


def test_a_tuned_model_reads_a_test_set_beside_its_base_and_the_gate_knows_them_apart(trained: Trained) -> None:
    reporting = trained.project / "data/08_reporting"
    base = _read(trained, trained.base)
    record = reporting / "benchmark_run" / base / "benchmark_run"
    tuned = _read(trained, trained.merged, baseline=str(record))
    named = (f"base={base}", f"tuned={tuned}")
    compared = run_command(trained.project, sys.executable, "-m", "kedro", "compare", *named)
    assert compared.code == 0, compared.output
    pairs = pd.read_csv(max((reporting / "comparison_table.csv").rglob("*.csv")))
    read = pairs.set_index("metric").loc["word_f1/canonical"]
    assert read[["first", "second", "documents"]].tolist() == ["base", "tuned", PAGES]
    assert read["second_rate"] == 1.0, "what it learnt it reads, through test set, ingest and recognition"
    assert read["verdict"] == "second", "the better one of the two"
    record = reporting / "benchmark_run" / tuned / "benchmark_run"
    worse = _read(trained, trained.base, baseline=str(record), code=WORSE)
    assert worse > tuned


def test_both_answer_questions_about_fields(trained: Trained, tmp_path: Path) -> None:
    cards = write_set(tmp_path / "cards", 2)
    for model in (trained.base, trained.merged):
        asked = (f"fields.set={cards}", "fields.backend=transformers", f"fields.transformers.model={model}")
        how = ("max_tokens=8", "dialect=chat", "loops=false")
        limits = (f"fields.transformers.{one}" for one in how)
        _pipeline(trained.project, "fields", *asked, *limits, "runtime.failures_are_errors=false")
        measured = json.loads((trained.project / "data/08_reporting/fields_metrics.json").read_text())
        assert measured["questions"] == 6
    kept = trained.project / "data/07_model_output/fields/answers"
    assert sum(path.is_dir() for path in kept.iterdir()) == 2, (
        "two models are two folders of answers, though both are local"
    )
