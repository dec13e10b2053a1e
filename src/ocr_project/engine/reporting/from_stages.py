"""The report of a run, filled from what the stages left behind."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from heapq import nsmallest
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import BenchmarkOptions, RuntimeOptions
from ocr_project.domain.project import Project
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Document, Reference, Status, Transcript
from ocr_project.engine.metrics import diff
from ocr_project.engine.reporting.model import (
    Difference,
    FailureRow,
    GroupRow,
    PageCard,
    Rate,
    Report,
    Retrieval,
    RetrievalRow,
    StageRow,
)
from ocr_project.engine.reporting.page_numbers import PageNumbers, Points, page_rates
from ocr_project.engine.running.provenance import facts
from ocr_project.engine.running.stage_metrics import identities, measure_stage
from ocr_project.storage.known_rows import KnownRows
from ocr_project.storage.page_places import PagePlaces
from ocr_project.storage.table_file import AT_ONCE, TableFile

EVERYTHING = "all"  # the slice of all questions
THIS_RUN = "this run"  # the recognizer of it, among others
_SHOWN = ("recall@1", "recall@5", "recall@10", "ndcg@10", "mrr")  # where there is no room for all
_PACKAGES = ("ocr_project", "kedro", "dvc", "tesserocr", "opencv-python-headless", "pypdfium2", "pyarrow")


@dataclass(frozen=True, slots=True)
class CorpusTables:
    """What is known of the corpus beside its shards.

    Attributes:
        score_table: Error rates overall, by group and by document.
        retrieval_table: Retrieval figures by search and slice.
        search_table: Differences between searches.
        recognizer_table: Retrieval figures and error rates by recognizer.
        confidence_table: The expected share of right characters of each page; NaN where nothing is known.
        files: By the name under which a document was exported: kinds and addresses from the report.
        source: Of the documents.
    """

    documents: pd.DataFrame
    references: TableFile
    scores: TableFile
    score_table: pd.DataFrame
    retrieval_table: pd.DataFrame
    search_table: pd.DataFrame
    recognizer_table: pd.DataFrame
    confidence_table: pd.DataFrame
    files: Mapping[str, Mapping[str, str]]
    source: str

    def all(self) -> tuple[object, ...]:
        """Return all that is known: a report depends on each of it."""
        return tuple(getattr(self, part.name) for part in fields(self))


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What is known of pages, by their ids.

    Attributes:
        cer: Without spaces; fractions.
        confidence: Expected shares of right characters.
        files: By the name under which a document was exported: kinds and addresses from the report.
    """

    references: KnownRows[Reference]
    cer: PageNumbers
    word_f1: PageNumbers
    confidence: PageNumbers
    files: Mapping[str, Mapping[str, str]]


def collect_report(
    corpus: Corpus, tables: CorpusTables, project: Project, options: BenchmarkOptions, runtime: RuntimeOptions
) -> Report:
    """Collect what the report of a run shows; images of pages are read while it is written."""
    measured = {stage: measure_stage(shards, runtime) for stage, shards in corpus.stages().items()}
    known = from_frame(tables.documents, Document)
    sure = tables.confidence_table
    places = PagePlaces(sure["page_id"].iloc[first : first + AT_ONCE] for first in range(0, len(sure), AT_ONCE))
    confidence = PageNumbers(places, sure["confidence"].to_numpy(np.float64))
    rate_of, word_f1 = page_rates(places, tables.scores, ("cer_no_space", "word_f1"))
    references = KnownRows(tables.references, Reference, "page_id")
    known_of_pages = PageFacts(references, rate_of, word_f1, confidence, tables.files)
    failures = [*_document_failures(known), *_page_failures(corpus)]
    return Report(
        title="OCR report",
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        facts=_facts(corpus, project),
        parameters={f"benchmark.{key}": str(value) for key, value in options.model_dump(mode="json").items()},
        stages=_stage_rows(measured, corpus),
        totals=_totals(int(sure["document"].nunique()), measured, len(failures)),
        overall=_overall(tables.score_table),
        groups=_groups(tables.score_table, "group"),
        documents=_groups(tables.score_table, "document"),
        failures=failures,
        retrieval=_retrieval(tables),
        pages=_cards(corpus, known_of_pages, options.report_pages),
        points=Points(rate_of, confidence),
        source=tables.source,
        profile=project.profile,
    )


def _facts(corpus: Corpus, project: Project) -> dict[str, str]:
    return {
        **facts(project.commit, _PACKAGES),
        **{f"{stage} identity": text for stage, text in identities(*corpus.stages().values()).items()},
    }


def _stage_rows(measured: Mapping[str, Mapping[str, float]], corpus: Corpus) -> list[StageRow]:
    whole = sum(m["seconds"] for m in measured.values()) or 1.0
    names = identities(*corpus.stages().values())
    return [
        StageRow(
            stage=stage,
            backend=names.get(stage, "").split(" ")[0],
            shards=int(m["shards"]),
            pages=int(m["pages"]),
            items=int(m["items"]),
            failed=int(m["failed"]),
            seconds=m["seconds"],
            pages_per_second=m["pages_per_second"],
            busy_seconds=m["busy_seconds"],
            share=m["seconds"] / whole,
        )
        for stage, m in measured.items()
    ]


def _totals(documents: int, measured: Mapping[str, Mapping[str, float]], failures: int) -> dict[str, int]:
    return {
        "documents": documents,  # of which pages were read, as the summary counts them
        "pages": int(measured["ingest"]["pages"]),
        "regions": int(measured["layout"]["items"]),
        "failures": failures,
    }


def _rate(row: Mapping[Any, Any]) -> Rate:
    return Rate(row["rate"], row["low"], row["high"], row["numerator"], row["denominator"])


def _overall(table: pd.DataFrame) -> dict[str, Rate]:
    """Gold where there is any: silver is a text layer's opinion."""
    rows = table[table["level"] == "overall"]
    kind = "gold" if "gold" in set(rows["reference"]) else "silver"
    return {row["metric"]: _rate(row) for row in rows[rows["reference"] == kind].to_dict("records")}


def _groups(table: pd.DataFrame, level: str) -> list[GroupRow]:
    rows = []
    for (name, kind), part in table[table["level"] == level].groupby(["name", "reference"], sort=True):
        records = part.to_dict("records")
        rates = {row["metric"]: _rate(row) for row in records}
        pages, documents = (int(records[0][key]) for key in ("pages", "documents"))
        rows.append(GroupRow(str(name) or "(top)", pages, documents, rates, str(kind)))
    return rows


def _retrieval(tables: CorpusTables) -> Retrieval:
    """Show all metrics of all questions, and the main ones of their kinds and differences."""
    differences = tables.search_table.sort_values(["run", "other"], kind="stable").to_dict("records")
    return Retrieval(
        searches=list(_searches(tables.retrieval_table)),
        differences=[
            _difference(row["run"], row["other"], row, int(row["queries"]))
            for row in differences
            if row["slice"] == EVERYTHING and row["metric"] in _SHOWN
        ],
        recognizers=list(_recognizers(tables.recognizer_table)),
    )


def _searches(table: pd.DataFrame) -> Iterator[RetrievalRow]:
    for (part, run), members in table.groupby(["slice", "run"], sort=False):
        whole = part == EVERYTHING
        rows = [row for row in members.to_dict("records") if whole or row["metric"] in _SHOWN]
        yield RetrievalRow(str(run), "" if whole else str(part), int(rows[0]["queries"]), _rates(rows))


def _recognizers(table: pd.DataFrame) -> Iterator[RetrievalRow]:
    for name, members in table.groupby("recognizer", sort=False):
        rows = [row for row in members.to_dict("records") if row["metric"] in (*_SHOWN, "cer_no_space")]
        questions = max(int(row["count"]) for row in rows if row["metric"] != "cer_no_space")
        differences = {
            row["metric"]: _difference(str(name), THIS_RUN, row, questions)
            for row in rows
            if math.isfinite(row["difference"])
        }
        yield RetrievalRow(str(name), "", questions, _rates(rows), differences)


def _difference(name: str, other: str, row: Mapping[Any, Any], questions: int) -> Difference:
    ends = (row["difference_low"], row["difference_high"]) if "difference_low" in row else (row["low"], row["high"])
    return Difference(name, other, row["metric"], row["difference"], *ends, row["better"], questions)


def _rates(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Rate]:
    return {row["metric"]: Rate(row["value"], row["low"], row["high"]) for row in rows}


def _document_failures(documents: Sequence[Document]) -> Iterator[FailureRow]:
    for document in documents:
        if document.status is not Status.OK:
            yield FailureRow(document.path, "ingest", document.reason)


def _page_failures(corpus: Corpus) -> Iterator[FailureRow]:
    failed = [
        (stage, getattr(row, "page_id", "") or getattr(row, "item_id", ""), row.reason)
        for stage, shards in corpus.stages().items()
        for info in shards.index().values()
        if info.failed
        for row in shards.read(info.name, without=("image", "words", "text_layer_words", "vector"))
        if row.status is Status.FAILED
    ]
    ids = {page_id for _, page_id, _ in failed}
    rows = corpus.transcripts.rows(without=("text", "markdown")) if ids else ()
    named = {row.page_id: (row.path, str(row.number)) for row in rows if row.page_id in ids}
    for stage, page_id, reason in failed:
        if page_id in named:
            path, number = named[page_id]
            yield FailureRow(path, stage, reason, number)


def _cards(corpus: Corpus, known: PageFacts, limit: int) -> Iterator[PageCard]:
    """Yield the worst pages first: failures and what has a reason, then by error rate, the unscored by confidence."""
    worst = nsmallest(
        limit,
        (
            (_weight(row, known), name, row)
            for name in corpus.transcripts.index()
            for row in corpus.transcripts.read(name, without=("markdown", "text"))
        ),
        key=lambda place: place[0],
    )
    for _, name, row in worst:
        (transcript,) = corpus.transcripts.find(name, row.page_id)
        yield _card(corpus, name, transcript, known, known.references.get(row.page_id))


def _weight(row: Transcript, known: PageFacts) -> tuple[bool, float, float, str, int]:
    worth = -known.cer.get(row.page_id, -1.0), known.confidence.get(row.page_id, 1.0)
    return not _told(row), *worth, row.path, row.number


def _told(row: Transcript) -> bool:
    return row.status is Status.FAILED or bool(row.reason)


def _card(corpus: Corpus, shard: str, row: Transcript, known: PageFacts, reference: Reference | None) -> PageCard:
    (page,) = corpus.pages.find(shard, row.page_id, without=("text_layer", "text_layer_words"))
    return PageCard(
        page_id=row.page_id,
        path=row.path,
        number=row.number,
        group=row.group,
        width=page.width,
        height=page.height,
        image=page.image,
        regions=corpus.regions.find(shard, row.page_id),
        reference=reference.text if reference else None,
        hypothesis=row.text,
        spans=diff(reference.text, row.text) if reference else [],
        cer_no_space=known.cer.get(row.page_id),
        word_f1=known.word_f1.get(row.page_id),
        confidence=known.confidence.get(row.page_id),
        status=row.status,
        reason=row.reason,
        reference_kind=reference.kind if reference else "none",
        files=known.files.get(row.path) or known.files.get(row.path.rpartition(".")[0], {}),
    )
