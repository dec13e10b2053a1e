"""Whether small inputs of the kinds on which tools fail are read: a line for each case.

Usage: python -m benchmarks.cases [FOLDER ...] [--only NAME ...] [--json FILE]

A case is a folder with inputs and an `expected.json`; FOLDER, a folder of them, is ../shared/data/cases beside the
project where none is named. All cases of one `ingest.text_layer` go through one `kedro run --pipelines ocr`, as a
person says it, and what is looked at is what a person gets: the Markdown and the rows. `expected.json`:

    text_layer   mode of `ingest.text_layer`; `reference` if not said
    inputs       by file: `contains`, `absent`, `in_order` (texts; white space does not count), `least_share` (of the
                 letters of `expected.txt`), `page_not_ok` (a row must have a reason)
    documents    by folder, by file: `any` (there is a row) or `not ok` (it has a reason)

Exit status: 0 where all hold, 1 where some do not.
"""

from __future__ import annotations

import argparse
import difflib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
from tests.whole_job import DOCUMENTS, ROOT, copy_project, rows, run_job

CASES = ROOT.parent / "shared" / "data" / "cases"
MARKDOWN = "data/08_reporting/exports/markdown"
DONE, DONE_WITH_FAILURES = 0, 3  # exit status of a run


@dataclass(frozen=True)
class Case:
    """A folder with inputs, and what is expected of them."""

    folder: Path
    expected: Mapping[str, Any]

    @property
    def text_layer(self) -> str:
        return str(self.expected.get("text_layer", "reference"))

    def lay_out(self, source: Path) -> None:
        """Copy the inputs into the source of a run."""
        target = source / self.folder.name
        for name in self.expected.get("inputs", {}):
            target.mkdir(exist_ok=True)
            shutil.copy(self.folder / name, target)
        for folder in self.expected.get("documents", {}):
            shutil.copytree(self.folder / folder, target, dirs_exist_ok=True)


@dataclass(frozen=True)
class Results:
    """What a run left, by the path of the document.

    Attributes:
        documents: Rows of documents.
        reasons: Of the pages' transcripts, where they have any.
        exports: Folder of Markdown files.
    """

    documents: Mapping[str, Mapping[str, Any]]
    reasons: Mapping[str, Sequence[str]]
    exports: Path


def find_cases(folders: Sequence[Path], only: Sequence[str]) -> list[Case]:
    found = sorted(path.parent for folder in folders for path in folder.glob("*/expected.json"))
    wanted = [folder for folder in found if not only or any(name in folder.name for name in only)]
    return [Case(folder, json.loads((folder / "expected.json").read_text())) for folder in wanted]


def run_cases(cases: Sequence[Case], text_layer: str) -> dict[str, list[str]]:
    """Run the cases of one mode, and return what is wrong with each."""
    with tempfile.TemporaryDirectory(prefix="cases_") as scratch:
        project, source = Path(scratch) / "project", Path(scratch) / "source"
        project.mkdir()
        source.mkdir()
        copy_project(project, mlflow=True)
        for case in cases:
            case.lay_out(source)
        settings = (f"ingest.source={source}", f"ingest.text_layer={text_layer}", "runtime.progress=false")
        finished = run_job(project, *settings, arguments=("--pipelines", "ocr"))
        if finished.code not in (DONE, DONE_WITH_FAILURES):
            sys.exit(f"the run ended with status {finished.code}:\n{finished.output[-3000:]}")
        results = _results(project)
        return {case.folder.name: faults(case, results) for case in cases}


def _results(project: Path) -> Results:
    documents = {row["path"]: row for row in pd.read_parquet(project / DOCUMENTS).to_dict("records")}
    reasons: dict[str, list[str]] = {}
    for row in rows(project, "transcripts"):
        reasons.setdefault(row["path"], []).extend([row["reason"]] if row["reason"] else [])
    return Results(documents, reasons, project / MARKDOWN)


def faults(case: Case, results: Results) -> list[str]:
    """Say what of `expected.json` does not hold."""
    found = []
    for name, wanted in case.expected.get("inputs", {}).items():
        path = f"{case.folder.name}/{Path(name).name}"
        document = results.documents.get(path)
        if document is None:
            found.append(f"no row for {name}")
            continue
        export = results.exports / PurePosixPath(path).with_suffix(".md")
        found += _text_faults(export.read_text() if export.is_file() else "", wanted, case.folder)
        if wanted.get("page_not_ok") and not document["reason"] and not results.reasons.get(path):
            found.append("no reason")
    for wants in case.expected.get("documents", {}).values():
        for name, want in wants.items():
            document = results.documents.get(f"{case.folder.name}/{name}")
            if document is None:
                found.append(f"no row for {name}")
            elif want == "not ok" and document["status"] == "ok" and not document["reason"]:
                found.append(f"{name} is ok")
    return found


def _text_faults(markdown: str, wanted: Mapping[str, Any], folder: Path) -> list[str]:
    text = _bare(markdown).replace("\\", "").replace("&amp;", "&")
    found = [f"lacks {phrase!r}" for phrase in wanted.get("contains", ()) if _bare(phrase) not in text]
    found += [f"has {phrase!r}" for phrase in wanted.get("absent", ()) if _bare(phrase) in text]
    places = [text.find(_bare(phrase)) for phrase in wanted.get("in_order", ())]
    if places != sorted(places) or -1 in places:
        found.append(f"order {places}")
    if "least_share" in wanted:
        true = _bare((folder / "expected.txt").read_text())
        matched = difflib.SequenceMatcher(None, true, text, autojunk=False).get_matching_blocks()
        share = sum(block.size for block in matched) / len(true)
        if share < wanted["least_share"]:
            found.append(f"only {share:.0%} of the letters")
    return found


def _bare(text: str) -> str:
    return "".join(text.split())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[CASES])
    parser.add_argument("--only", nargs="*", default=(), help="parts of names of cases")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cases = find_cases(options.folders, options.only)
    if not cases:
        sys.exit(f"no cases in {', '.join(map(str, options.folders))}: name a folder of folders with an expected.json")
    wrong: dict[str, list[str]] = {}
    for mode in sorted({case.text_layer for case in cases}, reverse=True):
        wrong |= run_cases([case for case in cases if case.text_layer == mode], mode)
    for name, complaints in sorted(wrong.items()):
        print("FAILS" if complaints else "holds", name, "; ".join(complaints))
    print(f"{sum(not complaints for complaints in wrong.values())} of {len(wrong)} cases hold")
    if options.json:
        options.json.write_text(json.dumps(wrong, indent=1, ensure_ascii=False))
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
