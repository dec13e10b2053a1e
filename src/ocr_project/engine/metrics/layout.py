"""How well regions are found (COCO's average precision), and how well they are put in order."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocr_project.domain.types import Box
from ocr_project.engine.metrics.text import Counts

# COCO's (Lin et al. 2014, arXiv 1405.0312; pycocotools): overlaps, points of recall, boxes of a page and class.
_OVERLAPS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0.0, 1.0, 101)
_MOST = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LayoutBox:
    """A region on a page.

    Attributes:
        box: Where it is; in any unit, the same for reference and hypothesis.
        label: Its class.
        score: How sure the detector is; not used of references.
    """

    box: Box
    label: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """COCO's average precisions, between 0 and 1; NaN where the references have no box.

    Attributes:
        mean: Over the classes that the references have, and overlaps from 0.50 to 0.95.
        at_50: At an overlap of 0.50.
        at_75: At an overlap of 0.75.
        by_label: For each class of the references, over all overlaps.
    """

    mean: float
    at_50: float
    at_75: float
    by_label: Mapping[str, float]


def layout_map(
    references: Sequence[Sequence[LayoutBox]], hypotheses: Sequence[Sequence[LayoutBox]]
) -> AveragePrecision:
    """Score the boxes of all pages at once, equal to pycocotools' AP, AP50 and AP75 for all areas.

    It is no sum over pages: a bootstrap has to draw pages and score them anew.

    Args:
        references: The boxes of each page.
        hypotheses: Likewise, for the same pages; of each class the 100 surest of a page count.

    Raises:
        ValueError: There are not as many pages on both sides.
    """
    pages = list(zip(references, hypotheses, strict=True))
    labels = sorted({one.label for page in references for one in page})
    found = {label: _class_precisions(pages, label) for label in labels}
    if not found:
        return AveragePrecision(math.nan, math.nan, math.nan, {})
    means = np.mean(list(found.values()), axis=0)
    return AveragePrecision(
        float(means.mean()),
        float(means[0]),
        float(means[5]),
        {label: float(values.mean()) for label, values in found.items()},
    )


def order_edit(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> Counts:
    """Count the edits between two reading orders against the longer one."""
    return Counts(int(Levenshtein.distance(reference, hypothesis)), max(len(reference), len(hypothesis)))


def order_inversions(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> Counts:
    """Count the pairs that stand in the wrong order (Kendall's tau distance) among what both orders have.

    Args:
        reference: What is on the page, in order, each once.
        hypothesis: What was found, in order; of what is found twice the first counts, of what is not on the page none.

    Returns:
        Pairs out of order, and all pairs: 0 is the right order, a rate of 1 the reverse.
    """
    place = {name: number for number, name in enumerate(reference)}
    places = [place[name] for name in dict.fromkeys(hypothesis) if name in place]
    count = len(places)
    return Counts(_inversions(places)[1], count * (count - 1) // 2)


def _inversions(places: list[int]) -> tuple[list[int], int]:
    """Sort by merging, and count how often a later one goes first."""
    if len(places) < 2:
        return places, 0
    left, first = _inversions(places[: len(places) // 2])
    right, second = _inversions(places[len(places) // 2 :])
    merged: list[int] = []
    count, at = first + second, 0
    for place in right:
        while at < len(left) and left[at] < place:
            merged.append(left[at])
            at += 1
        count += len(left) - at
        merged.append(place)
    return merged + left[at:], count


def _class_precisions(pages: Sequence[tuple[Sequence[LayoutBox], Sequence[LayoutBox]]], label: str) -> Floats:
    """Average the precision of a class over recalls.

    Returns:
        Shape (10,): by overlap.
    """
    total = 0
    scores: list[Floats] = []
    hits: list[NDArray[np.bool_]] = []
    for reference, hypothesis in pages:
        expected = np.array([one.box for one in reference if one.label == label], np.float64).reshape(-1, 4)
        got = sorted((one for one in hypothesis if one.label == label), key=lambda one: -one.score)[:_MOST]
        corners = np.array([one.box for one in got], np.float64).reshape(-1, 4)
        total += len(expected)
        scores.append(np.array([one.score for one in got], np.float64))
        hits.append(_match(_overlaps(corners, expected)))
    order = np.argsort(-np.concatenate(scores), kind="mergesort")
    right = np.concatenate(hits, axis=1)[:, order]
    return np.array([_average(row, total) for row in right])


def _overlaps(left: Floats, right: Floats) -> Floats:
    """Divide intersection by union; shape (len(left), len(right))."""
    low, high = np.maximum(left[:, None, :2], right[None, :, :2]), np.minimum(left[:, None, 2:], right[None, :, 2:])
    shared = np.clip(high - low, 0.0, None).prod(axis=2)
    areas, others = (np.clip(side[:, 2:] - side[:, :2], 0.0, None).prod(axis=1) for side in (left, right))
    union = areas[:, None] + others - shared
    overlaps: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlaps


def _match(overlaps: Floats) -> NDArray[np.bool_]:
    """Give each box, the surest first, the free one of the reference that it overlaps most.

    Returns:
        Shape (10, boxes): whether there is one, by overlap.
    """
    right = np.zeros((len(_OVERLAPS), len(overlaps)), np.bool_)
    for step, least in enumerate(_OVERLAPS):
        free = np.ones(overlaps.shape[1], np.bool_)
        for place, row in enumerate(overlaps):
            options = np.where(free, row, -1.0)
            # Of equal overlaps the last, as pycocotools does.
            best = len(options) - 1 - int(np.argmax(options[::-1])) if len(options) else -1
            if best >= 0 and options[best] >= min(least, 1.0 - 1e-10):
                free[best] = False
                right[step, place] = True
    return right


def _average(right: NDArray[np.bool_], total: int) -> float:
    """Average the precision at 101 recalls, each the best at that recall or a higher one."""
    if not len(right):
        return 0.0
    hits = np.cumsum(right)
    precisions = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    places = np.searchsorted(hits / total, _RECALLS, side="left")
    return float(np.append(precisions, 0.0)[places].mean())
