"""Stages of OCR beside each other against one after another, with servers that answer at a card's pace.

Usage: python -m benchmarks.overlap [--pages 512] [--pace 20] [--shard-pages 64] [--layout whole_page] [--tesseract]

`kedro run --pipelines ocr` twice over drawn pages of a few words, in the two ways, on the same fake servers
(`benchmarks.fake_servers`); with `--tesseract` as the laptop reads, on the cores that all stages share. Told of each:
seconds from the first event of its work until the first shard is transcribed, until the last is, and of the whole
command; what its stages were busy; whether both made the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.fake_servers import MODEL, fake_servers
from benchmarks.gpu_machine import commit, hardware
from tests.whole_job import copy_project, rows, run_job, write_pages

STAGES = ("ingest", "layout", "recognition", "transcript")
_TESSERACT = ("recognition.backend=tesseract", "recognition.tesseract.languages=eng")
_SERVED = ("recognition.backend=vllm", f"recognition.vllm.model={MODEL}", "recognition.vllm.dialect=glm_ocr",
           "recognition.vllm.requests=32")  # fmt: skip
TABLES = ("pages", "regions", "recognitions", "transcripts")


def main() -> int:
    """Run both ways, print one JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=512)
    parser.add_argument("--pace", type=float, default=20.0, help="answers a second, of all servers")
    parser.add_argument("--shard-pages", type=int, default=64)
    parser.add_argument("--layout", default="whole_page")
    parser.add_argument("--tesseract", action="store_true", help="no servers: read by Tesseract, in English")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ocr_overlap_") as folder:
        root = Path(folder)
        write_pages(root / "source", chosen.pages)
        with fake_servers(1, "--pace", str(chosen.pace)) as (urls, _):
            found = {name: run(root, name, urls, chosen) for name in ("after", "beside")}
        same = all(contents(root / "after", table) == contents(root / "beside", table) for table in TABLES)
    told = json.dumps({"commit": commit(), "hardware": hardware(), **vars(chosen), "same": same, **found}, default=str)
    print(told)
    if chosen.json:
        chosen.json.write_text(told + "\n")
    return 0 if same else 1


def run(root: Path, name: str, urls: list[str], chosen: argparse.Namespace) -> dict[str, Any]:
    """Run the job in a project of its own."""
    project = copy_project(root / name, mlflow=True)
    finished = run_job(
        project,
        *(f"ingest.source={root / 'source'}", f"ingest.shard_pages={chosen.shard_pages}", "runtime.progress=false"),
        *(f"layout.backend={chosen.layout}", f"runtime.overlap={str(name == 'beside').lower()}"),
        *(_TESSERACT if chosen.tesseract else (*_SERVED, f"recognition.vllm.urls={urls[0]}")),
        arguments=("--pipelines", "ocr"),
    )
    if finished.code:
        sys.exit(finished.output)
    data = project / "data"
    events = [json.loads(line) for line in (data / "08_reporting/events.jsonl").read_text().splitlines()]
    began = min(event["at"] for event in events)
    made = [event["at"] - began for event in events if (event["stage"], event["what"]) == ("transcript", "shard made")]
    timings = {one: json.loads((data / f"08_reporting/timings/{one}.json").read_text()) for one in STAGES}
    return {
        "first_pages_seconds": round(min(made), 1),
        "all_pages_seconds": round(max(made), 1),
        "command_seconds": round(finished.wall, 1),
        "cpu_seconds": round(finished.cpu, 1),
        "stage_seconds": {stage: round(timing["seconds"], 1) for stage, timing in timings.items()},
    }


def contents(project: Path, table: str) -> list[str]:
    """Return the rows of a folder, but for their times."""
    return [repr({key: value for key, value in row.items() if key != "seconds"}) for row in rows(project, table)]


if __name__ == "__main__":
    sys.exit(main())
