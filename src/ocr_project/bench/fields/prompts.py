"""Collections of prompts, in both spellings of VLMHyperBench.

prompt;doc_class_question_type;cer               its code: the key is document type, blank, field
doc_type_question_type|optimal_prompt            its design document
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Asked, Prompt, Question
from ocr_project.storage.given_table import GivenTable, read_given_table, some

_KEYS = ("doc_class_question_type", "doc_type_question_type")
_TEXTS = ("prompt", "optimal_prompt")
_CER = "cer"


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts by their key, which is document type, blank, field.

    Attributes:
        texts: What is sent, by key.
        cers: CER that the author reached, by key, where the collection says it.
        own: Whether a question that has none is asked in the set's own words.
    """

    texts: Mapping[str, str]
    cers: Mapping[str, float]
    own: bool = False

    @property
    def digest(self) -> str:
        """Return a hash of all prompts, for an identity; empty where the set's own words are sent."""
        if not self.texts:
            return ""
        return hashlib.sha256(json.dumps(sorted(self.texts.items())).encode()).hexdigest()[:16]

    def ask(self, questions: Sequence[Question]) -> list[Asked]:
        """Put questions into words.

        Raises:
            SourceError: There is no prompt for some: all fields that lack one are named at once.
        """
        lacking = dict.fromkeys(key_of(question) for question in questions if not self._words(question))
        if lacking:
            advice = "fields.prompts has to have one for each" if not self.own else "fill the column question"
            raise SourceError(f"no prompt for {some(list(lacking))}: {advice}")
        return [Asked(one.question_id, one.doc_type, one.field, self._words(one)) for one in questions]

    def used(self, questions: Iterable[Question]) -> list[Prompt]:
        """List the prompts that questions are asked with, one for each document type and field."""
        kinds = {key_of(one): one for one in questions}
        return [Prompt(one.doc_type, one.field, self._words(one), self.cers.get(key)) for key, one in kinds.items()]

    def _words(self, question: Question) -> str:
        return self.texts.get(key_of(question), "") or (question.text if self.own else "")


OWN_WORDS = Prompts({}, {}, own=True)
"""No collection: questions are asked as the set writes them."""


def key_of(question: Question | Prompt) -> str:
    """Return what prompts are found by."""
    return " ".join(f"{question.doc_type} {question.field}".split())


def prompts_of(prompts: Iterable[Prompt]) -> Prompts:
    """Make a collection of prompts, such as a search has found."""
    found = list(prompts)
    return Prompts(
        {key_of(one): one.text for one in found}, {key_of(one): one.cer for one in found if one.cer is not None}
    )


def read_prompts(path: Path) -> Prompts:
    """Read a collection.

    Raises:
        SourceError: It is not there, lacks a column, or has rows that cannot be used: names lines and columns.
    """
    if not path.is_file():
        raise SourceError(f"fields.prompts: there is no file {path}")
    table = read_given_table(path)
    key, text = _column(table, _KEYS), _column(table, _TEXTS)
    texts: dict[str, str] = {}
    cers: dict[str, float] = {}
    faults: list[str] = []
    for row in table.rows:
        name = " ".join(row.cells[key].split())
        if not name or not row.cells[text].strip():
            faults.append(f"{table.place(row, key if not name else text)} is empty")
        elif name in texts:
            faults.append(f"{table.place(row, key)}: there are two prompts for {name}")
        texts[name] = row.cells[text].strip()
        if written := row.cells.get(_CER, "").strip():
            try:
                cers[name] = float(written.replace(",", "."))
            except ValueError:
                faults.append(f"{table.place(row, _CER)}: {written!r} is not a number")
    if faults:
        raise SourceError(some(faults))
    if not texts:
        raise SourceError(f"{path} has no prompts")
    return Prompts(texts, cers)


def _column(table: GivenTable, names: Sequence[str]) -> str:
    found = [name for name in names if name in table.columns]
    if not found:
        have = ", ".join(table.columns)
        raise SourceError(f"{table.path} has no column {' or '.join(names)}; it has {have}")
    return found[0]
