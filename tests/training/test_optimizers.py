"""AdamW with float32 copies of bfloat16 weights takes torch's own steps, a part of a large weight at a time."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("shape", [(4, 3), (4099, 4099)])  # the second is more than is taken at once
def test_steps_of_copies_are_those_of_float32_weights(shape: tuple[int, int]) -> None:
    from ocr_project.training.optimizers import MasterAdamW

    random = torch.Generator().manual_seed(3)
    start = torch.randn(shape, generator=random).bfloat16()
    weight, reference = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.float())
    how = {"lr": 1e-4, "betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 0.1}
    ours, torchs = MasterAdamW([weight], **how), torch.optim.AdamW([reference], **how)
    for _ in range(3):
        weight.grad = torch.randn(shape, generator=random).bfloat16()
        reference.grad = weight.grad.float()
        ours.step()
        torchs.step()
    assert torch.allclose(ours.state[weight]["master"], reference, rtol=0, atol=2e-6)
    assert torch.equal(weight, ours.state[weight]["master"].bfloat16())
    assert not torch.equal(ours.state[weight]["master"], start.float()), "steps smaller than its rounding are kept"


def test_a_weight_that_lies_turned_round_is_stepped_too() -> None:
    from ocr_project.training.optimizers import MasterAdamW

    weight = torch.nn.Parameter(torch.zeros(3, 5, dtype=torch.bfloat16).t())
    weight.grad = torch.ones(5, 3, dtype=torch.bfloat16)
    MasterAdamW([weight], lr=0.1, betas=(0.9, 0.95), eps=1e-8).step()
    assert torch.allclose(weight.float(), torch.full((5, 3), -0.1), atol=1e-3)
