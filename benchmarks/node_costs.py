"""What each node of a run takes in a project whose shards are done: seconds, core-seconds, and memory at its peak.

Usage: python -m benchmarks.node_costs --project DIR [--pipelines __default__] [--nodes A,B] [--json FILE] KEY=VALUE …

`DIR` is of `benchmarks.made_corpus` or `benchmarks.scale`, the options are those of the run. Memory is the resident
set of the process, its high-water mark set back (`/proc/self/clear_refs`, Linux) before each node, and what is its own
of it (`RssAnon`), looked at 20 times a second: the rest is files that are mapped, which the system takes back.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
from benchmarks.gpu_machine import commit, hardware
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.hooks import hook_impl
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.pipeline.node import Node

SHOWN, MEMORY = 0.05, 10  # seconds, MB
_RESET = "5"  # of the high-water mark: man 5 proc


class Watch:
    """Notes what each node took; saving of its outputs and loading of its inputs is the next row's."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._began: dict[str, tuple[float, float]] = {}
        self._last = (time.perf_counter(), time.process_time())
        self._own = 0
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            self._own = max(self._own, _memory()["RssAnon"])
            time.sleep(0.05)

    @hook_impl(tryfirst=True)
    def before_node_run(self, node: Node) -> None:
        now = (time.perf_counter(), time.process_time())
        self._row(f"before {node.name}", self._last)
        self._began[node.name] = now

    @hook_impl(trylast=True)
    def after_node_run(self, node: Node) -> None:
        self._row(node.name, self._began.pop(node.name))
        self._last = (time.perf_counter(), time.process_time())

    def _row(self, name: str, began: tuple[float, float]) -> None:
        wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        memory = _memory()
        now, peak, own, self._own = memory["RssAnon"], memory["VmHWM"], max(self._own, memory["RssAnon"]), 0
        self.rows.append({"what": name, "seconds": round(wall, 2), "cpu": round(cpu, 2), "peak_mb": peak,
                          "own_peak_mb": own, "own_mb": now})  # fmt: skip
        if wall >= SHOWN or own - now > MEMORY:
            taken = f"{wall:8.2f} s {cpu:8.2f} core-s"
            print(f"{name:>38} {taken}  peak {peak:4} MB, own {own:4} MB, then {now:4} MB", flush=True)
        Path("/proc/self/clear_refs").write_text(_RESET)


def _params(given: list[str]) -> dict[str, Any]:
    """Read options as `kedro run --params` does."""
    (option,) = (param for param in kedro_run.params if param.name == "params")
    found: dict[str, Any] = option.process_value(click.Context(kedro_run), ",".join(given)) or {}
    return found


def _memory() -> dict[str, int]:
    """Return MB of what the system knows of the process."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(lines[name].split()[0]) // 1000 for name in ("RssAnon", "VmHWM")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--pipelines", default="__default__")
    parser.add_argument("--nodes", default="", help="only these, joined by commas")
    parser.add_argument("--json", type=Path)
    parser.add_argument("params", nargs="*")
    options = parser.parse_args()
    folder = options.project.resolve()
    os.chdir(folder)
    began = time.perf_counter()
    bootstrap_project(folder)
    watch = Watch()
    with KedroSession.create(folder, runtime_params=_params(options.params)) as session:
        session._hook_manager.register(watch)
        session.run(pipeline_names=[options.pipelines], node_names=[*filter(None, options.nodes.split(","))])
    print(f"{'all':>34} {time.perf_counter() - began:8.2f} s {time.process_time():8.2f} cpu")
    if options.json is not None:
        options.json.write_text(
            json.dumps({"commit": commit(), "hardware": hardware(), "nodes": watch.rows}, indent=1)
        )


if __name__ == "__main__":
    sys.exit(main())
