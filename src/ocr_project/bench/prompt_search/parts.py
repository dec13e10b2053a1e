"""A set in three: searched on, selected on, reported on.

A prompt is written for the documents that its author saw, and the best of many is the luckiest of them as well: what
it reaches on either does not say what it will reach. Whole documents are drawn, by a hash of their names, so that
the same set falls into the same parts on every machine, and more documents change the parts of few.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options.prompt_search import PromptSearchOptions
from ocr_project.domain.types import Question
from ocr_project.engine.metrics.intervals import FEWEST
from ocr_project.storage.given_table import some


class Part(StrEnum):
    """What documents are used for."""

    SEARCH = "search"
    SELECT = "select"
    REPORT = "report"


def split_documents(questions: Sequence[Question], options: PromptSearchOptions) -> dict[str, Part]:
    """Share the documents out, those of each document type by themselves.

    Args:
        questions: Of the whole set; a document is of the type of its first question.
        options: Sizes and seed.

    Returns:
        The part of each document, by its name.

    Raises:
        SourceError: A type has too few documents: says of each how many it has and needs.
    """
    types: dict[str, str] = {}
    for question in questions:
        types.setdefault(question.document, question.doc_type)
    needed = options.search + options.select + options.report
    found: dict[str, Part] = {}
    lacking = []
    for doc_type in dict.fromkeys(types.values()):
        names = sorted((name for name in types if types[name] == doc_type), key=lambda name: _hash(name, options.seed))
        if len(names) < needed:
            lacking.append(f"{doc_type or 'the set'} has {len(names)} documents")
        found |= {name: _part(place, options) for place, name in enumerate(names)}
    if lacking:
        raise SourceError(
            f"{'; '.join(lacking)}: {needed} of each type are needed ({options.search} to search on,"
            f" {options.select} to select on, {options.report} to report on). Add documents, or lower"
            " prompt_search.search, select or report (3 each at least)"
        )
    _check_fields(questions, found)
    return found


def questions_of(
    questions: Sequence[Question], parts: Mapping[str, Part], part: Part, kind: tuple[str, str]
) -> list[Question]:
    """Return the questions about one field in one part, in the order of the set.

    Args:
        questions: Of the whole set.
        parts: From `split_documents`.
        part: Which.
        kind: Document type and field.
    """
    return [one for one in questions if parts[one.document] is part and (one.doc_type, one.field) == kind]


def _check_fields(questions: Sequence[Question], parts: Mapping[str, Part]) -> None:
    """See that each field is asked for in enough documents of each part: not every document has every field.

    Raises:
        SourceError: One is not.
    """
    held: dict[tuple[str, str], dict[Part, set[str]]] = {}
    for one in questions:
        by_part = held.setdefault((one.doc_type, one.field), {part: set() for part in Part})
        by_part[parts[one.document]].add(one.document)
    lacking = [
        f"{' '.join(kind)}: {', '.join(f'{len(names)} to {part} on' for part, names in by_part.items())}"
        for kind, by_part in held.items()
        if min(map(len, by_part.values())) < FEWEST
    ]
    if lacking:
        raise SourceError(
            f"some fields are asked for in too few documents ({some(lacking)}): {FEWEST} of each part are needed. Add"
            " documents, leave the fields out with fields.field, or raise prompt_search.search and select"
        )


def _part(place: int, options: PromptSearchOptions) -> Part:
    if place < options.search:
        return Part.SEARCH
    return Part.SELECT if place < options.search + options.select else Part.REPORT


def _hash(name: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\x1f{name}".encode()).hexdigest()
