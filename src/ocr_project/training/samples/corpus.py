"""The finished pages of this project, with the texts that people wrote or corrected: `X.gt.txt` beside `X.pdf`.

The path of the source is the folder of these texts, laid out like the source of the corpus; `benchmark` looks for them
by the same names. Where there is none, a healthy text layer that is preferred to OCR is the answer: of HWP and office
files it is by default, and exact. A page without either is a refused row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Document, Page, Status
from ocr_project.engine.ingest.ground_truth import find_references
from ocr_project.training.samples.source import Entry, Found, Refused, found_by

_BESIDE = ("image", "text_layer", "text_layer_words")


class CorpusSource:
    """The pages of a corpus."""

    def __init__(self, label: str, root: Path, pages: ShardSource) -> None:
        """List the pages, and their texts.

        Args:
            label: See `SampleSource.label`.
            root: Folder of the texts.
            pages: What `ingest` made.

        Raises:
            SourceError: There is no page, no such folder, or a text that cannot be read.
        """
        if not root.is_dir():
            raise SourceError(f"training_data.sources: the folder {root} of the corpus's texts does not exist")
        found = [
            (name, page, info.key)
            for name, info in pages.index().items()
            for page in pages.read(name, without=_BESIDE)
        ]
        if not found:
            raise SourceError("training_data.sources: the corpus has no pages yet: run `kedro run --pipelines ingest`")
        self.label = label
        self._pages = pages
        texts = _texts([page for _, page, _ in found], root)
        self._texts = texts
        self.entries = [
            Entry(f"{page.path}#{page.number:05d}", page.path, f"{key} {_known(page, texts)!r}", (name, page))
            for name, page, key in found
        ]

    def read(self, indices: Sequence[int]) -> list[Found]:
        return [found_by(self._found, self.entries[index].value) for index in indices]

    def _found(self, value: tuple[str, Page]) -> Found:
        name, page = value
        text = self._texts.get(page.page_id)
        if text is None and not _says_all(page):
            raise Refused("no_answer", "there is no reference of this page", Status.EMPTY)
        (whole,) = self._pages.find(name, page.page_id, without=_BESIDE[2:])
        if whole.image is None:
            raise Refused(whole.reason.partition(":")[0] or "unusable", whole.reason, Status.FAILED)
        answer = (whole.text_layer or "") if text is None else text
        return Found(whole.image, whole_page=True, answer=answer.strip())


def _known(page: Page, texts: Mapping[str, str]) -> str | bool | None:
    """Return what changes with the answer of a page: of a text layer, the key of its shard says what it is."""
    return texts.get(page.page_id, _says_all(page) or None)


def _says_all(page: Page) -> bool:
    """Whether the text layer of a page is its text: one that stands in for OCR in part is not."""
    return page.text_layer_preferred and page.text_layer_healthy


def _texts(pages: Sequence[Page], root: Path) -> dict[str, str]:
    """Return the text that a person wrote of each page that has one, by `page_id`."""
    counts = Counter(page.doc_id for page in pages)
    documents = {
        page.doc_id: Document(page.doc_id, page.path, page.group, "", counts[page.doc_id], 0, "") for page in pages
    }
    options = BenchmarkOptions(reference=root, silver=False)
    read = [replace(page, text_layer=None) for page in pages]
    return {reference.page_id: reference.text for reference in find_references(documents, read, options)}
