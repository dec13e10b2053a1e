"""What is stored of the runs of a matrix.

matrix/
  matrix.json                          which runs it has, in their order
  demo-qwen2-vl-2b-vllm-1a2b3c4d-…/    one run
    answers.jsonl                      answers as they came, times, what the GPUs did
    scores.parquet                     one row a question and metric
    run.json                           what was chosen, what became of it, what it cost
    server/                            logs of its servers
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ocr_project.domain.errors import OptionError, StorageError
from ocr_project.domain.options import FieldsOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Answer, Score
from ocr_project.storage.atomic import atomic_file, atomic_json

ANSWERS, SCORES, RUN, MATRIX = "answers.jsonl", "scores.parquet", "run.json", "matrix.json"
THEIRS = "vlmhyperbench"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run without its answers.

    Attributes:
        name: For people.
        folder: Name of its folder.
        status: Empty where it is complete; otherwise why it is not.
        settings: What was chosen.
        identity: Of the answerer.
        dummy: Whether the weights are random.
        cost: What was measured.
        cards: Names of the GPUs that it was on.
        fields: The options with which it was asked, as JSON.
        questions: Asked.
        missing: Questions without an answer.
    """

    name: str
    folder: str
    status: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    identity: str = ""
    dummy: bool = False
    cost: Mapping[str, float] = field(default_factory=dict)
    cards: Sequence[str] = ()
    fields: str = "{}"
    questions: int = 0
    missing: int = 0

    @property
    def options(self) -> FieldsOptions:
        """Return the options with which it was asked."""
        return FieldsOptions.model_validate_json(self.fields)


@dataclass(frozen=True, slots=True, eq=False)
class FinishedRun:
    """A run with its scores and answers; a run that failed has none.

    Attributes:
        facts: What is known of it.
        scores: Score rows.
        answers: By question.
    """

    facts: RunFacts
    scores: pd.DataFrame
    answers: Mapping[int, Answer]

    @property
    def name(self) -> str:
        """Name for people."""
        return self.facts.name


def write_facts(home: Path, facts: RunFacts) -> None:
    """Write what is known of a run into its folder."""
    atomic_json(home / facts.folder / RUN, asdict(facts))


def read_facts(home: Path, folder: str) -> RunFacts | None:
    """Return what is known of a run; None where it was never begun."""
    path = home / folder / RUN
    if not path.is_file():
        return None
    try:
        held: dict[str, Any] = json.loads(path.read_bytes())
        return RunFacts(**held)
    except (ValueError, TypeError) as error:
        raise StorageError(f"{path} is damaged ({error}); move it away and run the matrix again") from error


def write_scores(home: Path, folder: str, scores: Sequence[Score]) -> None:
    """Write the scores of a run."""
    with atomic_file(home / folder / SCORES) as file:
        to_frame(scores, Score).to_parquet(file, index=False)


def write_matrix(home: Path, folders: Iterable[str]) -> None:
    """Write which runs the matrix has."""
    atomic_json(home / MATRIX, {"runs": list(folders)})


def read_matrix(home: Path) -> list[FinishedRun]:
    """Read all runs of the matrix that was run last, in their order.

    Raises:
        OptionError: There is none.
        StorageError: A file is damaged.
    """
    from ocr_project.bench.matrix.asking import answers_of
    from ocr_project.storage.journal import read_journal

    path = home / MATRIX
    if not path.is_file():
        raise OptionError(f"there is no matrix in {home}: `kedro run --pipelines matrix` makes one")
    found = []
    for folder in json.loads(path.read_bytes())["runs"]:
        facts = read_facts(home, folder) or RunFacts(folder, folder, status="not run")
        scores = home / folder / SCORES
        if facts.status or not scores.is_file():
            found.append(FinishedRun(facts, to_frame([], Score), {}))
        else:
            answers = answers_of(read_journal(home / folder / ANSWERS))
            found.append(FinishedRun(facts, pd.read_parquet(scores), answers))
    return found
