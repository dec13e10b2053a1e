"""The trained models that the extra `rapid` brings, on drawn print with known text."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocr_project.engine.models.onnx import weights
from ocr_project.engine.models.onnx.line_finder import find_line_finder
from ocr_project.engine.models.onnx.line_reader import LineReader, find_line_reader
from ocr_project.engine.models.onnx.turned import find_orientation_classifier

pytestmark = pytest.mark.skipif(
    weights.weights_file("ppocrv6/tiny/rec/rec.onnx") is None, reason="the extra `rapid` is not installed"
)
FONT = "/usr/share/fonts/truetype/nanum/NanumMyeongjo.ttf"


@cache
def drawn(text: str, size: int = 32) -> NDArray[np.uint8]:
    font = ImageFont.truetype(FONT, size)
    width = int(font.getlength(text)) + 20
    image = Image.new("L", (width, size + 20), 255)
    ImageDraw.Draw(image).text((10, 6), text, font=font, fill=0)
    return np.array(image, np.uint8)


def reader(alphabet: str | None = None) -> LineReader:
    found = find_line_reader(alphabet)
    assert found is not None
    return found


def test_latin_letters_and_spaces_are_read() -> None:
    seen = reader().read(drawn("Invoice 2031-117 total: 12.50"))
    assert "".join(character.text for character in seen) == "Invoice 2031-117 total: 12.50"
    assert min(character.confidence for character in seen) > 0.5


def test_a_sign_between_syllables_is_placed_where_it_stands() -> None:
    text = "다만, ③ 제1항 「도로교통법」에"
    font = ImageFont.truetype(FONT, 32)
    seen = {character.text: character.x for character in reader().read(drawn(text))}
    for sign in "③「」":
        place = text.index(sign)
        middle = 10 + (font.getlength(text[:place]) + font.getlength(text[: place + 1])) / 2
        assert seen[sign] == pytest.approx(middle, abs=14)


def test_an_alphabet_leaves_only_its_characters() -> None:
    seen = reader("0123456789").read(drawn("Invoice 2031"))
    assert {character.text for character in seen} <= set("0123456789 ")
    assert "".join(character.text for character in seen).endswith("2031")


def test_a_reader_goes_to_another_process() -> None:
    one = reader("0123456789")
    again = pickle.loads(pickle.dumps(one))
    assert again.identity == one.identity
    assert again.read(drawn("2031")) == one.read(drawn("2031"))


def test_lines_are_found_where_they_are() -> None:
    page = np.full((400, 700), 255, np.uint8)
    for top, text in ((60, "A first line of print"), (200, "and a second one")):
        line = drawn(text)
        page[top : top + line.shape[0], 40 : 40 + line.shape[1]] = line
    finder = find_line_finder()
    assert finder is not None
    quads = sorted(finder.find(page), key=lambda quad: float(quad[0, 1]))
    assert len(quads) == 2
    for quad, top in zip(quads, (60, 200), strict=True):
        assert top <= quad[:, 1].mean() <= top + 52
        assert quad[0, 0] == pytest.approx(50, abs=12)
    assert finder.find(np.full((100, 100), 255, np.uint8)) == []


@pytest.mark.parametrize("quarters", range(4))
def test_the_way_up_of_a_page_is_told(quarters: int) -> None:
    page = np.full((1100, 850), 255, np.uint8)
    for number in range(14):
        line = drawn(f"Line {number} of a page of plain English print")
        page[60 + 70 * number : 60 + 70 * number + line.shape[0], 40 : 40 + line.shape[1]] = line
    classifier = find_orientation_classifier()
    assert classifier is not None
    degrees, probability = classifier.ask(np.ascontiguousarray(np.rot90(page, -quarters)))
    assert degrees == 90 * quarters
    assert probability > 0.5


def test_without_the_package_there_are_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "no-such-package")
    assert weights.weights_file("ppocrv6/tiny/rec/rec.onnx") is None
    assert find_line_reader() is None
    assert find_orientation_classifier() is None


def test_a_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    assert weights.fingerprint(tmp_path / "a") == "7692c3ad3540"
