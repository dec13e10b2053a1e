"""A chat model that sees, behind servers or in this process: recognition and fields have it alike."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.serving import ServerOptions


class DialectName(StrEnum):
    """How a vision-language model is spoken to."""

    AUTO = "auto"
    GLM_OCR = "glm_ocr"
    PADDLEOCR_VL = "paddleocr_vl"
    OLMOCR = "olmocr"
    OLMOCR_QWEN3_VL = "olmocr_qwen3_vl"
    CHAT = "chat"


class ChatModelOptions(Options):
    """What every backend with a vision-language model has, whatever it is asked."""

    model: str = Field("zai-org/GLM-OCR", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    dialect: DialectName = Field(DialectName.AUTO, description="Prompts and answers; auto goes by the model's name.")
    jpeg_quality: int | None = Field(92, ge=50, le=100, description="JPEG quality of crops; None: PNG, 2.5 x the CPU.")
    temperatures: tuple[float, ...] = Field(
        (0.2, 0.5, 0.8), description="Sampling temperature of the second, third, … try at a region."
    )
    loops: bool = Field(True, description="Treat looped, cut and empty answers as failures, and ask again.")
    crop_workers: int = Field(
        0, ge=0, le=256, description="Processes that cut and encode crops; 0: one per two cores, at least two."
    )
    crop_memory_gib: float = Field(
        4.0, ge=1.0, description="Memory that one of these may take; a page that needs more is a failed row."
    )


class ServedChatOptions(ChatModelOptions, ServerOptions):
    """Such a model behind vLLM, or behind any server that speaks OpenAI's protocol."""

    prefill_batch: int = Field(
        0,
        ge=0,
        description="New requests that a server lets in together, so that their images go through the vision tower as"
        " one batch; more `requests` make up for the places kept empty (docs/gpu.md). 0: each as soon as there is"
        " room.",
    )

    @property
    def admitted_together(self) -> int:
        """`prefill_batch`."""
        return self.prefill_batch


class LocalChatOptions(ChatModelOptions):
    """The same models in this process, through transformers: the reference to compare a server with."""

    device: str = Field("auto", description="cpu, cuda, cuda:1, …; auto: the first GPU, else the CPU.")
    dtype: str = Field("auto", description="bfloat16, float16, float32; auto: bfloat16 on a GPU, else float32.")
    dummy_weights: bool = Field(
        False, description="Random weights, as vLLM's `--load-format=dummy`: to measure speed; answers mean nothing."
    )
    batch_regions: int = Field(16, ge=1, le=1024, description="Requests in one call of `generate`.")
    wait_seconds: float = Field(0.05, ge=0, le=10, description="Seconds that a batch waits to be full.")
