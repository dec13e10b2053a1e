"""Where the seconds of a server's start go: imports with and without bytecode, then ways to start, side by side.

Usage: python -m benchmarks.start_up [--model DIR] [--forced shared/gpu] [--ways fork spawn …] [--json FILE]

Imports are measured in processes of their own: as they come, without any bytecode (what an image with
PYTHONDONTWRITEBYTECODE pays at each start), and with it. With `--model` servers of the profile h200 start on GPU 0,
one for each of `--ways`, all at once; seconds are given until the lines of their logs that tell a step. They share the
cores, so ratios count. `--forced FOLDER` (shared/gpu) is for models without weights. Needs no Kedro.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from benchmarks.gpu_machine import add_to_path, commit, hardware, plugin_folder, report

from ocr_project.domain.options import RecognitionOptions, VllmOptions
from ocr_project.engine.models.served.compiled import cache_environment
from ocr_project.engine.models.served.probe import answers, free_port
from ocr_project.engine.models.served.scale import EAGER, scaled
from ocr_project.engine.models.served.server import serve_arguments

MODULES = ("torch", "transformers", "vllm.entrypoints.cli.serve", "vllm.v1.worker.gpu_worker")
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/nonexistent"}
METHOD = "VLLM_WORKER_MULTIPROC_METHOD"
SMALL_IMAGE = json.dumps({"image": {"count": 1, "width": 1024, "height": 1024}, "video": 0})  # that it tries itself on
# what a way changes: variables, further arguments
WAYS: Mapping[str, tuple[Mapping[str, str], Sequence[str]]] = {
    "fork": ({METHOD: "fork"}, ()),
    "spawn": ({METHOD: "spawn"}, ()),
    "small": ({METHOD: "fork"}, ("--limit-mm-per-prompt", SMALL_IMAGE)),
    "eager": ({METHOD: "fork"}, (EAGER,)),
    "no-bytecode": ({METHOD: "spawn", **NO_BYTECODE}, ()),
    "skip": ({METHOD: "fork"}, ("--skip-mm-profiling",)),
}
STEPS = (
    ("arguments read", r"vLLM API server version"),
    ("engine up", r"Initializing a V1 LLM engine"),
    ("model loaded", r"Model loading took"),
    ("encoder tried", r"Encoder cache will be initialized"),
    ("compiled", r"torch\.compile took|Directly load"),
    ("graphs captured", r"Graph capturing finished"),
    ("engine ready", r"init engine .*took"),
)
PATIENCE = 300.0  # seconds


def main() -> int:
    """Measure, and print one JSON."""
    chosen = arguments()
    result: dict[str, Any] = {"commit": chosen.commit or commit(), "hardware": hardware(), "imports": imports()}
    if chosen.model:
        result["starts"] = starts(chosen)
    report(result, chosen.json)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--forced", type=Path, help="folder of forced_length.py")
    parser.add_argument("--ways", nargs="+", default=["fork", "spawn"], choices=sorted(WAYS))
    parser.add_argument("--logs", type=Path, default=Path("/tmp/vllm-logs"))
    parser.add_argument("--commit", default="")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def imports() -> dict[str, float]:
    """Return the seconds that a server's modules take to import, by how; the first may also read a cold disk."""
    source = "".join(f"import {module}\n" for module in MODULES)
    found = {}
    for name, more in (("as it comes", {}), ("without bytecode", NO_BYTECODE), ("again", {})):
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", source], env={**os.environ, **more}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"nothing to measure: {done.stderr.strip().splitlines()[-1][:200]}")
        found[name] = round(time.perf_counter() - started, 1)
    return found


def starts(chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Start a server for each way, all at once; return the seconds to each step, and to `ready`."""
    profile = Path(__file__).parents[1] / "conf/h200/parameters.yml"
    recognition = yaml.safe_load(profile.read_text())["recognition"]
    recognition["vllm"] |= {"model": str(chosen.model)}
    options = scaled(RecognitionOptions.model_validate(recognition).vllm, 512, compiled=lambda kind: True)
    if chosen.forced:
        add_to_path(chosen.forced)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        dummy = ("--load-format=dummy", "--logits-processors=forced_length:ForcedLength")
        options = options.model_copy(update={"server_args": (*options.server_args, *dummy)})
    add_to_path(plugin_folder(chosen.logs))
    found: dict[str, dict[str, float]] = {name: {} for name in chosen.ways}
    threads = [threading.Thread(target=start, args=(name, options, chosen.logs, found[name])) for name in chosen.ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def start(name: str, options: VllmOptions, logs: Path, found: dict[str, float]) -> None:
    """Start one server, follow its log until it is ready, end it."""
    more, further = WAYS[name]
    port = free_port()
    arguments = [*serve_arguments(options, port), *further]
    own = {"CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "1", "VLLM_NO_USAGE_STATS": "1", "PYTHONUNBUFFERED": "1"}
    log = logs / f"{name}.log"
    with log.open("wb") as output:
        began = time.monotonic()
        server = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.cli.main", *arguments],
            env={**os.environ, **cache_environment(), **own, **more},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while server.poll() is None and time.monotonic() - began < PATIENCE and "ready" not in found:
            time.sleep(0.1)
            told = log.read_text(errors="replace")
            for step, pattern in STEPS:
                if step not in found and re.search(pattern, told):
                    found[step] = round(time.monotonic() - began, 1)
            if answers(f"http://127.0.0.1:{port}/health"):
                found["ready"] = round(time.monotonic() - began, 1)
    finally:
        os.killpg(server.pid, 9)
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
