"""What a dialect is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from ocr_project.domain.types import Label, Region, Task, TextFormat

_FENCED = re.compile(r"\A\s*(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<body>.*?)(?:\n\s*(?P=fence)\s*)?\Z", re.DOTALL)
_TABLE = re.compile(r"<table\b.*", re.DOTALL | re.IGNORECASE)
_FORMULA_MARKS = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))


class Answers(Enum):
    """Which questions a model answers."""

    NONE = auto()
    FORMS = auto()  # JSON to be filled in
    ALL = auto()


class Written(NamedTuple):
    """An answer as it goes into a row."""

    text: str
    format: TextFormat


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a model is spoken to.

    Attributes:
        name: As in the options.
        version: Counts the changes that change results.
        prompts: By task.
        page_prompt: For a page that is read whole.
        least_pixels: Fewest pixels of an image; smaller crops are padded.
        most_pixels: Most pixels that the model reads well, or that a server takes.
        side: Pixels along one token.
        read: Turns the answer, without its outer fences, into text: answer, task, whole page.
        image_first: Whether the image stands before the prompt.
        sampling: What the model's makers set beside the temperature, as the request names it.
        answers: Which questions about a page it answers. They are sent word for word (`Page.question`).
    """

    name: str
    version: int
    prompts: Mapping[Task, str]
    page_prompt: str
    least_pixels: int
    most_pixels: int
    side: int
    read: Callable[[str, Task, bool], Written]
    image_first: bool = True
    sampling: Mapping[str, Any] | None = None
    answers: Answers = Answers.NONE

    def can_answer(self, question: str) -> bool:
        """Say whether a model may be asked: one for forms takes a question that ends with the JSON to fill in."""
        return self.answers is Answers.ALL or (self.answers is Answers.FORMS and question.rstrip().endswith("}"))

    def prompt(self, region: Region, task: Task) -> str:
        """Return what to ask for a region."""
        return self.page_prompt if is_page(region, task) else self.prompts[task]

    def write(self, answer: str, region: Region, task: Task) -> Written:
        """Turn an answer into the text of a row."""
        return self.read(unfenced(answer), task, is_page(region, task))


def is_page(region: Region, task: Task) -> bool:
    """Say whether a region is a page that is read whole."""
    return region.label is Label.PAGE and task is Task.TEXT


def by_task(answer: str, task: Task, page: bool) -> Written:
    """Read an answer of a model that writes tables in HTML or Markdown and formulas in LaTeX."""
    match task:
        case Task.TABLE:
            return table(answer)
        case Task.FORMULA:
            return Written(bare_formula(answer), TextFormat.LATEX)
    return Written(answer.strip(), TextFormat.MARKDOWN if page else TextFormat.TEXT)


def table(answer: str) -> Written:
    """Read a table in HTML or in Markdown's pipes; text where it is neither."""
    if found := _TABLE.search(answer):
        return Written(_from_table_on(found[0]), TextFormat.HTML)
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    if len(lines) > 1 and "|" in lines[0] and set(lines[1]) <= set("|-: "):
        return Written("\n".join(lines), TextFormat.MARKDOWN)
    return Written(answer.strip(), TextFormat.TEXT)


def unfenced(answer: str) -> str:
    """Take the fence off an answer that is one fenced block, also where its end was cut."""
    found = _FENCED.match(answer)
    if found is None or found["fence"] in found["body"]:
        return answer
    return found["body"]


def bare_formula(answer: str) -> str:
    """Take the delimiters off a formula."""
    text = answer.strip()
    for start, end in _FORMULA_MARKS:
        if len(text) > len(start) + len(end) and text.startswith(start) and text.endswith(end):
            inner = text[len(start) : -len(end)].strip()
            return text if start in inner else inner
    return text


def _from_table_on(text: str) -> str:
    end = text.lower().rfind("</table>")
    return text[: end + len("</table>")] if end >= 0 else text.strip()
