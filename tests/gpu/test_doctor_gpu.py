"""The doctor in front of a real card."""

from __future__ import annotations

import pytest

from ocr_project.checks.doctor.finding import State
from ocr_project.checks.doctor.gpus import check_gpus
from ocr_project.checks.doctor.needs import Needs
from ocr_project.checks.doctor.packages import torch_cuda
from ocr_project.engine.running.monitoring.nvml import open_nvml

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def gpu() -> None:
    pytest.importorskip("pynvml", reason="nvidia-ml-py comes with the gpu extra")
    nvml = open_nvml()
    if nvml is None:
        pytest.skip("no NVIDIA driver or GPU")
    nvml.nvmlShutdown()


def test_the_cuda_of_torch_is_read_right() -> None:
    torch = pytest.importorskip("torch", reason="torch comes with the gpu extra")
    found = torch_cuda()
    assert (found and f"{found[0]}.{found[1]}") == torch.version.cuda


def test_a_card_that_is_there_is_seen_and_one_that_is_not_is_missed() -> None:
    found = {finding.check: finding for finding in check_gpus(Needs(gpus=(0, 99), gpu_memory_gib=1, share=0.01))}
    assert found["driver"].state is State.OK
    assert found["CUDA"].state is State.OK
    assert "GiB" in found["GPU 0"].found
    assert found["GPU 0"].state is State.OK
    assert found["GPU 99"].state is State.MISSING
