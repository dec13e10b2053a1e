"""NID, TEDS and MHS against opendataloader-bench's published scores of 40 documents and three engines."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from ocr_project.bench.metrics.opendataloader import mhs, nid, page_teds

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "golden" / "opendataloader_bench"
METRICS: dict[str, Callable[[str, str], float]] = {
    "nid": nid,
    "nid_s": lambda reference, hypothesis: nid(reference, hypothesis, tables=False),
    "teds": page_teds,
    "teds_s": lambda reference, hypothesis: page_teds(reference, hypothesis, structure_only=True),
    "mhs": mhs,
    "mhs_s": lambda reference, hypothesis: mhs(reference, hypothesis, structure_only=True),
}


@pytest.mark.shared
@pytest.mark.skipif(not GOLDEN.exists(), reason=f"{GOLDEN} is missing: the shared test data is not on this machine")
@pytest.mark.parametrize("metric", METRICS)
def test_published_values(metric: str) -> None:
    expected = json.loads((GOLDEN / "expected.json").read_text("utf-8"))["expected"]
    assert len(expected) == 120
    for row in expected:
        folder = GOLDEN / row["document_id"]
        pages = [(folder / name).read_text("utf-8") for name in ("gt.md", f"{row['engine']}.md")]
        value = METRICS[metric](*pages)
        if row[metric] is None:
            assert math.isnan(value), row
        else:
            assert value == pytest.approx(row[metric], abs=1e-4), row


def test_what_cannot_be_scored_is_no_zero() -> None:
    assert math.isnan(nid("", "text"))
    assert math.isnan(page_teds("text", "| a |\n|---|\n| 1 |\n"))
    assert math.isnan(mhs("text", "# heading"))
    assert page_teds("| a |\n|---|\n| 1 |\n", "text") == 0.0
    assert mhs("# heading", "text") == 0.0
    assert nid("text", "") == 0.0
