"""Layout by PP-DocLayoutV3: each step apart, then the detector from JPEG bytes to regions, against the SDK's way.

    python -m benchmarks.layout PAGES [--pages 1024] [--try tf32:32:compile …] [--commit SHA] [--json FILE]

The weights are random, of the true shape (33.2 M parameters), with heads that give different boxes to different
queries; the threshold is set so that transformers' post-processing gives 25 regions a page, and is the same for all.
The peer is what the GLM-OCR SDK does, batches of 8: PIL, the official processor, the model as transformers loads it,
the official post-processing; the rules that the SDK adds in loops are left out, to its advantage. The detector is fed
as the stage feeds it, by engine/running/stream.py.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from benchmarks.gpu_machine import commit, report_rows, timed
from benchmarks.preprocess import load_pages, official_way
from tests.layout_model import awaken, official_processor

from ocr_project.domain.options import PpDocLayoutOptions, Precision, RuntimeOptions
from ocr_project.domain.types import Page, Region, ShardInfo
from ocr_project.engine.layout.pp_doclayout import PpDocLayoutDetector
from ocr_project.engine.layout.pp_doclayout.model import build_forward, load
from ocr_project.engine.layout.pp_doclayout.postprocess import Rules, find_boxes, unpack
from ocr_project.engine.layout.pp_doclayout.preprocess import _bytes, _decode_jpegs, prepare, shrink, to_input
from ocr_project.engine.running.plan import Plan
from ocr_project.engine.running.stream import stream

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
REGIONS = 25
PEER = "the SDK's way, batches of 8"


def main() -> None:
    arguments = parse()
    for trial in arguments.trials:
        chosen(trial)  # a misspelt one is said before anything is measured
    pages = load_pages(arguments.folder, arguments.pages)
    with tempfile.TemporaryDirectory() as folder:
        threshold = write_model(Path(folder), pages[:16])
        base = PpDocLayoutOptions(checkpoint=folder, device=DEVICE, threshold=threshold)
        rows = [peer(base, pages[: arguments.peer_pages])]
        if not arguments.no_steps:
            rows += steps(base, pages[: arguments.step_pages])
        for trial in arguments.trials:
            rows += attempt(base, trial, pages)
            print(rows[-1], flush=True)  # a run that is cut short has what was measured by then
    speed = rows[0]["pages_per_second"]
    ratios = {row["what"]: round(row["pages_per_second"] / speed, 2) for row in rows if "regions" in row}
    more = {"pages": len(pages), "threshold": round(threshold, 4), "ratio_to_the_peer": ratios}
    more["regions_a_page"] = {row["what"]: row["regions"] for row in rows if "regions" in row}
    more["core_seconds_a_page"] = {row["what"]: row["core_seconds"] for row in rows if "core_seconds" in row}
    more["notes"] = {row["what"]: row["note"] for row in rows if "note" in row}
    report_rows(arguments.json, "layout", arguments.commit or commit(), rows, **more)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=1024)
    parser.add_argument("--peer-pages", type=int, default=64)
    parser.add_argument("--step-pages", type=int, default=32, help="in one batch")
    parser.add_argument("--no-steps", action="store_true")
    parser.add_argument(
        "--try",
        dest="trials",
        nargs="+",
        default=["tf32:32", "tf32:32:compile", "bf16:32", "bf16:32:compile", "tf32:32:compile:polygons"],
        help="precision:batch[:compile][:polygons]",
    )
    parser.add_argument("--commit")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def write_model(folder: Path, pages: Sequence[Page]) -> float:
    """Write the checkpoint and return the threshold at which it finds some 25 regions a page."""
    from transformers import PPDocLayoutV3Config, PPDocLayoutV3ForObjectDetection

    torch.manual_seed(0)
    model = PPDocLayoutV3ForObjectDetection(PPDocLayoutV3Config(num_labels=25)).eval().to(DEVICE)
    with ThreadPoolExecutor(4) as pool:
        pixels = to_input(prepare(pages, torch.device(DEVICE), pool, rows=len(pages)).pixels)
    awaken(model, pixels[:4])
    with torch.inference_mode():
        scores = torch.cat([model(pixel_values=one[None]).logits.sigmoid().flatten(1) for one in pixels])
    model.save_pretrained(folder)
    return float(scores.flatten().sort(descending=True).values[REGIONS * len(pages)])


def peer(base: PpDocLayoutOptions, pages: list[Page]) -> dict[str, Any]:
    """Measure the SDK's way: fp32 as torch has it by default, everything in one thread."""
    model = load(Path(base.checkpoint), base)
    processor, official = official_processor(), official_way()
    if official is None:
        print("torchvision is not here: the peer is given prepared pages", flush=True)
        with ThreadPoolExecutor(4) as pool:
            ready = to_input(prepare(pages[:8], torch.device(DEVICE), pool, rows=8).pixels)
        official = lambda batch: ready[: len(batch)]  # noqa: E731
    found: list[int] = []

    def work() -> None:
        found.clear()
        for first in range(0, len(pages), 8):
            batch = pages[first : first + 8]
            with torch.inference_mode():
                out = model(pixel_values=official(batch))
            sizes = torch.tensor([[page.height, page.width] for page in batch], device=DEVICE)
            results = processor.post_process_object_detection(out, threshold=base.threshold, target_sizes=sizes)
            found.extend(len(result["scores"]) for result in results)

    speed = timed(work, len(pages), repeats=2)
    return {"what": PEER, "pages_per_second": speed, "regions": round(sum(found) / len(found), 1)}


def steps(base: PpDocLayoutOptions, pages: list[Page]) -> list[dict[str, Any]]:
    """Measure each step by itself, one batch at a time, waiting for the GPU after each."""
    device, count = torch.device(DEVICE), len(pages)
    rows: list[dict[str, Any]] = []

    def add(what: str, work: Any) -> None:
        rows.append({"what": f"  {what}, batch {count}", "pages_per_second": timed(work, count)})

    with ThreadPoolExecutor(4) as pool:
        if device.type == "cuda":
            images = _decode_jpegs([_bytes(page) for page in pages], device)
            if any(image is None for image in images):
                print("the GPU decodes no JPEG here: torchvision is missing", flush=True)
            else:
                add("decode on the GPU", lambda: _decode_jpegs([_bytes(page) for page in pages], device))
                add("resize on the GPU", lambda: [shrink(image) for image in images if image is not None])
        pixels = to_input(prepare(pages, device, pool, rows=count).pixels)
    sizes = torch.tensor([[page.width, page.height] for page in pages], dtype=torch.float32, device=device)
    for precision in Precision:
        options = base.model_copy(update={"precision": precision})
        forward = build_forward(load(Path(base.checkpoint), options), options)
        add(f"forward {precision}, not compiled", lambda forward=forward: forward(pixels))
    out, rules = forward(pixels), Rules.of(base, device)
    with torch.inference_mode():
        add("post-process on the GPU", lambda: find_boxes(out.logits, out.boxes, out.order, sizes, rules))
        packed = find_boxes(out.logits, out.boxes, out.order, sizes, rules)
    add("to the host, regions", lambda: build_regions(packed, pages))
    return rows


def build_regions(packed: torch.Tensor, pages: list[Page]) -> list[list[Region]]:
    from ocr_project.engine.layout.pp_doclayout.detector import _regions

    boxes = unpack(packed.cpu().numpy())
    assert boxes is not None
    found = (
        SimpleNamespace(reason="", blank=False, size=(p.width, p.height), boxes=b, masks=None)
        for p, b in zip(pages, boxes, strict=True)
    )
    return [_regions(page, one, 0.0) for page, one in zip(pages, found, strict=True)]  # type: ignore[arg-type]


def chosen(trial: str) -> dict[str, Any]:
    """Read `precision:batch[:compile][:polygons]`."""
    precision, batch, *more = trial.split(":")
    if set(more) - {"compile", "polygons"}:
        raise SystemExit(f"--try {trial}: only compile and polygons may follow")
    switches = {"compile": "compile" in more, "polygons": "polygons" in more}
    return {"precision": Precision(precision), "batch_pages": int(batch), **switches}


def attempt(base: PpDocLayoutOptions, trial: str, pages: list[Page]) -> list[dict[str, Any]]:
    """Measure the whole detector with one choice of options; one that cannot run is said and left out."""
    options = base.model_copy(update=chosen(trial))
    detector = PpDocLayoutDetector(options)
    try:
        start = time.perf_counter()
        detector.detect(pages[: options.batch_pages])
        first = time.perf_counter() - start
        return [{**whole(detector, pages), "what": f"detector {trial}", "note": f"first batch {first:.1f} s"}]
    except Exception as error:  # one trial of several: the others are still worth their time on the GPU
        print(f"detector {trial}: {type(error).__name__}: {str(error)[:300]}", flush=True)
        return []
    finally:
        detector.close()
        torch.compiler.reset()
        torch.cuda.empty_cache()


def whole(detector: PpDocLayoutDetector, pages: list[Page]) -> dict[str, Any]:
    """Feed the pages as the stage does and count wall clock, core seconds and regions."""
    infos = [ShardInfo(str(first), "k", f"{first:06d}", 256) for first in range(0, len(pages), 256)]
    plan = Plan(tuple(infos), (), 0)
    runtime = RuntimeOptions(workers=detector.workers, progress=False)

    def work(batch: Sequence[Page]) -> list[Region]:
        return [region for regions in detector.detect(batch) for region in regions]

    def read(name: str) -> list[Page]:
        return pages[int(name) : int(name) + 256]

    best: dict[str, Any] = {}
    for _ in range(2):
        cores, start = core_seconds(), time.perf_counter()
        count = sum(len(shard.rows) for shard in stream(plan, read, work, runtime, batch=detector.batch_pages))
        speed = len(pages) / (time.perf_counter() - start)
        spent = (core_seconds() - cores) / len(pages)
        if speed > best.get("pages_per_second", 0):
            best = {
                "pages_per_second": speed,
                "regions": round(count / len(pages), 1),
                "core_seconds": round(spent, 5),
            }
    return best


def core_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
