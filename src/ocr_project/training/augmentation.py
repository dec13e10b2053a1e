"""What is done to images while training. Drawn from (seed, epoch, sample) alone: a resumed run draws the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from ocr_project.domain.options import AugmentationOptions
from ocr_project.domain.types import PageFacts, TrainingSample
from ocr_project.engine.imaging.pixels import Pixels, decode, encode

_QUARTERS = (1, 2, 3)  # counter-clockwise, as NumPy turns
_BEST_JPEG = 95


def draw(seed: int, epoch: int, sample_id: str) -> np.random.Generator:
    """Return the generator of one sample in one epoch."""
    digest = hashlib.sha256(f"{seed} {epoch} {sample_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def quarters_of(sample: TrainingSample, options: AugmentationOptions, seed: int, epoch: int) -> int:
    """Return by how many quarters a page is turned counter-clockwise: 0 for most, and for all that has no facts."""
    if not options.turn or not sample.whole_page or sample.facts is None or sample.facts.rotation:
        return 0
    random = draw(seed, epoch, sample.sample_id)
    return int(random.choice(_QUARTERS)) if random.random() < options.turn else 0


def turned_facts(facts: PageFacts | None, quarters: int) -> PageFacts | None:
    """Return what is true of a page that was turned.

    Of one that was turned counter-clockwise by 90 degrees, olmOCR says 270 (`PageFacts.rotation`).
    """
    if facts is None or not quarters:
        return facts
    return replace(facts, rotation_valid=False, rotation=360 - 90 * quarters)


def augmented(pixels: Pixels, sample: TrainingSample, options: AugmentationOptions, seed: int, epoch: int) -> Pixels:
    """Return the image as it is learnt from in an epoch.

    Args:
        pixels: Shape (height, width, 3), RGB.
        sample: Whose image it is.
        options: What may be done.
        seed: `training.seed`.
        epoch: From 0.

    Returns:
        The same array where nothing is done.
    """
    if quarters := quarters_of(sample, options, seed, epoch):
        pixels = np.ascontiguousarray(np.rot90(pixels, quarters))
    random = draw(seed, epoch, f"{sample.sample_id} pixels")
    if options.noise:
        noise = random.standard_normal(pixels.shape, np.float32) * np.float32(random.uniform(0, options.noise))
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if options.jpeg is not None:
        pixels = decode(encode(pixels, jpeg_quality=int(random.integers(options.jpeg, _BEST_JPEG + 1))))
    return pixels
