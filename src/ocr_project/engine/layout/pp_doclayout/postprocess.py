"""The model's output to boxes in reading order, for a whole batch at once, on its device.

The rules are those of transformers' post_process_object_detection and, beyond it, of PaddleX and the GLM-OCR SDK
0.1.5 (glmocr/utils/layout_postprocess_utils.py): suppression, pictures as large as the page, containment. They are
written anew: pairs of boxes as matrices, no loop over boxes, no word to the host before the last row is done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ocr_project.domain.options import MergeMode, PpDocLayoutOptions
from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS
from ocr_project.engine.layout.pp_doclayout.labels import PRESERVED, class_thresholds, classes_merged

SAME_LABEL = 0.6  # overlap (IoU) above which one of two boxes of one label goes; this and the rest: the SDK's numbers
OTHER_LABEL = 0.98
INSIDE = 0.8  # share of a box that lies in another
FULL_PAGE = 0.93  # share of a page that a picture may take
FULL_LANDSCAPE = 0.82

_ROUNDS = 16  # of suppression before the first check that it has settled: real pages take 2 to 4


@dataclass(frozen=True, slots=True)
class Rules:
    """The options as tensors on the model's device, one entry a class."""

    thresholds: torch.Tensor
    large: torch.Tensor
    small: tuple[int, ...]
    preserved: torch.Tensor
    nms: bool
    mutual: bool

    @classmethod
    def of(cls, options: PpDocLayoutOptions, device: torch.device) -> Rules:
        """Lay the options out on a device."""
        small = classes_merged(options, MergeMode.SMALL)
        return cls(
            thresholds=torch.tensor(class_thresholds(options), device=device),
            large=torch.tensor(classes_merged(options, MergeMode.LARGE), device=device),
            small=tuple(place for place, chosen in enumerate(small) if chosen),
            preserved=torch.tensor([native in PRESERVED for native in PP_DOCLAYOUT_LABELS], device=device),
            nms=options.nms,
            mutual=options.mutual,
        )


@dataclass(frozen=True, slots=True)
class Boxes:
    """What was found on one page, in reading order.

    Attributes:
        classes: Shape (n,), int.
        scores: Shape (n,), float32.
        boxes: Shape (n, 4), float32: x0, y0, x1, y1 in pixels of the page, as the model has them: not clipped.
        queries: Shape (n,), int: the model's query that each comes from.
    """

    classes: NDArray[np.int64]
    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]
    queries: NDArray[np.int64]


_COLUMNS = 8  # kept, class, score, four of the box, query: what goes to the host in one piece


def find_boxes(
    logits: torch.Tensor,
    centres: torch.Tensor,
    order_logits: torch.Tensor,
    sizes: torch.Tensor,
    rules: Rules,
    *,
    rounds: int = _ROUNDS,
) -> torch.Tensor:
    """Find the regions of a batch of pages. Nothing here waits for the device.

    Args:
        logits: Shape (pages, queries, classes), float32.
        centres: Shape (pages, queries, 4), float32: centre x, y, width, height in 0 to 1.
        order_logits: Shape (pages, queries, queries), float32.
        sizes: Shape (pages, 2), float32: width and height of each page in pixels.
        rules: On the same device.
        rounds: Of suppression; a page that wants more is marked.

    Returns:
        Shape (pages, queries + 1, 8), float32, for `unpack`. Of the last row only the first column is
        taken: the others are free for what else is to go to the host.
    """
    queries, classes = logits.shape[1:]
    scores, flat = torch.sigmoid(logits).flatten(1).topk(queries, dim=1)
    labels, chosen = flat % classes, flat // classes
    boxes = _corners(centres, sizes).gather(1, chosen[..., None].expand(-1, -1, 4))
    keep = scores >= rules.thresholds[labels]
    settled = torch.ones(len(logits), dtype=torch.bool, device=logits.device)
    if rules.nms:
        keep, settled = suppress(_overlapping(boxes, labels), keep, rounds)
    keep = _without_full_pages(keep, labels, boxes, sizes)
    keep = _merge(keep, labels, boxes, rules)
    ranks = reading_ranks(order_logits).gather(1, chosen)
    ranks = torch.where(keep, ranks, ranks + queries).argsort(dim=1, stable=True)
    rows = torch.cat([torch.stack([keep.float(), labels.float(), scores], 2), boxes, chosen[..., None].float()], 2)
    rows = rows.gather(1, ranks[..., None].expand(-1, -1, _COLUMNS))
    last = settled.float()[:, None, None].expand(-1, 1, _COLUMNS)
    return torch.cat([rows, last], 1)


def unpack(packed: NDArray[np.float32]) -> list[Boxes] | None:
    """Read what `find_boxes` found, on the host.

    Returns:
        For each page; None where suppression had not settled: to be asked again with more rounds.
    """
    if not packed[:, -1, 0].all():
        return None
    found = []
    for rows in packed[:, :-1]:
        kept = rows[: int(rows[:, 0].sum())]
        found.append(Boxes(kept[:, 1].astype(np.int64), kept[:, 2], kept[:, 3:7], kept[:, 7].astype(np.int64)))
    return found


def reading_ranks(order_logits: torch.Tensor) -> torch.Tensor:
    """Turn votes of pairs into a place for each query.

    Args:
        order_logits: Shape (pages, queries, queries): how surely the row's query is read before the
            column's, where the row's number is the smaller one.

    Returns:
        Shape (pages, queries), int: the place in reading order, from 0.
    """
    before = torch.sigmoid(order_logits)
    after = 1.0 - before.transpose(1, 2)
    votes = before.triu(1).sum(1) + after.tril(-1).sum(1)  # how many are read before this one
    return votes.argsort(dim=1).argsort(dim=1)


def suppress(rivals: torch.Tensor, candidates: torch.Tensor, rounds: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Suppress greedily: a box goes if a better one that stays is its rival.

    The greedy loop over boxes is a recursion over the better ones; repeated for all boxes at once it settles after
    as many rounds as the longest chain of rivals has links, on exactly the greedy answer.

    Args:
        rivals: Shape (pages, boxes, boxes), bool: the row's box and the column's cannot both stay.
            Boxes are sorted, the best first.
        candidates: Shape (pages, boxes), bool: those that take part.
        rounds: At most so many.

    Returns:
        Shape (pages, boxes), bool: those that stay. Shape (pages,), bool: whether it has settled.
    """
    worse = rivals.triu(1)
    keep = before = candidates
    for _ in range(rounds):
        before, keep = keep, candidates & ~(worse & keep[:, :, None]).any(1)
    return keep, (before == keep).all(1)


def _corners(centres: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    middle, half = centres[..., :2], 0.5 * centres[..., 2:]
    return torch.cat([middle - half, middle + half], -1) * sizes.repeat(1, 2)[:, None, :]


def _shared(boxes: torch.Tensor, *, border: float) -> torch.Tensor:
    """Return the area that each pair of boxes shares: shape (pages, boxes, boxes)."""
    low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
    return (high - low + border).clamp_(min=0).prod(-1)


def _overlapping(boxes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Say of each pair whether it is on the same spot. Pixels count as squares here: widths are one longer."""
    shared = _shared(boxes, border=1.0)
    areas = (boxes[..., 2:] - boxes[..., :2] + 1.0).prod(-1)
    overlap = shared / (areas[:, :, None] + areas[:, None, :] - shared)
    return overlap >= torch.where(labels[:, :, None] == labels[:, None, :], SAME_LABEL, OTHER_LABEL)


def _without_full_pages(
    keep: torch.Tensor, labels: torch.Tensor, boxes: torch.Tensor, sizes: torch.Tensor
) -> torch.Tensor:
    """Drop pictures as large as the page, unless nothing else was found."""
    width, height = sizes[:, :1], sizes[:, 1:]
    inside = torch.minimum(boxes, sizes.repeat(1, 2)[:, None, :]).clamp_(min=0)
    area = (inside[..., 2:] - inside[..., :2]).prod(-1)
    most = torch.where(width > height, FULL_LANDSCAPE, FULL_PAGE) * width * height
    picture = labels == PP_DOCLAYOUT_LABELS.index("image")
    left = keep & ~(picture & (area > most))
    return torch.where(left.any(1, keepdim=True), left, keep)


def _merge(keep: torch.Tensor, labels: torch.Tensor, boxes: torch.Tensor, rules: Rules) -> torch.Tensor:
    """Drop boxes inside of others, or around others, as the labels say."""
    area = (boxes[..., 2:] - boxes[..., :2]).prod(-1)[:, :, None]
    inside = (area > 0) & (_shared(boxes, border=0.0) >= INSIDE * area)  # the row's in the column's
    inside &= keep[:, :, None] & keep[:, None, :]
    inside &= ~torch.eye(inside.shape[1], dtype=torch.bool, device=inside.device)
    inside &= ~rules.preserved[labels][:, :, None]
    swallowed = inside & rules.large[labels][:, None, :]
    if rules.mutual:  # of two that swallow each other the better one stays: the upper triangle is the better row
        swallowed = swallowed & ~(swallowed & swallowed.transpose(1, 2)).triu()
    left = keep & ~swallowed.any(2)
    for label in rules.small:
        own = labels == label
        around = (inside & own[:, :, None]).any(1)
        within = (inside & own[:, :, None]).any(2)
        left &= ~around | within
    return left
