"""What is known of a page beforehand is not looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ocr_project.domain.types import Box, Identity, Label, Page, Region, Status
from ocr_project.engine.layout import detect_all
from ocr_project.testing.fakes import page


class Looking:
    """A detector that finds one text on each page, and remembers what it saw."""

    identity = Identity("looking", "1")
    batch_pages = 8
    workers = None

    def __init__(self) -> None:
        self.seen: list[str] = []

    def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
        self.seen += [one.page_id for one in pages]
        return [[Region(one.page_id, 0, Label.TEXT, "found", Box(1, 1, 2, 2))] for one in pages]


def test_only_unknown_pages_are_looked_at_and_order_is_kept() -> None:
    pages = [
        page(1, image=b"x"),
        page(2, image=b"x", given=Label.TABLE),
        page(3, image=b"x", question="What?"),
        page(4, image=b"x"),
        page(5, image=b"x", given=Label.FORMULA, question="Which?"),
    ]
    detector = Looking()
    answers = detect_all(detector, pages)
    assert detector.seen == ["d_00001", "d_00004"]
    assert [regions[0].page_id for regions in answers] == [one.page_id for one in pages]
    labels = [(region.label, region.native_label) for (region,) in answers]
    assert labels == [
        (Label.TEXT, "found"),
        (Label.TABLE, "table"),
        (Label.PAGE, "page"),
        (Label.TEXT, "found"),
        (Label.FORMULA, "formula"),
    ]
    for (region,) in (answers[1], answers[2], answers[4]):
        assert (region.box, region.status) == (Box(0, 0, 100, 140), Status.OK)


def test_a_page_that_failed_stays_skipped() -> None:
    failed = replace(page(1, given=Label.TABLE), status=Status.FAILED, reason="broken: x")
    ((region,),) = detect_all(Looking(), [failed])
    assert (region.status, region.reason) == (Status.SKIPPED, "broken: x")


def test_a_detector_without_work_is_not_called() -> None:
    class Never(Looking):
        def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
            raise AssertionError("nothing to look at")

    assert len(detect_all(Never(), [page(1, image=b"x", given=Label.TEXT)])) == 1
