"""Which weights are trained: LoRA's beside those of chosen layers, or the model's own but for its frozen parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import LoraWhere, TrainingMethod, TrainingOptions
from ocr_project.training.families import Family, Part, part_of, plain_name

_PARTS = {
    LoraWhere.TEXT: (Part.LANGUAGE,),
    LoraWhere.TEXT_PROJECTOR: (Part.LANGUAGE, Part.PROJECTOR),
    LoraWhere.ALL: (Part.LANGUAGE, Part.PROJECTOR, Part.VISION),
}


def prepared_for_training(model: Any, options: TrainingOptions, family: Family, *, tied: bool) -> Any:
    """Return the model with the weights trainable that the options name, and no others.

    Args:
        model: Of transformers, all weights loaded.
        options: Method, LoRA, what is frozen, checkpointing.
        family: Of the model.
        tied: Whether its head is its embedding.

    Raises:
        OptionError: A pattern matches nothing, or what cannot be merged.
    """
    if options.method is TrainingMethod.LORA:
        model = _with_lora(model, options, family, tied=tied)
    else:
        _freeze(model, options, family, tied=tied)
    _checkpoint_layers(model, options, family)
    if options.compile:
        _compile_layers(model)
    return model


def lora_targets(model: Any, options: TrainingOptions, family: Family, *, tied: bool) -> list[str]:
    """Return the full names of the linear layers that get LoRA's matrices.

    Raises:
        OptionError: There are none, or one is the tied head: its matrices could not be merged into the embedding.
    """
    linear = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    lora = options.lora
    if lora.pattern is not None:
        found = [name for name in linear if re.search(lora.pattern, name)]
        if not found:
            kinds = ", ".join(sorted({name.rpartition(".")[2] for name in linear}))
            raise OptionError(f"training.lora.pattern {lora.pattern!r} matches no linear layer; there are {kinds}")
    else:
        found = [name for name in linear if part_of(f"{name}.weight", family) in _PARTS[lora.where]]
        for part in _PARTS[lora.where]:
            if not any(part_of(f"{name}.weight", family) is part for name in found):
                raise OptionError(f"training.lora.where={lora.where}: this {family.model_type} has no linear {part}")
    if tied and any(part_of(f"{name}.weight", family) is Part.HEAD for name in found):
        raise OptionError(
            "training.lora.pattern names lm_head, which is the embedding turned round in this model: merged, it would"
            " change the embedding too and be another model; leave it out"
        )
    return found


def trained_modules(model: Any, family: Family) -> dict[str, int]:
    """Count what is trained: weights by part and kind of layer, for a person to look at."""
    counts: Counter[str] = Counter()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            plain = plain_name(name)
            kind = next((piece for piece in reversed(plain.split(".")[:-1]) if not _is_addition(piece)), plain)
            counts[f"{part_of(_base_name(plain), family)}.{kind}"] += parameter.numel()
    return dict(sorted(counts.items()))


def _is_addition(piece: str) -> bool:
    return piece.isdigit() or piece.startswith("lora_") or piece == "default"


def _base_name(plain: str) -> str:
    return plain.partition(".lora_")[0]


def _with_lora(model: Any, options: TrainingOptions, family: Family, *, tied: bool) -> Any:
    from peft import LoraConfig, get_peft_model

    if options.four_bit:
        for parameter in model.parameters():
            parameter.requires_grad_(False)
    lora = options.lora
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora_targets(model, options, family, tied=tied),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _freeze(model: Any, options: TrainingOptions, family: Family, *, tied: bool) -> None:
    """Freeze parts. The head goes with the language model: a tied one is its embedding."""
    freeze = options.freeze
    frozen = {
        Part.VISION: freeze.vision,
        Part.PROJECTOR: freeze.projector,
        Part.LANGUAGE: freeze.language,
        Part.HEAD: freeze.language,
    }
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not frozen[part_of(name, family)])


def _checkpoint_layers(model: Any, options: TrainingOptions, family: Family) -> None:
    """Recompute every n-th layer of each part that is trained, or that gradients pass.

    Without reentry: with it, LoRA's matrices in the tower get no gradient, and no error says so. The hook that makes
    the embedding's output require gradients, which reentry needs, is taken off: it would keep the graph of a frozen
    tower too. Random states are kept, and set again for each layer, only where something is drawn: LoRA's dropout.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    every = options.recomputed_every
    if not every:
        return
    how = {"use_reentrant": False, "preserve_rng_state": options.lora.dropout > 0}
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs=how)
    model.disable_input_require_grads()
    number: Counter[Part] = Counter()
    trained = _trained_parts(model, family)
    passed = {Part.LANGUAGE} | ({Part.VISION} if Part.VISION in trained else set())
    for name, module in model.named_modules():
        if isinstance(module, GradientCheckpointingLayer):
            part = part_of(f"{plain_name(name)}.weight", family)
            module.gradient_checkpointing = part in passed and number[part] % every == 0
            number[part] += 1


def _compile_layers(model: Any) -> None:
    """Compile each layer for itself: what is recomputed is compiled too, and all layers of a kind share the work.

    Its `forward` and not its call: hooks, by which FSDP2 gathers a layer's weights, stay outside.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    for module in model.modules():
        if isinstance(module, GradientCheckpointingLayer):
            module.forward = torch.compile(module.forward, dynamic=True)


def _trained_parts(model: Any, family: Family) -> set[Part]:
    names: Iterable[str] = (name for name, parameter in model.named_parameters() if parameter.requires_grad)
    return {part_of(_base_name(plain_name(name)), family) for name in names}
