"""Milliseconds a page in Qwen3-VL's vision tower, eager and compiled; where they go; and attention kernels alone.

Usage: python -m benchmarks.vision_tower [--quantization none fp8] [--modes eager tower] [--pages 1 4] [--json FILE]

Weightless Qwen3-VL-Embedding-2B of the true shape inside of vLLM, in this process; one model for each combination of
quantization and mode (some 40 s each). A page is 7,000 patches of 16 pixels: A4 at 1.8 megapixels. Medians over
`--rounds` passes of 2 s each; the kernels of one pass (the profiler's table) are written beside the JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.gpu_machine import add_to_path, commit, gpu_watched, hardware, plugin_folder
from benchmarks.weightless_qwen3_vl import write_folder

ROWS, COLUMNS = 100, 70  # patches of A4 at 1.8 megapixels
CHANNELS = 3 * 2 * 16 * 16  # numbers of a patch: colours, frames, pixels
HEADS, HEAD = 16, 64


def main() -> int:
    """Measure each combination in a process of its own; print one JSON."""
    chosen = arguments()
    if chosen.one:
        return one(chosen, *chosen.one)
    add_to_path(plugin_folder(Path(tempfile.mkdtemp())))
    result: dict[str, Any] = {"commit": chosen.commit or commit(), "hardware": hardware(), "runs": []}
    if not chosen.no_attention:
        result["attention_ms_a_page"] = attention()
    for quantization in chosen.quantization:
        for mode in chosen.modes:
            answer = Path(tempfile.mkdtemp()) / "answer.json"
            command = [sys.executable, "-m", "benchmarks.vision_tower", "--one", quantization, mode]
            command += ["--json", str(answer), "--rounds", str(chosen.rounds), "--pages", *map(str, chosen.pages)]
            if chosen.tables:
                command += ["--tables", str(chosen.tables)]
            status = subprocess.run(command, env={**os.environ, "OCR_PROJECT_COMPILE_VISION": mode}, check=False)
            run = json.loads(answer.read_text()) if answer.is_file() else {"error": f"status {status.returncode}"}
            result["runs"].append({"quantization": quantization, "mode": mode, **run})
            if chosen.json:
                chosen.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1), flush=True)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quantization", nargs="+", default=["none", "fp8"])
    parser.add_argument("--modes", nargs="+", default=["eager", "tower"])
    parser.add_argument("--pages", type=int, nargs="+", default=[1, 4], help="pages in one pass")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-attention", action="store_true")
    parser.add_argument("--tables", type=Path, help="folder for the tables of kernels")
    parser.add_argument("--commit")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("QUANTIZATION", "MODE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def one(chosen: argparse.Namespace, quantization: str, mode: str) -> int:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    import torch
    from vllm import LLM

    began = time.perf_counter()
    model = LLM(
        model=str(write_folder(Path(tempfile.gettempdir()) / "vision-tower" / "Qwen3-VL-Embedding-2B")),
        runner="pooling",
        load_format="dummy",
        dtype="bfloat16",
        quantization=None if quantization == "none" else quantization,
        max_model_len=8192,
        max_num_batched_tokens=16384,
        gpu_memory_utilization=0.5,
        limit_mm_per_prompt={"image": 1, "video": 0},
        compilation_config={"cudagraph_mode": "NONE"},
    )
    found: dict[str, Any] = {"startup_seconds": round(time.perf_counter() - began, 1)}

    def measure(loaded: Any) -> None:
        with torch.inference_mode():
            for pages in chosen.pages:
                found[f"{pages}_pages"] = tower_ms(loaded.visual, pages, chosen.rounds)
            if chosen.tables:
                chosen.tables.mkdir(parents=True, exist_ok=True)
                table = chosen.tables / f"{quantization}-{mode}.txt"
                table.write_text(kernels(loaded.visual, max(chosen.pages)))

    model.apply_model(measure)
    chosen.json.write_text(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # the engine's own shutdown may take a while


def patches(tower: Any, pages: int) -> tuple[Any, list[list[int]]]:
    import torch

    numbers = torch.randn(pages * ROWS * COLUMNS, CHANNELS, device=tower.device, dtype=tower.dtype)
    return numbers, [[1, ROWS, COLUMNS]] * pages


def tower_ms(tower: Any, pages: int, rounds: int) -> dict[str, Any]:
    """Return the milliseconds a page, the largest difference between rounds, and what the GPU did."""
    numbers, grid = patches(tower, pages)
    with gpu_watched() as gpu:
        each = [milliseconds(lambda: tower(numbers, grid)) / pages for _ in range(rounds)]
    return {"ms_a_page": round(statistics.median(each), 2), "spread": round(max(each) - min(each), 2), **gpu}


def milliseconds(call: Callable[[], Any], seconds: float = 2.0) -> float:
    """Return the mean milliseconds of a call, over as many as fit into the time, after three for warmth."""
    import torch

    for _ in range(3):
        call()
    torch.cuda.synchronize()
    began, calls = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        call()
        calls += 1
        if calls % 8 == 0:  # the queue of kernels must not run ahead of the clock
            torch.cuda.synchronize()
    torch.cuda.synchronize()
    return (time.perf_counter() - began) / calls * 1e3


def kernels(tower: Any, pages: int) -> str:
    """Return the profiler's table of one pass."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    numbers, grid = patches(tower, pages)
    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as seen:
        tower(numbers, grid)
        torch.cuda.synchronize()
    return str(seen.key_averages().table(sort_by="self_cuda_time_total", row_limit=40, max_name_column_width=90))


def attention() -> dict[str, float | str]:
    """Return the milliseconds of a page's 24 attentions by kernel, four pages at once."""
    import torch

    found: dict[str, float | str] = {}
    each, pages = ROWS * COLUMNS, 4
    for name, build in (("fa3 bf16", flash), ("fa3 fp8", flash_fp8), ("cudnn bf16", cudnn)):
        try:
            call = build(torch, each, pages)
            found[name] = round(milliseconds(call, 1.0) * 24 / pages, 2)
        except Exception as error:  # a kernel that this build lacks is told, and the others are measured
            found[name] = f"{type(error).__name__}: {error}"[:300]
    print(found, flush=True)
    return found


def flash(torch: Any, each: int, pages: int, dtype: Any = None) -> Callable[[], Any]:
    from vllm.vllm_flash_attn import flash_attn_varlen_func

    q, k, v = (torch.randn(each * pages, HEADS, HEAD, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    ends = torch.arange(0, (pages + 1) * each, each, device="cuda", dtype=torch.int32)
    more: dict[str, Any] = {}
    if dtype is not None:
        q, k, v = (x.to(dtype) for x in (q, k, v))
        scale = torch.ones(pages, HEADS, device="cuda", dtype=torch.float32)
        more = {"q_descale": scale, "k_descale": scale, "v_descale": scale}
    lengths = {"cu_seqlens_q": ends, "cu_seqlens_k": ends, "max_seqlen_q": each, "max_seqlen_k": each}
    return lambda: flash_attn_varlen_func(q, k, v, **lengths, fa_version=3, **more)


def flash_fp8(torch: Any, each: int, pages: int) -> Callable[[], Any]:
    return flash(torch, each, pages, torch.float8_e4m3fn)


def cudnn(torch: Any, each: int, pages: int) -> Callable[[], Any]:
    from torch.nn.attention import SDPBackend, sdpa_kernel

    q, k, v = (torch.randn(pages, HEADS, each, HEAD, device="cuda", dtype=torch.bfloat16) for _ in range(3))

    def call() -> Any:
        with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
            return torch.nn.functional.scaled_dot_product_attention(q, k, v)

    return call


if __name__ == "__main__":
    sys.exit(main())
