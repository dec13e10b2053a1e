"""Bytes to the model's input: 800 x 800 pixels, bicubic, no antialiasing, 0 to 1.

The official processor (transformers, PPDocLayoutV3ImageProcessor) decodes with PIL and resizes with torchvision, 40
ms a page on one core. Here JPEG is decoded and resized on the GPU, in batches; what the GPU cannot decode (PNG, a
broken JPEG, a giant) goes through OpenCV, whose INTER_CUBIC is the same kernel (a = -0.75) and the one the model was
trained with. Given the same pixels, both agree to 1/255 with each other and with the official processor where it runs
on a GPU. On a CPU torchvision resizes in uint8 and clips what overshoots between its two passes: up to 29/255 off at
the edges of letters, 0.06/255 on the mean (real pages at 150 dpi); that is not imitated. Of JPEG with subsampled
colour nvJPEG and libjpeg make pixels that differ along coloured edges.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.types import Page
from ocr_project.engine.imaging.pixels import Pixels, page_pixels

log = logging.getLogger(__name__)

SIDE = 800  # the model's own, preprocessor_config.json
_JPEG = b"\xff\xd8\xff"
_LARGEST_ON_GPU = 64_000_000  # pixels: as floats for the resize 768 MB of GPU memory
_LONGEST_ON_GPU = 16_384  # pixels of a side: what the hardware decoder of an H100 takes


@dataclass(frozen=True, slots=True)
class PreparedPages:
    """Pages that are ready for the model.

    Attributes:
        pixels: Shape (rows, 3, 800, 800), uint8, RGB, on the device; rows of pages that failed, and
            rows beyond the pages, are zeros.
        sizes: Width and height of each page as decoded, in pixels; (1, 1) where it failed.
        reasons: Why a page could not be decoded; an empty string where it was.
    """

    pixels: torch.Tensor
    sizes: list[tuple[int, int]]
    reasons: list[str]


def prepare(pages: Sequence[Page], device: torch.device, decoders: Executor, *, rows: int) -> PreparedPages:
    """Decode and resize pages.

    Args:
        pages: Each with an image, sound or not.
        device: Where the model is. On a GPU, JPEG is decoded there, on the current stream.
        decoders: Threads for what is decoded on the CPU.
        rows: At least as many as there are pages.
    """
    pixels = torch.zeros((rows, 3, SIDE, SIDE), dtype=torch.uint8, device=device)
    sizes, reasons = [(1, 1)] * len(pages), [""] * len(pages)
    places = [place for place, page in enumerate(pages) if device.type == "cuda" and _for_gpu(page)]
    rest = sorted(set(range(len(pages))) - set(places))
    # The CPU starts first: its threads work while the GPU decodes.
    waiting = [(place, decoders.submit(_decode_small, pages[place])) for place in rest]
    for place, image in zip(places, _decode_jpegs([_bytes(pages[place]) for place in places], device), strict=True):
        if image is None:
            waiting.append((place, decoders.submit(_decode_small, pages[place])))
        else:
            pixels[place], sizes[place] = shrink(image), (image.shape[2], image.shape[1])
    for place, future in waiting:
        try:
            small, sizes[place] = future.result()
        except DocumentError as error:
            reasons[place] = error.reason
        else:
            pixels[place] = torch.from_numpy(small).to(device, non_blocking=True).permute(2, 0, 1)
    return PreparedPages(pixels, sizes, reasons)


def shrink(image: torch.Tensor) -> torch.Tensor:
    """Resize one decoded page as the official processor does, rounding included.

    Args:
        image: Shape (3, height, width), uint8.

    Returns:
        Shape (3, 800, 800), uint8, a new tensor on the same device.
    """
    small = torch.nn.functional.interpolate(image[None].float(), (SIDE, SIDE), mode="bicubic", align_corners=False)
    return small[0].round_().clamp_(0, 255).to(torch.uint8)


def shrink_on_cpu(pixels: Pixels) -> Pixels:
    """Resize one decoded page with OpenCV.

    Args:
        pixels: Shape (height, width, 3), uint8.

    Returns:
        Shape (800, 800, 3), uint8.
    """
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def to_input(pixels: torch.Tensor) -> torch.Tensor:
    """Scale to 0 to 1; the model's mean is 0 and its deviation 1.

    Args:
        pixels: Shape (…, 3, 800, 800), uint8.
    """
    return pixels.float().div_(255)


def _for_gpu(page: Page) -> bool:
    return (
        _bytes(page).startswith(_JPEG)
        and page.width * page.height <= _LARGEST_ON_GPU
        and max(page.width, page.height) <= _LONGEST_ON_GPU
        and _gpu_decoder() is not None
    )


def _bytes(page: Page) -> bytes:
    return page.image or b""


def _decode_small(page: Page) -> tuple[Pixels, tuple[int, int]]:
    pixels = page_pixels(page)
    return shrink_on_cpu(pixels), (pixels.shape[1], pixels.shape[0])


@cache
def _gpu_decoder() -> Callable[..., Any] | None:
    """Return torchvision's function, or None where it is not there or not made for this torch."""
    try:
        from torchvision.io import ImageReadMode, decode_jpeg
    except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
        log.warning("JPEG is decoded on the CPU, several times slower: torchvision cannot be used (%s)", error)
        return None

    def decode(data: list[torch.Tensor], device: torch.device) -> Any:
        return decode_jpeg(data, mode=ImageReadMode.RGB, device=device)

    return decode


def _decode_jpegs(images: Sequence[bytes], device: torch.device) -> list[torch.Tensor | None]:
    """Decode on the GPU; None for each image that it refuses. One bad image fails torchvision's whole batch."""
    if not images or (decode := _gpu_decoder()) is None:
        return [None] * len(images)
    data = [torch.frombuffer(bytearray(image), dtype=torch.uint8) for image in images]
    try:
        return list(decode(data, device))
    except RuntimeError:  # CMYK, broken, too large for the memory that is left: OpenCV has its say
        if len(images) == 1:
            return [None]
    half = len(images) // 2
    return _decode_jpegs(images[:half], device) + _decode_jpegs(images[half:], device)
