"""Documents of drawn pages, the detector whose answers are the known regions, and what a run's shards tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.drawn_documents import LONGEST, drawn_regions, write_documents
from benchmarks.known_pages import SIZE, drawn_pages
from benchmarks.known_regions import KnownRegions
from benchmarks.run_figures import FOLDERS, Ran, figures_of

from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import (
    Identity,
    Label,
    Lineage,
    Page,
    Recognition,
    Region,
    Shard,
    ShardInfo,
    Transcript,
)
from ocr_project.engine.ingest.folder import FolderSource
from ocr_project.engine.layout.whole_page import WholePageDetector
from ocr_project.storage.lineages import LineageFolder
from tests.drawn_pages import draw_pages

BEGAN = 1_000_000.0


class Counting(WholePageDetector):
    """The detector of whole pages; it counts those that it has seen."""

    seen = 0

    def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
        self.seen += len(pages)
        return super().detect(pages)


@pytest.mark.parametrize("images", [False, True])
def test_pages_of_written_documents_get_the_regions_that_were_drawn_on_them(tmp_path: Path, images: bool) -> None:
    drawn = draw_pages(tmp_path / "drawn", 4)
    write_documents(tmp_path / "documents", tmp_path / "drawn", 50, images=images)
    source = FolderSource(tmp_path / "documents", IngestOptions())
    documents = list(source.documents())
    pages = [page for document in documents for page in source.pages(document, 1, document.pages)]
    detector = Counting()
    known = KnownRegions(detector, drawn_pages(tmp_path / "drawn"))
    found = known.detect(pages)

    assert len(pages) == 50, "repeated pages are not duplicates"
    assert len(documents) == (50 if images else 2)
    assert max(document.pages for document in documents) <= LONGEST
    assert detector.seen == 50
    assert {(page.width, page.height) for page in pages} == {SIZE}
    for number, (page, regions) in enumerate(zip(pages, found, strict=True)):
        assert [region.native_label for region in regions] == [label for label, _ in drawn[number % 4]]
        assert [list(region.box) for region in regions] == [box for _, box in drawn[number % 4]]
        assert {region.page_id for region in regions} == {page.page_id}
    assert [region.label for region in found[0]] == [Label.TITLE, Label.TEXT, Label.PICTURE]


def test_a_wrapped_detector_is_another_one_and_leaves_failed_pages_to_the_real_one(tmp_path: Path) -> None:
    draw_pages(tmp_path / "drawn", 2)
    known = KnownRegions(WholePageDetector(), drawn_pages(tmp_path / "drawn"))
    page = Page("a_00001", "a", "pages_000001.pdf", "", 1, 827, 1170, 100.0, "image/jpeg", b"")
    failed = replace(page, image=None, reason="broken")
    (regions, kept) = known.detect([page, failed])
    assert known.identity != WholePageDetector().identity
    assert isinstance(known.identity, Identity)
    assert known.batch_pages == WholePageDetector().batch_pages
    assert regions[0].box.x1 == pytest.approx(1514 / 2)
    assert kept == WholePageDetector().detect([failed])[0]


def test_documents_of_another_corpus_are_refused(tmp_path: Path) -> None:
    draw_pages(tmp_path / "drawn", 1)
    with pytest.raises(ValueError, match="is not known"):
        drawn_regions(drawn_pages(tmp_path / "drawn"), "report.pdf", 1)


def shard(stage: str, number: int, made: float, process: str, gpu: int) -> Shard:
    """Return a shard of four pages that took four seconds at 500 watts."""
    usage = GpuUsage(gpu, "card", 4.0, 2_000.0, sm=((90, 4),), watts=((500, 4),))
    name = f"{number:05d}"
    info = ShardInfo(name, f"key {name}", f"pages.pdf#{name}", 4, stage, items=4, wall_seconds=4.0)
    info = replace(info, gpus=(usage,), process=process, made=BEGAN + made)
    if stage == "recognition":
        read = [
            Recognition(f"{name}_{page}", 0, "read", attempts=page % 2, prompt_tokens=10 * page) for page in range(4)
        ]
        return Shard(info, read)
    text = [Transcript(f"{name}_{page}", "d", "p", "", page, "read", "read") for page in range(4)]
    return Shard(info, text)


def keep(data: Path, stage: str, shards: Sequence[Shard]) -> None:
    kind = Recognition if stage == "recognition" else Transcript
    folder = LineageFolder(data / FOLDERS[stage], kind)
    opened = folder.open(Lineage(f"{stage}-1", stage, "{}", ""), {})
    for one in shards:
        opened.keep(one)


def test_figures_of_a_launch_are_those_of_its_shards(tmp_path: Path) -> None:
    ends = [(0, 30.0, "a-1", 0), (1, 28.0, "a-2", 1), (2, 40.0, "a-1", 0), (3, 50.0, "a-2", 1)]
    keep(tmp_path, "recognition", [shard("recognition", *end) for end in ends])
    keep(tmp_path, "transcript", [shard("transcript", *end) for end in ends])
    (tmp_path / "08_reporting").mkdir()
    events = [("server started", 5.0), ("server ready", 20.0), ("server ready", 22.0), ("first done", 25.0)]
    (tmp_path / "08_reporting/events.jsonl").write_text(
        "".join(
            json.dumps({"at": BEGAN + at, "what": what, "stage": "recognition", "who": "", "gpu": 0}) + "\n"
            for what, at in events
        )
    )
    found = figures_of(Ran(tmp_path, BEGAN, 60.0))

    assert found["pages"] == found["recognition_pages"] == 16
    assert (found["first_server_ready"], found["servers_ready"], found["servers"]) == (20.0, 22.0, 2)
    assert (found["first_recognised"], found["first_transcript"], found["tail"]) == (25.0, 28.0, 10.0)
    assert found["recognition_seconds"] == 30.0
    assert found["recognition_pages_per_second"] == round(16 / 30, 2)
    # 10 % of the pages 40 % of the way to the first shard's end, 90 % at 60 % of the way to the last one's
    assert found["middle_by"] == "shards"
    assert found["middle_pages_per_second"] == round(12.8 / (46.0 - 23.2), 2)
    assert found["shards_ended"]["recognition"] == [[28.0, 1, 4], [30.0, 0, 4], [40.0, 2, 4], [50.0, 3, 4]]
    assert [(one["gpus"], one["pages"], one["seconds"]) for one in found["workers"]] == [([0], 8, 20), ([1], 8, 30)]
    assert (found["requests_a_page"], found["prompt_tokens_a_page"]) == (0.5, 15.0)
    assert (found["watts"], found["recognition_gpu_percent"]) == (500.0, 90.0)
    # two stages, four shards each, 2,000 J a shard of four pages
    assert found["watt_hours_per_1000_pages"] == pytest.approx(2 * 2_000 / 3_600 * 250, rel=1e-3)


def test_the_middle_is_by_the_bar_where_there_is_one_and_nothing_is_said_of_a_run_that_made_nothing(
    tmp_path: Path,
) -> None:
    keep(tmp_path, "recognition", [shard("recognition", 0, 30.0, "a-1", 0)])
    found = figures_of(Ran(tmp_path, BEGAN, 60.0, [(10.0, 0), (12.0, 2), (20.0, 4)]))
    assert found["middle_by"] == "progress"
    assert found["middle_pages_per_second"] == round(3.2 / (18.4 - 10.4), 2)
    assert "workers" not in found

    nothing = figures_of(Ran(tmp_path / "empty", BEGAN, 60.0))
    assert nothing["pages"] == nothing["failed"] == 0
    assert "recognition_pages_per_second" not in nothing
    assert "tail" not in nothing
