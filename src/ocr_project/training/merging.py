"""From an adapter, or trained weights, to a model that others load, and the proof that it is the one that was trained.

Proved each time: logits of base with adapter, merged, and reloaded from the disk are the same; what was frozen is the
base's, bit for bit; every weight that was to be trained has moved; every file of the base's tokenizer and processors
is there. A merged folder without its proof is not put in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ocr_project.domain.errors import OcrProjectError
from ocr_project.domain.types import TrainingSample
from ocr_project.storage.atomic import atomic_folder, atomic_json
from ocr_project.training.attention import packed_attention, set_segments
from ocr_project.training.encoding import Encoder
from ocr_project.training.families import plain_name
from ocr_project.training.orientation import copy_side_files
from ocr_project.training.packing import Pack, pack, switch_cache_off

PROOF = "proof.json"
_PROBES = 4
# Largest difference of a logit over their spread. In float32 rounding alone gives 1e-5; in bfloat16 a merged weight is
# rounded once more than base and adapter apart are.
_LIMITS = {torch.float32: 1e-3, torch.bfloat16: 0.25, torch.float16: 0.1}


class NotMerged(OcrProjectError):
    """What was merged is not what was trained: the message names the differences."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared.

    Attributes:
        adapter_merged: Largest difference of a logit between base with adapter and merged, over their spread.
        merged_reloaded: The same between merged and reloaded: 0.
        likeliest: Share of the probes' answer tokens of which the likeliest token is the same in all three.
        frozen: Tensors that are the base's.
        moved: Tensors that were trained, and have moved.
        files: Of tokenizer and processors that were copied.
    """

    adapter_merged: float
    merged_reloaded: float
    likeliest: float
    frozen: int
    moved: int
    files: tuple[str, ...]


def merge_adapter(base: Any, adapter: Path, base_folder: Path, merged: Path, probes: Pack) -> Proof:
    """Merge an adapter, prove it and put the merged model in place.

    Args:
        base: The base model, all weights loaded, in the precision of the merged one; it is used up.
        adapter: Folder of the adapter.
        base_folder: Where the base is.
        merged: Folder to write; there whole, with its proof, or not at all.
        probes: Samples that logits are compared on.

    Raises:
        NotMerged: The proof fails.
    """
    from peft import PeftModel

    trained = PeftModel.from_pretrained(base, str(adapter)).eval()
    moved = {plain_name(name).partition(".lora_")[0] for name, _ in trained.named_parameters() if ".lora_" in name}
    before = logits_of(trained, probes)
    return _write(trained.merge_and_unload(safe_merge=True), base_folder, merged, probes, before, moved)


def keep_trained(model: Any, base_folder: Path, merged: Path, probes: Pack) -> Proof:
    """Write a model whose own weights were trained, and prove it as `merge_adapter` does."""
    moved = {name.removesuffix(".weight") for name, one in model.named_parameters() if one.requires_grad}
    before = logits_of(model.eval(), probes)
    return _write(model, base_folder, merged, probes, before, moved)


def probes_of(encoder: Encoder, samples: Sequence[TrainingSample]) -> Pack:
    """Encode a few samples to compare logits on."""
    preparation = encoder.preparation
    encoded = [encoder.encode(sample, augment=False) for sample in samples[:_PROBES]]
    return pack(encoded, image_id=preparation.image_id, merge=preparation.merge)


def logits_of(model: Any, probes: Pack) -> torch.Tensor:
    """Return the logits before each answer token, shape (answer tokens, vocabulary), float32, on the CPU."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    first = next(model.parameters())
    here = probes.to(first.device)
    here.inputs["pixel_values"] = here.inputs["pixel_values"].to(first.dtype)
    switch_cache_off(inner)
    with torch.inference_mode(), packed_attention(inner):
        set_segments(here.bounds, here.longest)
        return torch.as_tensor(model(**here.inputs, logits_to_keep=here.places).logits[0].float().cpu())


def _write(model: Any, base_folder: Path, merged: Path, probes: Pack, before: torch.Tensor, moved: set[str]) -> Proof:
    """Write a model, load it again, and put it in place where it is proved."""
    after = logits_of(model, probes)
    first = next(model.parameters())
    with atomic_folder(merged) as draft:
        model.save_pretrained(draft)
        copied = copy_side_files(base_folder, draft)
        reloaded = type(model).from_pretrained(draft, dtype=first.dtype).to(first.device).eval()
        again = logits_of(reloaded, probes)
        spread = float(before.std()) or 1.0
        apart, kept = float((before - after).abs().max()) / spread, float((after - again).abs().max()) / spread
        faults, frozen, changed = _compare_weights(
            type(model).from_pretrained(base_folder, dtype=first.dtype), reloaded, moved
        )
        if not apart <= _LIMITS.get(first.dtype, 1e-3):
            faults.insert(
                0, f"logits of base with adapter and of the merged model are {apart:.2g} of their spread apart"
            )
        if kept:
            faults.insert(0, f"logits change by {kept:.2g} of their spread when the merged model is loaded again")
        if faults:
            more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
            raise NotMerged(f"the merged model is not the one that was trained: {'; '.join(faults[:5])}{more}")
        same = (before.argmax(1) == after.argmax(1)) & (after.argmax(1) == again.argmax(1))
        proof = Proof(apart, kept, float(same.float().mean()), frozen, changed, tuple(copied))
        atomic_json(draft / PROOF, asdict(proof))
    return proof


def _compare_weights(original: Any, reloaded: Any, moved: set[str]) -> tuple[list[str], int, int]:
    """Return what is wrong, and how many tensors are as they were and have moved."""
    faults: list[str] = []
    frozen = changed = 0
    state = original.state_dict()
    for name, tensor in reloaded.state_dict().items():
        same = torch.equal(tensor.cpu(), state[name].cpu())
        if name.removesuffix(".weight") in moved or name in moved:
            changed += not same
            if same:
                faults.append(f"{name} was to be trained and has not moved")
        else:
            frozen += same
            if not same and not _is_tied_to(name, moved):
                faults.append(f"{name} was frozen and is not the base's")
    return faults, frozen, changed


def _is_tied_to(name: str, moved: set[str]) -> bool:
    return name == "lm_head.weight" and any(one.endswith("embed_tokens") for one in moved)
