"""AdamW by how much it remembers: float32 copies of bfloat16 weights, none, or eight bits (bitsandbytes)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.distributed.tensor import DTensor

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import Optimizer, TrainingOptions

_BETAS, _EPSILON = (0.9, 0.95), 1e-8
_AT_ONCE = 1 << 24  # numbers of a weight: an embedding's step at once took 5 GiB, more than a small pack


def build_optimizer(model: Any, options: TrainingOptions) -> torch.optim.Optimizer:
    """Return AdamW over what is trainable; weight decay is for matrices.

    Raises:
        BackendError: bitsandbytes is not installed.
    """
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in trained if one.ndim >= 2], "weight_decay": options.weight_decay},
        {"params": [one for one in trained if one.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    how: dict[str, Any] = {"lr": options.highest_learning_rate, "betas": _BETAS, "eps": _EPSILON}
    if options.optimizer is Optimizer.ADAMW_8BIT:
        return _eight_bit(groups, how)
    reduced = any(one.dtype != torch.float32 for one in trained)
    if options.optimizer is Optimizer.ADAMW and reduced:
        return MasterAdamW(groups, **how)
    return torch.optim.AdamW(groups, **how, fused=all(one.is_cuda for one in trained))


def _eight_bit(groups: list[dict[str, Any]], how: dict[str, Any]) -> torch.optim.Optimizer:
    try:
        from bitsandbytes.optim import AdamW8bit
    except ImportError as error:
        raise BackendError(
            "training.optimizer=adamw_8bit needs bitsandbytes: pip install bitsandbytes, or choose adamw"
        ) from error
    optimizer: torch.optim.Optimizer = AdamW8bit(groups, **how)
    return optimizer


class MasterAdamW(torch.optim.Optimizer):  # type: ignore[misc]
    """AdamW over weights that are bfloat16, with float32 copies of them: a step smaller than their rounding is kept.

    A part of one weight at a time: no float32 gradient of the whole model, nor of its embedding, is ever in memory.
    """

    def __init__(
        self, groups: Iterable[Any], *, lr: float, betas: tuple[float, float], eps: float, weight_decay: float = 0.0
    ) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: None = None) -> None:
        """Take one step."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._step(weight, group)

    def _step(self, weight: torch.Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32, device=weight.device)
            state["master"] = weight.detach().float().clone()
            state["exp_avg"] = torch.zeros_like(state["master"])
            state["exp_avg_sq"] = torch.zeros_like(state["master"])
        state["step"] += 1
        whole = [weight.detach(), weight.grad, state["master"], state["exp_avg"], state["exp_avg_sq"]]
        whole = [one.to_local() if isinstance(one, DTensor) else one for one in whole]  # a card's own share
        if all(one.is_contiguous() for one in whole):
            for parts in zip(*(one.view(-1).split(_AT_ONCE) for one in whole), strict=True):
                _update(parts, state["step"], group)
        else:
            _update(whole, state["step"], group)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` gave; torch's own way would turn all of it into the weights' bfloat16."""
        super().load_state_dict(state_dict)
        names = [name for group in state_dict["param_groups"] for name in group["params"]]
        weights = [weight for group in self.param_groups for weight in group["params"]]
        for name, weight in zip(names, weights, strict=True):
            if found := state_dict["state"].get(name):
                self.state[weight] = {key: value.to(weight.device) for key, value in found.items()}


def _update(parts: Sequence[torch.Tensor], steps: torch.Tensor, group: dict[str, Any]) -> None:
    """Take the step of a part of a weight: of itself, its gradient, its float32 copy and the two means."""
    weight, gradient, master, mean, square = parts
    low, high = group["betas"]
    gradient = gradient.float()
    master.mul_(1 - group["lr"] * group["weight_decay"])
    mean.lerp_(gradient, 1 - low)
    square.mul_(high).addcmul_(gradient, gradient, value=1 - high)
    size = (square / (1 - high**steps)).sqrt_().add_(group["eps"])
    master.sub_(mean / size * (group["lr"] / (1 - low**steps)))
    weight.copy_(master)
