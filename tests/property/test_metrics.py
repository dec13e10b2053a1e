"""What holds for any text, any ranking and any counts."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.engine.metrics import (
    cer,
    cer_no_space,
    diff,
    estimate_rate,
    ned,
    normalize,
    rank,
    score_page,
    score_run,
    strip_spaces,
    wer,
    word_f1,
)

ALPHABET = "가나다라abc .·…․ㆍ‧・\u00a0\u00ad\u200b\n\r\tᄀ\u1161\u11a8e\u0301\u3164,"
TEXTS = st.text(st.one_of(st.sampled_from(ALPHABET), st.characters()), max_size=40)
SCORES = st.one_of(st.sampled_from([0.0, 0.25, 0.5, -1.0]), st.floats(-2, 2, width=32))
DOCUMENTS = st.sampled_from([f"d{number}" for number in range(12)] + ["D", "가", "é", "10", "9"])


@settings(deadline=None)
@given(TEXTS)
def test_normalize_is_idempotent(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert not set(once) & set("\n\r\t\u00a0\u00ad\u200b\u3164\u318d\u2024")
    assert "  " not in once
    assert "..." not in once


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_distances_keep_their_bounds(left: str, right: str) -> None:
    for metric in (cer, cer_no_space, ned):
        counts, back = metric(left, right), metric(right, left)
        assert counts.numerator == back.numerator
    assert abs(len(left) - len(right)) <= cer(left, right).numerator <= max(len(left), len(right))
    assert cer_no_space(left, right).numerator <= cer(left, right).numerator
    assert ned(left, right).numerator <= ned(left, right).denominator
    assert wer(left, right).numerator <= max(len(left.split()), len(right.split()))


@settings(deadline=None)
@given(TEXTS)
def test_a_text_has_no_errors_against_itself(text: str) -> None:
    for scores in (score_page(text, text), score_page(text, normalize(text))):
        words = scores.pop("word_f1")
        assert words.numerator == words.denominator == 2 * len(normalize(text).split())
        assert all(counts.numerator == 0 for counts in scores.values())
    assert cer_no_space(text, strip_spaces(text)).numerator == 0


@settings(deadline=None)
@given(TEXTS, TEXTS, st.randoms(use_true_random=False))
def test_word_f1_does_not_see_order(left: str, right: str, chance: Random) -> None:
    words = right.split()
    chance.shuffle(words)
    counts = word_f1(left, right)
    assert counts == word_f1(left, " ".join(words)) == word_f1(right, left)
    assert 0 <= counts.numerator <= counts.denominator
    assert counts.denominator - counts.numerator <= 2 * wer(left, right).numerator


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_triangle_inequality(one: str, two: str, three: str) -> None:
    assert cer(one, three).numerator <= cer(one, two).numerator + cer(two, three).numerator


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_diff_gives_both_texts_again(left: str, right: str) -> None:
    spans = diff(left, right)
    assert "".join(span.reference for span in spans) == normalize(left)
    assert "".join(span.hypothesis for span in spans) == normalize(right)
    for span in spans:
        kinds = {(True, True): "replace", (True, False): "delete", (False, True): "insert"}
        expected = "equal" if span.reference == span.hypothesis else kinds[bool(span.reference), bool(span.hypothesis)]
        assert span.op == expected
    assert all((one.op == "equal") != (two.op == "equal") for one, two in pairwise(spans))


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["q1", "q2", "q3"]), st.dictionaries(DOCUMENTS, st.integers(0, 3), min_size=1), min_size=1
    ),
    st.dictionaries(st.sampled_from(["q1", "q2", "q4"]), st.dictionaries(DOCUMENTS, SCORES, min_size=1), min_size=1),
)
def test_retrieval_equals_pytrec_eval(qrels: dict[str, dict[str, int]], run: dict[str, dict[str, float]]) -> None:
    measures = {"ndcg_cut.1,3,10", "recall.1,3,10", "recip_rank", "map"}
    expected = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    scores = score_run(qrels, run.items(), (1, 3, 10), (1, 3, 10))
    assert scores.keys() == qrels.keys()
    for query, theirs in expected.items():
        ours = scores[query]
        assert ours["mrr"] == pytest.approx(theirs["recip_rank"], abs=1e-9)
        assert ours["map"] == pytest.approx(theirs["map"], abs=1e-9)
        for k in (1, 3, 10):
            assert ours[f"ndcg@{k}"] == pytest.approx(theirs[f"ndcg_cut_{k}"], abs=1e-9)
            assert ours[f"recall@{k}"] == pytest.approx(theirs[f"recall_{k}"], abs=1e-9)


@settings(deadline=None)
@given(st.dictionaries(DOCUMENTS, st.floats(0, 1)))
def test_ranking_does_not_depend_on_the_order_given(scores: dict[str, float]) -> None:
    assert rank(scores) == rank(dict(reversed(scores.items())))
    assert sorted(rank(scores)) == sorted(scores)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 100), st.sampled_from("abcde")), max_size=20))
def test_interval_surrounds_the_rate_and_needs_three_documents(rows: list[tuple[int, int, str]]) -> None:
    errors, totals, clusters = ([row[column] for row in rows] for column in range(3))
    interval = estimate_rate(errors, totals, clusters)
    rates = {
        sum(row[0] for row in rows if row[2] == name) / sum(row[1] for row in rows if row[2] == name)
        for name in set(clusters)
    }
    if len(set(clusters)) < 3 or len(rates) < 2:
        assert np.isnan([interval.low, interval.high]).all()
        return
    assert 0 <= interval.low <= interval.value <= interval.high
    assert interval.low < interval.high
