"""The Kedro faces of storage: folders of Parquet shards, tables, and whatever a node writes.

The faces that Kedro sees are imported when they are asked for: a machine that only works on shards needs no Kedro.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.shard_folder import ShardFolder

if TYPE_CHECKING:
    from ocr_project.datasets.kept_run import KeptRun
    from ocr_project.datasets.long_table import LongTable
    from ocr_project.datasets.place import Place
    from ocr_project.datasets.sharded_parquet import ShardedParquet
    from ocr_project.datasets.stage_metrics import StageMetrics
    from ocr_project.datasets.surroundings import Checkout, EarlierResults, NamedByOption, ScratchFolder
    from ocr_project.datasets.whole_table import WholeTable
    from ocr_project.datasets.written import Written

__all__ = [
    "Checkout",
    "EarlierResults",
    "KeptRun",
    "LineageFolder",
    "LongTable",
    "NamedByOption",
    "Place",
    "ScratchFolder",
    "ShardFolder",
    "ShardedParquet",
    "StageMetrics",
    "WholeTable",
    "Written",
]

_FACES = {
    "KeptRun": "kept_run",
    "LongTable": "long_table",
    "Place": "place",
    "ShardedParquet": "sharded_parquet",
    "StageMetrics": "stage_metrics",
    **dict.fromkeys(("Checkout", "EarlierResults", "NamedByOption", "ScratchFolder"), "surroundings"),
    "WholeTable": "whole_table",
    "Written": "written",
}


def __getattr__(name: str) -> Any:
    if name not in _FACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FACES[name]}"), name)
