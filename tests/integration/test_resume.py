"""`kill -9` loses no more than what was in work: a small form of benchmarks/resume.py."""

from __future__ import annotations

from pathlib import Path

from tests.whole_job import QUICK, copy_project, differences, run_and_kill, run_job, shards, tables, write_pages

PAGES = 12
MOMENTS = (1, 9, 21)  # shards on disk: while pages are rendered, while they are read, and near the end


def test_killed_runs_go_on_where_they_were(tmp_path: Path) -> None:
    write_pages(tmp_path / "source", PAGES)
    params = (f"ingest.source={tmp_path / 'source'}", "ingest.shard_pages=2", *QUICK)
    straight, killed = copy_project(tmp_path / "straight"), copy_project(tmp_path / "killed")
    done = run_job(straight, *params)
    assert done.code == 0, done.output
    assert len(shards(straight)) > max(MOMENTS)

    redone = 0
    before: dict[str, tuple[int, int]] = {}
    for moment in MOMENTS:
        assert run_and_kill(killed, *params, when=lambda moment=moment: len(shards(killed)) >= moment)
        after = shards(killed)
        assert len(after) >= moment
        redone += sum(after[name] != mark for name, mark in before.items())
        before = after
    done = run_job(killed, *params)
    assert done.code == 0, done.output
    redone += sum(shards(killed)[name] != mark for name, mark in before.items())

    assert redone == 0
    assert differences(tables(killed), tables(straight)) == []
