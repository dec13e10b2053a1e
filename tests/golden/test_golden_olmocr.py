"""olmOCR-bench's comparison of formulas as they are drawn, against verdicts of its own code."""

import json
from pathlib import Path

import pytest

from ocr_project.bench.metrics.katex import draw_formulas, missing_browser, stands_within

GOLDEN = json.loads(Path(__file__).with_name("olmocr_formulas.json").read_text("utf-8"))


@pytest.mark.skipif(bool(missing_browser()), reason=f"formulas were NOT drawn by KaTeX: {missing_browser()}")
def test_the_authors_verdicts() -> None:
    cases = GOLDEN["cases"]
    drawn = draw_formulas(formula for reference, hypothesis, _ in cases for formula in (reference, hypothesis))
    found = [[one, other, stands_within(drawn[one], drawn[other])] for one, other, _ in cases]
    assert found == cases
    assert {verdict for _, _, verdict in cases} == {True, False}
