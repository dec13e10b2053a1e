"""Which runs are compared, what they are called, and what is said of them."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ocr_project.bench.compare import pairs_of, read_runs, verdict_lines
from ocr_project.bench.report.report_rows import pair_runs
from ocr_project.bench.results.score_tables import PAIR_COLUMNS
from ocr_project.domain.errors import OptionError
from ocr_project.engine.metrics import Draws
from ocr_project.storage.run_record import write_record
from tests import two_records


def stored(home: Path, version: str, **settings: object) -> None:
    """Leave a run of Tesseract behind, as `kedro run` does."""
    record = two_records.record("hasty", 4)
    facts = {
        "testset_recognition identity": f"tesseract 5.3.0 {json.dumps(settings)}",
        "testset_layout identity": "opencv 6 {}",
    }
    run = replace(record.run, recognizer="tesseract 5.3.0", created=version, facts=facts)
    write_record(home / version / home.name, replace(record, run=run))


def test_runs_are_called_by_what_differs_in_them(tmp_path: Path) -> None:
    home = tmp_path / "benchmark_run"
    stored(home, "2026-11-20", languages="eng", psm=6, models={"eng": "6b85"})
    stored(home, "2026-11-21", languages="rus", psm=6, models={"rus": "e16e"})
    names, _ = read_runs(["2026-11-20", "latest"], home)
    assert names == ["languages=eng", "languages=rus"]
    assert read_runs(["a=2026-11-20", "latest"], home)[0] == ["a", "tesseract 5.3.0"]


def test_runs_in_which_nothing_differs_are_called_by_their_time(tmp_path: Path) -> None:
    home = tmp_path / "benchmark_run"
    for day in ("2026-11-20", "2026-11-21"):
        stored(home, day, languages="eng")
    names, _ = read_runs(["2026-11-20", "2026-11-21"], home)
    assert names == ["2026-11-20", "2026-11-21"]


def test_any_number_of_runs_is_read_and_one_alone_refused(tmp_path: Path) -> None:
    home = tmp_path / "benchmark_run"
    for day in range(10, 17):
        stored(home, f"2026-11-{day}", languages=f"l{day}")
    names, records = read_runs([f"2026-11-{day}" for day in range(10, 17)], home)
    assert len(set(names)) == len(records) == 7
    with pytest.raises(OptionError, match="name two or more"):
        read_runs(["latest"], home)


def test_many_runs_are_compared_with_the_first() -> None:
    assert pairs_of(3) == [(0, 1), (0, 2), (1, 2)]
    assert pairs_of(7) == [(0, place) for place in range(1, 7)]
    records = [two_records.record(name, 4) for name in ("hasty", "careful", "hasty")]
    pairs = pair_runs(records, ["a", "b", "c"], Draws(200, 0), [(0, 1), (0, 2)])
    assert set(zip(pairs["first"], pairs["second"], strict=True)) == {("a", "b"), ("a", "c")}


def line(
    metric: str, difference: float, low: float, high: float, verdict: str, documents: int = 9
) -> dict[str, object]:
    about = dict.fromkeys(PAIR_COLUMNS, 0.5) | {"test_set": "own", "slice": "all", "first": "A", "second": "B"}
    return about | {
        "metric": metric, "difference": difference, "low": low, "high": high, "verdict": verdict,
        "documents": documents, "needed": 21.0,
    }  # fmt: skip


def test_better_has_a_plus_whichever_way_a_metric_goes_and_open_says_why() -> None:
    nan = float("nan")
    rows = [
        line("cer/official", -0.1, -0.15, -0.05, "second"),
        line("teds/official", -0.1, -0.15, -0.05, "first"),
        line("wer/official", 0.1, -0.2, 0.3, "open") | {"why": "width"},
        line("word_f1/official", 0.1, 0.05, 0.15, "second"),
        line("ned/official", 0.1, 0.05, 0.3, "open", 3) | {"why": "metrics"},
        line("nid/official", 0.1, nan, nan, "open", 1) | {"why": "documents", "needed": 3.0},
        line("mhs/official", 0.0, -0.1, 0.1, "open") | {"why": "width", "needed": nan},
    ]
    head, cer, teds, wer, words, ned, nid, mhs = verdict_lines(pd.DataFrame(rows))
    assert "+ is better" in head
    assert "gain +10.00 (+5.00 to +15.00)  9 documents  B is better" in cer
    assert "gain -10.00 (-15.00 to -5.00)  9 documents  A is better" in teds
    assert "gain -10.00 (-30.00 to +20.00)" in wer
    assert wer.endswith("open: no difference is within the interval; about 21 documents could tell")
    assert "gain +10.00 (+5.00 to +15.00)  9 documents  B is better" in words
    assert ned.endswith("3 documents  open: too few documents for so many comparisons; about 21 documents could tell")
    assert nid.endswith("1 document  open: fewer than 3 documents, at least 3 are needed")
    assert mhs.endswith("the runs are about the same, and no number of documents is sure to tell")
