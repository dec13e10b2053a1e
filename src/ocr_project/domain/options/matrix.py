"""Options of the pipelines matrix and resolution: which models, prompts and resolutions are compared, and how."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options

JOINED_BY = "+"


class Launcher(StrEnum):
    """Who starts the runs."""

    LOCAL = "local"


class Clock(StrEnum):
    """What is timed. The two are measured one after the other, never at once."""

    SINGLE = "single"
    LOAD = "load"
    BOTH = "both"


class ReportLanguage(StrEnum):
    """Languages of the report."""

    ENGLISH = "en"
    KOREAN = "ko"
    RUSSIAN = "ru"


class MatrixOptions(Options):
    """Dataset, framework, model, system prompt, prompt collection and resolution: each combination is a run."""

    runs: Path | None = Field(
        None,
        description="What is to be run: VLMHyperBench's `user_config.csv` as it is, or YAML with the same names, where"
        " a list stands for a run of each.",
    )
    home: Path | None = Field(
        None,
        description="Folder of `Datasets`, `PromptCollections` and `SystemPrompts`. None: looked for beside the file"
        " of runs, also in `data_dirs` and `vlmhyperbench/data_dirs`.",
    )
    registry: Path | None = Field(
        None, description="VLMHyperBench's `vlm_base.csv`. None: looked for in the same places; it need not be there."
    )
    models: dict[str, str] = Field(
        {}, description="Hub name or local folder of a model by the name that the runs have for it."
    )
    urls: dict[str, tuple[str, ...]] = Field(
        {},
        description="Servers that run already, by the model's name or its framework's (`SGLang`). The others are"
        " started: vLLM's servers on the run's GPU, transformers in the run's process.",
    )
    pixels: tuple[int, ...] = Field(
        (),
        description="Most pixels of an image: every run is done at each, on the command line joined by `+`. None: as"
        " the runs say, or the model's own.",
    )
    launcher: Launcher = Field(Launcher.LOCAL, description="local: one process for each of `gpus`.")
    gpus: tuple[int, ...] = Field(
        (0,),
        min_length=1,
        description="GPUs to use, on the command line joined by `+`. A GPU has one run at a time, so that all of them"
        " have the same conditions; several GPUs have one each.",
    )
    clock: Clock = Field(
        Clock.BOTH,
        description="single: one request in flight, times of questions and documents; load: `load_requests` in flight,"
        " documents/s; both: first single, over `single_documents`, then load over all.",
    )
    single_documents: int = Field(
        20, ge=0, description="Documents that are asked one at a time where the clock is `both`; 0: all of them."
    )
    load_requests: int = Field(32, ge=1, le=4096, description="Requests in flight under load.")
    limit_seconds: float = Field(1.0, gt=0, description="Time that a document may take; what is over it is counted.")
    only_evaluate: bool = Field(False, description="Ask no model: judge the answers that are stored.")
    kwh_price: float = Field(
        0, ge=0, description="Price of a kilowatt-hour in the currency of `runtime.gpu_hour_price`; 0: not counted."
    )
    tolerance: float = Field(
        0.01,
        ge=0,
        le=1,
        description="By how much CER may be worse and still count as not worse, at a lower resolution or of a cheaper"
        " run: 0.01 is one point of a hundred.",
    )
    resamples: int = Field(10_000, ge=100, le=1_000_000, description="Resamples of the bootstrap over documents.")
    seed: int = Field(0, ge=0, description="Seed of the bootstrap's random numbers.")
    language: ReportLanguage = Field(ReportLanguage.ENGLISH, description="Of the report: en, ko or ru.")
    report_answers: int = Field(40, ge=0, description="Worst answers that the report shows with their image.")

    @field_validator("pixels", "gpus", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(JOINED_BY) if part.strip())
        return (value,) if isinstance(value, int) else value

    @field_validator("pixels")
    @classmethod
    def _large_enough(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if small := [pixels for pixels in value if pixels < 784]:
            raise ValueError(f"{small[0]} pixels: an image of a model has at least 784")
        return tuple(dict.fromkeys(value))
