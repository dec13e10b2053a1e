"""A vision-language model in this process: what a server does with an image and a prompt, in plain steps.

For models whose image processor gives `image_grid_thw` (GLM-OCR, PaddleOCR-VL, the Qwen-VLs and what was trained from
them). The processor is put together here from image processor and tokenizer: transformers' own composed ones need
torchvision for their video half, which a machine without a GPU has not.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import TransformersOptions
from ocr_project.engine.imaging.pixels import decode
from ocr_project.engine.models.messages import ChatAnswer, Question


@dataclass(frozen=True, slots=True)
class _Batch:
    """Questions as tensors, and how many tokens each prompt has."""

    inputs: dict[str, torch.Tensor]
    lengths: list[int]


class LocalModel:
    """Model, tokenizer and image processor of one checkpoint."""

    def __init__(self, options: TransformersOptions, *, image_first: bool) -> None:
        """Load a checkpoint.

        Args:
            options: Model, device and dtype.
            image_first: Whether the image stands before the prompt.

        Raises:
            BackendError: It cannot be loaded; the message says why.
        """
        self._image_first = image_first
        self._device = torch.device(options.device if options.device != "auto" else _best_device())
        dtype = _dtype(options.dtype, self._device)
        where: dict[str, Any] = {"revision": options.revision} if options.revision else {}
        try:
            config = AutoConfig.from_pretrained(options.model, **where)
            self._tokenizer = AutoTokenizer.from_pretrained(options.model, **where)
            self._images = AutoImageProcessor.from_pretrained(options.model, **where)
            model = AutoModelForImageTextToText.from_pretrained(options.model, dtype=dtype, **where)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise BackendError(
                f"transformers cannot load {options.model}: {error}; change recognition.transformers.model"
            ) from error
        self._model = model.to(self._device).eval()
        self._image_id = int(config.image_token_id)
        self._image_token = self._tokenizer.convert_ids_to_tokens(self._image_id)
        ends = model.generation_config.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends]) - {None}
        self._tokenizer.padding_side = "left"

    def answer(self, questions: Sequence[Question]) -> list[ChatAnswer]:
        """Answer questions of one temperature and one limit together.

        Returns:
            An answer for each, in order, without the time it took.
        """
        batch = self._batch(questions)
        first = questions[0]
        sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if first.temperature > 0:
            sampling = {"do_sample": True, "temperature": first.temperature, "top_p": 1.0, "top_k": 0}
            torch.manual_seed(round(first.temperature * 1000))
        with torch.inference_mode():
            output = self._model.generate(**batch.inputs, max_new_tokens=first.max_tokens, **sampling)
        fresh = output[:, batch.inputs["input_ids"].shape[1] :].tolist()
        return [self._read(tokens, length) for tokens, length in zip(fresh, batch.lengths, strict=True)]

    def _read(self, tokens: list[int], prompt_tokens: int) -> ChatAnswer:
        end = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        said = tokens if end is None else tokens[:end]
        text = self._tokenizer.decode(said, skip_special_tokens=True)
        return ChatAnswer(text, "length" if end is None else "stop", prompt_tokens, len(said) + (end is not None))

    def _batch(self, questions: Sequence[Question]) -> _Batch:
        pixels = [decode(base64.b64decode(question.image.split(b",", 1)[1])) for question in questions]
        seen = self._images(images=pixels, return_tensors="pt", input_data_format="channels_last")
        merge = int(self._images.merge_size) ** 2
        prompts = [
            self._prompt(question, int(np.prod(grid.tolist())) // merge)
            for question, grid in zip(questions, seen["image_grid_thw"], strict=True)
        ]
        text = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
        ids, mask = text["input_ids"], text["attention_mask"]
        inputs = {
            "input_ids": ids,
            "attention_mask": mask,
            "mm_token_type_ids": (ids == self._image_id).long(),
            "pixel_values": seen["pixel_values"].to(self._model.dtype),
            "image_grid_thw": seen["image_grid_thw"],
        }
        return _Batch({name: tensor.to(self._device) for name, tensor in inputs.items()}, mask.sum(1).tolist())

    def _prompt(self, question: Question, image_tokens: int) -> str:
        parts: list[dict[str, str]] = [{"type": "image"}, {"type": "text", "text": question.prompt}]
        messages = [{"role": "user", "content": parts if self._image_first else parts[::-1]}]
        template = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return str(template).replace(self._image_token, self._image_token * image_tokens)


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _dtype(name: str, device: torch.device) -> torch.dtype:
    chosen = name if name != "auto" else "bfloat16" if device.type == "cuda" else "float32"
    found = getattr(torch, chosen, None)
    if not isinstance(found, torch.dtype):
        raise BackendError(f"{chosen!r} is no dtype of torch: set recognition.transformers.dtype to bfloat16")
    return found
