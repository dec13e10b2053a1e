"""Encoded samples side by side in one row, as a model takes them.

Three things have to hold, or the samples of a pack see each other and no error says so: position ids of four rows
(place in the sample, then time, height and width), no attention mask, and `use_cache` of the text's configuration off
(`switch_cache_off`). transformers' Trainer sets the one of the whole configuration, which does not reach the text's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

IGNORED = -100  # the label of what is not learnt


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A sample as numbers.

    Attributes:
        sample_id: Whose they are.
        ids: Tokens of prompt, image places, answer and end mark, shape (tokens,), int64.
        labels: `IGNORED` over the prompt, then the same as `ids`.
        patches: Of its image, shape (patches, numbers of a patch), float32.
        grid: Patches along time (1), height and width.
    """

    sample_id: str
    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    patches: Any
    grid: tuple[int, int, int]


@dataclass(slots=True, eq=False)
class Pack:
    """What a card works on at once.

    Attributes:
        inputs: Of the model, on one device.
        bounds: Where samples begin and the last one ends, shape (samples + 1,), int32.
        longest: Tokens of the longest.
        places: Of the tokens before which the loss looks, shape (answer tokens,).
        targets: The tokens that should stand after them, the same shape.
        update_tokens: Answer tokens of the whole update, over all packs and cards.
        sample_ids: In order.
        squares: Sums of squares of lengths: of samples in tokens, of images in patches. Attention costs by those; they
            are numbers, not tensors, for to read one from a GPU is to wait for it.
        tables: What the tower would make of the images' grids (`training/ahead.py`).
    """

    inputs: dict[str, torch.Tensor]
    bounds: torch.Tensor
    longest: int
    places: torch.Tensor
    targets: torch.Tensor
    update_tokens: int = 1
    sample_ids: tuple[str, ...] = field(default=())
    squares: tuple[float, float] = (0.0, 0.0)
    tables: dict[str, torch.Tensor] = field(default_factory=dict)

    def to(self, device: torch.device | str, **how: Any) -> Pack:
        """Return it on another device."""
        return self._each(lambda tensor: tensor.to(device, **how))

    def pin_memory(self) -> Pack:
        """Return it in memory that a GPU copies from while the CPU goes on; torch's loaders ask for this."""
        return self._each(torch.Tensor.pin_memory)

    def _each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Pack:
        return replace(
            self,
            inputs={name: change(tensor) for name, tensor in self.inputs.items()},
            bounds=change(self.bounds),
            places=change(self.places),
            targets=change(self.targets),
            tables={name: change(tensor) for name, tensor in self.tables.items()},
        )


def positions_of(encoded: Encoded, image_id: int, merge: int) -> NDArray[np.int64]:
    """Return the position ids of a sample, shape (4, tokens): place, time, height, width.

    Text counts on; an image's tokens have the place where it begins, and their row and column in it; what follows
    begins after the larger side (multimodal rotary positions, the same in all families: get_rope_index of each).

    Args:
        image_id: The token that stands for a piece of the image.
        merge: Patches along one side of a token.
    """
    tokens = len(encoded.ids)
    high, wide = encoded.grid[1] // merge, encoded.grid[2] // merge
    where = np.flatnonzero(encoded.ids == image_id)
    if len(where) != high * wide or (len(where) and where[-1] - where[0] + 1 != len(where)):
        raise ValueError(f"sample {encoded.sample_id}: {len(where)} image tokens for a grid of {high} x {wide}")
    positions = np.tile(np.arange(tokens), (4, 1))
    if len(where):
        start, end = int(where[0]), int(where[-1]) + 1
        positions[1, start:end] = start
        positions[2, start:end] = start + np.repeat(np.arange(high), wide)
        positions[3, start:end] = start + np.tile(np.arange(wide), high)
        positions[1:, end:] = np.arange(tokens - end) + start + max(high, wide)
    return positions


def pack(samples: Sequence[Encoded], *, image_id: int, merge: int, update_tokens: int = 1) -> Pack:
    """Put samples side by side.

    Args:
        samples: At least one, each with an image: a row without one would leave other cards waiting for the tower.
        image_id: See `positions_of`.
        merge: See `positions_of`.
        update_tokens: Answer tokens of the whole update.
    """
    ids = np.concatenate([sample.ids for sample in samples])
    labels = np.concatenate([np.append(sample.labels[1:], IGNORED) for sample in samples])  # what comes after each
    lengths = [len(sample.ids) for sample in samples]
    places = np.flatnonzero(labels != IGNORED)
    inputs = {
        "input_ids": torch.from_numpy(ids)[None],
        "position_ids": torch.from_numpy(
            np.concatenate([positions_of(sample, image_id, merge) for sample in samples], axis=1)
        )[:, None],
        "pixel_values": torch.cat([torch.as_tensor(sample.patches) for sample in samples]),
        "image_grid_thw": torch.tensor([sample.grid for sample in samples]),
    }
    return Pack(
        inputs,
        torch.tensor([0, *np.cumsum(lengths)], dtype=torch.int32),
        max(lengths),
        torch.from_numpy(places),
        torch.from_numpy(labels[places]),
        update_tokens,
        tuple(sample.sample_id for sample in samples),
        (float(sum(length**2 for length in lengths)), float(sum((one.grid[1] * one.grid[2]) ** 2 for one in samples))),
    )


def switch_cache_off(model: Any) -> None:
    """Let a model keep no keys and values: with a cache, transformers does not notice that a row is a pack."""
    for config in (model.config, model.config.text_config):
        config.use_cache = False
