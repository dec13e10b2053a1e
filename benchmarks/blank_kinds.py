"""Lines to fill in, and what looks like them, as seeded drawings: blanks are text, drawn lines are not.

Usage: python -m benchmarks.blank_kinds [--kinds NAME ...] [--half shown|held|both] [--seeds 12] [--keep FOLDER]

`form`, `signatures` and `sides` have blanks: the CER without white space is printed, and how many underscores of how
many were written. `underlined`, `rules`, `grid` and `open_table` have lines, and no blanks: each underscore is one too
many. Rules were made by even seeds; odd ones (`held`) were only scored. See docs/log.md for the figures.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.page_kinds import FACES, PRINT, Drawn, Job, image_file, print_font, to_pages
from PIL import Image, ImageDraw, ImageFont

from ocr_project.engine.metrics import Counts, score_page

_FIELDS = {
    "ru": ("Фамилия", "Имя, отчество", "Адрес", "Телефон", "Паспорт серия", "выдан", "Должность", "на основании"),
    "ko": ("성명", "주소", "전화번호", "생년월일", "소속 기관", "신청 사유", "금액", "담당자"),
    "en": ("Name", "Address", "Telephone", "Passport No.", "issued by", "Position", "Amount due", "Reason"),
}
_PARTIES = {"ru": ("ЗАКАЗЧИК:", "ИСПОЛНИТЕЛЬ:"), "ko": ("발주자:", "수급인:"), "en": ("BUYER:", "SELLER:")}
_SIGNED = {"ru": ("М.П.", "г.", "(подпись)"), "ko": ("(인)", "년", "(서명)"), "en": ("L.S.", "y.", "(signature)")}
_NAMES = {"ru": ("Иванов И.И.", "Петрова А.С."), "ko": ("김철수", "이영희"), "en": ("J. Smith", "A. Jones")}
_TITLES = {
    "ru": ("Общие положения", "Порядок расчетов", "Ответственность сторон"),
    "ko": ("제1조 목적", "제2조 대금 지급", "제3조 책임"),
    "en": ("General terms", "Payment", "Liability of the parties"),
}


@dataclass
class Form:
    """A page of print with room below it for what the kind draws."""

    dice: random.Random
    language: str
    font: ImageFont.FreeTypeFont
    size: int
    image: Image.Image
    draw: ImageDraw.ImageDraw
    top: int
    lines: list[str]

    def write(self, x: float, text: str, *, step: float = 1.6) -> None:
        """Write a line and go to the next."""
        self.draw.text((x, self.top), text, font=self.font, fill=0)
        self.lines.append(text)
        self.top += round(step * self.size)

    def cut(self, text: str, most: int = 1380) -> str:
        """Return the words of a text that a line has room for."""
        while self.font.getlength(text) > most:
            text = text.rsplit(" ", 1)[0]
        return text

    def done(self) -> Drawn:
        image = self.image.crop((0, 0, self.image.width, min(self.image.height, self.top + 120)))
        turn = self.dice.choice((0.0, 0.0, 0.3, -0.4))
        if turn:
            image = image.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)
        if self.dice.random() < 0.4:
            noise = np.random.default_rng(self.dice.randrange(1 << 30)).normal(0, 7, (image.height, image.width))
            image = Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
        return Drawn(image_file(image), "\n".join(self.lines))


def page(seed: int) -> Form:
    """Draw some lines of print; language, font and size by the seed."""
    dice = random.Random(seed * 104729 + 7)
    language = ("ru", "ko", "ru", "en")[seed // 2 % 4]
    size = dice.choice((24, 28, 34, 42))
    font = print_font(dice.choice(FACES[language]), size)
    image = Image.new("L", (1654, 2600), 255)
    form = Form(dice, language, font, size, image, ImageDraw.Draw(image), 120, [])
    words = PRINT[language].split()
    for _ in range(dice.randrange(4, 8)):
        line = words.pop(0)
        while words and font.getlength(f"{line} {words[0]}") < 1380:
            line += f" {words.pop(0)}"
        words = words if len(words) > 20 else words + PRINT[language].split()
        form.write(130, line)
    form.top += size
    return form


def form(seed: int) -> Drawn:
    """Fields with a blank behind each, some with two, some that go on in a second line."""
    one = page(seed)
    for field in one.dice.sample(_FIELDS[one.language], 5):
        most = int((1380 - one.font.getlength(field + ": ")) / one.font.getlength("_"))
        kind = one.dice.randrange(4)
        if kind == 0:
            one.write(130, f"{field} {'_' * one.dice.randrange(4, 12)} {field} {'_' * one.dice.randrange(4, 9)}")
        else:
            one.write(130, f"{field}: {'_' * (most if kind == 1 else one.dice.randrange(6, most))}", step=1.8)
        if kind == 1:
            one.write(130, "_" * int(1380 / one.font.getlength("_")), step=1.9)
    one.write(130, one.cut(PRINT[one.language]))
    return one.done()


def signatures(seed: int) -> Drawn:
    """Who signs: a blank, a name, what belongs on the blank in small print below it; and a date."""
    one = page(seed)
    small = print_font(one.dice.choice(FACES[one.language]), round(0.6 * one.size))
    for name in _NAMES[one.language]:
        head, blank = one.dice.choice(_FIELDS[one.language]), "_" * one.dice.randrange(10, 24)
        start = 130 + one.font.getlength(head + " ")
        one.write(130, f"{head} {blank} {one.dice.choice(('', '/ '))}{name}", step=1.25)
        if one.dice.random() < 0.7:
            below = _SIGNED[one.language][2]
            middle = start + (one.font.getlength(blank) - small.getlength(below)) / 2
            one.draw.text((middle, one.top), below, font=small, fill=0)
            one.lines.append(below)
        one.top += round(1.5 * one.size)
    one.write(130, f"«___» {'_' * one.dice.randrange(6, 14)} 20__ {_SIGNED[one.language][1]}")
    return one.done()


def sides(seed: int) -> Drawn:
    """Two blocks of signatures side by side, which are read one after the other."""
    one = page(seed)
    blank, name = "_" * one.dice.randrange(10, 16), "_" * one.dice.randrange(8, 13)
    rows = [f"{blank} /{name}/", f"«___» {'_' * one.dice.randrange(5, 9)} 20__ {_SIGNED[one.language][1]}"]
    rows.append(_SIGNED[one.language][0])
    size = one.size if one.font.getlength(rows[0]) < 640 else round(one.size * 640 / one.font.getlength(rows[0]))
    one.font = one.font.font_variant(size=size)
    top, lowest = one.top, one.top
    for x, head in zip((130, 870), _PARTIES[one.language], strict=True):
        one.top = top
        one.write(x, head, step=one.dice.choice((2.0, 2.6)))
        for row in rows:
            one.write(x, row, step=1.7)
        lowest = max(lowest, one.top)
    one.top = lowest
    return one.done()


def underlined(seed: int) -> Drawn:
    """Titles and words with a line below them."""
    one = page(seed)
    for title in _TITLES[one.language]:
        x = one.dice.choice((130, 400))
        y = one.top + round(one.size * one.dice.choice((1.1, 1.2, 1.3)))
        longer = one.dice.choice((0, 0, one.size))
        one.draw.line((x, y, x + one.font.getlength(title) + longer, y), fill=0, width=one.dice.choice((1, 2, 3)))
        one.write(x, title)
        one.write(130, one.cut(PRINT[one.language]))
    return one.done()


def rules(seed: int) -> Drawn:
    """A rule below a running head, one between paragraphs, one above footnotes."""
    one = page(seed)
    one.draw.line((130, 105, 1520, 105), fill=0, width=2)
    for width in (1390, 460):
        one.draw.line((130, one.top, 130 + width, one.top), fill=0, width=one.dice.choice((1, 2)))
        one.top += round(one.dice.choice((0.3, 0.6)) * one.size)
        one.write(130, one.cut(PRINT[one.language]))
        one.write(130, one.cut(PRINT[one.language][70:].strip()), step=2.2)
    return one.done()


def grid(seed: int) -> Drawn:
    """A ruled table, some of whose cells are empty."""
    return _table(page(seed), upright=True)


def open_table(seed: int) -> Drawn:
    """A table of level lines alone, some of whose cells are empty."""
    return _table(page(seed), upright=False)


def _table(one: Form, *, upright: bool) -> Drawn:
    xs, height = (130, 600, 900, 1200, 1520), round(one.dice.choice((1.5, 1.7, 2.1)) * one.size)
    fields = list(_FIELDS[one.language])
    top = one.top
    for row in range(5):
        cells = [fields[row], *(str(one.dice.randrange(10, 999)) if one.dice.random() < 0.7 else "" for _ in range(3))]
        one.draw.line((xs[0], one.top, xs[-1], one.top), fill=0, width=2)
        for x, text in zip(xs, cells, strict=False):
            one.draw.text((x + 12, one.top + (height - 1.25 * one.size) / 2), text, font=one.font, fill=0)
        one.lines.append(" ".join(filter(None, cells)))
        one.top += height
    one.draw.line((xs[0], one.top, xs[-1], one.top), fill=0, width=2)
    for x in xs if upright else ():
        one.draw.line((x, top, x, one.top), fill=0, width=2)
    return one.done()


KINDS: dict[str, Callable[[int], Drawn]] = {
    one.__name__: one for one in (form, signatures, sides, underlined, rules, grid, open_table)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--half", choices=("shown", "held", "both"), default="both")
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--keep", type=Path, help="folder for the drawings and what was read of them")
    options = parser.parse_args()
    job = Job()
    for kind in options.kinds:
        total, written, drawn_blanks, pages = Counts(0, 0), 0, 0, 0
        for seed in range(options.seeds):
            if options.half != "both" and (options.half == "held") != bool(seed % 2):
                continue
            drawn = KINDS[kind](seed)
            text, _ = job.read(to_pages(drawn))
            counts = score_page(drawn.truth, text)["cer_no_space"]
            total, pages = total + counts, pages + 1
            written, drawn_blanks = written + text.count("_"), drawn_blanks + drawn.truth.count("_")
            print(
                f"  {kind} {seed:>2} CER {counts.rate:7.2%}, {text.count('_')} of {drawn.truth.count('_')}", flush=True
            )
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{kind}_{seed:02}.png").write_bytes(drawn.image)
                (options.keep / f"{kind}_{seed:02}.txt").write_text(f"{text}\n--- truth\n{drawn.truth}\n")
        print(f"{kind:>10} {pages} pages, CER {total.rate:.2%}, {written} underscores of {drawn_blanks}", flush=True)


if __name__ == "__main__":
    main()
