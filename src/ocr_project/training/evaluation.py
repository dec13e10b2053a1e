"""A model reads held-out samples, in this process: while it is trained, before, and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from ocr_project.domain.types import TrainingSample
from ocr_project.engine.models.local.chat import conversation
from ocr_project.training.encoding import Encoder
from ocr_project.training.evaluation_tables import Reading

_BATCH = 8


def read_samples(model: Any, encoder: Encoder, samples: Sequence[TrainingSample], most_tokens: int) -> list[Reading]:
    """Let a model read samples, likeliest token after likeliest token.

    Args:
        model: In this process, adapters or none.
        encoder: Of the model.
        samples: Any that can be encoded.
        most_tokens: Of an answer.
    """
    device = next(model.parameters()).device
    readings: list[Reading] = []
    by_length = sorted(samples, key=lambda one: (one.width * one.height, one.sample_id))
    with _decoding(model), torch.inference_mode():
        for start in range(0, len(by_length), _BATCH):
            batch = by_length[start : start + _BATCH]
            readings += _read(model, encoder, batch, most_tokens, device)
    order = {one.sample_id: place for place, one in enumerate(samples)}
    return sorted(readings, key=lambda reading: order[reading.sample_id])


def _read(
    model: Any, encoder: Encoder, batch: Sequence[TrainingSample], most_tokens: int, device: Any
) -> list[Reading]:
    preparation = encoder.preparation
    seen = preparation.pictures([encoder.pixels(sample, None) for sample in batch])
    prompts = [
        preparation.prompt(conversation(encoder.prompt(sample), image_first=encoder.dialect.image_first), count)
        for sample, count in zip(batch, seen.tokens, strict=True)
    ]
    inputs = preparation.tokens(prompts, padding_side="left", add_special_tokens=False) | seen.inputs
    inputs["pixel_values"] = inputs["pixel_values"].to(next(model.parameters()).dtype)
    output = model.generate(
        **{name: tensor.to(device) for name, tensor in inputs.items()},
        max_new_tokens=most_tokens,
        do_sample=False,
        use_cache=True,
        eos_token_id=encoder.end_id,
        pad_token_id=encoder.end_id,
    )
    fresh = output[:, inputs["input_ids"].shape[1] :].tolist()
    return [_reading(encoder, sample, tokens) for sample, tokens in zip(batch, fresh, strict=True)]


def _reading(encoder: Encoder, sample: TrainingSample, tokens: list[int]) -> Reading:
    ended = encoder.end_id in tokens
    said = tokens[: tokens.index(encoder.end_id)] if ended else tokens
    text = str(encoder.preparation.tokenizer.decode(said, skip_special_tokens=True)).strip()
    return Reading(sample.sample_id, sample.document, encoder.target(sample), text, ended)


@contextmanager
def _decoding(model: Any) -> Iterator[None]:
    """Let a model that is being trained decode: no dropout, no recomputing, a cache, and attention with masks."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    configs = [inner.config, inner.config.text_config, inner.config.vision_config]
    before = [(config._attn_implementation, getattr(config, "use_cache", None)) for config in configs]
    trained = model.training
    model.eval()
    for config in configs:
        config._attn_implementation = "sdpa"
    try:
        yield
    finally:
        for config, (attention, cache) in zip(configs, before, strict=True):
            config._attn_implementation = attention
            if cache is not None:
                config.use_cache = cache
        model.train(trained)
