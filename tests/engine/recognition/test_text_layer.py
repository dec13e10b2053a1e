"""A page whose text layer stands in for OCR: its words, and OCR of what they do not say."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from ocr_project.domain.types import Box, Identity, Label, Page, Recognition, Region, Status, TextFormat, Word
from ocr_project.engine.imaging.pixels import decode
from ocr_project.engine.recognition.text_layer import recognize_page, submit_page
from tests.drawing import Sheet, page_of

PAPER = 240


class Reads:
    """A recognizer that says what it is told, and remembers what it was asked."""

    identity = Identity("reads", "1", {})
    in_flight_pages = 1

    def __init__(self, *read: Word, text: str | None = None, format: TextFormat = TextFormat.TEXT) -> None:
        self._read, self._text, self._format = read, text, format
        self.asked: list[tuple[Page, list[Region]]] = []

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        self.asked.append((page, list(regions)))
        return [self._row(region) for region in regions]

    def submit(self, page: Page, regions: Sequence[Region]) -> Future[list[Recognition]]:
        future: Future[list[Recognition]] = Future()
        future.set_result(self.recognize(page, regions))
        return future

    def close(self) -> None:
        """Nothing was started."""

    def _row(self, region: Region) -> Recognition:
        if region.label is Label.PICTURE:
            return Recognition(region.page_id, region.index, "", attempts=0, status=Status.SKIPPED, reason="kept")
        text = " ".join(word.text for word in self._read) if self._text is None else self._text
        return Recognition(region.page_id, region.index, text, self._format, self._read)


class Mixed:
    """A page of typed words, to which more is added."""

    def __init__(self) -> None:
        self.sheet = Sheet((600, 500), PAPER)
        self.words: list[Word] = []
        self.gaps: list[float] = []

    def type(self, text: str, x: int, y: int, *, line: int, sure: float = 1.0, size: int = 20) -> None:
        for word in text.split():
            box = self.sheet.text((x, y), word, size=size)
            self.words.append(Word(word, box, sure, line))
            x = int(box.x1) + 12

    def draw(self, text: str, x: int, y: int) -> Box:
        box = self.sheet.text((x, y), text)
        self.gaps += box
        return box

    def page(self, **changes: object) -> Page:
        layer = {"text_layer": "typed", "text_layer_words": tuple(self.words), "text_layer_gaps": tuple(self.gaps)}
        return self.sheet.page(**{**layer, "text_layer_preferred": True, **changes})


def region(index: int, box: tuple[float, float, float, float], label: Label = Label.TEXT) -> Region:
    return Region("d_00001", index, label, label.value, Box(*box))


WHOLE = region(0, (0, 0, 600, 500))


def test_words_of_the_layer_are_what_is_read_and_no_recognizer_is_asked() -> None:
    mixed = Mixed()
    mixed.type("Ferry ticket", 20, 20, line=0)
    mixed.type("keep it dry", 20, 60, line=1)
    recognizer = Reads()
    (read,) = recognize_page(recognizer, mixed.page(), [WHOLE])
    assert (read.text, read.confidence, read.attempts, read.status) == ("Ferry ticket\nkeep it dry", 1.0, 0, Status.OK)
    assert read.words == tuple(mixed.words)
    assert recognizer.asked == []


def test_a_word_goes_to_the_smallest_region_and_regions_without_words_are_read() -> None:
    mixed = Mixed()
    mixed.type("Ferry", 20, 20, line=0)
    mixed.type("dry", 20, 200, line=1)
    inner, empty = region(1, (0, 190, 300, 240)), region(2, (0, 400, 600, 500))
    recognizer = Reads(text="a stamp")
    rows = recognize_page(recognizer, mixed.page(), [WHOLE, inner, empty])
    assert [row.text for row in rows] == ["Ferry", "dry", "a stamp"]
    ((page, asked),) = recognizer.asked
    assert (page.text_layer_preferred, asked) == (False, [empty])
    assert page.image == mixed.page().image  # nothing stands in the region that has to be painted over


def test_of_a_gap_only_what_is_read_there_is_added_where_it_stands() -> None:
    mixed = Mixed()
    mixed.type("The mill was visited", 20, 20, line=0)
    mixed.type("Amount:", 20, 60, line=1)
    mixed.type("in March", 20, 140, line=2)
    amount = mixed.draw("1,840", 200, 60)
    between = mixed.draw("PAID", 20, 100)
    far = Box(400, 300, 460, 320)
    found = [Word("junk", far, 0.9, 0), Word("1,840", amount, 0.8, 1), Word("PAID", between, 0.7, 2)]
    recognizer = Reads(*found)
    (read,) = recognize_page(recognizer, mixed.page(), [WHOLE])
    assert read.text == "The mill was visited\nAmount: 1,840\nPAID\nin March"
    assert [word.line for word in read.words] == [0, 0, 0, 0, 1, 1, 2, 3, 3]
    assert 0.9 < read.confidence < 1
    ((page, _),) = recognizer.asked
    pixels = decode(page.image or b"")
    for word in mixed.words:
        x0, y0, x1, y1 = map(int, word.box)
        assert np.all(pixels[y0:y1, x0:x1] == PAPER), word.text
    x0, y0, x1, y1 = map(int, amount)
    assert pixels[y0:y1, x0:x1].min() < 60


@pytest.mark.parametrize(
    ("said", "text"), [("Total 420,000", "Total 420.000"), ("Totai 420.00O", "Total 420.000"), ("Sold", "Sold")]
)
@pytest.mark.parametrize("placed", [True, False])
def test_a_doubted_word_is_used_where_the_recognizer_reads_about_the_same(said: str, text: str, placed: bool) -> None:
    mixed = Mixed()
    mixed.type("The price", 20, 20, line=0)
    mixed.type("Total 420.000", 20, 80, line=1, sure=0.0)
    boxes = [word.box for word in mixed.words if not word.confidence]
    for box in boxes:
        mixed.gaps += box
    words = [Word(part, box, 0.9, 0) for part, box in zip(said.split(), boxes, strict=False)]
    recognizer = Reads(*words) if placed else Reads(text=said)
    (read,) = recognize_page(recognizer, mixed.page(), [WHOLE])
    assert read.text == f"The price\n{text}"


def test_what_has_no_place_goes_before_or_behind_the_words() -> None:
    for y, text in ((20, "PAID\nin March"), (300, "in March\nPAID")):
        mixed = Mixed()
        mixed.type("in March", 20, 140, line=0)
        mixed.draw("PAID", 20, y)
        (read,) = recognize_page(Reads(text="PAID"), mixed.page(), [WHOLE])
        assert read.text == text


def test_a_gap_in_a_picture_is_not_read() -> None:
    mixed = Mixed()
    mixed.type("an axis", 20, 20, line=0)
    mixed.draw("2024", 20, 100)
    recognizer = Reads(text="2024")
    (read,) = recognize_page(recognizer, mixed.page(), [region(0, (0, 0, 600, 500), Label.PICTURE)])
    assert (read.text, recognizer.asked) == ("an axis", [])


def test_words_stand_in_the_cells_of_their_table() -> None:
    mixed = Mixed()
    mixed.sheet.grid((20, 220, 420), (20, 80, 140))
    for line, (text, x, y) in enumerate((("Pier & quay", 40, 40), ("Depth", 240, 40), ("North", 40, 100))):
        mixed.type(text, x, y, line=line)
    depth = mixed.draw("12.4", 240, 100)
    table = region(0, (10, 10, 430, 150), Label.TABLE)
    (read,) = recognize_page(Reads(Word("12.4", depth, 0.9, 0)), mixed.page(), [table])
    assert read.format is TextFormat.HTML
    assert read.text == (
        "<table><tr><td>Pier &amp; quay</td><td>Depth</td></tr><tr><td>North</td><td>12.4</td></tr></table>"
    )
    assert [word.text for word in read.words] == ["Pier", "&", "quay", "Depth", "North", "12.4"]


def test_words_beside_the_cells_make_no_table() -> None:
    mixed = Mixed()
    mixed.sheet.grid((20, 220, 420), (20, 80, 140))
    for line, (text, x, y) in enumerate((("Pier", 40, 40), ("North", 40, 100), ("a note below", 40, 300))):
        mixed.type(text, x, y, line=line)
    table = region(0, (10, 10, 430, 400), Label.TABLE)
    (read,) = recognize_page(Reads(), mixed.page(), [table])
    assert (read.format, read.text) == (TextFormat.TEXT, "Pier\nNorth\na note below")


def test_a_table_on_its_side_has_its_cells_as_they_are_read() -> None:
    mixed = Mixed()
    mixed.sheet.grid((20, 220, 420), (20, 80, 140))
    mixed.type("Pier", 40, 40, line=0)
    mixed.type("Depth", 240, 40, line=0)
    mixed.type("North", 40, 100, line=1)
    upright = mixed.page()
    pixels = np.rot90(decode(upright.image or b""), -1)  # a quarter turn clockwise: x, y becomes 500 - y, x
    words = [replace(w, box=Box(500 - w.box.y1, w.box.x0, 500 - w.box.y0, w.box.x1)) for w in mixed.words]
    page = page_of(np.ascontiguousarray(pixels), text_layer_preferred=True, text_layer_words=tuple(words))
    side = replace(
        region(0, (350, 10, 490, 430), Label.TABLE), quad=(490.0, 10.0, 490.0, 430.0, 350.0, 430.0, 350.0, 10.0)
    )
    (read,) = recognize_page(Reads(), page, [side])
    assert read.text == "<table><tr><td>Pier</td><td>Depth</td></tr><tr><td>North</td><td></td></tr></table>"


def test_a_formula_is_the_recognizers_where_it_writes_it_as_one() -> None:
    mixed = Mixed()
    mixed.type("x2 + y2", 20, 20, line=0)
    formula = region(0, (0, 0, 600, 100), Label.FORMULA)
    (read,) = recognize_page(Reads(text="x^2 + y^2", format=TextFormat.LATEX), mixed.page(), [formula])
    assert (read.text, read.format) == ("x^2 + y^2", TextFormat.LATEX)
    (read,) = recognize_page(Reads(), mixed.page(), [formula])
    assert (read.text, read.format) == ("x2 + y2", TextFormat.TEXT)


def test_a_recognizer_that_fails_does_not_take_the_layer_with_it() -> None:
    class Fails(Reads):
        def _row(self, region: Region) -> Recognition:
            return Recognition(region.page_id, region.index, "", status=Status.FAILED, reason="away")

    mixed = Mixed()
    mixed.type("in March", 20, 140, line=0)
    mixed.draw("PAID", 20, 200)
    (read,) = recognize_page(Fails(), mixed.page(), [WHOLE])
    assert (read.text, read.status, read.reason) == ("in March", Status.FAILED, "away")


@pytest.mark.parametrize("asks", [True, False])
def test_submitting_gives_the_same(asks: bool) -> None:
    mixed = Mixed()
    mixed.type("in March", 20, 140, line=0)
    if asks:
        mixed.draw("PAID", 20, 200)
    page = mixed.page()
    assert submit_page(Reads(text="PAID"), page, [WHOLE]).result(5) == recognize_page(
        Reads(text="PAID"), page, [WHOLE]
    )
    other = replace(page, text_layer_preferred=False)
    assert submit_page(Reads(text="all"), other, [WHOLE]).result(5)[0].text == "all"


def test_a_failure_of_the_server_reaches_the_caller() -> None:
    class Away(Reads):
        def submit(self, page: Page, regions: Sequence[Region]) -> Future[list[Recognition]]:
            future: Future[list[Recognition]] = Future()
            future.set_exception(ConnectionError("away"))
            return future

    mixed = Mixed()
    mixed.type("in March", 20, 140, line=0)
    mixed.draw("PAID", 20, 200)
    with pytest.raises(ConnectionError, match="away"):
        submit_page(Away(), mixed.page(), [WHOLE]).result(5)
