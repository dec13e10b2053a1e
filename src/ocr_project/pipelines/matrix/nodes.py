"""What is asked for to runs; runs to tables and a report."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

import pandas as pd

from ocr_project.bench.matrix.judging import compare_matrix, tabulate_matrix, tabulate_resolutions
from ocr_project.bench.matrix.launching import run_locally
from ocr_project.bench.matrix.performing import Common
from ocr_project.bench.matrix.plan import plan_runs
from ocr_project.bench.matrix.results import read_matrix, write_matrix
from ocr_project.bench.matrix.user_config import read_user_config
from ocr_project.bench.report.matrix_build import build_matrix_report
from ocr_project.bench.report.matrix_page import write_matrix_report
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import FieldsOptions, MatrixOptions, RuntimeOptions
from ocr_project.domain.project import Project
from ocr_project.engine.running.provenance import facts
from ocr_project.storage.scratch import Scratch

log = logging.getLogger(__name__)

SWEEP = (2_007_040, 1_003_520, 501_760, 250_880)  # pixels: multiples of 28 x 28, each half of the one before
_PACKAGES = ("numpy", "opencv-python-headless")


def run_matrix(place: Path, options: MatrixOptions, fields: FieldsOptions, runtime: RuntimeOptions) -> Path:
    """Do the runs that are asked for; those that are complete are not done again.

    A worker of a launch does those that it gets; which runs the matrix has is written by the one that closes it.

    Returns:
        The place itself.
    """
    if options.runs is None:
        raise OptionError("matrix.runs is empty: name a user_config.csv, or YAML (docs/matrix.md)")
    runs = plan_runs(options.runs, read_user_config(options.runs, options), options, fields, runtime.tessdata)
    log.info("runs: %d, over %s", len(runs), ", ".join(dict.fromkeys(run.asked.dataset for run in runs)))
    run_locally(runs, Common(place, options, runtime))
    if runtime.is_alone:
        write_matrix(place, [run.folder for run in runs])
    return place


def sweep_resolutions(place: Path, options: MatrixOptions, fields: FieldsOptions, runtime: RuntimeOptions) -> Path:
    """Do the runs at several resolutions: those of `matrix.pixels`, otherwise from 2 megapixels down to an eighth.

    Returns:
        The place itself.
    """
    if len(options.pixels) == 1:
        raise OptionError(f"matrix.pixels={options.pixels[0]}: two resolutions or more are compared, joined by `+`")
    swept = options if options.pixels else options.model_copy(update={"pixels": SWEEP})
    return run_matrix(place, swept, fields, runtime)


def tabulate(place: Path, options: MatrixOptions) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Compare the runs.

    Returns:
        A row a run; each run against the best of its set; a row for each resolution of each kind of document.
    """
    comparisons = compare_matrix(read_matrix(place), options)
    pairs = [one.pairs.assign(dataset=one.dataset) for one in comparisons]
    return tabulate_matrix(comparisons), pd.concat(pairs, ignore_index=True), tabulate_resolutions(comparisons)


def measure_matrix(table: pd.DataFrame) -> dict[str, float]:
    """Count runs, and those that failed: they end a run of the pipeline with exit status 3."""
    failed = int((table["status"] != "ok").sum())
    return {"runs": len(table), "failed": failed}


def write_matrix_page(place: Path, options: MatrixOptions, project: Project, scratch: Scratch) -> Path:
    """Write the report.

    Returns:
        The page, as a draft.
    """
    comparisons = compare_matrix(read_matrix(place), options)
    created = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    report = build_matrix_report(comparisons, options, created, facts(project.commit, _PACKAGES))
    with scratch.draft("matrix.html") as page:
        write_matrix_report(page, report, options.language, os.cpu_count() or 1)
    return page
