"""Preprocessing agrees with the official processor to 1/255, whichever way it goes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: the gpu extra, or a CPU build")

from ocr_project.engine.imaging.pixels import decode, encode  # noqa: E402
from ocr_project.engine.layout.pp_doclayout.preprocess import prepare, shrink, shrink_on_cpu, to_input  # noqa: E402
from ocr_project.testing.fakes import page  # noqa: E402
from tests.layout_model import draw_page  # noqa: E402

torch.set_num_threads(1)
CPU = torch.device("cpu")
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
SIZES = [(1654, 2339), (2480, 3508), (640, 480), (800, 800), (37, 2000), (1, 1), (3, 900), (801, 799)]


def official(pixels: np.ndarray) -> Any:
    """Resize as the official processor does on a GPU: torchvision goes through floats there."""
    tensor = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None].float()
    small = torch.nn.functional.interpolate(tensor, (800, 800), mode="bicubic", align_corners=False, antialias=False)
    return small[0].clamp(0, 255).round() / 255


def official_on_cpu(pixels: np.ndarray) -> Any:
    """Resize as the official processor does on a CPU: in uint8, which clips what overshoots between the two passes."""
    tensor = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]
    small = torch.nn.functional.interpolate(tensor, (800, 800), mode="bicubic", align_corners=False, antialias=False)
    return small[0].float() / 255


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def agree(pixels: np.ndarray) -> None:
    wanted = official(pixels)
    on_cpu = to_input(torch.from_numpy(shrink_on_cpu(pixels)).permute(2, 0, 1))
    as_on_gpu = to_input(shrink(torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)))
    for found in (on_cpu, as_on_gpu):
        assert found.shape == (3, 800, 800)
        assert (found - wanted).abs().max().item() <= 1.001 / 255


@pytest.mark.parametrize("draw", [noise, draw_page])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_both_ways_agree_with_the_official_one(draw: Any, width: int, height: int) -> None:
    agree(draw(width, height))


@pytest.mark.parametrize("seed", range(3))
def test_the_official_one_on_a_cpu_is_close_on_the_whole(seed: int) -> None:
    pixels = draw_page(1654, 2339, seed=seed)
    found = to_input(torch.from_numpy(shrink_on_cpu(pixels)).permute(2, 0, 1))
    apart = (found - official_on_cpu(pixels)).abs()
    assert apart.mean().item() < 0.5 / 255
    assert (apart > 1.001 / 255).float().mean().item() < 0.02


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared documents are not here")
def test_real_pages_agree() -> None:
    files = sorted(SHARED.glob("ko_*/*/p*.png"))[::12] + sorted(SHARED.glob("ko_scene/*.jpg"))[:4]
    assert len(files) >= 4
    for file in files[:6]:
        pixels = decode(file.read_bytes())
        agree(pixels)
        found = to_input(torch.from_numpy(shrink_on_cpu(pixels)).permute(2, 0, 1))
        assert (found - official_on_cpu(pixels)).abs().mean().item() < 0.5 / 255


def test_pages_keep_their_places_and_bad_ones_say_why() -> None:
    good = [encode(draw_page(300, 400, seed=seed), jpeg_quality=90 if seed % 2 else None) for seed in range(3)]
    images = [good[0], b"", good[1], b"\xff\xd8\xff\xe0 not a JPEG", good[2], good[2][:40]]
    pages = [page(number, image=image) for number, image in enumerate(images)]
    with ThreadPoolExecutor(2) as pool:
        found = prepare(pages, CPU, pool, rows=8)
    assert found.pixels.shape == (8, 3, 800, 800)
    assert [bool(reason) for reason in found.reasons] == [False, True, False, True, False, True]
    assert all(reason.startswith("broken: ") for reason in found.reasons if reason)
    assert found.sizes == [(300, 400), (1, 1), (300, 400), (1, 1), (300, 400), (1, 1)]
    for place, image in ((0, good[0]), (2, good[1]), (4, good[2])):
        wanted = torch.from_numpy(shrink_on_cpu(decode(image))).permute(2, 0, 1)
        assert torch.equal(found.pixels[place], wanted)
    assert not found.pixels[[1, 3, 5, 6, 7]].any()


def test_a_page_30000_pixels_long() -> None:
    tall = np.full((30_000, 40, 3), 255, np.uint8)
    tall[::100] = 0
    with ThreadPoolExecutor(1) as pool:
        found = prepare([page(image=encode(tall))], CPU, pool, rows=1)
    assert found.sizes == [(40, 30_000)]
    wanted = cv2.resize(tall, (800, 800), interpolation=cv2.INTER_CUBIC)
    assert np.array_equal(found.pixels[0].permute(1, 2, 0).numpy(), wanted)
