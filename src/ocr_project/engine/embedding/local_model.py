"""Qwen3-VL-Embedding in this process, in plain steps: template, tokens, patches, last hidden state of the last token.

The processor is put together here from image processor and tokenizer: transformers' own composed one needs
torchvision for its video half, which a machine without a GPU has not.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoTokenizer

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import EmbeddingTransformersOptions
from ocr_project.engine.embedding.qwen3_vl import cut_note, messages_of, pixel_limits, shortened
from ocr_project.engine.imaging.pixels import decode
from ocr_project.engine.models.messages import Passage, VectorAnswer


class LocalModel:
    """Model, tokenizer and image processor of one checkpoint."""

    def __init__(self, options: EmbeddingTransformersOptions) -> None:
        """Load a checkpoint.

        Raises:
            BackendError: It cannot be loaded; the message says why.
        """
        self._limits = pixel_limits(options)
        self._most = options.max_model_len
        self._device = torch.device(options.device if options.device != "auto" else _best_device())
        dtype = _dtype(options.dtype, self._device)
        where: dict[str, Any] = {"revision": options.revision} if options.revision else {}
        try:
            config = AutoConfig.from_pretrained(options.model, **where)
            self._tokenizer = AutoTokenizer.from_pretrained(options.model, **where)
            self._images = AutoImageProcessor.from_pretrained(options.model, **where)
            model = AutoModel.from_pretrained(options.model, dtype=dtype, **where)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise BackendError(
                f"transformers cannot load {options.model}: {error}; change embedding.transformers.model"
            ) from error
        self._model = model.to(self._device).eval()
        self._image_id = int(config.image_token_id)
        self._image_token = self._tokenizer.convert_ids_to_tokens(self._image_id)

    def embed(self, passages: Sequence[Passage]) -> list[VectorAnswer]:
        """Embed passages together, all of them images or none.

        Returns:
            An answer for each, in order, without the time it took.
        """
        images = [decode(base64.b64decode(passage.image.split(b",", 1)[1])) for passage in passages if passage.image]
        inputs: dict[str, torch.Tensor] = {}
        counts = [0] * len(passages)
        if images:
            seen = self._images(images=images, return_tensors="pt", input_data_format="channels_last", **self._limits)
            merge = int(self._images.merge_size) ** 2
            counts = [int(np.prod(grid.tolist())) // merge for grid in seen["image_grid_thw"]]
            inputs = {
                "pixel_values": seen["pixel_values"].to(self._model.dtype),
                "image_grid_thw": seen["image_grid_thw"],
            }
        fitting = [self._fitting(passage, count) for passage, count in zip(passages, counts, strict=True)]
        prompts, notes = zip(*fitting, strict=True)
        # padded at the end: the position of a token is its place, and what comes later is not seen
        text = self._tokenizer(list(prompts), return_tensors="pt", padding=True, padding_side="right")
        ids, mask = text["input_ids"], text["attention_mask"]
        inputs |= {"input_ids": ids, "attention_mask": mask}
        if images:
            inputs["mm_token_type_ids"] = (ids == self._image_id).long()
        with torch.inference_mode():
            output = self._model(**{name: tensor.to(self._device) for name, tensor in inputs.items()}, use_cache=False)
        lengths = mask.sum(1)
        last = output.last_hidden_state[torch.arange(len(passages)), (lengths - 1).to(self._device)]
        vectors = last.float().cpu().numpy()
        rows = zip(vectors, lengths.tolist(), notes, strict=True)
        return [VectorAnswer(vector, length, note=note) for vector, length, note in rows]

    def _fitting(self, passage: Passage, image_tokens: int) -> tuple[str, str]:
        """Return the prompt, its text cut until it fits, and what is to be said of that."""
        asked = passage
        while True:
            messages = messages_of(asked, {"type": "image"})
            template = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            prompt = str(template).replace(self._image_token, self._image_token * image_tokens)
            if asked.image or len(asked.text) < 2 or len(self._tokenizer(prompt)["input_ids"]) <= self._most:
                return prompt, cut_note(passage, asked)
            asked = replace(asked, text=shortened(asked.text))


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _dtype(name: str, device: torch.device) -> torch.dtype:
    chosen = name if name != "auto" else "bfloat16" if device.type == "cuda" else "float32"
    found = getattr(torch, chosen, None)
    if not isinstance(found, torch.dtype):
        raise BackendError(f"{chosen!r} is no dtype of torch: set embedding.transformers.dtype to bfloat16")
    return found
