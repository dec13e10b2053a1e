"""Rankings and judgements to retrieval figures; and whether better OCR finds more."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import combinations, groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import BenchmarkOptions, SearchMode, SearchOptions
from ocr_project.domain.options.benchmark import PERFECT
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Qrel, Query, Ranked, Reference, Status, Transcript
from ocr_project.engine.metrics import (
    Differences,
    Draws,
    Estimates,
    estimate_differences,
    estimate_rate,
    estimate_rates,
    score_page,
    score_run,
)
from ocr_project.engine.reporting.from_stages import EVERYTHING, THIS_RUN
from ocr_project.engine.retrieval import LexicalIndex
from ocr_project.engine.running.once import once
from ocr_project.engine.running.origins import check_stamp, origin_of, origin_of_queries, stamp_of, stamped
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.known_rows import KnownRows
from ocr_project.storage.table_file import TableFile

_SLICES = ("type", "domain")
_SCORES = ("run", "query_id", "metric", "value")
_MEANS = ("metric", "value", "low", "high")
_DIFFERENCE = ("difference", "low", "high", "better")
_READING = "cer_no_space"

Judged = dict[str, dict[str, int]]
Column = tuple[str, str]
Reading = Callable[[Transcript], str]  # what a recognizer read on a page


def score_rankings(
    rankings: TableFile,
    queries: pd.DataFrame,
    qrels: pd.DataFrame,
    transcripts: ShardSource,
    page_vectors: ShardSource,
    options: BenchmarkOptions,
    earlier: Earlier | None = None,
) -> pd.DataFrame:
    """Score the ranking of every judged question by every search; one that found nothing scores 0.

    Transcripts and vectors are there to see that they are those that were searched.

    Returns:
        Columns run, query_id, metric, value; no rows where nothing was asked or judged.
    """
    now = {"transcripts": origin_of(transcripts), "page_vectors": origin_of(page_vectors)}
    check_stamp(
        "the table of rankings", "retrieval", stamp_of(rankings), now | {"queries": origin_of_queries(queries)}
    )

    def score() -> pd.DataFrame:
        return stamped(_scored_rankings(rankings, _judgements(qrels) if len(queries) else {}, options), now)

    return once(earlier, "score_rankings", (rankings, queries, qrels, options, now), score)


def _scored_rankings(rankings: TableFile, judged: Judged, options: BenchmarkOptions) -> pd.DataFrame:
    rows = [
        (mode.value, query, metric, value)
        for mode in SearchMode
        for query, values in _scored(judged, _answers(rankings, mode), options).items()
        for metric, value in values.items()
    ]
    return pd.DataFrame(rows, columns=list(_SCORES))


def _answers(rankings: TableFile, mode: SearchMode) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each question with the scores of the pages that a search found; its rows stand together."""
    rows = (row for row in rankings.rows(Ranked) if row.run == mode.value)
    for query, found in groupby(rows, key=attrgetter("query_id")):
        yield query, {row.page_id: row.score for row in found}


def tabulate_retrieval(
    retrieval_scores: pd.DataFrame, queries: pd.DataFrame, options: BenchmarkOptions, earlier: Earlier | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Average over all questions and over those of each type and domain, and compare the searches.

    Returns:
        Columns run, slice (`all`, `type=…`, `domain=…`), metric, value, low, high (95 % over
        questions), queries; and columns run, other, slice, metric, difference (run minus other), low, high,
        better (probability that run is, by a paired bootstrap), queries.
    """

    def tabulate() -> tuple[pd.DataFrame, pd.DataFrame]:
        means, differences = _retrieval_tables(retrieval_scores, queries, options)
        made_from = stamp_of(retrieval_scores)
        return stamped(means, made_from), stamped(differences, made_from)

    return once(earlier, "tabulate_retrieval", (retrieval_scores, queries, options), tabulate)


def _retrieval_tables(
    retrieval_scores: pd.DataFrame, queries: pd.DataFrame, options: BenchmarkOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    means: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    for name, members in _slices(retrieval_scores, queries):
        columns: list[Column] = list(dict.fromkeys(zip(members["run"], members["metric"], strict=True)))
        table = members.pivot(index="query_id", columns=["run", "metric"], values="value")[columns]
        pairs = [(one, other) for one, other in combinations(columns, 2) if one[1] == other[1]]
        mean, apart = _means(table), _compare(table, pairs, options)
        about = {"slice": name, "queries": len(table)}
        for place, (run, metric) in enumerate(columns):
            means.append({"run": run, **about, "metric": metric, **_mean_at(place, mean)})
        for place, ((run, metric), (other, _)) in enumerate(pairs):
            differences.append({"run": run, "other": other, **about, "metric": metric, **_difference_at(place, apart)})
    of_differences = ["run", "other", "slice", "metric", *_DIFFERENCE, "queries"]
    return (
        pd.DataFrame(means, columns=["run", "slice", *_MEANS, "queries"]),
        pd.DataFrame(differences, columns=of_differences),
    )


def compare_recognizers(
    transcripts: ShardSource,
    other_transcripts: Mapping[str, ShardSource],
    references: TableFile,
    queries: pd.DataFrame,
    qrels: pd.DataFrame,
    options: BenchmarkOptions,
    search: SearchOptions,
    earlier: Earlier | None = None,
) -> pd.DataFrame:
    """Ask the same questions to the same pages as several recognizers read them: does better OCR find more?

    Pages are found by BM25, which needs no model and no vectors of other runs. `reference text` is what
    perfect OCR would find: the pages' references, and this run's text of pages that have none. A page that
    another reading lacks, or failed at, has no text there.

    Returns:
        Columns recognizer, metric (`cer_no_space`, then those of retrieval), value, low, high, difference (to
        this run), difference_low, difference_high, better (probability of finding more than this run), count
        (pages with a reference, or questions). No rows without questions and their judgements.

    Raises:
        SourceError: A folder that `benchmark.compare` names holds no transcripts.
    """
    if not len(qrels) or not len(queries):
        return pd.DataFrame(columns=_recognizer_columns())
    made_from = stamp_of(references) | {"transcripts": origin_of(transcripts)}

    def compare() -> pd.DataFrame:
        return stamped(
            _compared(transcripts, other_transcripts, references, (queries, qrels), options, search), made_from
        )

    sources = (transcripts, other_transcripts, references, queries, qrels, options, search)
    return once(earlier, "compare_recognizers", sources, compare)


def _compared(
    transcripts: ShardSource,
    other_transcripts: Mapping[str, ShardSource],
    references: TableFile,
    asking: tuple[pd.DataFrame, pd.DataFrame],
    options: BenchmarkOptions,
    search: SearchOptions,
) -> pd.DataFrame:
    asked, judged = from_frame(asking[0], Query), _judgements(asking[1])
    known = KnownRows(references, Reference, "page_id")
    readings: dict[str, Reading] = {THIS_RUN: _said}
    for name, shards in other_transcripts.items():
        readings[name] = partial(_said_there, _texts(name, shards))
    if known:
        readings[PERFECT] = partial(_said_or_known, known)

    def rows() -> Iterator[Transcript]:
        return transcripts.rows(without=("markdown",))

    def find(said: Reading) -> pd.DataFrame:
        with TemporaryDirectory() as folder:
            index = LexicalIndex.mapped(Path(folder), ((row.page_id, said(row)) for row in rows()), search.lexical)
            ranked = ((query.query_id, dict(index.rank(query.text, search.depth))) for query in asked)
            return pd.DataFrame.from_dict(_scored(judged, ranked, options), orient="index")

    figures = [
        *(_reading(name, rows(), said, known) for name, said in readings.items() if known),
        *_finding({name: find(said) for name, said in readings.items()}, options),
    ]
    return pd.DataFrame(figures, columns=_recognizer_columns())


def _recognizer_columns() -> list[str]:
    return ["recognizer", *_MEANS, "difference", "difference_low", "difference_high", "better", "count"]


def _judgements(qrels: pd.DataFrame) -> Judged:
    judged: Judged = {}
    for qrel in from_frame(qrels, Qrel):
        judged.setdefault(qrel.query_id, {})[qrel.page_id] = qrel.relevance
    return judged


def _scored(
    judged: Judged, run: Iterable[tuple[str, Mapping[str, float]]], options: BenchmarkOptions
) -> dict[str, dict[str, float]]:
    return score_run(judged, run, options.ndcg_cutoffs, options.recall_cutoffs)


def _slices(scores: pd.DataFrame, queries: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the scores of all questions, then of those of each type and domain that has a name."""
    if scores.empty:
        return
    yield EVERYTHING, scores
    for column in _SLICES:
        value_of = dict(zip(queries["query_id"], queries[column], strict=True))
        values = scores["query_id"].map(value_of).fillna("")
        for value, members in scores.groupby(values, sort=True):
            if value:
                yield f"{column}={value}", members


def _said(row: Transcript) -> str:
    return row.text if row.status is not Status.FAILED else ""


def _said_there(texts: Mapping[str, str], row: Transcript) -> str:
    return texts.get(row.page_id, "")


def _said_or_known(known: KnownRows[Reference], row: Transcript) -> str:
    expected = known.get(row.page_id)
    return _said(row) if expected is None else expected.text


def _texts(name: str, shards: ShardSource) -> dict[str, str]:
    if not shards.index():
        raise SourceError(
            f"benchmark.compare.{name}: no transcripts there; name the folder data/03_primary/transcripts of a"
            " finished run"
        )
    return {row.page_id: _said(row) for row in shards.rows(without=("markdown",))}


def _reading(name: str, rows: Iterator[Transcript], said: Reading, known: KnownRows[Reference]) -> dict[str, Any]:
    """Return the error rate of a reading over the pages that have a reference."""
    edits, characters, documents = array("d"), array("d"), list[str]()
    ids: dict[str, str] = {}  # of documents: each stands once
    for row in rows:
        if expected := known.get(row.page_id):
            counts = score_page(expected.text, said(row))[_READING]
            edits.append(counts.numerator)
            characters.append(counts.denominator)
            documents.append(ids.setdefault(row.doc_id, row.doc_id))
    rate = estimate_rate(edits, characters, documents)
    return {"recognizer": name, "metric": _READING, **asdict(rate), "count": len(documents)}


def _finding(found: Mapping[str, pd.DataFrame], options: BenchmarkOptions) -> Iterator[dict[str, Any]]:
    """Yield the retrieval figures of each reading, with the difference to this run's."""
    table = pd.concat(found, axis="columns")
    columns: list[Column] = [(name, metric) for name in found for metric in found[name].columns]
    mean = _means(table)
    more = _compare(table, [((name, metric), (THIS_RUN, metric)) for name, metric in columns], options)
    for place, (name, metric) in enumerate(columns):
        row = {"recognizer": name, "metric": metric, **_mean_at(place, mean), "count": len(table)}
        if name != THIS_RUN:
            apart = _difference_at(place, more)
            row |= {"difference": apart["difference"], "better": apart["better"]}
            row |= {"difference_low": apart["low"], "difference_high": apart["high"]}
        yield row


def _means(table: pd.DataFrame) -> Estimates:
    """Estimate the mean of each column over the questions, which are the rows."""
    values = table.to_numpy(np.float64)
    return estimate_rates(values, np.ones_like(values), list(map(str, table.index)))


def _mean_at(place: int, means: Estimates) -> dict[str, float]:
    return {"value": float(means.value[place]), "low": float(means.low[place]), "high": float(means.high[place])}


def _compare(table: pd.DataFrame, pairs: Sequence[tuple[Column, Column]], options: BenchmarkOptions) -> Differences:
    """Estimate for each pair of columns how much larger the mean of its first is, over the same draws for all."""
    first, second = (table[[pair[side] for pair in pairs]].to_numpy(np.float64) for side in (0, 1))
    ones = np.ones_like(first)
    return estimate_differences((second, ones), (first, ones), list(map(str, table.index)), _draws(options))


def _difference_at(place: int, apart: Differences) -> dict[str, float]:
    ends = {"low": float(apart.low[place]), "high": float(apart.high[place])}
    return {"difference": float(apart.value[place]), **ends, "better": float(apart.above[place])}


def _draws(options: BenchmarkOptions) -> Draws:
    return Draws(options.resamples, options.seed)
