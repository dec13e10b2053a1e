"""`kedro run` with the recognizer `vllm` and a server that runs already."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import yaml

from ocr_project.testing.fake_vllm import FakeVllm
from tests.whole_job import QUICK, SHARDED, copy_project, run_job, write_pages


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
    rows = [row for table in tables for row in table]
    assert len(rows) == 5
    assert {(row["text"], row["format"]) for row in rows} == {("# read\n\nText Recognition:", "markdown")}
    assert all(row["prompt_tokens"] == 100 and row["attempts"] == 1 for row in rows)
