"""The promises that every detector keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ocr_project.domain.options import LayoutBackend, LayoutOptions
from ocr_project.domain.protocols import Detector
from ocr_project.domain.types import Label, Page, Region, Status
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.layout import build_detector
from ocr_project.testing.fakes import page
from tests.layout_model import draw_page, write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    @cache
    def written() -> Path:
        torch = pytest.importorskip("torch", reason="pp_doclayout_v3 needs torch: the gpu extra, or a CPU build")
        pytest.importorskip("transformers", reason="pp_doclayout_v3 needs transformers")
        torch.set_num_threads(1)
        return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))

    return written


@pytest.fixture(scope="module", params=list(LayoutBackend), ids=str)
def options(request: pytest.FixtureRequest, checkpoint: Callable[[], Path]) -> LayoutOptions:
    own = {}
    if request.param is LayoutBackend.PP_DOCLAYOUT_V3:
        own = {"checkpoint": str(checkpoint()), "device": "cpu", "batch_pages": 3, "decoders": 1}
    return LayoutOptions.model_validate({"backend": request.param, "pp_doclayout_v3": own})


@pytest.fixture(scope="module")
def detector(options: LayoutOptions) -> Iterator[Detector]:
    with closing(build_detector(options)) as built:
        yield built


def drawn(number: int, width: int = 330, height: int = 470, *, jpeg: bool = False) -> Page:
    image = encode(draw_page(width, height, seed=number), jpeg_quality=90 if jpeg else None)
    return page(number, image=image, width=width, height=height, dpi=40.0)


PAGES = [
    drawn(1),
    page(2, status=Status.FAILED, reason="broken: no page"),
    drawn(3, 470, 330, jpeg=True),
    page(4, image=b"neither JPEG nor PNG"),
    page(5, image=encode(np.full((1, 1, 3), 255, np.uint8)), width=1, height=1),
    page(6, image=encode(np.full((140, 100, 3), 255, np.uint8))),
    drawn(7),
]


def timeless(answers: list[list[Region]]) -> list[list[Region]]:
    return [[replace(region, seconds=0.0) for region in regions] for regions in answers]


def test_one_answer_for_each_page_in_order_never_empty(detector: Detector) -> None:
    answers = detector.detect(PAGES)
    assert len(answers) == len(PAGES)
    for given, regions in zip(PAGES, answers, strict=True):
        assert regions
        assert {region.page_id for region in regions} == {given.page_id}
        assert [region.index for region in regions] == list(range(len(regions)))
        assert all(region.seconds == 0 for region in regions[1:])
        for region in regions:
            assert 0 <= region.box.x0 <= region.box.x1 <= given.width
            assert 0 <= region.box.y0 <= region.box.y1 <= given.height


def test_bad_pages_are_rows(detector: Detector, options: LayoutOptions) -> None:
    answers = detector.detect(PAGES)
    assert [(r.status, r.label, r.reason) for r in answers[1]] == [(Status.SKIPPED, Label.PAGE, "broken: no page")]
    if options.backend is not LayoutBackend.WHOLE_PAGE:  # which opens no page
        assert [(r.status, r.label) for r in answers[3]] == [(Status.FAILED, Label.PAGE)]
        assert answers[3][0].reason.startswith("broken: ")
        assert [(r.status, r.reason) for r in answers[5]] == [(Status.EMPTY, "blank page")]
        assert len(answers[0]) > 1
        assert answers[0][0].status is Status.OK


def test_no_pages_no_answers(detector: Detector) -> None:
    assert detector.detect([]) == []


def test_neighbours_do_not_matter(detector: Detector) -> None:
    together = timeless(detector.detect(PAGES))
    alone = timeless([detector.detect([one])[0] for one in PAGES])
    for a, b in zip(together, alone, strict=True):
        assert [region.native_label for region in a] == [region.native_label for region in b]
        assert np.allclose([region.box for region in a], [region.box for region in b], atol=0.01)
    backwards = timeless(detector.detect(PAGES[::-1]))[::-1]
    assert [[region.label for region in regions] for regions in backwards] == [
        [region.label for region in regions] for regions in together
    ]


def test_threads_agree(detector: Detector) -> None:
    expected = [[region.box for region in regions] for regions in detector.detect(PAGES)]
    with ThreadPoolExecutor(3) as pool:
        for answers in pool.map(detector.detect, [PAGES] * 4):
            assert [[region.box for region in regions] for regions in answers] == expected


def test_nothing_is_left_after_it_is_closed(options: LayoutOptions) -> None:
    before = set(threading.enumerate())
    detector = build_detector(options)
    detector.detect(PAGES[:1])
    detector.close()
    detector.close()
    assert not set(threading.enumerate()) - before


def test_identity_is_stable(detector: Detector, options: LayoutOptions) -> None:
    before = detector.identity.canonical()
    detector.detect(PAGES[:1])
    assert detector.identity.canonical() == before == build_detector(options).identity.canonical()
    assert detector.identity.name == options.backend.value
    assert detector.identity.revision


def test_hints_for_the_stream(detector: Detector) -> None:
    assert detector.batch_pages >= 1
    assert detector.workers is None or detector.workers >= 1
