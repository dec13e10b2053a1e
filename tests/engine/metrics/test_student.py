"""Quantiles of Student's t beside SciPy's."""

from __future__ import annotations

import pytest

from ocr_project.engine.metrics.student import student_quantile

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize("share", [0.75, 0.95, 0.975, 0.995])
@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 10, 29, 30, 99, 199, 200, 201, 202, 500, 10_000])
def test_quantiles_are_scipys(degrees: int, share: float) -> None:
    assert student_quantile(degrees, share) == pytest.approx(stats.t.ppf(share, degrees), rel=1e-9)


@pytest.mark.parametrize(("degrees", "share"), [(0, 0.9), (3, 0.5), (3, 1.0)])
def test_what_has_no_quantile_is_refused(degrees: int, share: float) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        student_quantile(degrees, share)
