"""What a dialect is: how a model is asked, what its answers look like, and what it is trained to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from ocr_project.domain.types import PageFacts, Task, TextFormat
from ocr_project.engine.models.dialects.fences import unfenced


class Answers(Enum):
    """Which questions a model answers."""

    NONE = auto()
    FORMS = auto()  # JSON to be filled in
    ALL = auto()


class ReadText(NamedTuple):
    """An answer as it goes into a row."""

    text: str
    format: TextFormat


class NoTarget(ValueError):
    """There is no answer that a model could be trained to give; the message says why."""


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is written, both ways.

    Attributes:
        read: Turns an answer, its outer fence taken off, into the text of a row.
        write: Turns the text of a row into the answer that a model is trained to give; raises NoTarget.
        normal: The part of a text that an answer keeps: `read(write(text)).text == normal(text)`.
    """

    read: Callable[[str], ReadText]
    write: Callable[[str, PageFacts | None], str]
    normal: Callable[[str], str] = str.strip


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a model is asked, and how it answers."""

    prompt: str
    form: Form


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a model is spoken to: data, used to ask it, to score it and to train it.

    Attributes:
        name: As in the options.
        version: Counts the changes that change results.
        tasks: For a region, by what is to be done with it; what is not among them is asked as text.
        page: For a page that is read whole.
        least_pixels: Fewest pixels of an image; smaller crops are padded.
        most_pixels: Most pixels that the model reads well, or that a server takes.
        side: Pixels along one token.
        image_first: Whether the image stands before the prompt.
        sampling: What the model's makers set beside the temperature, as the request names it.
        answers: Which questions about a page it answers. They are sent word for word (`Page.question`).
    """

    name: str
    version: int
    tasks: Mapping[Task, Exchange]
    page: Exchange
    least_pixels: int
    most_pixels: int
    side: int
    image_first: bool = True
    sampling: Mapping[str, Any] | None = None
    answers: Answers = Answers.NONE

    def can_answer(self, question: str) -> bool:
        """Say whether a model may be asked: one for forms takes a question that ends with the JSON to fill in."""
        return self.answers is Answers.ALL or (self.answers is Answers.FORMS and question.rstrip().endswith("}"))

    def task_for(self, task: Task) -> Task:
        """Return what the model is asked for: text, where it has no words of its own for a task that reads."""
        return task if task in self.tasks or task in (Task.IMAGE, Task.DROP) else Task.TEXT

    def prompt_for(self, task: Task, *, page: bool = False) -> str:
        """Return what to ask.

        Args:
            task: Anything but image and drop.
            page: A page is read whole, not a region.
        """
        return self._exchange(task, page).prompt

    def read(self, answer: str, task: Task, *, page: bool = False) -> ReadText:
        """Turn an answer into the text of a row; an answer in another form than the dialect's is kept as text."""
        return self._exchange(task, page).form.read(unfenced(answer))

    def target_for(self, text: str, task: Task, *, page: bool = False, facts: PageFacts | None = None) -> str:
        """Turn the text of a row into the answer that a model is trained to give: the way back from `read`.

        Args:
            text: Plain text or Markdown, a table in HTML, a formula in LaTeX: as rows and ground truth have it.
            task: What is asked for.
            page: A page is read whole, not a region.
            facts: Of the page, for the dialects that write them.

        Raises:
            NoTarget: How the model writes this is not known, or its form cannot say it: read back, it would be
                something else.
        """
        form = self._exchange(task, page).form
        target = form.write(text, facts)
        if self.read(target, task, page=page).text != form.normal(text):
            raise NoTarget(f"the dialect {self.name} would read its own answer as something else: {target[:80]!r}")
        return target

    def _exchange(self, task: Task, page: bool) -> Exchange:
        return self.page if page else self.tasks[self.task_for(task)]
