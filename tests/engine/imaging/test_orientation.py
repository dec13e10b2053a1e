"""Pages that lie on their side or are skewed: regions carry the turn, the page is left as it is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.domain.options import LayoutOptions, OpenCvLayoutOptions, TesseractOptions
from ocr_project.domain.types import Label, Region
from ocr_project.engine.imaging.ink import Grey
from ocr_project.engine.imaging.orientation import OrientationModel, agreed_turns
from ocr_project.engine.imaging.pixels import Pixels, crop
from ocr_project.engine.imaging.readable_way import Readable, ReadableWay
from ocr_project.engine.layout import build_detector
from ocr_project.engine.layout.opencv import OpenCvDetector
from ocr_project.engine.recognition.tesseract import TesseractRecognizer
from tests.drawing import Sheet, overlap, page_of, prose, turned

_HANGUL = (
    "공공기관의 정보공개에 관한 법률은 국민의 알권리를 보장하고",
    "국정에 대한 국민의 참여와 국정 운영의 투명성을",
)
DETECTOR = build_detector(LayoutOptions())


@pytest.fixture(scope="module")
def upright() -> Pixels:
    sheet = Sheet()
    sheet.prose((90, 200, 784), 20)
    return sheet.pixels


@pytest.fixture(scope="module")
def straight(upright: Pixels) -> Region:
    return only_region(upright)


def only_region(pixels: Pixels, options: OpenCvLayoutOptions | None = None) -> Region:
    detector = build_detector(LayoutOptions(opencv=options)) if options else DETECTOR
    ((region,),) = detector.detect([page_of(pixels)])
    return region


def direction(region: Region) -> float:
    """Return where its lines run to, in degrees clockwise from rightwards."""
    assert region.quad is not None
    x0, y0, x1, y1 = region.quad[:4]
    return math.degrees(math.atan2(y1 - y0, x1 - x0))


def profile(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of ink in each of a hundred bands of rows."""
    dark = (pixels[..., 0] < 128).mean(axis=1)
    return np.asarray([band.mean() for band in np.array_split(dark, 100)])


@pytest.mark.parametrize(("degrees", "quarter"), [(90, 90), (270, -90)])
def test_a_page_on_its_side_is_read_along_its_lines(
    upright: Pixels, straight: Region, degrees: int, quarter: int
) -> None:
    region = only_region(turned(upright, degrees))
    assert region.label is Label.TEXT
    assert direction(region) == pytest.approx(quarter, abs=0.3)
    cut = crop(turned(upright, degrees), region)
    assert cut.shape[0] == pytest.approx(straight.box.height, abs=8)
    assert np.corrcoef(profile(crop(upright, straight)), profile(cut))[0, 1] > 0.8


def lines_in(pixels: Pixels, languages: str, **changes: Any) -> list[str]:
    page = page_of(pixels, **changes)
    (regions,) = DETECTOR.detect([page])
    read = TesseractRecognizer(TesseractOptions(languages=languages)).recognize(page, regions)
    return "\n".join(recognition.text for recognition in read).splitlines()


@pytest.mark.parametrize(("face", "languages"), [("latin", "eng"), ("korean", "kor")])
def test_a_page_on_its_head_is_read_from_its_top_like_an_upright_one(face: str, languages: str) -> None:
    sheet = Sheet()
    words = _HANGUL if face == "korean" else prose(600, 8)
    for row in range(16):
        gap = 60 if row >= 8 else 0  # two paragraphs
        sheet.text((90, 120 + 40 * row + gap), words[row % len(words)], face=face)
    expected = lines_in(sheet.pixels, languages)
    assert len(expected) >= 16
    assert lines_in(turned(sheet.pixels, 180), languages) == expected
    page = page_of(turned(sheet.pixels, 180))
    (regions,) = DETECTOR.detect([page])
    assert all(abs(direction(region)) == pytest.approx(180, abs=0.3) for region in regions)


def test_a_page_with_a_text_layer_is_not_asked_which_way_up_it_is(upright: Pixels) -> None:
    detector = OpenCvDetector(OpenCvLayoutOptions(), ask=lambda *_: pytest.fail("a quarter of a second"))
    detector.detect([page_of(turned(upright, 180), text_layer="what it says")])


@pytest.mark.parametrize(("confidence", "turns"), [(4.9, False), (5.1, True)])
def test_a_doubtful_page_is_left_as_it_is(upright: Pixels, confidence: float, turns: bool) -> None:
    detector = OpenCvDetector(OpenCvLayoutOptions(), ask=lambda *_: (180, confidence))
    ((region,),) = detector.detect([page_of(upright)])
    assert (region.quad is not None) is turns


def running(degrees: int, upright: Pixels) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return a page whose lines run level (0) or down (90), and its ink."""
    grey = np.rot90(upright[..., 0], degrees // 90)
    return grey, grey < 128


@pytest.mark.parametrize(
    ("lines", "classifier", "letters", "turns"),
    [
        (90, (90, 0.92), (90, 9.0), 1),  # it lies on its side
        (90, (90, 0.5), (90, 9.0), 1),
        (90, (90, 0.5), (0, 0.0), 1),  # too few letters to tell
        (90, (90, 0.5), (0, 3.2), 0),  # its letters stand upright: vertical Korean
        (0, (270, 0.83), (270, 0.9), 0),  # its lines are level, whatever both say
    ],
)
def test_lines_that_run_down_are_turned_unless_letters_stand_in_them(
    upright: Pixels, lines: int, classifier: tuple[int, float], letters: tuple[int, float], turns: int
) -> None:
    grey, ink = running(lines, upright)
    assert agreed_turns(grey, np.zeros_like(grey), ink, lambda _: classifier, lambda _, least: letters) == turns


@pytest.mark.parametrize(("some", "pages"), [((0, 1.6), 0), ((0, 1.4), 1), ((180, 5.0), 1)])
def test_of_a_page_that_is_probably_upright_some_letters_are_looked_at_first(
    upright: Pixels, some: tuple[int, float], pages: int
) -> None:
    grey, ink = running(0, upright)
    asked: list[tuple[int, int]] = []

    def ask(window: Grey, least: int) -> tuple[int, float]:
        asked.append(window.shape)
        return some if window.size < grey.size / 2 else (180, 9.0)

    assert agreed_turns(grey, np.where(ink, 255, 0).astype(np.uint8), ink, lambda _: (0, 0.85), ask) == 2 * pages
    assert asked.count(grey.shape) == pages
    assert len(asked) == 1 + pages


def test_the_model_that_says_so_is_part_of_the_identity(tmp_path: Path) -> None:
    assert DETECTOR.identity.settings["osd"] == OrientationModel().fingerprint != ""
    assert "osd" not in build_detector(LayoutOptions(opencv=OpenCvLayoutOptions(turn=False))).identity.settings
    assert build_detector(LayoutOptions(), tmp_path).identity.settings["osd"] == ""


def test_the_model_is_taken_from_the_folder_that_is_named(tmp_path: Path) -> None:
    for file in OrientationModel().file.parent.glob("*.traineddata"):
        (tmp_path / file.name).symlink_to(file)
    assert build_detector(LayoutOptions(), tmp_path).identity == DETECTOR.identity, "the path is not part of it"
    assert OrientationModel(tmp_path).file == tmp_path / "osd.traineddata"


def test_without_the_model_nothing_can_be_told(tmp_path: Path, upright: Pixels) -> None:
    assert OrientationModel(tmp_path).ask(upright[..., 0], 50) == (0, 0.0)


def test_turning_is_an_option(upright: Pixels) -> None:
    region = only_region(turned(upright, 90), OpenCvLayoutOptions(turn=False, deskew=False))
    assert region.quad is None


def test_an_upright_page_of_narrow_columns_is_not_turned() -> None:
    sheet = Sheet()
    for row in range(22):
        for column in range(3):
            sheet.text((98 + 240 * column, 148 + 34 * row), str(1000 + row * column))
    box = sheet.grid((80, 320, 560, 800), [140 + 34 * row for row in range(23)])
    region = only_region(sheet.pixels)
    assert region.label is Label.TABLE
    assert region.quad is None
    assert overlap(region.box, box) > 0.85


@pytest.mark.parametrize("degrees", [-10, -5, 2, 10])
def test_skew_is_found_and_lies_in_the_quad(upright: Pixels, straight: Region, degrees: int) -> None:
    skewed = turned(upright, degrees)
    region = only_region(skewed)
    assert direction(region) == pytest.approx(degrees, abs=0.25)
    cut = crop(skewed, region)
    assert cut.shape[1] == pytest.approx(straight.box.width, abs=12)
    assert cut.shape[0] == pytest.approx(straight.box.height, abs=12)
    assert np.corrcoef(profile(crop(upright, straight)), profile(cut))[0, 1] > 0.8


def test_hulls_of_skewed_regions_stay_on_the_page(upright: Pixels) -> None:
    skewed = turned(upright, 7)[:, 150:]
    region = only_region(np.ascontiguousarray(skewed))
    height, width = skewed.shape[:2]
    assert 0 <= region.box.x0 < region.box.x1 <= width
    assert 0 <= region.box.y0 < region.box.y1 <= height


def test_deskewing_is_an_option(upright: Pixels) -> None:
    (regions,) = build_detector(LayoutOptions(opencv=OpenCvLayoutOptions(deskew=False))).detect(
        [page_of(turned(upright, 5))]
    )
    assert all(region.quad is None for region in regions)


def test_few_korean_letters_on_their_head_are_known_by_what_can_be_read() -> None:
    sheet = Sheet()
    sheet.lines((90, 300), ["이 규정은 청사의 출입과", "보안에 필요한 사항을"], face="korean", size=34)
    grey = np.asarray(sheet.image)
    witness = ReadableWay()
    for quarters in (0, 2):
        found = witness.ask(np.ascontiguousarray(np.rot90(grey, quarters)))
        assert found is not None
        assert (found.turned, found.confidence > 0.85) == (quarters == 2, True)
    assert witness.ask(np.full((200, 300), 255, np.uint8)) is None


@pytest.mark.parametrize(
    ("classifier", "letters", "head", "turns"),
    [
        ((0, 0.62), (180, 0.6), 2, 2),  # few letters: neither is sure
        ((180, 0.92), (180, 0.01), 0, 0),  # both say the same, and one of them by chance
        ((90, 0.65), (270, 0.85), 3, 3),  # a fax on its side: they disagree
        ((0, 0.5), (0, 12.0), None, 0),  # they agree: nothing is read
        ((90, 0.95), (0, 0.0), None, 1),  # it is sure, and lines run down
    ],
)
def test_what_can_be_read_decides_where_two_witnesses_do_not(
    classifier: tuple[int, float], letters: tuple[int, float], head: int | None, turns: int
) -> None:
    """`head`: the quarter turns with which the page reads; None where it must not be asked."""
    side = classifier[0] in (90, 270)
    small = np.zeros((100, 100), np.uint8)
    small[::4] = 255
    small = np.ascontiguousarray(small.T) if side else small
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4)

    def read(way: Grey) -> Readable:
        assert head is not None
        turned_by = next(quarters for quarters in range(4) if np.array_equal(np.rot90(grey, quarters), way))
        return Readable((head - turned_by) % 4 == 2, 0.9)

    assert (
        agreed_turns(grey, np.zeros_like(grey), small, lambda _: classifier, lambda _, least: letters, read) == turns
    )
