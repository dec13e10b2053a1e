"""The embedder `sentence_transformers`: any text model by name."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import SentenceTransformersOptions
from ocr_project.domain.types import Identity
from ocr_project.engine.models import installed, locate_model, name_in_identity, require

VERSION = "1"
_OPTION = "embedding.sentence_transformers.model"


class SentenceTransformersEmbedder:
    """Embeds texts with a model in this process; it is loaded with the first of them."""

    def __init__(self, options: SentenceTransformersOptions) -> None:
        """Look whether everything is there that the model needs.

        Raises:
            BackendError: The library or the model is missing.
        """
        require("sentence_transformers", extra="text", otherwise="set embedding.backend to hashing")
        located = locate_model(options.model, options.revision, option=_OPTION)
        settings = options.model_dump(mode="json", exclude={"model", "revision", "device", "batch_texts"})
        found = replace(located, library=f"sentence-transformers-{installed('sentence-transformers')}")
        named = {**settings, "model": name_in_identity(options.model)}
        self._identity = Identity("sentence_transformers", f"{VERSION} {found.version}", named)
        self._options = options
        self._loaded: Any = None
        self._lock = threading.Lock()  # the library's tokenizers are not made for several threads

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def dimensions(self) -> int:
        with self._lock:
            return int(self._model().get_embedding_dimension())

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts, "encode_document", self._options.text_prompt)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(queries, "encode_query", self._options.query_prompt)

    def close(self) -> None:
        """Let the model go."""
        self._loaded = None

    def _embed(self, texts: Sequence[str], method: str, prompt: str | None) -> NDArray[np.float32]:
        kept = [(place, text) for place, text in enumerate(map(_clean, texts)) if text]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        if not kept:
            return vectors
        with self._lock:
            found = getattr(self._model(), method)(
                [text for _, text in kept],
                prompt=prompt,
                batch_size=self._options.batch_texts,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        vectors[[place for place, _ in kept]] = found
        return vectors

    def _model(self) -> Any:
        """Return the model, loaded where it is not yet; the caller holds the lock."""
        if self._loaded is None:
            from sentence_transformers import SentenceTransformer

            options = self._options
            try:
                self._loaded = SentenceTransformer(
                    options.model, revision=options.revision, device=options.device, truncate_dim=options.dimensions
                )
            except (OSError, ValueError, ImportError, KeyError) as error:
                raise BackendError(
                    f"sentence-transformers cannot load {options.model}: {error}; change {_OPTION}"
                ) from error
            if options.max_tokens is not None:
                self._loaded.max_seq_length = options.max_tokens
        return self._loaded


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().strip()
