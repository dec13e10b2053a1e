"""The pipeline training over a tiny model: from shards of samples to a merged model with its card, and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options import RuntimeOptions, TrainingOptions
from ocr_project.domain.project import Project
from ocr_project.domain.types import Shard, ShardInfo, Split, TrainingSample
from ocr_project.pipelines.training.nodes import (
    plan_training,
    predict_training_memory,
    report_training,
    run_name,
    train_model,
)
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.testing import tiny_trainable
from tests.training.tiny import TEXTS, options

torch = pytest.importorskip("torch")
pytest.importorskip("peft")


@pytest.fixture
def samples(tmp_path: Path) -> ShardFolder:
    folder = ShardFolder(tmp_path / "samples", TrainingSample)
    rows = [
        *tiny_trainable.samples(TEXTS),
        *(replace(one, sample_id=f"v{one.sample_id}") for one in tiny_trainable.samples(TEXTS[:2], split=Split.VALID)),
        replace(tiny_trainable.samples(["x"])[0], sample_id="empty", answer=" "),
    ]
    for number, part in enumerate((rows[:3], rows[3:])):
        folder.write(Shard(ShardInfo(f"shard-{number}", "key", f"{number}", len(part)), part))
    return folder


def chosen(model: Path, **changes: Any) -> TrainingOptions:
    return options(model, **{"epochs": 100, "score_items": 4, "score_updates": 50, "answer_tokens": 40} | changes)


@pytest.mark.timeout(900)  # four processes that import torch
def test_samples_become_a_model_that_reads_them_with_a_page_and_a_card(samples: ShardFolder, tmp_path: Path) -> None:
    model = tiny_trainable.build(tmp_path, "qwen2_vl")
    training = chosen(model)
    plan, held, refused, counts = plan_training(samples, training)
    assert counts["rows"] == 7 == counts["used"] + counts["refused"]
    assert refused["rule"].tolist() == ["empty_answer"]
    assert held["set"].tolist() == ["valid", "valid"]
    memory = predict_training_memory(plan, training, RuntimeOptions())
    assert memory["peak"] > 0
    assert memory["checkpoint_every"] == 1  # of no known card
    models = tmp_path / "models"
    trained = train_model(models, samples, plan, held, memory, training)
    merged = Path(trained["run"]) / "merged"
    scratch = Scratch(tmp_path / "scratch")
    page, scores, curve, metrics = report_training(
        trained, counts, Project(tmp_path, tmp_path / "data", "abc"), scratch, training
    )

    assert metrics["tuned.valid.exact"] == 1.0
    assert metrics["base.valid.exact"] == 0.0
    assert metrics["tuned.valid.cer"] == 0.0
    assert metrics["updates"] == 100
    by_name = scores.set_index(["model", "set", "metric"])
    assert by_name.loc[("tuned", "valid", "exact"), "low"] < 0.4  # of two samples nothing is known
    assert {"loss", "learning_rate", "tokens_per_second", "valid_loss", "valid_cer"} <= set(curve.columns)
    assert curve["valid_cer"].dropna().iloc[-1] == 0.0
    text = page.read_text()
    assert "nothing is concluded" in text or "only one model" not in text
    assert TEXTS[0] in text
    card = (merged / "README.md").read_text()
    assert "95 % interval" in card
    assert "1 empty_answer" in card
    assert "abc" in card

    # the same again: nothing is done twice
    before = {path: path.stat().st_mtime_ns for path in Path(trained["run"]).rglob("*.safetensors")}
    again = train_model(models, samples, plan, held, memory, training)
    assert again == trained
    assert before == {path: path.stat().st_mtime_ns for path in Path(trained["run"]).rglob("*.safetensors")}


@pytest.mark.slow
def test_what_goes_wrong_in_the_process_is_said_by_its_message(samples: ShardFolder, tmp_path: Path) -> None:
    model = tiny_trainable.build(tmp_path, "qwen2_vl")
    training = chosen(model, score_items=0, lora={"pattern": "no_such_layer"})
    plan, held, _, _ = plan_training(samples, training)
    with pytest.raises(BackendError, match=r"training, train: .*no_such_layer.* matches no linear layer"):
        train_model(tmp_path / "models", samples, plan, held, {}, training)


def test_a_card_that_is_too_small_is_refused_before_anything_is_loaded(samples: ShardFolder, tmp_path: Path) -> None:
    model = tiny_trainable.build(tmp_path, "qwen2_vl")
    training = chosen(model, device="auto")
    plan, *_ = plan_training(samples, training)
    with pytest.raises(OptionError, match=r"a card has 0\.5"):
        predict_training_memory(plan, training, RuntimeOptions(gpu_memory_gib=0.5))


def test_a_run_is_named_by_what_changes_its_weights_and_not_by_speed(tmp_path: Path) -> None:
    plan = pd.DataFrame({"pack": [0], "epoch": [0], "sample_id": ["a"], "tokens": [3]})
    names = {
        run_name(plan, plan, options(Path("m"), **changes), "r")
        for changes in ({}, {"workers": 4}, {"save_minutes": 3}, {"keep": 5}, {"compile": True})
    }
    assert len(names) == 1
    others = {run_name(plan, plan, options(Path("m"), seed=seed), "r") for seed in (1, 2)}
    assert len(others | names) == 3
