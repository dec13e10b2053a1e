"""Runs side by side: which is the best, which cannot be told from it, which are on the front; tables for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.bench.fields.annotation import read_field_set
from ocr_project.bench.matrix.grid import ErrorGrid, lay_out_errors
from ocr_project.bench.matrix.pareto import Standing, find_front
from ocr_project.bench.matrix.resolution import Lowest, find_lowest
from ocr_project.bench.matrix.results import FinishedRun
from ocr_project.bench.results.doubt import LEVEL
from ocr_project.domain.options.matrix import MatrixOptions
from ocr_project.domain.types import Question
from ocr_project.engine.metrics.resampling import Draws, estimate_differences, estimate_rates, holm

CER = "cer/official"
RATES = {"cer": CER, "exact": "exact", "wer": "wer/official", "anls": "anls"}
_SWEPT = "pixels"  # the setting that the runs of a sweep differ in


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The runs over one data set.

    Attributes:
        dataset: Its name.
        runs: All of them, those that failed too.
        complete: Those with results, as in the grid.
        questions: That all of the complete runs were asked, by their ids.
        grid: Errors of the complete runs.
        best: Place among the complete runs of the lowest CER; None where there is none.
        level: Whether each complete run cannot be told from the best.
        standings: On the front of CER, time and memory.
        pairs: Each complete run against the best one (`pair_table`).
        lowest: What was found for each model that was run at several resolutions, with the runs of it.
    """

    dataset: str
    runs: Sequence[FinishedRun]
    complete: Sequence[FinishedRun]
    questions: Mapping[int, Question]
    grid: ErrorGrid
    best: int | None
    level: Sequence[bool]
    standings: Sequence[Standing]
    pairs: pd.DataFrame
    lowest: Sequence[tuple[Sequence[FinishedRun], Sequence[Lowest]]] = field(default_factory=list)


def compare_matrix(runs: Sequence[FinishedRun], options: MatrixOptions) -> list[Comparison]:
    """Compare the runs over each data set; runs over different ones are not compared.

    Args:
        runs: Of a matrix.
        options: Tolerance and bootstrap.
    """
    sets: dict[str, list[FinishedRun]] = {}
    for run in runs:
        sets.setdefault(run.facts.settings.get("dataset", ""), []).append(run)
    return [_compare(dataset, members, options) for dataset, members in sets.items()]


def tabulate_matrix(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return a row for each run: what was chosen, status, rates with intervals, cost, rank and front."""
    return pd.DataFrame([row for comparison in comparisons for row in _rows(comparison)])


def tabulate_resolutions(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return a row for each model, kind of document and resolution, with the gate's verdict; the chosen is marked."""
    columns = ["dataset", "model", "doc_type", "pixels", "questions", "documents", "cer", "low", "high", "worse_by",
               "worse_low", "worse_high", "verdict", "needed", "chosen"]  # fmt: skip
    rows = [
        {
            "dataset": comparison.dataset, "model": model_of(members[0]), "doc_type": lowest.doc_type,
            **{name: getattr(step, name) for name in columns[3:14]}, "chosen": step.pixels == lowest.pixels,
        }
        for comparison in comparisons
        for members, found in comparison.lowest
        for lowest in found
        for step in lowest.steps
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def rates_of(run: FinishedRun) -> dict[str, tuple[float, float, float]]:
    """Return each rate of a run with the ends of its 95 % interval; a question without an answer is wrong."""
    found = {}
    for name, metric in RATES.items():
        grid = lay_out_errors({run.name: run.scores}, metric)
        if grid.items:
            rate = estimate_rates(grid.numerator, grid.denominator, grid.clusters)
            found[name] = float(rate.value[0]), float(rate.low[0]), float(rate.high[0])
    return found


def model_of(run: FinishedRun) -> str:
    """Return the name of a run without its resolution."""
    pixels = run.facts.settings.get(_SWEPT, "")
    return run.name.replace(f", {pixels} px", "") if pixels else run.name


def _compare(dataset: str, runs: Sequence[FinishedRun], options: MatrixOptions) -> Comparison:
    complete = [run for run in runs if not run.facts.status]
    draws = Draws(options.resamples, options.seed)
    grid = lay_out_errors({run.name: run.scores for run in complete}, CER)
    questions: dict[int, Question] = {}
    if complete:
        place = complete[0].facts.options.set
        assert place is not None
        wanted = set(map(int, grid.items))
        asked = read_field_set(place, images=False).questions
        questions = {one.question_id: one for one in asked if one.question_id in wanted}
    rates = grid.rates
    best = int(np.nanargmin(rates)) if len(rates) and np.isfinite(rates).any() else None
    pairs = _pairs(grid, best, draws)
    level = [bool(row["verdict"] == "level") for row in pairs.to_dict("records")]
    costs = [(_cost(run, "document_p50"), _memory(run)) for run in complete]
    standings = find_front(grid, costs, options.tolerance, draws) if complete else []
    return Comparison(
        dataset, runs, complete, questions, grid, best, level, standings, pairs,
        list(_sweeps(complete, questions, options, draws)),
    )  # fmt: skip


def _pairs(grid: ErrorGrid, best: int | None, draws: Draws) -> pd.DataFrame:
    """Compare each run with the best one, paired by question, corrected by Holm for the number of runs."""
    columns = ["run", "best", "difference", "low", "high", "p", "p_holm", "verdict"]
    if best is None:
        return pd.DataFrame(columns=columns)
    runs = range(len(grid.names))
    found = estimate_differences(grid.side([best] * len(grid.names)), grid.side(list(runs)), grid.clusters, draws)
    p = found.p.copy()
    p[best] = np.nan
    corrected = holm(p)
    rows = []
    for run in runs:
        sure = corrected[run] < LEVEL and found.low[run] > 0
        verdict = "best" if run == best else "worse" if sure else "level"
        rows.append((grid.names[run], grid.names[best], found.value[run], found.low[run], found.high[run], p[run],
                     corrected[run], verdict))  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _sweeps(
    runs: Sequence[FinishedRun], questions: Mapping[int, Question], options: MatrixOptions, draws: Draws
) -> Iterator[tuple[Sequence[FinishedRun], Sequence[Lowest]]]:
    """Yield the runs that differ in resolution alone, with the lowest that is enough."""
    groups: dict[tuple[object, ...], list[FinishedRun]] = {}
    for run in runs:
        settings = {name: value for name, value in run.facts.settings.items() if name != _SWEPT}
        if run.facts.options.max_pixels:
            alike = run.facts.options.model_copy(update={"max_pixels": None}).model_dump_json()  # has paths of prompts
            groups.setdefault((alike, *sorted(settings.items())), []).append(run)
    kinds = {str(number): question.doc_type for number, question in questions.items()}
    for members in groups.values():
        if len(members) > 1:
            grid = lay_out_errors({run.name: run.scores for run in members}, CER)
            pixels = [run.facts.options.max_pixels or 0 for run in members]
            yield members, find_lowest(grid, pixels, kinds, options.tolerance, draws)


def _rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    places = {run.name: place for place, run in enumerate(comparison.complete)}
    verdicts = dict(zip(comparison.pairs["run"], comparison.pairs["verdict"], strict=True))
    for run in comparison.runs:
        facts = run.facts
        row: dict[str, Any] = {"run": run.name, **facts.settings, "status": facts.status or "ok"}
        if run.name in places:
            for name, (rate, low, high) in rates_of(run).items():
                row |= {name: rate, f"{name}_low": low, f"{name}_high": high}
            standing = comparison.standings[places[run.name]]
            row |= {
                "rank": verdicts.get(run.name, ""), "front": standing.place.value, "beaten_by": standing.by,
                "questions": facts.questions, "missing": facts.missing, **facts.cost,
                "gpus": " + ".join(facts.cards), "dummy_weights": facts.dummy,
            }  # fmt: skip
        yield row | {"folder": facts.folder}


def _cost(run: FinishedRun, name: str) -> float:
    return float(run.facts.cost.get(name, math.nan))


def _memory(run: FinishedRun) -> float:
    needed = _cost(run, "needed_gib")
    return needed if math.isfinite(needed) else _cost(run, "peak_gib")
