"""Transcripts and references to scores."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import BenchmarkOptions, RuntimeOptions
from ocr_project.domain.outside_text import metric_name
from ocr_project.domain.project import Project
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame, to_frame
from ocr_project.domain.types import Document, Qrel, Reference, Score, Status, Transcript
from ocr_project.engine.exports import exported_files
from ocr_project.engine.ingest import read_qrels
from ocr_project.engine.ingest.ground_truth import find_references, references_there
from ocr_project.engine.metrics import estimate_rate, score_page
from ocr_project.engine.reporting import write_report
from ocr_project.engine.reporting.from_stages import THIS_RUN, CorpusTables, collect_report
from ocr_project.engine.running.once import once
from ocr_project.engine.running.origins import check_stamp, origin_of, stamp, stamp_of, stamped
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.stage_metrics import tabulate_shards
from ocr_project.engine.running.workers import worker_count
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.known_rows import KnownRows
from ocr_project.storage.page_places import PagePlaces
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile

_CHOSEN = ("cer_no_space", "ndcg@10", "recall@10")
_HEADLINE = {
    **{name: name for name in ("documents", "cer_no_space", "cer_no_space.low", "cer_no_space.high", "word_f1")},
    "retrieval.lexical.ndcg_at_10": "ndcg_at_10",
    "review.places": "doubts",
}


def list_references(
    scratch: Scratch,
    documents: pd.DataFrame,
    pages: ShardSource,
    options: BenchmarkOptions,
    earlier: Earlier | None = None,
) -> TableFile:
    """Collect the ground truth of the pages that have one."""
    known = {document.doc_id: document for document in reversed(from_frame(documents, Document))}
    there = references_there(known.values(), options)

    def collect() -> TableFile:
        found = find_references(known, pages.rows(without=("image", "text_layer_words", "text_layer_gaps")), options)
        with scratch.draft("references.parquet") as path:
            return TableFile.written(path, found, Reference, stamp({"pages": origin_of(pages)}))

    sources = (documents, pages, options, there)
    return once(earlier if there is not None else None, "list_references", sources, collect)


def score_pages(
    scratch: Scratch,
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    references: TableFile,
    earlier: Earlier | None = None,
) -> TableFile:
    """Count the errors of each page that has a reference; a page that failed misses all of it.

    The stages before the transcripts are there to see that these were made from the pages of the references.
    """
    check_sources(pages, regions, recognitions, transcripts)
    check_stamp("the table of references", "benchmark", stamp_of(references), {"pages": origin_of(pages)})

    def count() -> TableFile:
        known, rows = KnownRows(references, Reference, "page_id"), transcripts.rows(without=("markdown",))
        scores = (score for row in rows for score in _scores(row, known.get(row.page_id)))
        made_from = stamp_of(references) | {"transcripts": origin_of(transcripts)}
        with scratch.draft("scores.parquet") as path:
            return TableFile.written(path, scores, Score, stamp(made_from))

    return once(earlier, "score_pages", (transcripts, references), count)


def tabulate_scores(
    scores: TableFile, references: TableFile, transcripts: ShardSource, earlier: Earlier | None = None
) -> pd.DataFrame:
    """Add up the counts overall, by group and by document, with 95 % intervals over documents.

    Returns:
        Columns level, name, reference (gold or silver, never mixed), metric, pages, documents, numerator,
        denominator, rate, low, high.
    """
    made_from = stamp_of(scores)
    check_stamp("the table of scores", "benchmark", made_from, {"transcripts": origin_of(transcripts)})
    check_stamp("the table of references", "benchmark", stamp_of(references), made_from)

    def tabulate() -> pd.DataFrame:
        return stamped(_score_table(scores, references, transcripts), made_from)

    return once(earlier, "tabulate_scores", (scores, references, transcripts), tabulate)


def _score_table(scores: TableFile, references: TableFile, transcripts: ShardSource) -> pd.DataFrame:
    documents = {row.doc_id: (row.group, row.path) for row in transcripts.rows(without=("text", "markdown"))}
    group_of, path_of = ({doc_id: of[place] for doc_id, of in documents.items()} for place in (0, 1))
    rows = []
    doc_ids = pd.CategoricalDtype([*documents])
    found = _counts_by_metric(scores, references, doc_ids)
    for metric in [*found]:
        frame = found.pop(metric).frame(doc_ids)
        document = frame["doc_id"]
        frame = frame.assign(everything="all", group=document.map(group_of), path=document.map(path_of))
        for place, (level, column) in enumerate(_LEVELS):
            for (name, kind), part in frame.groupby([column, "kind"], sort=True, observed=True):
                row = {"level": level, "name": name, "reference": kind, "metric": metric, **_rate(part)}
                rows.append(((place, name, kind, metric), row))
    rows.sort(key=itemgetter(0))
    columns = ["level", "name", "reference", "metric", "pages", "documents", *_RATE]
    return pd.DataFrame([row for _, row in rows], columns=columns)


class _Counts:
    """Documents, kinds of reference and counts of one metric: numbers of each page, as they come."""

    def __init__(self) -> None:
        self._columns: dict[str, array[Any]] = {"doc_id": array("i"), "kind": array("b")}
        self._columns |= {name: array("d") for name in _COUNTS}

    def add(self, rows: pd.DataFrame) -> None:
        for name, column in self._columns.items():
            column.frombytes(rows[name].to_numpy(np.dtype(str(column.typecode))).tobytes())

    def frame(self, document: pd.CategoricalDtype) -> pd.DataFrame:
        values = {name: np.frombuffer(column, str(column.typecode)) for name, column in self._columns.items()}
        texts = {"doc_id": document, "kind": _KIND}
        codes = {name: pd.Categorical.from_codes(values[name], dtype=dtype) for name, dtype in texts.items()}
        return pd.DataFrame(values | codes)


def _counts_by_metric(scores: TableFile, references: TableFile, document: pd.CategoricalDtype) -> dict[str, _Counts]:
    """Return documents, kinds of reference and counts by metric."""
    where = PagePlaces(part["page_id"] for part in references.parts("page_id"))
    kinds = [part["kind"].astype(_KIND).cat.codes for part in references.parts("kind")]
    kind_at = np.concatenate([*kinds, np.array([-1], np.int8)])  # at -1 stand those of no page
    found = defaultdict[str, _Counts](_Counts)
    for part in scores.parts("item_id", "doc_id", "metric", *_COUNTS):
        codes = part["doc_id"].astype(document).cat.codes
        numbers = part.assign(doc_id=codes, kind=kind_at[where.find_all(part["item_id"])])
        for metric, rows in numbers.groupby("metric"):
            found[str(metric)].add(rows)
    return found


def list_qrels(source: str, documents: pd.DataFrame, options: BenchmarkOptions) -> pd.DataFrame:
    """Read which pages answer which questions: from the file named by the options, or beside the corpus."""
    return to_frame(read_qrels(options.qrels, source, from_frame(documents, Document)), Qrel)


def measure_benchmark(
    score_table: pd.DataFrame,
    retrieval_table: pd.DataFrame,
    recognizer_table: pd.DataFrame,
    confidence_table: pd.DataFrame,
) -> tuple[dict[str, float], dict[str, float]]:
    """Choose what runs are compared by: gold where there is any, silver otherwise; and how much is in doubt.

    Returns:
        Numbers for MLflow, one a column of its table of runs; those for `dvc metrics`, few enough for a terminal.
    """
    kinds = set(score_table["reference"])
    kind = "gold" if "gold" in kinds else "silver"
    metrics: dict[str, float] = {"gold": float(kind == "gold" and bool(kinds))}
    metrics["review.places"] = float(confidence_table["places"].sum())
    metrics["review.pages"] = float((confidence_table["places"] > 0).sum())
    for row in score_table[score_table["reference"] == kind].to_dict("records"):
        if row["level"] == "overall":
            ends = {f"{row['metric']}.low": row["low"], f"{row['metric']}.high": row["high"]}
            metrics.update(_numbers({row["metric"]: row["rate"], **ends}))
            metrics["documents"] = float(row["documents"])
        elif row["level"] == "group" and row["metric"] == "cer_no_space":
            metrics.update(_numbers({f"cer_no_space.{metric_name(row['name'] or 'top')}": row["rate"]}))
    for row in _chosen(retrieval_table[retrieval_table["slice"] == "all"]):
        metrics.update(_numbers({f"retrieval.{row['run']}.{_plain(row['metric'])}": row["value"]}))
    for row in _chosen(recognizer_table[recognizer_table["recognizer"] != THIS_RUN]):
        metrics.update(_numbers({f"reading.{metric_name(row['recognizer'])}.{_plain(row['metric'])}": row["value"]}))
    return metrics, {name: metrics[key] for key, name in _HEADLINE.items() if key in metrics}


def _chosen(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Return the rows of the metrics that stand for the others of their kind; all of them are in the tables."""
    return [*table[table["metric"].isin(_CHOSEN)].to_dict("records")] if len(table) else []


def write_run_report(
    scratch: Scratch,
    project: Project,
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    page_vectors: ShardSource,
    documents: pd.DataFrame,
    references: TableFile,
    scores: TableFile,
    score_table: pd.DataFrame,
    retrieval_table: pd.DataFrame,
    search_table: pd.DataFrame,
    recognizer_table: pd.DataFrame,
    confidence_table: pd.DataFrame,
    source: str,
    exports: Path,
    options: BenchmarkOptions,
    runtime: RuntimeOptions,
    earlier: Earlier | None = None,
) -> Path:
    """Write the report, reading page images as it goes.

    Returns:
        The file, in `scratch`.
    """
    check_sources(pages, regions, recognitions, transcripts, page_vectors)
    now = {"pages": pages, "transcripts": transcripts, "page_vectors": page_vectors}
    of_now = {name: origin_of(shards) for name, shards in now.items()}
    for table in (references, scores, score_table, retrieval_table, search_table, recognizer_table, confidence_table):
        check_stamp("a table of the report", "benchmark", stamp_of(table), of_now)
    corpus = Corpus(pages, regions, recognitions, transcripts, page_vectors)
    tables = CorpusTables(
        *(documents, references, scores, score_table),
        *(retrieval_table, search_table, recognizer_table, confidence_table),
        files=exported_files(exports),
        source=source,
    )

    def write() -> Path:
        report = collect_report(corpus, tables, project, options, runtime)
        with scratch.draft("report.html") as path:
            write_report(path, report, worker_count(runtime))
        return path

    # of how the machine is used nothing but this stands in it: a launch gives each of its last runs another option
    sources = (*corpus.stages().values(), *tables.all(), project, options, runtime.gpu_hour_price)
    return once(earlier, "write_report", sources, write)


def tabulate_all_shards(
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    page_vectors: ShardSource,
    runtime: RuntimeOptions,
) -> pd.DataFrame:
    """Return a row for each shard of each stage: what it took, and what the GPUs did meanwhile."""
    return tabulate_shards(runtime, pages, regions, recognitions, transcripts, page_vectors)


_COUNTS = ("numerator", "denominator")
_KIND = pd.CategoricalDtype(["gold", "silver"])
_RATE = (*_COUNTS, "rate", "low", "high")
_LEVELS = (("overall", "everything"), ("group", "group"), ("document", "path"))


def _scores(row: Transcript, expected: Reference | None) -> Iterator[Score]:
    said = row.text if row.status is not Status.FAILED else ""
    for metric, counts in score_page(expected.text, said).items() if expected is not None else ():
        yield Score(
            row.page_id, row.doc_id, row.group, metric, counts.numerator, counts.denominator, Status.OK, row.reason
        )


def _rate(part: pd.DataFrame) -> dict[str, Any]:
    interval = estimate_rate(part["numerator"], part["denominator"], list(part["doc_id"]))
    return {
        "pages": len(part),
        "documents": part["doc_id"].nunique(),
        "numerator": part["numerator"].sum(),
        "denominator": part["denominator"].sum(),
        "rate": interval.value,
        "low": interval.low,
        "high": interval.high,
    }


def _plain(metric: str) -> str:
    """Write a metric without signs that MLflow refuses."""
    return metric.replace("@", "_at_")


def _numbers(values: dict[str, float]) -> dict[str, float]:
    """Leave out what is not a number, since JSON has no NaN: no reference, or too few documents for an interval."""
    return {key: float(value) for key, value in values.items() if not math.isnan(value)}
