"""The twins of `types` at rest: named pyarrow schemas, and the way from rows to tables and back.

A `Box` is stored as four float32, a label or status as its string, words as a list of structs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, asdict, fields
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from ocr_project.domain.causes import Cause
from ocr_project.domain.outside_text import storable
from ocr_project.domain.types import (
    Answer,
    Box,
    Document,
    DoubtfulPlace,
    Embedding,
    HeldOut,
    Label,
    Page,
    PageConfidence,
    PageFacts,
    Prompt,
    Qrel,
    Query,
    Question,
    Ranked,
    Recognition,
    Reference,
    Region,
    Score,
    Split,
    Status,
    Task,
    TextFormat,
    TrainingSample,
    Transcript,
    Truth,
    TruthKind,
    Word,
)

Row = TypeVar("Row")

_ROWS_AT_ONCE = 1_000  # of a table that is laid out as its rows come

_BOX = pa.list_(pa.float32(), 4)
_WORDS = pa.list_(
    pa.struct([("text", pa.string()), ("box", _BOX), ("confidence", pa.float32()), ("line", pa.int32())])
)
_SLICES = pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))
_FACTS = pa.struct(
    [
        ("language", pa.string()),
        ("rotation_valid", pa.bool_()),
        ("rotation", pa.int32()),
        ("table", pa.bool_()),
        ("diagram", pa.bool_()),
    ]
)
_OUTCOME: list[tuple[str, pa.DataType]] = [("status", pa.string()), ("reason", pa.string())]


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema(columns)


SCHEMAS: dict[type, pa.Schema] = {
    Document: _schema(
        ("doc_id", pa.string()),
        ("path", pa.string()),
        ("group", pa.string()),
        ("media_type", pa.string()),
        ("pages", pa.int32()),
        ("bytes", pa.int64()),
        ("source", pa.string()),
        *_OUTCOME,
    ),
    Page: _schema(
        ("page_id", pa.string()),
        ("doc_id", pa.string()),
        ("path", pa.string()),
        ("group", pa.string()),
        ("number", pa.int32()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("dpi", pa.float32()),
        ("media_type", pa.string()),
        ("image", pa.large_binary()),
        ("text_layer", pa.string()),
        ("text_layer_words", _WORDS),
        ("text_layer_healthy", pa.bool_()),
        ("text_layer_preferred", pa.bool_()),
        ("text_layer_gaps", pa.list_(pa.float32())),
        *_OUTCOME,
        ("seconds", pa.float32()),
        ("given", pa.string()),
        ("question", pa.string()),
    ),
    Region: _schema(
        ("page_id", pa.string()),
        ("index", pa.int32()),
        ("label", pa.string()),
        ("native_label", pa.string()),
        ("box", _BOX),
        ("quad", pa.list_(pa.float32())),
        ("score", pa.float32()),
        *_OUTCOME,
        ("seconds", pa.float32()),
        ("polygon", pa.list_(pa.float32())),
        ("cells", pa.list_(pa.float32())),
    ),
    Recognition: _schema(
        ("page_id", pa.string()),
        ("index", pa.int32()),
        ("text", pa.string()),
        ("format", pa.string()),
        ("words", _WORDS),
        ("confidence", pa.float32()),
        ("attempts", pa.int32()),
        ("seconds", pa.float32()),
        ("prompt_tokens", pa.int32()),
        ("completion_tokens", pa.int32()),
        ("finish_reason", pa.string()),
        *_OUTCOME,
    ),
    Transcript: _schema(
        ("page_id", pa.string()),
        ("doc_id", pa.string()),
        ("path", pa.string()),
        ("group", pa.string()),
        ("number", pa.int32()),
        ("text", pa.string()),
        ("markdown", pa.string()),
        ("source", pa.string()),
        *_OUTCOME,
        ("seconds", pa.float32()),
    ),
    Embedding: _schema(
        ("item_id", pa.string()),
        ("kind", pa.string()),
        ("modality", pa.string()),
        ("vector", pa.list_(pa.float32())),
        *_OUTCOME,
        ("seconds", pa.float32()),
    ),
    Query: _schema(("query_id", pa.string()), ("text", pa.string()), ("type", pa.string()), ("domain", pa.string())),
    Qrel: _schema(("query_id", pa.string()), ("page_id", pa.string()), ("relevance", pa.int32())),
    Ranked: _schema(
        ("run", pa.string()),
        ("query_id", pa.string()),
        ("page_id", pa.string()),
        ("place", pa.int32()),
        ("score", pa.float64()),
    ),
    Reference: _schema(("page_id", pa.string()), ("text", pa.string()), ("kind", pa.string())),
    Score: _schema(
        ("item_id", pa.string()),
        ("doc_id", pa.string()),
        ("group", pa.string()),
        ("metric", pa.string()),
        ("numerator", pa.float64()),
        ("denominator", pa.float64()),
        *_OUTCOME,
    ),
    DoubtfulPlace: _schema(
        ("document", pa.string()),
        *((name, pa.int64()) for name in ("page", "region", "line")),
        ("label", pa.string()),
        *((name, pa.float64()) for name in ("x0", "y0", "x1", "y1")),
        ("text", pa.string()),
        *((name, pa.float64()) for name in ("confidence", "expected_errors")),
        *((name, pa.string()) for name in ("reason", "correction", "page_id")),
    ),
    PageConfidence: _schema(
        ("page_id", pa.string()),
        ("document", pa.string()),
        ("page", pa.int64()),
        ("confidence", pa.float64()),
        ("places", pa.int64()),
    ),
    Truth: _schema(
        ("page_id", pa.string()),
        ("test_set", pa.string()),
        ("kind", pa.string()),
        ("payload", pa.string()),
        ("slices", _SLICES),
        ("cluster", pa.string()),
    ),
    Question: _schema(
        ("question_id", pa.int64()),
        ("page_id", pa.string()),
        ("image", pa.string()),
        ("document", pa.string()),
        ("doc_type", pa.string()),
        ("field", pa.string()),
        ("split", pa.string()),
        ("text", pa.string()),
        ("truth", pa.string()),
        ("box", _BOX),
        ("slices", _SLICES),
    ),
    Prompt: _schema(("doc_type", pa.string()), ("field", pa.string()), ("text", pa.string()), ("cer", pa.float64())),
    Answer: _schema(
        ("question_id", pa.int64()),
        ("page_id", pa.string()),
        ("text", pa.string()),
        *_OUTCOME,
        ("cause", pa.string()),
        ("seconds", pa.float32()),
        ("prompt_tokens", pa.int32()),
        ("tokens", pa.int32()),
        ("attempts", pa.int32()),
    ),
    TrainingSample: _schema(
        ("sample_id", pa.string()),
        ("source", pa.string()),
        ("document", pa.string()),
        ("place", pa.string()),
        ("split", pa.string()),
        ("task", pa.string()),
        ("whole_page", pa.bool_()),
        ("question", pa.string()),
        ("image", pa.large_binary()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("answer", pa.string()),
        ("format", pa.string()),
        ("facts", _FACTS),
        ("status", pa.string()),
        ("rule", pa.string()),
        ("reason", pa.string()),
    ),
    HeldOut: _schema(
        ("item_id", pa.string()),
        ("test_set", pa.string()),
        ("document", pa.string()),
        ("file", pa.string()),
        ("pixels", pa.string()),
    ),
}

# Columns under the names that they had until release 0.1: written beside the new ones for one release, so that readers
# of the published dataset have time, and read where the new ones are missing.
OLD_NAMES: dict[type, dict[str, str]] = {Score: {"numerator": "errors", "denominator": "total"}}

ROW_TYPES: dict[str, type] = {row.__name__: row for row in SCHEMAS}

_ENUMS: dict[tuple[type, str], type[StrEnum]] = {
    **{(row, "status"): Status for row, schema in SCHEMAS.items() if "status" in schema.names},
    (Page, "given"): Label,
    (Region, "label"): Label,
    (Truth, "kind"): TruthKind,
    (Recognition, "format"): TextFormat,
    (Answer, "cause"): Cause,
    (TrainingSample, "split"): Split,
    (TrainingSample, "task"): Task,
    (TrainingSample, "format"): TextFormat,
}


def to_table(rows: Sequence[Any], row_type: type) -> pa.Table:
    """Lay rows out as a table of their type's schema, in the order given.

    Args:
        rows: Instances of `row_type`; may be empty. Halves of surrogate pairs, which come from file names and broken
            answers, are replaced: Arrow's text is UTF-8. Vectors of one length become lists of that fixed size, of
            float16 where the vectors are.
        row_type: One of the keys of `SCHEMAS`.
    """
    schema = SCHEMAS[row_type]
    if row_type is Embedding and len(rows):
        schema = schema.set(schema.get_field_index("vector"), pa.field("vector", _vector_type(rows)))
    columns = [_column([_rest(getattr(row, name)) for row in rows], schema.field(name).type) for name in schema.names]
    table = pa.Table.from_arrays(columns, schema=schema)
    for name, old in OLD_NAMES.get(row_type, {}).items():
        table = table.append_column(old, table.column(name))
    return table


def stored_columns(row_type: type) -> list[str]:
    """List the columns that rows of a type may have at rest: those of its schema, and their old names."""
    return [*SCHEMAS[row_type].names, *OLD_NAMES.get(row_type, {}).values()]


def current_names(frame: pd.DataFrame, row_type: type) -> pd.DataFrame:
    """Give the columns of a frame that was written before the new names existed their new names."""
    renamed = {old: name for name, old in OLD_NAMES.get(row_type, {}).items() if name not in frame.columns}
    return frame.rename(columns=renamed)


def from_table(table: pa.Table | pa.RecordBatch, row_type: type[Row]) -> Iterator[Row]:
    """Yield the objects of rows in order; a column that the table lacks takes the field's default, or None."""
    old = OLD_NAMES.get(row_type, {})
    sources = {name: name if name in table.schema.names else old.get(name, name) for name in SCHEMAS[row_type].names}
    names = [name for name, source in sources.items() if source in table.schema.names]
    absent = {
        field.name: None if field.default is MISSING else field.default
        for field in fields(cast(Any, row_type))
        if field.name not in names
    }
    for values in zip(*(_wake(row_type, name, table.column(sources[name])) for name in names), strict=True):
        yield row_type(**dict(zip(names, values, strict=True)), **absent)


def to_frame(rows: Iterable[Any], row_type: type) -> pd.DataFrame:
    """Lay rows out as a data frame: for tables that are small enough to be held whole.

    Args:
        rows: Of a generator a thousand objects are there at a time, and otherwise columns.
        row_type: One of the keys of `SCHEMAS`.
    """
    if isinstance(rows, Sequence):
        return to_table(rows, row_type).to_pandas()
    left, parts = iter(rows), [to_table([], row_type)]
    while some := list(islice(left, _ROWS_AT_ONCE)):
        parts.append(to_table(some, row_type))
    return pa.concat_tables(parts).to_pandas()


def from_frame(frame: pd.DataFrame, row_type: type[Row]) -> list[Row]:
    """Return the objects of a data frame that `to_frame` made."""
    table = pa.Table.from_pandas(current_names(frame, row_type), schema=SCHEMAS[row_type], preserve_index=False)
    return list(from_table(table, row_type))


def _vector_type(rows: Sequence[Embedding]) -> pa.DataType:
    """Return how the vectors of a shard rest: lists of fixed size, as readers of vectors want them."""
    lengths = {len(row.vector) for row in rows}
    number = pa.float16() if all(row.vector.dtype == np.float16 for row in rows) else pa.float32()
    return pa.list_(number, lengths.pop()) if len(lengths) == 1 else pa.list_(number)


def _column(values: list[Any], kind: pa.DataType) -> Any:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array(_storable(values), kind)


def _storable(value: Any) -> Any:
    """Replace halves of surrogate pairs in text, in lists of it and in the values of dictionaries."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    return {key: _storable(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _rest(value: Any) -> Any:
    if isinstance(value, tuple) and value and isinstance(value[0], Word):
        return [{"text": w.text, "box": w.box, "confidence": w.confidence, "line": w.line} for w in value]
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return [{"name": name, "value": it} for name, it in value]
    return asdict(value) if isinstance(value, PageFacts) else value


def _wake(row_type: type, name: str, column: Any) -> list[Any]:
    if name == "vector":
        return [np.asarray(scalar.values, np.float32) for scalar in column]
    values = column.to_pylist()
    if enum := _ENUMS.get((row_type, name)):
        return [None if value is None else enum(value) for value in values]
    if name == "box":
        return [None if value is None else Box(*value) for value in values]
    if name == "slices":
        return [tuple((pair["name"], pair["value"]) for pair in value) for value in values]
    if name == "facts":
        return [None if value is None else PageFacts(**value) for value in values]
    if name in ("quad", "polygon", "cells", "text_layer_gaps"):
        return [None if value is None else tuple(value) for value in values]
    if name in ("words", "text_layer_words"):
        return [tuple(Word(w["text"], Box(*w["box"]), w["confidence"], w["line"]) for w in value) for value in values]
    return cast(list[Any], values)
