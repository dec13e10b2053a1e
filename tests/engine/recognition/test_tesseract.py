"""The Tesseract recognizer on drawn pages: what it reads, where, and its answer where there is nothing to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont
from rapidfuzz.distance import Levenshtein

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import RecognitionOptions, TesseractOptions
from ocr_project.domain.protocols import Recognizer
from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Status, TextFormat
from ocr_project.engine.imaging.pixels import crop
from ocr_project.engine.recognition import build_recognizer
from ocr_project.testing import fakes
from tests.drawing import Sheet, overlap, page_of, turned

KOREAN = [
    "공공기관의 장은 해당 기관이 보유하고 있는",
    "공공데이터를 국민에게 제공하여야 한다. 다만,",
    "다음 각 호의 정보는 그러하지 아니하다.",
]
ENGLISH = [
    "The office keeps a public record of rivers",
    "and mountains, 1,204 of them in 2026. Nothing",
    "else was counted in winter.",
]
RUSSIAN = [
    "Правительство утверждает порядок ведения",
    "государственного реестра и перечень сведений,",
    "которые размещаются в открытом доступе.",
]
SIZE = 28
MOST_CER = 0.03


def recognizer_for(languages: str) -> Recognizer:
    return build_recognizer(RecognitionOptions(tesseract=TesseractOptions(languages=languages)))


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return recognizer_for("kor+eng+rus")


@pytest.fixture(scope="module")
def english() -> Recognizer:
    return recognizer_for("eng")


def block(lines: Sequence[str], face: str = "latin") -> tuple[Sheet, Box]:
    sheet = Sheet((900, 320))
    return sheet, sheet.lines((60, 70), lines, face=face, size=SIZE)


def region_of(box: Box, label: Label = Label.TEXT, index: int = 0, **changes: object) -> Region:
    around = Box(box.x0 - 8, box.y0 - 8, box.x1 + 8, box.y1 + 8)
    return Region("d_00001", index, label, label.value, around, **changes)  # type: ignore[arg-type]


def read(recognizer: Recognizer, page: Page, *regions: Region) -> list[Recognition]:
    found = recognizer.recognize(page, regions)
    assert [(row.page_id, row.index) for row in found] == [(region.page_id, region.index) for region in regions]
    return found


def cer(text: str, lines: Sequence[str]) -> float:
    truth = "\n".join(lines)
    return Levenshtein.distance(text, truth) / len(truth)


@pytest.mark.parametrize(
    ("lines", "face"), [(KOREAN, "korean"), (ENGLISH, "latin"), (RUSSIAN, "latin")], ids=["ko", "en", "ru"]
)
def test_a_block_is_read_line_by_line_in_its_language(recognizer: Recognizer, lines: list[str], face: str) -> None:
    sheet, box = block(lines, face)
    (found,) = read(recognizer, sheet.page(), region_of(box))
    assert cer(found.text, lines) <= MOST_CER, found.text
    assert found.status is Status.OK
    assert found.format is TextFormat.TEXT
    assert found.confidence > 0.8
    assert found.seconds > 0
    assert max(word.line for word in found.words) == 2
    assert "\n".join(" ".join(w.text for w in found.words if w.line == n) for n in range(3)) == found.text


def test_latin_words_in_a_korean_line_are_read_as_such(recognizer: Recognizer) -> None:
    lines = ["국가 데이터 센터의 Network 구성과 운영", "정보 시스템은 Cloud Server 환경에서 운영한다."]
    sheet, box = block(lines, "korean")
    (found,) = read(recognizer, sheet.page(), region_of(box))
    assert found.text == "\n".join(lines)


def test_heads_and_units_of_a_korean_line_are_read(recognizer: Recognizer) -> None:
    if not recognizer.identity.settings.get("trained"):
        pytest.skip("the extra `rapid` is not installed")
    lines = ["LPG 충전소와 K매장, 11번 창구", "면적 84.95㎡, 온도 20℃, 길이 12㎝", "① 신청서 ② 사본 합계 ₩1,240,000"]
    sheet, box = block(lines, "korean")
    (found,) = read(recognizer, sheet.page(), region_of(box))
    assert found.text == "\n".join(lines)


def test_the_first_letter_of_a_latin_word_is_not_cut_off(recognizer: Recognizer) -> None:
    sheet, box = block(["정보 시스템은 Linux 환경에서 운영한다."], "korean")
    (found,) = read(recognizer, sheet.page(), region_of(box))
    assert "Linux" in found.text


@pytest.mark.parametrize("text", ["Signature and date", "Итого 1 240,00", "서명 및 날짜"])
def test_a_page_of_one_short_line_is_read_in_its_language(recognizer: Recognizer, text: str) -> None:
    sheet, box = block([text], "korean" if "및" in text else "latin")
    (found,) = read(recognizer, sheet.page(), region_of(box))
    assert found.text == text


@pytest.mark.parametrize("own", [ENGLISH, RUSSIAN], ids=["en", "ru"])
def test_lines_of_another_language_are_read_in_it(recognizer: Recognizer, own: list[str]) -> None:
    sheet = Sheet((900, 420))
    box = sheet.lines((60, 70), own, size=SIZE)
    below = sheet.lines((60, box.y1 + 20), KOREAN[:2], face="korean", size=SIZE)
    region = region_of(Box(box.x0, box.y0, max(box.x1, below.x1), below.y1))
    (found,) = read(recognizer, sheet.page(), region)
    assert cer(found.text, [*own, *KOREAN[:2]]) <= MOST_CER, found.text


def test_words_stand_where_they_were_drawn(english: Recognizer) -> None:
    sheet = Sheet((900, 320))
    drawn = {text: sheet.text((x, y), text, size=SIZE) for text, x, y in (("rivers", 60, 80), ("mountains", 420, 180))}
    (found,) = read(english, sheet.page(), region_of(Box(50, 60, 800, 240)))
    assert {word.text for word in found.words} == set(drawn)
    for word in found.words:
        assert overlap(word.box, drawn[word.text]) > 0.7, word


@pytest.mark.parametrize("degrees", [90, 270, 4])
def test_words_of_a_turned_region_stand_where_they_are_on_the_page(english: Recognizer, degrees: int) -> None:
    sheet = Sheet((900, 320))
    box = sheet.lines((60, 70), ENGLISH, size=SIZE)
    x0, y0, x1, y1 = region_of(box).box
    middle = np.asarray(sheet.image.size) / 2
    angle = np.radians(degrees)
    turn = np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    pixels = turned(sheet.pixels, degrees)
    centre = np.asarray(pixels.shape[1::-1]) / 2

    def on_page(corners: Sequence[tuple[float, float]]) -> np.ndarray:
        return (np.asarray(corners) - middle) @ turn.T + centre

    quad = on_page([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    hull = Box(*quad.min(axis=0), *quad.max(axis=0))
    region = Region("d_00001", 0, Label.TEXT, "text", hull, tuple(float(v) for v in quad.ravel()))
    (found,) = read(english, page_of(pixels), region)
    assert cer(found.text, ENGLISH) <= MOST_CER, found.text
    (first, *_, last) = found.words
    corner = on_page([(box.x0, box.y0), (box.x0 + 8 * SIZE * 0.2, box.y0 + SIZE)])
    assert np.abs(np.asarray(first.box[:2]) - corner.min(axis=0)).max() < 2.5 * SIZE
    for word in (first, last):
        assert hull.intersection(word.box) > 0.98 * word.box.area
        assert (crop(pixels, Region("d_00001", 0, Label.TEXT, "", word.box)) < 128).mean() > 0.08


def test_word_boxes_stay_within_their_region(recognizer: Recognizer) -> None:
    sheet, box = block(KOREAN, "korean")
    region = region_of(box)
    (found,) = read(recognizer, sheet.page(), region)
    whole = Box(region.box.x0 - 1, region.box.y0 - 1, region.box.x1 + 1, region.box.y1 + 1)  # crops are whole pixels
    for word in found.words:
        assert whole.intersection(word.box) == pytest.approx(word.box.area), word


def test_a_ruled_table_is_html_with_spans(english: Recognizer) -> None:
    sheet = Sheet((700, 260))
    box = sheet.grid((30, 240, 450, 660), (30, 90, 150, 210))
    sheet.draw.rectangle((238, 32, 243, 88), fill=255)
    sheet.draw.rectangle((451, 148, 658, 153), fill=255)
    texts = {(45, 45): "Rivers and stones", (465, 45): "Total"}
    texts |= {(45, 105): "River", (255, 105): "120", (465, 135): "570", (45, 165): "Stone", (255, 165): "450"}
    for at, text in texts.items():
        sheet.text(at, text, size=24)
    (found,) = read(english, sheet.page(), region_of(box, Label.TABLE))
    assert found.format is TextFormat.HTML
    assert found.text == (
        '<table><tr><td colspan="2">Rivers and stones</td><td>Total</td></tr>'
        '<tr><td>River</td><td>120</td><td rowspan="2">570</td></tr>'
        "<tr><td>Stone</td><td>450</td></tr></table>"
    )
    total = next(word for word in found.words if word.text == "Total")
    assert 455 < total.box.x0 < 475
    assert 40 < total.box.y0 < 60


def two_by_two() -> tuple[Sheet, Region]:
    """Draw a table whose lines are too pale to be found, with the cells that a detector would know."""
    sheet = Sheet((700, 200))
    for at, text in {(40, 40): "River", (360, 40): "120", (40, 120): "Stone", (360, 120): "450"}.items():
        sheet.text(at, text, size=24)
    cells = tuple(float(v) for x in (0, 320) for y in (0, 80) for v in (x, y, x + 320, y + 80))
    return sheet, Region("d_00001", 0, Label.TABLE, "ruled_table", Box(20, 20, 660, 180), cells=cells)


def test_cells_that_the_detector_saw_are_taken_from_it(english: Recognizer) -> None:
    sheet, region = two_by_two()
    (found,) = read(english, sheet.page(), region)
    assert found.text == "<table><tr><td>River</td><td>120</td></tr><tr><td>Stone</td><td>450</td></tr></table>"
    number = next(word for word in found.words if word.text == "450")
    assert 355 < number.box.x0 < 365
    assert 115 < number.box.y0 < 130


def test_cells_outside_of_the_region_are_not_trusted(english: Recognizer) -> None:
    sheet, region = two_by_two()
    wrong = replace(region, cells=(*(region.cells or ())[:-4], 320.0, 80.0, 900.0, 160.0))
    without = replace(region, cells=None)
    assert read(english, sheet.page(), wrong)[0].text == read(english, sheet.page(), without)[0].text


def test_a_table_without_lines_is_read_as_text(english: Recognizer) -> None:
    sheet, box = block(["River 120", "Stone 450"])
    (found,) = read(english, sheet.page(), region_of(box, Label.TABLE))
    assert (found.text, found.format) == ("River 120\nStone 450", TextFormat.TEXT)


def test_an_empty_table_is_empty(english: Recognizer) -> None:
    sheet = Sheet((700, 260))
    sheet.text((30, 20), "Telephone", size=30)
    box = sheet.grid((30, 240, 450, 660), (90, 120, 150), thick=3)
    (found,) = read(english, sheet.page(), region_of(box, Label.TABLE))
    assert (found.status, found.text, found.reason) == (Status.EMPTY, "", "an empty table of 6 cells")


def test_short_words_of_cells_are_read_whole(recognizer: Recognizer) -> None:
    sheet = Sheet((900, 400))
    sheet.text((60, 30), "신청자의 현황은 다음 표와 같다.", face="korean", size=30)
    xs, ys = (60, 300, 540, 780), (100, 170, 240, 310)
    box = sheet.grid(xs, ys)
    words = [["성별", "경험", "건수"], ["남", "있음", "3"], ["여", "없음", "9"]]
    for y, row in zip(ys, words, strict=False):
        for x, word in zip(xs, row, strict=False):
            sheet.text((x + 100, y + 18), word, face="korean", size=30)
    (found,) = read(recognizer, sheet.page(), region_of(box, Label.TABLE))
    rows = "".join(f"<tr>{''.join(f'<td>{word}</td>' for word in row)}</tr>" for row in words)
    assert found.text == f"<table>{rows}</table>"


def test_one_answer_for_each_region_in_its_order(english: Recognizer) -> None:
    sheet = Sheet((900, 320))
    text = region_of(sheet.text((60, 60), "rivers", size=SIZE), index=4)
    box = Box(60, 150, 300, 300)
    regions = [
        region_of(box, Label.PICTURE, 1),
        text,
        region_of(box, Label.CHART, 0),
        region_of(box, index=7),
        region_of(box, index=2, status=Status.FAILED, reason="broken: cut off"),
        region_of(box, Label.PAGE, 3, status=Status.EMPTY, reason="blank page"),
    ]
    picture, words, chart, nothing, failed, blank = read(english, sheet.page(), *regions)
    assert (picture.status, picture.reason) == (Status.SKIPPED, "a picture is kept as an image, not read")
    assert (chart.status, chart.attempts) == (Status.SKIPPED, 0)
    assert (words.status, words.text) == (Status.OK, "rivers")
    assert (nothing.status, nothing.text, nothing.words) == (Status.EMPTY, "", ())
    assert (failed.status, failed.reason, failed.attempts) == (Status.SKIPPED, "broken: cut off", 0)
    assert blank.status is Status.EMPTY


def test_a_page_that_cannot_be_decoded_is_answered_for_each_region(english: Recognizer) -> None:
    regions = [region_of(Box(20, 20, 90, 90), index=n) for n in range(3)]
    found = read(english, fakes.page(image=b"junk"), *regions)
    assert [row.status for row in found] == [Status.SKIPPED] * 3
    assert all(row.reason.startswith("broken: the page image cannot be decoded") for row in found)


def test_a_page_without_regions_has_no_answers(english: Recognizer) -> None:
    assert read(english, Sheet((50, 50)).page()) == []


def test_a_page_whose_text_layer_is_preferred_is_not_read(english: Recognizer) -> None:
    sheet, box = block(ENGLISH)
    (found,) = read(english, sheet.page(text_layer="text", text_layer_preferred=True), region_of(box))
    assert (found.status, found.reason, found.text) == (Status.SKIPPED, "the page's own text layer is used", "")


@pytest.mark.parametrize("label", [Label.TEXT, Label.TABLE, Label.PAGE])
@pytest.mark.parametrize(
    "box",
    [Box(5, 5, 6, 6), Box(0, 0, 200, 1), Box(5, 5, 5, 5), Box(150, 150, 400, 400), Box(-90, -90, -20, -20)],
    ids=["pixel", "line", "nothing", "half outside", "outside"],
)
def test_odd_crops_are_answered(english: Recognizer, label: Label, box: Box) -> None:
    region = Region("d_00001", 0, label, "odd", box)
    (found,) = read(english, Sheet((200, 200)).page(), region)
    assert (found.status, found.text) == (Status.EMPTY, "")


def test_a_crop_too_large_for_tesseract_fails_with_advice(english: Recognizer) -> None:
    sheet = Sheet((20_010, 8))
    (found,) = read(english, sheet.page(), Region("d_00001", 0, Label.TEXT, "text", Box(0, 0, 20_010, 8)))
    assert found.status is Status.FAILED
    assert found.reason == "too_large: 20010 x 8 pixels are more than Tesseract reads; lower ingest.dpi"


def test_noise_raises_nothing(english: Recognizer) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 240, 3), dtype=np.uint8)
    for label in (Label.TEXT, Label.TABLE):
        (found,) = read(english, page_of(pixels), Region("d_00001", 0, label, "noise", Box(0, 0, 240, 60)))
        assert found.status in (Status.OK, Status.EMPTY)


def test_the_identity_is_stable_and_changes_with_the_languages(recognizer: Recognizer, english: Recognizer) -> None:
    before = english.identity.canonical()
    read(english, Sheet((60, 60)).page(), Region("d_00001", 0, Label.TEXT, "", Box(0, 0, 60, 60)))
    assert english.identity.canonical() == before == recognizer_for("eng").identity.canonical()
    assert recognizer.identity.canonical() != before
    assert recognizer_for("eng+kor").identity.canonical() != recognizer_for("kor+eng").identity.canonical()
    assert set(recognizer.identity.settings["models"]) == {"kor", "eng", "rus"}


def test_another_model_of_the_same_name_is_another_identity(english: Recognizer, tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"another model")
    other = build_recognizer(RecognitionOptions(tesseract=TesseractOptions(languages="eng")), tmp_path)
    assert other.identity.canonical() != english.identity.canonical()


def test_a_missing_language_names_its_debian_package(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"model")
    options = RecognitionOptions(tesseract=TesseractOptions(languages="eng+chi_sim+kor"))
    with pytest.raises(BackendError, match="apt-get install tesseract-ocr-chi-sim tesseract-ocr-kor") as caught:
        build_recognizer(options, tmp_path)
    assert "chi_sim, kor" in str(caught.value)
    assert "tesseract-ocr-eng" not in str(caught.value)


def test_missing_tessdata_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(BackendError, match=f"are not in {absent}: apt-get install tesseract-ocr"):
        build_recognizer(RecognitionOptions(), absent)
    monkeypatch.setenv("TESSDATA_PREFIX", str(absent))
    with pytest.raises(BackendError, match=f"are not in {absent}"):
        build_recognizer(RecognitionOptions())


def test_a_line_that_fills_its_cell_is_read(recognizer: Recognizer) -> None:
    """Tesseract finds no line in it, and none in a block: 3 of 40 lines of one shared page were lost so."""
    path = Path("/usr/share/fonts/truetype/nanum/NanumMyeongjo.ttf")
    if not path.is_file():
        pytest.skip(f"{path} is missing: apt-get install fonts-nanum")
    face, text = ImageFont.truetype(str(path), 17), "생물다양성 보전 및"
    width = round(face.getlength(text)) + 9
    sheet = Sheet((width, 25))
    sheet.draw.text((4, 2), text, fill=0, font=face)
    whole = Region("d_00001", 0, Label.TEXT, "text", Box(0, 0, width, 25))
    (found,) = read(recognizer, sheet.page(), whole)
    assert found.text == text
