"""What a model has to know of a pack's images, made beside the images: read from a GPU, each update waits for it.

transformers makes places of patches, weights of position embeddings and bounds of images from the grids of the images.
From grids on a GPU it reads numbers back, and a GPU answers when all that it was given before is done: no update could
be prepared while the one before is under way, and the GPU would rest in between. Here the grids stay on the CPU, and
what is made of them follows by copies that are not waited for.

The same holds for where image tokens stand: transformers counts them on the GPU to compare them with what the tower
made, and looks for them again in each layer that adds features of the tower (Qwen3-VL's deepstack). They are counted
and found here, and a pack whose count is wrong is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from ocr_project.training.packing import Pack

_KNOWN = ("qwen3_vl", "qwen2_vl")  # towers that take what is made here instead of making it
_GRID, _PATCHES = "image_grid_thw", "pixel_values"
_PLACES = "image_places"


@dataclass(frozen=True, slots=True)
class Collate:
    """Makes the tables of a pack in the process that decodes its images; holds no weights, so that one can be started.

    Attributes:
        merge: Patches along one side of a token; 0: a tower that makes its tables itself.
        image_id: The token that stands for a piece of an image.
        dtype: Of the tower's weights.
        side: Learnt embeddings of places along one side, which are stretched over each image; 0: there are none.
        mode: How they are stretched.
        align_corners: The same.
    """

    merge: int = 0
    image_id: int = -1
    dtype: torch.dtype = torch.float32
    side: int = 0
    mode: str = ""
    align_corners: bool = False

    def __call__(self, batch: Sequence[Pack]) -> Pack:
        """Return the pack of a batch of one, with its tables, and its patches as the tower takes them.

        Raises:
            ValueError: It has more or fewer image tokens than the tower will make.
        """
        (pack,) = batch
        if not self.merge:
            return pack
        patches = pack.inputs[_PATCHES].to(self.dtype)  # what the model does first, and half of what is copied
        tables = {**self._tables(pack.inputs[_GRID]), _PLACES: self._places(pack)}
        return replace(pack, inputs={**pack.inputs, _PATCHES: patches}, tables=tables)

    def _places(self, pack: Pack) -> torch.Tensor:
        places = (pack.inputs["input_ids"][0] == self.image_id).nonzero()[:, 0]
        made = len(pack.inputs[_PATCHES]) // self.merge**2
        if len(places) != made:
            raise ValueError(
                f"samples {', '.join(pack.sample_ids)}: {len(places)} image tokens, but {made} pieces of images"
            )
        return places

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
    """Hands tables to the model as packs are moved to its device.

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
        self._places: torch.Tensor | None = None
        self._body: Any = None
        if model.config.model_type in _KNOWN:
            self._body = model.model
            tower = self._body.visual
            learnt = "num_grid_per_side" in vars(tower)
            self.collate = Collate(
                merge=tower.spatial_merge_size,
                image_id=model.config.image_token_id,
                dtype=next(tower.parameters()).dtype,
                side=tower.num_grid_per_side if learnt else 0,
                mode=tower.interpolation_mode if learnt else "",
                align_corners=tower.interpolation_align_corners if learnt else False,
            )

    def moved(self, pack: Pack, device: torch.device) -> Pack:
        """Return a pack on a device, its tables ready for the model; the grids stay where they are.

        Args:
            pack: As `collate` returns it, in pinned memory where the device is a GPU.
            device: Of the model.
        """
        here = pack.to(device, non_blocking=True)
        if self._body is not None:
            grid = pack.inputs[_GRID]
            here.inputs[_GRID] = grid
            self._given = {**here.tables, "max_seqlen": int((grid[:, 1] * grid[:, 2]).max())}
        return here

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Let the model take the tables of the pack that was moved last, once: other images have others.

        A pass over what was not moved here (held-out samples) does without.
        """
        if self._body is None:
            yield
            return
        with ExitStack() as stack:
            handle = self._body.visual.register_forward_pre_hook(self._hand_over, with_kwargs=True)
            stack.callback(handle.remove)
            stack.enter_context(_in_place_of(self._body, "get_placeholder_mask", self._mask_of))
            stack.enter_context(_in_place_of(self._body.language_model, "_deepstack_process", self._with_features))
            yield

    def _hand_over(self, _: Any, given: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        tables, self._given = self._given, {}
        self._places = tables.pop(_PLACES, None)
        return given, {**named, **tables}

    def _mask_of(self, counts: Any, input_ids: Any, *given: Any, **named: Any) -> Any:
        """Say which tokens are an image's; they have been counted."""
        if self._places is None:
            return counts(input_ids, *given, **named)
        return (input_ids == self.collate.image_id).unsqueeze(-1), None

    def _with_features(self, looks: Any, hidden: Any, masks: Any, features: Any) -> Any:
        """Add what a layer of the tower made to the images' tokens; where those are is known."""
        if self._places is None:
            return looks(hidden, masks, features)
        return hidden.index_add(1, self._places, features.to(hidden.dtype)[None])


@contextmanager
def _in_place_of(module: Any, name: str, method: Any) -> Iterator[None]:
    """Let a method, which gets it as its first argument, take the place of a module's; where it has none, nothing."""
    before = getattr(module, name, None)
    if before is None:
        yield
        return
    setattr(module, name, partial(method, before))
    try:
        yield
    finally:
        delattr(module, name)
