"""Images and prompts to text, in plain steps: what a server does with a chat request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModelForImageTextToText

from ocr_project.domain.options import LocalChatOptions
from ocr_project.domain.outside_text import storable
from ocr_project.engine.models.local.checkpoint import Checkpoint
from ocr_project.engine.models.local.preparation import Images
from ocr_project.engine.models.messages import ChatAnswer, ChatRequest


class LocalChat:
    """A vision-language model in this process."""

    def __init__(self, options: LocalChatOptions, *, image_first: bool, option: str) -> None:
        """Load it.

        Args:
            options: Model, device and dtype.
            image_first: Whether the image stands before the prompt.
            option: Name of the options, for messages.

        Raises:
            BackendError: It cannot be loaded; the message says why.
        """
        self._image_first = image_first
        self._checkpoint = Checkpoint(options, AutoModelForImageTextToText, option=option)
        ends = self._checkpoint.model.generation_config.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends]) - {None}

    def answer(self, requests: Sequence[ChatRequest]) -> list[ChatAnswer]:
        """Answer requests of one temperature and one limit together, all with an image or all without.

        Returns:
            An answer for each, in order, without the time it took.
        """
        checkpoint, first = self._checkpoint, requests[0]
        shown = [request.image for request in requests]
        images = checkpoint.images(shown) if first.image else Images({}, [0] * len(shown))
        prompts = [self._prompt(request, count) for request, count in zip(requests, images.tokens, strict=True)]
        inputs = checkpoint.tokens(prompts, padding_side="left", add_special_tokens=False) | images.inputs
        sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if first.temperature > 0:
            sampling = {"do_sample": True, "temperature": first.temperature, "top_p": 1.0, "top_k": 0}
            torch.manual_seed(round(first.temperature * 1000))
        with torch.inference_mode():
            output = checkpoint.model.generate(
                **checkpoint.on_device(inputs), max_new_tokens=first.max_tokens, **sampling
            )
        fresh = output[:, inputs["input_ids"].shape[1] :].tolist()
        lengths = inputs["attention_mask"].sum(1).tolist()
        return [self._read(tokens, length) for tokens, length in zip(fresh, lengths, strict=True)]

    def _read(self, tokens: list[int], prompt_tokens: int) -> ChatAnswer:
        end = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        said = tokens if end is None else tokens[:end]
        text = self._checkpoint.tokenizer.decode(said, skip_special_tokens=True)
        return ChatAnswer(
            storable(text), "length" if end is None else "stop", prompt_tokens, len(said) + (end is not None)
        )

    def _prompt(self, request: ChatRequest, image_tokens: int) -> str:
        said = conversation(
            request.prompt, image_first=self._image_first, image=bool(request.image), system=request.system
        )
        return self._checkpoint.prompt(said, image_tokens)


def conversation(prompt: str, *, image_first: bool, image: bool = True, system: str = "") -> list[dict[str, Any]]:
    """Return what is said to a model about one image, or none, as its chat template takes it."""
    parts: list[dict[str, str]] = [*([{"type": "image"}] if image else []), {"type": "text", "text": prompt}]
    said: list[dict[str, Any]] = [{"role": "system", "content": [{"type": "text", "text": system}]}] if system else []
    return [*said, {"role": "user", "content": parts if image_first else parts[::-1]}]
