"""Documents written by several processes are those of one, and so are the errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import StorageError
from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.schemas import ROW_TYPES
from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Shard, ShardInfo
from ocr_project.engine.exports import ChosenExports, export_documents
from ocr_project.engine.exports.documents import Part
from ocr_project.engine.exports.plan import Export
from ocr_project.engine.exports.processes import parts_of, processes_for
from ocr_project.engine.exports.writing import _worth
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.transcript import assemble
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.testing.fakes import MemoryShards

PAGES_OF = (1, 40, 3, 1, 25, 30, 1)  # of each document
SHARD = 20  # pages: documents cross its end
KINDS = {"pages": "Page", "regions": "Region", "recognitions": "Recognition", "transcripts": "Transcript"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    root = tmp_path_factory.mktemp("corpus")
    folders = {name: ShardFolder(root / name, ROW_TYPES[kind]) for name, kind in KINDS.items()}
    pages = [page for document, count in enumerate(PAGES_OF) for page in drawn(f"d{document}", count)]
    for first in range(0, len(pages), SHARD):
        keep(folders, f"s{first:03}", pages[first : first + SHARD])
    return Corpus(**folders)


def drawn(doc_id: str, count: int) -> list[Page]:
    image = encode(np.full((60, 80, 3), 255, np.uint8))
    return [
        Page(f"{doc_id}_{number:05d}", doc_id, f"{doc_id}.png", "", number, 80, 60, 72.0, "image/png", image)
        for number in range(1, count + 1)
    ]


def keep(folders: dict[str, ShardFolder], name: str, pages: Sequence[Page]) -> None:
    regions = [Region(page.page_id, 0, Label.TEXT, "text", Box(5, 5, 60, 20)) for page in pages]
    read = [Recognition(page.page_id, 0, f"this is {page.page_id}") for page in pages]
    rows = [
        assemble(page, [region], [one], TranscriptOptions())
        for page, region, one in zip(pages, regions, read, strict=True)
    ]
    for kind, found in zip(KINDS, (pages, regions, read, rows), strict=True):
        info = ShardInfo(name, f"{kind} {name}", name, len(pages), items=len(found))
        folders[kind].write(Shard(info, list(found)))


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): b"" if path.suffix == ".pdf" else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_are_those_of_one_process_and_nothing_is_written_twice(tmp_path: Path, corpus: Corpus) -> None:
    for processes in (1, 2):
        export_documents(
            tmp_path / str(processes),
            corpus=corpus,
            wanted=ChosenExports(text=True),
            documents={},
            processes=processes,
        )
    one, two = files(tmp_path / "1"), files(tmp_path / "2")
    assert one == two
    assert len(one) == 3 * len(PAGES_OF) + 2, "Markdown, text and a PDF of each; lines, and the manifest"
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "2").rglob("*.pdf")}
    (tmp_path / "2/markdown/d4.md").unlink()
    (tmp_path / "2/ocr_results.jsonl").unlink()
    export_documents(tmp_path / "2", corpus=corpus, wanted=ChosenExports(text=True), documents={}, processes=2)
    assert files(tmp_path / "2") == one
    changed = [path.stem for path, then in before.items() if path.stat().st_mtime_ns != then]
    assert changed == ["d4"]


def test_an_error_of_a_process_is_raised_and_nothing_is_left(tmp_path: Path, corpus: Corpus) -> None:
    (tmp_path / "markdown").write_text("a file where a folder has to be")
    with pytest.raises(StorageError, match="markdown"):
        export_documents(tmp_path, corpus=corpus, wanted=ChosenExports(), documents={}, processes=2)
    assert not list(tmp_path.rglob("*ocr_results.jsonl*"))


def test_parts_have_some_pages_and_whole_documents() -> None:
    exports = [
        Export(f"d{place}", "", f"n{place}", shards=[f"s{place}"], pages=count) for place, count in enumerate(PAGES_OF)
    ]
    parts = list(parts_of(Part(exports, frozenset({"n2"}), {"n5": ["x"], "n0": []})))
    assert [[export.name for export in part.exports] for part in parts] == [
        ["n0", "n1"],
        ["n2", "n3", "n4", "n5"],
        ["n6"],
    ]
    assert [part.before for part in parts] == [0, 41, 100]
    assert [sorted(part.todo) for part in parts] == [[], ["n2"], []]
    assert [dict(part.known) for part in parts] == [{"n0": []}, {"n5": ["x"]}, {}]


def test_no_shard_is_read_for_two_parts() -> None:
    shards = [["s0"], ["s0"], ["s0", "s1"], ["s1"], ["s2"], ["s2"], ["s3"]]
    exports = [Export(f"d{place}", "", f"n{place}", shards=names, pages=40) for place, names in enumerate(shards)]
    parts = list(parts_of(Part(exports, frozenset(), {})))
    assert [[export.name for export in part.exports] for part in parts] == [
        ["n0", "n1", "n2", "n3"],
        ["n4", "n5"],
        ["n6"],
    ]
    assert [part.before for part in parts] == [0, 160, 240]


def test_documents_that_all_share_a_shard_with_the_next_one_are_parts_still() -> None:
    exports = [Export(f"d{n}", "", f"n{n}", shards=[f"s{n}", f"s{n + 1}"], pages=136) for n in range(100)]
    parts = list(parts_of(Part(exports, frozenset(), {})))
    assert [len(part.exports) for part in parts] == [2] * 50
    assert [export.name for part in parts for export in part.exports] == [export.name for export in exports]
    assert [part.before for part in parts] == [272 * n for n in range(50)]


def test_few_pages_and_shards_in_memory_are_written_by_this_process(corpus: Corpus) -> None:
    assert processes_for(corpus, 10) == 1
    memory = MemoryShards()
    assert processes_for(Corpus(memory, memory, memory, memory), 100_000) == 1


def test_lines_alone_are_worth_processes_too() -> None:
    """Nearly all documents may have been written early; those of one page are pages as well."""
    plan = [Export(f"d{number}", "", f"n{number}", pages=1) for number in range(4_000)]
    assert _worth(plan, frozenset(), lines=True) == 1_000
    assert _worth(plan, frozenset({"n0", "n1"}), lines=True) == 2 + 3_998 // 4
    assert _worth(plan, frozenset({"n0", "n1"}), lines=False) == 2
