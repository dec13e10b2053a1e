"""Does better OCR find more? The same pages read in several ways, and asked the same questions.

    python -m benchmarks.ocr_retrieval [--groups ko_law ko_gov] [--readings NAME:PARAM=VALUE …] [--json FILE]

The pages are the PDFs of ../shared/data with their reference texts. No questions were asked about them, so they
are known items, made of the references: the title of an article (every page that has it is relevant), and a line
of a page (the page is). Each reading is a run of the job with its own parameters; the last run is given the
transcripts of the others by `benchmark.compare`, and its table is what is printed: the same as in its report.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pandas as pd
from benchmarks.search import commit
from tests.whole_job import copy_project, run_job

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ARTICLE = re.compile(r"^제\d+조(?:의\d+)?\(([^)]*)\)", re.MULTILINE)
PAGE = re.compile(r"p(\d+)\.gt\.txt")
LINES_OF_A_PAGE = 2
SHORTEST, LONGEST = 12, 30  # characters of a line that becomes a question; longer ones are cut
READINGS = ("60dpi:ingest.dpi=60", "80dpi:ingest.dpi=80", "default:ingest.dpi=200")
ALWAYS = ("runtime.progress=false", "transcript.searchable_pdf=false", "transcript.markdown=false")
SHOWN = ("cer_no_space", "recall@1", "recall@5", "ndcg@10", "mrr")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", nargs="+", default=["ko_law", "ko_gov"])
    parser.add_argument("--readings", nargs="+", default=READINGS, help="the last is compared with the others")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="copy the report of the last run to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ocr_retrieval_") as name:
        folder = Path(name)
        asked = write_source(folder / "source", options.groups)
        print(f"{asked} questions", flush=True)
        table = read_all(folder, options.readings)
        if options.keep:
            (report,) = (folder / "readings").rglob("report.html/*/report.html")
            shutil.copy(report, options.keep)
    show(table)
    if options.json:
        about = {"commit": commit(), "cores": os.cpu_count(), "groups": options.groups, "readings": options.readings}
        options.json.write_text(json.dumps({**about, "questions": asked, "rows": table.to_dict("records")}, indent=2))


def write_source(folder: Path, groups: list[str]) -> int:
    """Lay out the PDFs with their references, the questions and the judgements; return how many questions."""
    drawn = random.Random(0)
    questions: dict[str, tuple[str, str]] = {}
    relevant: dict[str, set[tuple[str, int]]] = {}
    for group in groups:
        for pdf in sorted((DATA / group).rglob("*.pdf")):
            target = folder / group / pdf.parent.name / pdf.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(pdf, target)
            for truth in sorted(pdf.parent.glob("p*.gt.txt")):
                shutil.copy(truth, target.parent)
                number = int(PAGE.fullmatch(truth.name)[1])  # type: ignore[index]
                for kind, text in ask(truth.read_text(encoding="utf-8"), drawn):
                    query_id = f"{kind}: {text}"
                    questions[query_id] = (text, kind)
                    relevant.setdefault(query_id, set()).add((str(target.relative_to(folder)), number))
    write_csv(folder / "queries.csv", ("query_id", "query", "type"), [(k, *v) for k, v in questions.items()])
    judged = [(query_id, *page, 1) for query_id, pages in relevant.items() for page in sorted(pages)]
    write_csv(folder / "qrels.csv", ("query_id", "document", "page", "relevance"), judged)
    return len(questions)


def ask(text: str, drawn: random.Random) -> list[tuple[str, str]]:
    """Make questions of a page: kind and words."""
    lines = [line.strip() for line in text.splitlines() if len(line.strip()) >= SHORTEST]
    lines = [line for line in lines if sum("가" <= character <= "힣" for character in line) >= SHORTEST // 2]
    taken = drawn.sample(lines, min(LINES_OF_A_PAGE, len(lines)))
    return [("title", title) for title in ARTICLE.findall(text) if title] + [
        ("line", line[:LONGEST]) for line in taken
    ]


def write_csv(path: Path, head: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def read_all(folder: Path, readings: list[str]) -> pd.DataFrame:
    """Run the job once for each reading; return the table of the last."""
    transcripts: dict[str, Path] = {}
    for reading in readings:
        name, _, params = reading.partition(":")
        project = copy_project(folder / "readings" / name, mlflow=True)
        compared = [f"benchmark.compare.{other}={path}" for other, path in transcripts.items()]
        last = reading == readings[-1]
        parameters = (f"ingest.source={folder / 'source'}", *ALWAYS, *params.split(","), *(compared if last else ()))
        done = run_job(project, *parameters, arguments=() if last else ("--pipelines", "ocr"))
        if done.code:
            sys.exit(f"{name} ended with {done.code}:\n{done.output[-3000:]}")
        print(f"{name}: {done.wall:.0f} s", file=sys.stderr, flush=True)
        transcripts[name] = project / "data/03_primary/transcripts"
    (path,) = project.rglob("recognizer_table.csv/*/recognizer_table.csv")
    table = pd.read_csv(path)
    return table.replace({"recognizer": {"this run": f"{name} (this run)"}})


def show(table: pd.DataFrame) -> None:
    for recognizer, rows in table.groupby("recognizer", sort=False):
        found = {row["metric"]: row for row in rows.to_dict("records")}
        cells = [
            f"{metric} {100 * found[metric]['value']:6.2f} [{100 * found[metric]['low']:5.1f} "
            f"{100 * found[metric]['high']:5.1f}] {100 * found[metric]['difference']:+6.2f} "
            f"P {found[metric]['better']:.3f}"
            for metric in SHOWN
        ]
        print(f"{recognizer:24s} | {' | '.join(cells)}")


if __name__ == "__main__":
    main()
