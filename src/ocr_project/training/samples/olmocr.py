"""olmOCR's data: one-page PDFs `X.pdf` beside `X.md`, which begins with front matter (olmocr 0.4.27, olmocr/train).

Every `.md` file below the folder is an entry. PDFs are mostly symbolic links (prepare_olmocrmix.py), which are
followed: the folder is one that a person prepared. Where `urls.jsonl` lies in it, pages of one URL are one document.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from ocr_project.domain.errors import DocumentError, SourceError
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Status, TextFormat
from ocr_project.engine.ingest import pdf_isolated
from ocr_project.storage.given_text import read_given
from ocr_project.training.samples.front_matter import split_front_matter
from ocr_project.training.samples.olmocr_rules import formulas_of, markdown_styles, refusal_of
from ocr_project.training.samples.source import (
    IMAGES,
    PAGE_MARKS,
    Entry,
    Found,
    ListedSource,
    Refused,
    file_mark,
    found_by,
    image_beside,
    page_free,
)

# Says which of some formulas, in LaTeX without delimiters, cannot be rendered.
FormulaCheck = Callable[[Collection[str]], Collection[str]]

log = logging.getLogger(__name__)

_MARKS = (*PAGE_MARKS, "-")  # `<hash>-12` is page 12 of the olmOCR-mix


def open_olmocr(
    label: str, root: Path, ingest: IngestOptions, *, rules: bool, unrenderable: FormulaCheck | None
) -> OlmocrSource:
    """List a folder.

    Args:
        label: See `SampleSource.label`.
        root: The folder.
        ingest: Limits of the process that counts the pages of PDFs.
        rules: Refuse what olmOCR's training leaves out.
        unrenderable: Finds formulas that cannot be rendered. None: they are not looked at.

    Raises:
        SourceError: It is not a folder, or holds no `.md` file.
    """
    if not root.is_dir():
        raise SourceError(f"training_data.sources: the folder {root} does not exist")
    paths = sorted(_markdown_files(root))
    if not paths:
        raise SourceError(f"training_data.sources: {root} holds no .md file; olmocr wants X.pdf beside X.md")
    urls = _urls(root / "urls.jsonl")
    entries = []
    for path in paths:
        name = path.relative_to(root).as_posix()
        stem = name.removesuffix(".md")
        page = image_beside(path, path.stem, (".pdf", *IMAGES))
        document = urls.get(stem) or urls.get(stem.replace("/", "")) or page_free(stem, _MARKS)
        entries.append(Entry(name, document, file_mark(path, page), (path, page)))
    return OlmocrSource(label, entries, ingest, rules=rules, unrenderable=unrenderable)


class OlmocrSource(ListedSource[tuple[Path, Path | None]]):
    """The pages of a folder; formulas of several are rendered together."""

    def __init__(
        self,
        label: str,
        entries: Sequence[Entry[tuple[Path, Path | None]]],
        ingest: IngestOptions,
        *,
        rules: bool,
        unrenderable: FormulaCheck | None,
    ) -> None:
        """Keep the list; arguments as those of `open_olmocr`."""
        super().__init__(label, entries, self._found)
        self._ingest = ingest
        self._rules = rules
        self._unrenderable = unrenderable if rules else None

    def read(self, indices: Sequence[int]) -> list[Found]:
        found = [found_by(self._found, self.entries[index].value) for index in indices]
        if self._unrenderable is None:
            return found
        formulas = {formula for one in found if not one.rule for formula in formulas_of(one.answer)}
        bad = self._unrenderable(formulas) if formulas else ()
        return [_without_bad_formulas(one, bad) for one in found]

    def _found(self, value: tuple[Path, Path | None]) -> Found:
        path, page = value
        if page is None:
            raise Refused("no_image", f"there is neither {path.stem}.pdf nor an image beside {path.name}")
        try:
            facts, text = split_front_matter(read_given(path))
        except SourceError as error:
            raise Refused("not_utf_8", str(error), Status.FAILED) from error
        self._check_pages(page)
        answer = markdown_styles(text) if self._rules else text
        found = Found(page, whole_page=True, answer=answer, format=TextFormat.MARKDOWN, facts=facts)
        if self._rules and (not facts.rotation_valid or facts.rotation):
            raise Refused("rotated", f"the page has to be turned by {facts.rotation} degrees", found=found)
        if self._rules and (refusal := refusal_of(answer)):
            raise Refused(*refusal, found=found)
        return found

    def _check_pages(self, page: Path) -> None:
        if page.suffix != ".pdf":
            return
        try:
            count = pdf_isolated.count_pages(page, self._ingest)
        except DocumentError as error:
            raise Refused(error.code, error.reason, Status.FAILED) from error
        if count != 1:
            raise Refused("pages", f"{page.name} has {count} pages; a sample has one")


def _without_bad_formulas(found: Found, bad: Collection[str]) -> Found:
    for formula in formulas_of(found.answer) if bad and not found.rule else ():
        if formula in bad:
            return replace(found, status=Status.SKIPPED, rule="formula", reason=f"KaTeX cannot render {formula[:80]}")
    return found


def _markdown_files(root: Path) -> list[Path]:
    return [
        Path(folder) / name
        for folder, _, names in os.walk(root, followlinks=True)
        for name in names
        if name.endswith(".md")
    ]


def _urls(path: Path) -> dict[str, str]:
    """Read which page is of which URL. Lines that cannot be read are counted: their pages go by their names."""
    found: dict[str, str] = {}
    lines = read_given(path).splitlines() if path.is_file() else []
    unreadable = 0
    for line in lines:
        try:
            row = json.loads(line)
            found[str(row["id"])] = str(row["url"])
        except (ValueError, KeyError, TypeError):
            unreadable += 1
    if unreadable:
        log.warning(
            "%s: %d of %d lines do not name a page and its URL; those pages are put into splits by their names, so"
            " that pages of one document may be learnt from and tested on",
            *(path, unreadable, len(lines)),
        )
    return found
