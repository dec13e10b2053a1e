"""CDM against the values that the reference implementation gave for 50 pairs: equal to its three digits."""

import json
from pathlib import Path

import pytest

from ocr_project.bench.metrics.cdm import cdm, missing_tools
from ocr_project.domain.types import Status

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "golden" / "cdm"

needs_tools = pytest.mark.skipif(bool(missing_tools()), reason=missing_tools())


@needs_tools
@pytest.mark.shared
@pytest.mark.skipif(not GOLDEN.exists(), reason=f"{GOLDEN} is missing: the shared test data is not on this machine")
def test_published_values() -> None:
    pairs = json.loads((GOLDEN / "input.json").read_text("utf-8"))
    golden = json.loads((GOLDEN / "expected.json").read_text("utf-8"))
    results = cdm([pair["gt"] for pair in pairs], [pair["pred"] for pair in pairs], workers=2)
    assert {result.status for result in results} == {Status.OK}
    found = {
        pair["img_id"]: {
            "recall": round(result.recall, 3),
            "precision": round(result.precision, 3),
            "F1_score": round(result.f1, 3),
        }
        for pair, result in zip(pairs, results, strict=True)
    }
    assert len(found) == 50
    assert found == golden["details"]
    assert round(sum(result.f1 for result in results) / 50, 3) == golden["mean_score"]
    assert sum(result.exact for result in results) / 50 == golden["exp_rate"]
