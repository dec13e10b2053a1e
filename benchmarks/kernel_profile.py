"""What a server's card does in some seconds of steady work, kernel by kernel: a torch profile, summed up where it is.

vLLM takes the profile itself: `--profiler-config`, `/start_profile`, `/stop_profile` (0.26.0: `config/profiler.py`,
`entrypoints/serve/profile`). Its trace is too large to carry home; what is kept of it is the seconds of each kernel.
Of several servers on a card one is asked: a kernel's seconds are longer there than by itself. Where no profile comes,
because the driver forbids it, or a part of vLLM was left out, the reason is in its place, and no run ends for it.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MOST = 40  # kernels that are named
_NAME = 110  # characters of a name
_PATIENCE = 300.0  # seconds until a server has written its trace
_TRACES = "*.pt.trace.json*"
_COPIES = ("gpu_memcpy", "gpu_memset")  # torch's categories beside kernels
_CLASSES = (  # the first that fits; names of vLLM's, FlashAttention's, cuBLAS', Triton's and torch's kernels
    ("attention", re.compile(r"flash|fmha|attention|attn|paged|reshape_and_cache", re.I)),
    ("gemm", re.compile(r"gemm|nvjet|cutlass|cublas|xmma|matmul|splitk|_mm_|\bmm_|conv", re.I)),
    ("sampling", re.compile(r"sampl|argmax|top_?k|top_?p|multinomial|softmax|penalt|sort|logits", re.I)),
    ("copies", re.compile(r"memcpy|memset|copy|CatArray|gather|scatter|index_?(select|put)|fill", re.I)),
    ("elementwise", re.compile(r"elementwise|triton_|norm|act_and_mul|silu|gelu|rotary|rope|reduce|vectorized", re.I)),
)


def profiler_arguments(folder: Path) -> tuple[str, ...]:
    """Return what lets `vllm serve` take a profile when it is asked to: of its worker, without stacks and shapes.

    Args:
        folder: For its traces.
    """
    config = {
        "profiler": "torch",
        "torch_profiler_dir": str(folder.resolve()),
        "torch_profiler_with_stack": False,
        "torch_profiler_dump_cuda_time_total": False,
        "ignore_frontend": True,
    }
    return ("--profiler-config", json.dumps(config))


@contextmanager
def profiled(url: str, folder: Path, seconds: float, after: float) -> Iterator[dict[str, Any]]:
    """Take a profile of a server while it works; the yielded dict has it at the end.

    Args:
        url: Of the server.
        folder: For its traces, as `profiler_arguments` was given it.
        seconds: That are profiled.
        after: Seconds from now on, until its work is steady.

    Yields:
        As `summed`, or an `error`.
    """
    found: dict[str, Any] = {}
    over = threading.Event()
    before = set(folder.glob(_TRACES))

    def take() -> None:
        if over.wait(after):
            found["error"] = f"the work was over within {after:.0f} s: take more pages"
            return
        try:
            _post(f"{url}/start_profile")
            over.wait(seconds)
            _post(f"{url}/stop_profile")
            found.update(summed(_newest(folder, before)))
        except (OSError, ValueError, MemoryError) as error:  # what is measured beside it is not lost for it
            found["error"] = f"{type(error).__name__}: {error}"

    thread = threading.Thread(target=take, name="kernel-profile", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def summed(path: Path) -> dict[str, Any]:
    """Sum up a trace of torch's profiler by kernel.

    Args:
        path: Of the trace, JSON, compressed or not.

    Returns:
        `seconds` from the first to the last kernel; `classes`: seconds and share of these of each class, and of
        `idle`, in which nothing ran on the card (kernels beside each other count each, so that shares may add up to
        more than 1); `kernels`: the `MOST` that took longest.

    Raises:
        ValueError: Nothing in it ran on a card.
    """
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        events = [event for event in json.load(file)["traceEvents"] if _is_of_card(event)]
    if not events:
        raise ValueError(f"{path.name} has no kernel: the profiler saw nothing of the card")
    began = min(event["ts"] for event in events)
    whole = max(event["ts"] + event["dur"] for event in events) - began
    seconds, calls, classes = Counter[str](), Counter[str](), Counter[str]()
    for event in events:
        seconds[event["name"]] += event["dur"]
        calls[event["name"]] += 1
        classes[_class_of(event)] += event["dur"]
    classes["idle"] = whole - _union(events)
    kinds = {event["name"]: _class_of(event) for event in events}
    return {
        "seconds": round(whole / 1e6, 3),
        "classes": {name: _share(spent, whole) for name, spent in classes.most_common()},
        "kernels": [
            {"name": name[:_NAME], "class": kinds[name], "calls": calls[name], **_share(spent, whole)}
            for name, spent in seconds.most_common(MOST)
        ],
    }


def table(found: Mapping[str, Any]) -> str:
    """Return a profile as a person reads it."""
    if "error" in found:
        return f"no profile: {found['error']}"
    lines = [f"{found['seconds']:.2f} s of one server"]
    lines += [f"  {one['seconds']:8.3f} s {one['share']:6.1%}  {name}" for name, one in found["classes"].items()]
    lines += [
        f"  {one['seconds']:8.3f} s {one['share']:6.1%} {one['calls']:7} {one['class']:<11} {one['name']}"
        for one in found["kernels"]
    ]
    return "\n".join(lines)


def _is_of_card(event: Mapping[str, Any]) -> bool:
    return event.get("ph") == "X" and event.get("cat") in ("kernel", *_COPIES)


def _class_of(event: Mapping[str, Any]) -> str:
    if event["cat"] in _COPIES:
        return "copies"
    return next((name for name, pattern in _CLASSES if pattern.search(event["name"])), "other")


def _union(events: Iterable[Mapping[str, Any]]) -> float:
    """Return the microseconds in which at least one of them was at work."""
    spent = until = 0.0
    for began, ended in sorted((event["ts"], event["ts"] + event["dur"]) for event in events):
        spent += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return spent


def _share(spent: float, whole: float) -> dict[str, float]:
    return {"seconds": round(spent / 1e6, 4), "share": round(spent / whole, 4)}


def _post(url: str) -> None:
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=_PATIENCE).close()
    except urllib.error.HTTPError as error:
        raise OSError(f"{url} answers {error.code}: this server takes no profiles") from error


def _newest(folder: Path, before: set[Path]) -> Path:
    """Return the trace that was written since; the server answers before it is on the disk as a whole."""
    deadline = time.monotonic() + _PATIENCE / 10
    while time.monotonic() < deadline:
        if made := sorted(set(folder.glob(_TRACES)) - before, key=lambda path: path.stat().st_mtime):
            size = made[-1].stat().st_size
            time.sleep(1.0)
            if size and made[-1].stat().st_size == size:
                return made[-1]
        time.sleep(0.2)
    raise OSError(f"no trace in {folder}: the server's log says why (`Failed to start profiler`)")
