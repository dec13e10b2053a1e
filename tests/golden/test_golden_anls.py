"""ANLS and ANLS* against the values of the reference implementation."""

import json
from pathlib import Path

import pytest

from ocr_project.bench.metrics.answers import anls, anls_star

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "golden" / "anls" / "anls_star.json"


@pytest.mark.shared
@pytest.mark.skipif(not GOLDEN.exists(), reason=f"{GOLDEN} is missing: the shared test data is not on this machine")
def test_published_values() -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    scores = []
    for case in golden["scalar"]:
        scores.append(anls(case["gt"], case["pred"]))
        assert scores[-1] == pytest.approx(case["anls"], abs=1e-12)
        assert anls_star(tuple(case["gt"]), case["pred"]) == pytest.approx(case["anls"], abs=1e-12)
    assert sum(scores) / len(scores) == pytest.approx(golden["mean"], abs=1e-12)
    for case in golden["structured"]:
        assert anls_star(case["gt"], case["pred"]) == pytest.approx(case["anls_star"], abs=1e-12)
