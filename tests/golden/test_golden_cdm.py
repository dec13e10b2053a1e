"""CDM against the values that the reference implementation gave for 50 pairs of formulas.

41 are equal to the three digits that it writes. Of the other nine, eight have one token (`489f…` two)
that the reference loses: it looks for colours in pixels at 200 dpi, and a bar of 1.3 pixels or a tiny
subscript may have no pixel of its full colour. The ninth is cut within a `\\frac`: the reference parts
what its parser refuses at spaces and counts three odd tokens; here a formula that cannot be drawn has
no score but 0.
"""

import json
from pathlib import Path

import pytest

from ocr_project.domain.types import Status
from ocr_project.engine.metrics import cdm
from ocr_project.engine.metrics.cdm import missing_tools

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "golden" / "cdm"
# Tokens that the reference's pixels lose, of the reference formula and of the answer.
LOST = {
    "case_1": (1, 1),
    "24d694e788_sub1": (1, 1),
    "24d694e788_trunc": (1, 1),
    "2bbcda22c8_sub1": (1, 1),
    "2bbcda22c8_trunc": (1, 0),
    "489f58d4e6_sub1": (2, 2),
    "489f58d4e6_trunc": (2, 2),
    "6c2c59f99d_sub1": (1, 1),
}
REFUSED = {"66843f7a8a_trunc"}

needs_latex = pytest.mark.skipif(bool(missing_tools()), reason=missing_tools())


@needs_latex
@pytest.mark.shared
@pytest.mark.skipif(not GOLDEN.exists(), reason=f"{GOLDEN} is missing: the shared test data is not on this machine")
def test_published_values() -> None:
    pairs = json.loads((GOLDEN / "input.json").read_text("utf-8"))
    golden = json.loads((GOLDEN / "expected.json").read_text("utf-8"))
    results = cdm([pair["gt"] for pair in pairs], [pair["pred"] for pair in pairs], workers=2)
    for pair, result in zip(pairs, results, strict=True):
        name, expected = pair["img_id"], golden["details"][pair["img_id"]]
        assert result.status is Status.OK
        if name in REFUSED:
            assert (result.f1, result.got) == (0.0, 0)
            assert "cannot be drawn" in result.reason
            continue
        lost = LOST.get(name, (0, 0))
        matched, seen, given = result.matched - lost[1], result.expected - lost[0], result.got - lost[1]
        assert matched / seen == pytest.approx(expected["recall"], abs=6e-4), name
        assert matched / given == pytest.approx(expected["precision"], abs=6e-4), name
        assert 2 * matched / (seen + given) == pytest.approx(expected["F1_score"], abs=6e-4), name
        if not any(lost):
            assert result.f1 == pytest.approx(expected["F1_score"], abs=6e-4), name
    assert sum(result.f1 for result in results) / len(results) == pytest.approx(golden["mean_score"], abs=0.003)
    assert sum(result.exact for result in results) / len(results) == golden["exp_rate"]
