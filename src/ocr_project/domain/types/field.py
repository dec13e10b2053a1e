"""Fields of documents: what is asked about a page, in which words, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass

from ocr_project.domain.causes import Cause
from ocr_project.domain.types.page import Box, Status


@dataclass(frozen=True, slots=True)
class Question:
    """A field of a document that is asked for, with its ground truth.

    Attributes:
        question_id: Number of its row in `annotation.csv`, from 0, as VLMHyperBench counts.
        page_id: `{document}_{number:05d}`: of its image, which other questions share.
        image: Path of the image, relative to the folder of the set, with forward slashes.
        document: What images and questions of one document share: a cluster of the bootstrap.
        doc_type: What kind of document it is (`doc_class`).
        field: Which field is asked for (`question_type`).
        split: Of the set, such as `clean`.
        text: The question in the set's own words; sent where no prompt is given.
        truth: What the document says; an empty string where the field is blank.
        box: Where it says so, in pixels of the image; None where the set does not know.
        slices: Name and value of what else it is counted under: the set's further columns.
    """

    question_id: int
    page_id: str
    image: str
    document: str
    doc_type: str
    field: str
    split: str
    text: str
    truth: str
    box: Box | None = None
    slices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """The words in which a field of a kind of document is asked for.

    Attributes:
        cer: CER that its author reached with it; None where the collection does not say.
    """

    doc_type: str
    field: str
    text: str
    cer: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as an answerer sees it: without its ground truth.

    Attributes:
        prompt: The exact text that is sent.
    """

    question_id: int
    doc_type: str
    field: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a question: one for each, failures included.

    Attributes:
        text: As the model wrote it, without the fence and the white space around it.
        status: `empty`: asked, and nothing was answered; `failed`: the reason says why; `skipped`: not asked.
        cause: Of a failure; None where it did not fail.
        seconds: Time of this question in the backend, waiting in its queue left out.
        prompt_tokens: Image included; 0 where the backend has none.
        tokens: Of the answer; 0 where the backend has none.
        attempts: How often it was asked; 0 where it was not.
    """

    question_id: int
    page_id: str
    text: str
    status: Status = Status.OK
    reason: str = ""
    cause: Cause | None = None
    seconds: float = 0.0
    prompt_tokens: int = 0
    tokens: int = 0
    attempts: int = 1
