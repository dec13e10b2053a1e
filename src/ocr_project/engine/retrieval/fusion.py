"""Several rankings made into one: by places alone, or by scores that are made comparable."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.options import Fusion, SearchOptions
from ocr_project.engine.retrieval.ranking import Ranking


def fuse(rankings: Sequence[Ranking], k: int, options: SearchOptions, weights: Sequence[float]) -> Ranking:
    """Fuse rankings of the same question as `search.fusion` says, and keep k pages; places know no weights."""
    match options.fusion:
        case Fusion.SCORES:
            return fuse_scores(rankings, k, weights)
        case Fusion.PLACES:
            return fuse_places(rankings, k, options.rrf_constant)


def fuse_scores(rankings: Sequence[Ranking], k: int, weights: Sequence[float]) -> Ranking:
    """Fuse rankings by their scores, each brought to 0 to its weight (CombSUM with min-max; Lee, 1997).

    Args:
        rankings: Of the same question, best first.
        k: How many pages to keep.
        weights: Of the rankings; of words, `LexicalIndex.weigh`.

    Returns:
        Score: the sum over the rankings, where a page that a ranking lacks counts as its last one, 0. Equal scores in
        the order in which the rankings name them, the first ranking first.
    """
    sums: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        scores = [score for _, score in ranking]
        low, span = min(scores, default=0.0), max(scores, default=0.0) - min(scores, default=0.0)
        for page_id, score in ranking:
            sums[page_id] = sums.get(page_id, 0.0) + weight * ((score - low) / span if span else 1.0)
    return sorted(sums.items(), key=lambda item: -item[1])[:k]  # stable


def fuse_places(rankings: Sequence[Ranking], k: int, constant: float) -> Ranking:
    """Fuse rankings by reciprocal ranks (Cormack, Clarke and Büttcher, 2009).

    Args:
        rankings: Of the same question, best first.
        k: How many pages to keep.
        constant: Added to every place, which counts from 1; the paper's is 60.

    Returns:
        Score `sum(1 / (constant + place))` over the rankings that have the page; equal scores in the order
        in which the rankings name them, the first ranking first.
    """
    sums: dict[str, float] = {}
    for ranking in rankings:
        for place, (page_id, _) in enumerate(ranking, start=1):
            sums[page_id] = sums.get(page_id, 0.0) + 1.0 / (constant + place)
    return sorted(sums.items(), key=lambda item: -item[1])[:k]  # stable
