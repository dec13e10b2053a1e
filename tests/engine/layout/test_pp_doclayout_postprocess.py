"""Post-processing: the rules against plain loops, and against transformers' own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: the gpu extra, or a CPU build")
pytest.importorskip("transformers", reason="parity is with transformers' own post-processing")

from ocr_project.domain.options import MergeMode, PpDocLayoutOptions  # noqa: E402
from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.labels import LABELS  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.polygons import outline  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.postprocess import (  # noqa: E402
    Boxes,
    Rules,
    find_boxes,
    reading_ranks,
    suppress,
    unpack,
)
from tests.layout_model import official_processor  # noqa: E402

torch.set_num_threads(1)
LOOSE = {"nms": False, "merge": dict.fromkeys(PP_DOCLAYOUT_LABELS, MergeMode.UNION)}


def outputs(seed: int, pages: int = 3, queries: int = 60, spread: float = 1.2) -> SimpleNamespace:
    """Random outputs of the model; boxes in clusters, so that many overlap."""
    generator = torch.Generator().manual_seed(seed)
    spots = torch.rand(pages, 8, 4, generator=generator) * torch.tensor([1, 1, 0.5, 0.3]) + 0.02
    near = torch.randint(0, 8, (pages, queries), generator=generator)
    boxes = spots.gather(1, near[..., None].expand(-1, -1, 4))
    boxes = (boxes * (1 + 0.05 * torch.randn(pages, queries, 4, generator=generator))).clamp(1e-4, 1)
    order = torch.randn(pages, queries, queries, generator=generator) * 3
    return SimpleNamespace(
        logits=torch.randn(pages, queries, 25, generator=generator) * spread - 2.5,
        pred_boxes=boxes,
        order_logits=order.masked_fill(torch.ones(queries, queries).tril().bool(), -1e4),
        out_masks=torch.randn(pages, queries, 200, 200, generator=generator),
    )


def sizes_of(pages: int) -> Any:
    return torch.tensor([[1654, 2339], [2339, 1654], [1000, 1000], [333, 7777]])[:pages]


def ours(out: SimpleNamespace, sizes: Any, **changes: Any) -> list[Boxes]:
    rules = Rules.of(PpDocLayoutOptions(device="cpu", **changes), torch.device("cpu"))
    found = unpack(find_boxes(out.logits, out.pred_boxes, out.order_logits, sizes.float(), rules, rounds=200).numpy())
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(5))
def test_without_rules_of_its_own_it_is_transformers(seed: int) -> None:
    out, sizes = outputs(seed), sizes_of(3)
    expected = official_processor().post_process_object_detection(out, threshold=0.3, target_sizes=sizes.flip(1))
    for page, wanted in zip(ours(out, sizes, **LOOSE), expected, strict=True):
        assert len(page.classes) == len(wanted["labels"]) > 10
        # One query under two labels has one place in reading order: transformers leaves open which label is first,
        # here it is the surer one.
        order = np.lexsort((-wanted["scores"].numpy(), wanted["order_seq"].numpy()))
        assert page.classes.tolist() == wanted["labels"].numpy()[order].tolist()
        np.testing.assert_allclose(page.boxes, wanted["boxes"].numpy()[order], atol=1e-3)
        np.testing.assert_allclose(page.scores, wanted["scores"].numpy()[order], atol=1e-6)


def test_outlines_are_those_of_transformers() -> None:
    out, sizes = outputs(7, pages=2), sizes_of(2)
    grid = torch.linspace(-1, 1, 200)
    blob = 0.6 - (grid[:, None] ** 2 + grid[None, :] ** 2)  # a disc that boxes cut
    out.out_masks = (blob + 0.1 * torch.sin(9 * grid)[None, :]).expand(2, 60, 200, 200)
    expected = official_processor().post_process_object_detection(out, threshold=0.3, target_sizes=sizes.flip(1))
    bent = 0
    for page, size, wanted, masks in zip(
        ours(out, sizes, **LOOSE), sizes.tolist(), expected, out.out_masks, strict=True
    ):
        for box, query, polygon in zip(page.boxes, page.queries, wanted["polygon_points"], strict=True):
            mask = (masks[int(query)].sigmoid() > 0.3).to(torch.uint8).numpy()
            drawn = outline(mask, tuple(box.tolist()), (size[0], size[1]))
            if drawn is None:  # transformers says the same with the corners of the box
                x0, y0, x1, y1 = (int(value) for value in box)
                drawn = (x0, y0, x1, y0, x1, y1, x0, y1)
            bent += len(drawn) > 8
            np.testing.assert_allclose(np.reshape(drawn, (-1, 2)), np.asarray(polygon), atol=1e-6)
    assert bent > 5


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("mutual", [True, False])
@pytest.mark.parametrize("small", ["reference", "text"])
def test_rules_are_those_of_the_loops(seed: int, mutual: bool, small: str) -> None:
    out, sizes = outputs(100 + seed, pages=4, spread=1.6), sizes_of(4)
    merge = {small: MergeMode.SMALL, "table": MergeMode.UNION}
    thresholds = {"text": 0.5, "seal": 0.1}
    found = ours(out, sizes, merge=merge, mutual=mutual, thresholds=thresholds)
    everything = ours(out, sizes, **{**LOOSE, "thresholds": thresholds})
    dropped = 0
    for page, before, size in zip(found, everything, sizes.tolist(), strict=True):
        wanted = loops(before, size, merge, mutual)
        assert [(int(c), int(q)) for c, q in zip(page.classes, page.queries, strict=True)] == wanted
        dropped += len(before.classes) - len(wanted)
    assert dropped > 20


def loops(page: Boxes, size: list[int], merge: dict[str, MergeMode], mutual: bool) -> list[tuple[int, int]]:
    """Return class and query of what stays, in reading order: one rule after the other, box by box."""
    items = list(range(len(page.classes)))
    names = [PP_DOCLAYOUT_LABELS[int(number)] for number in page.classes]
    best = sorted(items, key=lambda item: -page.scores[item])
    kept: list[int] = []
    for item in best:
        if all(
            overlap(page.boxes[item], page.boxes[other]) < (0.6 if names[item] == names[other] else 0.98)
            for other in kept
        ):
            kept.append(item)
    most = (0.82 if size[0] > size[1] else 0.93) * size[0] * size[1]
    limits = np.array([size[0], size[1], size[0], size[1]])
    partial = [k for k in kept if names[k] != "image" or box_area(np.clip(page.boxes[k], 0, limits)) <= most]
    kept = partial or kept
    gone = set()
    for one in kept:
        for other in kept:
            if one == other or not lies_in(page.boxes[one], page.boxes[other]):
                continue
            if names[one] in ("image", "seal", "chart") or mode(names[other], merge) != "large":
                continue
            both = lies_in(page.boxes[other], page.boxes[one]) and mode(names[one], merge) == "large"
            both = both and names[other] not in ("image", "seal", "chart")
            if mutual and both and kept.index(one) < kept.index(other):
                continue
            gone.add(one)
    for label in [name for name in PP_DOCLAYOUT_LABELS if mode(name, merge) == "small"]:
        inner = [k for k in kept if names[k] == label and names[k] not in ("image", "seal", "chart")]
        pairs = [(a, b) for a in inner for b in kept if a != b and lies_in(page.boxes[a], page.boxes[b])]
        gone |= {b for _, b in pairs} - {a for a, _ in pairs}
    return [(int(page.classes[k]), int(page.queries[k])) for k in sorted(set(kept) - gone)]


def mode(name: str, merge: dict[str, MergeMode]) -> str:
    return merge.get(name, MergeMode.LARGE).value


def box_area(box: Any) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def overlap(a: Any, b: Any) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + 1)
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + 1)
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return float(width * height / (sum(areas) - width * height))


def lies_in(a: Any, b: Any) -> bool:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return box_area(a) > 0 and width * height / box_area(a) >= 0.8


def test_a_picture_of_the_whole_page_stays_where_it_is_alone() -> None:
    out = outputs(0, pages=1)
    out.logits.fill_(-9)
    out.logits[0, 0, PP_DOCLAYOUT_LABELS.index("image")] = 3
    out.pred_boxes[0, 0] = torch.tensor([0.5, 0.5, 1.0, 1.0])
    alone = ours(out, sizes_of(1))[0]
    assert [PP_DOCLAYOUT_LABELS[number] for number in alone.classes] == ["image"]
    out.logits[0, 1, PP_DOCLAYOUT_LABELS.index("text")] = 3
    out.pred_boxes[0, 1] = torch.tensor([0.5, 0.5, 0.2, 0.2])
    beside = ours(out, sizes_of(1))[0]
    assert [PP_DOCLAYOUT_LABELS[number] for number in beside.classes] == ["text"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_page_of_broken_numbers_does_not_hurt_the_next(value: float) -> None:
    out = outputs(3, pages=2)
    alone = ours(SimpleNamespace(**{name: tensor[1:] for name, tensor in vars(out).items()}), sizes_of(2)[1:])
    out.pred_boxes[0] = value
    out.logits[0] = float("nan")
    found = ours(out, sizes_of(2))
    assert len(found[0].classes) == 0
    np.testing.assert_array_equal(found[1].boxes, alone[0].boxes)


def test_no_candidates_no_boxes() -> None:
    out = outputs(1)
    out.logits.fill_(-20)
    assert [len(page.classes) for page in ours(out, sizes_of(3))] == [0, 0, 0]


def test_suppression_says_when_it_has_not_settled() -> None:
    links = 30  # each the rival of the next alone: the greedy answer keeps every second one
    rivals = torch.diag(torch.ones(links - 1), 1).bool()
    rivals = (rivals | rivals.T)[None]
    candidates = torch.ones(1, links, dtype=torch.bool)
    assert suppress(rivals, candidates, 16)[1].tolist() == [False]
    keep, settled = suppress(rivals, candidates, links + 1)
    assert settled.tolist() == [True]
    assert keep[0].tolist() == [place % 2 == 0 for place in range(links)]


def test_reading_order_follows_the_votes() -> None:
    wanted = [2, 0, 3, 1]  # place of each query
    logits = torch.tensor([[[9.0 if wanted[a] < wanted[b] else -9.0 for b in range(4)] for a in range(4)]])
    assert reading_ranks(logits)[0].tolist() == wanted


def test_every_label_of_the_model_has_one_of_ours() -> None:
    assert list(LABELS) == sorted(LABELS) == list(PP_DOCLAYOUT_LABELS)
