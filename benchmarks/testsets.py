"""What a recognizer reaches on everything in ../shared/data that is a test set; by default the laptop's.

Usage: python -m benchmarks.testsets [--sets formulas tables_en …] [--limit N] [--params KEY=VALUE …] [--json FILE]

Runs `kedro run --pipelines testsets --params testsets.sets=…` in a project without results. Folders of images with
their truths are read as folders of the user; en_olmocr_bench has olmOCR-bench's form. Rates are sums of errors over
sums of totals; what could not be scored is counted beside them. Seconds are of the stage recognition, on the clock.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks.gpu_machine import commit, hardware
from tests.whole_job import ROOT, copy_project, run_job

DATA = ROOT.parent / "shared" / "data"
OWN_FORM = {"en_olmocr_bench": "olmocr_bench"}
FOLDERS = (
    *("ko_law", "ko_gov", "ru_docs", "en_usgov", "en_docling", "en_dpbench"),
    *("tables_ko", "tables_ru", "tables_en", "formulas", "kie_sroie", "kie_forms"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=(*FOLDERS, *OWN_FORM))
    parser.add_argument("--limit", type=int, help="items of each set")
    parser.add_argument("--params", nargs="*", default=(), help="of the run, for example recognition.backend=vllm")
    parser.add_argument("--env", help="profile")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ocr_testsets_"))
    try:
        result = {
            "commit": commit(),
            "hardware": hardware(),
            "params": list(options.params),
            **measure(folder, options),
        }
    finally:
        shutil.rmtree(folder)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    project = copy_project(folder / "project", mlflow=True)
    for name, form in OWN_FORM.items():
        link = project / "data/01_raw/test_sets" / form
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(DATA / name)
    sets = "+".join(OWN_FORM.get(name) or str(DATA / name) for name in options.sets)
    limit = (f"testsets.limit={options.limit}",) if options.limit else ()
    env = ("--env", options.env) if options.env else ()
    parameters = (f"testsets.sets={sets}", "runtime.progress=false", *limit, *options.params)
    done = run_job(project, *parameters, arguments=("--pipelines", "testsets", *env))
    if done.code:
        raise SystemExit(done.output)
    scores = pd.read_parquet(max((project / "data/07_model_output/testset_scores.parquet").glob("*/*.parquet")))
    files = ("metrics/testset_recognition.json", "data/08_reporting/timings/testset_recognition.json")
    stage = {key: value for name in files for key, value in json.loads((project / name).read_text()).items()}
    table = tabulate(scores)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4f}"))
    print(f"\n{stage['pages']} items, {stage['seconds']:.0f} s of recognition, {done.wall:.0f} s in all")
    return {
        "items": stage["pages"],
        "seconds": stage["seconds"],
        "wall": done.wall,
        "scores": json.loads(table.to_json(orient="records")),
    }


def tabulate(scores: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each set and metric: items, those that could not be scored, and the rate of the others."""
    rows = []
    for (name, metric), part in scores.groupby(["group", "metric"], sort=True):
        scored = part[part["status"] == "ok"]
        total = scored["denominator"].sum()
        rate = scored["numerator"].sum() / total if total else float("nan")
        rows.append(
            {"set": name, "metric": metric, "items": len(part), "unscored": len(part) - len(scored), "rate": rate}
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
