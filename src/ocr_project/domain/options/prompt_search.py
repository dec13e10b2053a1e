"""Options of the pipeline prompt_search: prompts proposed by a model, judged on documents with known fields."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.chat import LocalChatOptions, ServedChatOptions


class PromptMethod(StrEnum):
    """How the next prompt to try is found."""

    REFLECT = "reflect"
    GEPA = "gepa"


class GeneratorBackend(StrEnum):
    """What proposes prompts."""

    FILE = "file"
    VLLM = "vllm"
    TRANSFORMERS = "transformers"


class GeneratorVllmOptions(ServedChatOptions):
    """A model behind vLLM, or behind any server that speaks OpenAI's protocol (`urls`)."""

    option: ClassVar[str] = "prompt_search.vllm"

    model: str = Field("Qwen/Qwen2.5-VL-7B-Instruct", description="Hub name or local folder.")


class GeneratorTransformersOptions(LocalChatOptions):
    """A model in this process, through transformers: one that sees, although it is shown no image."""

    model: str = Field("Qwen/Qwen2.5-VL-3B-Instruct", description="Hub name or local folder.")


class PromptSearchOptions(Options):
    """From documents with known fields to a collection of prompts, for the answerer that `fields` names."""

    method: PromptMethod = Field(
        PromptMethod.REFLECT,
        description="reflect: the best prompt so far and what it got wrong are shown to the generator. gepa: parents"
        " are chosen from the Pareto front over documents (extra `gepa`).",
    )
    generator: GeneratorBackend = Field(GeneratorBackend.FILE, description="What proposes prompts.")
    candidates: Path | None = Field(
        None,
        description="Of the generator `file`: CSV as a collection of prompts, any number for a field; an empty key is"
        " for all fields, and `{field}` in its prompt becomes the field's name.",
    )
    start: Path | None = Field(
        None,
        description="Collection to begin with, such as another model's best. None: `fields.prompts`, otherwise the"
        " set's own questions.",
    )
    tries: int = Field(20, ge=1, le=1000, description="Prompts that are tried for a field, beside the first one.")
    keep_below: float = Field(0.3, gt=0, le=1, description="Prompts with a lower clipped CER than this are kept.")
    stop_at: float = Field(0.0, ge=0, le=1, description="A field is done once a prompt has this clipped CER, or less.")
    finalists: int = Field(5, ge=1, description="Kept prompts of a field that are compared on the set to select on.")
    search: int = Field(10, ge=3, description="Documents of each type that are searched on: the mini set.")
    select: int = Field(10, ge=3, description="Documents of each type that the best prompt is selected on.")
    report: int = Field(10, ge=3, description="Fewest documents of each type that are reported on: all that are left.")
    examples: int = Field(5, ge=1, le=50, description="Wrong answers that the generator is shown.")
    temperature: float = Field(0.7, ge=0, le=2, description="Of the generator's sampling.")
    max_tokens: int = Field(1024, ge=16, description="Tokens of a proposal.")
    seed: int = Field(0, ge=0, description="Of the choice of documents and examples, and of gepa.")
    resamples: int = Field(10_000, ge=100, le=1_000_000, description="Resamples of the bootstrap over documents.")
    folder: Path = Field(
        Path("data/07_model_output/prompt_search"),
        description="What was proposed and answered, a folder for each search: the same command goes on from there.",
    )
    vllm: GeneratorVllmOptions = GeneratorVllmOptions()
    transformers: GeneratorTransformersOptions = GeneratorTransformersOptions()
