"""Kinds of page images on which layout and recognition fail, as seeded drawings: a line for each of them.

Usage: python -m benchmarks.page_kinds [--kinds NAME ...] [--half shown|held|both] [--first 0] [--seeds 12] [--keep X]

Each kind is drawn with other strengths, angles, fonts, sizes and languages by each seed. Of seeds 0 to 11 even ones
are the half that rules were made by (`shown`), odd ones (`held`) were scored first and looked at after; seeds from 12
on were only scored. `plain` is the same page without the fault: what the recognizer makes of the print alone.

Scored is the CER without white space (`engine/metrics`); a page counts as read where it is 5 % or less. Pages whose
transcript has a reason are counted, too. See docs/log.md for the figures.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ocr_project.domain.options import (
    IngestOptions,
    LayoutOptions,
    RecognitionOptions,
    TesseractOptions,
    TranscriptOptions,
)
from ocr_project.domain.types import Page
from ocr_project.engine.ingest.images import count_pages, read_pages
from ocr_project.engine.ingest.rendered_page import Picture
from ocr_project.engine.layout import build_detector
from ocr_project.engine.metrics import Counts, score_page
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.transcript.assemble import assemble
from ocr_project.testing import fakes

_READ = 0.05
_FONTS = Path("/usr/share/fonts/truetype")
FACES = {
    "ko": ("nanum/NanumGothic", "nanum/NanumMyeongjo", "nanum/NanumBarunGothic", "nanum/NanumSquareR"),
    "en": ("dejavu/DejaVuSans", "dejavu/DejaVuSerif", "liberation/LiberationSans-Regular"),
    "ru": ("dejavu/DejaVuSans", "dejavu/DejaVuSerif", "liberation/LiberationSerif-Regular"),
}
PRINT = {
    "ko": "이 규정은 청사의 출입과 보안에 필요한 사항을 정한다. 방문자는 안내소에서 이름을 적고 출입증을 받는다. "
    "회의실은 하루 전에 신청하며 사용한 뒤에는 정리한다. 예산은 모두 7억 2천만 원이고 지난해보다 9퍼센트 늘었다. "
    "담당자는 매달 셋째 주까지 결과를 보고한다. 기록물은 온도와 습도를 지키는 서고에 보존한다. "
    "위원은 열두 사람이며 임기는 2년이다. ",
    "en": "The library keeps its records in a dry room on the second floor. Visitors write their names in the book at "
    "the desk and receive a card. The budget rose by 9 percent to 720 million, and the council agreed to it in March. "
    "Each department sends its report before the third week of the month. Twelve members serve for two years. ",
    "ru": "Настоящие правила определяют порядок работы архива и читального зала. Посетитель записывает имя в журнал и "
    "получает пропуск. Расходы выросли на 9 процентов и составили 720 миллионов рублей. Каждый отдел направляет отчет "
    "до конца месяца. В совет входят двенадцать человек, срок их полномочий два года. ",
}
_MARKS = {
    "ko": ("대외비", "열람용", "사본", "무단복제금지"),
    "en": ("COPY", "DRAFT", "CONFIDENTIAL"),
    "ru": ("КОПИЯ", "ОБРАЗЕЦ"),
}
_ENTRIES = {
    "ko": (
        "제1장 총칙",
        "제2장 조직과 운영",
        "가. 사업의 배경",
        "나. 추진 일정",
        "제3장 예산",
        "부록",
        "참고 문헌",
        "별표 목록",
    ),
    "en": ("Introduction", "Methods of work", "Results by region", "Costs", "Appendix A", "List of tables", "Index"),
    "ru": ("Введение", "Порядок работы", "Итоги по отделам", "Расходы", "Приложение", "Список таблиц", "Указатель"),
}


@dataclass(frozen=True)
class Drawn:
    """A page as it comes in a file, and what it says."""

    image: bytes
    truth: str


@dataclass(frozen=True)
class Sheet:
    """A page of print before anything has gone wrong with it."""

    dice: random.Random
    language: str
    face: str
    size: int
    image: Image.Image
    lines: list[str]
    tops: list[int]

    def font(self, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
        return print_font(self.face, size, bold=bold)


def print_font(face: str, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    stem = face.removesuffix("-Regular").removesuffix("SquareR")
    heavy = [_FONTS / f"{stem}{end}.ttf" for end in ("Bold", "-Bold", "SquareB")]
    files = [path for path in heavy if bold and path.is_file()]
    return ImageFont.truetype(str(files[0] if files else _FONTS / f"{face}.ttf"), size)


def sheet(seed: int, *, paper: object = "white", print_in: object = "black", leading: float = 0.0) -> Sheet:
    """Draw a page of print; language, font, size and leading by the seed."""
    dice = random.Random(seed * 7919 + 13)
    language = ("ko", "en", "ko", "ru")[seed // 2 % 4]
    face = dice.choice(FACES[language])
    size = dice.choice((24, 28, 32, 36, 40, 44))
    font = print_font(face, size)
    width, margin = 1654, 130
    words = PRINT[language].split()
    start = dice.randrange(len(words))
    words = (words[start:] + words[:start]) * 3
    lines: list[str] = []
    count = dice.randrange(7, 16)
    while len(lines) < count:
        line = words.pop(0)
        while words and font.getlength(f"{line} {words[0]}") < width - 2 * margin:
            line += f" {words.pop(0)}"
        lines.append(line)
        if len(words) < 30:
            words += PRINT[language].split()
    step = round(size * (leading or dice.choice((1.5, 1.7, 2.0, 2.4))))
    image = Image.new("RGB", (width, 2 * margin + step * count), paper)  # type: ignore[arg-type]
    draw = ImageDraw.Draw(image)
    tops = [margin + row * step for row in range(count)]
    for top, line in zip(tops, lines, strict=True):
        draw.text((margin, top), line, font=font, fill=print_in)  # type: ignore[arg-type]
    return Sheet(dice, language, face, size, image, lines, tops)


def image_file(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **({"dpi": (200, 200)} | more))
    return stream.getvalue()


def _done(page: Sheet, image: Image.Image, kind: str = "PNG", **more: object) -> Drawn:
    return Drawn(image_file(image, kind, **more), "\n".join(page.lines))


def plain(seed: int) -> Drawn:
    page = sheet(seed)
    return _done(page, page.image.convert("L"))


def watermark(seed: int) -> Drawn:
    """Pale letters across the print: large once, or small and many times; above or below it."""
    page = sheet(seed)
    dice, image = page.dice, page.image.convert("RGBA")
    tone, alpha = dice.randrange(90, 170), dice.randrange(70, 130)
    colour = dice.choice(((tone, tone, tone), (200, 60, 60), (60, 80, 200)))
    word = dice.choice(_MARKS[page.language])
    mark = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(mark)
    if dice.random() < 0.3:
        font = page.font(dice.randrange(60, 100), bold=True)
        for y in range(-200, image.height + 200, 260):
            for x in range(-200, image.width + 200, 520):
                draw.text((x + y // 3 % 200, y), word, font=font, fill=(*colour, alpha))
    else:
        size = dice.randrange(140, 260)
        font = page.font(min(size, int(size * 1100 / (font_length(page, word, size) or 1))), bold=True)
        where = (image.width - font.getlength(word)) / 2, image.height / 2 - font.size / 2
        draw.text(where, word, font=font, fill=(*colour, alpha))
    mark = mark.rotate(dice.choice((0, 20, 30, 35, 45, 52, -30)))
    if dice.random() < 0.5:
        image = Image.alpha_composite(image, mark)
    else:
        printed = np.asarray(page.image)
        under = np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), mark).convert("RGB"))
        image = Image.fromarray(np.minimum(printed, under))
    if dice.random() < 0.3:
        return _done(page, image.convert("RGB"), "JPEG", quality=85)
    return _done(page, image.convert(dice.choice(("L", "RGB"))))


def font_length(page: Sheet, word: str, size: int) -> float:
    return page.font(size, bold=True).getlength(word)


def shadow(seed: int) -> Drawn:
    """A photograph: a shadow from a side or a corner, or of a round thing; soft or rather hard; warm light, noise."""
    page = sheet(seed)
    dice = page.dice
    pixels = np.asarray(page.image).astype(np.float32)
    rows, columns = np.mgrid[0 : page.image.height, 0 : page.image.width].astype(np.float32)
    dark, soft = dice.uniform(0.3, 0.6), dice.uniform(25, 160)
    if dice.random() < 0.7:
        angle = dice.uniform(0, 2 * np.pi)
        along = (columns - page.image.width * dice.uniform(0.35, 0.65)) * np.cos(angle)
        along += (rows - page.image.height * dice.uniform(0.35, 0.65)) * np.sin(angle)
    else:
        x, y = page.image.width * dice.uniform(0, 1), page.image.height * dice.uniform(0, 1)
        along = np.hypot(columns - x, rows - y) - dice.uniform(300, 600)
    light = dark + (1 - dark) / (1 + np.exp(-along / soft))
    noise = np.random.default_rng(seed).normal(0, dice.uniform(1, 6), pixels.shape)
    tint = np.array([1, dice.uniform(0.94, 1), dice.uniform(0.84, 1)])
    photo = np.clip(pixels * dice.uniform(0.85, 1) * light[..., None] * tint + noise, 0, 255).astype(np.uint8)
    image = Image.fromarray(photo).filter(ImageFilter.GaussianBlur(dice.uniform(0.4, 1.0)))
    return _done(page, image, "JPEG", quality=dice.randrange(70, 92))


def dark(seed: int) -> Drawn:
    """White or coloured print on a dark page, some with a lighter band or frame."""
    dice = random.Random(seed)
    paper = dice.choice(("#101020", "#000000", "#0b3d2e", "#1a237e", "#4a1020", "#303030"))
    light = dice.choice(("#ffffff", "#f0f0f0", "#ffe680", "#cfe8ff"))
    page = sheet(seed, paper=paper, print_in=light, leading=dice.choice((0, 1.8, 2.0, 2.0)))
    if dice.random() < 0.3:
        ImageDraw.Draw(page.image).rectangle(
            (40, 40, page.image.width - 40, page.image.height - 40), outline="white", width=3
        )
    if dice.random() < 0.4:
        return _done(page, page.image, "JPEG", quality=85)
    return _done(page, page.image)


def leaders(seed: int) -> Drawn:
    """A page of contents: dots of one pitch to a number at the right edge; levels, sizes and dots by the seed."""
    page = sheet(seed)
    dice = page.dice
    size = page.size
    entries = list(_ENTRIES[page.language])
    dice.shuffle(entries)
    step = round(size * dice.uniform(1.5, 2.8))
    image = Image.new("L", (1654, 300 + step * len(entries)), 255)
    draw, font = ImageDraw.Draw(image), page.font(size)
    dot, pitch = dice.choice((".", ".", "·", "…")), dice.uniform(0.28, 0.75)
    number, lines = 1, []
    right = 1654 - dice.randrange(120, 300)
    for row, entry in enumerate(entries):
        y, left = 150 + row * step, 130 + dice.choice((0, 0, size))
        draw.text((left, y), entry, font=font, fill=0)
        last = right - font.getlength(str(number))
        draw.text((last, y), str(number), font=font, fill=0)
        x = left + font.getlength(entry) + 0.4 * size
        while x < last - size * 0.4 - font.getlength(dot) / 2:
            draw.text((x, y), dot, font=font, fill=0)
            x += max(pitch * size, font.getlength(dot)) if dot == "…" else pitch * size
        lines.append(f"{entry} … {number}")
        number += dice.randrange(2, 30)
    return Drawn(image_file(image), "\n".join(lines))


def fax(seed: int) -> Drawn:
    """A fax as TIFF: bilevel, 204 dots across and 98 (or 196, or 391) down an inch."""
    page = sheet(seed, leading=2.0)
    down = page.dice.choice((98, 98, 98, 391))
    size = page.image.width, round(page.image.height * down / 204)
    bilevel = page.image.convert("L").resize(size, Image.Resampling.LANCZOS).convert("1", dither=Image.Dither.NONE)
    return _done(page, bilevel, "TIFF", dpi=(204, down), compression="group4")


def strip(seed: int) -> Drawn:
    """A strip: many screens of a page one below the other."""
    page = sheet(seed)
    times = page.dice.randrange(10, 26)
    image = Image.new("L", (page.image.width, page.image.height * times), 255)
    for turn in range(times):
        image.paste(page.image.convert("L"), (0, turn * page.image.height))
    return Drawn(image_file(image), "\n".join(page.lines * times))


def underline(seed: int) -> Drawn:
    """Lines under some words, which touch or cut the feet of the letters."""
    page = sheet(seed)
    dice, draw = page.dice, ImageDraw.Draw(page.image)
    font = page.font(page.size)
    for top, line in zip(page.tops, page.lines, strict=True):
        words = line.split(" ")
        if dice.random() < 0.25:
            continue
        first = dice.randrange(len(words))
        last = dice.randrange(first, len(words))
        left = 130 + font.getlength(" ".join(words[:first]) + (" " if first else ""))
        right = 130 + font.getlength(" ".join(words[: last + 1]))
        bottom = top + font.getmetrics()[0] + round(page.size * dice.choice((0.0, 0.04, 0.08, 0.14)))
        draw.line((left, bottom, right, bottom), fill=0, width=max(1, page.size // 14))
    return _done(page, page.image.convert("L"))


def title(seed: int) -> Drawn:
    """A title of two or three lines, set tight, above the print."""
    page = sheet(seed)
    dice = page.dice
    size = round(page.size * dice.uniform(1.6, 2.6))
    font = page.font(size, bold=True)
    words = PRINT[page.language].split()
    heads = [" ".join(words[place * 3 : place * 3 + 3]) for place in range(dice.choice((2, 2, 3)))]
    step = round(size * dice.uniform(0.95, 1.15))
    image = Image.new("L", (page.image.width, page.image.height + step * (len(heads) + 1)), 255)
    image.paste(page.image.convert("L"), (0, step * (len(heads) + 1)))
    for row, head in enumerate(heads):
        left = (image.width - font.getlength(head)) / 2
        ImageDraw.Draw(image).text((left, 60 + row * step), head, font=font, fill=0)
    return Drawn(image_file(image), "\n".join(heads + page.lines))


def vertical(seed: int) -> Drawn:
    """Korean from top to bottom, columns from right to left. It is not read: counted is the reason."""
    dice = random.Random(seed)
    font = print_font(dice.choice(FACES["ko"]), dice.choice((32, 40, 48)))
    pitch, text = font.size * dice.uniform(1.05, 1.25), "".join(PRINT["ko"].split()).replace(".", "")
    image = Image.new("L", (1240, 1500), 255)
    draw, lines = ImageDraw.Draw(image), []
    x, rows = 1240 - 120 - font.size, int(1260 / pitch)
    while x > 120:
        line, text = text[:rows], text[rows:] + text[:rows]
        for row, letter in enumerate(line):
            draw.text((x, 120 + row * pitch), letter, font=font, fill=0)
        lines.append(line)
        x -= font.size * dice.uniform(1.5, 1.9)
    return Drawn(image_file(image), "\n".join(lines))


KINDS: dict[str, Callable[[int], Drawn]] = {
    one.__name__: one for one in (plain, watermark, shadow, dark, leaders, fax, strip, underline, title, vertical)
}


class Job:
    """The laptop's layout, recognition and transcript, as a run has them."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._detector = build_detector(LayoutOptions())
        self._recognizer = build_recognizer(RecognitionOptions(tesseract=TesseractOptions()))

    def read(self, pages: Iterable[Page]) -> tuple[str, str]:
        """Return the text of pages, and the reasons that their transcripts give."""
        texts, reasons = [], []
        for page in pages:
            (regions,) = self._detector.detect([page])
            found = assemble(page, regions, self._recognizer.recognize(page, regions), TranscriptOptions())
            texts.append(found.text)
            reasons.append(found.reason)
        return "\n".join(texts), "; ".join(filter(None, reasons))


def to_pages(drawn: Drawn) -> Iterator[Page]:
    """Yield the pages of a drawing as ingest makes them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"drawn.{_ending(drawn.image)}"
        path.write_bytes(drawn.image)
        options = IngestOptions()
        for number, one in enumerate(read_pages(path, 1, count_pages(path, options), options), 1):
            if not isinstance(one, Picture):
                raise one
            yield fakes.page(number, image=one.image, width=one.width, height=one.height, dpi=one.dpi)


def variants(kind: str, half: str, first: int, seeds: int) -> Iterator[tuple[int, Drawn]]:
    for seed in range(first, first + seeds):
        if half == "both" or (half == "held") == bool(seed % 2):
            yield seed, KINDS[kind](seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--half", choices=("shown", "held", "both"), default="both")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--keep", type=Path, help="folder for the drawings and what was read of them")
    options = parser.parse_args()
    job = Job()
    for kind in options.kinds:
        cers: list[float] = []
        reasons, total, started = 0, Counts(0, 0), time.process_time()
        for seed, drawn in variants(kind, options.half, options.first, options.seeds):
            text, reason = job.read(to_pages(drawn))
            counts = score_page(drawn.truth, text)["cer_no_space"]
            total, reasons = total + counts, reasons + bool(reason)
            cers.append(counts.rate)
            print(f"  {kind} {seed:>2} CER {counts.rate:7.2%} {reason[:90]}", flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{kind}_{seed:02}.{_ending(drawn.image)}").write_bytes(drawn.image)
                (options.keep / f"{kind}_{seed:02}.txt").write_text(f"{text}\n--- truth\n{drawn.truth}\n")
        read = sum(rate <= _READ for rate in cers)
        seconds = (time.process_time() - started) / max(1, len(cers))
        read_of = f"{kind:>10} {read} of {len(cers)} read, CER {total.rate:.2%}"
        print(f"{read_of}, {reasons} with a reason, {seconds:.2f} s a page", flush=True)


def _ending(image: bytes) -> str:
    return "png" if image.startswith(b"\x89PNG") else "jpg" if image.startswith(b"\xff\xd8") else "tif"


if __name__ == "__main__":
    main()
