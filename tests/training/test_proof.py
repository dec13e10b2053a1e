"""Tiny models of the real architectures learn four pages by heart, merge, and read them to the last character."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.testing import tiny_trainable
from tests.training.tiny import RECIPES, TEXTS, load, prepare

torch = pytest.importorskip("torch")
pytest.importorskip("peft")


@pytest.mark.parametrize("family", ["qwen3_vl", "qwen2_vl", "paddleocr_vl"])
def test_four_pages_are_learnt_merged_reloaded_and_read_to_the_last_character(family: str, tmp_path: Path) -> None:
    from ocr_project.training.checkpoints import last_checkpoint
    from ocr_project.training.evaluation import read_samples
    from ocr_project.training.merging import merge_adapter, probes_of
    from ocr_project.training.recording import read_steps

    folder = tiny_trainable.build(tmp_path, family)
    training = prepare(folder, **RECIPES[family])
    before = read_samples(training.model, training.encoder, training.samples, 60)
    assert [one.answer == one.truth for one in before] == [False] * 4
    training.trainer(tmp_path / "run").fit()
    steps = read_steps(tmp_path / "run")
    assert len(steps) == RECIPES[family]["epochs"]
    assert steps["loss"].iloc[0] > 4
    assert steps["loss"].iloc[-1] < 0.1

    last = last_checkpoint(tmp_path / "run")
    assert last is not None
    probes = probes_of(training.encoder, training.samples)
    proof = merge_adapter(load(folder), last, folder, tmp_path / "merged", probes)
    assert proof.adapter_merged < 1e-3
    assert proof.merged_reloaded == 0
    assert proof.likeliest == 1
    assert proof.moved == sum(".lora_A." in name for name, _ in training.model.named_parameters())
    assert proof.frozen > 0
    assert {"tokenizer.json", "preprocessor_config.json", "config.json"} <= {
        path.name for path in (tmp_path / "merged").iterdir()
    }
    after = read_samples(load(tmp_path / "merged"), training.encoder, training.samples, 60)
    assert [one.answer for one in after] == list(TEXTS)
    assert all(one.ended for one in after)  # by the end mark, long before the limit (complaint 6)
