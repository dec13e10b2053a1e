"""A corpus through a server that misbehaves: every region answered or a row with its reason, whatever happens."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from ocr_project.domain.options import RecognitionBackend, RecognitionOptions, RuntimeOptions, VllmOptions
from ocr_project.domain.types import Page, Prune, Recognition, Region, Shard, ShardInfo, Status
from ocr_project.pipelines.recognition.nodes import recognize_regions
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.testing.fake_vllm import FAULTS, FakeVllm
from ocr_project.testing.fakes import MemoryShards
from ocr_project.testing.regions import drawn_page, expected, read_marks
from tests.effort import AT_NIGHT
from tests.waiting import PATIENCE

PAGES, PER_SHARD, REGIONS = 2_000 if AT_NIGHT else 600, 50, 2
BROKEN = frozenset({150, 533})  # pages that cannot be decoded
FLAT = 80 * 1024 * 1024  # bytes
QUIET = RuntimeOptions(progress=False)


class Corpus(MemoryShards):
    """Shards of pages, or of their regions, drawn when they are read."""

    def __init__(self, pages: int, per_shard: int, *, regions: bool) -> None:
        self.regions = regions
        self.numbers = {
            f"s{start:05d}": range(start, min(start + per_shard, pages + 1))
            for start in range(1, pages + 1, per_shard)
        }
        super().__init__(
            {name: (ShardInfo(name, f"key {name}", name, len(numbers)), []) for name, numbers in self.numbers.items()}
        )

    def read(self, name: str, *, without: Any = ()) -> Iterator[Page | Region]:
        for number in self.numbers[name]:
            page, regions = drawn_page(number, REGIONS)
            if self.regions:
                yield from regions
            else:
                yield replace(page, image=b"broken") if number in BROKEN else page


def options(url: str, **changes: Any) -> RecognitionOptions:
    values: dict[str, Any] = {
        "urls": (url,),
        "jpeg_quality": None,
        "crop_workers": 2,
        "requests": 48,
        "read_seconds": 1.5,
        "request_seconds": 4.0,
        "retries": 10,
        **changes,
    }
    return RecognitionOptions(backend=RecognitionBackend.VLLM, vllm=VllmOptions(**values))


def unwell(share: float, deaths: int) -> Any:
    """Return faults for a share of the requests, in random order; `die` only so often, for it hits all in flight."""
    drawn = random.Random(7)
    others = [fault for fault in FAULTS if fault != "die"]
    left = [deaths]

    def order(number: int, body: Mapping[str, Any]) -> str | None:
        if drawn.random() > share:
            return None
        if left[0] and number > 300 * (deaths - left[0] + 1):
            left[0] -= 1
            return "die"
        return drawn.choice(others)

    return order


def test_all_pages_come_through_five_percent_of_faults() -> None:
    pages, regions = (Corpus(PAGES, PER_SHARD, regions=which) for which in (False, True))
    rows: dict[str, list[Recognition]] = {}
    memory = []

    class Kept(MemoryShards):
        def keep(self, made: Shard | Prune) -> None:
            assert isinstance(made, Shard)
            assert made.info.name not in rows
            rows[made.info.name] = list(made.rows)
            memory.append(psutil.Process().memory_info().rss)

    server = FakeVllm(read=read_marks, faults=unwell(0.05, deaths=4 if AT_NIGHT else 3))
    with server:
        recognize_regions(pages, regions, Kept(), options(server.url), QUIET)
    assert {fault for fault in FAULTS if server.done[fault]} == set(FAULTS)
    assert sum(count for fault, count in server.done.items() if fault != "ok") > 0.03 * PAGES * REGIONS

    found = [row for name in sorted(rows) for row in rows[name]]
    wanted = [region for number in range(1, PAGES + 1) for region in drawn_regions(number)]
    assert [(row.page_id, row.index) for row in found] == [(region.page_id, region.index) for region in wanted]
    statuses = Counter(row.status for row in found)
    assert statuses[Status.FAILED] == len(BROKEN) * REGIONS
    assert all(row.reason for row in found if row.status is not Status.OK)
    for row, text in zip(found, expected(wanted), strict=True):
        if row.status is Status.OK:
            assert row.text == text
        elif row.status is Status.FAILED:
            assert int(row.page_id[-5:]) in BROKEN
    # an empty answer twice in a row is taken for an empty region: one in 20,000 at this rate
    assert statuses[Status.OK] >= len(wanted) - len(BROKEN) * REGIONS - 3
    assert max(memory[5:]) - memory[4] < FLAT


def drawn_regions(number: int) -> list[Region]:
    return drawn_page(number, REGIONS)[1]


RUN = """
import sys
from pathlib import Path
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.domain.types import Recognition
from ocr_project.pipelines.recognition.nodes import recognize_regions
from tests.integration.test_faulty_server import QUIET, Corpus, options
class Telling(ShardFolder):
    def keep(self, made):
        super().keep(made)
        print(made.info.name, flush=True)
folder = Telling(Path(sys.argv[2]), Recognition)
pages, regions = (Corpus(60, 4, regions=which) for which in (False, True))
recognize_regions(pages, regions, folder, options(sys.argv[1], requests=8), QUIET)
"""


def test_kill_9_in_the_middle_loses_only_what_was_in_work(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root / "src"), str(root)))}
    server = FakeVllm(read=read_marks, faults=unwell(0.05, deaths=0), delay=0.02)
    with server:
        command = [sys.executable, "-c", RUN, server.url, str(tmp_path)]
        first = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert first.stdout is not None
        done = [first.stdout.readline().strip() for _ in range(5)]
        first.send_signal(signal.SIGKILL)
        first.wait(PATIENCE)
        first.stdout.close()
        kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet")}
        assert {f"{name}.parquet" for name in done} <= set(kept)
        time.sleep(0.2)
        second = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE)
    made = second.stdout.split()
    assert len(made) + len(kept) == 15
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet") if path.name in kept} == kept
    rows = list(ShardFolder(tmp_path, Recognition).rows())
    assert [row.text for row in rows] == expected([region for n in range(1, 61) for region in drawn_regions(n)])
