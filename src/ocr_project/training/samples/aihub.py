"""AI-Hub's Korean OCR data: images with annotated words, as published or merged by the predecessor.

Two forms of annotation, in files of one image or of many:

    public documents, text in the wild    {"images": […], "annotations": [{"image_id", "annotation.bbox" | "bbox":
                                          [x, y, width, height], "annotation.text" | "text"}]}
    public, finance and logistics,        {"Images": {…}, "bbox" | "Bbox": [{"x": [4], "y": [4], "data"}]}; merged,
    handwriting                           "bbox" is the four x and then the four y, and no id is left: images and
                                          annotations belong together by "original_json_path"

Images are found by a walk of `training_data.images`: the predecessor's lookup files are not needed. `aihub_documents`
has what becomes of the JSON; here its images become samples.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from ocr_project.domain.errors import BrokenDocument, SourceError
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Box, Document, Status
from ocr_project.engine.imaging.pixels import Pixels, clip, decode, encode
from ocr_project.engine.ingest import read_single_page
from ocr_project.training.samples.aihub_documents import Annotated, ImageWalk, read_annotated
from ocr_project.training.samples.source import Entry, Found, Refused, digest_of, file_mark, found_by
from ocr_project.training.samples.words import PlacedWord, lines_of

_KEPT = 4  # decoded images, of some 26 MB each
_Value = tuple[Annotated, PlacedWord | None]


def open_aihub(label: str, path: Path, images: Path | None, ingest: IngestOptions, *, words: bool) -> AihubSource:
    """List the images of JSON files, or their words.

    Args:
        label: See `SampleSource.label`.
        path: A JSON file, or a folder of them.
        images: Folder below which images are looked for. None: the folder of the JSON.
        ingest: Limits of reading images.
        words: Each word is an entry; otherwise each image.

    Raises:
        SourceError: There is no JSON file of these forms.
    """
    files = [path] if path.is_file() else sorted(path.rglob("*.json"))
    annotated = [one for file in files for one in read_annotated(file)]
    if not annotated:
        raise SourceError(f"training_data.sources: {path} holds no JSON with images and annotations of AI-Hub's forms")
    walk = ImageWalk(images or (path.parent if path.is_file() else path))
    entries: list[Entry[_Value]] = []
    for one in annotated:
        mark = f"{digest_of(repr(one))} {file_mark(walk.find(one.name))}"
        if not words or not one.words:
            entries.append(Entry(one.place, one.document, mark, (one, None)))
            continue
        for number, word in enumerate(one.words, 1):
            entries.append(Entry(f"{one.place}#{number:04d}", one.document, mark, (one, word)))
    return AihubSource(label, entries, walk, ingest, words=words)


class AihubSource:
    """Annotated images; the words of one lie side by side, and are cut out of it while it is decoded."""

    def __init__(
        self, label: str, entries: Sequence[Entry[_Value]], walk: ImageWalk, ingest: IngestOptions, *, words: bool
    ) -> None:
        """Keep the list; arguments as those of `open_aihub`."""
        self.label = label
        self.entries = entries
        self._walk = walk
        self._ingest = ingest
        self._words = words
        self._lock = threading.Lock()
        self._decoded: OrderedDict[Path, Future[Pixels]] = OrderedDict()

    def read(self, indices: Sequence[int]) -> list[Found]:
        return [found_by(self._found, self.entries[index].value) for index in indices]

    def _found(self, value: _Value) -> Found:
        annotated, word = value
        if not annotated.words:
            raise Refused("no_words", "none of its annotations has a text and a box", Status.EMPTY)
        path = self._walk.path(annotated.name)
        if word is None:
            return Found(path, whole_page=True, answer=lines_of(annotated.words))
        if not word.text.strip():
            raise Refused("empty_answer", "the word has no text", Status.EMPTY)
        return Found(self._crop(path, word.box), answer=word.text.strip())

    def _crop(self, path: Path, box: Box) -> bytes:
        pixels = self._pixels(path)
        height, width = pixels.shape[:2]
        if box.x0 >= width or box.y0 >= height or box.x1 <= 0 or box.y1 <= 0:
            raise Refused("outside_image", f"the box {tuple(map(round, box))} is outside of {width} x {height} pixels")
        x0, y0, x1, y1 = clip(box, width, height)
        return encode(pixels[y0:y1, x0:x1])

    def _pixels(self, path: Path) -> Pixels:
        """Decode an image once, for all threads that cut words out of it."""
        with self._lock:
            there = path in self._decoded
            decoded = self._decoded.setdefault(path, Future())
            while len(self._decoded) > _KEPT:
                self._decoded.popitem(last=False)
        if not there:
            try:
                decoded.set_result(self._decode(path))
            except BaseException as error:  # the others that wait for it are told, too
                decoded.set_exception(error)
        return decoded.result()

    def _decode(self, path: Path) -> Pixels:
        page = read_single_page(Document("", path.name, "", "", 1, 0, ""), 1, path, self._ingest)
        if page.image is None:
            raise Refused(page.reason.partition(":")[0] or "unusable", page.reason, Status.FAILED)
        try:
            return decode(page.image)
        except BrokenDocument as error:
            raise Refused(error.code, error.reason, Status.FAILED) from error
