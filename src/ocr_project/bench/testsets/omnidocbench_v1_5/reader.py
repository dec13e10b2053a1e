"""OmniDocBench: pages of ten kinds of documents, every element with its box, text and order.

`OmniDocBench.json`, a list of pages (`layout_dets`, `extra.relation`, `page_info`), and `images/`. Versions 1.5 (1,355
pages) and 1.6 (1,651 pages, and corrections) are two states of one repository, each scored by the rules of its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of, image_named, only, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.omnidocbench_v1_5.card import CARD
from ocr_project.domain.types import TruthKind

_KEPT = ("layout_dets", "extra", "page_info")


def open_set(root: Path) -> OpenedSet:
    """Open the annotations and the images beside them."""
    return open_pages(CARD, root)


def open_pages(card: Card, root: Path) -> OpenedSet:
    """Open the annotations of either version, which have the same form."""
    path = only((root / "OmniDocBench.json",), root, "OmniDocBench.json")
    return ListedSet(card, read_json(path), partial(_item, root / "images"), fingerprint_of([path]))


def _item(folder: Path, index: int, page: Mapping[str, Any], images: bool) -> Item:
    name = Path(page["page_info"]["image_path"]).name
    return Item(
        index=index,
        document=_document(name),
        name=Path(name).stem,
        image=_image(folder, name) if images else None,
        truths=((TruthKind.ELEMENTS, {key: page.get(key) for key in _KEPT}),),
        slices=tuple(_slices(page["page_info"].get("page_attribute") or {})),
    )


def _image(folder: Path, name: str) -> Path | None:
    """Return the image; some are there as PNG where the annotation says JPEG."""
    return folder / name if (folder / name).is_file() else image_named(folder, Path(name).stem)


def _document(name: str) -> str:
    """Return the document of a page: its name without the page's number, where it ends with one."""
    stem, _, number = Path(name).stem.rpartition("_")
    return stem if stem and number.removeprefix("page").lstrip("-").isdigit() else Path(name).stem


def _slices(attributes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        for one in value if isinstance(value, list) else (value,):
            yield name, str(one)
