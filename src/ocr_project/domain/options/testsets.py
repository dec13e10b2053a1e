"""Options of the pipeline testsets: the public test sets, and the gate."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options

SET_SEPARATOR = "+"


class WhenOpen(StrEnum):
    """What becomes of a run that nothing can be said of."""

    PASS = "pass"
    FAIL = "fail"


class GateOptions(Options):
    """A gate for CI: `kedro run` ends with exit status 4 where a run over test sets is worse than its baseline.

    Worse is what is beyond doubt: the whole 95 % interval of the paired difference is beyond the tolerance, and stays
    there after Holm's correction. Fine is what has the whole interval within the tolerance. All else is open.
    """

    baseline: Path | None = Field(
        None,
        description="Record of an earlier run: a folder `benchmark_run` (data/08_reporting, or the artefact of an"
        " MLflow run). None: no gate.",
    )
    tolerance: float | None = Field(
        None,
        ge=0,
        le=1,
        description="By how much a rate may be worse, as a fraction: 0.01 is one point of a hundred. None: by what it"
        " is a rate of: 0.005 of characters (CER, NED), 0.02 of answers that are right or wrong (accuracy, ANLS, tests"
        " passed, exact), 0.01 of all else (words, fields, tables, formulas, ranks). With 0 a run is fine only where"
        " it is the same or surely better.",
    )
    tolerances: dict[str, float] = Field(
        {}, description="The same for some metrics, by name, with or without reading: `teds`, `teds/official`."
    )
    speed_tolerance: float | None = Field(
        0.25,
        ge=0,
        description="By what share of the baseline's time recognition may be slower; the machines must be alike."
        " None: speed is not compared.",
    )
    open: WhenOpen = Field(
        WhenOpen.PASS,
        description="What becomes of a run that is not worse, but of which something is open since these documents"
        " cannot tell: pass; or fail, with exit status 5.",
    )


class TestsetsOptions(Options):
    """From public test sets to scores, and to the evidence of a run."""

    __test__: ClassVar[bool] = False  # pytest takes a class for a test by its name

    sets: tuple[str, ...] = Field(
        (),
        description="Test sets to score the recognizer on, in YAML a list, elsewhere names joined by `+`; a name with"
        " a slash is a folder of your own. `kedro testsets` lists them.",
    )
    folder: Path = Field(
        Path("data/01_raw/test_sets"), description="Folder of the sets, each in a folder of its name."
    )
    limit: int | None = Field(None, ge=1, description="Items per set, drawn by hash. None: all.")
    download: bool = Field(False, description="Get what is missing from the Hub, after its licence is shown.")
    cdm: bool = Field(True, description="Draw formulas to compare them (CDM), given TeX and Ghostscript.")
    katex: bool = Field(
        True,
        description="Render formulas of olmOCR-bench's tests in a browser, as its authors do, where Chromium and KaTeX"
        " are installed; otherwise their symbols are compared.",
    )
    item_seconds: float = Field(
        60.0,
        ge=5.0,
        description="CPU time that scoring an answer may take; one that takes longer (a loop of a model) counts as"
        " wrong, with the reason. The first item of a process loads its libraries in that time, too.",
    )
    item_memory_gib: float = Field(
        4.0,
        ge=1.0,
        description="Memory that scoring an answer may take; one that takes more counts as wrong, with the reason."
        " Each of `runtime.workers` may take as much.",
    )
    drawing_memory_gib: float = Field(
        2.0,
        ge=1.0,
        description="Memory that LaTeX, Ghostscript or the browser may take to draw formulas; one for which they need"
        " more counts as not drawn.",
    )
    drawings: Path | None = Field(
        Path("data/07_model_output/testsets/drawings"),
        description="Folder of the formulas that were drawn: another recognizer finds those of the truth. None: none.",
    )
    resamples: int = Field(10_000, ge=100, le=1_000_000, description="Resamples of the bootstrap over documents.")
    seed: int = Field(0, ge=0, description="Seed of the bootstrap's random numbers.")
    report_pages: int = Field(60, ge=0, description="Items shown with image and differences.")
    gate: GateOptions = GateOptions()

    @field_validator("sets", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(SET_SEPARATOR) if part)
        return value
