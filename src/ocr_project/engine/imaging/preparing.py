"""A page as layout and recognition look at it: upright print, dark on light and even paper, and its ink."""

from __future__ import annotations

from ocr_project.engine.imaging.even_paper import lift_shadows, lighten
from ocr_project.engine.imaging.ink import Grey, Mask, find_ink_in_noise, find_paper
from ocr_project.engine.imaging.pale_marks import lift_marks
from ocr_project.engine.imaging.surround import lift_surround


def prepare(grey: Grey) -> tuple[Grey, Mask]:
    """Take off a page what is not print: black beside it, darkness, shadows, pale marks, specks.

    Args:
        grey: Shape (height, width), uint8.

    Returns:
        The grey pixels, the same array where the page has none of that; and the ink as `find_ink` gives it.
    """
    light = lighten(lift_surround(grey))
    paper = find_paper(light)
    even = lift_shadows(light, paper)
    if even is not light:
        paper = find_paper(even)
    clean = lift_marks(even, paper)
    return find_ink_in_noise(clean, paper if clean is even else None)
