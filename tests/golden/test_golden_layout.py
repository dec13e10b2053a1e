"""Layout mAP against pycocotools."""

import contextlib
import io
import math

import numpy as np
import pytest

from ocr_project.domain.types import Box
from ocr_project.engine.metrics import LayoutBox, layout_map

LABELS = ["text", "table", "picture"]


def pages(seed: int, count: int) -> tuple[list[list[LayoutBox]], list[list[LayoutBox]]]:
    """Make pages whose boxes are found, moved a little, found twice, mislabelled or missed."""
    random = np.random.default_rng(seed)
    references, hypotheses = [], []
    for _ in range(count):
        reference = [box(random, str(random.choice(LABELS))) for _ in range(random.integers(0, 8))]
        hypothesis = [box(random, str(random.choice(LABELS))) for _ in range(random.integers(0, 3))]
        for one in reference * 2:
            if random.random() < 0.6:
                moved = Box(*(float(round(edge + random.normal(0, 6), 1)) for edge in one.box))
                label = one.label if random.random() < 0.9 else str(random.choice(LABELS))
                hypothesis.append(LayoutBox(moved, label, float(round(random.random(), 1))))
        references.append(reference)
        hypotheses.append([one for one in hypothesis if one.box.width > 0 and one.box.height > 0])
    return references, hypotheses


def box(random: np.random.Generator, label: str) -> LayoutBox:
    x, y, width, height = random.integers(20, 200, 4)
    return LayoutBox(
        Box(float(x), float(y), float(x + width), float(y + height)), label, float(round(random.random(), 1))
    )


def coco(references: list[list[LayoutBox]], hypotheses: list[list[LayoutBox]]) -> tuple[float, float, float]:
    pycocotools = pytest.importorskip("pycocotools", reason="pycocotools is not installed: pip install pycocotools")
    assert pycocotools
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def rows(sides: list[list[LayoutBox]]) -> list[dict[str, object]]:
        return [
            {
                "id": 0,
                "image_id": page,
                "category_id": LABELS.index(one.label),
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "area": (x1 - x0) * (y1 - y0),
                "iscrowd": 0,
                "score": one.score,
            }
            for page, boxes in enumerate(sides)
            for one in boxes
            for x0, y0, x1, y1 in [one.box]
        ]

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {},
            "images": [{"id": page} for page in range(len(references))],
            "categories": [{"id": place, "name": label} for place, label in enumerate(LABELS)],
            "annotations": [row | {"id": place + 1} for place, row in enumerate(rows(references))],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(rows(hypotheses)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return tuple(evaluation.stats[:3])


@pytest.mark.parametrize("seed", range(8))
def test_equal_to_pycocotools(seed: int) -> None:
    references, hypotheses = pages(seed, 12)
    ours = layout_map(references, hypotheses)
    assert (ours.mean, ours.at_50, ours.at_75) == pytest.approx(coco(references, hypotheses), abs=1e-9)


def test_extremes() -> None:
    references, _ = pages(0, 5)
    perfect = layout_map(references, references)
    assert perfect.mean == 1.0
    assert set(perfect.by_label) == {one.label for page in references for one in page}
    assert layout_map(references, [[] for _ in references]).mean == 0.0
    assert math.isnan(layout_map([[]], [references[0]]).mean)
    with pytest.raises(ValueError, match="zip"):
        layout_map(references, [])
