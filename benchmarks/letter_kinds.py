"""Pages of few or strange letters, as seeded drawings: which way up they are, and what script they are in.

Usage: python -m benchmarks.letter_kinds [--kinds NAME ...] [--half shown|held|both] [--seeds 12]

`few` is a page of two to thirteen Korean words, `fax` a page that was turned before it was sent, so that its pixels
are not square and it lies on its side or upside down; `attorney` a Korean power of attorney: a wide-set title,
short labels, blanks, names in Latin letters, all in a table or free. A page counts as read where its CER without white
space and underscores is 15 % or less. Rules were made by even seeds; odd ones (`held`) were only scored.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

import numpy as np
from benchmarks.page_kinds import FACES, PRINT, Drawn, Job, image_file, print_font, sheet, to_pages
from PIL import Image, ImageDraw

from ocr_project.engine.metrics import Counts, score_page

_READ = 0.15
_LABELS = (
    ("상 호", ("(주)ABC Tech", "대한건설(주)", "SK Engineering")),
    ("사업자등록번호", ("123-45-67890", "210-81-00012")),
    ("대표자", ("김 영 수", "이 정 민", "John Kim")),
    ("성 명", ("박 지 훈", "최 은 서")),
    ("생년월일", ("1975. 03. 12.", "1980-11-02")),
    ("주 소", ("서울시 중구 세종대로 110", "부산광역시 해운대구")),
    ("직 위", ("과장", "대리", "Manager")),
    ("연락처", ("02-123-4567", "010-9876-5432")),
)
_PURPOSE = (
    "위 사람을 대리인으로 정하고 아래 입찰에 관한 일체의 권한을 위임합니다.",
    "상기인을 본 입찰의 대리인으로 선임하고 위임장을 제출합니다.",
)


def _turned(image: Image.Image, quarters: int) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(np.rot90(np.asarray(image), quarters)))


def few(seed: int) -> Drawn:
    """Few Korean words; every second page is upside down."""
    dice = random.Random(seed * 31337 + 5)
    size = dice.choice((28, 34, 42, 60))
    font = print_font(dice.choice(FACES["ko"]), size)
    image = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(image)
    words = PRINT["ko"].split()
    count, start = dice.randrange(2, 14), dice.randrange(len(words))
    y, x, lines = dice.randrange(100, 1300), dice.choice((100, 300)), [""]
    for word in (words[start:] + words[:start])[:count]:
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > 900:
            lines.append(word)
        else:
            lines[-1] = longer
    for row, line in enumerate(lines):
        draw.text((x, y + row * int(1.7 * size)), line, font=font, fill=0)
    return Drawn(image_file(_turned(image, dice.choice((0, 2)))), "\n".join(lines))


def fax(seed: int) -> Drawn:
    """A page that was turned before it was sent as a fax; languages by the seed."""
    dice = random.Random(seed * 77 + 1)
    one = sheet(seed, leading=2.0)
    down, quarters = dice.choice((98, 98, 98, 196, 391)), dice.choice((1, 3, 1, 3, 2, 0))
    turned = _turned(one.image.convert("L"), quarters)
    size = turned.width, round(turned.height * down / 204)
    bilevel = turned.resize(size, Image.Resampling.LANCZOS).convert("1", dither=Image.Dither.NONE)
    return Drawn(image_file(bilevel, "TIFF", dpi=(204, down), compression="group4"), "\n".join(one.lines))


def attorney(seed: int) -> Drawn:
    """A power of attorney of a tender."""
    dice = random.Random(seed * 6151 + 3)
    size = dice.choice((24, 28, 34))
    face = dice.choice(FACES["ko"])
    font, title = print_font(face, size), print_font(face, round(2.2 * size))
    image = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(image)
    head = dice.choice(("위   임   장", "위 임 장", "(위임장) Power of Attorney"))
    draw.text(((1240 - title.getlength(head)) / 2, 120), head, font=title, fill=0)
    lines, y, step = [head], 300, round(dice.choice((1.8, 2.4)) * size)
    in_table = dice.random() < 0.5
    top = y - round(0.5 * size)
    for label, values in dice.sample(_LABELS, dice.randrange(3, 7)):
        value = dice.choice(values) if dice.random() < 0.7 else "" if in_table else "_" * 14
        draw.text((130, y), label if in_table else f"{label} :", font=font, fill=0)
        draw.text((430, y), value, font=font, fill=0)
        lines.append(f"{label}{'' if in_table else ' :'} {value}".strip())
        if in_table:
            draw.line((110, y - round(0.5 * size), 1130, y - round(0.5 * size)), fill=0, width=2)
        y += step
    if in_table:
        bottom = y - round(0.5 * size)
        draw.line((110, bottom, 1130, bottom), fill=0, width=2)
        for x in (110, 410, 1130):
            draw.line((x, top, x, bottom), fill=0, width=2)
    if dice.random() < 0.5:
        y += step
        lines.append(dice.choice(_PURPOSE))
        draw.text((130, y), lines[-1], font=font, fill=0)
    y += 2 * step
    for line in ("20   년   월   일", "위임자        (인)", "귀하"):
        draw.text((600, y), line, font=font, fill=0)
        lines.append(line)
        y += step
    return Drawn(image_file(image), "\n".join(lines))


KINDS: dict[str, Callable[[int], Drawn]] = {one.__name__: one for one in (few, fax, attorney)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--half", choices=("shown", "held", "both"), default="both")
    parser.add_argument("--seeds", type=int, default=12)
    options = parser.parse_args()
    job = Job()
    for kind in options.kinds:
        total, rates, started = Counts(0, 0), list[float](), time.process_time()
        for seed in range(options.seeds):
            if options.half != "both" and (options.half == "held") != bool(seed % 2):
                continue
            drawn = KINDS[kind](seed)
            text, reason = job.read(to_pages(drawn))
            counts = score_page(drawn.truth.replace("_", ""), text.replace("_", ""))["cer_no_space"]
            total = total + counts
            rates.append(counts.rate)
            print(f"  {kind} {seed:>2} CER {counts.rate:7.2%} {reason[:90]}", flush=True)
        read = sum(rate <= _READ for rate in rates)
        seconds = (time.process_time() - started) / max(1, len(rates))
        print(f"{kind:>10} {read} of {len(rates)} read, CER {total.rate:.2%}, {seconds:.2f} s a page", flush=True)


if __name__ == "__main__":
    main()
