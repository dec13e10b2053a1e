"""What single flipped bits do to shards at rest: noticed, made again, or read as if nothing were wrong.

    python -m benchmarks.bit_flips                           # shards made here, 200 flips each
    python -m benchmarks.bit_flips data/02_intermediate/pages/pages-1234/a.parquet --row Page

Each flip is of one random bit of the file, always the same ones. `silent`: other rows came back than were written.
`missing`: the footer tells, the shard is made again by the same run. `noticed`: reading ends with StorageError and the
next run makes it again. `harmless`: the same rows. `escaped`: anything else was raised.
"""

from __future__ import annotations

import argparse
import logging
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from ocr_project.domain.errors import StorageError
from ocr_project.domain.schemas import ROW_TYPES
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
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.testing.fakes import page

_PAGES = 40
_OUTCOMES = ("silent", "missing", "noticed", "harmless", "escaped")


def main() -> None:
    """Print a row for each shard."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shard", nargs="?", type=Path, help="a shard to flip bits of (a copy of it)")
    parser.add_argument("--row", default="Page", choices=sorted(ROW_TYPES), help="type of its rows")
    parser.add_argument("--flips", type=int, default=200)
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # each flip of a footer has one
    with tempfile.TemporaryDirectory() as scratch:
        folders = _made(Path(scratch)) if given.shard is None else [_copied(Path(scratch), given.shard, given.row)]
        for folder in folders:
            (path,) = folder.folder.glob("*.parquet")
            started = time.perf_counter()
            counts = flip_bits(folder, path, given.flips)
            seconds = time.perf_counter() - started
            found = ", ".join(f"{name} {counts[name]}" for name in _OUTCOMES)
            print(f"{folder.row_type.__name__:12} {path.stat().st_size:>9,} bytes  {found}  ({seconds:.0f} s)")


def flip_bits(folder: ShardFolder, path: Path, flips: int) -> Counter[str]:
    """Flip bits of a shard, one at a time, and count the results; the shard is left as it was."""
    sound, expected = path.read_bytes(), _read(folder, path.stem)
    drawn = random.Random(1)
    counts: Counter[str] = Counter()
    for _ in range(flips):
        content = bytearray(sound)
        content[drawn.randrange(len(content))] ^= 1 << drawn.randrange(8)
        path.write_bytes(content)
        counts[_outcome(folder, path.stem, expected)] += 1
    path.write_bytes(sound)
    return counts


def _outcome(folder: ShardFolder, name: str, expected: list[str]) -> str:
    try:
        if name not in folder.index():
            return "missing"
        return "harmless" if _read(folder, name) == expected else "silent"
    except StorageError:
        return "noticed" if name not in folder.index() else "escaped"
    except Exception:
        return "escaped"


def _read(folder: ShardFolder, name: str) -> list[str]:
    return [repr(row) for row in folder.read(name)]


def _copied(scratch: Path, path: Path, row: str) -> ShardFolder:
    shutil.copy(path, scratch)
    return ShardFolder(scratch, ROW_TYPES[row])


def _made(scratch: Path) -> list[ShardFolder]:
    """Write a shard of each kind of row; images are noise, as what is packed looks."""
    drawn = np.random.default_rng(0)
    words = [f"word{number}" for number in drawn.integers(0, 5_000, 40_000)]
    pages = [
        page(n, "d", image=drawn.bytes(60_000), text_layer=" ".join(words[900 * n : 900 * n + 300]), width=1654)
        for n in range(1, _PAGES + 1)
    ]
    boxes = [Box(*drawn.integers(0, 1600, 4).tolist()) for _ in range(400)]
    ids = [(pages[n // 10].page_id, n % 10) for n in range(400)]
    kinds: dict[type, list[Any]] = {
        Page: pages,
        Region: [Region(*key, Label.TEXT, "text", box) for key, box in zip(ids, boxes, strict=True)],
        Recognition: [
            Recognition(
                *key,
                " ".join(words[90 * n : 90 * n + 60]),
                words=tuple(Word(word, box, 0.5) for word in words[90 * n : 90 * n + 60]),
            )
            for n, (key, box) in enumerate(zip(ids, boxes, strict=True))
        ],
        Transcript: [
            Transcript(p.page_id, "d", "d.pdf", "", p.number, p.text_layer or "", f"# Page\n\n{p.text_layer}")
            for p in pages
        ],
        Embedding: [
            Embedding(p.page_id, "page", "text", drawn.standard_normal(512).astype(np.float32)) for p in pages
        ],
    }
    folders = []
    for kind, rows in kinds.items():
        folder = ShardFolder(scratch / kind.__name__, kind)
        folder.write(Shard(ShardInfo("d_00001", "key", "d", _PAGES), rows))
        folders.append(folder)
    return folders


if __name__ == "__main__":
    main()
