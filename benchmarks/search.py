"""How long a question takes in a corpus of 40,781 pages, and how much memory: by vectors, by words, by both.

    python -m benchmarks.search [--pages 40781] [--dimensions 2048] [--queries 200] [--json FILE]

Vectors are random and of unit length; pages are words of the Korean reference texts in ../shared/data, drawn
at random by their frequency, 350 of them a page, and questions are five of a page's words. Both rest on the
disk and are mapped into memory. Each part runs in a process of its own, whose peak is told beside the size of
what it searches: by vectors it is allowed the matrix and 300 MB.

    dense float32, float16       one question at a time, and all of them in one call
    lexical                      building the index, opening it, one question at a time
    fusion                       one question at a time, vectors and words open at once
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ocr_project.domain.options import LexicalOptions, SearchOptions
from ocr_project.domain.types import ShardInfo, Transcript
from ocr_project.engine.retrieval import fuse, open_words, rank_by_vectors, top_k, top_k_each, write_words

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
K = 100
WORDS_IN_PAGE, WORDS_IN_QUESTION = 350, 5
ROWS_AT_ONCE = 4096
MB = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40_781)
    parser.add_argument("--dimensions", type=int, default=2_048)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="where vectors and words are kept; a temporary one if not said")
    parser.add_argument("--part", choices=PARTS, help="this one alone, in this process")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options)))
        return
    with tempfile.TemporaryDirectory(prefix="ocr_search_") as folder:
        options.folder = options.folder or Path(folder)
        result = {part: measured(part, options) for part in PARTS}
    for part, figures in result.items():
        print(f"{part:>15}", "  ".join(f"{name} {value:,.1f}" for name, value in figures.items()), flush=True)
    if options.json:
        about = {"commit": commit(), "machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        shape = {"pages": options.pages, "dimensions": options.dimensions, "queries": options.queries}
        options.json.write_text(json.dumps({**about, **shape, **result}, indent=2))


def commit() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return said.stdout.strip()


def measured(part: str, options: argparse.Namespace) -> dict[str, float]:
    """Run a part in a process of its own; return its figures and its peak."""
    command = [sys.executable, "-m", "benchmarks.search", "--part", part, "--folder", str(options.folder)]
    command += [f"--{name}={getattr(options, name)}" for name in ("pages", "dimensions", "queries")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{part} ended with {process.returncode}")
    return {**json.loads(output), "peak MB": usage.ru_maxrss * 1024 / MB}


def write_vectors(options: argparse.Namespace) -> dict[str, float]:
    """Write both matrices, a part of the rows at a time."""
    generator = np.random.default_rng(0)
    shape = options.pages, options.dimensions
    sizes = {}
    for kind in ("float32", "float16"):
        matrix = np.lib.format.open_memmap(options.folder / f"{kind}.npy", mode="w+", dtype=kind, shape=shape)
        for start in range(0, options.pages, ROWS_AT_ONCE):
            rows = generator.standard_normal((min(ROWS_AT_ONCE, options.pages - start), options.dimensions))
            matrix[start : start + len(rows)] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        matrix.flush()
        sizes[f"{kind} MB"] = matrix.nbytes / MB
    return sizes


def questions(options: argparse.Namespace) -> np.ndarray[Any, Any]:
    vectors = np.random.default_rng(1).standard_normal((options.queries, options.dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def dense(kind: str) -> Callable[[argparse.Namespace], dict[str, float]]:
    def part(options: argparse.Namespace) -> dict[str, float]:
        vectors = np.load(options.folder / f"{kind}.npy", mmap_mode="r")
        asked = questions(options)
        top_k(vectors, asked[0], K)  # the first reads the disk
        times = each(lambda query: top_k(vectors, query, K), asked)
        begun = perf_counter()
        list(top_k_each(vectors, asked, K))
        together = perf_counter() - begun
        return {**times, "ms each, together": 1e3 * together / len(asked), "matrix MB": vectors.nbytes / MB}

    return part


def each(search: Callable[[Any], object], asked: Any) -> dict[str, float]:
    """Return milliseconds a question, one after another: the median and the 95th of a hundred."""
    times = []
    for question in asked:
        begun = perf_counter()
        search(question)
        times.append(1e3 * (perf_counter() - begun))
    return {"ms median": float(np.median(times)), "ms p95": float(np.percentile(times, 95))}


class DrawnPages:
    """Pages of random Korean words, made as they are asked for."""

    def __init__(self, pages: int) -> None:
        groups = ("ko_law", "ko_gov")
        texts = [path.read_text("utf-8") for group in groups for path in sorted((SHARED / group).rglob("*.gt.txt"))]
        self.words = np.array([word for text in texts for word in text.split()])
        self.pages = pages

    def index(self) -> dict[str, ShardInfo]:
        return {"a": ShardInfo("a", "k", "a", self.pages)}

    def rows(self, *, without: tuple[str, ...] = ()) -> Iterator[Transcript]:
        generator = np.random.default_rng(2)
        for number in range(self.pages):
            text = " ".join(generator.choice(self.words, WORDS_IN_PAGE))
            yield Transcript(f"{number:05d}", "d", "d.pdf", "", number, text, "")

    def questions(self, count: int) -> list[str]:
        generator = np.random.default_rng(3)
        return [" ".join(generator.choice(self.words, WORDS_IN_QUESTION)) for _ in range(count)]


def build_words(options: argparse.Namespace) -> dict[str, float]:
    drawn: Any = DrawnPages(options.pages)
    begun = perf_counter()
    write_words(options.folder / "words", rows=drawn, options=LexicalOptions())
    seconds = perf_counter() - begun
    size = sum(path.stat().st_size for path in (options.folder / "words").rglob("*") if path.is_file())
    return {"seconds": seconds, "on disk MB": size / MB}


def lexical(options: argparse.Namespace) -> dict[str, float]:
    begun = perf_counter()
    index = open_words(options.folder / "words", LexicalOptions())
    opened = perf_counter() - begun
    asked = DrawnPages(options.pages).questions(options.queries)
    index.rank(asked[0], K)
    return {"ms to open": 1e3 * opened, "terms": index.terms, **each(lambda question: index.rank(question, K), asked)}


def fusion(options: argparse.Namespace) -> dict[str, float]:
    index = open_words(options.folder / "words", LexicalOptions())
    vectors = np.load(options.folder / "float32.npy", mmap_mode="r")
    asked = list(zip(DrawnPages(options.pages).questions(options.queries), questions(options), strict=True))

    def search(both: tuple[str, Any]) -> None:
        words, vector = both
        (found,) = rank_by_vectors(index.ids, vectors, vector[None], K)
        fuse([found, index.rank(words, K)], K, SearchOptions(), (1.0, index.weigh(words)))

    search(asked[0])
    return each(search, asked)


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "write vectors": write_vectors,
    "dense float32": dense("float32"),
    "dense float16": dense("float16"),
    "build words": build_words,
    "lexical": lexical,
    "fusion": fusion,
}


if __name__ == "__main__":
    main()
