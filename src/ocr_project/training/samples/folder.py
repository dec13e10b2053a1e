"""A folder of your own: images and PDFs, each with a text file of the same name beside it.

    X.png | X.jpg | X.pdf …     what is read (of a PDF its first page)
    X.txt  | X.gt.txt           its text
    X.md   | X.gt.md            it is a page: its Markdown, with olmOCR's front matter or without
    X.html | X.gt.html          it is a table
    X.tex  | X.gt.tex           it is a formula

Files are looked for below the folder, too. An image without a text, and a text without an image, are refused rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Status, Task, TextFormat
from ocr_project.engine.models.dialects.forms import bare_formula
from ocr_project.storage.given_text import is_given, read_given
from ocr_project.training.samples.front_matter import split_front_matter
from ocr_project.training.samples.source import (
    IMAGES,
    Entry,
    Found,
    ListedSource,
    Refused,
    file_mark,
    image_beside,
    page_free,
)

_ANSWERS = (".txt", ".md", ".html", ".tex")
_GOLD = ".gt"
_PICTURES = (*IMAGES, ".pdf")


def open_folder(label: str, root: Path) -> ListedSource[tuple[Path | None, Path | None]]:
    """List a folder.

    Args:
        label: See `SampleSource.label`.
        root: The folder.

    Raises:
        SourceError: It is not a folder, or holds neither images nor texts.
    """
    if not root.is_dir():
        raise SourceError(f"training_data.sources: the folder {root} does not exist")
    entries = list(_entries(root))
    if not entries:
        raise SourceError(f"training_data.sources: {root} holds no image with a text beside it")
    return ListedSource(label, entries, lambda value: _found(*value, root))


def _entries(root: Path) -> Iterator[Entry[tuple[Path | None, Path | None]]]:
    for path in sorted(root.rglob("*")):
        suffix = path.suffix.lower()
        if suffix in _ANSWERS:
            stem = path.stem.removesuffix(_GOLD)
            image = image_beside(path, stem, _PICTURES)
            answer: Path | None = path
        elif suffix in _PICTURES and not _answers_beside(path):
            stem, image, answer = path.stem, path, None
        else:
            continue
        place = path.relative_to(root).as_posix()
        document = page_free((Path(place).parent / stem).as_posix())
        yield Entry(place, document, file_mark(image, answer), (image, answer))


def _answers_beside(path: Path) -> bool:
    return any(path.with_name(f"{path.stem}{gold}{end}").is_file() for gold in ("", _GOLD) for end in _ANSWERS)


def _found(image: Path | None, answer: Path | None, root: Path) -> Found:
    if answer is None:
        raise Refused("no_answer", "there is no .txt, .md, .html or .tex of its name beside it", Status.EMPTY)
    if image is None:
        raise Refused("no_image", "there is neither an image nor a PDF of its name beside it")
    for path in (image, answer):
        if not is_given(path, root):
            raise Refused("outside", f"{path.name} is a link that leads out of the folder; put the file itself there")
    try:
        text = read_given(answer)
    except SourceError as error:
        raise Refused("not_utf_8", str(error), Status.FAILED) from error
    match answer.suffix.lower():
        case ".html":
            return Found(image, Task.TABLE, answer=text.strip(), format=TextFormat.HTML)
        case ".tex":
            return Found(image, Task.FORMULA, answer=bare_formula(text), format=TextFormat.LATEX)
        case ".md" if text.startswith("---\n"):
            facts, text = split_front_matter(text)
            return Found(image, whole_page=True, answer=text, format=TextFormat.MARKDOWN, facts=facts)
        case ".md":
            return Found(image, whole_page=True, answer=text.strip(), format=TextFormat.MARKDOWN)
    return Found(image, answer=text.strip())
