"""Scans of clean pages: skewed, turned, uneven, blurred, noisy, compressed, and the same on every run."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image

from ocr_project.engine.imaging.damages import blurred, noisy, shaded, skewed

Grey = NDArray[np.uint8]


def rendered(pdf: bytes, dpi: int) -> list[Grey]:
    """Render a PDF's pages in grey. Returns one array (height, width) a page."""
    with pdfium.PdfDocument(pdf) as document:
        return [np.array(page.render(scale=dpi / 72, grayscale=True).to_numpy()).squeeze() for page in document]


def scanned(page: Grey, spec: Mapping[str, Any], seed: int) -> Grey:
    """Do to a page what a scanner does.

    Args:
        page: Clean grey pixels.
        spec: `skew` (degrees, clockwise), `turn` (degrees clockwise, a multiple of 90), `shade`
            (how much darker one corner is, 0 to 1), `blur` (sigma, pixels), `noise` (sigma, grey
            levels), `specks` (share of pixels), `ink` and `paper` (grey levels of black and white).
        seed: Of the noise.

    Returns:
        A new array; its sides are swapped by a quarter turn.
    """
    rng = np.random.default_rng(seed)
    ink, paper = float(spec.get("ink", 20)), float(spec.get("paper", 250))
    if skew := float(spec.get("skew", 0.0)):
        page, _ = skewed(page, skew)
    pixels = ink + page.astype(np.float32) * ((paper - ink) / 255)
    if blur := float(spec.get("blur", 0.0)):
        pixels = blurred(pixels, blur)
    if shade := float(spec.get("shade", 0.0)):
        pixels = shaded(pixels, shade)
    if noise := float(spec.get("noise", 0.0)):
        pixels = noisy(pixels, noise, rng)
    if specks := float(spec.get("specks", 0.0)):
        pixels[rng.random(pixels.shape) < specks] = ink
    grey = np.clip(pixels, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.rot90(grey, -int(spec.get("turn", 0)) // 90))


def jpeg(page: Grey, quality: int, dpi: int) -> bytes:
    """Encode grey pixels as JPEG."""
    out = BytesIO()
    Image.fromarray(page).save(out, "JPEG", quality=quality, optimize=True, dpi=(dpi, dpi))
    return out.getvalue()


def png(page: Grey, dpi: int) -> bytes:
    """Encode grey pixels as PNG of 16 levels of grey: a fifth of the size of 256."""
    out = BytesIO()
    levels = Image.fromarray(page).quantize(16, dither=Image.Dither.NONE)
    levels.save(out, "PNG", optimize=True, dpi=(dpi, dpi))
    return out.getvalue()


def tiff(pages: list[Grey], dpi: int) -> bytes:
    """Encode pages as a fax would: one TIFF, one bit a pixel, CCITT group 4."""
    bits = [Image.fromarray(page).point(lambda level: 255 if level > 150 else 0).convert("1") for page in pages]
    out = BytesIO()
    bits[0].save(out, "TIFF", compression="group4", save_all=True, append_images=bits[1:], dpi=(dpi, dpi))
    return out.getvalue()
