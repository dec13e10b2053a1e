"""Driver, CUDA, and the GPUs themselves."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ocr_project.checks.doctor.finding import Finding, missing, ok, warning
from ocr_project.checks.doctor.needs import Needs
from ocr_project.checks.doctor.packages import INSTALL, torch_cuda
from ocr_project.engine.running.monitoring.nvml import Gpu, visible_gpus

_BF16 = (8, 0)  # Ampere, the first with bf16
_FP8 = (8, 9)  # Ada, the first with fp8; CUDA's table of compute capabilities


def check_gpus(needs: Needs) -> list[Finding]:
    """Look at the driver, its CUDA, and every GPU that is needed."""
    if not needs.gpus:
        return []
    return [*check_torch(needs), *_by_nvml(needs)]


def check_torch(needs: Needs) -> list[Finding]:
    """See whether the torch that is there can use a GPU; that it is there at all is for `check_packages`."""
    if "torch" not in needs.packages or find_spec("torch") is None or torch_cuda() is not None:
        return []
    return [missing("torch for CUDA", "the installed torch is a CPU build", f"pip uninstall torch, then {INSTALL}")]


def _by_nvml(needs: Needs) -> list[Finding]:
    try:
        import pynvml
    except ImportError:
        return [missing("driver", "unknown: nvidia-ml-py is not installed", INSTALL)]
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        advice = "install NVIDIA's driver (nvidia-smi has to work), in a container start it with --gpus all"
        return [missing("driver", f"NVML says {error}", f"{advice}; or leave out --env to run on the CPU")]
    try:
        return [*check_driver(pynvml), *check_cards(pynvml, needs)]
    finally:
        pynvml.nvmlShutdown()


def check_driver(nvml: Any) -> list[Finding]:
    """Compare the CUDA of the driver with the one that torch is made for."""
    number = nvml.nvmlSystemGetCudaDriverVersion_v2()
    has = number // 1000, number % 1000 // 10
    found = f"{has[0]}.{has[1]}"
    wants = torch_cuda()
    driver = ok("driver", nvml.nvmlSystemGetDriverVersion())
    if wants is None:
        return [driver, ok("CUDA", f"{found} by the driver")]
    built = f"torch is built for {wants[0]}.{wants[1]}"
    if wants[0] > has[0]:  # within a major version older drivers do, by CUDA's promise of minor version compatibility
        advice = f"install a driver for CUDA {wants[0]}, or a torch for CUDA {has[0]}"
        return [driver, missing("CUDA", f"{found} by the driver, {built}", advice)]
    return [driver, ok("CUDA", f"{found} by the driver, {built}")]


def check_cards(nvml: Any, needs: Needs) -> list[Finding]:
    """Look at every GPU that is needed."""
    there = visible_gpus(nvml)
    findings = []
    for number in needs.gpus:
        if number < len(there):
            findings += [*_memory(there[number], number, needs), *_capability(there[number], number, needs)]
        else:
            found = f"{len(there)} visible, and number {number} is needed"
            findings.append(missing(f"GPU {number}", found, "check CUDA_VISIBLE_DEVICES and recognition.vllm.gpus"))
    return findings


def _memory(gpu: Gpu, number: int, needs: Needs) -> list[Finding]:
    total, free = gpu.memory()
    name = f"GPU {number}"
    found = f"{gpu.name}, {total:.1f} GiB, {free:.1f} free"
    claimed = needs.share * total
    if free < claimed:
        advice = (
            f"stop the other processes on it (nvidia-smi), or lower recognition.vllm.gpu_memory_utilization to"
            f" {max(0.0, free / total - 0.02):.2f}"
        )
        return [missing(name, f"{found}; vLLM will claim {claimed:.1f}", advice)]
    if total < needs.gpu_memory_gib:
        advice = (
            "take another --env, or lower layout.pp_doclayout_v3.batch_pages and"
            " recognition.vllm.max_num_batched_tokens if it runs out of memory"
        )
        return [warning(name, f"{found}; the profile is made for {needs.gpu_memory_gib:g}", advice)]
    return [ok(name, found)]


def _capability(gpu: Gpu, number: int, needs: Needs) -> list[Finding]:
    has = gpu.capability()
    name = f"GPU {number}"
    found = f"compute capability {has[0]}.{has[1]}"
    if has < _BF16:
        advice = "set recognition.vllm.server_args to ['--dtype=half']; answers may differ"
        return [warning(name, f"{found} has no bf16", advice)]
    if needs.fp8 and has < _FP8:
        advice = "set recognition.vllm.quantization to null, unless memory is short"
        return [warning(name, f"{found} has no fp8: weights only, and no faster", advice)]
    return []
