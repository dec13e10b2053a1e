"""The form in which olmOCR-bench compares texts (`normalize_text` in `olmocr/bench/tests.py`, v0.4)."""

from __future__ import annotations

import re
import unicodedata

_EMPHASIS = tuple(re.compile(mark) for mark in (r"\*\*(.*?)\*\*", r"__(.*?)__", r"\*(.*?)\*", r"_(.*?)_"))
_STYLE_TAG = re.compile(r"</?[bi]>")
_ASCII = str.maketrans(
    {
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("–—‑‒−", "-"),
        "＿": "_",
        "\u00b5": "\u03bc",
    }
)


def plain(markdown: str) -> str:
    """Take emphasis and kinds of white space, quotes and dashes away; NFC."""
    text = re.sub(r"\s+", " ", re.sub(r"<br/?>", " ", markdown))
    for place, mark in enumerate(_EMPHASIS):
        text = mark.sub(r"\1", text)
        if place == 1:
            text = _STYLE_TAG.sub("", text)
    return unicodedata.normalize("NFC", text).translate(_ASCII)
