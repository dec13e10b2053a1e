"""Queries and judgements that came with a corpus: `queries.csv` and `qrels.csv`, or SDS-KoPub's own."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ocr_project.domain.errors import SourceError
from ocr_project.domain.types import Document, Qrel, Query, Status
from ocr_project.engine.ingest.kopub import is_kopub, kopub_questions
from ocr_project.engine.ingest.source import HUB
from ocr_project.storage.given_text import is_given, read_given


def read_queries(path: Path | None, where: str) -> list[Query]:
    """Read the questions to a corpus.

    Args:
        path: CSV with `query_id,query` and, if it likes, `type,domain`; None for what lies in the
            source or beside it.
        where: The source, from `source_location`.

    Returns:
        In the order of the file; empty where there are none.

    Raises:
        SourceError: The file is not there, or lacks a column.
    """
    if path is None and _is_kopub(where):
        return kopub_questions(where)[0]
    table = _table(path or _beside(where, "queries.csv"), ("query_id", "query"))
    return [
        Query(row["query_id"], row["query"], row.get("type", ""), row.get("domain", "")) for row in _records(table)
    ]


def read_qrels(path: Path | None, where: str, documents: Iterable[Document]) -> list[Qrel]:
    """Read which pages answer which questions.

    Args:
        path: CSV with `query_id,document,page,relevance`; None as in `read_queries`.
        where: The source, from `source_location`.
        documents: Of the corpus: judgements of others are left out.
    """
    if path is None and _is_kopub(where):
        return kopub_questions(where)[1]
    table = _table(path or _beside(where, "qrels.csv"), ("query_id", "document", "page", "relevance"))
    known = {document.path: document.doc_id for document in documents if document.status is Status.OK}
    return [
        Qrel(row["query_id"], f"{known[row['document']]}_{int(row['page']):05d}", int(row["relevance"]))
        for row in _records(table)
        if row["document"] in known
    ]


def _is_kopub(where: str) -> bool:
    return where.startswith(HUB) or is_kopub(Path(where))


def _beside(where: str, name: str) -> Path | None:
    found = (folder / name for folder in (Path(where), Path(where).parent))
    return next((path for path in found if is_given(path, path.parent)), None)


def _table(path: Path | None, columns: tuple[str, ...]) -> pd.DataFrame:
    if path is None:
        return pd.DataFrame(columns=list(columns))
    try:
        table = pd.read_csv(io.StringIO(read_given(path)), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise SourceError(f"{path} cannot be read as CSV ({error})") from error
    if missing := [column for column in columns if column not in table.columns]:
        raise SourceError(f"{path} lacks the column {', '.join(missing)}; it has {', '.join(table.columns)}")
    return table


def _records(table: pd.DataFrame) -> list[dict[str, str]]:
    return [{str(key): str(value) for key, value in row.items()} for row in table.to_dict("records")]
