"""The table of error rates: counts by their names, and rates that are their quotients."""

from __future__ import annotations

import pytest

from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Reference, ShardInfo, Transcript
from ocr_project.pipelines.benchmark.nodes import score_pages, tabulate_scores
from ocr_project.testing.fakes import MemoryShards


def test_rates_stand_beside_the_counts_that_they_are_made_of() -> None:
    said = {"a": "kitten", "b": "sitting"}
    rows = [Transcript(name, name, f"{name}.pdf", "", 1, text, text) for name, text in said.items()]
    transcripts = MemoryShards({"s": (ShardInfo("s", "k", "s", 2), rows)})
    references = to_frame([Reference(name, "sitting", "gold") for name in said], Reference)
    none = MemoryShards()
    scores = score_pages(none, none, none, transcripts, references)
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
