"""How many entries of each kind of source become samples in a second, on this machine.

Usage: python -m benchmarks.training_data [--pages N] [--crops N] [--workers N] [--json FILE]

Writes sources of its own into a temporary folder: one-page PDFs of text with front matter (olmocr), crops of one line
(layout_lmdb), the same crops by name (messages), pages of words in AI-Hub's JSON (aihub). Each is read into shards as
the pipeline does, and once more, when all is done. Then the pages go the way back: their regions, as the laptop's
detector sees them, to a layout LMDB, with and without filling in what stands beside the words.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import lmdb
from benchmarks.gpu_machine import commit, hardware
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont
from tests.sample_files import front_matter, label

from ocr_project.domain.options import (
    IngestOptions,
    LayoutLmdbOptions,
    LayoutOptions,
    RuntimeOptions,
    TextLayer,
    TrainingDataOptions,
)
from ocr_project.domain.types import Document, TrainingSample
from ocr_project.engine.ingest import read_single_page
from ocr_project.engine.layout import build_detector
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream
from ocr_project.storage.lineages import LineageFolder
from ocr_project.testing.fakes import MemoryShards
from ocr_project.training.samples.held_out import Guard
from ocr_project.training.samples.making import SampleMaker
from ocr_project.training.samples.opening import Surroundings, open_sources
from ocr_project.training.samples.region_crops import crops_of, words_of
from ocr_project.training.samples.shards import choose

_WORDS = (
    *("river", "stone", "candle", "garden", "window", "letter", "copper"),
    *("winter", "bridge", "mountain", "paper", "orange", "silver", "record"),
)
_LINES = 40  # of a page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--crops", type=int, default=4_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="training_data_"))
    try:
        sources = write_sources(folder, options.pages, options.crops)
        found = {name: read(folder, name, source, options.workers) for name, source in sources.items()}
        found |= way_back(folder / "pages", options.pages)
    finally:
        shutil.rmtree(folder)
    result = {"commit": commit(), "hardware": hardware(), "workers": options.workers, **found}
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


def write_sources(folder: Path, pages: int, crops: int) -> dict[str, str]:
    drawn = random.Random(0)
    write_pages(folder / "pages", pages, drawn)
    lines = [" ".join(drawn.choices(_WORDS, k=7)) for _ in range(crops)]
    images = [line_image(line) for line in lines]
    write_database(folder / "crops.lmdb", lines, images)
    write_messages(folder / "messages", lines, images)
    write_words(folder / "aihub", max(1, pages // 4), drawn)
    return {
        "olmocr": f"olmocr:{folder / 'pages'}",
        "layout_lmdb": f"layout_lmdb:{folder / 'crops.lmdb'}",
        "messages": f"messages:{folder / 'messages/data.jsonl'}",
        "aihub": f"aihub:{folder / 'aihub'}",
    }


def write_pages(folder: Path, count: int, drawn: random.Random) -> None:
    folder.mkdir()
    for number in range(count):
        pdf = FPDF(format="letter")
        pdf.add_page()
        pdf.set_font("Helvetica", size=11)
        lines = [" ".join(drawn.choices(_WORDS, k=11)) for _ in range(_LINES)]
        for line in lines:
            pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
        pdf.output(str(folder / f"doc{number // 5:04d}-{number % 5 + 1}.pdf"))
        (folder / f"doc{number // 5:04d}-{number % 5 + 1}.md").write_text(front_matter() + "\n".join(lines))


def line_image(text: str) -> bytes:
    image = Image.new("RGB", (640, 48), "white")
    ImageDraw.Draw(image).text((8, 10), text, font=ImageFont.load_default(22), fill="black")
    file = BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def write_database(folder: Path, lines: list[str], images: list[bytes]) -> None:
    with lmdb.open(str(folder), map_size=1 << 30) as database, database.begin(write=True) as transaction:
        for number, (line, image) in enumerate(zip(lines, images, strict=True)):
            transaction.put(f"image-{number:09d}".encode(), image)
            transaction.put(
                f"gt-{number:09d}".encode(), label(line, f"page{number // 20}.jpg_layout_{number:02d}.jpg")
            )


def write_messages(folder: Path, lines: list[str], images: list[bytes]) -> None:
    folder.mkdir()
    with (folder / "data.jsonl").open("w") as file:
        for number, (line, image) in enumerate(zip(lines, images, strict=True)):
            (folder / f"line{number:06d}.jpg").write_bytes(image)
            turns = [{"from": "human", "value": "<image>OCR:"}, {"from": "gpt", "value": line}]
            file.write(json.dumps({"image": f"line{number:06d}.jpg", "conversations": turns}) + "\n")


def write_words(folder: Path, count: int, drawn: random.Random) -> None:
    """Write pages of 2,480 x 3,508 pixels with 100 words each, as AI-Hub's finance data has them."""
    folder.mkdir()
    font = ImageFont.load_default(44)
    for number in range(count):
        image = Image.new("RGB", (2480, 3508), "white")
        pen, boxes = ImageDraw.Draw(image), []
        for place in range(100):
            x, y, word = 100 + 450 * (place % 5), 100 + 160 * (place // 5), drawn.choice(_WORDS)
            pen.text((x, y), word, font=font, fill="black")
            x0, y0, x1, y1 = map(round, pen.textbbox((x, y), word, font=font))
            boxes.append({"data": word, "id": place, "x": [x0, x0, x1, x1], "y": [y0, y1, y0, y1]})
        image.save(folder / f"form{number:04d}.png")
        (folder / f"form{number:04d}.json").write_text(json.dumps({"Images": {}, "bbox": boxes}))


def read(folder: Path, name: str, source: str, workers: int) -> dict[str, float]:
    """Read a source twice; the second time all is done."""
    options = TrainingDataOptions(sources=(source,))
    runtime = RuntimeOptions(workers=workers, progress=False)
    done = LineageFolder(folder / "data" / name, TrainingSample)
    first, listed = once(options, runtime, done)
    again, _ = once(options, runtime, done)
    rows = list(LineageFolder(folder / "data" / name, TrainingSample).rows(without=("image",)))
    used = sum(not row.rule for row in rows)
    return {
        "rows": len(rows),
        "used": used,
        "seconds": round(first, 2),
        "samples_per_second": round(len(rows) / first, 1),
        "seconds_to_list": round(listed, 2),
        "seconds_when_done": round(again, 2),
    }


def once(options: TrainingDataOptions, runtime: RuntimeOptions, done: LineageFolder) -> tuple[float, float]:
    started = time.perf_counter()
    maker = SampleMaker(options, IngestOptions(), Guard())
    around = Surroundings(Path("/"), IngestOptions(), MemoryShards())
    shards = {
        name: chosen
        for opened in open_sources(options, around)
        for name, chosen in choose(opened, limit=None, shard_samples=options.shard_samples, seed=0).items()
    }
    listed = time.perf_counter() - started
    wanted = {name: chosen.info() for name, chosen in shards.items()}
    plan = pending(wanted, done, "training_data", maker.identity(), runtime.retry)
    keep_all(done, stream(plan, lambda name: list(shards[name].pieces(8)), maker.make, runtime))
    return time.perf_counter() - started, listed


def way_back(pages: Path, count: int) -> dict[str, Any]:
    """Cut the regions of pages out; on one thread, without reading pages and finding regions."""
    ingest = IngestOptions(text_layer=TextLayer.REFERENCE)
    shown = [
        read_single_page(Document(path.stem, path.name, "", "", 1, 0, ""), 1, path, ingest)
        for path in sorted(pages.glob("*.pdf"))[: min(count, 20)]
    ]
    detector = build_detector(LayoutOptions(), None)
    regions = detector.detect(shown)
    detector.close()
    found = {}
    for name, inpaint in (("cut", False), ("cut_and_filled_in", True)):
        options = LayoutLmdbOptions(inpaint=inpaint)
        started = time.perf_counter()
        crops = sum(
            1
            for page, parts in zip(shown, regions, strict=True)
            for _ in crops_of(page, parts, words_of(page), options)
        )
        seconds = time.perf_counter() - started
        found[name] = {"crops": crops, "pages_per_second": round(len(shown) / seconds, 2)}
    return found


if __name__ == "__main__":
    main()
