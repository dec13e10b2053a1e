"""Sources of training samples in their published forms, small enough for a test."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import lmdb
from fpdf import FPDF
from PIL import Image, ImageDraw

from ocr_project.domain.options import IngestOptions, TrainingDataOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import HeldOut, TrainingSample
from ocr_project.testing.fakes import MemoryShards
from ocr_project.training.samples.held_out import Guard
from ocr_project.training.samples.making import SampleMaker
from ocr_project.training.samples.opening import Surroundings, open_sources
from ocr_project.training.samples.shards import choose

FRONT = {
    "primary_language": "en",
    "is_rotation_valid": "True",
    "rotation_correction": "0",
    "is_table": "False",
    "is_diagram": "False",
}


def picture(text: str = "river stone", size: tuple[int, int] = (160, 48), form: str = "PNG") -> bytes:
    """Draw a word or two."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((6, 12), text, fill="black")
    file = BytesIO()
    image.save(file, form)
    return file.getvalue()


def front_matter(**changes: str | None) -> str:
    """Write front matter as prepare_olmocrmix.py does; None leaves a fact out."""
    values = {name: value for name, value in {**FRONT, **changes}.items() if value is not None}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in values.items()) + "---\n"


def write_olmocr(folder: Path, pages: Mapping[str, str], *, sheets: int = 1) -> Path:
    """Write `X.md` as given, and a PDF of so many pages beside each."""
    for name, content in pages.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        pdf = FPDF(format="letter")
        for number in range(sheets):
            pdf.add_page()
            pdf.set_font("Helvetica", size=16)
            pdf.cell(text=f"{name} {number}")
        pdf.output(str(path.with_suffix(".pdf")))
    return folder


def label(text: str, filename: str = "page_0001.jpg_layout_00.jpg") -> bytes:
    """Return what the predecessor's writer stores of one crop."""
    box = [0.0, 0.0, 160.0, 0.0, 160.0, 48.0, 0.0, 48.0]
    return pickle.dumps({"bboxes": [box], "words": [text], "filename": filename})


def write_lmdb(folder: Path, values: Mapping[str, bytes]) -> Path:
    """Write a database with these keys."""
    with lmdb.open(str(folder), map_size=1 << 26) as database, database.begin(write=True) as transaction:
        for key, value in values.items():
            transaction.put(key.encode(), value)
    return folder


def write_layout_lmdb(folder: Path, texts: Sequence[str], first: int = 0) -> Path:
    """Write a database as the predecessor did, counting from `first`."""
    values = {"num-samples": str(len(texts)).encode()}
    for number, text in enumerate(texts, first):
        values[f"image-{number:09d}"] = picture(text, form="JPEG")
        values[f"gt-{number:09d}"] = label(text, f"page_{number // 2:04d}.jpg_layout_{number:02d}.jpg")
    return write_lmdb(folder, values)


def write_json(path: Path, content: Any) -> Path:
    """Write JSON, or, of a list into `.jsonl`, one element a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (
        [json.dumps(one, ensure_ascii=False) for one in content] if path.suffix == ".jsonl" else [json.dumps(content)]
    )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def samples_of(
    *sources: str,
    held_out: Sequence[HeldOut] = (),
    pages: ShardSource | None = None,
    unrenderable: Any = None,
    **options: Any,
) -> list[TrainingSample]:
    """Read all entries of sources into rows."""
    chosen = TrainingDataOptions(sources=sources, **options)
    around = Surroundings(Path("/"), IngestOptions(), pages or MemoryShards(), unrenderable)
    maker = SampleMaker(chosen, IngestOptions(), Guard.of(held_out))
    return [
        row
        for source in open_sources(chosen, around)
        for shard in choose(source, limit=chosen.limit, shard_samples=chosen.shard_samples, seed=chosen.seed).values()
        for row in maker.make([shard])
    ]
