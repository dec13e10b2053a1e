"""PP-DocLayoutV3 as a detector: what the parts add up to, and what is missing where it cannot be built."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

torch = pytest.importorskip("torch", reason="needs torch: the gpu extra, or a CPU build")
transformers = pytest.importorskip("transformers", reason="the model is transformers' own")

from ocr_project.domain.errors import BackendError  # noqa: E402
from ocr_project.domain.options import PpDocLayoutOptions  # noqa: E402
from ocr_project.domain.protocols import ShardSource  # noqa: E402
from ocr_project.domain.types import Label, Page, Region, ShardInfo, Status  # noqa: E402
from ocr_project.engine.imaging.pixels import crop, encode  # noqa: E402
from ocr_project.engine.layout.pp_doclayout import PpDocLayoutDetector, checkpoint, runner  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.postprocess import Boxes  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.runner import Found  # noqa: E402
from ocr_project.testing.fakes import MemoryShards, page  # noqa: E402
from tests.layout_model import draw_page, official_processor, write_checkpoint  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


def options(folder: Path, **changes: Any) -> PpDocLayoutOptions:
    return PpDocLayoutOptions(**{"checkpoint": str(folder), "device": "cpu", "decoders": 1, **changes})


def pages(count: int = 3) -> list[Any]:
    sizes = [(330, 470), (470, 330), (800, 800), (200, 900)]
    return [
        page(n, image=encode(draw_page(*sizes[n % 4], seed=n)), width=sizes[n % 4][0], height=sizes[n % 4][1])
        for n in range(count)
    ]


def test_the_whole_way_agrees_with_transformers(folder: Path) -> None:
    """Preprocessing apart (it differs by 1/255 and is tested by itself): same input, same regions."""
    found = PpDocLayoutDetector(
        options(folder, nms=False, merge=dict.fromkeys(checkpoint_labels(), "union"), polygons=True)
    ).detect(pages())
    model = transformers.PPDocLayoutV3ForObjectDetection.from_pretrained(folder).eval()
    from ocr_project.engine.imaging.pixels import decode
    from ocr_project.engine.layout.pp_doclayout.preprocess import shrink_on_cpu, to_input

    for given, regions in zip(pages(), found, strict=True):
        small = torch.from_numpy(shrink_on_cpu(decode(given.image))).permute(2, 0, 1)
        with torch.inference_mode():
            out = model(pixel_values=to_input(small)[None])
        wanted = official_processor().post_process_object_detection(
            out, threshold=0.3, target_sizes=torch.tensor([[given.height, given.width]])
        )[0]
        order = np.lexsort((-wanted["scores"].numpy(), wanted["order_seq"].numpy()))
        limits = np.array([given.width, given.height] * 2)
        boxes = np.clip(wanted["boxes"].numpy()[order], 0, limits)
        sound = (boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])
        names = [checkpoint_labels()[number] for number in wanted["labels"].numpy()[order][sound]]
        assert len(names) > 3
        assert [region.native_label for region in regions] == names
        np.testing.assert_allclose([region.box for region in regions], boxes[sound], atol=1e-3)
        np.testing.assert_allclose(
            [region.score for region in regions], wanted["scores"].numpy()[order][sound], atol=1e-5
        )
    assert any(region.polygon for regions in found for region in regions)


def checkpoint_labels() -> tuple[str, ...]:
    from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS

    return PP_DOCLAYOUT_LABELS


def test_leaving_masks_out_changes_no_box(folder: Path) -> None:
    plain = PpDocLayoutDetector(options(folder)).detect(pages())
    outlined = PpDocLayoutDetector(options(folder, polygons=True)).detect(pages())
    assert [[r.box for r in regions] for regions in plain] == [[r.box for r in regions] for regions in outlined]
    assert all(region.polygon is None for regions in plain for region in regions)


def test_bf16_keeps_boxes_scores_and_order_in_fp32(folder: Path) -> None:
    from ocr_project.engine.layout.pp_doclayout.model import build_forward, load

    pixels = torch.rand(1, 3, 800, 800, generator=torch.Generator().manual_seed(0))
    half = options(folder, precision="bf16")
    model = load(folder, half)
    seen: list[Any] = []
    model.model.decoder.bbox_embed.layers[-1].register_forward_hook(lambda *call: seen.append(call[2].dtype))
    out = build_forward(model, half)(pixels)
    whole = build_forward(load(folder, options(folder)), options(folder))(pixels)
    assert set(seen) == {torch.float32}
    assert out.logits.dtype == out.boxes.dtype == out.order.dtype == torch.float32
    assert out.logits.isfinite().all()
    distinct = len(out.boxes.flatten().unique())
    assert distinct > 0.9 * len(whole.boxes.flatten().unique())  # bf16 would leave some 100 values


def test_a_page_without_regions_is_read_whole_and_says_so(folder: Path) -> None:
    (regions,) = PpDocLayoutDetector(options(folder, threshold=1.0)).detect(pages(1))
    assert [(r.label, r.status, r.box) for r in regions] == [(Label.PAGE, Status.OK, (0, 0, 330, 470))]
    assert "no regions were found" in regions[0].reason


@pytest.mark.parametrize(
    "change", [{"threshold": 0.5}, {"nms": False}, {"mutual": False}, {"polygons": True}, {"precision": "bf16"}]
)
def test_identity_changes_with_what_changes_results(folder: Path, change: dict[str, Any]) -> None:
    assert PpDocLayoutDetector(options(folder)).identity != PpDocLayoutDetector(options(folder, **change)).identity


def test_identity_is_of_the_weights_not_of_their_place(folder: Path, tmp_path: Path) -> None:
    moved, other = write_checkpoint(tmp_path / "moved"), write_checkpoint(tmp_path / "other", seed=1)
    here = PpDocLayoutDetector(options(folder, batch_pages=1)).identity
    assert here == PpDocLayoutDetector(options(moved, batch_pages=7, compile=True)).identity
    assert here != PpDocLayoutDetector(options(other)).identity


def test_building_loads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformers.PPDocLayoutV3ForObjectDetection, "from_pretrained", None)
    detector = PpDocLayoutDetector(options(folder))
    assert detector.identity.revision
    with pytest.raises(TypeError):
        detector.detect(pages(1))


def test_what_is_missing_is_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendError, match=r"holds no config\.json and model\.safetensors"):
        PpDocLayoutDetector(options(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BackendError, match="hf download example/nothing --revision abc"):
        PpDocLayoutDetector(options(tmp_path, checkpoint="example/nothing", revision="abc"))
    if not torch.cuda.is_available():
        with pytest.raises(BackendError, match="0 usable GPUs"):
            PpDocLayoutDetector(options(folder, device="cuda"))
    monkeypatch.setattr(checkpoint, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"needs torch and transformers: pip install '\.\[gpu\]'"):
        PpDocLayoutDetector(options(folder))


def test_another_models_checkpoint_is_refused(folder: Path, tmp_path: Path) -> None:
    model = transformers.PPDocLayoutV3ForObjectDetection.from_pretrained(
        folder, num_labels=7, ignore_mismatched_sizes=True
    )
    model.save_pretrained(tmp_path)
    with pytest.raises(BackendError, match="has 7 labels instead of 25"):
        PpDocLayoutDetector(options(tmp_path)).detect(pages(1))


def test_options_know_the_labels() -> None:
    with pytest.raises(ValidationError, match="texxt"):
        PpDocLayoutOptions(thresholds={"texxt": 0.5})
    with pytest.raises(ValidationError):
        PpDocLayoutOptions(device="tpu")


def test_crops_follow_outlines() -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    triangle = (10.0, 5.0, 50.0, 5.0, 10.0, 35.0)
    region = Region("p", 0, Label.TEXT, "text", box_of(triangle), polygon=triangle)
    cut = crop(pixels, region)
    assert cut.shape == (30, 40, 3)
    assert cut[2, 2].tolist() == [0, 0, 0]
    assert cut[-2, -2].tolist() == [255, 255, 255]
    assert not pixels.any()


def box_of(corners: tuple[float, ...]) -> Any:
    from ocr_project.domain.types import Box

    return Box(min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2]))


def test_the_node_streams_batches(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ocr_project.domain.options import LayoutOptions, RuntimeOptions
    from ocr_project.pipelines.layout.nodes import detect_regions

    source: ShardSource = MemoryShards({"s": (ShardInfo("s", "k", "s", 5), pages(5))})
    chosen = LayoutOptions.model_validate(
        {"backend": "pp_doclayout_v3", "pp_doclayout_v3": options(folder, batch_pages=2).model_dump()}
    )
    sizes: list[int] = []
    whole = PpDocLayoutDetector.detect
    monkeypatch.setattr(
        PpDocLayoutDetector, "detect", lambda self, batch: (sizes.append(len(batch)), whole(self, batch))[1]
    )
    done = MemoryShards()
    (info,) = detect_regions(source, done, chosen, RuntimeOptions(progress=False)).shards
    assert sorted(sizes) == [1, 2, 2]
    assert list(dict.fromkeys(row.page_id for row in done.rows())) == [given.page_id for given in pages(5)]
    assert info.workers == 2


class FakeRunner:
    """Finds nothing, while another works beside it; says of each call on which device. None is made beside another."""

    together = threading.Barrier(2)
    making = threading.Lock()
    devices: ClassVar[list[str]] = []

    def __init__(self, folder: Path, chosen: PpDocLayoutOptions) -> None:
        self.device = chosen.device
        assert self.making.acquire(blocking=False), "two models are loaded at once"
        time.sleep(0.05)
        self.making.release()

    def run(self, some: Sequence[Page]) -> list[Found]:
        self.devices.append(self.device)
        self.together.wait(120)
        number = np.zeros(0, np.int64)
        none = Boxes(number, np.zeros(0, np.float32), np.zeros((0, 4), np.float32), number)
        return [Found((100, 140), none, None, True, "") for _ in some]

    def close(self) -> None:
        self.devices.append(f"closed {self.device}")


def test_cards_work_side_by_side(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "Runner", FakeRunner)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    detector = PpDocLayoutDetector(options(folder, device="cuda", gpus=(0, 3)))
    assert detector.workers == 4
    assert detector.identity == PpDocLayoutDetector(options(folder)).identity, "it changes the speed only"
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(detector.detect, (pages(1), pages(1))))
    assert [regions[0][0].status for regions in found] == [Status.EMPTY] * 2
    assert sorted(FakeRunner.devices) == ["cuda:0", "cuda:3"], "the one that has the least to do"
    detector.close()
    assert sorted(FakeRunner.devices)[:2] == ["closed cuda:0", "closed cuda:3"]
