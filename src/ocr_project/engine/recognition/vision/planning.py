"""Which regions of a page are asked for, and the rows of those that are not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ocr_project.domain.tasks import task_of
from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Status, Task
from ocr_project.engine.models import Dialect

_NUMBER = re.compile(r"[-–—\s]*\d{1,5}[-–—\s]*(/\s*\d{1,5})?")  # 12, - 12 -, 12 / 40
_KEPT = {
    Task.IMAGE: "a {label} is kept as an image, not read",
    Task.DROP: "a {label} is left out (recognition.tasks)",
}
_NO_ANSWERS = "models of the dialect {name} read, and do not answer such questions: choose a chat model"


@dataclass(frozen=True, slots=True)
class CropRequest:
    """A region to ask for.

    Attributes:
        place: Its place in the page's regions.
        question: What is asked about it, word for word; an empty string: it is to be read.
    """

    place: int
    region: Region
    task: Task
    question: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is a page that is read whole."""
        return self.region.label is Label.PAGE and self.task is Task.TEXT


def plan_page(
    page: Page, regions: Sequence[Region], tasks: Mapping[str, Task], dialect: Dialect
) -> tuple[list[CropRequest], dict[int, Recognition]]:
    """Sort the regions of a page.

    Args:
        tasks: `recognition.tasks`.
        dialect: Says which questions the model answers.

    Returns:
        The regions to ask for, and the rows of all others by their place.
    """
    wanted: list[CropRequest] = []
    rows: dict[int, Recognition] = {}
    for place, region in enumerate(regions):
        task = dialect.task_for(task_of(region, tasks))
        if page.text_layer_preferred:
            rows[place] = unread(region, Status.SKIPPED, "the page's own text layer is used")
        elif region.status in (Status.FAILED, Status.SKIPPED):
            rows[place] = unread(region, Status.SKIPPED, region.reason)
        elif page.image is None:
            rows[place] = unread(region, Status.SKIPPED, region.reason or page.reason or "the page has no image")
        elif region.status is Status.EMPTY:
            rows[place] = unread(region, Status.EMPTY, "nothing to read")
        elif page.question and not dialect.can_answer(page.question):
            rows[place] = unread(region, Status.SKIPPED, _NO_ANSWERS.format(name=dialect.name))
        elif page.question:
            wanted.append(CropRequest(place, region, Task.TEXT, page.question))
        elif task in _KEPT:
            name = region.native_label or region.label.value
            rows[place] = unread(region, Status.SKIPPED, _KEPT[task].format(label=name))
        elif number := own_number(page, region):
            rows[place] = number
        else:
            wanted.append(CropRequest(place, region, task))
    return wanted, rows


def own_number(page: Page, region: Region) -> Recognition | None:
    """Return the number of a page as its own text layer gives it; None where it does not, or the region is another.

    A healthy layer that has nothing but digits and dashes in a region that holds the number of the page says what is
    seen there: no model is asked for it.
    """
    if region.label is not Label.PAGE_NUMBER or not page.text_layer_healthy:
        return None
    words = [word for word in page.text_layer_words if _holds_middle(region.box, word.box)]
    text = " ".join(word.text for word in words)
    if not _NUMBER.fullmatch(text) or not all(word.confidence for word in words):
        return None
    reason = "the number of the page is that of its text layer"
    placed = tuple(replace(word, line=0) for word in words)
    return Recognition(region.page_id, region.index, text, words=placed, attempts=0, reason=reason)


def _holds_middle(outer: Box, box: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return outer.x0 <= x < outer.x1 and outer.y0 <= y < outer.y1


def unread(region: Region, status: Status, reason: str) -> Recognition:
    """Return the row of a region that was not asked for."""
    return Recognition(region.page_id, region.index, "", attempts=0, status=status, reason=reason)
