"""How fast known regions are recognised, ours and the peers', with one and the same servers.

Usage: python -m benchmarks.serving --pages DIR (--urls URL … | --model DIR) [--count 256] [--json FILE]

Pages are those of shared/gpu/gen_pages.py. With `--urls` servers that run are asked; with `--model` our own server.py
starts them from `--profile` (JSON of `recognition.vllm`), anew for each of the combinations of `--replicas`,
`--batched-tokens`, `--compile` and `--prefill-batch`; `--requests` is swept within each. `--forced FOLDER`
(shared/gpu) lets a logits processor force the lengths of the answers of a model without weights. `--plain N` and
`--sdk N` run the plain client and the GLM-OCR SDK of that folder on as many pages, on the same servers, after ours.
`--kernels SECONDS` reads the pages once more after the sweep, and takes a torch profile of the first server meanwhile
(`benchmarks.kernel_profile`). Where several servers share a card, `max_num_seqs` of them together should be as many as
`--requests`.

Answers are neither judged nor asked again here: random weights loop, and all contenders must ask for the same work.
Needs no Kedro. The CPU time of our own processes is that of this process and of those that cut its crops.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.gpu_machine import add_to_path, commit, gpu_watched, hardware, own_cpu_seconds, plugin_folder, report
from benchmarks.kernel_profile import profiled, profiler_arguments
from benchmarks.kernel_profile import table as kernel_table
from benchmarks.known_pages import known_pages

from ocr_project.domain.options import TokenLimits, VllmOptions
from ocr_project.domain.types import Page, Recognition, Region, Status
from ocr_project.engine.models.event_loop import LoopThread
from ocr_project.engine.models.served.server import ServerFleet
from ocr_project.engine.recognition.vision.vllm import VllmRecognizer

SDK_PORT = 8000  # shared/gpu/glmocr_sdk_pages.py asks there
ALIAS = "glm-ocr"  # what the peers call the model
WARM_UP = 32  # pages


def main() -> int:
    """Run every combination and print one JSON."""
    chosen = arguments()
    result: dict[str, Any] = {
        "commit": chosen.commit or commit(),
        "hardware": hardware(),
        "count": chosen.count,
        "runs": [],
    }
    sweep = itertools.product(chosen.replicas, chosen.batched_tokens, chosen.compile, chosen.prefill_batch)
    for replicas, tokens, mode, batch in sweep if chosen.model else [(0, 0, "", None)]:
        with servers(with_batch(chosen, batch), replicas, tokens, mode) as (urls, options, startup):
            setting = {"replicas": len(urls), "batched_tokens": tokens, "compile": mode, "startup_seconds": startup}
            setting |= {"prefill_batch": options.admitted_together, "max_num_seqs": options.max_num_seqs}
            for requests in chosen.requests:
                run = ours(chosen, options.model_copy(update={"requests": requests}))
                result["runs"].append({**setting, "requests": requests, **run})
                print(json.dumps(result["runs"][-1]), file=sys.stderr, flush=True)
            best = max(run["pages_per_second"] for run in result["runs"][-len(chosen.requests) :])
            if chosen.kernels:
                asking_most = options.model_copy(update={"requests": max(chosen.requests)})
                result["runs"][-1]["profile"] = with_profile(chosen, urls[0], asking_most)
            peers = side_by_side(chosen, urls)
            if peers:
                ratios = {f"times_{name}": round(best / peer["pages_per_second"], 2) for name, peer in peers.items()}
                result["runs"][-1]["peers"] = {**peers, **ratios}
    report(result, chosen.json)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--count", type=int, default=256)
    parser.add_argument("--urls", nargs="+", default=[])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--profile", type=json.loads, default={}, help="JSON of recognition.vllm")
    parser.add_argument("--forced", type=Path, help="folder of forced_length.py and of the peers")
    parser.add_argument("--replicas", type=int, nargs="+", default=[4])
    parser.add_argument("--batched-tokens", type=int, nargs="+", default=[16384])
    parser.add_argument("--compile", nargs="+", default=["eager"], help="eager, length, blocks, tower")
    parser.add_argument("--prefill-batch", type=int, nargs="+", default=[None], help="else as --profile has it")
    parser.add_argument("--requests", type=int, nargs="+", default=[512])
    parser.add_argument("--kernels", type=float, default=0.0, metavar="SECONDS", help="of a torch profile")
    parser.add_argument("--kernels-after", type=float, default=15.0, metavar="SECONDS", help="of work before it")
    parser.add_argument("--crop-workers", type=int, default=0)
    parser.add_argument("--plain", type=int, default=0, metavar="PAGES")
    parser.add_argument("--sdk", type=int, default=0, metavar="PAGES")
    parser.add_argument("--logs", type=Path, default=Path("/tmp/vllm-logs"))
    parser.add_argument("--commit", default="")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


@contextmanager
def servers(
    chosen: argparse.Namespace, replicas: int, tokens: int, mode: str
) -> Iterator[tuple[list[str], VllmOptions, float]]:
    """Start servers, or take those that run; yield their addresses, options to ask them, and seconds of start-up."""
    if chosen.urls:
        yield list(chosen.urls), asking(chosen, {"model": ALIAS}, chosen.urls), 0.0
        return
    options = served(chosen, replicas, tokens, mode)
    fleet, loop = ServerFleet(options), LoopThread("servers")
    started = time.perf_counter()
    try:
        fleet.start(loop.loop)
        urls = fleet.wait()
        values = options.model_dump() | {"model": ALIAS}
        yield urls, asking(chosen, values, urls), round(time.perf_counter() - started, 1)
    finally:
        fleet.close()
        loop.close()


def served(chosen: argparse.Namespace, replicas: int, tokens: int, mode: str) -> VllmOptions:
    """Return options of servers to be started, and let them import what they need for models without weights."""
    values = {
        "quantization": None,
        **chosen.profile,
        "model": str(chosen.model),
        "replicas": replicas,
        "max_num_batched_tokens": tokens,
        "compile_vision": mode,
        "logs": chosen.logs,
    }
    extra = ["--served-model-name", ALIAS, str(chosen.model)]  # what the peers ask for, and what our own server does
    if chosen.forced:
        extra += ["--load-format", "dummy", "--logits-processors", "forced_length:ForcedLength"]
        add_to_path(chosen.forced)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("VLLM_USE_FLASHINFER_SAMPLER", "0")  # as shared/gpu/serve.sh: it is not in the bundle
    if getattr(chosen, "kernels", 0.0):  # other benchmarks start servers by this, too
        extra += profiler_arguments(chosen.logs / "traces")
    add_to_path(plugin_folder(chosen.logs))
    return VllmOptions.model_validate({**values, "server_args": [*chosen.profile.get("server_args", ()), *extra]})


def with_batch(chosen: argparse.Namespace, batch: int | None) -> argparse.Namespace:
    """Return the arguments with another `prefill_batch` in the profile, where one is given."""
    if batch is None:
        return chosen
    return argparse.Namespace(**{**vars(chosen), "profile": {**chosen.profile, "prefill_batch": batch}})


def asking(chosen: argparse.Namespace, values: dict[str, Any], urls: Sequence[str]) -> VllmOptions:
    """Return options that ask as the peers do: the same limit, no judging, no second try."""
    limits = TokenLimits(text=4096, table=4096, formula=4096, page=4096)
    own = {"urls": tuple(urls), "dialect": "glm_ocr", "loops": False, "whole_page": False, "max_tokens": limits}
    return VllmOptions.model_validate({**values, **own, "crop_workers": chosen.crop_workers})


def ours(chosen: argparse.Namespace, options: VllmOptions) -> dict[str, Any]:
    """Read the pages once to warm up and once for the clock."""
    recognizer = VllmRecognizer(options)
    try:
        drive(recognizer, known_pages(chosen.pages, WARM_UP))
        cpu, started = own_cpu_seconds(), time.perf_counter()
        with gpu_watched() as gpu:
            rows = drive(recognizer, known_pages(chosen.pages, chosen.count))
        seconds, cpu = time.perf_counter() - started, own_cpu_seconds() - cpu
    finally:
        recognizer.close()
    asked = [row for row in rows if row.attempts]
    return {
        "pages_per_second": round(chosen.count / seconds, 2),
        "seconds": round(seconds, 1),
        "requests_per_second": round(sum(row.attempts for row in asked) / seconds, 1),
        "requests_per_page": round(len(asked) / chosen.count, 2),
        "tokens_in_per_second": round(sum(row.prompt_tokens for row in asked) / seconds),
        "tokens_out_per_second": round(sum(row.completion_tokens for row in asked) / seconds),
        "tokens_out_per_page": round(sum(row.completion_tokens for row in asked) / chosen.count),
        "cpu_seconds_per_page": round(cpu / chosen.count, 4),
        "failed": sum(row.status is Status.FAILED for row in rows),
        "first_reason": next((row.reason for row in rows if row.status is Status.FAILED), ""),
        **gpu,
    }


def with_profile(chosen: argparse.Namespace, url: str, options: VllmOptions) -> dict[str, Any]:
    """Read the pages once more while a profile of one server is taken; its speed is that of servers held up by it."""
    with profiled(url, chosen.logs / "traces", chosen.kernels, chosen.kernels_after) as found:
        run = ours(chosen, options)
    print(kernel_table(found), file=sys.stderr, flush=True)
    return {"pages_per_second": run["pages_per_second"], "requests": options.requests, **found}


def drive(recognizer: VllmRecognizer, pages: Iterator[tuple[Page, list[Region]]]) -> list[Recognition]:
    """Keep as many pages in flight as the recognizer wants, as the streaming stage does."""
    flying: deque[Future[list[Recognition]]] = deque()
    rows: list[Recognition] = []
    for page, regions in pages:
        while len(flying) >= recognizer.in_flight_pages:
            rows += flying.popleft().result()
        flying.append(recognizer.submit(page, regions))
    for future in flying:
        rows += future.result()
    return rows


def side_by_side(chosen: argparse.Namespace, urls: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Run the peers on the same servers."""
    ports = [url.rsplit(":", 1)[1] for url in urls]
    workers = str(max(4, len(os.sched_getaffinity(0)) // 2))
    peers: dict[str, dict[str, Any]] = {}
    if chosen.plain:
        script = [str(chosen.forced / "recognise_pages.py"), str(chosen.pages), str(chosen.plain)]
        peers["plain"] = peer([*script, str(max(chosen.requests)), ",".join(ports), workers])
    if chosen.sdk:
        with balanced(ports):
            script = [str(chosen.forced / "glmocr_sdk_pages.py"), str(chosen.pages), str(chosen.sdk)]
            peers["sdk"] = peer([*script, "8", "128"])
    return peers


def peer(command: list[str]) -> dict[str, Any]:
    """Run a peer's script and read its one line."""
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    found = re.search(r"([\d.]+) pages/s", done.stdout)
    if found is None:
        raise SystemExit(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return {"pages_per_second": float(found[1]), "line": done.stdout.strip().splitlines()[-1]}


@contextmanager
def balanced(ports: Sequence[str]) -> Iterator[None]:
    """Give the peer that knows one port all servers: connections to it go to them in turn, in another process."""
    balancer = subprocess.Popen([sys.executable, "-m", "benchmarks.serving", "--balance", *ports])
    try:
        time.sleep(2)
        yield
    finally:
        balancer.terminate()
        balancer.wait()


async def balance(ports: Sequence[str]) -> None:
    turn = itertools.cycle(ports)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 18):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", int(next(turn)))
        await asyncio.gather(pump(reader, back), pump(there, writer))

    async with await asyncio.start_server(connect, "127.0.0.1", SDK_PORT) as server:
        await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--balance"]:
        asyncio.run(balance(sys.argv[2:]))
    sys.exit(main())
