"""The table of error rates: counts by their names, and rates that are their quotients."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.types import Reference, ShardInfo, Transcript
from ocr_project.pipelines.benchmark.nodes import score_pages, tabulate_scores
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile
from ocr_project.testing.fakes import MemoryShards


def test_rates_stand_beside_the_counts_that_they_are_made_of(tmp_path: Path) -> None:
    said = {"a": "kitten", "b": "sitting"}
    rows = [Transcript(name, name, f"{name}.pdf", "", 1, text, text) for name, text in said.items()]
    transcripts = MemoryShards({"s": (ShardInfo("s", "k", "s", 2), rows)})
    known = [Reference(name, "sitting", "gold") for name in said]
    references = TableFile.written(tmp_path / "references.parquet", known, Reference, {})
    none = MemoryShards()
    scores = score_pages(Scratch(tmp_path), none, none, none, transcripts, references)
    table = tabulate_scores(scores, references, transcripts)
    assert list(table.columns) == [
        *(
            "level",
            "name",
            "reference",
            "metric",
            "pages",
            "documents",
            "numerator",
            "denominator",
            "rate",
            "low",
            "high",
        )
    ]
    (overall,) = table[(table["level"] == "overall") & (table["metric"] == "cer")].to_dict("records")
    assert (overall["pages"], overall["numerator"], overall["denominator"]) == (2, 3, 14)
    assert overall["rate"] == pytest.approx(3 / 14)
