"""What users of such trainings complain about, by the numbers of the collection that the design began with.

1, 4, 10 and 23 are in test_plan.py and test_memory.py too, 6 in test_proof.py, 13 in test_resume.py, 14 and 16 in
test_merging.py. 19 and 20 are of DeepSpeed, 22 of Liger: neither is used. 15, 17 and 18 are whole pipelines.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocr_project.domain.options import DialectName
from ocr_project.domain.types import PageFacts, Task, TextFormat, TrainingSample
from ocr_project.engine.imaging.pixels import encode
from ocr_project.testing import tiny_trainable
from tests.training.tiny import TEXTS, load, options, prepare

torch = pytest.importorskip("torch")
pytest.importorskip("peft")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {family: tiny_trainable.build(root, family) for family in tiny_trainable.FAMILIES}


def encoder_of(model: Path, **changes: Any) -> Any:
    from ocr_project.training.encoding import Encoder

    return Encoder(options(model, **changes))


def image_of(height: int, width: int, text: str = "abc") -> TrainingSample:
    (one,) = tiny_trainable.samples([text])
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return replace(one, image=encode(pixels), width=width, height=height)


@pytest.mark.parametrize("family", tiny_trainable.FAMILIES)
def test_1_and_9_what_is_planned_is_what_is_encoded_for_images_of_every_size(
    models: dict[str, Path], family: str
) -> None:
    encoder = encoder_of(models[family], max_pixels=200_000)
    for height, width in ((3, 3), (64, 160), (40, 900), (2000, 3000), (1400, 990), (5, 700), (333, 777)):
        sample = image_of(height, width)
        planned, encoded = encoder.length(sample), encoder.encode(sample)
        assert planned.tokens == len(encoded.ids), (height, width)
        assert planned.image == int((encoded.ids == encoder.preparation.image_id).sum())
        assert planned.image == encoded.grid[1] * encoded.grid[2] // 4
        assert planned.answer == int((encoded.labels != -100).sum())
    # the cap is kept, by count of tokens and not by an attribute: 200,000 pixels, rounded to whole tokens
    assert planned.image <= 200_000 / encoder.family.side**2 + 40


@pytest.mark.parametrize("family", tiny_trainable.FAMILIES)
def test_2_positions_are_those_of_the_model_itself(models: dict[str, Path], family: str) -> None:
    from ocr_project.training.packing import positions_of

    encoder, model = encoder_of(models[family]), load(models[family])
    for sample in (*tiny_trainable.samples(TEXTS[:2]), image_of(90, 300)):
        encoded = encoder.encode(sample)
        ids = torch.from_numpy(encoded.ids)[None]
        image_id = encoder.preparation.image_id
        theirs, _ = model.model.get_rope_index(
            input_ids=ids,
            mm_token_type_ids=(ids == image_id).long(),
            image_grid_thw=torch.tensor([encoded.grid]),
            attention_mask=torch.ones_like(ids),
        )
        ours = positions_of(encoded, image_id, encoder.preparation.merge)
        assert torch.equal(torch.from_numpy(ours[1:]), theirs[:, 0])
        assert ours[0].tolist() == list(range(len(encoded.ids)))


def test_2_a_grid_that_is_not_the_image_tokens_is_an_error_before_training(models: dict[str, Path]) -> None:
    from ocr_project.training.packing import positions_of

    encoder = encoder_of(models["qwen3_vl"])
    encoded = encoder.encode(tiny_trainable.samples(TEXTS)[0])
    cut = replace(encoded, ids=encoded.ids[40:])
    with pytest.raises(ValueError, match="image tokens for a grid"):
        positions_of(cut, encoder.preparation.image_id, encoder.preparation.merge)


def test_3_nothing_but_packs_comes_out_of_a_plan(models: dict[str, Path]) -> None:
    from ocr_project.training.loop import Packs
    from ocr_project.training.packing import Pack
    from ocr_project.training.samples_at_hand import SamplesInMemory

    bad = replace(tiny_trainable.samples(["x"])[0], answer="  ")
    training = prepare(models["qwen3_vl"], [*tiny_trainable.samples(TEXTS), bad], epochs=2, tokens_per_pack=400)
    packs = Packs(training.plan, SamplesInMemory(training.samples), training.encoder)
    made = [packs[place] for place in range(len(packs))]
    assert len(made) == training.plan["pack"].nunique()
    assert all(isinstance(one, Pack) and len(one.targets) for one in made)
    assert sorted(name for one in made for name in one.sample_ids) == sorted(training.plan["sample_id"])


@pytest.mark.parametrize("family", tiny_trainable.FAMILIES)
def test_5_labels_are_the_answer_and_its_end_mark(models: dict[str, Path], family: str) -> None:
    encoder = encoder_of(models[family])
    end = encoder.preparation.tokenizer.convert_ids_to_tokens(encoder.end_id)
    for sample in tiny_trainable.samples(TEXTS):
        encoded = encoder.encode(sample)
        assert encoder.decoded(encoded.labels) == encoder.target(sample) + end
        assert encoded.ids[-1] == encoder.end_id


@pytest.mark.parametrize(
    ("family", "dialect", "task", "answer", "written"),
    [
        ("paddleocr_vl", "auto", Task.TABLE, "<table><tr><td>a</td><td>b</td></tr></table>", "<fcel>a<fcel>b<nl>"),
        ("paddleocr_vl", "auto", Task.FORMULA, "x^2", "\\[x^2\\]"),
        ("glm_ocr", "auto", Task.TABLE, "<table><tr><td>a</td></tr></table>", "<table><tr><td>a</td></tr></table>"),
        ("qwen3_vl", "auto", Task.FORMULA, "$$x^2$$", "x^2"),
        ("qwen3_vl", "olmocr", Task.TEXT, "# Title", "---\nprimary_language: en\nis_rotation_valid: True"),
    ],
)
def test_5_labels_are_in_the_dialect(
    models: dict[str, Path], family: str, dialect: str, task: Task, answer: str, written: str
) -> None:
    encoder = encoder_of(models[family], dialect=DialectName(dialect))
    whole = dialect == "olmocr"
    (one,) = tiny_trainable.samples(["x"])
    sample = replace(
        one,
        task=task,
        answer=answer,
        format=TextFormat.TEXT,
        whole_page=whole,
        facts=PageFacts("en") if whole else None,
    )
    encoded = encoder.encode(sample)
    end = encoder.preparation.tokenizer.convert_ids_to_tokens(encoder.end_id)
    said = encoder.decoded(encoded.labels)
    assert said.startswith(written)
    assert said.endswith(end)
    prompt = encoder.preparation.tokenizer.decode(encoded.ids[encoded.labels == -100].tolist())
    assert encoder.dialect.prompt_for(task, page=whole) in prompt


@pytest.mark.parametrize("family", tiny_trainable.FAMILIES)
def test_5_the_prompt_is_the_one_that_serving_writes(models: dict[str, Path], family: str) -> None:
    from ocr_project.engine.models.local.chat import conversation

    encoder = encoder_of(models[family])
    (sample,) = tiny_trainable.samples(TEXTS[:1])
    encoded = encoder.encode(sample)
    asked = conversation(encoder.prompt(sample), image_first=encoder.dialect.image_first)
    image = int((encoded.ids == encoder.preparation.image_id).sum())
    served = encoder.preparation.tokens([encoder.preparation.prompt(asked, image)], add_special_tokens=False)
    prompt = encoded.ids[: -int((encoded.labels != -100).sum())]
    assert prompt.tolist() == served["input_ids"][0].tolist()


@pytest.mark.parametrize("family", tiny_trainable.FAMILIES)
@pytest.mark.parametrize("attention", ["packed", "sdpa"])
def test_7_a_sample_in_a_pack_is_as_it_is_alone(models: dict[str, Path], family: str, attention: str) -> None:
    from ocr_project.training.attention import packed_attention, set_segments
    from ocr_project.training.packing import pack, switch_cache_off

    encoder, model = encoder_of(models[family]), load(models[family]).eval()
    switch_cache_off(model)
    how = {"image_id": encoder.preparation.image_id, "merge": encoder.preparation.merge}
    encoded = [encoder.encode(sample) for sample in (*tiny_trainable.samples(TEXTS), image_of(90, 300))]

    def logits(samples: list[Any]) -> Any:
        one = pack(samples, **how)
        set_segments(one.bounds, one.longest)
        return model(**one.inputs, logits_to_keep=one.places).logits[0]

    with torch.inference_mode():
        alone = torch.cat([logits([one]) for one in encoded])  # sdpa of transformers, one row each: the reference
        if attention == "sdpa":
            together = logits(encoded)
        else:
            with packed_attention(model):
                together = logits(encoded)
                assert torch.equal(torch.cat([logits([one]) for one in encoded]), together)
    assert float((alone - together).abs().max()) < 1e-3 * float(alone.std())


@pytest.mark.parametrize("family", ["qwen3_vl", "paddleocr_vl"])
def test_7_the_cache_of_the_text_configuration_lets_samples_see_each_other(
    models: dict[str, Path], family: str
) -> None:
    """Why `switch_cache_off` is there: with sdpa and this one switch on, another sample's tokens are seen."""
    from ocr_project.training.packing import pack

    encoder, model = encoder_of(models[family]), load(models[family]).eval()
    how = {"image_id": encoder.preparation.image_id, "merge": encoder.preparation.merge}
    encoded = [encoder.encode(sample) for sample in tiny_trainable.samples(TEXTS)]
    model.config.use_cache = False
    model.config.text_config.use_cache = True
    with torch.inference_mode():
        one = pack(encoded, **how)
        together = model(**one.inputs, logits_to_keep=one.places).logits[0]
        last = pack(encoded[-1:], **how)
        alone = model(**last.inputs, logits_to_keep=last.places).logits[0]
    assert float((together[-len(alone) :] - alone).abs().max()) > 0.1 * float(alone.std())


@pytest.mark.parametrize("family", ["qwen3_vl", "qwen2_vl", "paddleocr_vl"])
def test_8_an_update_is_the_same_in_one_pack_or_in_four(models: dict[str, Path], family: str, tmp_path: Path) -> None:
    texts = ("a" * 90, "seven of them" * 7, "x" * 99, "서울" * 15)
    rows = tiny_trainable.samples(texts)
    updates = []
    for packs in (1, 4):
        room = 4096 if packs == 1 else max(encoder_of(models[family]).length(row).tokens for row in rows)
        training = prepare(models[family], rows, tokens_per_pack=room, packs_per_update=packs, epochs=1, clip=0)
        assert training.plan["pack"].nunique() == packs
        before = {name: one.detach().clone() for name, one in training.model.named_parameters() if one.requires_grad}
        gradients = {}
        trainer = training.trainer(tmp_path / f"{family}-{packs}")
        trainer.add_callback(_gradients(gradients))
        trainer.fit()
        assert before.keys() == gradients.keys()
        updates.append(gradients)
    one, four = (torch.cat([gradient.flatten() for gradient in update.values()]) for update in updates)
    assert float((one - four).norm() / one.norm()) < 1e-4


def _gradients(kept: dict[str, Any]) -> Any:
    from transformers import TrainerCallback

    class Keep(TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
            kept.update({n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad})

    return Keep()


def test_11_a_frozen_tower_keeps_nothing_for_a_backward_pass(models: dict[str, Path]) -> None:
    from ocr_project.training.attention import packed_attention
    from ocr_project.training.losses import answer_loss
    from ocr_project.training.packing import switch_cache_off

    training = prepare(models["qwen3_vl"])
    inner = training.model.get_base_model()
    switch_cache_off(inner)
    depth, kept = [0], []

    def enter(*_: Any) -> None:
        depth[0] += 1

    def leave(*_: Any) -> None:
        depth[0] -= 1

    inner.model.visual.register_forward_pre_hook(enter)
    inner.model.visual.register_forward_hook(leave)

    def saved(tensor: Any) -> Any:
        kept.append(depth[0] > 0)
        return tensor

    from ocr_project.training.loop import Packs
    from ocr_project.training.samples_at_hand import SamplesInMemory

    pack = Packs(training.plan, SamplesInMemory(training.samples), training.encoder)[0]
    training.model.train()
    with packed_attention(inner), torch.autograd.graph.saved_tensors_hooks(saved, lambda tensor: tensor):
        answer_loss(training.model, pack).backward()
    assert kept
    assert not any(kept)


@pytest.mark.parametrize("family", ["qwen3_vl", "paddleocr_vl", "glm_ocr"])
@pytest.mark.parametrize("every", [0, 1, 2])
def test_12_every_matrix_of_lora_in_tower_projector_and_text_gets_a_gradient(
    models: dict[str, Path], family: str, every: int
) -> None:
    from ocr_project.training.attention import packed_attention
    from ocr_project.training.losses import answer_loss
    from ocr_project.training.packing import pack, switch_cache_off

    training = prepare(models[family], lora={"where": "all"}, checkpoint_every=every)
    preparation = training.encoder.preparation
    encoded = [training.encoder.encode(sample) for sample in training.samples]
    one = pack(encoded, image_id=preparation.image_id, merge=preparation.merge)
    inner = training.model.get_base_model()
    switch_cache_off(inner)
    training.model.train()
    for name, parameter in training.model.named_parameters():
        if ".lora_B." in name:  # they begin as zeros, and through zeros no gradient goes to lora_A
            torch.nn.init.normal_(parameter, std=0.1)
    with packed_attention(inner):
        answer_loss(training.model, one).backward()
    trained = {name: one for name, one in training.model.named_parameters() if one.requires_grad}
    without = [name for name, one in trained.items() if one.grad is None or not one.grad.any()]
    assert any(".visual." in name for name in trained)
    assert without == []


def test_23_a_loss_that_is_not_a_number_ends_the_run_with_the_samples_names(
    models: dict[str, Path], tmp_path: Path
) -> None:
    from ocr_project.training.checkpoints import last_checkpoint
    from ocr_project.training.recording import BadLoss

    training = prepare(models["qwen3_vl"], epochs=3)
    trainer = training.trainer(tmp_path / "run")
    with torch.no_grad():
        training.model.get_base_model().lm_head.weight[0, 0] = float("nan")
    with pytest.raises(BadLoss, match=training.samples[0].sample_id):
        trainer.fit()
    assert last_checkpoint(tmp_path / "run") is None


@pytest.mark.parametrize("answer", ["", " \n", "<|im_end|>", "a<|image_pad|>b"])
def test_23_an_answer_of_nothing_or_of_marks_is_refused(models: dict[str, Path], answer: str) -> None:
    from ocr_project.training.encoding import Refused

    encoder = encoder_of(models["qwen3_vl"])
    with pytest.raises(Refused) as refused:
        encoder.length(replace(tiny_trainable.samples(["x"])[0], answer=answer))
    assert refused.value.rule == ("mark_in_answer" if "<" in answer else "empty_answer")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"width": 1, "height": 1}, "too_small"),
        ({"width": 30_000, "height": 30_000}, "too_large"),
        ({"image": None}, "no_image"),
    ],
)
def test_bad_images_are_refused_without_being_decoded(
    models: dict[str, Path], change: dict[str, Any], rule: str
) -> None:
    from ocr_project.training.encoding import Refused

    encoder = encoder_of(models["qwen3_vl"])
    with pytest.raises(Refused) as refused:
        encoder.length(replace(tiny_trainable.samples(["x"])[0], **change))
    assert refused.value.rule == rule


def test_an_image_that_is_not_one_is_named(models: dict[str, Path]) -> None:
    from ocr_project.training.encoding import Refused

    encoder = encoder_of(models["qwen3_vl"])
    (sample,) = tiny_trainable.samples(["x"])
    with pytest.raises(Refused, match=sample.sample_id):
        encoder.encode(replace(sample, image=(sample.image or b"")[:50]))
