"""The plain text of a page: what is scored, searched and embedded."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.engine.transcript.lines import Reading


def plain_text(readings: Sequence[Reading]) -> str:
    """Write every line that was read, in the order of the regions, one a line, nothing left out.

    Args:
        readings: Of one page; they are put into the order of their region's index.
    """
    ordered = sorted(readings, key=lambda reading: reading.region.index)
    return "\n".join(line for reading in ordered for line in reading.lines)
