"""Documents written while transcripts are made: the first are there before the last shard, and all are as ever."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import StorageError
from ocr_project.domain.schemas import ROW_TYPES
from ocr_project.domain.types import Document
from ocr_project.engine.exports import ChosenExports, export_documents, export_early
from ocr_project.engine.exports.documents import Jobs, Part
from ocr_project.engine.exports.manifest import Manifest
from ocr_project.engine.exports.plan import Export, plan_exports
from ocr_project.engine.exports.processes import Writer
from ocr_project.engine.running.feeds import FEEDS, Feed, Stopped
from ocr_project.storage.shard_folder import ShardFolder
from tests.engine.exports.test_processes import KINDS, PAGES_OF, SHARD, drawn, files, keep
from tests.waiting import PATIENCE, wait_for

WANTED = ChosenExports(text=True)
DOCUMENTS = {
    (f"d{number}", f"d{number}.png"): Document(f"d{number}", f"d{number}.png", "", "image/png", count, 0, "")
    for number, count in enumerate(PAGES_OF)
}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Return a corpus whose documents cross the ends of its shards."""
    folders = {name: ShardFolder(tmp_path / name, ROW_TYPES[kind]) for name, kind in KINDS.items()}
    pages = [page for document, count in enumerate(PAGES_OF) for page in drawn(f"d{document}", count)]
    for first in range(0, len(pages), SHARD):
        keep(folders, f"s{first:03}", pages[first : first + SHARD])
    return Corpus(**folders)


@contextmanager
def at_work(
    folder: Path, corpus: Corpus, before: Sequence[str] = (), wanted: ChosenExports = WANTED
) -> Iterator[tuple[Feed, Future[None]]]:
    """Write early, as a node beside the stage that makes transcripts; yield what the stage tells by."""
    infos = corpus.transcripts.index()
    with FEEDS.following(["transcript"]), ThreadPoolExecutor(1) as pool:
        feed = FEEDS.open("transcript", corpus.transcripts, "", infos, infos.keys() - set(before))
        done = pool.submit(export_early, folder, corpus=corpus, wanted=wanted, documents=DOCUMENTS, feed=feed)
        try:
            yield feed, done
        finally:
            FEEDS.stop()


def store(feed: Feed, corpus: Corpus, *names: str) -> None:
    for name in names:
        feed.settle(corpus.transcripts.index()[name])


def written(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "pdf").glob("[!.]*.pdf"))


def comparable(folder: Path) -> dict[str, object]:
    """Return the files of a folder; the manifest whatever the order of its documents."""
    found = files(folder)
    return {**found, ".manifest.json": json.loads(found[".manifest.json"])}


def test_a_document_is_written_when_all_of_its_pages_have_transcripts(tmp_path: Path, corpus: Corpus) -> None:
    early, whole = tmp_path / "early", tmp_path / "whole"
    with at_work(early, corpus) as (feed, done):
        store(feed, corpus, "s000")
        wait_for(lambda: written(early) == ["d0"])
        store(feed, corpus, "s040", "s020")  # as they become whole, in any order
        wait_for(lambda: written(early) == ["d0", "d1", "d2", "d3"])
        assert not (early / "ocr_results.jsonl").exists()
        store(feed, corpus, "s060", "s080", "s100")
        wait_for(lambda: len(written(early)) == len(PAGES_OF))
        feed.end()
        done.result(PATIENCE)
    before = {path: path.stat().st_mtime_ns for path in early.glob("*/*")}
    for folder in (early, whole):
        export_documents(folder, corpus=corpus, wanted=WANTED, documents=DOCUMENTS, processes=1)
    assert before == {path: path.stat().st_mtime_ns for path in early.glob("*/*")}, "no document is written twice"
    assert comparable(early) == comparable(whole)


def test_what_was_stored_before_the_run_is_left_to_the_walk_over_all(tmp_path: Path, corpus: Corpus) -> None:
    with at_work(tmp_path / "files", corpus, before=("s000", "s020")) as (feed, done):
        store(feed, corpus, "s040")
        wait_for(lambda: written(tmp_path / "files") == ["d2", "d3"])
        feed.end()
        done.result(PATIENCE)


def test_a_document_that_is_written_already_stays(tmp_path: Path, corpus: Corpus) -> None:
    folder = tmp_path / "files"
    export_documents(folder, corpus=corpus, wanted=WANTED, documents=DOCUMENTS, processes=1)
    (folder / "markdown/d3.md").unlink()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*")}
    with at_work(folder, corpus) as (feed, done):
        store(feed, corpus, "s000", "s020", "s040")
        wait_for((folder / "markdown/d3.md").is_file)
        feed.end()
        done.result(PATIENCE)
    changed = {path.stem for path, then in before.items() if path.stat().st_mtime_ns != then}
    assert changed == {"d3"}


def test_a_run_that_ends_keeps_what_is_finished(tmp_path: Path, corpus: Corpus) -> None:
    folder = tmp_path / "files"
    with at_work(folder, corpus) as (feed, done):
        store(feed, corpus, "s000")
        wait_for(lambda: written(folder) == ["d0"])
        FEEDS.stop()
        with pytest.raises(Stopped):
            done.result(PATIENCE)
    assert not [path for path in folder.rglob(".*") if path.is_file() and path.name != ".manifest.json"]
    assert b'"d0"' in (folder / ".manifest.json").read_bytes()
    export_documents(folder, corpus=corpus, wanted=WANTED, documents=DOCUMENTS, processes=1)
    assert len(written(folder)) == len(PAGES_OF)


def test_what_cannot_be_written_ends_no_stage_and_is_said_at_the_end(
    tmp_path: Path, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "text").write_text("a file where a folder has to be")
    with at_work(folder, corpus) as (feed, done):
        store(feed, corpus, "s000")
        wait_for(lambda: "documents are written at the end of the run, not before" in caplog.text)
        store(feed, corpus, "s020", "s040")
        assert not done.done()
        feed.end()
        done.result(PATIENCE)
    with pytest.raises(StorageError, match="text"):
        export_documents(folder, corpus=corpus, wanted=WANTED, documents=DOCUMENTS, processes=1)


def test_a_run_that_is_stopped_writes_no_more(tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[Part] = []

    def stop(self: Writer, part: Part, lines: Path | None = None) -> list[tuple[Export, list[str]]]:
        parts.append(part)
        FEEDS.stop()
        return []

    monkeypatch.setattr(Writer, "write", stop)
    with at_work(tmp_path / "files", corpus) as (feed, done):
        store(feed, corpus, *corpus.transcripts.index())
        with pytest.raises(Stopped):
            done.result(PATIENCE)
    assert len(parts) == 1


def test_a_writer_is_ended_in_the_middle_of_a_document(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A document of thousands of pages takes minutes; who interrupts the run does not wait for it."""

    def check() -> None:
        raise Stopped("the run was stopped")

    monkeypatch.setattr("ocr_project.engine.exports.processes._CHECK_SECONDS", 0.0)
    writer = Writer(Jobs(tmp_path / "files", corpus, WANTED, False, DOCUMENTS), check)
    try:
        with pytest.raises(Stopped):
            writer.write(Part(plan_exports(corpus.pages, corpus.transcripts, WANTED), frozenset({"d1", "d5"}), {}))
    finally:
        writer.end()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("early", [True, False])
def test_what_a_killed_run_may_have_replaced_is_written_again(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    """Files are replaced before the manifest says so: a kill between the two must not leave those of other options."""
    folder, other = tmp_path / "files", ChosenExports(text=True, crops=False)
    export_documents(folder, corpus=corpus, wanted=WANTED, documents=DOCUMENTS, processes=1)
    before = comparable(folder)
    known: list[str] = []
    own = Writer.write

    def write(self: Writer, part: Part, lines: Path | None = None) -> list[tuple[Export, list[str]]]:
        known.extend(Manifest.load(folder).documents[name][0] for name in part.todo)
        return own(self, part, lines)

    monkeypatch.setattr(Writer, "write", write)
    monkeypatch.setattr(Manifest, "record", lambda *_: None)  # it is killed before that
    if early:
        with at_work(folder, corpus, wanted=other) as (feed, done):
            store(feed, corpus, "s000")
            wait_for(lambda: known)
            feed.end()
            done.result(PATIENCE)
    else:
        export_documents(folder, corpus=corpus, wanted=other, documents=DOCUMENTS, processes=2)
    assert known
    assert set(known) == {""}
    monkeypatch.undo()
    (folder / "markdown/d0.md").write_text("by other options")
    export_documents(folder, corpus=corpus, wanted=WANTED, documents=DOCUMENTS, processes=1)
    assert comparable(folder) == before
