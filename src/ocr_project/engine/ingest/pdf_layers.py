"""What PDFium does not say of a page: whether content is hidden (layers), how large a unit is, what a cover hides.

Optional content (PDF 1.7, section 8.11): PDFium draws what is shown and gives the text of everything. It does not say
which text is which. `UserUnit` (table 30): PDFium takes every unit for a point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf

from ocr_project.domain.outside_text import shown

_DEPTH = 5  # of forms within forms
_NAMED = 3  # files of a portfolio
_DAMAGE = (pikepdf.PdfError, OSError, ValueError, TypeError, IndexError, AttributeError, RuntimeError, KeyError)


@dataclass(frozen=True, slots=True)
class PageTraits:
    """What is true of some pages of a PDF.

    Attributes:
        hiding: The pages that have content which is not shown, or may have.
        units: Points per unit of the pages where that is not 1.
        note: What is to be said of the file; an empty string for most.
    """

    hiding: frozenset[int] = frozenset()
    units: Mapping[int, float] = field(default_factory=dict)
    note: str = ""


def look_up_traits(path: Path, first: int, last: int) -> PageTraits:
    """Look pages up with QPDF.

    Args:
        path: Of the PDF.
        first: Page to look at, from 1.
        last: Page to look at, included.
    """
    try:
        with pikepdf.open(path) as document:
            pages = dict(enumerate(document.pages[first - 1 : last], first))
            units = {number: unit for number, page in pages.items() if (unit := _unit(page.obj)) != 1}
            note = _portfolio(document)
            properties = document.Root.get("/OCProperties")
            if properties is None:
                return PageTraits(units=units, note=note)
            hidden = _hidden_groups(properties)
            hiding = frozenset(number for number, page in pages.items() if _refers(page.obj, hidden))
            return PageTraits(hiding, units, note)
    except _DAMAGE:
        return PageTraits(frozenset(range(first, last + 1)))  # layers that cannot be looked up may be hidden


def _portfolio(document: pikepdf.Pdf) -> str:
    """Return what is to be said of a portfolio (PDF 1.7, section 12.3.5): its pages cover the files that it holds."""
    if "/Collection" not in document.Root:
        return ""
    names = sorted(document.attachments)
    listed = ", ".join(shown(name) for name in names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return (
        f"the cover sheet of a PDF portfolio; the files in it ({len(names)}: {listed}) are not read: save them as"
        " files of their own"
    )


def _unit(page: Any) -> float:
    """Return the points of a unit; 1 where what is said makes no sense."""
    try:
        unit = float(page.get("/UserUnit", 1))
    except (TypeError, ValueError):
        return 1.0
    return unit if math.isfinite(unit) and unit > 0 else 1.0


def _hidden_groups(properties: Any) -> frozenset[tuple[int, int]]:
    """Return the numbers of the groups that a viewer does not show as it opens the file."""
    config = properties.get("/D", pikepdf.Dictionary())
    groups = {group.objgen: group for group in properties.get("/OCGs", [])}
    on = {group.objgen for group in config.get("/ON", [])}
    off = {group.objgen for group in config.get("/OFF", [])}
    if config.get("/BaseState") == pikepdf.Name.OFF:
        off |= set(groups) - on
    # A group's own wish for the screen, which viewers may follow
    off |= {number for number, group in groups.items() if _view_state(group) == pikepdf.Name.OFF}
    return frozenset(off)


def _view_state(group: Any) -> Any:
    return group.get("/Usage", pikepdf.Dictionary()).get("/View", pikepdf.Dictionary()).get("/ViewState")


def _refers(page: Any, hidden: frozenset[tuple[int, int]]) -> bool:
    """Whether a page uses a hidden group: in its content, in a form or image, or for an annotation."""
    inherited = page
    while "/Resources" not in inherited and "/Parent" in inherited:
        inherited = inherited.Parent
    uses = [*_uses(inherited.get("/Resources"), _DEPTH)]
    uses += [annotation.get("/OC") for annotation in page.get("/Annots", [])]
    return any(_may_hide(content, hidden) for content in uses if content is not None)


def _uses(resources: Any, depth: int) -> Iterator[Any]:
    """Yield what groups, and combinations of them, the content with these resources may belong to."""
    if resources is None or not depth:
        return
    yield from (content for _, content in resources.get("/Properties", pikepdf.Dictionary()).items())
    for _, drawn in resources.get("/XObject", pikepdf.Dictionary()).items():
        yield drawn.get("/OC")
        yield from _uses(drawn.get("/Resources"), depth - 1)


def _may_hide(content: Any, hidden: frozenset[tuple[int, int]]) -> bool:
    """Whether a group is hidden; a combination of groups may hide where one of them does, or where it is a formula."""
    if content.get("/Type") != pikepdf.Name.OCMD:
        return content.objgen in hidden
    if "/VE" in content or content.get("/P") in (pikepdf.Name.AllOff, pikepdf.Name.AnyOff):
        return True
    groups = content.get("/OCGs", [])
    members = groups if isinstance(groups, pikepdf.Array) else [groups]
    return any(group is not None and group.objgen in hidden for group in members)
