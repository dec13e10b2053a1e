"""Ink in regions of text that no word covers: what was there and was not read, whatever the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ocr_project.domain.types import Label, Recognition, Region, Status
from ocr_project.engine.imaging.ink import Mask
from ocr_project.engine.imaging.pixels import clip

# Set by what pages that are read right leave and what damaged ones do: docs/log.md has both.
_SHARE = 0.25  # of the ink of a page's text: where words cover less than the rest, the page has a reason
_MARGIN = 0.15  # of a word's height around its box: Tesseract cuts accents and feet off
# Drawn lines are most of the ink of a table, and formulas and whole pages hold more than words.
_NOT_JUDGED = frozenset({Label.TABLE, Label.PICTURE, Label.CHART, Label.FORMULA, Label.PAGE})


def name_unread(ink: Mask, regions: Sequence[Region], found: Sequence[Recognition]) -> list[Recognition]:
    """Give a reason to what was read of regions, where much of the ink of the page's text is outside of all words.

    Args:
        ink: Of the page, as `prepare` gives it.
        regions: Of the page.
        found: One for each region.

    Returns:
        As many, in order; most pages keep all as they are.
    """
    shares = [_inked(ink, region, one) for region, one in zip(regions, found, strict=True)]
    whole, left = (sum(share[place] for share in shares) for place in (0, 1))
    if left <= _SHARE * whole or not whole:
        return list(found)
    reason = (
        f"words cover {1 - left / whole:.0%} of the ink in the page's text; the rest was not read: look at the page"
    )
    return [
        replace(one, reason=reason) if one.status is Status.OK and own[1] > _SHARE * own[0] else one
        for one, own in zip(found, shares, strict=True)
    ]


def _inked(ink: Mask, region: Region, found: Recognition) -> tuple[int, int]:
    """Return how many pixels of ink are in a region, and how many of them outside of its words."""
    if region.label in _NOT_JUDGED or found.status not in (Status.OK, Status.EMPTY):
        return 0, 0
    x0, y0, x1, y1 = clip(region.box, ink.shape[1], ink.shape[0])
    own = ink[y0:y1, x0:x1]
    left = own.copy()
    for word in found.words:
        margin = _MARGIN * word.box.height
        left[
            max(0, int(word.box.y0 - margin) - y0) : max(0, int(word.box.y1 + margin) + 1 - y0),
            max(0, int(word.box.x0 - margin) - x0) : max(0, int(word.box.x1 + margin) + 1 - x0),
        ] = 0
    return int(np.count_nonzero(own)), int(np.count_nonzero(left))
