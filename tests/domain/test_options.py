"""One place for each default, and no way round it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from ocr_project.domain import options
from ocr_project.domain.options import IngestOptions, Options, RecognitionOptions

CONF = Path(__file__).resolve().parents[2] / "conf"
BY_STAGE = {
    "runtime": options.RuntimeOptions,
    "ingest": options.IngestOptions,
    "layout": options.LayoutOptions,
    "recognition": options.RecognitionOptions,
    "transcript": options.TranscriptOptions,
    "embedding": options.EmbeddingOptions,
    "search": options.SearchOptions,
    "benchmark": options.BenchmarkOptions,
    "publish": options.PublishOptions,
}


def test_a_misspelt_option_is_an_error() -> None:
    with pytest.raises(ValidationError, match="dpii"):
        IngestOptions(dpii=300)  # type: ignore[call-arg]


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


@pytest.mark.parametrize("environment", ["base", "b200", "l4", "h200"])
def test_environments_validate_and_are_short(environment: str) -> None:
    path = CONF / environment / "parameters.yml"
    for stage, values in yaml.safe_load(path.read_text()).items():
        BY_STAGE[stage].model_validate(values)
    assert len(path.read_text().splitlines()) <= 15
