"""How many dashes and quotes of English lines are read as they were printed, in the fonts of this machine.

Usage: python -m benchmarks.print_marks [--half shown|held|both] [--limit N]

Each line is drawn in each font of /usr/share/fonts and the TeX trees at one of two sizes, with typographer's marks and
with a typewriter's. Fonts with even places in the sorted list were looked at (`shown`), the others are only scored.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ocr_project.engine.recognition.latin_lines import find_latin_reader
from ocr_project.engine.recognition.print_marks import one_kind_of_quotes

FOLDERS = (
    *(f"/usr/share/fonts/{name}" for name in ("truetype/liberation", "truetype/dejavu", "truetype/nanum")),
    "/usr/share/fonts/opentype/urw-base35",
    "/usr/share/texmf/fonts/opentype/public/lm",
)
NO_LATIN = ("D050000L", "Standard", "Z003", "dunh", "Math")
LINES = (
    "The bank{a}s report covers 2010{d}2011 and that{a}s all",
    "respondent{a}s bachelor{a}s degree, $22,401{d}$29,992 a year",
    "the {l}Americans{r} of May{d}August don{a}t {l}move{r}",
    "well-known co-operation in P70-117 and 55-64",
    "Pages 12{d}19, the workers{a} pay {m} see {l}Notes{r}",
)
PRINTED = {"a": "’", "l": "“", "r": "”", "d": "–", "m": "—"}
TYPED = {"a": "'", "l": '"', "r": '"', "d": "-", "m": "-"}
PLAIN = str.maketrans("’‘“”–—", "''\"\"--")
DRAWN_LARGER = 4  # and scaled down, as a scanner does


def fonts() -> list[Path]:
    files = (file for folder in FOLDERS for file in Path(folder).glob("*.[ot]tf"))
    return sorted(file for file in files if not any(name in file.name for name in NO_LATIN))


def drawn(font: Path, size: int, text: str) -> np.ndarray:
    letters = ImageFont.truetype(font, size * DRAWN_LARGER)
    image = Image.new("L", (int(letters.getlength(text)) + 80, size * 8), 255)
    ImageDraw.Draw(image).text((40, size * 2), text, font=letters, fill=0)
    small = image.width // DRAWN_LARGER, image.height // DRAWN_LARGER
    return np.asarray(image.resize(small, Image.Resampling.LANCZOS), np.uint8)


def marks_read(truth: str, read: str) -> Iterator[tuple[str, str]]:
    """Yield each mark of the truth with what stands in its place, where letters show which that is."""
    matcher = SequenceMatcher(None, truth.translate(PLAIN), read.translate(PLAIN), autojunk=False)
    for first, second, length in matcher.get_matching_blocks():
        for step in range(length):
            if truth[first + step] in "'\"-’‘“”–—":
                yield truth[first + step], read[second + step]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("shown", "held", "both"), default="both")
    parser.add_argument("--limit", type=int, help="fonts")
    options = parser.parse_args()
    reader = find_latin_reader()
    if reader is None:
        raise SystemExit("the extra `rapid` is not installed")
    places = {"shown": slice(0, None, 2), "held": slice(1, None, 2), "both": slice(None)}[options.half]
    chosen = list(enumerate(fonts()))[places][: options.limit]
    right, total = Counter[str](), Counter[str]()
    for (place, font), (style, marks) in product(chosen, (("printed", PRINTED), ("typed", TYPED))):
        for line in LINES:
            truth = line.format(**marks)
            words = one_kind_of_quotes(reader.read_line(drawn(font, (20, 26)[place // 2 % 2], truth)))
            for mark, read in marks_read(truth, " ".join(word.text for word in words)):
                total[f"{style} {mark}"] += 1
                right[f"{style} {mark}"] += mark == read
    print(f"{len(chosen)} fonts, {options.half}")
    for kind in sorted(total):
        print(f"{kind:<10} {right[kind]:>5} of {total[kind]:>5}  {right[kind] / total[kind]:.1%}")


if __name__ == "__main__":
    main()
