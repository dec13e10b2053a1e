"""`kedro run --pipelines training_data` and then `--pipelines training`, as a user runs them: a tiny model, a CPU."""

from __future__ import annotations

import json
from pathlib import Path

import mlflow
import pytest

from ocr_project.testing import tiny_trainable
from tests.trained_model import PAGES, UPDATES, check_model, check_samples
from tests.whole_job import Finished, copy_project, run_job, write_pages

pytest.importorskip("torch", reason="training needs the extra train: `make models`")
pytest.importorskip("peft", reason="training needs the extra train: `make models`")
pytestmark = pytest.mark.slow


def _pipeline(project: Path, name: str, *parameters: str) -> Finished:
    done = run_job(project, "runtime.progress=false", *parameters, arguments=("--pipelines", name))
    assert done.code == 0, done.output
    return done


def test_from_samples_to_a_merged_model_and_its_scores(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project", mlflow=True)
    base = tiny_trainable.build(tmp_path, "qwen3_vl")
    write_pages(tmp_path / "pages", PAGES)
    (tmp_path / "pages" / "page00009.gt.txt").unlink()
    sources = (f"training_data.sources=folder:{tmp_path / 'pages'}", "training_data.valid=0.3")
    _pipeline(project, "training_data", *sources)
    check_samples(project)

    recipe = (
        *(f"training.model={base}", "training.device=cpu", "training.workers=0", f"training.updates={UPDATES}"),
        *("training.epochs=9", "training.packs_per_update=1", "training.learning_rate=0.01"),
        *("training.tokens_per_pack=1024", "training.answer_tokens=24"),
    )
    first = _pipeline(project, "training", *recipe)
    (run,) = [path for path in (project / "data/06_models").iterdir() if path.is_dir()]
    check_model(project, run, first.output)
    weights = (run / "merged/model.safetensors").stat()

    again = _pipeline(project, "training", *recipe)
    assert (run / "merged/model.safetensors").stat().st_mtime_ns == weights.st_mtime_ns, "nothing is done twice"
    assert again.cpu < first.cpu
    runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
    (tracked, *_) = [one for one in runs if "training.loss" in one.data.metrics]
    history = mlflow.MlflowClient().get_metric_history(tracked.info.run_id, "training.loss")
    assert len(history) >= UPDATES

    _pipeline(project, "publish_model")
    published = json.loads((project / "data/08_reporting/publish_model_metrics.json").read_text())
    assert published["files"] == len([path for path in (run / "merged").rglob("*") if path.is_file()])
    assert published["uploaded"] == 0, "nothing leaves the machine unasked"
