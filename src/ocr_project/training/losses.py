"""The loss: of answers only, each token with the same weight, however packs, updates and cards divide them."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy

from ocr_project.training.attention import set_segments
from ocr_project.training.packing import Pack


def answer_loss(model: Any, pack: Pack) -> torch.Tensor:
    """Return a pack's share of the loss of its update: added up over the packs it is the mean over answer tokens.

    Logits are made for the tokens before an answer token only (`logits_to_keep`): with a vocabulary of 150,000 those
    of all image tokens would take 14 bytes times 150,000 each.

    Why not the model's own loss: Qwen3-VL's is a mean over one pack, and the mean of means weighs a token by how many
    others happen to be beside it.

    Args:
        model: With packed attention; a row in, logits out.
        pack: On the model's device.
    """
    set_segments(pack.bounds, pack.longest)
    logits = model(**pack.inputs, logits_to_keep=pack.places).logits[0]
    return cross_entropy(logits.float(), pack.targets, reduction="sum") / pack.update_tokens
