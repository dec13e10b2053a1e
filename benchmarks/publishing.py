"""What writing the published folder costs: pages a second and the peak of memory, over few and over many pages.

Usage: python -m benchmarks.publishing [--pages 250 1000] [--images none pages crops] [--json FILE]

The corpus is synthetic: JPEGs of noise (about 0.5 MB), 12 regions of 25 words a page. Each measurement is a process of
its own; `again` is the same run a second time, in which nothing has to be written.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ocr_project.datasets import ShardFolder
from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import PublishOptions
from ocr_project.domain.types import (
    Box,
    Embedding,
    Label,
    Page,
    Recognition,
    Region,
    Shard,
    ShardInfo,
    Transcript,
    Word,
)
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.publishing import Tables, write_dataset

SIDE, REGIONS, WORDS, DIMENSIONS, SHARD = 700, 12, 25, 2048, 50
ROWS = {
    "pages": Page,
    "regions": Region,
    "recognitions": Recognition,
    "transcripts": Transcript,
    "page_vectors": Embedding,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="+", default=(250, 1000))
    parser.add_argument("--images", nargs="+", default=("none", "pages", "crops"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "IMAGES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return publish(Path(options.child[0]), options.child[1])
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True)
    result: dict[str, object] = {
        "commit": commit.stdout.strip(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    for count in options.pages:
        with tempfile.TemporaryDirectory(prefix="ocr_publishing_") as folder:
            made = write_corpus(Path(folder), count)
            for images in options.images:
                for turn in ("first", "again"):
                    measured = {**run(Path(folder), images), "corpus_mb": made / 1e6}
                    measured["pages_per_second"] = count / measured["seconds"]
                    print(count, images, turn, {k: round(v, 2) for k, v in measured.items()}, flush=True)
                    result[f"{count} {images} {turn}"] = measured
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))
    return 0


def run(folder: Path, images: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.publishing", "--child", str(folder), images]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def publish(folder: Path, images: str) -> int:
    """Publish a corpus, and print the seconds and the peak of this process."""
    corpus = open_corpus(folder)
    started = time.perf_counter()
    write_dataset(
        folder / f"published_{images}",
        corpus=corpus,
        tables=Tables((), (), (), (), (), (), ()),
        options=PublishOptions(images=images),
        project=folder,
    )
    seconds = time.perf_counter() - started
    # not `ru_maxrss`: a child begins with its parent's
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"seconds": seconds, "peak_mb": int(peak) * 1024 / 1e6}))
    return 0


def open_corpus(folder: Path) -> Corpus:
    shards = {name: ShardFolder(folder / name, row) for name, row in ROWS.items()}
    return Corpus(**shards)


def write_corpus(folder: Path, pages: int) -> int:
    """Write shards of synthetic pages; return their bytes."""
    drawn = np.random.default_rng(0)
    for start in range(0, pages, SHARD):
        found = [page_rows(drawn, number) for number in range(start, min(start + SHARD, pages))]
        for place, (name, row) in enumerate(ROWS.items()):
            rows = [item for page in found for item in page[place]]
            info = ShardInfo(f"{start:06d}", f"{name}{start}", f"{start:06d}", len(found), stage=name)
            ShardFolder(folder / name, row).write(Shard(info, rows))
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def page_rows(drawn: np.random.Generator, number: int) -> tuple[list[object], ...]:
    page_id, doc_id = f"{number // 20:016x}_{number % 20 + 1:05d}", f"{number // 20:016x}"
    image = encode(drawn.integers(0, 255, (SIDE, SIDE, 3), np.uint8), jpeg_quality=92)
    words = [
        f"{chr(0xAC00 + int(a))}{chr(0xAC00 + int(b))}{b % 1000}" for a, b in drawn.integers(0, 11000, (WORDS, 2))
    ]
    text = " ".join(words)
    boxes = [Box(10, 50.0 * index + 5, 690, 50.0 * index + 45) for index in range(REGIONS)]
    place = (page_id, doc_id, f"{doc_id}.pdf", "", number % 20 + 1)
    regions = [Region(page_id, index, Label.TEXT, "text", box) for index, box in enumerate(boxes)]
    read = [Recognition(page_id, i, text, words=tuple(Word(word, boxes[i]) for word in words)) for i in range(REGIONS)]
    transcript = Transcript(*place, "\n".join([text] * REGIONS), "\n\n".join([text] * REGIONS))
    vector = Embedding(page_id, "page", "text", drawn.standard_normal(DIMENSIONS).astype(np.float32))
    page = Page(*place, SIDE, SIDE, 200.0, "image/jpeg", image)
    return [page], regions, read, [transcript], [vector]


if __name__ == "__main__":
    sys.exit(main())
