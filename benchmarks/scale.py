"""The whole job over a corpus as large as SDS-KoPub, on a small machine: what grows with the corpus, and how fast.

Usage: python -m benchmarks.scale --folder DIR [--pages 40781] [--servers 2] [--json FILE] [--params KEY=VALUE …]

PDFs of 113 synthetic pages (361 documents are 40,781 pages), a question for each 68 of them, and servers that answer
at once with text and vectors of the length of real ones (`benchmarks.fake_servers`). From `kedro run` to the report,
the indexes and the exports, with the laptop's workers. What is in DIR goes on where it was. Told of it:

    memory   of the process and of those it started, while a stage works on: from its page 1,000 to its last one, and
             at some pages (of the process, of all)
    cpu      core-seconds a page of our own processes, by stage; those of the servers are not ours
    again    the same command once more, when nothing is left to do, and how long its scan of the footers takes
    search   `kedro search`, by words, by vectors and by both: seconds and memory
    report   its size and that of the folders; the disk that `kedro doctor` named beforehand
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import psutil
from benchmarks.fake_servers import MODEL, drawn_words, fake_servers
from benchmarks.gpu_machine import commit, hardware
from tests.whole_job import SHARDED, copy_project, kedro_run, run_command, running

from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.shard_folder import shard_files

PAGES_IN_PDF = 113
PAGES_A_QUESTION = 68
LINES, WORDS_IN_LINE = 6, 4
PAGE = (210, 297)  # points; small, because what grows with the corpus does not grow with the paper
EVERY = 1.0  # seconds between two looks at the memory
FROM_PAGE = 1_000  # from which on memory is to be flat
AT_PAGES = (1_000, 2_000, 5_000, 10_000, 20_000, 40_000)
ALLOWED = 1.05  # the most that it may grow from there
DONE = (0, 3)  # exit status of a run; 3: with failures
PARAMS = ("ingest.dpi=72", "layout.backend=whole_page", "runtime.progress=false", "recognition.backend=vllm",
           f"recognition.vllm.model={MODEL}", "recognition.vllm.dialect=glm_ocr", "recognition.vllm.requests=32",
           "embedding.backend=vllm", f"embedding.vllm.model={MODEL}", "embedding.vllm.requests=32")  # fmt: skip


@dataclass
class Look:
    """A look at a run.

    Attributes:
        at: Seconds since it began.
        stage: Which one is storing shards, or the last that did.
        pages: That this stage has stored.
        own: Resident set of the process, bytes.
        all: With the processes that it started, what they share counted once for each.
        cpu: Core-seconds of all of them so far; of those that have ended, too.
    """

    at: float
    stage: str
    pages: int
    own: int
    all: int
    cpu: float


@dataclass
class Watch:
    """What was seen of a run while it lasted."""

    shard_pages: int
    looks: list[Look] = field(default_factory=list)

    @contextmanager
    def of(self, project: Path, pid: int) -> Iterator[None]:
        over, began = threading.Event(), time.perf_counter()

        def watch() -> None:
            while not over.wait(EVERY):
                with suppress(psutil.Error, OSError):
                    stage, pages = self._progress(project)
                    self.looks.append(Look(time.perf_counter() - began, stage, pages, *_taken(pid)))

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _progress(self, project: Path) -> tuple[str, int]:
        stage, done = "start", 0
        for name, folder in SHARDED.items():
            with suppress(FileNotFoundError):
                if count := len(shard_files(LineageFolder(project / folder, object).folder)):
                    stage, done = name, count * self.shard_pages
        return stage, done

    def stages(self) -> dict[str, dict[str, float]]:
        """Return what each stage took, and how much its memory grew from page 1,000 on."""
        found = {}
        for stage in dict.fromkeys(look.stage for look in self.looks):
            looks = [look for look in self.looks if look.stage == stage]
            pages = looks[-1].pages - looks[0].pages
            cpu = looks[-1].cpu - looks[0].cpu
            found[stage] = {"seconds": round(looks[-1].at - looks[0].at, 1), "pages": pages,
                            "core_seconds_a_page": round(cpu / pages, 5) if pages else 0.0,
                            "peak_mb": round(max(look.all for look in looks) / 1e6), **_growth(looks),
                            "mb_at_page": _at_pages(looks)}  # fmt: skip
        return found


def _growth(looks: list[Look]) -> dict[str, float]:
    """Compare the memory after page 1,000 with that at the end: medians of a tenth of the looks each."""
    steady = [look for look in looks if look.pages >= FROM_PAGE]
    if len(steady) < 20 or steady[-1].pages < 2 * FROM_PAGE:
        return {}
    part = len(steady) // 10
    first, last = (sorted(look.all for look in some)[part // 2] for some in (steady[:part], steady[-part:]))
    return {"mb_from_page_1000": round(first / 1e6), "mb_at_end": round(last / 1e6), "growth": round(last / first, 3)}


def _at_pages(looks: list[Look]) -> dict[int, tuple[int, int]]:
    """Return MB of the process and of all, when so many pages were stored: medians of the looks around."""
    found = {}
    for page in AT_PAGES:
        around = [look for look in looks if 0.9 * page <= look.pages <= 1.1 * page]
        if around:
            own, everything = (
                sorted(kind)[len(kind) // 2] for kind in zip(*((x.own, x.all) for x in around), strict=True)
            )
            found[page] = (round(own / 1e6), round(everything / 1e6))
    return found


def _taken(pid: int) -> tuple[int, int, float]:
    process = psutil.Process(pid)
    own, cpu = process.memory_info().rss, process.cpu_times()
    everything = own
    seconds = cpu.user + cpu.system + cpu.children_user + cpu.children_system
    for child in process.children(recursive=True):
        with suppress(psutil.Error):
            everything += child.memory_info().rss
            times = child.cpu_times()
            seconds += times.user + times.system
    return own, everything, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=40_781)
    parser.add_argument("--shard-pages", type=int, default=100)
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--params", nargs="*", default=(), help="further options of the run")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    project, source = made(options.folder, options.pages)
    with fake_servers(options.servers) as (readers, _), fake_servers(1, "--embed") as (embedders, _):
        params = (*PARAMS, f"ingest.source={source}", f"ingest.shard_pages={options.shard_pages}",
                  f"recognition.vllm.urls={'+'.join(readers)}", f"embedding.vllm.urls={'+'.join(embedders)}",
                  *options.params)  # fmt: skip
        result: dict[str, Any] = {"commit": commit(), "hardware": hardware(), "pages": options.pages,
                                  "load": os.getloadavg()[0], "before": before(project, params)}  # fmt: skip
        report(result, options.json)
        result |= whole(project, params, Watch(options.shard_pages))
        report(result, options.json)
        result |= {"again": again(project, params), "search": searches(project, params), "disk": disk(project)}
    report(result, options.json)
    return int(any(stage.get("growth", 0) > ALLOWED for stage in result["stages"].values()))


def made(folder: Path, pages: int) -> tuple[Path, Path]:
    """Write the corpus and copy the project, where they are not there yet."""
    source = folder / "source"
    if not (source / "queries.csv").exists():
        write_corpus(source, pages)
    project = folder / "project"
    if not project.exists():
        copy_project(project, mlflow=True)
    return project, source


def write_corpus(source: Path, pages: int) -> None:
    """Write PDFs of pages that differ, and questions to them; the questions last."""
    source.mkdir(parents=True, exist_ok=True)
    drawn = random.Random(0)
    questions, judged = ["query_id,query"], ["query_id,document,page,relevance"]
    for first in range(0, pages, PAGES_IN_PDF):
        count = min(PAGES_IN_PDF, pages - first)
        name = f"report{first // PAGES_IN_PDF:05d}.pdf"
        _write_pdf(source / name, first, count, drawn)
        for page in range(1, count + 1, PAGES_A_QUESTION):
            questions.append(f"q{first + page},{' '.join(drawn_words(5, seed=first + page))}")
            judged.append(f"q{first + page},{name},{page},1")
    (source / "qrels.csv").write_text("\n".join(judged) + "\n", encoding="utf-8")
    (source / "queries.csv").write_text("\n".join(questions) + "\n", encoding="utf-8")


def _write_pdf(path: Path, first: int, count: int, drawn: random.Random) -> None:
    document = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for number in range(first, first + count):
        words = [f"{drawn.randrange(16**6):06x}" for _ in range(LINES * WORDS_IN_LINE)]
        lines = [" ".join(words[at : at + WORDS_IN_LINE]) for at in range(0, len(words), WORDS_IN_LINE)]
        shown = "".join(f"({line}) Tj T* " for line in (f"page {number}", *lines))
        page = document.add_blank_page(page_size=PAGE)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = document.make_stream(f"BT /F1 8 Tf 14 TL 20 260 Td {shown}ET".encode())
    document.save(path, deterministic_id=True)


def before(project: Path, params: tuple[str, ...]) -> dict[str, Any]:
    """Return what `kedro doctor` says of the disk, the time and the energy before the first page."""
    done = run_command(project, sys.executable, "-m", "kedro", "doctor", "--params", ",".join(params))
    told = [line.strip() for line in done.output.splitlines() if any(word in line for word in ("disk", "GB"))]
    return {"doctor_seconds": round(done.wall, 1), "doctor": told}


def whole(project: Path, params: tuple[str, ...], watch: Watch) -> dict[str, Any]:
    began = time.perf_counter()
    with running(project, *kedro_run(params)) as (process, log), watch.of(project, process.pid):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in DONE:
        sys.exit(f"the run ended with {process.returncode}:\n{log.read_text()[-3000:]}")
    seconds = time.perf_counter() - began
    return {"seconds": round(seconds, 1), "core_seconds": round(usage.ru_utime + usage.ru_stime, 1),
            "peak_mb": round(usage.ru_maxrss / 1e3), "stages": watch.stages(),
            "status": process.returncode, "tail": log.read_text().splitlines()[-24:]}  # fmt: skip


def again(project: Path, params: tuple[str, ...]) -> dict[str, float]:
    """Return what the command takes when nothing is left to do, and its scan of the footers of all stages."""
    began = time.perf_counter()
    footers = sum(len(LineageFolder(project / folder, object).index()) for folder in SHARDED.values())
    scan = time.perf_counter() - began
    done = run_command(project, *kedro_run(params))
    if done.code not in DONE:
        sys.exit(done.output[-3000:])
    return {"footers": footers, "scan_seconds": round(scan, 2), "seconds": round(done.wall, 1),
            "core_seconds": round(done.cpu, 1), "peak_mb": round(done.peak / 1e6)}  # fmt: skip


def searches(project: Path, params: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Ask a question in each way; by vectors, the embedder that the run used is asked."""
    settings = ",".join(part for part in params if part.startswith("embedding."))
    environment = project / "conf" / "scale"
    environment.mkdir(exist_ok=True)
    _write_environment(environment / "parameters.yml", settings)
    question = " ".join(drawn_words(5, seed=1))
    found = {}
    for mode in ("lexical", "dense", "fusion"):
        command = ("-m", "kedro", "search", "--env", "scale", "--mode", mode, question)
        done = run_command(project, sys.executable, *command)
        found[mode] = {"code": done.code, "seconds": round(done.wall, 2), "peak_mb": round(done.peak / 1e6),
                       "first_line": (done.output.splitlines() or [""])[0][:120]}  # fmt: skip
    return found


def _write_environment(path: Path, settings: str) -> None:
    """Write the options of a run as those of an environment: `kedro search` has no `--params`."""
    lines: list[str] = ["embedding:", "  vllm: {}"]
    values: dict[str, Any] = {"vllm": {}}
    for part in settings.split(","):
        name, _, value = part.removeprefix("embedding.").partition("=")
        where, _, key = name.rpartition(".")
        (values["vllm"] if where else values)[key] = value
    lines = [json.dumps({"embedding": values})]  # JSON is YAML
    path.write_text("\n".join(lines), encoding="utf-8")


def disk(project: Path) -> dict[str, float]:
    """Return MB by folder, and of the report."""
    found = {}
    for folder in sorted(path for path in (project / "data").glob("*/*") if not path.name.startswith(".")):
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
        found[str(folder.relative_to(project / "data"))] = round((size or folder.stat().st_size) / 1e6, 1)
    return {**found, "all": round(sum(found.values()), 1)}


def report(result: dict[str, Any], path: Path | None) -> None:
    print(json.dumps(result, indent=1, ensure_ascii=False), flush=True)
    if path is not None:
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
