"""A training on a machine with several cards, seen by torch and not there."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from tests.training.tiny import options  # noqa: E402


@pytest.mark.parametrize("cards", [1, 2, 8])
def test_a_process_works_on_one_card_and_copies_no_model_to_the_others(
    cards: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """transformers wraps a model in DataParallel where it sees two: Qwen3-VL then ended with a StopIteration."""
    from ocr_project.training.loop import arguments_for

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    chosen = options(tmp_path, device="cuda")
    arguments = arguments_for(torch.nn.Linear(2, 2), 4, chosen, tmp_path)
    assert (arguments.n_gpu, str(arguments.device)) == (1, "cuda:0")
    assert arguments.train_batch_size == 1


def test_without_a_card_there_is_none(tmp_path: Path) -> None:
    from ocr_project.training.loop import arguments_for

    assert arguments_for(torch.nn.Linear(2, 2), 4, options(tmp_path), tmp_path).n_gpu == 0
