"""Options of the stage benchmark, of the test sets and of the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options

SET_SEPARATOR = "+"


class GateOptions(Options):
    """A gate for CI: `kedro run` ends with exit status 4 where a run over test sets is worse than its baseline.

    Worse is what is beyond doubt: the whole 95 % interval of the paired difference is beyond the tolerance, and stays
    there after Holm's correction.
    """

    baseline: Path | None = Field(
        None,
        description="Record of an earlier run: a folder `benchmark_run` (data/08_reporting, or the artefact of an"
        " MLflow run). None: no gate.",
    )
    tolerance: float = Field(
        0.0, ge=0, le=1, description="By how much a rate may be worse, as a fraction: 0.01 is one point of a hundred."
    )
    tolerances: dict[str, float] = Field(
        {}, description="The same for some metrics, by name, with or without reading: `teds`, `teds/official`."
    )
    speed_tolerance: float | None = Field(
        0.25,
        ge=0,
        description="By what share of the baseline's time recognition may be slower; machines have to be alike."
        " None: speed is not looked at.",
    )


class BenchmarkOptions(Options):
    """From transcripts and references to scores."""

    reference: Path | None = Field(
        None, description="Folder of reference texts, laid out like the source. None: the source itself."
    )
    reference_patterns: tuple[str, ...] = Field(
        ("{stem}.p{page:03d}.gt.txt", "{stem}.gt.txt", "p{page:03d}.gt.txt"),
        description="Where the reference of a page lies, relative to the folder of its document; the first that is"
        " there counts. A pattern without `{page}` is for documents of one page.",
    )
    silver: bool = Field(
        True, description="Where a page has no reference text, take its healthy text layer, marked as silver."
    )
    qrels: Path | None = Field(
        None, description="CSV with `query_id,document,page,relevance`. None: `qrels.csv` of the source."
    )
    resamples: int = Field(
        10_000, ge=100, le=1_000_000, description="Resamples of the bootstrap over documents, or over questions."
    )
    seed: int = Field(0, ge=0, description="Of the bootstrap.")
    ndcg_cutoffs: tuple[Annotated[int, Field(ge=1)], ...] = Field((1, 3, 5, 10), description="Values of k in nDCG@k.")
    recall_cutoffs: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (1, 3, 5, 10, 20), description="Values of k in Recall@k."
    )
    compare: dict[str, Path] = Field(
        {},
        description="Other readings of the same pages, to ask whether better OCR finds more: a name, and the folder"
        " `data/03_primary/transcripts` of a finished run.",
    )
    report_pages: int = Field(60, ge=0, description="Pages shown with image and differences, worst first.")
    gate: GateOptions = GateOptions()
    # -- public test sets: bench/testsets
    sets: tuple[str, ...] = Field(
        (),
        description="Test sets to score the recognizer on, in YAML a list, elsewhere names joined by `+`; a name with"
        " a slash is a folder of one's own. None: only the corpus of the main job is scored.",
    )
    sets_folder: Path = Field(
        Path("data/01_raw/test_sets"), description="Where the sets lie, each in the folder of its name."
    )
    sets_limit: int | None = Field(None, ge=1, description="Items of each set, drawn by hash. None: all.")
    sets_download: bool = Field(False, description="Get what is missing from the Hub, after its licence is shown.")
    sets_cdm: bool = Field(True, description="Draw formulas to compare them (CDM), given TeX and Ghostscript.")
    sets_katex: bool = Field(
        True,
        description="Render formulas of olmOCR-bench's tests in a browser, as its authors do, where Chromium and KaTeX"
        " are installed; else their symbols are compared.",
    )
    sets_drawings: Path | None = Field(
        Path("data/07_model_output/testsets/drawings"),
        description="Folder of the formulas that were drawn: another recognizer finds those of the truth. None: none.",
    )

    @field_validator("sets", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(SET_SEPARATOR) if part)
        return value
