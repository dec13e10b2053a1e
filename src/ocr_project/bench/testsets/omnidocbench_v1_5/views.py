"""How a person sees the ground truth of a page: the contents of its elements in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def element_texts(page: Mapping[str, Any]) -> Iterator[str]:
    """Yield the HTML, LaTeX or text of each element that is not marked `ignore`."""
    blocks = [block for block in page.get("layout_dets", ()) if not block.get("ignore")]
    for block in sorted(blocks, key=lambda block: block.get("order") or 0):
        text = block.get("html") or block.get("latex") or block.get("text")
        if text:
            yield str(text)
