"""What a table or an index was made from, said beside it, and asked before it is put beside something else.

Shards have it in their keys (`sources`). A table has it among its attributes, which are saved with it; one of an
earlier version has none, and is not asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import pandas as pd

from ocr_project.domain.errors import StaleSource
from ocr_project.domain.protocols import ShardSource
from ocr_project.storage.table_file import TableFile

_MADE_FROM = "made_from"


def origin_of(shards: ShardSource) -> str:
    """Return what tells the shards there now from all others."""
    return _digest(info.source_key for info in shards.index().values())


def origin_of_queries(queries: pd.DataFrame) -> str:
    """Return the same for questions."""
    return _digest(
        f"{query_id}\x1e{text}" for query_id, text in zip(queries["query_id"], queries["text"], strict=True)
    )


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "replace")).hexdigest()[:32]


def stamped(table: pd.DataFrame, made_from: Mapping[str, str]) -> pd.DataFrame:
    """Write down what a table was made from, by the names of its sources."""
    table.attrs.update(stamp(made_from))
    return table


def stamp(made_from: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the attribute of a table that says what it was made from, by the names of its sources."""
    return {_MADE_FROM: dict(made_from)}


def stamp_of(table: pd.DataFrame | TableFile) -> dict[str, str]:
    """Return what a table was made from, as far as it is known."""
    return dict(table.attrs.get(_MADE_FROM, {}))


def check_stamp(what: str, stage: str, stamp: Mapping[str, str], now: Mapping[str, str]) -> None:
    """See that something was made from what is there now.

    Args:
        what: Its name, for the message.
        stage: What makes it anew.
        stamp: What it was made from. What is not known of it is not asked.
        now: What is there now.

    Raises:
        StaleSource: It was made from something else.
    """
    other = [name for name, origin in now.items() if stamp.get(name, origin) != origin]
    if other:
        names = " and ".join(name.replace("_", " ") for name in other)
        raise StaleSource(
            f"{what} was made from other {names} than those there now: run `kedro run --pipelines {stage}` with the"
            " same options first, or all stages at once"
        )
