"""Ten million pages on 64 cards, without a page: what files, claims, footers, tables and the report cost alone.

Usage: python -m benchmarks.metadata --folder DIR [--times 1 4 16] [--json FILE]

Made and looked at as a run does, at 1, 4 and 16 times; from the first and the last the exponent, and by it, but at
least linearly, the figure for the whole. Shards hold 1,000 pages: sixteen times are the 10,000 of one stage. Seconds
are those of the processor, with the system's for files of a local disk: others may use the machine meanwhile. A file
system of a cluster takes longer for a file, by its own round trips.

    claim     one worker takes and finishes each shard of a stage
    walk      another one passes over all of them, each taken
    wait      one look of a worker that waits for the others' shards, at the end of a stage
    list      the names of the shards of a stage
    footers   of a stage, read for the first time; `again`: of files that are the same ones
    same      whether a table has to be made again: the footers of five stages
    exports   whether all files of all documents are there (25 pages in a document, two files each)
    table     a table of one row a page: written and loaded; `memory` is what it takes while it is there
    ids       of the index of vectors, read
    rates     from a table of scores to a rate a page, for the report
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks.gpu_machine import commit, hardware

from ocr_project.datasets import WholeTable
from ocr_project.domain.types import Score, Shard, ShardInfo
from ocr_project.engine.exports.manifest import Manifest
from ocr_project.engine.running.once import fingerprint
from ocr_project.storage.claims import Claims, Worker
from ocr_project.storage.footers import forget, read_footer
from ocr_project.storage.shard_folder import ShardFolder, shard_files

PAGES, SHARD_PAGES, DOCUMENT_PAGES = 10_000_000, 1_000, 25
SHARDS = PAGES // SHARD_PAGES
ONCE = SHARDS // 16  # shards of a stage, at one time
LEASE = 60.0
STAGES = 5


@dataclass
class Figure:
    """A time or a size, at each size of the corpus."""

    unit: str
    at: dict[int, float]

    def whole(self, size: int) -> float:
        """Return what the whole corpus takes."""
        large = max(self.at)
        return self.at[large] * (size / large) ** max(1.0, self.exponent())

    def exponent(self) -> float:
        """Return how it grows: 1 is linear."""
        small, large = min(self.at), max(self.at)
        low, high = self.at[small], self.at[large]
        return math.log(high / low) / math.log(large / small) if low > 0 < high else 1.0


class Measured:
    """What was measured, by name."""

    def __init__(self) -> None:
        self.figures: dict[str, Figure] = {}

    def note(self, name: str, size: int, value: float, unit: str = "s") -> None:
        self.figures.setdefault(name, Figure(unit, {})).at[size] = round(value, 6)

    def time(self, name: str, size: int, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        result = work()
        self.note(name, size, time.process_time() - began)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    measured = Measured()
    for times in options.times:
        folder = options.folder / str(times)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        by_shard(folder, ONCE * times, measured)
        by_page(folder, ONCE * times * SHARD_PAGES // 16, measured)
        shutil.rmtree(folder)
        print(f"{times}: {ONCE * times} shards, {ONCE * times * SHARD_PAGES // 16} pages", file=sys.stderr, flush=True)
    told = {name: {"unit": figure.unit, "at": figure.at, "exponent": round(figure.exponent(), 2),
                   "whole": round(figure.whole(_whole(figure)), 2)}
            for name, figure in measured.figures.items()}  # fmt: skip
    result = {"commit": commit(), "hardware": hardware(), "pages": PAGES, "figures": told}
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def _whole(figure: Figure) -> int:
    return SHARDS if min(figure.at) < ONCE * SHARD_PAGES // 16 else PAGES


def by_shard(folder: Path, shards: int, measured: Measured) -> None:
    """Look at what is there for each shard."""
    names = [f"{number:016x}_00001" for number in range(shards)]
    launch = folder / "launch"
    workers = [Worker(launch, LEASE) for _ in range(2)]
    first, second = (Claims(worker, "stage") for worker in workers)
    first.announce("layout", dict.fromkeys(names, SHARD_PAGES))
    half = shards // 2
    measured.time("claim", shards, lambda: [first.finish(name) for name in names[:half] if first.take(name)])
    for name in names[half:]:
        first.take(name)
    measured.time("walk", shards, lambda: [second.take(name) for name in names])
    measured.time("wait", shards, lambda: [second.is_free(name) for name in second.undone(names)])
    for worker in workers:
        worker.end("done")
    stage = ShardFolder(folder / "shards", Score)
    stage.write(Shard(ShardInfo("one", "key", "a", SHARD_PAGES, "layout", "{}"), []))
    for name in names:
        shutil.copyfile(folder / "shards" / "one.parquet", folder / "shards" / f"{name}.parquet")
    time.sleep(6.0)  # younger files are read each time
    forget()
    paths = measured.time("list", shards, lambda: shard_files(folder / "shards"))
    infos = measured.time("footers", shards, lambda: [read_footer(path) for path in paths])
    measured.time("footers again", shards, lambda: [read_footer(path) for path in paths])
    measured.time("same", shards, lambda: [fingerprint([repr(info) for info in infos]) for _ in range(STAGES)])


def by_page(folder: Path, pages: int, measured: Measured) -> None:
    """Look at what is there for each page, or each document."""
    documents = pages // DOCUMENT_PAGES
    (folder / "md").mkdir()
    manifest = Manifest(folder)
    for number in range(documents):
        files = [f"md/{number}.md", f"md/{number}.pdf"]
        for file in files:
            (folder / file).touch()
        manifest.documents[f"{number}"] = ("key", files)
    manifest.corpus = "whole"
    measured.time("manifest", pages, manifest.save)
    measured.time("exports", pages, lambda: Manifest.load(folder).holds_all("whole"))
    ids = [f"{number // DOCUMENT_PAGES:016x}_{number % DOCUMENT_PAGES + 1:05d}" for number in range(pages)]
    table = pd.DataFrame({"item_id": ids, "metric": "cer_no_space", "numerator": 1.0, "denominator": 2.0})
    measured.note("table, memory", pages, float(table.memory_usage(deep=True).sum()) / 1e6, "MB")
    place = WholeTable(filepath=str(folder / "table.parquet"))
    measured.time("table, written", pages, lambda: place.save(table))
    loaded = measured.time("table, loaded", pages, place.load)
    (folder / "ids.txt").write_text("\n".join(ids), encoding="utf-8")
    measured.time("ids", pages, lambda: (folder / "ids.txt").read_text(encoding="utf-8").splitlines())
    measured.time("rates", pages, lambda: {row[0]: row[1] / row[2] for row in zip(
        loaded["item_id"], loaded["numerator"], loaded["denominator"], strict=True)})  # fmt: skip


if __name__ == "__main__":
    main()
