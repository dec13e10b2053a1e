"""What each metric of the test sets is: title, which way is better, how items are averaged, what the gate tolerates.

A score's metric is `name` or `name/normalization`: `official` is the test set's own, `canonical` is one for all sets;
names of rankings end in `@k`. A metric that is not in this list is refused: a table that guesses which way is better
would be wrong half of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OFFICIAL, CANONICAL = "official", "canonical"


class Average(StrEnum):
    """How the items of a test set become one number."""

    MICRO = "micro"  # numerators added up over denominators added up: long items count more
    MEAN = "mean"  # the mean of the items' own values: each item counts the same


# By how much a run may be worse than its baseline where options do not say, as a fraction (docs/decisions/0010): rates
# of characters are small and steady, of answers that are right or wrong it takes thousands to see a point.
_CHARACTERS, _WORDS_AND_STRUCTURE, _ANSWERS = 0.005, 0.01, 0.02


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the test sets.

    Attributes:
        name: As in `Score.metric`, without the normalization and without `@k`.
        title: For people.
        higher_is_better: Whether 1 is perfect (True) or 0 is (False).
        average: How items are averaged.
        tolerance: By how much a run may be worse than its baseline, as a fraction, where options do not say.
    """

    name: str
    title: str
    higher_is_better: bool
    average: Average
    tolerance: float

    @property
    def worst(self) -> float:
        """What an item counts that could not be scored, where it is counted."""
        return 0.0 if self.higher_is_better else 1.0


def _metric(name: str, title: str, better: str, average: Average, tolerance: float = _WORDS_AND_STRUCTURE) -> Metric:
    return Metric(name, title, better == "up", average, tolerance)


# In the order of weight: the first of these that a test set has is its headline.
_ALL = (
    _metric("overall", "Overall", "up", Average.MEAN),
    _metric("overall_en", "Overall of English", "up", Average.MEAN),
    _metric("overall_cn", "Overall of Chinese", "up", Average.MEAN),
    _metric("pass_rate", "Tests passed", "up", Average.MICRO, _ANSWERS),
    _metric("passed", "Tests passed", "up", Average.MICRO, _ANSWERS),
    _metric("accuracy", "Accuracy", "up", Average.MEAN, _ANSWERS),
    _metric("f1_macro", "F1, mean over types", "up", Average.MEAN, _ANSWERS),
    _metric("kendall_tau", "Kendall's tau", "up", Average.MEAN, _ANSWERS),
    _metric("spearman", "Spearman's rho", "up", Average.MEAN, _ANSWERS),
    _metric("anls", "ANLS", "up", Average.MEAN, _ANSWERS),
    _metric("anls_star", "ANLS*", "up", Average.MEAN, _ANSWERS),
    _metric("kie_f1", "KIE F1", "up", Average.MICRO),
    _metric("kie_precision", "KIE precision", "up", Average.MICRO),
    _metric("kie_recall", "KIE recall", "up", Average.MICRO),
    _metric("teds", "TEDS", "up", Average.MEAN),
    _metric("teds_s", "TEDS-S", "up", Average.MEAN),
    _metric("cdm", "CDM", "up", Average.MEAN),
    _metric("nid", "NID", "up", Average.MEAN),
    _metric("mhs", "MHS", "up", Average.MEAN),
    _metric("mhs_s", "MHS-S", "up", Average.MEAN),
    _metric("cer_no_space", "CER without spaces", "down", Average.MICRO, _CHARACTERS),
    _metric("cer", "CER", "down", Average.MICRO, _CHARACTERS),
    _metric("cer_clipped", "CER, 1 at most a question", "down", Average.MEAN, _CHARACTERS),
    _metric("word_f1", "Word F1, in any order", "up", Average.MICRO),
    _metric("wer", "WER", "down", Average.MICRO),
    _metric("ned", "NED", "down", Average.MICRO, _CHARACTERS),
    _metric("text_edit", "Text edit distance", "down", Average.MEAN, _CHARACTERS),
    _metric("formula_edit", "Formula edit distance", "down", Average.MEAN),
    _metric("table_edit", "Table edit distance", "down", Average.MEAN),
    _metric("reading_order", "Reading-order distance", "down", Average.MEAN),
    _metric("bleu", "BLEU", "up", Average.MEAN),
    _metric("exact", "Exact match", "up", Average.MEAN, _ANSWERS),
    _metric("normalized", "Normalised match", "up", Average.MEAN, _ANSWERS),
    _metric("similar", "At least 80 % alike", "up", Average.MEAN, _ANSWERS),
    _metric("map", "mAP", "up", Average.MEAN),
    _metric("ndcg", "nDCG", "up", Average.MEAN),
    _metric("recall", "Recall", "up", Average.MEAN),
    _metric("precision", "Precision", "up", Average.MEAN),
    _metric("f1", "F1", "up", Average.MEAN),
    _metric("type_f1", "F1 of a type", "up", Average.MICRO, _ANSWERS),
    _metric("mrr", "MRR", "up", Average.MEAN),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
_ORDER = {name: place for place, name in enumerate(METRICS)}


def metric_of(name: str) -> Metric:
    """Find the metric of a score by its name, with or without a normalization and `@k`.

    Raises:
        ValueError: It is not in the list.
    """
    base = name.split("/")[0].split("@")[0]
    if base not in METRICS:
        raise ValueError(f"metric {name!r} is not listed: add {base!r} to bench/metrics/catalog.py")
    return METRICS[base]


def normalization_of(name: str) -> str:
    """Return `official`, `canonical`, another suffix that a test set has (a file of tests), or an empty string."""
    return name.partition("/")[2]


def title_of(name: str) -> str:
    """Return the title for people, with its `@k` and its normalization: `TEDS, official`."""
    base, _, normalization = name.partition("/")
    cutoff = base.partition("@")[2]
    title = metric_of(name).title + (f"@{cutoff}" if cutoff else "")
    return f"{title}, {normalization}" if normalization else title


def by_weight(name: str) -> tuple[int, bool, str]:
    """Sort key: metrics in the order of weight, the official normalization first."""
    return _ORDER[metric_of(name).name], normalization_of(name) != OFFICIAL, name
