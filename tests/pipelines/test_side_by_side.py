"""Two models over the same pages, one after the other and back again: nothing is read a second time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from ocr_project.datasets import LineageFolder, ShardedParquet
from ocr_project.domain.options import (
    EmbeddingOptions,
    IngestOptions,
    LayoutOptions,
    RecognitionOptions,
    RuntimeOptions,
    TesseractOptions,
    TranscriptOptions,
)
from ocr_project.domain.types import Prune, Shard, Transcript
from ocr_project.pipeline_registry import register_pipelines
from ocr_project.storage.lineages import lineages
from tests.whole_job import ROOT, write_pages

ROWS = {
    **{"pages": "Page", "regions": "Region", "recognitions": "Recognition"},
    **{"transcripts": "Transcript", "page_vectors": "Embedding"},
}
PAGES = 3
Marks = dict[str, int]


class Killed(BaseException):
    """Stands for the end of the process: nothing handles it."""


class CountingFolder(LineageFolder):
    """Counts what is kept, and ends the run before something that is one too many."""

    def __init__(self, counts: Marks, limit: Callable[[], int], folder: LineageFolder) -> None:
        super().__init__(folder.root, folder.row_type, folder.lineage)
        self._counts, self._limit = counts, limit

    def keep(self, made: Shard | Prune) -> None:
        if sum(self._counts.values()) >= self._limit():
            raise Killed
        super().keep(made)
        self._counts[self.root.name] = self._counts.get(self.root.name, 0) + 1


class Counting(ShardedParquet):
    """Loads as a `CountingFolder`."""

    def __init__(self, counts: Marks, limit: Callable[[], int], **options: Any) -> None:
        super().__init__(**options)
        self._counts, self._limit = counts, limit

    def load(self) -> LineageFolder:
        return CountingFolder(self._counts, self._limit, super().load())


class Job:
    """The stages from pages to vectors, as Kedro runs them, over a folder that outlives each run."""

    def __init__(self, folder: Path) -> None:
        bootstrap_project(ROOT)
        self.folder = folder
        self.data = folder / "data"
        self.saved: Marks = {}
        self.most = 1_000_000
        registered = register_pipelines()
        whole = sum((registered[name] for name in ("ocr", "embedding")), start=registered["ingest"])
        self._pipeline = whole.to_outputs("page_vectors")

    def run(self, languages: str = "eng", dpi: int = 100) -> Marks:
        """Run it; return how many shards each stage saved."""
        self.saved.clear()
        catalog = DataCatalog(
            {
                "source": MemoryDataset(str(self.folder / "in")),
                "params:ingest": MemoryDataset(IngestOptions(source=str(self.folder / "in"), shard_pages=1, dpi=dpi)),
                "params:layout": MemoryDataset(LayoutOptions(backend="whole_page")),
                "params:recognition": MemoryDataset(
                    RecognitionOptions(tesseract=TesseractOptions(languages=languages))
                ),
                "params:transcript": MemoryDataset(TranscriptOptions()),
                "params:embedding": MemoryDataset(EmbeddingOptions()),
                "params:runtime": MemoryDataset(RuntimeOptions(progress=False, workers=1)),
            }
        )
        for name, row in ROWS.items():
            for end in ("", "_done"):
                place = str(self.data / name)
                catalog[f"{name}{end}"] = Counting(self.saved, lambda: self.most, filepath=place, row=row)
        SequentialRunner().run(self._pipeline, catalog)
        return dict(self.saved)

    def marks(self) -> Marks:
        """Return every shard with the time at which it was written, wherever it is stored."""
        paths = self.data.rglob("*.parquet")
        return {str(path.relative_to(self.data)): path.stat().st_mtime_ns for path in paths}

    def texts(self) -> list[str]:
        return [row.text for row in LineageFolder(self.data / "transcripts", Transcript).rows()]

    def flatten(self) -> None:
        """Put all shards where they were before there were lineages."""
        for path in list(self.data.rglob("*.parquet")):
            path.rename(path.parents[1] / path.name)
        for left in [*self.data.rglob("lineage.json"), *self.data.rglob("current.json")]:
            left.unlink()
        for folder in [path for path in self.data.glob("*/*") if path.is_dir()]:
            folder.rmdir()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    write_pages(tmp_path / "in", PAGES)
    return Job(tmp_path)


def test_a_model_that_was_there_before_is_found_again(job: Job) -> None:
    assert job.run("eng") == dict.fromkeys(ROWS, PAGES)
    first, said = job.marks(), job.texts()
    assert job.run("kor") == {"recognitions": PAGES, "transcripts": PAGES, "page_vectors": PAGES}
    both = job.marks()
    assert first.items() <= both.items()
    assert len(both) == 5 * PAGES + 3 * PAGES
    assert job.run("eng") == {}
    assert job.marks() == both
    assert job.texts() == said
    assert [stored.name.split("-")[0] for stored in lineages(job.data / "recognitions")] == ["tesseract", "tesseract"]
    assert [stored.is_current for stored in lineages(job.data / "transcripts")] == [True, False]


def test_pages_of_another_resolution_rest_beside_the_first(job: Job) -> None:
    job.run(dpi=100)
    before = job.marks()
    assert job.run(dpi=90) == dict.fromkeys(ROWS, PAGES)
    assert before.items() <= job.marks().items()
    assert job.run(dpi=100) == {}


def test_a_page_that_left_is_forgotten_by_this_model_only(job: Job) -> None:
    job.run("eng")
    job.run("kor")
    (job.folder / "in" / "page00001.png").unlink()
    job.run("kor")
    counts = {stored.is_current: stored.shards for stored in lineages(job.data / "recognitions")}
    assert counts == {True: PAGES - 1, False: PAGES}
    assert len(job.texts()) == PAGES - 1
    assert job.run("eng") == {"recognitions": 1, "transcripts": 1, "page_vectors": 1}, "one Prune each"


@pytest.mark.parametrize("most", [1, 4, 7])
def test_a_run_that_was_ended_between_two_models_goes_on(job: Job, most: int) -> None:
    job.run("eng")
    before = job.marks()
    job.most = most
    with pytest.raises(Killed):
        job.run("kor")
    kept = job.marks()
    assert len(kept) == len(before) + most
    job.most = 1_000_000
    assert sum(job.run("kor").values()) == 3 * PAGES - most
    assert kept.items() <= job.marks().items()
    assert job.run("eng") == {}


def test_the_data_of_yesterday_is_taken_over_without_work(job: Job) -> None:
    job.run("eng")
    names = {Path(path).name: mark for path, mark in job.marks().items() if path.startswith("recognitions")}
    job.flatten()
    assert len(job.texts()) == PAGES, "shards without a lineage are read as they are"
    assert job.run("eng") == {}
    assert {Path(p).name: mark for p, mark in job.marks().items() if p.startswith("recognitions")} == names
    assert not list(job.data.glob("*/*.parquet"))


def test_the_data_of_yesterday_waits_while_another_model_is_tried(job: Job) -> None:
    job.run("eng")
    job.flatten()
    assert set(job.run("kor")) == {"recognitions", "transcripts", "page_vectors"}
    assert [stored.name for stored in lineages(job.data / "recognitions")][1] == "unsorted"
    assert job.run("eng") == {}
    assert len(lineages(job.data / "recognitions")) == 2
