"""Errors of runs with a known truth: the rates of each run, and how much a document's own difficulty varies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ocr_project.bench.matrix.grid import ErrorGrid

LENGTH = 12  # characters of a field


def made_grid(rates: Sequence[float], documents: int = 40, questions: int = 10, seed: int = 0) -> ErrorGrid:
    """Draw the errors of runs over the same documents; what is hard in one run is hard in all."""
    rng = np.random.default_rng(seed)
    hardness = rng.gamma(2.0, 0.5, size=documents).repeat(questions)
    luck = rng.random((documents * questions, LENGTH))  # shared: most of the errors are the same in all runs
    own = rng.random((documents * questions, len(rates), LENGTH))
    chance = np.minimum(hardness[:, None] * np.asarray(rates)[None], 1.0)
    mixed = np.where(own < 0.5, luck[:, None, :], rng.random(own.shape))
    errors = (mixed < chance[:, :, None]).sum(axis=2).astype(float)
    items = tuple(f"{place:05d}" for place in range(documents * questions))
    clusters = tuple(f"d{place // questions}" for place in range(documents * questions))
    names = tuple(f"run{place}" for place in range(len(rates)))
    return ErrorGrid(names, items, clusters, errors, np.full(errors.shape, float(LENGTH)))
