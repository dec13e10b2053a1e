"""The embedder `vllm`: Qwen3-VL-Embedding behind servers of our own, or behind those that are named by URL."""

from __future__ import annotations

from ocr_project.domain.options import EmbeddingVllmOptions
from ocr_project.engine.embedding.model_embedder import ModelEmbedder, identity_of
from ocr_project.engine.models import ServedEmbedding, find_served_model, hidden_size


class VllmEmbedder(ModelEmbedder):
    """Embeds through vLLM's pooling runner."""

    def __init__(self, options: EmbeddingVllmOptions) -> None:
        """Look whether everything is there that servers need; none is started.

        Args:
            options: Model, servers, limits.

        Raises:
            BackendError: vLLM, the model, a GPU or a key is missing.
        """
        found = find_served_model(options)
        identity = identity_of("vllm", found.version, options, quantization=options.quantization)
        super().__init__(identity, options, ServedEmbedding(options), options.requests, hidden_size(found))
