"""Pages with regions to a layout LMDB, and from there to samples: the way that the predecessor went, and back."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr_project.domain.options import LayoutLmdbOptions, TrainingDataOptions
from ocr_project.domain.project import Project
from ocr_project.domain.types import Box, Label, Page, Region, ShardInfo, Status, Word
from ocr_project.engine.imaging.inpainting import keep_only
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.pipelines.layout_lmdb.nodes import write_layout_lmdb
from ocr_project.storage.scratch import Scratch
from ocr_project.testing.fakes import MemoryShards, page
from ocr_project.training.samples.lmdb_file import write_lmdb
from ocr_project.training.samples.region_crops import CropWithText, crops_of, words_of
from tests.sample_files import samples_of, write_json

SIZE = (200, 150)
WORDS = {
    "하나": Box(10, 10, 40, 22),
    "둘": Box(50, 11, 70, 23),
    "셋": Box(12, 40, 36, 52),
    "칸": Box(110, 10, 130, 22),
}
PARAGRAPH = Box(5, 5, 100, 60)
TABLE = Box(105, 5, 195, 65)


def drawn(**changes: Any) -> Page:
    image = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(image)
    for box in WORDS.values():
        pen.rectangle((box.x0 + 2, box.y0 + 2, box.x1 - 2, box.y1 - 2), fill="black")
    pen.rectangle((60, 40, 90, 52), fill="black")  # printed, and not annotated
    words = tuple(Word(text, box) for text, box in WORDS.items())
    values = {"path": "in/scan.png", "media_type": "image/png", "width": SIZE[0], "height": SIZE[1], **changes}
    return replace(page(), image=encode(np.asarray(image, np.uint8)), text_layer_words=words, **values)


def region(index: int, box: Box, native: str = "text", label: Label = Label.TEXT, **more: Any) -> Region:
    return Region(page().page_id, index, label, native, box, **more)


REGIONS = (region(0, PARAGRAPH), region(1, TABLE, "table", Label.TABLE))


def made(regions: Any = REGIONS, **options: Any) -> list[CropWithText]:
    shown = drawn()
    return list(crops_of(shown, regions, words_of(shown), LayoutLmdbOptions(**options)))


def test_words_are_put_into_lines_of_the_region_that_covers_them() -> None:
    paragraph, table = made()
    assert (paragraph.text, paragraph.filename) == ("하나 둘\n셋", "in/scan.png_layout_00.jpg")
    assert (paragraph.width, paragraph.height) == (95, 55)
    assert (table.text, table.filename) == ("칸", "in/scan.png_layout_01.jpg")


def test_what_is_printed_and_not_annotated_is_filled_in() -> None:
    kept, filled = (decode(made(inpaint=inpaint)[0].image) for inpaint in (False, True))
    where = (slice(36, 46), slice(57, 84))  # of the crop
    assert kept[where].mean() < 30
    assert filled[where].mean() > 240
    words = (slice(9, 15), slice(9, 31))
    assert filled[words].mean() < 40, "the words themselves are as they were"


def test_cells_take_the_place_of_their_table() -> None:
    cells = (0.0, 0.0, 45.0, 30.0, 45.0, 0.0, 90.0, 30.0)
    (cell,) = made([replace(REGIONS[1], cells=cells)])
    assert (cell.text, cell.filename, cell.width, cell.height) == ("칸", "in/scan.png_cell_105_5.jpg", 45, 30)
    (table,) = made([replace(REGIONS[1], cells=cells)], cells=False)
    assert (table.width, table.height) == (90, 60)


@pytest.mark.parametrize(
    ("changed", "options"),
    [
        ({"native_label": "image", "label": Label.PICTURE}, {}),
        ({"score": 0.4}, {}),
        ({"box": Box(30, 5, 34, 60)}, {}),  # covers a third of one word
        ({"status": Status.SKIPPED}, {}),
        ({}, {"labels": ("table",)}),
        ({}, {"threshold": 1.0, "thresholds": {}, "labels": ("text",)}),
    ],
)
def test_regions_that_are_not_taken(changed: dict[str, Any], options: dict[str, Any]) -> None:
    base = replace(REGIONS[0], score=0.9)
    assert made([base])
    assert made([replace(base, **changed)], **options) == []


def test_tables_need_a_lower_score() -> None:
    assert made([replace(REGIONS[1], score=0.35)])
    assert not made([replace(REGIONS[0], score=0.35)])


def test_a_turned_region_is_cut_out_upright() -> None:
    quad = (100.0, 5.0, 100.0, 60.0, 5.0, 60.0, 5.0, 5.0)  # its text runs downwards
    (crop,) = made([replace(REGIONS[0], quad=quad)])
    assert (crop.width, crop.height) == (55, 95)


@pytest.mark.parametrize("first", [0, 1])
def test_what_is_written_is_read_again(tmp_path: Path, first: int) -> None:
    crops = made()
    assert write_lmdb(tmp_path / "x.lmdb", crops, first) == 2
    with lmdb.open(str(tmp_path / "x.lmdb"), readonly=True) as database, database.begin() as transaction:
        assert transaction.get(b"num-samples") == b"2"
        assert transaction.get(f"image-{first:09d}".encode()) == crops[0].image
        assert transaction.get(b"bboxes_type") == b"ic15_flat8"
    rows = samples_of(f"layout_lmdb:{tmp_path / 'x.lmdb'}")
    assert [(row.status, row.answer, row.document) for row in rows] == [
        (Status.OK, "하나 둘\n셋", "scan"),
        (Status.OK, "칸", "scan"),
    ]


def test_a_map_that_is_full_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocr_project.training.samples.lmdb_file._FIRST_SIZE", 1 << 16)
    monkeypatch.setattr("ocr_project.training.samples.lmdb_file._AT_ONCE", 3)
    crop = CropWithText(bytes(20_000), 1, 1, "text", "a.jpg")
    assert write_lmdb(tmp_path / "x", [crop] * 20, 0) == 20
    assert len(samples_of(f"layout_lmdb:{tmp_path / 'x'}")) == 20


def shards(rows: list[Any]) -> MemoryShards:
    return MemoryShards({"s": (ShardInfo("s", "key", "a#1", len(rows)), rows)})


def test_a_corpus_becomes_a_database(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pages = [drawn(), drawn(page_id="b", path="report.pdf", number=2), drawn(page_id="c"), drawn(page_id="d")]
    pages[2] = replace(pages[2], image=b"not an image")
    pages[3] = replace(pages[3], status=Status.FAILED, image=None)
    regions = [replace(one, page_id=shown.page_id) for shown in pages for one in REGIONS]
    around = Scratch(tmp_path / "scratch"), shards(pages), shards(regions)
    with caplog.at_level(logging.WARNING):
        folder, counts = write_layout_lmdb(*around, Project(tmp_path, tmp_path / "data"), TrainingDataOptions())
    assert counts == {"pages": 4, "failed": 2, "pages_without_words": 0, "words": 12, "crops": 4}
    assert "cannot be decoded" in caplog.text
    rows = samples_of(f"layout_lmdb:{folder}")
    assert [row.document for row in rows] == ["scan", "scan", "report.pdf", "report.pdf"]


def test_words_of_aihub_are_found_by_the_name_of_the_image(tmp_path: Path) -> None:
    box = {"data": "한국", "x": [10, 40, 40, 10], "y": [10, 10, 22, 22]}
    write_json(tmp_path / "labels/scan.json", {"Images": {"identifier": "scan"}, "bbox": [box]})
    options = TrainingDataOptions(lmdb=LayoutLmdbOptions(words=Path("labels")))
    pages = [drawn(), drawn(page_id="b", path="other.png")]
    regions = [replace(one, page_id=shown.page_id) for shown in pages for one in REGIONS]
    around = Scratch(tmp_path / "scratch"), shards(pages), shards(regions)
    folder, counts = write_layout_lmdb(*around, Project(tmp_path, tmp_path / "data"), options)
    assert (counts["crops"], counts["words"], counts["pages_without_words"]) == (1, 1, 1)
    assert [row.answer for row in samples_of(f"layout_lmdb:{folder}")] == ["한국"]


def test_nothing_is_filled_in_where_all_is_kept() -> None:
    pixels = np.full((40, 60, 3), 250, np.uint8)
    pixels[10:20, 10:30] = 0
    kept = keep_only(pixels, [(5, 5, 35, 5, 35, 25, 5, 25)])
    assert np.array_equal(kept, pixels)
    assert np.array_equal(keep_only(pixels, []), pixels)
