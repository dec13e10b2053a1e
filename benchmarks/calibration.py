"""How often what the laptop's recognizer writes is right, beside how sure it says to be.

Usage: python -m benchmarks.calibration read WORDS.jsonl [--groups ko_law …] [--every N] [--plain]
       python -m benchmarks.calibration fit WORDS.jsonl …

`read` reads the shared pages and writes a line for each word: its confidence as the recognizer has it, and how many
of its characters are right. Truth is taken by its place: a word is aligned (Levenshtein) with the characters of the
ground truth that stand where it does, so that order costs nothing. What is written where the truth has nothing is
wrong. `--plain`: without the trained weights of the extra `rapid`.

`fit` takes every other document to fit (`engine/transcript/calibration.py` holds that table; `fit` prints it) and
scores on the others: ten bins, and the expected calibration error (Naeini et al., AAAI 2015), weighted by characters.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from benchmarks.accuracy import DATA, Item, items
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocr_project.domain.options import IngestOptions, LayoutOptions, RecognitionOptions, TesseractOptions
from ocr_project.domain.types import Box, Word
from ocr_project.engine.ingest import open_source
from ocr_project.engine.layout import build_detector
from ocr_project.engine.metrics import normalize, strip_spaces
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.transcript.calibration import WordKind, calibration_of, interpolated, kind_of

GROUPS = ("ko_law", "ko_gov", "ru_docs", "en_usgov", "en_docling", "kie_sroie")
RECEIPTS = "kie_sroie"  # scored without case, as its other figures are
Placed = tuple[Box, str]
Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    reading = commands.add_parser("read")
    reading.add_argument("words", type=Path)
    reading.add_argument("--groups", nargs="*", default=GROUPS)
    reading.add_argument("--every", type=int, default=1, help="take every Nth page")
    reading.add_argument("--plain", action="store_true")
    fitting = commands.add_parser("fit")
    fitting.add_argument("words", type=Path, nargs="+")
    options = parser.parse_args()
    if options.command == "read":
        read(options.words, options.groups, options.every, options.plain)
    else:
        fit(options.words)


def read(path: Path, groups: Sequence[str], every: int, plain: bool) -> None:
    cv2.setNumThreads(1)
    detector = build_detector(LayoutOptions())
    tesseract = TesseractOptions(trained=not plain)
    recognizer = build_recognizer(RecognitionOptions(tesseract=tesseract))
    with path.open("w", encoding="utf-8") as file:
        for group in groups:
            for item, truth in list(pages_with_words(group))[::every]:
                (regions,) = detector.detect([item.page])
                for recognition in recognizer.recognize(item.page, regions):
                    label = regions[recognition.index].label.value
                    about = {"group": group, "document": item.page.path, "region": recognition.index, "label": label}
                    for row in judged(recognition.words, truth, caseless=group == RECEIPTS):
                        file.write(json.dumps({**about, **row}, ensure_ascii=False) + "\n")
                file.flush()


def pages_with_words(group: str) -> Iterator[tuple[Item, list[Placed]]]:
    if group == RECEIPTS:
        options = IngestOptions(source=str(DATA / group), include=("*.jpg",))
        source = open_source(options, default_root=Path.cwd())
        for document in source.documents():
            (page,) = source.pages(document, 1, 1)
            yield Item(group, page, ""), receipt_words(Path(document.source).with_suffix(".boxes.csv"))
        return
    for item in items(group, "png", 200):
        truth = json.loads((DATA / group / item.page.path).with_suffix(".words.json").read_text("utf-8"))
        yield item, [(Box(*word[:4]), word[4]) for word in truth["words"]]


def receipt_words(path: Path) -> list[Placed]:
    """Cut the lines of a receipt into words, each as wide as its share of the letters."""
    found: list[Placed] = []
    for row in csv.reader(path.read_text("utf-8").splitlines(), quoting=csv.QUOTE_NONE):
        corners, text = [float(value) for value in row[:8]], ",".join(row[8:])
        x0, x1, y0, y1 = min(corners[::2]), max(corners[::2]), min(corners[1::2]), max(corners[1::2])
        step, start = (x1 - x0) / max(1, len(text)), 0
        for word in text.split():
            start = text.index(word, start)
            found.append((Box(x0 + start * step, y0, x0 + (start + len(word)) * step, y1), word))
            start += len(word)
    return found


def judged(words: Sequence[Word], truth: Sequence[Placed], caseless: bool) -> Iterator[dict[str, object]]:
    """Yield each word with its number of characters and of right ones."""
    for word in words:
        text = compared(word.text, caseless)
        there = compared("".join(under(word.box, truth)), caseless)
        yield {
            "line": word.line,
            "box": [round(value, 1) for value in word.box],
            "text": word.text,
            "raw": round(word.confidence, 4),
            "letters": len(text),
            "right": right_characters(text, there),
        }


def compared(text: str, caseless: bool) -> str:
    plain = strip_spaces(normalize(text))
    return plain.casefold() if caseless else plain


def under(box: Box, truth: Sequence[Placed]) -> Iterator[str]:
    """Yield the characters of the truth that stand within a word, or half a letter's width beside it."""
    side = 0.5 * min(box.height, box.width)
    for there, text in truth:
        step = there.width / max(1, len(text))
        if box.y0 <= (there.y0 + there.y1) / 2 <= box.y1 and there.x0 < box.x1 + side and there.x1 > box.x0 - side:
            for place, character in enumerate(text):
                if box.x0 - side <= there.x0 + (place + 0.5) * step <= box.x1 + side:
                    yield character


def right_characters(read_: str, truth: str) -> int:
    """Count the characters that stay in the cheapest way from one to the other; what is missing costs nothing."""
    return sum(code.src_end - code.src_start for code in Levenshtein.opcodes(read_, truth) if code.tag == "equal")


BINS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 1.0 + 1e-9)  # of confidence: a point of the table is a bin's mean
PRIOR = 10  # characters of the table of all kinds that a bin of one kind starts with
Rows = NDArray[np.void]
ROW = np.dtype([("raw", float), ("letters", float), ("right", float), ("kind", "U8"), ("half", int)])


def fit(paths: Sequence[Path]) -> None:
    for path in paths:
        found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        found = [row for row in found if row["letters"]]
        halves = half_of({(row["group"], document_of(row)) for row in found})
        rows = np.array(
            [
                (
                    row["raw"],
                    row["letters"],
                    row["right"],
                    kind_of(row["text"]),
                    halves[row["group"], document_of(row)],
                )
                for row in found
            ],
            ROW,
        )
        print(f"{path.name}: {len(rows)} words, {len(halves)} documents")
        print_table(table(rows[rows["half"] == 0]))
        score(found, rows, halves)


def document_of(row: Mapping[str, Any]) -> str:
    """A folder of pages is a document; so is a receipt."""
    return str(row["document"]).rsplit("/", 1)[0]


def half_of(documents: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {document: place % 2 for place, document in enumerate(sorted(documents))}


def table(rows: Rows) -> dict[WordKind, list[tuple[float, float]]]:
    """Fit: of each kind, the share of right characters in bins of confidence, made monotone."""
    everything = points(rows, None)
    return {kind: points(rows[rows["kind"] == kind.value], everything) for kind in WordKind}


def points(rows: Rows, prior: Sequence[tuple[float, float]] | None) -> list[tuple[float, float]]:
    xs, shares, weights = [], [], []
    for low, high in pairwise(BINS):
        inside = rows[(rows["raw"] >= low) & (rows["raw"] < high)]
        letters = inside["letters"].sum()
        middle = (low + min(high, 1.0)) / 2
        x = float((inside["raw"] * inside["letters"]).sum() / letters) if letters else middle
        start, much = (interpolated(prior, x), PRIOR) if prior else (0.5, 2)
        xs.append(x)
        shares.append(float((inside["right"].sum() + much * start) / (letters + much)))
        weights.append(float(letters + much))
    return list(zip(xs, monotone(shares, weights), strict=True))


def monotone(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Pool neighbours that go down (isotonic regression by pooled adjacent violators; Barlow et al., 1972)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        blocks.append((value * weight, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last, before = blocks.pop(), blocks.pop()
            blocks.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    return [total / weight for total, weight, count in blocks for _ in range(count)]


def print_table(fitted: Mapping[WordKind, Sequence[tuple[float, float]]]) -> None:
    for kind, curve in fitted.items():
        print(f"    WordKind.{kind.name}: (" + ", ".join(f"({x:.3f}, {y:.3f})" for x, y in curve) + "),")


def score(found: Sequence[Mapping[str, Any]], rows: Rows, halves: Mapping[tuple[str, str], int]) -> None:
    """Score the table in the source on the half that it was not fitted on: of words, lines, regions and pages."""
    shipped = calibration_of("tesseract")
    assert shipped is not None
    shares = np.array([shipped.share(row["text"], row["raw"]) for row in found])
    other = rows["half"] == 1
    levels = {
        "words": [str(place) for place in range(len(found))],
        "lines": [f"{row['document']} {row['region']} {row['line']}" for row in found],
        "regions": [f"{row['document']} {row['region']}" for row in found],
        "pages": [str(row["document"]) for row in found],
    }
    for level, names in levels.items():
        for name, values in (("as read", rows["raw"]), ("calibrated", shares)):
            predicted, true, letters = grouped(names, values, rows, other)
            print(f"{level:>8} {name:<10} {len(letters):6d}  ECE {ece(predicted, true, letters):.4f}", end="  ")
            print(
                f"predicted {np.average(predicted, weights=letters):.4f} true {np.average(true, weights=letters):.4f}"
            )
            if name == "calibrated" or level == "words":
                print_bins(predicted, true, letters)
    lines = grouped(levels["lines"], shares, rows, rows["half"] == 0), grouped(levels["lines"], shares, rows, other)
    for name, (predicted, true, letters) in zip(("fitted on", "other half"), lines, strict=True):
        print_rule(name, predicted, true, letters)
    for group in sorted({row["group"] for row in found}):
        inside = other & np.array([row["group"] == group for row in found])
        if inside.any():
            predicted, true, letters = grouped(levels["pages"], shares, rows, inside)
            print(f"{group:>12} {np.average(predicted, weights=letters):.4f} {np.average(true, weights=letters):.4f}")


def grouped(names: Sequence[str], values: Floats, rows: Rows, chosen: NDArray[np.bool_]) -> tuple[Floats, ...]:
    """Add words up: predicted share, true share and characters of each line, region or page."""
    _, places = np.unique(np.array(names)[chosen], return_inverse=True)
    letters = np.bincount(places, rows["letters"][chosen])
    predicted = np.bincount(places, (values * rows["letters"])[chosen]) / letters
    return predicted, np.bincount(places, rows["right"][chosen]) / letters, letters


def ece(predicted: Floats, true: Floats, letters: Floats) -> float:
    places = np.minimum((predicted * 10).astype(int), 9)
    gaps = np.bincount(places, letters * (predicted - true), minlength=10)
    return float(np.abs(gaps).sum() / letters.sum())


def print_bins(predicted: Floats, true: Floats, letters: Floats) -> None:
    places = np.minimum((predicted * 10).astype(int), 9)
    for place in range(10):
        inside = places == place
        if inside.any():
            means = (np.average(values[inside], weights=letters[inside]) for values in (predicted, true))
            said, was = means
            print(
                f"    {place / 10:.1f} to {(place + 1) / 10:.1f}: {inside.sum():6d} with {letters[inside].sum():7.0f}",
                end="",
            )
            print(f" characters, predicted error {1 - said:6.1%}, true {1 - was:6.1%}")


def print_rule(name: str, predicted: Floats, true: Floats, letters: Floats) -> None:
    """Say what thresholds find: lines in doubt, how much of them is wrong, how much of all that is wrong they hold."""
    wrong = letters * (1 - true)
    for least in (0.6, 0.7, 0.8, 0.85, 0.9, 0.95):
        flagged = predicted < least
        inside = letters[flagged].sum()
        print(
            f"  {name}: under {least:.2f}: {flagged.sum():4d} of {len(letters)} lines, {inside:5.0f} characters,"
            f" {wrong[flagged].sum() / max(1, inside):.1%} of them wrong,"
            f" {wrong[flagged].sum() / wrong.sum():.1%} of all wrong ones;"
            f" lines with an error: {(true[flagged] < 1).sum()} of {(true < 1).sum()}"
        )


if __name__ == "__main__":
    main()
