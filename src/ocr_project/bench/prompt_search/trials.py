"""The tries at one field: proposals become prompts that may be tried, and prompts become tries."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence

from ocr_project.bench.prompt_search.generator import Generator
from ocr_project.bench.prompt_search.judge import Judge
from ocr_project.bench.prompt_search.memory import Memory
from ocr_project.bench.prompt_search.parts import Part
from ocr_project.bench.prompt_search.tried import Judged, Proposed, Tried, best_of, outcome_of
from ocr_project.domain.options.prompt_search import PromptSearchOptions
from ocr_project.domain.types import Question, Status

_FENCED = re.compile(r"```[^\S\n]*\w*[^\S\n]*\n?(.*?)```", re.DOTALL)
_THOUGHT = re.compile(r"^.*</think>", re.DOTALL)
_LONGEST = 4000  # characters of a prompt
_SHOWN_PROMPTS = 6  # of those tried, the best first
_LONGEST_SHOWN = 200  # characters of an answer
_TELLING = 5  # characters from which a value that one document alone has tells which document it is

_ASK = """\
You write the prompt with which a vision-language model is asked for one field of a scanned document.

Kind of document: {doc_type}
Field: {field}

What the model answers is compared with the ground truth sign by sign. So the prompt has to make it answer with the
value alone, in the form in which documents of this kind have it.

Prompts that were tried, the best first, each after its share of wrong signs (0 is perfect, 1 is useless):
{tried}

What the best of them got wrong:
{wrong}

Attempt {number}. Write one prompt that is better than all of these. It has to hold for other documents as
well, so it must not repeat values of these. Put it between two lines of ``` and write nothing else.
"""


class Trials:
    """What has been tried for one field on the documents that are searched on."""

    def __init__(
        self,
        kind: tuple[str, str],
        questions: Sequence[Question],
        judge: Judge,
        proposing: tuple[Generator, Memory],
        options: PromptSearchOptions,
    ) -> None:
        """Try nothing yet.

        Args:
            kind: Document type and field.
            questions: About that field, on the documents that are searched on.
            judge: Who is asked.
            proposing: Who proposes, and what was proposed.
            options: How many tries, what is kept.
        """
        self.kind = kind
        self.questions = tuple(questions)
        self.tried: list[Tried] = []
        self._judge = judge
        self._generator, self._memory = proposing
        self._options = options
        self._telling = _telling(questions)

    @property
    def used(self) -> int:
        """How many proposals have been asked for."""
        return max((one.number for one in self.tried), default=0)

    @property
    def over(self) -> bool:
        """Whether the budget is spent, or a prompt is good enough."""
        return self.used >= self._options.tries or best_of(self.tried).cer <= self._options.stop_at

    def begin(self, prompt: str) -> None:
        """Try the prompt that the search begins with."""
        self.tried.append(self._attempt(0, prompt, Proposed(prompt)))

    def propose(self, shown_from: Callable[[int], str] | None = None) -> tuple[Proposed, str, str] | None:
        """Ask for the next proposal.

        Args:
            shown_from: Writes what the generator is shown, by the number of the try; None: `show`.

        Returns:
            The proposal, the prompt in it and why it is not tried, which is mostly empty; None where there are no
            more.
        """
        number = self.used + 1
        shown = (shown_from or self.show)(number)
        proposed = self._memory.proposal(shown)
        if proposed is None:
            proposed = self._generator.propose(self.kind, number, shown)
            if proposed is None:
                return None
            self._memory.keep_proposal(shown, proposed)
        prompt = _prompt_in(proposed.text)
        return proposed, prompt, self._refusal(prompt)

    def step(self) -> bool:
        """Ask for a proposal and try it; return False where there are no more."""
        found = self.propose()
        if found is None:
            return False
        proposed, prompt, refusal = found
        number = self.used + 1
        if proposed.reason or refusal:
            self.refuse(number, prompt, proposed, refusal)
        else:
            self.tried.append(self._attempt(number, prompt, proposed))
        return True

    def refuse(self, number: int, prompt: str, proposed: Proposed, reason: str) -> None:
        """Keep a proposal that is not tried."""
        status = Status.FAILED if proposed.reason or not prompt else Status.SKIPPED
        self.tried.append(self._row(number, prompt, (status, proposed.reason or reason), (), proposed))

    def judged(self, number: int, prompt: str, proposed: Proposed, answers: Sequence[Judged], reason: str) -> None:
        """Keep a try that a method judged by itself.

        Args:
            answers: To all questions; to fewer where the method gave the prompt up, and then a reason is given.
        """
        outcome = (Status.SKIPPED, reason) if reason else outcome_of(answers)
        self.tried.append(self._row(number, prompt, outcome, answers, proposed))

    def answers(self, prompt: str, questions: Sequence[Question]) -> tuple[Judged, ...]:
        """Return how some of the questions are answered under a prompt."""
        return self._judge.judge(prompt, questions)

    def show(self, number: int) -> str:
        """Write what the generator is shown: the best prompts, and what the best of them got wrong."""
        usable = sorted((one for one in self.tried if one.usable), key=lambda one: (one.cer, one.number))
        tried = "\n".join(f"{one.cer:.3f}\n```\n{one.prompt}\n```" for one in usable[:_SHOWN_PROMPTS])
        best = best_of(self.tried)
        wrong = [one for one in best.judged if one.clipped > 0]
        # a seed of its own for each try: the examples change, and are the same on every machine
        random.Random(f"{self._options.seed} {self.kind} {number}").shuffle(wrong)
        lines = [f"- right: {_short(one.truth)}; answered: {_said(one)}" for one in wrong[: self._options.examples]]
        return _ASK.format(
            doc_type=self.kind[0],
            field=self.kind[1],
            tried=tried or "(none could be tried)",
            wrong="\n".join(lines) or "(nothing)",
            number=number,
        )

    def _attempt(self, number: int, prompt: str, proposed: Proposed) -> Tried:
        answers = self._judge.judge(prompt, self.questions)
        return self._row(number, prompt, outcome_of(answers), answers, proposed)

    def _row(
        self, number: int, prompt: str, outcome: tuple[Status, str], answers: Sequence[Judged], proposed: Proposed
    ) -> Tried:
        return Tried(*self.kind, Part.SEARCH, number, prompt, *outcome, tuple(answers), proposed)

    def _refusal(self, prompt: str) -> str:
        """Say why a prompt is not tried; empty where it is."""
        if not prompt:
            return "the generator proposed nothing"
        if len(prompt) > _LONGEST:
            return f"the proposal has {len(prompt)} characters, {_LONGEST} at most are tried"
        if before := [one.number for one in self.tried if one.prompt == prompt]:
            return f"proposed before, as number {before[0]}"
        if told := [truth for truth in self._telling if truth in prompt]:
            return f"it holds what {len(told)} of the documents searched on say: {told[0]}"
        return ""


def _telling(questions: Sequence[Question]) -> list[str]:
    """Return values that one document alone has: a prompt that holds one was written for that document."""
    found = Counter(question.truth.strip() for question in questions)
    return [truth for truth, count in found.items() if count == 1 and len(truth) >= _TELLING]


def _prompt_in(text: str) -> str:
    """Find the prompt that a model wrote: between fences, or all of it; what it thought aloud is left out."""
    said = _THOUGHT.sub("", text)
    fenced = _FENCED.findall(said)
    return (fenced[-1] if fenced else said).strip()


def _short(text: str) -> str:
    return f"«{text[:_LONGEST_SHOWN]}»"


def _said(one: Judged) -> str:
    return _short(one.text) if one.status is Status.OK else f"nothing ({one.reason or one.status})"
