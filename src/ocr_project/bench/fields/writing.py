"""Answers and metrics in VLMHyperBench's files, so that its users and its scripts find what they know.

    ModelsAnswers/{dataset}_{framework}_{model}_{task}_answers_{time}.csv
        id;model_answer, then what theirs has not: status;reason;seconds;prompt_tokens;tokens;attempts
    ModelsMetrics/{the same name}_by_id|_by_doc_question|_by_doc_type|_overall.csv
        their columns under their names, then items;unscored and the ends of the 95 % intervals

`general` is their other name of `overall`. Separator `;`, UTF-8 with a mark, as theirs. A cell that a spreadsheet
would compute is left as it is: these files are read by programs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ocr_project.bench.fields.annotation import FieldSet
from ocr_project.bench.fields.scoring import BLEU
from ocr_project.bench.fields.tables import DOC_QUESTION, DOC_TYPE, OVERALL
from ocr_project.domain.outside_text import storable
from ocr_project.domain.types import Answer, Score
from ocr_project.storage.atomic import atomic_text

ANSWERS, METRICS = "ModelsAnswers", "ModelsMetrics"
AGGREGATORS = ("by_id", "by_doc_question", "by_doc_type", "overall")
_THEIRS = {"wer/official": "wer_error", "cer/official": "cer_error"}  # by metric; BLEU's name depends on the table
_BLEU = {"by_id": "bleu_score", "overall": "bleu_score", "by_doc_question": "bleu_error", "by_doc_type": "bleu_error"}
_OURS = {
    "cer/canonical": "cer_canonical",
    "cer_clipped": "cer_clipped",
    "wer/canonical": "wer_canonical",
    "exact": "exact_match",
    "normalized": "normalized_match",
    "anls": "anls",
}


@dataclass(frozen=True, slots=True)
class FileNames:
    """What files are named after.

    Attributes:
        dataset: Of the set.
        framework: For example `vLLM`.
        model: Without its owner.
        task: VLMHyperBench's word.
        time: `YYYYMMDD_HHMMSS`.
    """

    dataset: str
    framework: str
    model: str
    time: str
    task: str = "VQA"

    @property
    def stem(self) -> str:
        """Return the name of the file of answers, without its suffix."""
        parts = (self.dataset, self.framework, self.model, self.task, "answers", self.time)
        return "_".join(re.sub(r"[^\w.\- ]+", "_", part) for part in parts if part)


def write_theirs(
    root: Path,
    names: FileNames,
    found: FieldSet,
    answers: Sequence[Answer],
    scores: Sequence[Score],
    table: pd.DataFrame,
) -> list[Path]:
    """Write the answers and the four tables of metrics.

    Args:
        root: In which both folders are.
        names: What the files are named after.
        found: The set, with the questions that were asked.
        answers: One for each question, in order.
        scores: Of each.
        table: As `tabulate_fields` returns it.

    Returns:
        The files, answers first.
    """
    frames: dict[Path, pd.DataFrame] = {root / ANSWERS / f"{names.stem}.csv": answer_rows(answers)}
    by_id = _by_id(found, answers, scores)
    rates = {name: _rates(table, level, name) for name, level in _LEVELS.items()}
    for aggregator, frame in {"by_id": by_id, **rates}.items():
        frames[root / METRICS / f"{names.stem}_{aggregator}.csv"] = frame
    for path, frame in frames.items():
        with atomic_text(path) as file:
            file.write("\ufeff")
            frame.map(_cell).to_csv(file, sep=";", index=False)
    return list(frames)


def answer_rows(answers: Sequence[Answer]) -> pd.DataFrame:
    """Return the file of answers as a table: their two columns, then ours."""
    rows = [
        {
            "id": one.question_id, "model_answer": one.text, "status": one.status.value, "reason": one.reason,
            "seconds": round(one.seconds, 6), "prompt_tokens": one.prompt_tokens, "tokens": one.tokens,
            "attempts": one.attempts,
        }
        for one in answers
    ]  # fmt: skip
    names = ("id", "model_answer", "status", "reason", "seconds", "prompt_tokens", "tokens", "attempts")
    return pd.DataFrame(rows, columns=list(names))


_LEVELS: Mapping[str, str] = {"by_doc_question": DOC_QUESTION, "by_doc_type": DOC_TYPE, "overall": OVERALL}
_ABOUT: Mapping[str, Mapping[str, str]] = {
    "by_doc_question": {"doc_class": "doc_type", "question_type": "field"},
    "by_doc_type": {"doc_class": "doc_type"},
    "overall": {},
}


def _by_id(found: FieldSet, answers: Sequence[Answer], scores: Sequence[Score]) -> pd.DataFrame:
    """Return answers, annotations and errors side by side, as theirs; one row for each question, answered or not."""
    rates: dict[str, dict[str, float]] = {}
    for score in scores:
        rate = score.numerator / score.denominator if score.denominator else float("nan")
        rates.setdefault(score.item_id, {})[score.metric] = rate
    columns = _columns("by_id", scores)
    rows: list[dict[str, Any]] = []
    for answer in answers:
        known = found.rows[answer.question_id]
        said = {"id": answer.question_id, "model_answer": answer.text}
        written = {name: known[column] for name, column in found.columns.items() if name not in said}
        of_one = rates[str(answer.question_id)]
        errors = {column: _scaled(metric, of_one[metric]) for metric, column in columns.items()}
        rows.append({**said, **written, **errors, "status": answer.status.value})
    return pd.DataFrame(rows)


def _rates(table: pd.DataFrame, level: str, aggregator: str) -> pd.DataFrame:
    """Return a table of rates, a row for each slice of a level."""
    part = table[table["level"] == level]
    columns = _columns(aggregator, part["metric"])
    rows: list[dict[str, Any]] = []
    for _, members in part.groupby("name", sort=False):
        first = members.iloc[0]
        by_metric = {str(row["metric"]): row for row in members.to_dict("records")}
        row: dict[str, Any] = {name: first[column] for name, column in _ABOUT[aggregator].items()}
        row |= {column: _scaled(metric, by_metric[metric]["rate"]) for metric, column in columns.items()}
        row |= {"items": first["items"], "unscored": first["missing"], "documents": first["documents"]}
        for metric, column in columns.items():
            row[f"{column}_low"] = _scaled(metric, by_metric[metric]["low"])
            row[f"{column}_high"] = _scaled(metric, by_metric[metric]["high"])
        rows.append(row)
    return pd.DataFrame(rows)


def _columns(aggregator: str, scored: Sequence[Score] | pd.Series) -> dict[str, str]:
    """Return the names of the columns by metric, theirs first."""
    have = {one.metric if isinstance(one, Score) else str(one) for one in scored}
    return {metric: name for metric, name in {**_THEIRS, BLEU: _BLEU[aggregator], **_OURS}.items() if metric in have}


def _scaled(metric: str, rate: float) -> float:
    """Return a rate as theirs is: BLEU counts to 100."""
    return rate * 100 if metric == BLEU else rate


def _cell(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value
