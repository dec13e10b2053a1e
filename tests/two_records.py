"""Records and pages of the two recognizers of `two_recognizers`, as a run would leave them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from ocr_project.datasets import ShardFolder
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Page, Score, Shard, ShardInfo
from ocr_project.engine.imaging.pixels import encode
from ocr_project.storage.run_record import ITEM_COLUMNS, RunFacts, RunRecord
from tests import two_recognizers as two

ATTACK = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
SHARD = "s0000"
PAGES = "omnidocbench_v1_5"


def record(name: str, documents: int = 12, *, slower: float = 1.0, attack: str = "") -> RunRecord:
    """Make what a run with `careful` or `hasty` leaves behind.

    Args:
        name: Of the recognizer.
        documents: Of three pages each.
        slower: Times are multiplied by it.
        attack: Put at the end of each answer.
    """
    known = two.truths(documents)
    chance = np.random.default_rng([1, len(name)])
    rows = []
    for place, truth in enumerate(known.to_dict("records")):
        payload = json.loads(truth["payload"])
        answer = payload.get("html") or payload["text"]
        if place % 4 == 0:
            answer = answer.replace("금액", "급액").replace("제출", "재출")
        fault = {5: "loop", 6: "cut", 7: "empty"}.get(place, "") if name == "hasty" else ""
        row = {
            **{key: truth[key] for key in ("page_id", "test_set", "kind", "cluster", "payload")},
            "slices": [{"name": pair["name"], "value": pair["value"]} for pair in truth["slices"]],
            "path": f"문서/{truth['page_id']}.png", "question": "",
            "answer": "" if fault == "empty" else answer + attack,
            "format": "text", "seconds": slower * float(chance.gamma(4, 0.05)), "tokens": 100 + place,
            "retried": bool(fault), "fault": fault, "status": "failed" if fault in ("loop", "cut") else "ok",
            "reason": f"{fault}: of this test" if fault else "", "shard": SHARD,
        }  # fmt: skip
        rows.append(row)
    run = RunFacts(
        recognizer=f"{name} 1", created="2026-11-21 12:00 UTC", facts={"commit": "0" * 7, "machine": "of this test"},
        speed={"pages_per_second": 2.0 / slower}, shards={f"s{k}": slower * (0.5 + k / 100) for k in range(12)},
        parameters={"benchmark.seed": "0"},
    )  # fmt: skip
    return RunRecord(run, two.scores(name, known), pd.DataFrame(rows, columns=list(ITEM_COLUMNS)))


def pages(folder: Path, documents: int = 12) -> ShardFolder:
    """Write a page for each item, grey with its number as brightness."""
    shards = ShardFolder(folder, Page)
    known = two.truths(documents)["page_id"]
    image = encode(np.full((80, 300, 3), 230, np.uint8))
    rows = [Page(name, name, f"{name}.png", "set", 1, 300, 80, 200.0, "image/png", image) for name in sorted(known)]
    shards.write(Shard(ShardInfo(SHARD, "key", "0", len(rows), "testset_ingest"), rows))
    return shards


def pages_read(advantage: float, documents: int = 12) -> RunRecord:
    """Make what a run over pages of OmniDocBench leaves behind: text on all, tables and formulas on most.

    Args:
        advantage: How much better than the worst all of it is read, 0 to 1.
        documents: Of three pages each.
    """
    chance = np.random.default_rng(0)
    rows, items = [], []
    for place in range(documents * 3):
        name, cluster = f"p{place}", f"d{place // 3}"
        loss = (1.0 - advantage) * float(chance.uniform(0.2, 0.6))
        values = {"text_edit/official": loss, "teds/official": 1.0 - loss / 2, "cdm/official": 1.0 - loss / 3}
        for metric, value in list(values.items())[: 1 if place % 6 == 1 else 3]:
            rows.append(Score(name, cluster, PAGES, metric, value, 1.0))
        row = dict.fromkeys(ITEM_COLUMNS, "") | {
            "page_id": name, "path": f"{name}.png", "test_set": PAGES, "kind": "elements", "cluster": cluster,
            "slices": [{"name": "language", "value": ("english", "korean")[place % 2]}], "payload": "{}",
            "seconds": 1.0, "tokens": 10, "retried": False, "status": "ok", "shard": SHARD,
        }  # fmt: skip
        items.append(row)
    run = RunFacts(recognizer="reader 1", created="2026-11-21 12:00 UTC")
    return RunRecord(run, to_frame(rows, Score), pd.DataFrame(items, columns=list(ITEM_COLUMNS)))
