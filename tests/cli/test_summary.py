"""The table that ends a run."""

from __future__ import annotations

import pytest

from ocr_project.cli.summary import print_summary

LAPTOP = {"shards": 1, "pages": 10, "items": 40, "failed": 0, "seconds": 2.0, "pages_per_second": 5.0}
GPU = {
    "gpus": 1,
    "gpu_sm_mean": 97.4,
    "gpu_sm_p95": 100,
    "gpu_gib_max": 112.25,
    "gpu_watts_mean": 455.0,
    "gpu_watt_hours_per_1000_pages": 10.52,
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def printed(capsys: pytest.CaptureFixture[str], **metrics: dict[str, float]) -> list[list[str]]:
    print_summary(metrics, {})
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_without_a_gpu_nothing_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    header, row = printed(capsys, layout=LAPTOP)
    assert header == ["stage", "shards", "pages", "rows", "failed", "seconds", "pages/s"]
    assert row == ["layout", "1", "10", "40", "0", "2.0", "5.00"]


def test_with_a_gpu_its_work_stands_beside_the_speed(capsys: pytest.CaptureFixture[str]) -> None:
    header, layout, _ = printed(capsys, layout=LAPTOP | GPU, transcript=LAPTOP)
    assert header[7:] == ["GPU", "%", "p95", "GiB", "watts", "Wh/1,000"]
    assert layout[7:] == ["97", "100", "112.2", "455", "10.5"]


def test_costs_are_shown_where_the_price_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    header, layout = printed(capsys, layout=LAPTOP | GPU | {"gpu_cost_per_1000_pages": 0.128})
    assert header[-1] == "cost/1,000"
    assert layout[-1] == "0.13"


def test_failures_are_counted_over_all_stages() -> None:
    assert (
        print_summary(
            {"ingest": LAPTOP | {"failed": 2, "documents": 3, "documents_failed": 1, "documents_skipped": 0}}, {}
        )
        == 3
    )
