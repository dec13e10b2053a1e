"""A stub in place of a vision-language model, for trying a comparison of models on a machine that runs none.

    python -m ocr_project.testing.stub_model data/01_raw/test_sets/snils_inn_x10 --name stub-small --port 8101

It speaks OpenAI's protocol as vLLM does, finds the image that it is sent in a data set by its pixels, looks the answer
up in annotation.csv, and makes mistakes on order: more of them on damaged and small images, and where the prompt does
not say what the answer looks like. The same question has the same answer each time. What it scores means nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.bench.fields.annotation import FieldSet, read_field_set
from ocr_project.bench.fields.prompts import key_of, read_prompts
from ocr_project.domain.types import Question
from ocr_project.testing.fake_vllm import FakeVllm

_THUMBNAIL = 128  # pixels; lines of two documents of one template differ in it
_BASE_DPI = 150.0
_TELLING = 40  # characters of a prompt that says more than the name of a field


class StubModel:
    """Answers about the images of one data set."""

    def __init__(self, found: FieldSet, prompts: Sequence[Path], name: str, wrong: float) -> None:
        """Read the images.

        Args:
            found: The data set.
            prompts: Collections that it may be asked with, beside the set's own questions.
            name: Of the model: another one makes other mistakes.
            wrong: Share of answers with a mistake, of clean images at 150 dpi and telling prompts.
        """
        self._name, self._wrong = name, wrong
        self._questions: dict[str, list[Question]] = {}
        for question in found.questions:
            self._questions.setdefault(question.image, []).append(question)
        self._images = list(self._questions)
        self._thumbnails = np.stack([_thumbnail((found.folder / image).read_bytes()) for image in self._images])
        collections = [read_prompts(path).texts for path in prompts]
        self._prompts = {(key, text) for texts in collections for key, text in texts.items()}

    def read(self, image: bytes, prompt: str, request: Mapping[str, Any]) -> str:
        """Answer, as `FakeVllm.read`; an image or a prompt that is unknown is answered with a hyphen."""
        apart = np.abs(self._thumbnails - _thumbnail(image)).mean(axis=(1, 2))
        for question in self._questions[self._images[int(apart.argmin())]]:
            if prompt == question.text or (key_of(question), prompt) in self._prompts:
                return self._said(question, prompt)
        return "-"

    def _said(self, question: Question, prompt: str) -> str:
        about = dict(question.slices)
        harder = (1 + 4 * float(about.get("strength") or 0)) * _BASE_DPI / float(about.get("resolution") or _BASE_DPI)
        vague = 1.0 if len(prompt) > _TELLING else 2.5
        digest = hashlib.sha256(f"{self._name}\x1f{question.image}\x1f{question.field}".encode()).digest()
        chance = int.from_bytes(digest[:4]) / 2**32
        if chance >= self._wrong * harder * vague:
            return question.truth
        if vague > 1 and digest[4] % 2:
            return f"{question.field}: {question.truth}"
        place = digest[5] % max(len(question.truth), 1)
        return f"{question.truth[:place]}?{question.truth[place + 1 + digest[6] % 4 :]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m ocr_project.testing.stub_model", description=__doc__)
    parser.add_argument("set", type=Path, help="folder of the data set; collections in its prompts/ are known")
    parser.add_argument("--name", default="stub", help="of the model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--wrong", type=float, default=0.05, help="share of answers with a mistake (0.05)")
    parser.add_argument("--delay", type=float, default=0.02, help="seconds before an answer (0.02)")
    given = parser.parse_args(arguments)
    model = StubModel(read_field_set(given.set), sorted(given.set.glob("prompts/*.csv")), given.name, given.wrong)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with FakeVllm(read=model.read, model=given.name, port=given.port, delay=given.delay) as server:
        print(f"{given.name} answers at {server.url}", flush=True)
        ended.wait()
    return 0


def _thumbnail(image: bytes) -> NDArray[np.float32]:
    grey = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError(f"{len(image)} bytes are not an image")
    return np.asarray(cv2.resize(grey, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA), np.float32)


if __name__ == "__main__":
    sys.exit(main())
