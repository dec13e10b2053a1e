"""Images and texts embedded per second: ours, and plain `vllm` offline (`LLM(runner="pooling").embed`), in one call.

Usage: python -m benchmarks.embedding [--replicas 4 3] [--quantization none fp8] [--batched-tokens 16384] [--json FILE]

Weightless Qwen3-VL-Embedding-2B of the true shape (weightless_qwen3_vl.py), random numbers for weights. Images: A4 at
200 dpi as JPEG in memory, each another one, scaled to at most 1,843,200 pixels by the measured code. Texts: 700
tokens each. Both get the same bytes. First the peer, in a process of its own, one thread preparing images, as a script
around `LLM` has it; then ours, for each combination, on servers that are started for it. Decoding, scaling, HTTP and
all else from JPEG bytes to unit vectors is inside the clock; loading is told apart.

`--urls` asks servers that run; `--peer 0` leaves the peer out. After each measurement the JSON is written anew. After
`--limit` seconds everything is ended and what there is stays. Needs no Kedro.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from benchmarks.gpu_machine import (
    HostSide,
    add_to_path,
    commit,
    gpu_watched,
    hardware,
    plugin_folder,
)
from benchmarks.weightless_qwen3_vl import write_folder

from ocr_project.domain.options import EmbeddingVllmOptions
from ocr_project.domain.types import Embedding, Page, Part, Status
from ocr_project.engine.embedding.vllm import VllmEmbedder
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.models.dialects.qwen3_vl_embedding import pixel_limits

SIZE = 2339, 1654  # height and width of A4 at 200 dpi
TOKENS = 700
WARM_UP = 24
COMPARED = 8  # vectors of each kind that are compared with the peer's
_HEAD = "<|im_start|>system\nRepresent the user's input.<|im_end|>\n<|im_start|>user\n"
_TAIL = "<|im_end|>\n<|im_start|>assistant\n"
_IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"


class Record:
    """What is known so far: printed as it comes, and written as a whole each time."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self._path: Path | None = chosen.json
        self._began = time.perf_counter()
        self.result: dict[str, Any] = {
            "commit": chosen.commit or commit(),
            "hardware": hardware(),
            "images": chosen.images,
            "texts": chosen.texts,
            "runs": [],
        }

    def say(self, text: str) -> None:
        """Print a line of progress with the seconds since the start."""
        print(f"[{time.perf_counter() - self._began:6.1f} s] {text}", file=sys.stderr, flush=True)

    def save(self) -> None:
        """Write all of it, with the ratios that can be made by now."""
        peer = self.result.get("peer", {})
        for kind in ("images", "texts"):
            best = max((run.get(kind, {}).get("per_second", 0.0) for run in self.result["runs"]), default=0.0)
            if best:
                self.result[f"best_{kind}_per_second"] = best
            if best and peer.get(kind):
                self.result[f"times_plain_{kind}"] = round(best / peer[kind]["per_second"], 2)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self.result, indent=1, ensure_ascii=False) + "\n")


def main() -> int:
    """Measure the peer, then ours; print one JSON."""
    chosen = arguments()
    record = Record(chosen)
    watch = threading.Timer(chosen.limit, give_up, (record, chosen.limit))
    watch.daemon = True
    watch.start()
    place = chosen.folder / "Qwen3-VL-Embedding-2B"
    folder = place if chosen.urls else write_folder(place)
    record.say("the model's folder is written")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("VLLM_USE_FLASHINFER_SAMPLER", "0")  # as shared/gpu/serve.sh: it is not in the bundle
    vectors: dict[str, np.ndarray] = {}
    if chosen.peer:
        vectors = run_peer(chosen, folder, record)
    add_to_path(plugin_folder(chosen.folder))  # after the peer: plain vLLM is to stay plain
    pages = drawn_pages(chosen.images)
    texts = drawn_texts(chosen.texts)
    record.say(f"{len(pages)} pages are drawn, {np.mean([len(page) for page in pages]) / 1e3:.0f} kB each")
    for setting in settings(chosen):
        run = ours(chosen, folder, setting, (pages, texts), vectors, record)
        record.result["runs"].append(run)
        record.save()
    watch.cancel()
    print(json.dumps(record.result, indent=1, ensure_ascii=False), flush=True)
    return 0 if all("error" not in run for run in record.result["runs"]) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "embedding-benchmark")
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--texts", type=int, default=1536)
    parser.add_argument("--peer", type=int, default=96, metavar="IMAGES", help="images of the peer; 0: no peer")
    parser.add_argument(
        "--peer-renderers", type=int, default=1, help="threads that prepare images; vLLM's default is 1"
    )
    parser.add_argument("--peer-seconds", type=float, default=240)
    parser.add_argument("--urls", nargs="+", default=[])
    parser.add_argument("--cards", type=int, default=1, help="that are at work and watched")
    parser.add_argument("--replicas", type=int, nargs="+", default=[4])
    parser.add_argument("--quantization", nargs="+", default=["none"], choices=["none", "fp8"])
    parser.add_argument("--compile", nargs="+", default=["tower"], choices=["eager", "blocks", "tower"])
    parser.add_argument("--batched-tokens", type=int, nargs="+", default=[16384])
    parser.add_argument("--requests", type=int, nargs="+", default=[192])
    parser.add_argument("--crop-workers", type=int, default=0)
    parser.add_argument("--renderers", type=int, default=2)
    parser.add_argument("--kv", default="6G", help="memory of each server for keys and values")
    parser.add_argument("--server-args", nargs="*", default=[], help="more arguments, each as --name=value")
    parser.add_argument(
        "--command", nargs="+", default=[], help="what stands before `serve`, for a trial without vLLM"
    )
    parser.add_argument("--startup-seconds", type=float, default=300)
    parser.add_argument("--limit", type=float, default=570, help="seconds after which everything is ended")
    parser.add_argument("--commit", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--as-peer", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def settings(chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield each combination of what servers are started with."""
    if chosen.urls:
        yield {"urls": tuple(chosen.urls), "requests": max(chosen.requests)}
        return
    for replicas, quantization, compiled, tokens, requests in itertools.product(
        chosen.replicas, chosen.quantization, chosen.compile, chosen.batched_tokens, chosen.requests
    ):
        yield {
            "replicas": replicas,
            "quantization": None if quantization == "none" else quantization,
            "compile_vision": compiled,
            "max_num_batched_tokens": tokens,
            "requests": requests,
        }


def ours(
    chosen: argparse.Namespace,
    folder: Path,
    setting: dict[str, Any],
    corpus: tuple[list[bytes], list[str]],
    peer: dict[str, np.ndarray],
    record: Record,
) -> dict[str, Any]:
    """Start servers, warm up, and embed the corpus; what fails is said in the JSON."""
    run: dict[str, Any] = dict(setting)
    options = options_of(chosen, folder, setting)
    record.say(f"servers start: {setting}; their logs are in {options.logs}")
    drawn = {"images": [image_item(image) for image in corpus[0]], "texts": [text_item(text) for text in corpus[1]]}
    work = {kind: items for kind, items in drawn.items() if items}
    try:
        with closing(VllmEmbedder(options)) as embedder:
            began = time.perf_counter()
            for items in work.values():
                drive(embedder, items[:WARM_UP], chosen)
            run["startup_seconds"] = round(time.perf_counter() - began, 1)
            record.say(f"ready and warm after {run['startup_seconds']} s")
            for kind, items in work.items():
                run[kind] = timed(embedder, items, chosen)
                if kind in peer:
                    rows = drive(embedder, items[: len(peer[kind])], chosen)
                    found = np.stack([row.vector for row in rows])
                    run[kind]["least_cosine_with_plain"] = round(float((found * peer[kind]).sum(1).min()), 5)
                record.say(f"ours, {kind}: {json.dumps(run[kind])}")
    except Exception as error:  # the next setting is measured all the same
        run["error"] = f"{type(error).__name__}: {error}"[:3000]
        record.say(run["error"])
    return run


def options_of(chosen: argparse.Namespace, folder: Path, setting: dict[str, Any]) -> EmbeddingVllmOptions:
    """Return the options of servers without weights, and of how they are asked."""
    values: dict[str, Any] = {
        "model": str(folder),
        "logs": chosen.folder / "logs",
        "renderer_workers": chosen.renderers,
        "crop_workers": chosen.crop_workers,
        "startup_seconds": chosen.startup_seconds,
        "command": tuple(chosen.command),
        "server_args": ("--load-format=dummy", f"--kv-cache-memory-bytes={chosen.kv}", *chosen.server_args),
    }
    return EmbeddingVllmOptions.model_validate({**values, **setting})


def timed(embedder: VllmEmbedder, items: Sequence[tuple[Page | None, Part]], chosen: argparse.Namespace) -> Any:
    host, began = HostSide(), time.perf_counter()
    with gpu_watched(chosen.cards) as gpu:
        rows = drive(embedder, items, chosen)
    seconds, taken = time.perf_counter() - began, host.taken()
    return {
        "per_second": round(len(items) / seconds, 2),
        "seconds": round(seconds, 2),
        "cpu_seconds_each": round(taken["core_seconds"] / len(items), 4),
        **taken,
        "failed": sum(row.status is not Status.OK for row in rows),
        "first_reason": next((row.reason for row in rows if row.status is not Status.OK), ""),
        **gpu,
    }


def drive(
    embedder: VllmEmbedder, items: Sequence[tuple[Page | None, Part]], chosen: argparse.Namespace
) -> list[Embedding]:
    """Keep as many in flight as the embedder wants, as the streaming stage does."""
    flying: deque[Future[list[Embedding]]] = deque()
    rows: list[Embedding] = []
    for page, part in items:
        while len(flying) >= embedder.in_flight_pages:
            rows += flying.popleft().result(chosen.limit)
        flying.append(embedder.submit(page, [part]))
    for future in flying:
        rows += future.result(chosen.limit)
    return rows


def image_item(image: bytes) -> tuple[Page | None, Part]:
    height, width = SIZE
    return Page("p", "d", "d.pdf", "", 1, width, height, 200.0, "image/jpeg", image), Part("p", "page", "image")


def text_item(text: str) -> tuple[Page | None, Part]:
    return None, Part("p", "page", "text", text)


def drawn_pages(count: int) -> list[bytes]:
    """Draw pages of lines of letters as JPEG, each another one; the same for everyone."""
    generator = np.random.default_rng(0)
    sheets = [drawn_sheet(generator) for _ in range(8)]

    def page(number: int) -> bytes:
        sheet = sheets[number % len(sheets)].copy()
        cv2.putText(sheet, f"page {number}", (100, 90), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0, 0, 0), 3)
        return encode(sheet, jpeg_quality=92)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(page, range(count)))


def drawn_sheet(generator: np.random.Generator) -> np.ndarray:
    height, width = SIZE
    sheet = np.full((height, width, 3), 255, np.uint8)
    for top in range(160, height - 100, 44):
        line = "".join(chr(value) for value in generator.integers(ord("a"), ord("z") + 1, 84))
        cv2.putText(sheet, line, (100, top), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 20, 20), 2)
    return sheet


def drawn_texts(count: int) -> list[str]:
    """Return texts of as many letters as tokens are wanted, each another one: a byte is a token here."""
    generator = np.random.default_rng(1)
    letters = generator.integers(ord("a"), ord("z") + 1, (count, TOKENS), dtype=np.uint8)
    return [bytes(row).decode() for row in letters]


def run_peer(chosen: argparse.Namespace, folder: Path, record: Record) -> dict[str, np.ndarray]:
    """Run the peer in a process of its own, within its time; what it measured goes into the record.

    Returns:
        Its first vectors, by kind; none where it failed.
    """
    record.say(f"plain vllm offline: {chosen.peer} images, {chosen.peer * 4} texts; log: {chosen.folder}/peer.log")
    answer = chosen.folder / "peer.npz"
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.embedding", "--as-peer", str(folder), "--peer", str(chosen.peer)]
    command += ["--peer-renderers", str(chosen.peer_renderers)]
    with (chosen.folder / "peer.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--folder", str(chosen.folder)], stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = process.wait(chosen.peer_seconds)
        except subprocess.TimeoutExpired:
            status = -1
        finally:
            end_group(process)
    if status or not answer.is_file():
        tail = (chosen.folder / "peer.log").read_text(errors="replace")[-1500:]
        record.result["peer"] = {"error": f"status {status}: {tail}"}
        record.say(f"the peer failed with status {status}: {tail}")
        record.save()
        return {}
    with np.load(answer) as found:
        record.result["peer"] = json.loads(str(found["measured"]))
        record.say(f"plain vllm offline: {found['measured']}")
        record.save()
        return {kind: found[kind] for kind in ("images", "texts")}


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End what the peer has started: its engine is a process of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
    time.sleep(3)  # the driver takes a moment to give the memory back


def as_peer(chosen: argparse.Namespace) -> int:
    """Be the peer: what a script around `LLM` does, from JPEG bytes to vectors."""
    import io

    from PIL import Image
    from vllm import LLM

    # several threads want the cache of images off
    many = {"renderer_num_workers": chosen.peer_renderers, "mm_processor_cache_gb": 0}
    more: dict[str, Any] = many if chosen.peer_renderers > 1 else {}
    began = time.perf_counter()
    model = LLM(
        model=str(chosen.as_peer),
        runner="pooling",
        load_format="dummy",
        dtype="bfloat16",
        max_model_len=8192,
        limit_mm_per_prompt={"image": 1, "video": 0},
        mm_processor_kwargs=pixel_limits(EmbeddingVllmOptions()),
        **more,
    )
    measured: dict[str, Any] = {"startup_seconds": round(time.perf_counter() - began, 1)}
    pages, texts = drawn_pages(chosen.peer), drawn_texts(4 * chosen.peer)

    def images(chosen_pages: Sequence[bytes]) -> list[Any]:
        seen = [Image.open(io.BytesIO(page)).convert("RGB") for page in chosen_pages]
        return model.embed(
            [{"prompt": f"{_HEAD}{_IMAGE}{_TAIL}", "multi_modal_data": {"image": image}} for image in seen],
            use_tqdm=False,
        )

    def written(chosen_texts: Sequence[str]) -> list[Any]:
        return model.embed([f"{_HEAD}{text}{_TAIL}" for text in chosen_texts], use_tqdm=False)

    # not the pages that are measured: vLLM remembers images and prompts
    images([encode(drawn_sheet(np.random.default_rng(99)), jpeg_quality=92)])
    written(["x" * TOKENS] * 4)
    vectors: dict[str, np.ndarray] = {}
    for kind, work, items in (("images", images, pages), ("texts", written, texts)):
        began = time.perf_counter()
        with gpu_watched() as gpu:
            found = work(items)  # type: ignore[operator]
        seconds = time.perf_counter() - began
        measured[kind] = {"per_second": round(len(items) / seconds, 2), "seconds": round(seconds, 2), **gpu}
        rows = np.asarray([one.outputs.embedding for one in found[:COMPARED]], np.float32)
        vectors[kind] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        print(kind, measured[kind], flush=True)
    np.savez(chosen.folder / "peer.npz", measured=json.dumps(measured), **vectors)
    sys.stdout.flush()
    os._exit(0)  # the engine's own shutdown may take a while


def give_up(record: Record, limit: float) -> None:
    """End at the limit: servers end with us, by their pipes."""
    record.result["error"] = f"ended after {limit:.0f} s"
    record.say(record.result["error"])
    record.save()
    print(json.dumps(record.result, indent=1, ensure_ascii=False), flush=True)
    os._exit(3)


if __name__ == "__main__":
    if "--as-peer" in sys.argv:
        sys.exit(as_peer(arguments()))
    sys.exit(main())
