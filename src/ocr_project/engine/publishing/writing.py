"""The files of the dataset: one walk over the shards, a page in memory, no file written twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import DocumentError
from ocr_project.domain.options import PublishImages, PublishOptions
from ocr_project.domain.schemas import OLD_NAMES
from ocr_project.domain.types import Embedding, Recognition, Region, Score, Status
from ocr_project.engine.imaging.pixels import Pixels, crop, encode, page_pixels
from ocr_project.engine.publishing import configurations as names
from ocr_project.engine.publishing.configurations import configurations
from ocr_project.engine.publishing.counts import PageCounts, likely_language, sum_counts
from ocr_project.engine.publishing.features import arrow_schema
from ocr_project.engine.publishing.parquet_files import PartedFile, files, read_note, write_table
from ocr_project.engine.publishing.screening import Screen, Screened
from ocr_project.engine.publishing.tables import Tables
from ocr_project.engine.publishing.volumes import Volume, plan_volumes
from ocr_project.engine.running.stream import join_pages
from ocr_project.storage.atomic import PARTIAL

_MEGABYTE = 1_000_000
# stems of the files of what comes from one table
_STEMS = {names.QUERIES: "00000", names.EMBEDDINGS: "queries-00000", names.SCORES: "00000"}

Row = dict[str, Any]


class DatasetWriter:
    """Writes the Parquet files of a dataset below a folder, and only what is not there already."""

    def __init__(self, folder: Path, options: PublishOptions) -> None:
        self._folder = folder
        self._options = options
        self._screen = Screen(options.mask)
        self._configurations = configurations(options.images)

    def write(self, corpus: Corpus, tables: Tables) -> PageCounts:
        """Write all configurations; files that belong to none of them any more are removed.

        Raises:
            StorageError: The disk is full, or the folder cannot be written to; finished work is kept.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for leftover in self._folder.rglob(f".*{PARTIAL}"):  # of a run that was killed
            leftover.unlink()
        walked = (corpus.pages, corpus.regions, corpus.recognitions, corpus.transcripts)
        volumes = plan_volumes(walked, self._options)
        counts = sum_counts(self._pages(corpus, volume) for volume in volumes)
        stems = {name: [volume.stem for volume in volumes] for name in (names.PAGES, names.REGIONS, names.TRANSCRIPTS)}
        stems[names.EMBEDDINGS] = list(self._vectors(corpus, counts))
        for name, rows in self._tables(tables).items():
            if rows:  # a configuration without rows is left out: neither the library nor the viewer makes sense of it
                write_table(self._folder / name, _STEMS[name], self._schema(name), rows, self._limit)
                stems.setdefault(name, []).append(_STEMS[name])
        self._forget(stems)
        return counts

    @property
    def _limit(self) -> int:
        return self._options.file_megabytes * _MEGABYTE

    def _schema(self, name: str) -> Any:
        return arrow_schema(self._configurations[name].columns)

    def _parted(self, name: str, stem: str) -> PartedFile:
        return PartedFile(self._folder / name, stem, self._schema(name), self._limit)

    def _pages(self, corpus: Corpus, volume: Volume) -> PageCounts:
        """Write pages, regions and transcripts of a volume, or count what was written before."""
        kinds = (names.PAGES, names.REGIONS, names.TRANSCRIPTS)
        notes = [read_note(self._folder / name, volume.stem) for name in kinds]
        if all(note is not None and note.get("key") == volume.key for note in notes):
            return PageCounts.from_json((notes[0] or {})["counts"])
        counts = PageCounts()
        pages, regions, transcripts = (self._parted(name, volume.stem) for name in kinds)
        with files(pages, regions, transcripts):
            for screened in self._screened(corpus, volume):
                _count(counts, screened)
                pages.add(self._page_row(screened, counts))
                for row in self._region_rows(screened, counts):
                    regions.add(row)
                transcripts.add(_transcript_row(screened))
            for file in (transcripts, regions, pages):
                file.commit({"key": volume.key, "counts": counts.to_json()})
        return counts

    def _screened(self, corpus: Corpus, volume: Volume) -> Iterator[Screened]:
        without = ("text_layer_words",) if self._options.images is not PublishImages.NONE else _NO_IMAGE
        for name in volume.shards:
            rows = (source.read(name) for source in (corpus.regions, corpus.recognitions, corpus.transcripts))
            for page, regions, recognitions, (transcript, *_) in join_pages(
                corpus.pages.read(name, without=without), *rows
            ):
                yield self._screen.page(page, regions, recognitions, transcript)

    def _page_row(self, screened: Screened, counts: PageCounts) -> Row:
        page = screened.page
        row = {name: getattr(page, name) for name in _PAGE_FIELDS}
        if self._options.images is PublishImages.PAGES:
            row["image"] = None
            if page.image is not None:
                row["image"] = None if screened.withheld else _image(page.image, page.page_id, page.media_type)
                counts.totals["images_withheld" if screened.withheld else "images"] += 1
        return row | {"personal_data": screened.found.total()}

    def _region_rows(self, screened: Screened, counts: PageCounts) -> Iterator[Row]:
        pixels = self._pixels(screened, counts)
        for region, recognition, found in screened.regions:
            row = _region_row(region, recognition) | {"personal_data": found.total()}
            if self._options.images is PublishImages.CROPS:
                row["image"] = None
                if pixels is not None and region.status is Status.OK:
                    # a number that spans two regions is found on the page only: its pictures stay behind as a whole
                    hidden = self._screen.hides(found) or (screened.withheld and not _in_regions(screened))
                    row["image"] = None if hidden else self._crop(pixels, region)
                    counts.totals["images_withheld" if hidden else "images"] += 1
            yield row

    def _pixels(self, screened: Screened, counts: PageCounts) -> Pixels | None:
        if self._options.images is not PublishImages.CROPS or screened.page.image is None:
            return None
        try:
            return page_pixels(screened.page)
        except DocumentError as error:
            counts.fail("publish", error.reason)
            return None

    def _crop(self, pixels: Pixels, region: Region) -> Row:
        data = encode(crop(pixels, region), jpeg_quality=self._options.crop_quality)
        return _image(data, f"{region.page_id}_{region.index:03d}", "image/jpeg")

    def _vectors(self, corpus: Corpus, counts: PageCounts) -> Iterator[str]:
        """Write the vectors of the pages; yield the stems of their files."""
        source = corpus.page_vectors
        for volume in plan_volumes([source], self._options) if source is not None else ():
            stem = f"pages-{volume.stem}"
            note = read_note(self._folder / names.EMBEDDINGS, stem)
            if note is None or note.get("key") != volume.key:
                note = self._write_vectors(source, volume, stem)
            counts.failures.update(PageCounts.from_json(note["counts"]).failures)
            yield stem

    def _write_vectors(self, source: Any, volume: Volume, stem: str) -> Row:
        failed = PageCounts()
        file = self._parted(names.EMBEDDINGS, stem)
        with files(file):
            for name in volume.shards:
                for row in source.read(name):
                    if row.status is Status.FAILED:
                        failed.fail("embedding", self._screen.text(row.reason))
                    file.add(self._vector_row(row))
            note = {"key": volume.key, "counts": failed.to_json()}
            file.commit(note)
        return note

    def _vector_row(self, row: Embedding) -> Row:
        page_id = None if row.kind == "query" else row.item_id.partition("#")[0]
        return {name: getattr(row, name) for name in _VECTOR_FIELDS} | {
            "page_id": page_id,
            "reason": self._screen.text(row.reason),
        }

    def _tables(self, tables: Tables) -> dict[str, list[Row]]:
        judged: dict[str, list[Row]] = {}
        for qrel in tables.qrels:
            judged.setdefault(qrel.query_id, []).append({"page_id": qrel.page_id, "relevance": qrel.relevance})
        kinds = {reference.page_id: reference.kind for reference in tables.references}
        fields = ("doc_id", "metric", "numerator", "denominator", "status")
        old_names = OLD_NAMES[Score]
        return {
            names.QUERIES: [
                {
                    **{name: getattr(query, name) for name in ("query_id", "type", "domain")},
                    "text": self._screen.text(query.text),
                    "relevant_pages": judged.get(query.query_id, []),
                }
                for query in tables.queries
            ],
            names.EMBEDDINGS: [self._vector_row(row) for row in tables.query_vectors],
            names.SCORES: [
                {
                    **{name: getattr(score, name) for name in fields},
                    **{old: getattr(score, name) for name, old in old_names.items()},
                    "group": self._screen.text(score.group),
                    "reason": self._screen.text(score.reason),
                    "page_id": score.item_id,
                    "reference": kinds.get(score.item_id, ""),
                }
                for score in tables.scores
            ],
        }

    def _forget(self, stems: Mapping[str, list[str]]) -> None:
        """Remove files of volumes that no longer exist, so that they are not loaded with the others."""
        for name in self._configurations:
            for path in (self._folder / name).glob("*.parquet"):
                if path.stem.rpartition("-")[0] not in stems.get(name, []):
                    path.unlink()


_NO_IMAGE = ("image", "text_layer_words")
_PAGE_FIELDS = (
    *("page_id", "doc_id", "path", "group", "number", "width", "height", "dpi"),
    *("media_type", "text_layer", "status", "reason"),
)
_TRANSCRIPT_FIELDS = (
    *("page_id", "doc_id", "path", "group", "number"),
    *("text", "markdown", "source", "status", "reason"),
)
_VECTOR_FIELDS = ("item_id", "kind", "modality", "vector", "status")
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg"}


def _image(data: bytes, name: str, media_type: str) -> Row:
    return {"bytes": data, "path": name + _SUFFIXES.get(media_type, "")}


def _region_row(region: Region, recognition: Recognition) -> Row:
    return {
        "region_id": f"{region.page_id}#{region.index}",
        **{name: getattr(region, name) for name in ("page_id", "index", "label", "native_label", "score")},
        "box": list(region.box),
        "quad": None if region.quad is None else list(region.quad),
        "polygon": None if region.polygon is None else list(region.polygon),
        **{name: getattr(recognition, name) for name in ("text", "format", "status", "reason")},
        "confidence": recognition.confidence if recognition.words else None,
        "words": [
            {"text": word.text, "box": list(word.box), "confidence": word.confidence, "line": word.line}
            for word in recognition.words
        ],
    }


def _transcript_row(screened: Screened) -> Row:
    row = {name: getattr(screened.transcript, name) for name in _TRANSCRIPT_FIELDS}
    return row | {"personal_data": screened.found.total()}


def _in_regions(screened: Screened) -> bool:
    """Say whether single regions account for what was found on the page."""
    return screened.found <= sum((found for _, _, found in screened.regions), Counter())


def _count(counts: PageCounts, screened: Screened) -> None:
    page, transcript = screened.page, screened.transcript
    counts.totals.update(pages=1, regions=len(screened.regions), characters=len(transcript.text))
    counts.labels.update(region.label.value for region, _, _ in screened.regions)
    counts.outcomes[transcript.status.value] += 1
    counts.found(screened.found)
    language = likely_language(transcript.text)
    if language is not None:
        counts.scripts[language] += 1
    rows: list[tuple[str, Any]] = [("ingest", page), ("transcript", transcript)]
    rows += [("layout", region) for region, _, _ in screened.regions]
    rows += [("recognition", recognition) for _, recognition, _ in screened.regions]
    for stage, row in rows:
        if row.status is Status.FAILED:
            counts.fail(stage, row.reason)
