"""What the columns of a published file are, in the words of the library `datasets` and of the Hub's viewer.

Both read a Parquet file's schema metadata, `huggingface`, and the card's `dataset_info`; two ways of writing the same
features. The library itself is not needed to write them; a test loads what is written with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa

Feature: TypeAlias = dict[str, Any]

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])  # as `datasets.Image` is stored


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a configuration.

    Attributes:
        note: What it is, a line for the dataset card.
    """

    name: str
    type: pa.DataType
    note: str


def arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Return the schema of a file, with the features in its metadata."""
    features = {column.name: _json_feature(column.type) for column in columns}
    metadata: dict[bytes | str, bytes | str] = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([(column.name, column.type) for column in columns], metadata=metadata)


def card_features(columns: tuple[Column, ...]) -> list[Feature]:
    """Return the features as `dataset_info` of a card states them."""
    return [{"name": column.name, **_yaml_feature(column.type)} for column in columns]


def _json_feature(kind: pa.DataType) -> Any:
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = kind.value_type
        if pa.types.is_struct(inner):
            return [{field.name: _json_feature(field.type) for field in inner}]
        # not `List`: versions of `datasets` below 4 know `Sequence` only, later ones read both
        return {"feature": _json_feature(inner), "length": _length(kind), "_type": "Sequence"}
    return {"dtype": _dtype(kind), "_type": "Value"}


def _yaml_feature(kind: pa.DataType) -> Feature:
    if kind == IMAGE:
        return {"dtype": "image"}
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = kind.value_type
        if pa.types.is_struct(inner):
            return {"list": [{"name": field.name, **_yaml_feature(field.type)} for field in inner]}
        length = {} if _length(kind) < 0 else {"length": _length(kind)}
        return {"list": _dtype(inner), **length}
    return {"dtype": _dtype(kind)}


def _length(kind: pa.DataType) -> int:
    return kind.list_size if pa.types.is_fixed_size_list(kind) else -1


def _dtype(kind: pa.DataType) -> str:
    """Name a plain type as `datasets` does, which is Arrow's own name but for these two."""
    return {"float": "float32", "double": "float64"}.get(str(kind), str(kind))
