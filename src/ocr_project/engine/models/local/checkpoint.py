"""A checkpoint in this process: model, tokenizer and image processor, and what a model is given as tensors.

For models whose image processor gives `image_grid_thw` (GLM-OCR, PaddleOCR-VL, the Qwen-VLs and what was trained from
them). The processor is put together here from image processor and tokenizer: transformers' own composed ones need
torchvision for their video half, which a machine without a GPU has not.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer

from ocr_project.domain.errors import BackendError
from ocr_project.engine.imaging.pixels import decode


class CheckpointOptions(Protocol):
    """The options that say which checkpoint is loaded, and how."""

    @property
    def model(self) -> str: ...
    @property
    def revision(self) -> str | None: ...
    @property
    def device(self) -> str: ...
    @property
    def dtype(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Images:
    """Images as a model takes them.

    Attributes:
        inputs: `pixel_values` and `image_grid_thw`.
        tokens: How many places each image takes in its prompt.
    """

    inputs: dict[str, torch.Tensor]
    tokens: list[int]


class Checkpoint:
    """A loaded model and all that prepares what it is given."""

    def __init__(self, options: CheckpointOptions, head: Any, *, option: str) -> None:
        """Load a checkpoint.

        Args:
            options: Model, device and dtype.
            head: One of transformers' `AutoModel…` classes.
            option: Name of the options, for messages.

        Raises:
            BackendError: It cannot be loaded; the message says why.
        """
        self.device = torch.device(options.device if options.device != "auto" else _best_device())
        dtype = _dtype(options.dtype, self.device, option)
        where: dict[str, Any] = {"revision": options.revision} if options.revision else {}
        try:
            config = AutoConfig.from_pretrained(options.model, **where)
            self.tokenizer = AutoTokenizer.from_pretrained(options.model, **where)
            self._images = AutoImageProcessor.from_pretrained(options.model, **where)
            model = head.from_pretrained(options.model, dtype=dtype, **where)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise BackendError(f"transformers cannot load {options.model}: {error}; change {option}.model") from error
        self.model = model.to(self.device).eval()
        self._image_id = int(config.image_token_id)
        self._image_token = self.tokenizer.convert_ids_to_tokens(self._image_id)

    def images(self, uris: Sequence[bytes], **limits: Any) -> Images:
        """Prepare images.

        Args:
            uris: Data URIs, JPEG or PNG in base64; at least one.
            limits: Of the image processor, where not its own are to hold.
        """
        pixels = [decode(base64.b64decode(uri.split(b",", 1)[1])) for uri in uris]
        seen = self._images(images=pixels, return_tensors="pt", input_data_format="channels_last", **limits)
        merge = int(self._images.merge_size) ** 2
        grid = seen["image_grid_thw"]
        inputs = {"pixel_values": seen["pixel_values"].to(self.model.dtype), "image_grid_thw": grid}
        return Images(inputs, [int(np.prod(each.tolist())) // merge for each in grid])

    def prompt(self, messages: Sequence[Mapping[str, Any]], image_tokens: int) -> str:
        """Write a conversation by the checkpoint's template, with an answer opened and room for its image."""
        template = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return str(template).replace(self._image_token, self._image_token * image_tokens)

    def tokens(self, prompts: Sequence[str], **how: Any) -> dict[str, torch.Tensor]:
        """Return `input_ids`, `attention_mask` and `mm_token_type_ids`, each of shape (prompts, longest).

        Args:
            prompts: As `prompt` writes them.
            how: For the tokenizer.
        """
        text = self.tokenizer(list(prompts), return_tensors="pt", padding=True, **how)
        ids = text["input_ids"]
        return {
            "input_ids": ids,
            "attention_mask": text["attention_mask"],
            "mm_token_type_ids": (ids == self._image_id).long(),
        }

    def on_device(self, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return tensors where the model is."""
        return {name: tensor.to(self.device) for name, tensor in inputs.items()}


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _dtype(name: str, device: torch.device, option: str) -> torch.dtype:
    chosen = name if name != "auto" else "bfloat16" if device.type == "cuda" else "float32"
    found = getattr(torch, chosen, None)
    if not isinstance(found, torch.dtype):
        raise BackendError(f"{option}.dtype: {chosen!r} is not a torch dtype; use bfloat16, float16 or float32")
    return found
