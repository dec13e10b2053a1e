"""Answers that are there already: of an API, of another tool, of a model that ran elsewhere.

An answer is of a whole page, or of a crop of a table or formula: `layout.backend=whole_page`. It is found by its name.
Of a page with the id `ID`, in the set `SET`, called `NAME` (docs/testsets/README.md says how items are called), these
are tried, and the first that is there is taken:

    ID    SET/NAME    NAME

and for pages of a PDF or TIFF, before them, the same with `_pgN` after NAME; their bare name is that of page 1 alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import GivenOptions
from ocr_project.domain.types import Identity, Label, Page, Recognition, Region, Status, TextFormat

NOT_READ = "not read: no answer was given"
"""How the reason of a page begins that has no answer: it is not a wrong answer, and is counted apart."""

VERSION = "1"  # raise it when the same answers would give other recognitions
_FORMATS = {
    ".md": TextFormat.MARKDOWN,
    ".txt": TextFormat.TEXT,
    ".html": TextFormat.HTML,
    ".json": TextFormat.TEXT,
}
_OF_MANY_PAGES = (".pdf", ".tif", ".tiff")
_MANY = "given answers are of whole pages, and layout found {count} regions: set layout.backend=whole_page"


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer; the format is `None` where it goes by the region."""

    text: str
    format: TextFormat | None = None


class GivenRecognizer:
    """Reads nothing: takes what was given."""

    def __init__(self, options: GivenOptions) -> None:
        """Read the answers.

        Raises:
            BackendError: There are none, two have one name, or one cannot be read.
        """
        if (options.folder is None) == (options.file is None):
            raise BackendError("recognition.backend=given needs recognition.given.folder, or recognition.given.file")
        found = _from_folder(options.folder) if options.folder else _from_file(options.file or Path())
        digest = hashlib.sha256()
        self._answers: dict[str, _Answer] = {}
        for name, answer in found:
            if name in self._answers:
                raise BackendError(f"there are two answers called {name!r} in {options.folder or options.file}")
            self._answers[name] = answer
            digest.update(json.dumps([name, answer.text, answer.format]).encode())
        if not self._answers:
            raise BackendError(f"recognition.given: there is not one answer in {options.folder or options.file}")
        self.identity = Identity("given", VERSION, {"answers": digest.hexdigest(), "count": len(self._answers)})

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        """Answer for the region that is the page."""
        rows = {region.index: row for region in regions if (row := _unread(page, region))}
        wanted = [region for region in regions if region.index not in rows]
        if len(wanted) > 1:
            reason = _MANY.format(count=len(wanted))
            rows |= {region.index: _row(region, Status.FAILED, reason) for region in wanted}
        elif wanted:
            rows[wanted[0].index] = self._answer(page, wanted[0])
        return [rows[region.index] for region in regions]

    def close(self) -> None:
        """There is nothing to stop."""

    def _answer(self, page: Page, region: Region) -> Recognition:
        names = list(_names(page))
        answer = next((self._answers[name] for name in names if name in self._answers), None)
        if answer is None:
            return _row(region, Status.SKIPPED, f"{NOT_READ}; it would be called {' or '.join(names)}")
        if not answer.text.strip():
            return _row(region, Status.EMPTY, "no text found")
        format_ = _format(answer, page, region)
        return Recognition(region.page_id, region.index, answer.text, format_, attempts=0)


def _names(page: Page) -> Iterator[str]:
    yield page.page_id
    path = PurePosixPath(page.path)
    many = path.suffix.lower() in _OF_MANY_PAGES
    plain = str(path.with_suffix("")) if many else str(path)
    bare = plain.removeprefix(f"{page.group}/") if page.group else plain
    for name in dict.fromkeys((plain, bare)):
        if many:
            yield f"{name}_pg{page.number}"
    if not many or page.number == 1:
        yield from dict.fromkeys((plain, bare))


def _format(answer: _Answer, page: Page, region: Region) -> TextFormat:
    if region.label is Label.FORMULA:
        return TextFormat.LATEX
    if answer.format is not None:
        return answer.format
    return TextFormat.TEXT if page.question else TextFormat.MARKDOWN


def _unread(page: Page, region: Region) -> Recognition | None:
    """Return the row of a region that is not to be read; `None` for one that is."""
    if page.text_layer_preferred:
        return _row(region, Status.SKIPPED, "the page's own text layer is used")
    if region.status in (Status.FAILED, Status.SKIPPED):
        return _row(region, Status.SKIPPED, region.reason)
    if region.label in (Label.PICTURE, Label.CHART, Label.SEAL):
        return _row(region, Status.SKIPPED, f"a {region.label.value} is kept as an image, not read")
    x0, y0, x1, y1 = region.box
    inside = min(x1, page.width) - max(x0, 0) >= 1 and min(y1, page.height) - max(y0, 0) >= 1
    if region.status is Status.EMPTY or not inside:
        return _row(region, Status.EMPTY, "nothing to read")
    return None


def _row(region: Region, status: Status, reason: str) -> Recognition:
    return Recognition(region.page_id, region.index, "", attempts=0, status=status, reason=reason)


def _from_folder(folder: Path) -> Iterator[tuple[str, _Answer]]:
    """Yield the answers of a folder by their paths without suffixes; links that lead out of it are passed over."""
    root = folder.resolve()
    if not root.is_dir():
        raise BackendError(f"recognition.given.folder: {folder} is not a folder")
    for path in sorted(folder.rglob("*")):
        if path.suffix in _FORMATS and path.is_file() and path.resolve().is_relative_to(root):
            name = path.relative_to(folder).as_posix().removesuffix(path.suffix)
            try:
                yield name, _Answer(path.read_text("utf-8-sig"), _FORMATS[path.suffix])
            except (OSError, ValueError) as error:
                raise BackendError(f"recognition.given.folder: {path} cannot be read as UTF-8 ({error})") from error


def _from_file(file: Path) -> Iterator[tuple[str, _Answer]]:
    """Yield the answers of a file with `{"id": …, "text": …}` in each line."""
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise BackendError(f"recognition.given.file: {file} cannot be read as UTF-8 ({error})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield str(row["id"]), _Answer(_text_of(row["text"]))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            wanted = 'a line is {"id": "…", "text": "…"}'
            raise BackendError(f"recognition.given.file: {file}, line {number}: {error!r}; {wanted}") from error


def _text_of(value: object) -> str:
    """Take a text as it is, and a form as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
