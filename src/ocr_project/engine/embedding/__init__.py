"""From text to vectors: one file a backend, chosen by `embedding.backend`."""

from __future__ import annotations

from ocr_project.domain.options import EmbeddingBackend, EmbeddingOptions
from ocr_project.domain.protocols import Embedder

__all__ = ["build_embedder"]


def build_embedder(options: EmbeddingOptions) -> Embedder:
    """Build the embedder that the options name."""
    match options.backend:
        case EmbeddingBackend.HASHING:
            from ocr_project.engine.embedding.hashing import HashingEmbedder

            return HashingEmbedder(options.hashing)
