"""Composites: means of means, against a bootstrap of pages written out."""

import numpy as np
import pandas as pd
import pytest

from ocr_project.bench.results.score_tables import compare_test_sets, tabulate_test_sets
from ocr_project.bench.testsets.composite import Composite, CompositePart
from ocr_project.bench.testsets.ocrbench_v2.reader import group_of
from ocr_project.bench.testsets.omnidocbench_v1_5 import composites
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Score, Truth, TruthKind
from ocr_project.engine.metrics import Draws
from ocr_project.engine.metrics.intervals import skewed_t

SET = "omnidocbench_v1_5"
DRAWS = Draws(400, 7)
PARTS = ("text_edit/official", "teds/official", "cdm/official")


def read(seed: int, pages: int = 30) -> pd.DataFrame:
    """Score pages, three a document; every second has a table, every third a formula."""
    chance = np.random.default_rng(seed)
    rows = [
        Score(f"p{page}", f"d{page // 3}", SET, metric, float(chance.random()), 1.0)
        for page in range(pages)
        for place, metric in enumerate(PARTS)
        if page % (place + 1) == 0
    ]
    return to_frame(rows, Score)


def truths(pages: int = 30) -> pd.DataFrame:
    slices = [(("language", "en" if page < 15 else "ko"),) for page in range(pages)]
    rows = [Truth(f"p{page}", SET, TruthKind.ELEMENTS, "{}", slices[page], f"d{page // 3}") for page in range(pages)]
    return to_frame(rows, Truth)


def overall(scores: pd.DataFrame) -> float:
    means = scores.groupby("metric")["numerator"].mean()
    return float((1 - means[PARTS[0]] + means[PARTS[1]] + means[PARTS[2]]) / 3)


def resampled(scores: pd.DataFrame) -> list[pd.DataFrame]:
    """Draw documents one by one, as the bootstrap says it does."""
    documents = [part for _, part in sorted(scores.groupby("doc_id"))]
    generator = np.random.default_rng(DRAWS.seed)
    draws = generator.integers(0, len(documents), (DRAWS.resamples, len(documents)))
    return [pd.concat([documents[place] for place in drawn]) for drawn in draws]


def whole(table: pd.DataFrame, metric: str = "overall/official", value: str = "all") -> pd.Series:
    return table[(table["metric"] == metric) & (table["value"] == value)].iloc[0]


def without_one(scores: pd.DataFrame) -> np.ndarray:
    """Make the composite without each of the documents."""
    return np.array([overall(scores[scores["doc_id"] != name]) for name in sorted(set(scores["doc_id"]))])


def test_the_interval_is_of_the_composite_without_each_document() -> None:
    scores = read(0)
    found = whole(tabulate_test_sets(scores, truths()))
    assert found["rate"] == pytest.approx(overall(scores))
    assert (found["low"], found["high"]) == pytest.approx(skewed_t(overall(scores), without_one(scores), 10))
    assert (found["items"], found["documents"], found["failed"]) == (30, 10, 0)


def test_a_difference_is_paired() -> None:
    one, two = read(0), read(1)
    found = whole(compare_test_sets(("a", one), ("b", two), truths(), DRAWS))
    pairs = zip(resampled(one), resampled(two), strict=True)
    drawn = [overall(after) - overall(before) for before, after in pairs]
    assert found["difference"] == pytest.approx(overall(two) - overall(one))
    expected = skewed_t(overall(two) - overall(one), without_one(two) - without_one(one), 10)
    assert (found["low"], found["high"]) == pytest.approx(expected)
    assert found["better"] == pytest.approx(np.mean(np.array(drawn) > 0))


def test_slices_have_it_too_where_they_have_all_parts() -> None:
    scores = read(0)
    table = tabulate_test_sets(scores, truths())
    english = scores[scores["item_id"].isin([f"p{page}" for page in range(15)])]
    assert whole(table, value="en")["rate"] == pytest.approx(overall(english))
    bare = scores[(scores["metric"] != "cdm/official") | ~scores["item_id"].isin(english["item_id"])]
    assert list(tabulate_test_sets(bare, truths()).query("metric == 'overall/official'")["value"]) == [
        "all",
        "ko",
    ]


def test_what_could_not_be_scored_counts_in_strict_alone() -> None:
    scores = read(0)
    first = (scores["item_id"] == "p0") & (scores["metric"] == "teds/official")
    lost = scores.assign(
        status=scores["status"].where(~first, "failed"), numerator=scores["numerator"].where(~first, 0.0)
    )
    found = whole(tabulate_test_sets(lost, truths()))
    assert found["strict"] == pytest.approx(overall(lost))
    assert found["rate"] == pytest.approx(overall(scores[~first]))
    assert (found["items"], found["scored"], found["failed"]) == (30, 29, 1)


def test_a_part_of_one_document_has_no_interval() -> None:
    scores = read(0)
    one = scores[(scores["metric"] != "cdm/official") | (scores["doc_id"] == "d0")]
    found = whole(tabulate_test_sets(one, truths()))
    assert found["rate"] == pytest.approx(overall(one))
    assert np.isnan([found["low"], found["high"]]).all()


def test_a_mean_over_the_values_of_a_slice_and_over_metrics_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (
        CompositePart("teds/official", slice="language"),
        CompositePart("cdm/official", slice="language", value="ko"),
    )
    made = (Composite("overall/sliced", parts), Composite("overall/any", (CompositePart("t*/official"),)))
    monkeypatch.setattr(composites, "COMPOSITES", made)
    scores = read(0).merge(truths().assign(language=["en"] * 15 + ["ko"] * 15), left_on="item_id", right_on="page_id")
    means = scores.groupby(["metric", "language"])["numerator"].mean()
    languages = np.mean([means["teds/official", "en"], means["teds/official", "ko"]])
    expected = np.mean([languages, means["cdm/official", "ko"]])  # each part counts the same
    table = tabulate_test_sets(read(0), truths())
    assert whole(table, "overall/sliced")["rate"] == pytest.approx(expected)
    both = read(0).groupby("metric")["numerator"].mean()
    assert whole(table, "overall/any")["rate"] == pytest.approx(
        (1 - both["text_edit/official"] + both["teds/official"]) / 2
    )
    assert "overall/sliced" not in set(tabulate_test_sets(read(0).assign(group="other"), truths())["metric"])


def test_the_total_of_ocrbench_v2_is_that_of_its_authors() -> None:
    """Per language, the mean over groups of types of the mean over items: `get_score.py`."""
    kinds = ["math QA en", "text counting en", "text spotting en", "full-page OCR cn", "text translation cn"]
    values = {kind: [0.1 * (place + 1), 0.9] for place, kind in enumerate(kinds)}
    items = [(f"{kind}-{place}", kind, value) for kind in kinds for place, value in enumerate(values[kind])]
    groups = {kind: group_of(kind) or ("", "") for kind in kinds}
    scores = [Score(name, name, "ocrbench_v2", "accuracy/official", value, 1.0) for name, _, value in items]
    known = [
        Truth(name, "ocrbench_v2", TruthKind.ANSWERS, "{}", ((f"{groups[kind][0]} group", groups[kind][1]),), name)
        for name, kind, _ in items
    ]
    table = tabulate_test_sets(to_frame(scores, Score), to_frame(known, Truth))
    english = np.mean([np.mean(values[kinds[0]] + values[kinds[1]]), np.mean(values[kinds[2]])])
    chinese = np.mean([np.mean(values[kinds[3]]), np.mean(values[kinds[4]])])
    assert whole(table, "overall_en/official")["rate"] == pytest.approx(english)
    assert whole(table, "overall_cn/official")["rate"] == pytest.approx(chinese)
    assert whole(table)["rate"] == pytest.approx((english + chinese) / 2)


def test_the_total_of_olmocr_bench_is_the_mean_over_files_of_tests() -> None:
    counts = [("a", "passed/arxiv", 3, 4), ("a", "passed/baseline", 1, 1), ("b", "passed/tables", 0, 9)]
    counts += [("b", "passed/baseline", 0, 1), ("a", "pass_rate/official", 4, 5), ("b", "pass_rate/official", 0, 10)]
    scores = [Score(page, page, "olmocr_bench", metric, passed, total) for page, metric, passed, total in counts]
    known = [Truth(page, "olmocr_bench", TruthKind.TESTS, "{}", (), page) for page in "ab"]
    table = tabulate_test_sets(to_frame(scores, Score), to_frame(known, Truth))
    assert whole(table)["rate"] == pytest.approx((3 / 4 + 0 + 1 / 2) / 3)
    assert whole(table, "pass_rate/official")["rate"] == pytest.approx(4 / 15)
