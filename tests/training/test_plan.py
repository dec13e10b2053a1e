"""Plans: every sample of an epoch once, packs that fit, the same plan each time, rows in = used + refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.domain.errors import OptionError
from ocr_project.domain.types import Split, Status, TrainingSample
from ocr_project.testing import tiny_trainable
from ocr_project.training.plan import held_out, look_at, measure_plan, plan_packs
from tests.training.tiny import options

MODEL = Path("nowhere")


def length(sample: TrainingSample, epoch: int) -> tuple[int, int, int]:
    """As many tokens as letters, half of them the image's."""
    return len(sample.answer), len(sample.answer) // 2, 1 + len(sample.answer) // 3


def rows_of(lengths: list[int], **changes: Any) -> list[tuple[str, TrainingSample]]:
    (one,) = tiny_trainable.samples(["x"])
    return [
        ("shard", replace(one, sample_id=f"{number:04d}", answer="a" * count, **changes))
        for number, count in enumerate(lengths)
    ]


@given(lengths=st.lists(st.integers(1, 120), min_size=1, max_size=80), epochs=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_each_epoch_has_every_sample_once_in_packs_that_fit(lengths: list[int], epochs: int) -> None:
    chosen = options(MODEL, tokens_per_pack=100, packs_per_update=3, epochs=epochs)
    sighted = look_at(rows_of(lengths), length, chosen)
    assert len(sighted.used) + len(sighted.refused) == len(lengths)
    assert {one.rule for one in sighted.refused} <= {"too_long"}
    assert len(sighted.refused) == sum(count > 100 for count in lengths)
    if not sighted.used:
        with pytest.raises(OptionError, match="too_long"):
            plan_packs(sighted, chosen)
        return
    plan = plan_packs(sighted, chosen)
    assert plan.groupby("pack")["tokens"].sum().max() <= 100
    for _, epoch in plan.groupby("epoch"):
        assert sorted(epoch["sample_id"]) == sorted(one.sample_id for one in sighted.used)
    assert (plan["update"] == plan["pack"] // 3).all()
    answers = plan.groupby("update")["answer_tokens"].sum()
    assert (plan["update_tokens"] == plan["update"].map(answers)).all()
    pd.testing.assert_frame_equal(plan, plan_packs(look_at(rows_of(lengths), length, chosen), chosen))


def test_the_order_is_that_of_the_seed_and_another_one_in_each_epoch() -> None:
    rows = rows_of([10] * 40)
    plans = {
        seed: plan_packs(look_at(rows, length, chosen), chosen)
        for seed in (1, 2)
        for chosen in [options(MODEL, tokens_per_pack=64, epochs=2, seed=seed)]
    }
    first, second = (plans[1][plans[1]["epoch"] == epoch]["sample_id"].tolist() for epoch in (0, 1))
    assert first != second
    assert first != plans[2][plans[2]["epoch"] == 0]["sample_id"].tolist()
    assert first != sorted(first)


def test_4_what_is_refused_is_counted_by_its_rule_and_nothing_is_dropped() -> None:
    chosen = options(MODEL, tokens_per_pack=100)
    rows = rows_of([10, 200, 20])
    rows += [("shard", replace(rows[0][1], sample_id="again")), ("shard", rows[0][1])]
    rows += [("shard", replace(rows[0][1], sample_id="v", split=Split.VALID))]

    def measure(sample: TrainingSample, epoch: int) -> tuple[int, int, int]:
        if sample.sample_id == "again":
            error = ValueError("says no")
            error.rule = "because"  # type: ignore[attr-defined]
            raise error
        return length(sample, epoch)

    sighted = look_at(rows, measure, chosen)
    plan = plan_packs(sighted, chosen)
    counted = measure_plan(plan, sighted, chosen)
    assert counted["rows"] == len(rows) == counted["used"] + counted["refused"]
    assert {key: value for key, value in counted.items() if key.startswith("refused.")} == {
        "refused.because": 1,
        "refused.duplicate": 1,
        "refused.too_long": 1,
    }
    assert (counted["used.train"], counted["used.valid"], counted["used.test"]) == (2, 1, 0)
    long = next(one for one in sighted.refused if one.rule == "too_long")
    assert "200 tokens" in long.reason
    assert held_out(sighted, 5) == {"valid": ["v"]}


def test_an_error_that_is_not_a_refusal_is_not_swallowed() -> None:
    def measure(sample: TrainingSample, epoch: int) -> tuple[int, int, int]:
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="fault of ours"):
        look_at(rows_of([1]), measure, options(MODEL))


def test_replay_draws_its_share_of_known_samples_anew_in_each_epoch() -> None:
    chosen = options(MODEL, tokens_per_pack=100, epochs=2, known=("old",), replay=0.25)
    known = [(shard, replace(one, sample_id=f"k{one.sample_id}", source="old:x")) for shard, one in rows_of([10] * 60)]
    plan = plan_packs(look_at([*rows_of([10] * 30), *known], length, chosen), chosen)
    drawn = [set(epoch["sample_id"][epoch["sample_id"].str.startswith("k")]) for _, epoch in plan.groupby("epoch")]
    assert [len(one) for one in drawn] == [10, 10]
    assert drawn[0] != drawn[1]
    assert plan[plan["epoch"] == 0]["sample_id"].nunique() == 40


def test_updates_end_a_plan_and_cards_get_as_many_packs_each() -> None:
    chosen = options(MODEL, tokens_per_pack=64, packs_per_update=4, devices=2, updates=3, epochs=2)
    plan = plan_packs(look_at(rows_of([64] * 40), length, chosen), chosen)
    assert plan["update"].max() == 2
    assert plan["pack"].nunique() == 12
    odd = options(MODEL, tokens_per_pack=64, packs_per_update=4, devices=2)
    assert plan_packs(look_at(rows_of([64] * 7), length, odd), odd)["pack"].nunique() == 8


def test_a_sample_that_is_not_ok_keeps_its_own_rule() -> None:
    pytest.importorskip("torch")
    from ocr_project.training.encoding import Refused

    (one,) = tiny_trainable.samples(["x"])
    bad = replace(one, status=Status.SKIPPED, rule="rotated", reason="by 90 degrees")

    def measure(sample: TrainingSample, epoch: int) -> tuple[int, int, int]:
        raise Refused(sample.rule, sample.reason)

    (refused,) = look_at([("s", bad)], measure, options(MODEL)).refused
    assert (refused.rule, refused.reason) == ("rotated", "by 90 degrees")
