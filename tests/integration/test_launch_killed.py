"""Workers that are killed and queued again at random moments leave what one run leaves."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from benchmarks.fake_servers import fake_servers
from benchmarks.killed_workers import Result, compare, launch_and_kill
from benchmarks.scale import PARAMS, write_corpus


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_workers_killed_at_random_leave_what_one_run_leaves(seed: int, tmp_path: Path) -> None:
    write_corpus(tmp_path / "source", 120)
    result = Result(pages=120, workers=2)
    with fake_servers(1) as (readers, _), fake_servers(1, "--embed") as (embedders, _):
        params = (*PARAMS, f"ingest.source={tmp_path / 'source'}", "ingest.shard_pages=10", "runtime.lease_seconds=6",
                  f"recognition.vllm.urls={readers[0]}", f"embedding.vllm.urls={embedders[0]}")  # fmt: skip
        compare(tmp_path, params, result, 3, random.Random(seed), launch_and_kill)
    assert result.differences == []
    assert len(result.at) == 3
    assert result.compared > result.shards > 20
