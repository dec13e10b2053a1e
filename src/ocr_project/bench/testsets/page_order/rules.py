"""The order of pages: Kendall's tau, Spearman's rho, pages in their places, and all of them.

An answer that is not an order of the pages counts as 0 in all of them, as a guess is worth in tau and rho. Documents
without an answer count too; VLMHyperBench leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.page_tasks import (
    canonical_order,
    is_order,
    kendall_tau,
    official_order,
    right_places,
    spearman_rho,
)
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Rule, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.domain.types import TruthKind


def score_order(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score an order, `{"order": [3, 1, 2]}`."""
    truth = [int(page) for page in payload["order"]]
    yield from _counts(OFFICIAL, truth, official_order(outcome.answer))
    yield from _counts(CANONICAL, truth, canonical_order(outcome.answer, len(truth)))


def _counts(normalization: str, truth: Sequence[int], order: Sequence[int]) -> Iterator[ScoreCounts]:
    fits = is_order(order, len(truth))
    reason = "" if fits else f"not an order of {len(truth)} pages: {list(order)[:20]}"
    for name, metric in (("kendall_tau", kendall_tau), ("spearman", spearman_rho), ("accuracy", right_places)):
        yield counted(name, normalization, metric(truth, order) if fits else 0.0, reason)
    yield counted("exact", normalization, list(order) == list(truth), reason)


RULES: Mapping[TruthKind, Rule] = {TruthKind.ANSWERS: undrawn(score_order)}
