"""How well tables are read that are drawn here: each of a kind that was read wrongly, with a known truth.

Usage: python -m benchmarks.drawn_tables [--kinds short …] [--seeds FIRST LAST] [--json FILE] [--save FOLDER]

A page of each kind and seed is drawn, and read by detector and recognizer. Even seeds are looked at, odd ones are held
back. A line for each kind and half: TEDS of the best table of each page (0 where none was read), the CER without white
space of all that was read, and how many pages are without a fault. `forms` have nothing to read in their tables: there
the CER is of the words beside them, and a table need not be found.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ocr_project.bench.metrics.tables.teds import teds
from ocr_project.domain.options import LayoutOptions, RecognitionOptions
from ocr_project.domain.types import TextFormat
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.layout import build_detector, detect_all
from ocr_project.engine.metrics import score_page
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.transcript.lines import Reading
from ocr_project.engine.transcript.plain import plain_text
from ocr_project.testing import fakes

_FONTS = Path("/usr/share/fonts/truetype")
_KOREAN = ("NanumGothic.ttf", "NanumMyeongjo.ttf", "NanumBarunGothic.ttf", "NanumSquareR.ttf")
_LATIN = ("LiberationSans-Regular.ttf", "LiberationSerif-Regular.ttf")
_SHORT = re.split(
    " ",
    "구분 성별 경험 상태 건수 남 여 있음 없음 진행 검토 증감 완료 총 합계 담당 비고 계 상 하 미정 승인 보류 예 아니오",
)
_NAMES = re.split(" ", "강릉 목포 제주 순천 김해 청주 원주 여수 안동 포항 경주 전주 춘천 세종 울산")
_HEADS = re.split(" ", "지역 기관 구분 품목 연도 과목 부서 사업 예산 집행 방문 열람 비율 비고 인원 면적")
_ABOVE = "지역별 이용 현황은 다음 표에서 보는 바와 같다."  # tells the language: numbers do not
_CLAUSES = (
    "제공기관의 장은 공공데이터를 보유하고 있는 경우 이를 국민에게 제공하여야 한다.",
    "위원회는 위원장을 포함한 열다섯 명 이내의 위원으로 구성하고 임기는 두 해로 한다.",
    "신청인은 처분의 통지를 받은 날부터 삼십 일 이내에 이의를 신청할 수 있다.",
    "다만 다른 법률에 특별한 규정이 있는 경우에는 그 법률에서 정하는 바에 따른다.",
    "시장은 예산의 범위에서 필요한 비용의 전부 또는 일부를 보조할 수 있다.",
    "대통령령으로 정하는 바에 따라 업무의 일부를 소속 기관의 장에게 위임한다.",
    "정당한 사유 없이 자료의 제출을 거부한 자에게는 과태료를 부과하지 아니한다.",
    "사업자는 매년 실적을 다음 해 이월 말일까지 장관에게 보고하여야 한다.",
)
_WORDS = re.split(
    " ", "river stone garden window letter copper winter bridge record office number section market public"
)
_FILLS = ((31, 56, 100), (0, 97, 79), (120, 28, 28), (64, 64, 64), (0, 0, 0), (46, 116, 181), (88, 60, 130))
_TINTS = ((217, 226, 243), (226, 239, 218), (255, 242, 204), (221, 221, 221), (252, 228, 214))


@dataclass(frozen=True)
class Cell:
    """A cell to draw: its place in the grid, what it says, and how it looks."""

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1
    fill: tuple[int, int, int] | None = None
    ink: tuple[int, int, int] = (0, 0, 0)
    edge: tuple[int, int, int] = (0, 0, 0)
    turned: int = 0
    running: bool = False


@dataclass
class Sheet:
    """A page that is drawn, with what it says."""

    rng: random.Random
    image: Image.Image
    face: ImageFont.FreeTypeFont
    text: list[str] = field(default_factory=list)
    html: str = ""

    @property
    def size(self) -> int:
        return round(self.face.size)

    def write(self, at: tuple[float, float], text: str) -> None:
        ImageDraw.Draw(self.image).text(at, text, font=self.face, fill=(0, 0, 0))
        self.text.append(text)

    def table(self, xs: Sequence[int], ys: Sequence[int], cells: Sequence[Cell], thick: int = 2) -> None:
        """Draw a table and keep its truth: cells by row and column."""
        draw = ImageDraw.Draw(self.image)
        for cell in cells:
            if cell.fill:
                draw.rectangle(_box(xs, ys, cell), fill=cell.fill)
        rows: dict[int, list[str]] = {}
        for cell in cells:
            box = _box(xs, ys, cell)
            draw.rectangle(box, outline=cell.edge, width=thick)
            said = self._inside(cell, box)
            spans = f' rowspan="{cell.rows}"' * (cell.rows > 1) + f' colspan="{cell.columns}"' * (cell.columns > 1)
            rows.setdefault(cell.row, []).append(f"<td{spans}>{escape(said)}</td>")
            self.text.append(said)
        self.html = "<table>" + "".join(f"<tr>{''.join(rows[row])}</tr>" for row in sorted(rows)) + "</table>"

    def _inside(self, cell: Cell, box: tuple[int, int, int, int]) -> str:
        draw, (x0, y0, x1, y1) = ImageDraw.Draw(self.image), box
        if cell.turned and cell.text:
            _, _, right, bottom = self.face.getbbox(cell.text)
            strip = Image.new("L", (int(right) + 4, int(bottom) + 4), 0)
            ImageDraw.Draw(strip).text((2, 2), cell.text, font=self.face, fill=255)
            strip = strip.rotate(cell.turned, expand=True)
            at = (x0 + x1 - strip.width) // 2, (y0 + y1 - strip.height) // 2
            self.image.paste(Image.new("RGB", strip.size, cell.ink), at, strip)
        elif cell.running:
            for number, line in enumerate(wrapped(cell.text, self.face, x1 - x0 - self.size)):
                draw.text((x0 + self.size / 2, y0 + self.size * (0.5 + 1.5 * number)), line, cell.ink, self.face)
        else:
            draw.text(((x0 + x1) / 2, (y0 + y1) / 2), cell.text, cell.ink, self.face, anchor="mm")
        return cell.text


def _box(xs: Sequence[int], ys: Sequence[int], cell: Cell) -> tuple[int, int, int, int]:
    return xs[cell.column], ys[cell.row], xs[cell.column + cell.columns], ys[cell.row + cell.rows]


def wrapped(text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Wrap as Korean office documents do: between any two syllables."""
    lines = [""]
    for character in text:
        if face.getlength(lines[-1] + character) > width:
            lines.append("")
        lines[-1] += character
    return [line.strip() for line in lines]


def _steps(rng: random.Random, start: int, number: int, low: int, high: int) -> list[int]:
    found = [start]
    for _ in range(number):
        found.append(found[-1] + rng.randint(low, high))
    return found


def short(sheet: Sheet) -> None:
    """Short words and single digits, one in each cell: in Hangul there is white between vowel and final consonant."""
    rng, size = sheet.rng, sheet.size
    sheet.write((120, 60), "신청자의 현황은 다음 표와 같다.")
    columns, rows = rng.randint(3, 6), rng.randint(4, 9)
    high = rng.choice((1.8, 2.4))
    xs, ys = _steps(rng, 120, columns, 5 * size, 8 * size), [140 + round(row * high * size) for row in range(rows + 1)]
    cells = []
    for row in range(rows):
        for column in range(columns):
            say = str(rng.randint(0, 40)) if column == columns - 1 and row else rng.choice(_SHORT)
            cells.append(Cell(row, column, "" if rng.random() < 0.1 else say))
    sheet.table(xs, ys, cells)


def _numbers(rng: random.Random) -> str:
    return rng.choice((f"{rng.randint(100, 99999):,}", f"{rng.uniform(1, 99):.1f}", str(rng.randint(10, 999))))


def heads(sheet: Sheet) -> None:
    """Heads in light print on a dark ground, some of them merged, above plain rows."""
    rng, size = sheet.rng, sheet.size
    columns, rows = rng.randint(3, 5), rng.randint(3, 6)
    xs, ys = _steps(rng, 100, columns, 7 * size, 9 * size), _steps(rng, 120, rows + 2, 2 * size, 2 * size)
    fill, names = rng.choice(_FILLS), rng.sample(_HEADS, columns + 1)
    sheet.write((100, 50), _ABOVE)
    look = {"fill": fill, "ink": (255, 255, 255), "edge": rng.choice(((255, 255, 255), (0, 0, 0), fill))}
    if rng.random() < 0.5:
        cells = [Cell(0, 0, names[0], rows=2, **look), Cell(0, 1, names[-1], columns=2, **look)]
        cells += [Cell(0, column, names[column], rows=2, **look) for column in range(3, columns)]
        cells += [Cell(1, column, names[column], **look) for column in (1, 2)]
        first = 2
    else:
        cells, first = [Cell(0, column, names[column], **look) for column in range(columns)], 1
    for row in range(first, rows + first):
        cells.append(Cell(row, 0, rng.choice(_NAMES)))
        cells += [Cell(row, column, _numbers(rng)) for column in range(1, columns)]
    sheet.table(xs, ys[: rows + first + 1], cells, rng.choice((2, 3)))


def coloured(sheet: Sheet) -> None:
    """Cells, rows and columns with a ground of their own: dark first column, tinted rows, single dark cells."""
    rng, size = sheet.rng, sheet.size
    columns, rows = rng.randint(3, 5), rng.randint(4, 7)
    xs, ys = _steps(rng, 100, columns, 6 * size, 9 * size), _steps(rng, 120, rows, 2 * size, 2 * size)
    dark, tint, way = rng.choice(_FILLS), rng.choice(_TINTS), rng.choice(("column", "rows", "cells"))
    lines = rng.choice(((0, 0, 0), (255, 255, 255), (128, 128, 128)))
    cells = []
    sheet.write((100, 50), _ABOVE)
    for row in range(rows):
        for column in range(columns):
            say = rng.choice(_NAMES) if column == 0 else _numbers(rng)
            is_dark = {"column": column == 0, "rows": row == 0, "cells": rng.random() < 0.2}[way]
            ground = (
                dark
                if is_dark
                else tint
                if lines == (255, 255, 255) or (row + column * (way == "cells")) % 2
                else None
            )
            cells.append(Cell(row, column, say, fill=ground, ink=(255,) * 3 if is_dark else (0,) * 3, edge=lines))
    sheet.table(xs, ys, cells)


def forms(sheet: Sheet) -> None:
    """A blank form: a word or two, an empty table, dotted or dashed lines to write on."""
    rng, size = sheet.rng, sheet.size
    draw = ImageDraw.Draw(sheet.image)
    korean = "Nanum" in str(sheet.face.path)
    words = ("신청서", "전화번호", "주소", "서명") if korean else ("Telephone", "Application", "Address", "Signature")
    for place, word in enumerate(rng.sample(words, rng.randint(1, 3))):
        sheet.write((140, 90 + place * 3 * size), word)
    columns, rows, thick = rng.randint(3, 6), rng.randint(2, 4), rng.choice((2, 3))
    high = rng.choice((32, 48, 60))
    xs = _steps(rng, 140, columns, 90, 280)
    for row in range(rows + 1):
        draw.line((xs[0], 400 + row * high, xs[-1], 400 + row * high), fill=(0, 0, 0), width=thick)
    for x in xs:
        draw.line((x, 400, x, 400 + rows * high), fill=(0, 0, 0), width=thick)
    step, dot = rng.choice(((6, 3), (8, 3), (10, 2), (12, 7), (9, 4)))
    for y in range(780, 780 + 70 * rng.randint(1, 3), 70):
        for left, right in ((140, rng.randint(500, 700)), (900, rng.randint(1200, 1500))):
            for x in range(left, right, step):
                draw.rectangle((x, y, x + dot - 1, y + min(dot, 3) - 1), fill=(0, 0, 0))


def sideways(sheet: Sheet) -> None:
    """The first column, or its merged cells, is written from bottom to top (or from top to bottom)."""
    rng, size = sheet.rng, sheet.size
    korean = "Nanum" in str(sheet.face.path)
    columns, groups = rng.randint(2, 4), rng.randint(1, 2)
    span, way = rng.randint(4, 5), rng.choice((90, 90, 270))
    xs = [100, 100 + round(2.2 * size), *_steps(rng, 100 + 10 * size, columns - 1, 6 * size, 9 * size)]
    ys = _steps(rng, 120, groups * span, 2 * size, 2 * size)
    names = (
        ("사업 개요", "추진 실적", "예산 현황", "기관 의견")
        if korean
        else ("General", "Revenue", "Expenses", "Result")
    )
    cells = []
    for group in range(groups):
        cells.append(Cell(group * span, 0, rng.choice(names), rows=span, turned=way))
        for row in range(group * span, (group + 1) * span):
            cells.append(Cell(row, 1, rng.choice(_NAMES if korean else _WORDS)))
            cells += [Cell(row, column, _numbers(rng)) for column in range(2, columns + 1)]
    cells.sort(key=lambda cell: (cell.row, cell.column))
    sheet.write((120, 50), "부문별 실적" if korean else "Results by group")
    sheet.table(xs, ys, cells)


def beside(sheet: Sheet) -> None:
    """Two texts side by side, the old law and the new one: each is read down."""
    rng, size = sheet.rng, sheet.size
    width = rng.choice((16, 20, 24)) * size
    xs = [100, 100 + width, 100 + 2 * width]
    pairs = []
    for number in range(rng.randint(1, 3)):
        old = f"제{rng.randint(2, 40)}조(정의) " + " ".join(rng.sample(_CLAUSES, rng.randint(2, 4)))
        new = f"제{rng.randint(2, 40)}조(정의) " + " ".join(rng.sample(_CLAUSES, rng.randint(2, 4)))
        pairs.append((number, old, new))
    ys, cells = [120, 120 + 2 * size], [Cell(0, 0, "현행"), Cell(0, 1, "개정안")]
    for number, old, new in pairs:
        lines = max(len(wrapped(text, sheet.face, width - size)) for text in (old, new))
        ys.append(ys[-1] + round(size * (1.5 * lines + 0.5)))
        cells += [Cell(number + 1, 0, old, running=True), Cell(number + 1, 1, new, running=True)]
    sheet.table(xs, ys, cells)


def latin(sheet: Sheet) -> None:
    """A ruled table in English: words, numbers, an empty cell here and there."""
    rng, size = sheet.rng, sheet.size
    sheet.write((120, 60), "The table below shows the results of the survey in each region.")
    columns, rows = rng.randint(3, 5), rng.randint(4, 8)
    xs, ys = _steps(rng, 120, columns, 7 * size, 10 * size), _steps(rng, 140, rows, 2 * size, 2 * size)
    cells = []
    for row in range(rows):
        for column in range(columns):
            words = " ".join(rng.sample(_WORDS, rng.randint(1, 2))).capitalize()
            say = (
                words if column == 0 or not row else rng.choice((_numbers(rng), "Yes", "No", "n/a", words.split()[0]))
            )
            cells.append(Cell(row, column, "" if rng.random() < 0.1 else say))
    sheet.table(xs, ys, cells)


KINDS: dict[str, tuple[Callable[[Sheet], None], tuple[str, ...]]] = {
    "short": (short, _KOREAN),
    "heads": (heads, _KOREAN),
    "coloured": (coloured, _KOREAN),
    "forms": (forms, (*_LATIN, *_KOREAN[:2])),
    "sideways": (sideways, (*_KOREAN[:2], *_LATIN)),
    "beside": (beside, _KOREAN),
    "latin": (latin, _LATIN),
}


def draw(kind: str, seed: int) -> Sheet:
    """Draw a page at 200 dpi."""
    rng = random.Random(f"{kind} {seed}")
    way, faces = KINDS[kind]
    face = rng.choice(faces)
    folder = "nanum" if face.startswith("Nanum") else "liberation"
    sheet = Sheet(
        rng,
        Image.new("RGB", (1654, 1400), "white"),
        ImageFont.truetype(str(_FONTS / folder / face), rng.randint(24, 36)),
    )
    way(sheet)
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument(
        "--seeds", nargs=2, type=int, default=(0, 12), help="from the first to the one before the last"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--save", type=Path, help="folder for the pages and what was read")
    options = parser.parse_args()
    detector, recognizer = build_detector(LayoutOptions()), build_recognizer(RecognitionOptions())
    results = {}
    for kind in options.kinds:
        for seed in range(*options.seeds):
            sheet = draw(kind, seed)
            pixels = np.asarray(sheet.image)
            page = fakes.page(image=encode(pixels), width=pixels.shape[1], height=pixels.shape[0], dpi=200.0)
            (regions,) = detect_all(detector, [page])
            read = recognizer.recognize(page, regions)
            tables = [one.text for one in read if one.format is TextFormat.HTML]
            text = plain_text([Reading(region, one) for region, one in zip(regions, read, strict=True)])
            counts = score_page("\n".join(filter(None, sheet.text)), text)["cer_no_space"]
            score = max((teds(sheet.html, table) for table in tables), default=0.0) if sheet.html else 1.0
            results[f"{kind} {seed}"] = (score, counts.numerator, counts.denominator)
            if options.save:
                sheet.image.save(options.save / f"{kind}_{seed}.png", dpi=(200, 200))
                (options.save / f"{kind}_{seed}.txt").write_text(f"{sheet.html}\n{sheet.text}\n\n{tables}\n{text}\n")
        for half, name in enumerate(("looked at", "held back")):
            own = [results[f"{kind} {seed}"] for seed in range(*options.seeds) if seed % 2 == half]
            print(f"{kind:<9} {name} {len(own):>3} pages  {_figures(own)}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


def _figures(own: Sequence[tuple[float, int, int]]) -> str:
    mean = sum(score for score, _, _ in own) / max(1, len(own))
    wrong, letters = sum(wrong for _, wrong, _ in own), sum(letters for _, _, letters in own)
    whole = sum(score > 0.999 and not wrong for score, wrong, _ in own)
    return f"TEDS {mean:.3f}  CER {wrong / max(1, letters):7.2%}  without a fault {whole}"


if __name__ == "__main__":
    main()
