"""Tables of images made beside them are those that the tower would make, and numbers are read an update later."""

from __future__ import annotations

import pickle
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ocr_project.testing import tiny_trainable
from tests.training.tiny import prepare

torch = pytest.importorskip("torch")
pytest.importorskip("peft")


@pytest.mark.parametrize("family", tiny_trainable.FAMILIES)
def test_a_loss_is_the_same_to_the_last_bit_with_tables_that_were_made_ahead(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import vision_utils

    from ocr_project.training.ahead import Ahead
    from ocr_project.training.attention import packed_attention
    from ocr_project.training.loop import Packs
    from ocr_project.training.losses import answer_loss
    from ocr_project.training.samples_at_hand import SamplesInMemory

    training = prepare(tiny_trainable.build(tmp_path, family))
    pack = Packs(training.plan, SamplesInMemory(training.samples), training.encoder)[0]
    assert len(pack.sample_ids) > 1
    inner = training.model.get_base_model()
    ahead = Ahead(inner)
    collate = pickle.loads(pickle.dumps(ahead.collate))  # as a process of its own gets it
    collated = collate([pack])
    with packed_attention(inner):
        alone = answer_loss(training.model, pack)
        expected = gradients(training.model, alone)
        if collated.tables:  # the model has to get on without numbers that it could read from the device
            monkeypatch.setattr(vision_utils.torch, "meshgrid", None)
            monkeypatch.setattr(vision_utils.torch, "repeat_interleave", None)
            monkeypatch.setattr(import_module(type(inner).__module__), "torch_compilable_check", None)
        with ahead.attached():
            handed = answer_loss(training.model, ahead.moved(collated, torch.device("cpu")))
    assert bool(collated.tables) == family.startswith("qwen")
    assert torch.equal(alone, handed)
    for one, other in zip(expected, gradients(training.model, handed), strict=True):
        assert torch.equal(one, other)


def gradients(model: Any, loss: Any) -> tuple[Any, ...]:
    return tuple(torch.autograd.grad(loss, [one for one in model.parameters() if one.requires_grad]))


@pytest.mark.parametrize("family", ["qwen3_vl", "qwen2_vl"])
def test_a_model_that_was_trained_counts_images_itself_again(family: str, tmp_path: Path) -> None:
    from ocr_project.training.ahead import Ahead
    from ocr_project.training.loop import Packs
    from ocr_project.training.losses import answer_loss
    from ocr_project.training.samples_at_hand import SamplesInMemory

    training = prepare(tiny_trainable.build(tmp_path, family))
    pack = Packs(training.plan, SamplesInMemory(training.samples), training.encoder)[0]
    ahead = Ahead(training.model.get_base_model())
    with ahead.attached():
        pass
    pack.inputs["input_ids"][0, int(pack.places[0])] = ahead.collate.image_id
    with pytest.raises(ValueError, match=r"image tokens, but \d+ pieces of images"):
        ahead.collate([pack])
    with pytest.raises(ValueError, match="do not match"):
        answer_loss(training.model, pack)


class _Later:
    """A number on a GPU: it arrives when it is waited for."""

    def __init__(self) -> None:
        self.waited = 0

    def synchronize(self) -> None:
        self.waited += 1


def test_an_update_is_written_when_the_next_one_has_been_handed_over(tmp_path: Path) -> None:
    from ocr_project.training.recording import BadLoss, Recorder, Speed, read_steps

    arrivals: list[_Later] = []

    def ask(numbers: Any) -> Any:
        arrivals.append(_Later())
        return numbers, arrivals[-1]

    recorder = Recorder(tmp_path, 1, Speed(), ask)
    for update, loss in ((1, 2.5), (2, float("nan"))):
        _hand_over(recorder, update, loss)
        recorder.write(to_the_last=False, first=True)
        assert [one.waited for one in arrivals] == [1] * (update - 1) + [0]
    assert read_steps(tmp_path)["loss"].tolist() == [2.5]
    with pytest.raises(BadLoss, match="update 2 is not a number; it is of the samples s2"):
        recorder.write(to_the_last=True, first=True)


def test_the_size_of_a_gradient_that_is_not_a_number_ends_the_run_too(tmp_path: Path) -> None:
    from ocr_project.training.recording import BadLoss, Recorder, Speed

    recorder = Recorder(tmp_path, 1, Speed())
    _hand_over(recorder, 1, 2.5, norm=float("inf"))
    with pytest.raises(BadLoss, match="the gradient of update 1"):
        recorder.write(to_the_last=False, first=True)


def _hand_over(recorder: Any, update: int, loss: float, norm: float = 1.0) -> None:
    from ocr_project.training.packing import Pack

    ids, none = torch.zeros((1, 4), dtype=torch.int64), torch.zeros(2, dtype=torch.int64)
    recorder.count(Pack({"input_ids": ids}, none, 4, none, none, sample_ids=(f"s{update}",)), torch.tensor(loss))
    recorder.end(update, torch.tensor(norm), 0.1, {})
