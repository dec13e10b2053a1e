"""Several rankings made into one, by places alone: their scores need not be comparable."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.engine.retrieval.ranking import Ranking


def fuse(rankings: Sequence[Ranking], k: int, constant: float) -> Ranking:
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
