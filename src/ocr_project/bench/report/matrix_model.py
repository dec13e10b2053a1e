"""What the report of a matrix shows: plain values, in the order in which they are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ocr_project.bench.report.model import Value


class Rank(StrEnum):
    """How a run's CER stands to the best one's."""

    BEST = "best"
    LEVEL = "level"  # cannot be told from the best
    WORSE = "worse"
    NONE = ""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run of the matrix.

    Attributes:
        number: From 1; plots have it beside the dot.
        name: Different for each.
        settings: What was chosen: framework, model, pixels, prompts, system text.
        status: `ok`, or why there are no results.
        rank: By CER, paired with the best run, after Holm's correction.
        place: On the front of CER, latency and memory: `front`, `open`, `beaten` or `unknown`.
        beaten_by: Name of the run that beats it.
        rates: By metric: `cer`, `exact`, …
        questions: Asked.
        missing: Questions without an answer; they count as wrong.
        cost: What was measured (`bench/matrix/cost.py` has the names); what was not is missing.
        cards: Names of the GPUs.
        dummy: Whether the weights are random, so that its answers mean nothing.
    """

    number: int
    name: str
    settings: Mapping[str, str]
    status: str = ""
    rank: Rank = Rank.NONE
    place: str = ""
    beaten_by: str = ""
    rates: Mapping[str, Value] = field(default_factory=dict)
    questions: int = 0
    missing: int = 0
    cost: Mapping[str, float] = field(default_factory=dict)
    cards: Sequence[str] = ()
    dummy: bool = False

    @property
    def failed(self) -> bool:
        """Whether there is nothing but a reason."""
        return bool(self.status)

    def measured(self, name: str) -> float:
        """Return a figure of its cost; NaN where it was not measured."""
        return self.cost.get(name, math.nan)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """CER of every run by field.

    Attributes:
        columns: Fields, with their kind of document where there are several.
        rows: Of each run, by its place: a rate for each column, NaN where nothing was asked.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[RunLine, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A place on a curve; `low` and `high` are NaN where there is no interval."""

    x: float
    y: float
    low: float = math.nan
    high: float = math.nan
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a plot: its name stands in the legend."""

    name: str
    points: Sequence[CurvePoint]


@dataclass(frozen=True, slots=True)
class ResolutionLine:
    """A resolution of a kind of document, as the gate judged it."""

    model: str
    doc_type: str
    pixels: int
    cer: Value
    worse_by: Value
    verdict: str
    chosen: bool
    documents: int
    seconds: float
    gib: float


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What one run answered, and how it was asked."""

    run: RunLine
    prompt: str
    text: str
    cer: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """A question that was answered badly: the place in the image, what is there, and what the runs said.

    Attributes:
        image: Encoded, the field with what is around it; None where there is none.
        whole: Whether the image is the whole page, since the place of the field is not known.
    """

    document: str
    doc_type: str
    field: str
    truth: str
    image: bytes | None
    whole: bool
    answers: Sequence[ShownAnswer]


@dataclass(frozen=True, slots=True)
class DatasetPart:
    """All that is said of one data set: runs over different questions are not compared.

    Attributes:
        curves: By what is on the x axis: `pixels_cer`, `pixels_seconds`, `pixels_gib`; damages by their name.
    """

    name: str
    documents: int
    questions: int
    runs: Sequence[RunLine]
    heat: HeatMap
    resolutions: Sequence[ResolutionLine] = ()
    curves: Mapping[str, Sequence[Curve]] = field(default_factory=dict)
    damages: Mapping[str, Sequence[Curve]] = field(default_factory=dict)
    cards: Sequence[AnswerCard] = ()


@dataclass(frozen=True, slots=True)
class MatrixReport:
    """The report of a matrix.

    Attributes:
        created: When, for people.
        limit: Seconds that a document may take.
        tolerance: By how much CER may be worse and still be as good.
        unlike: Which runs were on which GPUs, where these differ; else empty.
        facts: Commit, machine: one line each.
    """

    created: str
    limit: float
    tolerance: float
    parts: Sequence[DatasetPart]
    unlike: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
