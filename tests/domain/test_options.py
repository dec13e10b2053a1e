"""One place for each default, and no way round it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from ocr_project.domain.options import (
    SECTIONS,
    DialectName,
    IngestOptions,
    Options,
    RecognitionOptions,
    TestsetsOptions,
)
from ocr_project.domain.options.recognition import SHORT_NAMES
from ocr_project.engine.models.dialects import dialect_of

CONF = Path(__file__).resolve().parents[2] / "conf"


def test_a_misspelt_option_is_an_error() -> None:
    with pytest.raises(ValidationError, match="dpii"):
        IngestOptions(dpii=300)  # type: ignore[call-arg]


def test_the_nearest_name_is_offered_for_a_misspelt_one() -> None:
    with pytest.raises(ValidationError, match="no option `jpeg_qualty`; did you mean `jpeg_quality`"):
        IngestOptions.model_validate({"jpeg_qualty": 90})


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("benchmark.sets", "names public sets: run --pipelines testsets"),
        ("benchmark.sets_limit", "testsets.limit"),
        ("benchmark.sets_folder", "testsets.folder"),
        ("benchmark.gate", "testsets.gate"),
        ("recognition.save_crops", "transcript.save_crops"),
    ],
)
def test_a_name_of_the_release_before_is_refused_with_the_new_one(old: str, said: str) -> None:
    section, _, name = old.partition(".")
    with pytest.raises(ValidationError, match=said):
        SECTIONS[section].model_validate({name: None})


def test_every_old_name_leads_to_an_option_that_there_is() -> None:
    moved = [message for model in SECTIONS.values() for message in model.moved.values()]
    named = {word.rstrip(",") for message in moved for word in message.split() if word.startswith("testsets.")}
    assert {name.partition(".")[2] for name in named} <= set(TestsetsOptions.model_fields)
    assert len(named) == 8


def test_options_cannot_be_changed_under_way() -> None:
    with pytest.raises(ValidationError):
        IngestOptions().dpi = 300  # type: ignore[misc]


def test_a_list_of_languages_has_no_holes() -> None:
    with pytest.raises(ValidationError, match="kor\\+eng"):
        RecognitionOptions.model_validate({"tesseract": {"languages": "kor++eng"}})


def all_below(model: type[Options]) -> list[type[Options]]:
    return [found for below in model.__subclasses__() for found in (below, *all_below(below))]


def test_every_option_says_what_it_is() -> None:
    for model in all_below(Options):
        for name, field in model.model_fields.items():
            nested = isinstance(field.annotation, type) and issubclass(field.annotation, Options)
            assert nested or field.description, f"{model.__name__}.{name} has no line of prose"


@pytest.mark.parametrize("environment", ["base", "b200", "l4", "h200", "h100", "a100", "rtx4090"])
def test_environments_validate_and_are_short(environment: str) -> None:
    path = CONF / environment / "parameters.yml"
    for stage, values in yaml.safe_load(path.read_text()).items():
        SECTIONS[stage].model_validate(values)
    said = [line for line in path.read_text().splitlines() if not line.endswith(": {}")]  # base names all sections
    assert len(said) <= 15


def test_a_model_has_one_name_for_both_backends() -> None:
    for short, full in SHORT_NAMES.items():
        found = RecognitionOptions.model_validate({"backend": "vllm", "model": short, "vllm": {"replicas": 2}})
        assert (found.vllm.model, found.vllm.replicas, found.transformers.model) == (full, 2, full)
        assert RecognitionOptions.model_validate(found.model_dump()) == found
    mine = RecognitionOptions.model_validate({"backend": "transformers", "model": "models/mine"})
    assert mine.transformers.model == "models/mine"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model": "glm-ocr"}, "choose a profile with one"),
        ({"backend": "vllm", "model": "glm-ocr", "vllm": {"model": "other"}}, "name it once"),
    ],
)
def test_a_model_that_no_backend_would_take_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RecognitionOptions.model_validate(given)


def test_each_short_name_has_a_dialect() -> None:
    found = [dialect_of(model, DialectName.AUTO).name for model in SHORT_NAMES.values()]
    assert found == ["glm_ocr", "paddleocr_vl", "paddleocr_vl", "olmocr"]


def test_base_repeats_defaults_and_changes_none() -> None:
    for stage, values in yaml.safe_load((CONF / "base/parameters.yml").read_text()).items():
        model = SECTIONS[stage]
        assert model.model_validate(values) == model.model_validate({}), stage
