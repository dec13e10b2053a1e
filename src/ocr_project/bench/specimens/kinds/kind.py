"""What a kind of document is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ocr_project.bench.specimens.sheet import Sheet

if TYPE_CHECKING:
    from faker import Faker

Values: TypeAlias = Mapping[str, str]
"""What is printed in each field, word for word: the answers."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document.

    Attributes:
        doc_class: Its name in annotation.csv, as VLMHyperBench has it where it has one.
        locale: Of the people: Faker's name for it.
        width: Of the page, pixels at 150 dpi.
        height: The same.
        paper: Its colour.
        faces: The fonts that it is set in.
        mark: What is printed across it.
        questions: What is asked about each field, in the order in which they are asked.
        invent: Makes up the values of one document.
        draw: Prints them.
    """

    doc_class: str
    locale: str
    width: int
    height: int
    paper: str
    faces: tuple[str, ...]
    mark: str
    questions: Mapping[str, str]
    invent: Callable[[Faker], Values]
    draw: Callable[[Sheet, Values], None]
