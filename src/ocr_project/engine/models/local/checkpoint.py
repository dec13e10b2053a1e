"""A checkpoint in this process: a model, and what it is given as tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from transformers import AutoConfig

from ocr_project.domain.errors import BackendError
from ocr_project.engine.models.local.preparation import Images, Preparation


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


@runtime_checkable
class WeightlessOptions(Protocol):
    """The option that asks for random weights, where there is one."""

    @property
    def dummy_weights(self) -> bool: ...


class Checkpoint(Preparation):
    """A loaded model, and all that prepares what it is given."""

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
        super().__init__(options.model, options.revision, option=option)
        try:
            if isinstance(options, WeightlessOptions) and options.dummy_weights:
                model = _weightless(head, AutoConfig.from_pretrained(options.model, **where), dtype, self.device)
            else:
                model = head.from_pretrained(options.model, dtype=dtype, **where)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise BackendError(f"transformers cannot load {options.model}: {error}; change {option}.model") from error
        self.model = model.to(self.device).eval()

    def images(self, uris: Sequence[bytes], **limits: Any) -> Images:
        """Prepare images in the model's own type of numbers, as `Preparation.images` does."""
        seen = super().images(uris, **limits)
        seen.inputs["pixel_values"] = seen.inputs["pixel_values"].to(self.model.dtype)
        return seen

    def on_device(self, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return tensors where the model is."""
        return {name: tensor.to(self.device) for name, tensor in inputs.items()}


def _weightless(head: Any, config: Any, dtype: torch.dtype, device: torch.device) -> Any:
    """Return a model of random weights, made where it will stand: seven billion numbers take minutes on a CPU."""
    with device:
        return head.from_config(config, dtype=dtype)


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _dtype(name: str, device: torch.device, option: str) -> torch.dtype:
    chosen = name if name != "auto" else "bfloat16" if device.type == "cuda" else "float32"
    found = getattr(torch, chosen, None)
    if not isinstance(found, torch.dtype):
        raise BackendError(f"{option}.dtype: {chosen!r} is not a torch dtype; use bfloat16, float16 or float32")
    return found
