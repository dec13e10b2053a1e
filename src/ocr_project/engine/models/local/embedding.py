"""Texts and images to vectors, in plain steps: template, tokens, patches, last hidden state of the last token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from transformers import AutoModel

from ocr_project.domain.options import EmbeddingTransformersOptions
from ocr_project.engine.models.dialects.qwen3_vl_embedding import cut_note, messages_of, pixel_limits, shortened
from ocr_project.engine.models.local.checkpoint import Checkpoint
from ocr_project.engine.models.messages import EmbeddingAnswer, EmbeddingRequest


class LocalEmbedding:
    """Qwen3-VL-Embedding in this process."""

    def __init__(self, options: EmbeddingTransformersOptions, *, option: str) -> None:
        """Load it.

        Args:
            options: Model, device, dtype, and the sizes of images and texts.
            option: Name of the options, for messages.

        Raises:
            BackendError: It cannot be loaded; the message says why.
        """
        self._limits = pixel_limits(options)
        self._most = options.max_model_len
        self._checkpoint = Checkpoint(options, AutoModel, option=option)

    def embed(self, requests: Sequence[EmbeddingRequest]) -> list[EmbeddingAnswer]:
        """Embed texts or images together, all of them images or none.

        Returns:
            An answer for each, in order, without the time it took.
        """
        checkpoint = self._checkpoint
        uris = [request.image for request in requests if request.image]
        images = checkpoint.images(uris, **self._limits) if uris else None
        counts = images.tokens if images else [0] * len(requests)
        fitting = [self._fitting(request, count) for request, count in zip(requests, counts, strict=True)]
        prompts, notes = zip(*fitting, strict=True)
        # padded at the end: the position of a token is its place, and what comes later is not seen
        inputs = checkpoint.tokens(prompts, padding_side="right")
        if images:
            inputs |= images.inputs
        else:
            del inputs["mm_token_type_ids"]
        with torch.inference_mode():
            output = checkpoint.model(**checkpoint.on_device(inputs), use_cache=False)
        lengths = inputs["attention_mask"].sum(1)
        last = output.last_hidden_state[torch.arange(len(requests)), (lengths - 1).to(checkpoint.device)]
        rows = zip(last.float().cpu().numpy(), lengths.tolist(), notes, strict=True)
        return [EmbeddingAnswer(vector, length, note=note) for vector, length, note in rows]

    def _fitting(self, request: EmbeddingRequest, image_tokens: int) -> tuple[str, str]:
        """Return the prompt, its text cut until it fits, and what is to be said of that."""
        asked = request
        while True:
            prompt = self._checkpoint.prompt(messages_of(asked, {"type": "image"}), image_tokens)
            if asked.image or len(asked.text) < 2 or self._fits(prompt):
                return prompt, cut_note(request, asked)
            asked = replace(asked, text=shortened(asked.text))

    def _fits(self, prompt: str) -> bool:
        return len(self._checkpoint.tokenizer(prompt)["input_ids"]) <= self._most
