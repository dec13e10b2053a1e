"""Drawings kept on disk: a formula is drawn once, whichever run or recognizer it comes from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from ocr_project.bench.metrics.cdm.drawing import Drawing
from ocr_project.bench.metrics.cdm.painting import Painted
from ocr_project.storage.atomic import atomic_json

VERSION = "2"  # of what a drawing depends on besides the formula: template, painting, measures


class DrawingStore:
    """A folder of drawings by the hash of the painted formula; no folder: nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def load(self, formula: Painted) -> Drawing | None:
        """Return the drawing of a formula, or `None` where there is none that can be read."""
        if self.folder is None:
            return None
        try:
            kept = json.loads(self._path(formula).read_bytes())
            boxes = np.array(kept["boxes"], np.float64).reshape(-1, 4)
            return Drawing(tuple(kept["tokens"]), boxes, (kept["size"][0], kept["size"][1]), kept["reason"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, IndexError, TypeError):
            return None  # damaged: drawn again, and written over

    def save(self, formula: Painted, drawing: Drawing) -> None:
        """Write a drawing: there whole or not at all, also with several writers."""
        if self.folder is None:
            return
        path = self._path(formula)
        kept = {
            "tokens": drawing.tokens,
            "boxes": np.round(drawing.boxes, 3).tolist(),
            "size": [round(side, 3) for side in drawing.size],
            "reason": drawing.reason,
        }
        atomic_json(path, kept, durable=False)

    def _path(self, formula: Painted) -> Path:
        assert self.folder is not None
        name = hashlib.sha256("\n".join((VERSION, formula.latex, *formula.tokens)).encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.json"
