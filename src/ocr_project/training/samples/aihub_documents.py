"""The JSON of AI-Hub's OCR data to images with words; `aihub` has the forms."""

from __future__ import annotations

import json
import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Box
from ocr_project.training.samples.source import IMAGES, Refused, page_free
from ocr_project.training.samples.words import PlacedWord

_PUBLIC_PAGE = ("-",)  # `5350109-1999-0001-0012.jpg` of the public documents is page 12
_CHARACTERS = "character"  # class of text in the wild whose words are annotated, too


@dataclass(frozen=True, slots=True)
class Annotated:
    """An image as its JSON describes it.

    Attributes:
        name: Of its file, with or without a suffix.
        place: The JSON file and the image.
        document: What it is a page of.
        words: Those that have a text and a box, in the order of the annotations.
    """

    name: str
    place: str
    document: str
    words: tuple[PlacedWord, ...]


class ImageWalk:
    """The images below a folder by name: walked once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: dict[str, list[Path]] = defaultdict(list)
        for folder, _, names in os.walk(root, followlinks=True):
            for name in names:
                if (stem := name_without_suffix(name)) != name:
                    self._found[stem].append(Path(folder) / name)

    def find(self, name: str) -> Path | None:
        """Return the image of that name; None where there is none, or several."""
        found = self._candidates(name)
        return found[0] if len(found) == 1 else None

    def path(self, name: str) -> Path:
        """Return the image of that name.

        Raises:
            Refused: There is none, or there are several.
        """
        found = self._candidates(name)
        if len(found) == 1:
            return found[0]
        if not found:
            raise Refused("no_image", f"there is no image {name} below {self._root}; set training_data.images")
        raise Refused("ambiguous_image", f"{len(found)} images below {self._root} are called {name}")

    def _candidates(self, name: str) -> Sequence[Path]:
        found = self._found.get(name_without_suffix(name), [])
        exact = [path for path in found if path.name == name]
        return exact or found


def read_annotated(file: Path) -> Iterator[Annotated]:
    """Yield the images of a JSON file; of a file in another form nothing.

    Raises:
        SourceError: It is not JSON, or its fields are not what they should be.
    """
    try:
        found = json.loads(file.read_bytes().decode("utf-8-sig"))
        if not isinstance(found, Mapping):
            return
        if "annotations" in found and "images" in found:
            yield from _merged(file, found)
        elif boxes := found.get("bbox", found.get("Bbox")):
            yield _single(file, found, boxes)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise SourceError(f"training_data.sources: {file} is not of AI-Hub's forms ({error!r})") from error


def _single(file: Path, found: Mapping[str, Any], boxes: Sequence[Mapping[str, Any]]) -> Annotated:
    image = found.get("Images") or {}
    name = str(image.get("filename") or image.get("file_name") or image.get("identifier") or file.stem)
    words = [_word([*box.get("x", ()), *box.get("y", ())], box.get("data"), order) for order, box in enumerate(boxes)]
    return Annotated(name, file.name, page_free(name_without_suffix(name)), tuple(filter(None, words)))


def _merged(file: Path, found: Mapping[str, Any]) -> Iterator[Annotated]:
    """Put images and annotations together: by the id where both have one, else by the file that they came from."""
    annotations: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    by_file: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in found["annotations"]:
        annotations[_join(one, "image_id")].append(one)
        by_file[_join(one, "image_id")[0]].append(one)
    images = Counter(_join(image, "id")[0] for image in found["images"])
    for number, image in enumerate(found["images"], 1):
        name = str(image.get("image.file.name") or image.get("file_name") or image.get("sub_dataset"))
        came_from, _ = join = _join(image, "id")
        own = annotations.get(join) or (by_file[came_from] if images[came_from] == 1 else [])
        is_public = "image.file.name" in image
        document = (
            page_free(name_without_suffix(name), _PUBLIC_PAGE) if is_public else page_free(name_without_suffix(name))
        )
        yield Annotated(name, f"{file.name}#{number:07d} {name}", document, tuple(_words(own)))


def _join(row: Mapping[str, Any], key: str) -> tuple[str, str]:
    return str(row.get("original_json_path", "")), str(row.get(key, ""))


def _words(annotations: Sequence[Mapping[str, Any]]) -> Iterator[PlacedWord]:
    kinds = {_kind(one) for one in annotations}
    for order, one in enumerate(annotations):
        if _kind(one) == _CHARACTERS and len(kinds) > 1:
            continue
        text = one.get("annotation.text", one.get("text"))
        word = _word(one.get("annotation.bbox", one.get("bbox")) or (), text, order)
        if word is not None:
            yield word


def _kind(annotation: Mapping[str, Any]) -> str:
    attributes = annotation.get("attributes")
    return str(attributes.get("class", "")) if isinstance(attributes, Mapping) else ""


def _word(numbers: Sequence[Any], text: Any, order: int) -> PlacedWord | None:
    """Make a word of x, y, width and height, or of four x and four y; None where that is not what there is."""
    if text is None or len(numbers) not in (4, 8):
        return None
    values = [float(number) for number in numbers]
    if len(values) == 4:
        x, y, width, height = values
        xs, ys = [x, x + width, x + width, x], [y, y, y + height, y + height]
    else:
        xs, ys = values[:4], values[4:]
    box = Box(min(xs), min(ys), max(xs), max(ys))
    if box.area <= 0:
        return None
    return PlacedWord(str(text), box, _around(xs, ys, box), order)


def _around(xs: Sequence[float], ys: Sequence[float], box: Box) -> tuple[float, ...]:
    """Return the corners in the order of an outline: AI-Hub writes them in several, some of which cross."""
    centre = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    corners = sorted(zip(xs, ys, strict=True), key=lambda at: math.atan2(at[1] - centre[1], at[0] - centre[0]))
    return tuple(value for corner in corners for value in corner)


def name_without_suffix(name: str) -> str:
    """Return a name without the suffix of an image; other points are a part of it."""
    stem, _, suffix = name.rpartition(".")
    return stem if stem and f".{suffix.lower()}" in IMAGES else name
