"""Score rows to tables, on two recognizers whose differences are known."""

import numpy as np
import pandas as pd
import pytest

from ocr_project.bench.metrics.catalog import METRICS, by_weight, metric_of, title_of
from ocr_project.bench.results.score_tables import adjust_pairs, compare_test_sets, tabulate_test_sets
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Score, Status, Truth, TruthKind
from ocr_project.engine.metrics import Draws
from tests import two_recognizers as two

DRAWS = Draws(2_000, 0)


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return two.truths()


def row(frame: pd.DataFrame, **where: object) -> pd.Series:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def score(item: str, metric: str, errors: float, total: float, status: Status = Status.OK) -> Score:
    return Score(item, item, "set", metric, errors, total, status)


def truths_of(*items: str) -> pd.DataFrame:
    return to_frame([Truth(item, "set", TruthKind.TEXT, "{}", (("page", item),), item) for item in items], Truth)


def test_table_by_set_metric_and_slice(known: pd.DataFrame) -> None:
    table = tabulate_test_sets(two.scores("hasty", known), known)
    whole = row(table, metric="teds/official", slice="all")
    assert (whole["items"], whole["scored"], whole["failed"], whole["documents"]) == (120, 116, 4, 40)
    assert 0.7 < whole["low"] < whole["rate"] < whole["high"] < 0.9
    assert set(table.loc[table["slice"] == "language", "value"]) == {"ko", "en", "mixed"}
    parts = table[(table["metric"] == "teds/official") & (table["slice"] == "language")]
    assert parts["items"].sum() == 120
    assert np.average(parts["rate"], weights=parts["scored"]) == pytest.approx(whole["rate"])
    assert table["metric"].iloc[0] == "teds/official"  # by weight, official first


def test_what_could_not_be_scored_is_apart_from_zero(known: pd.DataFrame) -> None:
    table = tabulate_test_sets(two.scores("hasty", known), known)
    whole = row(table, metric="teds/official", slice="all")
    assert whole["strict"] == pytest.approx(whole["rate"] * 116 / 120)
    assert whole["strict_low"] < whole["low"]
    text = row(table, metric="cer_no_space/official", slice="all")
    assert (text["failed"], text["strict"], text["strict_low"]) == (0, text["rate"], text["low"])


def test_worst_of_an_error_rate_is_all_of_the_reference() -> None:
    rows = [score("a", "cer", 1, 10), score("b", "cer", 0, 30, Status.FAILED), score("c", "cer", 0, 0, Status.FAILED)]
    whole = row(tabulate_test_sets(to_frame(rows, Score), truths_of("a")), slice="all")
    assert whole["rate"] == pytest.approx(0.1)
    assert whole["strict"] == pytest.approx((1 + 30 + 10) / 50)  # the unknown length is taken for that of the scored
    assert (whole["items"], whole["scored"]) == (3, 1)


def test_micro_and_mean_averages() -> None:
    rows = [score("a", "cer", 1, 10), score("b", "cer", 0, 30), score("a", "teds", 1, 2), score("b", "teds", 6, 6)]
    table = tabulate_test_sets(to_frame(rows, Score), truths_of("a", "b"))
    assert row(table, metric="cer", slice="all")["rate"] == pytest.approx(1 / 40)
    assert row(table, metric="teds", slice="all")["rate"] == pytest.approx(0.75)


def test_an_item_may_be_in_several_slices_and_in_none() -> None:
    truth = Truth("a", "set", TruthKind.TEXT, "{}", (("has", "table"), ("has", "seal")), "a")
    again = Truth("a", "set", TruthKind.TEXT, "{}", (("has", "table"),), "a")
    rows = [score("a", "cer", 1, 10), score("b", "cer", 0, 30)]
    table = tabulate_test_sets(to_frame(rows, Score), to_frame([truth, again], Truth))
    assert list(zip(table["value"], table["items"], strict=True)) == [("all", 2), ("seal", 1), ("table", 1)]


def test_several_truths_of_an_item_are_added_up() -> None:
    failed = score("b", "teds", 0, 1, Status.FAILED)
    rows = [score("a", "teds", 1, 1), score("a", "teds", 0.5, 1), score("b", "teds", 0.25, 1), failed]
    rows += [score("c", "teds", 0, 1, Status.FAILED), score("c", "teds", 0, 1, Status.FAILED)]
    whole = row(tabulate_test_sets(to_frame(rows, Score), truths_of("a")), slice="all")
    assert whole["rate"] == pytest.approx((0.75 + 0.25) / 2)
    assert (whole["scored"], whole["failed"]) == (2, 1)


def test_unknown_metric_is_refused() -> None:
    with pytest.raises(ValueError, match=r"metric 'bliss/official' is not listed: add 'bliss'"):
        metric_of("bliss/official")


def test_catalog_names_and_titles() -> None:
    assert title_of("teds/official") == "TEDS, official"
    assert title_of("ndcg@5") == "nDCG@5"
    assert metric_of("cer/canonical").worst == 1.0
    assert sorted(["cer", "teds/canonical", "teds/official"], key=by_weight) == [
        "teds/official",
        "teds/canonical",
        "cer",
    ]
    assert all(name == metric.name and name == name.lower() for name, metric in METRICS.items())


def test_known_difference_is_found_and_chance_is_not(known: pd.DataFrame) -> None:
    sides = [(name, two.scores(name, known)) for name in ("hasty", "careful")]
    pairs = adjust_pairs(compare_test_sets(sides[0], sides[1], known, DRAWS))
    tables = row(pairs, metric="teds/official", slice="all")
    assert tables["items"] == 116  # not those that could not be scored
    assert tables["low"] < two.ADVANTAGE < tables["high"] + 0.02
    assert (tables["better"], tables["verdict"]) == (1.0, "second")
    assert tables["difference"] == pytest.approx(tables["second_rate"] - tables["first_rate"])
    texts = row(pairs, metric="cer_no_space/official", slice="all")
    assert (texts["verdict"], texts["why"]) == ("open", "width")
    assert not texts["needed"] <= texts["documents"]
    assert (pairs["p_holm"] >= pairs["p"]).all()


def test_turned_round_the_verdict_turns(known: pd.DataFrame) -> None:
    hasty, careful = (("hasty", two.scores("hasty", known)), ("careful", two.scores("careful", known)))
    forth = row(adjust_pairs(compare_test_sets(hasty, careful, known, DRAWS)), metric="teds/official", slice="all")
    back = row(adjust_pairs(compare_test_sets(careful, hasty, known, DRAWS)), metric="teds/official", slice="all")
    assert (back["verdict"], back["better"]) == ("first", 0.0)
    assert (back["low"], back["high"]) == pytest.approx((-forth["high"], -forth["low"]))


def test_fewer_errors_are_better(known: pd.DataFrame) -> None:
    worse = two.scores("hasty", known)
    better = worse.assign(numerator=worse["numerator"].where(worse["metric"] != "cer_no_space/official", 0.0))
    pairs = adjust_pairs(compare_test_sets(("a", worse), ("b", better), known, DRAWS))
    found = row(pairs, metric="cer_no_space/official", slice="all")
    assert found["difference"] < 0
    assert (found["better"], found["verdict"]) == (1.0, "second")


def test_only_common_items_are_compared(known: pd.DataFrame) -> None:
    scores = two.scores("hasty", known)
    part = scores[scores["item_id"].str[1:].astype(int) < 50].sample(frac=1, random_state=0)
    pairs = compare_test_sets(("a", scores), ("b", part), known, DRAWS)
    assert row(pairs, metric="teds/canonical", slice="all")["items"] == 48
    assert (pairs["difference"].abs() < 1e-12).all()
    assert len(compare_test_sets(("a", scores), ("b", part.head(0)), known, DRAWS)) == 0
