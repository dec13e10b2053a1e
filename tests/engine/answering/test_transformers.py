"""A model in this process: prompts and system texts reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.options import FieldsOptions
from ocr_project.domain.types import Asked, Status
from ocr_project.engine.answering import build_answerer
from tests.contract.test_answerers import card, tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


def prompt_tokens(model: Path, system: Path | None, prompt: str) -> int:
    few = {"model": str(model), "dialect": "chat", "max_tokens": 4, "loops": False, "crop_workers": 1}
    options = FieldsOptions.model_validate({"backend": "transformers", "system": system, "transformers": few})
    answerer = build_answerer(options)
    (row,) = answerer.answer(card(1), [Asked(0, "card", "Name", prompt)])
    answerer.close()
    assert row.status in (Status.OK, Status.EMPTY)
    assert row.attempts == 1
    return row.prompt_tokens


def test_a_system_text_and_a_longer_prompt_are_more_tokens(model: Path, tmp_path: Path) -> None:
    system = tmp_path / "system.txt"
    system.write_text("You read documents.\n", encoding="utf-8")
    plain = prompt_tokens(model, None, "Write the name.")
    assert prompt_tokens(model, system, "Write the name.") > plain
    assert prompt_tokens(model, None, "Write the name, and nothing else.") > plain


def test_random_weights_need_no_file_of_weights_and_are_part_of_the_identity(model: Path) -> None:
    few = {"model": str(model), "dialect": "chat", "max_tokens": 4, "loops": False, "crop_workers": 1}
    real = build_answerer(FieldsOptions.model_validate({"backend": "transformers", "transformers": few}))
    real.close()
    for file in model.glob("*.safetensors"):
        file.unlink()
    few["dummy_weights"] = True
    dummy = build_answerer(FieldsOptions.model_validate({"backend": "transformers", "transformers": few}))
    (row,) = dummy.answer(card(1), [Asked(0, "card", "Name", "Write the name.")])
    dummy.close()
    assert row.status in (Status.OK, Status.EMPTY)
    assert "dummy" in dummy.identity.canonical()
    assert "dummy" not in real.identity.canonical()


def test_random_weights_are_told_from_real_ones_in_recognition_too(model: Path) -> None:
    from ocr_project.domain.options import TransformersOptions
    from ocr_project.engine.recognition.vision.in_process import TransformersRecognizer

    found = []
    for dummy in (False, True):
        options = TransformersOptions.model_validate(
            {"model": str(model), "dialect": "chat", "dummy_weights": dummy, "crop_workers": 1}
        )
        recognizer = TransformersRecognizer(options)
        found.append(recognizer.identity.canonical())
        recognizer.close()
    assert found[0] != found[1]
