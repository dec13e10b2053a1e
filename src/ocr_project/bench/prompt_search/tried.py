"""What a search knows: answers that were judged, and prompts that were tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ocr_project.domain.types import Status


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer to one question under one prompt.

    Attributes:
        clipped: CER, 1 at most; 1 where there is no answer.
        edits: Of the official CER, its numerator.
        length: Of the official CER, its denominator.
        text: What was answered.
        truth: What the document says.
        tokens: Of the answer.
        prompt_tokens: Image included.
        again: Whether it failed by circumstance: it is not kept, and another run asks again.
    """

    question_id: int
    document: str
    clipped: float
    edits: float
    length: float
    text: str
    truth: str
    status: Status = Status.OK
    reason: str = ""
    tokens: int = 0
    prompt_tokens: int = 0
    seconds: float = 0.0
    again: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is an answer, be it an empty one."""
        return self.status in (Status.OK, Status.EMPTY)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a generator wrote, or why it wrote nothing.

    Attributes:
        text: As it came.
        reason: Of a failure; empty where there is none.
        tokens: Of what it wrote.
        prompt_tokens: Of what it was shown.
        again: Whether it failed by circumstance.
    """

    text: str
    reason: str = ""
    tokens: int = 0
    prompt_tokens: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """A prompt that was tried on the documents of one part; a proposal that could not be tried is one, too.

    Attributes:
        doc_type: Kind of document.
        field: Which is asked for.
        part: Of the set: search, select or report.
        number: Of the try, from 1; 0 is the prompt that the search began with.
        prompt: Empty where none was proposed.
        status: `failed`: no proposal, or no answer at all; `skipped`: not tried, the reason says why.
        judged: One for each question; none where it was not tried.
        proposed: What the generator spent on it.
    """

    doc_type: str
    field: str
    part: str
    number: int
    prompt: str
    status: Status = Status.OK
    reason: str = ""
    judged: tuple[Judged, ...] = ()
    proposed: Proposed = Proposed("")

    @property
    def cer(self) -> float:
        """Mean clipped CER; 1 where nothing was judged."""
        return sum(one.clipped for one in self.judged) / len(self.judged) if self.judged else 1.0

    @property
    def usable(self) -> bool:
        """Whether it was tried and answered."""
        return self.status is Status.OK


def outcome_of(answers: Sequence[Judged]) -> tuple[Status, str]:
    """Return the status of a try and its reason: how many questions have no answer, and why the first has none."""
    failed = [one for one in answers if not one.answered]
    reason = f"{len(failed)} of {len(answers)} have no answer: {failed[0].reason}" if failed else ""
    return (Status.FAILED if len(failed) == len(answers) else Status.OK), reason


def best_of(tried: Sequence[Tried]) -> Tried:
    """Return the one with the lowest CER; of equal ones the first tried."""
    return min(tried, key=lambda one: (not one.usable, one.cer, one.number))
