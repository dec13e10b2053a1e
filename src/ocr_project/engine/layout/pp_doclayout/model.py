"""The model itself: loaded, set to a precision, perhaps compiled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import PpDocLayoutOptions, Precision
from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS


class Output(NamedTuple):
    """What the model says of a batch; all float32.

    Attributes:
        logits: Shape (pages, queries, 25).
        boxes: Shape (pages, queries, 4): centre x, y, width, height in 0 to 1.
        order: Shape (pages, queries, queries).
        masks: Shape (pages, queries, 200, 200), or None where outlines are not asked for.
    """

    logits: torch.Tensor
    boxes: torch.Tensor
    order: torch.Tensor
    masks: torch.Tensor | None


Forward = Callable[[torch.Tensor], Output]


def load(folder: Path, options: PpDocLayoutOptions) -> Any:
    """Load the model onto its device, ready to run.

    Raises:
        BackendError: The checkpoint is not one of PP-DocLayoutV3.
    """
    try:
        from transformers import PPDocLayoutV3ForObjectDetection
    except ImportError as error:
        raise BackendError(
            f"the installed transformers has no PP-DocLayoutV3 ({error}): pip install 'transformers>=5.17'"
        ) from error
    try:
        model = PPDocLayoutV3ForObjectDetection.from_pretrained(str(folder), dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        raise BackendError(f"layout.pp_doclayout_v3.checkpoint: {folder} cannot be loaded: {error}") from error
    if model.config.num_labels != len(PP_DOCLAYOUT_LABELS):
        raise BackendError(
            f"layout.pp_doclayout_v3.checkpoint: {folder} has {model.config.num_labels} labels instead of"
            f" {len(PP_DOCLAYOUT_LABELS)}: it is not a checkpoint of PP-DocLayoutV3"
        )
    return model.eval().requires_grad_(False).to(options.device)


def build_forward(model: Any, options: PpDocLayoutOptions) -> Forward:
    """Set a loaded model to the precision asked for and return the function that runs it.

    The function is to be called by one thread at a time. Its input has shape (pages, 3, 800, 800), float32, 0 to 1.
    """
    device = torch.device(options.device)
    if options.precision is Precision.BF16:
        for head in _heads(model):
            _keep_fp32(head, device.type)
    if not options.polygons:
        model.model.decoder.register_forward_pre_hook(_without_masks, with_kwargs=True)

    def call(pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = model(pixel_values=pixels)
        wanted = (found.logits, found.pred_boxes, found.order_logits)
        return (*wanted, found.out_masks) if options.polygons else wanted

    # What is not returned is not computed: compiled, five of six layers lose their masks and orders.
    run = torch.compile(call, dynamic=False) if options.compile else call

    def forward(pixels: torch.Tensor) -> Output:
        with torch.inference_mode(), _precision(options.precision, device.type):
            logits, boxes, order, *masks = run(pixels)
        return Output(logits.float(), boxes.float(), order.float(), masks[0].float() if masks else None)

    return forward


def _heads(model: Any) -> list[Any]:
    """Return the layers that make scores, boxes and order out of features."""
    inner = model.model
    heads = [inner.enc_score_head, inner.enc_bbox_head, inner.decoder.class_embed, inner.decoder.bbox_embed]
    heads += [*inner.decoder_order_head, inner.decoder_global_pointer]
    return list({id(head): head for head in heads}.values())  # two pairs may be tied


def _keep_fp32(module: Any, device: str) -> None:
    inner = module.forward

    def forward(values: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device, enabled=False):
            return inner(values.float())

    module.forward = forward


def _without_masks(decoder: Any, arguments: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Give the decoder one pixel to make masks of.

    Each of six layers makes 300 masks of 200 x 200, 48 MB a page and layer, copied once more into one tensor; they
    feed nothing but the outlines.
    """
    features = named["mask_feat"]
    return arguments, {**named, "mask_feat": features[:, :, :1, :1]}


@contextmanager
def _precision(precision: Precision, device: str) -> Iterator[None]:
    """Multiply in this precision, and leave the process as it was: other models share it."""
    bf16 = precision is Precision.BF16
    with torch.autocast(device, torch.bfloat16) if bf16 else nullcontext():
        if device == "cpu":
            yield
            return
        with _SWITCHES.held(tf32=precision is Precision.TF32):
            yield


class _Switches:
    """torch's switches for products in tf32 and for the choice of kernels: of a whole process, also of other threads.

    Models of several cards work at once. The first sets the switches, and the last that ends sets them back: one that
    ended before would take them from the others in the middle of their work.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._users = 0
        self._tf32 = False
        self._before = ("highest", False, False)

    @contextmanager
    def held(self, *, tf32: bool) -> Iterator[None]:
        """Set them for as long as this lasts; who wants them otherwise waits."""
        with self._changed:
            self._changed.wait_for(lambda: not self._users or self._tf32 == tf32)
            if not self._users:
                cudnn = torch.backends.cudnn
                self._before = torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark
                self._set("high" if tf32 else "highest", tf32, True)  # every batch has one shape
                self._tf32 = tf32
            self._users += 1
        try:
            yield
        finally:
            with self._changed:
                self._users -= 1
                if not self._users:
                    self._set(*self._before)
                    self._changed.notify_all()

    def _set(self, products: str, allow_tf32: bool, benchmark: bool) -> None:
        torch.set_float32_matmul_precision(products)
        torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark = allow_tf32, benchmark


_SWITCHES = _Switches()
