"""The text layer says what is seen: fields and annotations, no hidden layers, no text beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from ocr_project.domain.options import IngestOptions
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.ingest.pdf import read_pages
from ocr_project.engine.ingest.pdf_layers import look_up_traits
from ocr_project.engine.ingest.rendered_page import Picture
from tests.drawing import Sheet
from tests.nasty import saved

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "cases"
LINES = ("Ferry ticket of the summer season", "Keep it dry and show it at the pier", "Children under six travel free")


class Typed:
    """A page of typed lines, to which things are added."""

    def __init__(self) -> None:
        self.pdf = pikepdf.new()
        self.page = self.pdf.add_blank_page(page_size=(400, 300)).obj
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        self.page.Resources = Dictionary(Font=Dictionary(F1=self.pdf.make_indirect(font)))
        self.content = "".join(f"BT /F1 12 Tf 30 {260 - 24 * n} Td ({line}) Tj ET\n" for n, line in enumerate(LINES))

    def annotate(self, text: str, top: int, subtype: Name, flags: int = 4) -> None:
        form = self.pdf.make_stream(f"BT /F1 12 Tf 2 5 Td ({text}) Tj ET".encode())
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 20])
        form.Resources = self.page.Resources
        rectangle = Array([150, top - 20, 350, top])
        entries = {"Subtype": subtype, "Rect": rectangle, "F": flags, "AP": Dictionary(N=form), "T": String(text)}
        if subtype == Name.Widget:
            entries |= {"FT": Name.Tx, "V": String(text)}
        added = self.pdf.make_indirect(Dictionary(Type=Name.Annot, **entries))
        self.page.Annots = Array([*self.page.get("/Annots", []), added])
        if subtype == Name.Widget:
            fields = Array([a for a in self.page.Annots if a.Subtype == Name.Widget])
            self.pdf.Root.AcroForm = Dictionary(Fields=fields, DR=self.page.Resources)

    def layer(self, text: str, top: int, *, config: dict[str, object] | None = None, **group: object) -> None:
        """Add a line that belongs to a layer; `config` is of the document, "it" in it the layer."""
        added = self.pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("notes"), **group))
        chosen = {name: Array([added]) if value == "it" else value for name, value in (config or {}).items()}
        self.pdf.Root.OCProperties = Dictionary(OCGs=Array([added]), D=Dictionary(**chosen))
        self.page.Resources.Properties = Dictionary(Notes=added)
        self.content += f"/OC /Notes BDC BT /F1 12 Tf 30 {top} Td ({text}) Tj ET EMC\n"

    def picture(self, sheet: Sheet, at: tuple[int, int, int, int]) -> None:
        width, height = sheet.image.size
        image = self.pdf.make_stream(np.asarray(sheet.image.convert("L")).tobytes())
        image.Type, image.Subtype, image.ColorSpace, image.BitsPerComponent = (
            Name.XObject,
            Name.Image,
            Name.DeviceGray,
            8,
        )
        image.Width, image.Height, image.BitsPerComponent = width, height, 8
        self.page.Resources.XObject = Dictionary(Im1=image)
        x, y, wide, high = at
        self.content += f"q {wide} 0 0 {high} {x} {y} cm /Im1 Do Q\n"

    def read(self, path: Path) -> Picture:
        self.page.Contents = self.pdf.make_stream(self.content.encode())
        path.write_bytes(saved(self.pdf))
        (answer,) = read_pages(path, 1, 1, IngestOptions(dpi=144))
        assert isinstance(answer, Picture), answer
        return answer


@pytest.mark.parametrize("subtype", [Name.Widget, Name.FreeText, Name.Stamp])
def test_what_is_typed_into_a_page_is_in_its_text(tmp_path: Path, subtype: Name) -> None:
    typed = Typed()
    typed.annotate("Pier 4", 170, subtype)
    typed.annotate("Cabin 12", 140, subtype)
    typed.annotate("Never shown", 100, subtype, flags=2)
    typed.annotate("Printed only", 80, subtype, flags=4 | 32)
    picture = typed.read(tmp_path / "form.pdf")
    assert picture.healthy
    assert picture.text is not None
    for text, there in (("Pier 4", True), ("Cabin 12", True), ("Never shown", False), ("Printed only", False)):
        assert (text in picture.text) is there, text
    (word,) = [word for word in picture.words if word.text == "Pier"]
    assert (word.box.x0, word.box.y0) == (pytest.approx(152 * 2, abs=4), pytest.approx((300 - 166) * 2, abs=8))


def test_a_field_whose_looks_are_left_to_the_viewer_is_read(tmp_path: Path) -> None:
    typed = Typed()
    typed.annotate("Berth 31", 170, Name.Widget)
    field = typed.page.Annots[0]
    del field["/AP"]
    field.DA = String("/F1 12 Tf 0 g")
    typed.pdf.Root.AcroForm.NeedAppearances = True
    typed.pdf.Root.AcroForm.DA = String("/F1 12 Tf 0 g")
    picture = typed.read(tmp_path / "bare.pdf")
    assert (picture.healthy, "Berth 31" in (picture.text or "")) == (True, True)


def test_a_hidden_layer_is_found_within_a_form_and_on_a_picture(tmp_path: Path) -> None:
    for inner in (False, True):
        typed = Typed()
        group = typed.pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("draft")))
        typed.pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))
        form = typed.pdf.make_stream(b"BT /F1 12 Tf 30 120 Td (Draft 88) Tj ET")
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 400, 300])
        form.Resources = Dictionary(Font=typed.page.Resources.Font)
        if inner:
            form.Resources.Properties = Dictionary(Draft=group)
        else:
            form.OC = group
        typed.page.Resources.XObject = Dictionary(Fm1=form)
        typed.content += "/Fm1 Do\n"
        assert typed.read(tmp_path / "within.pdf").text is None


@pytest.mark.parametrize(
    ("config", "group", "hidden"),
    [
        ({"OFF": "it"}, {}, True),
        ({"BaseState": Name.OFF}, {}, True),
        ({"BaseState": Name.OFF, "ON": "it"}, {}, False),
        ({"ON": "it"}, {}, False),
        ({}, {}, False),
        ({}, {"Usage": Dictionary(View=Dictionary(ViewState=Name.OFF))}, True),
    ],
)
def test_a_page_with_a_hidden_layer_has_no_text_to_trust(
    tmp_path: Path, config: dict[str, object], group: dict[str, object], hidden: bool
) -> None:
    typed = Typed()
    typed.layer("Crew only: 77 crates", 120, config=config, **group)
    picture = typed.read(tmp_path / "layers.pdf")
    assert look_up_traits(tmp_path / "layers.pdf", 1, 1).hiding == (frozenset({1}) if hidden else frozenset())
    assert (picture.text, picture.healthy) == (None, False) if hidden else "77 crates" in (picture.text or "")


def test_other_pages_than_the_one_with_the_hidden_layer_keep_their_text(tmp_path: Path) -> None:
    typed = Typed()
    typed.layer("Crew only: 77 crates", 120, config={"OFF": "it"})
    typed.read(tmp_path / "one.pdf")
    other = Typed()
    other.read(tmp_path / "two.pdf")
    with pikepdf.open(tmp_path / "one.pdf") as both, pikepdf.open(tmp_path / "two.pdf") as second:
        both.pages.extend(second.pages)
        (tmp_path / "both.pdf").write_bytes(saved(both))
    first, last = read_pages(tmp_path / "both.pdf", 1, 2, IngestOptions())
    assert isinstance(first, Picture)
    assert isinstance(last, Picture)
    assert (first.text, last.healthy) == (None, True)


@pytest.mark.parametrize(("text", "size"), [("No sailings on Sunday", 40), ("Cancelled", 80), ("Rain", 30)])
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (60, 230)])
def test_text_in_a_picture_beside_the_layer_makes_it_no_stand_in(
    tmp_path: Path, text: str, size: int, paper: int, ink: int
) -> None:
    sheet = Sheet((900, 300), paper)
    sheet.text((30, 60), text, size=size, ink=ink)
    typed = Typed()
    typed.picture(sheet, (30, 60, 300, 100))
    found = typed.read(tmp_path / "words.pdf")
    assert (found.healthy, found.stands_in) == (False, True)
    gaps = np.reshape(found.gaps, (-1, 4))
    assert ((gaps[:, 0] >= 2 * 30) & (gaps[:, 1] >= 2 * 140) & (gaps[:, 3] <= 2 * 240)).all()
    typed = Typed()
    empty = Sheet((900, 300))
    typed.picture(empty, (30, 60, 300, 100))
    found = typed.read(tmp_path / "empty.pdf")
    assert (found.healthy, found.stands_in, found.gaps) == (True, True, ())


@pytest.mark.parametrize("over", ["1 g", "0 g", "0.5 g"])
def test_a_word_that_is_painted_over_is_no_word_and_the_others_stand_in(tmp_path: Path, over: str) -> None:
    typed = Typed()
    typed.content += f"{over} 28 208 50 14 re f\n"
    picture = typed.read(tmp_path / "over.pdf")
    assert (picture.healthy, picture.stands_in) == (False, True)
    assert "Children" not in (picture.text or "")
    assert "under six travel free" in (picture.text or "")
    assert [word.text for word in picture.words] == " ".join(LINES).replace("Children ", "").split()


def test_a_word_of_which_a_part_is_painted_over_is_doubted(tmp_path: Path) -> None:
    typed = Typed()
    typed.content += "0 g 28 208 20 14 re f\n"
    picture = typed.read(tmp_path / "half.pdf")
    assert (picture.stands_in, [word.text for word in picture.words if not word.confidence]) == (True, ["Children"])
    # as a ground truth the layer keeps it: a picture that shows the same word looks alike
    assert (picture.healthy, "Children" in (picture.text or "")) == (True, True)


@pytest.mark.parametrize("over", ["28 208 50 7", "28 216 50 9"])
def test_a_word_of_which_the_lower_or_upper_half_is_painted_over_is_doubted(tmp_path: Path, over: str) -> None:
    """Its letters are seen in part, and look like others."""
    typed = Typed()
    typed.content += f"1 g {over} re f\n"
    picture = typed.read(tmp_path / "half.pdf")
    assert picture.stands_in
    assert [word.text for word in picture.words if not word.confidence] == ["Children"]


def test_of_two_words_in_one_place_neither_is_sure(tmp_path: Path) -> None:
    """An amount is painted over and another written there: PDFium gives both."""
    typed = Typed()
    typed.content += (
        "BT /F1 12 Tf 30 150 Td (Fare 420) Tj ET 1 g 58 146 30 16 re f 0 g BT /F1 12 Tf 58 150 Td (995) Tj ET\n"
    )
    picture = typed.read(tmp_path / "twice.pdf")
    assert (picture.healthy, picture.stands_in) == (False, True)
    assert {word.text for word in picture.words if not word.confidence} == {"420", "995"}
    assert "Fare" in (picture.text or "")
    gaps = np.reshape(picture.gaps, (-1, 4))
    assert ((gaps[:, 0] < 2 * 60) & (gaps[:, 2] > 2 * 70)).any()


@pytest.mark.parametrize("look", ["3 Tr", "1 g", "7 Tr"])
def test_text_that_is_not_drawn_is_not_read(tmp_path: Path, look: str) -> None:
    typed = Typed()
    typed.content += f"q BT {look} /F1 12 Tf 30 120 Td (Internal note 77) Tj ET Q\n"
    picture = typed.read(tmp_path / "unseen.pdf")
    assert (picture.healthy, picture.stands_in, "Internal" in (picture.text or "")) == (False, True, False)
    assert picture.gaps == ()


def test_a_picture_of_a_word_over_that_word_is_as_good_as_the_word(tmp_path: Path) -> None:
    """Hancom's word processor draws bold letters as pictures over the text."""
    sheet = Sheet((600, 60))
    sheet.text((4, 6), "No sailings on Sunday", size=40)
    typed = Typed()
    typed.content += "BT /F1 20 Tf 30 100 Td (No sailings on Sunday) Tj ET\n"
    typed.picture(sheet, (28, 94, 230, 24))
    picture = typed.read(tmp_path / "bold.pdf")
    assert (picture.healthy, picture.stands_in) == (True, True)
    assert [word.text for word in picture.words if not word.confidence] == ["No", "sailings", "on", "Sunday"]
    assert "No sailings on Sunday" in (picture.text or "")
    assert picture.gaps


def test_a_hyphen_at_the_end_of_a_line_ends_its_word(tmp_path: Path) -> None:
    typed = Typed()
    typed.content += "BT /F1 12 Tf 30 150 Td (The boats lie in the har-) Tj 0 -14 Td (bour at night) Tj ET\n"
    picture = typed.read(tmp_path / "hyphen.pdf")
    assert "har-\nbour" in (picture.text or "").replace("\r", "")
    lines = {word.text: word.line for word in picture.words}
    assert lines["bour"] == lines["har-"] + 1 == lines["night"]


def test_a_note_on_a_scan_is_not_lost(tmp_path: Path) -> None:
    """A scan is taken as it stands in the file only where nothing else is drawn on the page."""
    sheet = Sheet((800, 600), 250)
    sheet.text((60, 60), "Weighed at the harbour", size=30)
    jpeg = encode(np.asarray(sheet.image.convert("L")), jpeg_quality=90)
    pages = []
    for noted in (False, True):
        typed = Typed()
        image = typed.pdf.make_stream(jpeg)
        image.Type, image.Subtype, image.ColorSpace, image.BitsPerComponent = (
            Name.XObject,
            Name.Image,
            Name.DeviceGray,
            8,
        )
        image.Width, image.Height, image.BitsPerComponent, image.Filter = 800, 600, 8, Name.DCTDecode
        typed.page.Resources.XObject = Dictionary(Im1=image)
        typed.content = "q 400 0 0 300 0 0 cm /Im1 Do Q"
        if noted:
            typed.annotate("Paid", 100, Name.FreeText)
        pages.append(typed.read(tmp_path / f"scan {noted}.pdf").image)
    assert pages[0] == jpeg
    assert pages[1] != jpeg


@pytest.mark.shared
@pytest.mark.parametrize(("case", "healthy"), [("07", True), ("08", False), ("09", False)])
def test_the_shared_cases(case: str, healthy: bool) -> None:
    found = sorted(SHARED.glob(f"{case}-*/input.pdf"))
    if not found:
        pytest.skip(f"{SHARED} is not there")
    (picture,) = read_pages(found[0], 1, 1, IngestOptions())
    assert isinstance(picture, Picture)
    assert picture.healthy is healthy
    assert picture.stands_in is (case != "08")
    assert bool(picture.gaps) is (case == "09")
    assert ("Quay maps of 1934" in (picture.text or "")) is (case == "07")
    assert "995,000" not in (picture.text or "")
