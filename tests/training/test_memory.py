"""What a card is said to need, against what was measured and against the weights that models really have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import Optimizer, TrainingOptions
from ocr_project.training.families import FAMILIES, family_of, is_tied
from ocr_project.training.memory import Load, Shape, check_fits, fitted, pack_flops, predict, shape_of, trained_weights
from tests.training.tiny import options

TRUE: dict[str, dict[str, Any]] = {  # the shapes of config.json on the Hub
    "qwen3-vl-8b": {
        "model_type": "qwen3_vl",
        "tie_word_embeddings": False,
        "text_config": {
            "hidden_size": 4096,
            "intermediate_size": 12288,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 151936,
        },
        "vision_config": {
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "depth": 27,
            "deepstack_visual_indexes": [8, 16, 24],
        },
    },
    "qwen3-vl-2b": {
        "model_type": "qwen3_vl",
        "tie_word_embeddings": True,
        "text_config": {
            "hidden_size": 2048,
            "intermediate_size": 6144,
            "num_hidden_layers": 28,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 151936,
        },
        "vision_config": {
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "depth": 24,
            "deepstack_visual_indexes": [5, 11, 17],
        },
    },
    "qwen2-vl-2b": {
        "model_type": "qwen2_vl",
        "tie_word_embeddings": True,
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "vision_config": {"embed_dim": 1280, "hidden_size": 1536, "mlp_ratio": 4, "depth": 32},
    },
}
PAGE = Load(2126, 1120, 1000)


def shape(name: str) -> Shape:
    return shape_of(TRUE[name])


def peak(name: str, load: Load, **changes: Any) -> float:
    return predict(shape(name), FAMILIES[TRUE[name]["model_type"]], chosen(**changes), load).gib


def chosen(**changes: Any) -> TrainingOptions:
    return options(Path("m"), **changes)


def pages(count: int) -> Load:
    return Load(PAGE.tokens * count, PAGE.image_tokens * count, PAGE.answer_tokens * count)


def test_the_8b_has_as_many_weights_as_it_is_called() -> None:
    found = shape("qwen3-vl-8b")
    assert found.language + found.embeddings + found.vision + found.projector == pytest.approx(8.77e9, rel=0.01)
    assert trained_weights(found, chosen()) == pytest.approx(43.6e6, rel=0.01)  # as PEFT counts rank 16


SIGNBOARDS = {side: Load((square + 36), square, 30) for side, square in ((768, 729), (1024, 1369), (1536, 3025))}
BF16: dict[str, Any] = {"method": "full", "optimizer": "adamw_bf16"}
ALL_KEPT: dict[str, Any] = {"checkpoint_every": 0}
COMPILED: dict[str, Any] = {"compile": True}

MEASURED = [  # model, samples in a pack (of signboards: their side), options, GiB; docs/log.md
    # 2026-11-28, an H100, torch 2.11: what the parts were fitted to then
    ("qwen3-vl-8b", 1, 0, {}, 19.22),
    ("qwen3-vl-8b", 4, 0, {}, 26.25),
    ("qwen3-vl-8b", 4, 0, {**COMPILED, "checkpoint_every": 2}, 44.75),
    ("qwen3-vl-2b", 2, 0, {}, 8.16),
    ("qwen3-vl-2b", 4, 0, {**BF16, **COMPILED}, 19.42),
    ("qwen2-vl-2b", 1, 1024, {}, 4.70),
    ("qwen2-vl-2b", 4, 1024, {}, 5.65),
    # 2026-11-29, an H200: fitted to these: compiled layers, dropout, four bits
    ("qwen3-vl-2b", 4, 0, {**ALL_KEPT, **COMPILED}, 27.26),
    ("qwen3-vl-2b", 2, 0, {**BF16, **ALL_KEPT, **COMPILED}, 22.65),
    ("qwen3-vl-2b", 4, 0, {**BF16, **ALL_KEPT, **COMPILED}, 34.44),
    ("qwen3-vl-2b", 2, 0, {"checkpoint_every": 3, "lora": {"dropout": 0.05}}, 17.47),
    ("qwen2-vl-2b", 1, 1024, {"four_bit": True}, 2.13),
    # the same day: no number was fitted to these; the row of one page taught when gradients come
    ("qwen3-vl-8b", 8, 0, {}, 35.62),
    ("qwen3-vl-8b", 2, 0, ALL_KEPT, 47.47),
    ("qwen3-vl-2b", 1, 0, {}, 6.19),
    ("qwen3-vl-2b", 4, 0, ALL_KEPT, 33.14),
    ("qwen3-vl-2b", 2, 0, {"four_bit": True}, 5.67),
    ("qwen3-vl-2b", 1, 0, {**BF16, "checkpoint_every": 2}, 15.99),
    ("qwen3-vl-2b", 2, 0, {**BF16, **ALL_KEPT}, 27.27),
    ("qwen3-vl-2b", 8, 0, {**BF16, **ALL_KEPT, **COMPILED}, 58.07),
    ("qwen3-vl-2b", 4, 0, {**BF16, **COMPILED, "checkpoint_every": 2}, 26.99),
    ("qwen3-vl-2b", 4, 0, {"method": "full"}, 32.99),
    ("qwen3-vl-2b", 2, 0, {"method": "full", "optimizer": "adamw_8bit"}, 12.11),
    ("qwen2-vl-2b", 2, 1536, {}, 5.77),
    ("qwen2-vl-2b", 8, 768, ALL_KEPT, 20.51),
    ("qwen2-vl-2b", 4, 1024, BF16, 14.01),
    ("qwen3-vl-8b", 7, 0, {**COMPILED, "checkpoint_every": 2}, 65.56),
    ("qwen2-vl-2b", 11, 1024, ALL_KEPT, 44.46),
]


@pytest.mark.parametrize(("name", "count", "side", "changes", "measured"), MEASURED)
def test_predictions_are_within_5_percent_of_what_was_measured_and_not_under(
    name: str, count: int, side: int, changes: dict[str, Any], measured: float
) -> None:
    one = SIGNBOARDS[side] if side else PAGE
    load = Load(one.tokens * count, one.image_tokens * count, one.answer_tokens * count)
    assert measured <= peak(name, load, **changes) <= 1.05 * measured


def test_gradients_of_earlier_packs_of_an_update_are_there_all_the_time() -> None:
    alone, second = (peak("qwen3-vl-2b", pages(4), **BF16, packs_per_update=packs) for packs in (1, 2))
    trained = 2 * trained_weights(shape("qwen3-vl-2b"), chosen(**BF16)) / 2**30
    head = 2 * 151936 * 2048 / 2**30
    assert second - alone == pytest.approx(trained - head, rel=0.05)
    assert peak("qwen3-vl-2b", pages(4), **BF16, packs_per_update=2, devices=2, sharding="fsdp2") < second


def test_10_a_photo_without_a_cap_and_a_knob_turned_the_wrong_way_are_refused_with_what_to_turn() -> None:
    family = family_of(TRUE["qwen2-vl-2b"], model="m")
    photo = Load(15_552 + 300, 15_552, 15_852)  # 4032 x 3024 pixels, logits of all tokens
    bad = chosen(checkpoint_every=0, lora={"dropout": 0.05, "where": "all"})
    with pytest.raises(OptionError) as refused:
        check_fits(shape("qwen2-vl-2b"), family, bad, photo, 22.0)
    message = str(refused.value)
    assert "a card has 22.0" in message
    for knob in ("max_pixels", "tokens_per_pack", "checkpoint_every=1", "lora.dropout=0", "four_bit=true"):
        assert knob in message
    good = chosen(four_bit=True)
    capped = Load(1344 + 300, 1344, 60)
    assert check_fits(shape("qwen2-vl-2b"), family, good, capped, 22.0).gib < 6
    assert check_fits(shape("qwen2-vl-2b"), family, bad, photo, 0).gib > 22  # no card is known: anything goes


def test_knobs_turn_the_way_that_they_say() -> None:
    base = peak("qwen3-vl-8b", pages(2))
    assert peak("qwen3-vl-8b", pages(2), four_bit=True) < base - 8
    none = peak("qwen3-vl-8b", pages(2), checkpoint_every=0)
    assert peak("qwen3-vl-8b", pages(2), checkpoint_every=0, lora={"dropout": 0.1}) > 1.2 * none
    assert peak("qwen3-vl-8b", pages(2), checkpoint_every=2) > base + 5
    assert peak("qwen3-vl-8b", pages(2), lora={"where": "all"}) > base
    full = {"method": "full"}
    assert peak("qwen3-vl-8b", pages(1), **full) > 120
    eight = peak("qwen3-vl-8b", pages(1), **full, optimizer=Optimizer.ADAMW_8BIT)
    assert eight < 65
    many = {"devices": 4, "packs_per_update": 4, "sharding": "fsdp2"}
    assert peak("qwen3-vl-8b", pages(1), **full, **many) < 50


@pytest.mark.parametrize(
    ("tokens", "gib", "given", "every"),
    [
        (3000, 22.0, None, 0),  # two signboards: all is kept
        (7000, 22.0, None, 4),
        (16_000, 22.0, None, 1),
        (7000, 0.0, None, 1),  # no card is known
        (7000, 80.0, 3, 3),  # a person has chosen
    ],
)
def test_as_little_is_computed_again_as_a_card_allows(tokens: int, gib: float, given: int | None, every: int) -> None:
    family = family_of(TRUE["qwen2-vl-2b"], model="m")
    load = Load(tokens, round(tokens * 0.97), round(tokens * 0.02))
    found = fitted(shape("qwen2-vl-2b"), family, chosen(checkpoint_every=given), load, gib)
    assert found.checkpoint_every == every
    if gib:
        check_fits(shape("qwen2-vl-2b"), family, found, load, gib)


def test_flops_of_a_page_are_those_that_the_goal_is_counted_by() -> None:
    squares = (float(PAGE.tokens**2), float(4480**2))
    found = shape("qwen3-vl-8b")
    assert pack_flops(found, chosen(), PAGE, squares) == pytest.approx(73e12, rel=0.06)  # LoRA, tower frozen
    assert pack_flops(found, chosen(method="full"), PAGE, squares) == pytest.approx(104e12, rel=0.06)


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match=r"'llama'.*qwen3_vl"):
        family_of({"model_type": "llama"}, model="x")
    assert is_tied(TRUE["qwen2-vl-2b"])
    assert not is_tied({"text_config": {"tie_word_embeddings": False}})


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_shapes_are_those_of_the_real_classes(family: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from transformers import AutoConfig, AutoModelForImageTextToText

    from ocr_project.testing import tiny_trainable
    from ocr_project.training.families import part_of, read_config

    folder = tiny_trainable.build(tmp_path, family)
    config = read_config(folder)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(AutoConfig.from_pretrained(folder))
    parts: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        part = part_of(name, FAMILIES[family])
        parts[part] = parts.get(part, 0) + parameter.numel()
    found = shape_of(config)
    assert found.language + found.vocabulary * found.hidden == pytest.approx(parts["language"], rel=0.03)
    assert found.tied == ("head" not in parts)
    embedded = sum(one.numel() for name, one in model.named_parameters() if "visual" in name and "embed" in name)
    assert found.vision == pytest.approx(parts["vision"] - embedded, rel=0.05)
    assert replace(found, tied=True).embeddings == found.vocabulary * found.hidden
