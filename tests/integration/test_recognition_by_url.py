"""`kedro run` with the recognizer `vllm` and a server that runs already."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import yaml

from ocr_project.testing.fake_vllm import FakeVllm
from tests.whole_job import QUICK, SHARDED, copy_project, rows, run_job, write_pages


def test_the_main_job_reads_through_a_server(tmp_path: Path) -> None:
    write_pages(tmp_path / "source", 5)
    project = copy_project(tmp_path / "project")
    with FakeVllm(read=lambda image, prompt, body: f"# read\n\n{prompt}") as server:
        recognition = {"backend": "vllm", "vllm": {"urls": [server.url], "crop_workers": 1}}
        (project / "conf" / "local" / "parameters.yml").write_text(yaml.safe_dump({"recognition": recognition}))
        done = run_job(project, f"ingest.source={tmp_path / 'source'}", *QUICK)
    assert done.code == 0, done.output
    assert server.done["ok"] == 5
    tables = [pq.read_table(path).to_pylist() for path in (project / SHARDED["recognitions"]).glob("*/*.parquet")]
    read = [row for table in tables for row in table]
    assert len(read) == 5
    assert {(row["text"], row["format"]) for row in read} == {("# read\n\nText Recognition:", "markdown")}
    assert all(row["prompt_tokens"] == 100 and row["attempts"] == 1 for row in read)


def shard_paths(project: Path) -> list[Path]:
    return sorted((project / "data/03_primary/recognitions").rglob("*.parquet"))


def test_a_wrong_server_burns_nothing_and_what_a_sick_one_failed_is_read_by_the_next_run(tmp_path: Path) -> None:
    write_pages(tmp_path / "source", 8)
    project = copy_project(tmp_path / "project")
    params = (f"ingest.source={tmp_path / 'source'}", "ingest.shard_pages=2", *QUICK)

    def point_at(server: FakeVllm) -> None:
        vllm = {"urls": [server.url], "crop_workers": 1, "retries": 0}
        recognition = {"backend": "vllm", "vllm": vllm}
        (project / "conf" / "local" / "parameters.yml").write_text(yaml.safe_dump({"recognition": recognition}))

    with FakeVllm(embed=lambda body: (200, b"{}")) as wrong:  # 404 for every chat
        point_at(wrong)
        refused = run_job(project, *params)
    with FakeVllm(faults=lambda number, body: "500" if number == 0 else None) as sick:
        point_at(sick)
        some = run_job(project, *params)
        shards = [[row["status"] for row in pq.read_table(path).to_pylist()] for path in shard_paths(project)]
    with FakeVllm() as right:
        point_at(right)
        done = run_job(project, *params)

    assert refused.code == 2, refused.output
    assert "everything is refused (server: 404" in refused.output
    assert some.code == 3, some.output
    assert done.code == 0, done.output
    (failed,) = (statuses for statuses in shards if "failed" in statuses)
    assert right.done["ok"] == len(failed) < 8, "only the shard that failed is asked for"
    assert {row["status"] for row in rows(project, "recognitions")} == {"ok"}
    assert {row["status"] for row in rows(project, "transcripts")} == {"ok"}
