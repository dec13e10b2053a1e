"""How well a ranking finds the relevant pages: nDCG@k, Recall@k, MRR, MAP, equal to trec_eval's.

Values of one query are between 0 and 1; the value of a corpus is their mean over queries (macro-average). As counts,
the value is the numerator and 1 the denominator; the clusters of a bootstrap are the queries.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np


def rank(scores: Mapping[str, float]) -> list[str]:
    """Order documents as trec_eval does: best score first, ties by descending id.

    Scores are compared as 32-bit floats, which is how trec_eval holds them.
    """
    return sorted(scores, key=lambda name: (np.float32(scores[name]), name), reverse=True)


def score_query(
    relevance: Mapping[str, int], ranking: Sequence[str], ndcg: Sequence[int], recall: Sequence[int]
) -> dict[str, float]:
    """Score one ranking.

    Args:
        relevance: Grade of each judged document; 0 and below is not relevant, all others count 0.
        ranking: Ids of documents, best first, each once.
        ndcg: Values of k for nDCG@k.
        recall: Values of k for Recall@k.

    Returns:
        `ndcg@k` for each k, `recall@k` for each k, `mrr`, `map`; all 0 where nothing is relevant.
        nDCG has the linear gain and the log2(rank + 1) discount of Järvelin and Kekäläinen (2002).
    """
    gains = [max(0, relevance.get(name, 0)) for name in ranking]
    ideal = sorted((grade for grade in relevance.values() if grade > 0), reverse=True)
    places = [place for place, gain in enumerate(gains, start=1) if gain]
    precisions = (found / place for found, place in enumerate(places, start=1))
    relevant = max(1, len(ideal))
    return {
        **{f"ndcg@{k}": _discount(gains[:k]) / (_discount(ideal[:k]) or 1.0) for k in ndcg},
        **{f"recall@{k}": sum(place <= k for place in places) / relevant for k in recall},
        "mrr": 1.0 / places[0] if places else 0.0,
        "map": sum(precisions) / relevant,
    }


def score_run(
    qrels: Mapping[str, Mapping[str, int]],
    run: Iterable[tuple[str, Mapping[str, float]]],
    ndcg: Sequence[int],
    recall: Sequence[int],
) -> dict[str, dict[str, float]]:
    """Score every query that has judgements; one that the run does not answer scores 0 (`trec_eval -c`).

    Args:
        qrels: Query id to document id to grade.
        run: Query ids, each once, with document id to score, higher is better; taken one at a time.
        ndcg: Values of k for nDCG@k.
        recall: Values of k for Recall@k.

    Returns:
        The values of `score_query` by query, in the order of `qrels`.
    """
    scored = {query: score_query(qrels[query], rank(found), ndcg, recall) for query, found in run if query in qrels}
    return {query: scored.get(query) or score_query(grades, (), ndcg, recall) for query, grades in qrels.items()}


def _discount(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))
