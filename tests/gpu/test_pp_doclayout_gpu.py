"""PP-DocLayoutV3 on a GPU: the same answers as on the CPU, and as transformers gives there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the gpu extra")
transformers = pytest.importorskip("transformers", reason="needs the gpu extra")
if not torch.cuda.is_available():
    pytest.skip("no CUDA device", allow_module_level=True)

from ocr_project.domain.options import PpDocLayoutOptions  # noqa: E402
from ocr_project.domain.tasks import PP_DOCLAYOUT_LABELS  # noqa: E402
from ocr_project.domain.types import Status  # noqa: E402
from ocr_project.engine.imaging.pixels import decode, encode  # noqa: E402
from ocr_project.engine.layout.pp_doclayout import PpDocLayoutDetector  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.postprocess import Rules, find_boxes, unpack  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.preprocess import prepare, shrink, shrink_on_cpu, to_input  # noqa: E402
from ocr_project.testing.fakes import page  # noqa: E402
from tests.layout_model import draw_page, official_processor, write_checkpoint  # noqa: E402

pytestmark = pytest.mark.gpu
GPU = torch.device("cuda")
SIZES = [(1654, 2339), (2480, 3508), (640, 480), (800, 800), (37, 2000), (1, 1), (801, 799)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


def options(folder: Path, **changes: Any) -> PpDocLayoutOptions:
    return PpDocLayoutOptions(**{"checkpoint": str(folder), "precision": "fp32", "batch_pages": 4, **changes})


def pages(*, jpeg: bool) -> list[Any]:
    return [
        page(
            number,
            image=encode(draw_page(*size, seed=number), jpeg_quality=95 if jpeg else None),
            width=size[0],
            height=size[1],
        )
        for number, size in enumerate(SIZES[:3])
    ]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_resizing_agrees_with_the_processor_on_the_gpu(width: int, height: int) -> None:
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    for image in (pixels, draw_page(width, height)):
        tensor = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).contiguous()
        wanted = official_processor()(images=[tensor.to(GPU)], return_tensors="pt")["pixel_values"][0].cpu()
        on_gpu = to_input(shrink(tensor.to(GPU))).cpu()
        on_cpu = to_input(torch.from_numpy(shrink_on_cpu(image)).permute(2, 0, 1))
        assert (on_gpu - wanted).abs().max().item() <= 1.001 / 255
        assert (on_cpu - wanted).abs().max().item() <= 1.001 / 255


def test_jpeg_decoded_on_the_gpu_is_jpeg_decoded_on_the_cpu() -> None:
    given = pages(jpeg=True)
    with ThreadPoolExecutor(2) as pool:
        found = prepare(given, GPU, pool, rows=4)
    assert found.reasons == [""] * 3
    assert found.sizes == SIZES[:3]
    for place, one in enumerate(given):
        wanted = torch.from_numpy(shrink_on_cpu(decode(one.image))).permute(2, 0, 1).float()
        apart = (found.pixels[place].cpu().float() - wanted).abs()
        assert apart.mean().item() < 1.0  # of 255; colour is subsampled, and made whole again in two ways
        assert (apart <= 8).float().mean().item() > 0.98


def test_what_the_gpu_cannot_decode_goes_through_the_cpu_or_becomes_a_reason() -> None:
    good = encode(draw_page(300, 400), jpeg_quality=90)
    images = [good, b"\xff\xd8\xff\xe0 no JPEG", encode(draw_page(300, 400)), good[:60], good]
    given = [page(number, image=image, width=300, height=400) for number, image in enumerate(images)]
    with ThreadPoolExecutor(2) as pool:
        found = prepare(given, GPU, pool, rows=5)
    assert [bool(reason) for reason in found.reasons] == [False, True, False, True, False]
    assert torch.equal(found.pixels[0], found.pixels[4])


def test_a_page_30000_pixels_long_is_answered(folder: Path) -> None:
    tall = np.full((30_000, 40, 3), 255, np.uint8)
    tall[: len(tall) // 2] = 0  # thin lines would be lost on the way to 800 pixels
    given = page(image=encode(tall, jpeg_quality=90), width=40, height=30_000)
    (regions,) = PpDocLayoutDetector(options(folder)).detect([given])
    assert regions[0].status is Status.OK


@pytest.mark.parametrize("seed", range(3))
def test_post_processing_agrees_with_the_cpu_and_with_transformers(seed: int) -> None:
    from tests.engine.layout.test_pp_doclayout_postprocess import LOOSE, ours, outputs, sizes_of

    out, sizes = outputs(seed), sizes_of(3)
    expected = official_processor().post_process_object_detection(out, threshold=0.3, target_sizes=sizes.flip(1))
    for changes in ({}, LOOSE):
        rules = Rules.of(PpDocLayoutOptions(**changes), GPU)
        arguments = [tensor.to(GPU) for tensor in (out.logits, out.pred_boxes, out.order_logits, sizes.float())]
        found = unpack(find_boxes(*arguments, rules, rounds=200).cpu().numpy())
        assert found is not None
        for here, there in zip(found, ours(out, sizes, **changes), strict=True):
            assert here.queries.tolist() == there.queries.tolist()
            np.testing.assert_allclose(here.boxes, there.boxes, atol=1e-3)
        if changes:
            for here, wanted in zip(found, expected, strict=True):
                order = np.lexsort((-wanted["scores"].numpy(), wanted["order_seq"].numpy()))
                assert here.classes.tolist() == wanted["labels"].numpy()[order].tolist()
                np.testing.assert_allclose(here.boxes, wanted["boxes"].numpy()[order], atol=1e-3)


def test_the_detector_agrees_with_the_cpu(folder: Path) -> None:
    """Scores of random weights lie close together: regions are compared by box, not by place."""
    on_gpu = PpDocLayoutDetector(options(folder)).detect(pages(jpeg=False))
    on_cpu = PpDocLayoutDetector(options(folder, device="cpu")).detect(pages(jpeg=False))
    for here, there in zip(on_gpu, on_cpu, strict=True):
        boxes = np.array([region.box for region in there])
        near = [np.abs(boxes - np.array(region.box)).max(1).min() for region in here]
        assert np.mean(np.array(near) < 2.0) >= 0.9
        assert abs(len(here) - len(there)) <= 1 + 0.1 * len(there)


@pytest.mark.parametrize("change", [{"precision": "tf32"}, {"precision": "bf16"}, {"polygons": True}])
def test_every_precision_runs_and_finds_regions(folder: Path, change: dict[str, Any]) -> None:
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    answers = PpDocLayoutDetector(options(folder, **change)).detect(pages(jpeg=True))
    assert all(region.native_label in PP_DOCLAYOUT_LABELS for regions in answers for region in regions)
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32) == before


def test_compiled_agrees_with_eager(folder: Path) -> None:
    eager = PpDocLayoutDetector(options(folder)).detect(pages(jpeg=True))
    compiled = PpDocLayoutDetector(options(folder, compile=True)).detect(pages(jpeg=True))
    for here, there in zip(compiled, eager, strict=True):
        boxes = np.array([region.box for region in there])
        assert np.mean([np.abs(boxes - np.array(region.box)).max(1).min() < 2.0 for region in here]) >= 0.9


def test_threads_share_the_model(folder: Path) -> None:
    detector = PpDocLayoutDetector(options(folder))
    given = pages(jpeg=True)
    expected = [[region.box for region in regions] for regions in detector.detect(given)]
    with ThreadPoolExecutor(4) as pool:
        for answers in pool.map(detector.detect, [given] * 24):
            for regions, wanted in zip(answers, expected, strict=True):
                np.testing.assert_allclose([region.box for region in regions], wanted, atol=0.5)
