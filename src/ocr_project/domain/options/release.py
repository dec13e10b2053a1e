"""Options of the pipeline release: whether an image, or any other answerer, may replace the one that is released."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.testsets import WhenOpen


class ReleaseOptions(Options):
    """A gate over the pipeline fields: with exit status 4 nothing is released, with 5 it is undecided (`open`)."""

    baseline: Path | None = Field(
        None,
        description="Record of what is released: a folder `release_record` of an earlier run. None: the first release,"
        " of which only the time limit is looked at.",
    )
    metrics: tuple[str, ...] = Field(
        ("cer/official", "exact"), min_length=1, description="Metrics that decide; each one more makes each less sure."
    )
    tolerance: float = Field(
        0.01, ge=0, le=1, description="By how much a rate may be worse, as a fraction: 0.01 is one point of a hundred."
    )
    tolerances: dict[str, float] = Field({}, description="The same for some metrics, by name.")
    speed_tolerance: float | None = Field(
        0.25,
        ge=0,
        description="By what share of the released one's time a question may take longer; on machines that are alike."
        " None: not compared.",
    )
    limit_seconds: float | None = Field(
        1.0,
        gt=0,
        description="Mean seconds that all questions of a document may take together. Ask one at a time"
        " (`fields.vllm.requests=1`): otherwise the time in which others are answered counts too. None: no limit.",
    )
    open: WhenOpen = Field(
        WhenOpen.FAIL, description="What becomes of a run of which something is open: fail (exit status 5), or pass."
    )
    resamples: int = Field(10_000, ge=100, le=1_000_000, description="Resamples of the bootstrap over documents.")
    seed: int = Field(0, ge=0, description="Seed of the bootstrap's random numbers.")
