"""The exports of a corpus: one walk over its shards, no document written twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.types import Document
from ocr_project.engine.exports import jsonl
from ocr_project.engine.exports.documents import Jobs, Part, write_part
from ocr_project.engine.exports.manifest import Manifest
from ocr_project.engine.exports.plan import ChosenExports, Export, corpus_key, digest, plan_exports
from ocr_project.engine.exports.processes import processes_for, write_parts
from ocr_project.storage.atomic import PARTIAL, atomic_file

_LINE = 4  # so many lines take as long as the files of a page (docs/log.md)


def export_documents(
    folder: Path,
    *,
    corpus: Corpus,
    wanted: ChosenExports,
    documents: Mapping[tuple[str, str], Document],
    processes: int | None = None,
) -> None:
    """Write what a person takes away, and only what is not there already.

    Every file is there whole or not at all. A document is written again where its rows, the options
    or the files themselves changed; what belongs to no document of the corpus any more is removed.
    Memory holds a page at a time, whatever the length of a document.

    Args:
        folder: For `markdown/`, `crops/`, `pdf/`, `ocr_results.jsonl`, and what else is wanted.
        corpus: What its documents have come to.
        wanted: Which exports to write.
        documents: By `doc_id` and `path`: where the files are whose pages go into searchable PDFs as they are.
        processes: That write; None: as many as the pages are worth.

    Raises:
        StorageError: The disk is full, or the folder cannot be written to; finished work is kept.
        BackendError: A process that writes ended.
    """
    whole = corpus_key(corpus.pages, corpus.transcripts, wanted)
    manifest = Manifest.load(folder)
    if manifest.holds_all(whole) and (folder / jsonl.FILE).is_file() == wanted.jsonl:
        return
    plan = plan_exports(corpus.pages, corpus.transcripts, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.rglob(f".*{PARTIAL}"):  # of a run that was killed
        leftover.unlink()
    manifest.corpus = ""
    pruned = manifest.keep({export.name for export in plan})
    todo = frozenset(export.name for export in plan if not manifest.holds(export.name, export.key))
    key = digest([export.key for export in plan]) if wanted.jsonl else ""
    lines = wanted.jsonl and (manifest.jsonl != key or not (folder / jsonl.FILE).is_file())
    if not wanted.jsonl:
        (folder / jsonl.FILE).unlink(missing_ok=True)
    try:
        if todo or lines or pruned:
            count = processes_for(corpus, _worth(plan, todo, lines)) if processes is None else processes
            _export(plan, todo, manifest, Jobs(folder, corpus, wanted, lines, documents), count)
        manifest.jsonl, manifest.corpus = key, whole
    finally:
        manifest.save()


def _worth(plan: Sequence[Export], todo: frozenset[str], lines: bool) -> int:
    """Return the work in pages that are written: one of which the line alone is takes a part of that."""
    written = sum(export.pages for export in plan if export.name in todo)
    return written + (sum(export.pages for export in plan) - written) // _LINE * lines


def _export(plan: Sequence[Export], todo: frozenset[str], manifest: Manifest, jobs: Jobs, processes: int) -> None:
    known = {export.name: manifest.files(export.name) for export in plan if export.name not in todo}
    manifest.begin(todo)
    whole = Part(plan, todo, known if jobs.lines else {})
    with ExitStack() as stack:
        file = stack.enter_context(atomic_file(jobs.folder / jsonl.FILE)) if jobs.lines else None
        written = write_part(jobs, whole, file) if processes < 2 else write_parts(jobs, whole, file, processes)
        for export, files in written:
            manifest.record(export.name, export.key, files)
