"""A small data set in VLMHyperBench's form, whose images say which document they are, and a model that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ocr_project.engine.imaging.pixels import decode, encode

FIELDS = ("Фамилия", "Имя", "Пол")
HEAD = "data_index;split;image_path;question;answer;doc_class;question_type;answer_bbox"


def write_set(root: Path, documents: int = 4, fields: tuple[str, ...] = FIELDS) -> Path:
    """Write a set: the answer to a question is the number of its document and its field."""
    (root / "images").mkdir(parents=True)
    lines = [HEAD]
    for number in range(1, documents + 1):
        pixels = np.full((64, 96, 3), 255, np.uint8)
        pixels[:, :48] = number
        (root / "images" / f"{number}.png").write_bytes(encode(pixels))
        kind = "passport" if number % 2 else "snils"
        lines += [
            f"{number};clean;images/{number}.png;Напиши {field};{number} {field};{kind};{field};[1, 2, 30, 40]"
            for field in fields
        ]
    (root / "annotation.csv").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    return root


def write_prompts(path: Path, words: str = "Назови", fields: tuple[str, ...] = FIELDS) -> Path:
    """Write a collection with a prompt for each document type and field."""
    lines = [f"{words} {field}.;{kind} {field};" for kind in ("passport", "snils") for field in fields]
    path.write_text("\n".join(("prompt;doc_class_question_type;cer", *lines)), encoding="utf-8")
    return path


def read_right(image: bytes, prompt: str, body: Mapping[str, Any]) -> str:
    """Answer as a model that makes no mistakes."""
    number = int(decode(image)[32, 8, 0])
    return f"{number} {prompt.split()[-1].rstrip('.')}"


def asked_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return image and prompt of a request, to count what was asked."""
    image, text = body["messages"][-1]["content"]
    return image["image_url"]["url"], text["text"]
