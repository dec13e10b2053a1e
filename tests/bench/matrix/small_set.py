"""A data set whose images tell a fake server which document they are of, and servers that read well or badly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ocr_project.engine.imaging.pixels import encode

FIELDS = ("surname", "number", "date")
_DARKEST, _STEP = 30, 4


def truth(field: str, document: int) -> str:
    return f"{field} {document:03d}-{document * 7 % 10}"


def write_set(folder: Path, documents: int = 6, fields: tuple[str, ...] = FIELDS, kinds: int = 1) -> Path:
    """Write `annotation.csv` and images; document i is as bright as its number says."""
    (folder / "images").mkdir(parents=True)
    rows = ["data_index;split;image_path;question;answer;doc_class;question_type;answer_bbox;damage;strength"]
    for number in range(documents):
        image = np.full((300, 400, 3), _DARKEST + _STEP * number, np.uint8)
        for place, field in enumerate(fields):
            cv2.putText(image, truth(field, number), (20, 45 + 40 * place), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255,) * 3)
        (folder / f"images/{number}.png").write_bytes(encode(image))
        damage, strength = ("glare", "0.5") if number % 2 else ("clean", "0")
        rows += [
            f"{number};clean;images/{number}.png;What is the {field}?;{truth(field, number)};kind{number % kinds};"
            f"{field};[20, {20 + 40 * place}, 180, {50 + 40 * place}];{damage};{strength}"
            for place, field in enumerate(fields)
        ]
    (folder / "annotation.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def reader(wrong: int = 0) -> Callable[[bytes, str, Mapping[str, Any]], str]:
    """Answer as the truth says; every `wrong`-th document with a mistake, where that is not 0."""

    def read(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
        number = round((float(pixels[-20:].mean()) - _DARKEST) / _STEP)
        field = next((field for field in FIELDS if field in prompt), "nothing")
        said = truth(field, number)
        return f"{said[:-1]}X{said[-1]}" if wrong and number % wrong == 0 else said

    return read
