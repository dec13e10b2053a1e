"""Qwen3-VL-Embedding: what it is asked, and what becomes of its answer, whatever runs it.

From the model card and the script that comes with the model (`scripts/qwen3_vl_embedding.py`): a conversation of a
system text, which is the instruction, and a user's text or image; the opening of the answer; the last hidden state of
the last token; length one. Images are scaled to multiples of 32 pixels between `min_pixels` and `max_pixels` before
the model sees them, and not again. A vector from another template has a cosine of 0.55 to 0.97 with the right one.

Where we differ from the script: nothing to embed is a row of zeros, not the vector of the word NULL; names of the
template's marks in a text are broken up; a text that is too long loses a quarter of its characters until it fits,
where the script counts tokens, because a server's tokens are not known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import Qwen3VlOptions
from ocr_project.engine.models.crops.worker import Fit
from ocr_project.engine.models.messages import EmbeddingRequest

# Raise it whenever a vector changes for the same options: it is part of every shard's key.
VERSION = "1"
SIDE = 32  # pixels: patches of 16, merged two by two
_MARK = re.compile(r"<\|(\w+)\|>")


def instruction_of(text: str) -> str:
    """Return an instruction as the model's script completes it: without space around, with a full stop."""
    stripped = text.strip()
    ended = not stripped or unicodedata.category(stripped[-1]).startswith("P")
    return stripped if ended else f"{stripped}."


def messages_of(request: EmbeddingRequest, image: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the conversation for a request; an answer is to be opened after it (`add_generation_prompt`).

    Args:
        image: The part of the conversation that stands for the image, where the request is one.
    """
    content = dict(image) if request.image else {"type": "text", "text": request.text}
    return [
        {"role": "system", "content": [{"type": "text", "text": request.instruction}]},
        {"role": "user", "content": [content]},
    ]


def clean(text: str) -> str:
    """Return a text as a model can be given it: valid Unicode, none of the template's marks, no space around."""
    return _MARK.sub(r"< |\1| >", text.encode("utf-8", "replace").decode()).strip()


def shortened(text: str) -> str:
    """Return the first three quarters of a text that was too long."""
    return text[: len(text) * 3 // 4]


def cut_note(whole: EmbeddingRequest, embedded: EmbeddingRequest) -> str:
    """Return what a row says of a text that was cut; an empty string where none was."""
    if len(embedded.text) == len(whole.text):
        return ""
    return f"only the first {len(embedded.text)} of {len(whole.text)} characters: more is too long (max_model_len)"


def pixel_limits(options: Qwen3VlOptions) -> dict[str, Any]:
    """Return the limits as image processors and servers know them: sizes between them are left as they are.

    A checkpoint's own least size, 65,536 pixels, would scale small regions up once more.
    """
    return {"size": {"shortest_edge": options.min_pixels, "longest_edge": options.max_pixels}}


def fit_of(options: Qwen3VlOptions) -> Fit:
    """Return the sizes that images get."""
    return Fit(options.min_pixels, options.max_pixels, SIDE, options.jpeg_quality, exact=True)


def finished(vector: NDArray[np.float32], dimensions: int | None) -> NDArray[np.float32]:
    """Cut a vector to its first dimensions (Matryoshka) and give it length one.

    Args:
        vector: Shape (hidden size,), as the model gives it, of any length.
        dimensions: None: all.

    Returns:
        Shape (dimensions,), float32, a new array.

    Raises:
        ValueError: It has fewer dimensions than that, or its length is zero or no number.
    """
    if dimensions is not None and len(vector) < dimensions:
        raise ValueError(f"the model's vectors have {len(vector)} dimensions, not {dimensions}")
    kept = np.array(vector[:dimensions], np.float32)
    length = float(np.linalg.norm(kept))
    if not np.isfinite(length) or length == 0:
        raise ValueError(f"the model's vector has the length {length}")
    return kept / np.float32(length)
