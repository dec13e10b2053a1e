"""What happens to a page between the printer and the reader."""

from __future__ import annotations

from enum import StrEnum

CLEAN = "clean"
"""The name under which a page without damage is counted."""


class Damage(StrEnum):
    """A kind of damage; how much of it is a number from 0 (none) to 1 (parts of the page are beyond reading)."""

    GLARE = "glare"
    SHADOW = "shadow"
    FOLD = "fold"
    STAIN = "stain"
    PERSPECTIVE = "perspective"
    SKEW = "skew"
    BLUR = "blur"
    NOISE = "noise"
    JPEG = "jpeg"
    DOWNSCALE = "downscale"
