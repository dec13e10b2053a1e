"""How long scoring takes: CER of 10,000 pages, the bootstrap, a diff of a long page.

    python benchmarks/scoring.py

Pages are random Korean syllables with 5 % of them changed. The bootstrap has 1,355 pages in 361
documents, and, as its slowest case, each page a document of its own.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from time import perf_counter

import numpy as np

from ocr_project.domain.options import EmbeddingOptions
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.metrics import cer, diff, estimate_rate, normalize, score_page

PAGES = 10_000
CHARACTERS = 2_000
DISTINCT = 100  # pages made; scored again and again, since nothing is cached
BOOTSTRAP_PAGES = 1_355
RESAMPLES = 10_000


def page(generator: np.random.Generator, characters: int, changed: float) -> tuple[str, str]:
    """Make a reference of Korean syllables and spaces, and a hypothesis with some characters changed."""
    points = generator.integers(0xAC00, 0xD7A4, characters)
    points[generator.random(characters) < 0.2] = ord(" ")
    read = np.where(generator.random(characters) < changed, generator.integers(0xAC00, 0xD7A4, characters), points)
    return "".join(map(chr, points.tolist())), "".join(map(chr, read.tolist()))


def timed(name: str, work: Callable[[], object]) -> None:
    begun = perf_counter()
    work()
    print(f"{name:60s} {perf_counter() - begun:7.3f} s", flush=True)


def main() -> None:
    generator = np.random.default_rng(0)
    pairs = [page(generator, CHARACTERS, 0.05) for _ in range(DISTINCT)] * (PAGES // DISTINCT)
    size = f"{PAGES:,} pages of {CHARACTERS:,} characters"
    timed(f"cer, {size}", lambda: [cer(*pair) for pair in pairs])
    timed(f"normalize, {size}", lambda: [normalize(reference) for reference, _ in pairs])
    timed(f"score_page (all metrics, normalised), {size}", lambda: [score_page(*pair) for pair in pairs])
    errors, totals = generator.integers(0, 100, BOOTSTRAP_PAGES), generator.integers(500, 2_000, BOOTSTRAP_PAGES)
    for documents in (BOOTSTRAP_PAGES, 361):
        clusters = [str(place % documents) for place in range(BOOTSTRAP_PAGES)]
        timed(
            f"bootstrap, {BOOTSTRAP_PAGES} pages, {documents} documents, {RESAMPLES:,} resamples",
            lambda clusters=clusters: estimate_rate(errors, totals, clusters),
        )
    tracemalloc.start()
    estimate_rate(errors, totals, [str(place) for place in range(BOOTSTRAP_PAGES)])
    print(f"{'bootstrap, its memory at the peak':60s} {tracemalloc.get_traced_memory()[1] / 2**20:7.1f} MiB")
    tracemalloc.stop()
    embedder = build_embedder(EmbeddingOptions())
    one = page(generator, 3_000, 0.0)[0]
    timed(
        "hashing embedder, a page of 3,000 characters, 100 times",
        lambda: [embedder.embed_texts([one]) for _ in range(100)],
    )
    for changed in (0.05, 0.5, 1.0):
        long = page(generator, 5_000, changed)
        timed(f"diff, 5,000 characters, {changed:.0%} changed", lambda long=long: diff(*long))


if __name__ == "__main__":
    main()
