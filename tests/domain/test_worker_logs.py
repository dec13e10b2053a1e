"""Where the servers of a launch's workers write their logs."""

from __future__ import annotations

from pathlib import Path

from ocr_project.domain.options import EmbeddingOptions, FieldsOptions, LayoutOptions, RecognitionOptions
from ocr_project.domain.options.worker_logs import with_logs_of

LOGS = Path("/data/.launches/one/logs")


def test_each_worker_has_a_folder_among_the_logs_of_its_launch() -> None:
    assert with_logs_of(RecognitionOptions(), LOGS, "worker-1").vllm.logs == LOGS / "worker-1" / "vllm"
    assert with_logs_of(EmbeddingOptions(), LOGS, "7_0").vllm.logs == LOGS / "7_0" / "vllm-embedding"
    fields = with_logs_of(FieldsOptions(), LOGS, "worker-1")
    assert (fields.vllm.logs, fields.container.logs) == (LOGS / "worker-1/vllm", LOGS / "worker-1/containers")


def test_a_folder_that_a_person_names_stays_with_one_for_each_worker_in_it() -> None:
    named = RecognitionOptions.model_validate({"vllm": {"logs": "/scratch"}})
    assert with_logs_of(named, LOGS, "worker-1").vllm.logs == Path("/scratch/worker-1")


def test_options_without_servers_are_as_they_were() -> None:
    layout = LayoutOptions()
    assert with_logs_of(layout, LOGS, "worker-1") is layout
