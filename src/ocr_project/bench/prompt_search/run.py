"""A whole search: the set in three, the budget said, field after field."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ocr_project.bench.fields.job import AskedPage, FieldsJob, prepare_job
from ocr_project.bench.fields.prompts import OWN_WORDS, Prompts, key_of, read_prompts
from ocr_project.bench.prompt_search.field_search import (
    Budget,
    kinds_of,
    plan_budget,
    search_field,
    search_key,
)
from ocr_project.bench.prompt_search.generator import build_generator
from ocr_project.bench.prompt_search.judge import Judge
from ocr_project.bench.prompt_search.memory import Memory
from ocr_project.bench.prompt_search.parts import Part, split_documents
from ocr_project.bench.prompt_search.tried import Tried
from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import FieldsBackend, FieldsOptions, PromptSearchOptions, RuntimeOptions
from ocr_project.domain.types import Prompt
from ocr_project.engine.answering import build_answerer

log = logging.getLogger(__name__)

_READS_PROMPTS = frozenset({FieldsBackend.VLLM, FieldsBackend.TRANSFORMERS})


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search did.

    Attributes:
        tried: Of all fields, as `search_field` yields them.
        budget: What it could have cost.
        asked: Questions that this run asked: what an earlier one was answered is not among them.
        seconds: Of this run.
    """

    tried: tuple[Tried, ...]
    budget: Budget
    asked: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SearchJob:
    """What is searched.

    Attributes:
        job: The set, with the prompts to begin with.
        parts: Of each document.
        budget: What it may cost at most.
    """

    job: FieldsJob
    parts: dict[str, Part]
    budget: Budget


def prepare_search(fields: FieldsOptions, options: PromptSearchOptions) -> SearchJob:
    """Read what is searched; nothing is asked yet.

    Raises:
        OptionError: The answerer does not read prompts, or no set is named.
        SourceError: The set is too small, or a file cannot be used.
    """
    if fields.backend not in _READS_PROMPTS:
        raise OptionError(
            f"fields.backend={fields.backend} answers without a prompt, so that none is better than another: choose"
            " vllm (which is any server that speaks OpenAI's protocol) or transformers"
        )
    job = prepare_job(fields, _start(fields, options))
    parts = split_documents(job.questions, options)
    return SearchJob(job, parts, plan_budget(job.questions, parts, options))


def run_search(fields: FieldsOptions, options: PromptSearchOptions, runtime: RuntimeOptions, root: Path) -> Searched:
    """Search prompts for all fields of a set.

    Args:
        fields: The set, and who answers.
        options: Of the search.
        runtime: For the answerer.
        root: Of the project: where the folder of the search lies.

    Raises:
        BackendError: Nothing can be asked any more; what is known is kept, and the same command goes on from there.
    """
    started = time.monotonic()
    found = prepare_search(fields, options)
    log.info("prompt_search, %s", found.budget)
    job, parts = found.job, found.parts
    tried: list[Tried] = []
    begun = {key_of(prompt): prompt.text for prompt in job.prompts.used(job.questions)}
    with closing(build_answerer(fields, runtime.tessdata)) as answerer, closing(build_generator(options)) as generator:
        identities = answerer.identity, generator.identity
        name = search_key(job, parts, identities, options)
        memory = Memory(root / options.folder / name)
        judge = Judge(answerer, lambda question: job.read(AskedPage(question, ())), memory)
        for kind in kinds_of(job.questions):
            start = begun[key_of(Prompt(*kind, ""))]
            tried += search_field(kind, start, (job.questions, parts), (judge, generator, memory), options)
    return Searched(tuple(tried), found.budget, judge.asked, time.monotonic() - started)


def _start(fields: FieldsOptions, options: PromptSearchOptions) -> Prompts:
    """Return the prompts to begin with; where a collection has none for a field, the set's own words."""
    path = options.start or fields.prompts
    if path is None:
        return OWN_WORDS
    given = read_prompts(path)
    return Prompts(given.texts, given.cers, own=True)
