"""What the tower has to know of the images' sizes, made beside the images: read from a GPU, each update waits for it.

transformers makes places of patches, weights of position embeddings and bounds of images from the grids of the images.
From grids on a GPU it reads numbers back, and a GPU answers when all that it was given before is done: no update could
be prepared while the one before is under way, and the GPU would rest in between. Here the grids stay on the CPU, and
what is made of them follows by copies that are not waited for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch

from ocr_project.training.packing import Pack

_KNOWN = ("qwen3_vl", "qwen2_vl")  # towers that take what is made here instead of making it
_GRID, _PATCHES = "image_grid_thw", "pixel_values"


@dataclass(frozen=True, slots=True)
class Collate:
    """Makes the tables of a pack in the process that decodes its images; holds no weights, so that one can be started.

    Attributes:
        merge: Patches along one side of a token; 0: a tower that makes its tables itself.
        dtype: Of the tower's weights.
        side: Learnt embeddings of places along one side, which are stretched over each image; 0: there are none.
        mode: How they are stretched.
        align_corners: The same.
    """

    merge: int = 0
    dtype: torch.dtype = torch.float32
    side: int = 0
    mode: str = ""
    align_corners: bool = False

    def __call__(self, batch: Sequence[Pack]) -> Pack:
        """Return the pack of a batch of one, with its tables, and its patches as the tower takes them."""
        (pack,) = batch
        if not self.merge:
            return pack
        patches = pack.inputs[_PATCHES].to(self.dtype)  # what the model does first, and half of what is copied
        return replace(pack, inputs={**pack.inputs, _PATCHES: patches}, tables=self._tables(pack.inputs[_GRID]))

    def _tables(self, grid: torch.Tensor) -> dict[str, torch.Tensor]:
        from transformers import vision_utils as made

        tables = {
            "position_ids": made.get_vision_position_ids(grid, self.merge),
            "cu_seqlens": made.get_vision_cu_seqlens(grid),
        }
        if self.side:
            found = made.get_vision_interpolation_indices_and_weights(
                grid,
                num_grid_per_side=self.side,
                mode=self.mode,
                align_corners=self.align_corners,
                spatial_merge_size=self.merge,
            )
            tables["interp_indices"], tables["interp_weights"] = found
        return tables


class Ahead:
    """Hands tables to the tower as packs are moved to its device.

    Attributes:
        collate: Makes them.
    """

    def __init__(self, model: Any) -> None:
        """Look at a model; other towers make their tables themselves, as before.

        Args:
            model: Of transformers.
        """
        self.collate = Collate()
        self._given: dict[str, Any] = {}
        self._tower: Any = None
        if model.config.model_type in _KNOWN:
            tower = self._tower = model.model.visual
            learnt = "num_grid_per_side" in vars(tower)
            self.collate = Collate(
                merge=tower.spatial_merge_size,
                dtype=next(tower.parameters()).dtype,
                side=tower.num_grid_per_side if learnt else 0,
                mode=tower.interpolation_mode if learnt else "",
                align_corners=tower.interpolation_align_corners if learnt else False,
            )

    def moved(self, pack: Pack, device: torch.device) -> Pack:
        """Return a pack on a device, its tables ready for the tower; the grids stay where they are.

        Args:
            pack: As `collate` returns it, in pinned memory where the device is a GPU.
            device: Of the model.
        """
        here = pack.to(device, non_blocking=True)
        if self._tower is not None:
            grid = pack.inputs[_GRID]
            here.inputs[_GRID] = grid
            self._given = {**here.tables, "max_seqlen": int((grid[:, 1] * grid[:, 2]).max())}
        return here

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Let the tower take the tables of the pack that was moved last, once: other images have others."""
        if self._tower is None:
            yield
            return
        handle = self._tower.register_forward_pre_hook(self._hand_over, with_kwargs=True)
        try:
            yield
        finally:
            handle.remove()

    def _hand_over(self, _: Any, given: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        tables, self._given = self._given, {}
        return given, {**named, **tables}
