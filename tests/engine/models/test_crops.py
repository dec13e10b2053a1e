"""Crops that fit the model, and the processes that cut them."""

from __future__ import annotations

import base64
import os
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

from ocr_project.domain.types import Box, Label, Region
from ocr_project.engine.imaging.pixels import decode, encode
from ocr_project.engine.models.crops.pool import CropPool
from ocr_project.engine.models.crops.worker import CropJob, Fit, bands, cut_page, prepare, without_margins
from tests.processes import children
from tests.waiting import PATIENCE, wait_for

FIT = Fit(least_pixels=12_544, most_pixels=1_000_000, side=28, jpeg_quality=None)
RNG = np.random.default_rng(0)


def noise(height: int, width: int) -> np.ndarray:
    return RNG.integers(0, 255, (height, width, 3), dtype=np.uint8)


def job(x0: float, y0: float, x1: float, y1: float, *, may_be_cut: bool = True) -> CropJob:
    return CropJob(Region("p", 0, Label.TEXT, "text", Box(x0, y0, x1, y1)), may_be_cut)


@pytest.mark.parametrize(
    ("height", "width"), [(3, 3), (1, 900), (4_000, 4), (30, 200), (112, 112), (100, 126), (28, 448)]
)
def test_small_crops_are_padded_to_what_the_model_takes(height: int, width: int) -> None:
    cut = noise(height, width)
    fitted = prepare(cut, FIT)
    high, wide = fitted.shape[:2]
    assert min(high, wide) >= FIT.side
    assert FIT.least_pixels <= high * wide <= FIT.most_pixels
    assert max(high, wide) / min(high, wide) <= 101
    top, left = (high - height) // 2, (wide - width) // 2
    assert (fitted[top : top + height, left : left + width] == cut).all()


def test_a_line_as_wide_as_a_street_is_scaled_and_padded() -> None:
    high, wide = prepare(noise(5, 20_000), FIT).shape[:2]
    assert high >= FIT.side
    assert high * wide <= FIT.most_pixels
    assert wide / high <= 101


def test_padding_is_the_papers_colour() -> None:
    cut = np.full((40, 60, 3), (200, 220, 240), np.uint8)
    cut[10:20, 10:50] = 0
    assert tuple(prepare(cut, FIT)[0, 0]) == (200, 220, 240)


def test_a_crop_that_fits_is_left_as_it_is() -> None:
    cut = noise(500, 600)
    assert prepare(cut, FIT) is cut


def test_large_crops_are_scaled_down_in_shape() -> None:
    high, wide = prepare(noise(2_000, 1_000), FIT).shape[:2]
    assert high * wide <= FIT.most_pixels
    assert high / wide == pytest.approx(2, rel=0.01)


def test_text_far_too_large_is_cut_between_its_lines() -> None:
    page = np.full((6_000, 2_000, 3), 255, np.uint8)
    for top in range(20, 5_980, 60):
        page[top : top + 40, 50:1_950] = RNG.integers(0, 120, (40, 1_900, 3), dtype=np.uint8)
    parts = bands(page, FIT, allowed=True)
    assert len(parts) == 5
    assert (np.concatenate(parts) == page).all()
    assert all((part[0] == 255).all() for part in parts)  # no line is cut through
    assert bands(page, FIT, allowed=False)[0].shape == page.shape


def test_bands_come_as_several_images() -> None:
    (crop,) = cut_page(encode(noise(3_000, 1_500)), [job(0, 0, 1_500, 3_000)], FIT)
    assert len(crop.images) == 2
    (whole,) = cut_page(encode(noise(3_000, 1_500)), [job(0, 0, 1_500, 3_000, may_be_cut=False)], FIT)
    assert len(whole.images) == 1


def test_crops_are_data_uris_of_the_pixels() -> None:
    pixels = noise(300, 300)
    (crop,) = cut_page(encode(pixels), [job(10, 20, 210, 220)], FIT)
    head, data = crop.images[0].split(b",", 1)
    assert head == b"data:image/png;base64"
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert (shown == pixels[20:220, 10:210]).all()
    jpeg = Fit(FIT.least_pixels, FIT.most_pixels, FIT.side, 90)
    (crop,) = cut_page(encode(pixels), [job(10, 20, 210, 220)], jpeg)  # type: ignore[misc]
    assert crop.images[0].startswith(b"data:image/jpeg;base64,/9j/")


@pytest.mark.parametrize("paper", [(40, 40, 40), (128, 128, 128), (0, 0, 90)])
def test_print_that_is_lighter_than_its_paper_is_no_margin(paper: tuple[int, int, int]) -> None:
    page = np.full((1000, 800, 3), paper, np.uint8)
    cv2.rectangle(page, (300, 400), (399, 499), (0, 0, 0), -1)  # and some that is darker
    cv2.rectangle(page, (100, 100), (199, 139), (255, 255, 255), -1)
    cv2.rectangle(page, (600, 800), (699, 839), (0, 0, 255), -1)
    assert without_margins(page).shape == (768, 628, 3)


def test_margins_of_a_page_are_cut_off_where_that_is_wanted() -> None:
    page = np.full((800, 600, 3), 250, np.uint8)
    cv2.rectangle(page, (100, 200), (399, 599), (20, 20, 20), -1)
    assert without_margins(page).shape == (428, 328, 3)
    assert without_margins(page[210:590, 110:390]).shape == (380, 280, 3)
    assert without_margins(page[200:600, 90:410]).shape == (400, 320, 3), "a strip that is thinner is left as it is"
    scan = page.copy()
    scan[:, :8] = 0
    assert without_margins(scan).shape == (800, 414, 3), "the dark edge of a scan counts as ink"
    whole = Region("p", 0, Label.PAGE, "page", Box(0, 0, 600, 800))
    fit = Fit(56 * 56, 10**7, 28, None)
    sizes = []
    for trimmed in (False, True):
        (crop,) = cut_page(encode(page), [CropJob(whole, bands=False, trimmed=trimmed)], fit)
        assert not isinstance(crop, str)
        sizes.append(decode(base64.b64decode(crop.images[0].partition(b",")[2])).shape[:2])
    assert sizes[0] == (800, 600)
    assert sizes[1] == (428, 328)


def test_what_holds_nothing_says_so() -> None:
    pixels = noise(300, 300)
    pixels[:100] = 250
    blank, speck = cut_page(encode(pixels), [job(0, 0, 300, 90), job(5, 200, 6, 290)], FIT)
    assert not blank.images  # type: ignore[union-attr]
    assert "blank" in blank.reason  # type: ignore[union-attr]
    assert "smaller than a letter" in speck.reason  # type: ignore[union-attr]
    assert str(cut_page(b"nonsense", [job(0, 0, 1, 1)], FIT)).startswith("broken: ")


@pytest.mark.parametrize("sideways", [False, True])
@pytest.mark.parametrize(
    ("strokes", "asked"),
    [
        pytest.param([(30, 32, 10, 590)], False, id="a line"),
        pytest.param([(20, 23, 0, 600), (30, 31, 0, 600)], False, id="a double line"),
        pytest.param([(30, 34, 10, 90)], True, id="a short stroke"),
        pytest.param([(30, 32, left, left + 20) for left in range(0, 600, 30)], True, id="dashes"),
        pytest.param([(20, 60, 10, 590)], True, id="a bar"),
        pytest.param([(20, 22, 10, 590), (35, 55, 40, 44)], True, id="a letter under a line"),
    ],
)
def test_a_separator_is_not_read(strokes: list[tuple[int, int, int, int]], asked: bool, sideways: bool) -> None:
    pixels = np.full((80, 600, 3), 245, np.uint8)
    pixels += RNG.integers(0, 8, pixels.shape, dtype=np.uint8)
    for top, bottom, left, right in strokes:
        pixels[top:bottom, left:right] = 40
    if sideways:
        pixels = np.ascontiguousarray(pixels.transpose(1, 0, 2))
    height, width = pixels.shape[:2]
    (crop,) = cut_page(encode(pixels), [job(0, 0, width, height)], FIT)
    assert bool(crop.images) is asked  # type: ignore[union-attr]
    assert asked or "ruling" in crop.reason  # type: ignore[union-attr]
    (table,) = cut_page(encode(pixels), [job(0, 0, width, height, may_be_cut=False)], FIT)
    assert table.images, "what is not text to be read is the model's"  # type: ignore[union-attr]


def test_the_pool_keeps_order_and_its_workers_end_with_it() -> None:
    pool = CropPool(2, FIT)
    images = [encode(noise(150 + number, 200)) for number in range(12)]
    answers = [pool.submit(images[0], [job(0, 0, 200, 400)])]
    answers[0].result(PATIENCE)
    (first,) = crop_workers()
    os.kill(first, signal.SIGSTOP)  # or it might have cut all of them before the second one is there
    answers += [pool.submit(image, [job(0, 0, 200, 400)]) for image in images[1:]]
    wait_for(lambda: sum(answer.done() for answer in answers) == len(images) - 1)
    os.kill(first, signal.SIGCONT)
    for image, answer in zip(images, answers, strict=True):
        assert answer.result(PATIENCE) == cut_page(image, [job(0, 0, 200, 400)], FIT)
    workers = crop_workers()
    assert len(workers) == 2
    pool.close()
    pool.close()
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(images[0], [])


def test_a_page_that_kills_its_worker_fails_alone_and_the_pool_comes_back() -> None:
    pool = CropPool(1, FIT)
    good = encode(noise(150, 200))
    assert not isinstance(pool.submit(good, [job(0, 0, 200, 150)]).result(PATIENCE), str)
    (worker,) = crop_workers()
    os.kill(worker, signal.SIGSTOP)  # it is not done with the page before it is killed
    deadly, *behind = [pool.submit(good, [job(0, 0, 200, 150)]) for _ in range(4)]
    os.kill(worker, signal.SIGKILL)
    assert str(deadly.result(PATIENCE)).startswith("killed: ")
    assert all(len(answer.result(PATIENCE)) == 1 for answer in behind)
    assert crop_workers() != [worker]
    pool.close()


def test_a_page_that_needs_more_memory_than_its_process_may_have_fails_alone() -> None:
    pool = CropPool(1, FIT, memory=256 * 2**20)
    good = encode(noise(150, 200))
    large = encode(np.zeros((12_000, 12_000, 3), np.uint8), jpeg_quality=50)
    refused = pool.submit(large, [job(0, 0, 12_000, 12_000)])
    behind = pool.submit(good, [job(0, 0, 200, 150)])
    reason = str(refused.result(PATIENCE)).lower()  # who notices first depends on the machine
    assert any(part in reason for part in ("memory", "failed to allocate", "ended the process")), reason
    assert not isinstance(behind.result(PATIENCE), str)
    pool.close()


def test_a_page_that_takes_for_ever_fails_alone() -> None:
    pool = CropPool(1, FIT)
    good = encode(noise(150, 200))
    pool.submit(good, [job(0, 0, 200, 150)]).result(PATIENCE)
    (worker,) = crop_workers()
    os.kill(worker, signal.SIGSTOP)
    pool._seconds = 0.3
    slow = pool.submit(good, [job(0, 0, 200, 150)])
    slow.add_done_callback(lambda _: setattr(pool, "_seconds", PATIENCE))  # before the next page is taken up
    behind = pool.submit(good, [job(0, 0, 200, 150)])
    assert "took more than" in str(slow.result(PATIENCE))
    assert not isinstance(behind.result(PATIENCE), str)
    pool.close()


def crop_workers() -> list[int]:
    return [child.pid for child in children("crops.worker")]
