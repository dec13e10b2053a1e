"""What a search found: each try, and of each field what was chosen and how much the choice flattered itself.

`flattered` is the clipped CER of the chosen prompt on the documents reported on, minus that on the documents that it
was selected on; `flattered_search` the same against those searched on. Positive: it looked better than it is. `gained`
is what the first prompt of the search has on the documents reported on, minus what the chosen one has, on the same
documents. All with 95 % intervals over documents (`engine/metrics/intervals`); the parts hold other documents, so that
the interval of a difference between two of them is wider than either alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.bench.prompt_search.field_search import kept_of
from ocr_project.bench.prompt_search.parts import Part
from ocr_project.bench.prompt_search.tried import Judged, Tried, best_of
from ocr_project.domain.options.prompt_search import PromptSearchOptions
from ocr_project.engine.metrics.intervals import Blend
from ocr_project.engine.metrics.resampling import estimate_blends

ALL = "all"
TRY_COLUMNS = (
    "doc_type", "field", "part", "number", "status", "reason", "prompt", "questions", "unanswered", "clipped",
    "clipped_cer", "edits", "length", "prompt_tokens", "tokens", "generator_prompt_tokens", "generator_tokens",
    "seconds",
)  # fmt: skip
_RATES = ("search", "select", "report", "first_report")
_BLENDS = {
    "search": Blend((0,)),
    "select": Blend((1,)),
    "report": Blend((2,)),
    "first_report": Blend((3,)),
    "flattered_search": Blend((0, 2), (-1.0, 1.0)),
    "flattered": Blend((1, 2), (-1.0, 1.0)),
    "gained": Blend((2, 3), (-1.0, 1.0)),
}
FOUND_COLUMNS = (
    "doc_type", "field", "tried", "kept", "questions", "documents", *_BLENDS,
    *(f"{name}_{end}" for name in _BLENDS for end in ("low", "high")), "number", "prompt", "first_prompt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found for one field.

    Attributes:
        tried: All on the documents searched on; the first is what the search began with.
        kept: Those that are good enough there, the best first.
        selected: The finalists on the documents selected on.
        chosen: The best of them on the documents reported on; None where none was good enough.
        first: The first prompt on the documents reported on.
    """

    tried: tuple[Tried, ...]
    kept: tuple[Tried, ...]
    selected: tuple[Tried, ...]
    chosen: Tried | None
    first: Tried

    def sides(self) -> list[tuple[Judged, ...]]:
        """Return the answers under the chosen prompt, by part, and those under the first one."""
        if self.chosen is None:
            return []
        by_number = {one.number: one for one in self.tried}
        selected = {one.number: one for one in self.selected}
        number = self.chosen.number
        return [by_number[number].judged, selected[number].judged, self.chosen.judged, self.first.judged]


def found_of(rows: Sequence[Tried], options: PromptSearchOptions) -> list[Found]:
    """Put the tries of each field together, in the order of the fields.

    Args:
        rows: As `search_field` yields them.
        options: What is kept.
    """
    kinds = dict.fromkeys((one.doc_type, one.field) for one in rows)
    return [_found([one for one in rows if (one.doc_type, one.field) == kind], options) for kind in kinds]


def tabulate_tries(rows: Iterable[Tried]) -> pd.DataFrame:
    """Return a row for each try, counts and all; see `TRY_COLUMNS`."""
    return pd.DataFrame([_try_row(one) for one in rows], columns=list(TRY_COLUMNS))


def tabulate_found(found: Sequence[Found]) -> pd.DataFrame:
    """Return a row for each field, and one for all of them that have a prompt; see `FOUND_COLUMNS`.

    A field for which no prompt is good enough has its row, without rates.
    """
    rows = [_found_row(one) for one in found]
    if chosen := [one for one in found if one.chosen is not None]:
        rows.append({"doc_type": ALL, "field": ALL, **_sums(found), **_estimates(chosen)})
    return pd.DataFrame(rows, columns=list(FOUND_COLUMNS))


def measure_found(found: Sequence[Found], table: pd.DataFrame, asked: Mapping[str, float]) -> dict[str, float]:
    """Flatten the whole search for MLflow.

    Args:
        found: By field.
        table: From `tabulate_found`.
        asked: What the search may cost and did cost, by name.
    """
    metrics = {**asked, "fields": float(len(found)), "chosen": float(sum(one.chosen is not None for one in found))}
    for row in table[table["field"] == ALL].to_dict("records"):
        names = [name for blend in _BLENDS for name in (blend, f"{blend}_low", f"{blend}_high")]
        metrics |= {name: float(row[name]) for name in names if np.isfinite(row[name])}
    return metrics


def _found(rows: Sequence[Tried], options: PromptSearchOptions) -> Found:
    tried = tuple(one for one in rows if one.part == Part.SEARCH)
    selected = tuple(one for one in rows if one.part == Part.SELECT)
    reported = {one.number: one for one in rows if one.part == Part.REPORT}
    chosen = reported[best_of(selected).number] if selected else None
    return Found(tried, tuple(kept_of(tried, options)), selected, chosen, reported[0])


def _try_row(one: Tried) -> dict[str, Any]:
    answers = one.judged
    return {
        "doc_type": one.doc_type,
        "field": one.field,
        "part": str(one.part),
        "number": one.number,
        "status": str(one.status),
        "reason": one.reason,
        "prompt": one.prompt,
        "questions": len(answers),
        "unanswered": sum(not answer.answered for answer in answers),
        "clipped": sum(answer.clipped for answer in answers),
        "clipped_cer": one.cer if answers else np.nan,
        "edits": sum(answer.edits for answer in answers),
        "length": sum(answer.length for answer in answers),
        "prompt_tokens": sum(answer.prompt_tokens for answer in answers),
        "tokens": sum(answer.tokens for answer in answers),
        "generator_prompt_tokens": one.proposed.prompt_tokens,
        "generator_tokens": one.proposed.tokens,
        "seconds": sum(answer.seconds for answer in answers),
    }


def _found_row(one: Found) -> dict[str, Any]:
    first = one.tried[0]
    row = {"doc_type": first.doc_type, "field": first.field, "first_prompt": first.prompt, **_sums([one])}
    if one.chosen is None:
        return row
    return {**row, "number": one.chosen.number, "prompt": one.chosen.prompt, **_estimates([one])}


def _sums(found: Sequence[Found]) -> dict[str, Any]:
    return {"tried": sum(len(one.tried) - 1 for one in found), "kept": sum(len(one.kept) for one in found)}


def _estimates(found: Sequence[Found]) -> dict[str, Any]:
    """Estimate all rates and differences of some fields together: questions count alike, documents are clusters."""
    cells = list(_cells(found))
    top = np.array([cell for cell, _, _ in cells])
    bottom = np.array([held for _, held, _ in cells])
    documents = [document for _, _, document in cells]
    estimates = estimate_blends(top, bottom, list(_BLENDS.values()), documents)
    values: dict[str, Any] = {
        "questions": int(bottom[:, :3].sum()),
        "documents": len(set(documents)),
    }
    for place, name in enumerate(_BLENDS):
        ends = {f"{name}_low": estimates.low[place], f"{name}_high": estimates.high[place]}
        values |= {name: estimates.value[place], **ends}
    return values


def _cells(found: Sequence[Found]) -> Iterator[tuple[list[float], list[float], str]]:
    """Yield the clipped CER of each answer in the column of its rate, with ones below; the rest of a row is empty."""
    for one in found:
        for place, answers in enumerate(one.sides()):
            for answer in answers:
                held = [float(place == column) for column in range(len(_RATES))]
                yield [answer.clipped * part for part in held], held, answer.document
