"""The order of mixed pages, in the folders of VLMHyperBench's page sorting.

    images/<subset>/<document>/<n>.jpg   pages of a document, from 0, in mixed order; without <subset> too
    jsons/<document>.json                {"fields": {"<type>": [2, 0, 1]}}: image 2 is the first page, then 0, then 1

An item is a document: its pages in one image, in rows of at most four, each under its number from 1, because what
reads items here is asked about one image. VLMHyperBench sends them as several.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from ocr_project.bench.testsets.file_sets import IMAGES, ListedSet, fingerprint_of, read_json
from ocr_project.bench.testsets.item import Item, OpenedSet
from ocr_project.bench.testsets.page_order.card import CARD
from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import TruthKind
from ocr_project.storage.given_text import is_given

_QUESTION = (
    "The image shows the {count} pages of one document in mixed order; above each is its number, in red. In which"
    ' order are they read? Answer with JSON and nothing else: {{"ordered_pages": [{numbers}]}}, in the right order.'
)
_A_ROW, _CELL, _HEAD = 4, (800, 1130), 90


@dataclass(frozen=True, slots=True)
class _Document:
    name: str
    subset: str
    pages: tuple[Path, ...]
    order: tuple[int, ...]


def open_set(root: Path) -> OpenedSet:
    """Open the folders of documents.

    Raises:
        SourceError: There is no document, or one has no order of its pages: names the file.
    """
    described = sorted(path for path in (root / "jsons").glob("*.json") if is_given(path, root))
    documents = sorted(_documents(root, described), key=lambda one: (one.subset, len(one.name), one.name))
    if not documents:
        raise SourceError(f"{root} has no images/<document> or images/<subset>/<document> with jsons/<document>.json")

    def make(index: int, one: _Document, images: bool) -> Item:
        order = [number + 1 for number in one.order]
        return Item(
            index=index,
            document=one.name,
            image=_sheet(one.pages) if images else None,
            truths=((TruthKind.ANSWERS, {"answers": [", ".join(map(str, order))], "order": order}),),
            question=_QUESTION.format(count=len(order), numbers=", ".join(map(str, range(1, len(order) + 1)))),
            slices=(("pages", str(len(order))), *((("subset", one.subset),) if one.subset else ())),
            name=f"{one.subset}/{one.name}" if one.subset else one.name,
        )

    pages = [page for one in documents for page in one.pages]
    return ListedSet(CARD, documents, make, fingerprint_of(described, pages))


def _documents(root: Path, described: Sequence[Path]) -> Iterator[_Document]:
    for path in described:
        order = _order(path)
        folders = [root / "images" / path.stem, *sorted((root / "images").glob(f"*/{path.stem}"))]
        folders = [folder for folder in folders if folder.is_dir()]
        if not folders:
            raise SourceError(f"{path} has no pages in {root / 'images'}/{path.stem} or a subset there")
        for folder in folders:
            pages = sorted(
                (page for page in folder.iterdir() if _is_page(page, root)), key=lambda page: int(page.stem)
            )
            if [int(page.stem) for page in pages] != sorted(order):
                names = ", ".join(page.name for page in pages)
                raise SourceError(f"{path} orders the images {sorted(order)}, and {folder} has {names or 'none'}")
            subset = folder.parent.name if folder.parent != root / "images" else ""
            yield _Document(path.stem, subset, tuple(pages), order)


def _order(path: Path) -> tuple[int, ...]:
    """Return the one field that is an order of at least two images, from 0."""
    said = read_json(path)
    fields = said.get("fields") if isinstance(said, dict) else None
    orders = [value for value in fields.values() if _is_order(value)] if isinstance(fields, dict) else []
    if len(orders) != 1:
        raise SourceError(f'{path} has {len(orders)} orders of pages among "fields", and has to have one: [2, 0, 1]')
    return tuple(orders[0])


def _is_order(value: Any) -> bool:
    if not isinstance(value, list) or len(value) < 2 or not all(type(number) is int for number in value):
        return False
    return sorted(value) == list(range(len(value)))


def _is_page(path: Path, root: Path) -> bool:
    digits = path.stem
    return path.suffix.lower() in IMAGES and digits.isascii() and digits.isdigit() and is_given(path, root)


def _sheet(pages: Sequence[Path]) -> bytes:
    """Put pages into one image, each under its number."""
    width, height = _CELL
    columns = min(len(pages), _A_ROW)
    rows = math.ceil(len(pages) / columns)
    sheet = Image.new("RGB", (columns * width, rows * (height + _HEAD)), "#c8c8c8")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(72)
    for place, path in enumerate(pages):
        left, top = place % columns * width, place // columns * (height + _HEAD)
        with Image.open(path) as image:
            page = image.convert("RGB")
        page.thumbnail((width - 20, height - 20), Image.Resampling.LANCZOS)
        sheet.paste(page, (left + (width - page.width) // 2, top + _HEAD))
        draw.text((left + width / 2, top + _HEAD / 2), str(place + 1), fill="#d01010", font=font, anchor="mm")
    out = BytesIO()
    sheet.save(out, "JPEG", quality=90)
    return out.getvalue()
