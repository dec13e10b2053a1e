"""Merged models: the one that was trained, with all its files; and weights that another framework turned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.errors import OptionError
from ocr_project.testing import tiny_trainable
from tests.training.tiny import load, prepare

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
safetensors = pytest.importorskip("safetensors.torch")

FEW = {"epochs": 2, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def paddle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_trainable.build(tmp_path_factory.mktemp("model"), "paddleocr_vl")
    (folder / "notes.txt").write_text("as it was")
    (folder / "special.model").write_bytes(b"a file that transformers does not know")
    return folder


def trained(model: Path, run: Path, **changes: Any) -> tuple[Any, Path]:
    from ocr_project.training.checkpoints import last_checkpoint

    training = prepare(model, **FEW | changes)
    training.trainer(run).fit()
    last = last_checkpoint(run)
    assert last is not None
    return training, last


@pytest.mark.parametrize("where", ["text", "text+projector", "all"])
def test_15_a_merged_folder_has_every_file_of_the_base_and_its_names(paddle: Path, tmp_path: Path, where: str) -> None:
    from ocr_project.training.merging import PROOF, merge_adapter, probes_of

    training, last = trained(paddle, tmp_path / "run", lora={"where": where})
    proof = merge_adapter(
        load(paddle), last, paddle, tmp_path / "merged", probes_of(training.encoder, training.samples)
    )
    merged = tmp_path / "merged"
    assert {path.name for path in paddle.iterdir()} <= {path.name for path in merged.iterdir()}
    assert (merged / "special.model").read_bytes() == (paddle / "special.model").read_bytes()
    base, made = (safetensors.load_file(folder / "model.safetensors") for folder in (paddle, merged))
    assert base.keys() == made.keys()  # names as in the Hub's checkpoint: vLLM loads by them
    changed = {name for name in base if not torch.equal(base[name], made[name])}
    assert len(changed) == proof.moved
    assert any("visual" in name for name in changed) == (where == "all")
    assert json.loads((merged / PROOF).read_text())["moved"] == proof.moved


def test_14_lora_on_a_tied_head_is_refused(tmp_path: Path) -> None:
    folder = tiny_trainable.build(tmp_path, "qwen3_vl")
    with pytest.raises(OptionError, match="lm_head"):
        prepare(folder, lora={"pattern": "lm_head|q_proj"})
    untied = tiny_trainable.build(tmp_path / "untied", "qwen3_vl", tied=False)
    assert prepare(untied, lora={"pattern": "lm_head|q_proj"}).model is not None


def test_a_pattern_that_matches_nothing_is_an_error_that_names_what_there_is(paddle: Path) -> None:
    with pytest.raises(OptionError, match=r"matches no linear layer; there are .*q_proj"):
        prepare(paddle, lora={"pattern": "qkv_proj|up_gate_proj"})


def test_what_is_trained_is_told_by_part_and_kind(paddle: Path) -> None:
    from ocr_project.training.adapters import trained_modules

    training = prepare(paddle, lora={"pattern": r"language_model.*(q_proj|down_proj)|projector.linear_1"})
    assert list(trained_modules(training.model, training.encoder.family)) == [
        "language.down_proj",
        "language.q_proj",
        "projector.linear_1",
    ]


def test_full_training_keeps_what_is_frozen_and_proves_it(paddle: Path, tmp_path: Path) -> None:
    from ocr_project.training.merging import keep_trained, probes_of

    training, _ = trained(paddle, tmp_path / "run", method="full", learning_rate=1e-3)
    probes = probes_of(training.encoder, training.samples)
    proof = keep_trained(training.model, paddle, tmp_path / "merged", probes)
    base, made = (safetensors.load_file(folder / "model.safetensors") for folder in (paddle, tmp_path / "merged"))
    kept = {name for name in base if torch.equal(base[name], made[name])}
    assert {name for name in base if "visual" in name} <= kept
    assert not any("q_proj" in name and "visual" not in name for name in kept)
    assert proof.merged_reloaded == 0


def test_what_is_not_what_was_trained_is_not_put_in_place(paddle: Path, tmp_path: Path) -> None:
    from ocr_project.training.merging import NotMerged, merge_adapter, probes_of

    training, last = trained(paddle, tmp_path / "run")
    base = load(paddle)
    with torch.no_grad():
        base.model.visual.vision_model.encoder.layers[0].mlp.fc1.weight.mul_(2)  # not the base that is on the disk
    with pytest.raises(NotMerged, match="was frozen and is not the base's"):
        merge_adapter(base, last, paddle, tmp_path / "merged", probes_of(training.encoder, training.samples))
    assert not (tmp_path / "merged").exists()


def test_what_did_not_move_is_named(paddle: Path, tmp_path: Path) -> None:
    from ocr_project.training.merging import NotMerged, merge_adapter, probes_of

    training, last = trained(paddle, tmp_path / "run", epochs=1, warmup=0.9)
    weights = safetensors.load_file(last / "adapter_model.safetensors")
    name = next(name for name in weights if "lora_B" in name and "q_proj" in name)
    weights[name].zero_()
    safetensors.save_file(weights, last / "adapter_model.safetensors")
    with pytest.raises(NotMerged, match=r"q_proj\.weight was to be trained and has not moved"):
        merge_adapter(load(paddle), last, paddle, tmp_path / "m", probes_of(training.encoder, training.samples))


def turned(base: Path, folder: Path, *, noise: float = 0.01) -> Path:
    """Write weights as Paddle does: every linear layer's turned, tables of vectors as they are."""
    folder.mkdir()
    weights = safetensors.load_file(base / "model.safetensors")
    torch.manual_seed(1)
    foreign = {}
    for name, tensor in weights.items():
        tuned = tensor + noise * tensor.std() * torch.randn_like(tensor)
        linear = tensor.ndim == 2 and "embed" not in name
        foreign[name] = (tuned.T if linear else tuned).contiguous()
    safetensors.save_file(foreign, folder / "model.safetensors")
    return folder


def test_16_square_matrices_are_put_right_too_by_their_content(paddle: Path, tmp_path: Path) -> None:
    from ocr_project.training.orientation import repair_orientation

    foreign = turned(paddle, tmp_path / "foreign")
    found = {one.name: one for one in repair_orientation(foreign, paddle, tmp_path / "repaired")}
    base, made = (safetensors.load_file(folder / "model.safetensors") for folder in (paddle, tmp_path / "repaired"))
    linear = {name for name, one in base.items() if one.ndim == 2 and "embed" not in name}
    square = {name for name in linear if base[name].shape[0] == base[name].shape[1]}
    assert len(square) >= 8
    assert {name for name, one in found.items() if one.turned} == linear
    for name, tensor in base.items():
        assert made[name].shape == tensor.shape
        assert float((made[name] - tensor).norm() / tensor.norm().clamp(min=1e-9)) < 0.05 or tensor.std() == 0
    assert load(tmp_path / "repaired") is not None


def test_16_what_is_right_already_stays(paddle: Path, tmp_path: Path) -> None:
    from ocr_project.training.orientation import repair_orientation

    found = repair_orientation(paddle, paddle, tmp_path / "repaired")
    assert not any(one.turned for one in found)


def test_16_what_cannot_be_told_is_an_error_that_names_it(paddle: Path, tmp_path: Path) -> None:
    from ocr_project.training.orientation import compare_orientation

    foreign = turned(paddle, tmp_path / "foreign", noise=30.0)
    with pytest.raises(OptionError, match="as far from the base either way"):
        compare_orientation(foreign, paddle)
    weights = safetensors.load_file(paddle / "model.safetensors")
    weights.pop("lm_head.weight")
    other = tmp_path / "other"
    other.mkdir()
    safetensors.save_file(weights, other / "model.safetensors")
    with pytest.raises(OptionError, match=r"lm_head\.weight is missing"):
        compare_orientation(other, paddle)
