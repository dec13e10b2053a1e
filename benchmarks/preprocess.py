"""Preprocessing of PP-DocLayoutV3: the official processor, OpenCV on the CPU, nvJPEG and resize on the GPU.

    python -m benchmarks.preprocess PAGES [--pages 256] [--commit SHA] [--json FILE]

PAGES is a folder of JPEG, as `shared/gpu/gen_pages.py` draws them. Bytes are in memory before the clock starts. Where
torchvision is missing the official processor is left out; where a GPU is missing, what runs on it.
"""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from benchmarks.gpu_machine import commit, report_rows, timed

from ocr_project.domain.types import Page
from ocr_project.engine.layout.pp_doclayout.preprocess import prepare, to_input

PEER = "official processor, PIL, one thread"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=256)
    parser.add_argument("--commit")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    pages = load_pages(arguments.folder, arguments.pages)
    rows = measure(pages)
    peer = next((row["pages_per_second"] for row in rows if row["what"] == PEER), None)
    ratios = {row["what"]: round(row["pages_per_second"] / peer, 2) for row in rows} if peer else {}
    report_rows(
        arguments.json, "preprocess", arguments.commit or commit(), rows, pages=len(pages), ratio_to_the_peer=ratios
    )


def load_pages(folder: Path, count: int) -> list[Page]:
    """Read the first pages of a folder of JPEG, again from the first where there are too few."""
    import cv2

    files = sorted(folder.glob("*.jpg"))[:count]
    if not files:
        raise SystemExit(f"{folder} holds no .jpg: make them with shared/gpu/gen_pages.py")
    loaded = []
    for file in files:
        height, width = cv2.imread(str(file)).shape[:2]
        loaded.append((width, height, file.read_bytes()))
    return [
        Page(f"d_{n:05d}", "d", "d", "", n + 1, width, height, 200.0, "image/jpeg", data)
        for n, (width, height, data) in enumerate(loaded[n % len(loaded)] for n in range(count))
    ]


def measure(pages: list[Page]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []

    def add(what: str, work: Callable[[list[Page]], Any], batch: int, count: int) -> None:
        part = pages[:count]
        batches = [part[first : first + batch] for first in range(0, len(part), batch)]
        speed = timed(lambda: [work(one) for one in batches], len(part))
        rows.append({"what": what, "pages_per_second": speed, "batch": batch, "pages": len(part)})

    official = official_way()
    if official:
        add(PEER, official, 8, min(32, len(pages)))
    cpu = torch.device("cpu")
    for threads in sorted({1, len(os.sched_getaffinity(0))}):
        with ThreadPoolExecutor(threads) as pool:
            add(
                f"OpenCV on the CPU, {threads} threads",
                lambda one, pool=pool: to_input(prepare(one, cpu, pool, rows=len(one)).pixels),
                32,
                min(len(pages), 16 * threads),
            )
    if torch.cuda.is_available():
        with ThreadPoolExecutor(4) as pool:
            for batch in (8, 32, 64):
                add(
                    f"decoded and resized on the GPU, batches of {batch}",
                    lambda one, pool=pool: to_input(prepare(one, torch.device("cuda"), pool, rows=len(one)).pixels),
                    batch,
                    len(pages),
                )
    return rows


def official_way() -> Callable[[list[Page]], Any] | None:
    """Return what the SDK does with a batch, or None where its processor cannot be imported."""
    try:
        import torchvision  # noqa: F401
        from PIL import Image
        from transformers.models.pp_doclayout_v3 import PPDocLayoutV3ImageProcessor
    except (ImportError, RuntimeError):
        return None
    processor = PPDocLayoutV3ImageProcessor()
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def work(batch: list[Page]) -> Any:
        images = [Image.open(io.BytesIO(page.image or b"")).convert("RGB") for page in batch]
        return processor(images=images, return_tensors="pt")["pixel_values"].to(device)

    return work


if __name__ == "__main__":
    main()
