"""Evidence of runs over test sets: the record, the gate, tables, metrics."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ocr_project.bench.metrics.catalog import METRICS
from ocr_project.bench.report.item_views import answer_content, reference_content
from ocr_project.bench.report.report_rows import headlines, item_values, pair_runs
from ocr_project.bench.results.gate import Tolerances
from ocr_project.bench.results.gate_words import count_verdicts, gate_doubts, gate_losses
from ocr_project.bench.results.recording import answer_fault
from ocr_project.bench.results.run_tables import judge_run, measure_evidence, tabulate_answers, tabulate_scores
from ocr_project.bench.rules.drawings import Drawer
from ocr_project.domain.errors import GateFailed, OptionError
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.options.testsets import GateOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Recognition, Score, Status
from ocr_project.engine.metrics import Draws
from ocr_project.storage.run_record import RunRecord, read_record, write_record
from tests import two_recognizers, two_records
from tests.two_records import PAGES, pages_read

OPTIONS = TestsetsOptions(resamples=1_000)
UNDRAWN = Drawer(cdm=False)


def gated(folder: Path, before: RunRecord, now: RunRecord, **gate: object) -> pd.DataFrame:
    write_record(folder, before)
    options = OPTIONS.model_validate({"resamples": 1_000, "gate": {"baseline": folder, **gate}})
    return judge_run(now, read_record(folder), options)


def verdicts(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["metric"], table["verdict"], strict=True))


def test_record_survives_the_disk_and_is_replaced_whole(tmp_path: Path) -> None:
    record = two_records.record("hasty")
    folder = tmp_path / "runs" / "benchmark_run"
    write_record(folder, two_records.record("careful"))
    write_record(folder, record)
    found = read_record(folder)
    assert found.run == record.run
    pd.testing.assert_frame_equal(found.scores, record.scores)
    assert tabulate_scores(found).equals(tabulate_scores(record))
    assert [path.name for path in folder.parent.iterdir()] == ["benchmark_run"]


def test_a_record_of_an_earlier_run_has_the_old_names_of_counts(tmp_path: Path) -> None:
    record = two_records.record("hasty")
    write_record(tmp_path / "run", record)
    path = tmp_path / "run" / "scores.parquet"
    pd.read_parquet(path).drop(columns=["numerator", "denominator"]).to_parquet(path, index=False)
    assert tabulate_scores(read_record(tmp_path / "run")).equals(tabulate_scores(record))


def test_no_record_says_what_one_is(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"is not the record of a testsets run: run\.json"):
        read_record(tmp_path)


def test_gate_lets_the_same_and_the_better_pass(tmp_path: Path) -> None:
    hasty = two_records.record("hasty")
    assert set(gated(tmp_path / "a", hasty, hasty)["verdict"]) == {"fine"}
    assert "worse" not in set(gated(tmp_path / "b", hasty, two_records.record("careful"))["verdict"])


def test_gate_names_what_got_worse_and_by_how_much(tmp_path: Path) -> None:
    table = gated(tmp_path / "a", two_records.record("careful"), two_records.record("hasty"))
    assert verdicts(table)["teds/official"] == "worse"
    losses = gate_losses(table)
    assert any(loss.startswith("tables_ko, teds/official: ") and "points (95 % interval" in loss for loss in losses)
    assert "tables_ko, teds/official" in str(GateFailed(losses))


def pages_of(errors: list[int], documents: int) -> RunRecord:
    """Make the record of a run over pages of 1,000 characters, several metrics of the same errors."""
    metrics = [f"{name}/{reading}" for name in ("cer", "cer_no_space", "wer", "ned") for reading in ("official", "c")]
    rows = [
        Score(f"p{page}", f"d{page % documents}", "own", metric, float(wrong), 1_000.0)
        for metric in metrics
        for page, wrong in enumerate(errors)
    ]
    record = two_records.record("hasty")
    return replace(record, scores=to_frame(rows, Score), items=record.items.head(0))


def test_three_pages_that_became_unreadable_are_never_fine(tmp_path: Path) -> None:
    before, now = pages_of([150, 180, 195], 3), pages_of([700, 790, 820], 3)  # 17.5 % to 77 % CER
    table = gated(tmp_path / "a", before, now, speed_tolerance=None)
    assert set(table["verdict"]) == {"open"}
    assert set(table["why"]) == {"metrics"}
    assert set(table["needed"]) == {8}  # 8 / 2^8 < 0.05
    assert "open: 8 too few documents for so many comparisons" in count_verdicts(table)
    assert "worse by 59.50 points" in gate_doubts(table)[0]
    assert "of 3 documents" in gate_doubts(table)[0]
    assert "about 8 documents could tell" in gate_doubts(table)[0]
    many = gated(tmp_path / "b", pages_of([150, 180, 195] * 3, 9), pages_of([700, 790, 820] * 3, 9))
    assert set(many.loc[many["what"] == "own", "verdict"]) == {"worse"}


def test_fewer_right_words_are_worse_and_more_are_better(tmp_path: Path) -> None:
    many, few = (
        [Score(f"p{n}", f"d{n}", "own", "word_f1/official", right, 200.0) for n in range(9)] for right in (190.0, 20.0)
    )
    good, bad = (replace(pages_of([], 9), scores=to_frame(rows, Score)) for rows in (many, few))
    assert verdicts(gated(tmp_path / "a", good, bad))["word_f1/official"] == "worse"
    assert verdicts(gated(tmp_path / "b", bad, good))["word_f1/official"] == "fine"


@pytest.mark.parametrize("documents", [1, 2])
def test_one_or_two_documents_leave_the_gate_open(tmp_path: Path, documents: int) -> None:
    table = gated(tmp_path / "a", pages_of([10] * 30, documents), pages_of([900] * 30, documents))
    mine = table[table["what"] == "own"]
    assert set(mine["verdict"]) == {"open"}
    assert set(mine["why"]) == {"documents"}
    assert "fewer than 3 documents, at least 3 are needed" in gate_doubts(mine)[0]


def test_fine_is_what_is_within_the_tolerance_and_else_the_width_is_the_reason(tmp_path: Path) -> None:
    before = pages_of([10 + page % 7 for page in range(40)], 20)
    now = pages_of([10 + page * 3 % 7 for page in range(40)], 20)
    wide = gated(tmp_path / "a", before, now, tolerance=0.0005)
    assert verdicts(wide)["cer/official"] == "open"
    row = wide[wide["metric"] == "cer/official"].iloc[0]
    assert (row["why"], row["low"] < 0.0005 < row["high"], row["needed"] > 20) == ("width", True, True)
    assert verdicts(gated(tmp_path / "b", before, now, tolerance=0.01))["cer/official"] == "fine"


def test_gate_tolerates_what_it_is_told_to(tmp_path: Path) -> None:
    sides = two_records.record("careful"), two_records.record("hasty")
    generous = gated(tmp_path / "a", *sides, tolerances={"teds": 0.3})
    assert verdicts(generous)["teds/official"] == "fine"
    one = gated(tmp_path / "b", *sides, tolerances={"teds/official": 0.3})
    assert verdicts(one)["teds/official"] == "fine"


def test_what_is_tolerated_by_itself_depends_on_what_it_is_a_rate_of() -> None:
    by_itself = Tolerances()
    found = [
        by_itself.of(name) for name in ("cer/official", "word_f1/canonical", "teds", "ndcg@5", "accuracy/official")
    ]
    assert found == [0.005, 0.01, 0.01, 0.01, 0.02]
    assert Tolerances(0.0).of("accuracy/official") == 0.0
    assert Tolerances(by_metric={"cer": 0.1}).of("cer/canonical") == 0.1
    said = GateOptions.model_fields["tolerance"].description or ""
    assert all(f"{metric.tolerance} of" in said for metric in METRICS.values())


def test_gate_sees_speed(tmp_path: Path) -> None:
    before, slow = two_records.record("careful"), two_records.record("careful", slower=2.0)
    table = gated(tmp_path / "a", before, slow)
    seconds = table[table["metric"] == "seconds"]
    assert list(seconds["verdict"]) == ["worse", "worse"]
    assert seconds["worse_by"].to_numpy() == pytest.approx([1.0, 1.0])
    assert "worse by 100.00 %" in gate_losses(table)[0]
    assert set(gated(tmp_path / "b", before, slow, speed_tolerance=None)["verdict"]) == {"fine"}
    assert "worse" not in set(gated(tmp_path / "c", before, slow, speed_tolerance=1.5)["verdict"])


def test_what_could_no_longer_be_scored_is_a_loss(tmp_path: Path) -> None:
    before = two_records.record("careful")
    lost = before.scores.assign(
        status=before.scores["status"].where(before.scores["metric"] != "teds/official", str(Status.FAILED))
    )
    assert verdicts(gated(tmp_path / "a", before, replace(before, scores=lost)))["teds/official"] == "worse"
    gone = before.scores[before.scores["metric"] != "teds/official"]
    table = gated(tmp_path / "b", before, replace(before, scores=gone))
    assert verdicts(table)["teds/official"] == "gone"
    assert "the baseline has it, this run has not" in gate_losses(table)[0]


def test_without_a_baseline_nothing_is_judged() -> None:
    table = judge_run(two_records.record("hasty"), None, OPTIONS)
    assert (len(table), gate_losses(table)) == (0, [])


def test_answers_are_counted() -> None:
    table = tabulate_answers(two_records.record("hasty")).set_index("test_set")
    both = table.sum(numeric_only=True)
    assert (both["loop"], both["cut"], both["empty"], both["retried"], both["failed"]) == (1, 1, 1, 3, 2)
    assert (table["p50"] < table["p95"]).all()
    assert (table["p95"] < table["p99"]).all()


def test_metrics_have_names_that_mlflow_accepts() -> None:
    from mlflow.utils.validation import _validate_metric_name

    record = two_records.record("hasty")
    renamed = replace(record, scores=record.scores.assign(metric="ndcg@5"), items=record.items)
    renamed = replace(renamed, scores=renamed.scores.drop_duplicates(["group", "item_id"]))
    for one in (record, renamed):
        metrics = measure_evidence(tabulate_scores(one), tabulate_answers(one), one)
        for name in metrics:
            _validate_metric_name(name)
    assert "texts_ko.ndcg_at_5" in metrics
    metrics = measure_evidence(tabulate_scores(record), tabulate_answers(record), record)
    assert metrics["tables_ko.teds.official.low"] < metrics["tables_ko.teds.official"]
    assert (metrics["tables_ko.teds.official.unscored"], metrics["pages_per_second"]) == (2, 2.0)


def test_overall_stands_in_every_table_metric_and_gate(tmp_path: Path) -> None:
    record, better = pages_read(0), pages_read(1)
    metrics = measure_evidence(tabulate_scores(record), tabulate_answers(record), record)
    assert metrics[f"{PAGES}.overall.official.low"] < metrics[f"{PAGES}.overall.official"]
    assert headlines([tabulate_scores(record)]) == {PAGES: "overall/official"}
    pairs = pair_runs([record, better], ["hasty", "careful"], Draws(500, 0))
    whole = pairs[(pairs["metric"] == "overall/official") & (pairs["slice"] == "all")]
    assert list(whole["verdict"]) == ["second"]
    assert verdicts(gated(tmp_path / "a", better, record))["overall/official"] == "worse"
    values = item_values(record).set_index(["item_id", "metric"])["value"]
    mean = (1 - values["p0", "text_edit/official"] + values["p0", "teds/official"] + values["p0", "cdm/official"]) / 3
    assert values["p0", "overall/official"] == pytest.approx(mean)
    assert values["p1", "overall/official"] == pytest.approx(1 - values["p1", "text_edit/official"])


def test_headline_is_the_weightiest_official_metric() -> None:
    table = tabulate_scores(two_records.record("hasty"))
    expected = {two_recognizers.TABLES: "teds/official", two_recognizers.TEXTS: "cer_no_space/official"}
    assert headlines([table, table]) == expected


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([Recognition("p", 0, "가나다")], ""),
        ([Recognition("p", 0, "", status=Status.EMPTY)], "empty"),
        ([Recognition("p", 0, "", status=Status.EMPTY), Recognition("p", 1, "가")], ""),
        ([Recognition("p", 0, "", status=Status.SKIPPED, attempts=0)], ""),
        ([Recognition("p", 0, "가", finish_reason="length")], "cut"),
        ([Recognition("p", 0, "같은 줄이 다시 온다\n" * 40)], "loop"),
        ([Recognition("p", 0, "가", reason="loop: the model repeats itself; taken from the page")], "loop"),
    ],
)
def test_faults(rows: list[Recognition], fault: str) -> None:
    assert answer_fault(rows) == fault


def test_sides_of_a_table_mark_the_cells_that_differ() -> None:
    known = '{"html": "<table><tr><td>가</td><td>1</td></tr><tr><td>나</td><td>2</td></tr></table>"}'
    answer = "<table><tr><td>가</td><td>1</td></tr><tr><td>나</td><td>3</td></tr></table>"
    for side in (reference_content("table", known, answer), answer_content("table", known, answer, UNDRAWN)):
        assert [[cell.changed for cell in row] for row in side.table] == [[False, False], [False, True]]


def test_sides_of_fields_and_tests() -> None:
    fields = answer_content(
        "fields", '{"fields": {"total": "8.50", "date": "2024"}}', '{"total": "8.50", "shop": "x"}', UNDRAWN
    )
    assert list(fields.fields) == [("total", "8.50", True), ("date", "—", False), ("shop", "x", False)]
    tests = '{"tests": [{"type": "present", "text": "안녕", "max_diffs": 0}]}'
    assert [right for _, _, right in answer_content("tests", tests, "안녕 하세요", UNDRAWN).fields] == [True]
    assert [right for _, _, right in answer_content("tests", tests, "없다", UNDRAWN).fields] == [False]


@pytest.mark.parametrize(
    ("kind", "payload", "text"),
    [
        ("text", '{"text": "가"}', "가"),
        ("markdown", '{"markdown": "# 가"}', "# 가"),
        ("answers", '{"answers": ["가", "나"]}', "가\n나"),
        ("elements", '{"layout_dets": [{"order": 2, "text": "나"}, {"order": 1, "latex": "x"}]}', "x\n\n나"),
    ],
)
def test_reference_as_text(kind: str, payload: str, text: str) -> None:
    assert reference_content(kind, payload, "").text == text


def test_formula_is_drawn_where_it_can_be() -> None:
    drawn = reference_content("formula", r'{"latex": "$$\\frac{a}{b} + \\mathrm{d}x$$"}', "").picture
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG")
    assert reference_content("formula", r'{"latex": "\\begin{array}{c} a \\end{array}"}', "").picture is None
