"""From the runs of a matrix to its report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ocr_project.bench.fields.annotation import read_field_set
from ocr_project.bench.fields.job import prepare_job
from ocr_project.bench.matrix.cost import unlike_cards
from ocr_project.bench.matrix.grid import ErrorGrid
from ocr_project.bench.matrix.judging import Comparison, model_of, rates_of
from ocr_project.bench.matrix.results import FinishedRun
from ocr_project.bench.report.matrix_model import (
    AnswerCard,
    Curve,
    CurvePoint,
    DatasetPart,
    HeatMap,
    MatrixReport,
    Rank,
    ResolutionLine,
    RunLine,
    ShownAnswer,
)
from ocr_project.bench.report.model import Value
from ocr_project.domain.errors import DocumentError
from ocr_project.domain.options.matrix import MatrixOptions
from ocr_project.domain.types import Box
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.engine.metrics.resampling import estimate_rates

_MOST_COLUMNS = 40  # fields of the heat map
_AROUND = 2.0  # how much of the image is shown around a field, in heights of its box
_FRAME = (40, 80, 220)  # RGB
_WHOLE = 1400  # pixels of the longer side of an image that is shown whole
_DAMAGE, _STRENGTH, _CLEAN = "damage", "strength", "clean"


def build_matrix_report(
    comparisons: Sequence[Comparison], options: MatrixOptions, created: str, facts: Mapping[str, str]
) -> MatrixReport:
    """Build the report.

    Args:
        comparisons: One for each data set.
        options: Limits, and how many answers are shown.
        created: When, for people.
        facts: Of the machine and the checkout.
    """
    number = 0
    parts = []
    for comparison in comparisons:
        lines = _lines(comparison, number)
        number += len(lines)
        parts.append(_part(comparison, lines, options.report_answers // len(comparisons)))
    cards = {line.name: line.cards for part in parts for line in part.runs}
    return MatrixReport(created, options.limit_seconds, options.tolerance, parts, unlike_cards(cards), facts)


def _lines(comparison: Comparison, before: int) -> list[RunLine]:
    places = {run.name: place for place, run in enumerate(comparison.complete)}
    lines = []
    for number, run in enumerate(comparison.runs, before + 1):
        facts = run.facts
        settings = {**facts.settings, "identity": facts.identity, "folder": facts.folder}
        line = RunLine(number, run.name, settings, facts.status, cards=facts.cards, dummy=facts.dummy)
        if run.name in places:
            place = places[run.name]
            standing = comparison.standings[place]
            line = replace(
                line,
                rank=Rank.BEST if place == comparison.best else Rank.LEVEL if comparison.level[place] else Rank.WORSE,
                place=standing.place.value,
                beaten_by=standing.by,
                rates={name: Value(*values) for name, values in rates_of(run).items()},
                questions=facts.questions,
                missing=facts.missing,
                cost=facts.cost,
            )
        lines.append(line)
    return lines


def _part(comparison: Comparison, lines: Sequence[RunLine], cards: int) -> DatasetPart:
    by_name = {line.name: line for line in lines}
    complete = [by_name[run.name] for run in comparison.complete]
    documents = len({question.document for question in comparison.questions.values()})
    return DatasetPart(
        comparison.dataset,
        documents,
        len(comparison.questions),
        lines,
        _heat(comparison, complete),
        list(_resolutions(comparison, by_name)),
        _resolution_curves(comparison, by_name),
        dict(_damages(comparison)),
        list(_cards(comparison, complete, cards)),
    )


def _heat(comparison: Comparison, lines: Sequence[RunLine]) -> HeatMap:
    kinds = {question.doc_type for question in comparison.questions.values()}
    columns: dict[str, list[str]] = {}
    for item in comparison.grid.items:
        question = comparison.questions[int(item)]
        name = f"{question.doc_type}: {question.field}" if len(kinds) > 1 else question.field
        columns.setdefault(name, []).append(item)
    shown = dict(list(columns.items())[:_MOST_COLUMNS])
    rates = [comparison.grid.of(items).rates for items in shown.values()]
    rows = [(line, [float(column[place]) for column in rates]) for place, line in enumerate(lines)]
    return HeatMap(list(shown), rows)


def _resolutions(comparison: Comparison, lines: Mapping[str, RunLine]) -> Iterator[ResolutionLine]:
    for members, found in comparison.lowest:
        by_pixels = {run.facts.options.max_pixels: lines[run.name] for run in members}
        for lowest in found:
            for step in lowest.steps:
                line = by_pixels[step.pixels]
                yield ResolutionLine(
                    model_of(members[0]),
                    lowest.doc_type,
                    step.pixels,
                    Value(step.cer, step.low, step.high),
                    Value(step.worse_by, step.worse_low, step.worse_high),
                    step.verdict,
                    step.pixels == lowest.pixels,
                    step.documents,
                    line.measured("document_p50"),
                    _gib(line),
                )


def _resolution_curves(comparison: Comparison, lines: Mapping[str, RunLine]) -> dict[str, list[Curve]]:
    """Return CER of each kind of document, time and memory of each model, over pixels."""
    found: dict[str, list[Curve]] = {"pixels_cer": [], "pixels_seconds": [], "pixels_gib": []}
    for members, answers in comparison.lowest:
        model = model_of(members[0])
        for lowest in answers:
            points = [
                CurvePoint(step.pixels, step.cer, step.low, step.high, step.pixels == lowest.pixels)
                for step in lowest.steps
            ]
            found["pixels_cer"].append(Curve(f"{model} · {lowest.doc_type}", points))
        costs = [(run.facts.options.max_pixels or 0, lines[run.name]) for run in members]
        for key, value in (("pixels_seconds", lambda line: line.measured("document_p50")), ("pixels_gib", _gib)):
            points = [CurvePoint(pixels, y) for pixels, line in costs if math.isfinite(y := value(line))]
            if points:
                found[key].append(Curve(model, points))
    return found


def _damages(comparison: Comparison) -> Iterator[tuple[str, list[Curve]]]:
    """Yield for each kind of damage the CER of each run over its strength; clean images are its strength 0."""
    items: dict[tuple[str, float], list[str]] = {}
    for item in comparison.grid.items:
        slices = dict(comparison.questions[int(item)].slices)
        kind, strength = slices.get(_DAMAGE, ""), _float(slices.get(_STRENGTH, ""))
        if kind and math.isfinite(strength):
            items.setdefault((kind, strength), []).append(item)
    clean = [item for (kind, _), found in items.items() if kind == _CLEAN for item in found]
    for kind in sorted({kind for kind, _ in items if kind != _CLEAN}):
        steps = {0.0: clean} if clean else {}
        steps |= {strength: found for (each, strength), found in sorted(items.items()) if each == kind}
        parts = {strength: comparison.grid.of(found) for strength, found in steps.items()}
        yield kind, [Curve(name, list(_points(parts, place))) for place, name in enumerate(comparison.grid.names)]


def _points(parts: Mapping[float, ErrorGrid], place: int) -> Iterator[CurvePoint]:
    for x, grid in parts.items():
        rate = estimate_rates(*grid.side([place]), grid.clusters)
        yield CurvePoint(x, float(rate.value[0]), float(rate.low[0]), float(rate.high[0]))


def _cards(comparison: Comparison, lines: Sequence[RunLine], count: int) -> Iterator[AnswerCard]:
    """Yield the questions that were answered worst, with their place in the image."""
    grid = comparison.grid
    if not grid.items or not lines:
        return
    below = np.maximum(grid.denominator, 1.0)
    rates = grid.numerator / below
    worst = np.argsort(-np.minimum(rates, 1.0).mean(axis=1), kind="stable")[:count]
    prompts = [_prompts(run) for run in comparison.complete]
    place = comparison.complete[0].facts.options.set
    assert place is not None
    folder = read_field_set(place, images=False).folder
    for row in worst:
        if rates[row].max() <= 0:
            return
        number = int(grid.items[row])
        question = comparison.questions[number]
        answers = [
            _answer(line, run, prompts[column].get(number, ""), number, float(rates[row, column]))
            for column, (line, run) in enumerate(zip(lines, comparison.complete, strict=True))
        ]
        image = cut_out(folder / question.image, question.box)
        yield AnswerCard(
            question.document, question.doc_type, question.field, question.truth, image, question.box is None, answers
        )


def _answer(line: RunLine, run: FinishedRun, prompt: str, number: int, cer: float) -> ShownAnswer:
    answer = run.answers.get(number)
    return ShownAnswer(line, prompt, answer.text if answer else "", cer, answer.reason if answer else "")


def _prompts(run: FinishedRun) -> dict[int, str]:
    return {one.question_id: one.prompt for one in prepare_job(run.facts.options).asked}


def cut_out(path: Path, box: Box | None) -> bytes | None:
    """Return the part of an image around a box, with the box drawn; the whole image where there is no box.

    Args:
        path: Of the image.
        box: In its pixels; what lies outside of it is not looked for.

    Returns:
        JPEG; None where the image cannot be read.
    """
    import cv2

    try:
        pixels = decode(path.read_bytes())
    except (OSError, DocumentError):
        return None
    height, width = pixels.shape[:2]
    if box is None or box.x1 <= box.x0 or box.y1 <= box.y0 or box.x0 >= width or box.y0 >= height:
        scale = min(1.0, _WHOLE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return encode(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), jpeg_quality=70)
    around = _AROUND * min(box.height, box.width)
    left, top = max(0, int(box.x0 - around)), max(0, int(box.y0 - around))
    right, bottom = min(width, math.ceil(box.x1 + around)), min(height, math.ceil(box.y1 + around))
    part = np.ascontiguousarray(pixels[top:bottom, left:right])
    thick = max(1, round(min(box.height, box.width) / 20))
    corners = (round(box.x0) - left, round(box.y0) - top), (round(box.x1) - left, round(box.y1) - top)
    cv2.rectangle(part, *corners, _FRAME, thick)
    return encode(part, jpeg_quality=80)


def _gib(line: RunLine) -> float:
    needed = line.measured("needed_gib")
    return needed if math.isfinite(needed) else line.measured("peak_gib")


def _float(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan
