"""Options of the stage recognition."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.chat import ChatModelOptions, LocalChatOptions, ServedChatOptions
from ocr_project.domain.types import Task

LANGUAGE_SEPARATOR = "+"
SHORT_NAMES: Mapping[str, str] = {  # what a person calls a model, and what the Hub calls it
    "glm-ocr": "zai-org/GLM-OCR",
    "paddleocr-vl": "PaddlePaddle/PaddleOCR-VL-1.5",
    "paddleocr-vl-1.6": "PaddlePaddle/PaddleOCR-VL-1.6",
    "olmocr": "allenai/olmOCR-2-7B-1025",
}
_WITH_A_MODEL = ("vllm", "transformers")


class RecognitionBackend(StrEnum):
    """The recognizers."""

    TESSERACT = "tesseract"
    VLLM = "vllm"
    TRANSFORMERS = "transformers"
    GIVEN = "given"
    PP_OCR = "pp_ocr"


class TesseractOptions(Options):
    """Tesseract's LSTM through tesserocr."""

    languages: str = Field(
        "kor+eng+rus",
        description="Tesseract's names joined by `+`: the languages that the corpus may hold.",
    )
    trained: bool = Field(
        True,
        description="Read English, and the signs that Tesseract's Korean model lacks, with PP-OCRv6 where the extra"
        " `rapid` is installed.",
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


class PpOcrWeights(StrEnum):
    """Weights of PP-OCRv6's reader of lines."""

    TINY = "tiny"
    SMALL = "small"
    BOTH = "both"


class PpOcrOptions(Options):
    """PP-OCRv6 alone, for pages of Latin print; Hangul and Cyrillic it cannot read. Needs the extra `rapid`."""

    weights: PpOcrWeights = Field(
        PpOcrWeights.SMALL,
        description="Which read lines: `small`, `tiny` (four times as fast), `both`: small what tiny is not sure of.",
    )


class TokenLimits(Options):
    """The longest answer by task, in tokens: a runaway answer costs no more."""

    text: int = Field(2048, ge=1, description="Tokens of a text region.")
    table: int = Field(4096, ge=1, description="Tokens of a table.")
    formula: int = Field(1024, ge=1, description="Tokens of a formula.")
    page: int = Field(8192, ge=1, description="Tokens of a whole page.")


class VisionModelOptions(ChatModelOptions):
    """What every recognizer with a vision-language model has."""

    max_pixels: int | None = Field(None, ge=784, description="Most pixels of a crop. None: as the dialect says.")
    max_tokens: TokenLimits = TokenLimits()
    trim_pages: bool = Field(
        False,
        description="Cut the blank margins off pages that are read whole: 13 to 42 % of their image tokens, on four"
        " kinds of documents (docs/log.md); what it does to answers was not judged.",
    )
    whole_page: bool = Field(True, description="Take what cannot be read from the answer for the whole page.")


class VllmOptions(VisionModelOptions, ServedChatOptions):
    """A vision-language model behind vLLM's OpenAI-compatible server."""


class TransformersOptions(VisionModelOptions, LocalChatOptions):
    """The same models in this process, through transformers: the reference to compare a server with."""


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
    model: str | None = Field(
        None,
        description="The vision-language model, for `vllm` and `transformers` alike: glm-ocr, paddleocr-vl,"
        " paddleocr-vl-1.6, olmocr, a"
        " hub name or a folder. None: as their blocks say.",
    )
    tasks: dict[str, Task] = Field(
        {},
        description="What a vision-language model does with regions, by the detector's label (`native_label`): text,"
        " table, formula, seal, spotting (lines anywhere in it), image (kept, not read) or drop. What is not named"
        " here: domain/tasks.py.",
    )
    tesseract: TesseractOptions = TesseractOptions()
    vllm: VllmOptions = VllmOptions()
    transformers: TransformersOptions = TransformersOptions()
    given: GivenOptions = GivenOptions()
    pp_ocr: PpOcrOptions = PpOcrOptions()

    @model_validator(mode="before")
    @classmethod
    def _one_model(cls, values: Any) -> Any:
        """Hand the model on to the blocks of both backends."""
        if not isinstance(values, Mapping) or (named := values.get("model")) is None:
            return values
        if values.get("backend") not in _WITH_A_MODEL:
            raise ValueError(
                f"model={named} is read by a vision-language model: choose a profile with one (--env h200), or"
                " backend=vllm or transformers"
            )
        full = SHORT_NAMES.get(str(named).lower(), str(named))
        blocks = {name: dict(values.get(name) or {}) for name in _WITH_A_MODEL}
        for name, block in blocks.items():
            if block.setdefault("model", full) != full:
                raise ValueError(f"model={named}, and {name}.model={block['model']}: name it once")
        return {**values, **blocks}
