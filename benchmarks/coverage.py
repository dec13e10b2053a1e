"""How often a "95 %" interval holds the truth, and how often the gate is wrong: made documents with a known rate.

Usage: python -m benchmarks.coverage [--corpora 500] [--only intervals|gate] [--json FILE]

A document has one to seven pages of 500 to 2,500 characters; documents and pages differ by factors of a log-normal
distribution whose mean is 1, so that the truth is 5 %. Intervals: percentiles of a bootstrap over documents, as they
were until 2026-11, the plain t interval of the jackknife, and what the product uses. "Above" and "below" are the
shares in which the truth lies above and below the interval; width is the median in points.

Gate: two runs over the same pages with eight metrics that go up and down together (as CER, WER and their like do),
errors of each page multiplied by a factor of its own (35 %), and the second run worse by what is said. Where the rate
is one of answers that are right or wrong, each is a document, and a tenth of them are right in one run only.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.gpu_machine import commit, hardware
from numpy.typing import NDArray
from scipy.special import stdtrit

from ocr_project.bench.results.gate import Tolerances, give_verdicts, judge_quality
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Score, Truth
from ocr_project.engine.metrics import Draws, estimate_rate
from ocr_project.engine.metrics.resampling import draw_rates

RATE = 0.05
PAGES = 0.5  # deviation of the logarithm of a page's factor
SPREADS = (0.9, 0.5, 0.3)
DOCUMENTS = (2, 3, 4, 5, 7, 10, 30, 100)
GATE_DOCUMENTS = (2, 3, 5, 10, 30, 100)
METRICS = ("cer", "cer_no_space", "wer", "ned")
READINGS = ("official", "canonical")
NOISE = 0.35
ANSWERS = (30, 100, 300, 1_000, 3_000)
ANSWER_METRICS = ("accuracy", "anls")
APART = 0.1  # share of answers that are right in one of the two runs only
CASES = (  # rate of the first run (`None`: answers), what the second is worse by, and what is tolerated
    *((0.05, 0.0, 0.0), (0.05, 0.01, 0.0)),
    *((0.05, 0.0, 0.005), (0.05, 0.005, 0.005), (0.05, 0.01, 0.005), (0.05, 0.2, 0.005)),
    *((0.02, 0.0, 0.005), (0.02, 0.005, 0.005), (0.02, 0.01, 0.005), (0.02, 0.2, 0.005)),
    *((0.05, 0.0, 0.01), (0.05, 0.01, 0.01), (0.05, 0.02, 0.01), (0.05, 0.2, 0.01)),
    *((None, 0.0, 0.01), (None, 0.01, 0.01)),
    *((None, 0.0, 0.02), (None, 0.02, 0.02), (None, 0.05, 0.02)),
)
Floats = NDArray[np.float64]


def corpus(
    chance: np.random.Generator, documents: int, spread: float, rate: float = RATE
) -> tuple[Floats, Floats, list[str]]:
    """Make expected errors and characters of pages, and the document of each."""
    pages = chance.integers(1, 8, documents)
    document = np.repeat(np.arange(documents), pages)
    characters = chance.integers(500, 2_500, len(document)).astype(float)
    hard = np.exp(spread * chance.standard_normal(documents) - spread**2 / 2)[document]
    hard *= np.exp(PAGES * chance.standard_normal(len(document)) - PAGES**2 / 2)
    return rate * hard * characters, characters, [f"d{number}" for number in document]


def percentiles(errors: Floats, characters: Floats, clusters: list[str], seed: int) -> tuple[float, float]:
    drawn = draw_rates(errors[:, None], characters[:, None], clusters, 1_000, seed)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def plain_t(errors: Floats, characters: Floats, clusters: list[str]) -> tuple[float, float]:
    """Return the t interval of the jackknife, with its usual variance."""
    sums = pd.DataFrame({"errors": errors, "characters": characters, "document": clusters}).groupby("document").sum()
    top, bottom = sums["errors"].to_numpy(), sums["characters"].to_numpy()
    whole, count = top.sum() / bottom.sum(), len(top)
    others = (top.sum() - top) / (bottom.sum() - bottom)
    half = np.sqrt(((others - others.mean()) ** 2).sum() * (count - 1) / count) * stdtrit(count - 1, 0.975)
    return float(whole - half), float(whole + half)


def measure_intervals(corpora: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for spread in SPREADS:
        for documents in DOCUMENTS:
            chance = np.random.default_rng([documents, int(spread * 10)])
            found: dict[str, list[tuple[float, float]]] = {"percentile": [], "jackknife-t": [], "product": []}
            for seed in range(corpora):
                expected, characters, clusters = corpus(chance, documents, spread)
                errors = chance.poisson(expected).astype(float)
                found["percentile"].append(percentiles(errors, characters, clusters, seed))
                found["jackknife-t"].append(plain_t(errors, characters, clusters))
                interval = estimate_rate(errors, characters, clusters)
                found["product"].append((interval.low, interval.high))
            for method, ends in found.items():
                low, high = np.array(ends).T
                shown = np.isfinite(low)
                row = {"spread": spread, "documents": documents, "method": method, "shown": shown.mean()}
                if shown.any():
                    row |= {
                        "covered": np.mean((low <= RATE) & (high >= RATE)) / shown.mean(),
                        "above": np.mean(high < RATE) / shown.mean(),
                        "below": np.mean(low > RATE) / shown.mean(),
                        "width": np.median((high - low)[shown]) * 100,
                    }
                rows.append(row)
    return rows


def run_of(chance: np.random.Generator, expected: Floats, characters: Floats, clusters: list[str]) -> pd.DataFrame:
    """Make the scores of a run: eight metrics of the same errors, with a little of their own."""
    noise = np.exp(NOISE * chance.standard_normal(len(expected)) - NOISE**2 / 2)
    rows = []
    for metric in METRICS:
        for reading in READINGS:
            own = np.exp(0.05 * chance.standard_normal(len(expected)))
            errors = chance.poisson(expected * noise * own)
            rows += [
                Score(f"p{page}", document, "set", f"{metric}/{reading}", float(wrong), float(whole))
                for page, (document, wrong, whole) in enumerate(zip(clusters, errors, characters, strict=True))
            ]
    return to_frame(rows, Score)


def answers_of(right: NDArray[np.bool_]) -> pd.DataFrame:
    """Make the scores of answers, each of a document of its own, by metrics that agree."""
    rows = [
        Score(f"p{place}", f"d{place}", "set", f"{metric}/{reading}", float(value), 1.0)
        for metric in ANSWER_METRICS
        for reading in READINGS
        for place, value in enumerate(right)
    ]
    return to_frame(rows, Score)


def two_runs(
    chance: np.random.Generator, documents: int, rate: float | None, loss: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the scores of two runs of which the second is worse by `loss`."""
    if rate is None:
        drawn = chance.random(documents)
        was, better = chance.random(documents) < 0.7, (APART - loss) / 2
        now = np.where(drawn < better, True, np.where(drawn < APART, False, was))
        return answers_of(np.where(drawn < better, False, np.where(drawn < APART, True, was))), answers_of(now)
    expected, characters, clusters = corpus(chance, documents, 0.5, rate)
    before = run_of(chance, expected, characters, clusters)
    return before, run_of(chance, expected * (1 + loss / rate), characters, clusters)


def measure_gate(runs: int) -> list[dict[str, object]]:
    """Count how the gate judges: the share of runs with any `worse`, and the verdicts on one metric."""
    none = to_frame([], Truth)
    rows: list[dict[str, object]] = []
    for rate, loss, tolerance in CASES:
        for documents in GATE_DOCUMENTS if rate else ANSWERS:
            chance = np.random.default_rng([documents, int(loss * 1_000), int(tolerance * 1_000)])
            name = f"{METRICS[0] if rate else ANSWER_METRICS[0]}/{READINGS[0]}"
            verdicts: Counter[str] = Counter()
            for seed in range(runs if documents < 100 else max(1, runs // 3)):
                before, now = two_runs(chance, documents, rate, loss)
                judged = judge_quality(before, now, none, Tolerances(tolerance), Draws(1_000, seed))
                table = give_verdicts(judged)
                verdicts["any worse"] += bool((table["verdict"] == "worse").any())
                verdicts["runs"] += 1
                verdicts[table.loc[table["metric"] == name, "verdict"].iloc[0]] += 1
            total = verdicts.pop("runs")
            row: dict[str, object] = {
                "rate": rate or "answers",
                "loss": loss,
                "tolerance": tolerance,
                "documents": documents,
            }
            rows.append(row | {name: verdicts[name] / total for name in ("any worse", "worse", "open", "fine")})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=int, default=500)
    parser.add_argument("--only", choices=("intervals", "gate"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found: dict[str, object] = {"commit": commit(), "hardware": hardware(), "corpora": given.corpora}
    for name, measure in (("intervals", measure_intervals), ("gate", measure_gate)):
        if given.only in (None, name):
            rows = measure(given.corpora)
            found[name] = rows
            print(pd.DataFrame(rows).round(3).to_string(index=False))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2, default=float) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
