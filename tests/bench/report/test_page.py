"""The report of test sets as a file: safe, self-contained, of one run and of several."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocr_project.bench.report import (
    AnswerLine,
    AnswerView,
    BenchmarkReport,
    CellView,
    Content,
    GateLine,
    ItemCard,
    PairLine,
    Point,
    RunColumn,
    Scatter,
    ScoreLine,
    Value,
    write_benchmark_report,
)
from ocr_project.engine.metrics import Span
from tests.engine.reporting.test_html import EVIL, parse

PNG = b"\x89PNG"


def item(number: int, runs: int, **changes: object) -> ItemCard:
    contents = [
        Content(EVIL, [Span("replace", "a", EVIL)]),
        Content(EVIL, table=[[CellView(EVIL, header=True), CellView("b", rows=2, columns=3, changed=True)]]),
        Content(EVIL, fields=[(EVIL, EVIL, False)]),
        Content("x^2", picture=PNG),
    ]
    scores = [(EVIL, 0.5, ""), (EVIL, math.nan, EVIL)]
    answers = [AnswerView(run, contents[run % 4], scores, "loop", EVIL, EVIL, 1.5) for run in range(runs)]
    fields: dict[str, object] = {
        "item_id": f"{EVIL}{number}", "name": EVIL, "test_set": EVIL, "kind": EVIL, "slices": [(EVIL, EVIL)],
        "apart": 0.25, "image": None, "question": EVIL, "reference": contents[1], "answers": answers,
    }  # fmt: skip
    return ItemCard(**{**fields, **changes})  # type: ignore[arg-type]


def make_report(runs: int = 2, items: Iterator[ItemCard] | None = None, name: str = EVIL) -> BenchmarkReport:
    values = [Value(0.5, 0.4, 0.6, 0.55, 2), None, Value(0.25), Value(), Value(0.5)][:runs]
    lines = [ScoreLine(EVIL, "m", EVIL, False, part, EVIL, 9, 3, values, True) for part in ("all", EVIL)]
    pair = PairLine(EVIL, EVIL, "all", "all", 0, 1, 9, 3, 0.1, -0.1, 0.3, 0.9, 0.01, "open", EVIL, True, False)
    return BenchmarkReport(
        title=EVIL, created=EVIL, runs=[RunColumn(name, {EVIL: EVIL}, {EVIL: EVIL})] * runs, notes=[EVIL],
        scores=lines, pairs=[pair] if runs > 1 else [],
        answers=[AnswerLine(EVIL, 0, 9, {"loop": 1}, 1, 1, {"p50": 0.1, "p95": 0.2, "p99": 0.3}, 0)],
        scatters=[Scatter(EVIL, EVIL, EVIL, [Point(0.1, 2.0, EVIL), Point(0.5, 0.5, "b")], 1)],
        parameters={EVIL: EVIL}, gate=[GateLine(EVIL, EVIL, "open", EVIL)], gate_counts=EVIL,
        items=items or iter([item(1, runs)]), shown=frozenset([EVIL]),
    )  # fmt: skip


@pytest.mark.parametrize("runs", [1, 2, 5])
def test_what_models_and_test_sets_wrote_never_becomes_markup(tmp_path: Path, runs: int) -> None:
    path = tmp_path / "benchmark.html"
    write_benchmark_report(path, make_report(runs))
    tree = parse(path)
    assert len(tree.all("script")) == 1
    assert not [a for _, a in tree.elements if any(name.startswith("on") for name in a)]
    addresses = [a[key] or "" for _, a in tree.elements for key in ("src", "href", "srcset", "action") if key in a]
    assert all(address.startswith(("#", "data:image/")) for address in addresses)
    assert "".join(tree.text).count("<script>alert('가')</script>") >= 25
    tables = {a["id"] for a in tree.all("table") if "id" in a}
    assert tables == {"score-rows", "answer-rows", "gate-rows"} | ({"pair-rows"} if runs > 1 else set())


def test_a_name_of_a_run_is_shown_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.html"
    write_benchmark_report(path, make_report(name="#-1 & co"))
    tree = parse(path)
    assert "".join(tree.text).count("#-1 & co") >= 6  # legend, heads of columns, cards, facts
    assert "#-1 & co (second) is better than #-1 & co (first)" in "".join(tree.text)


def test_the_best_run_is_marked_and_a_missing_one_is_a_dash(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.html"
    write_benchmark_report(path, make_report(5))
    cells = [a for a in parse(path).all("td") if "rate" in (a.get("class") or "").split()]
    assert [a["class"] for a in cells[:5]] == [
        "n rate run0", "n rate run1", "n rate run2 main", "n rate run3", "n rate run4",
    ]  # fmt: skip
    assert [a["data-v"] for a in cells[:5]] == ["0.5", "", "0.25", "", "0.5"]


def test_the_rest_of_a_runaway_table_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.html"
    rows = [[CellView("z")] * 7 for _ in range(1_000)]
    write_benchmark_report(path, make_report(1, iter([item(1, 1, reference=Content("t", table=rows))])))
    text = "".join(parse(path).text)
    assert text.count("z") < 2_100
    assert "The rest of the table is not drawn." in text


def test_without_items_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.html"
    write_benchmark_report(path, make_report(1, iter(())))
    assert "No item is shown." in "".join(parse(path).text)


@pytest.mark.parametrize("runs", [0, 6])
def test_one_to_five_runs(tmp_path: Path, runs: int) -> None:
    with pytest.raises(ValueError, match=f"{runs} runs: a report shows one to 5"):
        write_benchmark_report(tmp_path / "benchmark.html", make_report(runs))
