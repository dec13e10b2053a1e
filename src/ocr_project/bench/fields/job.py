"""What a run asks: the questions of a set that its options keep, in the words of its prompts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ocr_project.bench.fields.annotation import FieldSet, read_field_set, select_questions
from ocr_project.bench.fields.prompts import OWN_WORDS, Prompts, read_prompts
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import FieldsBackend, FieldsOptions, IngestOptions, TextLayer
from ocr_project.domain.types import Asked, Document, Identity, Page, Question, ShardInfo
from ocr_project.engine.ingest import read_single_page

_INGEST = IngestOptions(text_layer=TextLayer.OFF)  # its limits; images are taken as they are
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class AskedPage:
    """An image and what is asked about it.

    Attributes:
        question: One of its questions: they have image, document and page in common.
        asked: In the order of the set.
    """

    question: Question
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class FieldsJob:
    """All that a run asks, the same for each answerer.

    Attributes:
        found: The set, with the questions that are kept.
        prompts: What they are asked with.
        asked: One for each of its questions, in their order.
        images: Whether images are read: answers that were given need none.
    """

    found: FieldSet
    prompts: Prompts
    asked: tuple[Asked, ...]
    images: bool = True

    @property
    def questions(self) -> tuple[Question, ...]:
        return self.found.questions

    def pages(self) -> list[AskedPage]:
        """Return the images with their questions, in the order in which the set names them first."""
        grouped: dict[str, list[tuple[Question, Asked]]] = {}
        for question, asked in zip(self.questions, self.asked, strict=True):
            grouped.setdefault(question.page_id, []).append((question, asked))
        return [AskedPage(pairs[0][0], tuple(asked for _, asked in pairs)) for pairs in grouped.values()]

    def read(self, page: AskedPage) -> Page:
        """Read an image; a page that says why, where it cannot be read."""
        question = page.question
        doc_id, _, number = question.page_id.rpartition("_")
        path = f"{self.found.name}/{question.image}"
        document = Document(doc_id, path, self.found.name, "", 1, 0, "")
        source = self.found.folder / question.image if self.images else None
        return read_single_page(document, int(number), source, _INGEST)

    def shards(self, size: int) -> dict[str, tuple[ShardInfo, Sequence[AskedPage]]]:
        """Share the images out, a few to a shard.

        Args:
            size: Images in each.

        Returns:
            Footer and images by name. Both name and key follow from the images' bytes and the questions about them:
            other filters or prompts give other shards, and none takes the place of another.
        """
        pages = self.pages()
        return dict(self._shard(pages[start : start + size]) for start in range(0, len(pages), size))

    def image_digests(self) -> dict[str, str]:
        """Return a hash of each image's bytes, by its path in the set: a set drawn anew has other images there."""
        return {page.question.image: self._digest(page.question) for page in self.pages()}

    def _shard(self, pages: Sequence[AskedPage]) -> tuple[str, tuple[ShardInfo, Sequence[AskedPage]]]:
        first = pages[0].question
        parts = [[page.question.page_id, self._digest(page.question), _told(page.asked)] for page in pages]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        name = f"{first.page_id}-{key[:_DIGITS]}"
        return name, (ShardInfo(name, key, f"{self.found.name}#{first.question_id:09d}", len(pages)), pages)

    def _digest(self, question: Question) -> str:
        if not self.images:
            return ""
        with (self.found.folder / question.image).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def prepare_job(options: FieldsOptions, prompts: Prompts | None = None) -> FieldsJob:
    """Read what a run asks; nothing is asked yet.

    Args:
        options: Set, collection of prompts, filters.
        prompts: In place of the collection that the options name: what a search proposes.

    Raises:
        OptionError: No set is named.
        SourceError: Something cannot be used: names every line and column, and every field without a prompt.
    """
    if options.set is None:
        raise OptionError("fields.set is empty: name the folder of a data set with its annotation.csv")
    images = options.backend is not FieldsBackend.GIVEN
    found = select_questions(read_field_set(options.set, images=images), options)
    if prompts is None:
        prompts = OWN_WORDS if options.prompts is None else read_prompts(options.prompts)
    # answers that were given were asked for elsewhere, in words that need not be known
    asked = prompts.ask(found.questions) if images else _nameless(found.questions)
    return FieldsJob(found, prompts, tuple(asked), images)


def identity_with(answerer: Identity, prompts: Prompts) -> Identity:
    """Return the identity of answers: of who answers, and in which words it was asked."""
    return Identity(answerer.name, answerer.revision, {**answerer.settings, "prompts": prompts.digest})


def _nameless(questions: Sequence[Question]) -> Iterator[Asked]:
    for one in questions:
        yield Asked(one.question_id, one.doc_type, one.field, one.text)


def _told(asked: Sequence[Asked]) -> list[Mapping[str, object]]:
    return [{"id": a.question_id, "type": a.doc_type, "field": a.field, "prompt": a.prompt} for a in asked]
