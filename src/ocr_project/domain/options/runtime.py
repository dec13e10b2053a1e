"""How the machine is used."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ocr_project.domain.options.base import Options

ALL: Literal["all"] = "all"
JOINED_BY = "+"


class Retry(StrEnum):
    """Which failures are tried again by the next run."""

    CIRCUMSTANCE = "circumstance"
    FAILED = "failed"
    NONE = "none"


class RuntimeOptions(Options):
    """How the machine is used, and where its parts are. Nothing here is part of a key.

    Of Tesseract's models, the fingerprints of their files are in the identities that use them, not their folder.
    """

    workers: int = Field(0, ge=0, le=1024, description="Pages in flight; 0: one per core.")
    progress: bool = Field(True, description="Show a progress bar with pages/s and time left.")
    summary: bool = Field(True, description="End with the table of stages, the timeline, and where results are.")
    mlflow: bool = Field(
        True,
        description="Keep what this run was asked to do, its metrics, its report and its timeline in MLflow. Without"
        " it a run begins a second or two sooner, and is not among those that are compared.",
    )
    tessdata: Path | None = Field(
        None,
        description="Folder of Tesseract's models (`*.traineddata`), for reading and for which way up a page is. None:"
        " TESSDATA_PREFIX, then Debian's folder.",
    )
    ahead: int = Field(4, ge=1, le=1024, description="Pages queued for each worker: bounds memory, hides reading.")

    retry: Retry = Field(
        Retry.CIRCUMSTANCE,
        description="Which shards with failed rows the next run does again: those that failed by circumstance (a"
        " server that was away or refused the key, a process that was killed, a file out of reach); `failed`: all;"
        " `none`.",
    )
    slice: tuple[int, int] | None = Field(
        None,
        description="A fixed part of the shards: `0/16` to `15/16`, a run each, on any machines that share the data"
        " folder. Chosen by the shard's name, so that parts differ in size where shards are few.",
    )
    launch: Path | None = Field(
        None,
        description="Folder in which the workers of one launch say who makes which shard; `kedro launch` makes it and"
        " sets this.",
    )
    closes: Path | None = Field(
        None,
        description="Folder of the launch that this run closes, whose timeline and events it puts together; `kedro"
        " launch` sets this.",
    )
    lease_seconds: float = Field(
        60.0,
        gt=0,
        description="After how long without a sign of life the shards of a worker of a launch are free for others.",
    )
    overlap: bool = Field(
        False,
        description="Let the stages of `ocr` work beside each other: a shard that one has stored is taken up by the"
        " next at once, and a document's files are written when its pages are there. For machines on which they do not"
        " share the same cores.",
    )
    failures_are_errors: bool = Field(
        True, description="End with exit status 3 where documents or pages failed; everything is saved either way."
    )
    gpus: Literal["all"] | tuple[int, ...] = Field(
        (),
        description="GPUs of every stage that uses some, numbered among those that CUDA shows to this process, on the"
        " command line joined by `+`; `all`: those. Requests in flight then are as many for each as a profile says for"
        " one. None: as the stages say.",
    )
    gpu_memory_gib: float = Field(
        0,
        ge=0,
        description="GiB of memory of the GPU that a profile is made for; 0: any. Only `kedro doctor` reads it.",
    )
    # One dial, and not a price of electricity beside it: 700 W for an hour are a fraction of what a card is rented
    # for, or loses in value. Watt-hours are measured and stand beside the cost, for the owner of the card.
    gpu_hour_price: float = Field(
        0,
        ge=0,
        description="Price of one GPU-hour, in any currency, for the cost of 1,000 pages; 0: not shown.",
    )

    @property
    def is_alone(self) -> bool:
        """Whether this run makes all that is missing, and no other works on the same folder."""
        return self.slice is None and self.launch is None

    @field_validator("gpus", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """Read `all`, `0+1`, `3`."""
        if isinstance(value, str) and value != ALL:
            return tuple(part.strip() for part in value.split(JOINED_BY) if part.strip())
        return (value,) if isinstance(value, int) else value

    @field_validator("slice", mode="before")
    @classmethod
    def _part_of(cls, value: Any) -> Any:
        """Read `2/16`."""
        if not isinstance(value, str):
            return value
        part, _, parts = value.partition("/")
        if not (part.strip().isdecimal() and parts.strip().isdecimal()):
            raise ValueError(f"{value!r} does not name a part of a whole: write 0/16 for the first of sixteen")
        return int(part), int(parts)

    @model_validator(mode="after")
    def _is_a_part(self) -> RuntimeOptions:
        if self.slice is not None and not 0 <= self.slice[0] < self.slice[1]:
            part, parts = self.slice
            raise ValueError(
                f"slice {part}/{parts}: the parts of {parts} are 0/{parts} to {max(parts - 1, 0)}/{parts}"
            )
        if self.slice is not None and self.launch is not None:
            raise ValueError("slice and launch are two ways to share the work: name one of them")
        if self.closes is not None and not self.is_alone:
            raise ValueError("closes is for the run after the workers, slice and launch for one of them: name one")
        return self
