"""A set of specimens, a folder as VLMHyperBench reads it: images, annotation.csv, prompts, and what it was made of."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from ocr_project.bench.specimens.fonts import font_files
from ocr_project.bench.specimens.kinds import KINDS, Kind
from ocr_project.bench.specimens.kinds.kind import Values
from ocr_project.bench.specimens.sheet import BASE_DPI, Printed, Sheet
from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options.specimens import SpecimensOptions
from ocr_project.domain.types import Box
from ocr_project.domain.types.damage import CLEAN, Damage
from ocr_project.engine.imaging.damages import damaged, moved

VERSION = "1"  # of what is drawn: raised whenever the same options would give other documents
COLUMNS = (
    *("data_index", "split", "image_path", "question", "answer", "doc_class", "question_type", "answer_bbox"),
    *("damage", "strength", "resolution"),  # VLMHyperBench reads the eight above by name; these are slices of `fields`
)
ANNOTATION, MADE_OF = "annotation.csv", "specimens.json"
_MM_PER_INCH = 25.4
_JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class _Document:
    """A document of a set: its place in it, its kind, and its place among those of its kind."""

    index: int
    kind: Kind
    kind_index: int
    number: int


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a document is shown in one image."""

    dpi: int
    damage: Damage | None
    strength: float

    @property
    def name(self) -> str:
        return self.damage or CLEAN


def check_needs(options: SpecimensOptions) -> None:
    """Look for what the set is made with, before anything is drawn.

    Raises:
        BackendError: Faker or a font is missing; the message says how to get it.
    """
    if find_spec("faker") is None:
        raise BackendError(
            "specimens are of people that Faker invents, which the main job does not need: run `make bench` in a"
            " checkout, or pip install 'ocr_project[bench]'"
        )
    font_files({face for kind in options.kinds for face in KINDS[kind].faces}, options.fonts)


def is_written(folder: Path, options: SpecimensOptions) -> bool:
    """Say whether a set is there already.

    Raises:
        OptionError: Something else is there: another set, or a folder that was not made here.
    """
    if not folder.exists():
        return False
    path = folder / MADE_OF
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    now = _made_of(options)
    if before == now:
        return True
    if before is None:
        what = "was not made by this pipeline"
    else:
        what = f"was made of another {', '.join(key for key in now if before.get(key) != now[key])}"
    raise OptionError(f"{folder} is there and {what}: choose a specimens.name, or remove the folder")


def write_set(folder: Path, options: SpecimensOptions) -> tuple[int, int]:
    """Draw a set.

    Args:
        folder: Where nothing is yet.
        options: What is drawn.

    Returns:
        The numbers of images and of questions.

    Raises:
        BackendError: As `check_needs`.
    """
    check_needs(options)
    (folder / "images").mkdir(parents=True)
    documents = list(_documents(options))
    rows: list[dict[str, Any]] = []
    with ThreadPoolExecutor(os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()) as pool:
        drawing = pool.map(lambda document: _draw_document(folder, document, options), documents)
        for found in tqdm(drawing, "specimens", len(documents), unit="document", disable=None):
            rows += found
    _write_annotation(folder / ANNOTATION, rows)
    _write_prompts(folder / "prompts")
    (folder / MADE_OF).write_text(json.dumps(_made_of(options), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return len({row["image_path"] for row in rows}), len(rows)


def _documents(options: SpecimensOptions) -> Iterator[_Document]:
    for index in range(options.count):
        number, kind_index = divmod(index, len(options.kinds))
        yield _Document(index, KINDS[options.kinds[kind_index]], kind_index, number)


def _draw_document(folder: Path, document: _Document, options: SpecimensOptions) -> list[dict[str, Any]]:
    """Write the images of a document; return their rows."""
    values = _invented(document, options.seed)
    faces = font_files(document.kind.faces, options.fonts)
    rows = []
    shown = list(_shown(document, options))
    for place, one in enumerate(shown):
        pixels, boxes = _damaged(_printed(document.kind, values, one.dpi, faces), one, document, options.seed)
        name = f"{document.index + 1:05d}_{document.kind.doc_class}_{one.dpi}dpi_{one.name}{_copy(shown, place)}.jpg"
        (folder / "images" / name).write_bytes(_jpeg(pixels, one.dpi))
        rows += _rows(document, one, f"images/{name}", values, boxes)
    return rows


def _shown(document: _Document, options: SpecimensOptions) -> Iterator[_Shown]:
    """Yield a document's images: clean and damaged ones at each resolution, the same damage at all of them.

    Kinds of documents begin at different kinds of damage, so that few documents have many kinds of it.
    """
    kinds, strengths = options.damages, options.strengths
    start = document.number * options.damaged + document.kind_index * len(kinds) // len(options.kinds)
    for dpi in options.resolutions:
        yield _Shown(dpi, None, 0.0)
        for turn in range(start, start + options.damaged):
            yield _Shown(dpi, kinds[turn % len(kinds)], strengths[turn // len(kinds) % len(strengths)])


def _copy(shown: Sequence[_Shown], place: int) -> str:
    """Tell images apart that differ in strength alone."""
    same = sum((one.dpi, one.damage) == (shown[place].dpi, shown[place].damage) for one in shown[:place])
    return f"_{same + 1}" if same else ""


def _invented(document: _Document, seed: int) -> Values:
    """Invent the values of a document: by seed, kind and number, whatever else is in the set."""
    from faker import Faker

    fake = Faker(document.kind.locale)
    fake.seed_instance(_seed(seed, document.kind.doc_class, document.number))
    return document.kind.invent(fake)


def _printed(kind: Kind, values: Values, dpi: int, faces: dict[str, Path]) -> Printed:
    sheet = Sheet(kind.width, kind.height, dpi, faces, kind.paper)
    kind.draw(sheet, values)
    bold = next(face for face in kind.faces if face.endswith("_bold"))
    return sheet.finish(kind.mark, bold)


def _damaged(printed: Printed, shown: _Shown, document: _Document, seed: int) -> tuple[Any, dict[str, Box]]:
    if shown.damage is None:
        return printed.pixels, dict(printed.boxes)
    # without the resolution: a page at 75 dpi is folded where it is folded at 300
    rng = np.random.default_rng(_seed(seed, document.kind.doc_class, document.number, shown.damage, shown.strength))
    pixels, matrix = damaged(printed.pixels, shown.damage, shown.strength, shown.dpi / _MM_PER_INCH, rng)
    height, width = pixels.shape[:2]
    return pixels, {name: moved(box, matrix, width, height) for name, box in printed.boxes.items()}


def _rows(
    document: _Document, shown: _Shown, path: str, values: Values, boxes: dict[str, Box]
) -> list[dict[str, Any]]:
    return [
        {
            "data_index": document.index,  # of all images of the document: they are not independent
            "split": "damaged" if shown.damage else CLEAN,
            "image_path": path,
            "question": question,
            "answer": values[field],
            "doc_class": document.kind.doc_class,
            "question_type": field,
            "answer_bbox": str(list(boxes[field])),
            "damage": shown.name,
            "strength": shown.strength,
            "resolution": shown.dpi,
        }
        for field, question in document.kind.questions.items()
    ]


def _jpeg(pixels: Any, dpi: int) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=_JPEG_QUALITY, dpi=(dpi, dpi))
    return out.getvalue()


def _write_annotation(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_prompts(folder: Path) -> None:
    """Put the shipped prompts beside the set, so that one who changes them changes no package."""
    folder.mkdir()
    for source in (resources.files(__package__) / "prompts").iterdir():
        if source.name.endswith((".csv", ".txt")):
            (folder / source.name).write_bytes(source.read_bytes())


def _made_of(options: SpecimensOptions) -> dict[str, Any]:
    """Return all that a set's bytes depend on; `count` and `name` are in it, `fonts` by what the files hold."""
    given = options.model_dump(mode="json", exclude={"fonts", "name"})
    files = font_files({face for kind in options.kinds for face in KINDS[kind].faces}, options.fonts)
    fonts = {face: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for face, path in sorted(files.items())}
    packages = {name: version(name) for name in ("faker", "numpy", "opencv-python-headless", "pillow")}
    return {"version": VERSION, **given, "font files": fonts, "packages": packages}


def _seed(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:8])


__all__ = ["ANNOTATION", "BASE_DPI", "COLUMNS", "MADE_OF", "VERSION", "check_needs", "is_written", "write_set"]
