"""Pages whose text layer stands in for OCR: its words in their regions, and a recognizer for what no word says.

1. Words go to the smallest region around their middle; those of a table into the cells that are drawn. Words that no
   region holds are left to the transcript.
2. A region without words is read by the recognizer, as on any page. So is one with gaps (what looks like text and lies
   under no word of the layer), from an image in which the words are painted over; of what is read there, words on gaps
   are kept, in the lines in which they stand.
3. A doubted word (`engine/ingest/seen_text.py`) is kept if the recognizer reads about the same in its place.
4. A formula is the recognizer's, where it writes it as one.

What is done here is part of the version of ingest (`engine/ingest/source.py`), which decides which pages are read so.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from itertools import groupby

import numpy as np

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.protocols import Recognizer, SubmittingRecognizer
from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Status, TextFormat, Word
from ocr_project.engine.imaging.borderless_table import find_borderless_table, judge_cells
from ocr_project.engine.imaging.pixels import Pixels, clip, crop, encode, page_grey, page_pixels
from ocr_project.engine.imaging.ruled_table import TableCell, find_ruled_cells
from ocr_project.engine.imaging.small_print import ScaledCrop
from ocr_project.engine.imaging.words import TooBusy
from ocr_project.engine.recognition.crop_places import CropToPage, known_cells
from ocr_project.engine.recognition.table_html import to_html

_PICTURES = frozenset({Label.PICTURE, Label.CHART, Label.SEAL})
_EDGE = 2  # pixels around a word that are painted over too: letters are a little larger than their boxes
_ALIKE = 0.6  # share of the letters of doubted words that are read in their place
_MOST_OUTSIDE = 0.1  # of the words of a table with drawn cells: more, and the cells are not those of the text
_DEFAULT_DPI = 150.0


def recognize_page(recognizer: Recognizer, page: Page, regions: Sequence[Region]) -> list[Recognition]:
    """Read the regions of a page, by its text layer as far as that stands in for OCR."""
    if not _stands_in(page):
        return recognizer.recognize(page, regions)
    reading = LayerReading(page, regions)
    question = reading.question()
    return reading.answer(recognizer.recognize(*question) if question else ())


def submit_page(recognizer: SubmittingRecognizer, page: Page, regions: Sequence[Region]) -> Future[list[Recognition]]:
    """Return at once with what `recognize_page` will return."""
    if not _stands_in(page):
        return recognizer.submit(page, regions)
    reading = LayerReading(page, regions)
    question = reading.question()
    answered: Future[list[Recognition]] = Future()

    def answer(read: Future[list[Recognition]]) -> None:
        try:
            answered.set_result(reading.answer(read.result()))
        except BaseException as error:  # it belongs to the caller, who waits for the page
            answered.set_exception(error)

    if question is None:
        answered.set_result(reading.answer(()))
    else:
        recognizer.submit(*question).add_done_callback(answer)
    return answered


def _stands_in(page: Page) -> bool:
    return page.text_layer_preferred and bool(page.text_layer_words)


class LayerReading:
    """One page while it is read."""

    def __init__(self, page: Page, regions: Sequence[Region]) -> None:
        """Put the words of the layer into the regions.

        Args:
            page: Its text layer is preferred, and its words are there.
            regions: Of the page, any order.
        """
        self._page, self._regions = page, regions
        self._words: defaultdict[int | None, list[Word]] = defaultdict(list)
        self._gaps: defaultdict[int | None, list[Box]] = defaultdict(list)
        for word in page.text_layer_words:
            self._words[_home(word.box, regions)].append(word)
        edges = page.text_layer_gaps
        for gap in (Box(*edges[at : at + 4]) for at in range(0, len(edges), 4)):
            self._gaps[_home(gap, regions)].append(gap)
        self._asked = [region for region in regions if self._is_asked(region)]

    def question(self) -> tuple[Page, list[Region]] | None:
        """Return the page and the regions that a recognizer is to read; `None` where there are none."""
        if not self._asked:
            return None
        covered = [word.box for r in self._asked for word in self._words[r.index] if word.confidence]
        page = replace(self._page, text_layer_preferred=False)
        if covered and page.image is not None:
            with suppress(DocumentError):  # the recognizer says of each region that the page cannot be decoded
                page = replace(page, image=encode(_painted(page_pixels(page), covered)), media_type="image/png")
        return page, self._asked

    def answer(self, read: Sequence[Recognition]) -> list[Recognition]:
        """Return a recognition for each region, in the order given.

        Args:
            read: Of the regions of `question`.
        """
        by_index = {recognition.index: recognition for recognition in read}
        return [self._merged(region, by_index.get(region.index)) for region in self._regions]

    def _is_asked(self, region: Region) -> bool:
        if not self._words[region.index]:
            return True
        return region.label not in _PICTURES and (region.label is Label.FORMULA or bool(self._gaps[region.index]))

    def _merged(self, region: Region, read: Recognition | None) -> Recognition:
        words = self._words[region.index]
        if read is not None and (not words or (read.format is TextFormat.LATEX and read.text.strip())):
            return read
        sure = [word for word in words if word.confidence]
        if read is None:
            return self._recognition(region, sure)
        if not read.words and read.text.strip():
            return self._without_places(region, words, read)
        return replace(
            self._recognition(region, _one_line_each(sure, self._read_in_gaps(region, words, read))),
            status=Status.FAILED if read.status is Status.FAILED else Status.OK,
            reason=read.reason if read.status is Status.FAILED else "",
            attempts=read.attempts,
            seconds=read.seconds,
        )

    def _read_in_gaps(self, region: Region, words: Sequence[Word], read: Recognition) -> list[Word]:
        """Return the words that were read on gaps, and doubted words in the place of those that say the same."""
        gaps = self._gaps[region.index]
        left = [word for word in read.words if any(_holds_middle(gap, word.box) for gap in gaps)]
        doubted = [word for word in words if not word.confidence]
        for _, run in groupby(doubted, key=lambda word: word.line):
            line = list(run)
            hull = _hull(word.box for word in line)
            there = [word for word in left if _holds_middle(hull, word.box)]
            if _says(there, line):
                left = [word for word in left if word not in there] + [replace(word, confidence=1.0) for word in line]
        return left

    def _without_places(self, region: Region, words: Sequence[Word], read: Recognition) -> Recognition:
        """Merge with what a recognizer read that does not say where its words stand."""
        doubted = [word for word in words if not word.confidence]
        if doubted and _says([Word(read.text, region.box)], doubted):
            return self._recognition(region, [replace(word, confidence=1.0) for word in words])
        sure = [word for word in words if word.confidence]
        if not sure:
            return read
        known, gaps = _hull(word.box for word in sure), _hull(self._gaps[region.index])
        found = self._recognition(region, sure)
        plain = found.text if found.format is TextFormat.TEXT else _lines(sure)
        first = (gaps.y0 + gaps.y1) / 2 < (known.y0 + known.y1) / 2
        text = "\n".join((read.text, plain) if first else (plain, read.text))
        return replace(read, text=text, format=TextFormat.TEXT)

    def _recognition(self, region: Region, words: Sequence[Word]) -> Recognition:
        confidence = sum(word.confidence for word in words) / max(1, len(words))
        found = Recognition(
            region.page_id, region.index, _lines(words), words=tuple(words), confidence=confidence, attempts=0
        )
        if region.label is not Label.TABLE or not words:
            return found if words else replace(found, status=Status.EMPTY, reason="nothing to read")
        table = _table(self._page, region, words)
        return found if table is None else replace(table, confidence=confidence, attempts=0)


def _home(box: Box, regions: Sequence[Region]) -> int | None:
    """Return the index of the smallest region that holds the middle of a box."""
    around = [region for region in regions if _holds_middle(region.box, box)]
    return min(around, key=lambda region: (region.box.area, region.index)).index if around else None


def _holds_middle(outer: Box, box: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return outer.x0 <= x < outer.x1 and outer.y0 <= y < outer.y1


def _hull(boxes: Iterable[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return Box(min(x0), min(y0), max(x1), max(y1))


def _says(read: Sequence[Word], doubted: Sequence[Word]) -> bool:
    said, wanted = ("".join("".join(word.text for word in words).split()) for words in (read, doubted))
    matched = difflib.SequenceMatcher(None, said, wanted, autojunk=False).get_matching_blocks()
    return bool(said) and sum(block.size for block in matched) >= _ALIKE * max(len(wanted), len(said))


def _lines(words: Sequence[Word]) -> str:
    return "\n".join(" ".join(word.text for word in line) for line in _by_line(words))


def _by_line(words: Sequence[Word]) -> list[list[Word]]:
    return [list(line) for _, line in groupby(sorted(words, key=lambda w: w.line), key=lambda w: w.line)]


def _one_line_each(known: Sequence[Word], added: Sequence[Word]) -> list[Word]:
    """Put words among others: into the line at whose height they stand, or as a line of their own between lines."""
    lines = _by_line(known)
    for group in _by_line(added):
        box = _hull(word.box for word in group)
        middle = (box.y0 + box.y1) / 2
        hulls = [_hull(word.box for word in line) for line in lines]
        beside = next((at for at, hull in enumerate(hulls) if hull.y0 <= middle < hull.y1), None)
        if beside is not None:
            lines[beside] = sorted([*lines[beside], *group], key=lambda word: word.box.x0)
            continue
        below = next((at for at, hull in enumerate(hulls) if hull.y0 > middle), len(lines))
        lines.insert(below, group)
    return [replace(word, line=number) for number, line in enumerate(lines) for word in line]


def _painted(pixels: Pixels, boxes: Sequence[Box]) -> Pixels:
    """Paint boxes over with the paper around them; in place."""
    height, width = pixels.shape[:2]
    for box in boxes:
        x0, y0, x1, y1 = clip(Box(box.x0 - _EDGE, box.y0 - _EDGE, box.x1 + _EDGE, box.y1 + _EDGE), width, height)
        inside = pixels[y0:y1, x0:x1]
        around = np.concatenate([inside[[0, -1]].reshape(-1, 3), inside[:, [0, -1]].reshape(-1, 3)])
        inside[...] = np.median(around, axis=0)
    return pixels


def _table(page: Page, region: Region, words: Sequence[Word]) -> Recognition | None:
    """Put words into the cells of a table as it is drawn; `None` where none are found, or not those of the words."""
    try:
        cut = np.ascontiguousarray(crop(page_grey(page), region))
        piece = ScaledCrop(cut, page.dpi or _DEFAULT_DPI, 1.0)
        cells, cleaned = find_ruled_cells(piece.pixels, piece.dpi, known_cells(region, piece))
        cells, crowded = judge_cells(cells, cleaned)
        borderless = find_borderless_table(piece.pixels, piece.dpi) if crowded or not cells else None
    except (DocumentError, TooBusy):
        return None
    heading = 0
    if borderless is not None:
        cells, heading = list(borderless.cells), borderless.heading
    to_page = CropToPage(region, piece)
    places = {cell: to_page(cell.box) for cell in cells if any(cell.box)}
    if not places:
        return None
    held: dict[TableCell, list[Word]] = {}
    outside = 0
    for word in words:
        nearest = min(places, key=lambda cell: _distance(places[cell], word.box))
        outside += borderless is None and _distance(places[nearest], word.box) > 0
        held.setdefault(nearest, []).append(word)
    if outside > _MOST_OUTSIDE * len(words):
        return None
    html = to_html(cells, {cell: _lines(found) for cell, found in held.items()}, heading)
    in_rows = [replace(w, line=cell.row) for cell in cells for w in _in_order(held.get(cell, ()))]
    return Recognition(region.page_id, region.index, html, TextFormat.HTML, tuple(in_rows))


def _in_order(words: Sequence[Word]) -> list[Word]:
    return [word for line in _by_line(words) for word in line]


def _distance(place: Box, box: Box) -> float:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return max(place.x0 - x, x - place.x1, 0.0) + max(place.y0 - y, y - place.y1, 0.0)
