"""Options of the stage recognition."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.serving import ServerOptions
from ocr_project.domain.types import Task

LANGUAGE_SEPARATOR = "+"


class RecognitionBackend(StrEnum):
    """The recognizers."""

    TESSERACT = "tesseract"
    VLLM = "vllm"
    TRANSFORMERS = "transformers"
    GIVEN = "given"


class TesseractOptions(Options):
    """Tesseract's LSTM through tesserocr."""

    languages: str = Field(
        "kor+eng+rus",
        description="Tesseract's names joined by `+`: the languages that the corpus may hold.",
    )
    tessdata: Path | None = Field(
        None, description="The old place of `runtime.tessdata`, which replaces it; goes with the next release."
    )

    @field_validator("languages")
    @classmethod
    def _named(cls, value: str) -> str:
        if not all(part.strip() for part in value.split(LANGUAGE_SEPARATOR)):
            raise ValueError(f"{value!r} is not a list of languages: write for example 'kor+eng'")
        return value


class DialectName(StrEnum):
    """How a vision-language model is spoken to."""

    AUTO = "auto"
    GLM_OCR = "glm_ocr"
    PADDLEOCR_VL = "paddleocr_vl"
    OLMOCR = "olmocr"
    CHAT = "chat"


class TokenLimits(Options):
    """The longest answer by task, in tokens: a runaway answer costs no more."""

    text: int = Field(2048, ge=1, description="Tokens of a text region.")
    table: int = Field(4096, ge=1, description="Tokens of a table.")
    formula: int = Field(1024, ge=1, description="Tokens of a formula.")
    page: int = Field(8192, ge=1, description="Tokens of a whole page.")


class VisionModelOptions(Options):
    """What every backend with a vision-language model has."""

    model: str = Field("zai-org/GLM-OCR", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    dialect: DialectName = Field(DialectName.AUTO, description="Prompts and answers; auto goes by the model's name.")
    max_pixels: int | None = Field(None, ge=784, description="Most pixels of a crop. None: as the dialect says.")
    max_tokens: TokenLimits = TokenLimits()
    jpeg_quality: int | None = Field(92, ge=50, le=100, description="JPEG quality of crops; None: PNG, 2.5 x the CPU.")
    temperatures: tuple[float, ...] = Field(
        (0.2, 0.5, 0.8), description="Sampling temperature of the second, third, … try at a region."
    )
    loops: bool = Field(True, description="Treat looped, cut and empty answers as failures, and ask again.")
    whole_page: bool = Field(True, description="Take what cannot be read from the answer for the whole page.")
    crop_workers: int = Field(
        0, ge=0, le=256, description="Processes that cut and encode crops; 0: one per four cores, at least two."
    )
    crop_memory_gib: float = Field(
        4.0, ge=1.0, description="Memory that one of these may take; a page that needs more is a failed row."
    )


class VllmOptions(VisionModelOptions, ServerOptions):
    """A vision-language model behind vLLM's OpenAI-compatible server."""


class TransformersOptions(VisionModelOptions):
    """The same models in this process, through transformers: the reference to compare a server with."""

    device: str = Field("auto", description="cpu, cuda, cuda:1, …; auto: the first GPU, else the CPU.")
    dtype: str = Field("auto", description="bfloat16, float16, float32; auto: bfloat16 on a GPU, else float32.")
    batch_regions: int = Field(16, ge=1, le=1024, description="Regions in one call of `generate`.")
    wait_seconds: float = Field(0.05, ge=0, le=10, description="Seconds that a batch waits to be full.")


class GivenOptions(Options):
    """Answers of an API, a tool or a model that ran elsewhere. Needs `layout.backend=whole_page`."""

    folder: Path | None = Field(
        None, description="Folder of `<item>.md`, `.txt`, `.html` or `.json`; how items are called: docs/testsets."
    )
    file: Path | None = Field(None, description='JSON Lines, `{"id": "<item>", "text": "…"}` each, in its place.')


class RecognitionOptions(Options):
    """From regions to text."""

    moved: ClassVar[Mapping[str, str]] = {"save_crops": "recognition.save_crops is transcript.save_crops now"}

    backend: RecognitionBackend = Field(RecognitionBackend.TESSERACT, description="Which recognizer.")
    tasks: dict[str, Task] = Field(
        {},
        description="What a vision-language model does with regions, by the detector's label (`native_label`): text,"
        " table, formula, image (kept, not read) or drop. What is not named here: domain/tasks.py.",
    )
    tesseract: TesseractOptions = TesseractOptions()
    vllm: VllmOptions = VllmOptions()
    transformers: TransformersOptions = TransformersOptions()
    given: GivenOptions = GivenOptions()
