"""What a thousand pages cost."""

from __future__ import annotations

import pytest

from ocr_project.cli.summary import print_summary
from ocr_project.domain.run_cost import cost_of_pages

INGEST = {"pages": 512, "seconds": 2.5, "shards": 8, "items": 512, "failed": 0, "pages_per_second": 204.0}
READ = {**INGEST, "seconds": 176.1, "gpus": 1, "gpu_watt_hours_per_1000_pages": 23.7}


def test_seconds_of_all_stages_and_energy_of_those_with_a_gpu_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    cost = cost_of_pages({"ingest": INGEST, "recognition": READ, "benchmark": {"cer": 0.1}})
    assert cost == {"seconds_per_1000_pages": 348.828, "watt_hours_per_1000_pages": 23.7}
    print_summary({"layout": INGEST, "recognition": READ})
    assert capsys.readouterr().out.startswith("1,000 pages: 349 s, 23.7 Wh (OCR, start-up included)")


def test_nothing_is_said_without_a_gpu_or_without_pages_and_no_part_for_the_whole() -> None:
    assert cost_of_pages({"ingest": INGEST, "recognition": INGEST}) == {}
    assert cost_of_pages({"ingest": INGEST, "layout": READ}) == {}
    blind = {key: value for key, value in READ.items() if not key.startswith("gpu_")}
    assert "watt_hours_per_1000_pages" not in cost_of_pages({"layout": READ, "recognition": blind})


def test_stages_beside_each_other_count_once() -> None:
    together = cost_of_pages({"ingest": INGEST, "recognition": READ}, READ["seconds"])
    assert together["seconds_per_1000_pages"] == round(READ["seconds"] * 1000 / READ["pages"], 3)
