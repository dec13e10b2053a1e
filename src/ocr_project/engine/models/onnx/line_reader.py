"""PP-OCRv6's recognizer: a line of print to characters, each with its place.

It knows Latin letters, Han characters and the signs of print, but no Hangul and no Cyrillic: there it says nothing
(CTC's blank), so that what it does say can be placed by its time step between what another model reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.models.onnx.weights import fingerprint, open_session, weights_file

_CHARACTERS = {"tiny": "ppocrv6_tiny_dict.txt", "small": "ppocrv6_dict.txt"}
_HEIGHT = 48  # pixels: what the model was trained on (inference.yml, RecResizeImg)
_NARROWEST, _WIDEST = 320, 3200  # pixels at that height (inference.yml, dynamic_shapes)
_BLANK = 0
LIKELY_SPACE = 0.1  # probability of a space that may be one where nothing else is seen


@dataclass(frozen=True, slots=True)
class ReadCharacter:
    """A character of a line.

    Attributes:
        x: Of its middle, in pixels of the line; exact to about a fifth of the line's height.
        confidence: 0 to 1.
        second: The character that is likeliest but for it, and its confidence.
    """

    text: str
    x: float
    confidence: float
    second: str = ""
    second_confidence: float = 0.0


class LineReader:
    """Reads lines, one at a time; safe to share between threads."""

    def __init__(self, file: Path, alphabet: str | None = None, narrowest: int = _NARROWEST) -> None:
        """Take a model; it is loaded with the first line.

        Args:
            file: `<size>/rec/rec.onnx`, in its package: the characters of `tiny` or `small` lie two folders up.
            alphabet: The characters that are possible, a space aside. None: all that the model knows.
            narrowest: Width in pixels that shorter lines are filled up to, at a height of 48.
        """
        self._file, self._alphabet, self._narrowest = file, alphabet, narrowest
        self._size = file.parents[1].name
        self.identity = f"pp-ocrv6-{self._size}-{fingerprint(file)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return LineReader, (self._file, self._alphabet, self._narrowest)  # a session does not go to another process

    @cached_property
    def _session(self) -> Any:
        return open_session(self._file)

    @cached_property
    def _characters(self) -> list[str]:
        known = (self._file.parents[2] / _CHARACTERS[self._size]).read_text(encoding="utf-8").split("\n")
        return ["", *(line for line in known if line), " "]

    @cached_property
    def _possible(self) -> NDArray[np.bool_] | None:
        if self._alphabet is None:
            return None
        return np.array([not text.strip() or text in self._alphabet for text in self._characters])

    def read(self, line: NDArray[np.uint8]) -> list[ReadCharacter]:
        """Read one line.

        Args:
            line: Shape (height, width), uint8, dark on light.

        Returns:
            Characters from left to right, spaces among them.
        """
        height, width = line.shape
        wide = min(_WIDEST, max(1, round(width * _HEIGHT / height)))
        way = cv2.INTER_AREA if height > _HEIGHT else cv2.INTER_LINEAR
        small = cv2.resize(line, (wide, _HEIGHT), interpolation=way)
        canvas = np.zeros((_HEIGHT, max(self._narrowest, wide)), np.float32)  # 0 is the grey between black and white
        canvas[:, :wide] = small.astype(np.float32) / 127.5 - 1.0
        batch = np.broadcast_to(canvas, (1, 3, *canvas.shape))
        (steps,) = self._session.run(None, {"x": np.ascontiguousarray(batch)})[0]
        if self._possible is not None:
            steps = np.where(self._possible, steps, 0.0)
        per_step = canvas.shape[1] / len(steps) * width / wide
        return self._decode(steps, per_step, width)

    def _decode(self, steps: NDArray[np.float32], per_step: float, width: int) -> list[ReadCharacter]:
        """Decode greedily, as CTC is: the surest class of each step, repeats joined, blanks dropped.

        Spaces that are likely, and no more, are among them, with their probability: a caller that knows where the
        ink is can tell.
        """
        best = steps.argmax(axis=1)
        best[(best == _BLANK) & (steps[:, -1] >= LIKELY_SPACE)] = steps.shape[1] - 1  # the last class is the space
        sure = steps[np.arange(len(steps)), best]
        starts = np.flatnonzero(np.diff(best, prepend=-1))
        found = []
        for start, end in zip(starts, [*starts[1:], len(best)], strict=True):
            if best[start] != _BLANK:
                x = min((start + end) / 2 * per_step, width)
                others = steps[start:end].max(axis=0)
                others[[_BLANK, best[start], -1]] = 0.0
                second = int(others.argmax())
                text, confidence = self._characters[best[start]], float(sure[start:end].max())
                found.append(ReadCharacter(text, x, confidence, self._characters[second], float(others[second])))
        return found


def find_line_reader(
    alphabet: str | None = None, size: str = "tiny", narrowest: int = _NARROWEST
) -> LineReader | None:
    """Return a reader; None where the extra `rapid` is not installed.

    Args:
        alphabet: As `LineReader` takes it.
        size: `tiny` (4.5 MB) or `small` (21 MB, four times as slow).
        narrowest: As `LineReader` takes it.
    """
    file = weights_file(f"ppocrv6/{size}/rec/rec.onnx")
    return LineReader(file, alphabet, narrowest) if file else None
