"""The embedder `transformers`: the same model without a server, to compare one with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ocr_project.domain.options import EmbeddingTransformersOptions
from ocr_project.engine.embedding.model_embedder import ModelEmbedder, identity_of
from ocr_project.engine.models import EmbeddingAnswer, EmbeddingRequest, LocalTransport, find_local_model, hidden_size

_OPTION = "embedding.transformers"


class TransformersEmbedder(ModelEmbedder):
    """Embeds with a model in this process; it is loaded with the first text or image."""

    def __init__(self, options: EmbeddingTransformersOptions) -> None:
        """Look whether everything is there that the model needs.

        Args:
            options: Model, device, limits.

        Raises:
            BackendError: torch, transformers or the model is missing.
        """
        found = find_local_model(options.model, options.revision, option=_OPTION)
        identity = identity_of("transformers", found.version, options, dtype=options.dtype)

        def load() -> Callable[[Sequence[EmbeddingRequest]], list[EmbeddingAnswer]]:
            from ocr_project.engine.models.local.embedding import LocalEmbedding

            return LocalEmbedding(options, option=_OPTION).embed

        # images apart from texts: a batch is as long as its longest
        transport = LocalTransport(load, options.batch_items, alike=lambda request: bool(request.image))
        super().__init__(identity, options, transport, 4 * options.batch_items, hidden_size(found))
