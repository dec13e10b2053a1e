"""One field from its first prompt to the one that is chosen, and what that one reaches on other documents."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ocr_project.bench.fields.job import FieldsJob
from ocr_project.bench.prompt_search.generator import Generator
from ocr_project.bench.prompt_search.judge import Judge
from ocr_project.bench.prompt_search.memory import Memory
from ocr_project.bench.prompt_search.parts import Part, questions_of
from ocr_project.bench.prompt_search.reflect import reflect
from ocr_project.bench.prompt_search.trials import Trials
from ocr_project.bench.prompt_search.tried import Tried, best_of, outcome_of
from ocr_project.domain.options.prompt_search import PromptMethod, PromptSearchOptions
from ocr_project.domain.types import Identity, Question

log = logging.getLogger(__name__)

VERSION = "1"  # raise it whenever the same answers would lead to other tries
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Budget:
    """What a search may cost at most; a prompt that is good enough, or known answers, make it less.

    Attributes:
        fields: That are searched.
        proposals: Asked of the generator.
        questions: Asked of the answerer.
    """

    fields: int
    proposals: int
    questions: int

    def __str__(self) -> str:
        return (
            f"{self.fields} fields: at most {self.proposals:,} proposals of the generator and {self.questions:,}"
            " questions to the answerer"
        )


def kinds_of(questions: Sequence[Question]) -> list[tuple[str, str]]:
    """List document types with their fields, in the order of the set."""
    return list(dict.fromkeys((one.doc_type, one.field) for one in questions))


def plan_budget(questions: Sequence[Question], parts: Mapping[str, Part], options: PromptSearchOptions) -> Budget:
    """Count what a search may cost at most."""
    kinds = kinds_of(questions)
    times = {Part.SEARCH: options.tries + 1, Part.SELECT: options.finalists, Part.REPORT: 2}
    asked = sum(times[parts[question.document]] for question in questions)
    return Budget(len(kinds), options.tries * len(kinds), asked)


def search_key(
    job: FieldsJob,
    parts: Mapping[str, Part],
    identities: tuple[Identity, Identity],
    options: PromptSearchOptions,
) -> str:
    """Return the name of the folder of a search: all that its proposals and answers depend on.

    Args:
        job: The set with what is true of it, its images by their bytes, and the prompts that the search begins with.
        parts: Which documents are searched on.
        identities: Of the answerer and of the generator.
        options: Method and seed; how many tries, and what is kept, may change: what was tried stays.
    """
    images = job.image_digests()
    asked = [
        [one.question_id, images[one.image], one.doc_type, one.field, one.truth, parts[one.document]]
        for one in job.questions
    ]
    begun = [one.text for one in job.prompts.used(job.questions)]
    known = [VERSION, *map(str, identities), asked, begun, options.method, options.seed, options.examples]
    return hashlib.sha256(json.dumps(known, ensure_ascii=False).encode()).hexdigest()[:_DIGITS]


def search_field(
    kind: tuple[str, str],
    start: str,
    whole: tuple[Sequence[Question], Mapping[str, Part]],
    asking: tuple[Judge, Generator, Memory],
    options: PromptSearchOptions,
) -> Iterator[Tried]:
    """Search a prompt for one field.

    Args:
        kind: Document type and field.
        start: The prompt to begin with.
        whole: All questions of the set, and the part of each document.
        asking: Who answers, who proposes, and what is known of both.
        options: Of the search.

    Yields:
        All tries on the documents searched on; of the best of them one each on those selected on; of the chosen and of
        the first prompt one each on those reported on. No prompt is chosen where none is below `keep_below`.
    """
    questions, parts = whole
    judge, generator, memory = asking

    def of(part: Part) -> list[Question]:
        return questions_of(questions, parts, part, kind)

    trials = Trials(kind, of(Part.SEARCH), judge, (generator, memory), options)
    match options.method:
        case PromptMethod.REFLECT:
            reflect(trials, start)
        case PromptMethod.GEPA:
            from ocr_project.bench.prompt_search.gepa_method import gepa_search

            gepa_search(trials, start, options)
    yield from trials.tried
    kept = kept_of(trials.tried, options)
    log.info(
        "%s %s: %d tries, %d kept, the best has a clipped CER of %.3f on the documents searched on",
        *(*kind, trials.used, len(kept), best_of(trials.tried).cer),
    )
    finalists = [_again(one, Part.SELECT, judge, of(Part.SELECT)) for one in kept[: options.finalists]]
    yield from finalists
    first = trials.tried[0]
    chosen = best_of(finalists) if finalists else first
    for one in {one.prompt: one for one in (first, chosen)}.values():
        yield _again(one, Part.REPORT, judge, of(Part.REPORT))


def kept_of(tried: Sequence[Tried], options: PromptSearchOptions) -> list[Tried]:
    """Return the prompts that are good enough on the documents searched on, the best first."""
    kept = [one for one in tried if one.usable and one.cer < options.keep_below]
    return sorted(kept, key=lambda one: (one.cer, one.number))


def _again(one: Tried, part: Part, judge: Judge, questions: Sequence[Question]) -> Tried:
    answers = judge.judge(one.prompt, questions)
    return Tried(one.doc_type, one.field, part, one.number, one.prompt, *outcome_of(answers), answers)
