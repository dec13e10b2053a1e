"""AI-Hub's five kinds, merged and as published: words and images find each other, and what does not is a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Box, Status, TrainingSample
from ocr_project.engine.imaging.pixels import decode
from ocr_project.training.samples.aihub_documents import read_annotated
from ocr_project.training.samples.words import PlacedWord, lines_of
from tests.sample_files import samples_of, write_json

BOXES = {"둘": (60, 10, 30, 12), "하나": (10, 11, 40, 12), "셋": (12, 40, 30, 12)}  # x, y, width, height
LINES = "하나 둘\n셋"


def four(box: tuple[int, int, int, int]) -> tuple[list[int], list[int]]:
    """Return corners in the order of the published finance data, in which an outline would cross itself."""
    x, y, width, height = box
    return [x, x, x + width, x + width], [y, y + height, y, y + height]


def public_documents() -> Any:
    words = [{"image_id": 7, "annotation.bbox": box, "annotation.text": text} for text, box in BOXES.items()]
    return {"images": [{"id": 7, "image.file.name": "5350109-1999-0001-0012.jpg"}], "annotations": words}


def in_the_wild() -> Any:
    words: list[dict[str, Any]] = [
        {"image_id": "7", "bbox": list(box), "text": text, "attributes": {"class": "word"}}
        for text, box in BOXES.items()
    ]
    letters = {"image_id": "7", "bbox": [10, 11, 20, 12], "text": "하", "attributes": {"class": "character"}}
    return {"images": [{"id": "7", "file_name": "sign", "type": "sign"}], "annotations": [*words, letters]}


def single(key: str) -> Any:
    words = [dict(zip(("x", "y"), four(box), strict=True), data=text) for text, box in BOXES.items()]
    return {"Images": {"identifier": "sign", "width": 100, "height": 60}, key: words}


def merged() -> Any:
    annotations = [
        {"original_json_path": "/ftp/sign.json", "bbox": [*four(box)[0], *four(box)[1]], "text": text}
        for text, box in BOXES.items()
    ]
    other = {"original_json_path": "/ftp/other.json", "bbox": [1, 1, 2, 2, 1, 2, 1, 2], "text": "other"}
    image = {"original_json_path": "/ftp/sign.json", "file_name": "sign", "dataset": "finance_logistics_train"}
    return {"images": [image], "annotations": [*annotations, other]}


KINDS = {
    "public_admin": (public_documents(), "5350109-1999-0001-0012.jpg", "5350109-1999-0001"),
    "text_in_wild": (in_the_wild(), "sign.jpg", "sign"),
    "ocr_public": (single("Bbox"), "sign.png", "sign"),
    "finance_logistics": (merged(), "sign.png", "sign"),
    "handwriting": (single("bbox"), "sign.png", "sign"),
}


def draw(path: Path) -> None:
    """Paint the box of each word in its own grey."""
    pixels = np.full((60, 100, 3), 255, np.uint8)
    for grey, (x, y, width, height) in enumerate(BOXES.values(), 1):
        pixels[y : y + height, x : x + width] = 40 * grey
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=100, subsampling=0)


def read(folder: Path, content: Any, image: str | None, **options: Any) -> list[TrainingSample]:
    if image:
        draw(folder / "deep/er" / image)
    return samples_of(f"aihub:{write_json(folder / 'merged.json', content)}", **options)


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_cut_out_of_their_image(tmp_path: Path, kind: str) -> None:
    content, image, document = KINDS[kind]
    rows = read(tmp_path, content, image)
    assert [row.answer for row in rows] == list(BOXES)
    assert {(row.status, row.document, row.whole_page) for row in rows} == {(Status.OK, document, False)}
    for grey, (row, (_, _, width, height)) in enumerate(zip(rows, BOXES.values(), strict=True), 1):
        assert (row.width, row.height) == (width, height)
        assert row.image is not None
        assert abs(float(decode(row.image).mean()) - 40 * grey) < 4


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_with_all_of_its_words(tmp_path: Path, kind: str) -> None:
    content, image, _ = KINDS[kind]
    (row,) = read(tmp_path, content, image, aihub_words=False)
    assert (row.answer, row.whole_page, row.width, row.height) == (LINES, True, 100, 60)


def test_corners_are_in_the_order_of_an_outline(tmp_path: Path) -> None:
    (found,) = read_annotated(write_json(tmp_path / "a.json", single("bbox")))
    corners = np.asarray(found.words[0].corners).reshape(4, 2)
    x, y = corners[:, 0], corners[:, 1]
    area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    assert area == 30 * 12, "a crossed outline has none"


def test_what_does_not_fit_is_a_row(tmp_path: Path) -> None:
    outside = {"original_json_path": "/ftp/sign.json", "bbox": [900, 10, 30, 12], "text": "out"}
    empty = {"original_json_path": "/ftp/sign.json", "bbox": [10, 10, 30, 12], "text": " "}
    content = merged()
    content["annotations"] = [outside, empty]
    content["images"].append({"original_json_path": "/ftp/none.json", "file_name": "none"})
    rows = read(tmp_path, content, "sign.png")
    assert [(row.status, row.rule) for row in rows] == [
        (Status.SKIPPED, "outside_image"),
        (Status.EMPTY, "empty_answer"),
        (Status.EMPTY, "no_words"),
    ]


def test_the_only_image_of_a_file_has_all_of_its_words(tmp_path: Path) -> None:
    """As published, the annotations of the public documents may name no image: each file has one."""
    content = public_documents()
    for word in content["annotations"]:
        del word["image_id"]
    rows = read(tmp_path / "one", content, "5350109-1999-0001-0012.jpg")
    assert [row.answer for row in rows] == list(BOXES)
    content["images"].append({"id": 8, "image.file.name": "other.jpg"})
    rows = read(tmp_path / "two", content, "5350109-1999-0001-0012.jpg")
    assert [row.rule for row in rows] == ["no_words", "no_words"], "of two images it cannot be told"


def test_images_that_are_missing_or_there_twice_are_rows(tmp_path: Path) -> None:
    rows = read(tmp_path / "missing", merged(), None)
    assert {row.rule for row in rows} == {"no_image"}
    draw(tmp_path / "twice/other/sign.png")
    rows = read(tmp_path / "twice", merged(), "sign.png")
    assert {row.rule for row in rows} == {"ambiguous_image"}


def test_other_json_ends_the_run_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no JSON with images and annotations"):
        read(tmp_path, {"other": 1}, None)
    with pytest.raises(SourceError, match=r"merged\.json is not of AI-Hub's forms"):
        read(tmp_path, {"images": [7], "annotations": []}, None)


def test_lines_follow_words_that_climb() -> None:
    words = [
        PlacedWord(str(number), Box(30 * number, 100 - 2 * number, 30 * number + 25, 120 - 2 * number), (), number)
        for number in range(8)
    ]
    assert lines_of(words) == "0 1 2 3 4 5 6 7"
    assert lines_of([]) == ""
