"""Options of the pipeline fields: questions about documents, asked in given words, answered and scored."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.chat import ChatModelOptions, LocalChatOptions, ServedChatOptions
from ocr_project.domain.options.container import ContainerOptions
from ocr_project.domain.options.recognition import LANGUAGE_SEPARATOR

NAME_SEPARATOR = "+"


class FieldsBackend(StrEnum):
    """The answerers."""

    LABEL_NEIGHBOUR = "label_neighbour"
    VLLM = "vllm"
    TRANSFORMERS = "transformers"
    GIVEN = "given"


class LabelNeighbourOptions(Options):
    """The laptop's own baseline: the words beside a field's label, as Tesseract reads the page."""

    languages: str = Field("kor+eng+rus", description="Tesseract's names joined by `+`.")
    labels: dict[str, tuple[str, ...]] = Field(
        {}, description="What else stands before a field's value on the page, by field: `{surname: [Фамилия]}`."
    )

    @field_validator("languages")
    @classmethod
    def _named(cls, value: str) -> str:
        if not all(part.strip() for part in value.split(LANGUAGE_SEPARATOR)):
            raise ValueError(f"{value!r} is not a list of languages: write for example 'kor+eng'")
        return value


class AnsweringModelOptions(ChatModelOptions):
    """What every answerer with a vision-language model has."""

    model: str = Field("Qwen/Qwen2-VL-2B-Instruct", description="Hub name or local folder.")
    max_tokens: int = Field(512, ge=1, description="Tokens of an answer.")


class FieldsVllmOptions(AnsweringModelOptions, ServedChatOptions):
    """A vision-language model behind vLLM, or behind any server that speaks OpenAI's protocol (`urls`)."""

    option: ClassVar[str] = "fields.vllm"

    served_by: str = Field(
        "",
        description="What runs behind `urls`, with its version: `SGLang 0.5.6`, the digest of an image. Part of the"
        " identity: nothing else is known of a server that a person named.",
    )
    prefix_caching: bool = Field(
        True, description="Keep what was computed of an image for the next question about it (`urls`: no effect)."
    )
    renderer_workers: int = Field(1, ge=1, le=32, description="Threads of a server that prepare images.")


class FieldsTransformersOptions(AnsweringModelOptions, LocalChatOptions):
    """The same models in this process, through transformers."""


class GivenAnswersOptions(Options):
    """Answers of an API, a tool or a model that ran elsewhere."""

    file: Path | None = Field(None, description="CSV with `id` and `model_answer`, as VLMHyperBench writes it.")


class FieldsOptions(Options):
    """From documents with known fields to answers and scores."""

    set: Path | None = Field(
        None, description="Folder of `annotation.csv` and images, as VLMHyperBench lays out a data set."
    )
    prompts: Path | None = Field(
        None, description="Collection of prompts by document type and field, CSV. None: the set's own questions."
    )
    system: Path | None = Field(None, description="Text file, UTF-8: the system text. None: none.")
    backend: FieldsBackend = Field(FieldsBackend.LABEL_NEIGHBOUR, description="Which answerer.")
    image: str | None = Field(
        None,
        description="Image of a container whose server answers (`backend: vllm`): a name, or a folder or file for the"
        " engines without a store. Its digest is part of the identity. None: no container.",
    )
    max_pixels: int | None = Field(
        None, ge=784, description="Most pixels of an image; larger ones are scaled down. None: as the model says."
    )
    doc_type: tuple[str, ...] = Field(
        (), description="Only these document types; in YAML a list, elsewhere joined by `+`. None: all."
    )
    field: tuple[str, ...] = Field((), description="Only these fields, in the same way. None: all.")
    split: tuple[str, ...] = Field((), description="Only these splits, in the same way. None: all.")
    limit: int | None = Field(None, ge=1, description="Documents, drawn by hash. None: all.")
    bleu: bool = Field(False, description="Score BLEU too, which says little of answers of one or two words.")
    shard_pages: int = Field(
        1, ge=1, description="Images per shard, the unit that is saved: what a killed run had begun is asked again."
    )
    label_neighbour: LabelNeighbourOptions = LabelNeighbourOptions()
    vllm: FieldsVllmOptions = FieldsVllmOptions()
    container: ContainerOptions = ContainerOptions()
    transformers: FieldsTransformersOptions = FieldsTransformersOptions()
    given: GivenAnswersOptions = GivenAnswersOptions()

    @field_validator("doc_type", "field", "split", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(NAME_SEPARATOR) if part)
        return value
