"""Options of the pipeline training_data: where samples to learn from come from, and which are refused."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, field_validator, model_validator

from ocr_project.domain.options.base import Options
from ocr_project.domain.options.testsets import SET_SEPARATOR

_AFTER_FORMAT = ":"


class SampleFormat(StrEnum):
    """The formats of sources of samples, a file each in `training/samples`."""

    OLMOCR = "olmocr"
    LAYOUT_LMDB = "layout_lmdb"
    AIHUB = "aihub"
    MESSAGES = "messages"
    CORPUS = "corpus"
    FOLDER = "folder"


class SourceName(NamedTuple):
    """One of `training_data.sources`, taken apart."""

    format: SampleFormat
    path: Path

    @property
    def label(self) -> str:
        """What its samples call it: the last part of the path is enough to tell it from the others."""
        return f"{self.format}{_AFTER_FORMAT}{self.path.expanduser().resolve().name}"


class LayoutLmdbOptions(Options):
    """A layout LMDB out of the corpus, as the predecessor's program wrote them: crops of regions with their text."""

    words: Path | None = Field(
        None,
        description="AI-Hub's JSON (a file or a folder) with the words of the corpus's images, by the names of their"
        " files. None: the text layers of the pages.",
    )
    labels: tuple[str, ...] = Field(
        (
            *("text", "paragraph_title", "figure_title", "doc_title", "vision_footnote", "number", "abstract"),
            *("aside_text", "reference_content", "vertical_text", "table"),
            *("title", "section_header", "list_item", "caption", "footnote", "page_number"),
        ),
        description="Regions that are taken, by the detector's own label or the project's. The first eleven are the"
        " predecessor's.",
    )
    threshold: float = Field(0.5, ge=0, le=1, description="Least score of a region.")
    thresholds: dict[str, float] = Field({"table": 0.3}, description="Least score by label, where it is another.")
    coverage: float = Field(
        0.5, gt=0, le=1, description="Share of a word that a region has to cover for the word to belong to it."
    )
    cells: bool = Field(
        True,
        description="Of a table whose cells the detector knows each cell is a crop, and the table itself is none.",
    )
    cell_coverage: float = Field(0.5, gt=0, le=1, description="Share of a word that a cell has to cover.")
    inpaint: bool = Field(True, description="Fill in what is printed in a crop beside its words.")
    jpeg_quality: int = Field(80, ge=1, le=100, description="JPEG quality of the crops.")
    first: int = Field(
        0,
        ge=0,
        le=1,
        description="Number of the first key: the predecessor wrote from 0, and its trainer reads from 1.",
    )


class TrainingDataOptions(Options):
    """From folders, databases and files of samples to rows that a model is trained on."""

    sources: tuple[str, ...] = Field(
        (),
        description="Where samples come from, each as `format:path`, in YAML a list, elsewhere joined by `+`. Formats:"
        " olmocr, layout_lmdb, aihub, messages, folder; `corpus:.` are the finished pages of this project.",
    )
    images: Path | None = Field(
        None,
        description="Folder of the images that messages and aihub name; what lies outside of it is not read. None: the"
        " folder of the file that names them.",
    )
    aihub_words: bool = Field(
        True,
        description="aihub: each word that is annotated is a sample, cut out of its image. False: each image with all"
        " of its words, which is right only where all of them are annotated.",
    )
    limit: int | None = Field(None, ge=1, description="Samples of each source, drawn by hash. None: all.")
    shard_samples: int = Field(64, ge=1, le=100_000, description="Samples per shard: saved and resumed as one.")
    valid: float = Field(
        0.02, ge=0, le=1, description="Share of the documents that are looked at while a model is trained, by hash."
    )
    test: float = Field(0.0, ge=0, le=1, description="Share of the documents that are kept for the end, by hash.")
    held_out: tuple[str, ...] = Field(
        (),
        description="Test sets, named as in `testsets.sets`: a sample whose image or document is in one is refused.",
    )
    longest_side: int = Field(
        1288, ge=64, le=8192, description="Pixels along the longer side of PDF pages; olmOCR's own are 1,288."
    )
    least_side: int = Field(8, ge=1, description="An image with a shorter side than this, in pixels, is refused.")
    most_side: int = Field(16_384, ge=64, description="An image with a longer side than this, in pixels, is refused.")
    most_characters: int = Field(
        30_000, ge=1, description="A longer answer is refused; training counts tokens, and refuses by those."
    )
    rules: bool = Field(
        True, description="Refuse what olmOCR's own filters refuse of a page (docs/training-data.md has the list)."
    )
    katex: bool = Field(
        True,
        description="Refuse pages with formulas that KaTeX cannot render, where Chromium and KaTeX are installed.",
    )
    page_samples: int = Field(24, ge=0, le=1000, description="Samples shown on the page, and as many refusals.")
    seed: int = Field(0, ge=0, description="Of the hashes that draw splits, limits and what is shown.")
    lmdb: LayoutLmdbOptions = LayoutLmdbOptions()

    @field_validator("sources", "held_out", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part for part in value.split(SET_SEPARATOR) if part)
        return value

    @field_validator("sources")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        labels = [source_name(one).label for one in value]
        if twice := sorted({label for label in labels if labels.count(label) > 1}):
            raise ValueError(f"two sources are called {twice[0]}: rename one of the folders")
        return value

    @model_validator(mode="after")
    def _shares(self) -> TrainingDataOptions:
        if self.valid + self.test > 1:
            raise ValueError(f"training_data.valid and .test are {self.valid} and {self.test}: more than 1 together")
        return self

    @property
    def named(self) -> tuple[SourceName, ...]:
        """Return the sources, taken apart."""
        return tuple(map(source_name, self.sources))

    @property
    def origin(self) -> str:
        """Return what tells the samples of these sources from those of others."""
        return "\n".join((*sorted(name.label for name in self.named), str(self.limit)))


def source_name(text: str) -> SourceName:
    """Take a source of `training_data.sources` apart.

    Raises:
        ValueError: It is not `format:path` with a known format.
    """
    format_, _, path = text.partition(_AFTER_FORMAT)
    if format_ not in list(SampleFormat) or not path:
        raise ValueError(f"training_data.sources: {text!r} is not format:path with one of {', '.join(SampleFormat)}")
    return SourceName(SampleFormat(format_), Path(path))
