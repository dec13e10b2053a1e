"""OmniDocBench: pages of ten kinds of documents, every element with its place, text and order.

`OmniDocBench.json`, a list of pages (`layout_dets`, `extra.relation`, `page_info`), and `images/`. Versions 1.5 (1,355
pages) and 1.6 (1,651 pages, and corrections) are two states of one repository, each scored by the rules of its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.card import Card, Hub
from ocr_project.bench.testsets.file_sets import ListedSet, fingerprint_of, image_named, only, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.domain.types import TruthKind

_KEPT = ("layout_dets", "extra", "page_info")
_FILES = ("OmniDocBench.json", "images/*")

CARD = Card(
    name="omnidocbench_v1_6",
    title="OmniDocBench v1.6",
    licence="its card: for research purposes only; the pages are from public sources",
    commercial=False,
    homepage="https://huggingface.co/datasets/opendatalab/OmniDocBench",
    metrics=("text_edit", "teds", "teds_s", "cdm", "formula_edit", "reading_order"),
    hub=Hub("opendatalab/OmniDocBench", "aa1ee96d106dbe53d0ae59474d75c6e6d9b53fec", _FILES),
)
CARD_V1_5 = replace(
    CARD,
    name="omnidocbench_v1_5",
    title="OmniDocBench v1.5",
    hub=None,
    how="take the last commit of opendatalab/OmniDocBench before 9 April 2026, when v1.6 replaced it:"
    " OmniDocBench.json (1,355 pages) and images/",
)


def open_set(root: Path) -> OpenedSet:
    """Open version 1.6."""
    return _open(CARD, root)


def open_set_v1_5(root: Path) -> OpenedSet:
    """Open version 1.5."""
    return _open(CARD_V1_5, root)


def _open(card: Card, root: Path) -> OpenedSet:
    path = only((root / "OmniDocBench.json",), root, "OmniDocBench.json")
    pages = read_json(path)
    protocol = "v1_6" if card is CARD else "v1_5"
    return ListedSet(card, pages, partial(_item, root / "images", protocol), fingerprint_of([path]))


def _item(folder: Path, protocol: str, index: int, page: Mapping[str, Any], images: bool) -> Item:
    name = Path(page["page_info"]["image_path"]).name
    return Item(
        index=index,
        document=_document(name),
        image=_image(folder, name) if images else None,
        truths=((TruthKind.ELEMENTS, {"protocol": protocol, **{key: page.get(key) for key in _KEPT}}),),
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
