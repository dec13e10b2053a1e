"""Options of the stage benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from ocr_project.domain.options.base import Options

PERFECT = "reference text"  # among recognizers that are compared
PREVIOUS = "previous"  # in the place of a folder: what was read before by another model
_TEST_SETS = ("folder", "limit", "download", "cdm", "katex", "drawings")


class BenchmarkOptions(Options):
    """From transcripts and references to scores."""

    moved: ClassVar[Mapping[str, str]] = {
        "sets": "benchmark.sets names public sets: run --pipelines testsets, with the sets in testsets.sets",
        **{f"sets_{name}": f"benchmark.sets_{name} is testsets.{name} now" for name in _TEST_SETS},
        "gate": "benchmark.gate is testsets.gate now",
    }

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
    seed: int = Field(0, ge=0, description="Seed of the bootstrap's random numbers.")
    ndcg_cutoffs: tuple[Annotated[int, Field(ge=1)], ...] = Field((1, 3, 5, 10), description="Values of k in nDCG@k.")
    recall_cutoffs: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (1, 3, 5, 10, 20), description="Values of k in Recall@k."
    )
    compare: dict[str, Path] = Field(
        {},
        description="Other transcripts of the same pages, to see whether better OCR finds more: a name, and the folder"
        " `data/03_primary/transcripts` of a finished run, or of one lineage in it; `previous`: those of the model"
        " before this one.",
    )
    review_pages: int = Field(
        40, ge=0, description="Pages shown in the review page, worst first; review.csv has all of them."
    )
    report_pages: int = Field(60, ge=0, description="Pages shown with image and differences, worst first.")
