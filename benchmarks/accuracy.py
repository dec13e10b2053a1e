"""How well the laptop's detector and recognizer read the real pages, beside plain Tesseract.

Usage: python benchmarks/accuracy.py [--groups ko_law …] [--every N] [--source png|pdf]
       [--dpi 200] [--text-layer prefer] [--plain] [--json FILE] [--dump FOLDER]

CER without white space, CER, word F1 (words that are right, in any order: higher is better) and WER are
micro-averaged over a group, after `metrics.normalize` (NFC, dot leaders, middle dots: the scoring notes of
the data). `--plain` runs Tesseract's own modes 3, 4 and 6 side by side. With `--source pdf --text-layer prefer` the
text layer stands in for OCR where it can, and how many pages were read so is printed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ocr_project.domain.options import (
    IngestOptions,
    LayoutOptions,
    RecognitionOptions,
    TesseractOptions,
    TextLayer,
    TranscriptOptions,
)
from ocr_project.domain.types import Page, Recognition, TextFormat
from ocr_project.engine.imaging.tesseract import Reader
from ocr_project.engine.ingest import open_source
from ocr_project.engine.layout import build_detector
from ocr_project.engine.metrics import Counts, normalize, score_page
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.recognition.text_layer import recognize_page
from ocr_project.engine.transcript import assemble

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
METRICS = ("cer_no_space", "cer", "word_f1", "wer")
GROUPS = ("ko_law", "ko_gov", "ru_docs", "en_usgov")
PLAIN = {"ko_law": "kor+eng", "ko_gov": "kor+eng", "ru_docs": "rus", "en_usgov": "eng"}


@dataclass(frozen=True)
class Item:
    """A page with its truth."""

    group: str
    page: Page
    truth: str


def items(group: str, source: str, dpi: int, layer: str = "reference") -> Iterator[Item]:
    include = (f"**/*.{source}",)
    options = IngestOptions(source=str(DATA / group), include=include, dpi=dpi, text_layer=TextLayer(layer))
    opened = open_source(options, default_root=Path.cwd())
    for document in opened.documents():
        folder = Path(document.source).parent
        for page in opened.pages(document, 1, document.pages):
            name = Path(document.path).stem if source == "png" else f"p{page.number:03d}"
            truth = folder / f"{name}.gt.txt"
            if truth.is_file():  # of some pages of a PDF there is none
                yield Item(group, page, truth.read_text(encoding="utf-8"))


def as_text(recognition: Recognition) -> str:
    """Lines of words, also for tables, whose `text` is HTML."""
    if recognition.format is TextFormat.TEXT:
        return recognition.text
    lines: dict[int, list[str]] = {}
    for word in recognition.words:
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(parts) for parts in lines.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", nargs="*", default=GROUPS)
    parser.add_argument("--every", type=int, default=1, help="take every Nth page")
    parser.add_argument("--source", choices=("png", "pdf"), default="png")
    parser.add_argument("--dpi", type=int, default=IngestOptions().dpi, help="for --source pdf")
    parser.add_argument(
        "--text-layer", choices=[*TextLayer], default=TextLayer.REFERENCE.value, help="for --source pdf"
    )
    parser.add_argument("--languages", default=TesseractOptions().languages)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--dump", type=Path, help="folder for the texts")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    detector = build_detector(LayoutOptions())
    recognizer = build_recognizer(RecognitionOptions(tesseract=TesseractOptions(languages=options.languages)))
    reader = Reader(None)
    sources: Counter[str] = Counter()

    def ours(item: Item) -> tuple[str, float]:
        started = time.perf_counter()
        (regions,) = detector.detect([item.page])
        read = recognize_page(recognizer, item.page, regions)
        text = "\n".join(map(as_text, read))
        if item.page.text_layer_preferred:
            page = assemble(item.page, regions, read, TranscriptOptions())
            text, sources[page.source] = page.text, sources[page.source] + 1
        if options.dump:
            name = f"{item.group}_{item.page.path.replace('/', '_')}_{item.page.number}.txt"
            (options.dump / name).write_text(text)
        return text, time.perf_counter() - started

    def plain(item: Item, mode: int) -> tuple[str, float]:
        started = time.perf_counter()
        grey = cv2.imdecode(np.frombuffer(item.page.image or b"", np.uint8), cv2.IMREAD_GRAYSCALE)
        words = reader.read(np.asarray(grey, np.uint8), PLAIN[item.group], mode, round(item.page.dpi) or 150)
        return " ".join(word.text for word in words), time.perf_counter() - started

    ways = {"ours": ours}
    if options.plain:
        ways |= {f"mode {mode}": lambda item, mode=mode: plain(item, mode) for mode in (3, 4, 6)}
    results = {}
    with ThreadPoolExecutor(2) as pool:
        for group in options.groups:
            pages = list(items(group, options.source, options.dpi, options.text_layer))[:: options.every]
            for name, way in ways.items():
                answers = list(pool.map(way, pages))
                results[f"{group} {name}"] = report(group, name, pages, answers)
            if sources:
                print(f"{group:>9}", *(f"{source}: {count} pages" for source, count in sorted(sources.items())))
                sources.clear()
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


def report(group: str, name: str, pages: list[Item], answers: list[tuple[str, float]]) -> dict[str, float]:
    by_document: dict[str, dict[str, Counts]] = {}
    for item, (text, _) in zip(pages, answers, strict=True):
        document = by_document.setdefault(item.page.path.split("/")[0], {})
        for metric, counts in score_page(item.truth, text).items():
            document[metric] = document.get(metric, Counts(0, 0)) + counts
    for path, document in by_document.items():
        print(
            f"{group:>9} {name:<7} {path:<24}",
            *(f"{m} {document[m].rate:6.2%}" for m in METRICS),
        )
    whole = {m: sum((d[m] for d in by_document.values()), Counts(0, 0)).rate for m in METRICS}
    seconds = sum(seconds for _, seconds in answers) / len(answers)
    print(
        f"{group:>9} {name:<7} {'ALL':<24}",
        *(f"{m} {rate:6.2%}" for m, rate in whole.items()),
        f"{seconds:.2f} s",
        flush=True,
    )
    return {**whole, "seconds": seconds, "pages": len(pages)}


if __name__ == "__main__":
    normalize("")
    main()
