"""Which token of one drawing is which of another: the matching of CDM.

Wang et al., 2024, "CDM: A Reliable Metric for Fair and Accurate Formula Recognition Evaluation"
(arXiv 2409.03643); costs and tolerances are those of its code (`cdm/evaluation.py` in
opendatalab/UniMERNet). There the trials of RANSAC are drawn at random and differ from run to run; here
they are drawn from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocr_project.bench.metrics.cdm.drawing import Drawing

_POSITION_COST, _ORDER_COST, _SYNONYM_COST = 0.05, 0.15, 0.005
_ROUNDS, _TRIALS, _SAMPLE, _TOLERANCE = 5, 50, 2, 20.0  # tolerance in pixels at 200 dpi
_SEED = 0

_SYNONYMS = {
    **dict.fromkeys(("\\dot", "\\Dot", "\\cdot", "\\cdotp", "\\ldotp"), "."),
    **dict.fromkeys(("\\mid", "\\vert", "\\lvert", "\\rvert"), "|"),
    **dict.fromkeys(("\\Vert", "\\lVert", "\\rVert", "\\parallel"), "\\|"),
    "\\rightarrow": "\\to",
    "\\top": "T",
    "\\prime": "'",
    "\\ast": "*",
    "\\lbrace": "\\{",
    "\\rbrace": "\\}",
    "\\lbrack": "[",
    "\\rbrack": "]",
    "\\slash": "/",
    "\\leq": "\\le",
    "\\geq": "\\ge",
    "\\neq": "\\ne",
    "\\colon": ":",
    "\\dag": "\\dagger",
    "\\ddag": "\\ddagger",
    "\\neg": "\\lnot",
    "\\dfrac": "\\frac",
    "\\tfrac": "\\frac",
    "\\cfrac": "\\frac",
}
_SIZES = ("\\left", "\\right", "\\middle", "\\bigg", "\\Bigg", "\\big", "\\Big")


def count_matches(reference: Drawing, hypothesis: Drawing) -> int:
    """Count the tokens of two drawings that are the same, and stand in the same place but for shift and scale."""
    from scipy.optimize import linear_sum_assignment  # half a second to import

    expected, got = len(reference.tokens), len(hypothesis.tokens)
    tokens = _token_costs(reference.tokens, hypothesis.tokens)
    cost = (
        tokens
        + _POSITION_COST * _distances(reference.boxes / _twice(reference), hypothesis.boxes / _twice(hypothesis))
        + _ORDER_COST * np.abs(np.subtract.outer(np.arange(expected), np.arange(got))) / max(expected, got)
    )
    rows, columns = linear_sum_assignment(cost)
    kept = _consistent(_centres(reference.boxes[rows]), _centres(hypothesis.boxes[columns]))
    return int(np.count_nonzero(kept & (tokens[rows, columns] < 1.0)))


def synonym(token: str) -> str:
    """Return the one name of tokens that look alike: `\\left(` is `(`, `\\leq` is `\\le`."""
    for size in _SIZES:
        if token.startswith(size) and "arrow" not in token and "harpoon" not in token:
            token = token.removeprefix(size)
            token = token[1:] if token[:1] in ("l", "r", "m") and len(token) > 1 else token
            break
    token = _SYNONYMS.get(token, token)
    for prefix in ("\\wide", "\\var"):
        if token.startswith(prefix):
            return "\\" + token.removeprefix(prefix)
    return token


def _token_costs(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
    """Return 0 for the same token, 0.005 for one that looks alike, 1 for another; shape (left, right)."""
    same = np.equal.outer(np.array(left, dtype=object), np.array(right, dtype=object))
    names = [np.array([synonym(token) for token in tokens], dtype=object) for tokens in (left, right)]
    alike = np.equal.outer(names[0], names[1])
    return np.where(same, 0.0, np.where(alike, _SYNONYM_COST, 1.0)).astype(np.float64)


def _distances(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean distance of coordinates, shape (left, right)."""
    return np.asarray(np.abs(left[:, None, :] - right[None, :, :]).mean(axis=2), np.float64)


def _twice(drawing: Drawing) -> NDArray[np.float64]:
    return np.array([*drawing.size, *drawing.size])


def _centres(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2.0


def _consistent(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the pairs of points that some shift and scale bring together, in up to five rounds of RANSAC.

    A round finds one group that moved alike (a line, a numerator); the next one looks among the rest,
    so that text set a little apart is not an error. Two points or fewer are always consistent.
    """
    if len(left) <= _SAMPLE:
        return np.ones(len(left), dtype=np.bool_)
    kept = np.zeros(len(left), dtype=np.bool_)
    generator = np.random.default_rng(_SEED)
    for _ in range(_ROUNDS):
        rest = np.flatnonzero(~kept)
        if len(rest) <= _SAMPLE:
            break
        found = _ransac(left[rest], right[rest], generator)
        if not found.any():
            break
        kept[rest[found]] = True
    return kept


def _ransac(
    left: NDArray[np.float64], right: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Return the largest set of pairs within the tolerance of one shift and scale, of 50 trials."""
    first = generator.integers(0, len(left), _TRIALS)
    second = (first + generator.integers(1, len(left), _TRIALS)) % len(left)
    middles = [(points[first] + points[second]) / 2.0 for points in (left, right)]
    spans = [np.linalg.norm(points[first] - points[second], axis=1) / 2.0 for points in (left, right)]
    scale = (spans[1] / (spans[0] + 1e-10))[:, None, None]
    shift = (middles[1] - middles[0])[:, None, :]
    # As in the reference, the scale is about the middle of all points, the shift that of the two drawn.
    centre = left.mean(axis=0)
    errors = np.linalg.norm(scale * (left - centre) + centre + shift - right, axis=2)
    near = errors < _TOLERANCE
    counts = near.sum(axis=1)
    squared = np.where(near, errors**2, 0.0).sum(axis=1)
    best: int = int(np.lexsort((squared, -counts))[0])
    return np.asarray(near[best], dtype=np.bool_)
