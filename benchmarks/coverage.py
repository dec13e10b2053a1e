"""How often a "95 %" interval holds the truth, and how often the gate is wrong: made documents with a known rate.

Usage: python -m benchmarks.coverage [--corpora 500] [--only intervals|answers|gate] [--json FILE]

A document has one to seven pages of 500 to 2,500 characters; documents and pages differ by factors of a log-normal
distribution whose mean is 1, so that the truth is 5 %. Intervals: percentiles of a bootstrap over documents, as they
were until 2026-11, the plain t interval of the jackknife, and what the product uses. "Above" and "below" are the
shares in which the truth lies above and below the interval; width is the median in points.

Answers: the same of answers that are right or wrong, one or ten to a document, which go together in a document as much
as is said (0: not at all; 0.2: a fifth of the variance is between documents); "jackknife-t" is what `intervals` gives.

Gate: two runs over the same pages with eight metrics that go up and down together (as CER, WER and their like do),
errors of each page multiplied by a factor of its own (35 %), and the second run worse by what is said. Where the rate
is one of answers that are right or wrong, each is a document, and a tenth of them are right in one run only. With
`--only answers` it has those cases alone.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import product
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
from ocr_project.engine.metrics.intervals import Blend, Side, find_ends
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
SHARES = (0.7, 0.95)
ALIKE = (0.0, 0.2)
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
            row = {"spread": spread, "documents": documents}
            rows += [row | {"method": method} | summary(ends, RATE) for method, ends in found.items()]
    return rows


def right_of(chance: np.random.Generator, documents: int, questions: int, share: float, alike: float) -> Floats:
    """Make answers, 1 where they are right; those of a document go together by a beta distribution."""
    sure = (1 / alike - 1) if alike else 0.0
    rates = chance.beta(share * sure, (1 - share) * sure, documents) if alike else np.full(documents, share)
    return (chance.random((documents, questions)) < rates[:, None]).ravel().astype(float)


def measure_answers(corpora: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for share, alike, questions, documents in product(SHARES, ALIKE, (1, 10), (3, 5, 10, 30, 100)):
        if alike and questions == 1:
            continue
        chance = np.random.default_rng([documents, questions, int(share * 100), int(alike * 10)])
        clusters = [f"d{place // questions}" for place in range(documents * questions)]
        ones = np.ones((len(clusters), 1))
        found: dict[str, list[tuple[float, float]]] = {"jackknife-t": [], "product": []}
        for _ in range(corpora):
            right = right_of(chance, documents, questions, share, alike)
            low, high = find_ends([Side(right[:, None], ones)], [Blend((0,))], clusters)
            found["jackknife-t"].append((float(low[0]), float(high[0])))
            interval = estimate_rate(right, ones[:, 0], clusters)
            found["product"].append((interval.low, interval.high))
        row = {"right": share, "alike": alike, "questions": questions, "documents": documents}
        rows += [row | {"method": method} | summary(ends, share) for method, ends in found.items()]
    return rows


def summary(ends: list[tuple[float, float]], truth: float) -> dict[str, object]:
    """Say how often intervals are shown, and of these how often they hold the truth, or miss it on either side."""
    low, high = np.array(ends).T
    shown = np.isfinite(low)
    if not shown.any():
        return {"shown": 0.0}
    return {
        "shown": shown.mean(),
        "covered": np.mean((low <= truth) & (high >= truth)) / shown.mean(),
        "above": np.mean(high < truth) / shown.mean(),
        "below": np.mean(low > truth) / shown.mean(),
        "width": np.median((high - low)[shown]) * 100,
    }


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


def measure_gate(runs: int, cases: Sequence[tuple[float | None, float, float]]) -> list[dict[str, object]]:
    """Count how the gate judges: the share of runs with any `worse`, and the verdicts on one metric."""
    none = to_frame([], Truth)
    rows: list[dict[str, object]] = []
    for rate, loss, tolerance in cases:
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
    parser.add_argument("--only", choices=("intervals", "answers", "gate"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found: dict[str, object] = {"commit": commit(), "hardware": hardware(), "corpora": given.corpora}
    cases = [case for case in CASES if case[0] is None] if given.only == "answers" else CASES
    lanes = (
        ("intervals", ("intervals",), measure_intervals),
        ("answers", ("answers",), measure_answers),
        ("gate", ("gate", "answers"), partial(measure_gate, cases=cases)),
    )
    for name, asked, measure in lanes:
        if given.only is None or given.only in asked:
            rows = measure(given.corpora)
            found[name] = rows
            print(pd.DataFrame(rows).round(3).to_string(index=False))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2, default=float) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
