"""A finished corpus to a dataset that others can load."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import PublishOptions, PublishTarget
from ocr_project.domain.project import Project
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Document, Embedding, Qrel, Query, Reference, Score
from ocr_project.engine import publishing
from ocr_project.engine.publishing import Tables
from ocr_project.engine.running.origins import check_stamp, origin_of, origin_of_queries, stamp_of
from ocr_project.engine.running.sources import check_sources
from ocr_project.storage.table_file import TableFile


def write_published(
    published_done: Path,
    project: Project,
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    page_vectors: ShardSource,
    documents: pd.DataFrame,
    queries: pd.DataFrame,
    query_vectors: TableFile,
    qrels: pd.DataFrame,
    scores: TableFile,
    references: TableFile,
    score_table: pd.DataFrame,
    options: PublishOptions,
) -> Path:
    """Write the files and the card: exactly what would be uploaded.

    They are written into `published_done`, where they belong, each file whole: what did not change is left alone.

    Returns:
        `published_done`.
    """
    check_sources(pages, regions, recognitions, transcripts, page_vectors)
    now = {name: origin_of(shards) for name, shards in (("pages", pages), ("transcripts", transcripts))}
    for table in (scores, references, score_table):
        check_stamp("a table of scores", "benchmark", stamp_of(table), now)
    check_stamp(
        "the table of the questions' vectors",
        "embedding",
        stamp_of(query_vectors),
        {"queries": origin_of_queries(queries)},
    )
    tables = Tables(
        documents=from_frame(documents, Document),
        queries=from_frame(queries, Query),
        query_vectors=list(query_vectors.rows(Embedding)),
        qrels=from_frame(qrels, Qrel),
        scores=list(scores.rows(Score)),
        references=list(references.rows(Reference)),
        # a group at the top of the source has an empty name, which CSV gives back as a missing one
        rates=cast(list[dict[str, Any]], score_table.fillna({"name": ""}).to_dict("records")),
    )
    corpus = Corpus(pages, regions, recognitions, transcripts, page_vectors)
    publishing.write_dataset(published_done, corpus=corpus, tables=tables, options=options, project=project.root)
    return published_done


def report_personal_data(published: Path, options: PublishOptions) -> pd.DataFrame:
    """Tabulate what the scan found: kind, count, pages, masked."""
    return pd.DataFrame(publishing.find_personal_data(published, options))


def upload_published(published: Path, personal_data: pd.DataFrame, options: PublishOptions) -> dict[str, float]:
    """Upload the folder where the options say so, and measure what is published."""
    measured = publishing.measure_dataset(published, options)
    measured["personal_data"] = int(personal_data["count"].sum())
    publishing.check_findings(int(personal_data.loc[~personal_data["masked"], "count"].sum()), options)
    if options.target is PublishTarget.HUB:
        done = publishing.upload(published, options)
        measured |= {"uploaded_files": done.files, "uploaded_bytes": done.bytes, "removed_files": done.removed}
    return measured
