"""What turns images and conversations into a model's numbers: its tokenizer and its image processor, without weights.

For models whose image processor gives `image_grid_thw` (GLM-OCR, PaddleOCR-VL, the Qwen-VLs and what was trained from
them). The processor is put together here from image processor and tokenizer: transformers' own composed ones need
torchvision for their video half, which a machine without a GPU has not.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer

from ocr_project.domain.errors import BackendError
from ocr_project.engine.imaging.pixels import Pixels, decode


@dataclass(frozen=True, slots=True)
class Images:
    """Images as a model takes them.

    Attributes:
        inputs: `pixel_values` and `image_grid_thw`.
        tokens: How many places each image takes in its prompt.
    """

    inputs: dict[str, torch.Tensor]
    tokens: list[int]


class Preparation:
    """Tokenizer and image processor of a checkpoint.

    Attributes:
        config: Its configuration, as transformers reads it.
        image_id: The token that stands for a piece of an image.
        merge: Patches along one side of such a piece.
    """

    def __init__(self, model: str, revision: str | None, *, option: str) -> None:
        """Load them.

        Args:
            model: Hub name or folder.
            revision: Commit; None for what is there.
            option: Name of the options, for messages.

        Raises:
            BackendError: They cannot be loaded; the message says why.
        """
        where: dict[str, Any] = {"revision": revision} if revision else {}
        try:
            self.config = AutoConfig.from_pretrained(model, **where)
            self.tokenizer = AutoTokenizer.from_pretrained(model, **where)
            self.processor = AutoImageProcessor.from_pretrained(model, **where)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise BackendError(f"transformers cannot load {model}: {error}; change {option}.model") from error
        self.image_id = int(self.config.image_token_id)
        self.merge = int(self.processor.merge_size)
        self._image_token = self.tokenizer.convert_ids_to_tokens(self.image_id)

    def images(self, uris: Sequence[bytes], **limits: Any) -> Images:
        """Prepare images.

        Args:
            uris: Data URIs, JPEG or PNG in base64; at least one.
            limits: Of the image processor, where not its own are to hold.
        """
        return self.pictures([decode(base64.b64decode(uri.split(b",", 1)[1])) for uri in uris], **limits)

    def pictures(self, pixels: Sequence[Pixels], **limits: Any) -> Images:
        """Prepare images that are decoded, as `images` does."""
        seen = self.processor(images=list(pixels), return_tensors="pt", input_data_format="channels_last", **limits)
        grid = seen["image_grid_thw"]
        inputs = {"pixel_values": seen["pixel_values"], "image_grid_thw": grid}
        return Images(inputs, [int(np.prod(each.tolist())) // self.merge**2 for each in grid])

    def image_tokens(self, height: int, width: int) -> int:
        """Return how many places an image of this size takes in its prompt; nothing is decoded."""
        return int(self.processor.get_number_of_image_patches(height, width)) // self.merge**2

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
            "mm_token_type_ids": (ids == self.image_id).long(),
        }
