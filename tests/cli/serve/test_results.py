"""What is looked up of a corpus: of a page only what it needs is read, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ocr_project.cli.project import open_project
from ocr_project.cli.serve.results import Results
from ocr_project.cli.serve.shelf import Shelf
from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Document, Shard, ShardInfo
from ocr_project.engine.transcript import assemble
from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.workspace import Workspace
from tests.cli.serve.served import PLACES, ROWS, home, shelf  # noqa: F401 - fixtures
from tests.engine.reporting.test_review import TESSERACT, drawn

# Shards are cut across documents: the second begins within `b`, the third with the last page of `c`.
SHARDS = ([("a", 1), ("b", 1)], [("b", 2), ("c", 1)], [("c", 2)])
ORDER = [page for shard in SHARDS for page in shard]


def name_of(doc: str, number: int) -> str:
    return f"{doc * 16}_{number:05d}"


def write(workspace: Workspace, key: str = "key", number: int = 0) -> None:
    for place, pages in list(enumerate(SHARDS))[number:]:
        made = [drawn(page, (f"text {doc}{page}", 0.9), doc_id=doc * 16, path=f"{doc}.pdf") for doc, page in pages]
        rows = {
            "pages": [page for page, _, _ in made],
            "regions": [region for _, regions, _ in made for region in regions],
            "recognitions": [found for _, _, read in made for found in read],
            "transcripts": [assemble(*one, TranscriptOptions()) for one in made],
        }
        (doc, first) = pages[0]
        info = ShardInfo(name_of(doc, first), key, f"{doc}.pdf#{first:05d}", len(pages), identity=TESSERACT)
        for name, kind in ROWS.items():
            folder = LineageFolder(workspace.data / PLACES.get(name, "03_primary") / name, kind)
            folder.write(Shard(replace(info, items=len(rows[name]), made=float(place)), rows[name]))


@pytest.fixture
def workspace(shelf: Shelf) -> Workspace:  # noqa: F811
    made = shelf.open("모음")
    made.remember("base", {"ingest": made.ingest()})
    write(made)
    return made


@pytest.fixture
def results(workspace: Workspace) -> Iterator[Results]:
    with open_project("base", {"ingest": workspace.ingest()}, workspace.folder) as context:
        documents = [
            Document(doc * 16, f"{doc}.pdf", "", "application/pdf", 2, 1, str(workspace.source / f"{doc}.pdf"))
            for doc in "abc"
        ]
        context.catalog.save("documents", to_frame(documents, Document))
        yield Results(context.catalog)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Note of which kind of row which shard is read."""
    seen: list[tuple[str, str]] = []
    rows, find = LineageFolder.read, LineageFolder.find

    def noted_rows(self: LineageFolder, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        seen.append((self.row_type.__name__, name))
        return rows(self, name, without=without)

    def noted_find(self: LineageFolder, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Any]:
        seen.append((self.row_type.__name__, name))
        return find(self, name, page_id, without=without)

    monkeypatch.setattr(LineageFolder, "read", noted_rows)
    monkeypatch.setattr(LineageFolder, "find", noted_find)
    return seen


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_each_page_is_found_with_its_neighbours(results: Results, place: int) -> None:
    found = results.page(name_of(*ORDER[place]))
    assert found is not None
    assert found.page.page_id == name_of(*ORDER[place])
    assert found.before == (name_of(*ORDER[place - 1]) if place else "")
    assert found.after == (name_of(*ORDER[place + 1]) if place + 1 < len(ORDER) else "")
    assert [line.text for line in found.lines] == ["text {}{}".format(*ORDER[place])]


def test_of_the_other_shards_no_row_is_read(results: Results, read: list[tuple[str, str]]) -> None:
    assert results.page(name_of("c", 2)) is not None
    assert {shard for _, shard in read} == {name_of("c", 2)}
    assert results.image(name_of("a", 1)) is not None
    assert {shard for kind, shard in read if kind == "Page"} == {name_of("a", 1), name_of("c", 2)}


def test_rows_that_were_listed_are_not_read_again_until_their_shard_is_another(
    results: Results, workspace: Workspace, read: list[tuple[str, str]]
) -> None:
    assert list(results.pages()) == [name_of(*page) for page in ORDER]
    assert len(read) == len(SHARDS)
    assert len(results.pages()) == len(ORDER)
    assert len(read) == len(SHARDS)
    write(workspace, "other", number=2)
    assert len(results.pages()) == len(ORDER)
    assert read[len(SHARDS) :] == [("Transcript", name_of("c", 2))]


@pytest.mark.parametrize("wanted", ["", "nothing", name_of("a", 9), name_of("d", 1), "../a"])
def test_a_page_that_is_not_there_is_none(results: Results, wanted: str) -> None:
    assert results.page(wanted) is None
    assert results.image(wanted) is None
