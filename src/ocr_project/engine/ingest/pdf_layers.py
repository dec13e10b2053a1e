"""Optional content of a PDF (its layers): whether a page refers to any that is not shown (PDF 1.7, section 8.11).

PDFium draws what is shown and gives the text of everything. It does not say which text is which.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

_DEPTH = 5  # of forms within forms
_DAMAGE = (pikepdf.PdfError, OSError, ValueError, TypeError, IndexError, AttributeError, RuntimeError, KeyError)


def pages_with_hidden_layers(path: Path, first: int, last: int) -> frozenset[int]:
    """Return the pages that have content which is not shown, or may have.

    Args:
        path: Of the PDF.
        first: Page to look at, from 1.
        last: Page to look at, included.
    """
    everything = frozenset(range(first, last + 1))
    try:
        with pikepdf.open(path) as document:
            properties = document.Root.get("/OCProperties")
            if properties is None:
                return frozenset()
            hidden = _hidden_groups(properties)
            pages = document.pages[first - 1 : last]
            return frozenset(first + place for place, page in enumerate(pages) if _refers(page.obj, hidden))
    except _DAMAGE:
        return everything  # layers that cannot be looked up may be hidden


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
