"""What is done with a region, by its label."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ocr_project.domain.options import RecognitionOptions
from ocr_project.domain.tasks import DEFAULT_TASKS, task_of
from ocr_project.domain.types import Box, Label, Region, Task


def region(native: str, label: Label = Label.TEXT) -> Region:
    return Region("p", 0, label, native, Box(0, 0, 1, 1))


@pytest.mark.parametrize(
    ("native", "task"),
    [
        ("text", Task.TEXT),
        ("seal", Task.SEAL),
        ("table", Task.TABLE),
        ("ruled_table", Task.TABLE),
        ("inline_formula", Task.FORMULA),
        ("chart", Task.IMAGE),
        ("header", Task.DROP),
        ("reference", Task.DROP),
    ],
)
def test_the_sdks_table_is_the_default(native: str, task: Task) -> None:
    assert task_of(region(native)) is task


def test_an_option_goes_before_the_table() -> None:
    tasks = RecognitionOptions.model_validate({"tasks": {"header": "text", "figure_title": "drop"}}).tasks
    assert task_of(region("header"), tasks) is Task.TEXT
    assert task_of(region("figure_title"), tasks) is Task.DROP
    assert task_of(region("footer"), tasks) is Task.DROP


def test_labels_that_nobody_listed_follow_the_projects_own() -> None:
    assert task_of(region("grid", Label.TABLE)) is Task.TABLE
    assert task_of(region("page", Label.PAGE)) is Task.TEXT
    assert task_of(region("photo", Label.PICTURE)) is Task.IMAGE


def test_a_task_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValidationError, match="formula"):
        RecognitionOptions.model_validate({"tasks": {"header": "read"}})


def test_every_label_of_the_model_has_a_task() -> None:
    assert len(DEFAULT_TASKS) == 25 + 2  # and two of the detector opencv
