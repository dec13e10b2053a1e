"""What a model learns from: an image, what is asked about it, and the answer that it should give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ocr_project.domain.types.page import Status, Task, TextFormat


class Split(StrEnum):
    """What a sample is used for. All samples of a document have the same."""

    TRAIN = "train"
    VALID = "valid"  # looked at while training
    TEST = "test"  # scored once, at the end


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page is, for models that are trained to say so before its text.

    Attributes:
        language: ISO 639-1; None where nothing is written.
        rotation_valid: Whether the page stands upright.
        rotation: Degrees by which it has to be turned, 0, 90, 180 or 270, as olmOCR counts them: an upright page that
            Pillow turned by ROTATE_90 has 270 (olmocr 0.4.27, train/dataloader.py, RotationAugmentation).
        table: Whether most of it is a table.
        diagram: Whether most of it is a diagram.
    """

    language: str | None
    rotation_valid: bool = True
    rotation: int = 0
    table: bool = False
    diagram: bool = False


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """One sample, used or refused: each entry of a source is one row.

    Attributes:
        sample_id: First 32 hexadecimal digits of the sha256 of what the model sees and says: image, task, whole page
            or not, question, answer, facts. Two rows with the same one are the same sample. Of a row that is not
            used: of its source and place.
        source: `<format>:<name of the folder or file>`.
        document: What the sample is a part of, without the source: its split is drawn from this name.
        place: Where a person finds it: a file below the source, the key of a database, the line of a file.
        task: One of text, table and formula.
        whole_page: Whether the image is a page to be read whole, not a region.
        question: The prompt, word for word, where it is not the dialect's own for this task.
        image: JPEG or PNG, upright; `None` where there is none that can be used.
        width: Pixels of the image.
        height: Pixels of the image.
        answer: As rows and ground truth have it, not as a dialect writes it (`Dialect.target_for` does that): a table
            in HTML, a formula in LaTeX without delimiters, Markdown or plain lines.
        format: How the answer is written.
        facts: What the source says of the page; `None` where it says nothing.
        status: `ok` is used; `empty` has no answer; `skipped` is refused by a rule; `failed` cannot be read.
        rule: Name of the rule that refused it, or of what cannot be read; an empty string for a sample that is used.
        reason: What exactly, for a person.
    """

    sample_id: str
    source: str
    document: str
    place: str
    split: Split
    task: Task
    whole_page: bool
    question: str
    image: bytes | None
    width: int
    height: int
    answer: str
    format: TextFormat
    facts: PageFacts | None = None
    status: Status = Status.OK
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """An item of a test set, as no model may learn from it.

    Attributes:
        item_id: Of its page in the test set.
        test_set: Its name.
        document: Its name in the set.
        file: sha256 of the file of its image or PDF; an empty string where that cannot be read.
        pixels: sha256 of what its image shows, drawn as a sample would be; an empty string where it cannot be drawn.
    """

    item_id: str
    test_set: str
    document: str
    file: str
    pixels: str
