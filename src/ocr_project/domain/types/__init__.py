"""The things that flow through the project, as frozen dataclasses.

Each has a twin in `schemas.py`, the form in which it is stored in Parquet; a test keeps the two equal.

One box convention: x0, y0, x1, y1 in pixels of the page, origin top left, half open.
A failure is a row: `status` and `reason` stand beside every result, and every stage answers each
of its inputs with at least one row.

page     what a page is made of, and what it is read as
shard    what is saved, resumed and published as one
search   vectors and questions, and what is found
score    what is known of an item, and how well it was read
field    what is asked about a page, in which words, and what was answered
training_sample  what a model learns from
"""

from ocr_project.domain.types.field import Answer, Asked, Prompt, Question
from ocr_project.domain.types.page import (
    Box,
    Document,
    Label,
    Page,
    Recognition,
    Region,
    Status,
    Task,
    TextFormat,
    TextSource,
    Transcript,
    Word,
)
from ocr_project.domain.types.review import DoubtfulPlace, PageConfidence
from ocr_project.domain.types.score import Reference, Score, Truth, TruthKind
from ocr_project.domain.types.search import Embedding, Part, Qrel, Query, Ranked
from ocr_project.domain.types.shard import (
    Identity,
    Lineage,
    Made,
    Prune,
    Shard,
    ShardInfo,
    derive_key,
    derive_key_of,
    derive_lineage,
)
from ocr_project.domain.types.training_sample import HeldOut, PageFacts, Split, TrainingSample

__all__ = [
    "Answer",
    "Asked",
    "Box",
    "Document",
    "DoubtfulPlace",
    "Embedding",
    "HeldOut",
    "Identity",
    "Label",
    "Lineage",
    "Made",
    "Page",
    "PageConfidence",
    "PageFacts",
    "Part",
    "Prompt",
    "Prune",
    "Qrel",
    "Query",
    "Question",
    "Ranked",
    "Recognition",
    "Reference",
    "Region",
    "Score",
    "Shard",
    "ShardInfo",
    "Split",
    "Status",
    "Task",
    "TextFormat",
    "TextSource",
    "TrainingSample",
    "Transcript",
    "Truth",
    "TruthKind",
    "Word",
    "derive_key",
    "derive_key_of",
    "derive_lineage",
]
