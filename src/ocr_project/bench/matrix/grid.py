"""The errors of several runs over the same questions, laid out for paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ocr_project.bench.metrics.catalog import metric_of
from ocr_project.domain.types import Status

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ErrorGrid:
    """Counts of one metric: a row for each question that all runs have, a column for each run.

    Attributes:
        names: Of the runs.
        items: Ids of the questions.
        clusters: The document of each question.
        numerator: Shape (questions, runs); what could not be scored counts at its worst.
        denominator: Shape (questions, runs).
    """

    names: tuple[str, ...]
    items: tuple[str, ...]
    clusters: tuple[str, ...]
    numerator: Floats
    denominator: Floats

    @property
    def rates(self) -> Floats:
        """The rate of each run; NaN where there is nothing to divide by."""
        below = self.denominator.sum(axis=0)
        rates = np.full(len(below), np.nan)
        np.divide(self.numerator.sum(axis=0), below, out=rates, where=below > 0)
        return rates

    def side(self, runs: Sequence[int]) -> tuple[Floats, Floats]:
        """Return numerators and denominators of some runs, by their places; a run may come twice."""
        return self.numerator[:, list(runs)], self.denominator[:, list(runs)]

    def of(self, items: Sequence[str]) -> ErrorGrid:
        """Return the part of some questions."""
        wanted = set(items)
        rows = [place for place, item in enumerate(self.items) if item in wanted]
        return ErrorGrid(
            self.names,
            tuple(self.items[row] for row in rows),
            tuple(self.clusters[row] for row in rows),
            self.numerator[rows],
            self.denominator[rows],
        )


def lay_out_errors(scores: Mapping[str, pd.DataFrame], metric: str) -> ErrorGrid:
    """Put the scores of several runs side by side.

    Args:
        scores: Score rows of each run, by its name.
        metric: For example `cer/canonical`.

    Returns:
        The questions that every run has, in the order of the first run.
    """
    frames = [frame[frame["metric"] == metric].drop_duplicates("item_id").set_index("item_id") for frame in
              scores.values()]  # fmt: skip
    shared = [item for item in (frames[0].index if frames else ()) if all(item in frame.index for frame in frames)]
    held = [frame.loc[shared] for frame in frames]
    worst = metric_of(metric).worst
    shape = (len(shared), len(frames))
    top, bottom = np.zeros(shape), np.zeros(shape)
    for place, frame in enumerate(held):
        below = frame["denominator"].to_numpy(np.float64)
        failed = (frame["status"] == Status.FAILED).to_numpy()
        bottom[:, place] = np.where(below > 0, below, failed)
        top[:, place] = np.where(failed, worst * bottom[:, place], frame["numerator"].to_numpy(np.float64))
    clusters = tuple(map(str, held[0]["doc_id"])) if held else ()
    return ErrorGrid(tuple(scores), tuple(map(str, shared)), clusters, top, bottom)
