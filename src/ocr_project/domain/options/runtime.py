"""How the machine is used."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from ocr_project.domain.options.base import Options


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
    failures_are_errors: bool = Field(
        True, description="End with exit status 3 where documents or pages failed; everything is saved either way."
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
