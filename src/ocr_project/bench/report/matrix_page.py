"""Writes the report of a matrix: one HTML file without a script, in the language that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from ocr_project.bench.report.matrix_charts import curve_plot, front_plot
from ocr_project.bench.report.matrix_model import AnswerCard, Curve, DatasetPart, MatrixReport
from ocr_project.domain.options.matrix import ReportLanguage
from ocr_project.engine.reporting.page import ahead, write_page
from ocr_project.engine.reporting.page_image import as_data_uri

_RATES = ("exact", "wer", "anls")  # beside CER
_RESOLUTION = {  # the plots of a resolution, with the name of their y axis
    "pixels_cer": "cer_percent",
    "pixels_seconds": "document_seconds",
    "pixels_gib": "memory_gib",
}


@dataclass(frozen=True, slots=True)
class Plots:
    """The plots of a data set, drawn; those of curves with the curves, for their legend."""

    part: DatasetPart
    time: Markup
    memory: Markup
    resolution: Sequence[tuple[str, Markup, Sequence[Curve]]]
    damage: Sequence[tuple[str, Markup, Sequence[Curve]]]

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.part.name


def write_matrix_report(path: Path, report: MatrixReport, language: ReportLanguage, workers: int = 1) -> None:
    """Write the report, atomically.

    Args:
        path: The file; its folder is made where it is missing.
        report: What it shows.
        language: Of its texts; answers and names stay as they are.
        workers: Images that are prepared at once.

    Raises:
        StorageError: The file cannot be written.
    """
    words = texts_of(language)
    cards = [card for part in report.parts for card in part.cards]
    shown = {name for part in report.parts for run in part.runs for name in run.rates}
    values = {
        "title": words["title"],
        "created": report.created,
        "report": report,
        "words": words,
        "notes": list(_notes(report, words)),
        "plots": [_draw(part, words) for part in report.parts],
        "rates": [name for name in _RATES if name in shown],
        "tolerance": f"{report.tolerance * 100:g}",
        "cards": ahead((partial(_with_image, card) for card in cards), workers),
    }
    write_page(path, "matrix.html.j2", values, (__package__,))


@cache
def texts_of(language: ReportLanguage) -> Mapping[str, str]:
    """Return the texts of the report in a language; each has a file of its own beside the templates."""
    text = (files(__package__) / "templates" / f"matrix.{language}.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)
    return words


def _notes(report: MatrixReport, words: Mapping[str, str]) -> Iterator[str]:
    """Yield what has to be read before the numbers."""
    runs = [run for part in report.parts for run in part.runs]
    if dummy := [run.name for run in runs if run.dummy]:
        yield words["dummy"].format(runs=", ".join(dummy))
    if report.unlike:
        yield words["unlike"].format(cards=report.unlike)
    if failed := sum(run.failed for run in runs):
        yield words["failed_note"].format(count=failed)


def _draw(part: DatasetPart, words: Mapping[str, str]) -> Plots:
    cer, memory = words["cer_percent"], words["memory_gib"]
    held = {name for run in part.runs for name in run.cost}
    gib = "needed_gib" if "needed_gib" in held else "peak_gib"
    resolution = [
        (
            key,
            curve_plot(curves, (words["pixels"], words[axis]), words[key], percent=key == "pixels_cer", log=True),
            curves,
        )
        for key, axis in _RESOLUTION.items()
        if (curves := part.curves.get(key, ())) and any(curve.points for curve in curves)
    ]
    damage = [
        (kind, curve_plot(curves, (words["strength"], cer), f"{words['damage']}: {kind}", percent=True), curves)
        for kind, curves in part.damages.items()
    ]
    return Plots(
        part,
        front_plot(part.runs, "document_p50", (words["document_seconds"], cer), words["against_time"]),
        front_plot(part.runs, gib, (memory, cer), words["against_memory"]),
        resolution,
        damage,
    )


def _with_image(card: AnswerCard) -> tuple[AnswerCard, str]:
    return card, as_data_uri(card.image)[0] if card.image else ""
