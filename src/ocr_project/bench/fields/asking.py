"""Questions asked, image by image, and their answers kept: what a killed run has answered is not asked again.

A shard stands for a few images and the very questions that are asked about them: its name and its key hold the images'
bytes and the prompts. Other filters, prompts or sets make other shards beside it, and none is ever taken for another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import batched, groupby
from pathlib import Path
from typing import Any

from ocr_project.domain.options import FieldsOptions, IngestOptions, RuntimeOptions, TextLayer
from ocr_project.domain.protocols import Answerer, ShardSource, ShardStore, SubmittingAnswerer
from ocr_project.domain.types import (
    Answer,
    Asked,
    Document,
    Identity,
    Made,
    Page,
    Question,
    ShardInfo,
    derive_lineage,
)
from ocr_project.engine.ingest import read_single_page
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import open_lineage, pending
from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.engine.running.stream import stream
from ocr_project.engine.running.workers import AsyncWork, Work

STAGE = "fields"
_INGEST = IngestOptions(text_layer=TextLayer.OFF)  # its limits; images are taken as they are
_FEW_DIGITS = 12
