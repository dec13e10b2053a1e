"""The laptop's recognizer: each region in the segmentation mode that fits it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import tesserocr
from numpy.typing import NDArray

from ocr_project.domain.options import LANGUAGE_SEPARATOR, PpOcrWeights, TesseractOptions
from ocr_project.domain.types import Identity, Label, Page, Recognition, Region, Status, TextFormat
from ocr_project.engine.imaging.borderless_table import (
    BorderlessTable,
    find_borderless_table,
    has_letters,
    judge_cells,
)
from ocr_project.engine.imaging.ink import levels
from ocr_project.engine.imaging.leaders import find_leaders
from ocr_project.engine.imaging.pixels import crop
from ocr_project.engine.imaging.preparing import prepare
from ocr_project.engine.imaging.ruled_table import TableCell, find_ruled_cells, without_lines
from ocr_project.engine.imaging.small_print import PrintSize, ScaledCrop, enlarge, measure_print
from ocr_project.engine.imaging.table_fills import lift_cells
from ocr_project.engine.imaging.tesseract import Reader, ReadWord
from ocr_project.engine.imaging.text_bands import find_bands, ink_box
from ocr_project.engine.imaging.words import TooBusy
from ocr_project.engine.models.onnx.line_reader import LineReader, find_line_reader
from ocr_project.engine.recognition.blank_words import put_blanks, without_blanks
from ocr_project.engine.recognition.bullets import put_bullet
from ocr_project.engine.recognition.crop_places import known_cells
from ocr_project.engine.recognition.korean import read_latin
from ocr_project.engine.recognition.korean_marks import middle_dots, put_circle
from ocr_project.engine.recognition.latin_lines import LatinReader, find_latin_reader
from ocr_project.engine.recognition.leader_words import put_leaders
from ocr_project.engine.recognition.mending import mended
from ocr_project.engine.recognition.outcomes import LEAST_SIDE, UNREAD, assembled, empty, opened, unread
from ocr_project.engine.recognition.page_lines import is_slip, read_page
from ocr_project.engine.recognition.print_marks import one_kind_of_quotes
from ocr_project.engine.recognition.read_words import by_cell, mean_confidence, moved, words_as_lines
from ocr_project.engine.recognition.russian import mend_russian
from ocr_project.engine.recognition.scripts import (
    CLEARER,
    ENOUGH,
    SURE,
    Sampled,
    by_script,
    letters_in,
    may_be_foreign,
    surest,
)
from ocr_project.engine.recognition.sideways import QUARTERS, may_be_sideways, turned_back
from ocr_project.engine.recognition.signs import pair_quotes, won_signs
from ocr_project.engine.recognition.table_html import to_html
from ocr_project.engine.recognition.unread_ink import name_unread
from ocr_project.engine.recognition.wide_set import narrowed

VERSION = "28"
_ENGLISH = "eng"  # the one language of Latin script that the trained reader was measured on
_LINE = tesserocr.PSM.SINGLE_LINE
_MARGIN = 8  # pixels of white around a crop: single lines want at least 4
# Set by hand; what they give on the shared pages is in docs/log.md.
_FILLED_UP = 160  # pixels that parts of Korean lines are filled up to: half of what English needs, read as well
_SAMPLES = 4  # regions that are looked at to tell the script of a page
_SAMPLE_SIDES = 120, 900  # height and width in pixels of what is read of them: a few lines
_CONTENTS_SIDES = 480, 1800  # the same of tables, and where dots lead from titles to numbers: there is little between
_MANY_LETTERS = 300  # tell the script where `ENOUGH` do not
_DOUBTFUL = 0.6  # confidence of a line that is read once more, as a block
_SHORT = 4  # heights that a short word is wide, at most
_CLEAR = 0.8  # confidence of each word where a line is read without the detector of lines
_LEAST_CONTRAST = 60  # grey levels within a cell that says something
_NO_ANSWERS = "Tesseract reads, and answers no questions: choose a chat model with recognition.backend"
_LARGEST_SIDE = 20_000  # pixels: beyond it Tesseract itself refuses (32,767) or runs out of memory


class TesseractRecognizer:
    """Reads regions with Tesseract, one instance a thread."""

    def __init__(self, options: TesseractOptions, tessdata: Path | None = None) -> None:
        """Build the recognizer; no model is loaded yet.

        Args:
            options: Its languages.
            tessdata: Folder of their models, as `tessdata_folder` takes it.

        Raises:
            BackendError: A model is missing.
        """
        self._languages = options.languages.split(LANGUAGE_SEPARATOR)
        scripts = by_script(self._languages)
        self._candidates = list(scripts.values())
        self._script = {names: script for script, names in scripts.items()}
        self._korean, self._latin = scripts.get("hangul", ""), scripts.get("latin", "")
        self._signs = find_line_reader(narrowest=_FILLED_UP) if self._korean and options.trained else None
        self._trained = find_latin_reader(PpOcrWeights.BOTH) if self._latin == _ENGLISH and options.trained else None
        self._reader = Reader(tessdata or options.tessdata)
        self._reader.require(self._languages)
        models = {name: self._reader.fingerprint(name) for name in self._languages}
        revision = f"{VERSION} tesseract-{tesserocr.tesseract_version().split()[1]}"
        trained = {name: reader.identity for name, reader in self._by_name() if reader is not None}
        named = {"languages": options.languages, "models": models, **({"trained": trained} if trained else {})}
        self._identity = Identity("tesseract", revision, named)

    def _by_name(self) -> tuple[tuple[str, LineReader | LatinReader | None], ...]:
        return ("signs", self._signs), ("english", self._trained)

    @property
    def identity(self) -> Identity:
        return self._identity

    def close(self) -> None:
        """Do nothing: an instance ends with its thread."""

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        grey = opened(page, regions, _NO_ANSWERS)
        if isinstance(grey, list):
            return grey
        upright, ink = prepare(grey)
        dots = find_leaders(ink)
        if dots is not None:
            upright, ink = dots.taken_off(upright, ink)
        lifted = lift_cells(upright, page.dpi)
        size = measure_print(lifted.ink(ink) if lifted else ink, page.dpi)
        found = self._recognize(upright, size, regions, _SAMPLE_SIDES if dots is None else _CONTENTS_SIDES)
        if dots is not None:
            found = [put_leaders(one, region.box, dots.boxes) for one, region in zip(found, regions, strict=True)]
        return name_unread(ink, regions, found)

    def _recognize(
        self, grey: NDArray[np.uint8], size: PrintSize, regions: Sequence[Region], sample: tuple[int, int]
    ) -> list[Recognition]:
        languages = self._languages_of(grey, size, regions, sample)
        if self._trained and languages == _ENGLISH and is_slip(regions, size):
            return read_page(grey, size, regions, self._trained.thorough)
        return [self._region(grey, size, region, languages) for region in regions]

    def _languages_of(
        self, grey: NDArray[np.uint8], size: PrintSize, regions: Sequence[Region], sample: tuple[int, int]
    ) -> str:
        readable = [region for region in regions if region.label not in UNREAD and region.status is Status.OK]
        if len(self._candidates) == 1 or not readable:
            return self._candidates[0]
        # Running text tells more than the numbers of a table.
        readable.sort(key=lambda region: (region.label is Label.TABLE, -region.box.area))
        views = [
            _middle(_on_paper(crop(grey, one), size), _CONTENTS_SIDES)
            if one.label is Label.TABLE
            else _middle(crop(grey, one), sample)
            for one in readable[:_SAMPLES]
        ]
        samples = [_padded(enlarge(view, size).pixels) for view in views]
        brief, thorough = (partial(self._sampled, samples, enough) for enough in (ENOUGH, _MANY_LETTERS))
        return surest(self._in_likely_order(samples[0]), brief, thorough)

    def _in_likely_order(self, sample: NDArray[np.uint8]) -> list[str]:
        """Ask for English first where the trained reader sees Latin letters: the first that is sure wins."""
        first = [self._latin] if self._trained and self._trained.sees_latin(sample) else []
        return [*first, *(name for name in self._candidates if name not in first)]

    def _sampled(self, samples: Sequence[NDArray[np.uint8]], enough: int, languages: str) -> Sampled:
        """Read the first samples that hold enough letters."""
        words: list[ReadWord] = []
        for sample in samples:
            words += self._reader.read(sample, languages, tesserocr.PSM.SINGLE_BLOCK, 150)
            if sum(len(word.text) for word in words) >= enough:
                break
        return Sampled(mean_confidence(words), letters_in(words))

    def _region(self, grey: NDArray[np.uint8], size: PrintSize, region: Region, languages: str) -> Recognition:
        if region.status in (Status.FAILED, Status.SKIPPED):
            return unread(region, region.reason)
        if region.label in UNREAD:
            return unread(region, f"a {region.label.value} is kept as an image, not read")
        started = time.perf_counter()
        cut = np.ascontiguousarray(crop(grey, region))
        if min(cut.shape) < LEAST_SIDE or region.status is Status.EMPTY:
            return empty(region, "nothing to read")
        if max(cut.shape) > _LARGEST_SIDE:
            reason = (
                f"too_large: {cut.shape[1]} x {cut.shape[0]} pixels are more than Tesseract reads; lower ingest.dpi"
            )
            return Recognition(region.page_id, region.index, "", status=Status.FAILED, reason=reason)
        piece = without_blanks(enlarge(cut, size))
        recognition = self._table(piece, region, languages) if region.label is Label.TABLE else None
        if recognition is None:
            recognition = assembled(region, put_blanks(self._read(piece, region, languages), piece), piece)
        return replace(recognition, seconds=time.perf_counter() - started)

    def _table(self, piece: ScaledCrop, region: Region, languages: str) -> Recognition | None:
        """Read a table by its cells; None where none are found."""
        try:
            cells, cleaned = find_ruled_cells(piece.pixels, piece.dpi, known_cells(region, piece))
            cells, crowded = judge_cells(cells, cleaned)
            borderless = find_borderless_table(piece.pixels, piece.dpi) if crowded or not cells else None
        except TooBusy:
            return None
        if borderless is not None:
            return self._borderless_table(borderless, piece, region, languages)
        texts: dict[TableCell, str] = {}
        words: list[ReadWord] = []
        table = replace(piece, pixels=cleaned)
        for cell in cells:
            found = put_blanks(self._cell(table, cell, region, languages), piece, cell.box)
            texts[cell] = words_as_lines(found)
            words += [replace(word, line=cell.row) for word in found]
        if not words:
            return None if has_letters(cleaned) else empty(region, f"an empty table of {len(cells)} cells")
        return replace(assembled(region, words, piece), text=to_html(cells, texts), format=TextFormat.HTML)

    def _borderless_table(
        self, table: BorderlessTable, piece: ScaledCrop, region: Region, languages: str
    ) -> Recognition | None:
        """Read rows of one line from end to end, since words tell each other's height, and others cell by cell."""
        read: dict[TableCell, list[ReadWord]] = {}
        cleaned = replace(piece, pixels=table.cleaned)
        for number, row in enumerate(table.rows):
            cells = [cell for cell in table.cells if cell.row == number and any(cell.box)]
            strip = np.ascontiguousarray(table.cleaned[row.top : row.bottom])
            words = self._line(strip, row.top, languages, piece.dpi) if row.single else []
            if row.single:  # a cell of a blank alone has no ink, and no box
                words = put_blanks(words, piece, (0, row.top, strip.shape[1], row.bottom))
            across = by_cell(words, cells) if cells else {}
            for cell in cells:
                read[cell] = across.get(cell) or put_blanks(
                    self._cell(cleaned, cell, region, languages), piece, cell.box
                )
        everything = [replace(word, line=cell.row) for cell, found in read.items() for word in found]
        if not everything:
            return None
        html = to_html(table.cells, {cell: words_as_lines(found) for cell, found in read.items()}, table.heading)
        return replace(assembled(region, everything, piece), text=html, format=TextFormat.HTML)

    def _cell(self, table: ScaledCrop, cell: TableCell, region: Region, languages: str) -> list[ReadWord]:
        x0, y0, x1, y1 = cell.box
        inside = table.pixels[y0:y1, x0:x1]
        if int(inside.max()) - int(inside.min()) < _LEAST_CONTRAST:
            return []
        upright = replace(table, pixels=np.ascontiguousarray(inside))
        found = self._read(upright, region, languages)
        if may_be_sideways(upright.pixels, table.line):
            found = max(found, *self._sideways(upright, region, languages), key=mean_confidence)
        return [moved(word, x0, y0) for word in found]

    def _sideways(self, cell: ScaledCrop, region: Region, languages: str) -> Iterator[list[ReadWord]]:
        """Read a cell turned to either side; the words of each have their boxes in the cell as it stands."""
        for quarters in QUARTERS:
            turned = replace(cell, pixels=np.ascontiguousarray(np.rot90(cell.pixels, quarters)))
            found = self._read(turned, region, languages)
            yield [turned_back(word, quarters, cell.pixels.shape) for word in found]

    def _read(self, piece: ScaledCrop, region: Region, languages: str) -> list[ReadWord]:
        """Read line by line where the lines can be told apart: of whole blocks Tesseract drops some."""
        cut, dpi = piece.pixels, piece.dpi
        if region.label is Label.PAGE:
            return self._piece(cut, 0, languages, tesserocr.PSM.AUTO, dpi)
        bands = find_bands(cut, piece.line)
        if self._trained and languages == _ENGLISH:
            return one_kind_of_quotes(self._read_trained(cut, bands, dpi, self._trained))
        if not bands:
            return self._piece(cut, 0, languages, tesserocr.PSM.SINGLE_BLOCK, dpi)
        words: list[ReadWord] = []
        for line, (top, bottom) in enumerate(bands):
            found = self._line(np.ascontiguousarray(cut[top:bottom]), top, languages, dpi)
            words += [replace(word, line=line) for word in found]
        return pair_quotes(words) if self._signs and languages == self._korean else words

    def _read_trained(
        self, cut: NDArray[np.uint8], bands: Sequence[tuple[int, int]], dpi: float, reader: LatinReader
    ) -> list[ReadWord]:
        """Read English: by bands where all of them are clear, else by the lines that a detector finds."""
        by_bands = [self._line(np.ascontiguousarray(cut[a:b]), a, _ENGLISH, dpi) for a, b in bands]
        words = [replace(word, line=line) for line, found in enumerate(by_bands) for word in found]
        if by_bands and min(map(mean_confidence, by_bands)) >= _CLEAR:
            return words
        found = max(words, reader.read(cut), key=mean_confidence)
        if mean_confidence(found) >= _DOUBTFUL:
            return found
        return max(found, self._piece(cut, 0, _ENGLISH, tesserocr.PSM.SINGLE_BLOCK, dpi), key=mean_confidence)

    def _line(self, one: NDArray[np.uint8], top: int, languages: str, dpi: float) -> list[ReadWord]:
        """Read a line in the language of its page; where that is in doubt, in the surest."""
        if languages == _ENGLISH and (read := self._trained_line(one, top)):
            return read
        found = self._piece(one, top, languages, _LINE, dpi)
        if languages == self._korean and mean_confidence(found) < SURE and (closer := narrowed(one)):
            again = [closer.placed(word) for word in self._piece(closer.pixels, 0, languages, _LINE, dpi)]
            if mean_confidence(again) >= max(SURE, mean_confidence(found) + CLEARER):
                return self._mended([moved(word, 0, top) for word in again], one, top, languages, dpi)
        if may_be_foreign(found, mean_confidence(found), self._script[languages]):
            other, again = self._in_others(one, top, languages, dpi)
            if mean_confidence(again) >= max(SURE, mean_confidence(found) + CLEARER):
                return self._mended(again, one, top, other, dpi)
        if mean_confidence(found) < _DOUBTFUL:
            found = max(found, self._once_more(one, top, languages, dpi), key=mean_confidence)
        return self._mended(found, one, top, languages, dpi)

    def _trained_line(self, one: NDArray[np.uint8], top: int) -> list[ReadWord]:
        """Read a line of English by the trained reader; nothing where there is none, or where it is not sure."""
        read = put_bullet(self._trained.read_line(one), one) if self._trained else []
        read = [moved(word, 0, top) for word in read]
        return read if mean_confidence(read) >= _CLEAR else []

    def _in_others(self, one: NDArray[np.uint8], top: int, languages: str, dpi: float) -> tuple[str, list[ReadWord]]:
        """Read a line in the surest of the languages that its page is not in."""
        read: dict[str, list[ReadWord]] = {languages: []}

        def ask(other: str) -> Sampled:
            read[other] = self._piece(one, top, other, _LINE, dpi)
            return Sampled(mean_confidence(read[other]), letters_in(read[other]))

        others = [name for name in self._candidates if name != languages]
        other = surest(others, ask) if others else languages
        return other, read[other]

    def _mended(
        self, found: list[ReadWord], one: NDArray[np.uint8], top: int, languages: str, dpi: float
    ) -> list[ReadWord]:
        """Put in what the model of the language does not know."""
        if not found:
            return found
        words = [moved(word, 0, -top) for word in found]
        if languages != self._korean:
            words = put_bullet(words, one)
            russian = self._script[languages] == "cyrillic"
            return [moved(word, 0, top) for word in (mend_russian(words, one) if russian else words)]
        if self._signs and len({word.line for word in words}) == 1:
            words = mended(words, one, self._signs, partial(self._again, dpi=dpi))
        elif self._latin:
            words = read_latin(words, one, lambda piece: self._piece(piece, 0, self._latin, _LINE, dpi))
        return [moved(word, 0, top) for word in won_signs(middle_dots(put_circle(words, one)))]

    def _again(self, line: NDArray[np.uint8], dpi: float) -> list[ReadWord]:
        return self._piece(line, 0, self._korean, _LINE, dpi)

    def _once_more(self, one: NDArray[np.uint8], top: int, languages: str, dpi: float) -> list[ReadWord]:
        """Read a doubtful line as a block; close by what is short, or of which nothing was read.

        In white Tesseract finds no line around a short word, or two; and between the lines of a cell that one of text
        fills from side to side, it finds none.
        """
        x0, y0, x1, y1 = ink_box(one)
        block: list[ReadWord] = []
        if x1 - x0 > _SHORT * (y1 - y0):
            block = self._piece(one, top, languages, tesserocr.PSM.SINGLE_BLOCK, dpi)
        close = np.ascontiguousarray(one[y0:y1, x0:x1])
        if block or min(close.shape, default=0) < LEAST_SIDE:
            return block
        read = self._piece(close, top + y0, languages, tesserocr.PSM.RAW_LINE, dpi)
        noise = x1 - x0 > _SHORT * (y1 - y0) and mean_confidence(read) < _DOUBTFUL
        return [] if noise else [moved(word, x0, 0) for word in read]

    def _piece(self, cut: NDArray[np.uint8], top: int, languages: str, mode: int, dpi: float) -> list[ReadWord]:
        words = self._reader.read(_padded(cut), languages, mode, round(dpi) or 150)
        return [_placed(word, cut.shape, top) for word in words]


def _on_paper(table: NDArray[np.uint8], size: PrintSize) -> NDArray[np.uint8]:
    """Return the crop of a table with dark print on white and without its lines."""
    return without_lines(np.ascontiguousarray(table), size.dpi)


def _middle(cut: NDArray[np.uint8], sides: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the middle of a crop, as large as a sample of its script is."""
    tops = [max(0, (size - most) // 2) for size, most in zip(cut.shape, sides, strict=True)]
    return np.ascontiguousarray(cut[tops[0] : tops[0] + sides[0], tops[1] : tops[1] + sides[1]])


def _padded(cut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put white around a crop; its own paper where that is darker than white."""
    paper = int(levels(cut, 0.90)[0])
    return np.asarray(cv2.copyMakeBorder(cut, *(_MARGIN,) * 4, borderType=cv2.BORDER_CONSTANT, value=paper), np.uint8)


def _placed(word: ReadWord, shape: tuple[int, ...], top: int) -> ReadWord:
    """Take a box out of the white that was put around a crop of the given shape, and move it down with the crop."""
    (x0, y0, x1, y1), (height, width) = word.box, shape
    left, upper = min(max(0, x0 - _MARGIN), width - 1), min(max(0, y0 - _MARGIN), height - 1) + top
    right, lower = max(1, min(x1 - _MARGIN, width)), max(1, min(y1 - _MARGIN, height)) + top
    parts = tuple([_placed(part, shape, top) for part in word.parts])
    return ReadWord(word.text, (left, upper, right, lower), word.confidence, word.line, parts)
