"""The table that ends a run."""

from __future__ import annotations

import pandas as pd
import pytest

from ocr_project.bench.results.gate import GATE_COLUMNS
from ocr_project.bench.results.score_tables import SCORE_COLUMNS
from ocr_project.cli.errors import plainly
from ocr_project.cli.summary import (
    print_gate,
    print_next,
    print_places,
    print_recognizers,
    print_scores,
    print_summary,
)
from ocr_project.domain.errors import GateFailed, GateOpen

LAPTOP = {"shards": 1, "pages": 10, "items": 40, "failed": 0, "seconds": 2.0, "pages_per_second": 5.0}
GPU = {
    "gpus": 1,
    "gpu_sm_mean": 97.4,
    "gpu_sm_p95": 100,
    "gpu_gib_max": 112.25,
    "gpu_watts_mean": 455.0,
    "gpu_watt_hours_per_1000_pages": 10.52,
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def printed(capsys: pytest.CaptureFixture[str], **metrics: dict[str, float]) -> list[list[str]]:
    print_summary(metrics)
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_without_a_gpu_nothing_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    header, row = printed(capsys, layout=LAPTOP)
    assert header == ["stage", "shards", "pages", "rows", "failed", "seconds", "pages/s"]
    assert row == ["layout", "1", "10", "40", "0", "2.0", "5.00"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (0, ["seconds  of the runs that made the shards; this one had nothing to do"]),
        (1, ["seconds  of the runs that made the shards; this one made 1 of 2"]),
        (2, []),
        (None, []),
    ],
)
def test_seconds_of_an_earlier_run_are_said_to_be(
    made: int | None, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    print_summary({"layout": LAPTOP, "recognition": LAPTOP}, made=made)
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[3:]] == said


def test_a_page_that_was_kept_says_when_it_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    print_places({"report": "/elsewhere/report.html", "exports": "/elsewhere/exports"}, {"report": 0.0})
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        "report  /elsewhere/report.html, as made 1970-01-01 00:00 UTC: nothing has changed",
        "exports  /elsewhere/exports",
    ]


def test_with_a_gpu_its_work_stands_beside_the_speed(capsys: pytest.CaptureFixture[str]) -> None:
    header, layout, _ = printed(capsys, layout=LAPTOP | GPU, transcript=LAPTOP)
    assert header[7:] == ["GPU", "%", "p95", "GiB", "watts", "Wh/1,000"]
    assert layout[7:] == ["97", "100", "112.2", "455", "10.5"]


def test_costs_are_shown_where_the_price_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    header, layout = printed(capsys, layout=LAPTOP | GPU | {"gpu_cost_per_1000_pages": 0.128})
    assert header[-1] == "cost/1,000"
    assert layout[-1] == "0.13"


def test_failures_are_counted_over_all_stages() -> None:
    ingest = LAPTOP | {"failed": 2, "documents": 3, "documents_failed": 1, "documents_skipped": 0}
    assert print_summary({"ingest": ingest}) == 3


INGEST = LAPTOP | {"documents": 3, "documents_failed": 0, "documents_skipped": 0, "busy_seconds": 2.0}


@pytest.mark.parametrize(("recognition", "faster"), [(8.0, ", about 5 times faster"), (0.5, "")])
def test_pages_that_could_be_read_by_their_own_text_are_named(
    capsys: pytest.CaptureFixture[str], recognition: float, faster: str
) -> None:
    *_, last = printed(
        capsys, ingest=INGEST | {"pages_with_text": 7, "pages_by_text": 0}, recognition={"busy_seconds": recognition}
    )
    assert " ".join(last) == (
        "7 of 10 pages have a healthy text layer: --params ingest.text_layer=prefer takes it instead of OCR, as"
        f" `ocr-project read` does{faster}"
    )


def test_pages_that_are_read_by_their_own_text_are_not_said_to_be_without_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    *_, first, last = printed(
        capsys, ingest=INGEST | {"pages_with_text": 7, "pages_by_text": 8}, recognition=LAPTOP, benchmark={"gold": 0.0}
    )
    assert " ".join(first) == "8 of 10 pages are the PDF's own text (ingest.text_layer=prefer)"
    assert " ".join(last).startswith("they are scored against reference texts only: to measure OCR on them, run")


def test_without_text_layers_nothing_is_said_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, ingest=INGEST | {"pages_with_text": 0, "pages_by_text": 0}, recognition=LAPTOP)
    assert not any("text" in line for line in found)


def test_the_gate_says_how_many_are_open_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ("own", "cer/official", 30, 3, 0.1746, 0.7708, 0.5962, 0.2, 0.9, 0.0, 1.0, "open", "metrics", 8.0),
        ("own", "wer/official", 30, 3, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0, 1.0, "fine", "", float("nan")),
        ("own", "teds/official", 30, 30, 0.9, 0.5, 0.4, 0.3, 0.5, 0.0, 0.001, "worse", "", float("nan")),
    ]
    print_gate(pd.DataFrame(rows, columns=list(GATE_COLUMNS)))
    said = capsys.readouterr().out
    assert "gate  1 worse, 1 open, 1 fine (open: 1 too few documents for so many comparisons)" in said
    assert "open   own, cer/official: 17.46% → 77.08%, worse by 59.62 points" in said
    assert "about 8 documents could tell" in said
    assert "worse  own, teds/official" in said


@pytest.mark.parametrize(("error", "status"), [(GateFailed(["cer"]), 4), (GateOpen(["cer"]), 5)])
def test_the_gate_has_an_exit_status_of_its_own(error: Exception, status: int) -> None:
    def run() -> None:
        raise error

    with pytest.raises(SystemExit) as left:
        plainly(run)()
    assert left.value.code == status


def test_scores_of_test_sets_stand_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ("own", "cer/official", "all", "all", 30, 28, 2, 12, 0.1746, 0.15, 0.21, 0.2, 0.1, 0.3),
        ("own", "cer/official", "kind", "letter", 30, 28, 2, 12, 0.5, 0.4, 0.6, 0.2, 0.1, 0.3),
        ("[own]/a", "teds/official", "all", "all", 2, 2, 0, 2, 0.9, *[float("nan")] * 5),
    ]
    print_scores(pd.DataFrame(rows, columns=list(SCORE_COLUMNS)))
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == ["test", "set", "metric", "value", "95", "%", "interval", "documents", "not", "scored"]
    assert first.split() == ["own", "cer/official", "↓", "17.46%", "15.00%", "to", "21.00%", "12", "2"]
    assert second.split() == ["[own]/a", "teds/official", "↑", "90.00%", "–", "2", "0"]


def test_what_was_compared_stands_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    columns = ["recognizer", "metric", "value", "low", "high", "count"]
    rows = [
        ("this run", "cer_no_space", 0.4655, 0.1, 0.92, 14),
        ("other", "cer_no_space", 0.0126, float("nan"), float("nan"), 14),
        ("other", "ndcg@10", 0.9, 0.8, 1.0, 13),
        ("reference text", "cer_no_space", 0.0, 0.0, 0.0, 14),
    ]
    print_recognizers(pd.DataFrame(rows, columns=columns))
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["this", "run", "46.55%", "10.00%", "to", "92.00%", "14"]
    assert second.split() == ["other", "1.26%", "–", "14"]
    print_recognizers(pd.DataFrame([rows[0], rows[3]], columns=columns))
    assert not capsys.readouterr().out  # nothing was compared


@pytest.mark.parametrize(
    ("data", "asked"), [(None, 'search "…",'), ("corpora/a b", "search \"…\" --data 'corpora/a b',")]
)
def test_a_run_says_what_may_come_next(data: str | None, asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_next(data)
    assert f"next  kedro {asked} kedro review" in capsys.readouterr().out
