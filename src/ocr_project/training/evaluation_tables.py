"""How well base and tuned read held-out samples: exact, alike after normalising, similar, CER, each with its interval.

Exact and normalised are as the people who tune such models count them: 20 samples of which two are exact say 10 %, and
their interval, 3 to 30 %, says that nothing can be concluded; so it always stands beside.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from ocr_project.engine.metrics import cer, estimate_rate, normalize

SIMILAR = 0.8  # of 1 - edits / characters of the longer one
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model read of a sample.

    Attributes:
        truth: What it should have answered, in its dialect.
        answer: What it answered.
        ended: Whether it stopped by itself.
    """

    sample_id: str
    document: str
    truth: str
    answer: str
    ended: bool


def folded(text: str) -> str:
    """Return a text as `normalised` compares it: NFKC, lower case, without punctuation and white space."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if unicodedata.category(letter)[0] not in "PZC")


def similarity(truth: str, answer: str) -> float:
    """Return 1 - edits / characters of the longer one, of the folded texts; two empty ones are alike."""
    one, other = folded(truth), folded(answer)
    longest = max(len(one), len(other))
    return 1.0 - cer(one, other).numerator / longest if longest else 1.0


def tabulate_readings(readings: Sequence[Reading], *, model: str, test_set: str) -> pd.DataFrame:
    """Return one row a sample: what it was to be, what was read, and the four scores as counts."""
    rows = []
    for one in readings:
        edits = cer(normalize(one.truth), normalize(one.answer))
        rows.append(
            {
                "model": model,
                "set": test_set,
                "sample_id": one.sample_id,
                "document": one.document,
                "truth": one.truth,
                "answer": one.answer,
                "ended": one.ended,
                "exact": int(one.truth == one.answer),
                "normalised": int(folded(one.truth) == folded(one.answer)),
                "similar": int(similarity(one.truth, one.answer) >= SIMILAR),
                "edits": edits.numerator,
                "characters": edits.denominator,
            }
        )
    return pd.DataFrame(rows, columns=list(READING_COLUMNS))


READING_COLUMNS = (
    *("model", "set", "sample_id", "document", "truth", "answer", "ended"),
    *("exact", "normalised", "similar", "edits", "characters"),
)


def tabulate_scores(readings: pd.DataFrame) -> pd.DataFrame:
    """Return one row a model, set and metric: numerator, denominator, rate, and the ends of its 95 % interval.

    Shares of samples have Wilson's interval; CER that of whole documents left out in turn (engine.metrics).
    """
    rows = []
    for (model, name), found in readings.groupby(["model", "set"], sort=False):
        for metric in ("exact", "normalised", "similar"):
            count = int(found[metric].sum())
            rows.append((model, name, metric, count, len(found), count / len(found), *wilson(count, len(found))))
        edits, characters = int(found["edits"].sum()), int(found["characters"].sum())
        ends = estimate_rate(found["edits"], found["characters"], found["document"].tolist())
        rate = edits / characters if characters else math.nan
        rows.append((model, name, "cer", edits, characters, rate, ends.low, ends.high))
    columns = ["model", "set", "metric", "numerator", "denominator", "rate", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def wilson(count: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927)."""
    if not of:
        return 0.0, 1.0
    share, square = count / of, _Z**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)
