"""What a measurement on a GPU leaves behind: a table to read, and JSON with the commit and the machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch


def hardware() -> dict[str, Any]:
    """Describe the machine and the versions that matter for speed."""
    import transformers

    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return {"gpu": gpu, "cores": len(os.sched_getaffinity(0)), **versions}


def commit_of(given: str | None) -> str:
    """Return the commit as given, else as git says, else `unknown`."""
    if given:
        return given
    try:
        answer = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.strip()


def timed(work: Callable[[], Any], pages: int, *, repeats: int = 3) -> float:
    """Return the pages/s of the best of some runs, after one that does not count."""
    best = float("inf")
    for turn in range(repeats + 1):
        _wait()
        start = time.perf_counter()
        work()
        _wait()
        if turn:
            best = min(best, time.perf_counter() - start)
    return pages / best


def save(path: Path | None, name: str, commit: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Print the rows as a table, and write all of it as JSON where a path is given."""
    print(f"\n{name} · commit {commit[:12]} · {hardware()}")
    for row in rows:
        print(f"  {row['what']:<52} {row['pages_per_second']:>9.1f} pages/s {1000 / row['pages_per_second']:>9.3f} ms")
    for key, value in more.items():
        print(f"  {key}: {value}")
    if path:
        record = {"benchmark": name, "commit": commit, "at": datetime.now(UTC).isoformat(), "hardware": hardware()}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**record, "rows": list(rows), **more}, indent=1) + "\n")


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
